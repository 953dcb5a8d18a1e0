/* blocks.c - see blocks.h */
#include "tools/pyro-query/blocks.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/map.h"
#include "base/vec.h"
#include "formats/block/page_cache.h"
#include "formats/symbols/symbol_pools.h"
#include "io/blobs.h"

enum {
	KEPT_OPEN = 4096, /* files that are mapped, and the system has a limit of those */
	PAGES_PART = 3,   /* pages have this part of the memory, and what else is not used */
};

struct owner {
	char *name; /* of the tenant */
	size_t n;   /* blocks known of it */
};

/* Of its decoded parts, since it was asked. */
enum lost { LOST_NOTHING, LOST_SYMBOLS, LOST_ALL };

struct known {
	uint32_t owner;
	struct ulid id;
	struct blocks_range times;
	struct block *block;  /* NULL: closed */
	size_t bytes;         /* of it, when it was last measured */
	enum lost lost;       /* then */
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
	struct symbol_pools *pools;
	size_t bytes; /* of all blocks; only the one that is asked changes, and is measured when it rests */
	size_t n_open;
	size_t next; /* in v, probably of the next one that rests */
	uint64_t question, rests;
	bool paused;                  /* a question rests, */
	uint64_t rests_since;         /* this one */
	const struct dataset *in_use; /* by it; or NULL */
};

struct blocks *blocks_new(const char *data, size_t max_memory)
{
	struct blocks *b = mem_zalloc(sizeof(*b));

	b->data = mem_cstr(data, strlen(data));
	b->max_memory = max_memory;
	b->pages.limit = max_memory / PAGES_PART;
	b->pools = symbol_pools_new();
	b->max_open = KEPT_OPEN;
	return b;
}

void blocks_free(struct blocks *b)
{
	for (size_t i = 0; i < b->v.n; i++)
		block_close(b->v.p[i].block);
	for (size_t i = 0; i < b->owners.n; i++)
		mem_free(b->owners.p[i].name);
	page_cache_fini(&b->pages);
	symbol_pools_free(b->pools);
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
	else {
		block_share(block, &b->pages);
		block_pool(block, b->pools, owner, &b->question);
	}
	arena_free(a);
	return block;
}

static void measure(struct blocks *b, struct known *k, enum lost lost)
{
	size_t now = k->block != NULL ? block_bytes(k->block) : 0;

	b->bytes += now - k->bytes;
	k->bytes = now;
	k->lost = lost;
}

/* Closed ones, too. */
static void shut(struct blocks *b, struct known *k)
{
	b->n_open -= k->block != NULL;
	block_close(k->block);
	k->block = NULL;
	measure(b, k, LOST_ALL);
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
	measure(b, &new, LOST_NOTHING);
	b->n_open++;
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
			shut(b, k);
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
		if (b->n_open > b->max_open && k->used == 0) /* just opened, and perhaps for its times alone */
			shut(b, k);
		times[i] = k->times;
		k->named = b->question;
		named++;
	}
	if (b->owners.p[owner].n > named && !b->paused)
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
		if (k->block == NULL) {
			k->block = open_folder(b, owner, id, e);
			if (k->block == NULL && without(e) < 0)
				return -1;
			if (k->block == NULL)
				continue;
			b->n_open++;
		}
		measure(b, k, LOST_NOTHING);
		k->used = b->question;
		k->rested = 0;
		sets[(*n_sets)++] = &k->block->set;
	}
	return 0;
}

/* What goes first. Of one question what it has just left: when it is asked again, it begins with the others. */
static bool goes_before(const struct known *x, const struct known *y)
{
	return x->used != y->used ? x->used < y->used : x->rested > y->rested;
}

/* Of the open ones that have lost at most so much; NULL: there is none. */
static struct known *first_to_go(struct blocks *b, enum lost most)
{
	struct known *first = NULL;

	for (size_t i = 0; i < b->v.n; i++) {
		struct known *k = &b->v.p[i];

		if (k->block != NULL && k->lost <= most && &k->block->set != b->in_use &&
		    (first == NULL || goes_before(k, first)))
			first = k;
	}
	return first;
}

static size_t held(const struct blocks *b)
{
	return b->bytes + symbol_pools_bytes(b->pools);
}

struct blocks_memory blocks_memory(const struct blocks *b)
{
	return (struct blocks_memory){ held(b), page_cache_bytes(&b->pages), b->pages.limit };
}

static bool is_over(const struct blocks *b)
{
	return held(b) + b->pages.size > b->max_memory;
}

static void limit_pages(struct blocks *b)
{
	size_t part = b->max_memory / PAGES_PART;

	page_cache_limit(&b->pages, held(b) < b->max_memory - part ? b->max_memory - held(b) : part);
}

/* Those that the present question has not used; while one rests, all may be in use. */
static void drop_pools(struct blocks *b)
{
	struct symbol_pool *p;

	while (!b->paused && is_over(b) && (p = symbol_pools_oldest(b->pools, b->question)) != NULL)
		symbol_pool_drop(b->pools, p);
}

/* Symbols of all blocks go before anything else of one: what was summed of rows costs most to have again. */
static void forget_over(struct blocks *b)
{
	struct known *k;

	limit_pages(b);
	while (is_over(b) && (k = first_to_go(b, LOST_NOTHING)) != NULL) {
		block_forget_symbols(k->block);
		measure(b, k, LOST_SYMBOLS);
	}
	drop_pools(b);
	while (is_over(b) && (k = first_to_go(b, LOST_SYMBOLS)) != NULL) {
		block_forget(k->block);
		measure(b, k, LOST_ALL);
	}
}

/* Questions go through the blocks in their order. */
static struct known *known_of(struct blocks *b, const struct dataset *set)
{
	for (size_t i = 0; i < b->v.n; i++) {
		struct known *k = &b->v.p[(b->next + i) % b->v.n];

		if (k->block != NULL && &k->block->set == set) {
			b->next = (b->next + i + 1) % b->v.n;
			return k;
		}
	}
	return NULL;
}

void blocks_rested(struct blocks *b, const struct dataset *set)
{
	struct known *k = known_of(b, set);

	if (k == NULL)
		return;
	k->rested = ++b->rests;
	measure(b, k, LOST_NOTHING);
	forget_over(b);
}

void blocks_pause(struct blocks *b, const struct dataset *in)
{
	struct known *k = in != NULL ? known_of(b, in) : NULL;

	assert(!b->paused);
	b->paused = true;
	b->rests_since = b->question;
	b->in_use = in;
	if (k != NULL)
		measure(b, k, LOST_NOTHING);
}

void blocks_resume(struct blocks *b)
{
	b->paused = false;
	b->in_use = NULL;
	symbol_pools_touch(b->pools, b->rests_since, b->question);
}

struct symbols *blocks_shared(struct blocks *b, struct str tenant, uint64_t id, uint64_t generation)
{
	struct symbol_pool *p = symbol_pool_find(b->pools, owner_of(b, tenant), id, generation);

	if (p == NULL)
		return NULL;
	p->used = b->question;
	return p->symbols;
}

void blocks_trim(struct blocks *b)
{
	if (!b->paused)
		symbol_pools_rest(b->pools, b->question);
	while (!b->paused && b->n_open > 1 && (is_over(b) || b->n_open > b->max_open))
		shut(b, first_to_go(b, LOST_ALL));
	forget_over(b);
}
