#include "proc/pool.h"

#include <pthread.h>

#include "base/mem.h"
#include "proc/thread.h"

struct pool {
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t more;
	struct job **ring; /* queue_max places */
	size_t first, queued, queue_max, running;
	bool ending;
	unsigned n;
	struct thread threads[];
};

static void deliver(struct task *t)
{
	struct job *j = CONTAINER_OF(t, struct job, task);

	j->done(j);
}

static struct job *take(struct pool *p)
{
	struct job *j = NULL;

	while (p->queued == 0 && !p->ending)
		pthread_cond_wait(&p->more, &p->lock);
	if (p->queued > 0) {
		j = p->ring[p->first];
		p->first = (p->first + 1) % p->queue_max;
		p->queued--;
		p->running++;
	}
	return j;
}

static void worker(void *arg)
{
	struct pool *p = arg;
	struct job *j;

	pthread_mutex_lock(&p->lock);
	while ((j = take(p)) != NULL) {
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
	p = mem_zalloc(sizeof(*p) + n * sizeof(p->threads[0]));
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	p->queue_max = MAX(queue_max, (size_t)1);
	p->ring = mem_array(p->queue_max, sizeof(struct job *));
	p->n = n;
	for (unsigned i = 0; i < n; i++)
		thread_start(&p->threads[i], name, i, worker, p);
	return p;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n; i++)
		thread_join(&p->threads[i]);
	pthread_cond_destroy(&p->more);
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
		pthread_cond_signal(&p->more);
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
