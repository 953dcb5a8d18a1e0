/*
 * map.c - open addressing. One allocation holds the slots and, behind them,
 * the low half of each entry's hash, which only growing reads: a slot keeps
 * the high half, and the place of an entry follows from the low one.
 */
#include "base/map.h"

#include "base/mem.h"

enum { MAP_FIRST = 16 };
#define MAP_SLOTS_MAX (UINT64_C(1) << 32)

static uint64_t map_slots(const struct map *m)
{
	return m->slots ? (uint64_t)m->mask + 1 : 0;
}

static uint32_t *map_low(const struct map *m)
{
	return (uint32_t *)(void *)(m->slots + map_slots(m));
}

/* At most 5/8 full: 4 probes for a miss, 2 for a hit at worst on average. */
static bool map_fits(uint64_t n, uint64_t slots)
{
	return n * 8 <= slots * 5;
}

void map_fini(struct map *m)
{
	mem_free(m->slots);
	*m = (struct map){ 0 };
}

void map_reset(struct map *m)
{
	if (m->slots)
		memset(m->slots, 0, map_slots(m) * sizeof(*m->slots));
	m->n = 0;
}

static void map_insert(struct map *m, uint64_t tag, uint32_t low, uint32_t value)
{
	uint32_t i = low & m->mask;

	while (m->slots[i])
		i = (i + 1) & m->mask;
	m->slots[i] = tag << 32 | (value + 1);
	map_low(m)[i] = low;
	m->n++;
}

static void map_resize(struct map *m, uint64_t slots)
{
	struct map old = *m;
	const uint32_t *low = old.slots ? map_low(&old) : NULL;

	assert(slots <= MAP_SLOTS_MAX);
	m->slots = mem_array(slots, sizeof(uint64_t) + sizeof(uint32_t));
	memset(m->slots, 0, slots * sizeof(uint64_t));
	m->mask = (uint32_t)(slots - 1);
	m->n = 0;
	for (uint64_t i = 0, n = map_slots(&old); i < n; i++)
		if (old.slots[i])
			map_insert(m, old.slots[i] >> 32, low[i], (uint32_t)old.slots[i] - 1);
	mem_free(old.slots);
}

void map_reserve(struct map *m, uint32_t n)
{
	uint64_t slots = MAX(map_slots(m), (uint64_t)MAP_FIRST);

	while (!map_fits(n, slots))
		slots *= 2;
	if (slots != map_slots(m))
		map_resize(m, slots);
}

void map_put(struct map *m, uint64_t hash, uint32_t value)
{
	assert(value != UINT32_MAX);
	if (UNLIKELY(!map_fits((uint64_t)m->n + 1, map_slots(m))))
		map_resize(m, m->slots ? map_slots(m) * 2 : MAP_FIRST);
	map_insert(m, hash >> 32, (uint32_t)hash, value);
}

size_t map_bytes(const struct map *m)
{
	return map_slots(m) * (sizeof(uint64_t) + sizeof(uint32_t));
}
