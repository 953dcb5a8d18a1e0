/* blocks.c - see blocks.h */
#include "tools/pyro-query/blocks.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/map.h"
#include "base/vec.h"
#include "formats/block/page_cache.h"
#include "io/blobs.h"
#include "io/fd.h"

struct owner {
	char *name; /* of the tenant */
	size_t n;   /* blocks known of it */
};

struct known {
	uint32_t owner;
	struct ulid id;
	struct blocks_range times;
	struct block *block;  /* NULL: closed */
	uint64_t used, named; /* the number of the last question that used it, that named it */
	uint64_t rested;      /* when that question was done with it, in the order of this; 0: not yet */
};

struct blocks {
	char *data;
	size_t max_memory, max_open;
	VEC(struct owner) owners;
	VEC(struct known) v;
	struct map by_id; /* to v */
	struct page_cache pages;
	uint64_t question, rests;
};

struct blocks *blocks_new(const char *data, size_t max_memory)
{
	struct blocks *b = mem_zalloc(sizeof(*b));

	b->data = mem_cstr(data, strlen(data));
	b->max_memory = max_memory;
	b->pages.limit = max_memory / 2;
	b->max_open = fd_limit() / 2;
	return b;
}

void blocks_free(struct blocks *b)
{
	for (size_t i = 0; i < b->v.n; i++)
		block_close(b->v.p[i].block);
	for (size_t i = 0; i < b->owners.n; i++)
		mem_free(b->owners.p[i].name);
	page_cache_fini(&b->pages);
	vec_free(&b->owners);
	vec_free(&b->v);
	map_fini(&b->by_id);
	mem_free(b->data);
	mem_free(b);
}

static uint32_t owner_of(struct blocks *b, struct str tenant)
{
	struct owner new = { 0 };

	for (uint32_t i = 0; i < b->owners.n; i++)
		if (str_eq(str_cstr(b->owners.p[i].name), tenant))
			return i;
	new.name = mem_cstr(tenant.p, tenant.n);
	vec_push(&b->owners, new);
	return (uint32_t)b->owners.n - 1;
}

static uint64_t key_of(uint32_t owner, struct ulid id)
{
	return hash_mix(hash_seeded(str_of(id.b, sizeof(id.b))), owner);
}

static struct block *open_folder(struct blocks *b, uint32_t owner, struct ulid id, struct err *e)
{
	struct arena *a = arena_new();
	char text[ULID_TEXT + 1];
	const char *path;
	struct blobs *parts;
	struct block *block;

	ulid_print(id, text);
	path = arena_printf(a, "%s/%s/local/%s", b->data, b->owners.p[owner].name, text).p;
	parts = blobs_folder(path, e);
	block = parts == NULL ? NULL : block_open(parts, e);
	if (parts != NULL && block == NULL && e->kind == ERR_NOTFOUND)
		e->kind = ERR_CORRUPT; /* a part is missing: the block is damaged, not gone */
	if (block == NULL)
		err_wrap(e, "block %s", path);
	else
		block_share(block, &b->pages);
	arena_free(a);
	return block;
}

static struct known *find(struct blocks *b, uint32_t owner, struct ulid id)
{
	struct map_at at = map_find(&b->by_id, key_of(owner, id));

	for (uint32_t i; map_next(&at, &i);)
		if (b->v.p[i].owner == owner && ulid_cmp(b->v.p[i].id, id) == 0)
			return &b->v.p[i];
	return NULL;
}

static struct known *learn(struct blocks *b, uint32_t owner, struct ulid id, struct err *e)
{
	struct known new = { .owner = owner, .id = id };

	new.block = open_folder(b, owner, id, e);
	if (new.block == NULL)
		return NULL;
	new.times = (struct blocks_range){ new.block->meta.min_time, new.block->meta.max_time };
	map_put(&b->by_id, key_of(owner, id), (uint32_t)b->v.n);
	vec_push(&b->v, new);
	b->owners.p[owner].n++;
	return &b->v.p[b->v.n - 1];
}

/* Blocks of the owner that the present question did not name. */
static void forget_others(struct blocks *b, uint32_t owner)
{
	size_t n = 0;

	map_reset(&b->by_id);
	for (size_t i = 0; i < b->v.n; i++) {
		struct known *k = &b->v.p[i];

		if (k->owner == owner && k->named != b->question) {
			block_close(k->block);
			b->owners.p[owner].n--;
			continue;
		}
		map_put(&b->by_id, key_of(k->owner, k->id), (uint32_t)n);
		b->v.p[n++] = *k;
	}
	b->v.n = n;
}

