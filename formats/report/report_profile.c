/* A profile again: what the filters of a report leave of it, with the frames that were made of tags. */
#include "formats/report/report_impl.h"

struct copier {
	struct report *r;
	struct profile *out;
	uint32_t n_strings; /* with those that were added */
};

static uint32_t add_string(struct copier *c, struct str s)
{
	c->out->strings[c->n_strings] = s;
	return c->n_strings++;
}

/* Made functions follow the largest id. */
static void copy_functions(struct copier *c)
{
	const struct report *r = c->r;
	uint32_t own = r->p->n_functions;
	struct function *f = arena_array(r->mem, (size_t)r->n_functions + 1, sizeof(*f));
	uint64_t last = 0;

	for (uint32_t i = 0; i < own; i++) {
		f[i] = r->p->functions[i];
		last = MAX(last, f[i].id);
	}
	for (uint32_t i = own; i < r->n_functions; i++)
		f[i] = (struct function){ .id = last + 1 + (i - own),
			.name = add_string(c, report_str(r, r->functions[i].name)),
			.file = add_string(c, r->functions[i].file) };
	c->out->functions = f;
	c->out->n_functions = r->n_functions;
}

static void copy_mappings(struct copier *c)
{
	const struct report *r = c->r;
	struct mapping *m = arena_array(r->mem, (size_t)r->p->n_mappings + 1, sizeof(*m));

	for (uint32_t i = 0; i < r->p->n_mappings; i++) {
		m[i] = r->p->mappings[i];
		if (r->object[i] == 0)
			m[i].file = 0;
		if (r->o.noinlines)
			m[i].flags &= (uint8_t)~MAPPING_HAS_INLINE_FRAMES;
	}
	/* frames of tags belong to no binary, which can be seen only where the others belong to one */
	if (r->p->n_mappings == 0 && r->n_locations > r->p->n_locations) {
		m[0] = (struct mapping){ .id = 1 };
		c->out->n_mappings = 1;
	}
	c->out->mappings = m;
}

static void copy_locations(struct copier *c)
{
	const struct report *r = c->r;
	uint32_t own = r->p->n_locations;
	struct location *l = arena_array(r->mem, (size_t)r->n_locations + 1, sizeof(*l));

	for (uint32_t i = 0; i < r->n_locations; i++) {
		if (i < own)
			l[i] = r->p->locations[i];
		if (i < own && r->p->n_mappings == 0 && c->out->n_mappings > 0)
			l[i].mapping = 0;
		if (i >= own)
			l[i] = (struct location){ .id = r->last_id + 1 + (i - own), .mapping = PROFILE_NONE };
		l[i].first_line = r->locations[i].first;
		l[i].n_lines = r->locations[i].n;
	}
	c->out->locations = l;
	c->out->n_locations = r->n_locations;
	c->out->lines = arena_array(r->mem, (size_t)r->n_lines + 1, sizeof(*r->lines));
	if (r->n_lines > 0)
		memcpy(c->out->lines, r->lines, r->n_lines * sizeof(*r->lines));
	c->out->n_lines = r->n_lines;
}

static void copy_tags(struct copier *c)
{
	const struct report *r = c->r;
	struct profile *out = c->out;
	uint32_t at = 0;

	out->tag_at = arena_array(r->mem, (size_t)r->n_samples + 1, sizeof(*out->tag_at));
	out->tags = arena_array(r->mem, (size_t)r->p->tag_at[r->p->n_samples] + 1, sizeof(*out->tags));
	for (uint32_t i = 0; i < r->n_samples; i++) {
		const struct tag *t = NULL;
		uint32_t n = report_tags_of(r->p, r->samples[i].number, &t);

		out->tag_at[i] = at;
		for (uint32_t k = 0; k < n; k++)
			if (!report_tag_gone(r, &t[k]))
				out->tags[at++] = t[k];
	}
	out->tag_at[r->n_samples] = at;
}

static void copy_samples(struct copier *c)
{
	const struct report *r = c->r;
	struct profile *out = c->out;
	size_t frames = 0;
	uint32_t at = 0;

	for (uint32_t i = 0; i < r->n_samples; i++)
		frames += r->samples[i].n;
	out->n_samples = r->n_samples;
	out->stack_at = arena_array(r->mem, (size_t)r->n_samples + 1, sizeof(*out->stack_at));
	out->stack = arena_array(r->mem, frames + 1, sizeof(*out->stack));
	out->values = arena_array(r->mem, (size_t)r->n_samples * out->n_types + 1, sizeof(*out->values));
	for (uint32_t i = 0; i < r->n_samples; i++) {
		const struct rsample *s = &r->samples[i];

		out->stack_at[i] = at;
		for (uint32_t k = 0; k < s->n; k++)
			out->stack[at++] = r->stack[s->at + k];
		for (uint32_t k = 0; k < out->n_types; k++)
			out->values[(size_t)i * out->n_types + k] = report_divided(r,
			    profile_value(r->p, s->number, k));
	}
	out->stack_at[r->n_samples] = at;
}

struct profile *report_profile(struct report *r)
{
	struct copier c = { .r = r, .out = arena_alloc(r->mem, sizeof(*c.out)), .n_strings = r->p->n_strings };
	size_t made = r->n_functions - r->p->n_functions;

	*c.out = *r->p;
	c.out->mem = r->mem;
	c.out->strings = arena_array(r->mem, r->p->n_strings + 2 * made + 1, sizeof(*c.out->strings));
	memcpy(c.out->strings, r->p->strings, r->p->n_strings * sizeof(*c.out->strings));
	copy_functions(&c);
	copy_mappings(&c);
	copy_locations(&c);
	copy_samples(&c);
	if (r->p->tag_at != NULL)
		copy_tags(&c);
	c.out->n_strings = c.n_strings;
	return c.out;
}
