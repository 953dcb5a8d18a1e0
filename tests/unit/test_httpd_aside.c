/* Two servers: connections that move to where a request belongs, and home. */
#include "tests/lib/aside_fixture.h"
#include "tests/lib/h2_client.h"
#include "tests/lib/net_handlers.h"

/* Who served it, and how long its body was. */
static void where(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply_text(r, 200, arena_printf(r->a, "%s %zu\n", (const char *)r->owner, r->body.n));
}

struct slow {
	struct timer t;
	struct http_req *r;
};

static int slow_begun;

static void slow_due(struct timer *t)
{
	where(CONTAINER_OF(t, struct slow, t)->r, NULL);
}

static void slow_gone(struct http_req *r)
{
	(void)r;
	__atomic_add_fetch(&gone_count, 1, __ATOMIC_SEQ_CST);
}

/* After the number of milliseconds in the query. */
static void slow(struct http_req *r, void *ctx)
{
	struct slow *x = arena_zalloc(r->a, sizeof(*x));

	(void)ctx;
	x->r = r;
	x->t.fn = slow_due;
	r->on_gone = slow_gone;
	loop_timer(r->loop, &x->t, r->mono + atoi(arena_cstr(r->a, r->query)) * NS_PER_MS);
	__atomic_add_fetch(&slow_begun, 1, __ATOMIC_SEQ_CST);
}

static const struct route rows[] = {
	{ .path = "/push", .methods = "POST GET", .fn = where, .body_limit = 8 << 20 },
	{ .path = "/ask", .methods = "POST GET", .fn = where, .body_limit = 8 << 20, .flags = ROUTE_ASIDE },
	{ .path = "/small", .methods = "POST", .fn = where, .body_limit = 10, .flags = ROUTE_ASIDE },
	{ .path = "/slow", .methods = "GET", .fn = slow },
	{ .path = "/slow/ask", .methods = "GET", .fn = slow, .flags = ROUTE_ASIDE },
	{ .path = "/big", .methods = "GET", .fn = big, .flags = ROUTE_ASIDE },
};

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static void expect(int fd, int status, const char *body)
{
	struct heard a = hear_answer(fd, false);

	expect_text(&a, status, body);
	heard_free(&a);
}

static void begin(struct pair *p, const struct httpd_conf *conf)
{
	*p = (struct pair){ 0 };
	gone_count = slow_begun = 0;
	pair_start(p, conf, NULL, rows, ARRAY_LEN(rows));
}

/* All clients have gone: no connection is left, and nothing of one. */
static void finish(struct pair *p)
{
	nap(50);
	pair_end(p);
	assert_int_equal(p->at_home.conns + p->at_aside.conns, 0);
	assert_int_equal(p->at_home.busy + p->at_aside.busy, 0);
	assert_int_equal(p->at_home.body_bytes + p->at_aside.body_bytes, 0);
}

static void goes_and_comes_back(void **state)
{
	struct pair p;
	int fd;

	(void)state;
	begin(&p, NULL);
	fd = dial(&p.home);
	for (int i = 0; i < 50; i++) {
		say(fd, GET("/ask"));
		expect(fd, 200, "aside 0\n");
		say(fd, GET("/ask"));
		expect(fd, 200, "aside 0\n");
		say(fd, GET("/push"));
		expect(fd, 200, "home 0\n");
	}
	close(fd);
	finish(&p);
	assert_int_equal(p.at_home.accepted, 1);
	assert_int_equal(p.at_home.requests, 50);
	assert_int_equal(p.at_aside.requests, 100);
}

