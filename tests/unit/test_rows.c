/* test_rows.c - packed samples: round trips of every width, order, damage */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "formats/head/rows.h"

static struct samples in, out;
static struct buf b;
static uint64_t seed = 1;

static int set_up(void **state)
{
	(void)state;
	buf_init(&b, 1 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	buf_fini(&b);
	samples_fini(&in);
	samples_fini(&out);
	in = out = (struct samples){ 0 };
	return 0;
}

static uint64_t next(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return seed >> 20;
}

static void fill(struct samples *s, size_t n, uint32_t step, int64_t unit, uint64_t range, bool spans)
{
	uint32_t stack = 0;

	s->stacks.n = s->values.n = s->spans.n = 0;
	for (size_t i = 0; i < n; i++) {
		stack += 1 + (uint32_t)(next() % step);
		vec_push(&s->stacks, stack);
		vec_push(&s->values, unit * (int64_t)(1 + next() % range));
		if (spans)
			vec_push(&s->spans, next());
	}
}

/* in, packed, and out of it again. */
static void expect_round_trip(void)
{
	struct err e;
	size_t used;

	buf_reset(&b);
	rows_encode(&b, &in);
	buf_add(&b, STR("behind"));
	assert_int_equal(rows_decode(buf_str(&b), &out, &used, &e), 0);
	b.n -= 6;
	assert_int_equal(used, b.n);
	assert_int_equal(in.stacks.n, out.stacks.n);
	assert_int_equal(in.spans.n, out.spans.n);
	for (size_t i = 0; i < in.stacks.n; i++) {
		assert_int_equal(in.stacks.p[i], out.stacks.p[i]);
		assert_true(in.values.p[i] == out.values.p[i]);
		if (in.spans.n)
			assert_true(in.spans.p[i] == out.spans.p[i]);
	}
}

static const struct shape {
	size_t n;
	uint32_t step;
	int64_t unit;
	uint64_t range;
	bool spans;
} shapes[] = {
	{ 0, 1, 1, 1, false },
	{ 1, 1, 1, 1, false },
	{ 410, 100, 10000000, 200, false },
	{ 410, 300, 1, 60000, true },
	{ 77, 70000, 3, 70000, false },
	{ 500, 90000, 1, UINT64_C(1) << 40, false },
	{ 33, 5, 512, 90000, true },
};

static void round_trips(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		fill(&in, shapes[i].n, shapes[i].step, shapes[i].unit, shapes[i].range, shapes[i].spans);
		expect_round_trip();
	}
}

static void is_small(void **state)
{
	(void)state;
	fill(&in, 400, 100, 10000000, 100, false);
	rows_encode(&b, &in);
	assert_true(b.n <= 400 * 2 + 16);
}

/* Bytes by hand: some numbers are large, all are, one value is negative. */
static void layouts(void **state)
{
	const struct {
		uint32_t stacks[12];
		int64_t values[12];
		size_t n;
		struct str bytes;
	} cases[] = {
		{ { 1, 2, 3, 4, 5, 6, 7, 8, 9, 309, 310, 311 }, { 20, 40, 10, 10, 10, 10, 10, 10, 10, 10, 10, 3000 },
		    12, STR("\x0a\x0c\x0a\1\1\1\1\1\1\1\1\1\xac\x02\1\1\2\4\1\1\1\1\1\1\1\1\1\xac\x02") },
		{ { 300, 600, 900, 1200 }, { 301, 302, 303, 307 }, 4,
		    STR("\x05\4\1\x2c\1\x2c\1\x2c\1\x2c\1\x2d\1\x2e\1\x2f\1\x33\1") },
		{ { 5, 7 }, { -6, 200 }, 2, STR("\x08\2\x0a\5\2\x99\xb3\xe6\xcc\x99\xb3\xe6\xcc\x19\x14") },
	};
	struct err e;
	size_t used;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		in.stacks.n = in.values.n = in.spans.n = 0;
		for (size_t k = 0; k < cases[i].n; k++) {
			vec_push(&in.stacks, cases[i].stacks[k]);
			vec_push(&in.values, cases[i].values[k]);
		}
		expect_round_trip();
		assert_int_equal(b.n, cases[i].bytes.n);
		assert_memory_equal(b.p, cases[i].bytes.p, b.n);
	}
	/* As journals of version 1 have it: two bytes each, where uvarints are shorter now. */
	assert_int_equal(rows_decode(STR("\x05\2\1\1\0\x2c\1\7\0\x2c\1"), &out, &used, &e), 0);
	assert_int_equal(out.stacks.n, 2);
	assert_int_equal(out.stacks.p[1], 301);
	assert_int_equal(out.values.p[0], 7);
	assert_int_equal(out.values.p[1], 300);
}

