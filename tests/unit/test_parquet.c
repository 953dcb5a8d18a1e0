/* test_parquet.c - files through writer and reader; broken files */
#include <stdlib.h>

#include "base/mem.h"
#include "formats/parquet/bounds.h"
#include "formats/parquet/codec.h"
#include "formats/parquet/dict.h"
#include "formats/parquet/reader.h"
#include "formats/parquet/writer.h"

/* Last: its macros fail and skip are names of ours. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#define NAME(text)                     \
	{                              \
		text, sizeof(text) - 1 \
	}

static const struct pq_node nodes[] = {
	{ .name = NAME("Test"), .type = PQ_GROUP, .n_children = 5 },
	{ .name = NAME("Id"), .type = PQ_FIXED, .length = 16, .logical = PQ_UUID },
	{ .name = NAME("Number"), .type = PQ_INT32, .logical = PQ_U32 },
	{ .name = NAME("Maybe"), .type = PQ_INT64, .repetition = PQ_OPTIONAL, .logical = PQ_I64 },
	{ .name = NAME("Things"), .type = PQ_GROUP, .n_children = 1, .logical = PQ_LIST },
	{ .name = NAME("list"), .type = PQ_GROUP, .repetition = PQ_REPEATED, .n_children = 1 },
	{ .name = NAME("element"), .type = PQ_GROUP, .n_children = 2 },
	{ .name = NAME("Value"), .type = PQ_INT64, .logical = PQ_U64 },
	{ .name = NAME("Span"), .type = PQ_INT64, .repetition = PQ_OPTIONAL, .logical = PQ_U64 },
	{ .name = NAME("Text"), .type = PQ_BYTES, .repetition = PQ_OPTIONAL, .logical = PQ_STRING },
};
enum { ID, NUMBER, MAYBE, VALUE, SPAN, TEXT, LEAVES };

static uint64_t seed = 3;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Columns of one row group. */
struct group {
	uint32_t rows;
	VEC(uint8_t) ids;
	VEC(uint32_t) numbers;
	VEC(int64_t) maybe, values, spans;
	VEC(uint8_t) maybe_def, span_def;
	VEC(uint32_t) at;
};

static void group_fini(struct group *g)
{
	vec_free(&g->ids);
	vec_free(&g->numbers);
	vec_free(&g->maybe);
	vec_free(&g->values);
	vec_free(&g->spans);
	vec_free(&g->maybe_def);
	vec_free(&g->span_def);
	vec_free(&g->at);
}

static void group_fill(struct group *g, uint32_t rows, uint64_t distinct)
{
	*g = (struct group){ .rows = rows };
	vec_push(&g->at, 0);
	for (uint32_t r = 0; r < rows; r++) {
		uint64_t id[2] = { rnd() % distinct, rnd() % 2 };

		for (int i = 0; i < 16; i++)
			vec_push(&g->ids, ((const uint8_t *)id)[i]);
		vec_push(&g->numbers, r / 7 ? (uint32_t)(rnd() % distinct) : UINT32_MAX);
		vec_push(&g->maybe_def, rnd() % 3 != 0);
		if (g->maybe_def.p[r])
			vec_push(&g->maybe, (int64_t)(rnd() % distinct) - 5);
		for (uint64_t n = 1 + rnd() % 20; n; n--) {
			vec_push(&g->values, (int64_t)(rnd() % 50 ? rnd() % distinct : rnd()));
			vec_push(&g->span_def, rnd() % 4 ? 2 : 1);
			if (g->span_def.p[g->span_def.n - 1] == 2)
				vec_push(&g->spans, (int64_t)(rnd() % distinct));
		}
		vec_push(&g->at, (uint32_t)g->values.n);
	}
}

