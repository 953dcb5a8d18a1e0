/* Where a text stops being JSON. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"

/* want NULL: it is JSON. */
static const struct {
	const char *text, *want;
} cases[] = {
	{ "{}", NULL },
	{ " [ ] ", NULL },
	{ "null", NULL },
	{ "true", NULL },
	{ "false", NULL },
	{ "\"\"", NULL },
	{ "-0.5e+10", NULL },
	{ "0", NULL },
	{ "[1,2,[3,{\"a\":[]}]]", NULL },
	{ "{\"a\":{\"b\":\"\\u00e9\\n\\/\"},\"c\":null}\n", NULL },
	{ "\"\xc3\xa9\"", NULL },
	{ "", "unexpected end of JSON input" },
	{ " ", "unexpected end of JSON input" },
	{ "{", "unexpected end of JSON input" },
	{ "[1,", "unexpected end of JSON input" },
	{ "\"a", "unexpected end of JSON input" },
	{ "\"\\u12", "unexpected end of JSON input" },
	{ "tru", "unexpected end of JSON input" },
	{ "-", "unexpected end of JSON input" },
	{ "{\"a\"", "unexpected end of JSON input" },
	{ "{\"a\":", "unexpected end of JSON input" },
	{ "{nope", "invalid character 'n' looking for beginning of object key string" },
	{ "{\"a\":1,}", "invalid character '}' looking for beginning of object key string" },
	{ "{\"a\" 1}", "invalid character '1' after object key" },
	{ "{\"a\":1 2}", "invalid character '2' after object key:value pair" },
	{ "[1 2]", "invalid character '2' after array element" },
	{ "[1,]", "invalid character ']' looking for beginning of value" },
	{ "{} x", "invalid character 'x' after top-level value" },
	{ "01", "invalid character '1' after top-level value" },
	{ "xyz", "invalid character 'x' looking for beginning of value" },
	{ "'a'", "invalid character '\\'' looking for beginning of value" },
	{ "[\"", "unexpected end of JSON input" },
	{ "}\"", "invalid character '}' looking for beginning of value" },
	{ "[\"]\n\"]", "invalid character '\\n' in string literal" },
	{ "\"\x01\"", "invalid character '\\x01' in string literal" },
	{ "\"\\q\"", "invalid character 'q' in string escape code" },
	{ "\"\\u00g0\"", "invalid character 'g' in \\u hexadecimal character escape" },
	{ "-x", "invalid character 'x' in numeric literal" },
	{ "1.x", "invalid character 'x' after decimal point in numeric literal" },
	{ "1e", "unexpected end of JSON input" },
	{ "1ex", "invalid character 'x' in exponent of numeric literal" },
	{ "nul!", "invalid character '!' in literal null (expecting 'l')" },
	{ "\xff", "invalid character '\xc3\xbf' looking for beginning of value" },
	{ "{\"a\":\"\"\"", "invalid character '\"' after object key:value pair" },
};

static int scan(const char *text, size_t n, struct err *e)
{
	char *copy = malloc(n ? n : 1);
	int rc;

	memcpy(copy, text, n); /* reading behind the bytes given shows here */
	rc = json_scan(str_of(copy, n), e);
	free(copy);
	return rc;
}

static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e;
		int rc = scan(cases[i].text, strlen(cases[i].text), &e);

		if ((rc < 0) != (cases[i].want != NULL))
			fail_msg("%s: %s", cases[i].text, rc < 0 ? e.msg : "is taken");
		if (rc < 0)
			assert_string_equal(e.msg, cases[i].want);
	}
}

static void cut(void **state)
{
	static const char text[] = "{\"a\":[1.5e3,-2,\"x\\u0041\\n\",true,false,null,{}],\"b\":{\"c\":[]}}";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		struct err e;

		if (n == sizeof(text) - 1)
			assert_int_equal(scan(text, n, &e), 0);
		else
			assert_int_equal(scan(text, n, &e), -1);
	}
}

static void depth(void **state)
{
	char text[2 * (JSON_SCAN_DEPTH + 2)];
	struct err e;

	(void)state;
	for (size_t n = JSON_SCAN_DEPTH; n <= JSON_SCAN_DEPTH + 1; n++) {
		memset(text, '[', n);
		text[n] = '1';
		memset(text + n + 1, ']', n);
		assert_int_equal(json_scan(str_of(text, 2 * n + 1), &e), n > JSON_SCAN_DEPTH ? -1 : 0);
	}
	assert_string_equal(e.msg, "exceeded max depth");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(cut),
		cmocka_unit_test(depth),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
