/* flamebearer_encode.c - the old /render JSON, out; see flamebearer.h */
#include "formats/json/flamebearer.h"

#include <stdlib.h>

#include "base/arith.h"
#include "base/json.h"
#include "base/vec.h"
#include "formats/profile_impl.h"
#include "formats/query/render.h"

enum { SINGLE = 4 };

/*
 * The graph is laid out here and not by tree_flamegraph, for which a frame
 * named "other" is what was cut off, and has no children.
 */
struct place {
	uint32_t node;
	int64_t x;
};

struct layout {
	struct arena *a;
	const struct tree *t;
	struct flamegraph *graph;
	uint32_t *name_index; /* by tree name, 0 = not yet named */
	VEC(struct place) level, below;
	VEC(uint32_t) children;
};

static int child_cmp(const void *x, const void *y, void *arg)
{
	const struct tree *t = arg;
	uint32_t a, b;

	memcpy(&a, x, sizeof(a));
	memcpy(&b, y, sizeof(b));
	return str_cmp(t->names.p[t->nodes.p[a].name], t->names.p[t->nodes.p[b].name]);
}

static int64_t name_index(struct layout *l, uint32_t name)
{
	struct flamegraph *g = l->graph;

	if (l->name_index[name] == 0) {
		l->name_index[name] = (uint32_t)g->n_names;
		g->names[g->n_names++] = l->t->names.p[name];
	}
	return l->name_index[name];
}

/* The children of a node, left to right behind its own share. */
static void place_children(struct layout *l, struct place at)
{
	const struct tree_node *nodes = l->t->nodes.p;
	int64_t x = wrap_add(at.x, nodes[at.node].self);

	l->children.n = 0;
	for (uint32_t c = nodes[at.node].first_child; c; c = nodes[c].next)
		vec_push(&l->children, c);
	if (l->children.n)
		qsort_r(l->children.p, l->children.n, sizeof(*l->children.p), child_cmp, (void *)(uintptr_t)l->t);
	for (size_t i = 0; i < l->children.n; i++) {
		vec_push(&l->below, ((struct place){ l->children.p[i], x }));
		x = wrap_add(x, nodes[l->children.p[i]].total);
	}
}

static void place_level(struct layout *l, struct flame_level *out)
{
	int64_t end = 0, *v = arena_array(l->a, l->level.n * SINGLE, sizeof(*v));

	*out = (struct flame_level){ v, l->level.n * SINGLE };
	l->below.n = 0;
	for (size_t i = 0; i < l->level.n; i++, v += SINGLE) {
		struct place at = l->level.p[i];
		const struct tree_node *node = &l->t->nodes.p[at.node];

		v[0] = wrap_sub(at.x, end);
		v[1] = node->total;
		v[2] = node->self;
		v[3] = at.node ? name_index(l, node->name) : 0;
		end = wrap_add(at.x, node->total);
		l->graph->max_self = MAX(l->graph->max_self, node->self);
		place_children(l, at);
	}
}

static uint32_t tree_depth(const struct tree *t, struct arena *a)
{
	uint32_t *depth = arena_zarray(a, t->nodes.n, sizeof(*depth)), most = 0;

	for (size_t i = 1; i < t->nodes.n; i++) {
		depth[i] = depth[t->nodes.p[i].parent] + 1;
		most = MAX(most, depth[i]);
	}
	return most;
}

static struct flamegraph *make_graph(struct arena *a, const struct tree *t)
{
	struct flamegraph *g = arena_zalloc(a, sizeof(*g));
	struct layout l = { .a = a, .t = t, .graph = g };

	g->names = arena_array(a, t->names.n + 1, sizeof(*g->names));
	g->names[g->n_names++] = STR("total");
	g->levels = arena_array(a, (size_t)tree_depth(t, a) + 1, sizeof(*g->levels));
	l.name_index = arena_zarray(a, t->names.n, sizeof(*l.name_index));
	g->total = t->nodes.p[0].total;
	vec_push(&l.level, ((struct place){ 0 }));
	while (l.level.n) {
		struct place *swap = l.level.p;
		size_t cap = l.level.cap;

		place_level(&l, &g->levels[g->n_levels++]);
		l.level.p = l.below.p;
		l.level.n = l.below.n;
		l.level.cap = l.below.cap;
		l.below.p = swap;
		l.below.cap = cap;
	}
	vec_free(&l.level);
	vec_free(&l.below);
	vec_free(&l.children);
	return g;
}

static int add_samples(struct tree *t, const struct profile *p, uint32_t type, struct arena *a, struct err *e)
{
	struct frames f;
	struct str *names;
	int64_t sum = 0;

	frames_init(&f, a, p);
	names = arena_array(a, f.max_depth, sizeof(*names));
	for (uint32_t i = 0; i < p->n_samples; i++) {
		int64_t value = profile_value(p, i, type);

		if (value < 0)
			return err_set(e, ERR_INVALID, "flamebearer: sample %u has the negative value %lld", i,
			    (long long)value);
		if (__builtin_add_overflow(sum, value, &sum))
			return err_set(e, ERR_INVALID, "flamebearer: the values add up to more than 63 bits");
		if (value)
			tree_add(t, names, frames_stack(&f, i, names), value);
	}
	return 0;
}

int flamebearer_encode(const struct profile *p, uint32_t type, struct buf *out, struct err *e)
{
	struct arena *a = arena_new();
	struct tree *t = tree_new();
	struct render r = { 0 };
	int rc;

	assert(type < p->n_types);
	rc = add_samples(t, p, type, a, e);
	if (rc == 0) {
		tree_total(t);
		r.graph = make_graph(a, t);
		r.name = profile_str(p, p->types[type].type);
		r.unit = profile_str(p, p->types[type].unit);
		render_json(out, &r);
	}
	tree_free(t);
	arena_free(a);
	return rc;
}

int flamebearer_encode_diff(const struct profile *left, const struct profile *right, uint32_t type, struct buf *out,
    struct err *e)
{
	struct arena *a = arena_new();
	struct tree *l = tree_new(), *r = tree_new();
	struct render d = { .diff = true };
	int rc = -1;

	assert(type < left->n_types && type < right->n_types);
	if (add_samples(l, left, type, a, e) == 0 && add_samples(r, right, type, a, e) == 0) {
		tree_total(l);
		tree_total(r);
		d.graph = tree_flamegraph_diff(a, l, r, 0, e);
		d.name = profile_str(left, left->types[type].type);
		d.unit = profile_str(left, left->types[type].unit);
		rc = d.graph ? 0 : -1;
	}
	if (rc == 0)
		render_json(out, &d);
	tree_free(l);
	tree_free(r);
	arena_free(a);
	return rc;
}
