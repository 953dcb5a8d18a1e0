/* test_chart.c - pictures of samples that have times: the flame chart and the heat map; colours. */
#include "tests/lib/profile_fixture.h"

#include "formats/profile_impl.h"
#include "formats/report/output.h"
#include "formats/report/report_impl.h"

#define LIMIT ((size_t)8 << 20)
#define T0 INT64_C(1768471200000000000)
#define MS INT64_C(1000000)

struct shot {
	int64_t at, value;          /* ms */
	const char *thread, *stack; /* root first, separated by ; */
};

static struct profile *taken(struct arena *a, const struct shot *shots, size_t n, const char *unit, int64_t period)
{
	struct profile_builder *b = profile_builder_new(a, 1);
	struct profile *p;

	profile_builder_type(b, 0, STR("wall"), str_cstr(unit));
	for (size_t i = 0; i < n; i++) {
		struct str rest = str_cstr(shots[i].stack);
		uint32_t stack[8], depth = 0;
		struct tag t = { .key = profile_builder_str(b, STR("thread")) };
		int64_t value = shots[i].value;

		while (rest.n > 0)
			stack[depth++] = profile_builder_frame(b, str_cut(&rest, ';'), STR_NONE, 0);
		for (uint32_t k = 0; k < depth / 2; k++) {
			uint32_t x = stack[k];

			stack[k] = stack[depth - 1 - k];
			stack[depth - 1 - k] = x;
		}
		if (shots[i].thread != NULL)
			t.str = profile_builder_str(b, str_cstr(shots[i].thread));
		profile_builder_add_at(b, stack, depth, &value, &t, shots[i].thread != NULL, T0 + shots[i].at * MS);
	}
	p = profile_builder_finish(b);
	p->period = period;
	if (period > 0) {
		profile_reserve_strings(p, 1);
		p->period_type.unit = profile_new_str(p, STR("nanoseconds"));
	}
	return p;
}

/* "main 0+20 | a 0+10, b 10+10": levels and their bars in ms */
static struct str levels(struct arena *a, const struct flamegraph *g)
{
	struct buf b;
	struct str s;

	buf_init(&b, LIMIT);
	for (size_t i = 1; i < g->n_levels; i++) {
		int64_t end = 0;

		buf_add(&b, i > 1 ? STR(" | ") : STR(""));
		for (size_t k = 0; k < g->levels[i].n; k += 4) {
			const int64_t *v = g->levels[i].values + k;

			buf_printf(&b, "%s" STR_FMT " %g+%g", k ? ", " : "", STR_ARG(g->names[v[3]]),
			    (double)(end + v[0]) / MS, (double)v[1] / MS);
			end += v[0] + v[1];
		}
	}
	s = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return s;
}

static const struct {
	const char *what, *unit;
	int64_t period;
	struct shot shots[8];
	size_t n;
	const char *want;
} charts[] = {
	{ "equal neighbours are one bar", "nanoseconds", 0,
	    { { 0, 10 * MS, NULL, "main;a" }, { 10, 10 * MS, NULL, "main;a;x" }, { 20, 10 * MS, NULL, "main;b" } }, 3,
	    "main 0+30 | a 0+20, b 20+10 | x 10+10" },
	{ "in any order", "nanoseconds", 0, { { 10, 10 * MS, NULL, "b" }, { 0, 10 * MS, NULL, "a" } }, 2,
	    "a 0+10, b 10+10" },
	{ "a pause is one, jitter is none", "nanoseconds", 0,
	    { { 0, 10 * MS, NULL, "a" }, { 12, 10 * MS, NULL, "a" }, { 50, 10 * MS, NULL, "a" } }, 3,
	    "a 0+22, a 50+10" },
	{ "a sample ends where the next begins", "nanoseconds", 0,
	    { { 0, 100 * MS, NULL, "a" }, { 10, 10 * MS, NULL, "b" } }, 2, "a 0+10, b 10+10" },
	{ "without time as unit: the period", "count", 10 * MS, { { 0, 1, NULL, "a" }, { 10, 1, NULL, "b" } }, 2,
	    "a 0+10, b 10+10" },
	{ "without any: the usual distance", "count", 0,
	    { { 0, 1, NULL, "a" }, { 4, 1, NULL, "b" }, { 8, 1, NULL, "a" } }, 3, "a 0+4, b 4+4, a 8+4" },
	{ "threads, the busiest first", "nanoseconds", 0,
	    { { 0, 10 * MS, "gc", "mark" }, { 0, 10 * MS, "main", "a" }, { 10, 10 * MS, "main", "b" } }, 3,
	    "main 0+20 | a 0+10, b 10+10 | gc 0+10 | mark 0+10" },
	{ "zeros are not there", "nanoseconds", 0, { { 0, 0, NULL, "a" } }, 1, "" },
	{ "nothing", "nanoseconds", 0, { { 0, 0, NULL, NULL } }, 0, "" },
};

static void test_chart(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(charts); i++) {
		struct arena *a = arena_new();
		const struct report_opts ro = report_defaults();
		struct profile *p = taken(a, charts[i].shots, charts[i].n, charts[i].unit, charts[i].period);
		struct report *r;
		struct flamegraph *g;
		struct err e;

		profile_time_samples(p);
		r = report_new(p, &ro, &e);
		assert_non_null(r);
		g = report_chart(r, a, &e);
		assert_non_null(g);
		if (!str_eq(levels(a, g), str_cstr(charts[i].want)))
			fail_msg("%s: " STR_FMT, charts[i].what, STR_ARG(levels(a, g)));
		report_free(r);
		arena_free(a);
	}
}

