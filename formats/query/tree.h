/*
 * tree.h - a call tree of function names with values: the result of merging
 * stacks, and what flame graphs, tree bytes and diffs are made of.
 *
 * Node 0 is the virtual root without a name. Children are found by name;
 * order matters only when a tree is written (ascending bytes of names).
 *
 * Source: spec of the read API, sections 8.5 and 9.
 */
#ifndef TREE_H
#define TREE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "formats/symbols/symbols.h"

struct tree_node {
	uint32_t parent, name;      /* name: position in tree.names */
	uint32_t first_child, next; /* 0 = none */
	int64_t self, total;        /* total is right after tree_total */
};

struct tree {
	VEC(struct str) names;       /* interned; bytes in mem */
	VEC(struct tree_node) nodes; /* a parent precedes its children */
	struct arena *mem;
	struct tree_index *index; /* of names and children */
};

struct tree *tree_new(void);
void tree_free(struct tree *t);                                        /* accepts NULL */
uint32_t tree_child(struct tree *t, uint32_t parent, struct str name); /* made if absent */
/* A stack of names, root first. */
void tree_add(struct tree *t, const struct str *names, uint32_t n, int64_t value);
/* Sums by stack id (values[0 .. n_values) of partition s): only names that carry values are added. A stack in which
   no location has a line adds nothing. Fast: works on numbers and touches each used name once. */
void tree_add_symbols(struct tree *t, struct symbols *s, const int64_t *values, size_t n_values);
void tree_merge(struct tree *into, const struct tree *from);
void tree_total(struct tree *t);

/* Tree bytes (spec 9.1). max_nodes <= 0: all. ERR_CORRUPT with position for malformed input. */
void tree_encode(struct tree *t, int64_t max_nodes, struct buf *out);
int tree_decode(struct tree *into, struct str bytes, struct err *e); /* adds to the tree */

/*
 * Between the parts of a server, and where answers are kept, names are written once and children in no order, as a tree lies
 * in memory; all numbers are uvarints:
 *
 *	names  { length bytes } names     those of the tree but for the empty one of the root, which is 0
 *	nodes  { up name self } nodes     all but the root: up is by how much its number is larger than its parent's, self is
 *	                                  a zigzag
 */
void tree_pack(const struct tree *t, struct buf *out);
/* Adds to the tree; on error (ERR_CORRUPT) a part of it. */
int tree_unpack(struct tree *into, struct str bytes, struct err *e);

/* Flame graph (spec 9.2): names, and per level groups of four numbers. */
struct flame_level {
	int64_t *values;
	size_t n;
};
struct flamegraph {
	struct str *names;
	size_t n_names;
	struct flame_level *levels;
	size_t n_levels;
	int64_t total, max_self;
	int64_t left_ticks, right_ticks; /* of a diff (groups of seven, spec 9.3) */
};
struct flamegraph *tree_flamegraph(struct arena *a, struct tree *t, int64_t max_nodes);
/* ERR_INVALID when a tree has negative values. */
struct flamegraph *tree_flamegraph_diff(struct arena *a, struct tree *left, struct tree *right, int64_t max_nodes,
    struct err *e);

#endif
