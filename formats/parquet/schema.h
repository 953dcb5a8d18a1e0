/*
 * schema.h - from the list of schema nodes to columns: paths and levels.
 */
#ifndef PARQUET_SCHEMA_H
#define PARQUET_SCHEMA_H

#include "formats/parquet/page.h"

/* The leaves in order, in a. ERR_CORRUPT for a list that is no tree, or one that is too deep. */
int schema_leaves(struct arena *a, const struct pq_node *nodes, uint32_t n_nodes, struct pq_leaf **leaves, uint32_t *n,
    struct err *e);
/* Bits that a level of at most max takes. */
unsigned schema_level_width(unsigned max);

#endif
