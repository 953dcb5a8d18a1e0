/*
 * thread.h - named threads, and threads that run a loop of their own (one
 * per head shard, for example). Signals are blocked in them, so that only
 * the main loop hears signals. Other threads reach a loop thread by
 * loop_post(t->loop, ...).
 *
 *	struct thread_loop t;
 *	thread_loop_start(&t, "head", 0);
 *	loop_post(t.loop, &msg->task);
 *	thread_loop_stop(&t);           // ends its turn, joins, frees the loop
 */
#ifndef THREAD_H
#define THREAD_H

#include <pthread.h>

#include "proc/loop.h"

struct thread {
	pthread_t id;
	void (*fn)(void *arg);
	void *arg;
	char name[16]; /* as top and perf show it: "head-0" */
};

/* The struct must stay where it is until thread_join. Aborts when the system has no thread to give. */
void thread_start(struct thread *t, const char *name, unsigned i, void (*fn)(void *arg), void *arg);
void thread_join(struct thread *t);
/* The calling thread gives way to others of the program, from now on: for work that takes long and that nobody waits for. */
void thread_give_way(void);

struct thread_loop {
	struct loop *loop;
	struct thread thread;
};

void thread_loop_start(struct thread_loop *t, const char *name, unsigned i);
/* Tasks posted before this call have run when it returns. */
void thread_loop_stop(struct thread_loop *t);
/* Behind thread_loop_stop, and behind the last that others post: a pool whose jobs go home to it has ended. */
void thread_loop_free(struct thread_loop *t);

#endif
