/* test_rules.c - files of rules: what they become, what is wrong with them, and cut at every byte. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tools/pyro-query/rules.h"

#define OPT_FILE "tools/pyro-query/query.def"
#define OPT_STRUCT query_opts
#define OPT_TABLE query_table
#include "conf/opt_rows.h"

static struct opts all;
static struct query_opts usual;

static int parse(struct arena *a, struct str text, struct rules *out, struct err *e)
{
	*out = (struct rules){ 0 };
	return rules_parse(out, a, text, "r.yaml", &query_table, &usual, e);
}

static const char whole[] = "defaults:\n"
			    "  from: now-1h\n"
			    "  source: http://a\n"
			    "rules:\n"
			    "  - name: first\n"
			    "    query: '{a=\"b\"}'\n"
			    "    fail-if: [self(x) > 1s, total > +5%]\n"
			    "    confidence: 0.5\n"
			    "    base:\n"
			    "      from: now-25h\n"
			    "      to: now-24h\n"
			    "  - source: [b, c]\n"
			    "    from: now-2h\n"
			    "    fail-if: total < 3\n";

static void test_whole(void **ctx)
{
	struct arena *a = arena_new();
	struct rules r;
	struct err e;

	(void)ctx;
	if (parse(a, STR(whole), &r, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(r.n, 2);
	assert_true(str_eq(r.p[0].name, STR("first")));
	assert_string_equal(r.p[0].now.o.from, "now-1h");
	assert_string_equal(r.p[0].now.o.to, "");
	assert_string_equal(r.p[0].now.o.query, "{a=\"b\"}");
	assert_string_equal(r.p[0].now.sources.p[0], "http://a");
	assert_true(r.p[0].now.o.confidence == 0.5);
	assert_int_equal(r.p[0].n_limits, 2);
	assert_true(r.p[0].limits[1].percent);
	assert_true(r.p[0].compares);
	assert_string_equal(r.p[0].base.o.from, "now-25h");
	assert_string_equal(r.p[0].base.o.to, "now-24h");
	assert_string_equal(r.p[0].base.o.query, "{a=\"b\"}");
	assert_string_equal(r.p[0].base.sources.p[0], "http://a");
	assert_true(str_eq(r.p[1].name, STR("rule 2")));
	assert_string_equal(r.p[1].now.o.from, "now-2h");
	assert_string_equal(r.p[1].now.o.query, "{}");
	assert_int_equal(r.p[1].now.sources.n, 2);
	assert_string_equal(r.p[1].now.sources.p[1], "c");
	assert_int_equal(r.p[1].n_limits, 1);
	assert_false(r.p[1].compares);
	rules_fini(&r);
	arena_free(a);
}

static void test_wrong(void **ctx)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "", "r.yaml:" },
		{ "[]", "rules: a list of rules is expected" },
		{ "rules: []", "r.yaml:1: rules: a list of rules is expected" },
		{ "rules: {a: b}", "rules: a list of rules is expected" },
		{ "rules: [1]", "a rule is a map of options" },
		{ "rule: []", "unknown key rule; there are defaults and rules" },
		{ "rules: [{fail-if: total > 1}]\ndefaults: 3", "r.yaml:2: defaults: a map" },
		{ "rules: [{fail-if: total > 1}]\ndefaults: {name: x}", "name and base belong to rules" },
		{ "rules:\n - query: '{}'\n", "r.yaml:2: the rule has no fail-if" },
		{ "rules:\n - fail-if: []\n", "the rule has no fail-if" },
		{ "rules:\n - fail-if: total\n", "r.yaml:2: fail-if: total: <, <=, > or >= is expected" },
		{ "rules:\n - fail-if: total > +5%\n", "total > +5%: a change needs a base" },
		{ "rules:\n - fail-if: total > 5%\n",
		    "total > 5%: a change needs a base; a value or a share (90% of total) does not" },
		{ "rules:\n - fail-if: {a: b}\n", "r.yaml:2: fail-if: must be a list of words" },
		{ "rules:\n - {fail-if: total > 1, source: {}}\n", "source: a path or an address" },
		{ "rules:\n - {fail-if: total > 1, source: []}\n", "source: an empty list" },
		{ "rules:\n - {fail-if: total > 1, source: \"a\\0b\"}\n", "holds a 0 byte" },
		{ "rules:\n - {fail-if: [\"total > 1\\0\"]}\n", "holds a 0 byte" },
		{ "rules:\n - {fail-if: total > 1, query: \"a\\0b\"}\n", "holds a 0 byte" },
		{ "rules:\n - {fail-if: total > 1, name: []}\n", "name: a text is expected" },
		{ "rules:\n - {fail-if: total > 1, base: []}\n", "base: a map of options is expected" },
		{ "rules:\n - {fail-if: total > 1, base: {fail-if: total > 1}}\n", "belong to the rule" },
		{ "rules:\n - {fail-if: total > 1, nonsense: 1}\n", "r.yaml:2: there is no option nonsense" },
		{ "rules:\n - {fail-if: total > 1, listen: x}\n", "there is no option listen" },
		{ "rules:\n - {fail-if: total > 1, output: svg}\n", "output is not an option of a rule" },
		{ "rules:\n - {fail-if: total > 1, confidence: 7}\n", "confidence: \"7\": must lie between" },
		{ "rules:\n - {fail-if: total > 1, normalize: most}\n", "must be one of" },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct rules r;
		struct err e;

		if (parse(a, str_cstr(cases[i].text), &r, &e) == 0)
			fail_msg("%s: taken", cases[i].text);
		if (strstr(e.msg, cases[i].says) == NULL || e.kind != ERR_CONFIG)
			fail_msg("%s: %s", cases[i].text, e.msg);
		rules_fini(&r);
		arena_free(a);
	}
}

/* Cut anywhere it is either fewer rules or wrong, with the place. */
static void test_cut(void **ctx)
{
	(void)ctx;
	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		struct arena *a = arena_new();
		struct rules r;
		struct err e;

		if (parse(a, str_of(whole, n), &r, &e) < 0)
			assert_true(strncmp(e.msg, "r.yaml:", 7) == 0);
		else
			assert_in_range(r.n, 1, 2);
		rules_fini(&r);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_cut),
	};
	int rc;

	opts_init(&all, "pyro-query");
	opts_add(&all, &query_table, &usual);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	opts_fini(&all);
	return rc;
}
