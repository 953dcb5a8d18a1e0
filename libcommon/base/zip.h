/*
 * zip.h - whole-buffer compression: gzip by libdeflate, zstd. The output is
 * bounded before it is made, so a bomb costs at most `limit` bytes. A gzip
 * body may hold several members. The state is kept per thread.
 */
#ifndef ZIP_H
#define ZIP_H

#include "base/buf.h"
#include "base/err.h"

bool zip_is_gzip(struct str in); /* magic 1f 8b */
bool zip_is_zstd(struct str in); /* magic 28 b5 2f fd */
/* Appends to out. ERR_LIMIT past limit bytes of output, ERR_CORRUPT for broken input;
   a stream that is cut short says "unexpected EOF". */
int zip_gunzip(struct str in, size_t limit, struct buf *out, struct err *e);
int zip_unzstd(struct str in, size_t limit, struct buf *out, struct err *e);
/* Members of gzip and frames of zstd, whichever come. ends: NULL, or where in out each ended is pushed; vec_free it. */
struct zip_ends {
	size_t *p;
	size_t n, cap;
};

int zip_unpack(struct str in, size_t limit, struct buf *out, struct zip_ends *ends, struct err *e);
/* As zip_unzstd for a stream that is still open at its end: what was flushed so far. */
int zip_unzstd_open(struct str in, size_t limit, struct buf *out, struct err *e);
/*
 * The usual case without a copy: one member that says its size. _size: bytes that it unpacks to, 0: not known in advance, or not
 * within limit. _into is true when that is what it was; otherwise zip_gunzip tells what is wrong, or does it.
 */
size_t zip_gunzip_size(struct str in, size_t limit);
bool zip_gunzip_into(struct str in, void *p, size_t n);
/* A stream whose size is known: exactly n bytes to p, or ERR_CORRUPT. */
int zip_unzlib_into(struct str in, void *p, size_t n, struct err *e);
int zip_unzstd_into(struct str in, void *p, size_t n, struct err *e);
void zip_gzip(struct str in, int level, struct buf *out); /* level 1..12 */
void zip_zstd(struct str in, int level, struct buf *out);
/* The calling thread's state goes; it is made again when it is needed. For threads that rest for long. */
void zip_rest(void);

#endif
