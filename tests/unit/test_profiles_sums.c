/* test_profiles_sums.c - rows of a block that come as one: the sums are those of the rows, whatever the range */
#include "formats/block/page_cache.h"
#include "tests/lib/block_fixture.h"

enum { PODS = 5, STACKS = 40, MOVES = 100 };

/* Rows of each pod, one a second from 0. */
static const int lengths[PODS] = { 1, 31, 32, 33, 200 };

/* The last pod moves to the other partition after some rows. */
static uint32_t partition_of(int pod, int row)
{
	return pod == PODS - 1 && row >= MOVES;
}

/* Stack s of row k, or 0: rows have different stacks; some values are the opposite of those before. */
static int64_t value_of(int pod, int row, int stack)
{
	if ((row + stack + pod) % 3 == 0)
		return 0;
	return stack % 7 == 0 ? (row % 2 ? 5 : -5) : 1 + pod + row * stack % 11;
}

static struct symbols *made_symbols(uint64_t partition)
{
	struct symbols *s = symbols_new(partition);
	uint32_t main_ = symbols_add_function(s, &(struct sym_function){ .name = symbols_add_string(s, STR("main")) });

	symbols_add_mapping(s, &(struct sym_mapping){ 0 });
	for (uint32_t i = 1; i <= STACKS; i++) {
		struct sym_line line = { main_, i };

		symbols_add_node(s, 0, symbols_add_location(s, &(struct sym_location){ .n_lines = 1 }, &line));
	}
	return s;
}

static void add_row(struct block_writer *w, int pod, int k)
{
	uint32_t stacks[STACKS];
	int64_t values[STACKS];
	struct row r = { .series = (uint32_t)pod,
		.partition = partition_of(pod, k),
		.time = k * NS_PER_S,
		.stacks = stacks,
		.values = values };

	for (int s = 1; s <= STACKS; s++) {
		if (value_of(pod, k, s) == 0)
			continue;
		stacks[r.n] = (uint32_t)s;
		values[r.n++] = value_of(pod, k, s);
		r.total += value_of(pod, k, s);
	}
	block_writer_row(w, &r);
}

