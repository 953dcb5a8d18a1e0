/* test_prepare.c - which questions new blocks are asked, in which order, and when no more */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/clock.h"
#include "tools/pyro-query/prepare.h"

struct world {
	struct prepare p;
	struct arena *a;
	int64_t now;
	struct str id;
	struct pyro_ask ask;
};

static int setup(void **state)
{
	struct world *w = mem_zalloc(sizeof(*w));

	w->a = arena_new();
	w->now = 1000 * NS_PER_S;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	prepare_fini(&w->p);
	arena_free(w->a);
	mem_free(w);
	return 0;
}

static void ask(struct world *w, int kind, const char *tenant, const char *selector)
{
	struct str s = str_cstr(selector);

	prepare_asked(&w->p,
	    &(struct pyro_ask){ .kind = kind, .tenant = str_cstr(tenant), .selectors = { &s, 1 }, .from = 5, .to = 9 },
	    w->now);
}

static bool next(struct world *w)
{
	return prepare_next(&w->p, w->a, w->now, STR("t"), &w->id, &w->ask);
}

static void next_is(struct world *w, const char *id, const char *selector)
{
	assert_true(next(w));
	assert_true(str_eq(w->id, str_cstr(id)));
	assert_true(str_eq(w->ask.selectors.p[0], str_cstr(selector)));
	assert_true(w->ask.from == INT64_MIN && w->ask.to == INT64_MAX);
}

/* Each question once, whether it was for a tree or a profile; each block in its turn. */
static void each_once(void **state)
{
	struct world *w = *state;

	assert_false(prepare_waits(&w->p));
	ask(w, ASK_TREE, "t", "{a}");
	ask(w, ASK_PROFILE, "t", "{a}");
	ask(w, ASK_NAMES, "t", "{n}");
	ask(w, ASK_TREE, "other", "{o}");
	ask(w, ASK_PROFILE, "t", "{b}");
	assert_false(next(w));
	prepare_block(&w->p, STR("t"), STR("1"));
	prepare_block(&w->p, STR("t"), STR("2"));
	assert_true(prepare_waits(&w->p));
	for (int block = 1; block <= 2; block++) {
		char id[2] = { (char)('0' + block), '\0' };

		next_is(w, id, "{a}");
		prepare_done(&w->p, true);
		next_is(w, id, "{b}");
		prepare_done(&w->p, true);
	}
	assert_false(next(w));
	assert_false(prepare_waits(&w->p));
}

static void disturbed(void **state)
{
	struct world *w = *state;

	ask(w, ASK_TREE, "t", "{a}");
	ask(w, ASK_TREE, "t", "{b}");
	prepare_block(&w->p, STR("t"), STR("1"));
	for (int i = 0; i < 3; i++) {
		next_is(w, "1", "{a}");
		prepare_done(&w->p, false);
	}
	for (int i = 0; i < 2; i++) {
		next_is(w, "1", "{b}");
		prepare_done(&w->p, false);
	}
	next_is(w, "1", "{b}");
	prepare_done(&w->p, true);
	assert_false(next(w));
}

/* What is not asked any more, too long or of others, is not prepared; a block of another tenant is not in the way. */
static void what_is_left_out(void **state)
{
	struct world *w = *state;
	static char text[5000];

	memset(text, 'x', sizeof(text) - 1);
	ask(w, ASK_TREE, "t", "{old}");
	w->now += 601 * NS_PER_S;
	ask(w, ASK_TREE, "t", text);
	ask(w, ASK_TREE, "t", "{new}");
	prepare_block(&w->p, STR("other"), STR("0"));
	prepare_block(&w->p, STR("t"), STR("1"));
	next_is(w, "1", "{new}");
	prepare_done(&w->p, true);
	assert_false(next(w));
}

/* The last PREPARE_ASKS questions and the last PREPARE_BLOCKS blocks. */
static void bounded(void **state)
{
	struct world *w = *state;
	unsigned n = 0;
	char text[16];

	for (int i = 0; i < PREPARE_ASKS + 10; i++) {
		snprintf(text, sizeof(text), "{%d}", i);
		w->now++;
		ask(w, ASK_TREE, "t", text);
		ask(w, ASK_TREE, "t", "{0}");
	}
	for (int i = 0; i < PREPARE_BLOCKS + 3; i++) {
		snprintf(text, sizeof(text), "%d", i);
		prepare_block(&w->p, STR("t"), str_cstr(text));
	}
	for (; next(w); n++) {
		prepare_done(&w->p, true);
		assert_false(str_eq(w->ask.selectors.p[0], STR("{1}")));
		if (n == 0)
			assert_true(str_eq(w->id, STR("3")));
	}
	assert_int_equal(n, PREPARE_ASKS * PREPARE_BLOCKS);
	assert_true(str_eq(w->id, STR("6")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_once, setup, teardown),
		cmocka_unit_test_setup_teardown(disturbed, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(bounded, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
