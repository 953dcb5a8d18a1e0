/* The HTTP/1 side of the server, over loopback. */
#include "tests/lib/net_handlers.h"

#include <fcntl.h>

#include "base/zip.h"

/* method path query host peer-kind first header X-A */
static void show(struct http_req *r, void *ctx)
{
	struct str a = http_headers(r, "x-a");

	(void)ctx;
	http_reply_text(r, 200,
	    arena_printf(r->a, STR_FMT " " STR_FMT " " STR_FMT " " STR_FMT " %s %s " STR_FMT, STR_ARG(r->method),
		STR_ARG(r->path), STR_ARG(r->query), STR_ARG(r->host),
		str_prefix(r->peer, STR("127.0.0.1:")) ? "tcp" : "other", r->http2 ? "h2" : "h1", STR_ARG(a)));
}

static void trailers(struct http_req *r, void *ctx)
{
	struct http_field head = { STR("X-Evil"), STR("a\r\nInjected: b") };
	struct http_field t[] = { { STR("grpc-status"), STR("0") }, { STR("x-t"), STR("v") } };

	(void)ctx;
	http_reply(r,
	    &(struct http_reply){ .status = 200,
		.body = STR("body"),
		.trailers = t,
		.n_trailers = 2,
		.headers = &head,
		.n_headers = 1 });
}

/* The status is the number in the query; with "later" the handler says itself when. */
static void refuse(struct http_req *r, void *ctx)
{
	struct http_field own = { STR("retry-after"), STR("60") };
	int status = atoi(arena_cstr(r->a, r->query));

	(void)ctx;
	if (str_suffix(r->query, STR("later")))
		http_reply(r, &(struct http_reply){ .status = status, .headers = &own, .n_headers = 1 });
	else
		http_reply_text(r, status, STR("no\n"));
}

static void own_too_big(struct http_req *r, void *ctx)
{
	(void)ctx;
	assert_true(r->too_big);
	assert_int_equal(r->body.n, 0);
	http_error_json(r, 413, NULL, arena_printf(r->a, "over %zu", r->body_limit));
}

