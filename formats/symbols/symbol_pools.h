/*
 * symbol_pools.h - symbols of several blocks as one: partitions of one owner with the same id (which is made of what does not change
 * from hour to hour) have most of their symbols in common. So they are kept once, and of a block only what its stacks are called
 * here; sums of rows of many blocks are then added up by number.
 *
 *	struct symbol_pool *p = symbol_pool_of(pools, owner, id);       // made, if there is none
 *	symbols_unite(p->symbols, s, &runs);                            // once for each block
 *	...
 *	p = symbol_pool_find(pools, owner, id, generation);             // NULL: it went, numbers are void
 *
 * One thread.
 */
#ifndef SYMBOL_POOLS_H
#define SYMBOL_POOLS_H

#include "formats/symbols/symbols.h"

struct symbol_pool {
	struct symbols *symbols;
	uint64_t owner, id, generation; /* generation: no other pool ever has this one */
	uint64_t used;                  /* the caller's: when it was used last */
	uint32_t largest;               /* nodes of the largest partition in it; the caller's */
	size_t bytes;                   /* when it rested last */
};

struct symbol_pools;

struct symbol_pools *symbol_pools_new(void);
void symbol_pools_free(struct symbol_pools *x);
struct symbol_pool *symbol_pool_of(struct symbol_pools *x, uint64_t owner, uint64_t id);
struct symbol_pool *symbol_pool_find(struct symbol_pools *x, uint64_t owner, uint64_t id, uint64_t generation);
/* Those used at `since` and after count as used at `now`. */
void symbol_pools_touch(struct symbol_pools *x, uint64_t since, uint64_t now);
size_t symbol_pools_bytes(const struct symbol_pools *x); /* as they were when they rested last */
/* That which was used longest ago; NULL: there is none, or all were used at `now`. */
struct symbol_pool *symbol_pools_oldest(struct symbol_pools *x, uint64_t now);
void symbol_pool_drop(struct symbol_pools *x, struct symbol_pool *p);
/* After a question: look-up tables of those used since go, and so do pools that are mostly of blocks that are gone. */
void symbol_pools_rest(struct symbol_pools *x, uint64_t since);

#endif
