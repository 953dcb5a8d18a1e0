/* heatmap.c - see heatmap.h */
#include "formats/query/heatmap.h"

#include <stdlib.h>

/* ---- the points of a group on the grid ---- */

struct placed {
	int64_t time; /* of the grid */
	struct example e;
};

struct all_placed {
	struct placed *p;
	size_t n;
};

static int by_time(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	return x->time < y->time ? -1 : x->time > y->time;
}

static struct all_placed place(const struct point_group *g, int64_t from, int64_t step)
{
	struct all_placed out = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++)
		n += g->series[i]->n;
	out.p = mem_array(n, sizeof(*out.p));
	for (size_t i = 0; i < g->n; i++) {
		const struct point_series *s = g->series[i];

		for (size_t k = 0; k < s->n; k++)
			out.p[out.n++] = (struct placed){ series_grid_time(s->p[k].time, from, step),
				{ &s->p[k], &s->labels } };
	}
	if (out.n > 1)
		qsort(out.p, out.n, sizeof(*out.p), by_time);
	return out;
}

static size_t times(const struct all_placed *all)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		n += i == 0 || all->p[i].time != all->p[i - 1].time;
	return n;
}

/* Of equal ones the first. */
static void keep_larger(struct example *e, const struct example *other)
{
	if (e->point == NULL || other->point->value > e->point->value)
		*e = *other;
}

struct moments largest_points(struct arena *a, const struct point_group *g, int64_t from, int64_t step)
{
	struct all_placed all = place(g, from, step);
	struct moments out = { arena_zarray(a, times(&all), sizeof(*out.p)), 0 };

	for (size_t i = 0; i < all.n; i++) {
		if (i == 0 || all.p[i].time != all.p[i - 1].time)
			out.p[out.n++].time = all.p[i].time;
		keep_larger(&out.p[out.n - 1].example, &all.p[i].e);
	}
	mem_free(all.p);
	return out;
}

/* ---- cells ---- */

static bool find_range(const struct point_groups *g, int64_t *min, int64_t *max)
{
	*min = INT64_MAX;
	*max = INT64_MIN;
	for (size_t i = 0; i < g->n; i++)
		for (size_t k = 0; k < g->p[i].n; k++)
			for (size_t j = 0; j < g->p[i].series[k]->n; j++) {
				*min = MIN(*min, g->p[i].series[k]->p[j].value);
				*max = MAX(*max, g->p[i].series[k]->p[j].value);
			}
	if (*min > *max)
		return false;
	if (*min == *max && *max < INT64_MAX)
		++*max;
	return true;
}

/* Whole numbers, as the values are. */
static void find_floors(struct heatmap *m)
{
	double height = ((double)m->max - (double)m->min) / HEATMAP_ROWS;

	for (int i = 0; i < HEATMAP_ROWS; i++)
		m->floors[i] = (double)m->min + (double)(uint64_t)(i * height);
}

static int row_of(const struct heatmap *m, int64_t value)
{
	int i = HEATMAP_ROWS - 1;

	while (i > 0 && (double)value < m->floors[i])
		i--;
	return i;
}

static struct heatmap_series count(struct arena *a, const struct heatmap *m, const struct point_group *g, int64_t from,
    int64_t step)
{
	struct all_placed all = place(g, from, step);
	struct heatmap_series s = { g->labels, arena_zarray(a, times(&all), sizeof(*s.p)), 0, all.n };

	for (size_t i = 0; i < all.n; i++) {
		int row = row_of(m, all.p[i].e.point->value);

		if (i == 0 || all.p[i].time != all.p[i - 1].time)
			s.p[s.n++].time = all.p[i].time;
		s.p[s.n - 1].counts[row]++;
		keep_larger(&s.p[s.n - 1].examples[row], &all.p[i].e);
	}
	mem_free(all.p);
	return s;
}

struct heatmap *heatmap_make(struct arena *a, const struct point_groups *g, int64_t from, int64_t step)
{
	struct heatmap *m = arena_zalloc(a, sizeof(*m));

	if (!find_range(g, &m->min, &m->max))
		return m;
	find_floors(m);
	m->p = arena_array(a, g->n, sizeof(*m->p));
	for (size_t i = 0; i < g->n; i++)
		m->p[m->n++] = count(a, m, &g->p[i], from, step);
	return m;
}

static int by_count(const void *a, const void *b)
{
	const struct heatmap_series *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return labels_cmp(&x->labels, &y->labels);
}

void heatmap_limit(struct heatmap *m, int64_t limit)
{
	if (limit <= 0 || (size_t)limit >= m->n)
		return;
	qsort(m->p, m->n, sizeof(*m->p), by_count);
	m->n = (size_t)limit;
}
