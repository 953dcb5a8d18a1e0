#include "proc/pool.h"

#include <pthread.h>

#include "base/mem.h"
#include "proc/thread.h"

struct worker {
	struct pool *pool;
	struct thread thread;
	pthread_cond_t called;
	bool waits;
	struct worker *next; /* of those that wait */
};

struct pool {
	pthread_mutex_t lock; /* guards all below */
	struct worker *idle;  /* they wait; who worked last is first: its memory is still in the caches */
	struct job **ring;    /* queue_max places */
	size_t first, queued, queue_max, running;
	bool ending;
	unsigned n;
	struct worker workers[];
};

static void deliver(struct task *t)
{
	struct job *j = CONTAINER_OF(t, struct job, task);

	j->done(j);
}

static void call_one(struct pool *p)
{
	struct worker *w = p->idle;

	if (w == NULL)
		return;
	p->idle = w->next;
	w->waits = false;
	pthread_cond_signal(&w->called);
}

static struct job *take(struct worker *w)
{
	struct pool *p = w->pool;
	struct job *j = NULL;

	while (p->queued == 0 && !p->ending) {
		w->next = p->idle;
		p->idle = w;
		w->waits = true;
		while (w->waits)
			pthread_cond_wait(&w->called, &p->lock);
	}
	if (p->queued > 0) {
		j = p->ring[p->first];
		p->first = (p->first + 1) % p->queue_max;
		p->queued--;
		p->running++;
	}
	return j;
}

static void work(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->pool;
	struct job *j;

	pthread_mutex_lock(&p->lock);
	while ((j = take(w)) != NULL) {
		bool tell = j->done != NULL;

		pthread_mutex_unlock(&p->lock);
		j->work(j);
		/* Counted off before the owner hears of it, so that it sees room for its next job. */
		pthread_mutex_lock(&p->lock);
		p->running--;
		if (tell)
			loop_post(j->home, &j->task);
	}
	pthread_mutex_unlock(&p->lock);
}

struct pool *pool_new(const char *name, unsigned n, size_t queue_max)
{
	struct pool *p;

	n = MAX(n, 1u);
	p = mem_zalloc(sizeof(*p) + n * sizeof(p->workers[0]));
	pthread_mutex_init(&p->lock, NULL);
	p->queue_max = MAX(queue_max, (size_t)1);
	p->ring = mem_array(p->queue_max, sizeof(struct job *));
	p->n = n;
	for (unsigned i = 0; i < n; i++) {
		struct worker *w = &p->workers[i];

		w->pool = p;
		pthread_cond_init(&w->called, NULL);
		thread_start(&w->thread, name, i, work, w);
	}
	return p;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	while (p->idle != NULL)
		call_one(p);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n; i++) {
		thread_join(&p->workers[i].thread);
		pthread_cond_destroy(&p->workers[i].called);
	}
	pthread_mutex_destroy(&p->lock);
	mem_free(p->ring);
	mem_free(p);
}

int pool_submit(struct pool *p, struct job *j, struct err *e)
{
	bool full;

	assert(j->work && (!j->done || j->home));
	j->task.fn = deliver;
	pthread_mutex_lock(&p->lock);
	assert(!p->ending);
	full = p->queued == p->queue_max;
	if (!full) {
		p->ring[(p->first + p->queued) % p->queue_max] = j;
		p->queued++;
		call_one(p);
	}
	pthread_mutex_unlock(&p->lock);
	if (full)
		return err_set(e, ERR_BUSY, "%zu jobs are waiting already", p->queue_max);
	return 0;
}

size_t pool_load(struct pool *p)
{
	size_t n;

	pthread_mutex_lock(&p->lock);
	n = p->queued + p->running;
	pthread_mutex_unlock(&p->lock);
	return n;
}
