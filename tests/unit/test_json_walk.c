/* test_json_walk.c - JSON read value by value: what comes out, and where it stops */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "formats/json/json_walk.h"

/* Everything that was read, in one line. */
static void walk(struct jwalk *j, struct buf *out)
{
	struct str s;

	switch (jwalk_kind(j)) {
	case '{':
		buf_byte(out, '{');
		for (jwalk_open(j, '{'); jwalk_member(j, &s);) {
			buf_add(out, s);
			buf_byte(out, ':');
			walk(j, out);
		}
		buf_byte(out, '}');
		break;
	case '[':
		buf_byte(out, '[');
		for (jwalk_open(j, '['); jwalk_item(j);)
			walk(j, out);
		buf_byte(out, ']');
		break;
	case '"':
		s = jwalk_str(j);
		buf_printf(out, "<" STR_FMT ">", STR_ARG(s));
		break;
	case '0': buf_printf(out, "%.17g ", jwalk_f64(j)); break;
	case 't':
	case 'f': buf_printf(out, "%s ", jwalk_bool(j) ? "T" : "F"); break;
	case 'n':
		jwalk_skip(j);
		buf_byte(out, 'N');
		break;
	default: break;
	}
}

static const struct {
	const char *text, *want; /* or the error */
} cases[] = {
	{ "{}", "{}" },
	{ " [ ] ", "[]" },
	{ "{\r\n\"a\" :\t1}\r\n", "{a:1 }" },
	{ "[1,-2,3.5,1e3,-0,0.1,123456789012345678901234567890,1E-2,12345678901234567]",
	    "[1 -2 3.5 1000 -0 0.10000000000000001 1.2345678901234568e+29 0.01 12345678901234568 ]" },
	{ "[true,false,null]", "[T F N]" },
	{ "{\"a\":{\"b\":[{}]},\"a\":2}", "{a:{b:[{}]}a:2 }" },
	{ "\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"",
	    "<a\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80>" },
	{ "[\"\\ud800\",\"\\udc00x\",\"\\ud800\\u0041\"]",
	    "[<\xef\xbf\xbd><\xef\xbf\xbdx><\xef\xbf\xbd"
	    "A>]" },
	{ "\"\xff\xfe long enough for words\"", "<\xff\xfe long enough for words>" },
	{ "", "unexpected end of JSON input" },
	{ "[1", "unexpected end of JSON input" },
	{ "{\"a", "unexpected end of JSON input" },
	{ "{\"a\\", "unexpected end of JSON input" },
	{ "tru", "unexpected end of JSON input" },
	{ "-", "unexpected end of JSON input" },
	{ "1.", "unexpected end of JSON input" },
	{ "[1,]", "line 1 column 4: a value expected, not ']'" },
	{ "{\"a\":1,}", "line 1 column 8: a member's name expected, not '}'" },
	{ "[1 2]", "line 1 column 4: ',' or ']' expected, not '2'" },
	{ "{\"a\" 1}", "line 1 column 6: ':' expected, not '1'" },
	{ "{\"a\":1]", "line 1 column 7: ',' or '}' expected, not ']'" },
	{ "[\n\n  nul]", "line 3 column 6: null expected, not ']'" },
	{ "[NaN]", "line 1 column 2: a value expected, not 'N'" },
	{ "[01]", "line 1 column 3: ',' or a bracket behind 0 expected, not '1'" },
	{ "[+1]", "line 1 column 2: a value expected, not '+'" },
	{ "[.5]", "line 1 column 2: a value expected, not '.'" },
	{ "[1.x]", "line 1 column 4: a digit expected, not 'x'" },
	{ "[1ex]", "line 1 column 4: a digit expected, not 'x'" },
	{ "[-x]", "line 1 column 3: a digit expected, not 'x'" },
	{ "[1e999]", "line 1 column 2: the number is too large" },
	{ "\"a\nb\"", "line 1 column 3: a character of a string expected, not the byte 0x0a" },
	{ "\"\\x\"", "line 1 column 3: an escape expected, not 'x'" },
	{ "\"\\u12g4\"", "line 1 column 3: four hexadecimal digits behind this expected, not 'u'" },
	{ "1 1", "line 1 column 3: the end of the text expected, not '1'" },
	{ "\xff", "line 1 column 1: a value expected, not the byte 0xff" },
};

static void test_walk(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (int skip = 0; skip < 2; skip++) {
			struct arena *a = arena_new();
			struct err e = { 0 };
			struct jwalk j;
			struct buf b;

			buf_init(&b, 4096);
			jwalk_init(&j, a, str_cstr(cases[i].text), &e);
			if (skip)
				jwalk_skip(&j);
			else
				walk(&j, &b);
			buf_byte(&b, '\0');
			if (jwalk_end(&j) < 0) {
				assert_int_equal(e.kind, ERR_INVALID);
				assert_int_equal(j.cut, strstr(e.msg, "unexpected end") != NULL);
				if (strcmp(e.msg, cases[i].want) != 0)
					fail_msg("%s: %s", cases[i].text, e.msg);
			} else if (!skip) {
				if (strcmp(b.p, cases[i].want) != 0)
					fail_msg("%s: %s", cases[i].text, b.p);
			} else if (strncmp(cases[i].want, "line", 4) == 0 &&
			    strstr("[1e999]\"\\x\"\"\\u12g4\"", cases[i].text) == NULL) {
				fail_msg("%s: skipped", cases[i].text);
			}
			buf_fini(&b);
			arena_free(a);
		}
}

