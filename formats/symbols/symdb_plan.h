/*
 * symdb_plan.h - what of a partition is written, and in which order. Pure;
 * used by the writer of symdb only.
 */
#ifndef SYMDB_PLAN_H
#define SYMDB_PLAN_H

#include "formats/symbols/symbols.h"

/* Old and new numbers of the entries of one table; fresh[i] is UINT32_MAX for what is left out. */
struct symdb_order {
	uint32_t *fresh, *old;
	uint32_t n; /* new entries; the arrays have room for all old ones */
};

struct symdb_plan {
	struct arena *mem;
	struct sym_node *nodes; /* in new order, with new locations */
	uint32_t *node;         /* new number of each old node, UINT32_MAX = left out */
	uint32_t n_nodes, n_stacks;
	struct symdb_order locations, mappings, functions, strings;
};

/*
 * s has passed symbols_check and has a mapping, a function and a location;
 * at least one of each is taken. used as in symdb_writer_add. reorder: nodes may
 * get new numbers and be left out; otherwise all keep theirs.
 *
 * Nodes are in depth-first order with small subtrees first, so most parents
 * are the node before; locations by frequency in nodes, as frequent ones
 * take fewer bytes there; functions by file and line, and strings in the order
 * in which functions use them, as differences pack best.
 */
void symdb_plan_make(struct symdb_plan *p, const struct symbols *s, const uint8_t *used, bool reorder);
void symdb_plan_free(struct symdb_plan *p);

#endif
