/* Graphs as reports show them: what is too light is left out. */
#include "formats/report_impl.h"

int64_t graph_flat(const struct graph *g, uint32_t info)
{
	const struct gnode *n = &g->nodes[info];

	return n->flat_div ? div_wrap(n->flat, n->flat_div) : n->flat;
}

int64_t graph_cum(const struct graph *g, uint32_t info)
{
	const struct gnode *n = &g->nodes[info];

	return n->cum_div ? div_wrap(n->cum, n->cum_div) : n->cum;
}

int64_t graph_total(const struct graph *g)
{
	int64_t total = 0;

	for (uint32_t i = 0; i < g->n; i++)
		total = sum_wrap(total, graph_flat(g, g->order[i]));
	return total;
}

/* Edges of nodes of the graph that weigh less; returns how many there were. */
static uint32_t trim_edges(struct graph *g, int64_t cutoff)
{
	bool *listed = mem_zarray(g->r->infos.n + 1, sizeof(*listed));
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->n; i++)
		listed[g->order[i]] = true;
	for (size_t i = 0; i < g->edges.n; i++) {
		struct gedge *e = &g->edges.p[i];

		if (!e->gone && listed[e->dest] && abs_wrap(e->weight) < cutoff) {
			e->gone = true;
			n++;
		}
	}
	mem_free(listed);
	return n;
}

/* Can src be reached from dest, against the edges, without the edge itself? */
static bool is_redundant(struct graph *g, uint32_t edge, uint32_t *queue, uint32_t *seen, uint32_t mark)
{
	const struct gedge *e = &g->edges.p[edge];
	size_t head = 0, tail = 0;

	queue[tail++] = e->dest;
	seen[e->dest] = mark;
	while (head < tail) {
		uint32_t node = queue[head++];

		for (uint32_t k = g->in_at[node]; k < g->in_at[node + 1]; k++) {
			const struct gedge *in = &g->edges.p[g->in[k]];

			if (in->gone || in == e || seen[in->src] == mark)
				continue;
			if (in->src == e->src)
				return true;
			seen[in->src] = mark;
			queue[tail++] = in->src;
		}
	}
	return false;
}

/* Dotted edges whose ends are connected otherwise only clutter the picture; the lightest go first. */
static void remove_redundant(struct graph *g)
{
	uint32_t *queue = mem_array(g->r->infos.n + 1, sizeof(*queue));
	uint32_t *seen = mem_zarray(g->r->infos.n + 1, sizeof(*seen)), mark = 0;

	graph_adjacent(g);
	for (uint32_t i = g->n; i-- > 0;) {
		uint32_t node = g->order[i];

		for (uint32_t k = g->in_at[node + 1]; k-- > g->in_at[node];) {
			struct gedge *e = &g->edges.p[g->in[k]];

			if (!e->residual)
				break;
			if (is_redundant(g, g->in[k], queue, seen, ++mark))
				e->gone = true;
		}
	}
	mem_free(queue);
	mem_free(seen);
}

/* The unit in which the smallest and the largest value still read well. */
static void select_unit(struct graph *g)
{
	struct report *r = g->r;
	double ratio = 1 / r->o.divide_by;
	int64_t least = 0, most = r->total;
	struct str low, high;

	r->out_unit = r->o.unit;
	if (!str_eq(r->o.unit, STR("minimum")) || g->n == 0)
		return;
	for (uint32_t i = 0; i < g->n; i++) {
		int64_t v = abs_wrap(graph_flat(g, g->order[i]));

		if (v == 0)
			v = abs_wrap(graph_cum(g, g->order[i]));
		if (v > 0 && (least == 0 || v < least))
			least = v;
	}
	if (least == 0)
		least = most;
	if (ratio > 0 && ratio != 1) {
		least = (int64_t)((double)least * ratio);
		most = (int64_t)((double)most * ratio);
	}
	unit_scale(least, r->unit, STR("minimum"), &low);
	unit_scale(most, r->unit, STR("minimum"), &high);
	if (!str_eq(low, high) && (int64_t)((uint64_t)least * 100) < most)
		unit_scale((int64_t)((uint64_t)least * 100), r->unit, STR("minimum"), &low);
	r->out_unit = low.n > 0 ? low : r->unit;
}

struct limits {
	int64_t nodes;                  /* 0: all */
	int64_t node_cutoff, edge_cutoff;
};

static struct limits limits_of(const struct graph *g, enum graph_form form, bool trim)
{
	const struct report_opts *o = &g->r->o;
	struct limits l = { 0 };
	int64_t total = 0;

