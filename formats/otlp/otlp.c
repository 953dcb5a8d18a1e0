/* otlp.c - see otlp.h: requests, the groups of their profiles, and their labels */
#include "formats/otlp/otlp.h"

#include "base/hash.h"
#include "formats/otlp/otlp_impl.h"

enum { MAX_LABELS = 250 };                          /* of one profile */
enum { UNSEEN = 254 };                              /* a mapping without locations so far */
enum { MOST_SHARED = 1 << 22, MOST_PER_BYTE = 32 }; /* words that come again: in all, and more for each byte of input */

int otlp_read(struct arena *a, struct str bytes, enum otlp_wire wire, const struct otlp_opts *o, struct otlp **out,
    struct err *e)
{
	struct otlp *q = arena_zalloc(a, sizeof(*q));

	q->a = a;
	q->o = *o;
	q->size = bytes.n;
	if (wire == OTLP_JSON ? otlp_read_json(a, bytes, o->lenient, &q->rq, &q->unknown, e) < 0
			      : otlp_read_wire(a, bytes, &q->rq, e) < 0)
		return -1;
	q->maps = arena_zarray(a, q->rq.n_tables, sizeof(*q->maps));
	*out = q;
	return 0;
}

uint32_t otlp_profiles(const struct otlp *q)
{
	return q->rq.n_profiles;
}

uint32_t otlp_samples(const struct otlp *q)
{
	return q->rq.n_samples;
}

uint32_t otlp_unknown_members(const struct otlp *q)
{
	return q->unknown;
}

bool otlp_has_resources(const struct otlp *q)
{
	return q->rq.has_resources;
}

bool otlp_has_tables(const struct otlp *q)
{
	return q->rq.has_dictionary || q->rq.tables[0].n_strings > 0 || q->rq.n_tables > 1;
}

const char *otlp_schema(const struct otlp *q)
{
	return otlp_version_text(q->rq.version);
}

bool otlp_is_strange(const struct otlp *q)
{
	return q->rq.n_profiles > 0 && q->rq.n_samples == 0 && q->rq.has_stray;
}

size_t otlp_profile_size(const struct otlp *q, uint32_t i)
{
	return q->rq.profiles[i].wire_size;
}

int otlp_spend(struct otlp *q, uint64_t n, unsigned words, const char *of, const char *what, struct err *e)
{
	uint64_t limit = MOST_SHARED + (uint64_t)q->size * MOST_PER_BYTE;

	if (n > limit / words || q->spread > limit - n * words)
		return err_set(e, ERR_LIMIT, "%s have more than %llu %s in all", of,
		    (unsigned long long)(limit / words), what);
	q->spread += n * words;
	return 0;
}

/* ---- what is known of the tables before any profile is converted ---- */

/* In newer schemas entry 0 of a table is none. */
static uint8_t location_flags(const struct otlp *q, const struct otlp_tables *t, const struct otlp_location *l)
{
	uint8_t flags = MAPPING_HAS_FUNCTIONS | MAPPING_HAS_LINE_NUMBERS | MAPPING_HAS_FILENAMES;
	bool zero_is_none = otlp_has_stacks(&q->rq);

	if (l->n_lines == 0)
		return 0;
	for (uint32_t i = l->first_line; i < l->first_line + l->n_lines; i++) {
		const struct otlp_line *line = &t->lines[i];
		bool function = line->function <= INT32_MAX && (line->function > 0 || !zero_is_none);

		if (!function)
			flags &= (uint8_t)~MAPPING_HAS_FUNCTIONS;
		if (line->line <= 0)
			flags &= (uint8_t)~MAPPING_HAS_LINE_NUMBERS;
		if (function && line->function < t->n_functions && t->functions[line->function].file - 1 >= INT32_MAX)
			flags &= (uint8_t)~MAPPING_HAS_FILENAMES;
	}
	return flags;
}

