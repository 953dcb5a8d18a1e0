/*
 * spawn.h - how a service is started: its program file, its command line,
 * its environment and its descriptors.
 *
 * A service is run as `<program> serve -option=value ...`. It inherits
 *
 *	descriptor 3    the listening socket (the front only: -listen-fd=3)
 *	descriptor 4    a pipe that waits for its line "ready" (PYRO_READY_FD=4)
 *
 * and PYRO_PARENT_PID, so that it ends when pyro-serve does. Its process
 * group is its own: an interrupt from the terminal reaches pyro-serve alone,
 * which then stops the services in order.
 */
#ifndef SPAWN_H
#define SPAWN_H

#include "proc/child.h"
#include "tools/pyro-serve/known.h"

enum { SPAWN_LISTEN_FD = 3, SPAWN_READY_FD = 4 };

struct spawn {
	const char *path;
	char **argv, **env; /* end with NULL; in the arena */
	int listen_fd;      /* -1: not the front */
};

struct spawn_plan {
	const struct opts *conf; /* values to hand on */
	const struct known *known;
	size_t shared_sets;  /* conf->sets[shared_sets ...] are tables that every service has */
	const char *run_dir; /* where the sockets of the services are */
	bool runs[PARTS];
	int listen_fd;
};

/* The program beside our own executable, else in PATH. NULL: ERR_UNSUPPORTED (exit code 100). In a. */
const char *spawn_find(struct arena *a, const char *program, struct err *e);
/* All that is needed to start this part, any number of times. In a. */
int spawn_prepare(struct spawn *s, struct arena *a, const struct spawn_plan *plan, enum part_id part, struct err *e);
/* Starts it; *ready becomes the reading end of its pipe (non-blocking). */
int spawn_start(const struct spawn *s, struct loop *l, struct child *c, int *ready, struct err *e);

#endif
