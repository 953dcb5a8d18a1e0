/*
 * test_profile_edit.c - profiles made of others, told as folded text.
 */
#include "tests/lib/profile_fixture.h"

#include "formats/folded/folded.h"
#include "formats/profile_edit.h"

static void expect(const struct profile *p, const char *want)
{
	struct buf b;

	buf_init(&b, FIXTURE_MAX);
	folded_encode(p, 0, &b);
	buf_byte(&b, '\0');
	assert_string_equal(b.p, want);
	buf_fini(&b);
}

static struct profile *of_text(struct arena *a, const char *text)
{
	struct profile *p;
	struct folded_lines lines;
	struct err e;

	assert_int_equal(folded_read(a, str_cstr(text), &p, &lines, &e), 0);
	return p;
}

static void test_of_type(void **ctx)
{
	struct arena *a = arena_new();
	struct profile *p = of_text(a, "samples/count cpu/nanoseconds wall/nanoseconds\na;b 1 20 300\na 0 0 7\n");

	(void)ctx;
	for (uint32_t i = 0; i < 3; i++) {
		static const struct {
			const char *type, *text;
		} want[] = { { "samples", "a;b 1\n" }, { "cpu", "a;b 20\n" }, { "wall", "a 7\na;b 300\n" } };
		struct profile *one = profile_of_type(a, p, i);

		assert_int_equal(one->n_types, 1);
		assert_int_equal(one->n_samples, p->n_samples);
		assert_int_equal(profile_default_type(one), 0);
		assert_true(str_eq(profile_str(one, one->types[0].type), str_cstr(want[i].type)));
		expect(one, want[i].text);
	}
	assert_int_equal(p->n_types, 3);
	arena_free(a);
}

static void test_recursion(void **ctx)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "a;b;c 1\n", "a;b;c 1\n" },
		{ "a;a;a 1\n", "a 1\n" },
		{ "a;b;b;b;c;b;b 1\n", "a;b;c;b 1\n" },
		{ "a;b;a;b 1\n", "a;b;a;b 1\n" },
		{ "a;;;b 1\n", "a;;;b 1\n" }, /* frames without a name are not known to be the same */
		{ "a;a;b 1\na;b;b 2\n", "a;b 3\n" },
	};
	struct arena *a = arena_new();

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect(profile_without_recursion(a, of_text(a, cases[i].from)), cases[i].to);
	arena_free(a);
}

/* Locations of several lines: main calls work, which has itself inlined, and that calls a location that begins with it. */
static void test_inlined_recursion(void **ctx)
{
	struct arena *a = arena_new();
	struct profile_builder *b = profile_builder_new(a, 1);
	uint32_t main_ = profile_builder_frame(b, STR("main"), STR_NONE, 0);
	uint32_t work = profile_builder_frame(b, STR("work"), STR_NONE, 0);
	uint32_t leaf = profile_builder_frame(b, STR("leaf"), STR_NONE, 0);
	const struct profile *t = profile_builder_peek(b);
	const uint32_t f_main = t->lines[main_].function, f_work = t->lines[work].function,
		       f_leaf = t->lines[leaf].function;
	const struct line outer[] = { { f_work, 0, 1 }, { f_work, 0, 2 }, { f_main, 0, 3 } };
	const struct line inner[] = { { f_leaf, 0, 4 }, { f_work, 0, 5 } };
	uint32_t stack[2];
	struct profile *p;

	(void)ctx;
	stack[1] = profile_builder_location(b, &(struct location){ .mapping = PROFILE_NONE, .n_lines = 3 }, outer);
	stack[0] = profile_builder_location(b, &(struct location){ .mapping = PROFILE_NONE, .n_lines = 2 }, inner);
	profile_builder_add(b, stack, 2, &(int64_t){ 7 }, NULL, 0);
	p = profile_builder_finish(b);
	expect(p, "main;work;work;work;leaf 7\n");
	expect(profile_without_recursion(a, p), "main;work;leaf 7\n");
	expect(p, "main;work;work;work;leaf 7\n");
	arena_free(a);
}

static struct profile *tagged(struct arena *a)
{
	struct profile_builder *b = profile_builder_new(a, 1);
	uint32_t f = profile_builder_frame(b, STR("f"), STR("/src/app/f.c"), 0);
	uint32_t g = profile_builder_frame(b, STR("g"), STR("/srcs/g.c"), 0);
	uint32_t k = profile_builder_str(b, STR("k")), n = profile_builder_str(b, STR("n"));
	uint32_t bytes = profile_builder_str(b, STR("bytes"));
	const struct tag x[] = { { .key = k, .str = profile_builder_str(b, STR("x")) }, { n, 0, 64, bytes } };
	const struct tag y = { .key = k, .str = profile_builder_str(b, STR("y")) };

