/* test_stored_sums.c - sums that lie in profiles.parquet beside the rows: which are written, that scans give them as they
   would give the rows, and that what is damaged is not used, but told by the check of a block */
#include "formats/block/stored_sums.h"
#include "tests/lib/sums_fixture.h"

/* The fourth series moves to the other partition after some rows. */
enum { MOVER = 3, MOVES = 300, FEW = 100 };

static bool moved(uint32_t series, uint32_t row)
{
	return series == MOVER && row >= MOVES;
}

/* Rows have different stacks, those of the last series few. */
static int64_t value_of(uint32_t series, uint32_t row, uint32_t stack)
{
	if ((row + stack + series) % 5 == 0 || (series == SUMS_SERIES - 1 && stack > FEW))
		return 0;
	return 1 + series + (int64_t)row * stack % 1000;
}

static const struct sums_set wide = { { 1, 33, 300, 560, 200 }, SUMS_STACKS, moved, value_of };

static struct str profiles_of(const struct block_parts *p)
{
	assert_true(str_eq(p->part[1].name, STR("profiles.parquet")));
	return p->part[1].bytes;
}

static struct pq_file *open_file(struct str bytes)
{
	struct err e;
	struct pq_file *f = pq_open(blob_mem(bytes), &e);

	assert_non_null(f);
	return f;
}

/* ---- which are written ---- */

/*
 * Of one row nothing; of 33 the first 32, and all; of 300 parts of 32 and of 256, and of the 44 behind them 32, and all,
 * but not the last 12; of 560 rows the same of the 300 in the first partition, and of the 260 in the other all but the
 * last 4; of 200 rows with few stacks nothing, because they are too little.
 */
static void those_that_spare_much(void **state)
{
	static const struct {
		uint32_t first, rows;
		uint64_t partition;
	} want[] = {
		{ 1, 33, 7 },
		{ 1, 32, 7 },
		{ 34, 256, 7 },
		{ 34, 32, 7 },
		{ 66, 32, 7 },
		{ 98, 32, 7 },
		{ 130, 32, 7 },
		{ 162, 32, 7 },
		{ 194, 32, 7 },
		{ 226, 32, 7 },
		{ 258, 32, 7 },
		{ 290, 44, 7 },
		{ 290, 32, 7 },
		{ 334, 256, 7 },
		{ 334, 32, 7 },
		{ 366, 32, 7 },
		{ 398, 32, 7 },
		{ 430, 32, 7 },
		{ 462, 32, 7 },
		{ 494, 32, 7 },
		{ 526, 32, 7 },
		{ 558, 32, 7 },
		{ 590, 44, 7 },
		{ 590, 32, 7 },
		{ 634, 256, 8 },
		{ 634, 32, 8 },
		{ 666, 32, 8 },
		{ 698, 32, 8 },
		{ 730, 32, 8 },
		{ 762, 32, 8 },
		{ 794, 32, 8 },
		{ 826, 32, 8 },
		{ 858, 32, 8 },
	};
	struct stored_sums s = { 0 };
	struct block_parts parts;
	struct pq_file *f;
	struct err e;

	(void)state;
	sums_make(&wide, &parts);
	f = open_file(profiles_of(&parts));
	assert_int_equal(stored_sums_load(&s, f, &e), 0);
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		const struct stored_entry *is = &s.parts.p[i].is;

		assert_true(i < s.parts.n);
		assert_int_equal(is->group, 0);
		assert_int_equal(is->first, want[i].first);
		assert_int_equal(is->rows, want[i].rows);
		assert_int_equal(is->partition, want[i].partition);
	}
	assert_int_equal(s.parts.n, ARRAY_LEN(want));
	assert_true(stored_sums_bytes(&s) > 0);
	stored_sums_fini(&s);
	pq_close(f);
	block_parts_free(&parts);
}

enum { GROUP_ROWS = 33, GROUP_STACKS = 2100 };

static uint32_t same(uint32_t row, uint32_t i)
{
	(void)row;
	return i;
}

static uint32_t other_in_each_row(uint32_t row, uint32_t i)
{
	return row * GROUP_STACKS + i;
}

static uint32_t one_too_large(uint32_t row, uint32_t i)
{
	return row == 5 && i == 0 ? SUM_STACKS : i;
}

static void make_stacks(void *ctx, uint32_t row, uint32_t rows, void *out)
{
	uint32_t (*stack)(uint32_t row, uint32_t i) = *(uint32_t(**)(uint32_t, uint32_t))ctx, *to = out;

	for (uint32_t r = row; r < row + rows; r++)
		for (uint32_t i = 0; i < GROUP_STACKS; i++)
			*to++ = stack(r, i);
}

static void make_ones(void *ctx, uint32_t row, uint32_t rows, void *out)
{
	int64_t *to = out;

	(void)ctx;
	(void)row;
	for (uint32_t i = 0; i < rows * GROUP_STACKS; i++)
		*to++ = 1;
}

