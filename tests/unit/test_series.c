/* test_series.c - time series as values: ordered, merged, laid on a grid, written */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "formats/msg/messages.h"
#include "formats/query/query.h"

static struct series_group group(const char *pod, struct series_point *p, size_t n)
{
	static struct label labels[8];
	static size_t used;
	struct label *l = &labels[used++ % ARRAY_LEN(labels)];

	*l = (struct label){ STR("pod"), str_cstr(pod) };
	return (struct series_group){ .labels = { l, 1 }, .p = p, .n = n };
}

static void points_are(const struct series_group *g, const struct series_point *want, size_t n)
{
	assert_int_equal(g->n, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(g->p[i].time, want[i].time);
		assert_int_equal(g->p[i].sum, want[i].sum);
		assert_int_equal(g->p[i].count, want[i].count);
	}
}

static void ordered(void **state)
{
	static struct series_point few[] = { { 0, 10, 1 }, { 1, 10, 1 } }, many[] = { { 0, 30, 10 } };
	struct series_group g[] = { group("b", few, 2), group("c", many, 1), group("a", few, 2) };
	struct series_set s = { g, 3 };

	(void)state;
	series_order(&s, 0, false);
	assert_int_equal(s.n, 3);
	assert_true(str_eq(s.p[0].labels.p[0].value, STR("c")));
	assert_true(str_eq(s.p[1].labels.p[0].value, STR("a")));
	series_order(&s, 2, true);
	assert_int_equal(s.n, 2);
	assert_true(str_eq(s.p[0].labels.p[0].value, STR("a")));
	assert_true(str_eq(s.p[1].labels.p[0].value, STR("b")));
}

/* Points of one group come in four parts; those of equal times are one. What is merged in stays as it was. */
static void merged(void **state)
{
	static const struct {
		struct series_point parts[4][6], want[7]; /* up to one of count 0 */
	} cases[] = {
		{ { { { 1, 5, 1 }, { 2, 6, 1 } }, { { 4, 7, 1 }, { 5, 8, 2 } }, { { 6, 9, 1 } } },
		    { { 1, 5, 1 }, { 2, 6, 1 }, { 4, 7, 1 }, { 5, 8, 2 }, { 6, 9, 1 } } },
		{ { { { 4, 1, 1 }, { 5, 2, 1 } }, { { 1, 3, 1 }, { 2, 4, 1 } }, { { 6, 5, 1 } } },
		    { { 1, 3, 1 }, { 2, 4, 1 }, { 4, 1, 1 }, { 5, 2, 1 }, { 6, 5, 1 } } },
		{ { { { 1, 1, 1 }, { 3, 3, 1 }, { 5, 5, 1 } }, { { 2, 2, 1 }, { 4, 4, 1 }, { 6, 6, 1 } },
		      { { 1, 10, 1 }, { 2, 20, 1 }, { 3, 30, 1 }, { 4, 40, 1 }, { 5, 50, 1 }, { 6, 60, 1 } } },
		    { { 1, 11, 2 }, { 2, 22, 2 }, { 3, 33, 2 }, { 4, 44, 2 }, { 5, 55, 2 }, { 6, 66, 2 } } },
		{ { { { 1, 1, 1 }, { 2, 1, 1 }, { 3, 1, 1 } }, { { 3, 1, 3 }, { 4, 1, 1 } }, { { 4, 1, 1 } },
		      { { 1, -9, 1 } } },
		    { { 1, -8, 2 }, { 2, 1, 1 }, { 3, 2, 4 }, { 4, 2, 2 } } },
		{ { { { 5, 1, 1 } }, { { 5, 2, 1 } }, { { 5, 4, 1 } }, { { 5, 8, 1 } } }, { { 5, 15, 4 } } },
	};

	const struct query_series_opts grid = { .from_ms = 1, .to_ms = 9, .step_ms = 1 };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		bool with_room = i >= ARRAY_LEN(cases); /* as what is laid on a grid */
		struct arena *a = arena_new();
		struct series_set sum = { 0 };
		size_t n = 0, at = i % ARRAY_LEN(cases);

		for (size_t k = 0; k < 4; k++) {
			struct series_point *p = arena_array(a, 6, sizeof(*p));
			struct series_group g = group("a", p, 0);
			struct series_set one = { &g, 1 };

			memcpy(p, cases[at].parts[k], sizeof(cases[at].parts[k]));
			while (g.n < 6 && p[g.n].count > 0)
				g.n++;
			if (k == 0 && with_room) {
				struct series_grid on;

				series_grid_init(&on, a, &grid, INT64_MIN, INT64_MAX);
				series_grid_add(&on, &g.labels, series_pack(a, &g));
				series_grid_finish(&on, &one);
			}
			series_merge(a, &sum, &one);
			assert_memory_equal(p, cases[at].parts[k], sizeof(cases[at].parts[k]));
		}
		while (cases[at].want[n].count > 0)
			n++;
		assert_int_equal(sum.n, 1);
		points_are(&sum.p[0], cases[at].want, n);
		arena_free(a);
	}
}

