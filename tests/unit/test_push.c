/*
 * test_push.c - a request on its way to a shard and back: every profile stands
 * alone, the first failure in the order of the request is told, counters say
 * what was refused, and the reply comes once, when all is durable.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/fd.h"
#include "io/file.h"
#include "net/httpd_impl.h"
#include "proc/pool.h"
#include "tools/pyro-ingest/push.h"
#include "tools/pyro-ingest/worker.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define NOW (INT64_C(1768471200) * NS_PER_S)

static char folder[64];

struct fixture {
	int dir;
	struct loop *loop;
	struct pool *pool;
	struct counters counters;
	_Atomic uint64_t memory, held;
	struct worker w;
	struct tenant tenant;
	struct limits limits;
	struct tenant_rules rules;
	struct httpd h;
	struct hreq q;
	unsigned done;
	bool holds;        /* memory of profiles, when it was done */
	char message[256]; /* of the failure that was told; empty = none */
};

static void pressure(void *ctx)
{
	(void)ctx;
}

static void setup(struct fixture *f, uint64_t max_memory)
{
	struct shard_conf c = { .pressure = pressure };
	struct err e;

	memset(f, 0, sizeof(*f));
	snprintf(folder, sizeof(folder), "/tmp/pyro-test-push-XXXXXX");
	assert_non_null(mkdtemp(folder));
	f->dir = fd_open(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY, &e);
	assert_true(f->dir >= 0);
	f->loop = loop_new();
	f->pool = pool_new("disk", 1, 64);
	c.loop = f->loop;
	c.journal = (struct journal_conf){ .dir = f->dir, .pool = f->pool };
	c.shared = (struct shard_shared){ &f->counters, &f->memory, &f->held, max_memory };
	f->w.shard = shard_new(&c, 1, &e);
	assert_non_null(f->w.shard);
	f->w.conf.counters = &f->counters;
	f->w.all = &f->w;
	f->w.n_all = 1;
	f->tenant.name = STR("team");
	f->limits = (struct limits){ .max_label_name_length = 20, .max_label_value_length = 20 };
	f->rules = (struct tenant_rules){ &f->tenant, { .limits = &f->limits } };
	f->q.h = &f->h;
	f->q.pub = (struct http_req){ .a = arena_new(), .loop = f->loop, .wall = NOW };
}

static void teardown(struct fixture *f)
{
	struct err e;

	/* The journal closes on the loop, after what it still writes. */
	shard_free(f->w.shard);
	pool_free(f->pool);
	loop_stop(f->loop);
	assert_int_equal(loop_run(f->loop, &e), 0);
	loop_free(f->loop);
	for (size_t i = 0; i < f->w.spare.n; i++)
		buf_fini(&f->w.spare.p[i]);
	vec_free(&f->w.spare);
	arena_free(f->q.pub.a);
	mem_free(f->q.body);
	received_free(&f->tenant.received);
	fd_close(&f->dir);
	assert_int_equal(file_remove_tree(AT_FDCWD, folder, &e), 0);
}

/* A profile of one sample; the series is that of `pod`. */
static void add(struct push *p, const char *pod)
{
	struct arena *a = p->a;
	struct label *l = arena_array(a, 3, sizeof(*l));
	struct labels labels = { l, 3 };
	struct profile_builder *b = profile_builder_new(a, 1);
	uint32_t stack = profile_builder_frame(b, STR("main"), STR_NONE, 0);
	struct profile *f;

	l[0] = (struct label){ STR("__name__"), STR("cpu") };
	l[1] = (struct label){ STR("pod"), str_cstr(pod) };
	l[2] = (struct label){ STR("service_name"), STR("s") };
	profile_builder_type(b, 0, STR("t"), STR("u"));
	profile_builder_add(b, &stack, 1, &(int64_t){ 1 }, NULL, 0);
	f = profile_builder_finish(b);
	f->wire_size = 100;
	push_profile(p, &labels, f, 40);
}

static void told(struct push *p)
{
	struct fixture *f = p->ctx;

	f->done++;
	f->message[0] = '\0';
	f->holds = p->mem != NULL || p->scratch.n > 0 || f->q.body != NULL;
	if (p->err != NULL)
		snprintf(f->message, sizeof(f->message), "%.255s", p->err->msg);
	push_free(p);
	loop_stop(f->loop);
}

static void send_pods(struct fixture *f, const char *const *pods, size_t n)
{
	struct push *p = push_new(&f->w, &f->q.pub, &f->rules);
	unsigned before = f->done;
	struct err e;

	p->ctx = f;
	mem_free(f->q.body);
	f->q.body = mem_zalloc(1);
	push_scratch(p);
	for (size_t i = 0; i < n; i++)
		add(p, pods[i]);
	push_send(p, told);
	/* A reply at once has stopped the loop already; then this is one turn. */
	assert_int_equal(loop_run(f->loop, &e), 0);
	assert_int_equal(f->done, before + 1);
}

