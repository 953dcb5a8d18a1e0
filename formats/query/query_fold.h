/*
 * query_fold.h - sums by stack number: one dense array per partition of a
 * dataset, filled by a scan. For query.c and query_profile.c only.
 */
#ifndef QUERY_FOLD_H
#define QUERY_FOLD_H

#include "formats/query/query.h"

struct fold_part {
	struct symbols *symbols; /* NULL: no row names this partition */
	int64_t *sums;           /* by stack number */
	size_t n;
};

struct fold {
	struct arena *mem;
	struct dataset *set;
	const struct query *q;
	struct fold_part *parts; /* set->n_partitions */
	uint64_t n_rows;
};

/* All rows of the set that the query selects, without the call site's condition. */
int fold_run(struct fold *f, struct arena *mem, struct dataset *set, const struct query *q, struct err *e);
/* Which stacks of the partition start with the call site: one byte a node, in mem. NULL without a call site. */
uint8_t *fold_call_site(struct arena *mem, struct symbols *s, const struct query *q);
/* Sets the sums of stacks outside the call site to 0. */
void fold_keep_matching(struct arena *mem, struct fold_part *p, const struct query *q);

#endif
