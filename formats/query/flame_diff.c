/*
 * Flame graph of two trees: spec of the read API, 9.3. The trees are laid
 * over each other first; then the walk is that of flame.c with two widths.
 */
#include "formats/query/tree_impl.h"

struct sides {
	int64_t left, right;
};

struct bar {
	uint32_t level, name;
	struct sides x, total, self;
};

struct pending_bar {
	uint32_t node, level; /* node 0: what was cut beside its neighbours */
	struct sides x, total;
};

struct walk {
	struct tree *t;             /* both trees; self and total are not used */
	struct sides *self, *total; /* by node */
	struct arena *a;
	int64_t least;
	uint32_t *number; /* by name of the tree: number in names + 1, 0 = not met */
	uint32_t other_number;
	VEC(struct str) names;
	VEC(struct bar) bars;
	VEC(struct pending_bar) stack;
	VEC(uint32_t) children;
	VEC(size_t) wide;
	int64_t max_self;
};

static struct sides plus(struct sides a, struct sides b)
{
	return (struct sides){ wrap_add(a.left, b.left), wrap_add(a.right, b.right) };
}

/* Nodes of both under the numbers of one tree. */
static void lay_over(struct walk *w, struct tree *left, struct tree *right)
{
	struct tree *t = tree_new();
	uint32_t *at = mem_array(right->nodes.n, sizeof(*at));
	uint32_t *names = mem_array(right->names.n, sizeof(*names));

	tree_merge(t, left); /* into an empty tree: numbers stay */
	for (size_t i = 0; i < right->names.n; i++)
		names[i] = tree_name(t, right->names.p[i]);
	at[0] = 0;
	for (size_t i = 1; i < right->nodes.n; i++)
		at[i] = tree_child_named(t, at[right->nodes.p[i].parent], names[right->nodes.p[i].name]);
	w->t = t;
	w->self = mem_zarray(t->nodes.n, sizeof(*w->self));
	w->total = mem_zarray(t->nodes.n, sizeof(*w->total));
	for (size_t i = 0; i < left->nodes.n; i++) {
		w->self[i].left = left->nodes.p[i].self;
		w->total[i].left = left->nodes.p[i].total;
	}
	for (size_t i = 0; i < right->nodes.n; i++) {
		w->self[at[i]].right = right->nodes.p[i].self;
		w->total[at[i]].right = right->nodes.p[i].total;
	}
	mem_free(at);
	mem_free(names);
}

static int64_t min_value(const struct walk *w, int64_t max_nodes)
{
	size_t n = w->t->nodes.n;
	int64_t *largest, least;

	if (max_nodes <= 0 || n <= (uint64_t)max_nodes)
		return 0;
	largest = mem_array(n, sizeof(*largest));
	for (size_t i = 0; i < n; i++)
		largest[i] = MAX(w->total[i].left, w->total[i].right);
	least = select_largest(largest, n, (size_t)max_nodes);
	mem_free(largest);
	return least;
}

static uint32_t number_of(struct walk *w, uint32_t *slot, struct str name)
{
	if (*slot == 0) {
		vec_push(&w->names, name);
		*slot = (uint32_t)w->names.n;
	}
	return *slot - 1;
}

static void push_children(struct walk *w, uint32_t node, uint32_t level, struct sides x)
{
	const struct tree_node *p = w->t->nodes.p;
	struct sides cut = { 0 };

	w->children.n = 0;
	for (uint32_t c = p[node].first_child; c != 0; c = p[c].next)
		if (w->total[c].left < w->least && w->total[c].right < w->least)
			cut = plus(cut, w->total[c]);
		else
			vec_push(&w->children, c);
	tree_sort(w->t, w->children.p, w->children.n);
	for (size_t i = 0; i < w->children.n; i++) {
		uint32_t c = w->children.p[i];

		vec_push(&w->stack, ((struct pending_bar){ c, level, x, w->total[c] }));
		x = plus(x, w->total[c]);
	}
	if (cut.left != 0 || cut.right != 0)
		vec_push(&w->stack, ((struct pending_bar){ 0, level, x, cut }));
}

