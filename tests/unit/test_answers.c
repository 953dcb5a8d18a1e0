/* test_answers.c - finished answers that are kept, and datasets that are stopped */
#include <stdio.h>
#include <stdlib.h>

#include "tools/pyro-query/answers.h"
#include "formats/query/stoppable.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

enum { BODY = 1000 };

static void put(struct answers *x, unsigned key, unsigned body)
{
	char ask[] = "ask", state[] = "state";
	struct answer_source s = { str_cstr(ask), str_cstr(state), { key, body } };
	struct answer a = { .sources = &s, .n_sources = 1 };
	static char type[2];
	char name[16], text[BODY];

	memset(text, (int)('a' + body % 26), BODY);
	snprintf(name, sizeof(name), "%u", key);
	a.body = str_of(text, BODY);
	a.type = strcpy(type, "t");
	answers_put(x, str_cstr(name), &a);
	type[0] = ask[0] = state[0] = '?'; /* all of it was copied */
}

static const struct answer *get(struct answers *x, unsigned key)
{
	char name[16];

	snprintf(name, sizeof(name), "%u", key);
	return answers_find(x, str_cstr(name), 1);
}

static void kept(void **state)
{
	struct answers *x = answers_new(20 * 2000);
	const struct answer *a;

	(void)state;
	assert_null(get(x, 1));
	put(x, 1, 1);
	put(x, 2, 2);
	a = get(x, 1);
	assert_non_null(a);
	assert_int_equal(a->body.n, BODY);
	assert_int_equal(a->body.p[0], 'b');
	assert_string_equal(a->type, "t");
	assert_int_equal(a->n_sources, 1);
	assert_true(str_eq(a->sources[0].ask, STR("ask")));
	assert_true(str_eq(a->sources[0].state, STR("state")));
	assert_int_equal(a->sources[0].digest[0], 1);
	put(x, 1, 3); /* in place of the old one */
	assert_int_equal(get(x, 1)->body.p[0], 'd');
	answers_clear(x);
	assert_null(get(x, 1));
	assert_int_equal(answers_bytes(x), 0);
	answers_free(x);
	answers_free(NULL);
}

static void until_a_time(void **state)
{
	struct answers *x = answers_new(20 * 2000);

	(void)state;
	answers_put(x, STR("k"), &(struct answer){ .body = STR("b"), .until = 100 });
	assert_non_null(answers_find(x, STR("k"), 99));
	assert_null(answers_find(x, STR("k"), 100));
	answers_put(x, STR("k"), &(struct answer){ .body = STR("b") });
	assert_non_null(answers_find(x, STR("k"), INT64_MAX));
	answers_free(x);
}

static void bounded(void **state)
{
	struct answers *x = answers_new(20 * 2000), *none = answers_new(0);
	struct answer big = { .body = { NULL, 10001 }, .n_sources = 0 };

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		put(x, i, i);
		assert_non_null(get(x, 0)); /* the first is used again and again, so it stays */
		assert_true(answers_bytes(x) <= 20 * 2000);
	}
	assert_non_null(get(x, 199));
	assert_null(get(x, 1));
	big.body.p = calloc(1, big.body.n);
	answers_put(x, STR("big"), &big);
	assert_null(answers_find(x, STR("big"), 1));
	free((void *)(uintptr_t)big.body.p);
	answers_free(x);
	put(none, 1, 1);
	assert_null(get(none, 1));
	answers_free(none);
}

static void put_part(struct answers *x, const char *key, size_t n)
{
	char *text = calloc(1, n);

	answers_put(x, str_cstr(key), &(struct answer){ .body = str_of(text, n) });
	free(text);
}

