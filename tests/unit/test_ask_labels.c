/* test_ask_labels.c - questions about rows that lie in several heads and blocks: series, labels, how much there is */
#include "tests/lib/ask_fixture.h"

/* ---- series ---- */

static void series(void **state)
{
	enum { STEP_MS = 60000, POINTS = MINUTES + 2 };
	(void)state;
	for (size_t i = 0; i < 6; i++) {
		const struct wanted *w = &wanted[i];
		int64_t from_ms = w->from / NS_PER_MS, to_ms = w->to / NS_PER_MS;
		int64_t sum[PODS][POINTS] = { 0 }, count[PODS][POINTS] = { 0 };
		struct str selector, site[2], by = STR("pod");
		struct arena *a = arena_new();
		struct pyro_ask ask;
		struct part p;
		uint64_t span;

		for (size_t k = 0; k < ROWS; k++) {
			int64_t ms = all[k].time / NS_PER_MS, step = (ms - from_ms + STEP_MS - 1) / STEP_MS;
			struct wanted any_root = *w;

			any_root.root = any_root.below = -1;
			if (!is_wanted(&any_root, &all[k]) || from_ms + step * STEP_MS > to_ms)
				continue;
			sum[all[k].pod][step] += is_wanted(w, &all[k]) ? all[k].value : 0;
			count[all[k].pod][step]++;
		}
		ask = ask_wanted(ASK_SERIES, w, &selector, site, &span);
		ask.names = (struct msg_strs){ &by, 1 };
		ask.from_ms = from_ms;
		ask.to_ms = to_ms;
		ask.step_ms = STEP_MS;
		p = ask_all(a, &ask);
		for (size_t k = 0; k < p.series.n; k++) {
			const struct series_group *g = &p.series.p[k];
			struct str pod = labels_get(&g->labels, STR("pod"));
			unsigned number = (unsigned)(pod.p[1] - '0');

			assert_int_equal(g->labels.n, 1);
			for (size_t n = 0; n < g->n; n++) {
				int64_t step = (g->p[n].time - from_ms) / STEP_MS;

				assert_int_equal((g->p[n].time - from_ms) % STEP_MS, 0);
				assert_true(n == 0 || g->p[n].time > g->p[n - 1].time);
				assert_int_equal(g->p[n].sum, sum[number][step]);
				assert_int_equal(g->p[n].count, count[number][step]);
				sum[number][step] = count[number][step] = 0;
			}
		}
		for (size_t k = 0; k < PODS * (size_t)POINTS; k++) /* nothing is missing */
			assert_int_equal(count[k / POINTS][k % POINTS], 0);
		arena_free(a);
	}
}

/* ---- labels ---- */

static void is_list(const struct str_list *got, const char *want)
{
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < got->n; i++)
		buf_printf(&b, "%s" STR_FMT, i ? " " : "", STR_ARG(got->p[i]));
	buf_byte(&b, 0);
	assert_string_equal(b.p, want);
	buf_fini(&b);
}

static void label_questions(void **state)
{
	struct arena *a = arena_new();
	struct str selector = STR("{service_name=\"shop\", pod!=\"p0\"}"),
		   names[] = { STR("pod"), STR("service_name") };
	struct pyro_ask ask = ask_of(ASK_VALUES, &selector, 0, 0);
	struct part p;

	(void)state;
	ask.names = (struct msg_strs){ names, 1 };
	p = ask_all(a, &ask);
	is_list(&p.strings, "p1 p2 p3");
	ask.selectors.n = 0;
	p = ask_all(a, &ask);
	is_list(&p.strings, "p0 p1 p2 p3");
	ask.kind = ASK_NAMES;
	p = ask_all(a, &ask);
	is_list(&p.strings,
	    "__name__ __period_type__ __period_unit__ __profile_type__ __service_name__ __type__ __unit__ "
	    "pod service_name");
	ask.kind = ASK_SETS;
	ask.selectors.n = 1;
	ask.names.n = 2;
	p = ask_all(a, &ask);
	assert_int_equal(p.sets.n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(p.sets.p[i].n, 2);
		assert_int_equal(labels_get(&p.sets.p[i], STR("pod")).p[1], '1' + (int)i);
	}
	ask.from = START - 48 * 3600 * NS_PER_S;
	ask.to = START - 47 * 3600 * NS_PER_S;
	p = ask_all(a, &ask);
	assert_int_equal(p.sets.n, 0);
	arena_free(a);
}

