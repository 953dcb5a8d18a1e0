/* The states of pyro-serve's services, its status record, and what it learns of their options. */
#include "base/hash.h"
#include "base/json.h"
#include "tools/pyro-serve/known.h"
#include "tools/pyro-serve/service_status.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

const struct part_row part_rows[PARTS] = {
	[PART_INGEST] = { "ingest", "pyro-ingest" },
	[PART_QUERY] = { "query", "pyro-query" },
};

/* The table, written down a second time: state, then the state after each event, "-" for impossible. */
static const struct {
	enum svc_state state;
	const char *after[SVC_EVENTS]; /* START STOP RESTART READY ENDED BROKEN TIME */
} expected[] = {
	{ SVC_DOWN, { "starting", "down", "starting", "-", "-", "-", "-" } },
	{ SVC_STARTING, { "starting", "stopping", "restarting", "up", "waiting", "failed", "-" } },
	{ SVC_UP, { "up", "stopping", "restarting", "-", "waiting", "failed", "-" } },
	{ SVC_WAITING, { "starting", "down", "starting", "-", "-", "-", "starting" } },
	{ SVC_STOPPING, { "restarting", "stopping", "restarting", "stopping", "down", "down", "stopping" } },
	{ SVC_RESTARTING,
	    { "restarting", "stopping", "restarting", "restarting", "starting", "starting", "restarting" } },
	{ SVC_FAILED, { "starting", "down", "starting", "-", "-", "-", "-" } },
};

static bool has_process(enum svc_state s)
{
	return s == SVC_STARTING || s == SVC_UP || s == SVC_STOPPING || s == SVC_RESTARTING;
}

static void every_state_and_event(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_LEN(expected), SVC_STATES);
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		for (int ev = 0; ev < SVC_EVENTS; ev++) {
			enum svc_state from = expected[i].state;
			struct service s = { .state = from, .stop_timeout = NS_PER_S };
			const char *want = expected[i].after[ev];
			enum svc_action act;

			assert_int_equal(service_may(from, ev), strcmp(want, "-") != 0);
			if (!service_may(from, ev))
				continue;
			act = service_event(&s, ev, 5);
			assert_string_equal(service_state_name(s.state), want);
			/* A program is started exactly when there is none and there should be one. */
			assert_int_equal(act == SVC_DO_SPAWN,
			    s.state == SVC_STARTING && (!has_process(from) || from == SVC_RESTARTING));
			assert_int_equal(act == SVC_DO_TERM,
			    (from == SVC_STARTING || from == SVC_UP) &&
				(s.state == SVC_STOPPING || s.state == SVC_RESTARTING));
			assert_int_equal(act == SVC_DO_DELAY, s.state == SVC_WAITING);
			assert_int_equal(act == SVC_DO_KILL, ev == SVC_EV_TIME && has_process(from));
		}
	}
}

static void the_delay_grows_and_falls_back(void **state)
{
	struct service s = { .state = SVC_DOWN };
	int64_t now = 0, want = SVC_DELAY_FIRST;

	(void)state;
	assert_int_equal(service_event(&s, SVC_EV_START, now), SVC_DO_SPAWN);
	for (int i = 0; i < 12; i++) {
		service_event(&s, SVC_EV_READY, ++now);
		assert_int_equal(service_event(&s, SVC_EV_ENDED, now += NS_PER_S), SVC_DO_DELAY);
		assert_int_equal(s.delay, want);
		assert_int_equal(s.deadline, now + want);
		want = MIN(want * 2, SVC_DELAY_MOST);
		assert_int_equal(service_event(&s, SVC_EV_TIME, now += s.delay), SVC_DO_SPAWN);
		assert_int_equal(s.restarts, i + 1);
	}
	assert_int_equal(s.delay, SVC_DELAY_MOST);
	/* Dying before it is ready keeps the delay, ten seconds of service reset it. */
	service_event(&s, SVC_EV_ENDED, now += SVC_STEADY * 2);
	assert_int_equal(s.delay, SVC_DELAY_MOST);
	service_event(&s, SVC_EV_TIME, now += s.delay);
	service_event(&s, SVC_EV_READY, ++now);
	service_event(&s, SVC_EV_ENDED, now + SVC_STEADY);
	assert_int_equal(s.delay, SVC_DELAY_FIRST);
}

static struct status sample(void)
{
	struct status s = { .written = 1700000000123456789,
		.started = 1700000000000000000,
		.pid = 4242,
		.n = 2,
		.address = "127.0.0.1:4040" };

	s.services[0] =
	    (struct status_service){ .name = "ingest", .state = SVC_UP, .pid = 4243, .since = 1700000000000000001 };
	s.services[1] = (struct status_service){ .name = "query",
		.state = SVC_WAITING,
		.restarts = 3,
		.since = 1700000000000000002,
		.delay = NS_PER_S,
		.end_kind = 2,
		.end_code = 9 };
	return s;
}

