/* test_head.c - heads: rows of pushes, growth of cumulative values, records that make the same head again */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/enc.h"
#include "formats/head/head.h"
#include "formats/query/query.h"

static struct label base_labels[] = {
	{ { "__name__", 8 }, { "process_cpu", 11 } },
	{ { "service_name", 12 }, { "shop", 4 } },
};

/* main;work and main;idle with two sample types. */
static struct profile *two_stacks(struct arena *a, int64_t work, int64_t idle)
{
	struct profile_builder *b = profile_builder_new(a, 2);
	uint32_t main_ = profile_builder_frame(b, STR("main"), STR("main.c"), 1);
	uint32_t stack[2] = { profile_builder_frame(b, STR("work"), STR("main.c"), 7), main_ };
	int64_t v[2] = { 1, work };
	struct profile *p;

	profile_builder_type(b, 0, STR("samples"), STR("count"));
	profile_builder_type(b, 1, STR("cpu"), STR("nanoseconds"));
	profile_builder_add(b, stack, 2, v, NULL, 0);
	stack[0] = profile_builder_frame(b, STR("idle"), STR("main.c"), 9);
	v[0] = idle ? 1 : 0;
	v[1] = idle;
	profile_builder_add(b, stack, 2, v, NULL, 0);
	p = profile_builder_finish(b);
	p->has_period_type = true;
	p->period_type = p->types[1];
	return p;
}

static struct head_push push_of(struct profile *p, int64_t time)
{
	struct head_push push = { .profile = p,
		.labels = { base_labels, 2 },
		.partition = 42,
		.time = time,
		.duration = 10 * NS_PER_S,
		.now = time };

	push.id[0] = (uint8_t)time;
	return push;
}

static char *describe(struct head *h)
{
	struct arena *a = arena_new();
	struct dataset *set = &h->set;
	struct query q = { .from = INT64_MIN, .to = INT64_MAX };
	struct series_list list;
	struct tree *t = tree_new();
	struct buf b, bytes;
	struct err e;
	char *text;

	buf_init(&b, 1 << 20);
	buf_init(&bytes, 1 << 20);
	assert_int_equal(dataset_series(set, a, NULL, &list, &e), 0);
	for (uint32_t i = 0; i < list.n; i++) {
		buf_printf(&b, "%u %016llx ", list.p[i].number, (unsigned long long)list.p[i].fingerprint);
		labels_print(&b, &list.p[i].labels);
		buf_byte(&b, '\n');
	}
	assert_int_equal(query_tree(&set, 1, &q, t, &e), 0);
	tree_total(t);
	tree_encode(t, 0, &bytes);
	enc_hex(&b, buf_str(&bytes));
	buf_printf(&b, "\nrows %llu samples %llu\n", (unsigned long long)h->n_rows, (unsigned long long)h->n_samples);
	text = mem_cstr(b.p, b.n);
	buf_fini(&b);
	buf_fini(&bytes);
	tree_free(t);
	arena_free(a);
	return text;
}

static void replay_gives_the_same(void **state)
{
	struct head *h = head_new(), *again = head_new();
	struct sym_importer *imp = sym_importer_new();
	struct arena *a = arena_new();
	struct buf record;
	struct err e;
	char *one, *two;

	(void)state;
	buf_init(&record, 1 << 20);
	for (int64_t i = 1; i <= 20; i++) {
		struct head_push push = push_of(two_stacks(a, 10 * i, i % 3 ? 5 : 0), i * NS_PER_S);

		push.partition = 42 + (uint64_t)(i % 2);
		buf_reset(&record);
		assert_int_equal(head_add(h, imp, &push, &record), 2);
		assert_int_equal(head_replay(again, buf_str(&record), &e), 0);
		if (i > 4)
			assert_true(record.n < 80); /* nothing new: only rows */
	}
	one = describe(h);
	two = describe(again);
	assert_string_equal(one, two);
	assert_non_null(strstr(one, "__profile_type__=\"process_cpu:cpu:nanoseconds:cpu:nanoseconds\""));
	assert_non_null(strstr(one, "__service_name__=\"shop\""));
	assert_non_null(strstr(one, "rows 40 "));
	mem_free(one);
	mem_free(two);
	buf_fini(&record);
	arena_free(a);
	sym_importer_free(imp);
	head_free(h);
	head_free(again);
}

