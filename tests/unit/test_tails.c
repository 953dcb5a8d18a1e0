/* test_tails.c - who watches: selectors, tenants, queues with a length, losses told first; the frames; the table of pyro-tail. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "base/clock.h"
#include "formats/msg/tail_frame.h"
#include "formats/pprof/pprof.h"
#include "tools/pyro-ingest/shard.h"
#include "tools/pyro-ingest/tails.h"
#include "tools/pyro-tail/tail_table.h"

static struct arena *a;
static struct counters counters;
static struct tails *tails;
static struct loop *loop;
static int wakes;

static void on_wake(struct task *t)
{
	wakes++;
	tails_awake(tails, CONTAINER_OF(t, struct tail, wake));
}

static void turn_loop(void)
{
	struct err e;

	loop_stop(loop);
	assert_int_equal(loop_run(loop, &e), 0);
}

static int setup(void **ctx)
{
	(void)ctx;
	a = arena_new();
	counters = (struct counters){ 0 };
	tails = tails_new(2, &counters);
	loop = loop_new();
	wakes = 0;
	return 0;
}

static int teardown(void **ctx)
{
	(void)ctx;
	tails_free(tails);
	loop_free(loop);
	arena_free(a);
	return 0;
}

static struct tail reader(const char *tenant, const char *selector)
{
	struct tail x = { .tenant = str_cstr(tenant), .home = loop, .wake.fn = on_wake };
	struct err e;

	assert_int_equal(selector_parse(a, str_cstr(selector), &x.selector, &e), 0);
	return x;
}

/* One sample of `value` in main, with `junk` bytes of a name; the second of two samples has twice the value. */
static struct head_push push_of(const char *service, int64_t value, size_t junk, const uint32_t *samples, uint32_t n)
{
	struct profile_builder *b = profile_builder_new(a, 1);
	struct label *l = arena_array(a, 1, sizeof(*l));
	char *name = arena_alloc(a, junk + 5);
	uint32_t stack;

	memset(name, 'x', junk + 5);
	memcpy(name, "main", 4);
	profile_builder_type(b, 0, STR("cpu"), STR("nanoseconds"));
	stack = profile_builder_frame(b, str_of(name, junk + 4), STR_NONE, 0);
	profile_builder_add(b, &stack, 1, &value, NULL, 0);
	stack = profile_builder_frame(b, STR("other"), STR_NONE, 0);
	profile_builder_add(b, &stack, 1, &(int64_t){ 2 * value }, NULL, 0);
	l[0] = (struct label){ STR("service_name"), str_cstr(service) };
	return (struct head_push){ .profile = profile_builder_finish(b),
		.labels = { l, 1 },
		.time = 1000,
		.duration = 7,
		.samples = samples,
		.n_samples = n };
}

/* The next event of x, or false. */
static bool next(struct tail *x, struct pyro_tail_event *ev)
{
	struct str rest, bytes;
	struct buf b;
	struct err e;

	buf_init(&b, TAIL_MAX);
	if (!tails_next(tails, x, &b)) {
		buf_fini(&b);
		return false;
	}
	rest = arena_str(a, buf_str(&b));
	buf_fini(&b);
	assert_int_equal(tail_frame_cut(&rest, &bytes, &e), 1);
	assert_int_equal(rest.n, 0);
	assert_int_equal(msg_decode(a, &pyro_tail_event_type, bytes, ev, &e), 0);
	return true;
}

