/* The HTTP/2 side of the server, with nghttp2's client. */
#include "tests/lib/h2_client.h"

static void hello(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply_text(r, 200,
	    arena_printf(r->a, "%s " STR_FMT " " STR_FMT "\n", r->http2 ? "h2" : "h1", STR_ARG(r->host),
		STR_ARG(r->query)));
}

static void echo(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply(r, &(struct http_reply){ .status = 200, .body = r->body, .keep = true });
}

struct later {
	struct timer t;
	struct http_req *r;
};

static int gone_count;

static void later_due(struct timer *t)
{
	http_reply_text(CONTAINER_OF(t, struct later, t)->r, 200, STR("later\n"));
}

static void later_gone(struct http_req *r)
{
	(void)r;
	__atomic_add_fetch(&gone_count, 1, __ATOMIC_SEQ_CST);
}

static void later(struct http_req *r, void *ctx)
{
	struct later *x = arena_zalloc(r->a, sizeof(*x));

	(void)ctx;
	x->r = r;
	x->t.fn = later_due;
	r->on_gone = later_gone;
	loop_timer(r->loop, &x->t, r->mono + atoi(arena_cstr(r->a, r->query)) * NS_PER_MS);
}

static void trailers(struct http_req *r, void *ctx)
{
	struct http_field head[] = { { STR("X-Head"), STR(" a\r\nb ") }, { STR("Connection"), STR("close") },
		{ STR("Content-Length"), STR("77") } };
	struct http_field t[] = { { STR("Grpc-Status"), STR("0") }, { STR("x-t"), STR("v") } };

	(void)ctx;
	http_reply(r,
	    &(struct http_reply){ .status = 200,
		.headers = head,
		.n_headers = 3,
		.body = str_of("body", r->query.n > 0 ? 0 : 4),
		.trailers = t,
		.n_trailers = 2 });
}

static void big(struct http_req *r, void *ctx)
{
	struct buf b;

	(void)ctx;
	buf_init(&b, 64 << 20);
	buf_fill(&b, 'x', (size_t)atoi(arena_cstr(r->a, r->query)));
	http_reply(r, &(struct http_reply){ .status = 200, .take = &b });
}

static const struct route rows[] = {
	{ .path = "/", .methods = "GET", .fn = hello },
	{ .path = "/echo", .methods = "POST", .fn = echo, .body_limit = 8 << 20 },
	{ .path = "/small", .methods = "POST", .fn = echo, .body_limit = 10 },
	{ .path = "/later", .methods = "GET POST", .fn = later },
	{ .path = "/trailers", .methods = "GET", .fn = trailers },
	{ .path = "/big", .methods = "GET", .fn = big, .flags = ROUTE_GZIP },
};

static struct server shared;

static int set_up(void **state)
{
	(void)state;
	server_start(&shared, rows, ARRAY_LEN(rows), NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	server_end(&shared);
	return 0;
}

static void expect_stream(struct h2c_stream *s, int status, const char *body)
{
	buf_byte(&s->body, 0);
	s->body.n--;
	if (s->status != status || strcmp(s->body.p, body) != 0)
		fail_msg("want %d \"%s\", got %d \"%s\"", status, body, s->status, s->body.p);
}

static void simple_requests(void **state)
{
	struct h2c c;
	struct h2c_stream *s;

	(void)state;
	h2c_open(&c, dial(&shared));
	s = h2c_ask(&c, "GET", "/?q=1", NULL, 0, STR_NONE);
	h2c_wait(&c, s);
	expect_stream(s, 200, "h2 test q=1\n");
	assert_true(has_line(&s->head, "content-length: 12\n"));
	assert_true(has_line(&s->head, "date: "));
	s = h2c_ask(&c, "HEAD", "/", NULL, 0, STR_NONE);
	h2c_wait(&c, s);
	expect_stream(s, 200, "");
	assert_true(has_line(&s->head, "content-length: 9\n"));
	s = h2c_ask(&c, "GET", "/nope", NULL, 0, STR_NONE);
	h2c_wait(&c, s);
	expect_stream(s, 404, "404 page not found\n");
	s = h2c_ask(&c, "POST", "/", NULL, 0, STR("x"));
	h2c_wait(&c, s);
	expect_stream(s, 405, "");
	s = h2c_ask(&c, "GET", "/%zz", NULL, 0, STR_NONE);
	h2c_wait(&c, s);
	assert_int_equal(s->status, 400);
	h2c_close(&c);
}

static void trailers_follow_the_body(void **state)
{
	struct h2c c;
	struct h2c_stream *s;

	(void)state;
	h2c_open(&c, dial(&shared));
	for (int empty = 0; empty < 2; empty++) {
		s = h2c_ask(&c, "GET", empty ? "/trailers?x" : "/trailers", NULL, 0, STR_NONE);
		h2c_wait(&c, s);
		expect_stream(s, 200, empty ? "" : "body");
		assert_true(has_line(&s->trailers, "grpc-status: 0\nx-t: v\n"));
		assert_true(has_line(&s->head, "x-head: a  b\n"));
		assert_false(has_line(&s->head, "connection"));
		assert_false(has_line(&s->head, "content-length"));
		assert_int_equal(s->error, 0);
	}
	h2c_close(&c);
}

static void bodies(void **state)
{
	static const size_t sizes[] = { 1, 16383, 16384, 16385, 65535, 65536, 1 << 20, (1 << 20) + 1, 8 << 20 };
	struct h2c c;

	(void)state;
	h2c_open(&c, dial(&shared));
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		char *body = malloc(sizes[i]), length[32];
		struct http_field f = { STR("content-length"), STR_NONE };
		struct h2c_stream *s;

		snprintf(length, sizeof(length), "%zu", sizes[i]);
		f.value = str_cstr(length);
		for (size_t k = 0; k < sizes[i]; k++)
			body[k] = (char)(k * 7 + k / 255);
		for (size_t with = 0; with < 2; with++) {
			s = h2c_ask(&c, "POST", "/echo", &f, with, str_of(body, sizes[i]));
			h2c_wait(&c, s);
			assert_int_equal(s->status, 200);
			assert_true(str_eq(buf_str(&s->body), str_of(body, sizes[i])));
		}
		free(body);
	}
	h2c_close(&c);
}

