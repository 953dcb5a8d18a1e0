/*
 * otlp_group.c - samples of one profile of a request as a struct profile, by
 * Pyroscope's rules: spec of the write API, 9.4. See otlp_impl.h.
 */
#include "base/enc.h"
#include "formats/otlp/otlp_group.h"

enum { FIRST_STACK = 1 << 22 }; /* locations: room that is made at once, at most */

/* ---- samples ---- */

static void add_tag(struct group *g, struct tag t)
{
	ROOM(g, g->p->tags, g->n_tags, cap_tags);
	g->p->tags[g->n_tags++] = t;
}

/* The names and texts of an attribute are looked up once for each group. */
static void attribute(struct group *g, uint32_t index)
{
	const struct otlp_attribute *x = &g->t->attributes[index];
	uint64_t *key = &g->m->keys[index], *value = &g->m->values[index];
	bool number = x->is_number && !g->q->o.as_stored;

	if (g->m->is_service[index])
		return;
	if (!otlp_is_moved(g, *key)) {
		struct str name, text = otlp_value(g->q, g->t, x);
		bool kept = otlp_label_name(g->q->o.labels, OTLP_OF_SAMPLE, otlp_key(g->q, g->t, x), &name);

		kept = kept && text.n > 0;
		*key = otlp_moved(g, kept ? otlp_new_string(g, name) : UINT32_MAX);
		*value = otlp_moved(g, kept && !number ? otlp_new_string(g, text) : 0);
	}
	if ((uint32_t)*key == UINT32_MAX)
		return;
	if (!number)
		add_tag(g, (struct tag){ .key = (uint32_t)*key, .str = (uint32_t)*value });
	else
		add_tag(g,
		    (struct tag){ .key = (uint32_t)*key,
			.num = x->number,
			.unit = x->unit < g->t->n_strings ? otlp_new_string(g, g->t->strings[x->unit]) : 0 });
}

static uint32_t hex_string(struct group *g, struct str bytes)
{
	char *text = arena_alloc(g->q->a, bytes.n * 2 + 1);
	struct buf b;

	buf_init(&b, SIZE_MAX);
	enc_hex(&b, bytes);
	memcpy(text, b.p, b.n);
	buf_fini(&b);
	return otlp_new_string(g, str_of(text, bytes.n * 2));
}

static int link_tags(struct group *g, uint32_t index)
{
	const struct otlp_link *l;
	uint64_t *span, *trace;
	struct str name;

	if (index >= g->t->n_links)
		return err_set(g->e, ERR_INVALID, "could not access link at index %d: index %d out of bounds",
		    (int32_t)index, (int32_t)index);
	l = &g->t->links[index];
	span = &g->m->spans[index];
	trace = &g->m->traces[index];
	if (!otlp_is_moved(g, *span)) {
		*span = otlp_moved(g, l->span.n > 0 ? hex_string(g, l->span) : 0);
		*trace = otlp_moved(g, l->trace.n == 16 ? hex_string(g, l->trace) : 0);
	}
	if ((uint32_t)*span != 0 && otlp_label_name(g->q->o.labels, OTLP_OF_SAMPLE, STR("span_id"), &name))
		add_tag(g, (struct tag){ .key = otlp_new_string(g, name), .str = (uint32_t)*span });
	if ((uint32_t)*trace != 0 && otlp_label_name(g->q->o.labels, OTLP_OF_SAMPLE, STR("trace_id"), &name))
		add_tag(g, (struct tag){ .key = otlp_new_string(g, name), .str = (uint32_t)*trace });
	return 0;
}

static int tags(struct group *g, const struct otlp_sample *s)
{
	const struct otlp_request *rq = &g->q->rq;

	if (g->q->o.no_tags)
		return 0;
	for (uint32_t i = 0; i < s->attributes.n; i++) {
		uint32_t index = rq->attribute_refs[s->attributes.at + i];

		if (index >= g->t->n_attributes)
			return err_set(g->e, ERR_INVALID,
			    "could not access attribute at index %u: index %d out of bounds", i, (int32_t)index);
		attribute(g, index);
	}
	for (uint32_t i = 0; i < s->labels.n; i++) {
		const struct otlp_label *l = &rq->labels[s->labels.at + i];
		struct tag t = { .num = l->number };

		if (otlp_string(g, l->key, "could not access label key", &t.key) < 0 ||
		    otlp_string(g, l->str, "could not access label text", &t.str) < 0 ||
		    otlp_string(g, l->unit, "could not access label unit", &t.unit) < 0)
			return -1;
		add_tag(g, t);
	}
	return s->has_link ? link_tags(g, s->link) : 0;
}