static void samples_of_row(void *ctx, uint32_t row, const uint32_t **stacks, const int64_t **values)
{
	static uint32_t s[GROUP_STACKS];
	static int64_t v[GROUP_STACKS];

	make_stacks(ctx, row, 1, s);
	make_ones(ctx, row, 1, v);
	*stacks = s;
	*values = v;
}

/* The parts that the writer makes of rows of one series with these stacks: how many rows each, 0 behind the last. */
static void parts_of(uint32_t rows, uint32_t (*stack)(uint32_t row, uint32_t i), uint32_t *out)
{
	struct arena *a = arena_new();
	struct profiles_group g = { .n = rows,
		.stacks = make_stacks,
		.values = make_ones,
		.samples = samples_of_row,
		.ctx = &stack };
	uint32_t *sample_at = arena_zarray(a, rows + 1, sizeof(*sample_at));
	struct stored_sums s = { 0 };
	struct profiles_writer *w;
	struct sink *k;
	struct pq_file *f;
	uint64_t size;
	struct buf b;
	struct err e;

	for (uint32_t r = 0; r < rows; r++)
		sample_at[r + 1] = (r + 1) * GROUP_STACKS;
	g.series = arena_zarray(a, rows, sizeof(*g.series));
	g.partitions = g.times = g.durations = g.totals = arena_zarray(a, rows, sizeof(*g.times));
	g.ids = arena_zarray(a, rows, 16);
	g.sample_at = sample_at;
	buf_init(&b, 1 << 24);
	k = sink_mem(&b);
	w = profiles_writer_new(k, false);
	profiles_writer_group(w, &g);
	assert_int_equal(profiles_writer_finish(w, &size, &e), 0);
	assert_int_equal(size, b.n);
	assert_int_equal(sink_close(k, &e), 0);
	f = open_file(buf_str(&b));
	assert_int_equal(stored_sums_load(&s, f, &e), 0);
	for (size_t i = 0; i < s.parts.n; i++)
		*out++ = s.parts.p[i].is.rows;
	*out = 0;
	stored_sums_fini(&s);
	pq_close(f);
	buf_fini(&b);
	arena_free(a);
}

static void each_once_and_only_sums(void **state)
{
	uint32_t parts[8];

	(void)state;
	parts_of(32, same, parts);
	assert_int_equal(parts[0], 32);
	assert_int_equal(parts[1], 0);
	parts_of(33, same, parts);
	assert_int_equal(parts[0], 33);
	assert_int_equal(parts[1], 32);
	assert_int_equal(parts[2], 0);
	parts_of(33, other_in_each_row, parts);
	assert_int_equal(parts[0], 0);
	parts_of(33, one_too_large, parts);
	assert_int_equal(parts[0], 0);
}

/* ---- what a scan gives ---- */

/* In how many rows they come. */
static unsigned check_range(struct block *b, uint32_t from, uint32_t to)
{
	struct sums_scan x;

	sums_begin(&x, &b->set, from, to, true, NULL);
	return sums_end(&x, &wide);
}

static const uint32_t ends[] = { 0, 1, 32, 63, 255, 299, 300, 556, 1000 };

static void check_ranges(struct block *b)
{
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		for (size_t k = i; k < ARRAY_LEN(ends); k++)
			check_range(b, ends[i], ends[k]);
}

static void as_the_rows(void **state)
{
	struct block_parts parts;
	struct block *b;

	(void)state;
	sums_make(&wide, &parts);
	b = open_parts(&parts);
	check_ranges(b);
	/* A row; 33; 256 and 44; the same, 256 and 4 rows, which are no part of 32 rows of the series; 6 parts of 32 that
	   are made, and the last 8 rows. */
	assert_int_equal(check_range(b, 0, 1000), 1 + 1 + 2 + 2 + 1 + 4 + 7);
	assert_int_equal(check_range(b, 0, 255), 1 + 1 + 1 + 1 + 7);
	assert_int_equal(problems_of(b), 0);
	block_close(b);
	block_parts_free(&parts);
}

/* ---- damage ---- */

/* A block whose profiles.parquet is other bytes. */
static struct block *open_with(const struct block_parts *p, struct str bytes)
{
	struct block_parts with = *p;

	with.part[1].bytes = bytes;
	return open_parts(&with);
}

static char *writable(struct arena *a, struct str s)
{
	return memcpy(arena_alloc(a, s.n), s.p, s.n);
}

/* Where the table lies, from the footer's pair, which is in the last bytes of the file. */
static char *pair_in(char *bytes, size_t n)
{
	size_t at = str_search(str_of(bytes, n), STR("pyro.sums"));

	assert_true(at < n);
	for (at += 9; bytes[at] < '0' || bytes[at] > '9' || bytes[at + 1] < '0'; at++)
		;
	return bytes + at;
}

