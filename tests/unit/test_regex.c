/* formats/labels/regex.h: Go's dialect, with and without the engine. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "formats/labels/regex.h"

/* Whole texts. Texts are separated by blanks; "-" is the empty text. */
static const struct {
	const char *pattern, *yes, *no;
} anchored[] = {
	{ "", "-", "a" },
	{ "abc", "abc", "ab abcd xabc -" },
	{ "a|b|cd", "a b cd", "c d ab - |" },
	{ "a||b", "a - b", "ab" },
	{ "(a|b)", "a b", "ab - (a|b)" },
	{ "(?:a|b)", "a b", "ab -" },
	{ "^a$", "a", "- aa" },
	{ "^(a|b)$", "a b", "c -" },
	{ "^a|b$", "a b", "ab xb ax" },
	{ "a.*", "a ab abc", "- ba" },
	{ "a.+", "ab abc", "a - ba" },
	{ ".*a", "a ba bba", "- ab" },
	{ ".+a", "ba aa", "a - ab" },
	{ ".*a.*", "a ba ab bab", "- b" },
	{ ".+a.+", "bab aaa", "a ab ba - aa" },
	{ ".+ab.*", "xab xabx", "ab abx -" },
	{ ".*", "- a ab", "" },
	{ ".+", "a ab", "-" },
	{ "(.*)", "- a", "" },
	{ ".+.+", "ab \xc3\xa9x", "- a \xc3\xa9" },
	{ ".*.*", "- a", "" },
	{ "a\\.b", "a.b", "axb" },
	{ "a\\-b\\/c", "a-b/c", "a\\-b\\/c" },
	{ "a\\.b|c.*|.*d", "a.b c cc d xd", "- axb b" },
	{ "a|b|c|d|e|f|g|h|i|j|k", "a b k", "- l ab" },
	{ "(a|b|c|d|e|f|g|h|i|j|k)", "a b k", "- l ab" },
	{ "a|b|c|d|e|f|g|h|i|j|k.*", "a b k kk", "- l ab" },
	/* With the engine. */
	{ "ab*", "a ab abb", "- b" },
	{ "ab?c", "ac abc", "abbc" },
	{ "ab{2}", "abb", "ab abbb" },
	{ "a{,2}", "a{,2}", "a aa" },
	{ "[ab]+", "a ab ba", "- c" },
	{ "a(b|c)d", "abd acd", "ad abcd" },
	{ "(a|b)(c|d)", "ac bd", "a abcd" },
	{ "(?i)AbC", "abc ABC", "abd" },
	{ "\\d+", "1 12", "- a" },
	{ "\\Qa.b\\E", "a.b", "axb" },
	{ "\\Q(?<x>\\E", "(?<x>", "x" },
	{ "(?P<name>a)", "a", "b" },
	{ "(?<name>a)", "a", "b" },
	{ "x(?<n>a|b)[(?<]", "xa( xb? xa<", "xa xc(" },
	{ "[[:alpha:](?<n>]+", "(?<n> abc", "1" },
	{ "[]a]+", "]a a]", "b" },
	{ "[^]a]+", "b", "] a" },
	{ "\\x61", "a", "x61" },
	{ "\\pL+", "a\xc3\xa9", "1" },
	{ "\xc3\xa9*", "- \xc3\xa9 \xc3\xa9\xc3\xa9", "\xc3 e" },
	{ "a\xc3\xa9+", "a\xc3\xa9 a\xc3\xa9\xc3\xa9", "a" },
	{ "\xc3\xa9", "\xc3\xa9", "e" },
	{ "a$b", "", "a$b ab" },
	{ "\\bab\\b", "ab", "abc" },
	{ "a\\_b", "a_b", "ab" },
};

static void check_words(const struct regex *r, const char *pattern, const char *words, bool want)
{
	struct str rest = str_cstr(words);

	while (rest.n) {
		struct str word = str_cut(&rest, ' ');

		if (str_eq(word, STR("-")))
			word.n = 0;
		if (regex_match(r, word) != want)
			fail_msg("/%s/ against \"%.*s\"", pattern, STR_ARG(word));
	}
}

