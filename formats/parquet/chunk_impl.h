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
};

/* A page to be: rows, entries and values of the chunk. */
struct cut {
	uint32_t row, rows, entry, entries;
	size_t value, values;
};

/* What a page has of the dictionary that pages may share. */
struct page_use {
	uint32_t page, distinct;
	struct number_count {
		uint32_t number, count;
	} * has; /* distinct; NULL: too many to share */
};

/* A page that was put: in which form, and where, from the beginning of its chunk on. */
struct page_put {
	const struct pq_form *form;
	size_t at;
	uint32_t bytes, raw; /* raw: with the header, not compressed */
};

struct job {
	struct chunk_maker *m;
	struct arena *mem; /* of pages */
	const struct pq_leaf *leaf;
	const struct pq_column *c;
	struct chunk_pages *pages;
	const struct chunk_out *to;
	struct buf *out;
	unsigned width; /* bytes of a value, as they come */
	VEC(struct cut) cuts;
	struct page_put *put, *best_put; /* per page, of the chunk put last and of the best one */

	bool few;           /* pages: all values are in memory */
	const char *column; /* all values; NULL: they are made for each page */
	const struct cut *at;
	const char *page; /* values of the page that was loaded last, which is `at` */

	bool tried_dict, numbered; /* numbered: the numbers of all values are in m->numbers */
	struct dict dict;          /* n = 0: there is none */
	struct dict_order order;

	bool seen;            /* bounds and use of all pages are made */
	struct dict shared;   /* values of pages with few distinct ones */
	struct page_use *use; /* per page, of mixed columns */
	uint64_t raw;         /* bytes of the chunk put last, not compressed, with headers */
	uint64_t best_raw;
	size_t from, best; /* the best chunk so far: from where in out on, and bytes; 0: none */
	bool streams;      /* the first chunk is the best one: pages may be taken as they are put */
	size_t taken;      /* bytes of it */
};

/* Values of the page to j->page. */
void page_load(struct job *j, const struct cut *p);
/* Their numbers in j->dict. */
const uint32_t *page_numbers(struct job *j);
/* Append the page that was loaded in this form, and the dictionary as j->order has it. Return bytes. */
uint32_t page_put(struct job *j, const struct pq_form *f, struct buf *out);
uint32_t page_put_dictionary(struct job *j, const struct pq_form *f, struct buf *out);

#endif
