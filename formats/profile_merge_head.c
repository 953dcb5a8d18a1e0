/*
 * profile_merge_head.c - what the sum of profiles is of: its types and the
 * columns of each input, its period, times, comments, the type that is shown.
 */
#include "base/arith.h"
#include "formats/profile_merge_impl.h"

enum { MAX_TYPES = 1024 };

static struct merger_type type_of(const struct profile *p, struct value_type t)
{
	return (struct merger_type){ profile_str(p, t.type), profile_str(p, t.unit) };
}

static bool type_eq(struct merger_type x, struct merger_type y)
{
	return str_eq(x.type, y.type) && str_eq(x.unit, y.unit);
}

static struct merger_type keep_type(struct profile_merger *m, struct merger_type t)
{
	if (!m->o.copies)
		return t;
	return (struct merger_type){ arena_str(m->a, t.type), arena_str(m->a, t.unit) };
}

/* The column of type k of p; of equal types the n-th is the n-th. types.n: there is none yet. */
static uint32_t find_column(const struct profile_merger *m, const struct profile *p, uint32_t k)
{
	struct merger_type want = type_of(p, p->types[k]);
	uint32_t seen = 0, c;

	for (c = 0; c < k; c++)
		seen += type_eq(type_of(p, p->types[c]), want);
	for (c = 0; c < m->types.n; c++)
		if (type_eq(m->types.p[c], want) && seen-- == 0)
			break;
	return c;
}

static int bad_period(const struct profile_merger *m, const struct profile *p, struct err *e)
{
	struct merger_type own = type_of(p, p->period_type);

	return err_set(e, ERR_INVALID,
	    "profile %zu has period type " STR_FMT "/" STR_FMT ", the first has " STR_FMT "/" STR_FMT, m->n_in + 1,
	    STR_ARG(own.type), STR_ARG(own.unit), STR_ARG(m->period.type), STR_ARG(m->period.unit));
}

/* The first type of the merged profile that p does not have. */
static struct merger_type missing_type(const struct profile_merger *m, const struct profile *p)
{
	bool *has = arena_zarray(m->a, m->types.n + 1, sizeof(*has));
	uint32_t i = 0;

	for (uint32_t k = 0; k < p->n_types; k++)
		has[find_column(m, p, k)] = true;
	while (i + 1 < m->types.n && has[i])
		i++;
	return m->types.p[i];
}

static int check_alike(const struct profile_merger *m, const struct profile *p, struct err *e)
{
	if (m->n_in == 0)
		return 0;
	if (p->n_types != m->types.n)
		return err_set(e, ERR_INVALID, "profile %zu has %u sample types, the first has %zu", m->n_in + 1,
		    p->n_types, m->types.n);
	for (uint32_t k = 0; k < p->n_types; k++)
		if (find_column(m, p, k) == m->types.n) {
			struct merger_type t = missing_type(m, p);

			return err_set(e, ERR_INVALID,
			    "profile %zu has no sample type " STR_FMT "/" STR_FMT ", which the first has", m->n_in + 1,
			    STR_ARG(t.type), STR_ARG(t.unit));
		}
	if (!type_eq(m->period, type_of(p, p->period_type)))
		return bad_period(m, p, e);
	return 0;
}

int merger_columns(struct profile_merger *m, const struct profile *p, struct err *e)
{
	if (!m->o.unite && check_alike(m, p, e) < 0)
		return -1;
	m->columns.n = 0;
	vec_reserve(&m->columns, p->n_types + 1);
	for (uint32_t k = 0; k < p->n_types; k++) {
		m->columns.p[k] = find_column(m, p, k);
		if (m->columns.p[k] < m->types.n)
			continue;
		if (m->types.n == MAX_TYPES)
			return err_set(e, ERR_LIMIT, "profile %zu has %u sample types, more than %d in all",
			    m->n_in + 1, p->n_types, MAX_TYPES);
		vec_push(&m->types, keep_type(m, type_of(p, p->types[k])));
	}
	vec_reserve(&m->values, m->types.n + 1);
	memset(m->values.p, 0, m->types.n * sizeof(*m->values.p));
	return 0;
}

