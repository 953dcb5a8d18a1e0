/*
 * query_fold.h - sums by stack number: one dense array per partition of a
 * dataset, filled by a scan. For the questions of this folder only.
 */
#ifndef QUERY_FOLD_H
#define QUERY_FOLD_H

#include "formats/query/query.h"

struct fold_part {
	struct symbols *symbols; /* NULL: no row names this partition, or of shared ones */
	int64_t *sums;           /* by stack number; NULL: no row names this partition */
	size_t n;
	struct shared_symbols shared; /* if the fold is for those */
};

struct fold {
	struct arena *mem;
	struct dataset *set;
	const struct query *q;
	struct fold_part *parts; /* set->n_partitions */
	uint64_t n_rows;
	bool shared; /* the set shares symbols, and these are wanted */
};

/* Which stacks of a row lie below the call site, for scans that look at single rows. */
struct fold_site {
	struct arena *mem;
	struct dataset *set;
	const struct query *q;
	uint8_t **match; /* by partition, once a row needs it: one byte a stack */
};

/* All rows of the set that the query selects, without the call site's condition. */
int fold_run(struct fold *f, struct arena *mem, struct dataset *set, const struct query *q, struct err *e);
/* Which stacks of the partition start with the call site: one byte a node, in mem. NULL without a call site. */
uint8_t *fold_call_site(struct arena *mem, struct symbols *s, const struct query *q);
/* mem is the site's until it is no more used. */
void fold_site_init(struct fold_site *f, struct arena *mem, struct dataset *set, const struct query *q);
/* For the stacks of a row: *match has one byte for each stack of its partition; NULL: the question has no call site. */
int fold_site_of(struct fold_site *f, const struct row *r, const uint8_t **match, struct err *e);
/* ERR_CORRUPT: the row names a stack that its symbols, which have n, do not have. */
int fold_stacks(const struct row *r, size_t n, struct err *e);
/* Sets the sums of stacks outside the call site to 0. */
void fold_keep_matching(struct arena *mem, struct fold_part *p, const struct query *q);

#endif
