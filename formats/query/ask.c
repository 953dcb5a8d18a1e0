/* ask.c - see ask.h */
#include "formats/query/ask.h"

#include <stdlib.h>

#include "base/arith.h"
#include "formats/pprof/pprof.h"
#include "formats/ulid.h"

enum { MAX_ENCODED = INT32_MAX };

struct part part_none(void)
{
	return (struct part){ .min_time = INT64_MAX, .max_time = INT64_MIN };
}

void part_fini(struct part *p)
{
	tree_free(p->tree);
	p->tree = NULL;
}

/* ---- the question, parsed ---- */

struct parsed {
	struct selector *list;
	struct selector **pointers;
	size_t n;
	bool everything; /* some selector has no matcher */
	struct query q;
	struct profile_type type;
};

static void parsed_fini(struct parsed *p)
{
	for (size_t i = 0; i < p->n; i++)
		selector_fini(&p->list[i]);
}

static int parse_selectors(struct arena *a, const struct pyro_ask *ask, struct patience *patience, struct parsed *p,
    struct err *e)
{
	size_t engines = 0, size = 0;

	if (ask->selectors.n > ASK_MAX_NAMES)
		return err_set(e, ERR_INVALID, "%zu selectors, the limit is %d", ask->selectors.n, ASK_MAX_NAMES);
	if (ask->names.n > ASK_MAX_NAMES)
		return err_set(e, ERR_INVALID, "%zu label names, the limit is %d", ask->names.n, ASK_MAX_NAMES);
	p->list = arena_zarray(a, ask->selectors.n, sizeof(*p->list));
	p->pointers = arena_zarray(a, ask->selectors.n, sizeof(*p->pointers));
	for (size_t i = 0; i < ask->selectors.n; i++) {
		if (selector_parse(a, ask->selectors.p[i], &p->list[i], e) < 0)
			return -1;
		p->n++;
		p->everything = p->everything || p->list[i].n == 0;
		p->pointers[i] = &p->list[i];
		p->list[i].patience = patience;
		engines += p->list[i].engines;
		size += p->list[i].size;
		if (engines > SELECTOR_MAX_ENGINES || size > SELECTOR_MAX_SIZE)
			return err_set(e, ERR_INVALID,
			    "selectors with more or larger regular expressions than one may have");
	}
	return 0;
}

/* In order, because there may be hundreds of thousands, and each sample looks for its own. */
static const uint64_t *parse_spans(struct arena *a, const struct pyro_ask *ask)
{
	uint64_t *p = arena_array(a, ask->spans.n, sizeof(*p));

	if (ask->spans.n > 0)
		memcpy(p, ask->spans.p, ask->spans.n * sizeof(*p));
	if (ask->spans.n > 1)
		qsort(p, ask->spans.n, sizeof(*p), query_span_cmp);
	return p;
}

static int parse_merge(struct arena *a, const struct pyro_ask *ask, struct parsed *p, struct err *e)
{
	struct query *q = &p->q;
	uint8_t(*ids)[16] = arena_array(a, ask->profile_ids.n, sizeof(*ids));

	if (p->n != 1)
		return err_set(e, ERR_INVALID, "one selector is needed, not %zu", p->n);
	if (profile_type_parse(ask->profile_type, &p->type, e) < 0)
		return -1;
	selector_add(a, &p->list[0], MATCH_EQ, STR("__profile_type__"), profile_type_id(a, &p->type));
	for (size_t i = 0; i < ask->profile_ids.n; i++) {
		if (uuid_parse(ask->profile_ids.p[i], ids[i], e) < 0)
			return err_wrap(e, "profile id");
	}
	if (ask->profile_ids.n > 1)
		qsort(ids, ask->profile_ids.n, sizeof(*ids), query_id_cmp);
	*q = (struct query){ .selector = &p->list[0],
		.from = ask->from,
		.to = ask->to,
		.call_site = ask->call_site.p,
		.n_call_site = (uint32_t)ask->call_site.n,
		.spans = parse_spans(a, ask),
		.n_spans = (uint32_t)ask->spans.n,
		.by_span = ask->by_span,
		.profile_ids = (const uint8_t(*)[16])ids,
		.n_profile_ids = (uint32_t)ask->profile_ids.n };
	return 0;
}

/* ---- answers ---- */

static void part_found(struct arena *a, const struct merged_profile *found, struct part *out)
{
	out->profile = found->profile;
	out->builder = found->profile != NULL ? found->builder : NULL;
	if (found->pprof.n > 0) {
		out->pprofs = (struct msg_strs){ arena_array(a, 1, sizeof(struct str)), 1 };
		out->pprofs.p[0] = found->pprof;
	}
}

