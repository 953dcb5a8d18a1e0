/*
 * chunk_impl.h - a column chunk on its way: for chunk.c, which decides, and
 * chunk_page.c, which makes the pages.
 */
#ifndef PARQUET_CHUNK_IMPL_H
#define PARQUET_CHUNK_IMPL_H

#include "base/vec.h"
#include "formats/parquet/chunk.h"
#include "formats/parquet/dict.h"

struct chunk_maker {
	bool compressed;
	struct buf body, packed, trial; /* of a page */
	VEC(uint8_t) levels;
	VEC(int64_t) wide;
	VEC(uint32_t) narrow, indices;
	/* Of a page, or of all where they are few. */
	VEC(char) values;
	VEC(uint32_t) numbers; /* in the dictionary */
	VEC(uint32_t) counts;  /* by number: zeros between two pages */
};

/* A page to be: rows, entries and values of the chunk. */
struct cut {
	uint32_t row, rows, entry, entries;
	size_t value, values;
};

/* What a page has of the dictionary. */
struct page_use {
	uint32_t page, distinct;
	struct number_count {
		uint32_t number, count;
	} * has; /* distinct; NULL: too many to share a dictionary */
};

struct job {
	struct chunk_maker *m;
	struct arena *mem; /* of pages */
	const struct pq_leaf *leaf;
	const struct pq_column *c;
	struct chunk_pages *pages;
	struct buf *out;
	unsigned width; /* bytes of a value, as they come */
	VEC(struct cut) cuts;
	const struct pq_form **form; /* per page */

	bool few;           /* pages: all values and numbers are in memory */
	const char *column; /* all values; NULL: they are made for each page */
	const struct cut *at;
	const char *page; /* values of the page that was loaded last, which is `at` */

	bool tried_dict;
	struct dict dict; /* of all values; n = 0: there is none */
	struct dict_order order;
	struct page_use *use; /* per page, of mixed columns */

	bool bounded;      /* the bounds of all pages are made */
	uint64_t raw;      /* bytes of the pages put last, uncompressed, with headers */
	size_t from, best; /* the smallest chunk so far: from where in out on, and bytes; 0: none */
	uint64_t best_raw;
};

/* Values of the page to j->page. */
void page_load(struct job *j, const struct cut *p);
/* Their numbers in j->dict. */
const uint32_t *page_numbers(struct job *j);
/* Append the page that was loaded in this form, and the dictionary as j->order has it. Return bytes. */
uint32_t page_put(struct job *j, const struct pq_form *f, struct buf *out);
uint32_t page_put_dictionary(struct job *j, const struct pq_form *f, struct buf *out);

#endif
