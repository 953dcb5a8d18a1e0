/* test_str.c - borrowed bytes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/str.h"

static void test_compare(void **state)
{
	(void)state;
	assert_true(str_cmp(STR("a"), STR("b")) < 0);
	assert_true(str_cmp(STR("ab"), STR("a")) > 0);
	assert_true(str_cmp(STR(""), STR("a")) < 0);
	assert_int_equal(str_cmp(STR_NONE, STR("")), 0);
	assert_true(str_cmp(STR("\xff"), STR("\x01")) > 0);
	assert_int_equal(str_cmp(STR("a\0b"), STR("a\0b")), 0);
	assert_true(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
	assert_false(str_eq_nocase(STR("@"), STR("`")));
	assert_false(str_eq_nocase(STR("["), STR("{")));
	assert_false(str_eq_nocase(STR("\xc3\x84"), STR("\xc3\xa4")));
	assert_false(str_eq_nocase(STR("ab"), STR("abc")));
}

static void test_parts(void **state)
{
	struct str rest = STR("a,b,,c");

	(void)state;
	assert_true(str_prefix(STR("abc"), STR("ab")));
	assert_true(str_prefix(STR("abc"), STR("")));
	assert_false(str_prefix(STR("a"), STR("ab")));
	assert_true(str_suffix(STR("abc"), STR("bc")));
	assert_false(str_suffix(STR("c"), STR("bc")));
	assert_true(str_suffix(STR_NONE, STR_NONE));
	assert_true(str_eq(str_skip(STR("abc"), 2), STR("c")));
	assert_int_equal(str_skip(STR("abc"), 9).n, 0);
	assert_int_equal(str_skip(STR_NONE, 1).n, 0);
	assert_true(str_eq(str_trim(STR(" \t\r\n a b \n")), STR("a b")));
	assert_int_equal(str_trim(STR(" \t ")).n, 0);
	assert_true(str_eq(str_unmarked(STR("\xef\xbb\xbf"
					    "a")),
	    STR("a")));
	assert_true(str_eq(str_unmarked(STR("\xef\xbb")), STR("\xef\xbb")));
	assert_true(str_eq(str_cut(&rest, ','), STR("a")));
	assert_true(str_eq(str_cut(&rest, ','), STR("b")));
	assert_true(str_eq(str_cut(&rest, ','), STR("")));
	assert_true(str_eq(rest, STR("c")));
	assert_true(str_eq(str_cut(&rest, ','), STR("c")));
	assert_int_equal(rest.n, 0);
	assert_int_equal(str_cut(&rest, ',').n, 0);
}

static void test_find(void **state)
{
	(void)state;
	assert_int_equal(str_find(STR("abcb"), 'b'), 1);
	assert_int_equal(str_rfind(STR("abcb"), 'b'), 3);
	assert_int_equal(str_find(STR("abcb"), 'x'), 4);
	assert_int_equal(str_rfind(STR("abcb"), 'x'), 4);
	assert_int_equal(str_find(STR_NONE, 'x'), 0);
	assert_int_equal(str_search(STR("hello"), STR("ll")), 2);
	assert_int_equal(str_search(STR("hello"), STR("lol")), 5);
	assert_int_equal(str_search(STR("hello"), STR("")), 0);
	assert_int_equal(str_search(STR_NONE, STR("a")), 0);
}

static const struct {
	struct str s;
	bool ok;
} utf8_cases[] = {
	{ { "", 0 }, true },
	{ { "plain text, longer than eight", 29 }, true },
	{ { "\x00", 1 }, true },
	{ { "\x7f", 1 }, true },
	{ { "\x80", 1 }, false },
	{ { "\xbf", 1 }, false },
	{ { "\xc0\x80", 2 }, false }, /* overlong */
	{ { "\xc1\xbf", 2 }, false },
	{ { "\xc2\x80", 2 }, true },
	{ { "\xc2", 1 }, false },
	{ { "\xc2\x7f", 2 }, false },
	{ { "\xdf\xbf", 2 }, true },
	{ { "\xe0\x9f\xbf", 3 }, false }, /* overlong */
	{ { "\xe0\xa0\x80", 3 }, true },
	{ { "\xed\x9f\xbf", 3 }, true },
	{ { "\xed\xa0\x80", 3 }, false }, /* surrogates */
	{ { "\xed\xbf\xbf", 3 }, false },
	{ { "\xee\x80\x80", 3 }, true },
	{ { "\xef\xbf\xbf", 3 }, true },
	{ { "\xe2\x82", 2 }, false },
	{ { "\xe2\x82\x28", 3 }, false },
	{ { "\xf0\x8f\xbf\xbf", 4 }, false }, /* overlong */
	{ { "\xf0\x90\x80\x80", 4 }, true },
	{ { "\xf4\x8f\xbf\xbf", 4 }, true },
	{ { "\xf4\x90\x80\x80", 4 }, false }, /* past U+10FFFF */
	{ { "\xf5\x80\x80\x80", 4 }, false },
	{ { "\xf0\x9f\x98", 3 }, false },
	{ { "\xff", 1 }, false },
};

/* Each sample at each distance from the start and the end of the eight-byte steps. */
static void test_utf8(void **state)
{
	char text[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(utf8_cases); i++) {
		struct str s = utf8_cases[i].s;

		assert_int_equal(str_utf8(s), utf8_cases[i].ok);
		for (size_t before = 0; before < 17; before++)
			for (size_t after = 0; after < 9; after++) {
				memset(text, 'x', sizeof(text));
				memcpy(text + before, s.p, s.n);
				assert_int_equal(str_utf8(str_of(text, before + s.n + after)), utf8_cases[i].ok);
			}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_utf8),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
