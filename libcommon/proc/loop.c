#include "proc/loop.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/vec.h"

enum { EVENTS_PER_TURN = 128, HEAP_WAYS = 4 };

struct loop {
	int ep;
	int64_t mono, wall;
	struct epoll_event ev[EVENTS_PER_TURN];
	int at, n_ev;                               /* events not yet handed out: ev[at .. n_ev) */
	VEC(struct timer *) heap;                   /* p[0] unused, so that pos 0 means "off" */
	struct watch wake;                          /* the eventfd */
	bool in_tasks;                              /* a task is running */
	struct task *later, **later_end;            /* posted by tasks, for the end of a turn */
	_Alignas(64) _Atomic(struct task *) posted; /* newest first */
	atomic_bool stop;
};

/* The loop that this thread is running: it looks at `posted` by itself before it waits. */
static _Thread_local const struct loop *running;

static NORETURN void die(const char *what)
{
	perror(what);
	abort();
}

static int64_t now(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void take_time(struct loop *l)
{
	l->mono = now(CLOCK_MONOTONIC);
	l->wall = now(CLOCK_REALTIME);
}

/* Edge-triggered: each write wakes once, and nobody has to read the counter. */
static void on_wake(struct watch *w, uint32_t events)
{
	(void)w;
	(void)events;
}

struct loop *loop_new(void)
{
	struct loop *l = aligned_alloc(64, (sizeof(*l) + 63) / 64 * 64);
	struct err e;
	int fd;

	if (!l)
		die("loop_new");
	memset(l, 0, sizeof(*l));
	l->ep = epoll_create1(EPOLL_CLOEXEC);
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->ep < 0 || fd < 0)
		die("loop_new");
	vec_push(&l->heap, NULL);
	l->later_end = &l->later;
	l->wake.fn = on_wake;
	if (loop_watch(l, &l->wake, fd, EPOLLIN | EPOLLET, &e) < 0)
		die("loop_new");
	take_time(l);
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	close(l->wake.fd);
	close(l->ep);
	vec_free(&l->heap);
	free(l);
}

int64_t loop_mono(const struct loop *l)
{
	return l->mono;
}

int64_t loop_wall(const struct loop *l)
{
	return l->wall;
}

static void wake(struct loop *l)
{
	/* EAGAIN means that the counter is full: the edge was given long ago. */
	while (write(l->wake.fd, &(uint64_t){ 1 }, 8) < 0 && errno == EINTR)
		continue;
}

void loop_stop(struct loop *l)
{
	atomic_store(&l->stop, true);
	if (running != l)
		wake(l);
}

/* Descriptors */

int loop_watch(struct loop *l, struct watch *w, int fd, uint32_t epoll_events, struct err *e)
{
	struct epoll_event ev = { .events = epoll_events, .data.ptr = w };

	if (epoll_ctl(l->ep, EPOLL_CTL_ADD, fd, &ev) < 0)
		return err_sys(e, ERR_IO, "watch descriptor %d", fd);
	w->fd = fd;
	w->events = epoll_events;
	w->loop = l;
	return 0;
}

void loop_rewatch(struct loop *l, struct watch *w, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	assert(w->loop == l);
	if (w->events == events)
		return;
	if (epoll_ctl(l->ep, EPOLL_CTL_MOD, w->fd, &ev) < 0)
		die("loop_rewatch");
	w->events = events;
}

void loop_unwatch(struct loop *l, struct watch *w)
{
	if (!w->loop)
		return;
	assert(w->loop == l);
	if (epoll_ctl(l->ep, EPOLL_CTL_DEL, w->fd, NULL) < 0)
		die("loop_unwatch");
	w->loop = NULL;
	for (int i = l->at; i < l->n_ev; i++)
		if (l->ev[i].data.ptr == w)
			l->ev[i].data.ptr = NULL;
}

/* Timers: a heap with HEAP_WAYS children per node, children of i at HEAP_WAYS * (i - 1) + 2 onwards. */

static void place(struct loop *l, struct timer *t, size_t pos)
{
	l->heap.p[pos] = t;
	t->pos = pos;
}

static void sift_up(struct loop *l, struct timer *t, size_t pos)
{
	while (pos > 1) {
		size_t up = (pos - 2) / HEAP_WAYS + 1;

		if (l->heap.p[up]->when <= t->when)
			break;
		place(l, l->heap.p[up], pos);
		pos = up;
	}
	place(l, t, pos);
}