static int run_profile(struct arena *a, const struct pyro_ask *ask, const struct ask_way *way, const struct parsed *p,
    struct dataset *const *sets, size_t n, struct part *out, struct err *e)
{
	struct query_profile_opts o = { .type = p->type,
		.max_nodes = ask->max_nodes,
		.go_pgo = ask->go_pgo,
		.keep_locations = ask->keep_locations,
		.aggregate_callees = ask->aggregate_callees,
		.packed = way->packed,
		.cut = &out->cut };
	struct merged_profile found;

	if (query_profile(a, sets, n, &p->q, &o, &found, e) < 0)
		return -1;
	part_found(a, &found, out);
	return 0;
}

bool ask_by_sums(const struct pyro_ask *ask)
{
	return (ask->kind == ASK_TREE || ask->kind == ASK_PROFILE) && ask->max_nodes <= 0 && !ask->go_pgo &&
	    !ask->by_span && ask->profile_ids.n == 0 && ask->call_site.n == 0;
}

int ask_sums_part(struct arena *a, const struct pyro_ask *ask, const struct ask_way *way, struct part *out,
    struct err *e)
{
	struct query_profile_opts o = { .packed = way->packed };
	struct merged_profile found;

	*out = part_none();
	if (ask->kind == ASK_TREE) {
		out->tree = tree_new();
		sums_tree(way->sums, out->tree);
		return 0;
	}
	if (profile_type_parse(ask->profile_type, &o.type, e) < 0)
		return -1;
	sums_profile(a, way->sums, &o, &found);
	part_found(a, &found, out);
	return 0;
}

static int run_series(struct arena *a, const struct pyro_ask *ask, const struct parsed *p, struct dataset *const *sets,
    size_t n, struct part *out, struct err *e)
{
	struct query_series_opts o = { .by = ask->names.p,
		.n_by = (uint32_t)ask->names.n,
		.functions = ask->functions.p,
		.n_functions = (uint32_t)ask->functions.n,
		.cum = ask->cum,
		.from_ms = ask->from_ms,
		.to_ms = ask->to_ms,
		.step_ms = ask->step_ms };

	if (o.step_ms <= 0)
		return err_set(e, ERR_INVALID, "step must be non-zero");
	if (ask->functions.n > SERIES_MAX_FUNCTIONS)
		return err_set(e, ERR_INVALID, "time series of more than %d functions", SERIES_MAX_FUNCTIONS);
	return query_series(a, sets, n, &p->q, &o, &out->series, e);
}

static int64_t floor_hour(int64_t t)
{
	const int64_t hour = 3600 * NS_PER_S;
	int64_t rest = t % hour;

	return t - rest - (rest < 0 ? hour : 0);
}

/*
 * Labels are known by the hour, in memory as in blocks: the range widens to whole hours.
 * An end on the hour is the last of an hour: of the next, only what has that millisecond counts.
 */
struct label_range ask_label_range(const struct pyro_ask *ask)
{
	const int64_t hour = 3600 * NS_PER_S;
	struct label_range in = { ask->from < INT64_MIN + hour ? INT64_MIN : floor_hour(ask->from), ask->to };

	if (ask->from == 0 && ask->to == 0)
		return (struct label_range){ INT64_MIN, INT64_MAX };
	if (ask->to > INT64_MAX - hour)
		in.to = INT64_MAX;
	else if (ask->to >= INT64_MIN + hour && ask->to - floor_hour(ask->to) >= NS_PER_MS)
		in.to = floor_hour(ask->to) + hour - 1;
	return in;
}

static int run_labels(struct arena *a, const struct pyro_ask *ask, const struct parsed *p, struct dataset *const *sets,
    size_t n, struct part *out, struct err *e)
{
	struct label_range in = ask_label_range(ask);
	size_t n_sel = p->everything ? 0 : p->n;

	if (ask->kind == ASK_NAMES)
		return query_label_names(a, sets, n, p->pointers, n_sel, in, &out->strings, e);
	if (ask->kind == ASK_SETS)
		return query_label_sets(a, sets, n, p->pointers, n_sel, in, ask->names.p, ask->names.n, &out->sets, e);
	if (ask->names.n != 1)
		return err_set(e, ERR_INVALID, "name is required");
	return query_label_values(a, sets, n, p->pointers, n_sel, in, ask->names.p[0], &out->strings, e);
}

