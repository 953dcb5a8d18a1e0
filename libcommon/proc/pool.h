/*
 * pool.h - worker threads for what may block or takes long: a job goes in on
 * the loop's thread, work() runs on a pool thread, done() runs back on the
 * job's home loop. Beside the queues of tails.h and the turns of engine.h the only place with locks.
 *
 * A job owns its input, its arena and its output; between pool_submit and
 * done() nobody else touches them. The pool never frees a job: done() may.
 * The queue has a length; a full queue is ERR_BUSY and the caller answers
 * (429, 503, or stops reading).
 *
 *	static void sum_work(struct job *j) { struct sum *s = CONTAINER_OF(j, struct sum, job); ... }
 *	static void sum_done(struct job *j) { ...reply..., mem_free(s) }
 *	s->job = (struct job){ .work = sum_work, .done = sum_done, .home = l };
 *	if (pool_submit(p, &s->job, e) < 0) ...
 */
#ifndef POOL_H
#define POOL_H

#include "proc/loop.h"

struct pool;

struct job {
	void (*work)(struct job *j); /* on a pool thread */
	void (*done)(struct job *j); /* on home's thread; NULL: nobody wants to know, work() may free j */
	struct loop *home;
	struct task task; /* the pool's own */
};

/* n threads (at least 1) named `name`-<i>; queue_max waiting jobs at most. */
struct pool *pool_new(const char *name, unsigned n, size_t queue_max);
/*
 * Runs all jobs that are queued, then ends the threads. done() of the last
 * ones is posted to their loops, whose next turn delivers it. Accepts NULL.
 */
void pool_free(struct pool *p);

int pool_submit(struct pool *p, struct job *j, struct err *e); /* any thread */
size_t pool_load(struct pool *p);                              /* jobs queued or running; any thread */

#endif
