/*
 * test_blocks.c - which blocks a question opens, which stay open, what happens to those that are removed, and what of
 * their answers is kept
 */
#include "tests/lib/hour_blocks.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include "tools/pyro-query/block_answers.h"

enum { BLOCKS = 6 };

struct world {
	char data[64];
	struct blocks *blocks;
	struct str names[BLOCKS];
	char text[BLOCKS][ULID_TEXT + 1];
};

static int world_new(void **state)
{
	struct world *w = mem_zalloc(sizeof(*w));

	snprintf(w->data, sizeof(w->data), "/tmp/test_blocks.XXXXXX");
	assert_non_null(mkdtemp(w->data));
	for (int i = 0; i < BLOCKS; i++)
		w->names[i] = put_hour_block(w->data, "a", i, w->text[i]);
	put_hour_block(w->data, "b", 0, w->text[0]);
	w->blocks = blocks_new(w->data, SIZE_MAX);
	*state = w;
	return 0;
}

static int world_free(void **state)
{
	struct world *w = *state;
	struct err e;

	blocks_free(w->blocks);
	assert_int_equal(file_remove_tree(AT_FDCWD, w->data, &e), 0);
	mem_free(w);
	return 0;
}

/* The hours of the blocks that are selected, as a text. */
static const char *ask(struct world *w, const char *tenant, size_t n, int64_t from, int64_t to)
{
	static char out[64];
	struct dataset *sets[BLOCKS];
	struct blocks_range times[BLOCKS];
	struct str names[BLOCKS];
	size_t n_sets, n_names = 0;
	struct err e;
	int rc = blocks_times(w->blocks, str_cstr(tenant), w->names, n, times, &e);

	for (size_t i = 0; rc == 0 && i < n; i++)
		if (times[i].from <= to && times[i].to >= from)
			names[n_names++] = w->names[i];
	if (rc < 0 || blocks_open(w->blocks, str_cstr(tenant), names, n_names, sets, &n_sets, &e) < 0)
		return e.kind == ERR_CORRUPT ? "corrupt" : "error";
	out[0] = '\0';
	for (size_t i = 0; i < n_sets; i++)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%lld ",
		    (long long)(((struct block *)sets[i])->meta.min_time / HOUR_MS));
	return out;
}

/* A block without its symbols is damaged, not gone. */
static void break_block(struct world *w, int i)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/a/local/%s/symbols.symdb", w->data, w->text[i]);
	assert_int_equal(unlink(path), 0);
}

static void remove_block(struct world *w, int i)
{
	char path[160];
	struct err e;

	snprintf(path, sizeof(path), "%s/a/local/%s", w->data, w->text[i]);
	assert_int_equal(file_remove_tree(AT_FDCWD, path, &e), 0);
}

static void only_what_overlaps(void **state)
{
	struct world *w = *state;

	assert_string_equal(ask(w, "a", BLOCKS, INT64_MIN, INT64_MAX), "0 1 2 3 4 5 ");
	assert_string_equal(ask(w, "a", BLOCKS, HOUR_MS, 2 * HOUR_MS - 1), "1 ");
	assert_string_equal(ask(w, "a", BLOCKS, 1, 2 * HOUR_MS), "1 2 ");
	assert_string_equal(ask(w, "a", BLOCKS, 100 * HOUR_MS, 200 * HOUR_MS), "");
	assert_string_equal(ask(w, "a", 0, 0, HOUR_MS), "");
	assert_string_equal(ask(w, "b", 1, 0, HOUR_MS), "0 ");
}

/* A block that was closed is not even opened when its times do not fit. */
static void times_are_remembered(void **state)
{
	struct world *w = *state;

	blocks_free(w->blocks);
	w->blocks = blocks_new(w->data, 0); /* all but one are closed at once */
	ask(w, "a", BLOCKS, INT64_MIN, INT64_MAX);
	ask(w, "a", BLOCKS, 5 * HOUR_MS, 5 * HOUR_MS);
	blocks_trim(w->blocks);
	break_block(w, 2);
	assert_string_equal(ask(w, "a", BLOCKS, 5 * HOUR_MS, 6 * HOUR_MS), "5 ");
	assert_string_equal(ask(w, "a", BLOCKS, 2 * HOUR_MS, 2 * HOUR_MS), "corrupt");
}