static void cut_anywhere(void **state)
{
	struct err e;
	size_t used;

	(void)state;
	fill(&in, 50, 300, 7, 300, true);
	rows_encode(&b, &in);
	for (size_t n = 0; n < b.n; n++) {
		char *copy = mem_alloc(n);

		memcpy(copy, b.p, n);
		assert_int_equal(rows_decode(str_of(copy, n), &out, &used, &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
		mem_free(copy);
	}
	assert_int_equal(rows_decode(STR("\x00\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x01"), &out, &used, &e), -1);
	assert_int_equal(rows_decode(STR("\xff\x01\x01\x01\x01"), &out, &used, &e), -1);
}

/* Widths that no writer uses would be read as wider ones than were counted. */
static void unknown_widths(void **state)
{
	(void)state;
	for (unsigned flags = 0; flags < 256; flags++) {
		unsigned sw = (flags & 3) + 1, vw = (flags >> 2 & 7) + 1;
		bool known = (vw == 1 || vw == 2 || vw == 3 || vw == 4 || vw == 8) && flags < 64;
		size_t n = 3 + 2 * ((sw == 3 ? 1 : sw) + (vw == 3 ? 1 : vw) + (flags & 32 ? 8 : 0)),
		       used;             /* 3: uvarints */
		char *p = mem_zalloc(n); /* two samples, and not a byte more */
		struct err e;
		int rc;

		p[0] = (char)flags;
		p[1] = 2;
		p[2] = 1;
		rc = rows_decode(str_of(p, n), &out, &used, &e);
		assert_int_equal(rc, known ? 0 : -1);
		if (known)
			assert_int_equal(used, n);
		mem_free(p);
	}
}

static void sorts(void **state)
{
	static const uint32_t stacks[] = { 9, 3, 9, 1, 3, 2 };
	static const int64_t values[] = { 1, 2, 3, 4, -2, 0 };
	static const uint64_t spans[] = { 0, 7, 0, 7, 7, 1 };
	struct samples s = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(stacks); i++) {
		vec_push(&s.stacks, stacks[i]);
		vec_push(&s.values, values[i]);
		vec_push(&s.spans, spans[i]);
	}
	samples_sort(&s);
	assert_int_equal(s.stacks.n, 2);
	assert_int_equal(s.stacks.p[0], 1);
	assert_int_equal(s.stacks.p[1], 9);
	assert_int_equal(s.values.p[1], 4);
	assert_int_equal(s.spans.p[0], 7);
	s.stacks.n = s.values.n = s.spans.n = 0;
	for (uint32_t i = 0; i < 1000; i++) {
		vec_push(&s.stacks, (i * 7919) % 500);
		vec_push(&s.values, 1);
	}
	samples_sort(&s);
	assert_int_equal(s.stacks.n, 500);
	for (uint32_t i = 0; i < 500; i++) {
		assert_int_equal(s.stacks.p[i], i);
		assert_int_equal(s.values.p[i], 2);
	}
	samples_fini(&s);
}

/* Numbers of one byte are read eight at a time: a larger one anywhere among them, and every end that comes too early. */
static void larger_among_small(void **state)
{
	enum { N = 40 };
	struct err e;
	size_t used;

	(void)state;
	for (size_t large = 0; large < N; large++) {
		fill(&in, N, 20, 1, 50, false);
		for (size_t i = large; i < N; i++)
			in.stacks.p[i] += 5000;
		in.values.p[large] = 5000;
		expect_round_trip();
		assert_int_equal(b.p[0], 2 | 2 << 2); /* both are uvarints */
		for (size_t n = 0; n < b.n; n++)
			assert_int_equal(rows_decode(str_of(b.p, n), &out, &used, &e), -1);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(round_trips, set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_small, set_up, tear_down),
		cmocka_unit_test_setup_teardown(layouts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cut_anywhere, set_up, tear_down),
		cmocka_unit_test_setup_teardown(larger_among_small, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unknown_widths, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sorts, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
