#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "conf/yaml.h"

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

static struct yaml *good(const char *text)
{
	struct err e = { 0 };
	struct yaml *y = yaml_parse(a, str_cstr(text), "t.yaml", &e);

	if (!y)
		fail_msg("%s", e.msg);
	return y;
}

static const char *printed(const struct yaml *y)
{
	struct buf b;
	const char *s;

	buf_init(&b, 1 << 20);
	yaml_print(&b, y);
	s = arena_cstr(a, buf_str(&b));
	buf_fini(&b);
	return s;
}

static void assert_text(const struct yaml *y, const char *want)
{
	assert_non_null(y);
	assert_int_equal(y->kind, YAML_SCALAR);
	assert_string_equal(y->text.p, want);
}

static void tree(void **state)
{
	struct yaml *y = good("server:\n  http_listen_port: 4041\nlimits:\n  rules:\n"
			      "    - action: drop\n      regex: 'a b'\n    - {action: keep}\nempty:\nq: \"~\"\n");

	(void)state;
	assert_text(yaml_get(y, "server.http_listen_port"), "4041");
	assert_int_equal(yaml_get(y, "server.http_listen_port")->line, 2);
	assert_int_equal(yaml_get(y, "limits.rules")->kind, YAML_LIST);
	assert_int_equal(yaml_get(y, "limits.rules")->n, 2);
	assert_text(yaml_get(yaml_get(y, "limits.rules")->items[0].value, "regex"), "a b");
	assert_true(yaml_get(yaml_get(y, "limits.rules")->items[0].value, "regex")->quoted);
	assert_int_equal(yaml_get(y, "limits.rules")->items[1].value->line, 7);
	assert_int_equal(yaml_get(y, "empty")->kind, YAML_NULL);
	assert_text(yaml_get(y, "q"), "~");
	assert_null(yaml_get(y, "server.nothing"));
	assert_null(yaml_get(y, "empty.below"));
}

static void nothing(void **state)
{
	static const char *const texts[] = { "", "\n", "# only words\n", "---\n", "~" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(good(texts[i])->kind, YAML_NULL);
}

static void anchors(void **state)
{
	struct yaml *y = good("base: &b\n  x: 1\n  y: 2\none:\n  <<: *b\n  y: 3\ntwo: *b\n"
			      "three:\n  <<: [*b, {z: 4, x: 9}]\n");

	(void)state;
	assert_text(yaml_get(y, "one.x"), "1");
	assert_text(yaml_get(y, "one.y"), "3");
	assert_text(yaml_get(y, "two.y"), "2");
	assert_text(yaml_get(y, "three.x"), "1");
	assert_text(yaml_get(y, "three.z"), "4");
}

static void refusals(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "a: 1\na: 2\n", "t.yaml:2: key a is given twice" },
		{ "a: [1\n", "t.yaml:2: did not find" },
		{ "a: 1\n---\nb: 1\n", "t.yaml:2: a second document" },
		{ "a:\n  b: *x\n", "t.yaml:2: no anchor &x" },
		{ "a: &x {b: *x}\n", "t.yaml:1: no anchor &x" },
		{ "[1]: 2\n", "t.yaml:1: a key must be a word" },
		{ "a:\n  <<: 3\n", "<< takes a map" },
		{ "a: \"\\0\"\n", "t.yaml:1: a value holds a 0 byte" },
		{ "a: \xff\n", "t.yaml:" },
		{ "\tb: 1\n", "t.yaml:1:" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { 0 };

		assert_null(yaml_parse(a, str_cstr(cases[i].text), "t.yaml", &e));
		assert_int_equal(e.kind, ERR_CONFIG);
		if (!strstr(e.msg, cases[i].want))
			fail_msg("case %zu: %s", i, e.msg);
	}
}

