/* chunk.c - see chunk.h */
#include "formats/parquet/chunk.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/zip.h"
#include "formats/parquet/bounds.h"
#include "formats/parquet/codec.h"
#include "formats/parquet/dbp.h"
#include "formats/parquet/dict.h"
#include "formats/parquet/rle.h"
#include "formats/parquet/schema.h"

enum {
	TRIAL_PAGES = 4,    /* a form is judged by so many pages */
	MAX_DICT = 1 << 20, /* distinct values; more never paid */
	SMALL_PART = 8,     /* a page of less than an eighth of its size does not end at a break */
};

struct chunk_maker {
	bool compressed;
	struct buf body, packed; /* of a page */
	struct buf best, now;    /* whole chunks, while forms are compared */
	VEC(int64_t) wide;
	VEC(uint32_t) narrow;
};

/* A page to be: rows, entries and values of the chunk. */
struct cut {
	uint32_t row, rows, entry, entries;
	size_t value, values;
};

/* A chunk on its way. */
struct job {
	struct chunk_maker *m;
	const struct pq_leaf *leaf;
	const struct pq_column *c;
	struct dict dict;
	bool tried_dict;
	VEC(struct cut) cuts;
	const struct pq_form **form; /* per page */
	uint64_t raw;                /* bytes of the pages of the last put_pages, uncompressed, with headers */
};

struct chunk_maker *chunk_maker_new(bool compressed)
{
	struct chunk_maker *m = mem_zalloc(sizeof(*m));

	m->compressed = compressed;
	buf_init(&m->body, SIZE_MAX / 2);
	buf_init(&m->packed, SIZE_MAX / 2);
	buf_init(&m->best, SIZE_MAX / 2);
	buf_init(&m->now, SIZE_MAX / 2);
	return m;
}

void chunk_maker_free(struct chunk_maker *m)
{
	buf_fini(&m->body);
	buf_fini(&m->packed);
	buf_fini(&m->best);
	buf_fini(&m->now);
	vec_free(&m->wide);
	vec_free(&m->narrow);
	mem_free(m);
}

/* ---- cutting ---- */

static size_t count_values(const struct job *j, uint32_t entry, uint32_t n)
{
	size_t k = 0;

	if (j->c->def == NULL)
		return j->c->level == j->leaf->max_def ? n : 0;
	for (uint32_t i = entry; i < entry + n; i++)
		k += j->c->def[i] == j->leaf->max_def;
	return k;
}

/* The row that begins the page after the one that begins at `row`. *b: the first break that may matter. */
static uint32_t cut_end(const struct job *j, uint32_t row, uint32_t rows, uint32_t *b)
{
	const uint32_t *at = j->c->row_at;
	uint32_t from = at ? at[row] : row;

	for (uint32_t next = row + 1; next < rows; next++) {
		uint32_t n = (at ? at[next] : next) - from;

		while (*b < j->c->n_breaks && j->c->breaks[*b] < next)
			++*b;
		if (n >= j->c->page_entries ||
		    (*b < j->c->n_breaks && j->c->breaks[*b] == next && n >= j->c->page_entries / SMALL_PART))
			return next;
	}
	return rows;
}

static void cut_pages(struct job *j, uint32_t rows)
{
	const uint32_t *at = j->c->row_at;
	size_t value = 0;
	uint32_t b = 0;

	for (uint32_t row = 0, next; row < rows; row = next) {
		struct cut cut = { .row = row, .entry = at ? at[row] : row, .value = value };

		next = cut_end(j, row, rows, &b);
		cut.rows = next - row;
		cut.entries = (at ? at[next] : next) - cut.entry;
		cut.values = count_values(j, cut.entry, cut.entries);
		value += cut.values;
		vec_push(&j->cuts, cut);
	}
	assert(value == j->c->n);
}

/* ---- values ---- */

static unsigned value_width(const struct job *j)
{
	return j->c->i64 ? 8 : j->c->u32 ? 4 : 16;
}

static const void *values_of(const struct job *j)
{
	return j->c->i64 ? (const void *)j->c->i64 : j->c->u32 ? (const void *)j->c->u32 : j->c->fixed;
}

