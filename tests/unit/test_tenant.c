/* test_tenant.c - whose request it is: the names become folders, so nothing else may pass */
#include <stdio.h>

#include "net/tenant.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define LONGEST HUNDRED TEN TEN TEN TEN TEN

static const struct {
	const char *header, *want, *why;
} cases[] = {
	{ "team-a", "team-a", NULL },
	{ "Aa0!-_.*'()", "Aa0!-_.*'()", NULL },
	{ "a|a|a", "a", NULL },
	{ "a:x|a:y=z", "a", NULL }, /* what follows a colon is not part of the name */
	{ LONGEST, LONGEST, NULL },
	{ "...", "...", NULL },
	{ NULL, NULL, "no org id" },
	{ "", NULL, "no org id" },
	{ "|", NULL, "no org id" },
	{ "a||a", NULL, "no org id" },
	{ ":x", NULL, "no org id" },
	{ ".", NULL, "is '.' or '..'" },
	{ "..", NULL, "is '.' or '..'" },
	{ "a|..", NULL, "is '.' or '..'" },
	{ "..:x", NULL, "is '.' or '..'" },
	{ "a/b", NULL, "unsupported character '/'" },
	{ "../a", NULL, "unsupported character '/'" },
	{ "a b", NULL, "unsupported character ' '" },
	{ "a\\b", NULL, "unsupported character" },
	{ "\xc3\xa9", NULL, "unsupported character" },
	{ "a|b", NULL, "multiple org IDs present" },
	{ LONGEST "0", NULL, "too long: max 150 characters" },
};

static void headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_field field = { STR("X-Scope-OrgID"),
			cases[i].header ? str_cstr(cases[i].header) : STR_NONE };
		struct http_req r = { .headers = &field, .n_headers = cases[i].header != NULL };
		struct str name;
		struct err e;
		int rc = tenant_of_request(&r, true, &name, &e);

		if (cases[i].want == NULL) {
			assert_int_equal(rc, -1);
			if (strstr(e.msg, cases[i].why) == NULL)
				fail_msg("\"%s\": %s", cases[i].header ? cases[i].header : "none", e.msg);
			continue;
		}
		assert_int_equal(rc, 0);
		assert_true(str_eq(name, str_cstr(cases[i].want)));
		assert_int_equal(tenant_of_request(&r, false, &name, &e), 0);
		assert_true(str_eq(name, STR("anonymous")));
	}
}

static void several(void **state)
{
	static const struct {
		const char *header, *want;
	} lists[] = { { "b|a", "a|b" }, { "a", "a" }, { "c|a:x|b|a", "a|b|c" }, { "a|", "a" }, { "a||b", NULL },
		{ "a|b/c", NULL } };
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct http_field field = { STR("X-Scope-OrgID"), str_cstr(lists[i].header) };
		struct http_req r = { .headers = &field, .n_headers = 1, .a = a };
		struct str name;
		struct err e;
		int rc = tenants_of_request(&r, true, &name, &e);

		assert_int_equal(rc, lists[i].want ? 0 : -1);
		if (rc == 0)
			assert_true(str_eq(name, str_cstr(lists[i].want)));
		assert_int_equal(tenants_of_request(&r, false, &name, &e), 0);
		assert_true(str_eq(name, STR("anonymous")));
	}
	arena_free(a);
}

/* Each name is a question to the place of recent rows, so there is an end. */
static void too_many(void **state)
{
	char text[400] = "";
	struct http_field field = { STR("X-Scope-OrgID"), { text, 0 } };
	struct arena *a = arena_new();
	struct http_req r = { .headers = &field, .n_headers = 1, .a = a };
	struct str name;
	struct err e;

	(void)state;
	for (int i = 0; i < 64; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "t%d|", i);
	field.value.n = strlen(text) - 1;
	assert_int_equal(tenants_of_request(&r, true, &name, &e), 0);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "t64");
	field.value.n = strlen(text);
	assert_int_equal(tenants_of_request(&r, true, &name, &e), -1);
	assert_string_equal(e.msg, "more than 64 tenants in one request");
	arena_free(a);
}

/* A zero byte ends no name. */
static void zeros(void **state)
{
	struct http_field field = { STR("X-Scope-OrgID"), STR("a\0b") };
	struct http_req r = { .headers = &field, .n_headers = 1 };
	struct str name;
	struct err e;

	(void)state;
	assert_int_equal(tenant_of_request(&r, true, &name, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(headers), cmocka_unit_test(several),
		cmocka_unit_test(too_many), cmocka_unit_test(zeros) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
