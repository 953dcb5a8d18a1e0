/*
 * loop.h - the one place that waits: descriptors, timers and tasks posted
 * from other threads, over epoll and eventfd.
 *
 * A loop belongs to the thread that calls loop_run; all calls are made on
 * that thread (or before it starts) except loop_post and loop_stop, which any
 * thread may make. Watches, timers and tasks are embedded in their owner and
 * found again with CONTAINER_OF; the loop never frees them. They must be off
 * (unwatched, off, run) before their owner's memory goes.
 *
 *	struct conn { struct watch w; struct timer idle; ... };
 *	c->w.fn = conn_event;
 *	if (loop_watch(l, &c->w, fd, EPOLLIN, e) < 0) ...
 *	c->idle.fn = conn_idle;
 *	loop_timer(l, &c->idle, loop_mono(l) + 30 * NS_PER_S);
 *
 * Order of one turn: descriptors, due timers (earliest first). After each
 * descriptor, and at the end, come the tasks that have been posted by then
 * (first posted first): whoever asks something of this loop waits for one
 * descriptor's work, not for all that are ready. What tasks themselves post comes
 * last in the turn, or in the next one, and what timers arm in the next, so that
 * no source starves the others.
 */
#ifndef LOOP_H
#define LOOP_H

#include <sys/epoll.h>

#include "base/base.h"
#include "base/err.h"

struct loop;

struct loop *loop_new(void);    /* aborts when the system is out of descriptors */
void loop_free(struct loop *l); /* accepts NULL; closes no watched descriptor */

/*
 * Runs until loop_stop; may be called again afterwards. A loop_stop made
 * before makes it return after one turn. -1 only if epoll itself fails.
 */
int loop_run(struct loop *l, struct err *e);
void loop_stop(struct loop *l); /* any thread; ends the turn first */

/* Times of this turn, read once when it began. */
int64_t loop_mono(const struct loop *l);
int64_t loop_wall(const struct loop *l);

/*
 * A watched descriptor. fn gets the EPOLL* bits that came; EPOLLERR and
 * EPOLLHUP come even when not asked for (also with events = 0). fd, events
 * and loop are set by loop_watch; the owner sets fn before.
 */
struct watch {
	void (*fn)(struct watch *w, uint32_t events);
	int fd;
	uint32_t events;
	struct loop *loop; /* NULL when not watched */
};

int loop_watch(struct loop *l, struct watch *w, int fd, uint32_t epoll_events, struct err *e);
void loop_rewatch(struct loop *l, struct watch *w, uint32_t events); /* no system call when unchanged */
/*
 * Accepts a watch that is off. Safe inside any callback, also for a watch
 * whose events are pending in this turn: they are dropped, so w may be freed
 * at once. Call it before closing the descriptor.
 */
void loop_unwatch(struct loop *l, struct watch *w);

/* An absolute deadline of the monotonic clock; granularity 1 ms, never early. Zero it before first use. */
struct timer {
	void (*fn)(struct timer *t);
	int64_t when;
	size_t pos; /* place in the heap, or 0 when off */
};

void loop_timer(struct loop *l, struct timer *t, int64_t mono_when); /* arms, or moves an armed one */
void loop_timer_off(struct loop *l, struct timer *t);                /* accepts one that is off */

/*
 * A message to the loop. It belongs to the loop from loop_post until fn
 * begins; fn may free it or post it again. Never blocks, never allocates;
 * tasks of one thread keep their order.
 */
struct task {
	void (*fn)(struct task *t);
	struct task *next;
};

void loop_post(struct loop *l, struct task *t); /* any thread */

#endif
