/* blobs.c - see blobs.h */
#include "io/blobs.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/vec.h"
#include "io/fd.h"
#include "io/file.h"

/* ---- a folder ---- */

/* No descriptor: a question may need thousands of them at once. */
struct folder {
	struct blobs set;
	char *path;
};

/* meta.json of strangers names files: none of them may lie elsewhere. */
static bool stays_inside(struct str name)
{
	struct str rest = name;

	if (name.n == 0 || name.p[0] == '/' || memchr(name.p, '\0', name.n) != NULL)
		return false;
	while (rest.n > 0)
		if (str_eq(str_cut(&rest, '/'), STR("..")))
			return false;
	return true;
}

static struct blob *folder_open(struct blobs *s, struct str name, struct err *e)
{
	struct folder *f = CONTAINER_OF(s, struct folder, set);
	struct arena *a;
	struct blob *b;
	int dir;

	if (!stays_inside(name)) {
		err_set(e, ERR_INVALID, "\"" STR_FMT "\" is no name of a file in this folder", STR_ARG(name));
		return NULL;
	}
	dir = fd_open(AT_FDCWD, f->path, O_RDONLY | O_DIRECTORY, e);
	if (dir < 0)
		return NULL;
	a = arena_new();
	b = blob_file_at(dir, arena_cstr(a, name), FILE_RANDOM, e);
	arena_free(a);
	fd_close(&dir);
	return b;
}

static void folder_close(struct blobs *s)
{
	struct folder *f = CONTAINER_OF(s, struct folder, set);

	mem_free(f->path);
	mem_free(f);
}

struct blobs *blobs_folder(const char *path, struct err *e)
{
	int dir = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, e);
	struct folder *f;

	if (dir < 0)
		return NULL;
	fd_close(&dir);
	f = mem_alloc(sizeof(*f));
	*f = (struct folder){ { folder_open, folder_close }, mem_cstr(path, strlen(path)) };
	return &f->set;
}

/* ---- in memory ---- */

struct member {
	struct arena *a;
	struct str name, bytes;
};

struct memory {
	struct blobs set;
	VEC(struct member) v;
};

static struct blob *memory_open(struct blobs *s, struct str name, struct err *e)
{
	const struct memory *m = CONTAINER_OF(s, struct memory, set);

	for (size_t i = 0; i < m->v.n; i++)
		if (str_eq(m->v.p[i].name, name))
			return blob_mem(m->v.p[i].bytes);
	err_set(e, ERR_NOTFOUND, STR_FMT ": not in the stream", STR_ARG(name));
	return NULL;
}

static void memory_close(struct blobs *s)
{
	struct memory *m = CONTAINER_OF(s, struct memory, set);

	for (size_t i = 0; i < m->v.n; i++)
		arena_free(m->v.p[i].a);
	vec_free(&m->v);
	mem_free(m);
}

struct blobs *blobs_mem(void)
{
	struct memory *m = mem_zalloc(sizeof(*m));

	m->set = (struct blobs){ memory_open, memory_close };
	return &m->set;
}

void blobs_mem_add(struct blobs *s, struct arena *a, struct str name, struct str bytes)
{
	struct memory *m = CONTAINER_OF(s, struct memory, set);
	struct member new = { a, name, bytes };

	assert(s->open == memory_open);
	vec_push(&m->v, new);
}

/* ---- the search ---- */

struct search {
	const char *mark;
	unsigned depth;
	int (*fn)(void *ctx, const char *path, struct blobs *s, struct err *e);
	void *ctx;
	uint32_t found;
};

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int search(struct search *x, const char *path, unsigned level, struct err *e)
{
	struct arena *a = arena_new();
	struct file_list list = { 0 };
	struct blobs *set;
	struct stat st;
	int rc = 0;

	if (stat(file_join(a, path, str_cstr(x->mark)), &st) == 0 && S_ISREG(st.st_mode)) {
		x->found++;
		set = blobs_folder(path, e);
		rc = set == NULL ? -1 : x->fn(x->ctx, path, set, e);
	} else if (level < x->depth) {
		rc = file_list(a, AT_FDCWD, path, &list, e);
	}
	for (size_t i = 0; i < list.n && rc == 0; i++) {
		const char *sub = file_join(a, path, list.p[i].name);

		if (list.p[i].name.p[0] != '.' && is_folder(sub))
			rc = search(x, sub, level + 1, e);
	}
	arena_free(a);
	return rc;
}

int blobs_each(const char *path, const char *mark, unsigned depth,
    int (*fn)(void *ctx, const char *path, struct blobs *s, struct err *e), void *ctx, uint32_t *found, struct err *e)
{
	struct search x = { .mark = mark, .depth = MIN(depth, (unsigned)BLOBS_MAX_DEPTH), .fn = fn, .ctx = ctx };
	int rc = search(&x, path, 0, e);

	if (found != NULL)
		*found = x.found;
	return rc;
}