/* INT64 columns may come as u32. */
static const int64_t *wide_values(struct job *j, size_t from, size_t n)
{
	if (j->c->i64)
		return j->c->i64 + from;
	j->m->wide.n = 0;
	vec_reserve(&j->m->wide, n);
	for (size_t i = 0; i < n; i++)
		j->m->wide.p[i] = j->c->u32[from + i];
	return j->m->wide.p;
}

static void put_word(struct job *j, size_t i)
{
	struct str s = j->c->words[j->c->u32[i]];

	buf_u32le(&j->m->body, (uint32_t)s.n);
	buf_add(&j->m->body, s);
}

static void put_plain(struct job *j, size_t from, size_t n)
{
	struct buf *b = &j->m->body;

	if (n == 0)
		return;
	if (j->leaf->type == PQ_BYTES)
		for (size_t i = from; i < from + n; i++)
			put_word(j, i);
	else if (j->leaf->type == PQ_FIXED)
		buf_add(b, str_of(j->c->fixed + from * j->leaf->length, n * j->leaf->length));
	else if (j->leaf->type == PQ_INT32)
		buf_add(b, str_of(j->c->u32 + from, n * 4));
	else
		buf_add(b, str_of(wide_values(j, from, n), n * 8));
}

static void put_delta(struct job *j, size_t from, size_t n)
{
	if (j->leaf->type == PQ_INT32)
		dbp_encode32(&j->m->body, n ? j->c->u32 + from : NULL, n);
	else
		dbp_encode64(&j->m->body, n ? wide_values(j, from, n) : NULL, n);
}

/* Length of the prefix shared with the value before, and the rest. */
static void put_delta_bytes(struct job *j, size_t from, size_t n)
{
	unsigned w = j->leaf->length;
	const uint8_t *v = j->c->fixed + from * w;
	uint32_t *shared, *rest;

	j->m->narrow.n = 0;
	vec_reserve(&j->m->narrow, 2 * n);
	shared = j->m->narrow.p;
	rest = shared + n;
	for (size_t i = 0; i < n; i++) {
		for (shared[i] = 0; i > 0 && shared[i] < w && v[i * w + shared[i]] == v[(i - 1) * w + shared[i]];)
			shared[i]++;
		rest[i] = w - shared[i];
	}
	dbp_encode32(&j->m->body, shared, n);
	dbp_encode32(&j->m->body, rest, n);
	for (size_t i = 0; i < n; i++)
		buf_add(&j->m->body, str_of(v + i * w + shared[i], rest[i]));
}

static unsigned index_width(const struct dict *d, bool aligned)
{
	unsigned width = d->n > 1 ? schema_level_width(d->n - 1) : 0;

	return aligned ? (width + 7) / 8 * 8 : width;
}

static void put_indices(struct job *j, bool aligned, size_t from, size_t n)
{
	unsigned width = index_width(&j->dict, aligned);

	buf_byte(&j->m->body, (unsigned char)width);
	if (aligned && width)
		rle_encode_packed(&j->m->body, width, j->dict.index + from, n);
	else
		rle_encode32(&j->m->body, width, j->dict.index + from, n);
}

static void put_values(struct job *j, const struct pq_form *f, const struct cut *p)
{
	switch (f->encoding) {
	case PQ_DELTA: put_delta(j, p->value, p->values); break;
	case PQ_DICTIONARY: put_indices(j, f->aligned, p->value, p->values); break;
	case PQ_DELTA_BYTES: put_delta_bytes(j, p->value, p->values); break;
	default: put_plain(j, p->value, p->values);
	}
}

/* ---- pages ---- */

/* The number of bytes in front of them is put in once they are known. */
static size_t open_levels(struct buf *b)
{
	buf_u32le(b, 0);
	return b->n;
}

static void close_levels(struct buf *b, size_t from)
{
	uint32_t n = (uint32_t)(b->n - from);

	memcpy(b->p + from - 4, &n, 4);
}

