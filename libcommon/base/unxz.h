/*
 * unxz.h - xz in memory, by liblzma. A file of its own: only programs that
 * read .gnu_debugdata link it.
 */
#ifndef UNXZ_H
#define UNXZ_H

#include "base/buf.h"
#include "base/err.h"

enum { UNXZ_MEMORY = 128 << 20 }; /* of the decoder itself: more is asked for by no sane file */

/* Appends to out. ERR_LIMIT past limit bytes of output, ERR_CORRUPT for broken or short input. */
int unxz(struct str in, size_t limit, struct buf *out, struct err *e);

#endif
