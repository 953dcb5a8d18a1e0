/* Connect, gRPC and gRPC-web unary calls: envelopes, compression, deadlines, errors. */
#include "tests/lib/h2_client.h"

#include "base/zip.h"
#include "net/rpc.h"

/* Answers "<protocol> <codec> <service> <procedure> <ms to the deadline> <message>". */
static void tell(struct http_req *r, void *ctx)
{
	struct rpc_call *c = rpc_open(r, &(struct rpc_conf){ .max_message = 1000 });
	long long left;

	(void)ctx;
	if (c == NULL)
		return;
	left = c->deadline == INT64_MAX ? -1 : (long long)((c->deadline - r->mono) / NS_PER_MS);
	rpc_reply_message(c,
	    arena_printf(c->a, "%d %d " STR_FMT " " STR_FMT " %lld " STR_FMT, (int)c->protocol, (int)c->codec,
		STR_ARG(c->service), STR_ARG(c->procedure), left, STR_ARG(c->message)));
}

static void same(struct http_req *r, void *ctx)
{
	struct rpc_call *c = rpc_open(r, NULL);
	struct buf b;

	(void)ctx;
	if (c == NULL)
		return;
	buf_init(&b, SIZE_MAX / 2);
	buf_add(&b, c->message);
	rpc_reply_buf(c, &b);
	buf_fini(&b);
}

static void failing(struct http_req *r, void *ctx)
{
	struct rpc_call *c = rpc_open(r, NULL);
	struct err e;

	(void)ctx;
	if (c == NULL)
		return;
	err_set(&e, ERR_INVALID, "no \"such\" thing: \xc3\xa4 100%%");
	rpc_fail(c, &e);
}