/* Labels are known by the hour: a moment is asked for, the series of its hour answer. */
static void labels_of_an_hour(void **state)
{
	struct str selector = STR("{}"), name = STR("pod");
	struct arena *a = arena_new();
	struct pyro_ask ask = ask_of(ASK_VALUES, &selector, START + NS_PER_MS, START + NS_PER_MS + 1);
	struct part p;

	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		assert_true(all[i].time < ask.from || all[i].time > ask.to);
	ask.names = (struct msg_strs){ &name, 1 };
	p = ask_all(a, &ask);
	is_list(&p.strings, "p0 p1 p2 p3");
	ask.from = ask.to = START + 3600 * NS_PER_S - 1;
	p = ask_all(a, &ask);
	is_list(&p.strings, "p0 p1 p2 p3");
	ask.from = ask.to = START + 2 * 3600 * NS_PER_S;
	p = ask_all(a, &ask);
	is_list(&p.strings, "");
	ask.from = ask.to = START - 1;
	p = ask_all(a, &ask);
	is_list(&p.strings, "");
	ask.to = START + NS_PER_MS - 1; /* the last of the hour before, and no row has it */
	p = ask_all(a, &ask);
	is_list(&p.strings, "");
	ask.from = ask.to = INT64_MIN;
	p = ask_all(a, &ask);
	is_list(&p.strings, "");
	ask.to = INT64_MAX;
	p = ask_all(a, &ask);
	is_list(&p.strings, "p0 p1 p2 p3");
	arena_free(a);
}

static void statistics(void **state)
{
	struct arena *a = arena_new();
	struct pyro_ask ask = { .kind = ASK_STATS };
	int64_t min = INT64_MAX, max = INT64_MIN;
	struct part p = ask_all(a, &ask);

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		min = MIN(min, all[i].time);
		max = MAX(max, all[i].time);
	}
	/* Blocks know their times in milliseconds; the samples have no others. */
	assert_int_equal(p.min_time / NS_PER_MS, min / NS_PER_MS);
	assert_int_equal(p.max_time / NS_PER_MS, max / NS_PER_MS);
	arena_free(a);
}

/* What a question would touch, counted row by row. */
static void plans(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		const struct wanted *w = &wanted[i];
		struct arena *a;
		struct str selector;
		struct pyro_ask ask;
		struct part p;
		uint64_t n = 0;

		if (w->root >= 0 || w->span >= 0)
			continue;
		a = arena_new();
		for (size_t k = 0; k < ROWS; k++)
			n += is_wanted(w, &all[k]);
		ask = ask_wanted(ASK_PLAN, w, &selector, NULL, NULL);
		p = ask_all(a, &ask);
		assert_int_equal(p.plan.recent.profiles + p.plan.stored.profiles, n);
		assert_int_equal(p.plan.recent.samples + p.plan.stored.samples, n);
		assert_int_equal(p.plan.recent.series + p.plan.stored.series > 0, n > 0);
		if (i == 0) {
			assert_int_equal(p.plan.recent.sets, HEADS - 1);
			assert_int_equal(p.plan.stored.sets, blocks.n);
			assert_true(p.plan.stored.index_bytes > 0 && p.plan.stored.profile_bytes > 0 &&
			    p.plan.stored.symbol_bytes > 0);
			assert_true(p.plan.recent.profile_bytes > 0 && p.plan.recent.symbol_bytes > 0);
			/* both value types of each sample, when no type is named */
			ask.profile_type = STR_NONE;
			p = ask_all(a, &ask);
			assert_int_equal(p.plan.recent.profiles + p.plan.stored.profiles, 2 * n);
		}
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(series),
		cmocka_unit_test(label_questions),
		cmocka_unit_test(labels_of_an_hour),
		cmocka_unit_test(statistics),
		cmocka_unit_test(plans),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, ask_setup, ask_teardown);
}
