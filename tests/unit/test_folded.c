/*
 * test_folded.c - collapsed stacks in and out.
 */
#include "tests/lib/profile_fixture.h"

#include "formats/folded/folded.h"

typedef int decoder(struct arena *a, struct str text, struct profile **out, struct err *e);

static void expect_folded(const char *about, const struct profile *p, const char *want)
{
	struct buf b;

	buf_init(&b, FIXTURE_MAX);
	folded_encode(p, 0, &b);
	buf_byte(&b, '\0');
	if (strcmp(b.p, want) != 0)
		fail_msg("%s: got\n%s\nwant\n%s", about, b.p, want);
	buf_fini(&b);
}

static const struct {
	decoder *fn;
	const char *in, *want, *error;
} cases[] = {
	{ folded_decode, "", "", NULL },
	{ folded_decode, "main;work 3\nmain 2", "main 2\nmain;work 3\n", NULL },
	{ folded_decode, "a b;c d 5\n", "a b;c d 5\n", NULL },
	{ folded_decode, "main;a b;c 2\r\nnocount\n\nmain;x  3\nmain;x 4\n;lead 1\nmain;;empty 2\n foo;baz 200\n",
	    " foo;baz 200\n;lead 1\nmain;;empty 2\nmain;a b;c 2\nmain;x 4\nmain;x  3\n", NULL },
	{ folded_decode, "a 1\na 2\nb 1\na +3\n", "a 6\nb 1\n", NULL },
	{ folded_decode, "a -5\nb 0\n", "a -5\n", NULL },
	{ folded_decode, "a 3\na -3\n", "", NULL },
	{ folded_decode, " 5\n", " 5\n", NULL },
	{ folded_decode, "; 6\n;; 7\n", " 6\n; 7\n", NULL },
	{ folded_decode, "a;b; 1\na;b 2\na;;b 3\n", "a;;b 3\na;b 3\n", NULL },
	{ folded_decode, "a 9223372036854775807\nb -9223372036854775808\n",
	    "a 9223372036854775807\nb -9223372036854775808\n", NULL },
	{ folded_decode, "a 1\nmain;work x1\n", NULL, "strconv.Atoi: parsing \"x1\": invalid syntax" },
	{ folded_decode, "a \n", NULL, "strconv.Atoi: parsing \"\": invalid syntax" },
	{ folded_decode, "a -\n", NULL, "strconv.Atoi: parsing \"-\": invalid syntax" },
	{ folded_decode, "a 1_000\n", NULL, "strconv.Atoi: parsing \"1_000\": invalid syntax" },
	{ folded_decode, "a 1.5\n", NULL, "strconv.Atoi: parsing \"1.5\": invalid syntax" },
	{ folded_decode, "a \"\x01\n", NULL, "strconv.Atoi: parsing \"\\\"\\x01\": invalid syntax" },
	{ folded_decode, "a 9223372036854775808\n", NULL,
	    "strconv.Atoi: parsing \"9223372036854775808\": value out of range" },
	{ folded_decode, "a -9223372036854775809\n", NULL,
	    "strconv.Atoi: parsing \"-9223372036854775809\": value out of range" },
	{ folded_decode, "a 99999999999999999999999999x\n", NULL,
	    "strconv.Atoi: parsing \"99999999999999999999999999x\": invalid syntax" },
	{ folded_decode_lines, "a;b\na;b\r\na;c\n\na\n", "a 1\na;b 2\na;c 1\n", NULL },
	{ folded_decode_lines, "a 5", "a 5 1\n", NULL },
	{ folded_decode_lines, "", "", NULL },
};

static void test_cases(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct profile *p;
		struct err e;
		int rc = cases[i].fn(a, str_cstr(cases[i].in), &p, &e);

		if ((rc < 0) != (cases[i].error != NULL))
			fail_msg("%s: %s", cases[i].in, rc < 0 ? e.msg : "is taken");
		if (rc < 0) {
			assert_null(p);
			assert_int_equal(e.kind, ERR_INVALID);
			assert_string_equal(e.msg, cases[i].error);
		} else {
			expect_folded(cases[i].in, p, cases[i].want);
		}
		arena_free(a);
	}
}

/* What a profile of this format looks like: function-only frames, one mapping, leaf first, no types. */
static void test_shape(void **ctx)
{
	struct arena *a = arena_new();
	struct profile *p;
	struct buf b;
	struct err e;

	(void)ctx;
	buf_init(&b, 4096);
	assert_int_equal(folded_decode(a, STR("m;n 2\n"), &p, &e), 0);
	profile_dump(&b, p);
	assert_true(str_eq(buf_str(&b),
	    STR("type '' ''\n"
		"period 0 time 0 duration 0 drop '' keep '' default ''\nsample 0 1 = 2\n"
		"mapping 1 0x0-0x0+0x0 '' '' flags 0\nlocation 1 at 0x0 mapping 0 'n':0\nlocation 2 at 0x0 mapping 0 "
		"'m':0\n"
		"function 1 'n' 'n' '':0\nfunction 2 'm' 'm' '':0\n")));
	buf_fini(&b);
	arena_free(a);
}

/* A line counts with its end: 65535 bytes and a line feed are the most. */
static void test_long_lines(void **ctx)
{
	(void)ctx;
	for (size_t n = FOLDED_MAX_LINE - 2; n <= FOLDED_MAX_LINE + 1; n++) {
		struct arena *a = arena_new();
		bool fits = n < FOLDED_MAX_LINE;
		struct profile *p;
		struct buf b;
		struct err e;

		buf_init(&b, 1 << 20);
		buf_add(&b, STR("first 1\n"));
		buf_fill(&b, 'x', n - 2);
		buf_add(&b, STR(" 2\nlast 3\n"));
		assert_int_equal(folded_decode(a, buf_str(&b), &p, &e), 0);
		assert_int_equal(p->n_samples, fits ? 3 : 1);
		assert_int_equal(folded_decode_lines(a, buf_str(&b), &p, &e), fits ? 0 : -1);
		if (!fits)
			assert_string_equal(e.msg, "bufio.Scanner: token too long");
		buf_fini(&b);
		arena_free(a);
	}
}