static void whole_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(anchored); i++) {
		struct err e;
		struct regex *r = regex_new_anchored(str_cstr(anchored[i].pattern), &e);

		if (r == NULL)
			fail_msg("/%s/: %s", anchored[i].pattern, e.msg);
		check_words(r, anchored[i].pattern, anchored[i].yes, true);
		check_words(r, anchored[i].pattern, anchored[i].no, false);
		regex_free(r);
	}
}

/* What needs no engine agrees with the engine: "(?:)" in front keeps the shortcuts away. */
static void shortcuts_agree_with_the_engine(void **state)
{
	static const char *const texts[] = {
		"",
		"a",
		"b",
		"ab",
		"ba",
		"aa",
		"aaa",
		"bab",
		"abc",
		"a.b",
		"axb",
		"k",
		"cd",
		"\xc3\xa9",
		"x\xc3\xa9",
		("\xc3\xa9"
		 "a"),
		"a\xc3\xa9",
		"a\nb",
		"\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(anchored); i++) {
		char text[256];
		struct regex *fast, *slow;
		struct err e;

		snprintf(text, sizeof(text), "(?:)(?:%s)", anchored[i].pattern);
		fast = regex_new_anchored(str_cstr(anchored[i].pattern), &e);
		slow = regex_new_anchored(str_cstr(text), &e);
		assert_non_null(fast);
		assert_non_null(slow);
		for (size_t k = 0; k < ARRAY_LEN(texts); k++)
			if (regex_match(fast, str_cstr(texts[k])) != regex_match(slow, str_cstr(texts[k])))
				fail_msg("/%s/ against \"%s\"", anchored[i].pattern, texts[k]);
		regex_free(fast);
		regex_free(slow);
	}
}

static void dot_matches_newline(void **state)
{
	static const char *const patterns[] = { "a.*b", "a.b", ".*b", "(?:a.)b" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
		struct err e;
		struct regex *r = regex_new_anchored(str_cstr(patterns[i]), &e);

		assert_non_null(r);
		assert_true(regex_match(r, STR("a\nb")));
		assert_false(regex_match(r, STR("a\nb\n")));
		regex_free(r);
	}
}

static void anywhere(void **state)
{
	struct err e;
	struct regex *r = regex_new(STR("b+|^x$"), &e);

	(void)state;
	assert_non_null(r);
	assert_true(regex_match(r, STR("abc")));
	assert_true(regex_match(r, STR("x")));
	assert_false(regex_match(r, STR("xx")));
	assert_false(regex_match(r, STR("")));
	regex_free(r);
	r = regex_new(STR(""), &e);
	assert_true(regex_match(r, STR("abc")));
	assert_true(regex_match(r, STR_NONE));
	regex_free(r);
}

