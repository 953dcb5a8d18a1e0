/*
 * jfr_expect.h - what recordings of jfr_writer.h are read as, as text.
 */
#ifndef JFR_EXPECT_H
#define JFR_EXPECT_H

#include "tests/lib/jfr_writer.h"

#include "formats/jfr/jfr.h"

static inline void check_profile(const struct profile *p)
{
	assert_int_equal(p->n_mappings, 1);
	for (uint32_t i = 0; i < p->n_samples; i++) {
		assert_true(p->stack_at[i] <= p->stack_at[i + 1]);
		for (uint32_t k = p->stack_at[i]; k < p->stack_at[i + 1]; k++)
			assert_true(p->stack[k] < p->n_locations);
		for (uint32_t k = p->tag_at ? p->tag_at[i] : 0; p->tag_at && k < p->tag_at[i + 1]; k++)
			assert_true(p->tags[k].key < p->n_strings && p->tags[k].str < p->n_strings);
	}
	for (uint32_t i = 0; i < p->n_locations; i++) {
		assert_true(p->locations[i].first_line < p->n_lines && p->locations[i].mapping == 0);
		assert_true(p->lines[p->locations[i].first_line].function < p->n_functions);
	}
	for (uint32_t i = 0; i < p->n_functions; i++)
		assert_true(p->functions[i].name > 0 && p->functions[i].name < p->n_strings);
}

static inline void print_sample(struct buf *b, const struct profile *p, uint32_t i)
{
	for (uint32_t k = p->stack_at[i]; k < p->stack_at[i + 1]; k++) {
		const struct line *l = &p->lines[p->locations[p->stack[k]].first_line];

		buf_printf(b, "%s" STR_FMT ":%lld", k > p->stack_at[i] ? " < " : "  ",
		    STR_ARG(profile_str(p, p->functions[l->function].name)), (long long)l->line);
	}
	for (uint32_t t = 0; t < p->n_types; t++)
		buf_printf(b, "%s%lld", t ? " " : " = ", (long long)profile_value(p, i, t));
	for (uint32_t k = p->tag_at ? p->tag_at[i] : 0; p->tag_at && k < p->tag_at[i + 1]; k++)
		buf_printf(b, " " STR_FMT "=" STR_FMT, STR_ARG(profile_str(p, p->tags[k].key)),
		    STR_ARG(profile_str(p, p->tags[k].str)));
	if (p->at)
		buf_printf(b, " @%lld", (long long)p->at[i]);
	buf_printf(b, "\n");
}

static inline void print_profiles(struct buf *b, const struct format_profiles *got)
{
	for (uint32_t i = 0; i < got->n; i++) {
		const struct profile *p = got->p[i].p;

		check_profile(p);
		buf_printf(b, STR_FMT " " STR_FMT " '" STR_FMT "'", STR_ARG(got->p[i].name),
		    STR_ARG(got->p[i].labels.p[0].value), STR_ARG(got->p[i].labels.p[1].value));
		for (uint32_t t = 0; t < p->n_types; t++)
			buf_printf(b, " " STR_FMT "/" STR_FMT, STR_ARG(profile_str(p, p->types[t].type)),
			    STR_ARG(profile_str(p, p->types[t].unit)));
		if (p->has_period_type)
			buf_printf(b, " of " STR_FMT "/" STR_FMT, STR_ARG(profile_str(p, p->period_type.type)),
			    STR_ARG(profile_str(p, p->period_type.unit)));
		buf_printf(b, "\n");
		for (uint32_t k = 0; k < p->n_samples; k++)
			print_sample(b, p, k);
	}
}

/* What is read, as text, or the error. */
static inline struct str read_back(struct arena *a, struct str bytes, const struct jfr_opts *o)
{
	struct format_profiles got = { 0 };
	struct err e = { 0 };
	struct buf b;
	struct str s;

	if (jfr_decode(a, bytes, o, &got, &e) < 0)
		return arena_printf(a, "%s", e.msg);
	buf_init(&b, LIMIT);
	print_profiles(&b, &got);
	if (got.notes.skipped)
		buf_printf(&b, "skipped %llu: " STR_FMT "\n", (unsigned long long)got.notes.skipped,
		    STR_ARG(got.notes.first));
	s = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return s;
}

static inline void expect(const char *about, struct arena *a, struct str bytes, const struct jfr_opts *o,
    const char *want)
{
	struct str got = read_back(a, bytes, o);

	if (!str_eq(got, str_cstr(want)))
		fail_msg("%s:\n" STR_FMT "\nnot:\n%s", about, STR_ARG(got), want);
}

static const struct jfr_opts server = { .rate = 100, .only_known = true, .clean_names = true, .spans = true };

/* The stacks of put_stacks. */
#define STACK_A "app/Main.work:20 < app/Main.main:10"
#define STACK_B "Main$$Lambda_.work:0 < app/Main.work:21 < app/Main.main:10"
#define STACK_C "app/Main.main:11"

#endif
