/* test_heatmap.c - points counted by time and value: every cell by hand */
#include "formats/query/heatmap.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static struct label label_a[] = { { { "pod", 3 }, { "a", 1 } }, { { "zone", 4 }, { "x", 1 } } };
static struct label label_b[] = { { { "pod", 3 }, { "b", 1 } }, { { "zone", 4 }, { "x", 1 } } };
static struct point points_a[] = { { 1010, 100, 0, { 1 } }, { 1020, 200, 0, { 2 } }, { 990, 499, 0, { 3 } } };
static struct point points_b[] = { { 1060, 300, 0, { 4 } }, { 1061, 500, 0, { 5 } } };
static struct point_series series[] = { { { label_a, 2 }, points_a, 3 }, { { label_b, 2 }, points_b, 2 } };
static const struct point_set set = { series, 2 };

static void grouped(void **state)
{
	struct arena *a = arena_new();
	struct str pod[] = { STR("pod") }, zone[] = { STR("zone") };
	struct point_groups g = points_grouped(a, &set, pod, 1);

	(void)state;
	assert_int_equal(g.n, 2);
	assert_int_equal(g.p[0].n, 1);
	assert_ptr_equal(g.p[0].series[0], &series[0]);
	assert_ptr_equal(g.p[1].series[0], &series[1]);
	assert_int_equal(g.p[1].labels.n, 1);
	g = points_grouped(a, &set, zone, 1);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.p[0].n, 2);
	g = points_grouped(a, &set, NULL, 0);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.p[0].labels.n, 0);
	arena_free(a);
}

/* From 1000 by 60: up to 1000, up to 1060, up to 1120. Values 100 .. 500: rows of 20. */
static void cells(void **state)
{
	static const struct {
		int series, slot;
		int64_t time;
		int row;
		uint8_t id;
	} want[] = { { 0, 0, 1000, 19, 3 }, { 0, 1, 1060, 0, 1 }, { 0, 1, 1060, 5, 2 }, { 1, 0, 1060, 10, 4 },
		{ 1, 1, 1120, 19, 5 } };
	struct arena *a = arena_new();
	struct str pod[] = { STR("pod") };
	struct point_groups g = points_grouped(a, &set, pod, 1);
	struct heatmap map, *m = &map;
	struct err e;
	int sum = 0;

	(void)state;
	assert_int_equal(heatmap_make(a, &g, &(struct heatmap_opts){ 1000, 60, 2 }, m, &e), 0);
	assert_int_equal(m->n, 2);
	assert_true(m->floors[0] == 100 && m->floors[1] == 120 && m->floors[19] == 480);
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		const struct heatmap_slot *s = &m->p[want[i].series].p[want[i].slot];

		assert_int_equal(s->time, want[i].time);
		assert_int_equal(s->counts[want[i].row], 1);
		assert_int_equal(s->examples[want[i].row].point->id[0], want[i].id);
	}
	for (size_t i = 0; i < m->n; i++)
		for (size_t k = 0; k < m->p[i].n; k++)
			for (int r = 0; r < HEATMAP_ROWS; r++)
				sum += m->p[i].p[k].counts[r];
	assert_int_equal(sum, 5);
	assert_int_equal(heatmap_make(a, &g, &(struct heatmap_opts){ 1000, 60, 1 }, m, &e), 0);
	assert_int_equal(m->n, 1);
	assert_int_equal(m->p[0].count, 3);
	arena_free(a);
}

/* One value alone, the extremes, nothing. */
static void ranges(void **state)
{
	struct arena *a = arena_new();
	struct point p[] = { { 5, 7, 0, { 0 } }, { 5, 7, 0, { 0 } } },
		     ends[] = { { 5, INT64_MIN, 0, { 0 } }, { 5, INT64_MAX, 0, { 0 } } };
	struct point_series s = { { NULL, 0 }, p, 2 };
	struct point_set one = { &s, 1 }, none = { 0 };
	struct point_groups g = points_grouped(a, &one, NULL, 0);
	const struct heatmap_opts o = { .step = 10 };
	struct heatmap map, *m = &map;
	struct err e;

	(void)state;
	assert_int_equal(heatmap_make(a, &g, &o, m, &e), 0);
	assert_int_equal(m->max, 8);
	assert_int_equal(m->p[0].n, 1);
	assert_int_equal(m->p[0].p[0].time, 10);
	assert_int_equal(m->p[0].p[0].counts[19], 2); /* all rows begin at 7: the last one is as high as 1 */
	s.p = ends;
	assert_int_equal(heatmap_make(a, &g, &o, m, &e), 0);
	assert_int_equal(m->p[0].p[0].counts[0], 1);
	assert_int_equal(m->p[0].p[0].counts[19], 1);
	g = points_grouped(a, &none, NULL, 0);
	assert_int_equal(heatmap_make(a, &g, &o, m, &e), 0);
	assert_int_equal(m->n, 0);
	arena_free(a);
}

/* Two series that have one slot more than there may be together. */
static void too_many_slots(void **state)
{
	enum { N = HEATMAP_MAX_SLOTS / 2 };
	struct arena *a = arena_new();
	struct point *p = arena_zarray(a, N + 1, sizeof(*p));
	struct label x = { STR("pod"), STR("x") }, y = { STR("pod"), STR("y") };
	struct point_series s[] = { { { &x, 1 }, p, N }, { { &y, 1 }, p, N + 1 } };
	struct point_set both = { s, 2 };
	struct str pod[] = { STR("pod") };
	struct point_groups g = points_grouped(a, &both, pod, 1);
	struct heatmap_opts o = { .step = 1 };
	struct heatmap m;
	struct err e;

	(void)state;
	for (size_t i = 0; i <= N; i++)
		p[i].time = (int64_t)i;
	assert_int_equal(heatmap_make(a, &g, &o, &m, &e), -1);
	assert_int_equal(e.kind, ERR_INVALID);
	assert_non_null(strstr(e.msg, "more than 131072 times of series: ask for"));
	o.limit = 1;
	assert_int_equal(heatmap_make(a, &g, &o, &m, &e), 0);
	assert_int_equal(m.p[0].n, N + 1);
	assert_int_equal(m.n_examples, N + 1);
	o = (struct heatmap_opts){ .step = 2 };
	assert_int_equal(heatmap_make(a, &g, &o, &m, &e), 0);
	assert_int_equal(m.p[1].n, N / 2 + 1);
	arena_free(a);
}

static void largest(void **state)
{
	struct arena *a = arena_new();
	struct point_groups g = points_grouped(a, &set, NULL, 0);
	struct moments m = largest_points(a, &g.p[0], 1000, 60);

	(void)state;
	assert_int_equal(m.n, 3);
	assert_int_equal(m.p[0].time, 1000);
	assert_int_equal(m.p[0].example.point->id[0], 3);
	assert_int_equal(m.p[1].example.point->id[0], 4); /* 100, 200 and 300 */
	assert_int_equal(m.p[2].example.point->value, 500);
	assert_true(str_eq(labels_get(m.p[2].example.labels, STR("pod")), STR("b")));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grouped),
		cmocka_unit_test(cells),
		cmocka_unit_test(ranges),
		cmocka_unit_test(too_many_slots),
		cmocka_unit_test(largest),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
