/* The client for one-shot tools, against our own server. */
#include "tests/lib/net_fixture.h"

#include "base/zip.h"
#include "net/httpc.h"
#include "tests/lib/test_cert.h"

static char dir[] = "/tmp/pyro-test-httpc-XXXXXX";
static char ca_pem[64], cert_pem[64], key_pem[64], sock[64];
static struct tls *tls;
static struct server plain, secure;
static struct httpc *c;
static struct arena *a;

/* "METHOD path host auth tenant type expect x | body" */
static void show(struct http_req *r, void *ctx)
{
	struct str auth = http_header(r, "authorization"), tenant = http_header(r, "x-scope-orgid");
	struct http_field f[] = { { STR("X-Answer"), STR(" 42 ") }, { STR("X-Empty"), STR("") } };
	struct str text = arena_printf(r->a,
	    STR_FMT " " STR_FMT " " STR_FMT " auth=" STR_FMT " tenant=" STR_FMT " type=" STR_FMT " expect=%d x=" STR_FMT
		    " %s | " STR_FMT,
	    STR_ARG(r->method), STR_ARG(r->target), STR_ARG(r->host), STR_ARG(auth), STR_ARG(tenant),
	    STR_ARG(http_header(r, "content-type")), http_header(r, "expect").p != NULL, STR_ARG(http_header(r, "x-a")),
	    r->http2 ? "h2" : "h1", STR_ARG(r->body));

	(void)ctx;
	http_reply(r, &(struct http_reply){ .status = 200, .headers = f, .n_headers = 2, .body = text });
}

static void status(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply_text(r, atoi(arena_cstr(r->a, r->query)), STR("reason\n"));
}

static void big(struct http_req *r, void *ctx)
{
	struct buf b;

	(void)ctx;
	buf_init(&b, 64 << 20);
	buf_fill(&b, 'x', (size_t)atoi(arena_cstr(r->a, r->query)));
	http_reply(r, &(struct http_reply){ .status = 200, .take = &b });
}

static void never(struct http_req *r, void *ctx)
{
	(void)ctx;
	r->ctx = r;
}

static void leave(struct http_req *r)
{
	http_reply_empty(r, 200);
}

static void silent(struct http_req *r, void *ctx)
{
	never(r, ctx);
	r->on_gone = leave;
}

static void redirect(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply_redirect(r, 302, r->query.n > 0 ? STR("/redirect?again") : STR("/show"));
}

static const struct route rows[] = {
	{ .path = "/show", .methods = "*", .fn = show, .flags = ROUTE_PREFIX },
	{ .path = "/status", .methods = "*", .fn = status },
	{ .path = "/big", .methods = "*", .fn = big, .flags = ROUTE_GZIP },
	{ .path = "/silent", .methods = "*", .fn = silent },
	{ .path = "/redirect", .methods = "*", .fn = redirect },
};

static int set_up(void **state)
{
	struct test_ca ca;
	struct net_addr at;
	struct err e;
	char text[80];
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(ca_pem, sizeof(ca_pem), "%s/ca.pem", dir);
	snprintf(cert_pem, sizeof(cert_pem), "%s/cert.pem", dir);
	snprintf(key_pem, sizeof(key_pem), "%s/key.pem", dir);
	snprintf(sock, sizeof(sock), "%s/sock", dir);
	ca = test_ca_new(ca_pem);
	test_leaf(&ca, "leaf", 2, cert_pem, key_pem);
	test_ca_free(&ca);
	tls = tls_new(&(struct tls_conf){ .cert = cert_pem, .key = key_pem }, &e);
	assert_non_null(tls);
	server_make(&plain, rows, ARRAY_LEN(rows), NULL, NULL);
	snprintf(text, sizeof(text), "unix:%s", sock);
	ok(net_parse(str_cstr(text), NET_LISTEN, &at, &e), &e);
	fd = net_listen(&at, (struct net_listen_opts){ 0 }, &e);
	ok(fd, &e);
	ok(httpd_listen(plain.h, fd, NULL, &e), &e);
	server_go(&plain);
	server_make(&secure, rows, ARRAY_LEN(rows), NULL, tls);
	server_go(&secure);
	c = httpc_new(&e);
	assert_non_null(c);
	a = arena_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	httpc_free(c);
	arena_free(a);
	server_end(&plain);
	server_end(&secure);
	tls_free(tls);
	unlink(ca_pem);
	unlink(cert_pem);
	unlink(key_pem);
	unlink(sock);
	rmdir(dir);
	return 0;
}