static int run_merge(struct arena *a, const struct pyro_ask *ask, const struct ask_way *way, struct parsed *p,
    struct dataset *const *sets, size_t n, struct part *out, struct err *e)
{
	if (parse_merge(a, ask, p, e) < 0)
		return -1;
	if (way->sums != NULL && ask_by_sums(ask))
		return query_sums(way->sums, sets, n, &p->q, e);
	if (ask->kind == ASK_PROFILE)
		return run_profile(a, ask, way, p, sets, n, out, e);
	if (ask->kind == ASK_SERIES)
		return run_series(a, ask, p, sets, n, out, e);
	if (ask->kind == ASK_POINTS)
		return query_points(a, sets, n, &p->q, ask->span_points, &out->points, e);
	out->tree = tree_new();
	return query_tree(sets, n, &p->q, out->tree, e);
}

static int run_plan(struct arena *a, const struct pyro_ask *ask, struct parsed *p, struct dataset *const *sets,
    size_t n, struct part *out, struct err *e)
{
	struct query q = { .selector = &p->list[0], .from = ask->from, .to = ask->to };

	if (p->n != 1)
		return err_set(e, ERR_INVALID, "one selector is needed, not %zu", p->n);
	if (ask->profile_type.n > 0)
		selector_add(a, &p->list[0], MATCH_EQ, STR("__profile_type__"), ask->profile_type);
	return query_plan(sets, n, &q, &out->plan, e);
}

static void run_stats(struct dataset *const *sets, size_t n, struct part *out)
{
	for (size_t i = 0; i < n; i++) {
		out->min_time = MIN(out->min_time, sets[i]->min_time);
		out->max_time = MAX(out->max_time, sets[i]->max_time);
	}
}

static bool is_merge(int kind)
{
	return kind == ASK_TREE || kind == ASK_PROFILE || kind == ASK_SERIES || kind == ASK_POINTS;
}

int ask_run_so(struct arena *a, const struct pyro_ask *ask, const struct ask_way *way, struct dataset *const *sets,
    size_t n, struct part *out, struct err *e)
{
	struct parsed p = { 0 };
	int rc;

	*out = part_none();
	run_stats(sets, n, out);
	if (ask->kind == ASK_STATS)
		return 0;
	rc = parse_selectors(a, ask, way->patience, &p, e);
	if (rc == 0 && is_merge(ask->kind))
		rc = run_merge(a, ask, way, &p, sets, n, out, e);
	else if (rc == 0 && ask->kind == ASK_PLAN)
		rc = run_plan(a, ask, &p, sets, n, out, e);
	else if (rc == 0)
		rc = run_labels(a, ask, &p, sets, n, out, e);
	parsed_fini(&p);
	if (rc < 0)
		part_fini(out);
	return rc;
}

int ask_run(struct arena *a, const struct pyro_ask *ask, struct dataset *const *sets, size_t n, struct part *out,
    struct err *e)
{
	return ask_run_so(a, ask, &(struct ask_way){ 0 }, sets, n, out, e);
}

/* ---- merging ---- */

static int add_profile(struct arena *a, struct part *into, struct profile *p, struct err *e)
{
	struct profile *sum = profile_merge_into(a, &into->builder, into->profile, p, e);

	if (sum == NULL)
		return -1;
	into->profile = sum;
	return 0;
}

/* What is read is gone when it is added. */
static int add_pprof(struct arena *a, struct part *into, struct str pprof, struct err *e)
{
	struct arena *mem = arena_part(a);
	struct profile *p;
	int rc = pprof_decode(mem, pprof, &p, e) < 0 ? -1 : add_profile(a, into, p, e);

	arena_free(mem);
	return rc;
}

/* Where a sum is open, pprofs are added to it; else they wait. */
static int merge_pprofs(struct arena *a, struct part *into, const struct msg_strs *from, struct err *e)
{
	struct msg_strs all;

	if (into->builder == NULL && from->n > 0) {
		all = (struct msg_strs){ arena_array(a, into->pprofs.n + from->n, sizeof(*all.p)), into->pprofs.n };
		if (into->pprofs.n > 0)
			memcpy(all.p, into->pprofs.p, into->pprofs.n * sizeof(*all.p));
		memcpy(all.p + all.n, from->p, from->n * sizeof(*all.p));
		all.n += from->n;
		into->pprofs = all;
		return 0;
	}
	for (size_t i = 0; i < from->n; i++)
		if (add_pprof(a, into, from->p[i], e) < 0)
			return -1;
	return 0;
}

static int merge_profiles(struct arena *a, struct part *into, struct part *from, struct err *e)
{
	if (merge_pprofs(a, into, &from->pprofs, e) < 0)
		return -1;
	if (from->profile == NULL)
		return 0;
	if (into->profile != NULL)
		return add_profile(a, into, from->profile, e);
	into->profile = from->profile;
	into->builder = from->builder;
	return 0;
}