/* As many merges as make the room of the first small: other groups stay apart. */
static void merged_often(void **state)
{
	struct arena *a = arena_new();
	struct series_set sum = { 0 };

	(void)state;
	for (int64_t t = 0; t < 1000; t++) {
		const struct series_point p[] = { { t, 2, 1 }, { t + 1, 3, 1 }, { t, 1, 1 } };
		struct series_point *all = arena_array(a, 3, sizeof(*all));
		struct series_group g[] = { group("all", all, 2), group("odd", all + 2, 1) };

		memcpy(all, p, sizeof(p));
		series_merge(a, &sum, &(struct series_set){ g, 1 + (size_t)(t % 2) });
	}
	assert_int_equal(sum.n, 2);
	assert_int_equal(sum.p[0].n, 1001);
	assert_int_equal(sum.p[1].n, 500);
	points_are(&(struct series_group){ .p = sum.p[0].p, .n = 2 },
	    (struct series_point[]){ { 0, 2, 1 }, { 1, 5, 2 } }, 2);
	points_are(&(struct series_group){ .p = sum.p[0].p + 999, .n = 2 },
	    (struct series_point[]){ { 999, 5, 2 }, { 1000, 3, 1 } }, 2);
	points_are(&(struct series_group){ .p = sum.p[1].p + 498, .n = 2 },
	    (struct series_point[]){ { 997, 1, 1 }, { 999, 1, 1 } }, 2);
	arena_free(a);
}

/* What is packed comes back on a grid: p, of n points, as want. */
static void on_grid_is(const struct series_point *p, size_t n, size_t bytes, const struct query_series_opts *grid,
    const struct series_point *want, size_t n_want)
{
	struct series_point *copy = calloc(n, sizeof(*copy));
	struct series_group g = group("b", copy, n);
	struct arena *a = arena_new();
	struct series_grid on;
	struct series_set s;
	struct str packed;
	char *odd;

	memcpy(copy, p, n * sizeof(*p));
	packed = series_pack(a, &g);
	assert_int_equal(packed.n, bytes);
	odd = malloc(packed.n + 1); /* of any alignment, and with nothing behind it */
	memcpy(odd + 1, packed.p, packed.n);
	series_grid_init(&on, a, grid, INT64_MIN, INT64_MAX);
	series_grid_add(&on, &g.labels, str_of(odd + 1, packed.n));
	series_grid_finish(&on, &s);
	assert_int_equal(s.n, n_want > 0);
	if (n_want > 0)
		points_are(&s.p[0], want, n_want);
	free(odd);
	free(copy);
	arena_free(a);
}

enum { HEAD = 80, END = 8 }; /* of a piece, and behind the last one */

/* A point of the grid has what came after the one before it; what is before the grid is in the first, behind it nothing. */
static void on_grid(void **state)
{
	static const struct series_point p[] = { { 90, 1, 1 }, { 100, 2, 1 }, { 101, 4, 1 }, { 110, 8, 3 },
		{ 111, 16, 1 }, { 145, 32, 1 }, { 150, 64, 1 }, { 151, 128, 1 }, { 900, 256, 1 } };
	static const struct series_point want[] = { { 100, 3, 2 }, { 110, 12, 4 }, { 120, 16, 1 }, { 150, 96, 2 } };
	static const struct series_point ones[] = { { 100, 3, 2 }, { 110, 4, 1 } };
	/* times that are as far from each other as times can be */
	static const struct series_point far[] = { { INT64_MIN + 5, 1, 1 }, { -7, INT64_MAX, 1 }, { 4294967288, 3, 1 },
		{ 4294967289, 4, 1 } };
	static const struct series_point far_want[] = { { -6, INT64_MIN, 2 }, { 4294967288, 3, 1 },
		{ 4294967290, 4, 1 } };
	const struct query_series_opts grid = { .from_ms = 100, .to_ms = 150, .step_ms = 10 };
	const struct query_series_opts wide = { .from_ms = -6, .to_ms = INT64_MAX, .step_ms = 2 };

	(void)state;
	on_grid_is(p, ARRAY_LEN(p), HEAD + 9 * (2 + 1 + 1) + END, &grid, want, ARRAY_LEN(want));
	on_grid_is(p, 3, HEAD + 3 * (1 + 0 + 0) + END, &grid, ones, 2);
	on_grid_is(p + 7, 2, HEAD + END, &grid, NULL, 0); /* all behind the end: no group */
	on_grid_is(p, 0, 0, &grid, NULL, 0);
	on_grid_is(far, ARRAY_LEN(far), HEAD + 4 * (8 + 8 + 0) + END, &wide, far_want, ARRAY_LEN(far_want));
}

