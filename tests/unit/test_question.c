/* Questions between the loop and their turn at the engine: who waits for whom, who goes first, who goes away. */
#include "tests/lib/hour_blocks.h"
#include "tests/lib/net_fixture.h"

#include <semaphore.h>

/* the fixture has a struct of that name */
#define answer finished_answer
#include "tools/pyro-query/question.h"
#undef answer

enum { TIMEOUT_MS = 400 };

static char data[64];
static struct server server;
static struct questions *questions;
static const struct limits no_limits;

/* `begun` is posted by what runs, `go` lets it end. */
static sem_t begun, go;
static atomic_int calls;         /* of all but hold */
static struct arena *_Atomic at; /* of the last request */
static atomic_bool own_arena;

static int hold(struct api *x, struct str query, struct buf *out, const char **type, struct err *e)
{
	(void)query;
	(void)type;
	(void)e;
	own_arena = x->a != at;
	sem_post(&begun);
	sem_wait(&go);
	buf_printf(out, "%lld", (long long)x->limits->max_query_length);
	return 0;
}

static int say_query(struct api *x, struct str query, struct buf *out, const char **type, struct err *e)
{
	(void)x;
	(void)type;
	(void)e;
	calls++;
	buf_add(out, query);
	return 0;
}

static int answer_types(struct api *x, const void *req, void *resp, struct err *e)
{
	(void)x;
	(void)req;
	(void)resp;
	(void)e;
	calls++;
	return 0;
}

/* The first time longer than its client waits. */
static int answer_late(struct api *x, const void *req, void *resp, struct err *e)
{
	int64_t end = now_ms() + TIMEOUT_MS + 100;

	(void)x;
	(void)req;
	(void)resp;
	if (calls++ > 0)
		return 0;
	while (now_ms() < end)
		nap(10);
	return err_set(e, ERR_CANCELED, "stopped");
}

/* Gives way after each row of the blocks that it asks: says what they say, and how many others were answered before. */
static int work_long(struct api *x, struct str query, struct buf *out, const char **type, struct err *e)
{
	static struct str all = { "{}", 2 };
	struct pyro_ask ask = { .tenant = STR("anonymous"),
		.kind = ASK_TREE,
		.profile_type = STR(HOUR_TYPE),
		.selectors = { &all, 1 },
		.to = 100 * HOUR_MS * NS_PER_MS };
	struct part p;

	(void)query;
	(void)type;
	sem_post(&begun);
	sem_wait(&go);
	if (engine_ask(x->engine, x->a, &ask, &p, e) < 0)
		return -1;
	tree_total(p.tree);
	buf_printf(out, "total %d after %d", (int)p.tree->nodes.p[0].total, calls);
	part_fini(&p);
	return 0;
}

static const struct page long_page = { "/long", work_long, PROCEDURE_MANY };
static const struct page hold_page = { "/hold", hold, PROCEDURE_MANY },
			 say_page = { "/say", say_query, PROCEDURE_MANY };
static const struct procedure types = { "/a.v1.S/Types", &querier_profile_types_request_type,
	&querier_profile_types_response_type, answer_types, 0 },
			      late = { "/a.v1.S/Late", &querier_profile_types_request_type,
				      &querier_profile_types_response_type, answer_late, 0 };

static void ask_page(struct http_req *r, void *ctx)
{
	at = r->a;
	question_page(questions, r, ctx);
}

static void ask_procedure(struct http_req *r, void *ctx)
{
	question_procedure(questions, r, ctx);
}

static struct limits_set *limits_with(const struct limits *base)
{
	static const struct opt_list none;
	struct err e;
	struct limits_set *set = limits_read(base, &none, &e);

	assert_non_null(set);
	return set;
}

static void swap_limits(struct http_req *r, void *ctx)
{
	const struct limits other = { .max_query_length = 7 };

	(void)ctx;
	questions_limits(questions, limits_with(&other));
	http_reply_empty(r, 200);
}