static void group_write(struct pq_writer *w, const struct group *g, const struct pq_form *f, uint32_t page)
{
	static const struct pq_form plain = { PQ_PLAIN, false, 3 };
	const struct pq_form *ints = f->encoding == PQ_DELTA_BYTES ? &plain : f;
	const struct pq_form *bytes = f->encoding == PQ_DELTA ? &plain : f;

	pq_writer_group(w, g->rows);
	pq_writer_column(w,
	    &(struct pq_column){ .fixed = g->ids.p, .n = g->rows, .page_entries = page, .forms = bytes, .n_forms = 1 });
	pq_writer_column(w,
	    &(struct pq_column){ .u32 = g->numbers.p,
		.n = g->rows,
		.page_entries = page,
		.forms = ints,
		.n_forms = 1 });
	pq_writer_column(w,
	    &(struct pq_column){ .i64 = g->maybe.p,
		.n = g->maybe.n,
		.def = g->maybe_def.p,
		.page_entries = page,
		.forms = ints,
		.n_forms = 1 });
	pq_writer_column(w,
	    &(struct pq_column){ .i64 = g->values.p,
		.n = g->values.n,
		.row_at = g->at.p,
		.level = 1,
		.page_entries = page,
		.forms = ints,
		.n_forms = 1,
		.mixed = f->encoding == PQ_PLAIN });
	pq_writer_column(w,
	    &(struct pq_column){ .i64 = g->spans.p,
		.n = g->spans.n,
		.row_at = g->at.p,
		.def = g->span_def.p,
		.page_entries = page,
		.forms = ints,
		.n_forms = 1 });
	pq_writer_column(w, &(struct pq_column){ .page_entries = page * 10, .forms = &plain, .n_forms = 1 });
}

/* What rows from .. from + n of a column must be. */
static void expect(const struct group *g, int leaf, uint32_t from, uint32_t n, const struct pq_values *v)
{
	uint32_t first = g->at.p[from], k = 0;

	assert_int_equal(v->rows, n);
	switch (leaf) {
	case ID:
		assert_int_equal(v->n, n);
		assert_memory_equal(v->fixed.p, g->ids.p + (size_t)from * 16, (size_t)n * 16);
		return;
	case NUMBER:
		for (uint32_t i = 0; i < n; i++)
			assert_true(v->ints.p[i] == g->numbers.p[from + i]);
		return;
	case TEXT:
		assert_int_equal(v->n, 0);
		assert_int_equal(v->entries, n);
		return;
	case MAYBE:
		for (uint32_t i = 0; i < from; i++)
			k += g->maybe_def.p[i];
		for (uint32_t i = 0, at = 0; i < n; i++) {
			assert_int_equal(v->def.n ? v->def.p[i] : 1, g->maybe_def.p[from + i]);
			if (g->maybe_def.p[from + i])
				assert_true(v->ints.p[at++] == g->maybe.p[k++]);
		}
		return;
	}
	assert_int_equal(v->row_at.n, n + 1);
	for (uint32_t i = 0; i <= n; i++)
		assert_int_equal(v->row_at.p[i], g->at.p[from + i] - first);
	if (leaf == VALUE) {
		assert_int_equal(v->def.n, 0);
		assert_memory_equal(v->ints.p, g->values.p + first, v->entries * 8);
		return;
	}
	for (uint32_t i = 0; i < first; i++)
		k += g->span_def.p[i] == 2;
	for (uint32_t i = 0, at = 0; i < v->entries; i++) {
		assert_int_equal(v->def.n ? v->def.p[i] : 2, g->span_def.p[first + i]);
		if (g->span_def.p[first + i] == 2)
			assert_true(v->ints.p[at++] == g->spans.p[k++]);
	}
}