static const struct route rows[] = {
	{ .path = "/", .methods = "GET", .fn = hello },
	{ .path = "/echo", .methods = "POST PUT", .fn = echo, .body_limit = 8 << 20 },
	{ .path = "/small", .methods = "POST", .fn = echo, .body_limit = 10 },
	{ .path = "/own", .methods = "POST", .fn = echo, .body_limit = 10, .too_big = own_too_big },
	{ .path = "/show", .methods = "*", .fn = show, .flags = ROUTE_PREFIX },
	{ .path = "/later", .methods = "*", .fn = later },
	{ .path = "/refuse", .methods = "GET", .fn = refuse },
	{ .path = "/big", .methods = "GET", .fn = big, .flags = ROUTE_GZIP },
	{ .path = "/trailers", .methods = "GET", .fn = trailers },
	{ .path = "/rpc", .methods = "POST", .fn = echo, .flags = ROUTE_ALLOW },
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

static void one_request_each(void **state)
{
	static const struct {
		const char *ask;
		int status;
		const char *body;
	} cases[] = {
		{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200, "hello\n" },
		{ "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 200, "hello\n" },
		{ "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 200, "" },
		{ "GET /nope HTTP/1.1\r\nHost: a\r\n\r\n", 404, "404 page not found\n" },
		{ "GET //x/./y/../show?q=%20 HTTP/1.1\r\nHost: a\r\n\r\n", 301, "" },
		{ "GET /x/%2e%2e/show HTTP/1.1\r\nHost: a\r\n\r\n", 404, "404 page not found\n" },
		{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 405, "" },
		{ "GET /rpc HTTP/1.1\r\nHost: a\r\n\r\n", 405, "" },
		{ "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 200, "abc" },
		{ "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 200, "" },
		{ "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-T: 1\r\n\r\n",
		    200, "abcde" },
		{ "GET /show/a%20b/%2e?q=%20+1 HTTP/1.1\r\nHost: h:1\r\nx-a: 1\r\nX-A:  2 \r\n\r\n", 200,
		    "GET /show/a b/. q=%20+1 h:1 tcp h1 1, 2" },
		{ "OPTIONS http://other:99/show?z HTTP/1.1\r\nHost: h\r\n\r\n", 200,
		    "OPTIONS /show z other:99 tcp h1 " },
		{ "GET /show%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400, "Bad Request: path has a broken percent escape\n" },
		{ "GET /show%00 HTTP/1.1\r\nHost: h\r\n\r\n", 400, "Bad Request: path has a broken percent escape\n" },
		{ "GET show HTTP/1.1\r\nHost: h\r\n\r\n", 400,
		    "Bad Request: request target is neither a path nor a URL\n" },
		{ "GET / HTTP/1.1\r\n\r\n", 400, "Bad Request: HTTP/1.1 request without Host\n" },
		{ "GET / HTTP/1.1\nHost: a\n\n", 400, "Bad Request: line does not end in CR LF\n" },
		{ "GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505,
		    "HTTP Version Not Supported: HTTP version is neither 1.0 nor 1.1\n" },
		{ "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501,
		    "Not Implemented: unknown transfer coding\n" },
		{ "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400,
		    "Bad Request: chunk without a size\n" },
		{ "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789", 200, "0123456789" },
		{ "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", 413,
		    "request body too large: the limit is 10 bytes\n" },
		{ "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n01234567890", 413,
		    "request body too large: the limit is 10 bytes\n" },
		{ "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "a\r\n0123456789\r\n0\r\n\r\n",
		    200, "0123456789" },
		{ "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "b\r\n01234567890\r\n",
		    413, "request body too large: the limit is 10 bytes\n" },
		{ "POST /own HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n", 413,
		    "{\"code\":\"invalid_argument\",\"message\":\"over 10\"}\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct heard a = ask(&shared, cases[i].ask);

		if (a.status != cases[i].status || strcmp(a.body.p, cases[i].body) != 0)
			fail_msg("case %zu: %s\nwant %d %s\ngot %s%s", i, cases[i].ask, cases[i].status, cases[i].body,
			    a.head, a.body.p);
		assert_non_null(heard_field(&a, "Date"));
		heard_free(&a);
	}
}

static void head_has_the_length(void **state)
{
	struct heard a = ask(&shared, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");

	(void)state;
	assert_string_equal(heard_field(&a, "Content-Length"), "6");
	heard_free(&a);
}

static void allow_only_where_asked(void **state)
{
	struct heard a = ask(&shared, "GET /rpc HTTP/1.1\r\nHost: a\r\n\r\n");

	(void)state;
	assert_string_equal(heard_field(&a, "Allow"), "POST");
	heard_free(&a);
	a = ask(&shared, "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(a.status, 405);
	assert_null(heard_field(&a, "Allow"));
	heard_free(&a);
}

static void not_now_says_when(void **state)
{
	static const struct {
		const char *query, *when;
	} cases[] = {
		{ "429", "1" },
		{ "503", "1" },
		{ "503later", "60" },
		{ "400", NULL },
		{ "500", NULL },
		{ "200", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[80];
		struct heard a;

		snprintf(text, sizeof(text), "GET /refuse?%s HTTP/1.1\r\nHost: a\r\n\r\n", cases[i].query);
		a = ask(&shared, text);
		assert_int_equal(a.status, atoi(cases[i].query));
		if (cases[i].when != NULL)
			assert_string_equal(heard_field(&a, "Retry-After"), cases[i].when);
		else
			assert_null(heard_field(&a, "Retry-After"));
		heard_free(&a);
	}
}

/* Every split of a request into two writes gives the same answer, on one kept connection. */
static void split_at_every_byte(void **state)
{
	static const char *const asks[] = {
		"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\nab\r\n\r\nc",
		"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
		"3\r\nab\r\r\n4\r\n\n\r\nc\r\n0\r\n\r\n",
	};

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(asks); k++) {
		size_t n = strlen(asks[k]);
		int fd = dial(&shared);

		for (size_t i = 1; i < n; i++) {
			struct heard a;

			say_n(fd, asks[k], i);
			nap(1);
			say_n(fd, asks[k] + i, n - i);
			a = hear_answer(fd, false);
			expect_text(&a, 200, "ab\r\n\r\nc");
			heard_free(&a);
		}
		close(fd);
	}
}

static void byte_by_byte(void **state)
{
	const char *text = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
			   "3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
	int fd = dial(&shared);
	struct heard a;

	(void)state;
	for (size_t i = 0; i < strlen(text); i++) {
		say_n(fd, text + i, 1);
		if (i % 4 == 0)
			nap(1);
	}
	a = hear_answer(fd, false);
	expect_text(&a, 200, "abc");
	heard_free(&a);
	a = hear_answer(fd, false);
	expect_text(&a, 200, "hello\n");
	heard_free(&a);
	close(fd);
}

/* Many requests in one write: answered in order, beyond the steps of one turn. */
static void pipelining(void **state)
{
	enum { N = 500 };
	struct buf b;
	int fd = dial(&shared);

	(void)state;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < N; i++) {
		char body[16];

		snprintf(body, sizeof(body), "%d", i);
		buf_printf(&b, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
		if (i % 50 == 7)
			buf_printf(&b, "GET /later?1 HTTP/1.1\r\nHost: a\r\n\r\n");
	}
	say_n(fd, b.p, b.n);
	for (int i = 0; i < N; i++) {
		struct heard a = hear_answer(fd, false);
		char body[16];

		snprintf(body, sizeof(body), "%d", i);
		expect_text(&a, 200, body);
		heard_free(&a);
		if (i % 50 == 7) {
			a = hear_answer(fd, false);
			expect_text(&a, 200, "later\n");
			heard_free(&a);
		}
	}
	buf_fini(&b);
	close(fd);
}

/* Sizes around the input buffer, the copy limit and the first piece of a long body. */
static void bodies_of_all_sizes(void **state)
{
	static const size_t sizes[] = { 1, 4095, 4096, 4097, 8000, 8192, 8193, 60000, 65300, 65400, 65470, 65536, 65537,
		131072, 1 << 20, (1 << 20) + 1, 3 << 20, 8 << 20 };
	int fd = dial(&shared);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes) * 2; i++) {
		size_t n = sizes[i / 2];
		struct heard a;
		struct buf b;

		buf_init(&b, 32 << 20);
		buf_printf(&b,
		    i % 2 ? "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n"
			  : "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n",
		    n);
		for (size_t k = 0; k < n; k++)
			buf_byte(&b, (unsigned char)(k * 31 + k / 251));
		if (i % 2)
			buf_add(&b, STR("\r\n0\r\n\r\n"));
		say_n(fd, b.p, b.n);
		a = hear_answer(fd, false);
		assert_int_equal(a.status, 200);
		assert_int_equal(a.body.n, n);
		for (size_t k = 0; k < n; k++)
			if ((unsigned char)a.body.p[k] != (unsigned char)(k * 31 + k / 251))
				fail_msg("byte %zu of %zu differs", k, n);
		heard_free(&a);
		buf_fini(&b);
	}
	close(fd);
}

static void expect_continue(void **state)
{
	int fd = dial(&shared);
	struct heard a;

	(void)state;
	say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
	a = hear_answer(fd, true);
	assert_int_equal(a.status, 100);
	heard_free(&a);
	say(fd, "data");
	a = hear_answer(fd, false);
	expect_text(&a, 200, "data");
	heard_free(&a);
	/* A body over the limit is refused before it is asked for. */
	say(fd, "POST /small HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 40\r\n\r\n");
	a = hear_answer(fd, false);
	assert_int_equal(a.status, 413);
	heard_free(&a);
	expect_closed(fd);
	close(fd);
	a = ask(&shared, "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: magic\r\nContent-Length: 4\r\n\r\n");
	assert_int_equal(a.status, 417);
	heard_free(&a);
}

/* The client goes on sending what nobody reads; the answer must arrive all the same. */
static void refusal_survives_unread_input(void **state)
{
	static char junk[4 << 20];
	int fd = dial(&shared);
	struct heard a;

	(void)state;
	say(fd, "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 4194304\r\n\r\n");
	say_n(fd, junk, sizeof(junk));
	a = hear_answer(fd, false);
	assert_int_equal(a.status, 413);
	assert_string_equal(heard_field(&a, "Connection"), "close");
	heard_free(&a);
	expect_closed(fd);
	close(fd);
}

static void half_closed(void **state)
{
	int fd = dial(&shared);
	struct buf b;

	(void)state;
	say(fd, "GET /later?30 HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
	shutdown(fd, SHUT_WR);
	b = hear_all(fd);
	assert_non_null(strstr(b.p, "later\n"));
	assert_non_null(strstr(b.p, "hello\n"));
	buf_fini(&b);
	close(fd);
}

static void old_http(void **state)
{
	int fd = dial(&shared);
	struct heard a;

	(void)state;
	say(fd, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	a = hear_answer(fd, false);
	expect_text(&a, 200, "hello\n");
	assert_string_equal(heard_field(&a, "Connection"), "keep-alive");
	heard_free(&a);
	say(fd, "GET / HTTP/1.0\r\n\r\n");
	a = hear_answer(fd, false);
	expect_text(&a, 200, "hello\n");
	assert_string_equal(heard_field(&a, "Connection"), "close");
	heard_free(&a);
	expect_closed(fd);
	close(fd);
}

static void header_flood(void **state)
{
	struct buf b;
	int fd = dial(&shared);
	struct heard a;

	(void)state;
	buf_init(&b, 1 << 20);
	buf_printf(&b, "GET / HTTP/1.1\r\nHost: a\r\n");
	for (int i = 0; i < 200; i++)
		buf_printf(&b, "X-%d: y\r\n", i);
	buf_printf(&b, "\r\n");
	say_n(fd, b.p, b.n);
	a = hear_answer(fd, false);
	assert_int_equal(a.status, 431);
	heard_free(&a);
	close(fd);
	fd = dial(&shared);
	buf_reset(&b);
	buf_printf(&b, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
	buf_fill(&b, 'x', 100000);
	say_n(fd, b.p, b.n);
	a = hear_answer(fd, false);
	assert_int_equal(a.status, 431);
	heard_free(&a);
	close(fd);
	buf_fini(&b);
}

static void large_replies(void **state)
{
	static const int sizes[] = { 0, 1, 100000, 5000000 };
	int fd = dial(&shared);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		char text[100];
		struct heard a;

		snprintf(text, sizeof(text), "GET /big?%d HTTP/1.1\r\nHost: a\r\n\r\n", sizes[i]);
		say(fd, text);
		nap(20);
		a = hear_answer(fd, false);
		assert_int_equal(a.body.n, sizes[i]);
		heard_free(&a);
	}
	close(fd);
}

static void gzip_of_plain_answers(void **state)
{
	static const struct {
		const char *accept;
		int size;
		bool packed;
	} cases[] = {
		{ "gzip", 1399, false },
		{ "gzip", 1400, true },
		{ "br, gzip;q=0.5", 5000, true },
		{ "gzip;q=0", 5000, false },
		{ "br", 5000, false },
		{ "*", 5000, true },
		{ "*;q=0, identity", 5000, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[200];
		struct heard a;
		const char *coding;

		snprintf(text, sizeof(text), "GET /big?%d HTTP/1.1\r\nHost: a\r\nAccept-Encoding: %s\r\n\r\n",
		    cases[i].size, cases[i].accept);
		a = ask(&shared, text);
		coding = heard_field(&a, "Content-Encoding");
		assert_int_equal(coding != NULL, cases[i].packed);
		assert_string_equal(heard_field(&a, "Vary"), "Accept-Encoding");
		if (cases[i].packed) {
			struct buf b;
			struct err e;

			buf_init(&b, 1 << 20);
			ok(zip_gunzip(buf_str(&a.body), 1 << 20, &b, &e), &e);
			assert_int_equal(b.n, cases[i].size);
			buf_fini(&b);
		}
		heard_free(&a);
	}
}

static void trailers_over_http1(void **state)
{
	int fd = dial(&shared);
	struct buf b;
	char *body;

	(void)state;
	say(fd, "GET /trailers HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	b = hear_all(fd);
	body = strstr(b.p, "\r\n\r\n");
	assert_non_null(body);
	assert_string_equal(body, "\r\n\r\n4\r\nbody\r\n0\r\ngrpc-status: 0\r\nx-t: v\r\n\r\n");
	assert_non_null(strstr(b.p, "Trailer: grpc-status\r\n"));
	assert_non_null(strstr(b.p, "X-Evil: a  Injected: b\r\n"));
	buf_fini(&b);
	close(fd);
	/* A TCP peer is not believed to be a sibling. */
	fd = dial(&shared);
	say(fd, "GET /trailers HTTP/1.1\r\nHost: a\r\nX-Pyro-Forwarded: h2\r\nConnection: close\r\n\r\n");
	b = hear_all(fd);
	assert_null(strstr(b.p, "X-Pyro-Trailer-"));
	buf_fini(&b);
	close(fd);
}

struct adoption {
	struct task t;
	struct httpd *h;
	int fd;
};

static void adopt(struct task *t)
{
	struct adoption *x = CONTAINER_OF(t, struct adoption, t);

	httpd_adopt(x->h, x->fd, NULL);
}

static void forwarded_over_a_socketpair(void **state)
{
	struct adoption x = { .t.fn = adopt, .h = shared.h };
	int pair[2];
	struct heard a;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	x.fd = pair[1];
	assert_int_equal(fcntl(x.fd, F_SETFL, O_NONBLOCK), 0);
	patience(pair[0]);
	loop_post(shared.l, &x.t);
	say(pair[0],
	    "GET /show HTTP/1.1\r\nHost: a\r\nX-Pyro-Forwarded: h2\r\n"
	    "X-Pyro-Peer: 127.0.0.1:7\r\n\r\n");
	a = hear_answer(pair[0], false);
	expect_text(&a, 200, "GET /show  a tcp h2 ");
	heard_free(&a);
	say(pair[0], "GET /trailers HTTP/1.1\r\nHost: a\r\nX-Pyro-Forwarded: h2\r\n\r\n");
	a = hear_answer(pair[0], false);
	expect_text(&a, 200, "body");
	assert_string_equal(heard_field(&a, "X-Pyro-Trailer-grpc-status"), "0");
	heard_free(&a);
	close(pair[0]);
}

static void client_leaves(void **state)
{
	struct linger hard = { 1, 0 };
	int fd = dial(&shared);

	(void)state;
	gone_count = 0;
	say(fd, "GET /later?200 HTTP/1.1\r\nHost: a\r\n\r\n");
	nap(50);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
	wait_for(&gone_count, 1);
	nap(250); /* the late reply is thrown away */
}

/* A client that closes its side still gets the answer, unless the handler works only for those who stay. */
static void client_closes_its_side(void **state)
{
	int fd = dial(&shared);
	struct heard a;

	(void)state;
	gone_count = 0;
	say(fd, "GET /later?100 HTTP/1.1\r\nHost: a\r\n\r\n");
	shutdown(fd, SHUT_WR);
	a = hear_answer(fd, false);
	expect_text(&a, 200, "later\n");
	heard_free(&a);
	close(fd);
	assert_int_equal(gone_count, 0);
	fd = dial(&shared);
	say(fd, "GET /later?100close HTTP/1.1\r\nHost: a\r\n\r\n");
	shutdown(fd, SHUT_WR);
	wait_for(&gone_count, 1);
	close(fd);
	nap(150); /* the late reply is thrown away */
	/* also behind a request that was read before it closed, or not at all */
	fd = dial(&shared);
	say(fd, "GET /later?300close HTTP/1.1\r\nHost: a\r\n\r\n");
	nap(30);
	say(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	nap(30);
	shutdown(fd, SHUT_WR);
	wait_for(&gone_count, 2);
	close(fd);
	nap(300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_closes_its_side),
		cmocka_unit_test(one_request_each),
		cmocka_unit_test(head_has_the_length),
		cmocka_unit_test(allow_only_where_asked),
		cmocka_unit_test(not_now_says_when),
		cmocka_unit_test(split_at_every_byte),
		cmocka_unit_test(byte_by_byte),
		cmocka_unit_test(pipelining),
		cmocka_unit_test(bodies_of_all_sizes),
		cmocka_unit_test(expect_continue),
		cmocka_unit_test(refusal_survives_unread_input),
		cmocka_unit_test(half_closed),
		cmocka_unit_test(old_http),
		cmocka_unit_test(header_flood),
		cmocka_unit_test(large_replies),
		cmocka_unit_test(gzip_of_plain_answers),
		cmocka_unit_test(trailers_over_http1),
		cmocka_unit_test(forwarded_over_a_socketpair),
		cmocka_unit_test(client_leaves),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
