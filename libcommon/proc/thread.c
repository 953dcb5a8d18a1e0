#include "proc/thread.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static void *begin(void *arg)
{
	struct thread *t = arg;

	pthread_setname_np(pthread_self(), t->name);
	t->fn(t->arg);
	return NULL;
}

void thread_start(struct thread *t, const char *name, unsigned i, void (*fn)(void *arg), void *arg)
{
	sigset_t all, before;
	int rc;

	t->fn = fn;
	t->arg = arg;
	snprintf(t->name, sizeof(t->name), "%.10s-%u", name, i % 1000);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&t->id, NULL, begin, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0) {
		fprintf(stderr, "start thread %s: %s\n", t->name, strerror(rc));
		abort();
	}
}

void thread_join(struct thread *t)
{
	pthread_join(t->id, NULL);
}

void thread_give_way(void)
{
	enum { STEPS = 10, LAST = 19 }; /* of niceness, below that of the program */
	int now = getpriority(PRIO_PROCESS, (id_t)getpid());

	/* On Linux this is about one thread. If it may not, it works like the others. */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), MIN(now + STEPS, LAST));
}

static void run(void *arg)
{
	struct thread_loop *t = arg;
	struct err e;

	if (loop_run(t->loop, &e) < 0) {
		fprintf(stderr, "thread %s: %s\n", t->thread.name, e.msg);
		abort();
	}
}

void thread_loop_start(struct thread_loop *t, const char *name, unsigned i)
{
	t->loop = loop_new();
	thread_start(&t->thread, name, i, run, t);
}

struct last_task {
	struct task task;
	struct loop *loop;
};

static void stop_task(struct task *t)
{
	loop_stop(CONTAINER_OF(t, struct last_task, task)->loop);
}

void thread_loop_stop(struct thread_loop *t)
{
	/* Behind everything that was posted before. */
	struct last_task last = { { .fn = stop_task }, t->loop };

	loop_post(t->loop, &last.task);
	thread_join(&t->thread);
}

void thread_loop_free(struct thread_loop *t)
{
	loop_free(t->loop);
	t->loop = NULL;
}
