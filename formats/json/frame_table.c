/* frame_table.c - see frame_table.h */
#include "formats/json/frame_table.h"

#include "base/hash.h"

void frame_table_init(struct frame_table *t, struct arena *a)
{
	*t = (struct frame_table){ .a = a };
}

static uint32_t frame(struct frame_table *t, const struct table_frame *f)
{
	uint64_t hash = hash_mix(hash_mix(hash_seeded(f->name), hash_seeded(f->file)), (uint64_t)f->start_line);
	struct table_at at = table_find(&t->index, hash);

	for (uint32_t v; table_next(&at, &v);)
		if (str_eq(t->frames[v].name, f->name) && str_eq(t->frames[v].file, f->file) &&
		    t->frames[v].start_line == f->start_line)
			return v;
	if (t->n == t->cap)
		t->frames = profile_grow(t->a, t->frames, sizeof(*t->frames), t->n, &t->cap);
	t->frames[t->n] = *f;
	table_put(&t->index, t->a, hash, t->n);
	return t->n++;
}

/* The k-th line of a location, innermost first. */
static struct table_frame frame_of(const struct profile *p, const struct location *l, uint32_t k, struct str name)
{
	struct table_frame f = { .name = name };
	uint32_t function = k < l->n_lines ? p->lines[l->first_line + k].function : PROFILE_NONE;

	if (function < p->n_functions) {
		f.file = profile_str(p, p->functions[function].file);
		f.start_line = p->functions[function].start_line;
	} else if (l->mapping < p->n_mappings) {
		f.file = profile_str(p, p->mappings[l->mapping].file);
	}
	return f;
}

void frame_table_add(struct frame_table *t, const struct profile *p, struct frame_map *m)
{
	struct frames f;
	uint32_t n;

	frames_init(&f, t->a, p);
	n = f.first[p->n_locations + 1];
	*m = (struct frame_map){ p, arena_array(t->a, n, sizeof(*m->frames)), f.first, f.max_depth };
	for (uint32_t i = 0; i < p->n_locations; i++)
		for (uint32_t k = f.first[i]; k < f.first[i + 1]; k++) {
			struct table_frame one = frame_of(p, &p->locations[i], f.first[i + 1] - 1 - k, f.names[k]);

			m->frames[k] = frame(t, &one);
		}
	m->frames[n - 1] = PROFILE_NONE;
	for (uint32_t i = 0; i < p->n_samples && m->frames[n - 1] == PROFILE_NONE; i++)
		for (uint32_t k = p->stack_at[i]; k < p->stack_at[i + 1]; k++)
			if (p->stack[k] >= p->n_locations)
				m->frames[n - 1] = frame(t, &(struct table_frame){ .name = f.names[n - 1] });
}

uint32_t frame_map_stack(const struct frame_map *m, uint32_t sample, uint32_t *out)
{
	const struct profile *p = m->p;
	uint32_t n = 0;

	for (uint32_t k = p->stack_at[sample + 1]; k > p->stack_at[sample]; k--) {
		uint32_t l = MIN(p->stack[k - 1], p->n_locations);

		for (uint32_t i = m->first[l]; i < m->first[l + 1]; i++)
			out[n++] = m->frames[i];
	}
	return n;
}
