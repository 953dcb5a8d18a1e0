/* blocks.c - see blocks.h */
#include "tools/pyro-query/blocks.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/vec.h"
#include "io/blobs.h"
#include "io/fd.h"

static struct block *open_folder(const char *path, struct err *e)
{
	struct blobs *parts = blobs_folder(path, e);
	struct block *b = parts == NULL ? NULL : block_open(parts, e);

	if (b == NULL)
		err_wrap(e, "block %s", path);
	return b;
}

/* ---- the cache ---- */

struct open_block {
	struct str tenant;
	struct ulid id;
	struct block *block;
	uint64_t used;                  /* the count of the last use */
};

struct blocks {
	char *data;
	size_t max_memory, max_open;    /* each open one has a descriptor */
	VEC(struct open_block) v;
	uint64_t uses;
};

struct blocks *blocks_new(const char *data, size_t max_memory)
{
	struct blocks *b = mem_zalloc(sizeof(*b));

	b->data = mem_cstr(data, strlen(data));
	b->max_memory = max_memory;
	b->max_open = fd_limit() / 2;
	return b;
}

static void close_one(struct blocks *b, size_t i)
{
	block_close(b->v.p[i].block);
	mem_free((char *)(uintptr_t)b->v.p[i].tenant.p);
	b->v.p[i] = b->v.p[--b->v.n];
}

void blocks_free(struct blocks *b)
{
	while (b->v.n > 0)
		close_one(b, 0);
	vec_free(&b->v);
	mem_free(b->data);
	mem_free(b);
}

struct block *blocks_get(struct blocks *b, struct str tenant, struct ulid id, struct err *e)
{
	struct open_block new = { .id = id, .used = ++b->uses };
	char text[ULID_TEXT + 1];
	struct arena *a;

	for (size_t i = 0; i < b->v.n; i++) {
		if (ulid_cmp(b->v.p[i].id, id) == 0 && str_eq(b->v.p[i].tenant, tenant)) {
			b->v.p[i].used = new.used;
			return b->v.p[i].block;
		}
	}
	a = arena_new();
	ulid_print(id, text);
	new.block = open_folder(arena_printf(a, "%s/" STR_FMT "/local/%s", b->data, STR_ARG(tenant), text).p, e);
	arena_free(a);
	if (new.block == NULL)
		return NULL;
	new.tenant = str_of(mem_cstr(tenant.p, tenant.n), tenant.n);
	vec_push(&b->v, new);
	return new.block;
}

void blocks_trim(struct blocks *b)
{
	for (;;) {
		size_t bytes = 0, oldest = 0;

		for (size_t i = 0; i < b->v.n; i++) {
			bytes += block_bytes(b->v.p[i].block);
			if (b->v.p[i].used < b->v.p[oldest].used)
				oldest = i;
		}
		if ((bytes <= b->max_memory && b->v.n <= b->max_open) || b->v.n <= 1)
			return;
		close_one(b, oldest);
	}
}
