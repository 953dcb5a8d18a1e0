/*
 * page_cache.h - decoded pages of profiles.parquet, kept up to a number of
 * bytes; the one that was used longest ago goes first. A table has one of its
 * own, or several tables share one (block_share in block.h).
 *
 * Pages that are held (page_cache_get, page_cache_add) stay until
 * page_cache_drop, also past the limit.
 */
#ifndef PAGE_CACHE_H
#define PAGE_CACHE_H

#include "base/base.h"

/* One page of one column, or the sums of some rows (profiles_sums.h). Its arrays are owned by the cache (mem_free). */
struct cached_page {
	struct cached_page *newer, *older;
	struct cached_page **slot; /* where the owner looks for it; NULL again when it goes */
	uint32_t holders;
	uint32_t first_row, rows; /* within the row group */
	uint32_t n;               /* values: of samples, nulls count; of sums: bytes */
	uint64_t partition;       /* of sums, which are bytes: rows.h */
	bool nothing;             /* only nulls: no values array */
	uint32_t *row_at;         /* samples of row r: row_at[r] .. row_at[r + 1]; NULL for columns of rows */
	uint32_t *ends;   /* not NULL: rows up to ends[k] have ints[k], for k < n; where few follow each other */
	int64_t *ints;    /* one of these; narrow: all of them fit */
	uint32_t *narrow; /* room for n numbers */
	uint8_t *bytes;
	size_t size; /* of all this */
};

struct page_slots {
	struct cached_page **p;
	uint32_t n;
};

enum { PAGES_PASSED = 32, MAX_SPARE = 1 << 18 };

struct page_cache {
	struct cached_page *newest, *oldest;
	size_t size, limit;
	struct cached_page **passed[PAGES_PASSED]; /* slots of the last passing ones; only compared */
	uint32_t n_passed;
	uint32_t *spare; /* the narrow of a page that went, for one that comes: memory that was used is there at once */
	size_t n_spare;  /* numbers that it has room for */
};

/* The page at *slot, held once more, or NULL. */
struct cached_page *page_cache_get(struct page_cache *c, struct cached_page **slot);
/* Takes p (from mem_zalloc), held once, and puts it at *slot; older pages may go. */
void page_cache_add(struct page_cache *c, struct cached_page **slot, struct cached_page *p);
/* The same, but p goes before all others when it is let go, because it is not likely to be asked for again; unless it is among the last that
   were added so: then somebody asks the same again and again. */
void page_cache_add_passing(struct page_cache *c, struct cached_page **slot, struct cached_page *p);
void page_cache_drop(struct page_cache *c, struct cached_page *p);
/* The page at *slot goes, if there is one; it is not held. */
void page_cache_forget(struct page_cache *c, struct cached_page **slot);
/* All of them go, and the array. */
void page_cache_forget_all(struct page_cache *c, struct page_slots *s);
/* The caller's, with room for *n numbers; NULL: there is none. */
uint32_t *page_cache_spare(struct page_cache *c, size_t *n);
/* Takes p, with room for n numbers, or NULL; the larger one is kept, of at most MAX_SPARE numbers. */
void page_cache_give(struct page_cache *c, uint32_t *p, size_t n);
/* Pages go, if there are more now than that. */
void page_cache_limit(struct page_cache *c, size_t limit);
size_t page_cache_bytes(const struct page_cache *c); /* of its pages, and what is spare */
/* All pages go; none is held. */
void page_cache_fini(struct page_cache *c);

#endif
