/*
 * test_turns.c - who has worked for long gives way to others, and goes on when it is told to: with its answer whole, whatever
 * they asked meanwhile
 */
#include "tests/lib/hour_blocks.h"

#include <pthread.h>
#include <semaphore.h>

#include "tools/pyro-query/engine.h"

enum { BLOCKS = 6 };

static char data[64], text[BLOCKS][ULID_TEXT + 1];
static struct engine *first, *other;
static atomic_uint waiting;
static sem_t idle;

static void on_idle(void *ctx)
{
	(void)ctx;
	sem_post(&idle);
}

static void await(sem_t *s)
{
	while (sem_wait(s) < 0)
		;
}

static void engines(int64_t turn)
{
	struct engine_conf conf = { .data = data, .head = "", .idle = on_idle, .turn = turn, .waiting = &waiting };
	struct err e;

	snprintf(data, sizeof(data), "/tmp/test_turns.XXXXXX");
	assert_non_null(mkdtemp(data));
	for (int i = 0; i < BLOCKS; i++)
		put_hour_block(data, "a", i, text[i]);
	sem_init(&idle, 0, 0);
	first = engine_new(&conf, &e);
	other = engine_join(first, &e);
	waiting = 1;
}

/* Who may give way does it after each row. */
static int set_up(void **state)
{
	(void)state;
	engines(0);
	return 0;
}

static int tear_down(void **state)
{
	struct err e;

	(void)state;
	engine_free(other);
	engine_free(first);
	sem_destroy(&idle);
	assert_int_equal(file_remove_tree(AT_FDCWD, data, &e), 0);
	return 0;
}

/* ---- a question ---- */

struct question {
	struct engine *engine;
	atomic_int stop;
	int64_t total; /* -1: it failed */
	enum err_kind kind;
	pthread_t thread;
};

static void *answer(void *arg)
{
	struct pyro_ask ask = hour_ask(ASK_TREE);
	struct question *q = arg;
	struct arena *a = arena_new();
	struct part p;
	struct err e;

	engine_begin(q->engine, a, &q->stop, INT64_MAX);
	q->total = -1;
	if (engine_ask(q->engine, a, &ask, &p, &e) == 0) {
		tree_total(p.tree);
		q->total = p.tree->nodes.p[0].total;
		part_fini(&p);
	} else {
		q->kind = e.kind;
	}
	engine_rest(q->engine);
	arena_free(a);
	return NULL;
}

static void begin(struct question *q)
{
	engine_claim(q->engine);
	assert_int_equal(pthread_create(&q->thread, NULL, answer, q), 0);
}

/* To its end, because nobody waits any more. */
static void go_on(struct question *q)
{
	waiting = 0;
	engine_go_on(q->engine);
	pthread_join(q->thread, NULL);
}

/* ---- cases ---- */

/* Nothing may be kept here, so whatever it uses would be gone. */
static void gives_way_and_goes_on(void **state)
{
	struct question slow = { .engine = first }, fast = { .engine = other };

	(void)state;
	begin(&slow);
	await(&idle);
	assert_true(engine_rests(first));
	assert_false(engine_busy(first));
	engine_claim(other);
	answer(&fast);
	assert_int_equal(fast.total, 63);
	assert_true(engine_rests(first));
	go_on(&slow);
	assert_int_equal(slow.total, 63);
	assert_false(engine_rests(first));
	assert_false(engine_busy(first));
}

/* Nobody waits; or too many, so that each waits for long anyway; or it has only begun. */
static void does_not_give_way(void **state)
{
	static const unsigned waits[] = { 0, 17, 1 };

	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		struct question q = { .engine = first };

		if (waits[i] == 1) {
			tear_down(state);
			engines(HOUR_MS * NS_PER_MS);
			q.engine = first;
		}
		waiting = waits[i];
		engine_claim(first);
		answer(&q);
		assert_int_equal(q.total, 63);
	}
}

/* One rests at a time: what it holds is held once. */
static void only_one_rests(void **state)
{
	struct question slow = { .engine = first }, second = { .engine = other };

	(void)state;
	begin(&slow);
	await(&idle);
	engine_claim(other);
	answer(&second);
	assert_int_equal(second.total, 63);
	go_on(&slow);
	assert_int_equal(slow.total, 63);
}

static void stopped_while_it_rests(void **state)
{
	struct question slow = { .engine = first };

	(void)state;
	begin(&slow);
	await(&idle);
	slow.stop = 1;
	go_on(&slow);
	assert_int_equal(slow.total, -1);
	assert_int_equal(slow.kind, ERR_CANCELED);
}

/* Nobody is left behind at the end. */
static void goes_on_at_the_end(void **state)
{
	struct question slow = { .engine = first }, next = { .engine = other };

	(void)state;
	begin(&slow);
	await(&idle);
	engine_end(first);
	pthread_join(slow.thread, NULL);
	assert_int_equal(slow.total, 63);
	engine_claim(other);
	answer(&next);
	assert_int_equal(next.total, 63);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gives_way_and_goes_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(does_not_give_way, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_one_rests, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stopped_while_it_rests, set_up, tear_down),
		cmocka_unit_test_setup_teardown(goes_on_at_the_end, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("turns", tests, NULL, NULL);
}
