/*
 * pprof_ids.h - from ids to positions. Only for pprof.c.
 */
#ifndef PPROF_IDS_H
#define PPROF_IDS_H

#include "base/hash.h"
#include "formats/profile.h"

/*
 * From an id to the position in a table whose items begin with it. Most
 * writers number 1..n in order; else a dense table when ids are small, else
 * open addressing. The last one of equal ids counts.
 */
struct ids {
	const char *items;
	size_t stride;
	uint64_t sequential; /* id - 1 is the position below this */
	uint64_t max;
	uint32_t *dense;  /* by id, up to max; behind it PROFILE_NONE */
	uint64_t n_dense; /* max, with dense */
	uint32_t *slots;  /* position + 1, 0 = free */
	uint32_t mask;
};

static inline uint64_t ids_get(const struct ids *t, uint32_t i)
{
	uint64_t id;

	memcpy(&id, t->items + i * t->stride, sizeof(id));
	return id;
}

static inline uint32_t ids_slot(const struct ids *t, uint64_t id)
{
	uint32_t i = (uint32_t)hash_seeded(str_of(&id, sizeof(id))) & t->mask;

	while (t->slots[i] && ids_get(t, t->slots[i] - 1) != id)
		i = (i + 1) & t->mask;
	return i;
}

static inline void ids_init(struct ids *t, struct arena *a, const void *items, size_t stride, uint32_t n)
{
	uint64_t wrong = 0;

	*t = (struct ids){ .items = items, .stride = stride };
	for (uint32_t i = 0; i < n; i++) {
		uint64_t id = ids_get(t, i);

		wrong |= id ^ (i + UINT64_C(1));
		t->max = MAX(t->max, id);
	}
	if (wrong == 0) {
		t->sequential = n;
	} else if (t->max < (uint64_t)n * 8) {
		t->dense = arena_array(a, t->max + 2, sizeof(*t->dense));
		t->n_dense = t->max;
		memset(t->dense, 0xff, (t->max + 2) * sizeof(*t->dense));
		for (uint32_t i = 0; i < n; i++)
			t->dense[ids_get(t, i)] = i;
	} else {
		t->mask = 15;
		while (t->mask < (uint64_t)n * 2 && t->mask < UINT32_MAX)
			t->mask = t->mask * 2 + 1;
		t->slots = arena_zarray(a, (size_t)t->mask + 1, sizeof(*t->slots));
		for (uint32_t i = 0; i < n; i++)
			t->slots[ids_slot(t, ids_get(t, i))] = i + 1;
	}
}

static __attribute__((noinline, unused)) uint32_t ids_find_slow(const struct ids *t, uint64_t id)
{
	if (t->dense)
		return id <= t->max ? t->dense[id] : PROFILE_NONE;
	return t->slots ? t->slots[ids_slot(t, id)] - 1 : PROFILE_NONE;
}

static inline uint32_t ids_find(const struct ids *t, uint64_t id)
{
	if (LIKELY(id - 1 < t->sequential))
		return (uint32_t)(id - 1);
	return LIKELY(id - 1 < t->n_dense) ? t->dense[id] : ids_find_slow(t, id);
}

#endif
