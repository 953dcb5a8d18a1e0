/* test_parquet_pages.c - columns whose values are made page by page: the bytes of those that are in memory, in every form */
#include "base/vec.h"
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

/* A list of numbers per row, and beside them numbers that rows have or do not have. */
static const struct pq_node nodes[] = {
	{ .name = NAME("Test"), .type = PQ_GROUP, .n_children = 1 },
	{ .name = NAME("Things"), .type = PQ_GROUP, .n_children = 1, .logical = PQ_LIST },
	{ .name = NAME("list"), .type = PQ_GROUP, .repetition = PQ_REPEATED, .n_children = 1 },
	{ .name = NAME("element"), .type = PQ_GROUP, .n_children = 3 },
	{ .name = NAME("Stack"), .type = PQ_INT64, .logical = PQ_U64 },
	{ .name = NAME("Value"), .type = PQ_INT64, .logical = PQ_I64 },
	{ .name = NAME("Span"), .type = PQ_INT64, .repetition = PQ_OPTIONAL, .logical = PQ_U64 },
};

enum { PAGE = 1000 };

static const struct pq_form plain[] = { { PQ_PLAIN, false, 1 }, { PQ_PLAIN, false, 3 } };
static const struct pq_form delta[] = { { PQ_DELTA, false, 3 } };
static const struct pq_form dictionary[] = { { PQ_DICTIONARY, true, 3 }, { PQ_DICTIONARY, false, 0 } };
static const struct pq_form every[] = {
	{ PQ_DELTA, false, 3 },
	{ PQ_PLAIN, false, 3 },
	{ PQ_DICTIONARY, true, 6 },
	{ PQ_DICTIONARY, false, 3 },
};

static uint64_t seed;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

struct columns {
	uint32_t rows;
	VEC(uint32_t) at, stacks;
	VEC(int64_t) values, spans;
	VEC(uint8_t) row_def, def;
	uint32_t asked; /* how often values were made */
};

static void columns_fini(struct columns *c)
{
	vec_free(&c->at);
	vec_free(&c->stacks);
	vec_free(&c->values);
	vec_free(&c->spans);
	vec_free(&c->row_def);
	vec_free(&c->def);
}

/* few: distinct values of a column; of the second half of rows, if that is large. */
static void columns_fill(struct columns *c, uint32_t rows, uint64_t few, uint64_t many)
{
	*c = (struct columns){ .rows = rows };
	vec_push(&c->at, 0);
	for (uint32_t r = 0; r < rows; r++) {
		uint64_t distinct = r < rows / 2 ? few : many;

		vec_push(&c->row_def, (uint8_t)(1 + rnd() % 2));
		for (uint64_t n = 1 + rnd() % 20; n; n--) {
			vec_push(&c->stacks, (uint32_t)(rnd() % distinct));
			vec_push(&c->values, (int64_t)(rnd() % distinct * 10000000) - 3);
			vec_push(&c->def, c->row_def.p[r]);
			if (c->row_def.p[r] == 2)
				vec_push(&c->spans, (int64_t)(rnd() % 50));
		}
		vec_push(&c->at, (uint32_t)c->stacks.n);
	}
}

static void make_stacks(void *ctx, uint32_t row, uint32_t rows, void *out)
{
	struct columns *c = ctx;
	uint32_t from = c->at.p[row], n = c->at.p[row + rows] - from;

	c->asked++;
	memcpy(out, c->stacks.p + from, n * sizeof(*c->stacks.p));
}

static void make_values(void *ctx, uint32_t row, uint32_t rows, void *out)
{
	struct columns *c = ctx;
	uint32_t from = c->at.p[row], n = c->at.p[row + rows] - from;

	c->asked++;
	memcpy(out, c->values.p + from, n * sizeof(*c->values.p));
}

static void make_spans(void *ctx, uint32_t row, uint32_t rows, void *out)
{
	struct columns *c = ctx;
	size_t before = 0, n = 0;

	for (uint32_t r = 0; r < row + rows; r++) {
		uint32_t k = c->row_def.p[r] == 2 ? c->at.p[r + 1] - c->at.p[r] : 0;

		before += r < row ? k : 0;
		n += r < row ? 0 : k;
	}
	if (n > 0)
		memcpy(out, c->spans.p + before, n * sizeof(*c->spans.p));
}

/* What was taken of a file while it was written, and the rest. */
struct taken {
	struct buf out, all;
	uint32_t times;
};

static void take(void *ctx)
{
	struct taken *t = ctx;

	t->times++;
	buf_add(&t->all, buf_str(&t->out));
	buf_reset(&t->out);
}

