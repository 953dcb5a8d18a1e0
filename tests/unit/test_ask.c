/* test_ask.c - questions about rows that lie in several heads and blocks: trees, profiles, single rows; what is refused */
#include "tests/lib/ask_fixture.h"
#include "tests/lib/made_set.h"

#include "base/arith.h"
#include "formats/pprof/pprof.h"

/* ---- trees and profiles ---- */

static void trees_and_profiles(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		int64_t want[PATHS], got[PATHS], any = 0;
		struct arena *a = arena_new();
		struct str selector, site[2];
		struct pyro_ask ask;
		struct part p;
		uint64_t span;

		sums_wanted(&wanted[i], want);
		for (size_t k = 0; k < PATHS; k++)
			any |= want[k];
		assert_int_equal(any != 0, i < 8); /* the table asks for something */
		ask = ask_wanted(ASK_TREE, &wanted[i], &selector, site, &span);
		p = ask_all(a, &ask);
		tree_sums(p.tree, got);
		assert_memory_equal(got, want, sizeof(want));
		part_fini(&p);

		ask = ask_wanted(ASK_PROFILE, &wanted[i], &selector, site, &span);
		p = ask_all(a, &ask);
		assert_int_equal(p.profile != NULL, any != 0);
		if (p.profile != NULL) {
			profile_sums(p.profile, got);
			assert_memory_equal(got, want, sizeof(want));
		}
		part_fini(&p);
		arena_free(a);
	}
}

/* What one set says comes as bytes where it may and all is of one partition: the same sums, with the times that are asked for. */
static void packed_profiles(void **state)
{
	const struct ask_way way = { .packed = true };
	size_t packed = 0, whole = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wanted) * sets.n; i++) {
		int64_t want[PATHS], got[PATHS];
		struct dataset *set = sets.p[i % sets.n];
		struct arena *a = arena_new();
		struct profile *one, *other, *again;
		struct str selector, site[2];
		struct pyro_ask ask = ask_wanted(ASK_PROFILE, &wanted[i / sets.n], &selector, site, &(uint64_t){ 0 });
		struct part p, q;
		struct err e;
		struct buf b;

		buf_init(&b, 1 << 20);
		assert_int_equal(ask_run(a, &ask, &set, 1, &p, &e), 0);
		assert_int_equal(ask_run_so(a, &ask, &way, &set, 1, &q, &e), 0);
		assert_int_equal(p.pprofs.n, 0);
		packed += q.pprofs.n;
		whole += q.profile != NULL;
		assert_int_equal(part_pprof(a, &q, 77, 88, &b, &e), 0);
		assert_int_equal(part_profile(a, &p, &one, &e), 0);
		assert_int_equal(part_profile(a, &q, &other, &e), 0);
		assert_int_equal(one != NULL, other != NULL);
		assert_int_equal(one != NULL, b.n > 0);
		if (one != NULL) {
			profile_sums(one, want);
			profile_sums(other, got);
			assert_memory_equal(got, want, sizeof(want));
			assert_int_equal(pprof_decode(a, buf_str(&b), &again, &e), 0);
			profile_sums(again, got);
			assert_memory_equal(got, want, sizeof(want));
			assert_int_equal(again->time, 77);
			assert_int_equal(again->duration, 88);
			assert_int_equal(again->period, one->period);
			assert_int_equal(profile_default_type(again), 0);
			assert_true(
			    str_eq(profile_str(again, again->types[0].unit), profile_str(one, one->types[0].unit)));
			assert_true(str_eq(profile_str(again, again->period_type.unit),
			    profile_str(one, one->period_type.unit)));
		}
		part_fini(&p);
		part_fini(&q);
		buf_fini(&b);
		arena_free(a);
	}
	assert_true(packed > 0 && whole > 0);
}

/* Parts that came as bytes, in any order beside those that did not. */
static void packed_parts(void **state)
{
	struct str selector = STR("{}");
	struct pyro_ask ask = ask_of(ASK_PROFILE, &selector, START, START + MINUTES * 60 * NS_PER_S);
	int64_t want[PATHS], got[PATHS];
	struct arena *a = arena_new();
	struct part whole = ask_all(a, &ask);
	struct profile *p;
	struct err e;

	(void)state;
	assert_int_equal(part_profile(a, &whole, &p, &e), 0);
	profile_sums(p, want);
	for (unsigned packed = 0; packed < 1u << sets.n; packed++) {
		whole = part_none();
		for (size_t i = 0; i < sets.n; i++) {
			struct ask_way way = { .packed = packed >> i & 1 };
			struct part part;

			assert_int_equal(ask_run_so(a, &ask, &way, &sets.p[i], 1, &part, &e), 0);
			assert_int_equal(part_merge(a, &ask, &whole, &part, &e), 0);
		}
		assert_int_equal(part_profile(a, &whole, &p, &e), 0);
		profile_sums(p, got);
		assert_memory_equal(got, want, sizeof(want));
		part_fini(&whole);
	}
	arena_free(a);
}