/* The values of a sample, one for each type, into out. */
static int values(struct group *g, const struct otlp_sample *s, int64_t *out)
{
	const int64_t *v = g->q->rq.values + s->values.at;
	int64_t count = s->times.n;
	uint32_t n = s->values.n, types = g->p->n_types;
	uint64_t sum = 0;

	if (n == 0 && count > 0) {
		v = &count;
		n = 1;
	}
	if (n == 0)
		return err_set(g->e, ERR_INVALID, "sample value is required");
	/* of one type: a value for each timestamp */
	if (g->conversion == ADD_UP || (!g->q->o.as_stored && types == 1)) {
		for (uint32_t i = 0; i < n; i++)
			sum += (uint64_t)v[i];
		out[0] = (int64_t)sum;
		return 0;
	}
	if (g->src->period != 0 && g->src->has_period_type && n != types)
		return err_set(g->e, ERR_INVALID, "sample values length mismatch %u %u", n, types);
	g->p->faults.value_count += n != types;
	for (uint32_t i = 0; i < types; i++)
		out[i] = i < n ? v[i] : 0;
	if (g->conversion == TO_NANOSECONDS)
		out[0] = (int64_t)((uint64_t)out[0] * (uint64_t)g->src->period);
	return 0;
}

static int sample(struct group *g, const struct otlp_sample *s)
{
	struct profile *p = g->p;
	uint32_t i = p->n_samples;

	if (values(g, s, p->values + (size_t)i * p->n_types) < 0 || tags(g, s) < 0 || otlp_stack(g, s) < 0)
		return -1;
	p->n_samples++;
	p->stack_at[p->n_samples] = g->n_stack;
	p->tag_at[p->n_samples] = g->n_tags;
	return 0;
}

/* How many samples it is when each of its timestamps is one; 1: it stays whole. */
static uint32_t times_of(const struct group *g, const struct otlp_sample *s)
{
	if (!g->q->o.times || g->p->n_types != 1 || s->times.n < 2)
		return 1;
	return s->values.n == 0 || s->values.n == s->times.n ? s->times.n : 1;
}

/* The sample that was just added again, once for each of its timestamps. */
static int spread(struct group *g, const struct otlp_sample *s, uint32_t n)
{
	struct profile *p = g->p;
	uint32_t first = p->n_samples - 1, from = p->stack_at[first], tags_from = p->tag_at[first];
	uint32_t n_stack = g->n_stack - from, n_tags = g->n_tags - tags_from;
	const struct otlp_request *rq = &g->q->rq;

	for (uint32_t k = 0; k < n; k++) {
		if (k > 0) {
			if (otlp_same_stack(g, from, n_stack) < 0)
				return -1;
			if (otlp_spend(g->q, n_tags, 6, "the samples of the profiles", "tags", g->e) < 0)
				return -1;
			for (uint32_t i = 0; i < n_tags; i++)
				add_tag(g, p->tags[tags_from + i]);
			p->n_samples++;
			p->stack_at[p->n_samples] = g->n_stack;
			p->tag_at[p->n_samples] = g->n_tags;
		}
		if (n > 1)
			p->values[first + k] = s->values.n ? rq->values[s->values.at + k] : 1;
		p->at[first + k] = s->times.n ? (int64_t)rq->times[s->times.at + k] : g->src->time;
	}
	return 0;
}

static int samples(struct group *g, const uint32_t *list, uint32_t n)
{
	const struct otlp_sample *all = g->q->rq.samples;
	struct profile *p = g->p;
	size_t total = 0, stacks = 0;
	bool any = false;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t stack = all[list[i]].stack;

		stacks += otlp_has_stacks(&g->q->rq) && stack < g->t->n_stacks ? g->t->stacks[stack].n : 0;
		total += times_of(g, &all[list[i]]);
		any = any || all[list[i]].times.n > 0;
	}
	if (total >= UINT32_MAX)
		return err_set(g->e, ERR_LIMIT, "%zu samples are more than a profile may have", total);
	if (otlp_spend(g->q, total * p->n_types, 2, "the samples of the profiles", "values", g->e) < 0)
		return -1;
	g->cap_stack = (uint32_t)MIN(stacks, (size_t)FIRST_STACK);
	p->stack = arena_array(g->q->a, g->cap_stack, sizeof(*p->stack));
	p->stack_at = arena_zarray(g->q->a, total + 1, sizeof(*p->stack_at));
	p->tag_at = arena_zarray(g->q->a, total + 1, sizeof(*p->tag_at));
	p->values = arena_array(g->q->a, total * p->n_types, sizeof(*p->values));
	if (g->q->o.times && any)
		p->at = arena_zarray(g->q->a, total, sizeof(*p->at));
	for (uint32_t i = 0; i < n; i++) {
		const struct otlp_sample *s = &all[list[i]];

		if (sample(g, s) < 0)
			return -1;
		if (p->at != NULL && spread(g, s, times_of(g, s)) < 0)
			return -1;
	}
	return 0;
}

