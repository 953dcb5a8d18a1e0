/*
 * jfr_profiles.c - the profiles that groups become. Each has what it refers
 * to alone, in the order in which its samples do.
 */
#include "base/arith.h"
#include "formats/jfr/jfr_impl.h"

enum { FALLBACK_RATE = 100, HEAD_STRINGS = 2 * JFR_TYPES + 3 };

struct number {
	uint32_t of; /* the pass that it is of: others' are as none */
	uint32_t n;
};

struct renumber { /* of the decoder's tables to those of one profile */
	struct number *strings, *functions, *locations;
	uint32_t *order; /* locations of the decoder by their number in the profile */
	uint32_t n_order;
	uint32_t pass;
	bool taken; /* the decoder's frames, by a profile */
};

static uint32_t own_string(struct jfr *d, struct renumber *r, struct profile *p, uint32_t s)
{
	struct number *own = &r->strings[s];

	if (d->strings[s].n == 0)
		return 0;
	if (own->of != r->pass) {
		p->strings[p->n_strings] = d->strings[s];
		*own = (struct number){ r->pass, p->n_strings++ };
	}
	return own->n;
}

static uint32_t own_function(struct jfr *d, struct renumber *r, struct profile *p, uint32_t f)
{
	struct number *own = &r->functions[f];

	if (own->of != r->pass) {
		*own = (struct number){ r->pass, p->n_functions++ };
		p->functions[own->n] = (struct function){ .id = own->n + UINT64_C(1),
			.name = own_string(d, r, p, d->functions[f].name) };
	}
	return own->n;
}

/* Locations up to n of them. */
static void own_locations(struct jfr *d, struct renumber *r, struct profile *p, uint32_t n)
{
	while (p->n_locations < n) {
		uint32_t i = p->n_locations++;
		const struct jfr_location *l = &d->locations[r->order[i]];

		p->locations[i] = (struct location){ .id = i + UINT64_C(1), .first_line = i, .n_lines = 1 };
		p->lines[p->n_lines++] = (struct line){ .function = own_function(d, r, p, l->function),
			.line = l->line };
	}
}

static void number_stack(struct renumber *r, const uint32_t *frames, uint32_t n, uint32_t *out)
{
	for (uint32_t k = 0; k < n; k++) {
		struct number *own = &r->locations[frames[k]];

		if (own->of != r->pass) {
			r->order[r->n_order] = frames[k];
			*own = (struct number){ r->pass, r->n_order++ };
		}
		out[k] = own->n;
	}
}

/* The decoder's frames as they lie there. Profiles are changed by those who get them: two have no stacks in common. */
static uint32_t *take_frames(struct jfr *d, const struct jfr_group *g, struct renumber *r)
{
	uint32_t *out = d->frames;

	if (r->taken) {
		out = arena_array(d->a, (size_t)g->n_frames + 1, sizeof(*out));
		memcpy(out, d->frames, (size_t)g->n_frames * sizeof(*out));
	}
	r->taken = true;
	return out;
}

/* The stacks of all samples. Returns how many locations are known after each, or NULL if they are too many. */
static uint32_t *set_stacks(struct jfr *d, const struct jfr_group *g, struct renumber *r, struct profile *p)
{
	uint32_t *known = arena_array(d->tmp, g->n, sizeof(*known)), at = 0;
	uint64_t frames = 0;

	for (uint32_t i = 0; i < g->n; i++)
		frames += d->stacks[g->stacks[i]].n;
	if (frames >= UINT32_MAX || g->sample_tags >= UINT32_MAX) {
		err_set(d->e, ERR_LIMIT, "stacks of %llu frames and with %llu tags in all", (unsigned long long)frames,
		    (unsigned long long)g->sample_tags);
		return NULL;
	}
	p->stack_at = arena_array(d->a, (size_t)g->n + 1, sizeof(*p->stack_at));
	p->stack = g->scattered ? arena_array(d->a, (size_t)frames + 1, sizeof(*p->stack)) : take_frames(d, g, r);
	r->pass++;
	r->n_order = 0;
	for (uint32_t i = 0; i < g->n; i++) {
		const struct jfr_stack *s = &d->stacks[g->stacks[i]];

		if (g->scattered)
			number_stack(r, d->frames + s->first, s->n, p->stack + at);
		for (; !g->scattered && s->n && r->n_order < s->locations; r->n_order++)
			r->order[r->n_order] = r->n_order; /* they came in this order */
		p->stack_at[i] = at;
		at += s->n;
		known[i] = r->n_order;
	}
	p->stack_at[g->n] = at;
	return known;
}

/* Types of events in general that are always 0 were not there. */
static void drop_types(struct jfr_group *g)
{
	for (uint32_t k = g->n_types; g->other && k-- > 1;) {
		bool any = false;

		for (uint32_t i = 0; i < g->n && !any; i++)
			any = g->values[(size_t)i * g->n_types + k] != 0;
		if (any)
			continue;
		for (uint32_t i = 0, to = 0, n = g->n * g->n_types; i < n; i++)
			if (i % g->n_types != k)
				g->values[to++] = g->values[i];
		for (uint32_t t = k; t + 1 < g->n_types; t++) {
			g->types[t] = g->types[t + 1];
			g->units[t] = g->units[t + 1];
		}
		g->n_types--;
	}
}

static int64_t period_of(const struct jfr *d, uint32_t group)
{
	static const char *const times[] = { "", "cpu", "itimer", "ctimer", "wall", "cpu-clock", "task-clock" };
	int64_t by_rate = d->o->rate ? NS_PER_S / d->o->rate : 0, ns = 0;

	if (d->o->only_known)
		return by_rate;
	/* the interval of other events counts those */
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		if (str_eq(d->event, str_cstr(times[i])))
			ns = d->interval;
	if (group == KIND_WALL && d->wall_interval && !str_eq(d->event, STR("wall")))
		ns = d->wall_interval;
	if (group == KIND_NATIVE)
		ns = d->native_period;
	return ns ? ns : by_rate ? by_rate : NS_PER_S / FALLBACK_RATE;
}

