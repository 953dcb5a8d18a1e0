/* test_profile_unite.c - profiles of unlike types made one, or refused; and times that are kept */
#include "tests/lib/profile_fixture.h"

#include "formats/profile_impl.h"

static struct profile *of_type(struct arena *a, const char *type, const char *period, int64_t at, int64_t value)
{
	struct profile_builder *b = profile_builder_new(a, 1);
	uint32_t f = profile_builder_frame(b, STR("f"), STR_NONE, 0);
	uint32_t kind = profile_builder_str(b, str_cstr(period));
	struct profile *p;

	profile_builder_type(b, 0, str_cstr(type), STR("count"));
	if (at != 0)
		profile_builder_add_at(b, &f, 1, &value, NULL, 0, at);
	else
		profile_builder_add(b, &f, 1, &value, NULL, 0);
	p = profile_builder_finish(b);
	p->period_type.type = kind;
	p->has_period_type = true;
	p->period = value;
	return p;
}

/* Unlike types become columns; what was there before them is 0 there. */
static void test_merge_unite(void **state)
{
	static const char *const types[] = { "cpu", "space", "cpu", "locks" };
	struct arena *a = arena_new();
	struct profile_merger *m = profile_merger_new(a, &(struct profile_merge_opts){ .unite = true, .copies = true });
	struct profile *p;
	struct err e;

	(void)state;
	assert_null(profile_merger_tables(m));
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct arena *own = arena_new();

		assert_int_equal(profile_merger_add(m, of_type(own, types[i], types[i], 0, (int64_t)i + 1), &e), 0);
		arena_free(own);
	}
	assert_int_equal(profile_merger_tables(m)->n_functions, 1);
	p = profile_merger_finish(m);
	assert_int_equal(p->n_types, 3);
	assert_int_equal(p->n_samples, 1);
	assert_int_equal(profile_value(p, 0, 0), 4);
	assert_int_equal(profile_value(p, 0, 1), 2);
	assert_int_equal(profile_value(p, 0, 2), 4);
	/* the period is that of its kind */
	assert_int_equal(p->period, 3);
	assert_true(str_eq(profile_str(p, p->types[1].type), STR("space")));
	assert_true(str_eq(profile_str(p, p->period_type.type), STR("cpu")));
	arena_free(a);
}

/* Which type of a united profile is shown when the profiles do not say it. */
static void test_merge_default(void **state)
{
	static const struct {
		const char *types[3], *want;
	} cases[] = {
		{ { "space", "locks", "cpu" }, "cpu" },
		{ { "cpu", "space", "locks" }, "cpu" },
		{ { "space", "locks", "waits" }, "space" },
		{ { "space", "space", "space" }, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct profile_merger *m = profile_merger_new(a, &(struct profile_merge_opts){ .unite = true });
		struct profile *p;
		struct err e;

		for (size_t k = 0; k < 3; k++)
			assert_int_equal(profile_merger_add(m, of_type(a, cases[i].types[k], "", 0, 1), &e), 0);
		p = profile_merger_finish(m);
		assert_true(str_eq(profile_str(p, p->default_type), str_cstr(cases[i].want)));
		arena_free(a);
	}
}

static void test_merge_times(void **state)
{
	struct arena *a = arena_new();
	struct profile_merger *m = profile_merger_new(a, &(struct profile_merge_opts){ .keep_times = true });
	struct profile *p;
	struct err e;

	(void)state;
	assert_int_equal(profile_merger_add(m, of_type(a, "cpu", "", 7, 1), &e), 0);
	assert_int_equal(profile_merger_add(m, of_type(a, "cpu", "", 7, 2), &e), 0);
	assert_int_equal(profile_merger_add(m, of_type(a, "cpu", "", 0, 3), &e), 0);
	p = profile_merger_finish(m);
	assert_int_equal(p->n_samples, 3);
	assert_int_equal(p->at[0] + p->at[1] + p->at[2], 14);
	arena_free(a);
}

/* After a refusal the merge goes on without the one that was refused. */
static void test_merge_goes_on(void **state)
{
	struct arena *a = arena_new();
	struct profile_merger *m = profile_merger_new(a, &(struct profile_merge_opts){ 0 });
	struct profile *p;
	struct err e;

	(void)state;
	assert_int_equal(profile_merger_add(m, of_type(a, "cpu", "", 0, 1), &e), 0);
	assert_int_equal(profile_merger_add(m, of_type(a, "space", "", 0, 2), &e), -1);
	assert_string_equal(e.msg, "profile 2 has no sample type cpu/count, which the first has");
	assert_int_equal(profile_merger_add(m, of_type(a, "cpu", "", 0, 4), &e), 0);
	p = profile_merger_finish(m);
	assert_int_equal(p->n_types, 1);
	assert_int_equal(profile_value(p, 0, 0), 5);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge_unite),
		cmocka_unit_test(test_merge_default),
		cmocka_unit_test(test_merge_times),
		cmocka_unit_test(test_merge_goes_on),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
