/*
 * profiles_columns.h - what an open profiles.parquet holds; for
 * profiles_table.c and profiles_scan.c only.
 */
#ifndef PROFILES_COLUMNS_H
#define PROFILES_COLUMNS_H

#include "formats/block/page_cache.h"
#include "formats/parquet/reader.h"
#include "formats/block/profiles_sums.h"
#include "formats/head/stack_sums.h"
#include "formats/block/profiles_table.h"
#include "formats/block/stored_sums.h"

enum column {
	COL_SERIES,
	COL_TIME,
	COL_PARTITION,
	COL_DURATION,
	COL_TOTAL,
	COL_ID,
	COL_STACK,
	COL_VALUE,
	COL_SPAN,
	COLUMNS
};

/* Bytes of pages that lie side by side. */
struct window {
	struct arena *mem;
	uint64_t at;
	struct str bytes;
};

struct run {
	uint32_t first, end; /* rows of a group */
};

struct profiles_table {
	struct pq_file *pq;
	int leaf[COLUMNS];        /* -1: not in this file */
	struct page_cache *cache; /* own, or that of several tables */
	struct page_cache own;
	struct page_slots *slots; /* [group * COLUMNS + column]; NULL until a page is asked for */
	size_t slot_bytes;
	struct window window[COLUMNS];
	struct pq_values values;    /* scratch */
	size_t read;                /* bytes of pages since the file last rested */
	VEC(struct run) runs, kept; /* rows of the group that are still wanted, ascending */
	struct sum_runs *sums;      /* by group */
	struct stack_sums adding;
	struct stored_sums stored;
	bool has_stored;    /* they were looked for */
	struct samples row; /* as it is given, where it is kept in another form */
	bool passing;       /* columns of samples are decoded for once */
};

/* Page i of a column of a group, decoded and held: page_cache_drop(t->cache, ...) when done. */
int columns_page(struct profiles_table *t, uint32_t group, enum column c, uint32_t i, struct cached_page **out,
    struct err *e);

#endif
