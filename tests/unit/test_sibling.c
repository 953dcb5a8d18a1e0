/* Questions between processes of one server, against our own server. */
#include "tests/lib/net_fixture.h"

#include "net/sibling.h"

static struct arena *a;
static char place[40];
static int rounds;

static void echo(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply(r, &(struct http_reply){ .status = 200, .body = r->body });
}

static void many(struct http_req *r, void *ctx)
{
	struct buf b;

	(void)ctx;
	buf_init(&b, 16 << 20);
	buf_fill(&b, 'x', 3000000);
	http_reply(r, &(struct http_reply){ .status = 200, .take = &b });
}

static void status(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply_text(r, 429, STR("too much"));
}

static void closing(struct http_req *r, void *ctx)
{
	(void)ctx;
	rounds++;
	http_reply(r, &(struct http_reply){ .status = 200, .body = STR("bye"), .close = true });
}

static void leave(struct http_req *r)
{
	http_reply_empty(r, 200);
}

static void silent(struct http_req *r, void *ctx)
{
	(void)ctx;
	r->on_gone = leave;
}

static const struct route rows[] = {
	{ .path = "/echo", .methods = "POST", .fn = echo },
	{ .path = "/many", .methods = "POST", .fn = many },
	{ .path = "/status", .methods = "POST", .fn = status },
	{ .path = "/closing", .methods = "POST", .fn = closing },
	{ .path = "/silent", .methods = "POST", .fn = silent },
};

static struct sibling *to(uint16_t port)
{
	struct sibling *s;
	struct err e;

	snprintf(place, sizeof(place), "127.0.0.1:%u", port);
	s = sibling_new(place, &e);
	assert_non_null(s);
	return s;
}

static struct sibling_answer post(struct sibling *s, struct sibling_call call)
{
	struct sibling_answer out;
	struct err e;

	ok(sibling_post(s, a, &call, &out, &e), &e);
	return out;
}

static enum err_kind refusal(struct sibling *s, struct sibling_call call)
{
	struct sibling_answer out;
	struct err e;

	assert_int_equal(sibling_post(s, a, &call, &out, &e), -1);
	return e.kind;
}

static void answers_come_back(void **state)
{
	struct server srv;
	struct sibling *s;
	struct sibling_answer out;

	(void)state;
	server_start(&srv, rows, ARRAY_LEN(rows), NULL);
	s = to(srv.port);
	out = post(s, (struct sibling_call){ .path = "/echo", .body = STR("question") });
	assert_int_equal(out.status, 200);
	assert_true(str_eq(out.body, STR("question")));
	assert_int_equal(post(s, (struct sibling_call){ .path = "/echo" }).body.n, 0);
	assert_int_equal(post(s, (struct sibling_call){ .path = "/many" }).body.n, 3000000);
	assert_int_equal(post(s, (struct sibling_call){ .path = "/status" }).status, 429);
	rounds = 0;
	for (int i = 0; i < 3; i++)
		assert_true(str_eq(post(s, (struct sibling_call){ .path = "/closing" }).body, STR("bye")));
	assert_int_equal(rounds, 3);
	sibling_free(s);
	server_end(&srv);
}

static void limits_hold(void **state)
{
	const atomic_int stop = 1;
	struct server srv;
	struct sibling *s;

	(void)state;
	server_start(&srv, rows, ARRAY_LEN(rows), NULL);
	s = to(srv.port);
	assert_int_equal(refusal(s, (struct sibling_call){ .path = "/many", .max_body = 1000000 }), ERR_LIMIT);
	assert_int_equal(refusal(s, (struct sibling_call){ .path = "/silent", .timeout = 50 * NS_PER_MS }),
	    ERR_TIMEOUT);
	assert_int_equal(refusal(s, (struct sibling_call){ .path = "/silent", .stop = &stop }), ERR_CANCELED);
	assert_true(str_eq(post(s, (struct sibling_call){ .path = "/echo", .body = STR("on") }).body, STR("on")));
	sibling_free(s);
	server_end(&srv);
}

/* One that ends and comes back at the same place, as after a restart. */
static void *come_back(void *arg)
{
	struct server *srv = arg;

	nap(100);
	server_go(srv);
	return NULL;
}

static int at_the_same_place(struct server *srv)
{
	struct net_addr at;
	struct err e;
	int fd;

	server_make(srv, rows, ARRAY_LEN(rows), NULL, NULL);
	ok(net_parse(str_cstr(place), NET_LISTEN, &at, &e), &e);
	fd = net_listen(&at, (struct net_listen_opts){ 0 }, &e);
	ok(fd, &e);
	ok(httpd_listen(srv->h, fd, NULL, &e), &e);
	return fd;
}

static void a_restart_is_waited_for(void **state)
{
	struct server first, second;
	struct sibling *s;
	pthread_t t;
	int fd;

	(void)state;
	server_start(&first, rows, ARRAY_LEN(rows), NULL);
	s = to(first.port);
	post(s, (struct sibling_call){ .path = "/echo" });
	server_end(&first);
	assert_int_equal(refusal(s, (struct sibling_call){ .path = "/echo", .wait = NS_PER_MS }), ERR_BUSY);

	fd = at_the_same_place(&second);
	pthread_create(&t, NULL, come_back, &second);
	assert_true(str_eq(post(s, (struct sibling_call){ .path = "/echo", .body = STR("again") }).body, STR("again")));
	pthread_join(t, NULL);
	sibling_free(s);
	server_end(&second);
	close(fd);
}

static void note_asked(void *ctx)
{
	++*(unsigned *)ctx;
}

/* Once, even where it is asked again because the connection that was kept had been closed. */
static void something_is_done_meanwhile(void **state)
{
	unsigned asked = 0;
	struct sibling_call call = { .path = "/echo", .wait = NS_PER_MS, .meanwhile = note_asked, .ctx = &asked };
	struct server first, second;
	struct sibling *s;
	int fd;

	(void)state;
	server_start(&first, rows, ARRAY_LEN(rows), NULL);
	s = to(first.port);
	post(s, call);
	assert_int_equal(asked, 1);
	server_end(&first);
	fd = at_the_same_place(&second);
	server_go(&second);
	post(s, call);
	assert_int_equal(asked, 2);
	server_end(&second);
	close(fd);
	refusal(s, call); /* what was kept */
	asked = 0;
	assert_int_equal(refusal(s, call), ERR_BUSY);
	assert_int_equal(asked, 0); /* nobody was */
	sibling_free(s);
}

static void a_bad_place_is_refused(void **state)
{
	struct err e;

	(void)state;
	assert_null(sibling_new("nowhere", &e));
}

static int set_up(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_back),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(a_restart_is_waited_for),
		cmocka_unit_test(something_is_done_meanwhile),
		cmocka_unit_test(a_bad_place_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