static void check_bounds(const struct pq_leaf *leaf, const struct pq_page_bounds *b, const struct pq_values *v)
{
	assert_int_equal(b->null, v->n == 0);
	assert_int_equal(b->nulls, v->entries - v->n);
	for (size_t i = 0; i < v->ints.n; i++) {
		int64_t min, max, flip = leaf->logical == PQ_I64 ? 0 : INT64_MIN;

		assert_true(bounds_int(leaf, b->min, &min) && bounds_int(leaf, b->max, &max));
		assert_true((min ^ flip) <= (v->ints.p[i] ^ flip) && (v->ints.p[i] ^ flip) <= (max ^ flip));
	}
	for (size_t i = 0; i < v->fixed.n; i += 16) {
		assert_true(memcmp(b->min.p, v->fixed.p + i, 16) <= 0);
		assert_true(memcmp(b->max.p, v->fixed.p + i, 16) >= 0);
	}
}

static void check_group(struct pq_file *f, uint32_t number, const struct group *g)
{
	struct pq_values v = { 0 };
	struct err e;

	assert_int_equal(pq_group_rows(f, number), g->rows);
	for (uint32_t leaf = 0; leaf < LEAVES; leaf++) {
		const struct pq_page *pages;
		const struct pq_page_bounds *bounds;
		uint32_t n, n_bounds;

		assert_int_equal(pq_pages(f, number, leaf, &pages, &n, &e), 0);
		assert_int_equal(pq_bounds(f, number, leaf, &bounds, &n_bounds, &e), 0);
		assert_int_equal(n_bounds, n);
		for (uint32_t i = 0; i < n; i++) {
			assert_int_equal(pq_read_page(f, number, leaf, i, &v, &e), 0);
			expect(g, (int)leaf, pages[i].first_row, pages[i].rows, &v);
			check_bounds(pq_leaf(f, leaf), &bounds[i], &v);
		}
		for (int i = 0; i < 10; i++) {
			uint32_t from = (uint32_t)(rnd() % (g->rows + 1)), k = (uint32_t)(rnd() % (g->rows - from + 1));

			assert_int_equal(pq_read_rows(f, number, leaf, from, k, &v, &e), 0);
			expect(g, (int)leaf, from, k, &v);
		}
		assert_int_equal(pq_read_rows(f, number, leaf, 1, g->rows, &v, &e), -1);
	}
	pq_values_fini(&v);
}

static const struct pq_form all_forms[] = {
	{ PQ_PLAIN, false, 0 },
	{ PQ_PLAIN, false, 1 },
	{ PQ_DELTA, false, 0 },
	{ PQ_DELTA, false, 3 },
	{ PQ_DICTIONARY, false, 0 },
	{ PQ_DICTIONARY, false, 3 },
	{ PQ_DICTIONARY, true, 3 },
	{ PQ_DELTA_BYTES, false, 0 },
	{ PQ_DELTA_BYTES, false, 3 },
};

static void test_round_trips(void **state)
{
	static const uint32_t rows[] = { 1, 2, 100, 3000 };
	static const uint64_t distinct[] = { 1, 2, 200, 1000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all_forms) * 4; i++) {
		const struct pq_form *form = &all_forms[i / 4];
		/* Without a few equal values there is no dictionary. */
		uint64_t d = form->encoding == PQ_DICTIONARY ? 1 : distinct[i % 4];
		bool many = form->level != 0;
		struct group a, b;
		struct buf out;
		struct err e;
		struct pq_writer *w;
		struct pq_file *f;

		group_fill(&a, form->encoding == PQ_DICTIONARY ? 400 : rows[i % 4], d + 2);
		group_fill(&b, 333, 5);
		buf_init(&out, 1 << 26);
		w = pq_writer_new(&out, nodes, ARRAY_LEN(nodes), many);
		group_write(w, &a, form, i % 3 ? 100 : 5000);
		if (many)
			group_write(w, &b, form, 77);
		pq_writer_finish(w, STR("test"));
		f = pq_open(blob_mem(buf_str(&out)), &e);
		assert_non_null(f);
		assert_int_equal(pq_leaves(f), LEAVES);
		assert_int_equal(pq_find(f, STR("Things.list.element.Span")), SPAN);
		assert_int_equal(pq_find(f, STR("Things")), -1);
		assert_true(str_eq(pq_meta(f)->created_by, STR("test")));
		assert_int_equal(pq_meta(f)->n_groups, many ? 2 : 1);
		check_group(f, 0, &a);
		if (many)
			check_group(f, 1, &b);
		assert_true(pq_bytes(f) > 0);
		pq_close(f);
		buf_fini(&out);
		group_fini(&a);
		group_fini(&b);
	}
}

