/*
 * dict.h - the distinct values of a column: which they are, and each value as
 * an index. Distinct values are numbered by how often they occur, most
 * frequent first (ties: first seen first), which makes indices small.
 */
#ifndef PARQUET_DICT_H
#define PARQUET_DICT_H

#include "base/base.h"

struct dict {
	uint32_t *index; /* per value */
	uint32_t *first; /* per distinct value: position of its first occurrence */
	uint32_t n;      /* distinct values */
};

/*
 * False when there are more than `max` distinct values: then d is empty.
 * Values are width bytes (4, 8 or 16) apart; n < UINT32_MAX.
 */
bool dict_make(struct dict *d, const void *values, unsigned width, size_t n, uint32_t max);
/* Values from .. from + n of a column. */
struct dict_range {
	size_t from, n;
};

/*
 * Of some ranges of the n values that `all` is about: out->index is set within
 * the ranges only, out->first as in all.
 */
void dict_part(struct dict *out, const struct dict *all, size_t n, const struct dict_range *ranges, size_t n_ranges);
void dict_fini(struct dict *d);

#endif
