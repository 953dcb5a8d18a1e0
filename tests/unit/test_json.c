/* test_json.c - JSON in and out. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"

static void test_parse(void **state)
{
	struct err e;
	json_t *j = json_parse(STR("{\"a\": [1, 2.5, \"x\\u0000y\", true, null]}"), &e);
	json_t *list = json_object_get(j, "a");

	(void)state;
	assert_non_null(j);
	assert_int_equal(json_array_size(list), 5);
	assert_int_equal(json_string_length(json_array_get(list, 2)), 3);
	json_decref(j);
	j = json_parse(STR("5"), &e);
	assert_true(json_is_integer(j));
	json_decref(j);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *part;
	} cases[] = {
		{ "", "line 1 column" },
		{ "{", "line 1 column" },
		{ "{\"a\":1,\n \"a\":2}", "line 2 column" },
		{ "[1,]", "line 1 column" },
		{ "[1] x", "end of file expected" },
		{ "\"\xff\"", "unable to decode byte 0xff" },
		{ "\"\xed\xa0\x80\"", "unable to decode byte 0xed" },
		{ "[\033x]", "invalid token near ' '" },
		{ "[99999999999999999999]", "too big integer" },
		{ "{\"a\" 1}", "':' expected" },
		{ "nul", "invalid token" },
		{ "[NaN]", "invalid token" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_null(json_parse(str_cstr(cases[i].text), &e));
		assert_int_equal(e.kind, ERR_INVALID);
		if (strstr(e.msg, cases[i].part) == NULL)
			fail_msg("%s: %s", cases[i].text, e.msg);
	}
	assert_null(json_parse(STR_NONE, &e));
}

static void test_depth(void **state)
{
	char text[2 * JSON_MAX_DEPTH + 2];
	struct err e;
	json_t *j;

	(void)state;
	memset(text, '[', JSON_MAX_DEPTH);
	memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
	j = json_parse(str_of(text, 2 * JSON_MAX_DEPTH), &e);
	assert_non_null(j);
	json_decref(j);
	memset(text, '[', JSON_MAX_DEPTH + 1);
	memset(text + JSON_MAX_DEPTH + 1, ']', JSON_MAX_DEPTH + 1);
	assert_null(json_parse(str_of(text, sizeof(text)), &e));
	assert_string_equal(e.msg, "line 1 column 101: nested deeper than 100 levels");
	/* Brackets in strings do not count. */
	memset(text, '[', sizeof(text));
	text[0] = '"';
	text[1] = '\\';
	text[2] = '"';
	text[sizeof(text) - 1] = '"';
	j = json_parse(str_of(text, sizeof(text)), &e);
	assert_non_null(j);
	json_decref(j);
}

static void test_cut_everywhere(void **state)
{
	static const char text[] = "{\"a\":[1,-2.5e3,\"\\u00e4\\n\xc3\xa4\",{\"b\":true}],\"c\":null}";
	struct err e;

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		char *p = malloc(n + 1);

		memcpy(p, text, n);
		assert_null(json_parse(str_of(p, n), &e));
		free(p);
	}
}

static struct buf out;

static struct jw begin(void)
{
	buf_reset(&out);
	return jw_init(&out);
}

static void check(const char *want)
{
	if (!str_eq(buf_str(&out), str_cstr(want)))
		fail_msg("got  " STR_FMT "\nwant %s", STR_ARG(buf_str(&out)), want);
}

static void write_sample(struct jw *w)
{
	jw_open(w, '{');
	jw_key(w, STR("a"));
	jw_open(w, '[');
	jw_i64(w, -1);
	jw_u64(w, UINT64_MAX);
	jw_open(w, '{');
	jw_close(w, '}');
	jw_open(w, '[');
	jw_close(w, ']');
	jw_close(w, ']');
	jw_key(w, STR("b"));
	jw_str(w, STR("x "));
	jw_key(w, STR("c"));
	jw_raw(w, STR("{} "));
	jw_key(w, STR("d"));
	jw_bool(w, false);
	jw_key(w, STR("e"));
	jw_null(w);
	jw_close(w, '}');
}

static void test_write(void **state)
{
	struct jw w = begin();

	(void)state;
	write_sample(&w);
	check("{\"a\":[-1,18446744073709551615,{},[]],\"b\":\"x \",\"c\":{} ,\"d\":false,\"e\":null}");
	w = begin();
	w.indent = 2;
	write_sample(&w);
	check("{\n  \"a\": [\n    -1,\n    18446744073709551615,\n    {},\n    []\n  ],\n"
	      "  \"b\": \"x \",\n  \"c\": {} ,\n  \"d\": false,\n  \"e\": null\n}");
	w = begin();
	jw_i64(&w, INT64_MIN);
	check("-9223372036854775808");
}

