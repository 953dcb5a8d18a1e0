/*
 * pprof_parts.h - profiles that were written one behind another, as `cat a.pb.gz b.pb.gz` leaves them when gzip is taken off.
 *
 * For protobuf that is one message, and nonsense: numbers of the second lead into the tables of the first. A second profile
 * begins where sample types come behind strings, and then an empty string, which every table begins with (of those who write
 * strings first: where an empty string comes behind strings and types). The fields between the tables of one and those of
 * the next (times, period, comments) are of either: most writers put them at the end, Go's runtime at the beginning. The cut
 * is known
 *   - if only one leaves no profile with a field twice that stands once, or
 *   - if one member of gzip, one frame of zstd, ends there.
 * Else nothing is read. Nor is it unless each part is a whole profile: sample types, strings that begin with "", references
 * that all lead somewhere, as many values in each sample as there are types. A text of one profile cannot be taken for two
 * then: its samples would need the values of the types of both.
 */
#ifndef PPROF_PARTS_H
#define PPROF_PARTS_H

#include "formats/profile.h"

/*
 * As pprof_decode, of one profile or several, in the order of raw. ends: where members and frames end in raw, ascending; may
 * be none. *out in a. ERR_INVALID also says where a second profile begins that cannot be told from the first.
 */
int pprof_decode_parts(struct arena *a, struct str raw, const size_t *ends, size_t n_ends, struct profile ***out,
    uint32_t *n, struct err *e);

#endif
