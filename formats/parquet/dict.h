/*
 * dict.h - the distinct values of a column, met page by page. Values are
 * numbered as they are first seen; what is written is an order of them.
 *
 *	struct dict d;
 *	dict_init(&d, 8, max);
 *	for each page: dict_add(&d, values, n, numbers);
 *	dict_order_make(&o, d.count.p, d.n);              o.number[numbers[i]] is the index of value i
 *	dict_order_fini(&o); dict_fini(&d);
 */
#ifndef PARQUET_DICT_H
#define PARQUET_DICT_H

#include "base/base.h"
#include "base/vec.h"

struct dict {
	unsigned width; /* bytes of a value: 4, 8 or 16 */
	uint32_t max, n;
	VEC(char) values;
	VEC(uint32_t) count; /* how often, by number */
	uint32_t *slots;     /* by hash: number + 1 */
	uint32_t mask, hashed;
	VEC(uint32_t) direct; /* by value: the same, of small ones of 4 bytes */
};

void dict_init(struct dict *d, unsigned width, uint32_t max);
void dict_fini(struct dict *d); /* may be called twice */
/* Numbers of n values; those that are new are added. False: there are more than max, and d is empty. */
bool dict_add(struct dict *d, const void *values, size_t n, uint32_t *numbers);
/* The same of values that were all added before; nothing is counted. */
void dict_find(const struct dict *d, const void *values, size_t n, uint32_t *numbers);
const char *dict_value(const struct dict *d, uint32_t number);

/* Values by how often they occur, most frequent first (ties: first seen first), which makes indices small. */
struct dict_order {
	uint32_t *order;  /* by index: number */
	uint32_t *number; /* by number: index; not set for those that do not occur */
	uint32_t n;       /* that occur */
};

void dict_order_make(struct dict_order *o, const uint32_t *count, uint32_t n);
void dict_order_fini(struct dict_order *o);

#endif
