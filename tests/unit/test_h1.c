/* HTTP/1 heads and chunked bodies: good ones, smuggling, every cut and split. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/buf.h"
#include "net/h1.h"

#define HOST "Host: a\r\n"
#define POST "POST /x HTTP/1.1\r\n" HOST

/* The bytes lie against the end of their own allocation, so that reading past them shows. */
static char *exact(const char *p, size_t n)
{
	char *copy = malloc(n ? n : 1);

	memcpy(copy, p, n);
	return copy;
}

static enum h1_step parse(struct h1_head *h, const char *text, size_t n, char **keep)
{
	*keep = exact(text, n);
	h1_head_init(h);
	return h1_request(h, str_of(*keep, n));
}

static const struct good {
	const char *text;
	const char *method, *target;
	size_t n_fields;
	enum h1_framing framing;
	uint64_t length;
	bool keep_alive, expect, h2c;
} goods[] = {
	{ "GET / HTTP/1.1\r\n" HOST "\r\n", "GET", "/", 1, H1_EMPTY, 0, true, false, false },
	{ "\r\nGET / HTTP/1.1\r\n" HOST "\r\n", "GET", "/", 1, H1_EMPTY, 0, true, false, false },
	{ "GET / HTTP/1.0\r\n\r\n", "GET", "/", 0, H1_EMPTY, 0, false, false, false },
	{ "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET", "/", 1, H1_EMPTY, 0, true, false, false },
	{ "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "GET", "/", 1, H1_EMPTY, 0, false, false, false },
	{ "GET /\xc3\xa4?a=\"b\" HTTP/1.1\r\nHost:\r\n\r\n", "GET", "/\xc3\xa4?a=\"b\"", 1, H1_EMPTY, 0, true, false,
	    false },
	{ "M-SEARCH * HTTP/1.1\r\n" HOST "Connection: Close\r\n\r\n", "M-SEARCH", "*", 2, H1_EMPTY, 0, false, false,
	    false },
	{ POST "Content-Length: 12\r\n\r\n", "POST", "/x", 2, H1_LENGTH, 12, true, false, false },
	{ POST "content-LENGTH:0012\r\n\r\n", "POST", "/x", 2, H1_LENGTH, 12, true, false, false },
	{ POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", "POST", "/x", 3, H1_LENGTH, 5, true, false, false },
	{ POST "Content-Length: 0\r\n\r\n", "POST", "/x", 2, H1_EMPTY, 0, true, false, false },
	{ POST "Content-Length: 999999999999999999\r\n\r\n", "POST", "/x", 2, H1_LENGTH, 999999999999999999u, true,
	    false, false },
	{ POST "Transfer-Encoding: Chunked\r\n\r\n", "POST", "/x", 2, H1_CHUNKED, 0, true, false, false },
	{ POST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\n", "POST", "/x", 3, H1_LENGTH, 1, true, true, false },
	{ "GET / HTTP/1.1\r\n" HOST "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
	  "HTTP2-Settings: AAMAAABk\r\n\r\n",
	    "GET", "/", 4, H1_EMPTY, 0, true, false, true },
	{ "GET / HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: h2c\r\n"
	  "HTTP2-Settings: AAMAAABk\r\n\r\n",
	    "GET", "/", 4, H1_EMPTY, 0, true, false, false },
	{ "GET / HTTP/1.1\r\n" HOST "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
	  "HTTP2-Settings: a\r\nHTTP2-Settings: b\r\n\r\n",
	    "GET", "/", 5, H1_EMPTY, 0, true, false, false },
	{ "GET / HTTP/1.1\r\n" HOST "X: \t a\tb \xff \t\r\nY:\r\n\r\n", "GET", "/", 3, H1_EMPTY, 0, true, false,
	    false },
};

static void good_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(goods); i++) {
		const struct good *g = &goods[i];
		static struct h1_head h;
		char *keep;
		size_t n = strlen(g->text);

		if (parse(&h, g->text, n, &keep) != H1_DONE)
			fail_msg("case %zu: %s", i, h.why);
		assert_int_equal(h.used, n);
		assert_true(str_eq(h.method, str_cstr(g->method)));
		assert_true(str_eq(h.target, str_cstr(g->target)));
		assert_int_equal(h.n_fields, g->n_fields);
		assert_int_equal(h.framing, g->framing);
		assert_int_equal(h.length, g->length);
		assert_int_equal(h.keep_alive, g->keep_alive);
		assert_int_equal(h.expect, g->expect);
		assert_int_equal(h.h2c, g->h2c);
		free(keep);
		/* What follows the head is left alone. */
		assert_int_equal(parse(&h, g->text, n, &keep), H1_DONE);
		free(keep);
	}
}

/* A cut anywhere wants more; going on after it gives the same head. */
static void cut_at_every_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(goods); i++) {
		size_t n = strlen(goods[i].text);

		for (size_t k = 0; k < n; k++) {
			static struct h1_head h;
			char *keep;

			assert_int_equal(parse(&h, goods[i].text, k, &keep), H1_MORE);
			free(keep);
			keep = exact(goods[i].text, n);
			assert_int_equal(h1_request(&h, str_of(keep, n)), H1_DONE);
			assert_int_equal(h.n_fields, goods[i].n_fields);
			assert_int_equal(h.used, n);
			free(keep);
		}
	}
}

