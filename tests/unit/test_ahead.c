/*
 * test_ahead.c - blocks are asked while the head answers, and what they said counts only if they are those that it names; new
 * ones are asked in pauses
 */
#include "tests/lib/hour_blocks.h"
#include "tests/lib/net_fixture.h"

#include <semaphore.h>

#include "tools/pyro-query/engine.h"

enum { BLOCKS = 6 };

static char data[64], text[BLOCKS][ULID_TEXT + 1], place[40];
static struct str names[BLOCKS];
static struct engine *engine;
static struct answers *kept; /* or NULL */
static struct server head;
static atomic_uint waiting;
static sem_t idle;

/* What the head says: blocks from..to, after whose turn it was has waited so often. */
static struct {
	int from, to;
	unsigned after;
	bool late;     /* it did not wait so often */
	unsigned more; /* it waited so often afterwards */
} says;

static void on_idle(void *ctx)
{
	(void)ctx;
	sem_post(&idle);
}

static bool has_waited(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	while (sem_timedwait(&idle, &until) < 0)
		if (errno != EINTR)
			return false;
	return true;
}

static void answer(struct http_req *r, void *ctx)
{
	struct pyro_answer m = { .blocks = { names + says.from, (size_t)(says.to - says.from) } };
	struct buf b;

	(void)ctx;
	for (unsigned i = 0; i < says.after; i++)
		says.late |= !has_waited();
	buf_init(&b, 1 << 20);
	msg_encode(&pyro_answer_type, &m, &b);
	http_reply(r, &(struct http_reply){ .status = 200, .take = &b });
}

static const struct route rows[] = { { .path = "/pyro.v1.Head/Ask", .methods = "POST", .fn = answer } };

static int set_up(void **state)
{
	struct engine_conf conf = { .data = data,
		.head = place,
		.timeout = 20 * NS_PER_S,
		.kept = kept,
		.idle = on_idle,
		.turn = NS_PER_S,
		.waiting = &waiting };
	struct err e;

	(void)state;
	snprintf(data, sizeof(data), "/tmp/test_ahead.XXXXXX");
	assert_non_null(mkdtemp(data));
	for (int i = 0; i < BLOCKS; i++)
		names[i] = put_hour_block(data, "a", i, text[i]);
	server_start(&head, rows, ARRAY_LEN(rows), NULL);
	snprintf(place, sizeof(place), "127.0.0.1:%u", head.port);
	sem_init(&idle, 0, 0);
	waiting = 0;
	says.late = false;
	engine = engine_new(&conf, &e);
	assert_non_null(engine);
	return 0;
}

static int set_up_kept(void **state)
{
	kept = answers_new(1 << 20);
	return set_up(state);
}

static int tear_down(void **state)
{
	struct err e;

	(void)state;
	engine_free(engine);
	answers_free(kept);
	kept = NULL;
	server_end(&head);
	sem_destroy(&idle);
	assert_int_equal(file_remove_tree(AT_FDCWD, data, &e), 0);
	return 0;
}

/* -1: no answer. The head names blocks from..to after the question has waited so often. */
static int64_t total(int from, int to, unsigned after)
{
	struct pyro_ask ask = hour_ask(ASK_TREE);
	struct arena *a = arena_new();
	atomic_int stop = 0;
	int64_t sum = -1;
	struct part p;
	struct err e;

	says.from = from;
	says.to = to;
	says.after = after;
	says.more = 0;
	engine_claim(engine);
	engine_begin(engine, a, &stop, INT64_MAX);
	if (engine_ask(engine, a, &ask, &p, &e) == 0) {
		tree_total(p.tree);
		sum = p.tree->nodes.p[0].total;
		part_fini(&p);
	}
	engine_rest(engine);
	arena_free(a);
	while (sem_trywait(&idle) == 0)
		says.more++;
	assert_false(says.late);
	return sum;
}