/* The block of the last question stays open, so a broken meta.json is not seen. */
static void used_blocks_stay_open(void **state)
{
	struct world *w = *state;

	blocks_free(w->blocks);
	w->blocks = blocks_new(w->data, 0);
	ask(w, "a", BLOCKS, 0, 6 * HOUR_MS);
	ask(w, "a", BLOCKS, 3 * HOUR_MS, 3 * HOUR_MS);
	blocks_trim(w->blocks);
	break_block(w, 3);
	assert_string_equal(ask(w, "a", BLOCKS, 3 * HOUR_MS, 3 * HOUR_MS), "3 ");
}

/* Gone from the disk: left out. Gone from the list: closed, and read anew if it is named again. */
static void removed_blocks(void **state)
{
	struct world *w = *state;

	remove_block(w, 1);
	assert_string_equal(ask(w, "a", BLOCKS, INT64_MIN, INT64_MAX), "0 2 3 4 5 ");
	break_block(w, 5);
	assert_string_equal(ask(w, "a", BLOCKS, INT64_MIN, INT64_MAX), "0 2 3 4 5 ");
	assert_string_equal(ask(w, "a", BLOCKS - 1, INT64_MIN, INT64_MAX), "0 2 3 4 ");
	assert_string_equal(ask(w, "a", BLOCKS, INT64_MIN, INT64_MAX), "corrupt");
	assert_string_equal(ask(w, "b", 1, 0, HOUR_MS), "0 ");
}

/* ---- what is kept ---- */

struct asking {
	struct world *w;
	struct answers *kept;
	struct block_answers x;
	struct arena *a;
};

static struct asking asking(struct world *w, size_t room)
{
	struct asking k = { .w = w, .kept = answers_new(room), .a = arena_new() };

	k.x = (struct block_answers){ .blocks = w->blocks, .kept = k.kept };
	return k;
}

static void asking_fini(struct asking *k)
{
	answers_free(k->kept);
	arena_free(k->a);
}

static struct pyro_ask ask_hours(int kind, int from, int to)
{
	struct pyro_ask ask = hour_ask(kind);

	ask.from = from * HOUR_MS * NS_PER_MS;
	ask.to = to * HOUR_MS * NS_PER_MS - 1;
	return ask;
}

static int put_ask(struct asking *k, const struct pyro_ask *ask, struct part *out)
{
	struct msg_strs ids = { k->w->names, BLOCKS };
	struct err e;

	return block_answers_ask(&k->x, k->a, ask, &ids, out, &e);
}

static int64_t total(struct asking *k, int from, int to)
{
	struct pyro_ask ask = ask_hours(ASK_TREE, from, to);
	struct part p;
	int64_t sum;

	if (put_ask(k, &ask, &p) < 0)
		return -1;
	tree_total(p.tree);
	sum = p.tree->nodes.p[0].total;
	part_fini(&p);
	return sum;
}

/* "hour:sum " of each point. */
static const char *points(struct asking *k, int from, int to, int step)
{
	static char out[100];
	struct pyro_ask ask = ask_hours(ASK_SERIES, from, to);
	struct part p;

	ask.from_ms = from * HOUR_MS;
	ask.to_ms = to * HOUR_MS;
	ask.step_ms = step * HOUR_MS;
	assert_int_equal(put_ask(k, &ask, &p), 0);
	out[0] = '\0';
	for (size_t i = 0; i < p.series.n; i++)
		for (size_t j = 0; j < p.series.p[i].n; j++)
			snprintf(out + strlen(out), sizeof(out) - strlen(out), "%d:%d ",
			    (int)(p.series.p[i].p[j].time / HOUR_MS), (int)p.series.p[i].p[j].sum);
	part_fini(&p);
	return out;
}

