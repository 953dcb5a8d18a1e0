/* URLs, query strings, paths, media types. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/http.h"
#include "net/url.h"

static void eq(struct str got, const char *want, const char *about)
{
	if (!str_eq(got, str_cstr(want)))
		fail_msg("%s: want \"%s\", got \"" STR_FMT "\"", about, want, STR_ARG(got));
}

static void urls(void **state)
{
	static const struct {
		const char *text, *scheme, *user, *host, *path, *query, *fragment;
		unsigned port;
		bool ipv6;
	} good[] = {
		{ "http://h", "http", NULL, "h", "", "", "", 0, false },
		{ "https://u:p@h.x:8443/a/b?c=d&e#f", "https", "u:p", "h.x", "/a/b", "c=d&e", "f", 8443, false },
		{ "s3://bucket/prefix", "s3", NULL, "bucket", "/prefix", "", "", 0, false },
		{ "http://[::1]:80?x", "http", NULL, "::1", "", "x", "", 80, true },
		{ "http://[fe80::1%25eth0]/", "http", NULL, "fe80::1%25eth0", "/", "", "", 0, true },
		{ "file:///a/b", "file", NULL, "", "/a/b", "", "", 0, false },
		{ "http://h:/x", "http", NULL, "h", "/x", "", "", 0, false },
		{ "http://a@b@h/x?y#z?w", "http", "a@b", "h", "/x", "y", "z?w", 0, false },
		{ "http://h#f", "http", NULL, "h", "", "", "f", 0, false },
	};
	static const char *const bad[] = { "", "h", "/a", "://h", "ht!tp://h", "1a://h", "http://h:x", "http://h:65536",
		"http://[::1", "http://[::1]x", "http://a:b:c", "http://a b/", "http://a\nb/", "http://h:-1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct url u;
		struct err e;

		if (url_parse(str_cstr(good[i].text), &u, &e) < 0)
			fail_msg("%s: %s", good[i].text, e.msg);
		eq(u.scheme, good[i].scheme, good[i].text);
		eq(u.host, good[i].host, good[i].text);
		eq(u.path, good[i].path, good[i].text);
		eq(u.query, good[i].query, good[i].text);
		eq(u.fragment, good[i].fragment, good[i].text);
		assert_int_equal(u.user.p != NULL, good[i].user != NULL);
		eq(u.user, good[i].user ? good[i].user : "", good[i].text);
		assert_int_equal(u.port, good[i].port);
		assert_int_equal(u.ipv6, good[i].ipv6);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct url u;
		struct err e;

		if (url_parse(str_cstr(bad[i]), &u, &e) == 0)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(e.kind, ERR_INVALID);
	}
}

static void queries(void **state)
{
	struct arena *a = arena_new();
	struct url_param *p;
	struct str v;
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(url_query(a, STR("a=1&b=x+y%21&&c&=d&a=2&bad=%zz&e=1;f=2&g=a=b"), &p, &n, &e), 0);
	assert_int_equal(n, 6);
	eq(p[0].name, "a", "a");
	eq(p[1].value, "x y!", "b");
	eq(p[2].name, "c", "c");
	eq(p[2].value, "", "c");
	eq(p[3].name, "", "empty name");
	eq(p[4].value, "2", "second a");
	eq(p[5].value, "a=b", "g");
	assert_int_equal(url_query(a, STR(""), &p, &n, &e), 0);
	assert_int_equal(n, 0);
	assert_true(url_param(a, STR("x=1&n%61me=v%20w&name=2"), "name", &v));
	eq(v, "v w", "name");
	assert_false(url_param(a, STR("x=1"), "name", &v));
	assert_null(v.p);
	assert_true(url_param(a, STR("name"), "name", &v));
	assert_int_equal(v.n, 0);
	arena_free(a);
}

static void too_many_parameters(void **state)
{
	struct arena *a = arena_new();
	struct url_param *p;
	struct buf b;
	struct err e;
	size_t n;

	(void)state;
	buf_init(&b, 1 << 20);
	buf_fill(&b, '&', URL_MAX_PARAMS - 1);
	assert_int_equal(url_query(a, buf_str(&b), &p, &n, &e), 0);
	buf_byte(&b, '&');
	assert_int_equal(url_query(a, buf_str(&b), &p, &n, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	buf_fini(&b);
	arena_free(a);
}

static void paths(void **state)
{
	static const char *const clean[][2] = {
		{ "", "/" },
		{ "/", "/" },
		{ "a", "/a" },
		{ "/a/", "/a/" },
		{ "//a//b", "/a/b" },
		{ "/a/./b/.", "/a/b/" },
		{ "/a/../b", "/b" },
		{ "/../../x", "/x" },
		{ "/a/b/..", "/a/" },
		{ "/..", "/" },
		{ "/a..b/.c", "/a..b/.c" },
		{ "/a/b/../../c/", "/c/" },
	};
	struct arena *a = arena_new();
	struct str out;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(clean); i++)
		eq(url_clean_path(a, str_cstr(clean[i][0])), clean[i][1], clean[i][0]);
	assert_int_equal(url_decode_path(a, STR("/a%20b+c%2F"), &out, &e), 0);
	eq(out, "/a b+c/", "decode");
	assert_int_equal(url_decode_path(a, STR("/a%0"), &out, &e), -1);
	assert_int_equal(url_decode_path(a, STR("/a%00"), &out, &e), -1);
	arena_free(a);
}

static void building(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	buf_add(&b, STR("/render"));
	url_add_param(&b, STR("query"), STR("a{b=\"c d\"}"));
	url_add_param(&b, STR("n&m"), STR("1+1"));
	eq(buf_str(&b), "/render?query=a%7Bb%3D%22c+d%22%7D&n%26m=1%2B1", "built");
	buf_fini(&b);
}

static void media_types(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	eq(http_media_type(STR(" text/html ; a=b")), "text/html", "type");
	eq(http_media_param(a, STR("a/b; X=1; charset=\"u\\\"8\" ;y"), "charset"), "u\"8", "quoted");
	eq(http_media_param(a, STR("a/b;charset=utf-8"), "CHARSET"), "utf-8", "token");
	assert_null(http_media_param(a, STR("a/b; charset=\"open"), "charset").p);
	assert_null(http_media_param(a, STR("a/b"), "charset").p);
	assert_null(http_media_param(a, STR("a/b; =x"), "x").p);
	arena_free(a);
}

static void accept_fields(void **state)
{
	static const struct {
		const char *accept, *error;
		bool allow;
	} cases[] = {
		{ "*/*", NULL, false },
		{ "text/html;q=0.8, application/json", NULL, false },
		{ "*/*;allow-utf8-labelnames=true", NULL, true },
		{ "application/json; allow-utf8-labelnames=true", NULL, true },
		{ "application/json; allow-utf8-labelnames=no", NULL, false },
		{ "", NULL, false },
		{ "a b/c;;=", "mime: expected slash after first token", false },
		{ "a/", "mime: expected token after slash", false },
		{ "a/b c", "mime: unexpected content after media subtype", false },
		{ "a/b;x", "mime: invalid media parameter", false },
		{ "a/b,,c/d", "mime: no media type", false },
		{ "a/b;", NULL, false },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_field f = { STR("accept"), str_cstr(cases[i].accept) };
		struct http_req r = { .a = a, .headers = &f, .n_headers = 1 };
		struct err e;
		bool allow;
		int rc = http_accept(&r, &allow, &e);

		if ((rc < 0) != (cases[i].error != NULL))
			fail_msg("%s: %s", cases[i].accept, rc < 0 ? e.msg : "taken");
		if (rc < 0)
			assert_string_equal(e.msg, cases[i].error);
		else
			assert_int_equal(allow, cases[i].allow);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls),
		cmocka_unit_test(queries),
		cmocka_unit_test(too_many_parameters),
		cmocka_unit_test(paths),
		cmocka_unit_test(building),
		cmocka_unit_test(media_types),
		cmocka_unit_test(accept_fields),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
