/*
 * map.h - open addressing from a 64-bit hash to a 32-bit number (usually the
 * position in the caller's array). The map keeps 32 bits of the hash; the
 * caller compares the real keys:
 *
 *	struct map_at at = map_find(&m, hash);
 *	for (uint32_t v; map_next(&at, &v);)
 *		if (equal(key, items[v]))
 *			return v;
 *	map_put(&m, hash, n_items);
 *
 * Values may be 0 .. UINT32_MAX - 1. No removal. Keys from outside must be
 * hashed with a seed that outsiders do not know (hash_seeded).
 */
#ifndef MAP_H
#define MAP_H

#include "base/base.h"

struct map {
	uint64_t *slots;  /* hash high half << 32 | value + 1; 0 = free */
	uint32_t n, mask; /* mask + 1 slots, or no slots at all */
};

struct map_at {
	const struct map *m;
	uint64_t tag;
	uint32_t i;
};

void map_fini(struct map *m);
void map_reset(struct map *m);               /* empties, keeps memory */
void map_reserve(struct map *m, uint32_t n); /* room for n entries */
void map_put(struct map *m, uint64_t hash, uint32_t value);
size_t map_bytes(const struct map *m);

static inline struct map_at map_find(const struct map *m, uint64_t hash)
{
	return (struct map_at){ m, hash >> 32, (uint32_t)hash & m->mask };
}

static inline bool map_next(struct map_at *at, uint32_t *value)
{
	if (UNLIKELY(at->m->slots == NULL))
		return false;
	for (;;) {
		uint64_t s = at->m->slots[at->i];

		if (s == 0)
			return false;
		at->i = (at->i + 1) & at->m->mask;
		if (s >> 32 == at->tag) {
			*value = (uint32_t)s - 1;
			return true;
		}
	}
}

#endif