static void put_levels(struct job *j, const struct cut *p)
{
	unsigned rep = schema_level_width(j->leaf->max_rep), def = schema_level_width(j->leaf->max_def);
	struct buf *b = &j->m->body;
	size_t from;

	if (rep) {
		from = open_levels(b);
		if (j->c->row_at)
			rle_encode_rows(b, rep, j->c->row_at + p->row, p->rows);
		else
			rle_encode_run(b, rep, 0, p->entries);
		close_levels(b, from);
	}
	if (def) {
		from = open_levels(b);
		if (j->c->def)
			rle_encode8(b, def, j->c->def + p->entry, p->entries);
		else
			rle_encode_run(b, def, j->c->level, p->entries);
		close_levels(b, from);
	}
}

/* Compresses the body and appends the page; its size in out. */
static uint32_t put_page(struct job *j, struct pq_page_header *h, int level, struct buf *out)
{
	struct str body = buf_str(&j->m->body);
	size_t from = out->n;

	h->raw_bytes = (uint32_t)body.n;
	if (level) {
		buf_reset(&j->m->packed);
		zip_zstd(body, level, &j->m->packed);
		body = buf_str(&j->m->packed);
	}
	h->bytes = (uint32_t)body.n;
	h->has_crc = true;
	h->crc = crc32_ieee(0, body);
	page_header_encode(out, h);
	j->raw += out->n - from + h->raw_bytes;
	buf_add(out, body);
	return (uint32_t)(out->n - from);
}

static uint32_t put_dictionary(struct job *j, const struct pq_form *f, struct buf *out)
{
	struct pq_page_header h = { .type = PQ_DICT, .n_values = j->dict.n, .encoding = PQ_PLAIN };
	struct buf *b = &j->m->body;
	unsigned width = value_width(j);
	const char *v = values_of(j);

	buf_reset(b);
	for (uint32_t k = 0; k < j->dict.n; k++) {
		if (j->leaf->type == PQ_BYTES) {
			put_word(j, j->dict.first[k]);
			continue;
		}
		buf_add(b, str_of(v + (size_t)j->dict.first[k] * width, width));
		if (j->leaf->type == PQ_INT64 && width == 4)
			buf_u32le(b, 0);
	}
	return put_page(j, &h, f->level, out);
}

static uint32_t put_data(struct job *j, const struct pq_form *f, const struct cut *p, struct buf *out)
{
	struct pq_page_header h = { .type = PQ_DATA,
		.n_values = p->entries,
		.encoding = f->encoding,
		.def_encoding = PQ_RLE,
		.rep_encoding = PQ_RLE };

	buf_reset(&j->m->body);
	put_levels(j, p);
	put_values(j, f, p);
	return put_page(j, &h, f->level, out);
}

/* ---- choosing ---- */

/* Is a dictionary worth while? Made on first use. */
static bool has_dict(struct job *j)
{
	size_t n = j->c->n;

	if (!j->tried_dict && n) {
		j->tried_dict = true;
		dict_make(&j->dict, values_of(j), value_width(j), n, (uint32_t)MIN(n / 4 * 3 + 1, (size_t)MAX_DICT));
	}
	return j->dict.n != 0;
}

static bool form_fits(struct job *j, const struct pq_form *f)
{
	if (j->m->compressed && f->level == 0)
		return false;
	return f->encoding != PQ_DICTIONARY || has_dict(j);
}

/* Bytes of the trial pages in this form, with their part of the dictionary. all: they are kept, in now. */
static uint64_t try_form(struct job *j, const struct pq_form *f, uint32_t trial, bool all)
{
	uint64_t n = 0, pages = j->cuts.n;

	buf_reset(&j->m->now);
	j->raw = 0;
	if (f->encoding == PQ_DICTIONARY)
		n = put_dictionary(j, f, &j->m->now) * trial / pages;
	for (uint32_t i = 0; i < trial; i++) {
		if (!all)
			buf_reset(&j->m->now);
		n += put_data(j, f, &j->cuts.p[all ? i : pages * i / trial], &j->m->now);
	}
	return n;
}