/* Which pods there are: a question that is not remembered, but hears of blocks. */
static size_t pods(int from, int to, unsigned after)
{
	struct str name = STR("pod");
	struct pyro_ask ask = hour_ask(ASK_VALUES);
	struct arena *a = arena_new();
	atomic_int stop = 0;
	struct part p;
	struct err e;

	says.from = from;
	says.to = to;
	says.after = after;
	ask.profile_type = STR_NONE;
	ask.names = (struct msg_strs){ &name, 1 };
	engine_claim(engine);
	engine_begin(engine, a, &stop, INT64_MAX);
	assert_int_equal(engine_ask(engine, a, &ask, &p, &e), 0);
	part_fini(&p);
	engine_rest(engine);
	arena_free(a);
	while (sem_trywait(&idle) == 0)
		says.more++;
	return p.strings.n;
}

/* In a turn that was claimed. */
static bool prepare(void)
{
	struct arena *a = arena_new();
	bool done;

	engine_begin(engine, a, NULL, INT64_MAX);
	done = engine_prepare(engine);
	engine_rest(engine);
	arena_free(a);
	return done;
}

/* It waits once for the head alone, and again when it has asked the blocks that there were. */
static void blocks_of_before(void **state)
{
	(void)state;
	assert_int_equal(total(0, 3, 1), 7);
	assert_int_equal(total(0, 3, 2), 7);
	assert_int_equal(total(0, 3, 2), 7);
}

static void other_blocks(void **state)
{
	(void)state;
	assert_int_equal(total(0, 3, 1), 7);
	assert_int_equal(total(0, 4, 2), 15);
	assert_int_equal(total(1, 4, 2), 14);
	assert_int_equal(total(2, 5, 2), 28);
	assert_int_equal(total(0, 0, 2), 0);
	assert_int_equal(total(0, 6, 2), 63);
}

/* One that the head named is gone: the answer is without it, as it is when the head was first. */
static void a_block_that_went(void **state)
{
	char path[200];
	struct err e;

	(void)state;
	assert_int_equal(total(0, 3, 1), 7);
	snprintf(path, sizeof(path), "%s/a/local/%s", data, text[0]);
	assert_int_equal(file_remove_tree(AT_FDCWD, path, &e), 0);
	assert_int_equal(total(1, 3, 2), 6);
	assert_int_equal(total(0, 3, 2), 6);
	assert_int_equal(total(0, 3, 2), 6);
}

/* Somebody waits for a turn: that goes first. */
static void others_first(void **state)
{
	(void)state;
	assert_int_equal(total(0, 3, 1), 7);
	waiting = 1;
	assert_int_equal(total(0, 3, 1), 7);
	assert_int_equal(says.more, 0);
}

/* A block that the head names for the first time is asked what was asked before, unless somebody waits: then another time. */
static void new_blocks_in_pauses(void **state)
{
	uint64_t hits, misses;

	(void)state;
	assert_int_equal(total(0, 3, 1), 7);
	assert_false(engine_prepares(engine));
	pods(0, 4, 2);
	assert_true(engine_prepares(engine));
	waiting = 1;
	engine_claim(engine);
	assert_false(prepare());
	waiting = 0;
	engine_claim(engine);
	engine_claim(engine); /* two who want the turn */
	assert_false(prepare());
	assert_true(engine_prepares(engine));
	assert_true(prepare());
	engine_claim(engine);
	assert_false(prepare()); /* that was all */
	assert_false(engine_prepares(engine));
	assert_int_equal(total(0, 4, 2), 15);
	engine_kept(engine, &hits, &misses);
	assert_int_equal(hits, 1); /* the new one; those before it are one part now */
	assert_int_equal(misses, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(blocks_of_before, set_up, tear_down),
		cmocka_unit_test_setup_teardown(new_blocks_in_pauses, set_up_kept, tear_down),
		cmocka_unit_test_setup_teardown(other_blocks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_block_that_went, set_up, tear_down),
		cmocka_unit_test_setup_teardown(others_first, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
