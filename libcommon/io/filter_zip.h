/*
 * filter_zip.h - a src that undoes gzip and zstd on the way, whichever it
 * meets, and hands anything else through unchanged. Several gzip members or
 * zstd frames in a row are one stream. One layer only: gzip in gzip stays gzip.
 *
 * Streaming: memory is 64 KiB plus the decoder's window (at most 128 MiB, and
 * no more than that is ever asked of a zstd frame). Past `limit` bytes of
 * output: ERR_LIMIT. Broken input: ERR_CORRUPT; input that ends early says
 * "unexpected EOF". Errors of the inner src come through as they are.
 *
 *	struct src *s = src_unzip(src_path(path, e), 1 << 30);
 */
#ifndef FILTER_ZIP_H
#define FILTER_ZIP_H

#include "base/stream.h"

/* Takes s over: closing the filter closes it. NULL for s gives NULL. */
struct src *src_unzip(struct src *s, uint64_t limit);

#endif