/* A file with one group, and its footer. */
static void make_file(struct buf *out, struct group *g, const struct pq_form *form)
{
	struct pq_writer *w;

	group_fill(g, 500, 9);
	buf_init(out, 1 << 26);
	w = pq_writer_new(out, nodes, ARRAY_LEN(nodes), false);
	group_write(w, g, form, 200);
	pq_writer_finish(w, STR(""));
}

static void test_no_page_index(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all_forms); i++) {
		struct arena *a = arena_new();
		struct pq_meta m;
		struct group g;
		struct buf out;
		struct err e;
		struct pq_values v = { 0 };
		struct pq_file *f;
		uint32_t n;
		size_t from;

		make_file(&out, &g, &all_forms[i]);
		memcpy(&n, out.p + out.n - 8, 4);
		assert_int_equal(meta_decode(a, arena_str(a, str_of(out.p + out.n - 8 - n, n)), &m, &e), 0);
		for (uint32_t k = 0; k < m.groups[0].n_chunks; k++)
			m.groups[0].chunks[k].offset_index_bytes = m.groups[0].chunks[k].column_index_bytes = 0;
		out.n -= n + 8;
		from = out.n;
		meta_encode(&out, &m);
		buf_u32le(&out, (uint32_t)(out.n - from));
		buf_add(&out, STR("PAR1"));
		f = pq_open(blob_mem(buf_str(&out)), &e);
		assert_non_null(f);
		for (uint32_t leaf = 0; leaf < LEAVES; leaf++) {
			assert_int_equal(pq_read_rows(f, 0, leaf, 100, 300, &v, &e), 0);
			expect(&g, (int)leaf, 100, 300, &v);
		}
		pq_values_fini(&v);
		pq_close(f);
		buf_fini(&out);
		group_fini(&g);
		arena_free(a);
	}
}

/* What Pyroscope asks of the layout (spec of the block format, 4.9). */
static void test_layout(void **state)
{
	struct group g, h;
	struct buf out;
	struct err e;
	struct pq_writer *w;
	struct pq_file *f;
	uint64_t column = 0, offset = 0;

	(void)state;
	group_fill(&g, 700, 30);
	group_fill(&h, 300, 30);
	buf_init(&out, 1 << 26);
	w = pq_writer_new(&out, nodes, ARRAY_LEN(nodes), true);
	group_write(w, &g, &all_forms[3], 90);
	group_write(w, &h, &all_forms[3], 90);
	pq_writer_finish(w, STR(""));
	assert_memory_equal(out.p, "PAR1", 4);
	f = pq_open(blob_mem(buf_str(&out)), &e);
	assert_non_null(f);
	for (uint32_t i = 0; i < 2 * LEAVES; i++) {
		const struct pq_chunk *c = &pq_meta(f)->groups[i / LEAVES].chunks[i % LEAVES];
		const struct pq_page *pages;
		uint32_t n;

		assert_int_equal(pq_meta(f)->groups[i / LEAVES].ordinal, i / LEAVES);
		assert_int_equal(c->codec, PQ_ZSTD);
		if (i) {
			assert_true(c->column_index_at == column);
			assert_true(c->offset_index_at == offset);
		}
		column = c->column_index_at + c->column_index_bytes;
		offset = c->offset_index_at + c->offset_index_bytes;
		assert_int_equal(pq_pages(f, i / LEAVES, i % LEAVES, &pages, &n, &e), 0);
		assert_true(pages[0].at == c->data_at);
	}
	assert_true(column <= offset);
	pq_close(f);
	buf_fini(&out);
	group_fini(&g);
	group_fini(&h);
}