/* ---- single rows ---- */

static bool is_row(const struct point_series *s, const struct point *p, const struct sample *r, size_t number)
{
	return p->id[0] == (uint8_t)number && p->value == r->value && p->time == floor_ms(r->time) &&
	    str_eq(labels_get(&s->labels, STR("service_name")), str_cstr(services[r->service]));
}

/* Each row that is wanted is there once, with its value; of spans those that have one. */
static void points(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(wanted); i++) {
		const struct wanted *w = &wanted[i / 2];
		struct arena *a = arena_new();
		size_t found = 0, want = 0;
		struct str selector, site[2];
		struct pyro_ask ask;
		struct part p;
		uint64_t span;

		if (w->root >= 0 || w->span >= 0) {
			arena_free(a);
			continue;
		}
		ask = ask_wanted(ASK_POINTS, w, &selector, site, &span);
		ask.span_points = i % 2;
		p = ask_all(a, &ask);
		for (size_t r = 0; r < ROWS; r++) {
			if (!is_wanted(w, &all[r]) || (ask.span_points && all[r].span == 0))
				continue;
			want++;
			for (size_t k = 0; k < p.points.n; k++)
				for (size_t j = 0; j < p.points.p[k].n; j++)
					found += is_row(&p.points.p[k], &p.points.p[k].p[j], &all[r], r) &&
					    p.points.p[k].p[j].span == (ask.span_points ? all[r].span : 0);
		}
		assert_int_equal(found, want);
		assert_int_equal(want != 0, i / 2 < 4 || i / 2 == 7);
		for (size_t k = 0; k < p.points.n; k++)
			want -= p.points.p[k].n;
		assert_int_equal(want, 0);
		part_fini(&p);
		arena_free(a);
	}
}

/* Only rows of the profiles that are named. */
static void profile_ids(void **state)
{
	struct arena *a = arena_new();
	struct str selector = STR("{}"),
		   ids[] = { STR("ff000000-0000-0000-0000-000000000000"), STR("ff000000-0000-0000-0000-000000000000"),
			   STR("05000000-0000-0000-0000-000000000001"), STR("05000000-0000-0000-0000-000000000000") };
	struct pyro_ask ask = ask_of(ASK_TREE, &selector, START, START + MINUTES * 60 * NS_PER_S);
	int64_t want = 0;
	struct part p;

	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		want += (uint8_t)i == 5 || (uint8_t)i == 255 ? all[i].value : 0;
	ask.profile_ids = (struct msg_strs){ ids, ARRAY_LEN(ids) };
	p = ask_all(a, &ask);
	tree_total(p.tree);
	assert_int_equal(p.tree->nodes.p[0].total, want);
	part_fini(&p);
	arena_free(a);
}

/* In any order, some twice. */
static void span_ids(void **state)
{
	struct arena *a = arena_new();
	struct str selector = STR("{}");
	uint64_t spans[] = { 7, 2, UINT64_MAX, 1, 2, 0 };
	struct pyro_ask ask = ask_of(ASK_TREE, &selector, START, START + MINUTES * 60 * NS_PER_S);
	int64_t want = 0;
	struct part p;

	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		want += all[i].span != 0 ? all[i].value : 0;
	ask.by_span = true;
	ask.spans.p = spans;
	ask.spans.n = ARRAY_LEN(spans);
	p = ask_all(a, &ask);
	tree_total(p.tree);
	assert_int_equal(p.tree->nodes.p[0].total, want);
	part_fini(&p);
	arena_free(a);
}

/* A merged profile keeps the functions whose total reaches that of the n-th, with all that tie. */
static void cut_profiles(void **state)
{
	static const struct {
		int64_t max_nodes;
		uint32_t functions;
	} cases[] = {
		{ 0, 4 },
		{ 1, 2 },
		{ 2, 4 },
		{ 3, 4 },
		{ 4, 4 },
		{ 5, 4 },
	};
	static const int64_t values[] = { 5, 3, 3, 3 };
	struct str selector = STR("{}");
	struct sym_importer *imp = sym_importer_new();
	struct head *h = head_new();
	struct dataset *set = &h->set;
	struct arena *a = arena_new();

	(void)state;
	for (unsigned i = 0; i < NAMES; i++)
		store(a, imp, h, &(struct sample){ .depth = 1, .path = { i }, .time = START, .value = values[i] }, 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pyro_ask ask = ask_of(ASK_PROFILE, &selector, START, START + 1);
		int64_t sum = 0;
		struct part p;
		struct err e;

		ask.max_nodes = cases[i].max_nodes;
		assert_int_equal(ask_run(a, &ask, &set, 1, &p, &e), 0);
		assert_int_equal(p.profile->n_functions, cases[i].functions);
		for (uint32_t k = 0; k < p.profile->n_samples; k++)
			sum += p.profile->values[k];
		assert_int_equal(sum, 14);
	}
	sym_importer_free(imp);
	head_free(h);
	arena_free(a);
}