static void make_parts(struct block_parts *out)
{
	struct block_writer *w = block_writer_new();
	struct symbols *s[2] = { made_symbols(7), made_symbols(8) };
	struct err e;

	for (int i = 0; i < PODS; i++) {
		char pod[] = { (char)('0' + i), 0 };
		struct label l = { STR("pod"), str_cstr(pod) };
		struct labels labels = { &l, 1 };

		block_writer_series(w, &labels, labels_hash(&labels));
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(block_writer_partition(w, s[i]), i);
	for (int pod = 0; pod < PODS; pod++)
		for (int k = 0; k < lengths[pod]; k++)
			add_row(w, pod, k);
	assert_int_equal(block_writer_finish(w, ulid_make(1000, (const uint8_t[10]){ 9 }), out, &e), 0);
	block_writer_free(w);
	symbols_free(s[0]);
	symbols_free(s[1]);
}

/* What a scan gave: by pod, partition and line of the stack's only frame. */
struct given {
	struct dataset *set;
	int64_t sum[PODS][2][STACKS + 1];
	unsigned rows;
};

static int give(void *ctx, const struct row *r, struct err *e)
{
	struct given *g = ctx;
	struct symbols *s;

	if (dataset_symbols(g->set, r->partition, &s, e) < 0)
		return -1;
	g->rows++;
	for (uint32_t i = 0; i < r->n; i++) {
		uint32_t line = s->lines.p[s->locations.p[s->nodes.p[r->stacks[i]].location].first_line].line;

		g->sum[r->series][s->partition == 8][line] += r->values[i];
	}
	return 0;
}

static void wanted(int from, int to, int64_t sum[PODS][2][STACKS + 1])
{
	memset(sum, 0, sizeof(int64_t[PODS][2][STACKS + 1]));
	for (int pod = 0; pod < PODS; pod++)
		for (int k = from; k < lengths[pod] && k <= to; k++)
			for (int s = 1; s <= STACKS; s++)
				sum[pod][partition_of(pod, k)][s] += value_of(pod, k, s);
}

/* After every n-th row; whatever else is asked of the set between two pieces. */
struct pieces {
	struct scan_piece p;
	unsigned n, given, all;
};

static bool nth(void *ctx)
{
	struct pieces *x = ctx;

	x->given++;
	return x->given % x->n == 0;
}

static unsigned check_range(struct dataset *set, int from, int to, bool summed, struct pieces *in)
{
	struct arena *a = arena_new();
	struct given got = { .set = set };
	struct scan s = { .from = from * NS_PER_S,
		.to = to * NS_PER_S,
		.samples = true,
		.summed = summed,
		.row = give,
		.ctx = &got,
		.piece = in != NULL ? &in->p : NULL };
	int64_t want[PODS][2][STACKS + 1];
	struct series_list list;
	struct err e;

	assert_int_equal(dataset_series(set, a, NULL, &list, &e), 0);
	s.series = list.p;
	s.n_series = list.n;
	assert_int_equal(dataset_scan(set, &s, &e), 0);
	for (; in != NULL && in->p.more; in->all++) {
		assert_int_equal(got.rows, in->given);
		check_range(set, 3, 150, !summed, NULL);
		assert_int_equal(dataset_scan(set, &s, &e), 0);
	}
	wanted(from, to, want);
	assert_memory_equal(got.sum, want, sizeof(want));
	arena_free(a);
	return got.rows;
}

/* Nothing is kept, little, all: the answers are the same, the first time and later. */
static void sums_are_those_of_the_rows(void **state)
{
	static const size_t limits[] = { 0, 4000, 1 << 24 };
	static const int ends[] = { 0, 1, 30, 31, 32, 33, 63, 64, 65, 99, 100, 127, 128, 199, 200, 500 };
	struct block_parts parts;

	(void)state;
	make_parts(&parts);
	for (size_t l = 0; l < ARRAY_LEN(limits); l++) {
		struct page_cache cache = { .limit = limits[l] };
		struct block *b = open_parts(&parts);

		block_share(b, &cache);
		for (int again = 0; again < 2; again++)
			for (size_t i = 0; i < ARRAY_LEN(ends); i++)
				for (size_t k = i; k < ARRAY_LEN(ends); k++)
					check_range(&b->set, ends[i], ends[k], true, NULL);
		assert_true(cache.size <= limits[l]);
		block_close(b);
		assert_int_equal(cache.size, 0);
		page_cache_fini(&cache);
	}
	block_parts_free(&parts);
}

/*
 * Parts of 32 rows from the beginning of a series: 1 row of the first pod, 1 part of 31, 1 of 32, 1 and a row of the
 * next, 6 parts of the last, but the rows 96 to 127, where the partition changes, one by one.
 */
static void parts_of_32(void **state)
{
	struct block_parts parts;
	struct block *b;

	(void)state;
	make_parts(&parts);
	b = open_parts(&parts);
	assert_int_equal(check_range(&b->set, 0, 500, false, NULL), 297);
	assert_int_equal(check_range(&b->set, 0, 500, true, NULL), 1 + 1 + 1 + 2 + 6 + 32);
	assert_int_equal(check_range(&b->set, 0, 63, true, NULL), 1 + 1 + 1 + 2 + 2);
	assert_int_equal(check_range(&b->set, 1, 63, true, NULL), 30 + 31 + 32 + 31 + 1);
	block_close(b);
	block_parts_free(&parts);
}

/* It goes on behind the row where it ended, in whatever pieces, and each row comes once. */
static void in_pieces(void **state)
{
	static const int ends[] = { 0, 1, 31, 32, 64, 99, 128, 199 };
	struct block_parts parts;
	struct block *b;

	(void)state;
	make_parts(&parts);
	b = open_parts(&parts);
	for (unsigned n = 1; n < 50; n += 1 + n / 4)
		for (size_t i = 0; i < ARRAY_LEN(ends); i++)
			for (int summed = 0; summed < 2; summed++) {
				struct pieces in = { { .enough = nth, .ctx = &in }, .n = n };
				unsigned rows = check_range(&b->set, ends[i], 500, summed, NULL);

				assert_int_equal(check_range(&b->set, ends[i], 500, summed, &in), rows);
				assert_int_equal(in.all, rows / n);
			}
	block_close(b);
	block_parts_free(&parts);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_those_of_the_rows),
		cmocka_unit_test(parts_of_32),
		cmocka_unit_test(in_pieces),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("sums", tests, NULL, NULL);
}