static size_t cells(struct str svg)
{
	size_t n = 0;

	for (;; n++) {
		size_t at = str_search(svg, STR("<title>"));

		if (at == svg.n)
			return n;
		svg = str_skip(svg, at + 1);
	}
}

static const struct {
	struct shot shots[4];
	size_t n, cells;
	const char *part; /* of the picture */
} maps[] = {
	{ { { 0, 1, NULL, "a" } }, 1, 1, "2026-01-15 10:00:00: 1 samples" },
	{ { { 0, 1, NULL, "a" }, { 1, 2, NULL, "b" }, { 2, 1, NULL, "b" } }, 3, 2, "2026-01-15 10:00:00: 3 samples" },
	{ { { 0, 1, NULL, "a" }, { 4021, 2, NULL, "b" } }, 2, 2, "2026-01-15 10:00:04.02: 2 samples" },
	{ { { 0, 1, NULL, "a" }, { 86400 * 1000, 2, NULL, "b" } }, 2, 2, "a column is 600s; " },
	{ { { 0, 1, NULL, "a" }, { INT64_C(86400) * 365000, 2, NULL, "b" } }, 2, 2, "2027-01-15" },
	{ { { 0, 1, NULL, "a" } }, 0, 0, "the darkest cell has 0 samples" },
};

static void test_heatmap(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
		struct arena *a = arena_new();
		const struct report_opts ro = report_defaults();
		const struct picture o = { .unit = STR("count") };
		struct profile *p = taken(a, maps[i].shots, maps[i].n, "count", 0);
		struct report *r;
		struct buf b;
		struct err e;

		profile_time_samples(p);
		r = report_new(p, &ro, &e);
		buf_init(&b, LIMIT);
		assert_int_equal(report_heatmap(r, &o, &b, &e), 0);
		if (str_search(buf_str(&b), str_cstr(maps[i].part)) == b.n || cells(buf_str(&b)) != maps[i].cells)
			fail_msg("%zu: %zu cells, " STR_FMT, i, cells(buf_str(&b)),
			    STR_ARG(str_skip(buf_str(&b), b.n > 600 ? b.n - 600 : 0)));
		buf_fini(&b);
		report_free(r);
		arena_free(a);
	}
}

/* Times of strangers: the ends of the range, before 1970. */
static void test_far(void **state)
{
	static const int64_t times[][2] = { { INT64_MIN, INT64_MAX }, { INT64_MIN, 0 }, { -1, INT64_MAX },
		{ INT64_MAX, INT64_MAX }, { INT64_MIN, INT64_MIN }, { -5, 5 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		struct arena *a = arena_new();
		const struct report_opts ro = report_defaults();
		const struct shot two[] = { { 0, INT64_MAX, NULL, "a" }, { 1, INT64_MIN, NULL, "b" } };
		const struct picture o = { .unit = STR("count") };
		struct profile *p = taken(a, two, 2, "nanoseconds", 0);
		struct report *r;
		struct buf b;
		struct err e;

		p->at[0] = times[i][0];
		p->at[1] = times[i][1];
		r = report_new(p, &ro, &e);
		buf_init(&b, LIMIT);
		report_heatmap(r, &o, &b, &e);
		assert_true(b.n < LIMIT);
		if (report_chart(r, a, &e) == NULL)
			assert_int_equal(e.kind, ERR_INVALID);
		buf_fini(&b);
		report_free(r);
		arena_free(a);
	}
}

static void test_without_times(void **state)
{
	struct arena *a = arena_new();
	const struct report_opts ro = report_defaults();
	struct profile_builder *pb = profile_builder_new(a, 1);
	struct profile *p;
	struct report *r;
	struct buf b;
	struct err e;

	(void)state;
	profile_builder_type(pb, 0, STR("cpu"), STR("count"));
	p = profile_builder_finish(pb);
	r = report_new(p, &ro, &e);
	buf_init(&b, LIMIT);
	assert_null(report_chart(r, a, &e));
	assert_int_equal(e.kind, ERR_INVALID);
	assert_int_equal(report_heatmap(r, &(struct picture){ 0 }, &b, &e), -1);
	assert_int_equal(e.kind, ERR_INVALID);
	assert_int_equal(b.n, 0);
	buf_fini(&b);
	report_free(r);
	arena_free(a);
}

static void test_colours(void **state)
{
	(void)state;
	for (int how = PICTURE_HOT; how <= PICTURE_GREY; how++) {
		assert_int_equal(report_colour((enum picture_colours)how, STR("main")),
		    report_colour((enum picture_colours)how, STR("main")));
		assert_true(report_colour((enum picture_colours)how, STR("x")) <= 0xffffff);
	}
	assert_int_equal(report_colour(PICTURE_PACKAGE, STR("net/http.(*Server).Serve")),
	    report_colour(PICTURE_PACKAGE, STR("net/http.Get")));
	assert_int_not_equal(report_colour(PICTURE_NAME, STR("net/http.(*Server).Serve")),
	    report_colour(PICTURE_NAME, STR("net/http.Get")));
	assert_int_equal(report_change_colour(1, 1), 0xebebeb);
	assert_int_equal(report_change_colour(0, 1), 0xff0000);
	assert_int_equal(report_change_colour(1, 0), 0x0000ff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chart),
		cmocka_unit_test(test_heatmap),
		cmocka_unit_test(test_far),
		cmocka_unit_test(test_without_times),
		cmocka_unit_test(test_colours),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
