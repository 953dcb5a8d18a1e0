/* test_enc.c - hexadecimal, base64, percent, quotes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/enc.h"

static void check(void (*enc)(struct buf *b, struct str s), struct str in, struct str want)
{
	struct buf b;

	buf_init(&b, 10000);
	enc(&b, in);
	if (!str_eq(buf_str(&b), want))
		fail_msg("got " STR_FMT ", want " STR_FMT, STR_ARG(buf_str(&b)), STR_ARG(want));
	buf_fini(&b);
}

static void test_hex(void **state)
{
	struct arena *a = arena_new();
	struct err e;
	struct str s;

	(void)state;
	check(enc_hex, STR("\x00\xff\x1a"), STR("00ff1a"));
	check(enc_hex, STR(""), STR(""));
	assert_int_equal(dec_hex(a, STR("00fF1a"), &s, &e), 0);
	assert_true(str_eq(s, STR("\x00\xff\x1a")));
	assert_int_equal(dec_hex(a, STR(""), &s, &e), 0);
	assert_int_equal(s.n, 0);
	assert_true(enc_is_hex(STR("09afAF3")));
	assert_true(enc_is_hex(STR("")));
	for (const char *p = "/:@G`g-."; *p; p++)
		assert_false(enc_is_hex(str_of((const char[]){ 'a', *p }, 2)));
	assert_int_equal(dec_hex(a, STR("abc"), &s, &e), -1);
	assert_int_equal(dec_hex(a, STR("abcg"), &s, &e), -1);
	assert_string_equal(e.msg, "not a hexadecimal digit at offset 3");
	assert_int_equal(dec_hex(a, STR("ag"), &s, &e), -1);
	assert_string_equal(e.msg, "not a hexadecimal digit at offset 1");
	arena_free(a);
}

static void test_base64(void **state)
{
	/* RFC 4648, section 10 */
	static const char *const plain[] = { "", "f", "fo", "foo", "foob", "fooba", "foobar" };
	static const char *const coded[] = { "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };
	static const char *const bad[] = { "A", "AAAAA", "AA=A", "A===", "====", "AA AA", "AA\n", "AAA=A",
		"Zg==Zg==", "Zg=" };
	struct arena *a = arena_new();
	struct err e;
	struct str s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		struct str open = str_cstr(coded[i]);

		check(enc_base64, str_cstr(plain[i]), open);
		assert_int_equal(dec_base64(a, open, &s, &e), 0);
		assert_true(str_eq(s, str_cstr(plain[i])));
		open.n = str_find(open, '=');
		assert_int_equal(dec_base64(a, open, &s, &e), 0);
		assert_true(str_eq(s, str_cstr(plain[i])));
	}
	assert_int_equal(dec_base64(a, STR("-_+/"), &s, &e), 0);
	assert_true(str_eq(s, STR("\xfb\xff\xbf")));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(dec_base64(a, str_cstr(bad[i]), &s, &e), -1);
	arena_free(a);
}

static void test_all_bytes(void **state)
{
	struct arena *a = arena_new();
	char all[256];
	struct buf b;
	struct str s;

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	for (size_t n = 0; n <= sizeof(all); n++) {
		struct str in = str_of(all + 256 - n, n);

		buf_init(&b, 10000);
		enc_base64(&b, in);
		assert_int_equal(dec_base64(a, buf_str(&b), &s, NULL), 0);
		assert_true(str_eq(s, in));
		buf_reset(&b);
		enc_hex(&b, in);
		assert_int_equal(dec_hex(a, buf_str(&b), &s, NULL), 0);
		assert_true(str_eq(s, in));
		buf_reset(&b);
		enc_percent(&b, in);
		assert_int_equal(dec_percent(a, buf_str(&b), true, &s, NULL), 0);
		assert_true(str_eq(s, in));
		buf_fini(&b);
	}
	arena_free(a);
}

static void test_percent(void **state)
{
	static const char *const bad[] = { "%", "a%", "%1", "%zz", "%1z", "ab%4" };
	struct arena *a = arena_new();
	struct err e;
	struct str s;

	(void)state;
	check(enc_percent, STR("aZ09-_.~ /+%\xff\n"), STR("aZ09-_.~%20%2F%2B%25%FF%0A"));
	assert_int_equal(dec_percent(a, STR("a%2fb+c%2B"), false, &s, &e), 0);
	assert_true(str_eq(s, STR("a/b+c+")));
	assert_int_equal(dec_percent(a, STR("a+%2B"), true, &s, &e), 0);
	assert_true(str_eq(s, STR("a +")));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(dec_percent(a, str_cstr(bad[i]), true, &s, &e), -1);
	assert_string_equal(e.msg, "% without two hexadecimal digits at offset 2");
	arena_free(a);
}

static void test_quote(void **state)
{
	(void)state;
	check(enc_quote, STR(""), STR("\"\""));
	check(enc_quote, STR("a b"), STR("\"a b\""));
	check(enc_quote, STR("\a\b\f\n\r\t\v\\\"'"), STR("\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"'\""));
	check(enc_quote, STR("\0\x1b\x7f"), STR("\"\\x00\\x1b\\x7f\""));
	check(enc_quote, STR("\xff\xc3"), STR("\"\\xff\\xc3\""));
	check(enc_quote, STR("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), STR("\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""));
	/* U+0085, U+202E (turns the line around), U+FEFF, U+E0001 */
	check(enc_quote, STR("\xc2\x85\xe2\x80\xae\xef\xbb\xbf\xf3\xa0\x80\x81"),
	    STR("\"\\u0085\\u202e\\ufeff\\U000e0001\""));
	check(enc_quote, STR("\xed\xa0\x80"), STR("\"\\xed\\xa0\\x80\""));
	check(enc_quote, STR("\xe2\x82"), STR("\"\\xe2\\x82\""));
}

static void test_limit(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	enc_hex(&b, STR("abc"));
	assert_true(b.over);
	buf_reset(&b);
	enc_base64(&b, STR("abcd"));
	assert_true(b.over);
	assert_int_equal(b.n, 0);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_percent),
		cmocka_unit_test(test_all_bytes),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_limit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