static void many_streams_at_once(void **state)
{
	struct h2c c;

	(void)state;
	h2c_open(&c, dial(&shared));
	for (int i = 0; i < 200; i++)
		h2c_ask(&c, i % 2 ? "GET" : "POST", i % 2 ? "/later?20" : "/echo", NULL, 0,
		    i % 2 ? STR_NONE : STR("0123456789"));
	for (size_t i = 0; i < c.n; i++)
		h2c_wait(&c, c.streams[i]);
	for (size_t i = 0; i < c.n; i++)
		expect_stream(c.streams[i], 200, i % 2 ? "later\n" : "0123456789");
	h2c_close(&c);
}

static void large_reply(void **state)
{
	struct http_field gz = { STR("accept-encoding"), STR("gzip") };
	struct h2c c;
	struct h2c_stream *s, *t;

	(void)state;
	h2c_open(&c, dial(&shared));
	s = h2c_ask(&c, "GET", "/big?5000000", NULL, 0, STR_NONE);
	t = h2c_ask(&c, "GET", "/big?5000000", &gz, 1, STR_NONE);
	h2c_wait(&c, s);
	h2c_wait(&c, t);
	assert_int_equal(s->body.n, 5000000);
	assert_true(t->body.n < 50000);
	assert_true(has_line(&t->head, "content-encoding: gzip\n"));
	h2c_close(&c);
}

static void too_large(void **state)
{
	static char junk[3 << 20];
	struct http_field length = { STR("content-length"), STR("3145728") };
	struct h2c c;
	struct h2c_stream *s;

	(void)state;
	h2c_open(&c, dial(&shared));
	for (size_t with = 0; with < 2; with++) {
		s = h2c_ask(&c, "POST", "/small", &length, with, str_of(junk, sizeof(junk)));
		h2c_wait(&c, s);
		expect_stream(s, 413, "request body too large: the limit is 10 bytes\n");
	}
	/* The connection is as good as before. */
	s = h2c_ask(&c, "POST", "/small", NULL, 0, STR("0123456789"));
	h2c_wait(&c, s);
	expect_stream(s, 200, "0123456789");
	h2c_close(&c);
}

static void expect_continue(void **state)
{
	struct http_field f = { STR("expect"), STR("100-continue") };
	struct h2c c;
	struct h2c_stream *s;

	(void)state;
	h2c_open(&c, dial(&shared));
	s = h2c_ask(&c, "POST", "/echo", &f, 1, STR("x"));
	h2c_wait(&c, s);
	assert_int_equal(s->informational, 100);
	expect_stream(s, 200, "x");
	h2c_close(&c);
}