static void errors_in_gos_words(void **state)
{
	static const struct {
		const char *pattern, *why;
	} cases[] = {
		{ "(", "missing closing ): `(`" },
		{ "a)", "unexpected ): `a)`" },
		{ "[a", "missing closing ]: `[a`" },
		{ "*", "missing argument to repetition operator: `*`" },
		{ "a**", "invalid nested repetition operator: `**`" },
		{ "a{1001}", "invalid repeat count: `{1001}`" },
		{ "a\\", "trailing backslash at end of expression: ``" },
		{ "\\C", "invalid escape sequence: `\\C`" },
		{ "a\\C*", "invalid escape sequence: `\\C`" },
		{ "\\h", "invalid escape sequence: `\\h`" },
		{ "\\1", "invalid escape sequence: `\\1`" },
		{ "(?=a)", "invalid or unsupported Perl syntax: `(?=`" },
		{ "[b-a]", "invalid character class range: `b-a`" },
		{ "\xff", "invalid UTF-8: ``" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char want[200];
		struct err e;

		snprintf(want, sizeof(want), "error parsing regexp: %s", cases[i].why);
		assert_null(regex_new_anchored(str_cstr(cases[i].pattern), &e));
		assert_string_equal(e.msg, want);
		assert_int_equal(e.kind, ERR_INVALID);
		assert_null(regex_new(str_cstr(cases[i].pattern), &e));
	}
}

static void other_dialects_are_refused(void **state)
{
	static const char *const cases[] = {
		"(?<=a)b",
		"(?<!a)b",
		"(?!a)b",
		"(a)\\1",
		"a++",
		"a*+",
		"(?>a)",
		"\\Z",
		"(?#x)",
		"(?P=n)",
		"(?<n",
		"(?<>a)",
		"a{2,1}",
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (regex_new_anchored(str_cstr(cases[i]), &e) != NULL)
			fail_msg("/%s/ was accepted", cases[i]);
}

#define assert_group(s, text)                              \
	do {                                               \
		assert_int_equal((s).n, sizeof(text) - 1); \
		assert_memory_equal((s).p, text, (s).n);   \
	} while (0)

static void groups(void **state)
{
	struct str out[4];
	struct err e;
	struct regex *r = regex_new_anchored(STR("(?<a>x+)(y)?(z*)"), &e);

	(void)state;
	assert_true(regex_capture(r, STR("xxzz"), out, 4));
	assert_group(out[0], "xxzz");
	assert_group(out[1], "xx");
	assert_null(out[2].p);
	assert_group(out[3], "zz");
	assert_int_equal(regex_group(r, STR("a")), 1);
	assert_int_equal(regex_group(r, STR("b")), -1);
	assert_false(regex_capture(r, STR("y"), out, 4));
	assert_true(regex_capture(r, STR("x"), out, 1));
	regex_free(r);

	r = regex_new_anchored(STR("(a|b.*)"), &e);
	assert_true(regex_capture(r, STR("bcd"), out, 4));
	assert_group(out[0], "bcd");
	assert_group(out[1], "bcd");
	assert_null(out[2].p);
	regex_free(r);

	r = regex_new_anchored(STR("(?:a|b.*)"), &e);
	assert_true(regex_capture(r, STR("bcd"), out, 4));
	assert_null(out[1].p);
	regex_free(r);

	r = regex_new_anchored(STR("(.*)"), &e);
	assert_true(regex_capture(r, STR_NONE, out, 2));
	assert_non_null(out[1].p);
	assert_int_equal(out[1].n, 0);
	regex_free(r);

	r = regex_new(STR("b(.)"), &e);
	assert_true(regex_capture(r, STR("abcd"), out, 2));
	assert_group(out[0], "bc");
	assert_group(out[1], "c");
	regex_free(r);
}

/* What takes exponential time elsewhere. */
static void hostile_patterns_are_linear(void **state)
{
	static const char *const patterns[] = {
		"(a+)+b",
		"(a|a)*b",
		"(a|aa)+b",
		"(.*a){20}b",
		"(a?){60}a{60}",
		"(x+x+)+y",
		"([a-zA-Z]+)*1",
	};
	size_t n = 50000;
	char *text = malloc(n);
	clock_t start = clock();

	(void)state;
	assert_non_null(text);
	memset(text, 'a', n);
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
		struct err e;
		struct regex *r = regex_new_anchored(str_cstr(patterns[i]), &e);

		assert_non_null(r);
		assert_false(regex_match(r, str_of(text, n)));
		regex_free(r);
	}
	free(text);
	assert_true(clock() - start < 20 * CLOCKS_PER_SEC);
}

static void memory_is_bounded(void **state)
{
	struct regex *r;
	struct err e;

	(void)state;
	r = regex_new_anchored(STR("((a{100}){100}){100}"), &e);
	assert_null(r);
	r = regex_new_anchored(STR("(((\\pL{10}){10}){10}){10}"), &e);
	assert_null(r);
}

/* A list of names may be as long as it likes. */
static void many_names(void **state)
{
	struct str text;
	struct regex *r;
	struct err e;
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 20000; i++)
		buf_printf(&b, "%sservice-%d", i ? "|" : "", i);
	text = buf_str(&b);
	r = regex_new_anchored(text, &e);
	assert_non_null(r);
	assert_true(regex_match(r, STR("service-0")));
	assert_true(regex_match(r, STR("service-19999")));
	assert_false(regex_match(r, STR("service-20000")));
	assert_false(regex_match(r, STR("")));
	regex_free(r);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_texts),
		cmocka_unit_test(shortcuts_agree_with_the_engine),
		cmocka_unit_test(dot_matches_newline),
		cmocka_unit_test(anywhere),
		cmocka_unit_test(errors_in_gos_words),
		cmocka_unit_test(other_dialects_are_refused),
		cmocka_unit_test(groups),
		cmocka_unit_test(hostile_patterns_are_linear),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(many_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
