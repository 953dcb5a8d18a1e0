#include "formats/query/tree_cut.h"

#include "formats/query/tree_impl.h"

/* In the store `other` is no special name and is not added to; in the merge it stays and takes what is cut. */
enum place { IN_STORE, IN_MERGE };

struct cut {
	const struct tree_node *old;
	struct tree *t;
	uint32_t *node;  /* by old number: new number + 1, 0 = cut */
	int64_t *gone;   /* by new number: totals of children that were cut */
	uint32_t *other; /* by new number: its child `other`, or 0 */
};

static void keep_nodes(struct cut *c, size_t n, int64_t least, enum place place)
{
	uint32_t other = tree_find_name(c->t, TREE_OTHER);

	c->node[0] = 1;
	for (size_t i = 1; i < n; i++) {
		const struct tree_node *o = &c->old[i];
		uint32_t parent;

		if (c->node[o->parent] == 0)
			continue;
		parent = c->node[o->parent] - 1;
		if (o->total < least && (place == IN_STORE || o->name != other)) {
			c->gone[parent] = wrap_add(c->gone[parent], o->total);
			continue;
		}
		c->node[i] = tree_append(c->t, parent, o->name, o->self) + 1;
		if (o->name == other)
			c->other[parent] = c->node[i] - 1;
	}
}

static void add_others(struct cut *c, enum place place)
{
	size_t kept = c->t->nodes.n;
	uint32_t name = tree_name(c->t, TREE_OTHER);

	for (uint32_t i = 0; i < kept; i++) {
		if (c->gone[i] == 0)
			continue;
		if (c->other[i] == 0)
			tree_append(c->t, i, name, c->gone[i]);
		else if (place == IN_MERGE)
			c->t->nodes.p[c->other[i]].self = wrap_add(c->t->nodes.p[c->other[i]].self, c->gone[i]);
	}
}

static void cut_once(struct tree *t, int64_t max_nodes, enum place place)
{
	size_t n = t->nodes.n;
	struct cut c = { .old = t->nodes.p, .t = t };
	struct tree_node *old = t->nodes.p;
	int64_t least;

	tree_total(t);
	least = tree_min_value(t, max_nodes);
	c.node = mem_zarray(n, sizeof(*c.node));
	c.gone = mem_zarray(n, sizeof(*c.gone));
	c.other = mem_zarray(n, sizeof(*c.other));
	t->nodes.p = NULL;
	t->nodes.n = t->nodes.cap = 0;
	map_reset(&t->index->children);
	t->index->indexed = 1;
	vec_push(&t->nodes, ((struct tree_node){ .self = old[0].self }));
	keep_nodes(&c, n, least, place);
	add_others(&c, place);
	tree_total(t);
	mem_free(c.node);
	mem_free(c.gone);
	mem_free(c.other);
	mem_free(old);
}

void tree_cut_merged(struct tree *t, int64_t max_nodes)
{
	if (max_nodes <= 0) {
		tree_total(t);
		return;
	}
	cut_once(t, max_nodes, IN_MERGE); /* of the stores' answers */
	cut_once(t, max_nodes, IN_MERGE); /* of the parts of the time range */
}

void tree_cut(struct tree *t, int64_t max_nodes)
{
	if (max_nodes > 0)
		cut_once(t, max_nodes, IN_STORE);
	tree_cut_merged(t, max_nodes);
}

size_t tree_shown(const struct tree *t, int64_t max_nodes)
{
	int64_t least = max_nodes > 0 ? tree_min_value(t, max_nodes) : INT64_MIN;
	uint32_t other = tree_find_name(t, TREE_OTHER);
	bool *hidden = mem_zarray(t->nodes.n, sizeof(*hidden));
	size_t n = 0;

	for (size_t i = 1; i < t->nodes.n; i++) {
		const struct tree_node *x = &t->nodes.p[i];

		hidden[i] = hidden[x->parent] || x->name == other || x->total < least;
		n += !hidden[i];
	}
	mem_free(hidden);
	return n;
}
