/* test_pieces.c - replies that come in pieces, over HTTP/1.1, HTTP/1.0 and HTTP/2. */
#include "tests/lib/h2_client.h"
#include "tests/lib/net_handlers.h"

/* Piece i of a counted reply: "size" bytes of one letter. */
struct counted {
	struct http_req *r;
	struct timer t;
	size_t i, n, size;
	int wait_ms; /* between pieces; 0: as fast as there is room */
	bool ended;
};

static int sent_count, ended_count;

static void counted_more(struct counted *x)
{
	struct buf b;

	buf_init(&b, 64 << 20);
	while (http_room(x->r) && x->i < x->n) {
		buf_fill(&b, "abcdefghij"[x->i++ % 10], x -> size);
		__atomic_add_fetch(&sent_count, 1, __ATOMIC_SEQ_CST);
		http_more(x->r, &b);
		if (x->wait_ms > 0)
			break;
	}
	buf_fini(&b);
	if (x->i < x->n && x->wait_ms > 0) {
		loop_timer(x->r->loop, &x->t, loop_mono(x->r->loop) + x->wait_ms * NS_PER_MS);
	} else if (x->i == x->n && !x->ended) {
		x->ended = true;
		__atomic_add_fetch(&ended_count, 1, __ATOMIC_SEQ_CST);
		http_end(x->r);
	}
}

static void counted_due(struct timer *t)
{
	counted_more(CONTAINER_OF(t, struct counted, t));
}

static void counted_room(struct http_req *r)
{
	struct counted *x = r->ctx;

	if (x->wait_ms == 0)
		counted_more(x);
}

static void counted_gone(struct http_req *r)
{
	struct counted *x = r->ctx;

	loop_timer_off(r->loop, &x->t);
	assert_false(http_room(r));
	__atomic_add_fetch(&gone_count, 1, __ATOMIC_SEQ_CST);
	x->ended = true;
	http_end(r);
}

/* /counted?N,SIZE,WAIT */
static void counted(struct http_req *r, void *ctx)
{
	struct http_field type = { STR("Content-Type"), STR("text/x") };
	struct counted *x = arena_zalloc(r->a, sizeof(*x));

	(void)ctx;
	x->r = r;
	x->t.fn = counted_due;
	assert_int_equal(sscanf(arena_cstr(r->a, r->query), "%zu,%zu,%d", &x->n, &x->size, &x->wait_ms), 3);
	r->ctx = x;
	r->on_gone = counted_gone;
	r->on_room = counted_room;
	http_begin(r, &(struct http_reply){ .status = 200, .headers = &type, .n_headers = 1 });
	counted_more(x);
}

static const struct route rows[] = {
	{ .path = "/counted", .methods = "GET", .fn = counted },
	{ .path = "/hello", .methods = "GET", .fn = hello },
};

static struct server s;

static int start(void **state)
{
	(void)state;
	gone_count = sent_count = ended_count = 0;
	server_start(&s, rows, ARRAY_LEN(rows), &(struct httpd_conf){ 0 });
	return 0;
}

static int start_impatient(void **state)
{
	(void)state;
	gone_count = sent_count = ended_count = 0;
	server_start(&s, rows, ARRAY_LEN(rows), &(struct httpd_conf){ .write_timeout = 300 * NS_PER_MS });
	return 0;
}

static int end(void **state)
{
	(void)state;
	server_end(&s);
	return 0;
}

static void test_chunks(void **state)
{
	static const int waits[] = { 0, 5 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		int fd = dial(&s);
		struct heard a;
		struct buf b;
		char text[128];

		snprintf(text, sizeof(text),
		    "GET /counted?3,4,%d HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n", waits[i]);
		say(fd, text);
		a = hear_answer(fd, true);
		assert_string_equal(heard_field(&a, "Transfer-Encoding"), "chunked");
		assert_string_equal(heard_field(&a, "Content-Type"), "text/x");
		assert_null(heard_field(&a, "Content-Length"));
		b = hear(fd, strlen("4\r\naaaa\r\n4\r\nbbbb\r\n4\r\ncccc\r\n0\r\n\r\n"));
		assert_string_equal(b.p, "4\r\naaaa\r\n4\r\nbbbb\r\n4\r\ncccc\r\n0\r\n\r\n");
		buf_fini(&b);
		heard_free(&a);
		/* the connection goes on */
		a = hear_answer(fd, false);
		expect_text(&a, 200, "hello\n");
		heard_free(&a);
		close(fd);
	}
	wait_for(&ended_count, 2);
	assert_int_equal(gone_count, 0);
}

static void test_old_http(void **state)
{
	int fd = dial(&s);
	struct buf b;

	(void)state;
	say(fd, "GET /counted?3,4,5 HTTP/1.0\r\n\r\n");
	b = hear_all(fd);
	assert_non_null(strstr(b.p, "Connection: close\r\n"));
	assert_null(strstr(b.p, "chunked"));
	assert_non_null(strstr(b.p, "\r\n\r\naaaabbbbcccc"));
	assert_int_equal(b.p[b.n - 1], 'c');
	buf_fini(&b);
	close(fd);
}

