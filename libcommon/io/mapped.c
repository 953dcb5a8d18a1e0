/* mapped.c - see mapped.h */
#include "io/mapped.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/vec.h"
#include "io/file.h"

struct mapped {
	struct arena *a;
	VEC(struct blob *) blobs;
};

struct mapped *mapped_new(void)
{
	struct mapped *m = mem_zalloc(sizeof(*m));

	m->a = arena_new();
	return m;
}

void mapped_free(struct mapped *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->blobs.n; i++)
		blob_close(m->blobs.p[i]);
	vec_free(&m->blobs);
	arena_free(m->a);
	mem_free(m);
}

int mapped_file(struct mapped *m, const char *path, struct str *out, struct err *e)
{
	struct stat st;
	struct blob *blob;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(e, ERR_INVALID, "%s: not a regular file", path);
	blob = blob_file_at(AT_FDCWD, path, FILE_RANDOM, e);
	if (blob == NULL)
		return -1;
	vec_push(&m->blobs, blob);
	if (blob->size > SIZE_MAX)
		return err_set(e, ERR_LIMIT, "%s: too large", path);
	return blob_read(blob, m->a, 0, (size_t)blob->size, out, e);
}

bool mapped_binary(void *mapped, struct str path, struct str build_id, struct str *out)
{
	struct mapped *m = mapped;
	struct err e;

	(void)build_id;
	return memchr(path.p, 0, path.n) == NULL && mapped_file(m, arena_cstr(m->a, path), out, &e) == 0;
}
