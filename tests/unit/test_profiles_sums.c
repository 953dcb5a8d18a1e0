/* test_profiles_sums.c - rows of a block that come as one: the sums are those of the rows, whatever the range */
#include "formats/block/page_cache.h"
#include "tests/lib/sums_fixture.h"

enum { MOVES = 100 };

/* The last pod moves to the other partition after some rows. */
static bool moved(uint32_t pod, uint32_t row)
{
	return pod == SUMS_SERIES - 1 && row >= MOVES;
}

/* Rows have different stacks; some values are the opposite of those before. */
static int64_t value_of(uint32_t pod, uint32_t row, uint32_t stack)
{
	if ((row + stack + pod) % 3 == 0)
		return 0;
	return stack % 7 == 0 ? (row % 2 ? 5 : -5) : 1 + pod + (int64_t)row * stack % 11;
}

static const struct sums_set set_of_40 = { { 1, 31, 32, 33, 200 }, 40, moved, value_of };

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

static unsigned check_range(struct dataset *set, uint32_t from, uint32_t to, bool summed, struct pieces *in)
{
	struct sums_scan x;
	struct err e;

	sums_begin(&x, set, from, to, summed, in != NULL ? &in->p : NULL);
	for (; in != NULL && in->p.more; in->all++) {
		assert_int_equal(x.got->rows, in->given);
		check_range(set, 3, 150, !summed, NULL);
		assert_int_equal(dataset_scan(set, &x.s, &e), 0);
	}
	return sums_end(&x, &set_of_40);
}

/* Nothing is kept, little, all: the answers are the same, the first time and later. */
static void sums_are_those_of_the_rows(void **state)
{
	static const size_t limits[] = { 0, 4000, 1 << 24 };
	static const uint32_t ends[] = { 0, 1, 30, 31, 32, 33, 63, 64, 65, 99, 100, 127, 128, 199, 200, 500 };
	struct block_parts parts;

	(void)state;
	sums_make(&set_of_40, &parts);
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
	sums_make(&set_of_40, &parts);
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
	static const uint32_t ends[] = { 0, 1, 31, 32, 64, 99, 128, 199 };
	struct block_parts parts;
	struct block *b;

	(void)state;
	sums_make(&set_of_40, &parts);
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