static void expect_counts(const struct asking *k, uint64_t hits, uint64_t misses)
{
	assert_int_equal(k->x.hits, hits);
	assert_int_equal(k->x.misses, misses);
}

/* The first hours and the last one apart; another range finds those that it has whole. */
static void whole_blocks_are_read_once(void **state)
{
	struct asking k = asking(*state, 1 << 20);

	assert_int_equal(total(&k, 0, 6), 63);
	expect_counts(&k, 0, 2);
	assert_int_equal(total(&k, 0, 6), 63);
	expect_counts(&k, 2, 2);
	assert_int_equal(total(&k, 0, 9), 63);
	expect_counts(&k, 4, 2);
	assert_int_equal(total(&k, 1, 6), 62);
	expect_counts(&k, 5, 3);
	assert_int_equal(total(&k, 1, 5), 30);
	expect_counts(&k, 5, 5);
	asking_fini(&k);
}

/* What is kept needs no file. */
static void kept_without_the_block(void **state)
{
	struct world *w = *state;
	struct asking k;

	blocks_free(w->blocks);
	w->blocks = blocks_new(w->data, 0);
	k = asking(w, 1 << 20);
	assert_int_equal(total(&k, 0, 6), 63);
	blocks_trim(w->blocks);
	break_block(w, 2);
	assert_int_equal(total(&k, 0, 6), 63);
	assert_int_equal(total(&k, 1, 6), -1);
	asking_fini(&k);
}

/* What was disturbed leaves nothing behind; what was not is found by the question. */
static void prepared_blocks(void **state)
{
	struct asking k = asking(*state, 1 << 20);
	struct msg_strs ids = { k.w->names, BLOCKS };
	struct pyro_ask ask = ask_hours(ASK_PROFILE, 0, 6);
	atomic_int stop = 1;
	struct err e;

	ask.from = INT64_MIN;
	ask.to = INT64_MAX;
	k.x.stop = &stop;
	assert_int_equal(block_answers_prepare(&k.x, k.a, &ask, &ids, k.w->names[5], &e), -1);
	assert_int_equal(e.kind, ERR_CANCELED);
	assert_int_equal(answers_bytes(k.kept), 0);
	stop = 0;
	assert_int_equal(block_answers_prepare(&k.x, k.a, &ask, &ids, k.w->names[5], &e), 0);
	k.x.hits = k.x.misses = 0;
	assert_int_equal(total(&k, 0, 6), 63);
	expect_counts(&k, 1, 1);
	asking_fini(&k);
}

/* Each block has a part of its own, whatever the range is. */
static void points_on_other_grids(void **state)
{
	struct asking k = asking(*state, 1 << 20);

	assert_string_equal(points(&k, 0, 6, 2), "0:1 2:6 4:24 6:32 ");
	expect_counts(&k, 0, 6);
	assert_string_equal(points(&k, 0, 6, 1), "0:1 1:2 2:4 3:8 4:16 5:32 ");
	assert_string_equal(points(&k, 0, 7, 4), "0:1 4:30 ");
	expect_counts(&k, 12, 6);
	assert_string_equal(points(&k, 1, 6, 3), "1:2 4:28 ");
	expect_counts(&k, 17, 6);
	asking_fini(&k);
}

/* One question has a quarter of the room: the first blocks have parts, the others are read again. */
static void points_of_more_than_the_room(void **state)
{
	struct asking k = asking(*state, 2500);

	for (int i = 0; i < 3; i++)
		assert_string_equal(points(&k, 0, 6, 1), "0:1 1:2 2:4 3:8 4:16 5:32 ");
	assert_in_range(k.x.misses, 2, 4);
	assert_int_equal(k.x.hits, 2 * k.x.misses);
	asking_fini(&k);
}

