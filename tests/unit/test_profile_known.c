/*
 * test_profile_known.c - what makes a location of one profile that of another:
 * all that it says, and nothing else.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "formats/profile.h"

struct code {
	const char *name, *system, *file;
	int64_t start;
};

struct said {
	const char *about;
	uint64_t address;
	bool unmapped, folded, unknown;
	uint32_t n_lines;
	struct code code[2];
	int64_t line[2];
	uint32_t column[2];
};

#define F                        \
	{                        \
		"f", "f", "x", 5 \
	}
#define G                        \
	{                        \
		"g", "g", "x", 9 \
	}

static const struct said places[] = {
	{ "all", 100, false, false, false, 2, { F, G }, { 7, 8 }, { 1, 2 } },
	{ "address", 101, false, false, false, 2, { F, G }, { 7, 8 }, { 1, 2 } },
	{ "no address", 0, false, false, false, 2, { F, G }, { 7, 8 }, { 1, 2 } },
	{ "no mapping", 100, true, false, false, 2, { F, G }, { 7, 8 }, { 1, 2 } },
	{ "folded", 100, false, true, false, 2, { F, G }, { 7, 8 }, { 1, 2 } },
	{ "unknown mapping", 100, true, false, true, 2, { F, G }, { 7, 8 }, { 1, 2 } },
	{ "one line", 100, false, false, false, 1, { F, G }, { 7, 8 }, { 1, 2 } },
	{ "no line", 100, false, false, false, 0, { F, G }, { 7, 8 }, { 1, 2 } },
	{ "the other order", 100, false, false, false, 2, { G, F }, { 8, 7 }, { 2, 1 } },
	{ "line", 100, false, false, false, 2, { F, G }, { 7, 9 }, { 1, 2 } },
	{ "lines change places", 100, false, false, false, 2, { F, G }, { 8, 7 }, { 1, 2 } },
	{ "column", 100, false, false, false, 2, { F, G }, { 7, 8 }, { 1, 3 } },
	{ "no function", 100, false, false, false, 2, { F, { NULL, NULL, NULL, 0 } }, { 7, 8 }, { 1, 2 } },
	{ "nameless function", 100, false, false, false, 2, { F, { "", "", "", 0 } }, { 7, 8 }, { 1, 2 } },
	{ "name", 100, false, false, false, 2, { F, { "h", "g", "x", 9 } }, { 7, 8 }, { 1, 2 } },
	{ "system name", 100, false, false, false, 2, { F, { "g", "h", "x", 9 } }, { 7, 8 }, { 1, 2 } },
	{ "file", 100, false, false, false, 2, { F, { "g", "g", "y", 9 } }, { 7, 8 }, { 1, 2 } },
	{ "name and file change places", 100, false, false, false, 2, { F, { "x", "g", "g", 9 } }, { 7, 8 }, { 1, 2 } },
	{ "start line", 100, false, false, false, 2, { F, { "g", "g", "x", 8 } }, { 7, 8 }, { 1, 2 } },
};

static uint32_t text(struct profile *p, const char *s)
{
	p->strings[p->n_strings] = str_cstr(s);
	return p->n_strings++;
}

/* One sample of value 1 at the place; everything is numbered from `more` on. */
static struct profile *at_place(struct arena *a, const struct said *s, uint32_t more)
{
	struct profile *p = arena_zalloc(a, sizeof(*p));