static void check_damaged(const struct block_parts *parts, struct str bytes, const char *why)
{
	struct block *b = open_with(parts, bytes);

	print_message("# %s\n", why);
	check_range(b, 0, 1000);
	check_range(b, 3, 555);
	assert_true(problems_of(b) > 0);
	block_close(b);
}

/* One bit in places of the table, in some of the sums, in the pair: the same answers from the rows, and the check tells. */
static void damage_is_told(void **state)
{
	struct arena *a = arena_new();
	struct block_parts parts;
	struct str whole;
	static const char *const pairs[] = { "0 32 ", "99999999999999999999 3 ", "18446744073709551600 3 ", "7 -1 ",
		"4 999999999 ", "x", "   " };
	char *bytes, *pair, was[32];
	uint64_t at;

	(void)state;
	sums_make(&wide, &parts);
	whole = profiles_of(&parts);
	bytes = writable(a, whole);
	pair = pair_in(bytes, whole.n);
	at = strtoull(pair, NULL, 10);
	for (int i = 0; i < 40; i += 12) {
		bytes[at + 40 * 5 + i] ^= 4;
		check_damaged(&parts, str_of(bytes, whole.n), "the table");
		bytes[at + 40 * 5 + i] ^= 4;
	}
	for (uint32_t i = 0; i < 4; i++) {
		struct stored_entry is;

		memcpy(&is, bytes + at + 40 * i, sizeof(is));
		bytes[is.at + is.bytes / 4 * i] ^= 0x10;
		check_damaged(&parts, str_of(bytes, whole.n), "sums");
		bytes[is.at + is.bytes / 4 * i] ^= 0x10;
	}
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		memcpy(was, pair, sizeof(was));
		memcpy(pair, pairs[i], strlen(pairs[i]));
		check_damaged(&parts, str_of(bytes, whole.n), pairs[i]);
		memcpy(pair, was, sizeof(was));
	}
	assert_memory_equal(bytes, whole.p, whole.n);
	block_parts_free(&parts);
	arena_free(a);
}

/* The first part as `change` leaves it, with hashes that fit: problems that the check of the block tells. */
static uint32_t problems_with(void (*change)(struct stored_entry *is, char *bytes))
{
	struct arena *a = arena_new();
	struct block_parts parts;
	struct stored_entry is;
	struct block *b;
	struct str whole;
	char *bytes, *text, hash[17];
	uint32_t problems;
	uint64_t at, n;

	sums_make(&wide, &parts);
	whole = profiles_of(&parts);
	bytes = writable(a, whole);
	at = strtoull(pair_in(bytes, whole.n), &text, 10);
	n = strtoull(text, &text, 10);
	memcpy(&is, bytes + at, sizeof(is));
	change(&is, bytes);
	is.hash = hash_str(str_of(bytes + is.at, is.bytes));
	memcpy(bytes + at, &is, sizeof(is));
	snprintf(hash, sizeof(hash), "%016" PRIx64, hash_str(str_of(bytes + at, n * sizeof(is))));
	memcpy(text + 1, hash, 16);
	b = open_with(&parts, str_of(bytes, whole.n));
	problems = problems_of(b);
	block_close(b);
	block_parts_free(&parts);
	arena_free(a);
	return problems;
}

static void nothing(struct stored_entry *is, char *bytes)
{
	(void)is;
	(void)bytes;
}

static void other_value(struct stored_entry *is, char *bytes)
{
	bytes[is->at + is->bytes - 1] ^= 1;
}

static void a_byte_more(struct stored_entry *is, char *bytes)
{
	(void)bytes;
	is->bytes++;
}

static void of_one_row(struct stored_entry *is, char *bytes)
{
	(void)bytes;
	is->rows = 1;
}

static void of_too_many_rows(struct stored_entry *is, char *bytes)
{
	(void)bytes;
	is->rows = UINT32_MAX;
}

static void of_another_partition(struct stored_entry *is, char *bytes)
{
	(void)bytes;
	is->partition = 8;
}

/* Only the check can know that these are not of the rows, or were never written so. */
static void other_sums_are_told(void **state)
{
	(void)state;
	assert_int_equal(problems_with(nothing), 0);
	assert_int_equal(problems_with(other_value), 1);
	assert_int_equal(problems_with(a_byte_more), 1);
	assert_int_equal(problems_with(of_one_row), 1);
	assert_int_equal(problems_with(of_too_many_rows), 1);
	assert_int_equal(problems_with(of_another_partition), 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_that_spare_much),
		cmocka_unit_test(each_once_and_only_sums),
		cmocka_unit_test(as_the_rows),
		cmocka_unit_test(damage_is_told),
		cmocka_unit_test(other_sums_are_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stored sums", tests, NULL, NULL);
}