/* The first two are read side by side, because neither can be added to. */
static int first_sum(struct arena *a, struct part *p, struct err *e)
{
	struct arena *mem = arena_part(a);
	struct profile *first, *second;
	int rc = -1;

	if (pprof_decode(mem, p->pprofs.p[0], &first, e) == 0 && pprof_decode(mem, p->pprofs.p[1], &second, e) == 0) {
		p->profile = profile_merge_into(a, &p->builder, first, second, e);
		rc = p->profile == NULL ? -1 : 0;
	}
	arena_free(mem);
	return rc;
}

int part_profile(struct arena *a, struct part *p, struct profile **out, struct err *e)
{
	size_t i = 0;

	if (p->profile == NULL && p->pprofs.n > 1) {
		if (first_sum(a, p, e) < 0)
			return -1;
		i = 2;
	} else if (p->profile == NULL && p->pprofs.n == 1) {
		if (pprof_decode(a, p->pprofs.p[i++], &p->profile, e) < 0)
			return -1;
	}
	for (; i < p->pprofs.n; i++)
		if (add_pprof(a, p, p->pprofs.p[i], e) < 0)
			return -1;
	p->pprofs.n = 0;
	*out = p->profile;
	return 0;
}

int part_pprof(struct arena *a, struct part *p, int64_t time, int64_t duration, struct buf *out, struct err *e)
{
	struct profile times = { .time = time, .duration = duration }, *whole;

	if (p->profile == NULL && p->pprofs.n == 1) {
		buf_add(out, p->pprofs.p[0]);
		pprof_encode(&times, out); /* messages one after the other are one */
		return 0;
	}
	if (part_profile(a, p, &whole, e) < 0)
		return -1;
	if (whole == NULL)
		return 0;
	whole->time = time;
	whole->duration = duration;
	pprof_encode(whole, out);
	return 0;
}

int part_merge(struct arena *a, const struct pyro_ask *ask, struct part *into, struct part *from, struct err *e)
{
	into->min_time = MIN(into->min_time, from->min_time);
	into->max_time = MAX(into->max_time, from->max_time);
	into->cut += from->cut;
	switch (ask->kind) {
	case ASK_TREE:
		if (into->tree == NULL) {
			into->tree = from->tree;
		} else if (from->tree != NULL) {
			tree_merge(into->tree, from->tree);
			tree_free(from->tree);
		}
		from->tree = NULL;
		return 0;
	case ASK_PROFILE: return merge_profiles(a, into, from, e);
	case ASK_SERIES: series_merge(a, &into->series, &from->series); return 0;
	case ASK_POINTS: return points_merge(a, &into->points, &from->points, e);
	case ASK_PLAN: plan_merge(&into->plan, &from->plan); return 0;
	case ASK_SETS: labels_list_merge(a, &into->sets, &from->sets); return 0;
	case ASK_NAMES:
	case ASK_VALUES: str_list_merge(a, &into->strings, &from->strings); return 0;
	default: return 0;
	}
}

/* ---- the message ---- */

static struct pyro_scope *scope_to(struct arena *a, const struct plan_scope *s)
{
	struct pyro_scope *m = arena_zalloc(a, sizeof(*m));

	m->sets = s->sets;
	m->series = s->series;
	m->profiles = s->profiles;
	m->samples = s->samples;
	m->index_bytes = s->index_bytes;
	m->profile_bytes = s->profile_bytes;
	m->symbol_bytes = s->symbol_bytes;
	return m;
}

static struct plan_scope scope_of(const struct pyro_scope *m)
{
	if (m == NULL)
		return (struct plan_scope){ 0 };
	return (struct plan_scope){ m->sets, m->series, m->profiles, m->samples, m->index_bytes, m->profile_bytes,
		m->symbol_bytes };
}

static struct str packed_tree(struct arena *a, const struct tree *t)
{
	struct buf b;

	buf_init(&b, MAX_ENCODED);
	tree_pack(t, &b);
	return buf_to_arena(&b, a);
}

static struct msg_strs profiles_to(struct arena *a, const struct part *p)
{
	struct msg_strs out = { arena_array(a, p->pprofs.n + 1, sizeof(*out.p)), p->pprofs.n };
	struct buf b;

	if (p->pprofs.n > 0)
		memcpy(out.p, p->pprofs.p, p->pprofs.n * sizeof(*out.p));
	if (p->profile != NULL) {
		buf_init(&b, MAX_ENCODED);
		pprof_encode(p->profile, &b);
		out.p[out.n++] = buf_to_arena(&b, a);
	}
	return out;
}

