/* The server's limits: slow clients, full tables, memory, stopping, sharing a socket. */
#include "tests/lib/net_handlers.h"

#include <sys/resource.h>

/* Memory of the body goes when the handler is called; that of the fields stays. Tells them when all have come. */
static struct http_req *forgotten[4];
static unsigned n_forgotten;

static void forget(struct http_req *r, void *ctx)
{
	const struct server *s = ctx;

	assert_int_equal(r->body.n, atoi(arena_cstr(r->a, r->query)));
	assert_int_equal(r->body.p[0], 'x');
	assert_int_equal(r->body.p[r->body.n - 1], 'x');
	http_forget_body(r);
	assert_int_equal(r->body.n, 0);
	assert_int_equal(httpd_stats(s->h).body_bytes, 0);
	forgotten[n_forgotten++] = r;
	for (unsigned i = 0; n_forgotten == ARRAY_LEN(forgotten) && i < n_forgotten; i++)
		http_reply_text(forgotten[i], 200, http_header(forgotten[i], "X-Name"));
}

static const struct route rows[] = {
	{ .path = "/forget", .methods = "POST", .fn = forget },
	{ .path = "/", .methods = "GET", .fn = hello },
	{ .path = "/echo", .methods = "POST PUT", .fn = echo, .body_limit = 8 << 20 },
	{ .path = "/small", .methods = "POST", .fn = echo, .body_limit = 10 },
	{ .path = "/later", .methods = "*", .fn = later },
	{ .path = "/big", .methods = "GET", .fn = big },
};

static const struct httpd_conf quick = {
	.header_timeout = 100 * NS_PER_MS,
	.body_timeout = 100 * NS_PER_MS,
	.write_timeout = 100 * NS_PER_MS,
	.idle_timeout = 150 * NS_PER_MS,
	.max_conns = 3,
	.max_body_bytes = 100000,
};