static const struct route rows[] = {
	RPC_ROUTE("/a.v1.S/Tell", tell),
	RPC_ROUTE("/a.v1.S/Same", same),
	RPC_ROUTE("/a.v1.S/Fail", failing),
	{ .path = "/a.v1.S/Small",
	    .methods = "POST",
	    .fn = same,
	    .flags = ROUTE_ALLOW,
	    .body_limit = 20,
	    .too_big = rpc_too_big },
	{ .path = "/a.v1.", .methods = "*", .fn = rpc_unknown, .flags = ROUTE_PREFIX },
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

static struct heard post(const char *path, const char *headers, struct str body)
{
	struct heard a;
	char head[2000];
	int fd = dial(&shared);

	snprintf(head, sizeof(head), "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n%s\r\n", path, body.n,
	    headers);
	say(fd, head);
	say_n(fd, body.p, body.n);
	a = hear_answer(fd, false);
	close(fd);
	return a;
}

static void connect_calls(void **state)
{
	static const struct {
		const char *headers, *body;
		int status;
		const char *type, *answer;
	} cases[] = {
		{ "Content-Type: application/json\r\n", "{}", 200, "application/json", "0 1 a.v1.S Tell -1 {}" },
		{ "Content-Type: application/proto\r\n", "", 200, "application/proto", "0 0 a.v1.S Tell -1 " },
		{ "Content-Type: Application/JSON; Charset=\"UTF-8\"\r\n", "{}", 200, "application/json; charset=utf-8",
		    "0 1 a.v1.S Tell -1 {}" },
		{ "Content-Type: application/json;charset=utf-8\r\nConnect-Protocol-Version: 1\r\n"
		  "Connect-Timeout-Ms: 3000\r\nContent-Encoding: identity\r\n",
		    "{}", 200, "application/json; charset=utf-8", "0 1 a.v1.S Tell 3000 {}" },
		{ "Content-Type: application/json\r\n", "", 400, "application/json",
		    "{\"code\":\"invalid_argument\","
		    "\"message\":\"unmarshal message: zero-length payload is not a valid JSON object\"}" },
		{ "Content-Type: application/proto\r\nContent-Encoding: zstd\r\n", "x", 501, "application/json",
		    "{\"code\":\"unimplemented\",\"message\":\"unknown compression \\\"zstd\\\": supported encodings "
		    "are gzip\"}" },
		{ "Content-Type: application/proto\r\nContent-Encoding: gzip\r\n", "xxxxxxxxxxxxxxxxxxxxx", 400,
		    "application/json",
		    "{\"code\":\"invalid_argument\",\"message\":\"get decompressor: gzip: invalid header\"}" },
		{ "Content-Type: application/proto\r\nConnect-Protocol-Version: 2\r\n", "x", 400, "application/json",
		    "{\"code\":\"invalid_argument\",\"message\":\"Connect-Protocol-Version must be \\\"1\\\": got "
		    "\\\"2\\\"\"}" },
		{ "Content-Type: application/proto\r\nConnect-Timeout-Ms: 12345678901\r\n", "x", 400,
		    "application/json",
		    "{\"code\":\"invalid_argument\",\"message\":\"parse timeout: \\\"12345678901\\\" has >10 "
		    "digits\"}" },
		{ "Content-Type: application/proto\r\nConnect-Timeout-Ms: soon\r\n", "x", 400, "application/json",
		    "{\"code\":\"invalid_argument\",\"message\":\"parse timeout: strconv.ParseInt: parsing "
		    "\\\"soon\\\": invalid syntax\"}" },
		{ "", "x", 415, NULL, "" },
		{ "Content-Type: text/plain\r\n", "x", 415, NULL, "" },
		{ "Content-Type: application/json; charset=latin1\r\n", "{}", 415, NULL, "" },
		{ "Content-Type: application/json; charset=utf-8; x=y\r\n", "{}", 415, NULL, "" },
		{ "Content-Type: application/proto; charset=utf-8\r\n", "", 415, NULL, "" },
		{ "Content-Type: application/connect+proto\r\n", "", 415, NULL, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct heard a = post("/a.v1.S/Tell", cases[i].headers, str_cstr(cases[i].body));
		const char *type = heard_field(&a, "Content-Type");

		if (a.status != cases[i].status || strcmp(a.body.p, cases[i].answer) != 0)
			fail_msg("case %zu: want %d %s\ngot %s%s", i, cases[i].status, cases[i].answer, a.head,
			    a.body.p);
		assert_int_equal(type != NULL, cases[i].type != NULL);
		if (type != NULL)
			assert_string_equal(type, cases[i].type);
		if (a.status == 415)
			assert_string_equal(heard_field(&a, "Accept-Post"),
			    "application/grpc, application/grpc+json, "
			    "application/grpc+json; charset=utf-8, application/grpc+proto, application/grpc-web, "
			    "application/grpc-web+json, application/grpc-web+json; charset=utf-8, "
			    "application/grpc-web+proto, application/json, application/json; charset=utf-8, "
			    "application/proto");
		else
			assert_string_equal(heard_field(&a, "Accept-Encoding"), "gzip");
		heard_free(&a);
	}
}

static void other_methods_and_names(void **state)
{
	struct heard a = ask(&shared, "GET /a.v1.S/Tell HTTP/1.1\r\nHost: a\r\n\r\n");

	(void)state;
	expect_text(&a, 405, "");
	assert_string_equal(heard_field(&a, "Allow"), "POST");
	heard_free(&a);
	a = post("/a.v1.S/Nope", "Content-Type: application/json\r\n", STR("{}"));
	expect_text(&a, 404, "404 page not found\n");
	assert_string_equal(heard_field(&a, "Content-Type"), "text/plain; charset=utf-8");
	heard_free(&a);
	a = post("/a.v1.S/Nope", "Content-Type: application/grpc\r\n", STR_NONE);
	assert_int_equal(a.status, 200);
	assert_string_equal(heard_field(&a, "Grpc-Status"), "12");
	heard_free(&a);
}

static void connect_errors(void **state)
{
	struct heard a = post("/a.v1.S/Fail", "Content-Type: application/proto\r\nAccept-Encoding: gzip\r\n", STR_NONE);

	(void)state;
	expect_text(&a, 400, "{\"code\":\"invalid_argument\",\"message\":\"no \\\"such\\\" thing: \xc3\xa4 100%\"}");
	assert_string_equal(heard_field(&a, "Content-Type"), "application/json");
	assert_null(heard_field(&a, "Content-Encoding"));
	heard_free(&a);
	a = post("/a.v1.S/Small", "Content-Type: application/proto\r\n", STR("123456789012345678901"));
	expect_text(&a, 429,
	    "{\"code\":\"resource_exhausted\","
	    "\"message\":\"message is larger than configured max 20\"}");
	heard_free(&a);
}

static struct buf gunzip(struct str in)
{
	struct buf b;
	struct err e;

	buf_init(&b, 1 << 20);
	ok(zip_gunzip(in, 1 << 20, &b, &e), &e);
	return b;
}

static void compression(void **state)
{
	static const struct {
		const char *headers;
		bool packed_in, packed_out;
	} cases[] = {
		{ "", false, false },
		{ "Accept-Encoding: gzip\r\n", false, true },
		{ "Accept-Encoding: br, gzip\r\n", false, true },
		{ "Accept-Encoding: br,gzip\r\n", false, true },
		{ "Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n", false, true },
		{ "Accept-Encoding: gzip;q=0.8\r\n", false, false },
		{ "Accept-Encoding: identity\r\n", false, false },
		{ "Content-Encoding: gzip\r\n", true, true },
	};
	struct buf packed;

	(void)state;
	buf_init(&packed, 1000);
	zip_gzip(STR("{\"a\":1}"), 6, &packed);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char headers[300];
		struct heard a;

		snprintf(headers, sizeof(headers), "Content-Type: application/json\r\n%s", cases[i].headers);
		a = post("/a.v1.S/Same", headers, cases[i].packed_in ? buf_str(&packed) : STR("{\"a\":1}"));
		assert_int_equal(a.status, 200);
		assert_int_equal(heard_field(&a, "Content-Encoding") != NULL, cases[i].packed_out);
		if (cases[i].packed_out) {
			struct buf b = gunzip(buf_str(&a.body));

			assert_true(str_eq(buf_str(&b), STR("{\"a\":1}")));
			buf_fini(&b);
		} else {
			assert_string_equal(a.body.p, "{\"a\":1}");
		}
		heard_free(&a);
	}
	buf_fini(&packed);
}

/* A bomb is stopped at the limit of the message. */
static void bombs(void **state)
{
	struct buf plain, packed;
	struct heard a;

	(void)state;
	buf_init(&plain, 1 << 24);
	buf_init(&packed, 1 << 20);
	buf_fill(&plain, 0, 1 << 19);
	zip_gzip(buf_str(&plain), 6, &packed);
	a = post("/a.v1.S/Tell", "Content-Type: application/proto\r\nContent-Encoding: gzip\r\n", buf_str(&packed));
	expect_text(&a, 429,
	    "{\"code\":\"resource_exhausted\","
	    "\"message\":\"message is larger than the limit of 1000 bytes\"}");
	heard_free(&a);
	a = post("/a.v1.S/Tell", "Content-Type: application/proto\r\n", str_of(plain.p, 1001));
	expect_text(&a, 429,
	    "{\"code\":\"resource_exhausted\","
	    "\"message\":\"message size 1001 is larger than configured max 1000\"}");
	heard_free(&a);
	buf_fini(&plain);
	buf_fini(&packed);
}

static struct buf enveloped(unsigned char flags, struct str message)
{
	struct buf b;

	buf_init(&b, message.n + 5);
	buf_byte(&b, flags);
	buf_u32be(&b, (uint32_t)message.n);
	buf_add(&b, message);
	return b;
}

static void grpc_web(void **state)
{
	struct buf in = enveloped(0, STR("hi")), out;
	struct heard a = post("/a.v1.S/Tell",
	    "Content-Type: application/grpc-web+proto\r\nX-Grpc-Web: 1\r\n"
	    "grpc-timeout: 2S\r\n",
	    buf_str(&in));

	(void)state;
	buf_init(&out, 1000);
	buf_add(&out,
	    STR("\0\0\0\0\x1d"
		"2 0 a.v1.S Tell 2000 hi"));
	out.p[4] = (char)(out.n - 5);
	buf_add(&out, STR("\x80\0\0\0\x10grpc-status: 0\r\n"));
	assert_int_equal(a.status, 200);
	assert_string_equal(heard_field(&a, "Content-Type"), "application/grpc-web+proto");
	assert_true(str_eq(buf_str(&a.body), buf_str(&out)));
	heard_free(&a);
	a = post("/a.v1.S/Fail", "Content-Type: application/grpc-web\r\n", buf_str(&in));
	expect_text(&a, 200, "");
	assert_string_equal(heard_field(&a, "Grpc-Status"), "3");
	assert_string_equal(heard_field(&a, "Grpc-Message"), "no \"such\" thing: %C3%A4 100%25");
	assert_non_null(heard_field(&a, "Grpc-Status-Details-Bin"));
	heard_free(&a);
	buf_fini(&in);
	buf_fini(&out);
}

static struct h2c_stream *grpc(struct h2c *c, const char *path, const struct http_field *more, size_t n,
    struct str body)
{
	struct http_field f[8] = { { STR("content-type"), STR("application/grpc") }, { STR("te"), STR("trailers") } };
	struct h2c_stream *s;

	for (size_t i = 0; i < n; i++)
		f[2 + i] = more[i];
	s = h2c_ask(c, "POST", path, f, 2 + n, body);
	h2c_wait(c, s);
	return s;
}

static void grpc_calls(void **state)
{
	static const struct {
		const char *field, *value;
		const char *body;
		size_t n;
		const char *status; /* "0", or the line of the header */
		const char *answer;
	} cases[] = {
		{ "x", "y", "\0\0\0\0\2hi", 7, "0", "1 0 a.v1.S Tell -1 hi" },
		{ "x", "y", "\0\0\0\0\0", 5, "0", "1 0 a.v1.S Tell -1 " },
		{ "grpc-timeout", "150m", "\0\0\0\0\0", 5, "0", "1 0 a.v1.S Tell 150 " },
		{ "grpc-timeout", "1H", "\0\0\0\0\0", 5, "0", "1 0 a.v1.S Tell 3600000 " },
		{ "grpc-timeout", "99999999H", "\0\0\0\0\0", 5, "0", "1 0 a.v1.S Tell -1 " },
		{ "grpc-timeout", "123456789m", "\0\0\0\0\0", 5, "grpc-status: 3\n", "" },
		{ "grpc-timeout", "5", "\0\0\0\0\0", 5, "grpc-status: 3\n", "" },
		{ "grpc-timeout", "-5m", "\0\0\0\0\0", 5, "grpc-status: 3\n", "" },
		{ "grpc-encoding", "zstd", "\0\0\0\0\0", 5, "grpc-status: 12\n", "" },
		{ "x", "y", "", 0, "grpc-status: 12\n", "" },
		{ "x", "y", "\0\0\0", 3, "grpc-status: 3\n", "" },
		{ "x", "y", "\0\0\0\0\3hi", 7, "grpc-status: 3\n", "" },
		{ "x", "y", "\0\0\0\0\1hi", 7, "grpc-status: 12\n", "" },
		{ "x", "y", "\0\xff\xff\xff\xffhi", 7, "grpc-status: 8\n", "" },
		{ "x", "y", "\1\0\0\0\2hi", 7, "grpc-status: 13\n", "" },
		{ "x", "y", "\4\0\0\0\2hi", 7, "grpc-status: 3\n", "" },
		{ "grpc-encoding", "gzip", "\1\0\0\0\2hi", 7, "grpc-status: 3\n", "" },
	};
	struct h2c c;

	(void)state;
	h2c_open(&c, dial(&shared));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_field f = { str_cstr(cases[i].field), str_cstr(cases[i].value) };
		struct h2c_stream *s = grpc(&c, "/a.v1.S/Tell", &f, 1, str_of(cases[i].body, cases[i].n));

		assert_int_equal(s->status, 200);
		assert_true(has_line(&s->head, "content-type: application/grpc\n"));
		if (strcmp(cases[i].status, "0") != 0) {
			if (!has_line(&s->head, cases[i].status))
				fail_msg("case %zu: %s", i, s->head.p);
			assert_int_equal(s->body.n, 0);
			continue;
		}
		assert_true(has_line(&s->trailers, "grpc-status: 0\n"));
		assert_true(s->body.n >= 5);
		if (!str_eq(str_skip(buf_str(&s->body), 5), str_cstr(cases[i].answer)))
			fail_msg("case %zu: want %s, got %.*s", i, cases[i].answer, (int)s->body.n - 5, s->body.p + 5);
		assert_int_equal(s->body.p[4], strlen(cases[i].answer));
	}
	h2c_close(&c);
}

