/*
 * stack_tree.h - stacks that a format gives as nodes with parents: summed by
 * node, then added to a profile_builder, one sample for each node.
 *
 *	struct stack_tree t;
 *
 *	stack_tree_init(&t, builder, text.n);
 *	node = stack_tree_child(&t, STACK_TREE_ROOT, location);
 *	t.nodes[node].v[0] += 1;
 *	if (stack_tree_emit(&t, e) < 0)
 *		return -1;
 *
 * Node 0 is the root and no part of stacks; a stack without other nodes is
 * empty. A node whose location is PROFILE_NONE is passed over in stacks.
 *
 * Limit: stacks may be much larger than the tree that they come from. All that
 * are added have at most STACK_TREE_WORK frames for each byte of input, else
 * ERR_LIMIT. Parents that lead in a circle are ERR_INVALID.
 */
#ifndef STACK_TREE_H
#define STACK_TREE_H

#include "formats/profile_impl.h"

enum { STACK_TREE_ROOT = 0, STACK_TREE_WORK = 64, STACK_TREE_VALUES = 2 };

struct stack_node {
	uint32_t parent, location;
	int64_t v[STACK_TREE_VALUES]; /* one for each type of the builder */
};

struct stack_tree {
	struct profile_builder *b;
	struct arena *a;
	struct stack_node *nodes;
	uint32_t n, cap;
	struct table children;
	uint32_t *path, path_cap;
	size_t work, limit;
};

void stack_tree_init(struct stack_tree *t, struct arena *a, struct profile_builder *b, size_t input);
uint32_t stack_tree_new(struct stack_tree *t, uint32_t parent, uint32_t location);
/* The child of that location, made where there is none. Values become those of the first. */
uint32_t stack_tree_child(struct stack_tree *t, uint32_t parent, uint32_t location);
/* So many frames more count. Of an input with several trees `work` is handed on from one to the next. */
int stack_tree_spend(struct stack_tree *t, size_t frames, struct err *e);
/* The stack of a node, leaf first; good until the next call. */
int stack_tree_path(struct stack_tree *t, uint32_t node, const uint32_t **stack, uint32_t *n, struct err *e);
/* One sample by itself, at a time. */
int stack_tree_add_at(struct stack_tree *t, uint32_t node, const int64_t *values, const struct tag *tags,
    uint32_t n_tags, int64_t at, struct err *e);
/* The nodes with values, in their order. */
int stack_tree_emit(struct stack_tree *t, const struct tag *tags, uint32_t n_tags, struct err *e);
/* A sum that stops at the ends of 64 bits. */
void stack_tree_sum(int64_t *to, int64_t value);

#endif
