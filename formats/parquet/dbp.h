/*
 * dbp.h - Parquet's DELTA_BINARY_PACKED: streams of 32 or 64 bit integers,
 * used by pages of profiles.parquet and by the sections of symbols.symdb.
 *
 *	uvarint block size (128) | uvarint miniblocks (4) | uvarint count | varint first value
 *	per block of 128 deltas:
 *	  varint smallest delta | 4 bytes: width of each miniblock
 *	  per miniblock: 32 x (delta - smallest), width bits each, LSB first
 *
 * Arithmetic wraps: mod 2^32 for 32-bit streams (values are bit patterns of
 * int32), mod 2^64 for 64-bit ones. No block follows when count <= 1. The last
 * miniblock is padded to 32 values; miniblocks without values have width 0
 * and no bytes. The empty stream is 80 01 04 00 00.
 *
 *	dbp_encode32(&out, ids, n);
 *	if (dbp_decode32(bytes, n, ids, &got, &used, e) < 0 || got != n) ...
 *
 * No state, no allocation. Decoding reads nothing outside `in`; what is wrong
 * is ERR_CORRUPT, an unusual block size ERR_UNSUPPORTED.
 *
 * Source: Parquet's Encodings.md; spec of the block format, 4.8.
 */
#ifndef DBP_H
#define DBP_H

#include "base/buf.h"
#include "base/err.h"

/* Appends a whole stream; min_delta is the true minimum, so it is as short as the layout allows. */
void dbp_encode64(struct buf *out, const int64_t *v, size_t n);
void dbp_encode32(struct buf *out, const uint32_t *v, size_t n);

/*
 * Decodes the stream at the beginning of in. out has room for max values; a
 * stream that holds more is ERR_CORRUPT. *n = values, *used = bytes read
 * (used may be NULL: then bytes after the stream are an error).
 */
int dbp_decode64(struct str in, size_t max, int64_t *out, size_t *n, size_t *used, struct err *e);
int dbp_decode32(struct str in, size_t max, uint32_t *out, size_t *n, size_t *used, struct err *e);

#endif
