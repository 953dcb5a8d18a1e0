/*
 * reader.h - a Parquet file over a blob: schema, row groups, pages, and the
 * values of pages.
 *
 *	struct pq_file *f = pq_open(blob, e);
 *	int leaf = pq_find(f, STR("Samples.list.element.Value"));
 *	pq_pages(f, 0, leaf, &pages, &n, e);
 *	pq_read_page(f, 0, leaf, 3, &values, e);
 *	pq_close(f);
 *
 * Opening reads the footer (the last 64 KiB at once, which mostly hold the
 * page indexes too). Indexes and dictionaries are decoded when they are first
 * needed and kept. Without an offset index the pages of a chunk are found by
 * walking it. Row groups have at most PQ_MAX_ROWS rows, chunks at most
 * PQ_MAX_CHUNK bytes where they must be read whole. Leaf and group numbers are
 * the caller's: they must exist. One thread at a time.
 */
#ifndef PARQUET_READER_H
#define PARQUET_READER_H

#include "base/stream.h"
#include "formats/parquet/page.h"

#define PQ_MAX_ROWS (UINT32_C(1) << 28)
#define PQ_MAX_CHUNK (UINT64_C(1) << 30)
#define PQ_MAX_READ (UINT32_C(1) << 26)

struct pq_file;

struct pq_page {
	uint64_t at;              /* of the page header in the file */
	uint32_t bytes;           /* with the header */
	uint32_t first_row, rows; /* within the row group */
};

/* Takes ownership of the blob, also when it fails. */
struct pq_file *pq_open(struct blob *b, struct err *e);
void pq_close(struct pq_file *f);         /* accepts NULL */
void pq_rest(struct pq_file *f);          /* blob_rest; memory that pages were decompressed in goes */
size_t pq_bytes(const struct pq_file *f); /* memory held, but for that of the blob */

const struct pq_meta *pq_meta(const struct pq_file *f);
struct str pq_pair(const struct pq_file *f, struct str key); /* of the file's metadata; STR_NONE: there is none */
uint32_t pq_leaves(const struct pq_file *f);
const struct pq_leaf *pq_leaf(const struct pq_file *f, uint32_t leaf);
int pq_find(const struct pq_file *f, struct str path); /* -1: no such column */
uint32_t pq_group_rows(const struct pq_file *f, uint32_t group);

/* Data pages of a chunk; first_row ascends from 0 without gaps. */
int pq_pages(struct pq_file *f, uint32_t group, uint32_t leaf, const struct pq_page **p, uint32_t *n, struct err *e);
/* The column index, one entry a page; *n = 0 when there is none. */
int pq_bounds(struct pq_file *f, uint32_t group, uint32_t leaf, const struct pq_page_bounds **p, uint32_t *n,
    struct err *e);

/* Bytes of the file, borrowed from the blob or in a. */
int pq_bytes_at(struct pq_file *f, struct arena *a, uint64_t at, size_t n, struct str *out, struct err *e);
/* Decodes a page whose bytes are at hand. */
int pq_decode_page(struct pq_file *f, uint32_t group, uint32_t leaf, const struct pq_page *page, struct str bytes,
    struct pq_values *out, struct err *e);
int pq_read_page(struct pq_file *f, uint32_t group, uint32_t leaf, uint32_t page, struct pq_values *out, struct err *e);
/* Rows first .. first + n - 1 of a group, from as many pages as it takes. ERR_CORRUPT if there are not so many,
   ERR_LIMIT past PQ_MAX_READ entries. */
int pq_read_rows(struct pq_file *f, uint32_t group, uint32_t leaf, uint32_t first, uint32_t n, struct pq_values *out,
    struct err *e);

#endif