/* A set whose row names a stack that its symbols do not have. */
static void broken_sets(void **state)
{
	const int64_t value = 1;
	uint32_t stack;
	struct made_set b;
	struct dataset *set = &b.set;
	struct str selector = STR("{}"), name = STR("main");
	struct arena *a = arena_new();
	struct pyro_ask ask = ask_of(ASK_TREE, &selector, START, START + 1);
	uint64_t span = 0;
	struct part p;
	struct err e;

	(void)state;
	made_set_init(&b, (struct row){ .n = 1, .stacks = &stack, .values = &value, .time = START, .total = 1 });
	stack = (uint32_t)b.symbols->nodes.n;
	assert_int_equal(ask_run(a, &ask, &set, 1, &p, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	ask.kind = ASK_PROFILE;
	assert_int_equal(ask_run(a, &ask, &set, 1, &p, &e), -1);
	ask.kind = ASK_SERIES;
	ask.from_ms = ask.to_ms = START / NS_PER_MS;
	ask.step_ms = 1;
	ask.functions = (struct msg_strs){ &name, 1 };
	assert_int_equal(ask_run(a, &ask, &set, 1, &p, &e), -1);
	ask.functions.n = 0;
	ask.call_site = (struct msg_strs){ &name, 1 };
	assert_int_equal(ask_run(a, &ask, &set, 1, &p, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	ask.kind = ASK_POINTS;
	assert_int_equal(ask_run(a, &ask, &set, 1, &p, &e), -1);
	ask.kind = ASK_PROFILE;
	ask.by_span = true;
	ask.spans.p = &span;
	ask.spans.n = 1;
	assert_int_equal(ask_run(a, &ask, &set, 1, &p, &e), 0); /* no span: the stack is not looked at */
	symbols_free(b.symbols);
	arena_free(a);
}

/* ---- refusals ---- */

static void refused(void **state)
{
	struct str good = STR("{}"), bad = STR("{a=}"), regex = STR("{a=~\"(\"}"), two[] = { STR("{}"), STR("{}") };
	struct str id = STR("not-a-uuid");
	struct arena *a = arena_new();
	const struct pyro_ask base = ask_of(ASK_TREE, &good, START, START + 1);
	struct pyro_ask cases[7];
	struct part p;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		cases[i] = base;
	cases[0].selectors.p = &bad;
	cases[1].selectors.p = &regex;
	cases[2].selectors = (struct msg_strs){ two, 2 };
	cases[3].selectors.n = 0;
	cases[4].profile_type = STR("cpu");
	cases[5].kind = ASK_SERIES; /* without a step */
	cases[6].profile_ids = (struct msg_strs){ &id, 1 };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(ask_run(a, &cases[i], sets.p, sets.n, &p, &e), -1);
		assert_int_equal(e.kind, ERR_INVALID);
		assert_null(p.tree);
	}
	cases[0] = base;
	cases[0].kind = ASK_VALUES; /* of no label */
	assert_int_equal(ask_run(a, &cases[0], sets.p, sets.n, &p, &e), -1);
	arena_free(a);
}

/* Answers that another process did not make. */
static void broken_answers(void **state)
{
	struct pyro_answer m = { .tree = STR("\x05\x01\x02") };
	struct arena *a = arena_new();
	struct part p;
	struct err e;

	(void)state;
	assert_int_equal(part_of_message(a, &m, &p, &e), -1);
	assert_null(p.tree);
	for (size_t i = 1; i < 4; i++) { /* a profile is read when it must be */
		struct str bad[] = { STR("\x0a\xff"), STR("\x0a\xff"), STR("\x0a\xff") };
		struct profile *none;

		m = (struct pyro_answer){ .profiles = { bad, i } };
		assert_int_equal(part_of_message(a, &m, &p, &e), 0);
		assert_int_equal(part_profile(a, &p, &none, &e), -1);
	}
	for (size_t i = 0; i < 3; i++) { /* times must ascend */
		int64_t times[] = { 10, (int64_t)i - 1 }, sums[2] = { 0 };
		uint64_t counts[2] = { 0 };
		struct pyro_group g = { .times = { times, 2 }, .sums = { sums, 2 }, .counts = { counts, 2 } };

		m = (struct pyro_answer){ .series = { &g, 1 } };
		assert_int_equal(part_of_message(a, &m, &p, &e), i == 2 ? 0 : -1);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_and_profiles),
		cmocka_unit_test(packed_profiles),
		cmocka_unit_test(packed_parts),
		cmocka_unit_test(points),
		cmocka_unit_test(profile_ids),
		cmocka_unit_test(span_ids),
		cmocka_unit_test(cut_profiles),
		cmocka_unit_test(broken_sets),
		cmocka_unit_test(refused),
		cmocka_unit_test(broken_answers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, ask_setup, ask_teardown);
}
