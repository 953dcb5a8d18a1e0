#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "proc/pool.h"

static pthread_t home_thread;
static struct loop *loop;

struct square {
	struct job job;
	int64_t in, out;
	bool delivered;
};

static int n_done;

static void square_work(struct job *j)
{
	struct square *s = CONTAINER_OF(j, struct square, job);

	assert(!pthread_equal(pthread_self(), home_thread));
	s->out = s->in * s->in;
}

static void square_done(struct job *j)
{
	struct square *s = CONTAINER_OF(j, struct square, job);

	assert_true(pthread_equal(pthread_self(), home_thread));
	assert_false(s->delivered);
	s->delivered = true;
	if (--n_done == 0)
		loop_stop(loop);
}

static void jobs_go_and_come_back(void **state)
{
	enum { JOBS = 500 };
	struct square *s = mem_zarray(JOBS, sizeof(*s));
	struct pool *p = pool_new("test", 3, JOBS);
	struct err e;

	(void)state;
	loop = loop_new();
	home_thread = pthread_self();
	n_done = JOBS;
	for (int i = 0; i < JOBS; i++) {
		s[i].job = (struct job){ .work = square_work, .done = square_done, .home = loop };
		s[i].in = i;
		assert_int_equal(pool_submit(p, &s[i].job, &e), 0);
	}
	assert_int_equal(loop_run(loop, &e), 0);
	for (int i = 0; i < JOBS; i++)
		assert_true(s[i].delivered && s[i].out == (int64_t)i * i);
	assert_int_equal(pool_load(p), 0);
	pool_free(p);
	loop_free(loop);
	mem_free(s);
}

static sem_t gate, entered;
static atomic_int ran;

static void wait_work(struct job *j)
{
	(void)j;
	sem_post(&entered);
	sem_wait(&gate);
	ran++;
}

static void full_queue_is_busy(void **state)
{
	struct job jobs[4];
	struct pool *p = pool_new("test", 1, 2);
	struct err e;

	(void)state;
	sem_init(&gate, 0, 0);
	sem_init(&entered, 0, 0);
	ran = 0;
	for (int i = 0; i < 4; i++)
		jobs[i] = (struct job){ .work = wait_work };
	assert_int_equal(pool_submit(p, &jobs[0], &e), 0);
	sem_wait(&entered); /* the thread has it: the queue is empty */
	assert_int_equal(pool_submit(p, &jobs[1], &e), 0);
	assert_int_equal(pool_submit(p, &jobs[2], &e), 0);
	assert_int_equal(pool_load(p), 3);
	assert_int_equal(pool_submit(p, &jobs[3], &e), -1);
	assert_int_equal(e.kind, ERR_BUSY);
	for (int i = 0; i < 3; i++)
		sem_post(&gate);
	pool_free(p); /* waits for what is queued */
	assert_int_equal(ran, 3);
	pool_free(NULL);
}

static void delivery_outlives_the_pool(void **state)
{
	struct square s = { .in = 7 };
	struct pool *p = pool_new("test", 0, 0); /* at least one of each */
	struct err e;

	(void)state;
	loop = loop_new();
	home_thread = pthread_self();
	n_done = 1;
	s.job = (struct job){ .work = square_work, .done = square_done, .home = loop };
	assert_int_equal(pool_submit(p, &s.job, &e), 0);
	pool_free(p);
	assert_false(s.delivered);
	assert_int_equal(loop_run(loop, &e), 0);
	assert_true(s.delivered && s.out == 49);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_go_and_come_back),
		cmocka_unit_test(full_queue_is_busy),
		cmocka_unit_test(delivery_outlives_the_pool),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
