/*
 * block_check.h - the parts of block_check (block.h): pages, rows, and the
 * rest. For block_check*.c.
 */
#ifndef BLOCK_CHECK_H
#define BLOCK_CHECK_H

#include "formats/block/block_impl.h"
#include "formats/block/stored_sums.h"

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

/* profiles.parquet: what is stored of sums (stored_sums.h), while all rows go by, in the order of the file. */
struct sums_walk {
	struct check *c;
	struct profiles_table *t;
	struct stored_sums stored;
	size_t next; /* of its parts */
	struct open_part {
		struct stored_part *part; /* NULL: none */
		uint32_t series;
		bool wrong; /* the rows are of several series or partitions, or their stacks too many */
		struct stack_sums sums;
	} open[STORED_LEVELS];
	uint32_t group, row; /* of the next row */
};

void check_sums_begin(struct sums_walk *x, struct check *c, struct profiles_table *t);
void check_sums_row(struct sums_walk *x, const struct profiles_row *r);
void check_sums_end(struct sums_walk *x);

#endif
