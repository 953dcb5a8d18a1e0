/* chunk.c - see chunk.h */
#include "formats/parquet/chunk.h"

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
	TRIAL_PAGES = 4,                /* a form is judged by so many pages */
	MAX_DICT = 1 << 20,             /* distinct values; more never paid */
};

struct chunk_maker {
	struct buf body, packed;        /* of a page */
	struct buf best, now;           /* whole chunks, while forms are compared */
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
	uint64_t raw;                   /* bytes of the pages of the last put_pages, uncompressed, with headers */
};

struct chunk_maker *chunk_maker_new(void)
{
	struct chunk_maker *m = mem_zalloc(sizeof(*m));

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

static void cut_pages(struct job *j, uint32_t rows)
{
	const uint32_t *at = j->c->row_at;
	size_t value = 0;

	for (uint32_t row = 0, next; row < rows; row = next) {
		struct cut cut = { .row = row, .entry = at ? at[row] : row, .value = value };

		for (next = row + 1; next < rows && (at ? at[next] : next) - cut.entry < j->c->page_entries; next++)
			;
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

static void put_plain(struct job *j, size_t from, size_t n)
{
	struct buf *b = &j->m->body;

	if (n == 0)
		return;
	if (j->leaf->type == PQ_FIXED)
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
		buf_add(b, str_of(v + (size_t)j->dict.first[k] * width, width));
		if (j->leaf->type == PQ_INT64 && width == 4)
			buf_u32le(b, 0);
	}
	return put_page(j, &h, f->level, out);
}

static uint32_t put_data(struct job *j, const struct pq_form *f, const struct cut *p, struct buf *out)
{
	struct pq_page_header h = { .type = PQ_DATA, .n_values = p->entries, .encoding = f->encoding,
		.def_encoding = PQ_RLE, .rep_encoding = PQ_RLE };

	buf_reset(&j->m->body);
	put_levels(j, p);
	put_values(j, f, p);
	return put_page(j, &h, f->level, out);
}

/* ---- choosing ---- */

static bool form_fits(struct job *j, const struct pq_form *f)
{
	size_t n = j->c->n;

	if (f->encoding != PQ_DICTIONARY)
		return true;
	if (!j->tried_dict && n) {
		j->tried_dict = true;
		dict_make(&j->dict, values_of(j), value_width(j), n, (uint32_t)MIN(n / 4 * 3 + 1, (size_t)MAX_DICT));
	}
	return j->dict.n != 0;
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
		*raw = j->raw;
		if (all) {
			struct buf swap = j->m->best;

			j->m->best = j->m->now;
			j->m->now = swap;
		}
	}
	assert(best);
	return best;
}

static void put_pages(struct job *j, const struct pq_form *f, struct buf *out)
{
	j->raw = 0;
	if (f->encoding == PQ_DICTIONARY)
		put_dictionary(j, f, out);
	for (size_t i = 0; i < j->cuts.n; i++)
		put_data(j, f, &j->cuts.p[i], out);
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

void chunk_make(struct chunk_maker *m, struct arena *a, const struct pq_leaf *leaf, const struct pq_column *column,
    uint32_t rows, uint64_t at, struct buf *out, struct pq_chunk *c, struct chunk_pages *pages)
{
	struct job j = { .m = m, .leaf = leaf, .c = column };
	const struct pq_form *f;
	size_t from = out->n;
	uint64_t raw = 0;
	bool all;

	cut_pages(&j, rows);
	all = j.cuts.n <= TRIAL_PAGES;
	f = choose(&j, all, &raw);
	if (all) {
		buf_add(out, buf_str(&m->best));
	} else {
		put_pages(&j, f, out);
		raw = j.raw;
	}
	*pages = (struct chunk_pages){ .n = (uint32_t)j.cuts.n };
	pages->at = arena_zarray(a, pages->n, sizeof(*pages->at));
	pages->bounds = arena_zarray(a, pages->n, sizeof(*pages->bounds));
	set_bounds(&j, a, pages);
	c->raw_bytes = raw;
	c->bytes = out->n - from;
	c->codec = f->level ? PQ_ZSTD : PQ_NONE;
	c->n_values = j.cuts.p[j.cuts.n - 1].entry + j.cuts.p[j.cuts.n - 1].entries - j.cuts.p[0].entry;
	c->encodings = 1u << f->encoding | (leaf->max_def || leaf->max_rep ? 1u << PQ_RLE : 0) |
	    (f->encoding == PQ_DICTIONARY ? 1u << PQ_PLAIN : 0);
	if (!out->over)
		locate(&j, str_of(out->p + from, out->n - from), at, c, pages);
	dict_fini(&j.dict);
	vec_free(&j.cuts);
}
