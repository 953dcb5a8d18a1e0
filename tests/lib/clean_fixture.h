/*
 * clean_fixture.h - what the tests of clean.h share: label sets and profiles
 * from a few words.
 */
#ifndef CLEAN_FIXTURE_H
#define CLEAN_FIXTURE_H

#include "tests/lib/profile_fixture.h"

#include "tools/pyro-ingest/clean.h"

static const int64_t now = INT64_C(1768471200) * NS_PER_S; /* 2026-01-15 10:00:00 UTC */

/* "a=1 b=2": a name or value may hold anything but blanks and '='. */
static inline struct labels labels_of(struct arena *a, const char *text)
{
	struct str rest = str_cstr(text);
	struct labels l = { arena_array(a, rest.n + 1, sizeof(*l.p)), 0 };

	while (rest.n > 0) {
		struct str pair = str_cut(&rest, ' ');

		l.p[l.n].name = str_cut(&pair, '=');
		l.p[l.n++].value = pair;
	}
	return l;
}

/* One sample: frames leaf first, its values, and tags as "key=value" ("key=#5" is a number). */
struct sample {
	const char *stack, *tags;
	int64_t v[2];
};

static inline void add_sample(struct arena *a, struct profile_builder *b, const struct sample *s)
{
	struct labels frames = labels_of(a, s->stack), tags = labels_of(a, s->tags ? s->tags : "");
	uint32_t *stack = arena_array(a, frames.n + 1, sizeof(*stack));
	struct tag *t = arena_zarray(a, tags.n + 1, sizeof(*t));

	for (uint32_t i = 0; i < frames.n; i++)
		stack[i] = profile_builder_frame(b, frames.p[i].name, STR_NONE, 0);
	for (uint32_t i = 0; i < tags.n; i++) {
		t[i].key = profile_builder_str(b, tags.p[i].name);
		if (str_prefix(tags.p[i].value, STR("#")))
			t[i].num = 5;
		else
			t[i].str = profile_builder_str(b, tags.p[i].value);
	}
	profile_builder_add(b, stack, frames.n, s->v, t, tags.n);
}

static inline struct profile *profile_of(struct arena *a, const struct sample *s, size_t n)
{
	struct profile_builder *b = profile_builder_new(a, 2);
	struct profile *p;

	profile_builder_type(b, 0, STR("samples"), STR("count"));
	profile_builder_type(b, 1, STR("cpu"), STR("nanoseconds"));
	for (size_t i = 0; i < n; i++)
		add_sample(a, b, &s[i]);
	p = profile_builder_finish(b);
	p->time = now;
	return p;
}

static inline struct str frame_name(const struct profile *p, uint32_t at)
{
	const struct location *l = &p->locations[p->stack[at]];

	return p->strings[p->functions[p->lines[l->first_line].function].name];
}

static inline void want_stack(const struct profile *p, uint32_t sample, const char *want)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	for (uint32_t i = p->stack_at[sample]; i < p->stack_at[sample + 1]; i++)
		buf_printf(&b, "%s" STR_FMT, b.n ? " " : "", STR_ARG(frame_name(p, i)));
	buf_byte(&b, 0);
	assert_string_equal(b.p, want);
	buf_fini(&b);
}

#endif
