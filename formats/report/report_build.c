/*
 * From samples to nodes with flat and cum, and to edges: two linear passes.
 * A node or an edge counts once for a sample: each carries the number of the
 * sample that it was met in last.
 */
#include "base/hash.h"
#include "formats/report/report_impl.h"

struct tally {
	int64_t cum;
	uint32_t seen; /* sample + 1 */
};

/* Most locations have one node, and then that is all there is to be read. */
#define MORE_NODES (UINT32_C(1) << 31)

struct value_builder {
	struct graph *g;
	struct tally *tallies; /* by info */
	uint32_t *innermost;   /* by location: its innermost node; MORE_NODES: there are others */
};

static inline void count_node(struct value_builder *b, uint32_t node, uint32_t number, int64_t weight, int64_t divisor)
{
	struct tally *t = &b->tallies[node];

	if (t->seen == number)
		return;
	t->seen = number;
	t->cum = sum_wrap(t->cum, weight);
	if (UNLIKELY(divisor != 0))
		b->g->nodes[node].cum_div = sum_wrap(b->g->nodes[node].cum_div, divisor);
}

static void add_sample(struct value_builder *b, const struct rsample *s, uint32_t number)
{
	struct graph *g = b->g;
	const struct report *r = g->r;
	const uint32_t *stack = r->stack + s->at, *innermost = b->innermost;
	int64_t weight = report_weight(r, s), divisor = report_divisor(r, s);
	uint32_t leaf = NO_NODE, n_locations = r->n_locations;

	if (weight == 0 && divisor == 0)
		return;
	for (uint32_t i = s->n; i-- > 0;) {
		if (UNLIKELY(stack[i] >= n_locations))
			continue;
		leaf = innermost[stack[i]];
		if (UNLIKELY(leaf & MORE_NODES)) {
			leaf &= ~MORE_NODES;
			for (uint32_t k = r->node_at[stack[i] + 1]; --k > r->node_at[stack[i]];)
				count_node(b, r->nodes[k], number, weight, divisor);
		}
		count_node(b, leaf, number, weight, divisor);
	}
	if (leaf != NO_NODE) {
		g->nodes[leaf].flat = sum_wrap(g->nodes[leaf].flat, weight);
		g->nodes[leaf].flat_div = sum_wrap(g->nodes[leaf].flat_div, divisor);
	}
}

static bool is_negative(const struct gnode *n)
{
	return n->flat < 0 || (n->flat == 0 && n->cum < 0);
}

void graph_values(struct graph *g)
{
	struct report *r = g->r;
	struct value_builder b = { .g = g };

	b.tallies = mem_zarray(r->infos.n + 1, sizeof(*b.tallies));
	b.innermost = mem_array((size_t)r->n_locations + 1, sizeof(*b.innermost));
	for (uint32_t i = 0; i < r->n_locations; i++)
		b.innermost[i] = r->nodes[r->node_at[i]] | (r->node_at[i + 1] - r->node_at[i] > 1 ? MORE_NODES : 0);
	for (uint32_t i = 0; i < r->n_samples; i++)
		add_sample(&b, &r->samples[i], i + 1);
	g->n = 0;
	for (uint32_t i = 0; i < r->infos.n; i++) {
		struct gnode *n = &g->nodes[i];

		n->cum = b.tallies[i].cum;
		if ((n->cum != 0 || n->flat != 0) && !(r->o.drop_negative && is_negative(n)))
			g->order[g->n++] = i;
	}
	mem_free(b.tallies);
	mem_free(b.innermost);
}

/* Flags of a frame that is kept. */
enum {
	CALL_INLINED = 1,  /* into the frame below it */
	CALL_INDIRECT = 2, /* frames of this location between it and the one before are left out */
	CALL_WANTED = 4,   /* edges to it are of interest */
};

struct frame {
	uint32_t node, flags;
	uint32_t src, edge; /* of the last time: mostly the caller is the same again */
};

/* The frames of a location that are kept. */
struct kept_frames {
	uint32_t at, n; /* the top bit of n: frames on the leaf side are left out */
};

#define LEFT_OUT (UINT32_C(1) << 31)

/* What every sample touches of an edge. */
struct edge_sum {
	int64_t weight;
	uint32_t seen;         /* sample + 1 */
	bool indirect, called; /* called: not inlined somewhere */
};

struct edge_builder {
	struct graph *g;
	struct kept_frames *kept; /* by location */
	struct frame *frames;     /* of a location: root side first */
	bool *wanted;             /* by location: some frame has CALL_WANTED */
	struct map map;
	VEC(struct edge_sum) sums; /* by edge */
};

static uint32_t find_edge(struct edge_builder *b, uint32_t src, uint32_t dest)
{
	uint64_t hash = hash_mix(src, dest);
	struct map_at at = map_find(&b->map, hash);
	uint32_t n = (uint32_t)b->g->edges.n;

	for (uint32_t i; map_next(&at, &i);)
		if (b->g->edges.p[i].src == src && b->g->edges.p[i].dest == dest)
			return i;
	vec_push(&b->g->edges, ((struct gedge){ .src = src, .dest = dest }));
	vec_push(&b->sums, ((struct edge_sum){ 0 }));
	map_put(&b->map, hash, n);
	return n;
}

