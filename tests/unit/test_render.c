/* formats/query/render.h: the JSON of the render pages, and timelines. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "formats/query/render.h"

static void test_step(void **state)
{
	static const struct {
		int64_t range_s, step;
	} cases[] = {
		{ -5, 15 },
		{ 0, 15 },
		{ 3600, 15 },
		{ 22500, 15 },
		{ 26250, 15 },
		{ 26252, 20 },
		{ 37500, 20 },
		{ 37502, 30 },
		{ 86400, 60 },
		{ 135000, 60 },
		{ 135002, 120 },
		{ 7 * 86400, 300 },
		{ 30 * 86400, 1800 },
		{ 365 * 86400, 21600 },
		{ INT64_C(3600) * 24 * 1500, 43200 },
		{ INT64_C(86400) * 7 * 1500, 86400 },
		{ INT64_C(86400) * 21 * 1500, 7 * 86400 },
		{ INT64_C(3628800) * 1500 - 2, 30 * 86400 },
		{ INT64_C(3628800) * 1500, 365 * 86400 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(timeline_step(1000, 1000 + cases[i].range_s * 1000), cases[i].step);
	assert_int_equal(timeline_step(INT64_MIN, INT64_MAX), 365 * 86400);
	assert_int_equal(timeline_step(INT64_MAX, INT64_MIN), 15);
}

static void check(const struct timeline *t, int64_t start, const uint64_t *want, size_t n)
{
	assert_int_equal(t->start, start);
	assert_int_equal(t->n, n);
	if (n > 0)
		assert_memory_equal(t->samples, want, n * sizeof(*want));
}

static void test_timeline(void **state)
{
	static const struct timeline_point points[] = {
		{ 1768471799000, 7 }, /* before the snapped start */
		{ 1768471800000, 140.9 }, { 1768471815000, 220 }, { 1768471860999, -3 }, { 1768471875000, 5 },
		{ 1768471905000, 9 }, /* the snapped end */
	};
	struct arena *a = arena_new();
	struct timeline t = timeline_make(a, 1768471807123, 1768471912000, 15, points, ARRAY_LEN(points));

	(void)state;
	check(&t, 1768471800, (const uint64_t[]){ 140, 220, 0, 0, 0, 5, 0 }, 7);
	t = timeline_make(a, 1768471807123, 1768471807123, 15, points, ARRAY_LEN(points));
	check(&t, 1768471800, NULL, 0);
	t = timeline_make(a, -20000, 20000, 15, NULL, 0);
	check(&t, -30, (const uint64_t[]){ 0, 0, 0 }, 3);
	t = timeline_make(a, 0, INT64_MAX, 1, NULL, 0);
	assert_int_equal(t.n, TIMELINE_MAX);
	t = timeline_make(a, 0, 30000, 15, &(struct timeline_point){ 0, 1e300 }, 1);
	check(&t, 0, (const uint64_t[]){ UINT64_MAX, 0 }, 2);
	arena_free(a);
}

static void test_units(void **state)
{
	static const struct {
		const char *name, *unit, *want;
		uint32_t rate;
	} cases[] = {
		{ "inuse_objects", "count", "objects", 100 },
		{ "alloc_objects", "count", "objects", 100 },
		{ "goroutine", "count", "objects", 100 },
		{ "samples", "count", "objects", 100 },
		{ "cpu", "nanoseconds", "samples", 1000000000 },
		{ "inuse_space", "bytes", "bytes", 100 },
		{ "delay", "nanoseconds", "nanoseconds", 100 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint32_t rate;
		struct str units = render_units(str_cstr(cases[i].name), str_cstr(cases[i].unit), &rate);

		assert_true(str_eq(units, str_cstr(cases[i].want)));
		assert_int_equal(rate, cases[i].rate);
	}
}

static void expect(const struct render *r, const char *want)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	render_json(&b, r);
	buf_byte(&b, 0);
	assert_string_equal(b.p, want);
	buf_fini(&b);
}