static void depth(void **state)
{
	char text[2 * (YAML_MAX_DEPTH + 2) + 1] = { 0 };
	struct err e;

	(void)state;
	memset(text, '[', YAML_MAX_DEPTH + 1);
	memset(text + YAML_MAX_DEPTH + 1, ']', YAML_MAX_DEPTH + 1);
	good(text);
	memset(text, '[', YAML_MAX_DEPTH + 2);
	memset(text + YAML_MAX_DEPTH + 2, ']', YAML_MAX_DEPTH + 2);
	assert_null(yaml_parse(a, str_cstr(text), "t", &e));
	assert_non_null(strstr(e.msg, "nested too deeply"));
}

static void long_keys(void **state)
{
	char text[2 * YAML_MAX_KEY] = { 0 };
	struct err e;

	(void)state;
	for (int n = YAML_MAX_KEY; n <= YAML_MAX_KEY + 1; n++) {
		memset(text, 'k', (size_t)n);
		memcpy(text + n, ": 1", 4);
		assert_int_equal(yaml_parse(a, str_cstr(text), "t", &e) != NULL, n == YAML_MAX_KEY);
	}
	assert_non_null(strstr(e.msg, "t:1: a key of 251 bytes; at most 250"));
}

/* Each level names the one before nine times: the tree must not be unfolded. */
static void bomb(void **state)
{
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 1 << 16);
	buf_add(&b, STR("l0: &l0 [x]\n"));
	for (int i = 1; i < 12; i++) {
		buf_printf(&b, "l%d: &l%d [", i, i);
		for (int k = 0; k < 9; k++)
			buf_printf(&b, "%s*l%d", k ? "," : "", i - 1);
		buf_add(&b, STR("]\n"));
	}
	assert_null(yaml_parse(a, buf_str(&b), "t", &e));
	assert_non_null(strstr(e.msg, "too many values"));
	buf_fini(&b);
}

/* Any prefix parses or is refused; it never reads behind its end. */
static void cut_everywhere(void **state)
{
	static const char text[] = "a: &x {b: [1, 'two', \"th\\u00e9\"], c: |\n  block\n  text\n }\n"
				   "d: *x\n? e\n: - f\n  - g: h\n# end\n";
	size_t n = sizeof(text) - 1;

	(void)state;
	for (size_t i = 0; i <= n; i++) {
		char *copy = malloc(i ? i : 1);
		struct err e;

		memcpy(copy, text, i);
		yaml_parse(a, str_of(copy, i), "cut", &e);
		free(copy);
	}
}

static void printing(void **state)
{
	static const char text[] =
	    "server:\n  http_listen_port: 4040\n  name: \"with: colon\"\n  on: \"true\"\n  number: \"12\"\n"
	    "list:\n  - a\n  - b: 1\n    c: []\n  -\n    - x\nnone: null\nempty: {}\nspace: \" x \"\nquote: "
	    "\"a\\\"b\"\n"
	    "\"odd key\": \"~\"\n";
	struct yaml *y = good(text);
	const char *once = printed(y);

	(void)state;
	/* What is printed reads back as the same tree, and prints the same again. */
	assert_string_equal(printed(good(once)), once);
	assert_text(yaml_get(good(once), "server.name"), "with: colon");
	assert_true(yaml_get(good(once), "server.on")->quoted);
	assert_true(yaml_get(good(once), "server.number")->quoted);
	assert_false(yaml_get(good(once), "server.http_listen_port")->quoted);
	assert_text(yaml_get(good(once), "space"), " x ");
	assert_text(yaml_get(good(once), "odd key"), "~");
	assert_string_equal(printed(good("b: 1\na:\n  - x\n  - w: 2\n    z: 3\n")),
	    "b: 1\na:\n  - x\n  - w: 2\n    z: 3\n");
	assert_string_equal(printed(good("")), "{}\n");
	assert_string_equal(printed(good("[]")), "[]\n");
}

