/* chunk_page.c - the pages of a chunk; see chunk_impl.h */
#include "base/hash.h"
#include "base/zip.h"
#include "formats/parquet/chunk_impl.h"
#include "formats/parquet/codec.h"
#include "formats/parquet/dbp.h"
#include "formats/parquet/rle.h"
#include "formats/parquet/schema.h"

/* ---- values ---- */

void page_load(struct job *j, const struct cut *p)
{
	if (j->at == p)
		return;
	j->at = p;
	if (j->column == NULL && j->c->make != NULL) {
		j->m->values.n = 0;
		vec_reserve(&j->m->values, p->values * j->width);
		j->c->make(j->c->ctx, p->row, p->rows, j->m->values.p);
		j->page = j->m->values.p;
	} else if (j->column != NULL) {
		j->page = j->column + p->value * j->width;
	}
}

const uint32_t *page_numbers(struct job *j)
{
	if (j->numbered)
		return j->m->numbers.p + j->at->value;
	j->m->numbers.n = 0;
	vec_reserve(&j->m->numbers, j->at->values);
	dict_find(&j->dict, j->page, j->at->values, j->m->numbers.p);
	return j->m->numbers.p;
}

static const uint32_t *narrow_values(const struct job *j)
{
	return (const uint32_t *)(const void *)j->page;
}

/* INT64 columns may come as u32. */
static const int64_t *wide_values(struct job *j)
{
	size_t n = j->at->values;

	if (j->width == sizeof(int64_t))
		return (const int64_t *)(const void *)j->page;
	j->m->wide.n = 0;
	vec_reserve(&j->m->wide, n);
	for (size_t i = 0; i < n; i++)
		j->m->wide.p[i] = narrow_values(j)[i];
	return j->m->wide.p;
}

static void put_word(struct job *j, uint32_t position)
{
	struct str s = j->c->words[position];

	buf_u32le(&j->m->body, (uint32_t)s.n);
	buf_add(&j->m->body, s);
}

static void put_plain(struct job *j)
{
	struct buf *b = &j->m->body;
	size_t n = j->at->values;

	if (n == 0)
		return;
	if (j->leaf->type == PQ_BYTES)
		for (size_t i = 0; i < n; i++)
			put_word(j, narrow_values(j)[i]);
	else if (j->leaf->type == PQ_INT64)
		buf_add(b, str_of(wide_values(j), n * sizeof(int64_t)));
	else
		buf_add(b, str_of(j->page, n * j->width));
}

static void put_delta(struct job *j)
{
	size_t n = j->at->values;

	if (j->leaf->type == PQ_INT32)
		dbp_encode32(&j->m->body, n ? narrow_values(j) : NULL, n);
	else
		dbp_encode64(&j->m->body, n ? wide_values(j) : NULL, n);
}

/* Length of the prefix shared with the value before, and the rest. */
static void put_delta_bytes(struct job *j)
{
	unsigned w = j->width;
	const char *v = j->page;
	size_t n = j->at->values;
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

static unsigned index_width(const struct dict_order *o, bool aligned)
{
	unsigned width = o->n > 1 ? schema_level_width(o->n - 1) : 0;

	return aligned ? (width + 7) / 8 * 8 : width;
}

static void put_indices(struct job *j, bool aligned)
{
	unsigned width = index_width(&j->order, aligned);
	const uint32_t *numbers = page_numbers(j);
	size_t n = j->at->values;

	j->m->indices.n = 0;
	vec_reserve(&j->m->indices, n);
	for (size_t i = 0; i < n; i++)
		j->m->indices.p[i] = j->order.number[numbers[i]];
	buf_byte(&j->m->body, (unsigned char)width);
	if (aligned && width)
		rle_encode_packed(&j->m->body, width, j->m->indices.p, n);
	else
		rle_encode32(&j->m->body, width, j->m->indices.p, n);
}

static void put_values(struct job *j, const struct pq_form *f)
{
	switch (f->encoding) {
	case PQ_DELTA: put_delta(j); break;
	case PQ_DICTIONARY: put_indices(j, f->aligned); break;
	case PQ_DELTA_BYTES: put_delta_bytes(j); break;
	default: put_plain(j);
	}
}

/* ---- levels ---- */

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

/* Definition levels of the entries of the page. */
static const uint8_t *levels_of_rows(struct job *j)
{
	const struct cut *p = j->at;
	const uint32_t *at = j->c->row_at;

	j->m->levels.n = 0;
	vec_reserve(&j->m->levels, p->entries);
	for (uint32_t r = p->row; r < p->row + p->rows; r++)
		memset(j->m->levels.p + (at[r] - p->entry), j->c->row_def[r], at[r + 1] - at[r]);
	return j->m->levels.p;
}

static void put_definitions(struct job *j, unsigned width)
{
	const struct cut *p = j->at;

	if (j->c->row_def)
		rle_encode8(&j->m->body, width, levels_of_rows(j), p->entries);
	else if (j->c->def)
		rle_encode8(&j->m->body, width, j->c->def + p->entry, p->entries);
	else
		rle_encode_run(&j->m->body, width, j->c->level, p->entries);
}

static void put_levels(struct job *j)
{
	unsigned rep = schema_level_width(j->leaf->max_rep), def = schema_level_width(j->leaf->max_def);
	const struct cut *p = j->at;
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
		put_definitions(j, def);
		close_levels(b, from);
	}
}

/* ---- pages ---- */

/* Compresses the body and appends the page; returns its size. */
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

uint32_t page_put_dictionary(struct job *j, const struct pq_form *f, struct buf *out)
{
	struct pq_page_header h = { .type = PQ_DICT, .n_values = j->order.n, .encoding = PQ_PLAIN };
	struct buf *b = &j->m->body;

	buf_reset(b);
	for (uint32_t k = 0; k < j->order.n; k++) {
		const char *v = dict_value(&j->dict, j->order.order[k]);

		if (j->leaf->type == PQ_BYTES) {
			uint32_t position;

			memcpy(&position, v, sizeof(position));
			put_word(j, position);
			continue;
		}
		buf_add(b, str_of(v, j->width));
		if (j->leaf->type == PQ_INT64 && j->width == 4)
			buf_u32le(b, 0);
	}
	return put_page(j, &h, f->level, out);
}

uint32_t page_put(struct job *j, const struct pq_form *f, struct buf *out)
{
	struct pq_page_header h = { .type = PQ_DATA,
		.n_values = j->at->entries,
		.encoding = f->encoding,
		.def_encoding = PQ_RLE,
		.rep_encoding = PQ_RLE };

	buf_reset(&j->m->body);
	put_levels(j);
	put_values(j, f);
	return put_page(j, &h, f->level, out);
}
