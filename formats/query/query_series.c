/* query_series.c - see query.h: time series of totals */
#include <stdlib.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/vec.h"
#include "base/arith.h"
#include "formats/query/query.h"
#include "formats/query/query_fold.h"

struct group {
	struct labels labels;
	VEC(struct series_point) points; /* unordered; sorted and added up at the end */
};

struct groups {
	struct arena *mem;
	VEC(struct labels) by; /* what the series are grouped by; each has one group, or one for each function */
	VEC(struct group) v;
	struct map by_hash; /* to by */
	const struct query *q;
	const struct query_series_opts *o;
	/* Of the set that is asked: */
	struct arena *set_mem;
	struct dataset *set;
	uint32_t *group_of; /* the first, by series number, dense from `first` */
	uint32_t first;
	struct fold_site site;
	uint64_t **callers; /* by partition and stack: a bit for each function whose value this is */
};

static int name_cmp(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The first of the groups with these labels. */
static uint32_t group_find(struct groups *g, const struct labels *l)
{
	uint32_t each = MAX(g->o->n_functions, 1);
	uint64_t hash = labels_hash(l);
	struct map_at at = map_find(&g->by_hash, hash);
	struct group new = { .labels = { 0 } };

	for (uint32_t i; map_next(&at, &i);)
		if (labels_cmp(&g->by.p[i], l) == 0)
			return i * each;
	map_put(&g->by_hash, hash, (uint32_t)g->by.n);
	new.labels = labels_copy(g->mem, l);
	vec_push(&g->by, new.labels);
	for (uint32_t k = 0; k < each; k++) {
		if (g->o->n_functions > 0)
			new.labels = labels_with(g->mem, &g->by.p[g->by.n - 1], FUNCTION_LABEL, g->o->functions[k]);
		vec_push(&g->v, new);
	}
	return (uint32_t)g->v.n - each;
}

int64_t series_grid_time(int64_t ms, int64_t from, int64_t step)
{
	return ms <= from ? from : from + (ms - from + step - 1) / step * step;
}

/* False when the last time of the grid is before ms. */
static bool grid_time(const struct query_series_opts *o, int64_t ms, int64_t *out)
{
	*out = series_grid_time(ms, o->from_ms, o->step_ms);
	return *out <= o->to_ms;
}

static int site_total(struct groups *g, const struct row *r, int64_t *total, struct err *e)
{
	const uint8_t *match;

	if (fold_site_of(&g->site, r, &match, e) < 0)
		return -1;
	*total = 0;
	for (uint32_t i = 0; i < r->n; i++)
		if (match[r->stacks[i]])
			*total = wrap_add(*total, r->values[i]);
	return 0;
}

/* A location without lines is part of what called it, as in trees. */
static uint64_t *function_bits(struct groups *g, struct symbols *s)
{
	uint64_t *of = arena_zarray(g->set_mem, s->functions.n, sizeof(*of));
	uint64_t *bits = arena_zarray(g->set_mem, s->nodes.n, sizeof(*bits));
	uint8_t *below = fold_call_site(g->set_mem, s, g->q);

	for (size_t i = 0; i < s->functions.n; i++)
		for (uint32_t k = 0; k < g->o->n_functions; k++)
			if (str_eq(s->strings.p[s->functions.p[i].name], g->o->functions[k]))
				of[i] |= UINT64_C(1) << k;
	for (size_t i = 1; i < s->nodes.n; i++) {
		const struct sym_location *l = &s->locations.p[s->nodes.p[i].location];
		uint64_t up = bits[s->nodes.p[i].parent];

		if (g->o->cum || l->n_lines == 0)
			bits[i] = up;
		for (uint32_t k = 0; k < (g->o->cum ? l->n_lines : MIN(l->n_lines, 1)); k++)
			bits[i] |= of[s->lines.p[l->first_line + k].function];
	}
	for (size_t i = 0; below != NULL && i < s->nodes.n; i++)
		bits[i] = below[i] ? bits[i] : 0;
	return bits;
}

static void add_to_group(struct groups *g, uint32_t group, const struct series_point *p)
{
	struct group *x = &g->v.p[group];

	if (x->points.n > 0 && x->points.p[x->points.n - 1].time == p->time) {
		x->points.p[x->points.n - 1].sum = wrap_add(x->points.p[x->points.n - 1].sum, p->sum);
		x->points.p[x->points.n - 1].count += p->count;
		return;
	}
	vec_push(&x->points, *p);
}

static int add_functions(struct groups *g, const struct row *r, int64_t time, struct err *e)
{
	uint32_t group = g->group_of[r->series - g->first];
	int64_t sums[SERIES_MAX_FUNCTIONS] = { 0 };
	uint64_t met = 0;
	struct symbols *s;

	if (dataset_symbols(g->set, r->partition, &s, e) < 0 || fold_stacks(r, s->nodes.n, e) < 0)
		return -1;
	if (g->callers[r->partition] == NULL)
		g->callers[r->partition] = function_bits(g, s);
	for (uint32_t i = 0; i < r->n; i++) {
		uint64_t bits = g->callers[r->partition][r->stacks[i]];

		met |= bits;
		for (; bits != 0; bits &= bits - 1)
			sums[__builtin_ctzll(bits)] = wrap_add(sums[__builtin_ctzll(bits)], r->values[i]);
	}
	for (; met != 0; met &= met - 1)
		add_to_group(g, group + (uint32_t)__builtin_ctzll(met),
		    &(struct series_point){ time, sums[__builtin_ctzll(met)], 1 });
	return 0;
}

static int series_row(void *ctx, const struct row *r, struct err *e)
{
	struct groups *g = ctx;
	struct series_point p = { .sum = r->total, .count = 1 };

	if (!grid_time(g->o, floor_ms(r->time), &p.time))
		return 0;
	if (g->o->n_functions > 0)
		return add_functions(g, r, p.time, e);
	if (g->q->n_call_site > 0 && site_total(g, r, &p.sum, e) < 0)
		return -1;
	add_to_group(g, g->group_of[r->series - g->first], &p);
	return 0;
}

static int series_of_set(struct groups *g, const struct str *by, uint32_t n_by, struct err *e)
{
	struct series_list list;
	struct scan s = { .from = g->q->from,
		.to = g->q->to,
		.samples = g->q->n_call_site > 0 || g->o->n_functions > 0,
		.row = series_row,
		.ctx = g };

	if (g->set->min_time > g->q->to || g->set->max_time < g->q->from)
		return 0;
	if (dataset_series(g->set, g->set_mem, g->q->selector, &list, e) < 0)
		return -1;
	if (list.n == 0)
		return 0;
	g->first = list.p[0].number;
	g->group_of = arena_zarray(g->set_mem, list.p[list.n - 1].number - g->first + 1, sizeof(*g->group_of));
	fold_site_init(&g->site, g->set_mem, g->set, g->q);
	g->callers = arena_zarray(g->set_mem, g->set->n_partitions, sizeof(*g->callers));
	for (uint32_t i = 0; i < list.n; i++) {
		struct labels l = labels_some(g->set_mem, &list.p[i].labels, by, n_by);

		g->group_of[list.p[i].number - g->first] = group_find(g, &l);
	}
	s.series = list.p;
	s.n_series = list.n;
	return dataset_scan(g->set, &s, e);
}

static int point_cmp(const void *a, const void *b)
{
	const struct series_point *x = a, *y = b;

	return x->time < y->time ? -1 : x->time > y->time;
}

static bool points_ordered(const struct series_point *p, size_t n)
{
	size_t i = 1;

	while (i < n && p[i - 1].time <= p[i].time)
		i++;
	return i >= n;
}

static void points_tidy(struct series_point *p, size_t *n)
{
	size_t k = 0;

	if (!points_ordered(p, *n))
		qsort(p, *n, sizeof(*p), point_cmp);
	for (size_t i = 0; i < *n; i++) {
		if (k > 0 && p[k - 1].time == p[i].time) {
			p[k - 1].sum = wrap_add(p[k - 1].sum, p[i].sum);
			p[k - 1].count += p[i].count;
		} else {
			p[k++] = p[i];
		}
	}
	*n = k;
}

static void groups_out(struct arena *a, struct groups *g, struct series_set *out)
{
	out->p = arena_zarray(a, g->v.n, sizeof(*out->p));
	out->n = 0;
	for (size_t i = 0; i < g->v.n; i++) {
		struct group *x = &g->v.p[i];
		struct series_group *to = &out->p[out->n];

		if (x->points.n == 0)
			continue;
		points_tidy(x->points.p, &x->points.n);
		to->labels = labels_copy(a, &x->labels);
		to->n = x->points.n;
		to->p = arena_array(a, to->n, sizeof(*to->p));
		memcpy(to->p, x->points.p, to->n * sizeof(*to->p));
		out->n++;
	}
}

int query_series(struct arena *a, struct dataset *const *sets, size_t n, const struct query *q,
    const struct query_series_opts *o, struct series_set *out, struct err *e)
{
	struct groups g = { .mem = arena_new(), .set_mem = arena_new(), .q = q, .o = o };
	struct str *by = arena_array(g.mem, o->n_by, sizeof(*by));
	int rc = 0;

	if (o->n_by > 0) {
		memcpy(by, o->by, o->n_by * sizeof(*by));
		qsort(by, o->n_by, sizeof(*by), name_cmp);
	}
	for (size_t i = 0; i < n && rc == 0; i++) {
		g.set = sets[i];
		rc = series_of_set(&g, by, o->n_by, e);
		dataset_rest(sets[i]);
		arena_reset(g.set_mem);
	}
	if (rc == 0)
		groups_out(a, &g, out);
	for (size_t i = 0; i < g.v.n; i++)
		vec_free(&g.v.p[i].points);
	vec_free(&g.v);
	vec_free(&g.by);
	map_fini(&g.by_hash);
	arena_free(g.set_mem);
	arena_free(g.mem);
	return rc;
}

/* NULL: there is none of these labels. */
static struct series_group *group_of(struct series_group *all, const struct map *by_hash, const struct labels *l)
{
	struct map_at at = map_find(by_hash, labels_hash(l));

	for (uint32_t i; map_next(&at, &i);)
		if (labels_cmp(&all[i].labels, l) == 0)
			return &all[i];
	return NULL;
}

static void make_room(struct arena *a, struct series_group *x, size_t n)
{
	struct series_point *p;

	if (n <= x->room)
		return;
	x->room = n + n / 2;
	p = arena_array(a, x->room, sizeof(*p));
	memcpy(p, x->p, x->n * sizeof(*p));
	x->p = p;
}

/* Merges from the end, where most that is added belongs: what lies before it is not touched. */
static void add_points(struct arena *a, struct series_group *x, const struct series_group *from)
{
	size_t i = x->n, k = from->n, at = x->n + from->n, rest;

	make_room(a, x, at);
	while (k > 0) {
		if (i > 0 && x->p[i - 1].time > from->p[k - 1].time)
			x->p[--at] = x->p[--i];
		else
			x->p[--at] = from->p[--k];
	}
	i -= i > 0;
	rest = x->n + from->n - i;
	points_tidy(x->p + i, &rest);
	x->n = i + rest;
}

void series_merge(struct arena *a, struct series_set *into, const struct series_set *from)
{
	struct series_group *all = arena_array(a, into->n + from->n, sizeof(*all));
	struct map by_hash = { 0 };
	size_t n = 0;

	for (; n < into->n; n++) {
		all[n] = into->p[n];
		map_put(&by_hash, labels_hash(&all[n].labels), (uint32_t)n);
	}
	for (size_t i = 0; i < from->n; i++) {
		struct series_group *x = group_of(all, &by_hash, &from->p[i].labels);

		if (x != NULL) {
			add_points(a, x, &from->p[i]);
			continue;
		}
		all[n] = from->p[i];
		map_put(&by_hash, labels_hash(&all[n].labels), (uint32_t)n);
		n++;
	}
	map_fini(&by_hash);
	into->p = all;
	into->n = n;
}

struct ranked {
	struct series_group g;
	double sum;
};

static int ranked_cmp(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->sum != y->sum)
		return x->sum > y->sum ? -1 : 1;
	return labels_cmp(&x->g.labels, &y->g.labels);
}

void series_order(struct series_set *s, int64_t limit, bool average)
{
	struct ranked *r = mem_array(s->n, sizeof(*r));

	for (size_t i = 0; i < s->n; i++) {
		r[i] = (struct ranked){ s->p[i], 0 };
		for (size_t k = 0; k < s->p[i].n; k++) {
			const struct series_point *p = &s->p[i].p[k];

			r[i].sum += average ? (double)p->sum / (double)p->count : (double)p->sum;
		}
	}
	if (s->n > 1)
		qsort(r, s->n, sizeof(*r), ranked_cmp);
	for (size_t i = 0; i < s->n; i++)
		s->p[i] = r[i].g;
	mem_free(r);
	if (limit > 0 && (size_t)limit < s->n)
		s->n = (size_t)limit;
}
