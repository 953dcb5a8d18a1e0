/* test_retain.c - which blocks go, and that they go: a data folder under a running loop */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/file.h"
#include "tools/pyro-ingest/retain.h"
#include "tools/pyro-ingest/retention.h"
#include "tools/pyro-ingest/shard.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#define HOUR (3600 * NS_PER_S)
#define DAY (24 * HOUR)

/* Five blocks, a day apart, of 100 bytes each; the youngest is an hour old at `now`. */
static const int64_t now = 1000 * DAY;

static void five(struct retain_block b[static 5], int64_t period)
{
	for (int i = 0; i < 5; i++)
		b[i] = (struct retain_block){ .made = now - HOUR - (4 - i) * DAY, .period = period, .bytes = 100 };
}

static size_t kept(const struct retain_block b[static 5])
{
	size_t n = 0;

	for (int i = 0; i < 5; i++)
		n += b[i].verdict == RETAIN_KEEP;
	return n;
}

static void by_age(void **state)
{
	static const struct {
		int64_t period;
		size_t kept;
	} cases[] = {
		{ 0, 5 },
		{ 1, 0 },
		{ HOUR, 1 },
		{ HOUR - 1, 0 },
		{ DAY + HOUR, 2 },
		{ 3 * DAY, 3 },
		{ 100 * DAY, 5 },
	};
	struct retain_disk none = { 0 };
	struct retain_block b[5];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		five(b, cases[i].period);
		assert_int_equal(retain_pick(b, 5, &none, now), 5 - cases[i].kept);
		assert_int_equal(kept(b), cases[i].kept);
		for (int k = 1; k < 5; k++) /* none is older than one that goes */
			assert_true(b[k - 1].verdict != RETAIN_KEEP || b[k].verdict == RETAIN_KEEP);
	}
}

static void by_disk(void **state)
{
	static const struct {
		uint64_t free, total, min_free;
		double fraction;
		size_t kept;
	} cases[] = {
		{ 1000, 10000, 500, 0.5, 5 },                             /* enough */
		{ 400, 10000, 500, 0.01, 5 },                             /* little, but a large part of the disk */
		{ 400, 10000, 500, 0.05, 4 },                             /* one block makes room */
		{ 250, 10000, 500, 0.05, 2 }, { 0, 10000, 500, 0.05, 1 }, /* the youngest stays, whatever is free */
		{ 0, 10000, 0, 0.05, 5 },                                 /* switched off */
		{ 0, 0, 500, 0.05, 5 },                                   /* the disk is not known */
	};
	struct retain_block b[5];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct retain_disk d = { cases[i].free, cases[i].total, cases[i].min_free, cases[i].fraction };

		five(b, 0);
		retain_pick(b, 5, &d, now);
		assert_int_equal(kept(b), cases[i].kept);
		assert_int_equal(b[4].verdict, RETAIN_KEEP);
	}
}

/* What goes by age makes room too. */
static void by_both(void **state)
{
	struct retain_disk d = { 300, 10000, 500, 0.05 };
	struct retain_block b[5];

	(void)state;
	five(b, 3 * DAY);
	assert_int_equal(retain_pick(b, 5, &d, now), 2);
	assert_int_equal(b[0].verdict, RETAIN_AGE);
	assert_int_equal(b[1].verdict, RETAIN_AGE);
	d.free = 200;
	assert_int_equal(retain_pick(b, 5, &d, now), 3);
	assert_int_equal(b[2].verdict, RETAIN_DISK);
}

/* ---- a folder ---- */

struct world {
	char data[64];
	struct loop *loop;
	struct pool *pool;
	struct local_blocks blocks;
	struct limits_set *limits;
	struct counters counters;
	struct timer look;
	int looks;
	uint64_t removed; /* the loop runs until so many are */
};

static void put_block(struct world *w, const char *tenant, int64_t age)
{
	const struct clock *c = clock_real();
	struct ulid id = ulid_make((c->wall(c) - age) / NS_PER_MS, (const uint8_t[10]){ 1, 2, 3 });
	char text[ULID_TEXT + 1], path[160];
	struct err e;

	ulid_print(id, text);
	snprintf(path, sizeof(path), "%s/%s/local/%s", w->data, tenant, text);
	assert_int_equal(file_mkdirs(AT_FDCWD, path, 0777, &e), 0);
	snprintf(path, sizeof(path), "%s/%s/local/%s/meta.json", w->data, tenant, text);
	assert_int_equal(file_replace(AT_FDCWD, path, STR("{}"), 0666, &e), 0);
}

