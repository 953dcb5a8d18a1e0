/*
 * profiles_sums.h - sums of the samples of rows that lie side by side: what a
 * merge over a long time needs, and thirty times less than the rows. They are
 * made when a merge first takes all these rows, and kept among the pages of
 * columns, packed: 3 to 4 bytes a stack. For profiles_table.c and profiles_scan.c only.
 *
 * A row group is a list of runs of rows of one series, and a run is cut into
 * parts of SUM_ROWS rows from its beginning; each part has a slot.
 */
#ifndef PROFILES_SUMS_H
#define PROFILES_SUMS_H

#include "base/vec.h"
#include "formats/block/page_cache.h"

enum { SUM_ROWS = 32 };

struct sum_run {
	uint32_t first, slot; /* row; number of the slot of its first part */
};

struct sum_runs {
	VEC(struct sum_run) v;   /* at last one that begins behind the last row */
	struct page_slots slots; /* NULL until sum_runs_end */
};

/* The run that ends before `row` ends, another begins; rows ascend from 0. */
void sum_runs_begin(struct sum_runs *r, uint32_t row);
void sum_runs_end(struct sum_runs *r, uint32_t rows); /* of the group */
void sum_runs_fini(struct sum_runs *r, struct page_cache *c);
size_t sum_runs_bytes(const struct sum_runs *r);
/* The slot of the part that begins at row and lies before end, *next the row behind it; NULL: there is none. */
struct cached_page **sum_runs_at(const struct sum_runs *r, uint32_t row, uint32_t end, uint32_t *next);

#endif
