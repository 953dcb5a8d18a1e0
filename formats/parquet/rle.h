/*
 * rle.h - Parquet's hybrid of runs and bit-packed groups: repetition and
 * definition levels, and indices into a dictionary.
 *
 *	uvarint n << 1      | value in ceil(width / 8) bytes, LE       n times this value
 *	uvarint g << 1 | 1  | g groups of 8 values, width bits each, LSB first
 *
 * The last group may hold more values than there are; those are ignored. A
 * level stream may end early only at its last value. Reading never passes the
 * end of `in`; what is wrong is ERR_CORRUPT. Bytes behind the last value are
 * not looked at.
 *
 * Source: Parquet's Encodings.md; spec of the block format, 4.8.
 */
#ifndef RLE_H
#define RLE_H

#include "base/buf.h"
#include "base/err.h"

/* Exactly n values of `width` bits: 0..8 for the first, 0..32 for the second. */
int rle_decode8(struct str in, unsigned width, size_t n, uint8_t *out, struct err *e);
int rle_decode32(struct str in, unsigned width, size_t n, uint32_t *out, struct err *e);

/*
 * Positions of the zeros among n values: where rows begin, given repetition
 * levels. out has room for max; more zeros are ERR_CORRUPT. Cost follows the
 * number of runs and rows rather than n.
 */
int rle_zeros(struct str in, unsigned width, size_t n, uint32_t *out, size_t max, size_t *found, struct err *e);
/* Number of zeros, for a reader that does not know how many rows to expect. */
int rle_count_zeros(struct str in, unsigned width, size_t n, size_t *found, struct err *e);
/* Are all n values v? One run or a few of them answer quickly. */
int rle_all(struct str in, unsigned width, size_t n, uint32_t v, bool *all, struct err *e);

/* Appends n values: a run where at least 8 values are equal, else groups. */
void rle_encode8(struct buf *out, unsigned width, const uint8_t *v, size_t n);
void rle_encode32(struct buf *out, unsigned width, const uint32_t *v, size_t n);
void rle_encode_run(struct buf *out, unsigned width, uint32_t v, size_t n);
/*
 * Repetition levels of rows: a 0 where a row begins, 1 for what else it holds.
 * Row r has entries at[r] .. at[r + 1] - 1, at least one.
 */
void rle_encode_rows(struct buf *out, unsigned width, const uint32_t *at, size_t rows);
/* All values in one bit-packed run, even equal ones: when compression follows, alignment is worth more. */
void rle_encode_packed(struct buf *out, unsigned width, const uint32_t *v, size_t n);

#endif