/* Removed by hand: the rest is still an answer. */
static int without(struct err *e)
{
	if (e->kind != ERR_NOTFOUND)
		return -1;
	log_event(LOG_WARN, "block is gone, the answer is without it", LOG_CSTR("error", e->msg));
	return 0;
}

int blocks_times(struct blocks *b, struct str tenant, const struct str *names, size_t n, struct blocks_range *times,
    struct err *e)
{
	uint32_t owner = owner_of(b, tenant);
	size_t named = 0;

	b->question++;
	for (size_t i = 0; i < n; i++) {
		struct known *k;
		struct ulid id;

		times[i] = BLOCKS_NEVER;
		if (ulid_parse(names[i], &id, e) < 0)
			return -1;
		k = find(b, owner, id);
		if (k == NULL && (k = learn(b, owner, id, e)) == NULL && without(e) < 0)
			return -1;
		if (k == NULL)
			continue;
		times[i] = k->times;
		k->named = b->question;
		named++;
	}
	if (b->owners.p[owner].n > named)
		forget_others(b, owner);
	return 0;
}

int blocks_open(struct blocks *b, struct str tenant, const struct str *names, size_t n, struct dataset **sets,
    size_t *n_sets, struct err *e)
{
	uint32_t owner = owner_of(b, tenant);

	*n_sets = 0;
	for (size_t i = 0; i < n; i++) {
		struct known *k;
		struct ulid id;

		if (ulid_parse(names[i], &id, e) < 0)
			return -1;
		k = find(b, owner, id);
		if (k == NULL)
			continue;
		if (k->block == NULL && (k->block = open_folder(b, owner, id, e)) == NULL) {
			if (without(e) < 0)
				return -1;
			continue;
		}
		k->used = b->question;
		k->rested = 0;
		sets[(*n_sets)++] = &k->block->set;
	}
	return 0;
}

/* What goes first. Of one question what it has just left: when it is asked again, it begins with the others. */
static int by_use(const void *a, const void *b)
{
	const struct known *x = *(const struct known *const *)a, *y = *(const struct known *const *)b;

	if (x->used != y->used)
		return x->used < y->used ? -1 : 1;
	return x->rested > y->rested ? -1 : x->rested < y->rested;
}

struct open_blocks {
	VEC(struct known *) v;
	size_t bytes; /* pages, too */
};

static struct open_blocks list_open(struct blocks *b)
{
	struct open_blocks open = { .bytes = b->pages.size };

	for (size_t i = 0; i < b->v.n; i++) {
		if (b->v.p[i].block == NULL)
			continue;
		open.bytes += block_bytes(b->v.p[i].block);
		vec_push(&open.v, &b->v.p[i]);
	}
	if (open.bytes > b->max_memory || open.v.n > b->max_open)
		qsort(open.v.p, open.v.n, sizeof(*open.v.p), by_use);
	return open;
}

/* Symbols of all blocks go before anything else of one: what was summed of rows costs most to have again. */
static void forget_over(struct blocks *b)
{
	static void (*const forget[])(struct block * b) = { block_forget_symbols, block_forget };
	struct open_blocks open = list_open(b);

	for (size_t what = 0; what < ARRAY_LEN(forget); what++)
		for (size_t i = 0; i < open.v.n && open.bytes > b->max_memory; i++) {
			size_t before = block_bytes(open.v.p[i]->block) + b->pages.size;

			forget[what](open.v.p[i]->block);
			open.bytes -= before - block_bytes(open.v.p[i]->block) - b->pages.size;
		}
	vec_free(&open.v);
}

void blocks_rested(struct blocks *b, const struct dataset *set)
{
	for (size_t i = 0; i < b->v.n; i++)
		if (b->v.p[i].block != NULL && &b->v.p[i].block->set == set)
			b->v.p[i].rested = ++b->rests;
	forget_over(b);
}

void blocks_trim(struct blocks *b)
{
	struct open_blocks open = list_open(b);

	for (size_t i = 0; i + 1 < open.v.n && (open.bytes > b->max_memory || open.v.n - i > b->max_open); i++) {
		open.bytes -= block_bytes(open.v.p[i]->block) + b->pages.size;
		block_close(open.v.p[i]->block);
		open.v.p[i]->block = NULL;
		open.bytes += b->pages.size;
	}
	vec_free(&open.v);
	forget_over(b);
}