/* One that is long to read is read once, for all blocks. */
static void points_of_a_long_question(void **state)
{
	enum { LONG = 5000 };
	static char text[LONG + 1];
	struct asking k = asking(*state, 1 << 20);
	struct str selector = { text, LONG };
	struct pyro_ask ask = ask_hours(ASK_SERIES, 0, 6);
	struct part p;

	snprintf(text, sizeof(text), "{service_name=\"shop\"%*s", LONG - 20, "}");
	ask.selectors = (struct msg_strs){ &selector, 1 };
	ask.to_ms = 6 * HOUR_MS;
	ask.step_ms = HOUR_MS;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(put_ask(&k, &ask, &p), 0);
		assert_int_equal(p.series.n, 1);
		assert_int_equal(p.series.p[0].n, BLOCKS);
		part_fini(&p);
	}
	expect_counts(&k, 0, 0);
	asking_fini(&k);
}

static size_t n_sets(struct asking *k, int64_t from_ms, int64_t to_ms)
{
	struct pyro_ask ask = ask_hours(ASK_SETS, 0, 0);
	struct part p;
	size_t n;

	ask.profile_type = STR_NONE;
	ask.from = from_ms * NS_PER_MS;
	ask.to = to_ms * NS_PER_MS;
	assert_int_equal(put_ask(k, &ask, &p), 0);
	n = p.sets.n;
	part_fini(&p);
	return n;
}

/* As recent rows say it: by the hour. Rows lie at its beginning. */
static void labels_of_a_part_of_an_hour(void **state)
{
	struct asking k = asking(*state, 1 << 20);
	const int64_t minute = 60 * 1000;

	assert_int_equal(n_sets(&k, HOUR_MS + 10 * minute, HOUR_MS + 20 * minute), 1);
	assert_int_equal(n_sets(&k, -20 * minute, -10 * minute), 0);
	assert_int_equal(n_sets(&k, 20 * HOUR_MS, 21 * HOUR_MS), 0);
	asking_fini(&k);
}

/* Without room all of it is asked for again, and says the same. */
static void nothing_is_kept(void **state)
{
	struct asking k = asking(*state, 0);

	for (int i = 0; i < 2; i++) {
		assert_int_equal(total(&k, 0, 6), 63);
		assert_string_equal(points(&k, 0, 6, 2), "0:1 2:6 4:24 6:32 ");
	}
	expect_counts(&k, 0, 2 * 2);
	k.x.kept = NULL;
	assert_int_equal(total(&k, 0, 6), 63);
	assert_string_equal(points(&k, 1, 6, 3), "1:2 4:28 ");
	expect_counts(&k, 0, 2 * 2);
	asking_fini(&k);
}

static void profiles_of_another_range(void **state)
{
	struct asking k = asking(*state, 1 << 20);
	struct pyro_ask ask = ask_hours(ASK_PROFILE, 0, 6);
	struct profile *sum;
	struct part p;
	struct err e;

	for (int to = 6; to < 9; to++) {
		ask.to = to * HOUR_MS * NS_PER_MS - 1;
		assert_int_equal(put_ask(&k, &ask, &p), 0);
		assert_int_equal(part_profile(k.a, &p, &sum, &e), 0);
		assert_int_equal(sum->n_samples, 1);
		assert_int_equal(sum->values[0], 63);
	}
	expect_counts(&k, 4, 2);
	asking_fini(&k);
}

/* Each set of blocks, and each selector, has parts of its own, whatever bytes they are known by. */
static void parts_of_other_questions(void **state)
{
	struct asking k = asking(*state, 4 << 20);
	struct str nothing = STR("{service_name=\"none\"}");
	struct part p;
	struct err e;

	for (unsigned mask = 0; mask < 1u << BLOCKS; mask++) {
		struct str names[BLOCKS];
		struct msg_strs ids = { names, 0 };

		for (unsigned i = 0; i < BLOCKS; i++)
			if (mask >> i & 1)
				names[ids.n++] = k.w->names[i];
		for (unsigned i = 0; i < 4; i++) {
			struct pyro_ask ask = ask_hours(ASK_TREE, 0, 6);

			if (i % 2 == 1)
				ask.selectors = (struct msg_strs){ &nothing, 1 };
			assert_int_equal(block_answers_ask(&k.x, k.a, &ask, &ids, &p, &e), 0);
			tree_total(p.tree);
			assert_int_equal(p.tree->nodes.p[0].total, i % 2 == 1 ? 0 : mask);
			part_fini(&p);
		}
	}
	asking_fini(&k);
}

