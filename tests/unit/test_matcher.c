/* formats/labels/matcher.h: the grammar of selectors, its messages, and matching. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/enc.h"
#include "formats/labels/matcher.h"

static struct arena *a;

static int setup(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

/* name op "value" joined by blanks. */
static const char *print(const struct selector *s)
{
	static const char *const ops[] = {
		[MATCH_EQ] = "=",
		[MATCH_NE] = "!=",
		[MATCH_RE] = "=~",
		[MATCH_NRE] = "!~",
	};
	const char *text;
	struct buf b;

	buf_init(&b, 1 << 20);
	for (uint32_t i = 0; i < s->n; i++) {
		buf_printf(&b, "%s" STR_FMT "%s", i ? " " : "", STR_ARG(s->p[i].name), ops[s->p[i].op]);
		enc_quote(&b, s->p[i].value);
	}
	text = arena_cstr(a, buf_str(&b));
	buf_fini(&b);
	return text;
}

static void good(void **state)
{
	static const char *const cases[][2] = {
		{ "{}", "" },
		{ " { } ", "" },
		{ "{a=\"b\"}", "a=\"b\"" },
		{ "{a=\"b\",}", "a=\"b\"" },
		{ "{a=\"b\", c!=\"d\", e=~\"f.*\", g!~\"h|i\"}", "a=\"b\" c!=\"d\" e=~\"f.*\" g!~\"h|i\"" },
		{ "{a='b\\'\\x41'}", "a=\"b'A\"" },
		{ "{a=`b\\n`}", "a=\"b\\\\n\"" },
		{ "{a=`b\nc`}", "a=\"b\\nc\"" },
		{ "{a=\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\\101\\u00e9\\U0001F600\"}",
		    "a=\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"A\xc3\xa9\xf0\x9f\x98\x80\"" },
		{ "{a=\"\\xff\"}", "a=\"\\xff\"" },
		{ "{a=\"\"}", "a=\"\"" },
		{ "{a=\"1\",a!=\"2\",a=\"1\"}", "a=\"1\" a!=\"2\" a=\"1\"" },
		{ "process_cpu{}", "__name__=\"process_cpu\"" },
		{ "process_cpu", "__name__=\"process_cpu\"" },
		{ "process_cpu:cpu:nanoseconds:cpu:nanoseconds{a=\"b\"}",
		    "a=\"b\" __name__=\"process_cpu:cpu:nanoseconds:cpu:nanoseconds\"" },
		{ "foo{__name__=\"bar\"}", "__name__=\"bar\" __name__=\"foo\"" },
		{ ":a{}", "__name__=\":a\"" },
		{ "sum{by=\"on\"}", "by=\"on\" __name__=\"sum\"" },
		{ "{\"service.name\"=\"x\"}", "service.name=\"x\"" },
		{ "{\"metric.name\",a=\"b\"}", "__name__=\"metric.name\" a=\"b\"" },
		{ "{'a b'!~\"c\"}", "a b!~\"c\"" },
		{ "{\n\ta = \"b\" , # a note, with \" and }\n\tc=\"d\"\n} # end", "a=\"b\" c=\"d\"" },
		{ "# only this\n{}", "" },
		{ "{_a1=\"x\"}", "_a1=\"x\"" },
		{ "{a=\"\xc3\xa9\"}", "a=\"\xc3\xa9\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct selector s;
		struct err e;

		if (selector_parse(a, str_cstr(cases[i][0]), &s, &e) < 0)
			fail_msg("%s: %s", cases[i][0], e.msg);
		assert_string_equal(print(&s), cases[i][1]);
		selector_fini(&s);
	}
}

/* The first group was recorded from the original service. */
static void bad(void **state)
{
	static const char *const cases[][2] = {
		{ "", "unknown position: parse error: unexpected end of input" },
		{ "{a=b}",
		    "1:4: parse error: unexpected identifier \"b\" in label matching, "
		    "expected string" },
		{ "{service_name=~\"(\"}", "1:2: parse error: error parsing regexp: missing closing ): `(`" },
		{ "{", "1:2: parse error: unexpected end of input inside braces" },
		{ "{x", "1:3: parse error: unexpected end of input inside braces" },
		{ "{service_name=", "1:15: parse error: unexpected end of input inside braces" },
		{ "{service_name=}", "1:15: parse error: unexpected \"}\" in label matching, expected string" },

		{ " ", "1:2: parse error: unexpected end of input" },
		{ "}", "1:1: parse error: unexpected character: '}'" },
		{ "some}", "1:5: parse error: unexpected character: '}'" },
		{ "some_metric{a:b=\"b\"}", "1:14: parse error: unexpected character inside braces: ':'" },
		{ "foo{a*\"b\"}", "1:6: parse error: unexpected character inside braces: '*'" },
		{ "foo{a>=\"b\"}", "1:6: parse error: unexpected character inside braces: '>'" },
		{ "foo{1}", "1:5: parse error: unexpected character inside braces: '1'" },
		{ "some_metric{a=\"\xff\"}", "1:15: parse error: invalid UTF-8 rune" },
		{ "foo{gibberish}",
		    "1:14: parse error: unexpected \"}\" in label matching, "
		    "expected label matching operator" },
		{ "up{, namespace",
		    "1:4: parse error: unexpected \",\" in label matching, "
		    "expected identifier or \"}\"" },
		{ "{a=\"b\",,}",
		    "1:8: parse error: unexpected \",\" in label matching, expected "
		    "identifier or \"}\"" },
		{ "{a=\"b\" c=\"d\"}",
		    "1:8: parse error: unexpected identifier \"c\" in label "
		    "matching, expected \",\" or \"}\"" },
		{ "{\"a\" \"b\"}",
		    "1:6: parse error: unexpected string \"\\\"b\\\"\" in label "
		    "matching, expected \",\" or \"}\"" },
		{ "{=\"b\"}",
		    "1:2: parse error: unexpected \"=\" in label matching, expected "
		    "identifier or \"}\"" },
		{ "{!=\"b\"}",
		    "1:2: parse error: unexpected <op:!=> in label matching, expected "
		    "identifier or \"}\"" },
		{ "{a==\"b\"}", "1:4: parse error: unexpected \"=\" in label matching, expected string" },
		{ "{a \"0123456789\"}",
		    "1:4: parse error: unexpected string \"\\\"012345678\"... in label "
		    "matching, expected label matching operator" },
		{ "{a!\"b\"}", "1:3: parse error: unexpected character after '!' inside braces: '\"'" },
		{ "{a!",
		    "1:3: parse error: unexpected character after '!' inside braces: "
		    "'\xef\xbf\xbd'" },
		{ "{a{", "1:3: parse error: unexpected left brace '{'" },
		{ "{a=\"b", "1:4: parse error: unterminated quoted string" },
		{ "{a=\"b\nc\"}", "1:4: parse error: unterminated quoted string" },
		{ "{a=`b", "1:4: parse error: unterminated raw string" },
		{ "{a=\"\\z\"}", "1:4: parse error: unknown escape sequence U+007A 'z'" },
		{ "{a=\"\\'\"}", "1:4: parse error: unknown escape sequence U+0027 '\\''" },
		{ "{a=\"\\x4g\"}", "1:4: parse error: illegal character U+0067 'g' in escape sequence" },
		{ "{a=\"\\777\"}", "1:4: parse error: escape sequence is an invalid Unicode code point" },
		{ "{a=\"\\ud800\"}", "1:4: parse error: escape sequence is an invalid Unicode code point" },
		{ "{a=\"\\U00110000\"}", "1:4: parse error: escape sequence is an invalid Unicode code point" },
		{ "{a=\"\\x4", "1:4: parse error: escape sequence not terminated" },
		{ "{a=\"\\", "1:4: parse error: escape sequence not terminated" },
		{ "{}\n x", "2:2: parse error: unexpected identifier \"x\"" },
		{ "foo bar", "1:5: parse error: unexpected identifier \"bar\"" },
		{ "foo a:b", "1:5: parse error: unexpected metric identifier \"a:b\"" },
		{ "foo-bar", "1:4: parse error: unexpected <op:->" },
		{ "-foo", "1:1: parse error: unexpected <op:->" },
		{ "{} == {}", "1:4: parse error: unexpected <op:==>" },
		{ "{}{}", "1:3: parse error: unexpected \"{\"" },
		{ "{}[5m]", "1:3: parse error: unexpected \"[\"" },
		{ "rate({})", "1:5: parse error: unexpected \"(\"" },
		{ "\"a\"", "1:1: parse error: unexpected string \"\\\"a\\\"\"" },
		{ "12", "1:1: parse error: unexpected number \"12\"" },
		{ "12x", "1:1: parse error: bad number or duration syntax: \"12x\"" },
		{ "$", "1:1: parse error: unexpected character: '$'" },
		{ "\xc3\xa9", "1:1: parse error: unexpected character: '\xc3\xa9'" },
		{ "\xff", "1:1: parse error: unexpected character: '\xef\xbf\xbd'" },
		{ "{\xc3\xa9=\"a\"}", "1:2: parse error: unexpected character inside braces: '\xc3\xa9'" },
		{ "=~", "1:1: parse error: unexpected character after '=': '~'" },
		{ "{a=~\"(\", $}", "1:2: parse error: error parsing regexp: missing closing ): `(`" },
		{ "{a=~\"x\", b=~\"[\"}", "1:10: parse error: error parsing regexp: missing closing ]: `[`" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct selector s;
		struct err e;

		if (selector_parse(a, str_cstr(cases[i][0]), &s, &e) == 0)
			fail_msg("%s was accepted", cases[i][0]);
		assert_string_equal(e.msg, cases[i][1]);
		assert_int_equal(e.kind, ERR_INVALID);
		assert_int_equal(s.n, 0);
	}
}

static void nul_bytes(void **state)
{
	struct selector s;
	struct err e;

	(void)state;
	assert_int_equal(selector_parse(a, STR("{a=\"b\0c\"}"), &s, &e), 0);
	assert_int_equal(s.p[0].value.n, 3);
	selector_fini(&s);
	assert_int_equal(selector_parse(a, STR("{\0}"), &s, &e), -1);
	assert_int_equal(selector_parse(a, STR("\0"), &s, &e), -1);
	assert_int_equal(selector_parse(a, STR("{a=\"\\\0\"}"), &s, &e), -1);
}

/* Only the whole text and texts that lack nothing but what may be left out are right. */
static void cut_at_every_byte(void **state)
{
	static const char text[] = "m:x{a=\"b\\x41\",\"c d\"=~'e|f.*',g!~`h`} # i";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		char *copy = malloc(n ? n : 1);
		struct selector s;
		struct err e;
		bool whole = n >= (size_t)(strchr(text, '}') + 1 - text), metric = n > 0 && n < 4;

		assert_non_null(copy);
		memcpy(copy, text, n);
		assert_int_equal(selector_parse(a, str_of(copy, n), &s, &e), whole || metric ? 0 : -1);
		selector_fini(&s);
		free(copy);
	}
}

static void matching(void **state)
{
	struct label p[] = { { STR("a"), STR("1") }, { STR("b"), STR("xyz") }, { STR("e"), STR("") } };
	struct labels l = { p, 3 };
	static const struct {
		const char *text;
		bool match;
	} cases[] = {
		{ "{}", true },
		{ "{a=\"1\"}", true },
		{ "{a=\"2\"}", false },
		{ "{a!=\"1\"}", false },
		{ "{a!=\"2\"}", true },
		{ "{b=~\"x.*\"}", true },
		{ "{b=~\"x\"}", false },
		{ "{b=~\"y\"}", false },
		{ "{b!~\"x.*\"}", false },
		{ "{b!~\"x\"}", true },
		{ "{b=~\"x(y|w)z\"}", true },
		/* A label that is not there is an empty one. */
		{ "{foo=\"\"}", true },
		{ "{foo!~\".+\"}", true },
		{ "{foo!=\"x\"}", true },
		{ "{foo=~\".*\"}", true },
		{ "{foo=~\".+\"}", false },
		{ "{foo!=\"\"}", false },
		{ "{e=\"\"}", true },
		{ "{a=\"1\",b=\"xyz\"}", true },
		{ "{a=\"1\",b=\"xy\"}", false },
		{ "{a=\"1\",a=\"2\"}", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct selector s;
		struct err e;

		assert_int_equal(selector_parse(a, str_cstr(cases[i].text), &s, &e), 0);
		if (selector_match(&s, &l) != cases[i].match)
			fail_msg("%s", cases[i].text);
		selector_fini(&s);
	}
}

static void empty_values(void **state)
{
	static const struct {
		const char *text;
		bool empty;
	} cases[] = {
		{ "{a=\"\"}", true },
		{ "{a=\"1\"}", false },
		{ "{a!=\"1\"}", true },
		{ "{a!=\"\"}", false },
		{ "{a=~\".*\"}", true },
		{ "{a=~\".+\"}", false },
		{ "{a!~\".+\"}", true },
		{ "{a=~\"b|\"}", true },
		{ "{a=~\"(b|c)?\"}", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct selector s;
		struct err e;

		assert_int_equal(selector_parse(a, str_cstr(cases[i].text), &s, &e), 0);
		assert_int_equal(matcher_match_empty(&s.p[0]), cases[i].empty);
		selector_fini(&s);
	}
}

static void added_conditions(void **state)
{
	struct label p[] = { { STR("a"), STR("1") }, { STR("t"), STR("x:y") } };
	struct labels l = { p, 2 };
	struct selector s;
	struct err e;

	(void)state;
	assert_int_equal(selector_parse(a, STR("{a=~\"1|[23]\"}"), &s, &e), 0);
	selector_add(a, &s, MATCH_EQ, STR("t"), STR("x:y"));
	assert_true(selector_match(&s, &l));
	selector_add(a, &s, MATCH_NE, STR("a"), STR("1"));
	assert_false(selector_match(&s, &l));
	assert_string_equal(print(&s), "a=~\"1|[23]\" t=\"x:y\" a!=\"1\"");
	selector_fini(&s);
	assert_int_equal(s.n, 0);
}

/* As many matchers and bytes as allowed, and one more. */
static void limits(void **state)
{
	struct arena *mem = arena_new();
	struct selector sel;
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 4 << 20);
	for (int n = 1000; n <= 1001; n++) {
		buf_reset(&b);
		buf_byte(&b, '{');
		for (int i = 0; i < n; i++)
			buf_add(&b, STR("a=\"b\","));
		buf_byte(&b, '}');
		assert_int_equal(selector_parse(mem, buf_str(&b), &sel, &e), n == 1000 ? 0 : -1);
		if (n == 1000)
			selector_fini(&sel);
		else
			assert_string_equal(e.msg, "1:6002: parse error: more than 1000 matchers");
	}
	buf_reset(&b);
	buf_add(&b, STR("{a=\""));
	buf_fill(&b, 'x', (1 << 20) - 6);
	buf_add(&b, STR("\"}"));
	assert_int_equal(b.n, 1 << 20);
	assert_int_equal(selector_parse(mem, buf_str(&b), &sel, &e), 0);
	selector_fini(&sel);
	buf_byte(&b, ' ');
	assert_int_equal(selector_parse(mem, buf_str(&b), &sel, &e), -1);
	assert_string_equal(e.msg, "a selector of 1048577 bytes, the limit is 1048576");
	buf_fini(&b);
	arena_free(mem);
}

/* ---- what expressions may cost ---- */

static struct selector many_engines(unsigned n, const char *expression, struct err *e, int *rc)
{
	struct selector s;
	struct buf b;

	buf_init(&b, 1 << 20);
	buf_byte(&b, '{');
	for (unsigned i = 0; i < n; i++)
		buf_printf(&b, "%sa=~\"%s\"", i ? "," : "", expression);
	buf_byte(&b, '}');
	*rc = selector_parse(a, arena_str(a, buf_str(&b)), &s, e);
	buf_fini(&b);
	return s;
}

static void engines(void **state)
{
	struct selector s;
	struct err e;
	int rc;

	(void)state;
	s = many_engines(32, "a+b", &e, &rc);
	assert_int_equal(rc, 0);
	assert_int_equal(s.engines, 32);
	selector_fini(&s);
	many_engines(33, "a+b", &e, &rc);
	assert_int_equal(rc, -1);
	assert_int_equal(e.kind, ERR_INVALID);
	assert_string_equal(strstr(e.msg, "more than"),
	    "more than 32 regular expressions that are no lists, prefixes or suffixes");
	s = many_engines(900, "a|b.*", &e, &rc);
	assert_int_equal(rc, 0);
	assert_int_equal(s.engines, 0);
	selector_fini(&s);
	many_engines(2, "\\\\pL{1,300}\\\\pN{1,300}", &e, &rc);
	assert_int_equal(rc, -1);
	assert_string_equal(strstr(e.msg, "regular expressions"), "regular expressions that are too large together");
}

static int64_t cpu_now, cpu_step;

static int64_t cpu(void)
{
	return cpu_now += cpu_step;
}

/* How many texts are matched before the patience is over. */
static unsigned patient(int64_t step, int64_t left, const char *text)
{
	struct patience patience = { .cpu = cpu, .left = left };
	struct label l = { STR("a"), STR("aab") };
	struct labels labels = { &l, 1 };
	struct selector s;
	struct err e;
	unsigned n = 0;

	assert_int_equal(selector_parse(a, str_cstr(text), &s, &e), 0);
	s.patience = &patience;
	cpu_step = step;
	while (n < 100000 && selector_match(&s, &labels)) {
		assert_int_equal(selector_check(&s, &e), patience.left > 0 ? 0 : -1);
		n++;
	}
	if (n < 100000) {
		assert_int_equal(selector_check(&s, &e), -1);
		assert_int_equal(e.kind, ERR_INVALID);
		assert_non_null(strstr(e.msg, "take too long"));
	} else {
		assert_int_equal(selector_check(&s, &e), 0);
	}
	selector_fini(&s);
	return n;
}

static void patience_ends(void **state)
{
	(void)state;
	assert_int_equal(patient(1000000, 10000000, "{a=~\"a+b\"}"), 10);        /* 1 ms each: all are timed */
	assert_int_equal(patient(1000, 10 * 61000, "{a=~\"a+b\"}"), 9 * 61 + 1); /* 1 us: one in 61 is */
	assert_int_equal(patient(0, 1, "{a=~\"a+b\"}"), 100000);
	assert_int_equal(patient(1000000, 1, "{a=~\"a.*|b\"}"), 100000); /* no engine */
	assert_int_equal(patient(1000000, 5000000, "{a=~\"a+b\",a=\"aab\"}"), 5);
}

/* What is compared is asked first: no time passes for series that differ there. */
static void engines_come_last(void **state)
{
	struct patience patience = { .cpu = cpu, .left = 1 };
	struct label l = { STR("a"), STR("aab") };
	struct labels labels = { &l, 1 };
	struct selector s;
	struct err e;

	(void)state;
	cpu_step = 1000000;
	assert_int_equal(selector_parse(a, STR("{a=~\"a+b\",a=\"other\"}"), &s, &e), 0);
	s.patience = &patience;
	assert_false(selector_match(&s, &labels));
	assert_int_equal(selector_check(&s, &e), 0);
	selector_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(good, setup, teardown),
		cmocka_unit_test_setup_teardown(bad, setup, teardown),
		cmocka_unit_test_setup_teardown(nul_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(cut_at_every_byte, setup, teardown),
		cmocka_unit_test_setup_teardown(matching, setup, teardown),
		cmocka_unit_test_setup_teardown(empty_values, setup, teardown),
		cmocka_unit_test_setup_teardown(added_conditions, setup, teardown),
		cmocka_unit_test(limits),
		cmocka_unit_test_setup_teardown(engines, setup, teardown),
		cmocka_unit_test_setup_teardown(patience_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(engines_come_last, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