static void show_counts(struct http_req *r, void *ctx)
{
	const struct query_counts *c = questions_counts(questions);

	(void)ctx;
	http_reply_text(r, 200,
	    arena_printf(r->a, "running %d answered %d failed %d refused %d shared %d", (int)c->running,
		(int)c->answered, (int)c->failed, (int)c->refused, (int)c->shared));
}

static const struct route rows[] = {
	{ .path = "/hold", .methods = "GET", .fn = ask_page, .ctx = (void *)(uintptr_t)&hold_page },
	{ .path = "/long", .methods = "GET", .fn = ask_page, .ctx = (void *)(uintptr_t)&long_page },
	{ .path = "/say", .methods = "GET", .fn = ask_page, .ctx = (void *)(uintptr_t)&say_page },
	{ .path = "/a.v1.S/Types", .methods = "POST", .fn = ask_procedure, .ctx = (void *)(uintptr_t)&types },
	{ .path = "/a.v1.S/Late", .methods = "POST", .fn = ask_procedure, .ctx = (void *)(uintptr_t)&late },
	{ .path = "/limits", .methods = "GET", .fn = swap_limits },
	{ .path = "/counts", .methods = "GET", .fn = show_counts },
};

static int set_up(void **state)
{
	char text[ULID_TEXT + 1];
	struct err e;

	(void)state;
	sem_init(&begun, 0, 0);
	sem_init(&go, 0, 0);
	calls = 0;
	own_arena = false;
	snprintf(data, sizeof(data), "/tmp/test_question.XXXXXX");
	assert_non_null(mkdtemp(data));
	for (int i = 0; i < 3; i++)
		put_hour_block(data, "anonymous", i, text);
	server_make(&server, rows, ARRAY_LEN(rows), NULL, NULL);
	questions = questions_new(&(struct questions_conf){ .loop = server.l,
				      .engine = { .data = data, .head = "" },
				      .max_waiting = 3,
				      .timeout = 60 * NS_PER_S },
	    limits_with(&no_limits), &e);
	assert_non_null(questions);
	server_go(&server);
	return 0;
}

static int tear_down(void **state)
{
	struct err e;

	(void)state;
	for (int i = 0; i < 8; i++) /* of a case that failed */
		sem_post(&go);
	server_halt(&server);
	questions_free(questions);
	server_drop(&server);
	assert_int_equal(file_remove_tree(AT_FDCWD, data, &e), 0);
	sem_destroy(&begun);
	sem_destroy(&go);
	return 0;
}

static int get(const char *path)
{
	char text[200];
	int fd = dial(&server);

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
	say_n(fd, text, strlen(text));
	return fd;
}

static int post(const char *path, const char *headers)
{
	char text[400];
	int fd = dial(&server);

	snprintf(text, sizeof(text),
	    "POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n%sContent-Length: 2\r\n\r\n{}", path,
	    headers);
	say_n(fd, text, strlen(text));
	return fd;
}

static void expect(int fd, int status, const char *body)
{
	struct heard a = hear_answer(fd, false);

	if (a.status != status || strstr(a.body.p, body) == NULL)
		fail_msg("want %d \"%s\", got %d \"%s\"", status, body, a.status, a.body.p);
	heard_free(&a);
	close(fd);
}

static void await(const char *counts)
{
	for (int i = 0; i < 500; i++) {
		struct heard a = hear_answer(get("/counts"), false);
		bool yes = strcmp(a.body.p, counts) == 0;

		heard_free(&a);
		if (yes)
			return;
		nap(10);
	}
	fail_msg("never: %s", counts);
}

static int begin_hold_at(const char *path)
{
	int fd = get(path);

	while (sem_wait(&begun) < 0)
		;
	return fd;
}

static int begin_hold(void)
{
	return begin_hold_at("/hold");
}

static void memory_of_its_own(void **state)
{
	int held = begin_hold();

	(void)state;
	/* the loop writes to the request's arena when the client goes */
	assert_true(own_arena);
	close(held);
	sem_post(&go);
	await("running 0 answered 1 failed 0 refused 0 shared 0");
}