static void points_to(struct arena *a, const struct series_group *from, struct pyro_group *g)
{
	g->times = (struct msg_i64s){ arena_array(a, from->n, sizeof(*g->times.p)), from->n };
	g->sums = (struct msg_i64s){ arena_array(a, from->n, sizeof(*g->sums.p)), from->n };
	g->counts = (struct msg_u64s){ arena_array(a, from->n, sizeof(*g->counts.p)), from->n };
	for (size_t k = 0; k < from->n; k++) {
		g->times.p[k] = wrap_sub(from->p[k].time, k == 0 ? 0 : from->p[k - 1].time);
		g->sums.p[k] = from->p[k].sum;
		g->counts.p[k] = from->p[k].count;
	}
}

void part_to_message(struct arena *a, const struct part *p, struct pyro_answer *out)
{
	if (p->tree != NULL)
		out->tree = packed_tree(a, p->tree);
	out->profiles = profiles_to(a, p);
	out->series.n = p->series.n;
	out->series.p = arena_zarray(a, p->series.n, sizeof(*out->series.p));
	for (size_t i = 0; i < p->series.n; i++) {
		struct pyro_group *g = &out->series.p[i];
		const struct series_group *from = &p->series.p[i];

		g->labels = pairs_of_labels(a, &from->labels);
		points_to(a, from, g);
	}
	points_to_message(a, &p->points, &out->points);
	out->cut = p->cut;
	out->strings.p = p->strings.p;
	out->strings.n = p->strings.n;
	out->sets.n = p->sets.n;
	out->sets.p = arena_zarray(a, p->sets.n, sizeof(*out->sets.p));
	for (size_t i = 0; i < p->sets.n; i++)
		out->sets.p[i].labels = pairs_of_labels(a, &p->sets.p[i]);
	if (p->plan.recent.sets > 0)
		out->recent = scope_to(a, &p->plan.recent);
	if (p->plan.stored.sets > 0)
		out->stored = scope_to(a, &p->plan.stored);
	if (p->max_time >= p->min_time) {
		out->min_time = p->min_time;
		out->max_time = p->max_time;
	}
}

static int points_of(struct arena *a, const struct pyro_group *g, struct series_group *out, struct err *e)
{
	int64_t time = 0;

	if (g->sums.n != g->times.n || g->counts.n != g->times.n)
		return err_set(e, ERR_CORRUPT, "points with %zu times, %zu sums and %zu counts", g->times.n, g->sums.n,
		    g->counts.n);
	out->n = g->times.n;
	out->p = arena_array(a, out->n, sizeof(*out->p));
	for (size_t k = 0; k < out->n; k++) {
		time = wrap_add(time, g->times.p[k]);
		if (k > 0 && time <= out->p[k - 1].time)
			return err_set(e, ERR_CORRUPT, "points whose times do not ascend");
		out->p[k] = (struct series_point){ time, g->sums.p[k], g->counts.p[k] };
	}
	return 0;
}

static int series_of(struct arena *a, const struct pyro_answer *m, struct series_set *out, struct err *e)
{
	out->n = m->series.n;
	out->p = arena_zarray(a, m->series.n, sizeof(*out->p));
	for (size_t i = 0; i < m->series.n; i++) {
		out->p[i].labels = labels_of_pairs(a, &m->series.p[i].labels);
		if (points_of(a, &m->series.p[i], &out->p[i], e) < 0)
			return -1;
	}
	return 0;
}

int part_of_message(struct arena *a, const struct pyro_answer *m, struct part *out, struct err *e)
{
	*out = part_none();
	if (m->min_time != 0 || m->max_time != 0) {
		out->min_time = m->min_time;
		out->max_time = m->max_time;
	}
	out->plan = (struct plan){ scope_of(m->recent), scope_of(m->stored) };
	out->cut = m->cut;
	if (series_of(a, m, &out->series, e) < 0 || points_of_message(a, &m->points, &out->points, e) < 0)
		return -1;
	out->strings = (struct str_list){ m->strings.p, m->strings.n };
	out->sets.n = m->sets.n;
	out->sets.p = arena_array(a, m->sets.n, sizeof(*out->sets.p));
	for (size_t i = 0; i < m->sets.n; i++)
		out->sets.p[i] = labels_of_pairs(a, &m->sets.p[i].labels);
	out->pprofs = m->profiles;
	if (m->tree.n == 0)
		return 0;
	out->tree = tree_new();
	if (tree_unpack(out->tree, m->tree, e) < 0) {
		part_fini(out);
		return -1;
	}
	return 0;
}