	p->mem = a;
	p->strings = arena_zarray(a, 16 + more, sizeof(*p->strings));
	for (uint32_t i = 0; i <= more; i++)
		text(p, i ? "filler" : "");
	p->types = arena_zarray(a, 1, sizeof(*p->types));
	p->n_types = 1;
	p->mappings = arena_zarray(a, 1, sizeof(*p->mappings));
	p->n_mappings = 1;
	p->functions = arena_zarray(a, 2 + more, sizeof(*p->functions));
	p->n_functions = 2 + more;
	p->lines = arena_zarray(a, 2, sizeof(*p->lines));
	p->n_lines = 2;
	p->locations = arena_zarray(a, 1 + more, sizeof(*p->locations));
	p->n_locations = 1 + more;
	p->locations[more] = (struct location){ .address = s->address,
		.mapping = s->unmapped ? PROFILE_NONE : 0,
		.n_lines = s->n_lines,
		.folded = s->folded,
		.mapping_unknown = s->unknown };
	for (uint32_t i = 0; i < 2; i++) {
		const struct code *c = &s->code[i];

		p->lines[i] = (struct line){ c->name ? more + i : PROFILE_NONE, s->column[i], s->line[i] };
		if (c->name)
			p->functions[more + i] = (struct function){
				.name = text(p, c->name),
				.system_name = text(p, c->system),
				.file = text(p, c->file),
				.start_line = c->start,
			};
	}
	p->n_samples = 1;
	p->stack = arena_zarray(a, 1, sizeof(*p->stack));
	p->stack[0] = more;
	p->stack_at = arena_zarray(a, 2, sizeof(*p->stack_at));
	p->stack_at[1] = 1;
	p->values = arena_zarray(a, 1, sizeof(*p->values));
	p->values[0] = 1;
	return p;
}

static void test_places(void **ctx)
{
	const size_t n = ARRAY_LEN(places);

	(void)ctx;
	for (size_t i = 0; i < n * n; i++) {
		const struct said *x = &places[i / n], *y = &places[i % n];
		struct arena *a = arena_new();
		struct profile *in[2] = { at_place(a, x, 0), at_place(a, y, 3) }, *p;
		uint32_t want = x == y ? 1 : 2;
		struct err e;

		p = profile_merge(a, in, 2, false, &e);
		assert_non_null(p);
		if (p->n_locations != want || p->n_samples != want)
			fail_msg("%s, %s: %u locations", x->about, y->about, p->n_locations);
		assert_int_equal(p->locations[want - 1].address, y->address);
		assert_int_equal(p->locations[want - 1].mapping, y->unmapped ? PROFILE_NONE : 0);
		assert_int_equal(p->locations[want - 1].n_lines, y->n_lines);
		arena_free(a);
	}
}

enum { MANY = 200 };

/* Sample i is at i, and each third is of nothing. */
static struct profile *many(struct arena *a, bool back)
{
	struct profile *p = at_place(a, &places[0], MANY - 1);

	p->n_samples = MANY;
	p->stack = arena_zarray(a, MANY, sizeof(*p->stack));
	p->stack_at = arena_zarray(a, MANY + 1, sizeof(*p->stack_at));
	p->values = arena_zarray(a, MANY, sizeof(*p->values));
	for (uint32_t i = 0; i < MANY; i++) {
		uint32_t at = back ? MANY - 1 - i : i;

		p->locations[at] = p->locations[MANY - 1];
		p->locations[at].address = 1000 + i;
		p->stack[i] = at;
		p->stack_at[i + 1] = i + 1;
		p->values[i] = i % 3 ? i : 0;
	}
	return p;
}

/* More than are looked up at once, numbered upwards and downwards; what no sample of a value is at does not come along. */
static void test_many(void **ctx)
{
	struct arena *a = arena_new();
	struct profile *in[2] = { many(a, false), many(a, true) }, *p;
	struct err e;

	(void)ctx;
	p = profile_merge(a, in, 2, false, &e);
	assert_non_null(p);
	assert_int_equal(p->n_locations, 133); /* 200 - 67 */
	assert_int_equal(p->n_samples, 133);
	for (uint32_t i = 0, k = 0; i < MANY; i++) {
		if (i % 3 == 0)
			continue;
		assert_int_equal(p->stack[p->stack_at[k]], k);
		assert_int_equal(p->locations[k].address, 1000 + i);
		assert_int_equal(p->values[k], 2 * i);
		k++;
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_many),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
