/* local_blocks.c - see local_blocks.h */
#include "tools/pyro-ingest/local_blocks.h"

#include <fcntl.h>
#include <stdlib.h>

#include "io/fd.h"
#include "io/file.h"
#include "tools/pyro-ingest/publish.h"

void local_blocks_init(struct local_blocks *l)
{
	*l = (struct local_blocks){ .mem = arena_new() };
}

void local_blocks_fini(struct local_blocks *l)
{
	vec_free(&l->tenants);
	vec_free(&l->v);
	arena_free(l->mem);
	l->mem = NULL;
}

/* One copy of a tenant's name, however many blocks come and go. */
static struct str kept_name(struct local_blocks *l, struct str tenant)
{
	for (size_t i = 0; i < l->tenants.n; i++)
		if (str_eq(l->tenants.p[i], tenant))
			return l->tenants.p[i];
	vec_push(&l->tenants, arena_str(l->mem, tenant));
	return l->tenants.p[l->tenants.n - 1];
}

void local_blocks_add(struct local_blocks *l, struct str tenant, struct ulid id)
{
	struct local_block b = { kept_name(l, tenant), id };

	vec_push(&l->v, b);
}

void local_blocks_forget(struct local_blocks *l, const struct local_block *b)
{
	for (size_t i = 0; i < l->v.n; i++) {
		if (ulid_cmp(l->v.p[i].id, b->id) == 0 && str_eq(l->v.p[i].tenant, b->tenant)) {
			l->v.p[i] = l->v.p[--l->v.n];
			return;
		}
	}
}

static int ulid_order(const void *a, const void *b)
{
	return ulid_cmp(*(const struct ulid *)a, *(const struct ulid *)b);
}

size_t local_blocks_of(const struct local_blocks *l, struct str tenant, struct ulid **out)
{
	VEC(struct ulid) ids = { 0 };

	for (size_t i = 0; i < l->v.n; i++)
		if (str_eq(l->v.p[i].tenant, tenant))
			vec_push(&ids, l->v.p[i].id);
	if (ids.n > 1)
		qsort(ids.p, ids.n, sizeof(*ids.p), ulid_order);
	*out = ids.p;
	return ids.n;
}

static int load_tenant(struct local_blocks *l, struct arena *a, const char *data, struct str tenant, struct err *e)
{
	const char *path = arena_printf(a, "%s/" STR_FMT "/local", data, STR_ARG(tenant)).p;
	struct file_list list;
	int dir, rc;

	dir = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, e);
	if (dir < 0)
		return e->kind == ERR_NOTFOUND ? 0 : -1;
	rc = publish_tidy(dir, e);
	if (rc == 0)
		rc = file_list(a, dir, ".", &list, e);
	for (size_t i = 0; rc == 0 && i < list.n; i++) {
		struct ulid id;
		struct err ignored;

		if (list.p[i].type == FILE_FOLDER && ulid_parse(list.p[i].name, &id, &ignored) == 0)
			local_blocks_add(l, tenant, id);
	}
	fd_close(&dir);
	return rc;
}

int local_blocks_load(struct local_blocks *l, const char *data, struct err *e)
{
	struct arena *a = arena_new();
	struct file_list list;
	int rc = file_list(a, AT_FDCWD, data, &list, e);

	for (size_t i = 0; rc == 0 && i < list.n; i++)
		if (list.p[i].type == FILE_FOLDER)
			rc = load_tenant(l, a, data, list.p[i].name, e);
	arena_free(a);
	return rc;
}