/* ---- a question that rests ---- */

struct resting {
	struct asking k, other;
	unsigned within, between; /* how often in the middle of a block, between two */
	bool wrong;
};

static bool always(void *ctx)
{
	(void)ctx;
	return true;
}

/* Somebody asks the same blocks, but for the last one, which is gone; nothing may be kept in memory. */
static void others_ask(void *ctx, const struct dataset *in)
{
	struct resting *r = ctx;
	struct pyro_ask ask = ask_hours(ASK_TREE, 0, 6);
	struct msg_strs ids = { r->k.w->names, BLOCKS - 1 };
	struct part p;
	struct err e;

	r->within += in != NULL;
	r->between += in == NULL;
	blocks_pause(r->k.w->blocks, in);
	r->wrong |= block_answers_ask(&r->other.x, r->other.a, &ask, &ids, &p, &e) < 0;
	tree_total(p.tree);
	r->wrong |= p.tree->nodes.p[0].total != 31;
	part_fini(&p);
	ask.tenant = STR("b"); /* has nothing in common with those: what they use is used no more, but by who rests */
	ids.n = 1;
	r->wrong |= block_answers_ask(&r->other.x, r->other.a, &ask, &ids, &p, &e) < 0;
	tree_total(p.tree);
	r->wrong |= p.tree->nodes.p[0].total != 1;
	part_fini(&p);
	blocks_trim(r->k.w->blocks);
	blocks_resume(r->k.w->blocks);
}

/* After each row and each block, of a whole group each; then what nobody names any more goes. */
static void others_ask_meanwhile(void **state)
{
	struct world *w = *state;
	struct resting r = { 0 };

	blocks_free(w->blocks);
	w->blocks = blocks_new(w->data, 0);
	r.k = asking(w, 0);
	r.other = asking(w, 0);
	r.k.x.enough = always;
	r.k.x.pause = others_ask;
	r.k.x.ctx = &r;
	assert_int_equal(total(&r.k, 0, 6), 63);
	assert_int_equal(r.within, BLOCKS);
	assert_int_equal(r.between, BLOCKS);
	assert_false(r.wrong);
	assert_string_equal(points(&r.k, 0, 6, 1), "0:1 1:2 2:4 3:8 4:16 5:32 ");
	assert_false(r.wrong);
	r.k.x.enough = NULL;
	assert_int_equal(total(&r.other, 0, 6), 63);
	asking_fini(&r.k);
	asking_fini(&r.other);
}

static int add_total(void *ctx, const struct row *r, struct err *e)
{
	(void)e;
	*(int64_t *)ctx += r->values[0];
	return 0;
}

/* The sum of all values of a block, with everything of it decoded. */
static int64_t read_all(struct dataset *set)
{
	struct arena *a = arena_new();
	struct series_list list;
	struct symbols *symbols;
	int64_t sum = 0;
	struct scan s = { .to = INT64_MAX, .samples = true, .row = add_total, .ctx = &sum };
	struct err e;

	assert_int_equal(dataset_series(set, a, NULL, &list, &e), 0);
	s.series = list.p;
	s.n_series = list.n;
	assert_int_equal(dataset_scan(set, &s, &e), 0);
	assert_int_equal(dataset_symbols(set, 0, &symbols, &e), 0);
	arena_free(a);
	return sum;
}