static void prepare(struct otlp *q, uint32_t tables)
{
	const struct otlp_tables *t = &q->rq.tables[tables];
	struct otlp_maps *m = &q->maps[tables];

	if (m->ready)
		return;
	m->ready = true;
	m->strings = arena_zarray(q->a, t->n_strings, sizeof(*m->strings));
	m->functions = arena_zarray(q->a, t->n_functions, sizeof(*m->functions));
	m->locations = arena_zarray(q->a, t->n_locations, sizeof(*m->locations));
	m->mappings = arena_zarray(q->a, (size_t)t->n_mappings * 16, sizeof(*m->mappings));
	m->stacks = arena_zarray(q->a, t->n_stacks, sizeof(*m->stacks));
	m->keys = arena_zarray(q->a, t->n_attributes, sizeof(*m->keys));
	m->values = arena_zarray(q->a, t->n_attributes, sizeof(*m->values));
	m->spans = arena_zarray(q->a, t->n_links, sizeof(*m->spans));
	m->traces = arena_zarray(q->a, t->n_links, sizeof(*m->traces));
	m->mapping_flags = arena_zarray(q->a, t->n_mappings, sizeof(*m->mapping_flags));
	m->mapping_seen = arena_zarray(q->a, t->n_mappings, sizeof(*m->mapping_seen));
	m->location_flags = arena_array(q->a, t->n_locations, sizeof(*m->location_flags));
	m->mapping_uniform = arena_array(q->a, t->n_mappings, sizeof(*m->mapping_uniform));
	memset(m->mapping_uniform, UNSEEN, t->n_mappings);
	for (uint32_t i = 0; i < t->n_locations; i++) {
		uint8_t flags = location_flags(q, t, &t->locations[i]), *all;

		m->location_flags[i] = flags;
		if (t->locations[i].mapping >= t->n_mappings)
			continue;
		all = &m->mapping_uniform[t->locations[i].mapping];
		*all = *all == UNSEEN || *all == flags ? flags : OTLP_MIXED_FLAGS;
	}
	m->is_service = arena_array(q->a, t->n_attributes, sizeof(*m->is_service));
	for (uint32_t i = 0; i < t->n_attributes; i++)
		m->is_service[i] = str_eq(otlp_key(q, t, &t->attributes[i]), STR("service.name"));
}

/* ---- groups ---- */

struct groups {
	struct str *services;
	uint32_t n, cap;
	struct table by_service;
	uint32_t *of;    /* by sample of the profile */
	uint32_t *sizes; /* by group */
	uint32_t cap_sizes;
};

static uint32_t group_of(struct otlp *q, struct groups *gs, struct str service)
{
	uint64_t hash = hash_seeded(service);
	struct table_at at = table_find(&gs->by_service, hash);

	for (uint32_t i; table_next(&at, &i);)
		if (str_eq(gs->services[i], service))
			return i;
	if (gs->n == gs->cap)
		gs->services = profile_grow(q->a, gs->services, sizeof(*gs->services), gs->n, &gs->cap);
	if (gs->n == gs->cap_sizes)
		gs->sizes = profile_grow(q->a, gs->sizes, sizeof(*gs->sizes), gs->n, &gs->cap_sizes);
	gs->services[gs->n] = service;
	gs->sizes[gs->n] = 0;
	table_put(&gs->by_service, q->a, hash, gs->n);
	return gs->n++;
}

/* The service that a sample names itself; empty: none. */
static int service_of_sample(struct otlp *q, const struct otlp_profile *p, struct otlp_span s, struct str *service,
    struct err *e)
{
	const struct otlp_tables *t = &q->rq.tables[p->tables];
	const struct otlp_maps *m = &q->maps[p->tables];

	*service = STR_NONE;
	for (uint32_t k = 0; k < s.n; k++) {
		uint32_t index = q->rq.attribute_refs[s.at + k];

		if (index >= t->n_attributes)
			return err_set(e, ERR_INVALID, "could not access attribute at index %u: index %d out of bounds",
			    k, (int32_t)index);
		if (m->is_service[index]) {
			*service = otlp_value(q, t, &t->attributes[index]);
			return 0;
		}
	}
	return 0;
}

/* Samples that follow each other mostly have the same service. */
static int find_groups(struct otlp *q, const struct otlp_profile *p, struct groups *gs, struct err *e)
{
	uint32_t last = 0;

	gs->of = arena_array(q->a, p->samples.n, sizeof(*gs->of));
	for (uint32_t i = 0; i < p->samples.n; i++) {
		struct otlp_span s = q->rq.samples[p->samples.at + i].attributes;
		struct str service;

		if (service_of_sample(q, p, s, &service, e) < 0)
			return -1;
		if (gs->n == 0 || !str_eq(gs->services[last], service))
			last = group_of(q, gs, service);
		gs->of[i] = last;
		gs->sizes[last]++;
	}
	return 0;
}

/* The samples of all groups, one group after another; starts has one entry more than there are groups. */
static const uint32_t *sort_by_group(struct otlp *q, const struct otlp_profile *p, const struct groups *gs,
    uint32_t *starts)
{
	uint32_t *list = arena_array(q->a, p->samples.n, sizeof(*list));

	starts[0] = 0;
	for (uint32_t k = 0; k < gs->n; k++) {
		starts[k + 1] = starts[k] + gs->sizes[k];
		gs->sizes[k] = starts[k];
	}
	for (uint32_t i = 0; i < p->samples.n; i++)
		list[gs->sizes[gs->of[i]]++] = p->samples.at + i;
	return list;
}

/* ---- labels ---- */

struct label_list {
	struct labels l;
	uint32_t cap;
};