/* Finished answers have 60000 of 180000 bytes: 45 to 55 of these. Parts of blocks have the rest and what is left of that. */
static void finished_take_a_third(void **state)
{
	struct answers *x = answers_new(180000);
	unsigned oldest = 199;

	(void)state;
	put_part(x, "a", 41000);
	put_part(x, "b", 41000);
	for (unsigned i = 0; i < 200; i++)
		put(x, i, i);
	while (get(x, oldest) != NULL)
		oldest--;
	assert_in_range(200 - oldest, 45, 55);
	for (unsigned i = oldest; i-- > 0;)
		assert_null(get(x, i));
	assert_non_null(answers_find(x, STR("a"), 1));
	assert_non_null(answers_find(x, STR("b"), 1));
	put_part(x, "c", 41000); /* what was used longest ago goes, whatever it is */
	assert_null(get(x, 199));
	assert_non_null(get(x, oldest + 1));
	assert_non_null(answers_find(x, STR("a"), 1));
	assert_non_null(answers_find(x, STR("c"), 1));
	answers_free(x);
}

/* Many small ones, put again and dropped all the time: each is found, or is not there. */
static void many_small(void **state)
{
	enum { KEYS = 3000 };
	static unsigned last[KEYS];
	struct answers *x = answers_new(500000);
	unsigned found = 0;
	uint32_t seed = 1;

	(void)state;
	for (unsigned round = 1; round < 100000; round++) {
		unsigned key = (seed = seed * 1664525 + 1013904223) % KEYS;
		const struct answer *a;
		char name[16];

		snprintf(name, sizeof(name), "%u", key);
		a = answers_find(x, str_cstr(name), 1);
		if (a != NULL) {
			assert_int_equal(a->body.n, sizeof(round));
			assert_memory_equal(a->body.p, &last[key], sizeof(round));
			found++;
		}
		if (round % 3 == 0)
			continue;
		last[key] = round;
		answers_put(x, str_cstr(name), &(struct answer){ .body = str_of((const char *)&round, sizeof(round)) });
		assert_true(answers_bytes(x) <= 500000);
	}
	assert_in_range(found, 60000, 99000);
	answers_free(x);
}

/* ---- datasets ---- */

enum { ROWS = 10 };

static int some_series(struct dataset *d, struct arena *a, const struct selector *s, struct series_list *out,
    struct err *e)
{
	(void)d;
	(void)a;
	(void)s;
	(void)e;
	*out = (struct series_list){ NULL, 0 };
	return 0;
}

static int some_rows(struct dataset *d, const struct scan *s, struct err *e)
{
	(void)d;
	for (int i = 0; i < ROWS; i++)
		if (s->row(s->ctx, &(struct row){ .time = i }, e) < 0)
			return -1;
	return 0;
}

struct count {
	int n, stop_at;
	atomic_int *stop;
};

static int count_row(void *ctx, const struct row *r, struct err *e)
{
	struct count *c = ctx;

	(void)e;
	assert_int_equal(r->time, c->n);
	if (++c->n == c->stop_at)
		atomic_store(c->stop, 1);
	return 0;
}

static void stopped(void **state)
{
	static const struct dataset_ops ops = { .series = some_series, .scan = some_rows };
	struct dataset in = { .ops = &ops, .min_time = 3, .max_time = 5, .n_partitions = 7 };
	atomic_int stop = 0;
	struct count c = { .stop = &stop };
	struct scan scan = { .row = count_row, .ctx = &c };
	struct series_list list;
	struct stoppable s;
	struct err e;

	(void)state;
	stoppable_init(&s, &in, &stop);
	assert_int_equal(s.set.min_time, 3);
	assert_int_equal(s.set.n_partitions, 7);
	assert_int_equal(dataset_scan(&s.set, &scan, &e), 0);
	assert_int_equal(c.n, ROWS);
	assert_int_equal(dataset_series(&s.set, NULL, NULL, &list, &e), 0);
	c.n = 0;
	c.stop_at = 4;
	assert_int_equal(dataset_scan(&s.set, &scan, &e), -1);
	assert_int_equal(e.kind, ERR_CANCELED);
	assert_int_equal(c.n, 4);
	assert_int_equal(dataset_series(&s.set, NULL, NULL, &list, &e), -1);
	assert_int_equal(dataset_scan(&s.set, &scan, &e), -1);
	assert_int_equal(c.n, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept),
		cmocka_unit_test(until_a_time),
		cmocka_unit_test(bounded),
		cmocka_unit_test(finished_take_a_third),
		cmocka_unit_test(many_small),
		cmocka_unit_test(stopped),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