static void test_single(void **state)
{
	struct arena *a = arena_new();
	struct tree *t = tree_new();
	static const struct timeline_point point = { 15000, 10 };
	struct timeline line = timeline_make(a, 0, 45000, 15, &point, 1);
	struct render r = { .name = STR("cpu"), .unit = STR("nanoseconds"), .timeline = &line };

	(void)state;
	tree_add(t, &STR("main"), 1, 10);
	r.graph = tree_flamegraph(a, t, 0);
	expect(&r,
	    "{\"version\":1,\"flamebearer\":{\"names\":[\"total\",\"main\"],"
	    "\"levels\":[[0,10,0,0],[0,10,10,1]],\"numTicks\":10,\"maxSelf\":10},"
	    "\"metadata\":{\"format\":\"single\",\"spyName\":\"\",\"sampleRate\":1000000000,"
	    "\"units\":\"samples\",\"name\":\"cpu\"},"
	    "\"timeline\":{\"startTime\":0,\"samples\":[0,10,0],\"durationDelta\":15,"
	    "\"watermarks\":null},\"groups\":null,\"heatmap\":null}\n");
	tree_free(t);
	arena_free(a);
}

static void test_groups(void **state)
{
	struct arena *a = arena_new();
	struct tree *t = tree_new();
	struct timeline one = timeline_make(a, 0, 15000, 15, NULL, 0), none = timeline_make(a, 0, 0, 15, NULL, 0);
	struct render_group groups[] = { { STR("b"), none }, { STR("*"), one }, { STR("b"), one }, { STR("<"), none } };
	struct render r = { .name = STR("inuse_space"),
		.unit = STR("bytes"),
		.timeline = &none,
		.grouped = true,
		.groups = groups,
		.n_groups = ARRAY_LEN(groups) };

	(void)state;
	r.graph = tree_flamegraph(a, t, 0);
	expect(&r,
	    "{\"version\":1,\"flamebearer\":{\"names\":[\"total\"],\"levels\":[[0,0,0,0]],"
	    "\"numTicks\":0,\"maxSelf\":0},\"metadata\":{\"format\":\"single\",\"spyName\":\"\","
	    "\"sampleRate\":100,\"units\":\"bytes\",\"name\":\"inuse_space\"},"
	    "\"timeline\":{\"startTime\":0,\"samples\":[],\"durationDelta\":15,\"watermarks\":null},"
	    "\"groups\":{"
	    "\"*\":{\"startTime\":0,\"samples\":[0],\"durationDelta\":15,\"watermarks\":null},"
	    "\"\\u003c\":{\"startTime\":0,\"samples\":[],\"durationDelta\":15,\"watermarks\":null},"
	    "\"b\":{\"startTime\":0,\"samples\":[0],\"durationDelta\":15,\"watermarks\":null}},"
	    "\"heatmap\":null}\n");
	tree_free(t);
	arena_free(a);
}

static void test_diff(void **state)
{
	struct arena *a = arena_new();
	struct tree *left = tree_new(), *right = tree_new();
	struct render r = { .diff = true, .name = STR("samples"), .unit = STR("count") };
	struct err e;

	(void)state;
	tree_add(left, &STR("a<&>\xe2\x80\xa8"), 1, 3);
	r.graph = tree_flamegraph_diff(a, left, right, 0, &e);
	expect(&r,
	    "{\"version\":1,\"flamebearer\":{\"names\":[\"total\",\"a\\u003c\\u0026\\u003e\\u2028\"],"
	    "\"levels\":[[0,3,0,0,0,0,0],[0,3,3,0,0,0,1]],\"numTicks\":3,\"maxSelf\":3},"
	    "\"metadata\":{\"format\":\"double\",\"spyName\":\"\",\"sampleRate\":100,"
	    "\"units\":\"objects\",\"name\":\"samples\"},"
	    "\"timeline\":null,\"groups\":null,\"heatmap\":null,\"leftTicks\":3}\n");
	tree_free(left);
	tree_free(right);
	arena_free(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_timeline),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_single),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_diff),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