	if (!trim || o->no_trim)
		return l;
	for (uint32_t i = 0; i < g->n; i++)
		total = sum_wrap(total, g->nodes[g->order[i]].flat);
	l.nodes = o->node_count >= 0 ? o->node_count : form == FORM_TOP ? 0 : 80;
	l.node_cutoff = abs_wrap((int64_t)((double)total * o->node_fraction));
	l.edge_cutoff = abs_wrap((int64_t)((double)total * o->edge_fraction));
	return l;
}

/* Marks the nodes that weigh enough; false when that is all of them. */
static bool keep_heavy(struct graph *g, int64_t cutoff, bool *kept)
{
	uint32_t n = 0;

	if (cutoff <= 0)
		return false;
	for (uint32_t i = 0; i < g->n; i++) {
		uint32_t info = g->order[i];

		kept[info] = abs_wrap(g->nodes[info].cum) >= cutoff;
		if (kept[info])
			g->order[n++] = info;
	}
	g->dropped_nodes = g->n - n;
	g->n = n;
	return g->dropped_nodes > 0;
}

static bool keep_first(struct graph *g, int64_t count, bool *kept)
{
	if (count <= 0 || count >= g->n)
		return false;
	g->n = (uint32_t)count;
	memset(kept, 0, g->r->infos.n * sizeof(*kept));
	for (uint32_t i = 0; i < g->n; i++)
		kept[g->order[i]] = true;
	return true;
}

/* Flat and cum of a node do not depend on which others are kept, so edges are made once, at the end. */
static void make_text(struct graph *g, enum graph_form form, struct limits l, bool *kept)
{
	bool some = keep_heavy(g, l.node_cutoff, kept);

	g->orig_count = g->n;
	graph_sort(g, form);
	if (keep_first(g, l.nodes, kept))
		some = true;
	if (form == FORM_TOP) {
		bool any = false;

		for (uint32_t i = 0; i < g->n && !any; i++)
			any = g->r->inlined[g->order[i]];
		if (!any)
			return;
	}
	graph_edges(g, some ? kept : NULL, form == FORM_TOP ? EDGES_INLINED : EDGES_ALL);
	trim_edges(g, l.edge_cutoff);
}

/* A picture counts the boxes of tags as nodes. */
static int64_t count_boxes(const struct graph *g, int64_t max)
{
	int64_t count = 0;

	for (uint32_t i = 0; i < g->n; i++) {
		count += MIN(graph_tags_count(g->tags, g->order[i]), 4) + 1;
		if (count >= max)
			return i + 1;
	}
	return max;
}

static void build_dot(struct graph *g, const bool *kept)
{
	graph_edges(g, kept, EDGES_ALL);
	graph_tags_free(g->tags);
	g->tags = graph_tags_new(g->r, kept);
	graph_sort(g, FORM_DOT);
}

static void make_dot(struct graph *g, struct limits l, bool *kept)
{
	bool some = keep_heavy(g, l.node_cutoff, kept);

	build_dot(g, some ? kept : NULL);
	g->orig_count = g->n;
	if (l.nodes > 0) {
		graph_tags_trim(g->tags, g, l.node_cutoff);
		trim_edges(g, l.edge_cutoff);
		if (keep_first(g, count_boxes(g, l.nodes), kept))
			build_dot(g, kept);
	}
	graph_tags_trim(g->tags, g, l.node_cutoff);
	g->dropped_edges = trim_edges(g, l.edge_cutoff);
	remove_redundant(g);
}

struct graph *graph_new(struct report *r, enum graph_form form, bool trim)
{
	struct graph *g = mem_zalloc(sizeof(*g));
	struct limits l;
	bool *kept;

	report_nodes(r);
	r->out_unit = r->o.unit;
	g->r = r;
	g->nodes = mem_zarray(r->infos.n + 1, sizeof(*g->nodes));
	g->order = mem_array(r->infos.n + 1, sizeof(*g->order));
	kept = mem_zarray(r->infos.n + 1, sizeof(*kept));
	graph_values(g);
	l = limits_of(g, form, trim);
	if (form == FORM_DOT)
		make_dot(g, l, kept);
	else
		make_text(g, form, l, kept);
	graph_adjacent(g);
	select_unit(g);
	mem_free(kept);
	return g;
}

void graph_free(struct graph *g)
{
	if (g == NULL)
		return;
	graph_tags_free(g->tags);
	vec_free(&g->edges);
	mem_free(g->nodes);
	mem_free(g->order);
	mem_free(g->in_at);
	mem_free(g->in);
	mem_free(g->out_at);
	mem_free(g->out);
	mem_free(g);
}
