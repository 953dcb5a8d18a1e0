/* stack_tree.c - see stack_tree.h */
#include "formats/json/stack_tree.h"

#include "base/hash.h"

void stack_tree_init(struct stack_tree *t, struct arena *a, struct profile_builder *b, size_t input)
{
	*t = (struct stack_tree){ .b = b, .a = a, .limit = (input + 64) * STACK_TREE_WORK };
	stack_tree_new(t, STACK_TREE_ROOT, PROFILE_NONE);
}

uint32_t stack_tree_new(struct stack_tree *t, uint32_t parent, uint32_t location)
{
	if (t->n == t->cap)
		t->nodes = profile_grow(t->a, t->nodes, sizeof(*t->nodes), t->n, &t->cap);
	t->nodes[t->n] = (struct stack_node){ .parent = parent, .location = location };
	return t->n++;
}

uint32_t stack_tree_child(struct stack_tree *t, uint32_t parent, uint32_t location)
{
	uint64_t hash = hash_mix(parent, location);
	struct table_at at = table_find(&t->children, hash);

	for (uint32_t v; table_next(&at, &v);)
		if (t->nodes[v].parent == parent && t->nodes[v].location == location)
			return v;
	table_put(&t->children, t->a, hash, t->n);
	return stack_tree_new(t, parent, location);
}

int stack_tree_spend(struct stack_tree *t, size_t frames, struct err *e)
{
	t->work += frames;
	if (t->work <= t->limit)
		return 0;
	return err_set(e, ERR_LIMIT, "the stacks have more than %zu frames, %d for each byte of input", t->limit,
	    STACK_TREE_WORK);
}

int stack_tree_path(struct stack_tree *t, uint32_t node, const uint32_t **stack, uint32_t *n, struct err *e)
{
	uint32_t steps = 0, first = node;

	*n = 0;
	for (; node != STACK_TREE_ROOT; node = t->nodes[node].parent) {
		if (++steps > t->n)
			return err_set(e, ERR_INVALID, "the parents of node %u lead in a circle", first);
		if (t->nodes[node].location == PROFILE_NONE)
			continue;
		if (*n == t->path_cap)
			t->path = profile_grow(t->a, t->path, sizeof(*t->path), *n, &t->path_cap);
		t->path[(*n)++] = t->nodes[node].location;
	}
	if (stack_tree_spend(t, steps, e) < 0)
		return -1;
	*stack = t->path;
	return 0;
}

int stack_tree_add_at(struct stack_tree *t, uint32_t node, const int64_t *values, const struct tag *tags,
    uint32_t n_tags, int64_t at, struct err *e)
{
	const uint32_t *stack;
	uint32_t n;

	if (stack_tree_path(t, node, &stack, &n, e) < 0)
		return -1;
	profile_builder_add_at(t->b, stack, n, values, tags, n_tags, at);
	return 0;
}

int stack_tree_emit(struct stack_tree *t, const struct tag *tags, uint32_t n_tags, struct err *e)
{
	const uint32_t *stack;
	uint32_t n;

	for (uint32_t i = 0; i < t->n; i++) {
		const struct stack_node *node = &t->nodes[i];

		if (node->v[0] == 0 && node->v[1] == 0)
			continue;
		if (stack_tree_path(t, i, &stack, &n, e) < 0)
			return -1;
		profile_builder_add(t->b, stack, n, node->v, tags, n_tags);
	}
	return 0;
}

void stack_tree_sum(int64_t *to, int64_t value)
{
	if (__builtin_add_overflow(*to, value, to))
		*to = value < 0 ? INT64_MIN : INT64_MAX;
}