static void test_read(void **ctx)
{
	struct arena *a = arena_new();
	struct folded_lines lines;
	struct profile *p;
	struct err e;

	(void)ctx;
	assert_int_equal(folded_read(a, STR("# comment\n\na;b 3\na 1.5\nc -2\r\n"), &p, &lines, &e), 0);
	expect_folded("lenient", p, "a;b 3\nc -2\n");
	assert_int_equal(lines.counted, 2);
	assert_int_equal(lines.skipped, 2);
	assert_int_equal(lines.first_skipped, 1);
	assert_int_equal(folded_read(a, STR("x\ny z\n"), &p, &lines, &e), -1);
	assert_string_equal(e.msg, "folded: none of 2 lines ends in a blank and a whole number");
	arena_free(a);
}

/* Names that would break a line, inlined calls, addresses. */
static void test_encode(void **ctx)
{
	struct arena *a = arena_new();
	struct profile_builder *b = profile_builder_new(a, 2);
	struct line lines[2] = { { 0, 0 } };
	struct location l = { .mapping = PROFILE_NONE, .n_lines = 2 };
	uint32_t stack[2];
	struct profile *p;
	struct buf out;

	(void)ctx;
	lines[0].function = profile_builder_function(b,
	    &(struct function){ .name = profile_builder_str(b, STR("a;b")) });
	lines[1].function = profile_builder_function(b,
	    &(struct function){ .name = profile_builder_str(b, STR("c\nd")) });
	stack[0] = profile_builder_location(b, &l, lines);
	stack[1] = profile_builder_location(b, &(struct location){ .mapping = PROFILE_NONE, .address = 0xabc }, NULL);
	profile_builder_add(b, stack, 2, (int64_t[]){ 1, 0 }, NULL, 0);
	profile_builder_add(b, stack, 1, (int64_t[]){ 0, 2 }, NULL, 0);
	profile_builder_add(b, NULL, 0, (int64_t[]){ 4, 0 }, NULL, 0);
	p = profile_builder_finish(b);
	expect_folded("names", p, " 4\n0xabc;c d;a:b 1\n");
	buf_init(&out, 64);
	folded_encode(p, 1, &out);
	assert_true(str_eq(buf_str(&out), STR("c d;a:b 2\n")));
	buf_fini(&out);
	arena_free(a);
}

static uint64_t total(const struct profile *p)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < p->n_samples; i++)
		sum += (uint64_t)profile_value(p, i, 0);
	return sum;
}

static void check_row(const char *path, const json_t *row, void *arg)
{
	int64_t counted = json_integer_value(fixture_get(row, "lines_with_count"));
	struct arena *a = arena_new();
	struct folded_lines lines;
	struct profile *p;
	struct err e;
	uint32_t depth = 0;

	if (strstr(path, "edge-bad-counts") || strstr(path, ".lines.txt")) {
		arena_free(a);
		return;
	}
	if ((folded_read(a, fixture_file(a, path), &p, &lines, &e) < 0) != (counted == 0))
		fail_msg("%s: %s", path, e.msg);
	if (counted) {
		for (uint32_t i = 0; i < p->n_samples; i++)
			depth = MAX(depth, p->stack_at[i + 1] - p->stack_at[i]);
		assert_int_equal(lines.counted, counted);
		if (p->n_samples != json_integer_value(fixture_get(row, "distinct_stacks")))
			fail_msg("%s: %u stacks", path, p->n_samples);
		assert_int_equal(total(p), json_integer_value(fixture_get(row, "total")));
		assert_int_equal(depth, json_integer_value(fixture_get(row, "max_depth")));
		++*(unsigned *)arg;
	}
	arena_free(a);
}

static void test_shared(void **ctx)
{
	unsigned n = 0;

	(void)ctx;
	fixture_rows("folded/ own/folded/", "folded", check_row, &n);
	fixture_rows("trie-tree-lines/", "groups", check_row, &n);
	assert_true(n > 25);
}

/* What the original takes from a file is what we take, and write. */
static void test_expected(void **ctx)
{
	static const struct {
		const char *name;
		decoder *fn;
	} files[] = {
		{ "small.groups.txt", folded_decode },
		{ "small.lines.txt", folded_decode_lines },
		{ "deep.groups.txt", folded_decode },
		{ "node-collapsed.groups.txt", folded_decode },
		{ "node-collapsed.lines.txt", folded_decode_lines },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct arena *a = arena_new();
		const char *path = arena_cstr(a, arena_printf(a, "trie-tree-lines/%s", files[i].name));
		struct str in = fixture_file(a, path), want;
		struct profile *p, *q;
		struct err e;

		if (in.p == NULL) {
			arena_free(a);
			print_message("no shared data: set PYRO_SHARED\n");
			skip();
		}
		assert_int_equal(files[i].fn(a, in, &p, &e), 0);
		want = fixture_file(a, arena_cstr(a, arena_printf(a, "%s.expected-folded.txt", path)));
		assert_int_equal(folded_decode(a, want, &q, &e), 0);
		assert_int_equal(p->n_samples, q->n_samples);
		{
			struct buf b;

			buf_init(&b, FIXTURE_MAX);
			folded_encode(q, 0, &b);
			buf_byte(&b, '\0');
			expect_folded(path, p, b.p);
			buf_fini(&b);
		}
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_expected),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
