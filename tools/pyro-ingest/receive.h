/*
 * receive.h - what the write handlers share: a pprof that strangers packed.
 */
#ifndef RECEIVE_H
#define RECEIVE_H

#include "formats/profile.h"

/*
 * gzip by its magic, else plain. The errors are the protocol's words: an
 * input too short for either is "gzip reset: unexpected EOF", a cut stream
 * "copy to buffer: unexpected EOF". *too_large: more than limit bytes
 * (0 = no limit but a gigabyte); then e is not set. Bytes go to scratch: keep
 * it as long as the profile.
 */
int receive_pprof(struct arena *a, struct str bytes, int64_t limit, struct buf *scratch, struct profile **out,
    bool *too_large, struct err *e);

#endif
