/*
 * otlp_group_tables.c - strings, functions, mappings, locations and stacks of
 * a request that come into a profile when a sample needs them. Each comes once:
 * the maps (otlp_impl.h) know where it is.
 */
#include "formats/otlp/otlp_group.h"

__attribute__((cold)) int otlp_out_of_bounds(struct group *g, const char *what, uint32_t index)
{
	return err_set(g->e, ERR_INVALID, "%s: index %d out of bounds", what, (int32_t)index);
}

uint32_t otlp_new_string(struct group *g, struct str s)
{
	struct profile *p = g->p;

	if (s.n == 0 && p->n_strings > 0)
		return 0;
	ROOM(g, p->strings, p->n_strings, cap_strings);
	p->strings[p->n_strings] = s;
	return p->n_strings++;
}

struct str otlp_key(const struct otlp *q, const struct otlp_tables *t, const struct otlp_attribute *x)
{
	(void)q;
	if (x->key.n > 0 || x->key_index == 0)
		return x->key;
	return x->key_index < t->n_strings ? t->strings[x->key_index] : STR_NONE;
}

struct str otlp_value(const struct otlp *q, const struct otlp_tables *t, const struct otlp_attribute *x)
{
	(void)q;
	if (!x->by_index)
		return x->value;
	return x->value_index < t->n_strings ? t->strings[x->value_index] : STR_NONE;
}

/* ---- tables ---- */

static int function(struct group *g, uint32_t index, uint32_t *out)
{
	struct profile *p = g->p;
	struct function f = { 0 };
	uint64_t *entry;

	if (UNLIKELY(index >= g->t->n_functions))
		return otlp_out_of_bounds(g, "could not access function", index);
	entry = &g->m->functions[index];
	if (!otlp_is_moved(g, *entry)) {
		const struct otlp_function *x = &g->t->functions[index];

		if (otlp_string(g, x->name, "could not access function name string", &f.name) < 0 ||
		    otlp_string(g, x->system_name, "could not access function system name string", &f.system_name) <
			0 ||
		    otlp_string(g, x->file, "could not access function file name string", &f.file) < 0)
			return -1;
		f.start_line = x->start_line;
		f.id = p->n_functions + UINT64_C(1);
		ROOM(g, p->functions, p->n_functions, cap_functions);
		p->functions[p->n_functions] = f;
		*entry = otlp_moved(g, p->n_functions++);
	}
	*out = (uint32_t)*entry;
	return 0;
}

static struct str build_id(struct group *g, const struct otlp_mapping *x)
{
	for (uint32_t i = 0; i < x->attributes.n; i++) {
		uint32_t index = g->q->rq.attribute_refs[x->attributes.at + i];
		const struct otlp_attribute *a;

		if (index >= g->t->n_attributes)
			return STR_NONE;
		a = &g->t->attributes[index];
		if (str_eq(otlp_key(g->q, g->t, a), STR("process.executable.build_id.gnu")))
			return otlp_value(g->q, g->t, a);
	}
	return x->build_id < g->t->n_strings ? g->t->strings[x->build_id] : STR_NONE;
}

static int mapping(struct group *g, uint32_t index, uint8_t flags, uint32_t *out)
{
	uint64_t *entry = &g->m->mappings[(size_t)index * 16 + flags];
	const struct otlp_mapping *x = &g->t->mappings[index];
	struct profile *p = g->p;
	struct mapping m = { .start = x->start, .limit = x->limit, .offset = x->offset, .flags = flags };

	if (!otlp_is_moved(g, *entry)) {
		if (otlp_string(g, x->file, "could not access mapping file name string", &m.file) < 0 ||
		    otlp_spend(g->q, x->attributes.n, 1, "the mappings of the profiles", "attributes", g->e) < 0)
			return -1;
		m.build_id = otlp_new_string(g, build_id(g, x));
		m.id = p->n_mappings + UINT64_C(1);
		ROOM(g, p->mappings, p->n_mappings, cap_mappings);
		p->mappings[p->n_mappings] = m;
		*entry = otlp_moved(g, p->n_mappings++);
	}
	*out = (uint32_t)*entry;
	return 0;
}

static bool has_mapping(const struct group *g, const struct otlp_location *l)
{
	return l->has_mapping || otlp_has_stacks(&g->q->rq);
}

static int new_location(struct group *g, uint32_t index, uint8_t flags)
{
	const struct otlp_location *x = &g->t->locations[index];
	struct profile *p = g->p;
	struct location l = { .address = x->address, .mapping = PROFILE_NONE, .folded = x->folded };

	if (has_mapping(g, x) && mapping(g, x->mapping, flags, &l.mapping) < 0)
		return -1;
	if (otlp_spend(g->q, x->n_lines, 4, "the locations of the profiles", "lines", g->e) < 0)
		return -1;
	l.first_line = p->n_lines;
	l.n_lines = x->n_lines;
	for (uint32_t i = 0; i < x->n_lines; i++) {
		const struct otlp_line *line = &g->t->lines[x->first_line + i];
		uint32_t f = 0;

		if (function(g, line->function, &f) < 0)
			return err_wrap(g->e, "could not process line at index %u", i);
		ROOM(g, p->lines, p->n_lines, cap_lines);
		p->lines[p->n_lines++] = (struct line){ f, line->column, line->line };
	}
	l.id = p->n_locations + UINT64_C(1);
	ROOM(g, p->locations, p->n_locations, cap_locations);
	p->locations[p->n_locations] = l;
	g->m->locations[index] = otlp_moved(g, p->n_locations++);
	return 0;
}