struct how {
	const struct pq_form *forms;
	uint32_t n_forms;
	bool mixed;
	bool made; /* page by page; else from arrays */
	bool takes;
};

static void put_columns(struct pq_writer *w, struct columns *c, const struct how *h)
{
	struct pq_column common = { .row_at = c->at.p,
		.page_entries = PAGE,
		.forms = h->forms,
		.n_forms = h->n_forms,
		.ctx = c };
	struct pq_column stacks = common, values = common, spans = common;

	stacks.n = c->stacks.n;
	values.n = c->values.n;
	spans.n = c->spans.n;
	stacks.level = values.level = 1;
	values.mixed = h->mixed;
	if (h->made) {
		stacks.make = make_stacks;
		stacks.narrow = true;
		values.make = make_values;
		spans.make = make_spans;
		spans.row_def = c->row_def.p;
	} else {
		stacks.u32 = c->stacks.p;
		values.i64 = c->values.p;
		spans.i64 = c->spans.p;
		spans.def = c->def.p;
	}
	pq_writer_group(w, c->rows);
	pq_writer_column(w, &stacks);
	pq_writer_column(w, &values);
	pq_writer_column(w, &spans);
}

/* A file of two equal groups. */
static void write_file(struct columns *c, const struct how *h, struct taken *t)
{
	struct pq_writer *w;

	*t = (struct taken){ 0 };
	buf_init(&t->out, 1 << 24);
	buf_init(&t->all, 1 << 24);
	w = pq_writer_new(&t->out, nodes, ARRAY_LEN(nodes), true);
	if (h->takes)
		pq_writer_take(w, take, t);
	put_columns(w, c, h);
	put_columns(w, c, h);
	pq_writer_finish(w, STR("test"));
	buf_add(&t->all, buf_str(&t->out));
}

static void taken_fini(struct taken *t)
{
	buf_fini(&t->out);
	buf_fini(&t->all);
}

/* What the footer says of a chunk is what its pages say. */
static void check_sizes(const struct pq_chunk *c, struct str file)
{
	uint64_t at = c->dictionary_at > 0 ? c->dictionary_at : c->data_at, raw = 0;
	struct str left = str_of(file.p + at, c->bytes);
	struct pq_page_header h;
	struct err e;
	size_t used;

	while (left.n > 0) {
		assert_int_equal(page_header_decode(left, &h, &used, &e), 0);
		raw += used + h.raw_bytes;
		left = str_skip(left, used + h.bytes);
	}
	assert_int_equal(raw, c->raw_bytes);
}

/* The values are those that were written. */
static void check_file(const struct columns *c, struct str bytes)
{
	struct err e;
	struct pq_file *f = pq_open(blob_mem(bytes), &e);
	struct pq_values v = { 0 };

	assert_non_null(f);
	for (uint32_t g = 0; g < 2; g++) {
		for (uint32_t i = 0; i < 3; i++)
			check_sizes(&pq_meta(f)->groups[g].chunks[i], bytes);
		assert_int_equal(pq_read_rows(f, g, 0, 0, c->rows, &v, &e), 0);
		assert_int_equal(v.entries, c->stacks.n);
		for (uint32_t i = 0; i < v.entries; i++)
			assert_int_equal(v.narrow.n > 0 ? v.narrow.p[i] : (uint64_t)v.ints.p[i], c->stacks.p[i]);
		assert_int_equal(pq_read_rows(f, g, 1, 0, c->rows, &v, &e), 0);
		assert_memory_equal(v.ints.p, c->values.p, c->values.n * sizeof(*c->values.p));
		assert_int_equal(pq_read_rows(f, g, 2, 0, c->rows, &v, &e), 0);
		assert_int_equal(v.n, c->spans.n);
		assert_memory_equal(v.ints.p, c->spans.p, c->spans.n * sizeof(*c->spans.p));
		assert_memory_equal(v.def.p, c->def.p, c->def.n);
	}
	pq_values_fini(&v);
	pq_close(f);
}

