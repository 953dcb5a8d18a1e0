/* fuzz_blocks.h - what the targets of blocks do with one: all series are scanned, every number is looked at, all is added up and checked */
#ifndef FUZZ_BLOCKS_H
#define FUZZ_BLOCKS_H

#include "formats/block/block.h"
#include "formats/query/query_sums.h"
#include "formats/symbols/symbol_pools.h"

static inline int fuzz_row(void *ctx, const struct row *r, struct err *e)
{
	uint64_t *sum = ctx;

	(void)e;
	*sum += r->id[0] + (uint64_t)r->total;
	for (uint32_t i = 0; i < r->n; i++)
		*sum += r->stacks[i] + (uint64_t)r->values[i] + (r->spans ? r->spans[i] : 0);
	return 0;
}

static inline void fuzz_quiet(void *ctx, const char *problem)
{
	(void)ctx;
	(void)problem;
}

/* By the numbers of a pool: first its symbols are those of the pool, then they are united with these. */
static inline void fuzz_sums(struct block *b)
{
	const struct query q = { .from = INT64_MIN, .to = INT64_MAX };
	struct symbol_pools *pools = symbol_pools_new();
	struct dataset *set = &b->set;
	uint64_t now = 1;
	struct err e;

	block_pool(b, pools, 0, &now);
	for (int i = 0; i < 2; i++) {
		struct sums s = { 0 };
		struct tree *t = tree_new();

		if (query_sums(&s, &set, 1, &q, &e) == 0)
			sums_tree(&s, t);
		tree_free(t);
		sums_fini(&s);
		symbol_pools_rest(pools, 0);
		block_forget(b);
	}
	symbol_pools_free(pools);
}

/* As s says, but for the series and what is done with rows. */
static inline void fuzz_block_of(struct blobs *blobs, struct scan s)
{
	struct series_list list;
	struct arena *a;
	struct block *b;
	struct err e;
	uint64_t sum = 0;
	uint32_t problems;

	b = block_open(blobs, &e);
	if (b == NULL)
		return;
	fuzz_sums(b);
	a = arena_new();
	if (dataset_series(&b->set, a, NULL, &list, &e) == 0) {
		s.series = list.p;
		s.n_series = list.n;
		s.row = fuzz_row;
		s.ctx = &sum;
		dataset_scan(&b->set, &s, &e);
	}
	block_check(b, fuzz_quiet, NULL, &problems, &e);
	block_close(b);
	arena_free(a);
}

#endif