static void building(void **state)
{
	struct yaml *root = yaml_new(a, YAML_MAP), *map, *v = yaml_text(a, STR("1"), false);
	struct str last;

	(void)state;
	map = yaml_dig(a, root, "a.b.c", &last);
	v->comment = STR("one\ntwo");
	yaml_add(a, map, last, v);
	map = yaml_dig(a, root, "a.b.d", &last);
	yaml_add(a, map, last, yaml_text(a, STR("x"), true));
	assert_string_equal(printed(root), "a:\n  b:\n    # one\n    # two\n    c: 1\n    d: x\n");
}

static void expansion(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: refused */
	} cases[] = {
		{ "a ${PYRO_T_SET} b", "a value b" },
		{ "${PYRO_T_UNSET}", "" },
		{ "${PYRO_T_UNSET:-x y}", "x y" },
		{ "${PYRO_T_UNSET:4040}", "4040" },
		{ "${PYRO_T_UNSET-d}|${PYRO_T_EMPTY-d}|${PYRO_T_EMPTY:-d}", "d||d" },
		{ "${PYRO_T_SET:-d}", "value" },
		{ "${PYRO_T_UNSET:-http://h:1/}", "http://h:1/" },
		{ "$$ $${X} $x", "$ ${X} $x" },
		{ "${PYRO_T_SET", NULL },
		{ "${}", NULL },
		{ "${1X}", NULL },
		{ "${#PYRO_T_SET}", NULL },
		{ "${PYRO_T_SET^^}", NULL },
		{ "${PYRO_T_SET%e}", NULL },
		{ "${PYRO_T_SET/a/b}", NULL },
		{ "${PYRO_T_SET:=d}", NULL },
		{ "${PYRO_T_SET:?d}", NULL },
	};

	(void)state;
	setenv("PYRO_T_SET", "value", 1);
	setenv("PYRO_T_EMPTY", "", 1);
	unsetenv("PYRO_T_UNSET");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str out = STR_NONE;
		struct err e = { 0 };
		int rc = yaml_expand(a, str_cstr(cases[i].text), "f", &out, &e);

		assert_int_equal(rc, cases[i].want ? 0 : -1);
		if (cases[i].want && !str_eq(out, str_cstr(cases[i].want)))
			fail_msg("%s became %.*s", cases[i].text, STR_ARG(out));
	}
}

static void expansion_names_the_line(void **state)
{
	struct str out;
	struct err e;

	(void)state;
	assert_int_equal(yaml_expand(a, STR("a\nb ${X!} c\n"), "p.yaml", &out, &e), -1);
	assert_non_null(strstr(e.msg, "p.yaml:2:"));
}

static void merged(void **state)
{
	struct err e;
	struct yaml *into = yaml_parse(a, STR("a: 1\nm:\n  x: 1\n  deep: {}\n"), "a", &e);
	struct yaml *from = yaml_parse(a, STR("m:\n  x: 2\n  list: [3]\n  deep:\n    z: 4\na:\n  b: 1\nc: 5\n"), "b",
	    &e);
	struct buf b;

	(void)state;
	assert_non_null(into);
	assert_non_null(from);
	yaml_merge(a, into, from);
	buf_init(&b, 4096);
	yaml_print(&b, into);
	if (!str_eq(buf_str(&b), STR("a: 1\nm:\n  x: 1\n  deep:\n    z: 4\n  list:\n    - 3\nc: 5\n")))
		fail_msg(STR_FMT, STR_ARG(buf_str(&b)));
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merged),
		cmocka_unit_test(tree),
		cmocka_unit_test(nothing),
		cmocka_unit_test(anchors),
		cmocka_unit_test(refusals),
		cmocka_unit_test(depth),
		cmocka_unit_test(long_keys),
		cmocka_unit_test(bomb),
		cmocka_unit_test(cut_everywhere),
		cmocka_unit_test(printing),
		cmocka_unit_test(building),
		cmocka_unit_test(expansion),
		cmocka_unit_test(expansion_names_the_line),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
