/*
 * stream_fd.c - streams over descriptors and paths.
 */
#include "io/stream_fd.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/fd.h"
#include "io/file.h"
#include "io/window.h"

enum { STREAM_BUFFER = 65536 };

struct fd_src {
	struct window w;
	int fd;
	enum fd_owner owner;
	const char *name;
	char *own_name;
};

static int fd_src_fill(struct window *w, char *p, size_t room, size_t *got, struct err *e)
{
	struct fd_src *f = CONTAINER_OF(w, struct fd_src, w);

	if (fd_read_some(f->fd, p, room, got, e) < 0)
		return err_wrap(e, "%s", f->name);
	return 0;
}

static void fd_src_close(struct window *w)
{
	struct fd_src *f = CONTAINER_OF(w, struct fd_src, w);

	if (f->owner == FD_OWN)
		fd_close(&f->fd);
	window_fini(w);
	mem_free(f->own_name);
	mem_free(f);
}

struct src *src_fd(int fd, enum fd_owner owner, const char *name)
{
	struct fd_src *f = mem_zalloc(sizeof(*f));

	window_init(&f->w, fd_src_fill, fd_src_close, STREAM_BUFFER);
	f->fd = fd;
	f->owner = owner;
	f->name = name;
	return &f->w.src;
}

struct src *src_path(const char *path, struct err *e)
{
	struct fd_src *f;
	struct src *s;
	int fd;

	if (strcmp(path, "-") == 0)
		return src_fd(STDIN_FILENO, FD_KEEP, "standard input");
	fd = fd_open(AT_FDCWD, path, O_RDONLY, e);
	if (fd < 0)
		return NULL;
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	s = src_fd(fd, FD_OWN, "");
	f = CONTAINER_OF(s, struct fd_src, w.src);
	f->name = f->own_name = mem_cstr(path, strlen(path));
	return s;
}

struct fd_sink {
	struct sink sink;
	int fd;
	enum fd_owner owner;
	const char *name;
	char *own_name;
	struct tmp tmp; /* tmp.path is NULL unless the file is made under another name */
	size_t n;
	bool failed;
	struct err err; /* the first error */
	char p[STREAM_BUFFER];
};

static struct fd_sink *fd_sink_of(struct sink *k);

static int fd_sink_failed(struct fd_sink *f, struct err *e)
{
	if (e)
		*e = f->err;
	return -1;
}

static int fd_sink_put(struct fd_sink *f, struct str bytes)
{
	if (fd_write_all(f->fd, bytes, &f->err) == 0)
		return 0;
	f->failed = true;
	return err_wrap(&f->err, "%s", f->name);
}

static int fd_sink_flush(struct fd_sink *f)
{
	size_t n = f->n;

	f->n = 0;
	return f->failed ? -1 : fd_sink_put(f, str_of(f->p, n));
}

static int fd_sink_write(struct sink *k, struct str bytes, struct err *e)
{
	struct fd_sink *f = fd_sink_of(k);

	if (f->failed)
		return fd_sink_failed(f, e);
	if (bytes.n > STREAM_BUFFER - f->n && fd_sink_flush(f) < 0)
		return fd_sink_failed(f, e);
	if (bytes.n >= STREAM_BUFFER)
		return fd_sink_put(f, bytes) < 0 ? fd_sink_failed(f, e) : 0;
	memcpy(f->p + f->n, bytes.p, bytes.n);
	f->n += bytes.n;
	return 0;
}

static void fd_sink_free(struct fd_sink *f)
{
	if (f->tmp.path)
		tmp_drop(&f->tmp);
	else if (f->owner == FD_OWN)
		fd_close(&f->fd);
	mem_free(f->own_name);
	mem_free(f);
}

static int fd_sink_close(struct sink *k, struct err *e)
{
	struct fd_sink *f = fd_sink_of(k);
	int rc = fd_sink_flush(f);

	if (rc < 0)
		fd_sink_failed(f, e);
	else if (f->tmp.path)
		rc = tmp_commit(&f->tmp, e);
	else if (f->owner == FD_OWN && (rc = fd_close_check(&f->fd, e)) < 0)
		err_wrap(e, "%s", f->name);
	fd_sink_free(f);
	return rc;
}

static struct fd_sink *fd_sink_of(struct sink *k)
{
	assert(k->write == fd_sink_write);
	return CONTAINER_OF(k, struct fd_sink, sink);
}

struct sink *sink_fd(int fd, enum fd_owner owner, const char *name)
{
	struct fd_sink *f = mem_alloc(sizeof(*f));

	f->sink = (struct sink){ fd_sink_write, fd_sink_close };
	f->fd = fd;
	f->owner = owner;
	f->name = name;
	f->own_name = NULL;
	f->tmp = (struct tmp){ .fd = -1 };
	f->n = 0;
	f->failed = false;
	return &f->sink;
}

/* Opens path for the sink: through a temporary, or directly when it is a device or pipe. */
static int sink_path_open(struct fd_sink *f, const char *path, struct err *e)
{
	struct stat st;
	bool there = stat(path, &st) == 0;
	char *real;
	int rc;

	if (there && !S_ISREG(st.st_mode)) {
		f->fd = fd_open(AT_FDCWD, path, O_WRONLY, e);
		return f->fd < 0 ? -1 : 0;
	}
	/* A link stays a link: what it points to is replaced. */
	real = there ? realpath(path, NULL) : NULL;
	rc = tmp_open(&f->tmp, AT_FDCWD, real ? real : path, 0666, e);
	free(real);
	f->fd = f->tmp.fd;
	if (rc == 0 && there && fchmod(f->fd, st.st_mode & 07777) < 0)
		rc = err_sys(e, ERR_IO, "%s: mode", path);
	return rc;
}

struct sink *sink_path(const char *path, struct err *e)
{
	struct fd_sink *f;
	struct sink *k;

	if (strcmp(path, "-") == 0)
		return sink_fd(STDOUT_FILENO, FD_KEEP, "standard output");
	k = sink_fd(-1, FD_OWN, "");
	f = fd_sink_of(k);
	f->name = f->own_name = mem_cstr(path, strlen(path));
	if (sink_path_open(f, path, e) < 0) {
		fd_sink_free(f);
		return NULL;
	}
	return k;
}

struct sink *sink_answer(const char *path, bool force, struct err *e)
{
	struct stat st;
	struct sink *k;

	if (path == NULL)
		return sink_fd(STDOUT_FILENO, FD_KEEP, "standard output");
	if (!force && stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
		err_set(e, ERR_EXISTS, "%s is there already; --force overwrites it", path);
		return NULL;
	}
	k = sink_path(path, e);
	if (k == NULL) {
		/* A folder that is not there is somebody's mistake, not the answer "no". */
		if (e->kind == ERR_NOTFOUND)
			e->kind = ERR_INVALID;
		err_wrap(e, "--output");
	}
	return k;
}

void sink_drop(struct sink *k)
{
	if (k)
		fd_sink_free(fd_sink_of(k));
}

int sink_flush(struct sink *k, struct err *e)
{
	struct fd_sink *f = fd_sink_of(k);

	return fd_sink_flush(f) < 0 ? fd_sink_failed(f, e) : 0;
}
