/*
 * chunk.h - one column chunk: cut into pages, encoded in the smallest of the
 * allowed forms. For writer.c.
 */
#ifndef PARQUET_CHUNK_H
#define PARQUET_CHUNK_H

#include "formats/parquet/writer.h"

/* What the page indexes say of a chunk. */
struct chunk_pages {
	struct pq_page_at *at;
	struct pq_page_bounds *bounds; /* NULL: no column index */
	uint32_t n;
	int order; /* boundary order: 0 none, 1 ascending, 2 descending */
};

/* Scratch memory that chunks share. compressed: forms without compression are left out. */
struct chunk_maker;

struct chunk_maker *chunk_maker_new(bool compressed);
void chunk_maker_free(struct chunk_maker *m);

/* Where pages go. */
struct chunk_out {
	struct buf *out;
	uint64_t at;             /* offset in the file of what comes next */
	void (*take)(void *ctx); /* takes all that is in out; NULL: nothing is taken before the end */
	void *ctx;
};

/*
 * Appends the pages; fills sizes, offsets, codec and encodings of *c. What
 * *pages points to lives in a.
 */
void chunk_make(struct chunk_maker *m, struct arena *a, const struct pq_leaf *leaf, const struct pq_column *column,
    uint32_t rows, const struct chunk_out *to, struct pq_chunk *c, struct chunk_pages *pages);

#endif
