#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/mem.h"
#include "proc/loop.h"
#include "proc/signal.h"
#include "proc/thread.h"

static struct loop *loop;

static int setup(void **state)
{
	(void)state;
	loop = loop_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	loop_free(loop);
	return 0;
}

static void run(void)
{
	struct err e;

	assert_int_equal(loop_run(loop, &e), 0);
}

/* Timers */

enum { TIMERS = 200 };

static struct timer timers[TIMERS];
static int order[TIMERS], n_fired;

static void on_timer(struct timer *t)
{
	assert_true(loop_mono(loop) >= t->when);
	assert_int_equal(t->pos, 0);
	order[n_fired++] = (int)(t - timers);
}

static void on_last(struct timer *t)
{
	(void)t;
	loop_stop(loop);
}

static void timers_fire_in_order(void **state)
{
	struct timer last = { .fn = on_last };
	int64_t base = loop_mono(loop);
	uint32_t x = 1;
	int64_t before = 0;

	(void)state;
	n_fired = 0;
	memset(timers, 0, sizeof(timers));
	for (int i = 0; i < TIMERS; i++) {
		x = x * 1664525 + 1013904223;
		timers[i].fn = on_timer;
		loop_timer(loop, &timers[i], base + (x >> 8) % 5000000);
	}
	/* Some are taken out, some moved both ways. */
	for (int i = 0; i < TIMERS; i += 5)
		loop_timer_off(loop, &timers[i]);
	for (int i = 1; i < TIMERS; i += 5)
		loop_timer(loop, &timers[i], base + (x = x * 1664525 + 1013904223) % 5000000);
	loop_timer_off(loop, &timers[0]);
	loop_timer(loop, &last, base + 6000000);
	run();
	assert_int_equal(n_fired, TIMERS - TIMERS / 5);
	for (int i = 0; i < n_fired; i++) {
		assert_int_not_equal(order[i] % 5, 0);
		assert_true(timers[order[i]].when >= before);
		before = timers[order[i]].when;
	}
}

static int again;

static void on_again(struct timer *t)
{
	again++;
	loop_timer(loop, t, loop_mono(loop) - 1);
}

static void task_stop(struct task *t)
{
	(void)t;
	loop_stop(loop);
}

/* A timer that is always due must not keep tasks from running. */
static void timer_cannot_starve(void **state)
{
	struct timer t = { .fn = on_again };
	struct task stop = { .fn = task_stop };

	(void)state;
	again = 0;
	loop_timer(loop, &t, 0);
	loop_post(loop, &stop);
	run();
	assert_in_range(again, 1, 2);
	loop_timer_off(loop, &t);
}

/* Watches */

struct end {
	struct watch w;
	struct end *other;
	int fd, calls;
	bool freed;
};

static void unwatch_other(struct watch *w, uint32_t events)
{
	struct end *me = CONTAINER_OF(w, struct end, w);

	assert_true(events & EPOLLIN);
	me->calls++;
	/* The other has its event pending in this same turn. */
	loop_unwatch(loop, &me->other->w);
	loop_unwatch(loop, &me->other->w);
	loop_stop(loop);
}

static void unwatch_drops_pending(void **state)
{
	int a[2], b[2];
	struct end one = { .w.fn = unwatch_other }, two = { .w.fn = unwatch_other, .other = &one };
	struct err e;

	(void)state;
	one.other = &two;
	assert_int_equal(pipe(a), 0);
	assert_int_equal(pipe(b), 0);
	assert_int_equal(write(a[1], "x", 1), 1);
	assert_int_equal(write(b[1], "x", 1), 1);
	assert_int_equal(loop_watch(loop, &one.w, a[0], EPOLLIN, &e), 0);
	assert_int_equal(loop_watch(loop, &two.w, b[0], EPOLLIN, &e), 0);
	run();
	assert_int_equal(one.calls + two.calls, 1);
	loop_unwatch(loop, &one.w);
	loop_unwatch(loop, &two.w);
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
}

static void on_event(struct watch *w, uint32_t events)
{
	struct end *me = CONTAINER_OF(w, struct end, w);

	(void)events;
	me->calls++;
	loop_rewatch(loop, w, 0);
}