	profile_builder_type(b, 0, STR("t"), STR("count"));
	profile_builder_add_at(b, &f, 1, &(int64_t){ 1 }, x, 2, 100);
	profile_builder_add_at(b, &g, 1, &(int64_t){ 2 }, &y, 1, 200);
	profile_builder_add_at(b, &f, 1, &(int64_t){ 4 }, NULL, 0, 300);
	profile_builder_add_at(b, &g, 1, &(int64_t){ 8 }, x, 1, 400);
	return profile_builder_finish(b);
}

static void test_slice(void **ctx)
{
	struct arena *a = arena_new();
	struct profile *p = tagged(a);

	(void)ctx;
	expect(profile_slice(a, p, 200, 300), "f 4\ng 2\n");
	expect(profile_slice(a, p, 401, INT64_MAX), "");
	assert_int_equal(profile_slice(a, p, 101, INT64_MAX)->at[0], 200);
	expect(p, "f 5\ng 10\n");
	arena_free(a);
}

static void expect_split(const struct profile *p, const struct str *keys, size_t n_keys, const char *want)
{
	struct arena *a = arena_new();
	struct profile_share *s;
	size_t n = profile_split(a, p, keys, n_keys, &s);
	struct buf b;

	buf_init(&b, FIXTURE_MAX);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&b, "[" STR_FMT "]\n", STR_ARG(s[i].value));
		folded_encode(s[i].p, 0, &b);
	}
	buf_byte(&b, '\0');
	assert_string_equal(b.p, want);
	buf_fini(&b);
	arena_free(a);
}

static void test_split(void **ctx)
{
	static const struct str keys[] = { { "k", 1 }, { "n", 1 } };
	struct arena *a = arena_new();
	struct profile *p = tagged(a);

	(void)ctx;
	expect_split(p, keys, 1, "[]\nf 4\n[x]\nf 1\ng 8\n[y]\ng 2\n");
	expect_split(p, keys, 2, "[,]\nf 4\n[x,]\ng 8\n[x,64bytes]\nf 1\n[y,]\ng 2\n");
	expect_split(p, &(struct str){ "none", 4 }, 1, "[]\nf 5\ng 10\n");
	arena_free(a);
}

/* A label takes the place of a tag of that key. */
static void test_tags(void **ctx)
{
	static const struct str keys[] = { { "k", 1 }, { "pod", 3 } };
	struct label own[] = { { STR("k"), STR("z") }, { STR("pod"), STR("p") } };
	struct arena *a = arena_new();

	(void)ctx;
	expect_split(profile_with_tags(a, tagged(a), &(struct labels){ own, 2 }), keys, 2, "[z,p]\nf 5\ng 10\n");
	expect_split(profile_with_tags(a, of_text(a, "a 1\n"), &(struct labels){ own, 1 }), keys, 1, "[z]\na 1\n");
	arena_free(a);
}

static void test_paths(void **ctx)
{
	static const struct {
		const char *from, *to, *f, *g;
	} cases[] = {
		{ "/src", "/home", "/home/app/f.c", "/srcs/g.c" },
		{ "/src", "", "app/f.c", "/srcs/g.c" },
		{ "/src/", "", "app/f.c", "/srcs/g.c" },
		{ "/srcs/g.c", "x.c", "/src/app/f.c", "x.c" },
		{ "/no", "x", "/src/app/f.c", "/srcs/g.c" },
	};
	struct arena *a = arena_new();

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct path_rule rule = { str_cstr(cases[i].from), str_cstr(cases[i].to) };
		struct profile *p = profile_with_paths(a, tagged(a), &rule, 1);

		assert_true(str_eq(profile_str(p, p->functions[0].file), str_cstr(cases[i].f)));
		assert_true(str_eq(profile_str(p, p->functions[1].file), str_cstr(cases[i].g)));
	}
	arena_free(a);
}

static void test_anonymous(void **ctx)
{
	struct arena *a = arena_new();
	struct profile *p = tagged(a), *q, *other;

	(void)ctx;
	q = profile_anonymous(a, p, STR("key"));
	other = profile_anonymous(a, tagged(a), STR("key"));
	/* HMAC-MD5 of "f" and "g" with "key" */
	expect(q, "fn-61b6e40eef83 10\nfn-c66ff1f2f2e6 5\n");
	assert_true(str_eq(profile_str(q, q->functions[0].file), profile_str(other, other->functions[0].file)));
	q = profile_anonymous(a, p, STR("another key"));
	assert_false(str_eq(profile_str(q, q->functions[0].file), profile_str(other, other->functions[0].file)));
	/* nothing of the names is left, what types are called is */
	for (uint32_t i = 0; i < q->n_strings; i++) {
		assert_true(str_search(q->strings[i], STR("src")) == q->strings[i].n);
		assert_false(str_eq(q->strings[i], STR("x")));
	}
	assert_true(str_eq(profile_str(q, q->types[0].type), STR("t")));
	assert_true(str_eq(profile_str(q, q->tags[0].key), STR("k")));
	expect(p, "f 5\ng 10\n");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_type),
		cmocka_unit_test(test_recursion),
		cmocka_unit_test(test_inlined_recursion),
		cmocka_unit_test(test_slice),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_anonymous),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