static void sift_down(struct loop *l, struct timer *t, size_t pos)
{
	for (;;) {
		size_t kid = HEAP_WAYS * (pos - 1) + 2, least = kid;

		if (kid >= l->heap.n)
			break;
		for (size_t i = kid + 1; i < kid + HEAP_WAYS && i < l->heap.n; i++)
			if (l->heap.p[i]->when < l->heap.p[least]->when)
				least = i;
		if (t->when <= l->heap.p[least]->when)
			break;
		place(l, l->heap.p[least], pos);
		pos = least;
	}
	place(l, t, pos);
}

void loop_timer(struct loop *l, struct timer *t, int64_t mono_when)
{
	int64_t before = t->when;

	t->when = mono_when;
	if (t->pos == 0) {
		vec_push(&l->heap, t);
		sift_up(l, t, l->heap.n - 1);
	} else if (mono_when < before) {
		sift_up(l, t, t->pos);
	} else {
		sift_down(l, t, t->pos);
	}
}

void loop_timer_off(struct loop *l, struct timer *t)
{
	size_t pos = t->pos;
	struct timer *last;

	if (pos == 0)
		return;
	assert(pos < l->heap.n && l->heap.p[pos] == t);
	t->pos = 0;
	last = l->heap.p[--l->heap.n];
	if (last == t)
		return;
	sift_up(l, last, pos);
	sift_down(l, last, last->pos);
}

/* Only what is due at the time of this turn, so that a timer that re-arms itself cannot hold the loop. */
static void run_timers(struct loop *l)
{
	size_t most = l->heap.n;

	while (most-- > 0 && l->heap.n > 1 && l->heap.p[1]->when <= l->mono) {
		struct timer *t = l->heap.p[1];

		loop_timer_off(l, t);
		t->fn(t);
	}
}

/* Tasks */

void loop_post(struct loop *l, struct task *t)
{
	struct task *top;

	if (running == l && l->in_tasks) {
		t->next = NULL;
		*l->later_end = t;
		l->later_end = &t->next;
		return;
	}
	top = atomic_load_explicit(&l->posted, memory_order_relaxed);
	do
		t->next = top;
	while (!atomic_compare_exchange_weak_explicit(&l->posted, &top, t, memory_order_release, memory_order_relaxed));
	if (!top && running != l)
		wake(l);
}

static void run_list(struct loop *l, struct task *first)
{
	l->in_tasks = true;
	while (first) {
		struct task *t = first;

		first = t->next;
		t->fn(t);
	}
	l->in_tasks = false;
}

static void run_tasks(struct loop *l)
{
	struct task *newest, *first = NULL;

	if (!atomic_load_explicit(&l->posted, memory_order_relaxed))
		return;
	newest = atomic_exchange_explicit(&l->posted, NULL, memory_order_acquire);
	while (newest) {
		struct task *older = newest->next;

		newest->next = first;
		first = newest;
		newest = older;
	}
	run_list(l, first);
}

static void run_later(struct loop *l)
{
	struct task *first = l->later;

	l->later = NULL;
	l->later_end = &l->later;
	run_list(l, first);
}

/*
 * Between two descriptors come the tasks, so that what others ask waits for one of them and not for all. What tasks post
 * waits for the end: else one that posts itself would have half of the time.
 */
static void run_watches(struct loop *l)
{
	while (l->at < l->n_ev) {
		struct epoll_event *ev = &l->ev[l->at++];
		struct watch *w = ev->data.ptr;

		if (w)
			w->fn(w, ev->events);
		run_tasks(l);
	}
}

static int timeout_ms(const struct loop *l)
{
	int64_t wait;

	if (atomic_load(&l->stop) || atomic_load(&l->posted) || l->later != NULL)
		return 0;
	if (l->heap.n == 1)
		return -1;
	wait = l->heap.p[1]->when - now(CLOCK_MONOTONIC);
	if (wait <= 0)
		return 0;
	return (int)MIN((wait + NS_PER_MS - 1) / NS_PER_MS, (int64_t)INT_MAX);
}

static int turn(struct loop *l, struct err *e)
{
	int n = epoll_wait(l->ep, l->ev, EVENTS_PER_TURN, timeout_ms(l));

	if (n < 0 && errno != EINTR)
		return err_sys(e, ERR_IO, "wait for events");
	take_time(l);
	l->at = 0;
	l->n_ev = MAX(n, 0);
	run_watches(l);
	run_timers(l);
	run_tasks(l);
	run_later(l); /* last: who stops the loop by a task is behind all that were posted before */
	return 0;
}

int loop_run(struct loop *l, struct err *e)
{
	const struct loop *outer = running;
	int rc;

	running = l;
	do
		rc = turn(l, e);
	while (rc == 0 && !atomic_exchange(&l->stop, false));
	running = outer;
	return rc;
}