static void rewatch_pauses(void **state)
{
	int p[2];
	struct end r = { .w.fn = on_event };
	struct timer stop = { .fn = on_last };
	struct err e;

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(loop_watch(loop, &r.w, p[0], EPOLLIN, &e), 0);
	loop_timer(loop, &stop, loop_mono(loop) + 3 * NS_PER_MS);
	run();
	assert_int_equal(r.calls, 1);
	loop_rewatch(loop, &r.w, EPOLLIN);
	loop_timer(loop, &stop, loop_mono(loop) + 3 * NS_PER_MS);
	run();
	assert_int_equal(r.calls, 2);
	loop_unwatch(loop, &r.w);
	close(p[0]);
	close(p[1]);
}

static void watch_refuses_bad_descriptor(void **state)
{
	struct watch w = { .fn = on_event };
	struct err e;

	(void)state;
	assert_int_equal(loop_watch(loop, &w, -1, EPOLLIN, &e), -1);
	assert_int_equal(e.kind, ERR_IO);
	assert_null(w.loop);
	loop_unwatch(loop, &w);
}

/* Tasks */

enum { THREADS = 4, EACH = 20000 };

struct note {
	struct task task;
	int thread, number;
};

static int next_of[THREADS], got;

static void on_note(struct task *t)
{
	struct note *n = CONTAINER_OF(t, struct note, task);

	assert_int_equal(n->number, next_of[n->thread]);
	next_of[n->thread]++;
	if (++got == THREADS * EACH)
		loop_stop(loop);
	mem_free(n);
}

static void *poster(void *arg)
{
	for (int i = 0; i < EACH; i++) {
		struct note *n = mem_alloc(sizeof(*n));

		*n = (struct note){ { .fn = on_note }, (int)(intptr_t)arg, i };
		loop_post(loop, &n->task);
	}
	return NULL;
}

static void posts_of_many_threads_keep_their_order(void **state)
{
	pthread_t t[THREADS];

	(void)state;
	got = 0;
	memset(next_of, 0, sizeof(next_of));
	for (intptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, poster, (void *)i), 0);
	run();
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		assert_int_equal(next_of[i], EACH);
	}
}

static int self_posts;

static void on_self(struct task *t)
{
	if (++self_posts == 100)
		loop_stop(loop);
	else
		loop_post(loop, t);
}

static void post_from_the_loop_itself(void **state)
{
	struct task t = { .fn = on_self };

	(void)state;
	self_posts = 0;
	loop_post(loop, &t);
	run();
	assert_int_equal(self_posts, 100);
}

/* What is asked of the loop waits for one descriptor, not for all that are ready. */
struct ready {
	struct watch w;
	struct task t;
	char *said;
	bool last;
};

static void on_ready_task(struct task *t)
{
	strcat(CONTAINER_OF(t, struct ready, t)->said, "t");
}

static void on_ready(struct watch *w, uint32_t events)
{
	struct ready *x = CONTAINER_OF(w, struct ready, w);

	(void)events;
	strcat(x->said, "w");
	loop_unwatch(loop, w);
	if (x->t.fn != NULL)
		loop_post(loop, &x->t);
	if (x->last)
		loop_stop(loop);
}

/* One turn with three descriptors, that post a task each, or nothing. */
static void run_ready(char *said, void (*task)(struct task *t))
{
	struct ready x[3];
	struct err e;
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], "x", 1), 1);
	for (int i = 0; i < 3; i++) {
		x[i] = (struct ready){ .w.fn = on_ready, .t.fn = task, .said = said, .last = i == 2 };
		assert_int_equal(loop_watch(loop, &x[i].w, dup(fd[0]), EPOLLIN, &e), 0);
	}
	run();
	for (int i = 0; i < 3; i++)
		close(x[i].w.fd);
	close(fd[0]);
	close(fd[1]);
}

static void tasks_between_descriptors(void **state)
{
	char said[8] = "";

	(void)state;
	run_ready(said, on_ready_task);
	assert_string_equal(said, "wtwtwt");
}

static void on_ready_again(struct task *t)
{
	on_ready_task(t);
	loop_post(loop, t);
}

