/*
 * supervise.h - starts the services, watches them, restarts them, stops
 * them in order. States and moves are service.h's; this is their outside:
 * processes, timers, readiness, the status record, the log.
 *
 *	struct supervisor *s = supervise_new(&conf, l);
 *	supervise_start(s);
 *	loop_run(l, e);                         // ends when all services are down
 *	rc = supervise_result(s, e);
 */
#ifndef SUPERVISE_H
#define SUPERVISE_H

#include "tools/pyro-serve/spawn.h"

struct supervisor;

struct supervise_conf {
	struct spawn spawn[PARTS]; /* of those that run; borrowed */
	bool runs[PARTS];
	const char *run_dir;
	const char *address; /* for the log and the status */
	int64_t stop_timeout;
	int64_t begun; /* monotonic: when the program started */
	int listen_fd; /* closed when the front has ended for good */
	int ready_fd;  /* told once all services are ready; or -1 */
};

struct supervisor *supervise_new(const struct supervise_conf *conf, struct loop *l);
void supervise_free(struct supervisor *s); /* all services are down */

void supervise_start(struct supervisor *s);
/* In the order of services.def, each after the other has ended. Asked again, a second later: kills what is left. */
void supervise_stop(struct supervisor *s);
void supervise_restart(struct supervisor *s, enum part_id part);
void supervise_reload(struct supervisor *s); /* SIGHUP to each */
/* After loop_run: an error when the server never became ready. */
int supervise_result(const struct supervisor *s, struct err *e);

#endif
