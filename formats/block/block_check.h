/*
 * block_check.h - the parts of block_check (block.h): pages, rows, and the
 * rest. For block_check*.c.
 */
#ifndef BLOCK_CHECK_H
#define BLOCK_CHECK_H

#include "formats/block/block_impl.h"

enum { CHECK_MAX_LINES = 1000 }; /* problems beyond are counted, not said */

struct check {
	struct open_block *b;
	struct arena *mem;
	void (*say)(void *ctx, const char *problem);
	void *ctx;
	uint32_t problems;
	struct index_series *series; /* of index.tsdb, in its order; NULL when it cannot be read */
	uint32_t n_series;
	bool has_index;
};

void check_problem(struct check *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* profiles.parquet: every page of every column, and what the indexes say about it. */
void check_pages(struct check *c, struct profiles_table *t);
/* profiles.parquet: order of rows, sums, references, and what meta.json says about them. */
void check_rows(struct check *c, struct profiles_table *t);

#endif