/* All pages, in m->now. */
static void put_pages(struct job *j, const struct pq_form *dictionary)
{
	struct buf *out = &j->m->now;

	buf_reset(out);
	j->raw = 0;
	if (dictionary)
		put_dictionary(j, dictionary, out);
	for (size_t i = 0; i < j->cuts.n; i++)
		put_data(j, j->form[i], &j->cuts.p[i], out);
}

static void now_is_best(struct job *j, uint64_t *raw)
{
	struct buf swap = j->m->best;

	j->m->best = j->m->now;
	j->m->now = swap;
	*raw = j->raw;
}

/* The best form; if all pages were tried, the chunk is in m->best and *raw is its uncompressed size. */
static const struct pq_form *choose(struct job *j, bool all, uint64_t *raw)
{
	uint32_t trial = (uint32_t)MIN(j->cuts.n, (size_t)TRIAL_PAGES);
	const struct pq_form *best = NULL;
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; i < j->c->n_forms; i++) {
		const struct pq_form *f = &j->c->forms[i];
		uint64_t n;

		if (!form_fits(j, f))
			continue;
		n = try_form(j, f, trial, all);
		if (n >= least)
			continue;
		least = n;
		best = f;
		if (all)
			now_is_best(j, raw);
	}
	assert(best);
	return best;
}

/* ---- mixing ---- */

struct page_use {
	uint32_t page, distinct;
};

static int page_use_cmp(const void *a, const void *b)
{
	const struct page_use *x = a, *y = b;

	if (x->distinct != y->distinct)
		return x->distinct < y->distinct ? -1 : 1;
	return x->page < y->page ? -1 : x->page > y->page;
}

/* Distinct values of a page that do not have this stamp yet; they get it. */
static uint32_t stamp_page(const struct job *j, const struct cut *p, uint32_t *stamps, uint32_t stamp)
{
	uint32_t n = 0;

	for (size_t i = p->value; i < p->value + p->values; i++) {
		uint32_t *s = &stamps[j->dict.index[i]];

		n += *s != stamp;
		*s = stamp;
	}
	return n;
}

static struct page_use *use_of_pages(const struct job *j, uint32_t *stamps)
{
	struct page_use *use = mem_array(j->cuts.n, sizeof(*use));

	for (uint32_t i = 0; i < j->cuts.n; i++)
		use[i] = (struct page_use){ i, stamp_page(j, &j->cuts.p[i], stamps, i + 1) };
	qsort(use, j->cuts.n, sizeof(*use), page_use_cmp);
	return use;
}

/* The pages with the fewest distinct values, as many as stay within `limit` together. */
static size_t pick_pages(const struct job *j, const struct page_use *use, uint32_t *stamps, uint32_t limit)
{
	uint32_t sum = 0;
	size_t n = 0;

	memset(stamps, 0, j->dict.n * sizeof(*stamps));
	for (; n < j->cuts.n; n++) {
		sum += stamp_page(j, &j->cuts.p[use[n].page], stamps, 1);
		if (sum > limit)
			break;
	}
	return n;
}

/* The first n pages of use share a dictionary. */
static void put_mixed(struct job *j, const struct page_use *use, size_t n)
{
	static const struct pq_form form = { PQ_DICTIONARY, true, 3 };
	struct dict_range *ranges = mem_array(n, sizeof(*ranges));
	struct dict part, all = j->dict;

	for (size_t i = 0; i < j->cuts.n; i++)
		j->form[i] = &j->c->forms[0];
	for (size_t i = 0; i < n; i++) {
		const struct cut *p = &j->cuts.p[use[i].page];

		j->form[use[i].page] = &form;
		ranges[i] = (struct dict_range){ p->value, p->values };
	}
	dict_part(&part, &all, j->c->n, ranges, n);
	mem_free(ranges);
	j->dict = part;
	put_pages(j, &form);
	j->dict = all;
	dict_fini(&part);
}