static void grpc_compression(void **state)
{
	struct http_field f[] = { { STR("grpc-encoding"), STR("gzip") }, { STR("grpc-accept-encoding"), STR("gzip") } };
	struct h2c c;
	struct h2c_stream *s;
	struct buf packed, in, out;

	(void)state;
	buf_init(&packed, 1000);
	zip_gzip(STR("hello"), 6, &packed);
	in = enveloped(1, buf_str(&packed));
	h2c_open(&c, dial(&shared));
	s = grpc(&c, "/a.v1.S/Same", f, 1, buf_str(&in));
	assert_true(has_line(&s->head, "grpc-encoding: gzip\n"));
	assert_int_equal(s->body.p[0], 1);
	out = gunzip(str_skip(buf_str(&s->body), 5));
	assert_true(str_eq(buf_str(&out), STR("hello")));
	buf_fini(&out);
	buf_fini(&in);
	in = enveloped(0, STR("hello"));
	s = grpc(&c, "/a.v1.S/Same", f + 1, 1, buf_str(&in));
	assert_int_equal(s->body.p[0], 1);
	s = grpc(&c, "/a.v1.S/Same", NULL, 0, buf_str(&in));
	assert_int_equal(s->body.p[0], 0);
	assert_true(has_line(&s->head, "grpc-accept-encoding: gzip\n"));
	h2c_close(&c);
	buf_fini(&in);
	buf_fini(&packed);
}

