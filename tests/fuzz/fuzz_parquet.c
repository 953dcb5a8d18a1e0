/*
 * Parquet, two ways: the input as a file of which everything is read, and,
 * since no mutation of a page gets past its checksum, as the body of a page.
 * Byte 0 selects: 0xff a file, else type, encoding and codec of the page.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "formats/parquet/codec.h"
#include "formats/parquet/reader.h"
#include "formats/parquet/rle.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* What is decoded must hang together. */
static void check(const struct pq_values *v, const struct pq_leaf *leaf)
{
	uint32_t last = 0;

	if (v->n > v->entries || (v->def.n && v->def.n != v->entries))
		abort();
	if (leaf->max_rep && v->row_at.n != (size_t)v->rows + 1)
		abort();
	for (size_t i = 0; i < v->row_at.n; i++) {
		if (v->row_at.p[i] < last || v->row_at.p[i] > v->entries)
			abort();
		last = v->row_at.p[i];
	}
	if (v->ints.n + v->strs.n + (leaf->type == PQ_FIXED ? v->fixed.n / leaf->length : 0) != v->n)
		abort();
}

static void read_file(struct str bytes)
{
	struct err e;
	struct pq_file *f = pq_open(blob_mem(bytes), &e);
	struct pq_values v = { 0 };
	const struct pq_page_bounds *b;
	uint32_t n;

	for (uint32_t g = 0; f && g < pq_meta(f)->n_groups; g++)
		for (uint32_t i = 0; i < pq_leaves(f); i++) {
			pq_bounds(f, g, i, &b, &n, &e);
			if (pq_read_rows(f, g, i, 0, MIN(pq_group_rows(f, g), 100000u), &v, &e) == 0)
				check(&v, pq_leaf(f, i));
		}
	pq_values_fini(&v);
	pq_close(f);
}

static void read_page(uint8_t how, struct str body)
{
	static const struct pq_leaf leaves[] = {
		{ .type = PQ_INT64, .max_rep = 1, .max_def = 2, .list_def = 1 },
		{ .type = PQ_INT32, .logical = PQ_U32 },
		{ .type = PQ_FIXED, .length = 16, .max_def = 1 },
		{ .type = PQ_BYTES },
		{ .type = PQ_BOOLEAN },
	};
	static const int encodings[] = { PQ_PLAIN, PQ_DELTA, PQ_DELTA_LENGTH, PQ_DELTA_BYTES, PQ_RLE };
	static const int codecs[] = { PQ_NONE, PQ_SNAPPY, PQ_LZ4_RAW, PQ_ZSTD, PQ_GZIP };
	const struct pq_leaf *leaf = &leaves[how % 5];
	int codec = codecs[how / 25 % 5];
	struct pq_page_header h = { .type = PQ_DATA,
		.raw_bytes = 300,
		.bytes = (uint32_t)body.n,
		.n_values = 100,
		.encoding = encodings[how / 5 % 5],
		.def_encoding = PQ_RLE,
		.rep_encoding = PQ_RLE };
	struct pq_scratch s = { 0 };
	struct pq_values v = { 0 }, w = { 0 };
	struct buf page;
	struct err e;

	if (codec == PQ_NONE)
		h.raw_bytes = (uint32_t)body.n;
	buf_init(&page, body.n + 100);
	page_header_encode(&page, &h);
	buf_add(&page, body);
	if (page_decode(&s, buf_str(&page), leaf, codec, NULL, UINT32_MAX, &v, &e) == 0) {
		check(&v, leaf);
		/* As a dictionary for the same bytes. */
		buf_reset(&page);
		h.encoding = PQ_DICTIONARY;
		page_header_encode(&page, &h);
		buf_add(&page, body);
		if (page_decode(&s, buf_str(&page), leaf, codec, &v, UINT32_MAX, &w, &e) == 0)
			check(&w, leaf);
	}
	buf_fini(&page);
	pq_values_fini(&v);
	pq_values_fini(&w);
	pq_scratch_fini(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n == 0)
		return 0;
	if (p[0] == 0xff)
		read_file(str_of(p + 1, n - 1));
	else
		read_page(p[0], str_of(p + 1, n - 1));
	return 0;
}