/* Each text once, in the order of first appearance. */
static void merge_comments(struct profile_merger *m)
{
	struct profile *head = &m->head;

	for (uint32_t i = 0; i < m->in->n_comments; i++) {
		uint32_t s = merger_str(m, m->in->comments[i]);

		while (m->noted.n <= s)
			vec_push(&m->noted, false);
		if (m->noted.p[s])
			continue;
		m->noted.p[s] = true;
		if (head->n_comments == m->cap_comments)
			head->comments = profile_grow(m->a, head->comments, sizeof(*head->comments), head->n_comments,
			    &m->cap_comments);
		head->comments[head->n_comments++] = s;
	}
}

void merger_head(struct profile_merger *m, bool beside)
{
	const struct profile *p = m->in;
	struct profile *head = &m->head;

	if (m->n_in == 0) {
		m->first_type = profile_default_type(p);
		head->drop_frames = merger_str(m, p->drop_frames);
		head->keep_frames = merger_str(m, p->keep_frames);
		head->period_type.type = merger_str(m, p->period_type.type);
		head->period_type.unit = merger_str(m, p->period_type.unit);
		m->period = keep_type(m, type_of(p, p->period_type));
	}
	head->has_period_type = head->has_period_type || p->has_period_type;
	if (p->time && (head->time == 0 || p->time < head->time))
		head->time = p->time;
	if (!beside || p->duration > m->longest) {
		head->duration = wrap_add(head->duration, wrap_sub(p->duration, beside ? m->longest : 0));
		m->longest = p->duration;
	}
	/* a period of another kind says nothing about the first */
	if (type_eq(m->period, type_of(p, p->period_type)))
		head->period = MAX(head->period, p->period);
	if ((head->default_type == 0 || m->chosen) && p->default_type != 0) {
		head->default_type = merger_str(m, p->default_type);
		m->chosen = false;
	}
	if (head->doc_url == 0)
		head->doc_url = merger_str(m, p->doc_url);
	merge_comments(m);
}

void merger_set_head(const struct profile_merger *m, struct profile *p)
{
	const struct profile *head = &m->head;

	p->drop_frames = head->drop_frames;
	p->keep_frames = head->keep_frames;
	p->has_period_type = head->has_period_type;
	p->period_type = head->period_type;
	p->time = head->time;
	p->duration = head->duration;
	p->period = head->period;
	p->default_type = head->default_type;
	p->doc_url = head->doc_url;
	if (head->n_comments)
		p->comments = head->comments;
	p->n_comments = head->n_comments;
}

void merger_resume_head(struct profile_merger *m, const struct profile *p)
{
	m->head = *p;
	m->cap_comments = p->n_comments;
	for (uint32_t i = 0; i < p->n_comments; i++) {
		while (m->noted.n <= p->comments[i])
			vec_push(&m->noted, false);
		m->noted.p[p->comments[i]] = true;
	}
	m->first_type = profile_default_type(p);
	m->period = type_of(p, p->period_type);
	for (uint32_t k = 0; k < p->n_types; k++)
		vec_push(&m->types, type_of(p, p->types[k]));
}

/*
 * Profiles of unlike types become one, and none of them says which type is to be shown: CPU, if there is any, else what would
 * be shown of the first profile. The last of all types, which it would be for pprof, is there by chance.
 */
void merger_choose_default(struct profile_merger *m)
{
	const struct profile *p = profile_builder_peek(m->b);
	uint32_t i = 0;

	m->chosen = true;
	while (i < m->types.n && !str_eq(m->types.p[i].type, STR("cpu")))
		i++;
	m->head.default_type = i < m->types.n ? profile_builder_str(m->b, m->types.p[i].type)
					      : p->types[m->first_type].type;
}
