/* A front server that forwards to one behind it on a Unix socket. */
#include "tests/lib/h2_client.h"

#include <fcntl.h>

#include "net/proxy.h"
#include "net/rpc.h"

static void show(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply_text(r, 200,
	    arena_printf(r->a,
		STR_FMT " " STR_FMT "?" STR_FMT " host=" STR_FMT " x=" STR_FMT " %s %s peer=%s te=%d body=" STR_FMT,
		STR_ARG(r->method), STR_ARG(r->path), STR_ARG(r->query), STR_ARG(r->host),
		STR_ARG(http_headers(r, "x-a")), r->http2 ? "h2" : "h1", r->forwarded ? "forwarded" : "direct",
		str_prefix(r->peer, STR("127.0.0.1:")) ? "tcp" : "other", http_header(r, "te").p != NULL,
		STR_ARG(r->body)));
}

static void echo(struct http_req *r, void *ctx)
{
	struct http_field f[] = { { STR("X-One"), STR("1") }, { STR("X-One"), STR("2") } };

	(void)ctx;
	http_reply(r,
	    &(struct http_reply){ .status = 201, .headers = f, .n_headers = 2, .body = r->body, .keep = true });
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

/* Nobody waits for the reply, which ends the request. */
static void later_gone(struct http_req *r)
{
	struct later *x = r->ctx;

	loop_timer_off(r->loop, &x->t);
	later_due(&x->t);
	__atomic_add_fetch(&gone_count, 1, __ATOMIC_SEQ_CST);
}

static void later(struct http_req *r, void *ctx)
{
	struct later *x = arena_zalloc(r->a, sizeof(*x));

	(void)ctx;
	x->r = r;
	x->t.fn = later_due;
	r->ctx = x;
	r->on_gone = later_gone;
	loop_timer(r->loop, &x->t, r->mono + atoi(arena_cstr(r->a, r->query)) * NS_PER_MS);
}

static void same(struct http_req *r, void *ctx)
{
	struct rpc_call *c = rpc_open(r, NULL);

	(void)ctx;
	if (c != NULL)
		rpc_reply_message(c, c->message);
}

static const struct route back_rows[] = {
	{ .path = "/show", .methods = "*", .fn = show, .flags = ROUTE_PREFIX },
	{ .path = "/echo", .methods = "POST", .fn = echo },
	{ .path = "/later", .methods = "*", .fn = later },
	{ .path = "/small", .methods = "POST", .fn = echo, .body_limit = 10 },
	RPC_ROUTE("/a.S/Same", same),
};

static char path[100];

struct back {
	struct server s;
	int fd;
};

static void back_listen(struct back *b)
{
	struct net_addr at;
	struct err e;
	char name[120];

	snprintf(name, sizeof(name), "unix:%s", path);
	ok(net_parse(str_cstr(name), NET_LISTEN, &at, &e), &e);
	b->fd = net_listen(&at, (struct net_listen_opts){ 0 }, &e);
	ok(b->fd, &e);
}

static void back_start(struct back *b)
{
	struct err e;

	server_make(&b->s, back_rows, ARRAY_LEN(back_rows), NULL, NULL);
	ok(httpd_listen(b->s.h, b->fd, NULL, &e), &e);
	server_go(&b->s);
}

static void back_end(struct back *b)
{
	server_end(&b->s);
	close(b->fd);
	unlink(path);
}

struct front {
	struct server s;
	struct proxy *p;
	bool asks; /* its handler is asking, not proxy_handle */
	struct route rows[1];
};

/* The handler asks, and makes the reply of both. */
static void answered(struct http_req *r, int status, struct buf *body)
{
	http_reply_text(r, 200, arena_printf(r->a, "%d <" STR_FMT ">", status, STR_ARG(buf_str(body))));
}

static void asking(struct http_req *r, void *ctx)
{
	struct front *f = ctx;

	proxy_ask(r, f->p, 100 * NS_PER_MS, answered);
}

static void front_start(struct front *f, const char *to, struct proxy_conf conf)
{
	struct loop *l;
	struct router *routes;
	struct err e;
	char name[120];

	snprintf(name, sizeof(name), "unix:%s", path);
	conf.to = to ? to : name;
	f->rows[0] =
	    (struct route){ .path = "/", .methods = "*", .fn = f->asks ? asking : proxy_handle, .flags = ROUTE_PREFIX };
	server_make(&f->s, f->rows, 0, NULL, NULL);
	l = f->s.l;
	f->p = proxy_new(l, &conf, &e);
	assert_non_null(f->p);
	f->rows[0].ctx = f->asks ? (void *)f : (void *)f->p;
	routes = f->s.routes;
	ok(router_add(routes, f->rows, 1, NULL, &e), &e);
	server_go(&f->s);
}

static void front_end(struct front *f)
{
	server_halt(&f->s);
	proxy_free(f->p);
	server_drop(&f->s);
}

static struct back behind;
static struct front before;

static int set_up(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/pyro-test-proxy-%d.sock", (int)getpid());
	back_listen(&behind);
	back_start(&behind);
	front_start(&before, NULL, (struct proxy_conf){ 0 });
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	front_end(&before);
	back_end(&behind);
	return 0;
}

static void what_goes_through(void **state)
{
	static const struct {
		const char *ask;
		int status;
		const char *body;
	} cases[] = {
		{ "GET /show/a%20b?q=%20 HTTP/1.1\r\nHost: h:1\r\nX-A: 1\r\nX-A: 2\r\nTE: trailers\r\n"
		  "Connection: x-b\r\n\r\n",
		    200, "GET /show/a b?q=%20 host=h:1 x=1, 2 h1 forwarded peer=tcp te=0 body=" },
		{ "DELETE /show HTTP/1.1\r\nHost: h\r\nX-Pyro-Forwarded: h2\r\nX-Pyro-Peer: evil\r\n\r\n", 200,
		    "DELETE /show? host=h x= h1 forwarded peer=tcp te=0 body=" },
		{ "POST /show HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200,
		    "POST /show? host=h x= h1 forwarded peer=tcp te=0 body=abc" },
		{ "GET /nope HTTP/1.1\r\nHost: h\r\n\r\n", 404, "404 page not found\n" },
		{ "POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n01234567890", 413,
		    "request body too large: the limit is 10 bytes\n" },
		{ "GET /later?20 HTTP/1.1\r\nHost: h\r\n\r\n", 200, "later\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct heard a = ask(&before.s, cases[i].ask);

		expect_text(&a, cases[i].status, cases[i].body);
		heard_free(&a);
	}
}

static void head_keeps_its_length(void **state)
{
	struct heard a = ask(&before.s, "HEAD /show HTTP/1.1\r\nHost: h\r\n\r\n");

	(void)state;
	assert_int_equal(a.status, 200);
	assert_true(atoi(heard_field(&a, "Content-Length")) > 20);
	heard_free(&a);
}

static void bodies(void **state)
{
	static const size_t sizes[] = { 0, 1, 65536, 1000000, 8000000 };
	int fd = dial(&before.s);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		char head[100], *body = malloc(sizes[i] + 1);
		struct heard a;

		for (size_t k = 0; k < sizes[i]; k++)
			body[k] = (char)(k * 13 + k / 256);
		snprintf(head, sizeof(head), "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", sizes[i]);
		say(fd, head);
		say_n(fd, body, sizes[i]);
		a = hear_answer(fd, false);
		assert_int_equal(a.status, 201);
		assert_true(str_eq(buf_str(&a.body), str_of(body, sizes[i])));
		assert_non_null(strstr(a.head, "X-One: 1\r\nX-One: 2\r\n"));
		heard_free(&a);
		free(body);
	}
	close(fd);
}

/* gRPC over HTTP/2 in front: the trailers come back as trailers. */
static void trailers_come_through(void **state)
{
	struct http_field f = { STR("content-type"), STR("application/grpc") };
	struct h2c c;
	struct h2c_stream *s;

	(void)state;
	h2c_open(&c, dial(&before.s));
	s = h2c_ask(&c, "POST", "/a.S/Same", &f, 1, STR("\0\0\0\0\2hi"));
	h2c_wait(&c, s);
	assert_int_equal(s->status, 200);
	assert_true(str_eq(buf_str(&s->body), STR("\0\0\0\0\2hi")));
	assert_true(has_line(&s->trailers, "grpc-status: 0\n"));
	assert_false(has_line(&s->head, "x-pyro-trailer"));
	s = h2c_ask(&c, "POST", "/a.S/Same", &f, 1, STR("\0\0\0"));
	h2c_wait(&c, s);
	assert_true(has_line(&s->head, "grpc-status: 3\n"));
	s = h2c_ask(&c, "GET", "/show", NULL, 0, STR_NONE);
	h2c_wait(&c, s);
	assert_true(str_eq(buf_str(&s->body), STR("GET /show? host=test x= h2 forwarded peer=tcp te=0 body=")));
	h2c_close(&c);
}

static void many_at_once(void **state)
{
	enum { N = 300 };
	int fd[N];

	(void)state;
	for (int i = 0; i < N; i++) {
		fd[i] = dial(&before.s);
		say(fd[i], "GET /later?30 HTTP/1.1\r\nHost: a\r\n\r\n");
	}
	for (int i = 0; i < N; i++) {
		struct heard a = hear_answer(fd[i], false);

		expect_text(&a, 200, "later\n");
		heard_free(&a);
		close(fd[i]);
	}
}

static void queue_has_a_limit(void **state)
{
	struct front f = { 0 };
	struct heard a;
	int fd[3];

	(void)state;
	front_start(&f, NULL, (struct proxy_conf){ .max_conns = 1, .max_queue = 1 });
	for (int i = 0; i < 3; i++) {
		fd[i] = dial(&f.s);
		say(fd[i], "GET /later?100 HTTP/1.1\r\nHost: a\r\n\r\n");
		nap(20);
	}
	a = hear_answer(fd[2], false);
	expect_text(&a, 503,
	    "{\"code\":\"unavailable\",\"message\":\"too many requests wait for the server behind\"}\n");
	heard_free(&a);
	for (int i = 0; i < 2; i++) {
		a = hear_answer(fd[i], false);
		expect_text(&a, 200, "later\n");
		heard_free(&a);
	}
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	front_end(&f);
}

static void timeout(void **state)
{
	struct front f = { 0 };
	struct heard a;

	(void)state;
	gone_count = 0;
	front_start(&f, NULL, (struct proxy_conf){ .timeout = 80 * NS_PER_MS });
	a = ask(&f.s, "GET /later?300 HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(a.status, 504);
	heard_free(&a);
	nap(50);
	/* the one behind was told */
	assert_int_equal(__atomic_load_n(&gone_count, __ATOMIC_SEQ_CST), 1);
	front_end(&f);
}

/* A client that resets its connection cancels the work behind. */
static void client_leaves(void **state)
{
	struct linger hard = { 1, 0 };
	int fd = dial(&before.s);

	(void)state;
	gone_count = 0;
	say(fd, "GET /later?300 HTTP/1.1\r\nHost: a\r\n\r\n");
	nap(50);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
	for (int i = 0; i < 100 && __atomic_load_n(&gone_count, __ATOMIC_SEQ_CST) == 0; i++)
		nap(10);
	assert_int_equal(__atomic_load_n(&gone_count, __ATOMIC_SEQ_CST), 1);
}

static void nobody_there(void **state)
{
	struct front f = { 0 };
	struct heard a;
	int64_t begun = now_ms();

	(void)state;
	front_start(&f, "unix:/tmp/pyro-test-no-such-socket", (struct proxy_conf){ .retry_for = 200 * NS_PER_MS });
	a = ask(&f.s, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	expect_text(&a, 503, "{\"code\":\"unavailable\",\"message\":\"the server behind does not answer\"}\n");
	heard_free(&a);
	assert_in_range(now_ms() - begun, 180, 2000);
	front_end(&f);
	begun = now_ms();
	front_start(&f, "127.0.0.1:1", (struct proxy_conf){ .retry_for = -1 });
	a = ask(&f.s, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(a.status, 503);
	heard_free(&a);
	assert_in_range(now_ms() - begun, 0, 100);
	front_end(&f);
}

/* Requests that come while the server behind is away wait for it. */
static void waits_for_its_return(void **state)
{
	struct heard a;
	int fd[3];

	(void)state;
	back_end(&behind);
	for (int i = 0; i < 3; i++) {
		fd[i] = dial(&before.s);
		say(fd[i], "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
	}
	nap(150);
	back_listen(&behind);
	back_start(&behind);
	for (int i = 0; i < 3; i++) {
		a = hear_answer(fd[i], false);
		expect_text(&a, 201, "hi");
		heard_free(&a);
		close(fd[i]);
	}
}

struct caller {
	pthread_t t;
	uint16_t port;
	int done, failed;
	bool stop;
};

static void *call_on(void *arg)
{
	struct caller *c = arg;
	int fd = dial_port(c->port);

	while (!__atomic_load_n(&c->stop, __ATOMIC_SEQ_CST)) {
		char head[4096];
		ssize_t n;

		say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
		n = recv(fd, head, sizeof(head) - 1, 0);
		if (n <= 0 || strncmp(head, "HTTP/1.1 201", 12) != 0)
			c->failed++;
		else
			c->done++;
		if (n <= 0)
			break;
		nap(1);
	}
	close(fd);
	return NULL;
}

struct stopping {
	struct task t;
	struct server *s;
};

static void on_stopped(void *ctx)
{
	loop_stop(ctx);
}

static void stop_now(struct task *t)
{
	struct server *s = CONTAINER_OF(t, struct stopping, t)->s;

	httpd_stop(s->h, loop_mono(s->l) + 5 * NS_PER_S, on_stopped, s->l);
}

/* The server behind restarts again and again under load; its socket stays. Nobody is refused. */
static void restarts_refuse_nobody(void **state)
{
	struct caller c[4] = { 0 };
	struct front f = { 0 };
	int done = 0;

	(void)state;
	front_start(&f, NULL, (struct proxy_conf){ 0 });
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		c[i].port = f.s.port;
		pthread_create(&c[i].t, NULL, call_on, &c[i]);
	}
	for (int i = 0; i < 5; i++) {
		struct stopping x = { .t.fn = stop_now, .s = &behind.s };

		nap(60);
		loop_post(behind.s.l, &x.t);
		pthread_join(behind.s.thread, NULL);
		server_drop(&behind.s);
		nap(i % 2 ? 0 : 60);
		back_start(&behind);
	}
	nap(60);
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		__atomic_store_n(&c[i].stop, true, __ATOMIC_SEQ_CST);
		pthread_join(c[i].t, NULL);
		assert_int_equal(c[i].failed, 0);
		done += c[i].done;
	}
	assert_true(done > 100);
	front_end(&f);
}

/* A server behind that answers with these bytes, whatever it hears, then closes. */
struct fake {
	pthread_t t;
	int fd;
	uint16_t port;
	const char *say;
	int times;
};

static void *fake_run(void *arg)
{
	struct fake *k = arg;

	for (int i = 0; i < k->times; i++) {
		char in[4096];
		int fd = accept(k->fd, NULL, NULL);

		patience(fd);
		if (recv(fd, in, sizeof(in), 0) > 0)
			for (size_t n = 0; n < strlen(k->say); n++) {
				send(fd, k->say + n, 1, MSG_NOSIGNAL);
				if (n % 8 == 0)
					nap(1);
			}
		shutdown(fd, SHUT_WR);
		recv(fd, in, sizeof(in), 0);
		close(fd);
	}
	return NULL;
}

static void odd_answers(void **state)
{
	static const struct {
		const char *say;
		int times;
		const char *method;
		int status;
		const char *body;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 1, "POST", 200, "hi" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi extra", 1, "POST", 200, "hi" },
		{ "HTTP/1.0 200 OK\r\n\r\nuntil the end", 1, "POST", 200, "until the end" },
		{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n"
		  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
		    1, "POST", 200, "hi" },
		{ "HTTP/1.1 204 No Content\r\n\r\n", 1, "POST", 204, "" },
		{ "nonsense\r\n\r\n", 1, "POST", 502,
		    "{\"code\":\"unavailable\",\"message\":\"the server behind sent a broken answer\"}\n" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", 1, "POST", 502,
		    "{\"code\":\"unavailable\",\"message\":\"the server behind closed the connection\"}\n" },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 1, "POST", 502,
		    "{\"code\":\"unavailable\",\"message\":\"chunk without a size\"}\n" },
		{ "HTTP/1.1 101 Switching Protocols\r\n\r\n", 1, "POST", 502,
		    "{\"code\":\"unavailable\",\"message\":\"the server behind sent a broken answer\"}\n" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
		  "0123456789012345678901234567890123456789012345678901234567890123456789",
		    1, "POST", 502,
		    "{\"code\":\"unavailable\",\"message\":\"the answer of the server behind is too large\"}\n" },
		{ "", 1, "POST", 502,
		    "{\"code\":\"unavailable\",\"message\":\"the server behind closed the connection\"}\n" },
		{ "", 3, "GET", 502,
		    "{\"code\":\"unavailable\",\"message\":\"the server behind closed the connection\"}\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fake k = { .say = cases[i].say, .times = cases[i].times };
		struct net_addr at;
		struct front f = { 0 };
		struct heard a;
		struct err e;
		char to[40], text[200];

		ok(net_parse(STR("127.0.0.1:0"), NET_LISTEN, &at, &e), &e);
		k.fd = net_listen(&at, (struct net_listen_opts){ 0 }, &e);
		ok(k.fd, &e);
		fcntl(k.fd, F_SETFL, 0);
		k.port = net_port(k.fd);
		pthread_create(&k.t, NULL, fake_run, &k);
		snprintf(to, sizeof(to), "127.0.0.1:%d", k.port);
		front_start(&f, to, (struct proxy_conf){ .max_answer = 50 });
		snprintf(text, sizeof(text), "%s /x HTTP/1.1\r\nHost: a\r\n\r\n", cases[i].method);
		a = ask(&f.s, text);
		if (a.status != cases[i].status || strcmp(a.body.p, cases[i].body) != 0)
			fail_msg("case %zu: got %d %s", i, a.status, a.body.p);
		heard_free(&a);
		front_end(&f);
		pthread_join(k.t, NULL);
		close(k.fd);
	}
}

static void an_answer_to_work_with(void **state)
{
	struct front f = { 0 };
	struct heard a;
	struct {
		const char *target, *want;
	} cases[] = {
		{ "/show/a", "200 <GET /show/a? host=a x= h1 forwarded peer=tcp te=0 body=>" },
		{ "/nothing", "404 <404 page not found\n>" },
		{ "/later?300", "504 <>" },
	};

	(void)state;
	f.asks = true;
	front_start(&f, NULL, (struct proxy_conf){ 0 });
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[100];

		snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", cases[i].target);
		a = ask(&f.s, text);
		expect_text(&a, 200, cases[i].want);
		heard_free(&a);
	}
	front_end(&f);
	front_start(&f, "unix:/tmp/pyro-test-nobody.sock", (struct proxy_conf){ 0 });
	a = ask(&f.s, "GET /show HTTP/1.1\r\nHost: a\r\n\r\n");
	expect_text(&a, 200, "504 <>");
	heard_free(&a);
	front_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_through),
		cmocka_unit_test(head_keeps_its_length),
		cmocka_unit_test(bodies),
		cmocka_unit_test(trailers_come_through),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(queue_has_a_limit),
		cmocka_unit_test(timeout),
		cmocka_unit_test(client_leaves),
		cmocka_unit_test(nobody_there),
		cmocka_unit_test(odd_answers),
		cmocka_unit_test(waits_for_its_return),
		cmocka_unit_test(restarts_refuse_nobody),
		cmocka_unit_test(an_answer_to_work_with),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