static void grpc_errors(void **state)
{
	struct h2c c;
	struct h2c_stream *s;

	(void)state;
	h2c_open(&c, dial(&shared));
	s = grpc(&c, "/a.v1.S/Fail", NULL, 0, STR("\0\0\0\0\0"));
	assert_int_equal(s->status, 200);
	assert_true(has_line(&s->head, "grpc-status: 3\n"));
	assert_true(has_line(&s->head, "grpc-message: no \"such\" thing: %C3%A4 100%25\n"));
	/* google.rpc.Status: 08 03 12 1a "no ..." */
	assert_true(has_line(&s->head, "grpc-status-details-bin: CAMSGG5vICJzdWNoIiB0aGluZzogw6QgMTAwJQ\n"));
	s = grpc(&c, "/a.v1.S/Small", NULL, 0,
	    STR("\0\0\0\0\x10"
		"0123456789abcdef"));
	assert_true(has_line(&s->head, "grpc-status: 8\n"));
	s = grpc(&c, "/a.v1.S/Nope", NULL, 0, STR("\0\0\0\0\0"));
	assert_true(has_line(&s->head, "grpc-status: 12\n"));
	h2c_close(&c);
}

/* gRPC over HTTP/1.1 gets its trailers behind a chunked body. */
static void grpc_over_http1(void **state)
{
	static const char text[] = "POST /a.v1.S/Same HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\n"
				   "TE: trailers\r\nConnection: close\r\nContent-Length: 7\r\n\r\n\0\0\0\0\2hi";
	int fd = dial(&shared);
	struct buf b;
	char *body;

	(void)state;
	say_n(fd, text, sizeof(text) - 1);
	b = hear_all(fd);
	body = strstr(b.p, "\r\n\r\n");
	assert_non_null(body);
	assert_true(str_eq(str_of(body, (size_t)(b.p + b.n - body)),
	    STR("\r\n\r\n7\r\n\0\0\0\0\2hi\r\n0\r\ngrpc-status: 0\r\n\r\n")));
	buf_fini(&b);
	close(fd);
}