static void test_numbers(void **ctx)
{
	static const struct {
		const char *text;
		int64_t i64;
		uint32_t u32;
		bool bad_i64, bad_u32;
	} rows[] = {
		{ "0", 0, 0, false, false },
		{ "-0", 0, 0, false, false },
		{ "4294967294", 4294967294, 4294967294u, false, false },
		{ "4294967295", 4294967295, 0, false, true },
		{ "9223372036854775807", INT64_MAX, 0, false, true },
		{ "-9223372036854775808", INT64_MIN, 0, false, true },
		{ "9223372036854775808", 0, 0, true, true },
		{ "99999999999999999999999", 0, 0, true, true },
		{ "2.5e3", 2500, 2500, false, false },
		{ "1.6", 2, 0, false, true },
		{ "-1", -1, 0, false, true },
		{ "\"1\"", 0, 0, true, true },
		{ "1e20", 0, 0, true, true },
	};
	struct arena *a = arena_new();

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct jwalk j;
		struct err e;

		jwalk_init(&j, a, str_cstr(rows[i].text), &e);
		assert_true(jwalk_i64(&j) == rows[i].i64);
		assert_int_equal(jwalk_end(&j) < 0, rows[i].bad_i64);
		jwalk_init(&j, a, str_cstr(rows[i].text), &e);
		assert_int_equal(jwalk_u32(&j), rows[i].u32);
		assert_int_equal(jwalk_end(&j) < 0, rows[i].bad_u32);
	}
	arena_free(a);
}

/* Nothing is done for each power of ten of a number that is 0: such a text would take a minute. */
static void test_scaled(void **ctx)
{
	static const struct {
		const char *text;
		int64_t want;
	} rows[] = {
		{ "1.5", 1500 },
		{ "-0.0015", -2 },
		{ "0.0", 0 },
		{ "-0e99999", 0 },
		{ "0e-99999", 0 },
	};
	enum { ZEROS = 500000 };
	struct arena *a = arena_new();
	struct buf b;
	struct jwalk j;
	struct err e;
	size_t n = 0;

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		jwalk_init(&j, a, str_cstr(rows[i].text), &e);
		assert_true(jwalk_scaled(&j, 3) == rows[i].want);
		assert_int_equal(jwalk_end(&j), 0);
	}
	buf_init(&b, SIZE_MAX / 2);
	for (int i = 0; i < ZEROS; i++)
		buf_add(&b, i ? STR(",0e99999") : STR("[0e99999"));
	buf_byte(&b, ']');
	jwalk_init(&j, a, buf_str(&b), &e);
	for (jwalk_open(&j, '['); jwalk_item(&j); n++)
		assert_true(jwalk_scaled(&j, 3) == 0);
	assert_int_equal(jwalk_end(&j), 0);
	assert_int_equal(n, ZEROS);
	buf_fini(&b);
	arena_free(a);
}

/* As strtod reads them: random digits, points and exponents. */
static void test_floats(void **ctx)
{
	struct arena *a = arena_new();
	uint64_t seed = 7;

	(void)ctx;
	for (int i = 0; i < 100000; i++) {
		char text[64];
		struct jwalk j;
		struct err e;
		double got;

		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		snprintf(text, sizeof(text), "%s%llu.%0*llue%d", seed >> 63 ? "-" : "",
		    (unsigned long long)(seed >> (seed % 60)), (int)((seed >> 20) % 25) + 1,
		    (unsigned long long)(seed % 1000003), (int)((seed >> 40) % 40) - 20);
		jwalk_init(&j, a, str_cstr(text), &e);
		got = jwalk_f64(&j);
		if (jwalk_end(&j) < 0)
			fail_msg("%s: %s", text, e.msg);
		if (memcmp(&got, &(double){ strtod(text, NULL) }, sizeof(got)) != 0)
			fail_msg("%s: %.17g", text, got);
	}
	arena_free(a);
}

static void test_depth(void **ctx)
{
	struct arena *a = arena_new();

	(void)ctx;
	for (size_t depth = JWALK_DEPTH - 1; depth < JWALK_DEPTH + 2; depth++) {
		char *text = mem_alloc(2 * depth);
		struct jwalk j;
		struct err e;

		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		jwalk_init(&j, a, str_of(text, 2 * depth), &e);
		jwalk_skip(&j);
		assert_int_equal(jwalk_end(&j), depth <= JWALK_DEPTH ? 0 : -1);
		if (depth > JWALK_DEPTH)
			assert_string_equal(e.msg, "line 1 column 16385: nested deeper than 16384 levels");
		mem_free(text);
	}
	arena_free(a);
}

/* What jansson takes and refuses, for texts cut and changed at every byte. */
static void test_like_jansson(void **ctx)
{
	static const char text[] = "{\"a\":[1,2.5e-1,-3,\"x\\u00e9\\n\",{\"b\":null,\"c\":true}],\"d\":\"\",\"e\":{}}";
	struct arena *a = arena_new();

	(void)ctx;
	for (size_t i = 0; i < sizeof(text); i++)
		for (int flip = -1; flip < 7; flip++) {
			size_t n = flip < 0 ? i : sizeof(text) - 1;
			char *copy = mem_alloc(n + 1);
			struct jwalk j;
			struct err e;
			json_t *want;
			bool bad;

			memcpy(copy, text, n);
			if (flip >= 0 && i < n)
				copy[i] = (char)(copy[i] ^ 1 << flip);
			want = json_parse_last(str_of(copy, n), &e);
			jwalk_init(&j, a, str_of(copy, n), &e);
			bad = (jwalk_skip(&j), jwalk_end(&j)) < 0;
			/* escapes are looked at when a string is read */
			if (bad != (want == NULL) && memchr(copy, '\\', n) == NULL)
				fail_msg("%.*s: %s", (int)n, copy, bad ? e.msg : "taken");
			json_decref(want);
			mem_free(copy);
		}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_scaled),
		cmocka_unit_test(test_floats),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_like_jansson),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