static const char *url(const struct server *s, const char *scheme, const char *host, const char *path)
{
	return arena_printf(a, "%s://%s:%u%s%c", scheme, host, s->port, path, 0).p;
}

static const char *here(const char *path)
{
	return url(&plain, "http", "127.0.0.1", path);
}

static struct httpc_res call(struct httpc_req req)
{
	struct httpc_res res;
	struct err e;

	req.proxy = "";
	ok(httpc_call(c, a, &req, &res, &e), &e);
	return res;
}

static void expect_body(struct httpc_res res, const char *want)
{
	struct str got = res.body;

	if (!str_eq(got, str_cstr(want)))
		fail_msg("want \"%s\", got %d \"" STR_FMT "\"", want, res.status, STR_ARG(got));
}

static void what_is_sent(void **state)
{
	struct http_field x[] = { { STR("X-A"), STR("v") }, { STR("Content-Type"), STR("a/b") } };
	struct http_field empty = { STR("X-A"), STR("") };
	const char *host = arena_printf(a, "127.0.0.1:%u%c", plain.port, 0).p;
	struct httpc_res res;

	(void)state;
#define WANT(text, ...) arena_printf(a, text "%c", __VA_ARGS__, 0).p
	expect_body(call((struct httpc_req){ .url = here("/show?q=1") }),
	    WANT("GET /show?q=1 %s auth= tenant= type= expect=0 x= h1 | ", host));
	expect_body(call((struct httpc_req){ .url = here("/show"),
			.body = STR("body\0!"),
			.headers = x,
			.n_headers = 2,
			.tenant = "t1" }),
	    WANT("POST /show %s auth= tenant=t1 type=a/b expect=0 x=v h1 | body", host));
	expect_body(call((struct httpc_req){ .url = here("/show"), .method = "PUT", .user = "me", .password = "pw" }),
	    WANT("PUT /show %s auth=Basic bWU6cHc= tenant= type= expect=0 x= h1 | ", host));
	expect_body(call((struct httpc_req){ .url = here("/show"),
			.method = "DELETE",
			.bearer = "abc",
			.headers = &empty,
			.n_headers = 1 }),
	    WANT("DELETE /show %s auth=Bearer abc tenant= type= expect=0 x= h1 | ", host));
	expect_body(call((struct httpc_req){ .url = "http://name/show", .unix_path = sock }),
	    WANT("GET /show %s auth= tenant= type= expect=0 x= h1 | ", "name"));
	expect_body(call((struct httpc_req){ .url = here("/show"), .h2_prior = true }),
	    WANT("GET /show %s auth= tenant= type= expect=0 x= h2 | ", host));
	res = call((struct httpc_req){ .url = here("/show"), .method = "HEAD" });
	assert_int_equal(res.status, 200);
	assert_int_equal(res.body.n, 0);
	assert_true(str_eq(httpc_header(&res, "x-answer"), STR("42")));
	assert_int_equal(httpc_header(&res, "X-Empty").n, 0);
	assert_null(httpc_header(&res, "nope").p);
}

static void statuses_are_no_errors(void **state)
{
	static const int statuses[] = { 200, 400, 404, 429, 503 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		char path[40];
		struct httpc_res res;

		snprintf(path, sizeof(path), "/status?%d", statuses[i]);
		res = call((struct httpc_req){ .url = here(path) });
		assert_int_equal(res.status, statuses[i]);
		expect_body(res, "reason\n");
	}
}

