/* Which row answers a path. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/route.h"

static void a(struct http_req *r, void *ctx)
{
	(void)r;
	(void)ctx;
}

static void b(struct http_req *r, void *ctx)
{
	a(r, ctx);
	(void)ctx;
}

static int one, two;

static const struct route rows[] = {
	{ .path = "/ready", .methods = "GET", .fn = a },
	{ .path = "/ring", .methods = "GET POST", .fn = a, .ctx = &one, .body_limit = 7 },
	{ .path = "/both", .methods = "GET", .fn = a },
	{ .path = "/both", .methods = "POST", .fn = b, .body_limit = 9 },
	{ .path = "/p/", .methods = "GET", .fn = a, .flags = ROUTE_PREFIX },
	{ .path = "/p/", .methods = "PUT", .fn = b, .flags = ROUTE_PREFIX },
	{ .path = "/p/deep/", .methods = "GET", .fn = b, .flags = ROUTE_PREFIX },
	{ .path = "/p/deep/exact", .methods = "GET", .fn = a },
	{ .path = "/any", .methods = "*", .fn = a },
};

static void finding(void **state)
{
	static const struct {
		const char *method, *path;
		int row; /* -1 none, -2 wrong method */
	} cases[] = {
		{ "GET", "/ready", 0 },
		{ "HEAD", "/ready", 0 },
		{ "POST", "/ready", -2 },
		{ "GET", "/ready/", -1 },
		{ "GET", "/read", -1 },
		{ "GET", "", -1 },
		{ "POST", "/ring", 1 },
		{ "PUT", "/ring", -2 },
		{ "GET", "/both", 2 },
		{ "POST", "/both", 3 },
		{ "DELETE", "/both", -2 },
		{ "GET", "/p/", 4 },
		{ "GET", "/p", -1 },
		{ "PUT", "/p/x", 5 },
		{ "GET", "/p/deep/x", 6 },
		{ "PUT", "/p/deep/x", -2 },
		{ "GET", "/p/deep/exact", 7 },
		{ "HEAD", "/p/deep/exact", 7 },
		{ "BREW", "/any", 8 },
		{ "GE", "/ready", -2 },
		{ "", "/ready", -2 },
	};
	struct err e;
	struct router *r = router_new(rows, ARRAY_LEN(rows), &two, &e);

	(void)state;
	assert_non_null(r);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct route_hit hit = router_find(r, str_cstr(cases[i].method), str_cstr(cases[i].path));
		int got = hit.wrong_method ? -2 : hit.row == NULL ? -1 : (int)(hit.row - rows);

		if (got != cases[i].row)
			fail_msg("%s %s: row %d", cases[i].method, cases[i].path, got);
		assert_non_null(hit.fn);
		if (got >= 0) {
			assert_ptr_equal(hit.fn, rows[got].fn);
			assert_ptr_equal(hit.ctx, got == 1 ? &one : &two);
			assert_int_equal(hit.body_limit, rows[got].body_limit);
		}
	}
	router_free(r);
}

static void more_tables(void **state)
{
	static const struct route more[] = { { .path = "/more", .methods = "GET", .fn = b } };
	static const struct route twice[] = { { .path = "/both", .methods = "PUT POST", .fn = b } };
	static const struct route prefix[] = { { .path = "/ready", .methods = "GET", .fn = b, .flags = ROUTE_PREFIX } };
	struct err e;
	struct router *r = router_new(rows, ARRAY_LEN(rows), NULL, &e);

	(void)state;
	assert_int_equal(router_add(r, more, 1, &one, &e), 0);
	assert_ptr_equal(router_find(r, STR("GET"), STR("/more")).ctx, &one);
	assert_int_equal(router_add(r, prefix, 1, NULL, &e), 0);
	assert_ptr_equal(router_find(r, STR("GET"), STR("/ready")).fn, a);
	assert_ptr_equal(router_find(r, STR("GET"), STR("/ready/x")).fn, b);
	assert_int_equal(router_add(r, twice, 1, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_BUG);
	router_free(r);
	router_free(NULL);
}

static void fallback(void **state)
{
	struct err e;
	struct router *r = router_new(rows, ARRAY_LEN(rows), NULL, &e);

	(void)state;
	router_fallback(r, b, &two, 0);
	assert_ptr_equal(router_find(r, STR("GET"), STR("/nope")).fn, b);
	assert_ptr_equal(router_find(r, STR("GET"), STR("/nope")).ctx, &two);
	assert_true(router_find(r, STR("PUT"), STR("/ready")).fn != b);
	router_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finding),
		cmocka_unit_test(more_tables),
		cmocka_unit_test(fallback),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
