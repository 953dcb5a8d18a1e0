/*
 * used_symbols.h - stacks of one partition as they stand: what of its symbols they use, as the tables of a profile, and their
 * tree. Nothing is looked up, because a partition has everything once. For the questions of this folder only.
 */
#ifndef USED_SYMBOLS_H
#define USED_SYMBOLS_H

#include "formats/pprof/pprof.h"
#include "formats/symbols/symbols.h"

struct used_symbols {
	struct profile tables;    /* without types and samples; strings are those of the symbols */
	struct pprof_node *nodes; /* stacks with a sum, and what they stand on */
	uint32_t n_nodes;
};

/* sums: by stack. strings: the first of the tables; none of them is looked for among those of the symbols. */
void used_symbols(struct arena *a, const struct symbols *s, const int64_t *sums, const struct str *strings,
    uint32_t n_strings, struct used_symbols *out);

#endif