static void equal_ones_are_answered_once(void **state)
{
	int held = begin_hold(), a = get("/say?from=1&until=2&x=1"), b, c;

	(void)state;
	await("running 2 answered 0 failed 0 refused 0 shared 0");
	b = get("/say?from=1&until=2&x=1");
	c = get("/say?from=1&until=2&x=2");
	await("running 4 answered 0 failed 0 refused 0 shared 1");
	sem_post(&go);
	expect(held, 200, "0");
	expect(a, 200, "x=1");
	expect(b, 200, "x=1");
	expect(c, 200, "x=2");
	assert_int_equal(calls, 2);
}

static void a_full_queue(void **state)
{
	int held = begin_hold(), waiting[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		char path[40];

		snprintf(path, sizeof(path), "/say?from=1&until=2&x=%d", i);
		waiting[i] = get(path);
	}
	await("running 4 answered 0 failed 0 refused 0 shared 0");
	expect(get("/say?from=1&until=2&x=4"), 429, "too many outstanding requests");
	sem_post(&go);
	expect(held, 200, "0");
	for (int i = 0; i < 3; i++)
		expect(waiting[i], 200, "x=");
}

static void who_goes_is_not_answered(void **state)
{
	int held = begin_hold(), a, b, c;

	(void)state;
	a = get("/say?from=1&until=2&x=1");
	await("running 2 answered 0 failed 0 refused 0 shared 0");
	b = get("/say?from=1&until=2&x=1");
	await("running 3 answered 0 failed 0 refused 0 shared 1");
	close(a);
	close(b);
	await("running 1 answered 2 failed 2 refused 0 shared 1");
	c = get("/say?from=1&until=2&x=2");
	sem_post(&go);
	expect(held, 200, "0");
	expect(c, 200, "x=2");
	assert_int_equal(calls, 1);
}

/* One client's patience is not that of the others. */
static void late_in_the_queue(void **state)
{
	int held = begin_hold(), a, b, c;

	(void)state;
	a = post("/a.v1.S/Types", "Connect-Timeout-Ms: 400\r\n");
	await("running 2 answered 0 failed 0 refused 0 shared 0");
	b = post("/a.v1.S/Types", "");
	c = post("/a.v1.S/Types", "");
	expect(a, 504, "not answered in time");
	sem_post(&go);
	expect(held, 200, "0");
	expect(b, 200, "{");
	expect(c, 200, "{");
}

static void late_on_the_way(void **state)
{
	int held = begin_hold(), a, b, c;

	(void)state;
	a = post("/a.v1.S/Late", "Connect-Timeout-Ms: 400\r\n");
	await("running 2 answered 0 failed 0 refused 0 shared 0");
	b = post("/a.v1.S/Late", "");
	c = post("/a.v1.S/Late", "Connect-Timeout-Ms: 400\r\n");
	await("running 4 answered 0 failed 0 refused 0 shared 2");
	sem_post(&go);
	expect(held, 200, "0");
	expect(a, 504, "not answered in time");
	expect(c, 504, "not answered in time");
	expect(b, 200, "{");
}

static void limits_change_under_a_question(void **state)
{
	int held = begin_hold(), next;

	(void)state;
	expect(get("/limits"), 200, "");
	expect(get("/limits"), 200, "");
	next = get("/hold?again");
	sem_post(&go);
	expect(held, 200, "0");
	sem_post(&go);
	expect(next, 200, "7");
}

/* Who waits is answered in the middle of a long question, each in its turn. */
static void a_long_one_gives_way(void **state)
{
	int slow = begin_hold_at("/long"), a = get("/say?x=1"), b = get("/say?x=2");

	(void)state;
	await("running 3 answered 0 failed 0 refused 0 shared 0");
	sem_post(&go);
	expect(slow, 200, "total 7 after 2");
	expect(a, 200, "x=1");
	expect(b, 200, "x=2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(memory_of_its_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(equal_ones_are_answered_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_queue, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_goes_is_not_answered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(late_in_the_queue, set_up, tear_down),
		cmocka_unit_test_setup_teardown(late_on_the_way, set_up, tear_down),
		cmocka_unit_test_setup_teardown(limits_change_under_a_question, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_long_one_gives_way, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