/* Regular profiles of 10 ms units: a column has what a straight line does not say, whatever its unit. */
static void packed_small(void **state)
{
	static struct series_point p[1000];
	struct series_group g = group("b", p, ARRAY_LEN(p));
	struct arena *a = arena_new();

	(void)state;
	for (int64_t i = 0; i < (int64_t)ARRAY_LEN(p); i++)
		p[i] = (struct series_point){ 1000 + i * 15000, 50000000 + i % 2 * 10000000, 1 };
	assert_int_equal(series_pack(a, &g).n, 2 * HEAD + 1000 + END); /* sums are 5 or 6 units: one byte */
	for (int64_t i = 0; i < (int64_t)ARRAY_LEN(p); i++)
		p[i].sum = INT64_MIN + i;
	for (int64_t i = 0; i < (int64_t)ARRAY_LEN(p); i++)
		p[i].count = UINT64_MAX - 7 * (uint64_t)i;
	on_grid_is(p, 600, series_pack(a, &(struct series_group){ g.labels, p, 600, 0 }).n,
	    &(struct query_series_opts){ .from_ms = 0, .to_ms = INT64_MAX / 2, .step_ms = 1 }, p, 600);
	arena_free(a);
}

static uint32_t draw(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void random_points(uint32_t *seed, struct series_point *p, size_t n)
{
	uint32_t irregular = draw(seed) % 3, unit = 1 + draw(seed) % 1000, kinds = 1 + draw(seed) % 3;
	int64_t t = draw(seed) % 20000;

	for (size_t i = 0; i < n; i++) {
		t += irregular == 0 ? 15 : 1 + draw(seed) % (irregular == 1 ? 30 : draw(seed) % 50 == 0 ? 9000 : 5);
		p[i] = (struct series_point){ t, ((int64_t)draw(seed) - (1 << 23)) * unit, 1 + draw(seed) % kinds };
	}
}

/* The same, point by point. */
static size_t slow_grid(const struct series_point *p, size_t n, const struct query_series_opts *o, int64_t first,
    int64_t last, struct series_point *out)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t at = series_grid_time(p[i].time, o->from_ms, o->step_ms);

		if (p[i].time < first || p[i].time > last || at > o->to_ms)
			continue;
		if (k == 0 || out[k - 1].time != at)
			out[k++] = (struct series_point){ .time = at };
		out[k - 1].sum += p[i].sum;
		out[k - 1].count += p[i].count;
	}
	return k;
}

/* Any points on any grid, in one series or cut into several, in order or not, between any two moments. */
static void any_grid(void **state)
{
	enum { MOST = 1500 };
	static struct series_point p[MOST], want[MOST];
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 400; round++) {
		size_t n = 1 + draw(&seed) % MOST, cut = draw(&seed) % n;
		struct series_group parts[] = { group("b", p, cut), group("b", p + cut, n - cut) };
		struct query_series_opts o = { .from_ms = draw(&seed) % 30000, .step_ms = 1 + draw(&seed) % 2000 };
		int64_t first = draw(&seed) % 40000, last = first + draw(&seed) % 60000;
		struct arena *a = arena_new();
		struct series_grid on;
		struct series_set s;
		bool turned = draw(&seed) % 2;

		random_points(&seed, p, n);
		o.to_ms = o.from_ms + draw(&seed) % 60000;
		series_grid_init(&on, a, &o, first, last);
		series_grid_add(&on, &parts[turned].labels, series_pack(a, &parts[turned]));
		series_grid_add(&on, &parts[!turned].labels, series_pack(a, &parts[!turned]));
		series_grid_finish(&on, &s);
		n = slow_grid(p, n, &o, first, last, want);
		assert_int_equal(s.n, n > 0);
		if (n > 0)
			points_are(&s.p[0], want, n);
		arena_free(a);
	}
}

/* 300 as a varint is ac 02; 10 as a double is 40 24 and zeros. */
static void written(void **state)
{
	static struct series_point p[] = { { 0, 0, 2 }, { 300, 10, 4 }, { -1, 0, 1 } };
	static const char sums[] = "\x0a\x27"
				   "\x0a\x08\x0a\x03pod\x12\x01"
				   "a"
				   "\x12\x00"
				   "\x12\x0c\x09\0\0\0\0\0\0\x24\x40\x10\xac\x02"
				   "\x12\x0b\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
				   "\x0a\x0a\x0a\x08\x0a\x03pod\x12\x01"
				   "b";
	struct series_group g[] = { group("a", p, 3), group("b", p, 0) };
	struct series_set s = { g, 2 };
	struct querier_select_series_response m;
	struct arena *a = arena_new();
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 4096);
	series_encode(&s, false, &b);
	assert_true(str_eq(buf_str(&b), str_of(sums, sizeof(sums) - 1)));
	buf_reset(&b);
	s.n = 1;
	series_encode(&s, true, &b);
	assert_int_equal(msg_decode(a, &querier_select_series_response_type, buf_str(&b), &m, &e), 0);
	assert_true(m.series.p[0].points.p[1].value == 2.5);
	buf_fini(&b);
	buf_init(&b, 8); /* too small: said once */
	series_encode(&s, false, &b);
	assert_int_equal(buf_check(&b, "answer", &e), -1);
	buf_fini(&b);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordered),
		cmocka_unit_test(merged),
		cmocka_unit_test(merged_often),
		cmocka_unit_test(on_grid),
		cmocka_unit_test(packed_small),
		cmocka_unit_test(any_grid),
		cmocka_unit_test(written),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
