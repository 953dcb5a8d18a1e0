/* test_head_bundle.c - rows of a large head, which are compressed when 32 of a series are there */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "formats/head/head.h"

enum { SAMPLES = 20000, PUSHES = 100 };

static struct label labels[] = {
	{ { "__name__", 8 }, { "process_cpu", 11 } },
	{ { "service_name", 12 }, { "shop", 4 } },
};

/* Sample i of push k has (i + 1) * 2^20 + 2 k + 1: a row takes six bytes a sample. */
static struct profile *many_stacks(struct arena *a, int64_t k)
{
	struct profile_builder *b = profile_builder_new(a, 1);
	struct profile *p;

	profile_builder_type(b, 0, STR("cpu"), STR("nanoseconds"));
	for (int64_t i = 0; i < SAMPLES; i++) {
		int64_t value = ((i + 1) << 20) + 2 * k + 1;
		uint32_t at;

		at = profile_builder_frame(b, arena_printf(a, "f%d", (int)i), STR("main.c"), 1);
		profile_builder_add(b, &at, 1, &value, NULL, 0);
	}
	p = profile_builder_finish(b);
	p->has_period_type = true;
	p->period_type = p->types[0];
	return p;
}

/* Of the samples of a row: 2^20 * 20000 * 20001 / 2 + 20000 * (2 k + 1). */
static int64_t sum_of(int64_t k)
{
	return INT64_C(209725685760000) + 20000 * (2 * k + 1);
}

struct found {
	uint32_t rows, samples;
	int64_t sum, totals, first, last; /* first, last: values of the first row */
};

static int found_row(void *ctx, const struct row *r, struct err *e)
{
	struct found *f = ctx;

	(void)e;
	if (f->rows++ == 0 && r->n > 0) {
		f->first = r->values[0];
		f->last = r->values[r->n - 1];
	}
	f->samples += r->n;
	f->totals += r->total;
	for (uint32_t i = 0; i < r->n; i++)
		f->sum += r->values[i];
	return 0;
}

static struct found found(struct head *h, int64_t from, int64_t to, bool summed)
{
	struct arena *a = arena_new();
	struct series_list list;
	struct found f = { 0 };
	struct scan s = { .from = from, .to = to, .samples = true, .summed = summed, .row = found_row, .ctx = &f };
	struct err e;

	assert_int_equal(dataset_series(&h->set, a, NULL, &list, &e), 0);
	assert_int_equal(list.n, 1);
	s.series = list.p;
	s.n_series = list.n;
	assert_int_equal(dataset_scan(&h->set, &s, &e), 0);
	arena_free(a);
	return f;
}

/* Each row, some of them, and all. */
static void check(struct head *h)
{
	struct found f;

	for (int64_t k = 0; k < PUSHES; k++) {
		f = found(h, k, k, false);
		assert_int_equal(f.rows, 1);
		assert_int_equal(f.samples, SAMPLES);
		assert_int_equal(f.first, 1048576 + 2 * k + 1);
		assert_int_equal(f.last, INT64_C(20971520000) + 2 * k + 1);
		assert_int_equal(f.sum, sum_of(k));
		assert_int_equal(f.totals, sum_of(k));
	}
	f = found(h, 10, 20, false);
	assert_int_equal(f.rows, 11);
	assert_int_equal(f.sum, 11 * sum_of(15));
	f = found(h, 0, PUSHES - 1, true);
	assert_int_equal(f.rows, 7); /* three sums of 32, four rows */
	assert_int_equal(f.sum, 50 * (sum_of(0) + sum_of(PUSHES - 1)));
	assert_int_equal(f.totals, f.sum);
}

static void large_heads_are_compressed(void **state)
{
	struct head *h = head_new(), *again = head_new();
	struct sym_importer *imp = sym_importer_new();
	struct arena *a = arena_new();
	size_t before = 0;
	struct err e;

	(void)state;
	for (int64_t k = 0; k < PUSHES; k++) {
		struct head_push push = { .profile = many_stacks(a, k),
			.labels = { labels, 2 },
			.partition = 42,
			.time = k,
			.now = k };
		struct buf record;

		buf_init(&record, 1 << 24);
		assert_int_equal(head_add(h, imp, &push, &record), 1);
		assert_int_equal(head_replay(again, buf_str(&record), &e), 0);
		buf_fini(&record);
		arena_reset(a);
		if (k == 62) /* one row before the second part is complete, when there are more than 4 MiB */
			before = head_bytes(h);
	}
	assert_true(before > 9000000);
	assert_true(head_bytes(h) < before / 4 * 5); /* with half as many rows again */
	check(h);
	check(again);
	arena_free(a);
	sym_importer_free(imp);
	head_free(h);
	head_free(again);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(large_heads_are_compressed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("head_bundle", tests, NULL, NULL);
}