static void upgrade(void **state)
{
	static const char text[] = "POST /echo HTTP/1.1\r\nHost: test\r\nConnection: Upgrade, HTTP2-Settings\r\n"
				   "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 5\r\n\r\nhello";
	struct h2c c;
	struct h2c_stream *s;
	struct heard a;
	int fd = dial(&shared);
	const uint8_t payload[] = { 0, 3, 0, 0, 0, 100, 0, 4, 0, 0, 255, 255 };

	(void)state;
	say(fd, text);
	a = hear_answer(fd, true);
	assert_int_equal(a.status, 101);
	assert_string_equal(heard_field(&a, "Upgrade"), "h2c");
	heard_free(&a);
	h2c_open_raw(&c, fd);
	s = h2c_stream_new(&c);
	assert_int_equal(nghttp2_session_upgrade2(c.session, payload, sizeof(payload), 0, s), 0);
	nghttp2_submit_settings(c.session, 0, NULL, 0);
	h2c_wait(&c, s);
	expect_stream(s, 200, "hello");
	s = h2c_ask(&c, "GET", "/", NULL, 0, STR_NONE);
	h2c_wait(&c, s);
	expect_stream(s, 200, "h2 test \n");
	h2c_close(&c);
	/* Broken settings: the offer is ignored. */
	a = ask(&shared,
	    "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade, HTTP2-Settings\r\n"
	    "Upgrade: h2c\r\nHTTP2-Settings: AAM!\r\n\r\n");
	expect_text(&a, 200, "h1 test \n");
	heard_free(&a);
}

static void wait_for(int want)
{
	for (int i = 0; i < 500 && __atomic_load_n(&gone_count, __ATOMIC_SEQ_CST) < want; i++)
		nap(10);
	assert_int_equal(__atomic_load_n(&gone_count, __ATOMIC_SEQ_CST), want);
}

static void reset_and_hang_up(void **state)
{
	struct h2c c;
	struct h2c_stream *s, *t;

	(void)state;
	gone_count = 0;
	h2c_open(&c, dial(&shared));
	s = h2c_ask(&c, "GET", "/later?300", NULL, 0, STR_NONE);
	t = h2c_ask(&c, "GET", "/later?50", NULL, 0, STR_NONE);
	nghttp2_session_send(c.session);
	nap(20);
	nghttp2_submit_rst_stream(c.session, 0, s->id, NGHTTP2_CANCEL);
	nghttp2_session_send(c.session);
	wait_for(1);
	h2c_wait(&c, t);
	expect_stream(t, 200, "later\n");
	h2c_ask(&c, "GET", "/later?300", NULL, 0, STR_NONE);
	nghttp2_session_send(c.session);
	nap(20);
	h2c_close(&c);
	wait_for(2);
	nap(350); /* late replies find nobody */
}

static void rapid_reset(void **state)
{
	struct h2c c;

	(void)state;
	h2c_open(&c, dial(&shared));
	while (!c.ended && c.n < H2C_STREAMS) {
		struct h2c_stream *s = h2c_ask(&c, "GET", "/later?300", NULL, 0, STR_NONE);

		if (nghttp2_session_send(c.session) != 0)
			break;
		nghttp2_submit_rst_stream(c.session, 0, s->id, NGHTTP2_CANCEL);
		if (nghttp2_session_send(c.session) != 0)
			break;
	}
	while (h2c_turn(&c))
		;
	assert_true(c.ended);
	h2c_close(&c);
	nap(350);
}

static void header_floods(void **state)
{
	static char value[4000];
	struct http_field many[260], large[20];
	struct h2c c;
	struct h2c_stream *s;

	(void)state;
	memset(value, 'x', sizeof(value));
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = (struct http_field){ STR("x"), STR("y") };
	for (size_t i = 0; i < ARRAY_LEN(large); i++)
		large[i] = (struct http_field){ STR("x"), str_of(value, sizeof(value)) };
	h2c_open(&c, dial(&shared));
	s = h2c_ask(&c, "GET", "/", many, ARRAY_LEN(many), STR_NONE);
	h2c_wait(&c, s);
	assert_int_equal(s->status, 431);
	h2c_close(&c);
	h2c_open(&c, dial(&shared));
	s = h2c_ask(&c, "GET", "/", large, ARRAY_LEN(large), STR_NONE);
	h2c_wait(&c, s);
	assert_true(s->status == 431 || c.ended || s->error != 0);
	h2c_close(&c);
}