static uint32_t fixed_string(struct profile *p, struct str s)
{
	for (uint32_t i = 0; i < p->n_strings; i++)
		if (str_eq(p->strings[i], s))
			return i;
	p->strings[p->n_strings] = s.n ? s : STR("");
	return p->n_strings++;
}

static void set_head(struct jfr *d, struct jfr_group *g, uint32_t group, struct profile *p)
{
	bool timed = group == KIND_CPU || group == KIND_WALL || group == KIND_NATIVE;
	int64_t period = timed ? period_of(d, group) : 1;

	fixed_string(p, STR(""));
	for (uint32_t k = 0; k < g->n_types; k++)
		p->types[k] = (struct value_type){ fixed_string(p, g->types[k]), fixed_string(p, g->units[k]) };
	if (g->period_type.n) {
		p->period_type = (struct value_type){ fixed_string(p, g->period_type),
			fixed_string(p, g->period_unit) };
		p->has_period_type = true;
	}
	for (size_t i = 0; timed && i < (size_t)g->n * g->n_types; i++)
		g->values[i] = wrap_mul(g->values[i], period);
	if (d->o->only_known)
		return;
	/* the first that says so is shown where all are summed: the recording's own event, times before bytes */
	if (group != KIND_CPU || !str_eq(d->event, STR("wall")))
		p->default_type = p->types[g->other ? MIN(1, g->n_types - 1) : g->n_types - 1].type;
	p->period = timed ? period : 0;
	p->time = (int64_t)d->begin;
	p->duration = (int64_t)d->ran;
}

/* known: locations after each sample. */
static void set_tables(struct jfr *d, const struct jfr_group *g, struct renumber *r, struct profile *p,
    const uint32_t *known)
{
	uint32_t n_tags = 0;

	for (uint32_t i = 0; i < g->n; i++) {
		struct jfr_tags t = jfr_tags_of(g, i);

		own_locations(d, r, p, known[i]);
		if (p->tag_at == NULL)
			continue;
		p->tag_at[i] = n_tags;
		for (uint32_t k = 0; k < t.n; k++) {
			struct tag tag = g->tags[t.first + k];

			tag.key = own_string(d, r, p, tag.key);
			tag.str = own_string(d, r, p, tag.str);
			p->tags[n_tags++] = tag;
		}
	}
	if (p->tag_at)
		p->tag_at[g->n] = n_tags;
}

static struct profile *make_profile(struct jfr *d, uint32_t group, struct renumber *r)
{
	struct jfr_group *g = &d->groups[group];
	struct profile *p = arena_zalloc(d->a, sizeof(*p));
	const uint32_t *known = set_stacks(d, g, r, p);
	uint32_t locations = r->n_order;

	if (known == NULL)
		return NULL;
	drop_types(g);
	p->mem = d->a;
	p->n_types = g->n_types;
	p->types = arena_zarray(d->a, JFR_TYPES, sizeof(*p->types));
	p->strings = arena_array(d->a,
	    (size_t)locations + MIN((size_t)g->n_tags * 2, (size_t)d->n_strings) + HEAD_STRINGS, sizeof(*p->strings));
	p->mappings = arena_zarray(d->a, 1, sizeof(*p->mappings));
	p->mappings[0] = (struct mapping){ .id = 1, .flags = MAPPING_HAS_FUNCTIONS };
	p->n_mappings = 1;
	p->functions = arena_array(d->a, (size_t)locations + 1, sizeof(*p->functions));
	p->locations = arena_array(d->a, (size_t)locations + 1, sizeof(*p->locations));
	p->lines = arena_array(d->a, (size_t)locations + 1, sizeof(*p->lines));
	p->comments = arena_zarray(d->a, 1, sizeof(*p->comments));
	if (g->sample_tags) {
		p->tag_at = arena_array(d->a, (size_t)g->n + 1, sizeof(*p->tag_at));
		p->tags = arena_array(d->a, g->sample_tags, sizeof(*p->tags));
	}
	set_head(d, g, group, p);
	p->n_samples = g->n;
	p->values = g->values;
	p->at = g->at;
	set_tables(d, g, r, p, known);
	return p;
}

int jfr_groups_finish(struct jfr *d, struct format_profiles *out)
{
	struct renumber r = {
		arena_zarray(d->tmp, (size_t)d->n_strings + 1, sizeof(*r.strings)),
		arena_zarray(d->tmp, (size_t)d->n_functions + 1, sizeof(*r.functions)),
		arena_zarray(d->tmp, (size_t)d->n_locations + 1, sizeof(*r.locations)),
		arena_array(d->tmp, (size_t)d->n_locations + 1, sizeof(*r.order)),
		0,
		0,
		false,
	};

	out->p = arena_zarray(d->a, (size_t)d->n_groups + 1, sizeof(*out->p));
	out->n = 0;
	for (uint32_t i = 0; i < d->n_groups; i++) {
		struct format_profile *f = &out->p[out->n];

		if (d->groups[i].n == 0)
			continue;
		f->p = make_profile(d, i, &r);
		if (f->p == NULL)
			return -1;
		f->name = d->groups[i].name;
		f->labels.p = arena_array(d->a, 2, sizeof(*f->labels.p));
		f->labels.n = 2;
		f->labels.p[0] = (struct label){ STR("__name__"), d->groups[i].metric };
		f->labels.p[1] = (struct label){ STR("jfr_event"), d->event };
		out->n++;
	}
	out->notes = d->notes;
	return 0;
}