/* Few pages and many, few distinct values and many. */
static void same_bytes(void **state)
{
	static const struct {
		uint32_t rows;
		uint64_t few, many;
	} sets[] = { { 60, 9, 9 }, { 350, 5, 100000 }, { 3000, 40, 40 }, { 3000, 7, UINT32_MAX }, { 3000, 3000, 3000 },
		{ 9000, UINT32_MAX, UINT32_MAX } };
	static const struct how hows[] = { { plain, 2, true, false, false }, { plain, 1, true, false, false },
		{ delta, 1, false, false, false }, { dictionary, 2, false, false, false },
		{ every, 4, false, false, false }, { every, 4, true, false, false } };

	(void)state;
	seed = 5;
	for (size_t s = 0; s < ARRAY_LEN(sets); s++) {
		struct columns c;

		columns_fill(&c, sets[s].rows, sets[s].few, sets[s].many);
		for (size_t k = 0; k < ARRAY_LEN(hows); k++) {
			struct how how = hows[k];
			struct taken arrays, made, taken;

			/* no dictionary pays, and there must be some form */
			if (how.forms == dictionary && sets[s].many > 100000)
				continue;
			write_file(&c, &how, &arrays);
			how.made = true;
			write_file(&c, &how, &made);
			how.takes = true;
			write_file(&c, &how, &taken);
			assert_true(c.asked > 0);
			assert_true(str_eq(buf_str(&arrays.all), buf_str(&made.all)));
			assert_true(str_eq(buf_str(&arrays.all), buf_str(&taken.all)));
			check_file(&c, buf_str(&taken.all));
			taken_fini(&arrays);
			taken_fini(&made);
			taken_fini(&taken);
		}
		columns_fini(&c);
	}
}

/* Pages of a large column go as they are ready: what is in memory is not the column. */
static void large_columns_go(void **state)
{
	static const struct how how = { plain, 2, false, true, true };
	struct columns c;
	struct taken t;

	(void)state;
	seed = 6;
	columns_fill(&c, 30000, UINT32_MAX, UINT32_MAX);
	write_file(&c, &how, &t);
	assert_true(t.times > 10);
	assert_true(t.out.cap < t.all.n / 8);
	check_file(&c, buf_str(&t.all));
	taken_fini(&t);
	columns_fini(&c);
}

static int encodings(struct str bytes, uint32_t leaf)
{
	struct err e;
	struct pq_file *f = pq_open(blob_mem(bytes), &e);
	int out;

	assert_non_null(f);
	out = (int)pq_meta(f)->groups[0].chunks[leaf].encodings;
	pq_close(f);
	return out;
}

/* Which form wins of many pages: as many distinct values as there are values, few, and few in half of the pages. */
static void forms_of_many_pages(void **state)
{
	static const struct how any = { every, 4, false, true, true }, mixed = { plain, 2, true, true, true };
	struct columns c;
	struct taken t;

	(void)state;
	seed = 7;
	columns_fill(&c, 6000, 30, 30);
	write_file(&c, &any, &t);
	assert_true(encodings(buf_str(&t.all), 1) & 1 << PQ_DICTIONARY);
	taken_fini(&t);
	columns_fini(&c);

	columns_fill(&c, 6000, UINT32_MAX, UINT32_MAX);
	write_file(&c, &any, &t);
	assert_false(encodings(buf_str(&t.all), 1) & 1 << PQ_DICTIONARY);
	taken_fini(&t);
	columns_fini(&c);

	columns_fill(&c, 6000, 30, UINT32_MAX);
	write_file(&c, &mixed, &t);
	assert_int_equal(encodings(buf_str(&t.all), 1) & (1 << PQ_DICTIONARY | 1 << PQ_PLAIN),
	    1 << PQ_DICTIONARY | 1 << PQ_PLAIN);
	check_file(&c, buf_str(&t.all));
	taken_fini(&t);
	columns_fini(&c);
}

/* Small numbers of four bytes are looked up by themselves, others by hash: one dictionary has both. */
static void small_and_large_numbers(void **state)
{
	enum { N = 20000 };
	static uint32_t v[N], numbers[N], again[N];
	struct dict d;

	(void)state;
	seed = 8;
	for (uint32_t i = 0; i < N; i++)
		v[i] = i % 5 == 4 ? v[i - 1] : i % 2 ? (uint32_t)(rnd() % 3000) : UINT32_MAX - (uint32_t)(rnd() % 3000);
	dict_init(&d, 4, 6000);
	assert_true(dict_add(&d, v, N / 2, numbers));
	assert_true(dict_add(&d, v + N / 2, N / 2, numbers + N / 2));
	dict_find(&d, v, N, again);
	assert_memory_equal(numbers, again, sizeof(numbers));
	for (uint32_t i = 0; i < N; i++)
		assert_memory_equal(dict_value(&d, numbers[i]), &v[i], 4);
	for (uint32_t k = 0; k < d.n; k++) {
		uint32_t count = 0;

		for (uint32_t i = 0; i < N; i++)
			count += numbers[i] == k;
		assert_int_equal(count, d.count.p[k]);
	}
	dict_fini(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_bytes),
		cmocka_unit_test(large_columns_go),
		cmocka_unit_test(forms_of_many_pages),
		cmocka_unit_test(small_and_large_numbers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("parquet pages", tests, NULL, NULL);
}