/* Requests behind one another, in one piece, in pieces of one byte, and with bodies that are larger than what is read at once. */
static void pipelined(void **state)
{
	static const char text[] = GET("/push") "POST /ask HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde" GET(
	    "/ask") "POST /push HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
		    "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" GET("/ask");
	static char body[3000000];
	struct pair p;
	int fd;

	(void)state;
	begin(&p, NULL);
	for (int bytewise = 0; bytewise < 2; bytewise++) {
		fd = dial(&p.home);
		for (size_t i = 0; bytewise && i < sizeof(text) - 1; i++)
			say_n(fd, text + i, 1);
		if (!bytewise)
			say(fd, text);
		expect(fd, 200, "home 0\n");
		expect(fd, 200, "aside 5\n");
		expect(fd, 200, "aside 0\n");
		expect(fd, 200, "home 3\n");
		expect(fd, 200, "aside 0\n");
		close(fd);
	}
	fd = dial(&p.home);
	for (int i = 0; i < 3; i++) {
		say(fd, "POST /ask HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\nExpect: 100-continue\r\n\r\n");
		expect(fd, 100, "");
		say_n(fd, body, sizeof(body));
		say(fd, "POST /push HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
		say_n(fd, body, 60000);
		say(fd, "POST /ask HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
		say_n(fd, body, 60000);
		expect(fd, 200, "aside 3000000\n");
		expect(fd, 200, "home 60000\n");
		expect(fd, 200, "aside 60000\n");
	}
	close(fd);
	finish(&p);
}

/* What is refused is refused as anywhere. */
static void refused(void **state)
{
	struct pair p;
	struct heard a;
	int fd;

	(void)state;
	begin(&p, NULL);
	fd = dial(&p.home);
	say(fd, GET("/ask") "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
	expect(fd, 200, "aside 0\n");
	a = hear_answer(fd, false);
	assert_int_equal(a.status, 413);
	heard_free(&a);
	close(fd);
	fd = dial(&p.home);
	say(fd, GET("/ask") GET("/unknown") GET("/ask") "nonsense\r\n\r\n");
	expect(fd, 200, "aside 0\n");
	expect(fd, 404, "404 page not found\n");
	expect(fd, 200, "aside 0\n");
	a = hear_answer(fd, false);
	assert_int_equal(a.status, 400);
	heard_free(&a);
	close(fd);
	pair_end(&p);
}

static void expect_stream(struct h2c *c, struct h2c_stream *s, const char *body)
{
	h2c_wait(c, s);
	assert_int_equal(s->status, 200);
	buf_byte(&s->body, 0);
	assert_string_equal(s->body.p, body);
}

/* A connection of HTTP/2 moves when no handler has a request of it; those that came with the one that moves it go along. */
static void http2(void **state)
{
	static char body[300000];
	struct pair p;
	struct h2c_stream *s[4];
	struct h2c c;

	(void)state;
	begin(&p, NULL);
	h2c_open(&c, dial(&p.home));
	for (int i = 0; i < 20; i++) {
		expect_stream(&c, h2c_ask(&c, "POST", "/ask", NULL, 0, str_of(body, sizeof(body))), "aside 300000\n");
		expect_stream(&c, h2c_ask(&c, "GET", "/ask", NULL, 0, STR_NONE), "aside 0\n");
		expect_stream(&c, h2c_ask(&c, "POST", "/push", NULL, 0, str_of(body, sizeof(body))), "home 300000\n");
	}
	s[0] = h2c_ask(&c, "GET", "/slow?150", NULL, 0, STR_NONE);
	s[1] = h2c_ask(&c, "GET", "/ask", NULL, 0, STR_NONE);
	expect_stream(&c, s[1], "home 0\n"); /* the other is not done */
	assert_false(s[0]->closed);
	expect_stream(&c, s[0], "home 0\n");
	for (int i = 0; i < 4; i++)
		s[i] = h2c_ask(&c, "GET", "/ask", NULL, 0, STR_NONE);
	for (int i = 0; i < 4; i++)
		expect_stream(&c, s[i], "aside 0\n");
	s[0] = h2c_ask(&c, "GET", "/slow/ask?150", NULL, 0, STR_NONE);
	s[1] = h2c_ask(&c, "GET", "/push", NULL, 0, STR_NONE);
	expect_stream(&c, s[1], "aside 0\n");
	expect_stream(&c, s[0], "aside 0\n");
	expect_stream(&c, h2c_ask(&c, "GET", "/push", NULL, 0, STR_NONE), "home 0\n");
	h2c_close(&c);
	finish(&p);
	assert_int_equal(p.at_home.requests + p.at_aside.requests, 60 + 2 + 4 + 2 + 1);
}

static void upgraded(void **state)
{
	struct pair p;
	struct buf b;
	int fd;

	(void)state;
	begin(&p, NULL);
	fd = dial(&p.home);
	say(fd,
	    "GET /ask HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: "
	    "AAMAAABkAAQAAP__\r\n\r\n");
	b = hear(fd, 12);
	assert_memory_equal(b.p, "HTTP/1.1 101", 12);
	buf_fini(&b);
	close(fd);
	finish(&p);
	assert_int_equal(p.at_aside.requests, 1);
	assert_int_equal(p.at_home.requests, 0);
}

/* A client that leaves while its question is being answered, and one that leaves between two. */
static void clients_leave(void **state)
{
	struct pair p;
	struct h2c c;
	int fd;

	(void)state;
	begin(&p, NULL);
	fd = dial(&p.home);
	say(fd, GET("/slow/ask?300"));
	wait_for(&slow_begun, 1);
	shutdown(fd, SHUT_RDWR);
	close(fd);
	h2c_open(&c, dial(&p.home));
	h2c_ask(&c, "GET", "/slow/ask?300", NULL, 0, STR_NONE);
	h2c_ask(&c, "GET", "/slow/ask?300", NULL, 0, STR_NONE);
	nghttp2_session_send(c.session);
	wait_for(&slow_begun, 3);
	h2c_close(&c);
	wait_for(&gone_count, 2);
	for (int i = 0; i < 20; i++) {
		fd = dial(&p.home);
		say(fd, GET("/ask"));
		close(fd);
	}
	nap(400);
	pair_end(&p);
	assert_int_equal(p.at_home.conns, 0);
	assert_int_equal(p.at_aside.busy, 0);
}

/* The longest idle one gives way, also when all idle ones are aside; while all are busy a new one waits. */
static void room_for_a_new_one(void **state)
{
	struct httpd_conf conf = { .max_conns = 2 };
	struct pair p;
	int fd[3], busy[2];

	(void)state;
	begin(&p, &conf);
	for (int i = 0; i < 3; i++) {
		fd[i] = dial(&p.home);
		say(fd[i], GET("/ask"));
		expect(fd[i], 200, "aside 0\n");
	}
	expect_closed(fd[0]);
	say(fd[2], GET("/push"));
	expect(fd[2], 200, "home 0\n");
	say(fd[1], GET("/ask"));
	expect(fd[1], 200, "aside 0\n");
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	nap(50);
	slow_begun = 0;
	for (int i = 0; i < 2; i++) {
		busy[i] = dial(&p.home);
		say(busy[i], GET("/slow/ask?300"));
	}
	wait_for(&slow_begun, 2);
	fd[0] = dial(&p.home);
	say(fd[0], GET("/push"));
	expect(busy[0], 200, "aside 0\n");
	expect(fd[0], 200, "home 0\n");
	close(fd[0]);
	close(busy[0]);
	close(busy[1]);
	finish(&p);
}

/* Nobody was aside when accepting had to wait. */
static void room_after_waiting(void **state)
{
	struct httpd_conf conf = { .max_conns = 1 };
	struct pair p;
	int first, second;

	(void)state;
	begin(&p, &conf);
	first = dial(&p.home);
	nap(50);
	second = dial(&p.home);
	say(second, GET("/push"));
	nap(50);
	say(first, GET("/ask"));
	expect(first, 200, "aside 0\n");
	expect(second, 200, "home 0\n");
	expect_closed(first);
	close(first);
	close(second);
	pair_end(&p);
}

/* What is idle there and came from another home gives no room here, however long it has been idle. */
static void room_among_its_own(void **state)
{
	struct httpd_conf conf = { .max_conns = 1 };
	struct pair p;
	struct server other;
	int first, second, others;

	(void)state;
	begin(&p, &conf);
	conf.owner = (void *)(uintptr_t) "other";
	conf.aside = p.aside;
	server_make(&other, rows, ARRAY_LEN(rows), &conf, NULL);
	server_go(&other);
	others = dial(&other);
	say(others, GET("/ask"));
	expect(others, 200, "aside 0\n");
	first = dial(&p.home);
	say(first, GET("/ask"));
	expect(first, 200, "aside 0\n");
	second = dial(&p.home);
	say(second, GET("/push"));
	expect(second, 200, "home 0\n");
	expect_closed(first);
	say(others, GET("/push"));
	expect(others, 200, "other 0\n");
	close(others);
	close(first);
	close(second);
	server_halt(&other);
	pair_end(&p);
	server_drop(&other); /* aside may have sent something to it */
}

/* Stops when the last connection is closed, wherever it is: requests end, idle ones go, and one on its way is served. */
static void stops_in_order(void **state)
{
	struct pair p;
	struct heard a;
	int busy, idle, half;

	(void)state;
	begin(&p, NULL);
	idle = dial(&p.home);
	say(idle, GET("/ask"));
	expect(idle, 200, "aside 0\n");
	half = dial(&p.home);
	say(half, "POST /ask HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
	busy = dial(&p.home);
	say(busy, GET("/slow/ask?200"));
	wait_for(&slow_begun, 1);
	nap(30);
	pair_stop(&p, 5 * NS_PER_S);
	expect_closed(idle);
	say(half, "cd");
	a = hear_answer(half, false);
	expect_text(&a, 200, "aside 4\n");
	assert_string_equal(heard_field(&a, "Connection"), "close");
	heard_free(&a);
	expect(busy, 200, "aside 0\n");
	expect_closed(busy);
	pthread_join(p.home.thread, NULL); /* home has stopped: its loop ends */
	server_go(&p.home);
	pair_end(&p);
	assert_int_equal(p.at_home.conns, 0);
	close(busy);
	close(idle);
	close(half);
}

static void stops_at_the_deadline(void **state)
{
	struct pair p;
	int64_t begun = now_ms();
	int fd;

	(void)state;
	begin(&p, NULL);
	fd = dial(&p.home);
	say(fd, GET("/slow/ask?1500"));
	wait_for(&slow_begun, 1);
	pair_stop(&p, 50 * NS_PER_MS);
	expect_closed(fd);
	pthread_join(p.home.thread, NULL);
	assert_true(now_ms() - begun < 1200);
	assert_int_equal(gone_count, 1);
	nap(1600); /* the handler still holds the request */
	server_go(&p.home);
	pair_end(&p);
	close(fd);
}

/* ---- many at once ---- */

enum { CLIENTS = 8, ROUNDS = 150 };

struct crowd {
	struct pair *p;
	unsigned seed;
	pthread_t thread;
};

static void one_client(struct crowd *x)
{
	int fd = dial(&x->p->home);

	for (int k = rand_r(&x->seed) % 6; k >= 0; k--) {
		int what = rand_r(&x->seed) % 4;

		say(fd,
		    what == 0       ? GET("/push")
			: what == 1 ? GET("/big?200000")
			: what == 2 ? GET("/ask") GET("/push")
				    : GET("/ask"));
		if (rand_r(&x->seed) % 5 == 0)
			break; /* without a word */
		for (int i = 0; i <= (what == 2); i++) {
			struct heard a = hear_answer(fd, false);

			assert_int_equal(a.status, 200);
			heard_free(&a);
		}
	}
	close(fd);
}

static void *crowd_run(void *arg)
{
	struct crowd *x = arg;

	for (int i = 0; i < ROUNDS; i++)
		one_client(x);
	return NULL;
}

static void many_at_once(void **state)
{
	struct pair p;
	struct crowd x[CLIENTS];

	(void)state;
	begin(&p, NULL);
	for (unsigned i = 0; i < CLIENTS; i++) {
		x[i] = (struct crowd){ .p = &p, .seed = i };
		assert_int_equal(pthread_create(&x[i].thread, NULL, crowd_run, &x[i]), 0);
	}
	for (unsigned i = 0; i < CLIENTS; i++)
		pthread_join(x[i].thread, NULL);
	pair_stop(&p, 5 * NS_PER_S);
	pthread_join(p.home.thread, NULL);
	server_go(&p.home);
	pair_end(&p);
	assert_int_equal(p.at_home.accepted, CLIENTS * ROUNDS);
	assert_int_equal(p.at_home.conns, 0);
	assert_int_equal(p.at_aside.conns, 0);
	assert_int_equal(p.at_home.busy + p.at_aside.busy, 0);
	assert_int_equal(p.at_home.body_bytes + p.at_aside.body_bytes, 0);
}

/* Freed while connections are aside: the last of them frees what is left. */
static void freed_first(void **state)
{
	struct pair p;
	int fd;

	(void)state;
	begin(&p, NULL);
	fd = dial(&p.home);
	say(fd, GET("/ask"));
	expect(fd, 200, "aside 0\n");
	server_halt(&p.home);
	httpd_free(p.home.h);
	p.home.h = NULL;
	server_go(&p.home);
	close(fd);
	nap(50);
	loop_stop(p.l);
	pthread_join(p.thread, NULL);
	httpd_free(p.aside);
	server_end(&p.home);
	loop_free(p.l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_and_comes_back),
		cmocka_unit_test(pipelined),
		cmocka_unit_test(refused),
		cmocka_unit_test(http2),
		cmocka_unit_test(upgraded),
		cmocka_unit_test(clients_leave),
		cmocka_unit_test(room_for_a_new_one),
		cmocka_unit_test(room_after_waiting),
		cmocka_unit_test(room_among_its_own),
		cmocka_unit_test(stops_in_order),
		cmocka_unit_test(stops_at_the_deadline),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(freed_first),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
