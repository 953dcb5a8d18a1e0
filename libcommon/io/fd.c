/*
 * fd.c - descriptors.
 */
#include "io/fd.h"

#include <errno.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

enum err_kind fd_kind(int sys)
{
	switch (sys) {
	case ENOENT:
	case ENOTDIR: return ERR_NOTFOUND;
	case EEXIST:
	case ENOTEMPTY: return ERR_EXISTS;
	case EACCES:
	case EPERM:
	case EROFS: return ERR_DENIED;
	case EISDIR:
	case ENAMETOOLONG:
	case ELOOP: return ERR_INVALID;
	default: return ERR_IO;
	}
}

int fd_open_mode(int dirfd, const char *path, int flags, unsigned mode, struct err *e)
{
	int fd;

	do
		fd = openat(dirfd, path, flags | O_CLOEXEC, mode);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		err_sys(e, fd_kind(errno), "%s", path);
	return fd;
}

int fd_open(int dirfd, const char *path, int flags, struct err *e)
{
	return fd_open_mode(dirfd, path, flags, 0666, e);
}

/* Whether a call that failed should be repeated; standard input may be non-blocking. */
static bool fd_again(int fd, short want)
{
	struct pollfd p = { fd, want, 0 };

	if (errno == EINTR)
		return true;
	if (errno != EAGAIN)
		return false;
	return poll(&p, 1, -1) >= 0 || errno == EINTR;
}

int fd_read_some(int fd, void *p, size_t n, size_t *got, struct err *e)
{
	ssize_t r;

	do
		r = read(fd, p, n);
	while (r < 0 && fd_again(fd, POLLIN));
	if (r < 0)
		return err_sys(e, fd_kind(errno), "read");
	*got = (size_t)r;
	return 0;
}

int fd_read_full(int fd, void *p, size_t n, size_t *got, struct err *e)
{
	size_t have = 0, more = 1;

	while (have < n && more) {
		if (fd_read_some(fd, (char *)p + have, n - have, &more, e) < 0)
			return -1;
		have += more;
	}
	*got = have;
	return 0;
}

int fd_read_at(int fd, void *p, size_t n, uint64_t off, size_t *got, struct err *e)
{
	size_t have = 0;

	if (off > INT64_MAX || n > INT64_MAX - off)
		return err_set(e, ERR_INVALID, "read: offset too large");
	while (have < n) {
		ssize_t r = pread(fd, (char *)p + have, n - have, (off_t)(off + have));

		if (r < 0 && fd_again(fd, POLLIN))
			continue;
		if (r < 0)
			return err_sys(e, fd_kind(errno), "read");
		if (r == 0)
			break;
		have += (size_t)r;
	}
	*got = have;
	return 0;
}

int fd_write_all(int fd, struct str bytes, struct err *e)
{
	while (bytes.n) {
		ssize_t w = write(fd, bytes.p, bytes.n);

		if (w < 0 && fd_again(fd, POLLOUT))
			continue;
		if (w < 0)
			return err_sys(e, fd_kind(errno), "write");
		bytes = str_skip(bytes, (size_t)w);
	}
	return 0;
}

int fd_sync(int fd, struct err *e)
{
	int rc;

	do
		rc = fsync(fd);
	while (rc < 0 && errno == EINTR);
	/* A pipe has nothing to sync. EROFS is none of those: a file system that broke down says it. */
	if (rc < 0 && errno != EINVAL && errno != ENOTSUP)
		return err_sys(e, fd_kind(errno), "fsync");
	return 0;
}

size_t fd_limit(void)
{
	struct rlimit now, more;

	if (getrlimit(RLIMIT_NOFILE, &now) < 0)
		return 1024;
	more = (struct rlimit){ now.rlim_max, now.rlim_max };
	if (now.rlim_cur < now.rlim_max && setrlimit(RLIMIT_NOFILE, &more) == 0)
		now = more;
	return (size_t)MIN(now.rlim_cur, (rlim_t)INT_MAX);
}

void fd_close(int *fd)
{
	fd_close_check(fd, NULL);
}

/* Never repeated: Linux has freed the number even when close was interrupted. */
int fd_close_check(int *fd, struct err *e)
{
	int old = *fd, saved = errno;

	*fd = -1;
	if (old >= 0 && close(old) < 0 && errno != EINTR)
		return err_sys(e, fd_kind(errno), "close");
	errno = saved;
	return 0;
}