/* Dictionaries of one and of two bytes for the pages that they fit, if that makes the chunk smaller. */
static bool try_mixed(struct job *j, uint64_t *raw)
{
	static const uint32_t limits[] = { 1 << 8, 1 << 16 };
	uint32_t *stamps;
	struct page_use *use;
	size_t last = 0;
	bool better = false;

	if (j->cuts.n < 2 || !has_dict(j))
		return false;
	stamps = mem_zarray(j->dict.n, sizeof(*stamps));
	use = use_of_pages(j, stamps);
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		size_t n = pick_pages(j, use, stamps, limits[i]);

		if (n == last || n == j->cuts.n)
			continue;
		last = n;
		put_mixed(j, use, n);
		if (j->m->now.n >= j->m->best.n)
			continue;
		now_is_best(j, raw);
		better = true;
	}
	mem_free(use);
	mem_free(stamps);
	return better;
}

/* Pages that were written, found again by their headers. */
static void locate(struct job *j, struct str bytes, uint64_t at, struct pq_chunk *c, struct chunk_pages *p)
{
	struct pq_page_header h;
	struct err e;
	size_t used;

	for (uint32_t i = 0; i < p->n;) {
		int rc = page_header_decode(bytes, &h, &used, &e);

		assert(rc == 0);
		(void)rc;
		if (h.type == PQ_DICT) {
			c->dictionary_at = at;
		} else {
			p->at[i] = (struct pq_page_at){ at, j->cuts.p[i].row, (uint32_t)used + h.bytes };
			i++;
		}
		at += used + h.bytes;
		bytes = str_skip(bytes, used + h.bytes);
	}
	c->data_at = p->at[0].at;
}

static void set_bounds(struct job *j, struct arena *a, struct chunk_pages *p)
{
	for (uint32_t i = 0; i < p->n; i++) {
		const struct cut *cut = &j->cuts.p[i];

		p->bounds[i].nulls = cut->entries - cut->values;
		bounds_make(a, j->leaf, j->c, cut->value, cut->values, &p->bounds[i]);
	}
	p->order = bounds_order(j->leaf, p->bounds, p->n);
}

static void make_best(struct job *j, struct pq_chunk *c)
{
	bool all = j->cuts.n <= TRIAL_PAGES, mixed = false;
	const struct pq_form *f = choose(j, all, &c->raw_bytes);

	if (!all) {
		for (size_t i = 0; i < j->cuts.n; i++)
			j->form[i] = f;
		put_pages(j, f->encoding == PQ_DICTIONARY ? f : NULL);
		now_is_best(j, &c->raw_bytes);
	}
	if (j->c->mixed)
		mixed = try_mixed(j, &c->raw_bytes);
	c->codec = f->level || mixed ? PQ_ZSTD : PQ_NONE;
	c->encodings = 1u << f->encoding | (j->leaf->max_def || j->leaf->max_rep ? 1u << PQ_RLE : 0) |
	    (f->encoding == PQ_DICTIONARY ? 1u << PQ_PLAIN : 0);
	if (mixed)
		c->encodings = 1u << j->c->forms[0].encoding | 1u << PQ_RLE | 1u << PQ_DICTIONARY | 1u << PQ_PLAIN;
}

void chunk_make(struct chunk_maker *m, struct arena *a, const struct pq_leaf *leaf, const struct pq_column *column,
    uint32_t rows, uint64_t at, struct buf *out, struct pq_chunk *c, struct chunk_pages *pages)
{
	struct job j = { .m = m, .leaf = leaf, .c = column };

	cut_pages(&j, rows);
	j.form = mem_array(j.cuts.n, sizeof(struct pq_form *));
	make_best(&j, c);
	*pages = (struct chunk_pages){ .n = (uint32_t)j.cuts.n };
	pages->at = arena_zarray(a, pages->n, sizeof(*pages->at));
	if (column->words == NULL) {
		pages->bounds = arena_zarray(a, pages->n, sizeof(*pages->bounds));
		set_bounds(&j, a, pages);
	}
	c->bytes = m->best.n;
	c->n_values = j.cuts.p[j.cuts.n - 1].entry + j.cuts.p[j.cuts.n - 1].entries - j.cuts.p[0].entry;
	locate(&j, buf_str(&m->best), at, c, pages);
	buf_add(out, buf_str(&m->best));
	dict_fini(&j.dict);
	mem_free(j.form);
	vec_free(&j.cuts);
}
