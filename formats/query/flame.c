/*
 * Flame graph of a tree: spec of the read API, 9.2. The walk visits the
 * rightmost child first, which numbers the names; so every level is met from
 * right to left, and the levels are filled from their ends, once it is known
 * how long they will be.
 */
#include "formats/query/tree_impl.h"

struct pending_bar {
	uint32_t node, level; /* node 0: what was cut beside its neighbours */
	int64_t x, total;
};

struct level {
	int64_t *left; /* leftmost group so far */
	int64_t x;     /* where it starts */
	size_t bars;
};

struct walk {
	const struct tree *t;
	int64_t least;
	uint32_t other;        /* name of the tree, or TREE_NO_NAME */
	uint32_t *number;      /* by name of the tree: number in names + 1, 0 = not met */
	uint32_t other_number; /* same, when the tree has no such name */
	VEC(struct str) names;
	VEC(struct level) levels;
	VEC(struct pending_bar) stack;
	VEC(uint32_t) children;
	int64_t max_self;
};

static bool is_cut(const struct walk *w, const struct tree_node *n)
{
	return n->total < w->least || n->name == w->other;
}

/* How many bars each level has; of nodes that are cut, one for all children of a node. */
static size_t count_bars(struct walk *w)
{
	const struct tree_node *p = w->t->nodes.p;
	uint32_t *depth = mem_array(w->t->nodes.n, sizeof(*depth)); /* + 1; 0 = cut */
	int64_t *gone = mem_zarray(w->t->nodes.n, sizeof(*gone));
	size_t bars = 1;

	vec_push(&w->levels, ((struct level){ .bars = 1 }));
	depth[0] = 1;
	for (size_t i = 1; i < w->t->nodes.n; i++) {
		uint32_t parent = p[i].parent, level = depth[parent];
		bool cut = is_cut(w, &p[i]);

		depth[i] = cut || level == 0 ? 0 : level + 1;
		if (level == 0)
			continue;
		if (level == w->levels.n)
			vec_push(&w->levels, ((struct level){ 0 }));
		if (cut) { /* a sum may come back to zero: then there is no bar */
			bool before = gone[parent] != 0;

			gone[parent] = wrap_add(gone[parent], p[i].total);
			w->levels.p[level].bars += (size_t)(gone[parent] != 0) - before;
		} else {
			w->levels.p[level].bars++;
		}
	}
	mem_free(depth);
	mem_free(gone);
	while (w->levels.p[w->levels.n - 1].bars == 0)
		w->levels.n--;
	for (size_t i = 1; i < w->levels.n; i++)
		bars += w->levels.p[i].bars;
	return bars;
}

static void make_levels(struct walk *w, struct arena *a, struct flamegraph *g)
{
	/* One group more: a level's first bar writes the offset of a right neighbour that it has not. */
	int64_t *values = arena_array(a, count_bars(w) + 1, 4 * sizeof(int64_t));

	g->n_levels = w->levels.n;
	g->levels = arena_array(a, g->n_levels, sizeof(*g->levels));
	for (size_t i = 0; i < g->n_levels; i++) {
		size_t n = 4 * w->levels.p[i].bars;

		g->levels[i] = (struct flame_level){ values, n };
		values += n;
		w->levels.p[i].left = values;
	}
}

static uint32_t number_of(struct walk *w, uint32_t *slot, struct str name)
{
	if (*slot == 0) {
		vec_push(&w->names, name);
		*slot = (uint32_t)w->names.n;
	}
	return *slot - 1;
}

static void push_children(struct walk *w, uint32_t node, uint32_t level, int64_t x)
{
	const struct tree_node *p = w->t->nodes.p;
	int64_t cut = 0;

	w->children.n = 0;
	for (uint32_t c = p[node].first_child; c != 0; c = p[c].next)
		if (is_cut(w, &p[c]))
			cut = wrap_add(cut, p[c].total);
		else
			vec_push(&w->children, c);
	tree_sort(w->t, w->children.p, w->children.n);
	for (size_t i = 0; i < w->children.n; i++) {
		uint32_t c = w->children.p[i];

		vec_push(&w->stack, ((struct pending_bar){ c, level, x, p[c].total }));
		x = wrap_add(x, p[c].total);
	}
	if (cut != 0)
		vec_push(&w->stack, ((struct pending_bar){ 0, level, x, cut }));
}

/* The offset of a bar is known when its left neighbour comes. */
static void add_bar(struct walk *w, const struct pending_bar *at, uint32_t name, int64_t self)
{
	struct level *l = &w->levels.p[at->level];

	l->left[0] = wrap_sub(l->x, wrap_add(at->x, at->total));
	l->left -= 4;
	l->left[1] = at->total;
	l->left[2] = self;
	l->left[3] = name;
	l->x = at->x;
	w->max_self = MAX(w->max_self, self);
}

static void visit(struct walk *w, const struct pending_bar *at)
{
	const struct tree_node *n = &w->t->nodes.p[at->node];
	uint32_t *slot = &w->other_number;

	if (at->node != 0) {
		add_bar(w, at, number_of(w, &w->number[n->name], w->t->names.p[n->name]), n->self);
		if (n->first_child != 0)
			push_children(w, at->node, at->level + 1, wrap_add(at->x, n->self));
		return;
	}
	if (w->other != TREE_NO_NAME)
		slot = &w->number[w->other];
	add_bar(w, at, number_of(w, slot, TREE_OTHER), at->total);
}

/* Leftmost bars have their offset from 0. */
static void finish_levels(struct walk *w, const struct flamegraph *g)
{
	for (size_t i = 0; i < g->n_levels; i++) {
		assert(w->levels.p[i].left == g->levels[i].values);
		w->levels.p[i].left[0] = w->levels.p[i].x;
	}
}

static void walk_free(struct walk *w)
{
	mem_free(w->number);
	vec_free(&w->names);
	vec_free(&w->levels);
	vec_free(&w->stack);
	vec_free(&w->children);
}

struct str *flame_names(struct arena *a, const struct str *names, size_t n)
{
	struct str *copy = arena_array(a, n, sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = arena_str(a, names[i]);
	return copy;
}

static void draw(struct walk *w, struct flamegraph *g)
{
	uint32_t total = tree_find_name(w->t, STR("total"));

	vec_push(&w->names, STR("total"));
	if (total != TREE_NO_NAME)
		w->number[total] = 1; /* a function of that name shares the root's entry */
	add_bar(w, &(struct pending_bar){ .total = g->total }, 0, 0);
	push_children(w, 0, 1, 0);
	while (w->stack.n > 0) {
		struct pending_bar at = w->stack.p[--w->stack.n];

		visit(w, &at);
	}
	finish_levels(w, g);
	g->max_self = w->max_self;
}

struct flamegraph *tree_flamegraph(struct arena *a, struct tree *t, int64_t max_nodes)
{
	struct walk w = { .t = t };
	struct flamegraph *g = arena_zalloc(a, sizeof(*g));

	tree_total(t);
	w.least = tree_min_value(t, max_nodes);
	w.other = tree_find_name(t, TREE_OTHER);
	w.number = mem_zarray(t->names.n, sizeof(*w.number));
	g->total = wrap_sub(t->nodes.p[0].total, t->nodes.p[0].self);
	make_levels(&w, a, g);
	draw(&w, g);
	g->n_names = w.names.n;
	g->names = flame_names(a, w.names.p, w.names.n);
	walk_free(&w);
	return g;
}