/* A record refused before its rows left nothing behind: the sound one still fits and says the same. */
static void sound_after(struct head *h, const struct err *refused, struct str record, const char *want)
{
	struct err e;
	char *got;

	if (strstr(refused->msg, "row at") || strstr(refused->msg, "head record: stack"))
		return;
	assert_int_equal(head_series(h), 0);
	assert_int_equal(head_replay(h, record, &e), 0);
	got = describe(h);
	assert_string_equal(got, want);
	mem_free(got);
}

static void damaged_records(void **state)
{
	struct head *h = head_new();
	struct sym_importer *imp = sym_importer_new();
	struct arena *a = arena_new();
	struct head_push push = push_of(two_stacks(a, 10, 5), NS_PER_S);
	struct buf record;
	struct err e;
	char *want;

	(void)state;
	buf_init(&record, 1 << 20);
	head_add(h, imp, &push, &record);
	want = describe(h);
	for (size_t n = 0; n < record.n; n++) {
		struct head *cut = head_new();
		char *copy = mem_alloc(n);

		memcpy(copy, record.p, n);
		/* Behind the head of the record a cut may fall between two rows: then fewer rows come. */
		if (head_replay(cut, str_of(copy, n), &e) == 0)
			assert_true(cut->n_rows < 2);
		else {
			assert_int_equal(e.kind, ERR_CORRUPT);
			sound_after(cut, &e, buf_str(&record), want);
		}
		mem_free(copy);
		head_free(cut);
	}
	for (size_t i = 0; i < record.n * 8; i++) {
		struct head *flipped = head_new();

		record.p[i / 8] = (char)(record.p[i / 8] ^ (1 << (i % 8)));
		int rc = head_replay(flipped, buf_str(&record), &e);
		record.p[i / 8] = (char)(record.p[i / 8] ^ (1 << (i % 8)));
		if (rc < 0)
			sound_after(flipped, &e, buf_str(&record), want);
		head_free(flipped);
	}
	mem_free(want);
	buf_fini(&record);
	arena_free(a);
	sym_importer_free(imp);
	head_free(h);
}

static int64_t sum_of(struct head *h)
{
	struct dataset *set = &h->set;
	struct query q = { .from = INT64_MIN, .to = INT64_MAX };
	struct tree *t = tree_new();
	struct err e;
	int64_t sum;

	assert_int_equal(query_tree(&set, 1, &q, t, &e), 0);
	tree_total(t);
	sum = t->nodes.p[0].total;
	tree_free(t);
	return sum;
}