static void add_edge(struct edge_builder *b, uint32_t src, struct frame *f, bool indirect, const struct rsample *s,
    uint32_t number)
{
	struct edge_sum *e;

	if (f->src != src) {
		f->src = src;
		f->edge = find_edge(b, src, f->node);
	}
	e = &b->sums.p[f->edge];
	if (e->seen == number)
		return;
	e->seen = number;
	e->indirect |= indirect;
	e->called |= !(f->flags & CALL_INLINED);
	e->weight = sum_wrap(e->weight, report_weight(b->g->r, s));
	if (UNLIKELY(b->g->r->o.mean)) {
		struct gedge *edge = &b->g->edges.p[f->edge];

		edge->weight_div = sum_wrap(edge->weight_div, report_divisor(b->g->r, s));
	}
}

static void add_edges(struct edge_builder *b, const struct rsample *s, uint32_t number)
{
	const struct report *r = b->g->r;
	const uint32_t *stack = r->stack + s->at;
	const struct kept_frames *kept = b->kept;
	uint32_t src = NO_NODE, n_locations = r->n_locations;
	bool indirect = false;

	if (report_weight(r, s) == 0 && report_divisor(r, s) == 0)
		return;
	for (uint32_t i = s->n; i-- > 0;) {
		struct kept_frames l;
		struct frame *f;

		if (UNLIKELY(stack[i] >= n_locations))
			continue;
		l = kept[stack[i]];
		f = b->frames + l.at;
		for (; (l.n & ~LEFT_OUT) > 0; f++, l.n--) {
			indirect |= f->flags & CALL_INDIRECT;
			if ((f->flags & CALL_WANTED) && src != NO_NODE && src != f->node)
				add_edge(b, src, f, indirect, s, number);
			src = f->node;
			indirect = false;
		}
		indirect |= l.n != 0;
	}
}

/* The nearest kept frame of the callers, or NO_NODE. */
static uint32_t caller_of(const struct edge_builder *b, const uint32_t *caller, const uint32_t *end)
{
	for (; caller < end; caller++) {
		struct kept_frames l = { 0 };

		if (*caller < b->g->r->n_locations)
			l = b->kept[*caller];
		l.n &= ~LEFT_OUT;
		if (l.n > 0)
			return b->frames[l.at + l.n - 1].node;
	}
	return NO_NODE;
}

/* Only edges to wanted frames, and these are rare: other locations cost one look at a flag. */
static void add_wanted_edges(struct edge_builder *b, const struct rsample *s, uint32_t number)
{
	const struct report *r = b->g->r;
	const uint32_t *stack = r->stack + s->at;
	const bool *wanted = b->wanted;
	uint32_t n_locations = r->n_locations;

	if (report_weight(r, s) == 0 && report_divisor(r, s) == 0)
		return;
	for (uint32_t i = s->n; i-- > 0;) {
		struct kept_frames l;
		uint32_t src;

		if (UNLIKELY(stack[i] >= n_locations) || !wanted[stack[i]])
			continue;
		l = b->kept[stack[i]];
		src = b->frames[l.at].flags & CALL_WANTED ? caller_of(b, stack + i + 1, stack + s->n) : NO_NODE;
		for (uint32_t k = 0; k < (l.n & ~LEFT_OUT); k++) {
			struct frame *f = &b->frames[l.at + k];

			if ((f->flags & CALL_WANTED) && src != NO_NODE && src != f->node)
				add_edge(b, src, f, false, s, number);
			src = f->node;
		}
	}
}

/* The frames of a location that are kept, from the root side. */
static uint32_t keep_frames(struct edge_builder *b, uint32_t location, const bool *kept, enum graph_edges want,
    uint32_t at)
{
	const struct report *r = b->g->r;
	uint32_t first = r->node_at[location], end = r->node_at[location + 1], start = at;
	bool indirect = false;

	b->wanted[location] = false;
	for (uint32_t k = end; k-- > first;) {
		uint32_t node = r->nodes[k];

		if (kept != NULL && !kept[node]) {
			indirect = true;
			continue;
		}
		b->frames[at++] = (struct frame){ .node = node,
			.flags = (k + 1 < end ? CALL_INLINED : 0U) | (indirect ? CALL_INDIRECT : 0U) |
			    (want == EDGES_ALL || r->inlined[node] ? CALL_WANTED : 0U),
			.src = NO_NODE };
		b->wanted[location] |= want == EDGES_ALL || r->inlined[node];
		indirect = false;
	}
	b->kept[location] = (struct kept_frames){ start, (at - start) | (indirect ? LEFT_OUT : 0) };
	return at;
}

static void take_sums(struct edge_builder *b)
{
	for (size_t i = 0; i < b->sums.n; i++) {
		struct gedge *e = &b->g->edges.p[i];

		e->weight = b->sums.p[i].weight;
		e->indirect = b->sums.p[i].indirect;
		e->inlined = !b->sums.p[i].called;
	}
}

void graph_edges(struct graph *g, const bool *kept, enum graph_edges want)
{
	struct edge_builder b = { .g = g };
	struct report *r = g->r;
	size_t frames = r->node_at[r->n_locations];
	uint32_t at = 0;

	b.kept = mem_array((size_t)r->n_locations + 1, sizeof(*b.kept));
	b.frames = mem_array(frames + 1, sizeof(*b.frames));
	b.wanted = mem_array((size_t)r->n_locations + 1, sizeof(*b.wanted));
	for (uint32_t i = 0; i < r->n_locations; i++)
		at = keep_frames(&b, i, kept, want, at);
	g->edges.n = 0;
	for (uint32_t i = 0; i < r->n_samples; i++)
		if (want == EDGES_ALL)
			add_edges(&b, &r->samples[i], i + 1);
		else
			add_wanted_edges(&b, &r->samples[i], i + 1);
	take_sums(&b);
	mem_free(b.kept);
	mem_free(b.frames);
	mem_free(b.wanted);
	map_fini(&b.map);
	vec_free(&b.sums);
}
