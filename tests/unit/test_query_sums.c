/* test_query_sums.c - sums of blocks that share symbols: the same answers, however they are added up and kept */
#include "tests/lib/ask_fixture.h"

#include "formats/symbols/symbol_pools.h"

static struct symbol_pools *pools;
static uint64_t now = 1;

static int setup(void **state)
{
	ask_setup(state);
	pools = symbol_pools_new();
	for (size_t i = 0; i < blocks.n; i++)
		block_pool(blocks.p[i], pools, 7, &now);
	return 0;
}

static int teardown(void **state)
{
	ask_teardown(state);
	symbol_pools_free(pools);
	return 0;
}

static struct symbols *find(void *ctx, uint64_t id, uint64_t generation)
{
	struct symbol_pool *p = symbol_pool_find(ctx, 7, id, generation);

	return p != NULL ? p->symbols : NULL;
}

static struct sums sums_of(struct arena *a, const struct pyro_ask *ask, size_t first, size_t n)
{
	struct sums s = { 0 };
	struct ask_way way = { .sums = &s };
	struct part none;
	struct err e;

	assert_int_equal(ask_run_so(a, ask, &way, sets.p + first, n, &none, &e), 0);
	assert_null(none.tree);
	assert_null(none.profile);
	return s;
}

static void expect_same(struct arena *a, const struct pyro_ask *ask, struct sums *s, const int64_t want[PATHS])
{
	for (int packed = 0; packed < 2; packed++) {
		struct ask_way way = { .sums = s, .packed = packed };
		int64_t got[PATHS] = { 0 };
		struct profile *p = NULL;
		struct part part;
		struct err e;

		assert_int_equal(ask_sums_part(a, ask, &way, &part, &e), 0);
		if (ask->kind == ASK_TREE) {
			tree_sums(part.tree, got);
		} else {
			assert_int_equal(part_profile(a, &part, &p, &e), 0);
			if (p != NULL)
				profile_sums(p, got);
		}
		assert_memory_equal(got, want, sizeof(got));
		part_fini(&part);
	}
}

/* What plain questions to the same blocks say. */
static void wanted_of_blocks(struct arena *a, const struct pyro_ask *ask, int64_t want[PATHS])
{
	struct part p;
	struct err e;

	assert_int_equal(ask->kind, ASK_TREE);
	assert_int_equal(ask_run(a, ask, sets.p, blocks.n, &p, &e), 0);
	tree_sums(p.tree, want);
	part_fini(&p);
}

/* In one go; block by block; kept as bytes and found again. */
static void same_answers(void **state)
{
	size_t several = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		int64_t want[PATHS];
		struct arena *a = arena_new();
		struct str selector, site[2];
		uint64_t span;
		struct pyro_ask ask = ask_wanted(ASK_TREE, &wanted[i], &selector, site, &span);
		struct sums whole = { 0 }, added = { 0 }, found = { 0 };
		struct buf b;

		if (!ask_by_sums(&ask)) {
			arena_free(a);
			continue;
		}
		wanted_of_blocks(a, &ask, want);
		whole = sums_of(a, &ask, 0, blocks.n);
		several += whole.parts.n > 1;
		buf_init(&b, 1 << 24);
		for (size_t k = blocks.n; k-- > 0;) {
			struct sums one = sums_of(a, &ask, k, 1);

			sums_add(&added, &one);
			buf_reset(&b);
			sums_pack(&one, &b);
			assert_true(sums_unpack(&found, buf_str(&b), find, pools));
			sums_fini(&one);
		}
		for (int kind = ASK_TREE; kind <= ASK_PROFILE; kind++) {
			ask.kind = kind;
			expect_same(a, &ask, &whole, want);
			expect_same(a, &ask, &added, want);
			expect_same(a, &ask, &found, want);
		}
		sums_fini(&whole);
		sums_fini(&added);
		sums_fini(&found);
		buf_fini(&b);
		arena_free(a);
	}
	assert_true(several > 0);
}

/* Symbols that went take with them what was kept; what is asked then has others. */
static void symbols_that_went(void **state)
{
	struct arena *a = arena_new();
	struct str selector = STR("{}");
	struct pyro_ask ask = ask_of(ASK_TREE, &selector, START, START + MINUTES * 60 * NS_PER_S);
	struct sums s = sums_of(a, &ask, 0, blocks.n), found = { 0 };
	int64_t want[PATHS];
	struct buf b;

	(void)state;
	wanted_of_blocks(a, &ask, want);
	buf_init(&b, 1 << 24);
	sums_pack(&s, &b);
	sums_fini(&s);
	now++;
	symbol_pool_drop(pools, symbol_pools_oldest(pools, now));
	assert_false(sums_unpack(&found, buf_str(&b), find, pools));
	assert_int_equal(found.parts.n, 0);
	for (size_t n = 1; n < b.n; n += 7) /* nothing else is believed that is cut */
		assert_false(sums_unpack(&found, str_of(b.p, n), find, pools) && found.parts.n > 0 && n < 17);
	sums_fini(&found);
	s = sums_of(a, &ask, 0, blocks.n);
	expect_same(a, &ask, &s, want);
	sums_fini(&s);
	buf_fini(&b);
	arena_free(a);
}

/* Which asks are more than sums of stacks. */
static void other_asks(void **state)
{
	struct str selector = STR("{}"), name = STR("main");
	const struct pyro_ask plain = ask_of(ASK_PROFILE, &selector, 0, 1);
	struct pyro_ask asks[7];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(asks); i++)
		asks[i] = plain;
	asks[1].kind = ASK_SERIES;
	asks[2].max_nodes = 1;
	asks[3].go_pgo = true;
	asks[4].by_span = true;
	asks[5].profile_ids = (struct msg_strs){ &name, 1 };
	asks[6].call_site = (struct msg_strs){ &name, 1 };
	for (size_t i = 0; i < ARRAY_LEN(asks); i++)
		assert_int_equal(ask_by_sums(&asks[i]), i == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_answers),
		cmocka_unit_test(symbols_that_went),
		cmocka_unit_test(other_asks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
