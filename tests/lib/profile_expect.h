/*
 * profile_expect.h - a profile against what the index of the shared test data says of it: `expected`, as other
 * programs computed it.
 */
#ifndef PROFILE_EXPECT_H
#define PROFILE_EXPECT_H

#include "formats/profile_impl.h"
#include "tests/lib/profile_fixture.h"

static inline void expect_number(const char *path, const char *what, int64_t got, const json_t *want,
    const char *member)
{
	int64_t n = json_integer_value(json_object_get(want, member));

	if (got != n)
		fail_msg("%s: %s is %lld, not %lld", path, what, (long long)got, (long long)n);
}

static inline void expect_text(const char *path, const char *what, struct str got, const json_t *want)
{
	if (!str_eq(got, str_of(json_string_value(want), json_string_length(want))))
		fail_msg("%s: %s is " STR_FMT ", not %s", path, what, STR_ARG(got), json_string_value(want));
}

/* The value of a function: of its own, or with what it called (each sample once). */
static inline int64_t function_value(const struct frames *f, struct str *stack, uint32_t type, struct str name,
    bool flat)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < f->p->n_samples; i++) {
		uint32_t n = frames_stack(f, i, stack);
		bool has = flat && n > 0 && str_eq(stack[n - 1], name);

		for (uint32_t k = 0; !flat && k < n && !has; k++)
			has = str_eq(stack[k], name);
		if (has)
			sum += (uint64_t)profile_value(f->p, i, type);
	}
	return (int64_t)sum;
}

/* Types with their totals and largest functions. */
static inline void expect_types(const char *path, const struct profile *p, const json_t *types)
{
	static const char *const tops[] = { "top_flat", "top_cum" };
	struct arena *a = arena_new();
	struct frames f;
	struct str *stack;

	frames_init(&f, a, p);
	stack = arena_array(a, f.max_depth + 1, sizeof(*stack));
	if (p->n_types != json_array_size(types))
		fail_msg("%s: %u types, not %zu", path, p->n_types, json_array_size(types));
	for (uint32_t t = 0; t < p->n_types; t++) {
		const json_t *row = json_array_get(types, t);
		uint64_t sum = 0;

		expect_text(path, "type", profile_str(p, p->types[t].type), json_object_get(row, "type"));
		expect_text(path, "unit", profile_str(p, p->types[t].unit), json_object_get(row, "unit"));
		for (uint32_t i = 0; i < p->n_samples; i++)
			sum += (uint64_t)profile_value(p, i, t);
		expect_number(path, "total", (int64_t)sum, row, "total");
		for (unsigned flat = 0; flat < 2; flat++) {
			const json_t *top = json_object_get(row, tops[flat]);

			for (size_t k = 0; k < json_array_size(top); k++) {
				const json_t *one = json_array_get(top, k);
				struct str name = str_cstr(json_string_value(json_object_get(one, "name")));

				expect_number(path, json_string_value(json_object_get(one, "name")),
				    function_value(&f, stack, t, name, flat == 0), one, "value");
			}
		}
	}
	arena_free(a);
}

static inline void expect_facts(const char *path, const struct profile *p, const json_t *want)
{
	uint32_t depth = 0;

	expect_number(path, "samples", p->n_samples, want, "samples");
	expect_number(path, "locations", p->n_locations, want, "locations");
	expect_number(path, "functions", p->n_functions, want, "functions");
	expect_number(path, "lines", p->n_lines, want, "lines");
	expect_number(path, "mappings", p->n_mappings, want, "mappings");
	expect_number(path, "period", p->period, want, "period");
	expect_number(path, "time", p->time, want, "time_nanos");
	expect_number(path, "duration", p->duration, want, "duration_nanos");
	for (uint32_t i = 0; i < p->n_samples; i++)
		depth = MAX(depth, p->stack_at[i + 1] - p->stack_at[i]);
	expect_number(path, "depth", depth, want, "max_depth_locations");
	expect_text(path, "drop_frames", profile_str(p, p->drop_frames), json_object_get(want, "drop_frames"));
	expect_text(path, "keep_frames", profile_str(p, p->keep_frames), json_object_get(want, "keep_frames"));
	expect_text(path, "period type", profile_str(p, p->period_type.type),
	    json_array_get(json_object_get(want, "period_type"), 0));
	expect_types(path, p, json_object_get(want, "types"));
}

#endif