/* HEADERS without END_HEADERS, then CONTINUATION frames without end. */
static void continuation_flood(void **state)
{
	static const char open[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
				   "\0\0\1\1\0\0\0\0\1\x82";
	static const char more[] = "\0\0\1\x09\0\0\0\0\1\x84";
	int fd = dial(&shared);
	struct buf b;

	(void)state;
	say_n(fd, open, sizeof(open) - 1);
	for (int i = 0; i < 5000; i++)
		if (send(fd, more, sizeof(more) - 1, MSG_NOSIGNAL) < 0)
			break;
	b = hear_all(fd); /* ends: the server has closed */
	buf_fini(&b);
	close(fd);
}

static void garbage_after_the_preface(void **state)
{
	int fd = dial(&shared);
	struct buf b;

	(void)state;
	say(fd, "PRI * HTTP/2.0\r\n");
	nap(5);
	say(fd, "\r\nSM\r\n\r\nthis is no frame at all, and long enough to be looked at");
	b = hear_all(fd);
	buf_fini(&b);
	close(fd);
	/* Only the beginning of a preface is HTTP/1, and wrong. */
	fd = dial(&shared);
	say(fd, "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
	b = hear_all(fd);
	assert_memory_equal(b.p, "HTTP/1.1 505 ", 13);
	buf_fini(&b);
	close(fd);
}

static void preface_byte_by_byte(void **state)
{
	static const char text[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
	int fd = dial(&shared);
	struct buf b;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		say_n(fd, text + i, 1);
		nap(1);
	}
	b = hear(fd, 9);
	assert_int_equal(b.p[3], 4); /* SETTINGS */
	buf_fini(&b);
	close(fd);
}

static void timeouts(void **state)
{
	const struct httpd_conf conf = { .body_timeout = 100 * NS_PER_MS, .idle_timeout = 200 * NS_PER_MS };
	struct server s;
	struct h2c c;
	struct h2c_stream *q;

	(void)state;
	server_start(&s, rows, ARRAY_LEN(rows), &conf);
	h2c_open(&c, dial(&s));
	q = h2c_ask(&c, "GET", "/later?400", NULL, 0, STR_NONE); /* longer than any timeout */
	h2c_wait(&c, q);
	expect_stream(q, 200, "later\n");
	/* A body that does not come: HEADERS without END_STREAM. */
	q = h2c_stream_new(&c);
	{
		nghttp2_nv nv[] = { h2c_nv(STR(":method"), STR("POST")), h2c_nv(STR(":scheme"), STR("http")),
			h2c_nv(STR(":authority"), STR("x")), h2c_nv(STR(":path"), STR("/echo")) };

		q->id = nghttp2_submit_headers(c.session, NGHTTP2_FLAG_NONE, -1, NULL, nv, 4, q);
	}
	h2c_wait(&c, q);
	assert_true(q->closed);
	assert_int_equal(q->error, NGHTTP2_CANCEL);
	/* Then idle: the server says goodbye and closes. */
	while (h2c_turn(&c))
		;
	assert_true(c.goaway);
	assert_int_equal(c.goaway_code, 0);
	h2c_close(&c);
	server_end(&s);
}

static void on_stopped(void *ctx)
{
	loop_stop(ctx);
}

struct stopping {
	struct task t;
	struct server *s;
};

static void stop_now(struct task *t)
{
	struct server *s = CONTAINER_OF(t, struct stopping, t)->s;

	httpd_stop(s->h, loop_mono(s->l) + 5 * NS_PER_S, on_stopped, s->l);
}

static void graceful_stop(void **state)
{
	struct server s;
	struct stopping x = { .t.fn = stop_now, .s = &s };
	struct h2c c;
	struct h2c_stream *q;
	int64_t begun = now_ms();

	(void)state;
	server_start(&s, rows, ARRAY_LEN(rows), NULL);
	h2c_open(&c, dial(&s));
	q = h2c_ask(&c, "GET", "/later?150", NULL, 0, STR_NONE);
	nghttp2_session_send(c.session);
	nap(30);
	loop_post(s.l, &x.t);
	h2c_wait(&c, q);
	expect_stream(q, 200, "later\n");
	assert_true(c.goaway);
	while (h2c_turn(&c))
		;
	pthread_join(s.thread, NULL);
	assert_true(now_ms() - begun < 3000);
	server_drop(&s);
	h2c_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(simple_requests),
		cmocka_unit_test(trailers_follow_the_body),
		cmocka_unit_test(bodies),
		cmocka_unit_test(many_streams_at_once),
		cmocka_unit_test(large_reply),
		cmocka_unit_test(too_large),
		cmocka_unit_test(expect_continue),
		cmocka_unit_test(upgrade),
		cmocka_unit_test(reset_and_hang_up),
		cmocka_unit_test(rapid_reset),
		cmocka_unit_test(header_floods),
		cmocka_unit_test(continuation_flood),
		cmocka_unit_test(garbage_after_the_preface),
		cmocka_unit_test(preface_byte_by_byte),
		cmocka_unit_test(timeouts),
		cmocka_unit_test(graceful_stop),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