static void test_smallest_form_wins(void **state)
{
	static const struct pq_form forms[] = {
		{ PQ_PLAIN, false, 0 },
		{ PQ_PLAIN, false, 3 },
		{ PQ_DELTA, false, 0 },
	};
	static const struct pq_node flat[] = { { .name = NAME("T"), .type = PQ_GROUP, .n_children = 2 },
		{ .name = NAME("Up"), .type = PQ_INT64 }, { .name = NAME("Same"), .type = PQ_INT64 } };
	int64_t up[5000], same[5000];
	struct buf out;
	struct err e;
	struct pq_writer *w;
	struct pq_file *f;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		up[i] = i * INT64_C(1000000007) + (int64_t)(rnd() % 5);
		same[i] = (int64_t)(i / 1000 * UINT64_C(0x123456789abcdef1));
	}
	buf_init(&out, 1 << 20);
	w = pq_writer_new(&out, flat, 3, false);
	pq_writer_group(w, 5000);
	pq_writer_column(w,
	    &(struct pq_column){ .i64 = up, .n = 5000, .page_entries = 100, .forms = forms, .n_forms = 3 });
	pq_writer_column(w,
	    &(struct pq_column){ .i64 = same, .n = 5000, .page_entries = 100000, .forms = forms, .n_forms = 3 });
	pq_writer_finish(w, STR(""));
	f = pq_open(blob_mem(buf_str(&out)), &e);
	assert_non_null(f);
	assert_int_equal(pq_meta(f)->groups[0].chunks[0].encodings, 1 << PQ_DELTA);
	assert_int_equal(pq_meta(f)->groups[0].chunks[1].encodings, 1 << PQ_PLAIN);
	assert_int_equal(pq_meta(f)->groups[0].chunks[1].codec, PQ_ZSTD);
	pq_close(f);
	buf_fini(&out);
}

static void test_mixed_pages(void **state)
{
	static const struct pq_form forms[] = { { PQ_PLAIN, false, 1 } };
	static const struct pq_node flat[] = { { .name = NAME("T"), .type = PQ_GROUP, .n_children = 1 },
		{ .name = NAME("V"), .type = PQ_INT64 } };
	static const uint32_t breaks[] = { 10, 5000 };
	static int64_t v[10000];
	struct pq_values got = { 0 };
	const struct pq_page *pages;
	struct buf out;
	struct err e;
	struct pq_writer *w;
	struct pq_file *f;
	uint32_t n;

	(void)state;
	for (int i = 0; i < 10000; i++)
		v[i] = i < 5000 ? (int64_t)(rnd() % 7 * 10000000) : i < 7000 ? v[i - 7000 + 2000] : (int64_t)rnd();
	buf_init(&out, 1 << 20);
	w = pq_writer_new(&out, flat, 2, false);
	pq_writer_group(w, 10000);
	pq_writer_column(w,
	    &(struct pq_column){ .i64 = v,
		.n = 10000,
		.page_entries = 3000,
		.forms = forms,
		.n_forms = 1,
		.mixed = true,
		.breaks = breaks,
		.n_breaks = 2 });
	pq_writer_finish(w, STR(""));
	f = pq_open(blob_mem(buf_str(&out)), &e);
	assert_non_null(f);
	assert_true(pq_meta(f)->groups[0].chunks[0].encodings & 1 << PQ_DICTIONARY);
	assert_true(pq_meta(f)->groups[0].chunks[0].dictionary_at > 0);
	assert_int_equal(pq_pages(f, 0, 0, &pages, &n, &e), 0);
	assert_int_equal(n, 4);
	assert_int_equal(pages[1].first_row, 3000);
	assert_int_equal(pages[2].first_row, 5000); /* a page ends at the break that is worth it */
	assert_int_equal(pq_read_rows(f, 0, 0, 0, 10000, &got, &e), 0);
	assert_memory_equal(got.ints.p, v, sizeof(v));
	pq_values_fini(&got);
	pq_close(f);
	buf_fini(&out);
}

