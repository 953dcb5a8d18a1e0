/* What is counted of requests, and what came in: bounded, whatever strangers send. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "base/mem.h"
#include "daemon/reqstats.h"
#include "net/route.h"
#include "proc/loop.h"
#include "tools/pyro-ingest/received.h"

static struct loop *l;

static void count(struct reqstats *s, const char *method, const char *path, const struct route *route, int status)
{
	struct http_req r = { .method = str_cstr(method),
		.path = str_cstr(path),
		.route = route,
		.loop = l,
		.mono = loop_mono(l) };

	reqstats_count(s, &r, status);
}

static bool printed(struct reqstats *const *all, size_t n, const char *want)
{
	struct buf b;
	bool found;

	buf_init(&b, 16 << 20);
	reqstats_print(&b, all, n);
	found = str_search(buf_str(&b), str_cstr(want)) < b.n;
	buf_fini(&b);
	return found;
}

#define COUNT(method, route, status, n)                                                                            \
	"pyroscope_request_duration_seconds_count{method=\"" method "\",route=\"" route "\",status_code=\"" status \
	"\",ws=\"false\"} " n "\n"

static void routes(void **state)
{
	static const struct route root = { .path = "/" }, push = { .path = "/push.v1.PusherService/Push" };
	struct reqstats s = { 0 }, other = { 0 };
	struct reqstats *const all[] = { &s, &other };

	(void)state;
	count(&s, "GET", "/", &root, 200);
	count(&s, "POST", "/x", &push, 429);
	count(&other, "POST", "/y", &push, 429);
	count(&s, "BREW", "/pot", NULL, 404);
	count(&s, "GET", "/pyroscope/render", NULL, 500); /* nobody knows it yet */
	count(&s, "GET", "/pyroscope/render", NULL, 200);
	count(&s, "GET", "/pyroscope/render", NULL, 500);
	assert_true(printed(all, 2, COUNT("GET", "root", "200", "1")));
	assert_true(printed(all, 2, COUNT("POST", "push_v1_pusherservice_push", "429", "2")));
	assert_true(printed(all, 2, COUNT("other", "other", "404", "1")));
	assert_true(printed(all, 2, COUNT("GET", "other", "500", "1")));
	assert_true(printed(all, 2, COUNT("GET", "pyroscope_render", "500", "1")));
	assert_true(printed(all, 2, "le=\"0.005\"} 1\n"));
	reqstats_fini(&s);
	reqstats_fini(&other);
}

static void a_full_table(void **state)
{
	struct reqstats s = { 0 };
	struct reqstats *const all[] = { &s };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		char path[300];

		snprintf(path, sizeof(path), "/%d/%0*d", i, i % 200 + 4, 0);
		count(&s, "GET", path, NULL, 200);
	}
	assert_int_equal(s.n, REQSTATS_ROWS);
	assert_true(printed(all, 1, COUNT("other", "other", "0", "745")));
	reqstats_fini(&s);
}

static void what_came_in(void **state)
{
	struct received_list list = { .n = 0 };
	struct received_tenant t = { STR("a"), &list };
	struct buf b;
	static const char *const want[] = {
		"received_compressed_bytes_bucket{tenant=\"a\",type=\"cpu\",le=\"10240\"} 1\n",
		"received_compressed_bytes_bucket{tenant=\"a\",type=\"cpu\",le=\"+Inf\"} 2\n",
		"received_compressed_bytes_sum{tenant=\"a\",type=\"cpu\"} 20000010\n",
		"received_samples_bucket{tenant=\"a\",type=\"cpu\",le=\"100\"} 1\n",
		"received_samples_count{tenant=\"a\",type=\"cpu\"} 2\n",
		"received_decompressed_bytes_count{tenant=\"a\",type=\"other\"} 2\n",
	};

	(void)state;
	received_count(&list, STR("cpu"), 10, 100, 100);
	received_count(&list, STR("cpu"), 20000000, 200, 101);
	received_count(&list, STR("\xff\n"), 1, 1, 1);
	received_count(&list, STR(""), 1, 1, 1);
	buf_init(&b, 16 << 20);
	received_print(&b, &t, 1);
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		if (str_search(buf_str(&b), str_cstr(want[i])) >= b.n)
			fail_msg("no %s in " STR_FMT, want[i], STR_ARG(buf_str(&b)));
	for (int i = 0; i < 500; i++) {
		char type[20];

		snprintf(type, sizeof(type), "t%d", i);
		received_count(&list, str_cstr(type), 1, 1, 1);
	}
	buf_reset(&b);
	received_print(&b, &t, 1);
	assert_true(str_search(buf_str(&b), STR("type=\"t400\"")) >= b.n);
	buf_fini(&b);
	received_free(&list);
}

static int set_up(void **state)
{
	(void)state;
	l = loop_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	loop_free(l);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes),
		cmocka_unit_test(a_full_table),
		cmocka_unit_test(what_came_in),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
