/*
 * file.c - whole files, locks, mappings.
 */
#include "io/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/entropy.h"
#include "io/fd.h"
#include "io/stream_fd.h"

static int file_read_fd(int fd, size_t limit, struct buf *out, struct err *e)
{
	size_t total = 0, got = 1, step = 4096;
	struct stat st;

	/* One byte more than the size, so that the end shows without another round. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		step = (size_t)st.st_size + 1;
	limit = MIN(limit, out->over ? 0 : out->max - out->n);
	while (got) {
		size_t left = limit - total, room = MIN(step, left);
		char extra;

		if (left && !buf_room(out, room))
			return buf_check(out, "file", e);
		if (fd_read_some(fd, left ? out->p + out->n : &extra, left ? room : 1, &got, e) < 0)
			return -1;
		if (got && left == 0)
			return err_set(e, ERR_LIMIT, "larger than %zu bytes", limit);
		out->n += got;
		total += got;
		step = MAX(total, (size_t)4096);
	}
	return 0;
}

int file_read(int dirfd, const char *path, size_t limit, struct buf *out, struct err *e)
{
	int fd = fd_open(dirfd, path, O_RDONLY, e), rc;

	if (fd < 0)
		return -1;
	rc = file_read_fd(fd, limit, out, e);
	fd_close(&fd);
	return rc < 0 ? err_wrap(e, "%s", path) : 0;
}

int file_replace(int dirfd, const char *path, struct str bytes, unsigned mode, struct err *e)
{
	struct tmp t;
	int rc;

	if (tmp_open(&t, dirfd, path, mode, e) < 0)
		return -1;
	rc = fd_write_all(t.fd, bytes, e);
	if (rc < 0)
		err_wrap(e, "%s", path);
	else
		rc = tmp_commit(&t, e);
	tmp_drop(&t);
	return rc;
}

int file_answer(const char *path, struct str bytes, bool force, struct err *e)
{
	struct sink *k = sink_answer(path, force, e);

	if (k == NULL)
		return -1;
	if (sink_write(k, bytes, e) == 0)
		return sink_close(k, e);
	sink_drop(k);
	return -1;
}

int file_fsync_dir(int dirfd, const char *path, struct err *e)
{
	int fd = fd_open(dirfd, path, O_RDONLY | O_DIRECTORY, e), rc;

	if (fd < 0)
		return -1;
	rc = fd_sync(fd, e);
	fd_close(&fd);
	return rc < 0 ? err_wrap(e, "%s", path) : 0;
}

/* Syncs the folder that path lies in. */
static int sync_parent(int dirfd, const char *path, struct err *e)
{
	struct str s = str_cstr(path);
	size_t slash;
	char *dir;
	int rc;

	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	slash = str_rfind(s, '/');
	if (slash == s.n)
		return file_fsync_dir(dirfd, ".", e);
	dir = mem_cstr(path, MAX(slash, (size_t)1));
	rc = file_fsync_dir(dirfd, dir, e);
	mem_free(dir);
	return rc;
}

int file_rename(int dirfd, const char *from, const char *to, struct err *e)
{
	if (renameat(dirfd, from, dirfd, to) < 0)
		return err_sys(e, fd_kind(errno), "%s: rename to %s", from, to);
	if (sync_parent(dirfd, to, e) < 0)
		return -1;
	return sync_parent(dirfd, from, e);
}

int file_remove(int dirfd, const char *path, struct err *e)
{
	if (unlinkat(dirfd, path, 0) < 0 && errno != ENOENT)
		return err_sys(e, fd_kind(errno), "%s: remove", path);
	return 0;
}

/* Hidden and marked, so that whoever finds one after a crash knows what it is. */
static char *tmp_name(const char *path)
{
	struct str s = str_cstr(path);
	size_t slash = str_rfind(s, '/');
	size_t dir = slash == s.n ? 0 : slash + 1, room = s.n + 32;
	char *name = mem_alloc(room);

	snprintf(name, room, "%.*s.%.200s.%016" PRIx64 ".tmp", (int)dir, path, path + dir, entropy_u64());
	return name;
}

int tmp_open(struct tmp *t, int dirfd, const char *path, unsigned mode, struct err *e)
{
	*t = (struct tmp){ .dirfd = dirfd, .fd = -1 };
	if (path[0] == '\0' || path[strlen(path) - 1] == '/')
		return err_set(e, ERR_INVALID, "%s: not the name of a file", path);
	t->tmp = tmp_name(path);
	t->fd = fd_open_mode(dirfd, t->tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode, e);
	if (t->fd < 0) {
		err_sys(e, fd_kind(errno), "%s", path);
		mem_free(t->tmp);
		t->tmp = NULL;
		return -1;
	}
	t->path = mem_cstr(path, strlen(path));
	return 0;
}

static int tmp_finish(struct tmp *t, struct err *e)
{
	if (fd_sync(t->fd, e) < 0 || fd_close_check(&t->fd, e) < 0)
		return -1;
	if (renameat(t->dirfd, t->tmp, t->dirfd, t->path) < 0)
		return err_sys(e, fd_kind(errno), "rename");
	/* From here on the name stands for the new file. */
	mem_free(t->tmp);
	t->tmp = NULL;
	return 0;
}

int tmp_commit(struct tmp *t, struct err *e)
{
	int rc = tmp_finish(t, e);

	if (rc < 0)
		err_wrap(e, "%s", t->path);
	else
		rc = sync_parent(t->dirfd, t->path, e);
	tmp_drop(t);
	return rc;
}

void tmp_drop(struct tmp *t)
{
	fd_close(&t->fd);
	if (t->tmp)
		unlinkat(t->dirfd, t->tmp, 0);
	mem_free(t->tmp);
	mem_free(t->path);
	t->tmp = t->path = NULL;
}

static int tidy(int dir, struct err *e)
{
	struct arena *a = arena_new();
	struct file_list list;
	int rc = file_list(a, dir, ".", &list, e);

	for (size_t i = 0; rc == 0 && i < list.n; i++)
		if (list.p[i].type == FILE_REGULAR && list.p[i].name.p[0] == '.' &&
		    str_suffix(list.p[i].name, STR(".tmp")))
			rc = file_remove(dir, list.p[i].name.p, e);
	arena_free(a);
	return rc;
}

int tmp_tidy(int dirfd, const char *path, struct err *e)
{
	int dir = fd_open(dirfd, path, O_RDONLY | O_DIRECTORY, e), rc = dir < 0 ? -1 : tidy(dir, e);

	fd_close(&dir);
	return rc < 0 ? err_wrap(e, "%s", path) : 0;
}

int file_lock(int dirfd, const char *path, bool wait, struct err *e)
{
	int fd = fd_open(dirfd, path, O_RDWR | O_CREAT, e), rc;

	if (fd < 0)
		return -1;
	do
		rc = flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB));
	while (rc < 0 && errno == EINTR);
	if (rc == 0)
		return fd;
	if (errno == EWOULDBLOCK)
		err_set(e, ERR_BUSY, "%s: locked by another process", path);
	else
		err_sys(e, fd_kind(errno), "%s: lock", path);
	fd_close(&fd);
	return -1;
}