/* A task that is posted by itself has its turn, and not one behind each descriptor. */
static void task_cannot_starve(void **state)
{
	char said[8] = "";
	struct ready self = { .t.fn = on_ready_again, .said = said };

	(void)state;
	loop_post(loop, &self.t);
	run_ready(said, NULL);
	assert_string_equal(said, "twwwt");
}

/* x posts x + 1, which posts x + 2, and is in time for it: what another thread posts then ends the loop. */
static void on_first(struct task *t)
{
	struct ready *x = CONTAINER_OF(t, struct ready, t);

	strcat(x->said, "1");
	loop_post(loop, &x[1].t);
}

static void *post_stop(void *arg)
{
	loop_post(loop, arg);
	return NULL;
}

static void on_second(struct task *t)
{
	static struct task stop = { .fn = task_stop };
	struct ready *x = CONTAINER_OF(t, struct ready, t);
	pthread_t other;

	strcat(x->said, "2");
	loop_post(loop, &x[1].t);
	assert_int_equal(pthread_create(&other, NULL, post_stop, &stop), 0);
	pthread_join(other, NULL);
}

static void what_tasks_post_runs_before_the_end(void **state)
{
	char said[8] = "";
	struct ready x[3] = { { .t.fn = on_first, .said = said }, { .t.fn = on_second, .said = said },
		{ .t.fn = on_ready_task, .said = said } };

	(void)state;
	loop_post(loop, &x[0].t);
	run();
	assert_string_equal(said, "12t");
}

static void *stopper(void *arg)
{
	usleep(2000);
	loop_stop(arg);
	return NULL;
}

static void stop_from_elsewhere(void **state)
{
	pthread_t t;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, stopper, loop), 0);
	run();
	pthread_join(t, NULL);
	loop_stop(loop);
	run();
}

static int shard_tasks;

static void on_shard(struct task *t)
{
	(void)t;
	shard_tasks++;
}

static void thread_runs_a_loop(void **state)
{
	struct thread_loop t;
	struct task work[3] = { { .fn = on_shard }, { .fn = on_shard }, { .fn = on_shard } };

	(void)state;
	shard_tasks = 0;
	thread_loop_start(&t, "shard-with-a-long-name", 12);
	for (size_t i = 0; i < ARRAY_LEN(work); i++)
		loop_post(t.loop, &work[i]);
	thread_loop_stop(&t);
	thread_loop_free(&t);
	assert_int_equal(shard_tasks, 3);
}

/* Signals */

static int heard[4], n_heard;

static void on_signal(struct signals *s, int signo)
{
	heard[n_heard++] = signo;
	if (n_heard == 2)
		loop_stop(s->w.loop);
}

static void signals_are_events(void **state)
{
	struct signals s = { .fn = on_signal };
	struct err e;
	sigset_t now;

	(void)state;
	n_heard = 0;
	assert_int_equal(signals_open(&s, loop, (const int[]){ SIGUSR1, SIGHUP, 0 }, &e), 0);
	kill(getpid(), SIGHUP);
	kill(getpid(), SIGUSR1);
	run();
	assert_int_equal(heard[0] + heard[1], SIGHUP + SIGUSR1);
	signals_close(&s);
	signals_close(&s);
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	assert_false(sigismember(&now, SIGUSR1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(timers_fire_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(timer_cannot_starve, setup, teardown),
		cmocka_unit_test_setup_teardown(unwatch_drops_pending, setup, teardown),
		cmocka_unit_test_setup_teardown(rewatch_pauses, setup, teardown),
		cmocka_unit_test_setup_teardown(watch_refuses_bad_descriptor, setup, teardown),
		cmocka_unit_test_setup_teardown(posts_of_many_threads_keep_their_order, setup, teardown),
		cmocka_unit_test_setup_teardown(post_from_the_loop_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(tasks_between_descriptors, setup, teardown),
		cmocka_unit_test_setup_teardown(task_cannot_starve, setup, teardown),
		cmocka_unit_test_setup_teardown(what_tasks_post_runs_before_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(stop_from_elsewhere, setup, teardown),
		cmocka_unit_test(thread_runs_a_loop),
		cmocka_unit_test_setup_teardown(signals_are_events, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