static void slow_clients(void **state)
{
	struct server s;
	struct heard a;
	int fd;
	int64_t begun = now_ms();

	(void)state;
	server_start(&s, rows, ARRAY_LEN(rows), &quick);
	fd = dial(&s);
	say(fd, "GET / HT");
	a = hear_answer(fd, false);
	expect_text(&a, 408, "Request Timeout: the head came too slowly\n");
	heard_free(&a);
	expect_closed(fd);
	close(fd);
	fd = dial(&s);
	say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
	a = hear_answer(fd, false);
	expect_text(&a, 408, "Request Timeout: the body came too slowly\n");
	heard_free(&a);
	close(fd);
	fd = dial(&s);
	say(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	a = hear_answer(fd, false);
	expect_text(&a, 200, "hello\n");
	heard_free(&a);
	expect_closed(fd); /* idle */
	close(fd);
	fd = dial(&s);
	expect_closed(fd); /* never said anything */
	close(fd);
	assert_true(now_ms() - begun < 3000);
	server_end(&s);
}

/* A slow handler is not the client's fault: no timeout of the connection applies. */
static void slow_handlers(void **state)
{
	struct server s;
	struct heard a;

	(void)state;
	server_start(&s, rows, ARRAY_LEN(rows), &quick);
	a = ask(&s, "GET /later?400 HTTP/1.1\r\nHost: a\r\n\r\n");
	expect_text(&a, 200, "later\n");
	heard_free(&a);
	server_end(&s);
}

static void client_that_does_not_read(void **state)
{
	struct server s;
	int fd;

	(void)state;
	server_start(&s, rows, ARRAY_LEN(rows), &quick);
	fd = dial(&s);
	say(fd, "GET /big?16000000 HTTP/1.1\r\nHost: a\r\n\r\n");
	nap(500);
	server_halt(&s);
	assert_int_equal(httpd_stats(s.h).requests, 1);
	assert_int_equal(httpd_stats(s.h).conns, 0);
	server_drop(&s);
	close(fd);
}

static void longest_idle_gives_way(void **state)
{
	struct httpd_conf conf = { .max_conns = 2 };
	struct server s;
	int fd[3];
	struct heard a;

	(void)state;
	server_start(&s, rows, ARRAY_LEN(rows), &conf);
	for (int i = 0; i < 3; i++) {
		fd[i] = dial(&s);
		say(fd[i], "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
		a = hear_answer(fd[i], false);
		expect_text(&a, 200, "hello\n");
		heard_free(&a);
	}
	expect_closed(fd[0]);
	say(fd[1], "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	a = hear_answer(fd[1], false);
	expect_text(&a, 200, "hello\n");
	heard_free(&a);
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	server_end(&s);
}

/* All connections busy: the next one waits in the backlog until one ends. */
static void full_of_busy_ones(void **state)
{
	struct httpd_conf conf = { .max_conns = 1 };
	struct server s;
	struct heard a;
	int one, two;

	(void)state;
	server_start(&s, rows, ARRAY_LEN(rows), &conf);
	one = dial(&s);
	say(one, "GET /later?100 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	nap(20);
	two = dial(&s);
	say(two, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	a = hear_answer(one, false);
	expect_text(&a, 200, "later\n");
	heard_free(&a);
	a = hear_answer(two, false);
	expect_text(&a, 200, "hello\n");
	heard_free(&a);
	close(one);
	close(two);
	server_end(&s);
}

static void no_descriptors_left(void **state)
{
	struct rlimit old, tight;
	struct server s;
	int fd, probe;
	struct heard a;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &old);
	server_start(&s, rows, ARRAY_LEN(rows), NULL);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	probe = dup(fd);
	tight = old;
	tight.rlim_cur = (rlim_t)probe;
	close(probe);
	setrlimit(RLIMIT_NOFILE, &tight);
	{
		struct sockaddr_in to = { .sin_family = AF_INET,
			.sin_port = htons(s.port),
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

		assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	}
	patience(fd);
	say(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	nap(150);
	setrlimit(RLIMIT_NOFILE, &old);
	a = hear_answer(fd, false);
	expect_text(&a, 200, "hello\n");
	heard_free(&a);
	close(fd);
	server_end(&s);
}

static void memory_for_bodies_is_bounded(void **state)
{
	struct server s;
	struct heard a;

	(void)state;
	server_start(&s, rows, ARRAY_LEN(rows), &quick);
	a = ask(&s, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n0123");
	expect_text(&a, 503, "Service Unavailable: request bodies fill the memory set aside\n");
	heard_free(&a);
	server_end(&s);
}

static void on_stopped(void *ctx)
{
	loop_stop(ctx);
}

struct stopping {
	struct task t;
	struct server *s;
	int64_t after;
};

static void stop_now(struct task *t)
{
	struct stopping *x = CONTAINER_OF(t, struct stopping, t);

	httpd_stop(x->s->h, loop_mono(x->s->l) + x->after, on_stopped, x->s->l);
}

static void graceful_stop(void **state)
{
	struct server s;
	struct stopping x = { .t.fn = stop_now, .s = &s, .after = 5 * NS_PER_S };
	struct heard a;
	int busy, idle, half;

	(void)state;
	server_start(&s, rows, ARRAY_LEN(rows), NULL);
	busy = dial(&s);
	idle = dial(&s);
	half = dial(&s);
	say(busy, "GET /later?100 HTTP/1.1\r\nHost: a\r\n\r\n");
	say(idle, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	a = hear_answer(idle, false);
	heard_free(&a);
	say(half, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
	nap(30);
	loop_post(s.l, &x.t);
	expect_closed(idle);
	say(half, "cd");
	a = hear_answer(half, false);
	expect_text(&a, 200, "abcd");
	assert_string_equal(heard_field(&a, "Connection"), "close");
	heard_free(&a);
	a = hear_answer(busy, false);
	expect_text(&a, 200, "later\n");
	heard_free(&a);
	expect_closed(busy);
	pthread_join(s.thread, NULL);
	server_drop(&s);
	close(busy);
	close(idle);
	close(half);
}

/* What has arrived when the server stops is answered, looked at before or not. */
static void stop_answers_what_has_come(void **state)
{
	struct server s;
	struct stopping x = { .t.fn = stop_now, .s = &s, .after = 5 * NS_PER_S };
	struct heard a;
	int kept, fresh, silent;

	(void)state;
	server_start(&s, rows, ARRAY_LEN(rows), NULL);
	kept = dial(&s);
	say(kept, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	a = hear_answer(kept, false);
	heard_free(&a);
	fresh = dial(&s);
	silent = dial(&s);
	nap(30);
	server_halt(&s);
	say(kept, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
	nap(10);
	x.t.fn(&x.t);
	server_go(&s);
	a = hear_answer(kept, false);
	expect_text(&a, 200, "hi");
	heard_free(&a);
	say(fresh, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	a = hear_answer(fresh, false);
	expect_text(&a, 200, "hello\n");
	assert_string_equal(heard_field(&a, "Connection"), "close");
	heard_free(&a);
	expect_closed(silent);
	pthread_join(s.thread, NULL);
	server_drop(&s);
	close(kept);
	close(fresh);
	close(silent);
}

static void stop_at_the_deadline(void **state)
{
	struct server s;
	struct stopping x = { .t.fn = stop_now, .s = &s, .after = 50 * NS_PER_MS };
	int64_t begun = now_ms();
	struct err e;
	int fd;

	(void)state;
	gone_count = 0;
	server_start(&s, rows, ARRAY_LEN(rows), NULL);
	fd = dial(&s);
	say(fd, "GET /later?900 HTTP/1.1\r\nHost: a\r\n\r\n");
	nap(20);
	loop_post(s.l, &x.t);
	expect_closed(fd);
	pthread_join(s.thread, NULL);
	assert_true(now_ms() - begun < 800);
	assert_int_equal(gone_count, 1);
	/* The handler still holds the request after the server is gone. */
	httpd_free(s.h);
	nap(1000);
	loop_stop(s.l);
	ok(loop_run(s.l, &e), &e);
	s.h = NULL;
	server_drop(&s);
	close(fd);
}

static void two_threads_one_socket(void **state)
{
	struct server a, b;
	struct err e;
	uint64_t total;

	(void)state;
	server_make(&a, rows, ARRAY_LEN(rows), NULL, NULL);
	server_make(&b, rows, ARRAY_LEN(rows), NULL, NULL);
	ok(httpd_listen(b.h, a.fd, NULL, &e), &e);
	server_go(&a);
	server_go(&b);
	for (int i = 0; i < 200; i++) {
		struct heard x = ask(&a, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");

		expect_text(&x, 200, "hello\n");
		heard_free(&x);
	}
	server_halt(&a);
	server_halt(&b);
	total = httpd_stats(a.h).requests + httpd_stats(b.h).requests;
	assert_int_equal(total, 200);
	server_drop(&b); /* watches the socket of a */
	server_drop(&a);
}

/* Of each way that a body may lie in memory: copied with its head, in the buffer of the connection, in parts, chunked. */
static void forgotten_bodies(void **state)
{
	static const struct {
		size_t n, first; /* bytes of the body; of those that come with the head */
		bool chunked;
	} cases[ARRAY_LEN(forgotten)] = { { 1000, 1000, false }, { 20000, 20000, false }, { 30000, 7, false },
		{ 20000, 20000, true } };
	int fds[ARRAY_LEN(forgotten)];
	struct server s;
	struct buf b;

	(void)state;
	n_forgotten = 0;
	server_start(&s, rows, ARRAY_LEN(rows), &(struct httpd_conf){ 0 });
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		buf_reset(&b);
		buf_printf(&b, "POST /forget?%zu HTTP/1.1\r\nHost: a\r\nX-Name: number %zu\r\n", cases[i].n, i);
		if (cases[i].chunked)
			buf_printf(&b, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", cases[i].n);
		else
			buf_printf(&b, "Content-Length: %zu\r\n\r\n", cases[i].n);
		buf_fill(&b, 'x', cases[i].first);
		fds[i] = dial(&s);
		say_n(fds[i], b.p, b.n);
		if (cases[i].first < cases[i].n)
			nap(20);
		buf_reset(&b);
		buf_fill(&b, 'x', cases[i].n - cases[i].first);
		if (cases[i].chunked)
			buf_add(&b, STR("\r\n0\r\n\r\n"));
		say_n(fds[i], b.p, b.n);
	}
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct heard a = hear_answer(fds[i], false);

		buf_reset(&b);
		buf_printf(&b, "number %zu", i);
		buf_byte(&b, 0);
		expect_text(&a, 200, b.p);
		heard_free(&a);
		close(fds[i]);
	}
	buf_fini(&b);
	server_end(&s);
}

static int seen[600];
static size_t seen_bytes;

static void on_reply(const struct http_req *r, int status, size_t body_n)
{
	assert_ptr_equal(r->owner, seen);
	seen[status]++;
	seen_bytes += body_n;
}

static void counters(void **state)
{
	const struct httpd_conf conf = { .on_reply = on_reply, .owner = seen };
	struct server s;
	struct heard a;

	(void)state;
	server_start(&s, rows, ARRAY_LEN(rows), &conf);
	a = ask(&s, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	heard_free(&a);
	a = ask(&s, "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n");
	server_halt(&s);
	assert_int_equal(httpd_stats(s.h).accepted, 2);
	assert_int_equal(httpd_stats(s.h).requests, 2);
	assert_int_equal(httpd_stats(s.h).refused, 1);
	assert_int_equal(httpd_stats(s.h).busy, 0);
	assert_int_equal(httpd_stats(s.h).body_bytes, 0);
	assert_int_equal(seen[200], 1);
	assert_int_equal(seen[413], 1);
	assert_int_equal(seen_bytes, strlen("hello\n") + a.body.n);
	heard_free(&a);
	server_drop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slow_clients),
		cmocka_unit_test(forgotten_bodies),
		cmocka_unit_test(slow_handlers),
		cmocka_unit_test(client_that_does_not_read),
		cmocka_unit_test(longest_idle_gives_way),
		cmocka_unit_test(full_of_busy_ones),
		cmocka_unit_test(no_descriptors_left),
		cmocka_unit_test(memory_for_bodies_is_bounded),
		cmocka_unit_test(graceful_stop),
		cmocka_unit_test(stop_answers_what_has_come),
		cmocka_unit_test(stop_at_the_deadline),
		cmocka_unit_test(two_threads_one_socket),
		cmocka_unit_test(counters),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
