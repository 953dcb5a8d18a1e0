/* test_names.c - what outputs of pyro-convert are called; labels as JSON. */
#include "tests/lib/profile_fixture.h"

#include "formats/labels/labels_json.h"
#include "tools/pyro-convert/names.h"

static const struct {
	const char *operand, *input, *extensions, *want;
} bases[] = {
	{ "day", "day/a/cpu.pb.gz", "pb pprof", "a/cpu" },
	{ "day/", "day//a/cpu.pb.gz", "pb pprof", "a/cpu" },
	{ "x/cpu.jfr", "x/cpu.jfr", "jfr", "cpu" },
	{ "cpu.jfr", "cpu.jfr", "jfr", "cpu" },
	{ "/", "/cpu.jfr", "jfr", "cpu" },
	{ "all.tar", "/../a/./b.folded", "folded", "a/b" },
	{ "all.tar", "../../..", "folded", "profile" },
	{ "all.tar", "a/..x.folded", "folded", "a/..x" },
	{ "-", "standard input", "folded", "stdin" },
	{ "day", "day/x.speedscope.json.zst", "speedscope.json json", "x" },
	{ "day", "day/x.JSON", "json", "x" },
	{ "day", "day/x.y.txt", "folded", "x.y" },
	{ "day", "day/.folded", "folded", ".folded" },
	{ "day", "day/.gz", "folded", ".gz" },
	{ "day", "daylight/x.pb", "pb", "daylight/x" },
	{ "t", "a\nb\x7f.pb", "pb", "a_b_" },
	{ "t", "", "pb", "profile" },
};

static void test_base(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bases); i++) {
		struct str got = names_base(a, str_cstr(bases[i].operand), str_cstr(bases[i].input),
		    bases[i].extensions);

		if (!str_eq(got, str_cstr(bases[i].want)))
			fail_msg("%s of %s: " STR_FMT, bases[i].input, bases[i].operand, STR_ARG(got));
	}
	arena_free(a);
}

static void test_part(void **state)
{
	static const struct {
		const char *name, *want;
	} parts[] = {
		{ "", "7" },
		{ "main", "main" },
		{ "GC thread/3", "GC_thread_3" },
		{ "..", "_." },
		{ "\xff\xfe", "7" },
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "a:b*c", "a_b_c" },
	};
	struct arena *a = arena_new();
	char lang[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct str got = names_part(a, str_cstr(parts[i].name), 7);

		if (!str_eq(got, str_cstr(parts[i].want)))
			fail_msg("%s: " STR_FMT, parts[i].name, STR_ARG(got));
	}
	memset(lang, 'x', sizeof(lang));
	assert_int_equal(names_part(a, str_of(lang, sizeof(lang)), 1).n, 80);
	/* never half a letter */
	lang[79] = (char)0xc3;
	lang[80] = (char)0xa9;
	assert_int_equal(names_part(a, str_of(lang, sizeof(lang)), 1).n, 79);
	arena_free(a);
}

static void test_take(void **state)
{
	struct arena *a = arena_new();
	struct names n = { 0 };

	(void)state;
	assert_true(str_eq(names_take(&n, a, STR("a"), STR(".x")), STR("a.x")));
	assert_true(str_eq(names_take(&n, a, STR("a"), STR(".x")), STR("a-2.x")));
	assert_true(str_eq(names_take(&n, a, STR("a-2"), STR(".x")), STR("a-2-2.x")));
	assert_true(str_eq(names_take(&n, a, STR("a"), STR(".x")), STR("a-3.x")));
	assert_true(str_eq(names_take(&n, a, STR("a"), STR(".y")), STR("a.y")));
	names_fini(&n);
	arena_free(a);
}

static void test_labels_json(void **state)
{
	static const struct {
		const char *json, *want; /* NULL: an error */
	} cases[] = {
		{ "", "{\"a\":\"1\"}" },
		{ "{}", "{\"a\":\"1\"}" },
		{ "{\"b\":\"x\\\"y\",\"a\":\"2\"}", "{\"a\":\"2\",\"b\":\"x\\\"y\"}" },
		{ "{\"b\":5,\"c\":null}", "{\"a\":\"1\"}" },
		{ "[\"b\"]", NULL },
		{ "{\"b\":", NULL },
		{ "{\"b\":\"1\"} x", NULL },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct labels l = labels_with(a, &(struct labels){ 0 }, STR("a"), STR("1"));
		struct buf b;
		struct err e;
		int rc = labels_from_json(a, str_cstr(cases[i].json), &l, &e);

		assert_int_equal(rc, cases[i].want != NULL ? 0 : -1);
		buf_init(&b, 4096);
		labels_to_json(&l, &b);
		if (rc == 0 && !str_eq(buf_str(&b), str_cstr(cases[i].want)))
			fail_msg("%s: " STR_FMT, cases[i].json, STR_ARG(buf_str(&b)));
		buf_fini(&b);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_labels_json),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
