/*
 * fault.c - a library to preload that makes chosen system calls fail. What fails is said by a file that all processes
 * map, named in FAULT_CONTROL, so that it can be changed while they run; tests/crash/fault.py writes it:
 *
 *	kinds    a bit for each kind of call that counts
 *	error    the errno that a call gets; 0 = a write is cut short and succeeds
 *	first    the first call that fails, from 1
 *	count    so many fail from there on; 0 = none, and nothing is counted
 *	seen     calls that counted since the test set it to 0
 *	hit      calls that failed
 *	program  only in programs of this name; empty = in all
 *	path     only for files whose path has this in it; empty = for all
 *
 * Only regular files, folders and standard output count: the sockets and events of a program do not fail with EIO.
 *Calls that libc makes for itself (stdio) do not come by here.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE, SYNC, RENAME, CREATE, OPEN, TRUNCATE, CLOSE, MAP, UNLINK, MKDIR, READ };

struct fault {
	uint32_t kinds;
	int32_t error;
	uint32_t first, count;
	_Atomic uint32_t seen, hit;
	char program[32], path[64];
};

static struct fault *fault;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);

	if (p == NULL)
		abort();
	return p;
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("FAULT_CONTROL");
	int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC) : -1;
	void *p;

	if (fd < 0)
		return;
	p = (void *)syscall(SYS_mmap, NULL, sizeof(*fault), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L);
	syscall(SYS_close, fd);
	if (p != MAP_FAILED)
		fault = p;
}

static bool is_armed(enum kind k)
{
	const struct fault *f = fault;

	return f != NULL && f->count > 0 && (f->kinds & 1u << k) != 0 &&
	    (f->program[0] == '\0' || strcmp(program_invocation_short_name, f->program) == 0);
}

/* The call counts; does it fail? */
static bool count(void)
{
	uint32_t n = atomic_fetch_add(&fault->seen, 1) + 1;

	if (n < fault->first || n - fault->first >= fault->count)
		return false;
	atomic_fetch_add(&fault->hit, 1);
	errno = fault->error;
	return true;
}

static bool fails_path(enum kind k, const char *path)
{
	return is_armed(k) && (fault->path[0] == '\0' || strstr(path, fault->path) != NULL) && count();
}

static bool fails(enum kind k, int fd)
{
	char link[64], path[PATH_MAX];
	struct stat st;
	ssize_t n;

	if (!is_armed(k) || fstat(fd, &st) < 0 || !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || fd == STDOUT_FILENO))
		return false;
	if (fault->path[0] != '\0') {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, path, sizeof(path) - 1);
		path[n > 0 ? n : 0] = '\0';
		if (strstr(path, fault->path) == NULL)
			return false;
	}
	return count();
}

/* What a write that fails does instead: true if it is cut short to *n bytes. */
static bool is_short(size_t *n)
{
	if (errno != 0)
		return false;
	*n = (*n + 1) / 2;
	return true;
}

ssize_t write(int fd, const void *p, size_t n)
{
	if (fails(WRITE, fd) && !is_short(&n))
		return -1;
	return REAL(write)(fd, p, n);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	if (fails(WRITE, fd) && !is_short(&n))
		return -1;
	return REAL(pwrite)(fd, p, n, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	return pwrite(fd, p, n, at);
}

ssize_t writev(int fd, const struct iovec *v, int k)
{
	size_t n;

	if (!fails(WRITE, fd))
		return REAL(writev)(fd, v, k);
	n = k > 0 ? v[0].iov_len : 0;
	return is_short(&n) ? REAL(write)(fd, v[0].iov_base, n) : -1;
}

ssize_t read(int fd, void *p, size_t n)
{
	return fails(READ, fd) ? -1 : REAL(read)(fd, p, n);
}

ssize_t pread(int fd, void *p, size_t n, off_t at)
{
	return fails(READ, fd) ? -1 : REAL(pread)(fd, p, n, at);
}

ssize_t pread64(int fd, void *p, size_t n, off64_t at)
{
	return pread(fd, p, n, at);
}

/* The pages may have been lost although a later call succeeds: so nothing is synced here. */
int fsync(int fd)
{
	return fails(SYNC, fd) ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
	return fails(SYNC, fd) ? -1 : REAL(fdatasync)(fd);
}

static bool fails_rename(const char *from, const char *to)
{
	return is_armed(RENAME) &&
	    (fault->path[0] == '\0' || strstr(from, fault->path) != NULL || strstr(to, fault->path) != NULL) && count();
}

int rename(const char *from, const char *to)
{
	return fails_rename(from, to) ? -1 : REAL(rename)(from, to);
}

int renameat(int a, const char *from, int b, const char *to)
{
	return fails_rename(from, to) ? -1 : REAL(renameat)(a, from, b, to);
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
	return fails_rename(from, to) ? -1 : REAL(renameat2)(a, from, b, to, flags);
}

static bool fails_open(const char *path, int flags)
{
	return fails_path(flags & O_CREAT ? CREATE : OPEN, path);
}

static unsigned mode_of(int flags, va_list v)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(v, unsigned) : 0;
}

#define OPENAT(name)                                                                      \
	int name(int dir, const char *path, int flags, ...)                               \
	{                                                                                 \
		va_list v;                                                                \
		unsigned mode;                                                            \
		va_start(v, flags);                                                       \
		mode = mode_of(flags, v);                                                 \
		va_end(v);                                                                \
		return fails_open(path, flags) ? -1 : REAL(name)(dir, path, flags, mode); \
	}

#define OPEN_(name)                                                                  \
	int name(const char *path, int flags, ...)                                   \
	{                                                                            \
		va_list v;                                                           \
		unsigned mode;                                                       \
		va_start(v, flags);                                                  \
		mode = mode_of(flags, v);                                            \
		va_end(v);                                                           \
		return fails_open(path, flags) ? -1 : REAL(name)(path, flags, mode); \
	}

OPENAT(openat)
OPENAT(openat64)
OPEN_(open)
OPEN_(open64)

int ftruncate(int fd, off_t n)
{
	return fails(TRUNCATE, fd) ? -1 : REAL(ftruncate)(fd, n);
}

int fallocate(int fd, int mode, off_t at, off_t n)
{
	return fails(TRUNCATE, fd) ? -1 : REAL(fallocate)(fd, mode, at, n);
}

int fallocate64(int fd, int mode, off64_t at, off64_t n)
{
	return fallocate(fd, mode, at, n);
}

/* As in Linux: closed, whatever it says. */
int close(int fd)
{
	bool bad = fails(CLOSE, fd);
	int why = errno, rc = REAL(close)(fd);

	if (!bad)
		return rc;
	errno = why;
	return -1;
}

void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t from)
{
	if (fd >= 0 && fails(MAP, fd))
		return MAP_FAILED;
	return REAL(mmap)(at, n, prot, flags, fd, from);
}

void *mmap64(void *at, size_t n, int prot, int flags, int fd, off64_t from)
{
	return mmap(at, n, prot, flags, fd, from);
}

int unlink(const char *path)
{
	return fails_path(UNLINK, path) ? -1 : REAL(unlink)(path);
}

int unlinkat(int dir, const char *path, int flags)
{
	return fails_path(UNLINK, path) ? -1 : REAL(unlinkat)(dir, path, flags);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
	return fails_path(MKDIR, path) ? -1 : REAL(mkdirat)(dir, path, mode);
}