static void test_strings(void **state)
{
	struct jw w = begin();

	(void)state;
	jw_str(&w, STR("\"\\/\b\f\n\r\t\x01\x1f\x7f<>&\xe2\x80\xa8\xc3\xa4"));
	check("\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f<>&\xe2\x80\xa8\xc3\xa4\"");
	w = begin();
	w.html = true;
	jw_str(&w, STR("<>&\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"));
	check("\"\\u003c\\u003e\\u0026\\u2028\\u2029\xe2\x80\xaa\"");
	w = begin();
	jw_str(&w, STR("a\xff\xe2\x82z\xed\xa0\x80"));
	check("\"a\\ufffd\\ufffd\\ufffdz\\ufffd\\ufffd\\ufffd\"");
	w = begin();
	jw_str(&w, STR("\0"));
	check("\"\\u0000\"");
	w = begin();
	jw_str(&w, STR_NONE);
	check("\"\"");
}

/* Every byte at every place of the eight-byte steps. */
static void test_string_bytes(void **state)
{
	char text[40];

	(void)state;
	for (int html = 0; html < 2; html++)
		for (int c = 0; c < 256; c++)
			for (size_t at = 0; at < 20; at++) {
				struct jw w = begin();
				bool plain = c >= 0x20 && c < 0x80 && !strchr("\"\\", c) && !(html && strchr("<>&", c));
				json_t *j;

				memset(text, 'x', sizeof(text));
				text[at] = (char)c;
				w.html = html;
				jw_str(&w, str_of(text, 20));
				assert_int_equal(out.n == 22, plain);
				j = json_parse(buf_str(&out), NULL);
				assert_non_null(j);
				if (c < 0x80)
					assert_memory_equal(json_string_value(j), text, 20);
				json_decref(j);
			}
}

static void test_floats(void **state)
{
	static const struct {
		double v;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ -0.0, "-0" },
		{ 3, "3" },
		{ -3.5, "-3.5" },
		{ 0.1, "0.1" },
		{ 100, "100" },
		{ 1234567.891, "1234567.891" },
		{ 0.1 + 0.2, "0.30000000000000004" },
		{ 1.0 / 3, "0.3333333333333333" },
		{ 0.000001, "0.000001" },
		{ 0.0000015, "0.0000015" },
		{ 9.999999e-7, "9.999999e-7" },
		{ 1e-7, "1e-7" },
		{ 1.5e-10, "1.5e-10" },
		{ 1e15, "1000000000000000" },
		{ 123456789012345678.0, "123456789012345680" },
		{ 999999999999999.9, "999999999999999.9" },
		{ 1e20, "100000000000000000000" },
		{ 1e21, "1e+21" },
		{ 1.5e300, "1.5e+300" },
		{ -1.7976931348623157e308, "-1.7976931348623157e+308" },
		{ 5e-324, "5e-324" },
		{ 2.2250738585072014e-308, "2.2250738585072014e-308" },
		{ 9007199254740993.0, "9007199254740992" },
		{ 4503599627370495.5, "4503599627370495.5" },
		{ 0.07, "0.07" },
		{ 1.005, "1.005" },
		{ (double)NAN, "\"NaN\"" },
		{ (double)INFINITY, "\"Infinity\"" },
		{ -(double)INFINITY, "\"-Infinity\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct jw w = begin();

		jw_f64(&w, cases[i].v);
		check(cases[i].text);
	}
}

/* Any bits read back the same, and no shorter text does. */
static void test_floats_read_back(void **state)
{
	uint64_t bits = 88172645463325252u;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct jw w = begin();
		char text[400];
		double v;

		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		memcpy(&v, &bits, sizeof(v));
		if (i & 1)
			v = (double)(int64_t)bits / (double)(1 + (bits >> 40) % 100000);
		if (i % 4 == 2)
			v = (double)(bits % 100000000) / 1000;
		if (!isfinite(v))
			continue;
		jw_f64(&w, v);
		snprintf(text, sizeof(text), STR_FMT, STR_ARG(buf_str(&out)));
		assert_true(strtod(text, NULL) == v);
		if (i % 4 == 2)
			assert_true(out.n <= 10);
	}
}

static void test_over(void **state)
{
	struct buf small;
	struct jw w;

	(void)state;
	buf_init(&small, 10);
	w = jw_init(&small);
	w.indent = 1;
	write_sample(&w);
	assert_true(small.over);
	buf_fini(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_floats),
		cmocka_unit_test(test_floats_read_back),
		cmocka_unit_test(test_over),
		cmocka_unit_test(test_string_bytes),
	};
	int rc;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	buf_init(&out, 100000);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	buf_fini(&out);
	return rc;
}
