/*
 * fd.h - descriptors: opened close-on-exec always, read and written with
 * EINTR and short counts handled. For blocking descriptors (files, pipes);
 * sockets of a loop have their own rules in net/.
 *
 * Failures name the path or, where there is only a number, "read" or "write".
 * The kind follows errno (fd_kind), so a caller can tell NOTFOUND from IO.
 *
 *	int fd = fd_open(AT_FDCWD, path, O_RDONLY, e);
 *	if (fd < 0)
 *		return -1;
 *	rc = fd_read_full(fd, head, sizeof(head), &got, e);
 *	fd_close(&fd);
 */
#ifndef FD_H
#define FD_H

#include <fcntl.h>

#include "base/err.h"
#include "base/str.h"

/* NOTFOUND, EXISTS, DENIED, INVALID (a folder where a file belongs, a name that cannot be
   one) or IO. */
enum err_kind fd_kind(int sys);

/* A descriptor >= 0, or -1. New files get mode 0666 minus the umask. */
int fd_open(int dirfd, const char *path, int flags, struct err *e);
int fd_open_mode(int dirfd, const char *path, int flags, unsigned mode, struct err *e);

/* n bytes unless the end comes first: *got tells how many. */
int fd_read_full(int fd, void *p, size_t n, size_t *got, struct err *e);
/* The same at an offset, leaving the position of fd alone. */
int fd_read_at(int fd, void *p, size_t n, uint64_t off, size_t *got, struct err *e);
/* One read, at least one byte unless at the end. */
int fd_read_some(int fd, void *p, size_t n, size_t *got, struct err *e);
int fd_write_all(int fd, struct str bytes, struct err *e);

/* Data and size on the medium; descriptors that cannot be synced (pipes) are no error. */
int fd_sync(int fd, struct err *e);

/* How many descriptors this process may have, after asking for as many as it is allowed to ask for. */
size_t fd_limit(void);

/* Closes and sets -1; accepts -1. For writers whose last error matters: fd_close_check. */
void fd_close(int *fd);
int fd_close_check(int *fd, struct err *e);

#endif
