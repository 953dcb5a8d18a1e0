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

/* left: slots that there may still be. */
static int count(struct arena *a, struct heatmap *m, const struct point_group *g, const struct heatmap_opts *o,
    size_t *left, struct heatmap_series *s, struct err *e)
{
	struct all_placed all = place(g, o->from, o->step);
	size_t n = times(&all);

	if (n > *left) {
		mem_free(all.p);
		return err_set(e, ERR_INVALID,
		    "a heat map of more than %d times of series: ask for a longer step, a shorter range, fewer series "
		    "or "
		    "a limit",
		    HEATMAP_MAX_SLOTS);
	}
	*left -= n;
	*s = (struct heatmap_series){ g->labels, arena_zarray(a, n, sizeof(*s->p)), 0, all.n };
	for (size_t i = 0; i < all.n; i++) {
		int row = row_of(m, all.p[i].e.point->value);

		if (i == 0 || all.p[i].time != all.p[i - 1].time)
			s->p[s->n++].time = all.p[i].time;
		m->n_examples += s->p[s->n - 1].counts[row]++ == 0;
		keep_larger(&s->p[s->n - 1].examples[row], &all.p[i].e);
	}
	mem_free(all.p);
	return 0;
}

/* ---- the largest series ---- */

struct sized {
	const struct point_group *g;
	uint64_t points;
};

static int by_points(const void *a, const void *b)
{
	const struct sized *x = a, *y = b;

	if (x->points != y->points)
		return x->points > y->points ? -1 : 1;
	return labels_cmp(&x->g->labels, &y->g->labels);
}

static struct sized *largest_first(struct arena *a, const struct point_groups *g)
{
	struct sized *out = arena_array(a, g->n, sizeof(*out));

	for (size_t i = 0; i < g->n; i++) {
		out[i] = (struct sized){ &g->p[i], 0 };
		for (size_t k = 0; k < g->p[i].n; k++)
			out[i].points += g->p[i].series[k]->n;
	}
	qsort(out, g->n, sizeof(*out), by_points);
	return out;
}

int heatmap_make(struct arena *a, const struct point_groups *g, const struct heatmap_opts *o, struct heatmap *out,
    struct err *e)
{
	bool some = o->limit > 0 && (size_t)o->limit < g->n;
	size_t n = some ? (size_t)o->limit : g->n, left = HEATMAP_MAX_SLOTS;
	struct sized *sized;

	*out = (struct heatmap){ 0 };
	if (!find_range(g, &out->min, &out->max))
		return 0;
	find_floors(out);
	sized = some ? largest_first(a, g) : NULL;
	out->p = arena_array(a, n, sizeof(*out->p));
	for (; out->n < n; out->n++)
		if (count(a, out, some ? sized[out->n].g : &g->p[out->n], o, &left, &out->p[out->n], e) < 0)
			return -1;
	return 0;
}