/* Which flags each mapping of the stack has: what all of its locations there know. */
static void stack_flags(struct group *g, const uint32_t *refs, uint32_t n)
{
	struct otlp_maps *m = g->m;
	uint64_t turn = ++g->q->stack_turn;

	for (uint32_t i = 0; i < n; i++) {
		const struct otlp_location *l;

		if (refs[i] >= g->t->n_locations) /* is told when its turn comes */
			continue;
		l = &g->t->locations[refs[i]];
		if (!has_mapping(g, l) || l->mapping >= g->t->n_mappings)
			continue;
		if (m->mapping_seen[l->mapping] != turn) {
			m->mapping_seen[l->mapping] = turn;
			m->mapping_flags[l->mapping] = OTLP_ALL_FLAGS;
		}
		m->mapping_flags[l->mapping] &= m->location_flags[refs[i]];
	}
}

/* Location i of the stack is the group's first of that index. *flagged: the stack's flags have been found. */
static int first_location(struct group *g, const uint32_t *refs, uint32_t n, uint32_t i, bool *flagged)
{
	uint32_t index = refs[i], mapping;
	const struct otlp_location *l;
	uint8_t flags = 0;

	if (UNLIKELY(index >= g->t->n_locations))
		return err_set(g->e, ERR_INVALID, "could not access location at index %d: index %d out of bounds",
		    (int32_t)index, (int32_t)index);
	l = &g->t->locations[index];
	mapping = l->mapping;
	if (has_mapping(g, l)) {
		if (UNLIKELY(mapping >= g->t->n_mappings))
			return err_set(g->e, ERR_INVALID,
			    "could not access mapping at index %d: index %d out of bounds", (int32_t)mapping,
			    (int32_t)mapping);
		flags = g->m->mapping_uniform[mapping];
		if (flags == OTLP_MIXED_FLAGS) {
			if (!*flagged)
				stack_flags(g, refs, n);
			*flagged = true;
			flags = g->m->mapping_flags[mapping];
		}
	}
	return new_location(g, index, flags);
}

/* Room for n more locations of stacks: samples share them in a request, and not here. */
static int stack_room(struct group *g, uint32_t n)
{
	struct profile *p = g->p;

	if (otlp_spend(g->q, n, 1, "the stacks of the samples", "locations", g->e) < 0)
		return -1;
	while (UNLIKELY(g->cap_stack - g->n_stack < n))
		p->stack = profile_grow(g->q->a, p->stack, sizeof(*p->stack), g->n_stack, &g->cap_stack);
	return 0;
}

static int new_stack(struct group *g, const uint32_t *refs, uint32_t n)
{
	const uint64_t *locations = g->m->locations;
	uint32_t limit = g->t->n_locations;
	uint64_t turn = g->q->turn;
	bool flagged = false;
	uint32_t *out;

	if (stack_room(g, n) < 0)
		return -1;
	out = g->p->stack + g->n_stack;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t entry = LIKELY(refs[i] < limit) ? locations[refs[i]] : 0;

		if (UNLIKELY(entry >> 32 != turn)) {
			if (first_location(g, refs, n, i, &flagged) < 0)
				return -1;
			entry = locations[refs[i]];
		}
		out[i] = (uint32_t)entry;
	}
	g->n_stack += n;
	return 0;
}

int otlp_same_stack(struct group *g, uint32_t at, uint32_t n)
{
	struct profile *p = g->p;

	if (stack_room(g, n) < 0)
		return -1;
	if (n)
		memcpy(p->stack + g->n_stack, p->stack + at, n * sizeof(*p->stack));
	g->n_stack += n;
	return 0;
}

int otlp_stack(struct group *g, const struct otlp_sample *s)
{
	const struct otlp_request *rq = &g->q->rq;
	uint32_t from = g->n_stack;
	struct otlp_span span;

	if (!otlp_has_stacks(rq)) {
		if (s->own.n > 0)
			return new_stack(g, rq->sample_refs + s->own.at, s->own.n);
		if (s->n_stack == 0)
			return 0;
		if ((uint64_t)s->stack + s->n_stack > g->src->locations.n)
			return err_set(g->e, ERR_INVALID, "invalid stack: %u locations from %u on, of %u", s->n_stack,
			    s->stack, g->src->locations.n);
		return new_stack(g, rq->location_refs + g->src->locations.at + s->stack, s->n_stack);
	}
	if (UNLIKELY(s->stack >= g->t->n_stacks))
		return err_set(g->e, ERR_INVALID, "invalid stack index: %d", (int32_t)s->stack);
	span = g->t->stacks[s->stack];
	if (otlp_is_moved(g, g->m->stacks[s->stack]))
		return otlp_same_stack(g, (uint32_t)g->m->stacks[s->stack], span.n);
	if (new_stack(g, rq->location_refs + span.at, span.n) < 0)
		return -1;
	g->m->stacks[s->stack] = otlp_moved(g, from);
	return 0;
}