static void test_dict(void **state)
{
	static const int64_t v[] = { 5, 9, 9, 5, 9, 7 };
	struct dict d;
	struct dict_order all, part;
	uint32_t numbers[6], again[6];

	(void)state;
	dict_init(&d, 8, 3);
	assert_true(dict_add(&d, v, 3, numbers));
	assert_true(dict_add(&d, v + 3, 3, numbers + 3));
	assert_memory_equal(numbers, ((uint32_t[]){ 0, 1, 1, 0, 1, 2 }), 24);
	dict_find(&d, v, 6, again);
	assert_memory_equal(again, numbers, 24);
	dict_order_make(&all, d.count.p, d.n);
	assert_int_equal(all.n, 3);
	assert_memory_equal(all.order, ((uint32_t[]){ 1, 0, 2 }), 12); /* 9 is the most frequent */
	assert_memory_equal(all.number, ((uint32_t[]){ 1, 0, 2 }), 12);
	assert_memory_equal(dict_value(&d, all.order[0]), &v[1], 8);
	dict_order_make(&part, (uint32_t[]){ 1, 0, 2 }, 3);
	assert_int_equal(part.n, 2);
	assert_memory_equal(part.order, ((uint32_t[]){ 2, 0 }), 8);
	assert_int_equal(part.number[0], 1);
	dict_order_fini(&part);
	dict_order_fini(&all);
	dict_fini(&d);
	dict_init(&d, 8, 2);
	assert_false(dict_add(&d, v, 6, numbers));
	assert_int_equal(d.n, 0);
	dict_fini(&d);
}

/* All that the table must grow for is still found. */
static void test_large_dict(void **state)
{
	enum { N = 5000, WIDTH = 16 };
	static uint8_t v[N * WIDTH];
	static uint32_t numbers[N], again[N];
	struct dict d;

	(void)state;
	for (uint32_t i = 0; i < N; i++)
		memcpy(v + i * WIDTH + (i % 3) * 4, &(uint32_t){ i + 1 }, 4);
	dict_init(&d, WIDTH, N);
	assert_true(dict_add(&d, v, N, numbers));
	dict_find(&d, v, N, again);
	for (uint32_t i = 0; i < N; i++) {
		assert_int_equal(numbers[i], i);
		assert_int_equal(again[i], i);
		assert_memory_equal(dict_value(&d, i), v + i * WIDTH, WIDTH);
	}
	dict_fini(&d);
}

/* ---- broken files ---- */

static void read_all(struct str bytes)
{
	struct err e;
	struct pq_file *f = pq_open(blob_mem(bytes), &e);
	struct pq_values v = { 0 };

	for (uint32_t g = 0; f && g < pq_meta(f)->n_groups; g++)
		for (uint32_t i = 0; i < pq_leaves(f); i++)
			pq_read_rows(f, g, i, 0, pq_group_rows(f, g), &v, &e);
	pq_values_fini(&v);
	pq_close(f);
}

static void test_broken_files(void **state)
{
	struct group g;
	struct buf out;
	struct err e;

	(void)state;
	make_file(&out, &g, &all_forms[3]);
	for (size_t cut = 0; cut < out.n; cut += 1 + cut % 97) {
		char *in = mem_alloc(cut + 1);

		memcpy(in, out.p, cut);
		assert_null(pq_open(blob_mem(str_of(in, cut)), &e));
		mem_free(in);
	}
	for (int i = 0; i < 3000; i++) {
		size_t at = i % 2 ? out.n - 1 - rnd() % 1500 : rnd() % out.n;
		char was = out.p[at];

		out.p[at] = (char)rnd();
		read_all(buf_str(&out));
		out.p[at] = was;
	}
	buf_fini(&out);
	group_fini(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dict),
		cmocka_unit_test(test_large_dict),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_no_page_index),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_smallest_form_wins),
		cmocka_unit_test(test_mixed_pages),
		cmocka_unit_test(test_broken_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