static void add_label(struct otlp *q, struct label_list *x, struct str name, struct str value)
{
	if (x->l.n == x->cap)
		x->l.p = profile_grow(q->a, x->l.p, sizeof(*x->l.p), x->l.n, &x->cap);
	x->l.p[x->l.n++] = (struct label){ name, value };
}

/* The first of a name counts; the profile's name is not for them to set. */
static void add_attribute(struct otlp *q, struct label_list *x, enum otlp_source source, const struct otlp_tables *t,
    const struct otlp_attribute *a)
{
	struct str value = otlp_value(q, t, a), name;

	if (value.n == 0 || !otlp_label_name(q->o.labels, source, otlp_key(q, t, a), &name))
		return;
	if (str_eq(name, STR("__name__")))
		return;
	for (uint32_t i = q->o.as_stored ? 2 : 0; i < x->l.n; i++)
		if (str_eq(x->l.p[i].name, name))
			return;
	add_label(q, x, name, value);
}

static void add_pairs(struct otlp *q, struct label_list *x, enum otlp_source source, struct otlp_span s)
{
	for (uint32_t i = 0; i < s.n && x->l.n <= MAX_LABELS; i++)
		add_attribute(q, x, source, &q->rq.tables[0], &q->rq.pairs[s.at + i]);
}

/* The service that the resource names; without one: unknown_service, with the program's name where it is given. */
static struct str service_of(struct otlp *q, struct otlp_span s)
{
	struct str program = STR_NONE;

	for (uint32_t i = 0; i < s.n; i++) {
		const struct otlp_attribute *a = &q->rq.pairs[s.at + i];
		struct str key = otlp_key(q, &q->rq.tables[0], a), value = otlp_value(q, &q->rq.tables[0], a);

		if (value.n == 0)
			continue;
		if (str_eq(key, STR("service.name")))
			return value;
		if (str_eq(key, STR("process.executable.name")))
			program = value;
	}
	return program.n > 0 ? arena_printf(q->a, "unknown_service:" STR_FMT, STR_ARG(program))
			     : STR("unknown_service");
}

static int labels_of(struct otlp *q, const struct otlp_profile *p, struct str name, struct str service,
    struct labels *out, struct err *e)
{
	const struct otlp_tables *t = &q->rq.tables[p->tables];
	const struct otlp_span resource = q->rq.resources[p->resource], scope = q->rq.scopes[p->scope];
	struct label_list x = { 0 };

	if (otlp_spend(q, (uint64_t)resource.n * 2 + scope.n + p->attributes.n + p->refs.n, 2, "the profiles",
		"attributes", e) < 0)
		return -1;
	if (q->o.as_stored) {
		add_label(q, &x, STR("__delta__"), STR("false"));
		add_label(q, &x, STR("__otel__"), STR("true"));
	}
	add_label(q, &x, STR("__name__"), name);
	add_pairs(q, &x, OTLP_OF_RESOURCE, resource);
	add_pairs(q, &x, OTLP_OF_SCOPE, scope);
	add_pairs(q, &x, OTLP_OF_PROFILE, p->attributes);
	for (uint32_t i = 0; i < p->refs.n && x.l.n <= MAX_LABELS; i++) {
		uint32_t index = q->rq.profile_refs[p->refs.at + i];

		if (index < t->n_attributes)
			add_attribute(q, &x, OTLP_OF_PROFILE, t, &t->attributes[index]);
	}
	add_label(q, &x, STR("service_name"), service.n > 0 ? service : service_of(q, resource));
	*out = x.l;
	if (x.l.n <= MAX_LABELS)
		return 0;
	return err_set(e, ERR_INVALID, "more than %d attributes would be labels", MAX_LABELS);
}

/* ---- a profile ---- */

int otlp_convert(struct otlp *q, uint32_t i, struct format_profiles *out, struct err *e)
{
	const struct otlp_profile *p = &q->rq.profiles[i];
	struct groups gs = { 0 };
	const uint32_t *list;
	uint32_t *starts;

	memset(out, 0, sizeof(*out));
	if (p->samples.n == 0)
		return 0;
	prepare(q, p->tables);
	if (find_groups(q, p, &gs, e) < 0)
		return -1;
	out->p = arena_zarray(q->a, gs.n, sizeof(*out->p));
	starts = arena_array(q->a, (size_t)gs.n + 1, sizeof(*starts));
	list = sort_by_group(q, p, &gs, starts);
	for (uint32_t k = 0; k < gs.n; k++) {
		struct format_profile *f = &out->p[k];
		struct str name;

		if (otlp_group(q, i, list + starts[k], starts[k + 1] - starts[k], &f->p, &name, e) < 0 ||
		    labels_of(q, p, name, gs.services[k], &f->labels, e) < 0)
			return -1;
		out->n++;
	}
	return 0;
}
