/*
 * stack_table.h - sums of samples in bounded memory: a table of distinct samples that says when it is full, is sorted and
 * written as a run, and runs that are merged into one sorted sequence. Positions of locations and strings are those of a
 * profile_merger's tables, which only grow.
 *
 *	if (!stack_table_add(t, &row)) {                  full:
 *		stack_order_init(&order, tables);
 *		stack_table_sort(t, &order);
 *		for (i ...) stack_row_encode(stack_table_row(t, i), &buf);   -> a file
 *		stack_table_reset(t);
 *	}
 *	...
 *	stack_merge_init(&m, &order, runs, n);
 *	while ((rc = stack_merge_next(&m, &row, e)) > 0) ...            each distinct sample once, in order
 *	stack_merge_fini(&m);
 *
 * The order is that of folded text: by names from the root, as bytes; equal texts are neighbours. It is the same whenever
 * it is made, however much the tables have grown.
 *
 * A record of a run: length of what follows (u32le), then LEB128 numbers: frames, tags, values; locations leaf first;
 * key, text, number (zigzag), unit of each tag; values (zigzag).
 *
 * One thread. Memory is what _new was told, for the order 40 bytes a name, and while it is sorted 32 bytes a row.
 */
#ifndef STACK_TABLE_H
#define STACK_TABLE_H

#include "base/stream.h"
#include "formats/profile_impl.h"

struct stack_row {
	const uint32_t *stack; /* locations, leaf first */
	const struct tag *tags;
	const int64_t *values;
	uint32_t n, n_tags, n_values;
};

struct stack_table;

struct stack_table *stack_table_new(size_t bytes);
void stack_table_free(struct stack_table *t); /* accepts NULL */
/* false: there is no more room; nothing happened. A row that no table of this size could take: false when it is empty. */
bool stack_table_add(struct stack_table *t, const struct stack_row *row);
size_t stack_table_count(const struct stack_table *t);
void stack_table_reset(struct stack_table *t);

struct stack_order {
	struct arena *a;
	struct frames frames; /* names as folded text has them: without ";" and line feeds */
	uint32_t *rank;       /* by name: where "name;" is among all names with and without ";" */
	uint32_t *last_rank;  /* where "name" is */
	unsigned key_bits;    /* of a rank in a key, which has that many ranks: */
	unsigned key_ranks;
};

/* Only the tables of p are looked at. */
void stack_order_init(struct stack_order *o, const struct profile *p);
void stack_order_fini(struct stack_order *o);
/*
 * The order of rows where their keys differ: ranks of the first names behind `skip` of them, 0 where there is none. Rows that
 * are compared have the same `skip` names in front.
 */
uint64_t stack_order_key(const struct stack_order *o, const struct stack_row *row, uint32_t skip);
int stack_order_cmp(const struct stack_order *o, const struct stack_row *x,
    const struct stack_row *y); /* 0: equal rows */
/* Do they look alike in folded text? */
bool stack_order_same_text(const struct stack_order *o, const struct stack_row *x, const struct stack_row *y);
void stack_order_print(const struct stack_order *o, const struct stack_row *x, struct buf *out); /* a;b;c */

/* Afterwards rows are in order, and nothing can be added before a reset. */
void stack_table_sort(struct stack_table *t, const struct stack_order *o);
/* Row i < stack_table_count, valid until the next call. */
struct stack_row stack_table_row(struct stack_table *t, size_t i);

void stack_row_encode(const struct stack_row *row, struct buf *out);

struct stack_merge;
/* Takes the runs over. */
struct stack_merge *stack_merge_new(const struct stack_order *o, struct src **runs, size_t n);
/* 1: *row is valid until the next call; 0: the end; -1: ERR_CORRUPT, or the source's error. */
int stack_merge_next(struct stack_merge *m, struct stack_row *row, struct err *e);
void stack_merge_free(struct stack_merge *m); /* accepts NULL */

#endif
