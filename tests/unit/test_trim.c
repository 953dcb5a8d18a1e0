/*
 * test_trim.c - samples and frames that go into "other"; totals stay.
 */
#include "tests/lib/profile_fixture.h"

#include "formats/folded/folded.h"
#include "formats/pprof/pprof.h"
#include "formats/profile_trim.h"

static const struct {
	const char *in, *want;
	struct profile_limits limits;
	uint32_t samples, stacks;
} cases[] = {
	{ "a;b;c 5\na 1\n", "a 1\na;b;c 5\n", { 0, 0 }, 0, 0 },
	{ "a;b;c 5\na 1\n", "a 1\na;b;c 5\n", { 2, 3 }, 0, 0 },
	{ "a;b;c 5\na;b;d 2\na 1\n", "a 1\na;other 7\n", { 0, 2 }, 0, 2 },
	{ "a;b;c 5\na;b;d 2\na 1\n", "other 7\na 1\n", { 0, 1 }, 0, 2 },
	{ "a;b;c;d 5\na;b;c;e 2\na;b;x 1\n", "a;b;other 7\na;b;x 1\n", { 0, 3 }, 0, 2 },
	{ "a 5\nb 4\nc 3\nd 2\n", "a 5\nb 4\nother 5\n", { 3, 0 }, 2, 0 },
	{ "a 5\nb 4\nc 3\nd 2\n", "other 14\n", { 1, 0 }, 4, 0 },
	{ "a 5\nb 5\nc 5\n", "a 5\nother 10\n", { 2, 0 }, 2, 0 },
	{ "a -9\nb 2\nc 3\n", "a -9\nother 5\n", { 2, 0 }, 2, 0 },
	/* cutting comes first: what it joins needs no other place */
	{ "a;b;c 1\na;b;d 1\na;b;e 1\nf 2\n", "a;other 3\nf 2\n", { 2, 2 }, 0, 3 },
	{ "", "", { 1, 1 }, 0, 0 },
};

static int by_line(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lines in order of bytes: "want" may have them otherwise. */
static const char *sorted(struct arena *a, const char *text)
{
	char *copy = arena_cstr(a, str_cstr(text)), *lines[64], *rest = copy;
	struct buf b;
	struct str out;
	size_t n = 0;

	for (char *line; (line = strsep(&rest, "\n")) != NULL && n < ARRAY_LEN(lines);)
		if (line[0])
			lines[n++] = line;
	qsort(lines, n, sizeof(*lines), by_line);
	buf_init(&b, 4096);
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s\n", lines[i]);
	out = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return arena_cstr(a, out);
}

static const char *folded(struct arena *a, const struct profile *p)
{
	struct buf b;
	char *out;

	buf_init(&b, FIXTURE_MAX);
	folded_encode(p, 0, &b);
	out = arena_cstr(a, buf_str(&b));
	buf_fini(&b);
	return out;
}

static void test_cases(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct profile_trimmed t;
		const struct profile *q;
		struct profile *p;
		struct err e;

		assert_int_equal(folded_decode(a, str_cstr(cases[i].in), &p, &e), 0);
		q = profile_trim(a, p, &cases[i].limits, &t);
		assert_string_equal(folded(a, q), sorted(a, cases[i].want));
		assert_int_equal(t.samples, cases[i].samples);
		assert_int_equal(t.stacks, cases[i].stacks);
		assert_int_equal(q == p, t.samples + t.stacks == 0);
		arena_free(a);
	}
}

/* Two types: a sample that is large in one of them stays. Tags keep samples apart, times too; the result can be written. */
static void test_types_tags_times(void **ctx)
{
	struct arena *a = arena_new();
	struct profile_builder *b = profile_builder_new(a, 2);
	uint32_t f[3], key = profile_builder_str(b, STR("k"));
	struct tag one = { .key = key, .str = profile_builder_str(b, STR("1")) };
	struct tag two = { .key = key, .str = profile_builder_str(b, STR("2")) };
	struct profile_trimmed t;
	const struct profile *q;
	struct profile *p, *again;
	struct buf out;
	struct err e;

	(void)ctx;
	for (int i = 0; i < 3; i++)
		f[i] = profile_builder_frame(b, arena_printf(a, "f%d", i), STR_NONE, 0);
	profile_builder_add_at(b, f, 3, (int64_t[]){ 100, 1 }, &one, 1, 10);
	profile_builder_add_at(b, f, 3, (int64_t[]){ 1, 100 }, &two, 1, 20);
	profile_builder_add_at(b, f, 2, (int64_t[]){ 50, 50 }, &two, 1, 30);
	profile_builder_add_at(b, f + 1, 2, (int64_t[]){ 7, 7 }, NULL, 0, 40);
	p = profile_builder_finish(b);
	q = profile_trim(a, p, &(struct profile_limits){ 3, 2 }, &t);
	assert_int_equal(t.stacks, 2);
	assert_int_equal(t.samples, 2);
	assert_int_equal(q->n_samples, 3);
	assert_int_equal(fixture_total(q, 0), fixture_total(p, 0));
	assert_int_equal(fixture_total(q, 1), fixture_total(p, 1));
	assert_int_equal(q->at[0], 10);
	assert_int_equal(q->at[2], 30);
	assert_int_equal(q->tag_at[2], 2);
	assert_int_equal(q->tag_at[3], 2);
	assert_int_equal(q->stack_at[3], 5);
	buf_init(&out, FIXTURE_MAX);
	pprof_encode(q, &out);
	assert_int_equal(pprof_decode(a, buf_str(&out), &again, &e), 0);
	assert_int_equal(again->faults.unknown_location + again->faults.unknown_function, 0);
	buf_fini(&out);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_types_tags_times),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