static const struct {
	const char *text;
	int status;
} bads[] = {
	/* line ends */
	{ "GET / HTTP/1.1\n" HOST "\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: a\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "\n", 400 },
	{ "GET / HTTP/1.1\r\nX: a\rY: b\r\n" HOST "\r\n", 400 },
	{ "GET / HTTP/1.1\r\nX: a\r\r\n" HOST "\r\n", 400 },
	{ "GET / HTTP/1.1\r\r\n" HOST "\r\n", 400 },
	{ "\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "\nGET / HTTP/1.1\r\n" HOST "\r\n", 400 },
	/* request line */
	{ "GET  / HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET / x HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET /\tx HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ " GET / HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET /\r\n" HOST "\r\n", 400 },
	{ "GET\r\n" HOST "\r\n", 400 },
	{ "G@T / HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET / http/1.1\r\n" HOST "\r\n", 400 },
	{ "GET / HTTP/1.1 \r\n" HOST "\r\n", 400 },
	{ "GET / HTTP/1.2\r\n" HOST "\r\n", 505 },
	{ "GET / HTTP/11.1\r\n" HOST "\r\n", 505 },
	{ "GET / HTTP/2.0\r\n" HOST "\r\n", 505 },
	{ "GET /\x01 HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "AVERYLONGMETHODNAMETHATISOVERTHELIMITOF32 / HTTP/1.1\r\n" HOST "\r\n", 400 },
	/* fields */
	{ "GET / HTTP/1.1\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST ": empty\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "X : a\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "X\t: a\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "X\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "X: a\r\n folded\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n folded: a\r\n" HOST "\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "X(y): a\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "X\x80: a\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "X: a\x7f\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "Expect: 200-ok\r\n\r\n", 417 },
	/* framing */
	{ POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
	{ POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400 },
	{ POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400 },
	{ POST "Content-Length: 5, 5\r\n\r\n", 400 },
	{ POST "Content-Length: +5\r\n\r\n", 400 },
	{ POST "Content-Length: -5\r\n\r\n", 400 },
	{ POST "Content-Length: 0x5\r\n\r\n", 400 },
	{ POST "Content-Length: 5 5\r\n\r\n", 400 },
	{ POST "Content-Length:\r\n\r\n", 400 },
	{ POST "Content-Length: 18446744073709551617\r\n\r\n", 400 },
	{ POST "Content-Length: 1000000000000000000\r\n\r\n", 400 },
	{ POST "Content-Length : 5\r\n\r\n", 400 },
	{ POST "Transfer-Encoding: gzip\r\n\r\n", 501 },
	{ POST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501 },
	{ POST "Transfer-Encoding: chunked, identity\r\n\r\n", 501 },
	{ POST "Transfer-Encoding: identity\r\n\r\n", 501 },
	{ POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
	{ POST "Transfer-Encoding: xchunked\r\n\r\n", 501 },
	{ POST "Transfer-Encoding: \"chunked\"\r\n\r\n", 501 },
	{ POST "Transfer-Encoding:\r\n\r\n", 501 },
	{ POST "Transfer-Encoding: chunked\x0b\r\n\r\n", 400 },
	{ POST "Transfer\x0b-Encoding: chunked\r\n\r\n", 400 },
	{ "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
};

static void bad_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bads); i++) {
		static struct h1_head h;
		size_t n = strlen(bads[i].text);
		char *keep;

		if (parse(&h, bads[i].text, n, &keep) != H1_BAD || h.status != bads[i].status)
			fail_msg("case %zu: %s (status %d)", i, bads[i].text, h.status);
		assert_non_null(h.why);
		free(keep);
		/* No cut of it is taken for a whole request. */
		for (size_t k = 0; k < n; k++) {
			enum h1_step step = parse(&h, bads[i].text, k, &keep);

			assert_true(step == H1_MORE || step == H1_BAD);
			free(keep);
		}
	}
}

static void nul_bytes(void **state)
{
	static const char in_value[] = "GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n";
	static const char in_target[] = "GET /\0 HTTP/1.1\r\n" HOST "\r\n";
	static struct h1_head h;
	char *keep;

	(void)state;
	assert_int_equal(parse(&h, in_value, sizeof(in_value) - 1, &keep), H1_BAD);
	free(keep);
	assert_int_equal(parse(&h, in_target, sizeof(in_target) - 1, &keep), H1_BAD);
	free(keep);
}

static void limits(void **state)
{
	static struct h1_head h;
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	buf_printf(&b, "GET /");
	buf_fill(&b, 'a', H1_MAX_TARGET - 1);
	buf_printf(&b, " HTTP/1.1\r\n" HOST "\r\n");
	h1_head_init(&h);
	assert_int_equal(h1_request(&h, buf_str(&b)), H1_DONE);
	buf_reset(&b);
	buf_printf(&b, "GET /");
	buf_fill(&b, 'a', H1_MAX_TARGET);
	buf_printf(&b, " HTTP/1.1\r\n" HOST "\r\n");
	h1_head_init(&h);
	assert_int_equal(h1_request(&h, buf_str(&b)), H1_BAD);
	assert_int_equal(h.status, 414);
	for (size_t n = H1_MAX_FIELDS - 1; n <= H1_MAX_FIELDS; n++) {
		buf_reset(&b);
		buf_printf(&b, "GET / HTTP/1.1\r\n" HOST);
		for (size_t i = 0; i < n; i++)
			buf_printf(&b, "X: y\r\n");
		buf_printf(&b, "\r\n");
		h1_head_init(&h);
		assert_int_equal(h1_request(&h, buf_str(&b)), n < H1_MAX_FIELDS ? H1_DONE : H1_BAD);
	}
	assert_int_equal(h.status, 431);
	buf_reset(&b);
	buf_printf(&b, "GET / HTTP/1.1\r\n" HOST "X: ");
	buf_fill(&b, 'a', H1_MAX_HEAD - b.n - 1);
	h1_head_init(&h);
	assert_int_equal(h1_request(&h, buf_str(&b)), H1_MORE);
	buf_byte(&b, 'a');
	assert_int_equal(h1_request(&h, buf_str(&b)), H1_BAD);
	assert_int_equal(h.status, 431);
	buf_fini(&b);
}

static void responses(void **state)
{
	static const struct {
		const char *text;
		bool to_head;
		enum h1_step step;
		int status;
		enum h1_framing framing;
		bool keep_alive;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", false, H1_DONE, 200, H1_LENGTH, true },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true, H1_DONE, 200, H1_EMPTY, true },
		{ "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", false, H1_DONE, 200, H1_EMPTY, true },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, H1_DONE, 200, H1_CHUNKED, true },
		{ "HTTP/1.1 200 OK\r\n\r\n", false, H1_DONE, 200, H1_CLOSE, false },
		{ "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n", false, H1_DONE, 200, H1_LENGTH, false },
		{ "HTTP/1.1 204 No Content\r\n\r\n", false, H1_DONE, 204, H1_EMPTY, true },
		{ "HTTP/1.1 304 x\r\nContent-Length: 7\r\n\r\n", false, H1_DONE, 304, H1_EMPTY, true },
		{ "HTTP/1.1 100 Continue\r\n\r\n", false, H1_DONE, 100, H1_EMPTY, true },
		{ "HTTP/1.1 404 \xff\r\nConnection: close\r\nContent-Length: 1\r\n\r\n", false, H1_DONE, 404, H1_LENGTH,
		    false },
		{ "HTTP/2 200 OK\r\n\r\n", false, H1_BAD, 502, 0, false },
		{ "HTTP/1.1 20 OK\r\n\r\n", false, H1_BAD, 502, 0, false },
		{ "HTTP/1.1 2000 OK\r\n\r\n", false, H1_BAD, 502, 0, false },
		{ "HTTP/1.1 099 OK\r\n\r\n", false, H1_BAD, 502, 0, false },
		{ "HTTP/1.1  200 OK\r\n\r\n", false, H1_BAD, 502, 0, false },
		{ "ICY 200 OK\r\n\r\n", false, H1_BAD, 502, 0, false },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", false, H1_BAD, 501, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		static struct h1_head h;
		size_t n = strlen(cases[i].text);
		char *keep = exact(cases[i].text, n);

		h1_head_init(&h);
		if (h1_response(&h, str_of(keep, n), cases[i].to_head) != cases[i].step || h.status != cases[i].status)
			fail_msg("case %zu: status %d", i, h.status);
		if (cases[i].step == H1_DONE) {
			assert_int_equal(h.framing, cases[i].framing);
			assert_int_equal(h.keep_alive, cases[i].keep_alive);
			for (size_t k = 0; k < n; k++) {
				h1_head_init(&h);
				assert_int_equal(h1_response(&h, str_of(keep, k), false), H1_MORE);
			}
		}
		free(keep);
	}
}

/* Decodes in pieces; *rest: bytes behind the end. */
static enum h1_step dechunk(const char *p, size_t n, size_t piece, struct buf *out, size_t *rest)
{
	struct h1_chunked c;
	enum h1_step step = H1_MORE;
	size_t at = 0;

	h1_chunked_init(&c);
	buf_reset(out);
	while (at < n && step == H1_MORE) {
		size_t end = MIN(at + piece, n);

		while (at < end && step == H1_MORE) {
			char *copy = exact(p + at, end - at);
			struct str data;
			size_t used;

			step = h1_chunked(&c, str_of(copy, end - at), &used, &data);
			buf_add(out, data);
			assert_true(used <= end - at);
			if (step == H1_MORE)
				assert_true(used > 0);
			at += used;
			free(copy);
		}
	}
	*rest = n - at;
	return step;
}

static void chunked_bodies(void **state)
{
	static const struct {
		const char *text;
		enum h1_step step;
		const char *body;
		size_t rest;
	} cases[] = {
		{ "0\r\n\r\n", H1_DONE, "", 0 },
		{ "3\r\nabc\r\n0\r\n\r\nGET", H1_DONE, "abc", 3 },
		{ "00003\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", H1_DONE, "abc0123456789", 0 },
		{ "1;name=\"v\"\r\n\r\r\n0;x\r\nA: b\r\nC: d\r\n\r\n", H1_DONE, "\r", 0 },
		{ "3\r\nabc", H1_MORE, "abc", 0 },
		{ "3\r\nabcd\r\n0\r\n\r\n", H1_BAD, NULL, 0 },
		{ "3\r\nab\r\n0\r\n\r\n", H1_BAD, NULL, 0 },
		{ "3\nabc\n0\n\n", H1_BAD, NULL, 0 },
		{ "3\r\nabc\n0\r\n\r\n", H1_BAD, NULL, 0 },
		{ "3\rabc\r\n0\r\n\r\n", H1_BAD, NULL, 0 },
		{ "\r\nabc", H1_BAD, NULL, 0 },
		{ ";x\r\nabc", H1_BAD, NULL, 0 },
		{ " 3\r\nabc", H1_BAD, NULL, 0 },
		{ "3 \r\nabc", H1_BAD, NULL, 0 },
		{ "0x3\r\nabc", H1_BAD, NULL, 0 },
		{ "-3\r\nabc", H1_BAD, NULL, 0 },
		{ "+3\r\nabc", H1_BAD, NULL, 0 },
		{ "g\r\nabc", H1_BAD, NULL, 0 },
		{ "fffffffffffffffff\r\n", H1_BAD, NULL, 0 },
		{ "0000000000000003\r\nabc", H1_BAD, NULL, 0 },
		{ "3;a\x01\r\nabc", H1_BAD, NULL, 0 },
		{ "3;a\nabc", H1_BAD, NULL, 0 },
		{ "0\r\n:x\r\n\r\n", H1_BAD, NULL, 0 },
		{ "0\r\n folded\r\n\r\n", H1_BAD, NULL, 0 },
		{ "0\r\nA: b\n\r\n", H1_BAD, NULL, 0 },
		{ "0\r\n\rx", H1_BAD, NULL, 0 },
		{ "0\r\nA: b\r\n", H1_MORE, "", 0 },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t piece = 1; piece <= strlen(cases[i].text); piece++) {
			size_t rest;
			enum h1_step step = dechunk(cases[i].text, strlen(cases[i].text), piece, &out, &rest);

			if (step != cases[i].step)
				fail_msg("case %zu in pieces of %zu: step %d", i, piece, (int)step);
			if (cases[i].body != NULL)
				assert_true(str_eq(buf_str(&out), str_cstr(cases[i].body)));
			if (step == H1_DONE)
				assert_int_equal(rest, cases[i].rest);
		}
	buf_fini(&out);
}

static void chunk_limits(void **state)
{
	struct buf in, out;
	size_t rest;

	(void)state;
	buf_init(&in, 1 << 20);
	buf_init(&out, 1000);
	buf_printf(&in, "1;");
	buf_fill(&in, 'x', H1_MAX_CHUNK_LINE);
	assert_int_equal(dechunk(in.p, in.n, in.n, &out, &rest), H1_BAD);
	buf_reset(&in);
	buf_printf(&in, "0\r\n");
	for (int i = 0; i < 2000; i++)
		buf_printf(&in, "A: b\r\n");
	assert_int_equal(dechunk(in.p, in.n, in.n, &out, &rest), H1_BAD);
	buf_fini(&in);
	buf_fini(&out);
}

static void tokens(void **state)
{
	(void)state;
	assert_true(h1_has_token(STR("a, GZIP ,b"), STR("gzip")));
	assert_false(h1_has_token(STR("a, gzipx"), STR("gzip")));
	assert_false(h1_has_token(STR(""), STR("gzip")));
	assert_true(h1_is_token(STR("x-A1!")));
	assert_false(h1_is_token(STR("")));
	assert_false(h1_is_token(STR("a b")));
	assert_false(h1_is_value(STR("a\nb")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens),
		cmocka_unit_test(good_requests),
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(bad_requests),
		cmocka_unit_test(nul_bytes),
		cmocka_unit_test(limits),
		cmocka_unit_test(responses),
		cmocka_unit_test(chunked_bodies),
		cmocka_unit_test(chunk_limits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