static void redirects(void **state)
{
	struct httpc_req again = { .url = here("/redirect?again"), .redirects = 3, .proxy = "" };
	struct httpc_res res = call((struct httpc_req){ .url = here("/redirect") });
	struct err e;

	(void)state;
	assert_int_equal(res.status, 302);
	res = call((struct httpc_req){ .url = here("/redirect"), .redirects = 1 });
	assert_int_equal(res.status, 200);
	/* Fields are those of the last answer. */
	assert_null(httpc_header(&res, "Location").p);
	assert_int_equal(httpc_call(c, a, &again, &res, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
}

static void bounded_bodies(void **state)
{
	struct httpc_req req = { .url = here("/big?100000"), .max_body = 100000, .proxy = "" };
	struct httpc_res res = call(req);
	struct err e;

	(void)state;
	assert_int_equal(res.body.n, 100000);
	req.gzip = true;
	res = call(req);
	assert_int_equal(res.body.n, 100000);
	req.max_body = 99999;
	assert_int_equal(httpc_call(c, a, &req, &res, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	req.gzip = false;
	assert_int_equal(httpc_call(c, a, &req, &res, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
}

static void what_goes_wrong(void **state)
{
	static const struct {
		const char *url;
		enum err_kind kind;
	} cases[] = {
		{ "http://127.0.0.1:1/", ERR_BUSY },
		{ "http://no.such.host.invalid/", ERR_BUSY },
		{ "nonsense://x", ERR_INVALID },
		{ "file:///etc/passwd", ERR_INVALID },
		{ "http://[::1", ERR_INVALID },
	};
	struct http_field evil = { STR("X"), STR("a\r\nY: b") };
	struct httpc_req req = { .headers = &evil, .n_headers = 1, .url = here("/show"), .proxy = "" };
	struct httpc_res res;
	struct err e;
	int64_t begun;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(httpc_call(c, a, &(struct httpc_req){ .url = cases[i].url, .proxy = "" }, &res, &e),
		    -1);
		if (e.kind != cases[i].kind)
			fail_msg("%s: %s: %s", cases[i].url, err_name(e.kind), e.msg);
	}
	assert_int_equal(httpc_call(c, a, &req, &res, &e), -1);
	assert_int_equal(e.kind, ERR_INVALID);
	begun = now_ms();
	req = (struct httpc_req){ .url = here("/silent"), .timeout = 100 * NS_PER_MS, .proxy = "" };
	assert_int_equal(httpc_call(c, a, &req, &res, &e), -1);
	assert_int_equal(e.kind, ERR_TIMEOUT);
	assert_in_range(now_ms() - begun, 80, 2000);
}

static void https(void **state)
{
	struct httpc_tls verify = { .ca_file = ca_pem }, none = { .insecure = true };
	struct httpc_tls named = { .ca_file = ca_pem, .server_name = "other.test" };
	struct httpc_tls wrong = { .ca_file = ca_pem, .server_name = "wrong.test" };
	struct httpc_req req = { .url = url(&secure, "https", "127.0.0.1", "/show"), .proxy = "" };
	struct httpc_res res;
	struct err e;
	struct str host = arena_printf(a, " 127.0.0.1:%u ", secure.port);

	(void)state;
	assert_int_equal(httpc_call(c, a, &req, &res, &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	req.tls = &verify;
	res = call(req);
	assert_int_equal(res.status, 200);
	assert_true(res.http2);
	req.tls = &none;
	assert_int_equal(call(req).status, 200);
	req.tls = &named;
	res = call(req);
	assert_int_equal(res.status, 200);
	assert_true(str_search(res.body, host) < res.body.n);
	req.tls = &wrong;
	assert_int_equal(httpc_call(c, a, &req, &res, &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sent),
		cmocka_unit_test(statuses_are_no_errors),
		cmocka_unit_test(redirects),
		cmocka_unit_test(bounded_bodies),
		cmocka_unit_test(what_goes_wrong),
		cmocka_unit_test(https),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