/* One question over all blocks: what was decoded of one goes before the next is read, if it is over the limit. */
static void decoded_parts_go(struct world *w, size_t max_memory, size_t stay)
{
	struct dataset *sets[BLOCKS];
	struct blocks_range times[BLOCKS];
	struct block *b[BLOCKS];
	size_t n, closed[BLOCKS], held = 0;
	struct err e;

	blocks_free(w->blocks);
	w->blocks = blocks_new(w->data, max_memory);
	assert_int_equal(blocks_times(w->blocks, STR("a"), w->names, BLOCKS, times, &e), 0);
	assert_int_equal(blocks_open(w->blocks, STR("a"), w->names, BLOCKS, sets, &n, &e), 0);
	assert_int_equal(n, BLOCKS);
	for (size_t i = 0; i < n; i++) {
		b[i] = (struct block *)sets[i];
		closed[i] = block_bytes(b[i]);
	}
	for (int again = 0; again < 2; again++)
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(read_all(sets[i]), 1 << i);
			assert_true(block_bytes(b[i]) > closed[i]);
			blocks_rested(w->blocks, sets[i]);
		}
	for (size_t i = 0; i < n; i++)
		held += block_bytes(b[i]) > closed[i];
	assert_int_equal(held, stay);
}

static void memory_within_a_question(void **state)
{
	decoded_parts_go(*state, 0, 0);
	decoded_parts_go(*state, SIZE_MAX, BLOCKS);
}

/* With room for some of them: the limit holds after each, and what fits stays. */
static void as_much_as_fits(void **state)
{
	struct world *w = *state;
	struct dataset *sets[BLOCKS];
	struct blocks_range times[BLOCKS];
	size_t n, bare = 0, whole = 0, max;
	struct err e;

	for (int limited = 0; limited < 2; limited++) {
		max = limited ? (bare + whole) / 2 : SIZE_MAX;
		blocks_free(w->blocks);
		w->blocks = blocks_new(w->data, max);
		assert_int_equal(blocks_times(w->blocks, STR("a"), w->names, BLOCKS, times, &e), 0);
		assert_int_equal(blocks_open(w->blocks, STR("a"), w->names, BLOCKS, sets, &n, &e), 0);
		for (size_t i = 0; i < n; i++) {
			size_t held = 0;

			bare += limited ? 0 : block_bytes((struct block *)sets[i]);
			read_all(sets[i]);
			whole += limited ? 0 : block_bytes((struct block *)sets[i]);
			blocks_rested(w->blocks, sets[i]);
			for (size_t k = 0; k < n; k++)
				held += block_bytes((struct block *)sets[k]);
			assert_true(held <= max);
		}
		assert_true(block_bytes((struct block *)sets[0]) > bare / BLOCKS);
		blocks_trim(w->blocks);
		assert_string_equal(ask(w, "a", BLOCKS, INT64_MIN, INT64_MAX), "0 1 2 3 4 5 ");
	}
}

/* After a question over all blocks. */
static struct blocks_memory memory_of(struct world *w, size_t max)
{
	struct asking k;

	blocks_free(w->blocks);
	w->blocks = blocks_new(w->data, max);
	assert_int_equal(blocks_memory(w->blocks).pages_limit, max / 3);
	k = asking(w, 0);
	assert_int_equal(total(&k, 0, 6), 63);
	asking_fini(&k);
	blocks_trim(w->blocks);
	return blocks_memory(w->blocks);
}

/* Pages have what indexes and symbols leave, and at least a third. */
static void what_pages_may_have(void **state)
{
	struct blocks_memory m, all = memory_of(*state, SIZE_MAX);
	size_t max = all.parts * 5 / 4;

	assert_true(all.parts > 0 && all.pages > 0);
	assert_int_equal(all.pages_limit, SIZE_MAX - all.parts);
	for (size_t i = 2; i < 5; i++) {
		m = memory_of(*state, i * all.parts);
		assert_int_equal(m.parts, all.parts);
		assert_int_equal(m.pages, all.pages);
		assert_int_equal(m.pages_limit, (i - 1) * all.parts);
	}
	m = memory_of(*state, max);
	assert_int_equal(m.parts, all.parts);
	assert_int_equal(m.pages_limit, max / 3);
	m = memory_of(*state, all.parts);
	assert_true(m.parts < all.parts && m.parts + m.pages <= all.parts);
	assert_int_equal(m.pages_limit, all.parts / 3);
	m = memory_of(*state, 0);
	assert_true(m.pages < all.pages);
	assert_int_equal(m.pages_limit, 0);
}

