/*
 * test_profile.c - the builder; stacks as names.
 */
#include "tests/lib/profile_fixture.h"

#include "formats/profile_impl.h"

static void test_builder(void **ctx)
{
	struct arena *a = arena_new();
	struct profile_builder *b = profile_builder_new(a, 2);
	uint32_t main_, work, work2, stack[2];

	(void)ctx;
	profile_builder_type(b, 0, STR("samples"), STR("count"));
	profile_builder_type(b, 1, STR("cpu"), STR("nanoseconds"));
	main_ = profile_builder_frame(b, STR("main"), STR_NONE, 0);
	work = profile_builder_frame(b, STR("work"), STR("w.c"), 7);
	work2 = profile_builder_frame(b, STR("work"), STR("w.c"), 8);
	assert_int_equal(main_, profile_builder_frame(b, STR("main"), STR(""), 0));
	assert_int_equal(work, profile_builder_frame(b, STR("work"), STR("w.c"), 7));
	assert_int_not_equal(work, work2);
	stack[0] = work;
	stack[1] = main_;
	profile_builder_add(b, stack, 2, (int64_t[]){ 1, 10 }, NULL, 0);
	profile_builder_add(b, stack + 1, 1, (int64_t[]){ 2, 20 }, NULL, 0);
	profile_builder_add(b, stack, 2, (int64_t[]){ 3, INT64_MAX }, NULL, 0);
	stack[0] = work2;
	profile_builder_add(b, stack, 2, (int64_t[]){ 5, 50 }, NULL, 0);
	profile_builder_add(b, stack, 0, (int64_t[]){ 6, 60 }, NULL, 0);
	expect_profile(profile_builder_finish(b),
	    "type 'samples' 'count'\ntype 'cpu' 'nanoseconds'\n"
	    "period 0 time 0 duration 0 drop '' keep '' default ''\n"
	    "sample 1 0 = 4 -9223372036854775799\nsample 0 = 2 20\nsample 2 0 = 5 50\nsample = 6 60\n"
	    "mapping 1 0x0-0x0+0x0 '' '' flags 0\n"
	    "location 1 at 0x0 mapping 0 'main':0\nlocation 2 at 0x0 mapping 0 'work':7\n"
	    "location 3 at 0x0 mapping 0 'work':8\n"
	    "function 1 'main' 'main' '':0\nfunction 2 'work' 'work' 'w.c':0\n");
	arena_free(a);
}

static void test_builder_empty(void **ctx)
{
	struct arena *a = arena_new();
	struct profile *p = profile_builder_finish(profile_builder_new(a, 0));

	(void)ctx;
	assert_int_equal(p->n_samples, 0);
	assert_int_equal(p->stack_at[0], 0);
	assert_null(p->tag_at);
	assert_int_equal(p->n_strings, 1);
	expect_profile(p, "period 0 time 0 duration 0 drop '' keep '' default ''\n");
	arena_free(a);
}

static void test_builder_tags(void **ctx)
{
	struct arena *a = arena_new();
	struct profile_builder *b = profile_builder_new(a, 1);
	uint32_t f = profile_builder_frame(b, STR("f"), STR_NONE, 0);
	struct tag x[] = {
		{ .key = profile_builder_str(b, STR("k")), .str = profile_builder_str(b, STR("v")) },
		{ .key = profile_builder_str(b, STR("n")), .num = 5, .unit = profile_builder_str(b, STR("bytes")) },
	};
	struct tag y = x[1];

	(void)ctx;
	y.num = 6;
	profile_builder_add(b, &f, 1, &(int64_t){ 1 }, x, 2);
	profile_builder_add(b, &f, 1, &(int64_t){ 2 }, x, 1);
	profile_builder_add(b, &f, 1, &(int64_t){ 4 }, x, 2);
	profile_builder_add(b, &f, 1, &(int64_t){ 8 }, &y, 1);
	profile_builder_add(b, &f, 1, &(int64_t){ 16 }, x + 1, 1);
	profile_builder_add(b, &f, 1, &(int64_t){ 32 }, NULL, 0);
	expect_profile(profile_builder_finish(b),
	    "type '' ''\nperiod 0 time 0 duration 0 drop '' keep '' default ''\n"
	    "sample 0 = 5 'k'='v'/0'' 'n'=''/5'bytes'\nsample 0 = 2 'k'='v'/0''\nsample 0 = 8 'n'=''/6'bytes'\n"
	    "sample 0 = 16 'n'=''/5'bytes'\nsample 0 = 32\n"
	    "mapping 1 0x0-0x0+0x0 '' '' flags 0\nlocation 1 at 0x0 mapping 0 'f':0\nfunction 1 'f' 'f' '':0\n");
	arena_free(a);
}

