/*
 * From samples to nodes with flat and cum, and to edges.
 *
 * Samples come one after the other, and neighbours often share their root
 * side. So the path of the sample before stays open: only the frames that
 * differ are closed and opened, and a weight is handed from a frame to its
 * caller when the frame is closed. A frame counts for its node only if it is
 * the node's first on the path, likewise an edge.
 */
#include "base/hash.h"
#include "formats/report_impl.h"

#define NO_EDGE UINT32_MAX

struct frame {
	uint32_t node, edge;            /* edge: that counts here, or NO_EDGE */
	bool first;                     /* of its node on this path */
	int64_t weight, divisor;
};

struct place {
	uint32_t location, n_frames;    /* frames open with this location */
	bool residual;
};

struct builder {
	struct graph *g;
	const bool *kept;               /* by info, or NULL for all */
	enum graph_edges want;
	VEC(struct frame) frames;
	VEC(struct place) places;
	uint32_t *open;                 /* by info: frames on the path */
	VEC(bool) edge_open;            /* by edge: it is on the path */
	struct map edge_map;
	bool residual;
};

static uint32_t find_edge(struct builder *b, uint32_t src, uint32_t dest, bool inlined)
{
	uint64_t hash = hash_mix(src, dest);
	struct map_at at = map_find(&b->edge_map, hash);
	uint32_t n = (uint32_t)b->g->edges.n;

	for (uint32_t i; map_next(&at, &i);)
		if (b->g->edges.p[i].src == src && b->g->edges.p[i].dest == dest)
			return i;
	vec_push(&b->g->edges, ((struct gedge){ .src = src, .dest = dest, .inlined = inlined }));
	vec_push(&b->edge_open, false);
	map_put(&b->edge_map, hash, n);
	return n;
}

static uint32_t open_edge(struct builder *b, uint32_t src, uint32_t dest, bool inlined)
{
	uint32_t i = find_edge(b, src, dest, inlined);
	struct gedge *e = &b->g->edges.p[i];

	if (b->edge_open.p[i])
		return NO_EDGE;
	b->edge_open.p[i] = true;
	e->residual |= b->residual;
	e->inlined &= inlined;
	return i;
}

static void open_frame(struct builder *b, uint32_t node, bool inlined)
{
	struct frame f = { .node = node, .edge = NO_EDGE };
	uint32_t parent = b->frames.n > 0 ? b->frames.p[b->frames.n - 1].node : node;

	if (parent != node && (b->want == EDGES_ALL || (b->want == EDGES_INLINED && b->g->r->inlined[node])))
		f.edge = open_edge(b, parent, node, inlined);
	f.first = b->open[node]++ == 0;
	vec_push(&b->frames, f);
	b->residual = false;
}

static void close_frame(struct builder *b)
{
	struct frame *f = &b->frames.p[--b->frames.n];
	struct gnode *n = &b->g->nodes[f->node];

	if (f->first) {
		n->cum = sum_wrap(n->cum, f->weight);
		n->cum_div = sum_wrap(n->cum_div, f->divisor);
	}
	if (f->edge != NO_EDGE) {
		struct gedge *e = &b->g->edges.p[f->edge];

		e->weight = sum_wrap(e->weight, f->weight);
		e->weight_div = sum_wrap(e->weight_div, f->divisor);
		b->edge_open.p[f->edge] = false;
	}
	b->open[f->node]--;
	if (b->frames.n > 0) {
		f[-1].weight = sum_wrap(f[-1].weight, f->weight);
		f[-1].divisor = sum_wrap(f[-1].divisor, f->divisor);
	}
}

/* Keeps the first n places open. */
static void close_to(struct builder *b, size_t n)
{
	size_t frames = n > 0 ? b->places.p[n - 1].n_frames : 0;

	while (b->frames.n > frames)
		close_frame(b);
	b->residual = n > 0 && b->places.p[n - 1].residual;
	b->places.n = n;
}

static void open_location(struct builder *b, uint32_t location)
{
	const struct report *r = b->g->r;

	if (location < r->n_locations) {
		uint32_t first = r->node_at[location], end = r->node_at[location + 1];

		for (uint32_t k = end; k-- > first;) {
			uint32_t node = r->nodes[k];

			if (b->kept != NULL && !b->kept[node])
				b->residual = true;
			else
				open_frame(b, node, k != end - 1);
		}
	}
	vec_push(&b->places, ((struct place){ location, (uint32_t)b->frames.n, b->residual }));
}

static void add_sample(struct builder *b, const struct rsample *s)
{
	const uint32_t *leaf = b->g->r->stack + s->at;
	int64_t weight = report_weight(b->g->r, s), divisor = report_divisor(b->g->r, s);
	size_t shared = 0;
	struct frame *top;

	if (weight == 0 && divisor == 0)
		return;
	while (shared < s->n && shared < b->places.n && b->places.p[shared].location == leaf[s->n - 1 - shared])
		shared++;
	if (shared < b->places.n)
		close_to(b, shared);
	for (size_t i = s->n - shared; i-- > 0;)
		open_location(b, leaf[i]);
	if (b->frames.n == 0)
		return;
	top = &b->frames.p[b->frames.n - 1];
	top->weight = sum_wrap(top->weight, weight);
	top->divisor = sum_wrap(top->divisor, divisor);
	if (!b->residual) {
		struct gnode *n = &b->g->nodes[top->node];

		n->flat = sum_wrap(n->flat, weight);
		n->flat_div = sum_wrap(n->flat_div, divisor);
	}
}

static bool is_negative(const struct gnode *n)
{
	return n->flat < 0 || (n->flat == 0 && n->cum < 0);
}

void graph_build(struct graph *g, const bool *kept, enum graph_edges want)
{
	struct builder b = { .g = g, .kept = kept, .want = want };
	struct report *r = g->r;

	memset(g->nodes, 0, r->infos.n * sizeof(*g->nodes));
	g->edges.n = 0;
	b.open = mem_zarray(r->infos.n + 1, sizeof(*b.open));
	for (uint32_t i = 0; i < r->n_samples; i++)
		add_sample(&b, &r->samples[i]);
	close_to(&b, 0);
	g->n = 0;
	for (uint32_t i = 0; i < r->infos.n; i++) {
		const struct gnode *n = &g->nodes[i];

		if ((n->cum != 0 || n->flat != 0) && !(r->o.drop_negative && is_negative(n)))
			g->order[g->n++] = i;
	}
	vec_free(&b.frames);
	vec_free(&b.places);
	vec_free(&b.edge_open);
	map_fini(&b.edge_map);
	mem_free(b.open);
}