/* ---- the profile ---- */

static int value_type(struct group *g, struct otlp_type t, struct value_type *out)
{
	if (otlp_string(g, t.type, "could not access type string", &out->type) < 0)
		return -1;
	return otlp_string(g, t.unit, "could not access unit string", &out->unit);
}

static bool type_is(const struct group *g, struct value_type t, const char *type, const char *unit)
{
	return str_eq(g->p->strings[t.type], str_cstr(type)) && str_eq(g->p->strings[t.unit], str_cstr(unit));
}

/* The profile's name, and what is done to its values: by the types of sample and period. */
static struct str name_of(struct group *g)
{
	struct profile *p = g->p;
	bool period = p->has_period_type && p->period != 0;

	if (p->n_types > 1) {
		if (!period || type_is(g, p->period_type, "cpu", "nanoseconds"))
			return STR("process_cpu");
		return p->strings[p->period_type.type];
	}
	if (type_is(g, p->types[0], "samples", "count") && period && type_is(g, p->period_type, "cpu", "nanoseconds")) {
		if (g->q->o.as_stored) {
			p->types[0] = (struct value_type){ otlp_new_string(g, STR("cpu")),
				otlp_new_string(g, STR("nanoseconds")) };
			g->conversion = TO_NANOSECONDS;
		}
		return STR("process_cpu");
	}
	if (type_is(g, p->types[0], "off_cpu", "nanoseconds") &&
	    (!period || (p->strings[p->period_type.type].n == 0 && p->strings[p->period_type.unit].n == 0))) {
		g->conversion = ADD_UP;
		return STR("off_cpu");
	}
	/* Pyroscope refuses a profile without a period for having no name; a file is read all the same */
	if (!period && !g->q->o.as_stored)
		return p->strings[p->types[0].type];
	return period ? p->strings[p->period_type.type] : STR_NONE;
}

static int head(struct group *g, struct str *name)
{
	const struct otlp_profile *src = g->src;
	struct profile *p = g->p;

	otlp_new_string(g, STR(""));
	p->time = src->time;
	p->duration = src->duration;
	p->period = src->period;
	p->n_types = src->types.n;
	if (src->types.n == 0)
		return err_set(g->e, ERR_INVALID, "sample type is missing");
	p->types = arena_zarray(g->q->a, p->n_types, sizeof(*p->types));
	for (uint32_t i = 0; i < p->n_types; i++)
		if (value_type(g, g->q->rq.types[src->types.at + i], &p->types[i]) < 0)
			return err_wrap(g->e, "could not process sample type");
	p->has_period_type = src->has_period_type;
	if (p->has_period_type && value_type(g, src->period_type, &p->period_type) < 0)
		return -1;
	p->default_type = p->types[p->n_types - 1].type;
	*name = name_of(g);
	if (p->duration == 0 && g->q->o.as_stored)
		p->duration = 10 * NS_PER_S;
	return 0;
}

/* Arrays that stayed empty become arrays of nothing. */
static void no_nulls(struct group *g)
{
	struct profile *p = g->p;

	if (p->mappings == NULL)
		p->mappings = arena_zarray(g->q->a, 1, sizeof(*p->mappings));
	if (p->functions == NULL)
		p->functions = arena_zarray(g->q->a, 1, sizeof(*p->functions));
	if (p->locations == NULL)
		p->locations = arena_zarray(g->q->a, 1, sizeof(*p->locations));
	if (p->lines == NULL)
		p->lines = arena_zarray(g->q->a, 1, sizeof(*p->lines));
	if (p->stack == NULL)
		p->stack = arena_zarray(g->q->a, 1, sizeof(*p->stack));
	p->comments = arena_zarray(g->q->a, 1, sizeof(*p->comments));
	if (g->n_tags == 0)
		p->tag_at = NULL;
}

int otlp_group(struct otlp *q, uint32_t i, const uint32_t *list, uint32_t n, struct profile **out, struct str *name,
    struct err *e)
{
	const struct otlp_profile *src = &q->rq.profiles[i];
	struct group g = { .q = q, .src = src, .t = &q->rq.tables[src->tables], .m = &q->maps[src->tables], .e = e };

	q->turn++;
	g.p = arena_zalloc(q->a, sizeof(*g.p));
	g.p->mem = q->a;
	if (head(&g, name) < 0 || samples(&g, list, n) < 0)
		return -1;
	no_nulls(&g);
	*out = g.p;
	return 0;
}