/* Every field of a table entry tells entries apart. */
static void test_builder_differs(void **ctx)
{
	struct arena *a = arena_new();
	struct profile_builder *b = profile_builder_new(a, 1);
	const struct mapping m[] = {
		{ 0 },
		{ .start = 1 },
		{ .limit = 1 },
		{ .offset = 1 },
		{ .file = 1 },
		{ .build_id = 1 },
		{ .flags = 1 },
	};
	const struct function f[] = {
		{ 0 },
		{ .name = 1 },
		{ .system_name = 1 },
		{ .file = 1 },
		{ .start_line = 1 },
		{ .start_line = -1 },
	};
	const struct line lines[] = { { 0, 0, 1 }, { 0, 0, 2 }, { 1, 0, 1 }, { 0, 0, 1 } };
	const struct {
		struct location l;
		uint32_t from;
	} l[] = {
		{ { 0 }, 0 },
		{ { .address = 1 }, 0 },
		{ { .mapping = 1 }, 0 },
		{ { .folded = true }, 0 },
		{ { .mapping_unknown = true }, 0 },
		{ { .n_lines = 1 }, 0 },
		{ { .n_lines = 1 }, 1 },
		{ { .n_lines = 1 }, 2 },
		{ { .n_lines = 2 }, 0 },
		{ { .n_lines = 2 }, 1 },
		{ { .n_lines = 2 }, 2 },
		{ { .n_lines = 4 }, 0 },
		{ { .n_lines = 3 }, 0 },
	};

	(void)ctx;
	for (unsigned round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < ARRAY_LEN(m); i++)
			assert_int_equal(profile_builder_mapping(b, &m[i]), i);
		for (uint32_t i = 0; i < ARRAY_LEN(f); i++)
			assert_int_equal(profile_builder_function(b, &f[i]), i);
		for (uint32_t i = 0; i < ARRAY_LEN(l); i++)
			assert_int_equal(profile_builder_location(b, &l[i].l, lines + l[i].from), i);
	}
	assert_int_equal(profile_builder_str(b, STR("")), 0);
	assert_int_equal(profile_builder_str(b, STR_NONE), 0);
	arena_free(a);
}

/* Enough of everything to grow all arrays and tables several times. */
static void test_builder_many(void **ctx)
{
	enum { N = 5000 };
	struct arena *a = arena_new();
	struct profile_builder *b = profile_builder_new(a, 1);
	uint32_t frames[N];
	struct profile *p;

	(void)ctx;
	for (unsigned round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < N; i++) {
			struct str name = arena_printf(a, "f%u", i);

			frames[i] = profile_builder_frame(b, name, name, i);
			assert_int_equal(frames[i], i);
		}
		for (uint32_t i = 0; i < N; i++)
			profile_builder_add(b, frames + i, MIN(N - i, i % 50 + 1), &(int64_t){ i },
			    &(struct tag){ .key = i % 3 }, i % 3 != 0);
	}
	p = profile_builder_finish(b);
	assert_int_equal(p->n_samples, N);
	for (uint32_t i = 0; i < N; i++) {
		assert_int_equal(profile_value(p, i, 0), 2 * i);
		assert_int_equal(p->stack_at[i + 1] - p->stack_at[i], MIN(N - i, i % 50 + 1));
		for (uint32_t k = p->stack_at[i]; k < p->stack_at[i + 1]; k++)
			assert_int_equal(p->stack[k], i + k - p->stack_at[i]);
		assert_int_equal(p->tag_at[i + 1] - p->tag_at[i], i % 3 != 0);
		assert_true(str_eq(profile_str(p, p->functions[i].name), arena_printf(a, "f%u", i)));
	}
	arena_free(a);
}

static void test_copies(void **ctx)
{
	struct arena *a = arena_new();
	struct profile_builder *b = profile_builder_new(a, 1);
	char name[] = "one";
	struct profile *p;

	(void)ctx;
	profile_builder_copies(b);
	profile_builder_str(b, str_of(name, 3));
	name[0] = 'X';
	p = profile_builder_finish(b);
	assert_true(str_eq(profile_str(p, 1), STR("one")));
	arena_free(a);
}

static void test_frames(void **ctx)
{
	struct arena *a = arena_new();
	struct profile_builder *b = profile_builder_new(a, 1);
	struct line lines[3] = { 0 };
	struct location l = { .mapping = PROFILE_NONE, .address = 0x1f, .n_lines = 2 };
	uint32_t stack[4];
	struct profile *p;
	struct frames f;
	struct str names[8];

	(void)ctx;
	lines[0].function = profile_builder_function(b,
	    &(struct function){ .name = profile_builder_str(b, STR("in")) });
	lines[1].function = profile_builder_function(b,
	    &(struct function){ .name = profile_builder_str(b, STR("out")) });
	lines[2].function = PROFILE_NONE;
	stack[0] = profile_builder_location(b, &l, lines);
	l.n_lines = 0;
	stack[1] = profile_builder_location(b, &l, lines);
	l.n_lines = 1;
	stack[2] = profile_builder_location(b, &l, lines + 2);
	stack[3] = PROFILE_NONE;
	profile_builder_add(b, stack, 4, &(int64_t){ 1 }, NULL, 0);
	p = profile_builder_finish(b);
	frames_init(&f, a, p);
	assert_int_equal(f.max_depth, 5);
	assert_int_equal(frames_stack(&f, 0, names), 5);
	assert_true(str_eq(names[0], STR("[unknown]")));
	assert_true(str_eq(names[1], STR("0x1f")));
	assert_true(str_eq(names[2], STR("0x1f")));
	assert_true(str_eq(names[3], STR("out")));
	assert_true(str_eq(names[4], STR("in")));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builder),
		cmocka_unit_test(test_builder_empty),
		cmocka_unit_test(test_builder_tags),
		cmocka_unit_test(test_builder_differs),
		cmocka_unit_test(test_builder_many),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_frames),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