static size_t folders(struct world *w, const char *tenant)
{
	struct arena *a = arena_new();
	struct file_list list;
	char path[160];
	struct err e;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s/local", w->data, tenant);
	assert_int_equal(file_list(a, AT_FDCWD, path, &list, &e), 0);
	n = list.n;
	arena_free(a);
	return n;
}

static size_t listed(struct world *w, const char *tenant)
{
	struct ulid *ids;
	size_t n = local_blocks_of(&w->blocks, str_cstr(tenant), &ids);

	mem_free(ids);
	return n;
}

/* A forgotten block keeps its files for a round. */
static void look(struct timer *t)
{
	struct world *w = CONTAINER_OF(t, struct world, look);

	assert_true(folders(w, "a") >= listed(w, "a"));
	if (w->counters.blocks_removed >= w->removed || ++w->looks > 2000)
		loop_stop(w->loop);
	loop_timer(w->loop, t, loop_mono(w->loop) + 5 * NS_PER_MS);
}

static void run_rounds(struct world *w, struct retention_conf conf)
{
	struct retention *r;
	struct err e;

	conf.loop = w->loop;
	conf.pool = w->pool;
	conf.data = w->data;
	conf.blocks = &w->blocks;
	conf.limits = &w->limits;
	conf.counters = &w->counters;
	conf.interval = NS_PER_MS;
	w->look.fn = look;
	loop_timer(w->loop, &w->look, loop_mono(w->loop));
	r = retention_start(&conf);
	assert_int_equal(loop_run(w->loop, &e), 0);
	loop_timer_off(w->loop, &w->look);
	retention_free(r);
	pool_free(w->pool); /* a round under way has ended, and frees r in the next turn */
	w->pool = NULL;
	loop_stop(w->loop);
	assert_int_equal(loop_run(w->loop, &e), 0);
}

static struct limits_set *limits_file(struct world *w, const char *text)
{
	static const struct limits base = { 0 };
	struct limits_set *set;
	char path[100];
	struct err e;

	snprintf(path, sizeof(path), "%s/runtime.yaml", w->data);
	assert_int_equal(file_replace(AT_FDCWD, path, str_cstr(text), 0666, &e), 0);
	set = limits_read(&base, &(struct opt_list){ (const char *[]){ path }, 1 }, &e);
	assert_non_null(set);
	return set;
}

static int world_new(void **state)
{
	struct world *w = mem_zalloc(sizeof(*w));
	struct err e;

	snprintf(w->data, sizeof(w->data), "/tmp/test_retain.XXXXXX");
	assert_non_null(mkdtemp(w->data));
	w->loop = loop_new();
	w->pool = pool_new("disk", 1, 16);
	put_block(w, "a", 3 * DAY);
	put_block(w, "a", 2 * DAY);
	put_block(w, "a", HOUR);
	put_block(w, "b", 5 * DAY);
	put_block(w, "b", HOUR);
	local_blocks_init(&w->blocks);
	assert_int_equal(local_blocks_load(&w->blocks, w->data, &e), 0);
	*state = w;
	return 0;
}

static int world_free(void **state)
{
	struct world *w = *state;
	struct err e;

	pool_free(w->pool);
	loop_free(w->loop);
	limits_free(w->limits);
	local_blocks_fini(&w->blocks);
	assert_int_equal(file_remove_tree(AT_FDCWD, w->data, &e), 0);
	mem_free(w);
	return 0;
}

static void tenants_have_periods(void **state)
{
	struct world *w = *state;

	w->limits = limits_file(w, "overrides:\n  a:\n    compactor_blocks_retention_period: 36h\n");
	w->removed = 2;
	run_rounds(w, (struct retention_conf){ 0 });
	assert_int_equal(w->counters.blocks_removed, 2);
	assert_int_equal(listed(w, "a"), 1);
	assert_int_equal(folders(w, "a"), 1);
	assert_int_equal(folders(w, "b"), 2);
}

/* No disk has so much room: what is not young goes. */
static void full_disk(void **state)
{
	struct world *w = *state;

	w->limits = limits_file(w, "overrides: {}\n");
	w->removed = 3;
	run_rounds(w, (struct retention_conf){ .min_free = UINT64_MAX / 2, .min_fraction = 1 });
	assert_int_equal(w->counters.blocks_removed, 3);
	assert_int_equal(folders(w, "a"), 1);
	assert_int_equal(folders(w, "b"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_age),
		cmocka_unit_test(by_disk),
		cmocka_unit_test(by_both),
		cmocka_unit_test_setup_teardown(tenants_have_periods, world_new, world_free),
		cmocka_unit_test_setup_teardown(full_disk, world_new, world_free),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
