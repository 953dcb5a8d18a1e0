/* In which order nodes and edges are shown. */
#include <math.h>
#include <stdlib.h>

#include "formats/report/report_impl.h"

/* Score, then name, then a second value, then every field. */
struct score {
	int64_t by, second; /* both without sign, descending */
	uint32_t info;
};

static int by_fields(struct report *r, const struct rinfo *a, const struct rinfo *b)
{
	struct buf x, y;
	int order;

	buf_init(&x, SIZE_MAX / 2);
	buf_init(&y, SIZE_MAX / 2);
	report_print_info(r, a, &x);
	report_print_info(r, b, &y);
	order = str_cmp(buf_str(&x), buf_str(&y));
	buf_fini(&x);
	buf_fini(&y);
	return order;
}

static int by_name(struct report *r, uint32_t a, uint32_t b)
{
	const struct rinfo *x = &r->infos.p[a], *y = &r->infos.p[b];

	if (x->address != 0 && y->address != 0 && x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return str_cmp(report_printed(r, a), report_printed(r, b));
}

static int by_score(const void *a, const void *b, void *ctx)
{
	const struct score *x = a, *y = b;
	struct report *r = ctx;
	int order;

	if (x->by != y->by)
		return x->by > y->by ? -1 : 1;
	order = by_name(r, x->info, y->info);
	if (order != 0)
		return order;
	if (x->second != y->second)
		return x->second > y->second ? -1 : 1;
	return by_fields(r, &r->infos.p[x->info], &r->infos.p[y->info]);
}

/* What one part of a whole adds to the entropy of its division. */
static double part_entropy(int64_t part, int64_t whole)
{
	double p = (double)abs_wrap(part) / (double)whole;

	return -p * log2(p);
}

/* Of the calls in a list, and of what the node itself takes. No calls: an end of the graph, which is of interest. */
static double spread(const struct graph *g, const uint32_t *first, const uint32_t *end, int64_t self)
{
	int64_t whole = self;
	double sum = 0;

	if (first == end)
		return 1;
	for (const uint32_t *k = first; k < end; k++)
		whole = sum_wrap(whole, MAX(g->edges.p[*k].weight, 0));
	if (whole == 0)
		return 0;
	for (const uint32_t *k = first; k < end; k++)
		sum += part_entropy(g->edges.p[*k].weight, whole);
	return self > 0 ? sum + part_entropy(self, whole) : sum;
}

/* A plain link in a chain is of little interest. */
static int64_t interest(const struct graph *g, uint32_t node)
{
	const struct gnode *n = &g->nodes[node];
	double calls = spread(g, g->in + g->in_at[node], g->in + g->in_at[node + 1], 0) +
	    spread(g, g->out + g->out_at[node], g->out + g->out_at[node + 1], n->flat);
	double weighted = calls * (double)n->cum;
	bool fits = weighted > -9.2e18 && weighted < 9.2e18;

	return sum_wrap(fits ? (int64_t)weighted : INT64_MIN, n->flat);
}

void graph_sort(struct graph *g, enum graph_form form)
{
	struct score *s = mem_array((size_t)g->n + 1, sizeof(*s));

	if (form == FORM_DOT)
		graph_adjacent(g);
	for (uint32_t i = 0; i < g->n; i++) {
		uint32_t info = g->order[i];
		int64_t flat = abs_wrap(g->nodes[info].flat), cum = abs_wrap(g->nodes[info].cum);

		s[i] = (struct score){ flat, cum, info };
		if (form == FORM_DOT)
			s[i] = (struct score){ abs_wrap(interest(g, info)), flat, info };
		else if (g->r->o.cum)
			s[i] = (struct score){ cum, flat, info };
	}
	qsort_r(s, g->n, sizeof(*s), by_score, g->r);
	for (uint32_t i = 0; i < g->n; i++)
		g->order[i] = s[i].info;
	mem_free(s);
}

int graph_by_weight(const void *a, const void *b, void *graph)
{
	struct graph *g = graph;
	const struct gedge *x = &g->edges.p[*(const uint32_t *)a], *y = &g->edges.p[*(const uint32_t *)b];
	int64_t wx = abs_wrap(x->weight), wy = abs_wrap(y->weight);
	int order;

	if (x->weight != y->weight)
		return wx > wy ? -1 : wx < wy;
	order = str_cmp(report_printed(g->r, x->src), report_printed(g->r, y->src));
	return order != 0 ? order : str_cmp(report_printed(g->r, x->dest), report_printed(g->r, y->dest));
}

static void list_edges(struct graph *g, bool in, uint32_t *at, uint32_t *list)
{
	size_t n = g->r->infos.n;

	memset(at, 0, (n + 1) * sizeof(*at));
	for (size_t i = 0; i < g->edges.n; i++)
		if (!g->edges.p[i].gone)
			at[(in ? g->edges.p[i].dest : g->edges.p[i].src) + 1]++;
	for (size_t i = 0; i < n; i++)
		at[i + 1] += at[i];
	for (size_t i = g->edges.n; i-- > 0;) /* fills from the ends; at[k + 1] falls to the start of k */
		if (!g->edges.p[i].gone)
			list[--at[(in ? g->edges.p[i].dest : g->edges.p[i].src) + 1]] = (uint32_t)i;
	memmove(at, at + 1, n * sizeof(*at));
	at[n] = 0;
	for (size_t i = 0; i < g->edges.n; i++)
		at[n] += !g->edges.p[i].gone;
	for (size_t i = 0; i < n; i++)
		if (at[i + 1] - at[i] > 1)
			qsort_r(list + at[i], at[i + 1] - at[i], sizeof(*list), graph_by_weight, g);
}

void graph_adjacent(struct graph *g)
{
	size_t n = g->r->infos.n + 1, edges = g->edges.n;

	g->in_at = mem_resize(g->in_at, n, sizeof(*g->in_at));
	g->out_at = mem_resize(g->out_at, n, sizeof(*g->out_at));
	g->in = mem_resize(g->in, edges + 1, sizeof(*g->in));
	g->out = mem_resize(g->out, edges + 1, sizeof(*g->out));
	list_edges(g, true, g->in_at, g->in);
	list_edges(g, false, g->out_at, g->out);
}
