/* Stacks of one partition that are one in the answer. */
#include "tests/lib/block_fixture.h"
#include "tests/lib/made_set.h"

#include "formats/query/ask.h"

enum { STACKS = 3 };

static uint32_t stack_at(struct symbols *s, uint64_t limit, uint64_t address)
{
	struct sym_mapping m = { .start = 0x1000, .limit = limit, .build_id = symbols_add_string(s, STR("id")) };
	struct sym_function f = { .name = symbols_add_string(s, STR("f")) };
	struct sym_line line = { symbols_add_function(s, &f), 7 };
	struct sym_location l = { .address = address, .mapping = symbols_add_mapping(s, &m), .n_lines = 1 };
	uint32_t location = symbols_add_location(s, &l, &line);

	return symbols_add_stack(s, &location, 1);
}

/* Mappings with as many pages are one, and so are their locations; before that, all stacks were distinct. */
static void mappings_that_are_one(void **state)
{
	static const int64_t values[STACKS] = { 5, 1, 2 };
	uint32_t stacks[STACKS];
	struct made_set s;
	struct arena *a = arena_new();
	struct str all = STR("{}");
	struct pyro_ask ask = { .kind = ASK_PROFILE,
		.profile_type = STR("process_cpu:cpu:nanoseconds:cpu:nanoseconds"),
		.selectors = { &all, 1 },
		.from = 0,
		.to = 2 };
	struct dataset *set = &s.set;
	struct part p;
	struct err e;

	(void)state;
	made_set_init(&s, (struct row){ .n = STACKS, .stacks = stacks, .values = values, .time = 1, .total = 8 });
	stacks[0] = stack_at(s.symbols, 0x2000, 0x1200);
	stacks[1] = stack_at(s.symbols, 0x2000, 0x1100);
	stacks[2] = stack_at(s.symbols, 0x1800, 0x1100);
	assert_int_not_equal(stacks[1], stacks[2]);
	assert_int_equal(ask_run(a, &ask, &set, 1, &p, &e), 0);
	assert_int_equal(p.profile->n_mappings, 1);
	assert_int_equal(p.profile->n_samples, 2);
	assert_int_equal(p.profile->values[0], 5);
	assert_int_equal(p.profile->values[1], 3);
	part_fini(&p);
	symbols_free(s.symbols);
	arena_free(a);
}

static struct profile *of_one_frame(struct arena *a, char *name, int64_t value)
{
	struct profile_builder *b = profile_builder_new(a, 1);
	uint32_t frame;

	profile_builder_type(b, 0, STR("cpu"), STR("nanoseconds"));
	frame = profile_builder_frame(b, str_cstr(name), STR_NONE, 0);
	profile_builder_add(b, &frame, 1, &value, NULL, 0);
	return profile_builder_finish(b);
}

/* What was added may go, with its strings. */
static void sums_stand_alone(void **ctx)
{
	struct arena *a = arena_new(), *other = arena_new();
	char name[] = "main", gone[] = "gone";
	struct profile *p = of_one_frame(a, name, 5);
	struct profile_builder *b = NULL;
	struct err e;

	(void)ctx;
	p = profile_merge_into(a, &b, p, of_one_frame(other, gone, 7), &e);
	memset(gone, '?', sizeof(gone) - 1);
	arena_free(other);
	assert_int_equal(p->n_samples, 2);
	assert_int_equal(profile_value(p, 1, 0), 7);
	assert_true(str_eq(profile_str(p, p->functions[1].name), STR("gone")));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mappings_that_are_one),
		cmocka_unit_test(sums_stand_alone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
