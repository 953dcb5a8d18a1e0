/*
 * test_profile_facts.c - what is counted of a profile; the files of the shared data are compared by tests/interop/facts.
 */
#include "tests/lib/profile_fixture.h"

#include "formats/profile_facts.h"

static struct profile *sample(struct arena *a)
{
	struct profile_builder *b = profile_builder_new(a, 2);
	uint32_t main_ = profile_builder_frame(b, STR("main"), STR_NONE, 0);
	uint32_t work = profile_builder_frame(b, STR("work"), STR_NONE, 0);
	uint32_t bare = profile_builder_location(b, &(struct location){ .address = 0xabc, .mapping = PROFILE_NONE },
	    NULL);
	uint32_t key = profile_builder_str(b, STR("k")), value = profile_builder_str(b, STR("v"));
	struct tag tags[] = { { .key = key, .str = value }, { .key = key, .num = 7 }, { .key = key } };

	profile_builder_type(b, 0, STR("samples"), STR("count"));
	profile_builder_type(b, 1, STR("cpu"), STR("nanoseconds"));
	profile_builder_add(b, (uint32_t[]){ work, work, main_ }, 3, (int64_t[]){ 2, 20 }, NULL, 0);
	profile_builder_add(b, (uint32_t[]){ work, work, main_ }, 3, (int64_t[]){ 1, 10 }, tags, 3);
	profile_builder_add(b, (uint32_t[]){ bare, main_ }, 2, (int64_t[]){ 1, -5 }, tags, 1);
	profile_builder_add(b, NULL, 0, (int64_t[]){ 0, 0 }, NULL, 0);
	return profile_builder_finish(b);
}

static void expect_functions(const struct fact_functions *f, const char *want)
{
	char text[200] = "";
	size_t n = 0;

	for (uint32_t i = 0; i < f->n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, STR_FMT "=%lld ", STR_ARG(f->p[i].name),
		    (long long)f->p[i].value);
	assert_string_equal(text, want);
}

static void test_counts(void **ctx)
{
	struct arena *a = arena_new();
	struct profile_facts f;

	(void)ctx;
	profile_facts(a, sample(a), &f);
	assert_int_equal(f.samples, 4);
	assert_int_equal(f.all_zero_samples, 1);
	assert_int_equal(f.negative_values, 1);
	assert_int_equal(f.distinct_stacks, 3);
	assert_int_equal(f.max_depth_locations, 3);
	assert_int_equal(f.max_depth, 3);
	assert_int_equal(f.locations, 3);
	assert_int_equal(f.functions, 2);
	assert_int_equal(f.n_label_keys, 1);
	assert_int_equal(f.label_keys[0].value, 3);
	assert_int_equal(f.types[0].total, 4);
	assert_int_equal(f.types[1].total, 25);
	/* a recursive function counts once for each stack */
	expect_functions(&f.types[0].flat, "work=3 0xabc=1 ");
	expect_functions(&f.types[0].cum, "main=4 work=3 0xabc=1 ");
	expect_functions(&f.types[1].cum, "work=30 main=25 0xabc=-5 ");
	arena_free(a);
}

/* The five largest, whatever the order; ties by name. */
static void test_top(void **ctx)
{
	static const struct {
		const char *name;
		int64_t value;
	} cases[] = { { "e", 1 }, { "d", 5 }, { "c", 5 }, { "b", 9 }, { "a", 1 }, { "f", 7 }, { "g", 0 } };
	struct arena *a = arena_new();
	struct profile_builder *b = profile_builder_new(a, 1);
	struct profile_facts f;

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint32_t l = profile_builder_frame(b, str_cstr(cases[i].name), STR_NONE, 0);

		profile_builder_add(b, &l, 1, &cases[i].value, NULL, 0);
	}
	profile_facts(a, profile_builder_finish(b), &f);
	expect_functions(&f.types[0].flat, "b=9 f=7 c=5 d=5 a=1 ");
	arena_free(a);
}

static void test_nothing(void **ctx)
{
	struct arena *a = arena_new();
	struct profile_facts f;

	(void)ctx;
	profile_facts(a, profile_builder_finish(profile_builder_new(a, 0)), &f);
	assert_int_equal(f.samples + f.distinct_stacks + f.locations + f.n_types + f.n_label_keys, 0);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_top),
		cmocka_unit_test(test_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
