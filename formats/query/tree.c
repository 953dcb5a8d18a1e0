#include "formats/query/tree.h"

#include <stdlib.h>

#include "formats/query/tree_impl.h"

struct tree *tree_new(void)
{
	struct tree *t = mem_zalloc(sizeof(*t));

	t->mem = arena_new();
	t->index = mem_zalloc(sizeof(*t->index));
	t->index->indexed = 1;
	tree_name(t, STR(""));
	vec_push(&t->nodes, ((struct tree_node){ 0 }));
	return t;
}

void tree_free(struct tree *t)
{
	if (t == NULL)
		return;
	map_fini(&t->index->names);
	map_fini(&t->index->children);
	mem_free(t->index);
	vec_free(&t->names);
	vec_free(&t->nodes);
	arena_free(t->mem);
	mem_free(t);
}

static uint32_t find_name(const struct tree *t, struct str name, uint64_t hash)
{
	struct map_at at = map_find(&t->index->names, hash);

	for (uint32_t i; map_next(&at, &i);)
		if (str_eq(t->names.p[i], name))
			return i;
	return TREE_NO_NAME;
}

uint32_t tree_find_name(const struct tree *t, struct str name)
{
	return find_name(t, name, hash_seeded(name));
}

uint32_t tree_name(struct tree *t, struct str name)
{
	uint64_t hash = hash_seeded(name);
	uint32_t i = find_name(t, name, hash);

	if (i != TREE_NO_NAME)
		return i;
	assert(t->names.n < TREE_NO_NAME);
	i = (uint32_t)t->names.n;
	vec_push(&t->names, arena_str(t->mem, name));
	map_put(&t->index->names, hash, i);
	return i;
}

uint32_t tree_append(struct tree *t, uint32_t parent, uint32_t name, int64_t self)
{
	uint32_t i = (uint32_t)t->nodes.n;

	assert(t->nodes.n < UINT32_MAX - 1);
	vec_push(&t->nodes,
	    ((struct tree_node){ .parent = parent,
		.name = name,
		.next = t->nodes.p[parent].first_child,
		.self = self }));
	t->nodes.p[parent].first_child = i;
	return i;
}

static uint64_t child_hash(uint32_t parent, uint32_t name)
{
	return hash_mix(parent, name);
}

/* Nodes that tree_append added since the last look-up get into the index. */
static void index_children(struct tree *t)
{
	struct tree_index *x = t->index;

	if (LIKELY(x->indexed == t->nodes.n))
		return;
	map_reserve(&x->children, (uint32_t)t->nodes.n);
	for (; x->indexed < t->nodes.n; x->indexed++) {
		const struct tree_node *n = &t->nodes.p[x->indexed];

		map_put(&x->children, child_hash(n->parent, n->name), x->indexed);
	}
}

uint32_t tree_child_named(struct tree *t, uint32_t parent, uint32_t name)
{
	uint64_t hash = child_hash(parent, name);
	struct map_at at;

	index_children(t);
	at = map_find(&t->index->children, hash);
	for (uint32_t i; map_next(&at, &i);)
		if (t->nodes.p[i].parent == parent && t->nodes.p[i].name == name)
			return i;
	map_put(&t->index->children, hash, (uint32_t)t->nodes.n);
	t->index->indexed++;
	return tree_append(t, parent, name, 0);
}

uint32_t tree_child(struct tree *t, uint32_t parent, struct str name)
{
	assert(parent < t->nodes.n);
	return tree_child_named(t, parent, tree_name(t, name));
}

void tree_add(struct tree *t, const struct str *names, uint32_t n, int64_t value)
{
	uint32_t at = 0;

	if (n == 0)
		return;
	for (uint32_t i = 0; i < n; i++)
		at = tree_child(t, at, names[i]);
	t->nodes.p[at].self = wrap_add(t->nodes.p[at].self, value);
}

void tree_merge(struct tree *into, const struct tree *from)
{
	uint32_t *names = mem_array(from->names.n, sizeof(*names));
	uint32_t *nodes = mem_array(from->nodes.n, sizeof(*nodes));
	bool fresh = into->nodes.n == 1;

	for (size_t i = 0; i < from->names.n; i++)
		names[i] = tree_name(into, from->names.p[i]);
	if (fresh)
		vec_reserve(&into->nodes, from->nodes.n);
	nodes[0] = 0;
	for (size_t i = 1; i < from->nodes.n; i++) {
		const struct tree_node *n = &from->nodes.p[i];
		uint32_t parent = nodes[n->parent], name = names[n->name];

		nodes[i] = fresh ? tree_append(into, parent, name, 0) : tree_child_named(into, parent, name);
		into->nodes.p[nodes[i]].self = wrap_add(into->nodes.p[nodes[i]].self, n->self);
	}
	mem_free(names);
	mem_free(nodes);
}

void tree_total(struct tree *t)
{
	struct tree_node *p = t->nodes.p;

	for (size_t i = 0; i < t->nodes.n; i++)
		p[i].total = p[i].self;
	for (size_t i = t->nodes.n - 1; i > 0; i--)
		p[p[i].parent].total = wrap_add(p[p[i].parent].total, p[i].total);
}

static int by_name(const void *a, const void *b, void *ctx)
{
	const struct tree *t = ctx;

	return str_cmp(t->names.p[t->nodes.p[*(const uint32_t *)a].name],
	    t->names.p[t->nodes.p[*(const uint32_t *)b].name]);
}

/* Few children are the rule, and they often stand in order or in reverse. */
void tree_sort(const struct tree *t, uint32_t *nodes, size_t n)
{
	union {
		const struct tree *in;
		void *out;
	} ctx = { .in = t };

	if (n > 12) {
		qsort_r(nodes, n, sizeof(*nodes), by_name, ctx.out);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		uint32_t x = nodes[i];
		size_t j = i;

		for (; j > 0 && by_name(&nodes[j - 1], &x, ctx.out) > 0; j--)
			nodes[j] = nodes[j - 1];
		nodes[j] = x;
	}
}
