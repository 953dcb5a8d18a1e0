/*
 * path_cut.h - truncation of profiles to max_nodes: which paths of functions stay, and what of a stack. For the questions of this
 * folder only.
 *
 * Source: spec of the read API, sections 9.4 and 9.5.
 */
#ifndef PATH_CUT_H
#define PATH_CUT_H

#include "base/map.h"
#include "base/vec.h"
#include "formats/symbols/symbols.h"

/* A distinct path of functions (not of names: equal names in two files are two); entry 0 is the root. */
struct path {
	uint32_t parent, function;
	int64_t total;
	bool kept; /* its total reaches the max_nodes-th largest */
};

struct paths {
	VEC(struct path) p;
	struct map by_key;
	uint32_t *of_node; /* by stack: the path that it ends in */
};

/* Of the stacks with a value and of what they stand on. */
void paths_enter(struct paths *x, struct arena *a, const struct symbols *s, const int64_t *sums);
/* How many do not stay; 0: nothing is cut. */
uint64_t paths_cut(struct paths *x, struct arena *a, int64_t max_nodes);
void paths_fini(struct paths *x);
/*
 * How many locations at the leaf side give way to the stub. The first
 * location with a cut function stays, as in the original; PROFILE_NONE: no
 * function of the stack is kept, so the stub is all that is left.
 */
uint32_t paths_cut_leaf(const struct paths *x, const struct symbols *s, uint32_t node, const uint32_t *stack,
    uint32_t n);

#endif