static void test_offer(void **ctx)
{
	struct tail x = reader("t", "{service_name=\"shop\"}"), y = reader("u", "{}");
	struct head_push shop = push_of("shop", 5, 0, NULL, 0), cart = push_of("cart", 6, 0, NULL, 0), part;
	static const uint32_t second[] = { 1 };
	struct pyro_tail_event ev;
	struct profile *p;
	struct err e;

	(void)ctx;
	assert_false(tails_any(NULL));
	assert_false(tails_any(tails));
	tails_offer(tails, STR("t"), &shop);
	assert_int_equal(tails_add(tails, &x, &e), 0);
	assert_int_equal(tails_add(tails, &y, &e), 0);
	assert_true(tails_any(tails));
	/* a third is one too many */
	assert_int_equal(tails_add(tails, &(struct tail){ 0 }, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	tails_offer(tails, STR("t"), &shop);
	tails_offer(tails, STR("t"), &cart);
	part = shop;
	part.samples = second;
	part.n_samples = 1;
	tails_offer(tails, STR("t"), &part);
	turn_loop();
	assert_int_equal(wakes, 1); /* once for both */
	assert_true(next(&x, &ev));
	assert_int_equal(ev.time, 1000);
	assert_int_equal(ev.lost, 0);
	assert_int_equal(ev.labels.n, 1);
	assert_true(str_eq(ev.labels.p[0].value, STR("shop")));
	assert_int_equal(pprof_decode(a, ev.profile, &p, &e), 0);
	assert_int_equal(p->n_samples, 2);
	assert_int_equal(p->time, 1000);
	assert_int_equal(p->duration, 7);
	assert_true(next(&x, &ev));
	assert_int_equal(pprof_decode(a, ev.profile, &p, &e), 0);
	assert_int_equal(p->n_samples, 1);
	assert_int_equal(p->values[0], 10);
	assert_false(next(&x, &ev));
	assert_false(next(&y, &ev));
	assert_int_equal(counters.tail_profiles, 2);
	assert_false(tails_remove(tails, &y));
	tails_offer(tails, STR("t"), &shop);
	/* a wake is on its way: x must wait for it */
	assert_true(tails_remove(tails, &x));
	turn_loop();
	assert_int_equal(wakes, 2);
	assert_false(tails_any(tails));
	selector_fini(&x.selector);
	selector_fini(&y.selector);
}

/* Three megabytes each: two fit. What does not is counted, told before anything else, and once. */
static void test_lost(void **ctx)
{
	struct tail x = reader("t", "{}");
	struct head_push p = push_of("shop", 1, 3 << 20, NULL, 0), huge = push_of("shop", 1, TAIL_QUEUE, NULL, 0);
	struct pyro_tail_event ev;
	struct err e;

	(void)ctx;
	assert_int_equal(tails_add(tails, &x, &e), 0);
	for (int i = 0; i < 5; i++)
		tails_offer(tails, STR("t"), &p);
	assert_int_equal(counters.tail_profiles, 2);
	assert_int_equal(counters.tail_lost, 3);
	assert_true(x.bytes <= TAIL_QUEUE);
	assert_true(next(&x, &ev));
	assert_int_equal(ev.lost, 3);
	assert_int_equal(ev.profile.n, 0);
	assert_true(next(&x, &ev));
	assert_true(ev.lost == 0 && ev.profile.n > 3 << 20);
	/* there is room again */
	tails_offer(tails, STR("t"), &p);
	assert_true(next(&x, &ev) && next(&x, &ev));
	assert_false(next(&x, &ev));
	/* larger than any queue */
	tails_offer(tails, STR("t"), &huge);
	assert_true(next(&x, &ev));
	assert_int_equal(ev.lost, 1);
	assert_false(next(&x, &ev));
	assert_int_equal(x.bytes, 0);
	turn_loop();
	assert_false(tails_remove(tails, &x));
	selector_fini(&x.selector);
}

static void test_frames(void **ctx)
{
	struct pyro_tail_event ev = { .time = 300, .lost = 2 };
	static const char bytes[] = "\0\0\0\0\5\x10\xac\2\x20\2\0\0\0\0\0";
	struct str rest, event;
	struct buf b;
	struct err e;

	(void)ctx;
	buf_init(&b, 100);
	tail_frame_add(&ev, &b);
	tail_frame_add(&(struct pyro_tail_event){ 0 }, &b);
	assert_int_equal(b.n, sizeof(bytes) - 1);
	assert_memory_equal(b.p, bytes, b.n);
	for (size_t n = 0; n < 15; n++) {
		size_t whole = 0;

		rest = str_of(bytes, n);
		while (tail_frame_cut(&rest, &event, &e) > 0)
			whole++;
		assert_int_equal(whole, n >= 10);
	}
	rest = STR("\1\0\0\0\0");
	assert_int_equal(tail_frame_cut(&rest, &event, &e), -1);
	rest = STR("\0\xff\xff\xff\xff");
	assert_int_equal(tail_frame_cut(&rest, &event, &e), -1);
	assert_string_equal(e.msg, "a frame says that it has 4294967295 bytes; at most 67108864 are taken");
	buf_fini(&b);
}

static void add(struct tail_table *t, const char *service, int64_t now)
{
	struct label l = { STR("service_name"), str_cstr(service) };

	tail_table_add(t, &(struct labels){ &l, 1 }, 2048, 3, now);
}

static void test_table(void **ctx)
{
	struct tail_table *t = tail_table_new(0);
	struct label bad = { STR("a\033[2J"), STR("b") };
	struct buf b;

	(void)ctx;
	add(t, "shop", 0);
	add(t, "cart", 20 * NS_PER_S);
	add(t, "shop", 30 * NS_PER_S);
	tail_table_lost(t, 4);
	buf_init(&b, 1 << 20);
	tail_table_print(t, 60 * NS_PER_S, &b);
	assert_true(str_eq(buf_str(&b),
	    STR("  PROFILES   per min    samples      bytes     age  series\n"
		"         2       2.0          6    4.0 KiB     30s  {service_name=\"shop\"}\n"
		"         1       1.0          3    2.0 KiB     40s  {service_name=\"cart\"}\n"
		"2 series, 3 profiles, 4 lost\n")));
	buf_reset(&b);
	tail_table_draw(t, 4, 70, STR("x"), "LOST: \033[2J", 60 * NS_PER_S, &b);
	assert_true(str_eq(buf_str(&b),
	    STR("\033[H\033[K\033[1m2 series, 3 profiles, 4 lost  LOST: ?[2J  x\033[0m\r\n"
		"\033[K  PROFILES   per min    samples      bytes     age  series\r\n"
		"\033[K         2       2.0          6    4.0 KiB     30s  {service_name=\"sh…\r\n"
		"\033[Kq quit  o order  space pause  arrows scroll")));
	buf_reset(&b);
	tail_table_draw(t, 5, 40, STR("x"), NULL, 60 * NS_PER_S, &b);
	assert_true(str_eq(buf_str(&b),
	    STR("\033[H\033[K\033[1m2 series, 3 profiles, 4 lost    x\033[0m\r\n"
		"\033[K  PROFILES  series\r\n"
		"\033[K         2  \"shop\"}\r\n"
		"\033[K         1  \"cart\"}\r\n"
		"\033[Kq quit  o order  space pause  arrows sc…")));
	assert_true(tail_table_key(t, 'o'));
	buf_reset(&b);
	tail_table_draw(t, 3, 40, STR("x"), NULL, 60 * NS_PER_S, &b);
	assert_true(str_search(buf_str(&b), STR("\033[K     BYTES  series\r\n")) < b.n);
	assert_true(tail_table_key(t, 'o')); /* by age */
	assert_true(tail_table_key(t, KEY_DOWN));
	buf_reset(&b);
	tail_table_draw(t, 4, 80, STR("x"), NULL, 60 * NS_PER_S, &b);
	assert_true(str_search(buf_str(&b), STR("cart")) < b.n);
	assert_true(str_search(buf_str(&b), STR("shop")) == b.n);
	assert_true(tail_table_key(t, ' '));
	buf_reset(&b);
	tail_table_draw(t, 4, 80, STR("x"), NULL, 60 * NS_PER_S, &b);
	assert_int_equal(b.n, 0);
	tail_table_add(t, &(struct labels){ &bad, 1 }, 1, 1, 0);
	tail_table_print(t, 60 * NS_PER_S, &b);
	assert_true(memchr(b.p, '\033', b.n) == NULL);
	assert_false(tail_table_key(t, 'q'));
	assert_false(tail_table_key(t, KEY_GONE));
	buf_fini(&b);
	tail_table_free(t);
}

/* The service and the kind of profile stand where a narrow screen still shows them. */
static void test_order_of_labels(void **ctx)
{
	struct label l[] = { { STR("__name__"), STR("process_cpu") }, { STR("pod"), STR("a") },
		{ STR("service_name"), STR("shop") }, { STR("zone"), STR("b") } };
	struct tail_table *t = tail_table_new(0);
	struct buf b;

	(void)ctx;
	tail_table_add(t, &(struct labels){ l, 4 }, 1, 1, 0);
	buf_init(&b, 1 << 20);
	tail_table_print(t, 0, &b);
	assert_true(str_search(buf_str(&b),
			STR("  {service_name=\"shop\", __name__=\"process_cpu\", pod=\"a\", zone=\"b\"}\n")) < b.n);
	buf_fini(&b);
	tail_table_free(t);
}

/* Names without an end do not fill the memory. */
static void test_many_series(void **ctx)
{
	struct tail_table *t = tail_table_new(0);
	struct buf b;
	char name[32];

	(void)ctx;
	for (int i = 0; i < TAIL_SERIES_MAX + 500; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		add(t, name, 0);
	}
	buf_init(&b, 64 << 20);
	tail_table_print(t, 60 * NS_PER_S, &b);
	assert_true(str_search(buf_str(&b), STR("       500     500.0       1500")) < b.n);
	assert_true(str_search(buf_str(&b), STR("10001 series, 10500 profiles, 0 lost\n")) < b.n);
	buf_fini(&b);
	tail_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_offer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost, setup, teardown),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_order_of_labels),
		cmocka_unit_test(test_many_series),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
