/*
 * tree_impl.h - what the files behind tree.h share. Not for anyone else.
 */
#ifndef TREE_IMPL_H
#define TREE_IMPL_H

#include "base/hash.h"
#include "base/map.h"
#include "base/arith.h"
#include "formats/query/tree.h"

#define TREE_OTHER STR("other")
#define TREE_NO_NAME UINT32_MAX

struct tree_index {
	struct map names;
	struct map children; /* of nodes 1 .. indexed - 1, by parent and name */
	uint32_t indexed;
};

uint32_t tree_name(struct tree *t, struct str name);            /* number, added if new */
uint32_t tree_find_name(const struct tree *t, struct str name); /* or TREE_NO_NAME */
uint32_t tree_child_named(struct tree *t, uint32_t parent, uint32_t name);
/* A node that is known to be new. */
uint32_t tree_append(struct tree *t, uint32_t parent, uint32_t name, int64_t self);

/* The k-th largest of v[0 .. n) (k from 1 to n); v is reordered. */
int64_t select_largest(int64_t *v, size_t n, size_t k);
/* Nodes with a smaller total are cut when the tree is written with max_nodes; totals are right. */
int64_t tree_min_value(const struct tree *t, int64_t max_nodes);

bool tree_has_negative(const struct tree *t);
struct str *flame_names(struct arena *a, const struct str *names, size_t n); /* copies with their bytes */

/* Node numbers in ascending order of their names' bytes. */
void tree_sort(const struct tree *t, uint32_t *nodes, size_t n);

#endif
