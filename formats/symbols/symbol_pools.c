/* symbol_pools.c - see symbol_pools.h */
#include "formats/symbols/symbol_pools.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"

enum { STALE = 4 }; /* times as many nodes as the largest partition has: they are of others, which went */

struct symbol_pools {
	VEC(struct symbol_pool *) v;
	struct map by_key; /* to v */
	uint64_t generations;
	size_t bytes;
};

struct symbol_pools *symbol_pools_new(void)
{
	return mem_zalloc(sizeof(struct symbol_pools));
}

static void pool_free(struct symbol_pool *p)
{
	symbols_free(p->symbols);
	mem_free(p);
}

void symbol_pools_free(struct symbol_pools *x)
{
	if (x == NULL)
		return;
	for (size_t i = 0; i < x->v.n; i++)
		pool_free(x->v.p[i]);
	vec_free(&x->v);
	map_fini(&x->by_key);
	mem_free(x);
}

static uint64_t key_of(uint64_t owner, uint64_t id)
{
	return hash_mix(hash_mix(owner, 0), id);
}

static struct symbol_pool *find(const struct symbol_pools *x, uint64_t owner, uint64_t id)
{
	struct map_at at = map_find(&x->by_key, key_of(owner, id));

	for (uint32_t i; map_next(&at, &i);)
		if (x->v.p[i]->owner == owner && x->v.p[i]->id == id)
			return x->v.p[i];
	return NULL;
}

struct symbol_pool *symbol_pool_of(struct symbol_pools *x, uint64_t owner, uint64_t id)
{
	struct symbol_pool *p = find(x, owner, id);

	if (p != NULL)
		return p;
	p = mem_zalloc(sizeof(*p));
	p->symbols = symbols_new(id);
	p->owner = owner;
	p->id = id;
	p->generation = ++x->generations;
	map_put(&x->by_key, key_of(owner, id), (uint32_t)x->v.n);
	vec_push(&x->v, p);
	return p;
}

struct symbol_pool *symbol_pool_find(struct symbol_pools *x, uint64_t owner, uint64_t id, uint64_t generation)
{
	struct symbol_pool *p = find(x, owner, id);

	return p != NULL && p->generation == generation ? p : NULL;
}

static void measure(struct symbol_pools *x, struct symbol_pool *p)
{
	size_t now = sizeof(*p) + symbols_bytes(p->symbols);

	x->bytes += now - p->bytes;
	p->bytes = now;
}

void symbol_pools_touch(struct symbol_pools *x, uint64_t since, uint64_t now)
{
	for (size_t i = 0; i < x->v.n; i++)
		if (x->v.p[i]->used >= since)
			x->v.p[i]->used = now;
}

size_t symbol_pools_bytes(const struct symbol_pools *x)
{
	return x->bytes;
}

struct symbol_pool *symbol_pools_oldest(struct symbol_pools *x, uint64_t now)
{
	struct symbol_pool *oldest = NULL;

	for (size_t i = 0; i < x->v.n; i++)
		if (x->v.p[i]->used != now && (oldest == NULL || x->v.p[i]->used < oldest->used))
			oldest = x->v.p[i];
	return oldest;
}

void symbol_pool_drop(struct symbol_pools *x, struct symbol_pool *p)
{
	size_t n = 0;

	map_reset(&x->by_key);
	for (size_t i = 0; i < x->v.n; i++) {
		struct symbol_pool *k = x->v.p[i];

		if (k == p)
			continue;
		map_put(&x->by_key, key_of(k->owner, k->id), (uint32_t)n);
		x->v.p[n++] = k;
	}
	x->v.n = n;
	x->bytes -= p->bytes;
	pool_free(p);
}

void symbol_pools_rest(struct symbol_pools *x, uint64_t since)
{
	for (size_t i = x->v.n; i-- > 0;) {
		struct symbol_pool *p = x->v.p[i];

		if (p->used < since)
			continue;
		if (p->symbols->nodes.n > (size_t)STALE * p->largest) {
			symbol_pool_drop(x, p);
			continue;
		}
		symbols_rest(p->symbols);
		measure(x, p);
	}
}
