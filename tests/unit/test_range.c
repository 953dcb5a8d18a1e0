/* test_range.c - what a question may ask for: ranges, lookback, length, nodes; times that no clock shows */
#include "base/num.h"
#include "tools/pyro-query/api.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

enum { HOUR_MS = 3600 * 1000 };

static const int64_t now_ms = INT64_C(1768471200000);

static const struct limits strict = {
	.max_query_lookback = 7 * 24 * 3600 * NS_PER_S,
	.max_query_length = 24 * 3600 * NS_PER_S,
	.max_flamegraph_nodes_default = 8192,
	.max_flamegraph_nodes_max = 1048576,
};
static const struct limits open_back = { .max_query_length = 24 * 3600 * NS_PER_S };
static const struct limits none;

static void ranges(void **state)
{
	static const struct {
		const struct limits *limits;
		int64_t start, end, want_start;
		bool empty;
		const char *error;
	} cases[] = {
		{ &strict, now_ms - HOUR_MS, now_ms, now_ms - HOUR_MS, false, NULL },
		{ &strict, 0, now_ms, 0, false, "missing time range in the query" },
		{ &strict, now_ms, 0, 0, false, "missing time range in the query" },
		{ &strict, now_ms, now_ms - 1, 0, false, "query start time is after end time" },
		{ &strict, now_ms, now_ms, now_ms, false, NULL },
		{ &strict, 1, now_ms - 169 * HOUR_MS, 1, true, NULL },
		{ &strict, 1, now_ms - 167 * HOUR_MS, now_ms - 168 * HOUR_MS, false, NULL },
		{ &strict, now_ms - 24 * HOUR_MS, now_ms, now_ms - 24 * HOUR_MS, false, NULL },
		{ &strict, now_ms - 24 * HOUR_MS - 1, now_ms, 0, false, "actual: 24h0m0.001s, limit: 1d" },
		{ &strict, now_ms, INT64_MAX, 0, false, "max_query_length" },
		{ &open_back, INT64_MIN + 1, INT64_MAX, 0, false, "max_query_length" },
		{ &open_back, INT64_MIN + 1, INT64_MIN + 2, INT64_MIN / NS_PER_MS, false, NULL },
		{ &none, INT64_MIN + 1, INT64_MAX, INT64_MIN / NS_PER_MS, false, NULL },
		{ &none, 1, INT64_MAX, 1, false, NULL },
	};
	struct api x = { .a = arena_new(), .now = now_ms * NS_PER_MS };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t start = cases[i].start;
		struct err e;
		bool empty;
		int rc;

		x.limits = cases[i].limits;
		rc = range_check(&x, &start, cases[i].end, &empty, &e);
		assert_int_equal(rc, cases[i].error ? -1 : 0);
		if (cases[i].error) {
			assert_int_equal(e.kind, ERR_INVALID);
			assert_non_null(strstr(e.msg, cases[i].error));
			continue;
		}
		assert_int_equal(empty, cases[i].empty);
		assert_int_equal(start, cases[i].want_start);
	}
	arena_free(x.a);
}

/* A kept answer is given until its beginning, or the earliest of several, leaves the look-back. */
static void how_long_an_answer_is_good(void **state)
{
	struct api x = { .a = arena_new(), .now = now_ms * NS_PER_MS, .limits = &strict };
	int64_t start = now_ms - HOUR_MS, later;
	struct err e;
	bool empty;

	(void)state;
	assert_int_equal(range_check(&x, &start, now_ms, &empty, &e), 0);
	assert_int_equal(x.good_until, INT64_C(1769072400001000000)); /* 167 h on, and the ms that has begun */
	start = later = now_ms - 2 * (int64_t)HOUR_MS;
	assert_int_equal(range_check(&x, &start, now_ms, &empty, &e), 0);
	assert_int_equal(x.good_until, INT64_C(1769068800001000000));
	start = now_ms;
	assert_int_equal(range_check(&x, &start, now_ms, &empty, &e), 0);
	assert_int_equal(x.good_until, INT64_C(1769068800001000000));
	/* what the clock says in the last nanosecond of it, and in the next one */
	x.now = x.good_until - 1;
	start = later;
	assert_int_equal(range_check(&x, &start, now_ms, &empty, &e), 0);
	assert_int_equal(start, later);
	assert_false(x.passing);
	x.now++;
	assert_int_equal(range_check(&x, &start, now_ms, &empty, &e), 0);
	assert_int_equal(start, later + 1);
	assert_true(x.passing);
	x = (struct api){ .a = x.a, .now = now_ms * NS_PER_MS, .limits = &open_back };
	assert_int_equal(range_check(&x, &start, now_ms, &empty, &e), 0);
	assert_int_equal(x.good_until, 0);
	arena_free(x.a);
}

/* A label question without both ends is about everything, and one moment is a range. */
static void label_ranges(void **state)
{
	struct api x = { .a = arena_new(), .now = now_ms * NS_PER_MS, .limits = &strict };
	int64_t start = 0;
	struct err e;
	bool empty;

	(void)state;
	assert_int_equal(range_check_labels(&x, &start, now_ms, &empty, &e), 0);
	assert_false(empty);
	start = now_ms;
	assert_int_equal(range_check_labels(&x, &start, now_ms, &empty, &e), 0);
	assert_false(empty);
	assert_int_equal(range_check_labels(&x, &start, now_ms - 1, &empty, &e), -1);
	arena_free(x.a);
}

static void nodes(void **state)
{
	static const struct {
		int64_t asked, want;
	} cases[] = {
		{ 0, 8192 },
		{ 1, 1 },
		{ 1048576, 1048576 },
		{ 1048577, -1 },
		{ -1, -1 },
		{ INT64_MIN, -1 },
	};
	struct api x = { .limits = &strict };
	int64_t got;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(max_nodes_check(&x, cases[i].asked, &got, &e), cases[i].want < 0 ? -1 : 0);
		if (cases[i].want >= 0)
			assert_int_equal(got, cases[i].want);
	}
	x.limits = &none;
	assert_int_equal(max_nodes_check(&x, INT64_MAX, &got, &e), 0);
	assert_int_equal(got, INT64_MAX);
}

static void asks(void **state)
{
	static const struct {
		int64_t start, end, from, to;
	} cases[] = {
		{ 1, 2, 1000000, 2999999 },
		{ -2, -1, -2000000, -1 },
		{ INT64_MIN, INT64_MAX, INT64_MIN, INT64_MAX },
		{ INT64_MAX / NS_PER_MS, INT64_MAX / NS_PER_MS, INT64_MAX, INT64_MAX },
	};
	struct api x = { .a = arena_new(), .tenant = STR("t") };
	struct pyro_ask ask;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ask_merge(&x, &ask, ASK_TREE, STR("p"), STR("{}"), cases[i].start, cases[i].end);
		assert_int_equal(ask.from, cases[i].from);
		assert_int_equal(ask.to, cases[i].to);
		assert_int_equal(ask.selectors.n, 1);
		assert_true(str_eq(ask.tenant, STR("t")));
	}
	arena_free(x.a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges),
		cmocka_unit_test(how_long_an_answer_is_good),
		cmocka_unit_test(label_ranges),
		cmocka_unit_test(nodes),
		cmocka_unit_test(asks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
