/* From sums by stack id to a tree: numbers only, each used name is hashed once. */
#include "formats/query/tree_impl.h"

struct used {
	struct symbols *s;
	const int64_t *values; /* by stack */
	size_t n_values;
	uint32_t *node; /* by entry of s->names: 0 = unused, else 1, then the tree node */
	uint32_t *name; /* by string: tree name + 1 */
};

/* Entries of stacks with a value, and their callers, are used; returns the number of entries. */
static uint32_t mark(struct used *u)
{
	const struct sym_name *names = u->s->names.p;
	const uint32_t *entry = u->s->node_name.p;
	uint32_t n = 0;

	for (size_t i = 1; i < u->n_values; i++)
		if (u->values[i] != 0)
			u->node[entry[i]] = 1;
	for (size_t i = u->s->names.n; i-- > 1;)
		if (u->node[i] != 0) {
			u->node[names[i].parent] = 1;
			n++;
		}
	return n;
}

/* True when different strings got different new names, so that equal paths cannot appear twice. */
static bool map_names(struct used *u, struct tree *t)
{
	size_t before = t->names.n, distinct = 0, empty = 0;

	for (size_t i = 1; i < u->s->names.n; i++) {
		uint32_t string = u->s->names.p[i].name;

		if (u->node[i] == 0 || u->name[string] != 0)
			continue;
		u->name[string] = tree_name(t, u->s->strings.p[string]) + 1;
		if (u->s->strings.p[string].n == 0)
			empty++;
		else
			distinct++;
	}
	return t->names.n - before == distinct && empty <= 1;
}

/* Into a tree without nodes: they are written one after the other, as they come. */
static void append_entries(struct used *u, struct tree *t, uint32_t n_used)
{
	struct tree_node *nodes;
	uint32_t at = 1;

	vec_reserve(&t->nodes, n_used);
	nodes = t->nodes.p;
	for (size_t i = 1; i < u->s->names.n; i++) {
		const struct sym_name *e = &u->s->names.p[i];
		uint32_t parent;

		if (u->node[i] == 0)
			continue;
		parent = u->node[e->parent];
		nodes[at] = (struct tree_node){ .parent = parent,
			.name = u->name[e->name] - 1,
			.next = nodes[parent].first_child };
		nodes[parent].first_child = at;
		u->node[i] = at++;
	}
	t->nodes.n = at;
}

static void find_entries(struct used *u, struct tree *t)
{
	for (size_t i = 1; i < u->s->names.n; i++) {
		const struct sym_name *e = &u->s->names.p[i];

		if (u->node[i] != 0)
			u->node[i] = tree_child_named(t, u->node[e->parent], u->name[e->name] - 1);
	}
}

void tree_add_symbols(struct tree *t, struct symbols *s, const int64_t *values, size_t n_values)
{
	struct used u = { .s = s, .values = values };
	bool fresh = t->nodes.n == 1;
	uint32_t n;

	symbols_names(s);
	u.n_values = MIN(n_values, s->node_name.n);
	if (s->names.n < 2)
		return;
	u.node = mem_zarray(s->names.n, sizeof(*u.node));
	u.name = mem_zarray(s->strings.n, sizeof(*u.name));
	n = mark(&u);
	u.node[0] = 0;
	if (map_names(&u, t) && fresh)
		append_entries(&u, t, n);
	else
		find_entries(&u, t);
	for (size_t i = 1; i < u.n_values; i++) {
		uint32_t node = values[i] ? u.node[s->node_name.p[i]] : 0;

		if (node != 0) /* stacks without any name do not count */
			t->nodes.p[node].self = wrap_add(t->nodes.p[node].self, values[i]);
	}
	mem_free(u.node);
	mem_free(u.name);
}