static void code_tables(void **state)
{
	static const struct {
		enum rpc_code code;
		int http;
		const char *name;
	} codes[] = {
		{ RPC_OK, 200, "ok" },
		{ RPC_CANCELED, 499, "canceled" },
		{ RPC_UNKNOWN, 500, "unknown" },
		{ RPC_INVALID_ARGUMENT, 400, "invalid_argument" },
		{ RPC_DEADLINE_EXCEEDED, 504, "deadline_exceeded" },
		{ RPC_NOT_FOUND, 404, "not_found" },
		{ RPC_ALREADY_EXISTS, 409, "already_exists" },
		{ RPC_PERMISSION_DENIED, 403, "permission_denied" },
		{ RPC_RESOURCE_EXHAUSTED, 429, "resource_exhausted" },
		{ RPC_FAILED_PRECONDITION, 400, "failed_precondition" },
		{ RPC_ABORTED, 409, "aborted" },
		{ RPC_OUT_OF_RANGE, 400, "out_of_range" },
		{ RPC_UNIMPLEMENTED, 501, "unimplemented" },
		{ RPC_INTERNAL, 500, "internal" },
		{ RPC_UNAVAILABLE, 503, "unavailable" },
		{ RPC_DATA_LOSS, 500, "data_loss" },
		{ RPC_UNAUTHENTICATED, 401, "unauthenticated" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		assert_int_equal(codes[i].code, i);
		assert_int_equal(rpc_code_http(codes[i].code), codes[i].http);
		assert_string_equal(rpc_code_name(codes[i].code), codes[i].name);
		assert_int_equal(rpc_code_named(str_cstr(codes[i].name)), i);
	}
	assert_int_equal(rpc_code_named(STR("nope")), RPC_UNKNOWN);
	assert_int_equal(rpc_code_of(ERR_LIMIT), RPC_RESOURCE_EXHAUSTED);
	assert_int_equal(rpc_code_of(ERR_CANCELED), RPC_CANCELED);
	assert_int_equal(rpc_code_of_http(503), RPC_UNAVAILABLE);
	assert_int_equal(rpc_code_of_http(418), RPC_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_tables),
		cmocka_unit_test(connect_calls),
		cmocka_unit_test(other_methods_and_names),
		cmocka_unit_test(connect_errors),
		cmocka_unit_test(compression),
		cmocka_unit_test(bombs),
		cmocka_unit_test(grpc_web),
		cmocka_unit_test(grpc_calls),
		cmocka_unit_test(grpc_compression),
		cmocka_unit_test(grpc_errors),
		cmocka_unit_test(grpc_over_http1),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
