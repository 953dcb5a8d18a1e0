/*
 * child.h - start another program with exactly the descriptors, arguments
 * and environment it needs (posix_spawn), and hear of its end on the loop
 * (pidfd). No shell, no fork: a large process may call it.
 *
 * The child gets an empty signal mask, default signal actions, and no
 * descriptor but 0, 1, 2 and those listed; each listed one arrives under the
 * number `to`. The caller keeps its own copies.
 *
 *	struct child c = { .fn = on_exit };
 *	struct child_fd fds[] = { { sock, 3 }, { ready_w, 4 } };
 *	child_spawn(&c, l, &(struct child_opts){ .path = p, .argv = argv, .fds = fds, .n_fds = 2 }, e);
 */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

#include "base/buf.h"
#include "proc/loop.h"

enum { CHILD_MAX_FDS = 8, CHILD_MAX_FD = 63 };

struct child_fd {
	int from, to; /* ours; number in the child, 0 .. CHILD_MAX_FD */
};

struct child_opts {
	const char *path;           /* program file; not searched in PATH */
	char *const *argv;          /* ends with NULL */
	char *const *env;           /* ends with NULL; NULL: our own environment */
	const struct child_fd *fds; /* at most CHILD_MAX_FDS */
	size_t n_fds;
	bool own_group; /* a process group of its own: signals of the terminal pass it by */
};

struct child_exit {
	bool by_signal;
	int code; /* exit code, or signal number */
	bool core;
};

struct child {
	void (*fn)(struct child *c, struct child_exit how); /* once; may spawn again or free c */
	pid_t pid;                                          /* 0 when not running */
	struct watch w;                                     /* the pidfd */
};

int child_spawn(struct child *c, struct loop *l, const struct child_opts *o, struct err *e);
int child_kill(struct child *c, int signo, struct err *e); /* never hits a recycled pid; NOTFOUND when it has ended */
/* Forgets a running child without waiting for it: fn will not be called. */
void child_drop(struct child *c);

void child_print_exit(struct buf *out, struct child_exit how); /* "exit code 100", "signal 11 (Segmentation fault)" */

#endif