struct file_blob {
	struct blob blob;
	const char *p;
};

static int file_blob_read(struct blob *b, struct arena *a, uint64_t off, size_t n, struct str *out, struct err *e)
{
	(void)a;
	(void)e;
	*out = str_of(CONTAINER_OF(b, struct file_blob, blob)->p + off, n);
	return 0;
}

static void file_blob_close(struct blob *b)
{
	struct file_blob *f = CONTAINER_OF(b, struct file_blob, blob);

	if (f->p)
		munmap((void *)(uintptr_t)f->p, f->blob.size);
	mem_free(f);
}

/* The pages stay in the page cache of the system, which is nobody's. */
static void file_blob_rest(struct blob *b)
{
	struct file_blob *f = CONTAINER_OF(b, struct file_blob, blob);

	if (f->p)
		madvise((void *)(uintptr_t)f->p, f->blob.size, MADV_DONTNEED);
}

static void *file_map(int fd, enum file_advice advice, size_t *size, struct err *e)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) < 0) {
		err_sys(e, ERR_IO, "stat");
		return MAP_FAILED;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(e, ERR_INVALID, "not a regular file");
		return MAP_FAILED;
	}
	*size = (size_t)st.st_size;
	if (*size == 0)
		return NULL;
	p = mmap(NULL, *size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		err_sys(e, ERR_IO, "map");
	else
		madvise(p, *size, advice == FILE_RANDOM ? MADV_RANDOM : MADV_SEQUENTIAL);
	return p;
}

struct blob *blob_file_at(int dirfd, const char *path, enum file_advice advice, struct err *e)
{
	int fd = fd_open(dirfd, path, O_RDONLY, e);
	struct file_blob *f;
	size_t size = 0;
	void *p;

	if (fd < 0)
		return NULL;
	p = file_map(fd, advice, &size, e);
	fd_close(&fd);
	if (p == MAP_FAILED) {
		err_wrap(e, "%s", path);
		return NULL;
	}
	f = mem_alloc(sizeof(*f));
	*f = (struct file_blob){ { size, file_blob_read, file_blob_close, file_blob_rest }, p };
	return &f->blob;
}

struct blob *blob_file(const char *path, struct err *e)
{
	return blob_file_at(AT_FDCWD, path, FILE_RANDOM, e);
}
