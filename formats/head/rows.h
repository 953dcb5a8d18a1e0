/*
 * rows.h - the samples of one row, packed: what the head keeps in memory and
 * the journal writes. Stacks ascend; values are positive.
 *
 *	offset  size        content
 *	0       1           bits 0-1: bytes per stack delta - 1; bits 2-4: bytes
 *	                    per value - 1; bit 5: span ids follow
 *	1       uvarint     n, number of samples
 *	.       uvarint     scale, the greatest common divisor of the values
 *	.       n * width   stack[i] - stack[i - 1], little endian (stack[-1] = 0)
 *	.       n * width   value[i] / scale, little endian
 *	.       n * 8       span ids, little endian (0 = none)
 *
 * Widths are 1, 2 or 4 for deltas and 1, 2, 4 or 8 for values; 3 bytes stands for
 * uvarints, which are written where they are shorter by a ninth: the few large numbers
 * of a row would make all the others wider.
 */
#ifndef ROWS_H
#define ROWS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"

struct samples {
	VEC(uint32_t) stacks;
	VEC(int64_t) values;
	VEC(uint64_t) spans; /* n = 0: no sample has one */
};

void samples_fini(struct samples *s);
size_t samples_bytes(const struct samples *s); /* memory held */
/* Ascending by (stack, span); equal ones summed, zeros dropped. */
void samples_sort(struct samples *s);

void rows_encode(struct buf *out, const struct samples *s);
/* Replaces what s holds; *used = bytes read. Trusts nothing. */
int rows_decode(struct str in, struct samples *s, size_t *used, struct err *e);

#endif
