/* Graphs as reports show them: what is too light is left out. */
#include "formats/report/report_impl.h"

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

/* Nodes that were met on a way through the graph. */
struct walk {
	struct graph *g;
	uint32_t *met, *todo; /* met: the number of the walk */
	uint32_t number;
};

/* Is there a way from the caller to the callee besides the edge itself? */
static bool leads_elsewhere(struct walk *w, uint32_t edge)
{
	const struct graph *g = w->g;
	const struct gedge *e = &g->edges.p[edge];
	uint32_t n = 1;

	w->number++;
	w->todo[0] = e->src;
	w->met[e->src] = w->number;
	while (n > 0) {
		uint32_t node = w->todo[--n];

		for (uint32_t k = g->out_at[node]; k < g->out_at[node + 1]; k++) {
			const struct gedge *next = &g->edges.p[g->out[k]];

			if (next->gone || next == e || w->met[next->dest] == w->number)
				continue;
			if (next->dest == e->dest)
				return true;
			w->met[next->dest] = w->number;
			w->todo[n++] = next->dest;
		}
	}
	return false;
}

/*
 * Dotted edges whose ends are connected otherwise only clutter the picture: the lightest go first, and none that is
 * heavier than a direct call.
 */
static void drop_detours(struct graph *g)
{
	size_t nodes = g->r->infos.n + 1;
	struct walk w = { .g = g, .met = mem_zarray(nodes, sizeof(*w.met)), .todo = mem_array(nodes, sizeof(*w.todo)) };

	graph_adjacent(g);
	for (uint32_t i = g->n; i-- > 0;) {
		uint32_t first = g->in_at[g->order[i]], k = g->in_at[g->order[i] + 1];

		for (; k > first && g->edges.p[g->in[k - 1]].indirect; k--)
			g->edges.p[g->in[k - 1]].gone = leads_elsewhere(&w, g->in[k - 1]);
	}
	mem_free(w.met);
	mem_free(w.todo);
}

static struct str unit_for(const struct report *r, int64_t v)
{
	struct str unit;

	unit_scale(v, r->unit, STR("minimum"), &unit);
	return unit;
}

/* The smallest value that stands in a column, without its sign. */
static int64_t least_shown(const struct graph *g)
{
	int64_t least = 0;

	for (uint32_t i = 0; i < g->n; i++) {
		int64_t flat = abs_wrap(graph_flat(g, g->order[i]));
		int64_t v = flat != 0 ? flat : abs_wrap(graph_cum(g, g->order[i]));

		if (v > 0 && (v < least || least == 0))
			least = v;
	}
	return least != 0 ? least : g->r->total;
}

/* "minimum": the unit of the smallest value; with a much larger total, one in which it is a few hundredths. */
static void select_unit(struct graph *g)
{
	struct report *r = g->r;
	int64_t least, most, hundredfold;
	struct str unit;

	r->out_unit = r->o.unit;
	if (!str_eq(r->o.unit, STR("minimum")) || g->n == 0)
		return;
	least = report_divided(r, least_shown(g));
	most = report_divided(r, r->total);
	hundredfold = (int64_t)((uint64_t)least * 100);
	unit = unit_for(r, least);
	if (hundredfold < most && !str_eq(unit, unit_for(r, most)))
		unit = unit_for(r, hundredfold);
	r->out_unit = unit.n > 0 ? unit : r->unit;
}

struct limits {
	int64_t nodes; /* 0: all */
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

static void make_dot(struct graph *g, struct limits l, bool *kept)
{
	bool some = keep_heavy(g, l.node_cutoff, kept), limited, again;
	uint32_t dropped;

	g->tags = graph_tags_new(g->r, l.node_cutoff);
	g->orig_count = g->n;
	graph_edges(g, some ? kept : NULL, EDGES_ALL);
	graph_sort(g, FORM_DOT);
	limited = l.nodes > 0;
	again = limited && keep_first(g, count_boxes(g, l.nodes), kept);
	if (again) {
		graph_edges(g, kept, EDGES_ALL);
		graph_sort(g, FORM_DOT);
	}
	dropped = trim_edges(g, l.edge_cutoff);
	/* With a limit that leaves no node out, pprof tells nothing of edges. */
	g->dropped_edges = limited && !again ? 0 : dropped;
	drop_detours(g);
}

struct graph *graph_new(struct report *r, enum graph_form form, bool trim)
{
	struct graph *g = mem_zalloc(sizeof(*g));
	struct limits l;
	bool *kept;

	report_nodes(r, NAMES_TRIMMED);
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