/* Symbols that blocks share are measured when the question is over; from then on pages have less. */
static void shared_symbols_count(void **state)
{
	struct world *w = *state;
	struct asking k = asking(w, 0);
	struct blocks_memory m, rested;
	size_t pools, max;

	assert_int_equal(total(&k, 0, 6), 63);
	m = blocks_memory(w->blocks);
	blocks_trim(w->blocks);
	rested = blocks_memory(w->blocks);
	asking_fini(&k);
	assert_true(rested.parts > m.parts);
	pools = rested.parts - m.parts;
	assert_int_equal(rested.pages_limit, m.pages_limit - pools);
	max = (rested.parts - pools / 2) * 3 / 2; /* they are more than two thirds of it, but not without the pools */
	assert_int_equal(memory_of(w, max).pages_limit, max / 3);
}

static size_t descriptors(void)
{
	struct arena *a = arena_new();
	struct file_list list;
	struct err e;

	assert_int_equal(file_list(a, AT_FDCWD, "/proc/self/fd", &list, &e), 0);
	arena_free(a);
	return list.n;
}

/* More blocks than descriptors. The last test, because limits do not come back. */
static void few_descriptors(void **state)
{
	struct world *w = *state;
	size_t before;

	closefrom(3);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 8, 8 }), 0);
	blocks_free(w->blocks);
	w->blocks = blocks_new(w->data, SIZE_MAX);
	before = descriptors();
	assert_string_equal(ask(w, "a", BLOCKS, INT64_MIN, INT64_MAX), "0 1 2 3 4 5 ");
	assert_int_equal(descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_what_overlaps, world_new, world_free),
		cmocka_unit_test_setup_teardown(times_are_remembered, world_new, world_free),
		cmocka_unit_test_setup_teardown(used_blocks_stay_open, world_new, world_free),
		cmocka_unit_test_setup_teardown(removed_blocks, world_new, world_free),
		cmocka_unit_test_setup_teardown(whole_blocks_are_read_once, world_new, world_free),
		cmocka_unit_test_setup_teardown(kept_without_the_block, world_new, world_free),
		cmocka_unit_test_setup_teardown(prepared_blocks, world_new, world_free),
		cmocka_unit_test_setup_teardown(points_on_other_grids, world_new, world_free),
		cmocka_unit_test_setup_teardown(points_of_a_long_question, world_new, world_free),
		cmocka_unit_test_setup_teardown(points_of_more_than_the_room, world_new, world_free),
		cmocka_unit_test_setup_teardown(labels_of_a_part_of_an_hour, world_new, world_free),
		cmocka_unit_test_setup_teardown(nothing_is_kept, world_new, world_free),
		cmocka_unit_test_setup_teardown(parts_of_other_questions, world_new, world_free),
		cmocka_unit_test_setup_teardown(profiles_of_another_range, world_new, world_free),
		cmocka_unit_test_setup_teardown(others_ask_meanwhile, world_new, world_free),
		cmocka_unit_test_setup_teardown(memory_within_a_question, world_new, world_free),
		cmocka_unit_test_setup_teardown(as_much_as_fits, world_new, world_free),
		cmocka_unit_test_setup_teardown(what_pages_may_have, world_new, world_free),
		cmocka_unit_test_setup_teardown(shared_symbols_count, world_new, world_free),
		cmocka_unit_test_setup_teardown(few_descriptors, world_new, world_free),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