/* A record belongs behind those before it: told twice, or without its forerunner, it changes nothing. */
static void order_of_records(void **state)
{
	struct head *h = head_new(), *again = head_new(), *gap = head_new();
	struct sym_importer *imp = sym_importer_new();
	struct arena *a = arena_new();
	struct head_push first = push_of(two_stacks(a, 10, 5), NS_PER_S), second;
	struct profile_builder *b = profile_builder_new(a, 1);
	uint32_t stack = profile_builder_frame(b, STR("other"), STR("other.c"), 3);
	struct buf one, two;
	char *want, *got;
	int64_t v = 7;
	struct err e;

	(void)state;
	buf_init(&one, 1 << 20);
	buf_init(&two, 1 << 20);
	profile_builder_type(b, 0, STR("samples"), STR("count"));
	profile_builder_add(b, &stack, 1, &v, NULL, 0);
	second = push_of(profile_builder_finish(b), 2 * NS_PER_S);
	head_add(h, imp, &first, &one);
	want = describe(h);
	head_add(h, imp, &second, &two);
	assert_int_equal(head_replay(again, buf_str(&one), &e), 0);
	assert_int_equal(head_replay(again, buf_str(&one), &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	got = describe(again);
	assert_string_equal(got, want);
	assert_int_equal(head_replay(again, buf_str(&two), &e), 0);
	assert_int_equal(head_replay(gap, buf_str(&two), &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_int_equal(gap->n_rows, 0);
	assert_int_equal(head_replay(gap, buf_str(&one), &e), 0);
	mem_free(want);
	mem_free(got);
	buf_fini(&one);
	buf_fini(&two);
	arena_free(a);
	sym_importer_free(imp);
	head_free(h);
	head_free(again);
	head_free(gap);
}

/* One stack under two spans is two samples; without spans it is one. */
static void spans_stay_apart(void **state)
{
	static const uint64_t spans[] = { 1, 2, 1 };
	struct sym_importer *imp = sym_importer_new();
	struct arena *a = arena_new();
	struct buf record;

	(void)state;
	buf_init(&record, 1 << 20);
	for (int with = 0; with < 2; with++) {
		struct profile_builder *b = profile_builder_new(a, 1);
		uint32_t stack = profile_builder_frame(b, STR("main"), STR_NONE, 0), key;
		struct head *h = head_new();
		struct head_push push;

		profile_builder_type(b, 0, STR("samples"), STR("count"));
		key = profile_builder_str(b, STR("n"));
		for (int64_t i = 0; i < 3; i++) /* apart by a tag, or the builder would add them up */
			profile_builder_add(b, &stack, 1, &(int64_t){ 1 }, &(struct tag){ .key = key, .num = i }, 1);
		push = push_of(profile_builder_finish(b), 1);
		push.spans = with ? spans : NULL;
		assert_int_equal(head_add(h, imp, &push, &record), 1);
		assert_int_equal(h->n_samples, with ? 2 : 1);
		assert_int_equal(sum_of(h), 3);
		head_free(h);
	}
	buf_fini(&record);
	arena_free(a);
	sym_importer_free(imp);
}

static void cumulative_values(void **state)
{
	static struct label labels[] = {
		{ { "__name__", 8 }, { "memory", 6 } },
		{ { "service_name", 12 }, { "shop", 4 } },
	};
	/* pushed value and total of the head after it: baseline, growth, none, growth, fall (new baseline), growth */
	static const struct {
		int64_t value, total;
	} steps[] = {
		{ 100, 0 },
		{ 130, 30 },
		{ 130, 30 },
		{ 140, 40 },
		{ 20, 40 },
		{ 25, 45 },
	};
	struct head *h = head_new(), *again = head_new();
	struct sym_importer *imp = sym_importer_new();
	struct arena *a = arena_new();
	struct buf record;
	struct err e;

	(void)state;
	buf_init(&record, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct profile_builder *b = profile_builder_new(a, 1);
		uint32_t stack = profile_builder_frame(b, STR("main"), STR_NONE, 0);
		uint32_t still = profile_builder_frame(b, STR("still"), STR_NONE, 0);
		struct head_push push;

		profile_builder_type(b, 0, STR("alloc_space"), STR("bytes"));
		profile_builder_add(b, &stack, 1, &steps[i].value, NULL, 0);
		profile_builder_add(b, &still, 1, &(int64_t){ 50 }, NULL, 0); /* never grows, never falls */
		push = push_of(profile_builder_finish(b), (int64_t)i + 1);
		push.labels = (struct labels){ labels, 2 };
		push.cumulative = true;
		buf_reset(&record);
		head_add(h, imp, &push, &record);
		assert_int_equal(head_replay(again, buf_str(&record), &e), 0);
		assert_int_equal(sum_of(h), steps[i].total);
		assert_int_equal(sum_of(again), steps[i].total);
	}
	buf_fini(&record);
	arena_free(a);
	sym_importer_free(imp);
	head_free(h);
	head_free(again);
}

/* Types and units of strangers may be empty, and then they are no labels; or hold zeros. */
static void odd_types(void **state)
{
	static const struct {
		struct str type, unit, want_id;
		uint32_t want_labels;
	} cases[] = {
		{ { "cpu", 3 }, { "ns", 2 }, { "process_cpu:cpu:ns:cpu:ns", 25 }, 8 },
		{ { "cpu", 3 }, { "", 0 }, { "process_cpu:cpu::cpu:", 21 }, 6 },
		{ { "a\0b", 3 }, { "ns", 2 }, { "process_cpu:a\0b:ns:a\0b:ns", 25 }, 8 },
	};
	struct sym_importer *imp = sym_importer_new();
	struct arena *a = arena_new();
	struct buf record;

	(void)state;
	buf_init(&record, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct profile_builder *b = profile_builder_new(a, 1);
		uint32_t stack = profile_builder_frame(b, STR("main"), STR_NONE, 0);
		struct head *h = head_new();
		struct series_list list;
		struct head_push push;
		struct profile *p;
		struct err e;

		profile_builder_type(b, 0, cases[i].type, cases[i].unit);
		profile_builder_add(b, &stack, 1, &(int64_t){ 1 }, NULL, 0);
		p = profile_builder_finish(b);
		p->has_period_type = true;
		p->period_type = p->types[0];
		push = push_of(p, 1);
		head_add(h, imp, &push, &record);
		assert_int_equal(dataset_series(&h->set, a, NULL, &list, &e), 0);
		assert_int_equal(list.n, 1);
		assert_true(str_eq(labels_get(&list.p[0].labels, STR("__profile_type__")), cases[i].want_id));
		assert_int_equal(list.p[0].labels.n, cases[i].want_labels);
		for (uint32_t k = 0; k < list.p[0].labels.n; k++)
			assert_true(list.p[0].labels.p[k].value.n > 0);
		head_free(h);
	}
	buf_fini(&record);
	arena_free(a);
	sym_importer_free(imp);
}

/* Parts of one profile into two partitions in turn: the same rows and records, whether the importer begins anew or not. */
static void parts_of_a_profile(void **state)
{
	static const uint32_t order[] = { 0, 1, 1, 0 };
	struct head *h[2] = { head_new(), head_new() };
	struct sym_importer *imp[2] = { sym_importer_new(), sym_importer_new() };
	struct arena *a = arena_new();
	struct profile *p = two_stacks(a, 10, 5);
	struct buf record[2];
	char *text[2];

	(void)state;
	for (unsigned k = 0; k < 2; k++)
		buf_init(&record[k], 1 << 20);
	for (unsigned i = 0; i < 8; i++) {
		struct head_push push = push_of(p, NS_PER_S);

		push.partition = 42 + i % 2;
		push.samples = &order[i / 2];
		push.n_samples = 1;
		for (unsigned k = 0; k < 2; k++) {
			push.again = k == 1 && i > 0;
			assert_int_equal(head_add(h[k], imp[k], &push, &record[k]), 2);
		}
	}
	assert_true(str_eq(buf_str(&record[0]), buf_str(&record[1])));
	for (unsigned k = 0; k < 2; k++)
		text[k] = describe(h[k]);
	assert_string_equal(text[0], text[1]);
	assert_non_null(strstr(text[0], "rows 16 "));
	for (unsigned k = 0; k < 2; k++) {
		mem_free(text[k]);
		buf_fini(&record[k]);
		head_free(h[k]);
		sym_importer_free(imp[k]);
	}
	arena_free(a);
}

static void new_series_are_told(void **state)
{
	struct head *h = head_new();
	struct sym_importer *imp = sym_importer_new();
	struct arena *a = arena_new();
	struct head_push push = push_of(two_stacks(a, 10, 5), NS_PER_S);
	struct buf record;

	(void)state;
	buf_init(&record, 1 << 20);
	assert_int_equal(head_new_series(h, &push), 2);
	head_add(h, imp, &push, &record);
	assert_int_equal(head_new_series(h, &push), 0);
	assert_int_equal(head_series(h), 2);
	assert_int_equal(head_active_series(h, NS_PER_S), 2);
	assert_int_equal(head_active_series(h, NS_PER_S + 1), 0);
	assert_true(head_bytes(h) > 1000);
	buf_fini(&record);
	arena_free(a);
	sym_importer_free(imp);
	head_free(h);
}

/* A type or unit without a name leaves no label, not even the one that was sent. */
static void empty_names_are_no_labels(void **state)
{
	static struct label sent[] = {
		{ { "__name__", 8 }, { "other", 5 } },
		{ { "__type__", 8 }, { "mine", 4 } },
		{ { "service_name", 12 }, { "shop", 4 } },
	};
	struct head *h = head_new();
	struct sym_importer *imp = sym_importer_new();
	struct arena *a = arena_new();
	struct profile *p = two_stacks(a, 10, 5);
	struct head_push push = push_of(p, NS_PER_S);
	struct buf record;
	char *text;

	(void)state;
	buf_init(&record, 1 << 20);
	push.labels = (struct labels){ sent, ARRAY_LEN(sent) };
	p->types[0].type = p->types[1].unit = p->period_type.type = 0;
	head_add(h, imp, &push, &record);
	text = describe(h);
	assert_non_null(strstr(text,
	    "{__name__=\"other\", __period_unit__=\"nanoseconds\", "
	    "__profile_type__=\"other::count::nanoseconds\", __service_name__=\"shop\", __unit__=\"count\", "
	    "service_name=\"shop\"}"));
	assert_non_null(strstr(text,
	    "{__name__=\"other\", __period_unit__=\"nanoseconds\", "
	    "__profile_type__=\"other:cpu:::nanoseconds\", __service_name__=\"shop\", __type__=\"cpu\", "
	    "service_name=\"shop\"}"));
	mem_free(text);
	buf_fini(&record);
	arena_free(a);
	sym_importer_free(imp);
	head_free(h);
}

/* ---- rows that come as one ---- */

struct taken {
	uint32_t rows;
	int64_t values, totals;
};

static int take(void *ctx, const struct row *r, struct err *e)
{
	struct taken *t = ctx;

	(void)e;
	t->rows++;
	t->totals += r->total;
	for (uint32_t i = 0; i < r->n; i++)
		t->values += r->values[i];
	return 0;
}

/* The rows of the cpu series in these seconds. */
static struct taken taken(struct head *h, int64_t from, int64_t to, bool summed)
{
	struct arena *a = arena_new();
	struct series_list list;
	struct taken t = { 0 };
	struct scan s = { .n_series = 1,
		.from = from * NS_PER_S,
		.to = to * NS_PER_S,
		.samples = true,
		.summed = summed,
		.row = take,
		.ctx = &t };
	struct err e;

	assert_int_equal(dataset_series(&h->set, a, NULL, &list, &e), 0);
	assert_int_equal(list.n, 2);
	s.series = &list.p[1];
	assert_int_equal(dataset_scan(&h->set, &s, &e), 0);
	arena_free(a);
	return t;
}

/* Row i has 10 i; the third part has rows of two partitions, the fourth came backwards. */
static void rows_come_as_one(void **state)
{
	static const struct {
		int64_t pushed, from, to; /* asked when so many rows are there */
		struct taken want;        /* with sums */
		uint32_t rows;            /* without */
	} cases[] = {
		{ 31, 1, 31, { 31, 4960, 4960 }, 31 },
		{ 32, 1, 32, { 1, 5280, 5280 }, 32 },
		{ 80, 1, 80, { 18, 32400, 32400 }, 80 },
		{ 80, 2, 80, { 48, 32390, 32390 }, 79 },
		{ 80, 2, 79, { 47, 31590, 31590 }, 78 },
		{ 80, 33, 64, { 1, 15520, 15520 }, 32 },
		{ 80, 33, 63, { 31, 14880, 14880 }, 31 },
		{ 96, 1, 96, { 34, 46560, 46560 }, 96 },
		{ 128, 97, 120, { 24, 27960, 27960 }, 24 },
		{ 128, 97, 128, { 1, 36000, 36000 }, 32 },
		{ 128, 1, 128, { 35, 82560, 82560 }, 128 },
		{ 128, 129, 199, { 0, 0, 0 }, 0 },
	};
	struct head *h = head_new();
	struct sym_importer *imp = sym_importer_new();
	struct arena *a = arena_new();
	struct buf record;
	int64_t pushed = 0;

	(void)state;
	buf_init(&record, 1 << 20);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct taken with, without;

		while (pushed < cases[i].pushed) {
			int64_t n = ++pushed, time = n > 96 ? 225 - n : n;
			struct head_push push = push_of(two_stacks(a, 8 * n, 2 * n), time * NS_PER_S);

			push.partition = n > 80 && n <= 96 ? 43 : 42;
			assert_int_equal(head_add(h, imp, &push, &record), 2);
		}
		with = taken(h, cases[i].from, cases[i].to, true);
		without = taken(h, cases[i].from, cases[i].to, false);
		assert_int_equal(with.rows, cases[i].want.rows);
		assert_int_equal(with.values, cases[i].want.values);
		assert_int_equal(with.totals, cases[i].want.totals);
		assert_int_equal(without.rows, cases[i].rows);
		assert_int_equal(without.values, cases[i].want.values);
		assert_int_equal(without.totals, cases[i].want.totals);
	}
	buf_fini(&record);
	arena_free(a);
	sym_importer_free(imp);
	head_free(h);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(replay_gives_the_same),
		cmocka_unit_test(damaged_records),
		cmocka_unit_test(order_of_records),
		cmocka_unit_test(spans_stay_apart),
		cmocka_unit_test(cumulative_values),
		cmocka_unit_test(odd_types),
		cmocka_unit_test(parts_of_a_profile),
		cmocka_unit_test(new_series_are_told),
		cmocka_unit_test(empty_names_are_no_labels),
		cmocka_unit_test(rows_come_as_one),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("head", tests, NULL, NULL);
}