static void test_head(void **state)
{
	int fd = dial(&s);
	struct heard a;

	(void)state;
	say(fd, "HEAD /counted?3,4,0 HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
	a = hear_answer(fd, true);
	assert_int_equal(a.status, 200);
	heard_free(&a);
	a = hear_answer(fd, false);
	expect_text(&a, 200, "hello\n");
	heard_free(&a);
	close(fd);
}

/* Megabytes through a socket that takes less: every byte arrives, and never more than a piece is ahead. */
static void test_large(void **state)
{
	int fd = dial(&s), ahead;
	size_t bytes = 0;

	(void)state;
	say(fd, "GET /counted?20,3000000,0 HTTP/1.0\r\n\r\n");
	while (__atomic_load_n(&sent_count, __ATOMIC_SEQ_CST) == 0)
		nap(10);
	nap(100);
	ahead = __atomic_load_n(&sent_count, __ATOMIC_SEQ_CST);
	assert_in_range(ahead, 1, 8); /* the system's buffers hold some */
	for (char part[65536];;) {
		ssize_t n = recv(fd, part, sizeof(part), 0);

		assert_true(n >= 0);
		if (n == 0)
			break;
		bytes += (size_t)n;
	}
	assert_in_range(bytes, 60000000, 60001000);
	close(fd);
}

static void test_gone(void **state)
{
	int fd = dial(&s);
	struct heard a;

	(void)state;
	say(fd, "GET /counted?1000,4,20 HTTP/1.1\r\nHost: x\r\n\r\n");
	a = hear_answer(fd, true);
	heard_free(&a);
	close(fd);
	wait_for(&gone_count, 1);
	/* one that says it has heard enough */
	fd = dial(&s);
	say(fd, "GET /counted?1000,4,200 HTTP/1.1\r\nHost: x\r\n\r\n");
	a = hear_answer(fd, true);
	heard_free(&a);
	shutdown(fd, SHUT_WR);
	wait_for(&gone_count, 2);
	close(fd);
}

/* A reader that takes nothing is cut off; one that waits for pieces is not. */
static void test_stuck(void **state)
{
	int fd = dial(&s);
	struct heard a;
	struct buf b;

	(void)state;
	say(fd, "GET /counted?20,3000000,0 HTTP/1.1\r\nHost: x\r\n\r\n");
	wait_for(&gone_count, 1);
	close(fd);
	fd = dial(&s);
	say(fd, "GET /counted?2,1,700 HTTP/1.1\r\nHost: x\r\n\r\n");
	a = hear_answer(fd, true);
	heard_free(&a);
	b = hear(fd, strlen("1\r\na\r\n1\r\nb\r\n0\r\n\r\n"));
	assert_string_equal(b.p, "1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
	buf_fini(&b);
	close(fd);
	assert_int_equal(gone_count, 1);
}

static void test_streams(void **state)
{
	struct h2c c;
	struct h2c_stream *x[3], *y;

	(void)state;
	h2c_open(&c, dial(&s));
	x[0] = h2c_ask(&c, "GET", "/counted?3,4,10", NULL, 0, STR_NONE);
	x[1] = h2c_ask(&c, "GET", "/counted?5,2000000,0", NULL, 0, STR_NONE);
	x[2] = h2c_ask(&c, "HEAD", "/counted?3,4,0", NULL, 0, STR_NONE);
	y = h2c_ask(&c, "GET", "/hello", NULL, 0, STR_NONE);
	for (size_t i = 0; i < ARRAY_LEN(x); i++) {
		h2c_wait(&c, x[i]);
		assert_int_equal(x[i]->error, 0);
		assert_int_equal(str_search(buf_str(&x[i]->head), STR("content-length")), x[i]->head.n);
	}
	h2c_wait(&c, y);
	assert_true(str_eq(buf_str(&x[0]->body), STR("aaaabbbbcccc")));
	assert_int_equal(x[1]->body.n, 10000000);
	assert_int_equal(x[1]->body.p[9999999], 'e');
	assert_int_equal(x[2]->body.n, 0);
	h2c_close(&c);
	assert_int_equal(gone_count, 0);
}

static void test_streams_gone(void **state)
{
	struct h2c c;
	struct h2c_stream *x;

	(void)state;
	h2c_open(&c, dial(&s));
	x = h2c_ask(&c, "GET", "/counted?1000,4,20", NULL, 0, STR_NONE);
	while (x->status == 0)
		assert_true(h2c_turn(&c));
	nghttp2_submit_rst_stream(c.session, 0, x->id, NGHTTP2_CANCEL);
	nghttp2_session_send(c.session);
	wait_for(&gone_count, 1);
	x = h2c_ask(&c, "GET", "/counted?1000,4,20", NULL, 0, STR_NONE);
	while (x->status == 0)
		assert_true(h2c_turn(&c));
	h2c_close(&c);
	wait_for(&gone_count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_chunks, start, end),
		cmocka_unit_test_setup_teardown(test_old_http, start, end),
		cmocka_unit_test_setup_teardown(test_head, start, end),
		cmocka_unit_test_setup_teardown(test_large, start, end),
		cmocka_unit_test_setup_teardown(test_gone, start, end),
		cmocka_unit_test_setup_teardown(test_stuck, start_impatient, end),
		cmocka_unit_test_setup_teardown(test_streams, start, end),
		cmocka_unit_test_setup_teardown(test_streams_gone, start, end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