static void status_record(void **state)
{
	struct status s = sample(), back;
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, STATUS_SIZE);
	status_encode(&s, &b);
	assert_int_equal(b.n, STATUS_SIZE);
	assert_int_equal(status_decode(buf_str(&b), &back, &e), 0);
	assert_memory_equal(&s, &back, sizeof(s));
	for (size_t i = 0; i < b.n; i++) {
		char *cut = malloc(i + 1);

		memcpy(cut, b.p, i);
		assert_int_equal(status_decode(str_of(cut, i), &back, &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
		free(cut);
		b.p[i] ^= 1;
		assert_int_equal(status_decode(buf_str(&b), &back, &e), -1);
		assert_int_equal(e.kind, i >= 8 && i < 12 ? ERR_UNSUPPORTED : ERR_CORRUPT);
		b.p[i] ^= 1;
	}
	buf_fini(&b);
}

/* Well summed, but out of range. */
static void status_record_of_a_liar(void **state)
{
	static const struct {
		size_t at;
		char byte;
	} cases[] = { { 36, 9 }, { 127, 'x' }, { 128 + 15, 'x' }, { 128 + 16, SVC_STATES }, { 128 + 44, 3 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct status s = sample(), back;
		struct buf b;
		struct err e;

		buf_init(&b, STATUS_SIZE);
		status_encode(&s, &b);
		b.p[cases[i].at] = cases[i].byte;
		b.n = STATUS_SIZE - 4;
		buf_u32le(&b, crc32c(0, buf_str(&b)));
		assert_int_equal(status_decode(buf_str(&b), &back, &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
		buf_fini(&b);
	}
}

static void status_in_words(void **state)
{
	struct status s = sample();
	struct buf b;
	struct err e;
	json_t *j;

	(void)state;
	buf_init(&b, 1 << 16);
	status_print(&b, &s, true, false, s.written + 60 * NS_PER_S);
	buf_byte(&b, 0);
	assert_non_null(strstr(b.p, "127.0.0.1:4040"));
	assert_non_null(strstr(b.p, "ingest       up         4243"));
	assert_non_null(strstr(b.p, "3 restarts, last end: signal 9\n"));
	buf_reset(&b);
	status_print(&b, &s, true, true, s.written);
	j = json_parse(buf_str(&b), &e);
	assert_non_null(j);
	assert_string_equal(json_string_value(
				json_object_get(json_array_get(json_object_get(j, "services"), 1), "state")),
	    "waiting");
	json_decref(j);
	buf_fini(&b);
	assert_false(status_all_up(&s));
	s.services[1].state = SVC_UP;
	assert_true(status_all_up(&s));
	s.n = 0;
	assert_false(status_all_up(&s));
}

static void options_of_the_services(void **state)
{
	struct arena *a = arena_new();
	struct known k;
	struct err e;
	bool is_bool, inner = false;

	(void)state;
	known_init(&k, a);
	k.asked = true; /* told by hand */
	assert_int_equal(known_parse(&k, PART_INGEST,
			     STR("ingester.shards\tvalue\tshards\tingester.shards\toption\n"
				 "flush\tbool\tflush\t\toption\n"
				 "old.name\tvalue\tshards\t\told\n"),
			     &e),
	    0);
	assert_int_equal(known_parse(&k, PART_QUERY, STR("flush\tbool\tflush\ta.b.flush\toption\n"), &e), 0);
	assert_int_equal(k.other.flag(&k.other, STR("flush"), &is_bool, &e), 1);
	assert_true(is_bool);
	assert_int_equal(k.other.flag(&k.other, STR("old.name"), &is_bool, &e), 1);
	assert_false(is_bool);
	assert_int_equal(k.other.flag(&k.other, STR("gone.x"), &is_bool, &e), 0);
	assert_int_equal(k.other.key(&k.other, STR("a.b.flush"), &inner, &e), 1);
	assert_int_equal(k.other.key(&k.other, STR("a.b"), &inner, &e), 0);
	assert_true(inner);
	inner = false;
	assert_int_equal(k.other.key(&k.other, STR("gone.x.y"), &inner, &e), 0);
	assert_false(inner);
	assert_true(known_takes(&k, PART_INGEST, STR("ingester.shards")));
	assert_false(known_takes(&k, PART_QUERY, STR("ingester.shards")));
	assert_true(known_takes(&k, PART_QUERY, STR("flush")));
	assert_int_equal(known_parse(&k, PART_QUERY, STR("what is this\n"), &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	known_fini(&k);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_and_event),
		cmocka_unit_test(the_delay_grows_and_falls_back),
		cmocka_unit_test(status_record),
		cmocka_unit_test(status_record_of_a_liar),
		cmocka_unit_test(status_in_words),
		cmocka_unit_test(options_of_the_services),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