static void add_bar(struct walk *w, const struct pending_bar *at, uint32_t name, struct sides self)
{
	if (at->level == w->wide.n)
		vec_push(&w->wide, 0);
	w->wide.p[at->level]++;
	w->max_self = MAX(w->max_self, MAX(self.left, self.right));
	vec_push(&w->bars, ((struct bar){ at->level, name, at->x, at->total, self }));
}

static void visit(struct walk *w, const struct pending_bar *at)
{
	uint32_t name = w->t->nodes.p[at->node].name, other;

	if (at->node != 0) {
		add_bar(w, at, number_of(w, &w->number[name], w->t->names.p[name]), w->self[at->node]);
		push_children(w, at->node, at->level + 1, plus(at->x, w->self[at->node]));
		return;
	}
	other = tree_find_name(w->t, TREE_OTHER);
	add_bar(w, at, number_of(w, other == TREE_NO_NAME ? &w->other_number : &w->number[other], TREE_OTHER),
	    at->total);
}

static void write_bar(int64_t *v, const struct bar *b, struct sides *end)
{
	v[0] = wrap_sub(b->x.left, end->left);
	v[1] = b->total.left;
	v[2] = b->self.left;
	v[3] = wrap_sub(b->x.right, end->right);
	v[4] = b->total.right;
	v[5] = b->self.right;
	v[6] = b->name;
	*end = plus(b->x, b->total);
}

static void write_levels(struct walk *w, struct flamegraph *g)
{
	int64_t *values = arena_array(w->a, w->bars.n, 7 * sizeof(int64_t));
	struct sides *end = mem_zarray(w->wide.n, sizeof(*end));

	g->n_levels = w->wide.n;
	g->levels = arena_array(w->a, g->n_levels, sizeof(*g->levels));
	for (size_t i = 0; i < g->n_levels; i++) {
		g->levels[i] = (struct flame_level){ values, 0 };
		values += 7 * w->wide.p[i];
	}
	for (size_t i = w->bars.n; i-- > 0;) {
		const struct bar *b = &w->bars.p[i];
		struct flame_level *l = &g->levels[b->level];

		write_bar(l->values + l->n, b, &end[b->level]);
		l->n += 7;
	}
	mem_free(end);
}

static void draw(struct walk *w, struct flamegraph *g, int64_t max_nodes)
{
	struct pending_bar root = { 0 };

	w->least = min_value(w, max_nodes);
	w->number = mem_zarray(w->t->names.n, sizeof(*w->number));
	w->number[0] = 1; /* here the empty name shares the root's entry */
	vec_push(&w->names, STR("total"));
	root.total = w->total[0];
	add_bar(w, &root, 0, (struct sides){ 0 });
	push_children(w, 0, 1, (struct sides){ 0 });
	while (w->stack.n > 0) {
		struct pending_bar at = w->stack.p[--w->stack.n];

		visit(w, &at);
	}
	write_levels(w, g);
	g->left_ticks = root.total.left;
	g->right_ticks = root.total.right;
	g->total = wrap_add(g->left_ticks, g->right_ticks);
	g->max_self = w->max_self;
	g->n_names = w->names.n;
	g->names = flame_names(w->a, w->names.p, w->names.n);
}

static void walk_free(struct walk *w)
{
	tree_free(w->t);
	mem_free(w->self);
	mem_free(w->total);
	mem_free(w->number);
	vec_free(&w->names);
	vec_free(&w->bars);
	vec_free(&w->stack);
	vec_free(&w->children);
	vec_free(&w->wide);
}

struct flamegraph *tree_flamegraph_diff(struct arena *a, struct tree *left, struct tree *right, int64_t max_nodes,
    struct err *e)
{
	struct walk w = { .a = a };
	struct flamegraph *g;
	bool bad_left, bad_right;

	tree_total(left);
	tree_total(right);
	bad_left = tree_has_negative(left);
	bad_right = tree_has_negative(right);
	if (bad_left || bad_right) {
		/* The protocol says "left" of either side. */
		err_set(e, ERR_INVALID, "%s require only positive values",
		    bad_left && bad_right ? "both trees" : "left tree");
		return NULL;
	}
	g = arena_zalloc(a, sizeof(*g));
	lay_over(&w, left, right);
	draw(&w, g, max_nodes);
	walk_free(&w);
	return g;
}
