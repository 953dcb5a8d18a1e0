/*
 * stack_sums.h - the samples of many rows, added up by stack number and packed like one row (rows.h).
 *
 *	struct stack_sums s = { 0 };
 *	for each row: if (!stack_sums_add(&s, stacks, values, n)) ...
 *	stack_sums_pack(&s, &out);
 *	stack_sums_fini(&s);
 */
#ifndef STACK_SUMS_H
#define STACK_SUMS_H

#include "formats/head/rows.h"

enum { SUM_STACKS = 1 << 20 };

/* Begins as zeros. It takes 8 bytes a stack number, up to the largest. */
struct stack_sums {
	VEC(int64_t) sum;   /* by stack */
	VEC(uint8_t) seen;  /* by 64 stacks: 1 where some have samples */
	struct samples all; /* scratch */
};

/* Values wrap around. False: a stack number is not below SUM_STACKS, and nothing was added: the rows must be taken one by one. */
bool stack_sums_add(struct stack_sums *s, const uint32_t *stacks, const int64_t *values, uint32_t n);
/* Appends all sums that are not 0, stacks ascending. s is empty afterwards and keeps its memory. */
void stack_sums_pack(struct stack_sums *s, struct buf *out);
void stack_sums_fini(struct stack_sums *s);
size_t stack_sums_bytes(const struct stack_sums *s); /* memory held */

#endif