static uint64_t sum_of(struct fixture *f, int kind)
{
	uint64_t sum = 0;

	for (struct received *r = f->tenant.received.first; r != NULL; r = r->next)
		sum += r->kinds[kind].sum;
	return sum;
}

static void stored(void **state)
{
	static const char *const pods[] = { "a", "b", "a" };
	struct fixture f;

	(void)state;
	setup(&f, 1 << 30);
	send_pods(&f, pods, 3);
	assert_string_equal(f.message, "");
	assert_int_equal(f.counters.profiles, 3);
	assert_int_equal(f.counters.stored_rows, 3);
	assert_int_equal(sum_of(&f, 0), 120); /* bytes as sent */
	assert_int_equal(sum_of(&f, 1), 300); /* unpacked */
	assert_int_equal(f.tenant.series, 2);
	assert_false(f.holds);  /* the profiles did not wait for the sync */
	send_pods(&f, pods, 0); /* nothing to store is stored at once */
	assert_string_equal(f.message, "");
	teardown(&f);
}

/* Bad ones are refused, and those beside them are stored; the first one is told. */
static void each_alone(void **state)
{
	static const char *const pods[] = { "a", "a name of more than twenty bytes", "b",
		"and another one that is too long", "c" };
	struct fixture f;

	(void)state;
	setup(&f, 1 << 30);
	send_pods(&f, pods, ARRAY_LEN(pods));
	assert_non_null(strstr(f.message, "label value too long: 'a name of more than"));
	assert_int_equal(f.counters.stored_rows, 3);
	assert_int_equal(f.tenant.discarded[DISCARD_label_value_too_long], 2);
	assert_int_equal(f.tenant.discarded_bytes[DISCARD_label_value_too_long], 200);
	teardown(&f);
}

/* The limit is the smaller of the two that are set; series that are known go on. */
static void series_limit(void **state)
{
	static const struct {
		int64_t global, local, want;
	} cases[] = {
		{ 2, 0, 2 },
		{ 0, 2, 2 },
		{ 5, 2, 2 },
		{ 2, 5, 2 },
		{ 0, 0, 4 },
	};
	static const char *const pods[] = { "a", "b", "c", "a", "d" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bool all = cases[i].want == 4;
		struct fixture f;

		setup(&f, 1 << 30);
		f.limits.max_global_series_per_tenant = cases[i].global;
		f.limits.max_local_series_per_tenant = cases[i].local;
		send_pods(&f, pods, ARRAY_LEN(pods));
		assert_int_equal(f.tenant.series, cases[i].want);
		assert_int_equal(f.counters.stored_rows, all ? 5 : 3);
		assert_int_equal(f.tenant.discarded[DISCARD_series_limit], all ? 0 : 2);
		assert_int_equal(strstr(f.message, "Maximum active series limit exceeded (2/2)") != NULL, !all);
		teardown(&f);
	}
}

static void memory_limit(void **state)
{
	static const char *const pods[] = { "a", "b" };
	struct fixture f;

	(void)state;
	setup(&f, 1000);
	f.held = 1001; /* heads that cannot be written count too */
	send_pods(&f, pods, 2);
	assert_non_null(strstr(f.message, "setting ingester.max-head-memory"));
	assert_int_equal(f.tenant.discarded[DISCARD_memory_limit], 2);
	assert_int_equal(f.counters.stored_rows, 0);
	f.held = 0;
	send_pods(&f, pods, 1);
	assert_string_equal(f.message, "");
	teardown(&f);
}

static void frozen(struct shard_freeze *z)
{
	struct fixture *f = z->ctx;

	loop_stop(f->loop);
}

/* Bytes of a head that is taken away count without a gap: a push at that moment meets the limit too. */
static void memory_of_taken_heads(void **state)
{
	static const char *const pods[] = { "a", "b" };
	struct shard_freeze z = { .generation = 2, .done = frozen };
	struct fixture f;
	uint64_t bytes;
	struct err e;

	(void)state;
	setup(&f, 1 << 30);
	send_pods(&f, pods, 2);
	bytes = f.memory;
	assert_true(bytes > 0);
	z.home = f.loop;
	z.ctx = &f;
	shard_take_heads(f.w.shard, &z);
	assert_int_equal(loop_run(f.loop, &e), 0);
	assert_int_equal(z.heads.n, 1);
	assert_int_equal(z.heads.p[0].held, bytes);
	assert_int_equal(f.held, bytes);
	assert_int_equal(f.memory, 0);
	head_free(z.heads.p[0].head);
	vec_free(&z.heads);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_of_taken_heads),
		cmocka_unit_test(stored),
		cmocka_unit_test(each_alone),
		cmocka_unit_test(series_limit),
		cmocka_unit_test(memory_limit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
