/* test_rle.c - levels and dictionary indices: known bytes, round trips, broken streams */
#include "base/mem.h"
#include "formats/parquet/rle.h"

/* Last: its macros fail and skip are names of ours. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

enum { MAX = 3000 };

static uint64_t seed = 7;

static uint32_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 20);
}

static char *exact(const void *p, size_t n)
{
	char *c = mem_alloc(n ? n : 1);

	if (n)
		memcpy(c, p, n);
	return c;
}

static void test_vectors(void **state)
{
	static const struct {
		const char *bytes;
		size_t n_bytes;
		unsigned width;
		size_t n;
		const char *values; /* a digit each */
	} cases[] = {
		{ "\x10\x00\x04\x00", 4, 1, 10, "0000000000" },
		{ "\x10\x01\x04\x01", 4, 1, 10, "1111111111" },
		/* From a real file: 3 groups, a run, a group, a run. */
		{ "\x07\xfe\xfb\xef\x10\x01\x03\xfb\x10\x01", 10, 1, 48,
		    "011111111101111111110111"
		    "11111111"
		    "11011111"
		    "11111111" },
		{ "\x02\x00\x02\x01\x02\x02\x02\x03\x02\x04\x02\x05", 12, 3, 6, "012345" },
		{ "\x03\x88\xc6\xfa", 4, 3, 8, "01234567" },
		{ "\x03\x05", 2, 1, 3, "101" }, /* more in the group than asked for */
		{ "\x02", 1, 0, 1, "0" },       /* width 0: no value bytes */
		{ "\x03", 1, 0, 5, "00000" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *in = exact(cases[i].bytes, cases[i].n_bytes);
		uint8_t narrow[64];
		uint32_t wide[64];
		struct err e;

		assert_int_equal(rle_decode8(str_of(in, cases[i].n_bytes), cases[i].width, cases[i].n, narrow, &e), 0);
		assert_int_equal(rle_decode32(str_of(in, cases[i].n_bytes), cases[i].width, cases[i].n, wide, &e), 0);
		for (size_t k = 0; k < cases[i].n; k++) {
			assert_int_equal(narrow[k], cases[i].values[k] - '0');
			assert_int_equal(wide[k], cases[i].values[k] - '0');
		}
		mem_free(in);
	}
}

/* Runs of random length, so that both forms occur. */
static void fill(uint32_t *v, size_t n, unsigned width)
{
	uint32_t mask = width ? UINT32_MAX >> (32 - width) : 0;

	for (size_t i = 0; i < n;) {
		uint32_t x = rnd() & mask;
		size_t run = rnd() % 3 ? 1 : 1 + rnd() % 40;

		for (; run && i < n; run--)
			v[i++] = x;
	}
}

static void check(const struct buf *b, unsigned width, const uint32_t *v, size_t n)
{
	char *in = exact(b->p, b->n);
	uint32_t got[MAX + 1];
	struct err e;

	got[n] = 99;
	assert_int_equal(rle_decode32(str_of(in, b->n), width, n, got, &e), 0);
	assert_memory_equal(got, v, n * 4);
	assert_int_equal(got[n], 99);
	if (width <= 8) {
		uint8_t bytes[MAX];

		assert_int_equal(rle_decode8(str_of(in, b->n), width, n, bytes, &e), 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(bytes[i], v[i]);
	}
	mem_free(in);
}

static void test_round_trips(void **state)
{
	static const size_t sizes[] = { 0, 1, 7, 8, 9, 31, 64, 503, 504, 505, 3000 };
	uint32_t v[MAX];
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	for (unsigned width = 0; width <= 32; width++)
		for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
			fill(v, sizes[s], width);
			buf_reset(&b);
			rle_encode32(&b, width, v, sizes[s]);
			check(&b, width, v, sizes[s]);
			buf_reset(&b);
			rle_encode_packed(&b, width, v, sizes[s]);
			check(&b, width, v, sizes[s]);
		}
	buf_fini(&b);
}

static void test_levels(void **state)
{
	uint32_t wide[MAX];
	uint8_t v[MAX], got[MAX];
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 1 << 20);
	for (int round = 0; round < 200; round++) {
		size_t n = rnd() % MAX;

		fill(wide, n, 2);
		for (size_t i = 0; i < n; i++)
			v[i] = (uint8_t)wide[i];
		buf_reset(&b);
		rle_encode8(&b, 2, v, n);
		assert_int_equal(rle_decode8(buf_str(&b), 2, n, got, &e), 0);
		assert_memory_equal(got, v, n);
	}
	buf_fini(&b);
}

/* Rows of 1 to `most` entries: levels, and where rows begin. */
static void check_rows(uint32_t most, unsigned width, uint32_t base)
{
	uint32_t at[401], rows = 1 + rnd() % 400, found[401];
	uint8_t levels[400 * 300];
	struct buf b;
	struct err e;
	size_t n, k;

	at[0] = base;
	for (uint32_t r = 0; r < rows; r++)
		at[r + 1] = at[r] + 1 + rnd() % most;
	n = at[rows] - base;
	buf_init(&b, 1 << 20);
	rle_encode_rows(&b, width, at, rows);
	assert_int_equal(rle_decode8(buf_str(&b), width, n, levels, &e), 0);
	for (uint32_t r = 0; r < rows; r++)
		for (uint32_t i = at[r]; i < at[r + 1]; i++)
			assert_int_equal(levels[i - base], i != at[r]);
	assert_int_equal(rle_zeros(buf_str(&b), width, n, found, rows, &k, &e), 0);
	assert_int_equal(k, rows);
	for (uint32_t r = 0; r < rows; r++)
		assert_int_equal(found[r], at[r] - base);
	assert_int_equal(rle_zeros(buf_str(&b), width, n, found, rows - 1, &k, &e), -1);
	assert_int_equal(rle_count_zeros(buf_str(&b), width, n, &k, &e), 0);
	assert_int_equal(k, rows);
	buf_fini(&b);
}

static void test_rows(void **state)
{
	static const uint32_t most[] = { 1, 2, 3, 9, 20, 300 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(most); i++)
		for (int round = 0; round < 50; round++) {
			check_rows(most[i], 1, 0);
			check_rows(most[i], 2, rnd() % 1000);
		}
}

static void test_all(void **state)
{
	static const struct {
		const char *bytes;
		size_t n_bytes, n;
		uint32_t v;
		bool all;
	} cases[] = {
		{ "\x10\x01\x04\x01", 4, 10, 1, true },
		{ "\x10\x01\x04\x00", 4, 10, 1, false },
		{ "\x10\x01\x04\x00", 4, 8, 1, true },
		{ "\x03\xff", 2, 8, 1, true },
		{ "\x03\xfe", 2, 8, 1, false },
		{ "\x03\x07", 2, 3, 1, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e;
		bool all;

		assert_int_equal(rle_all(str_of(cases[i].bytes, cases[i].n_bytes), 1, cases[i].n, cases[i].v, &all, &e),
		    0);
		assert_int_equal(all, cases[i].all);
	}
}

static void test_bad(void **state)
{
	static const struct {
		const char *bytes;
		size_t n_bytes;
		unsigned width;
		size_t n;
	} cases[] = {
		{ "", 0, 1, 1 },
		{ "\x10", 1, 1, 8 },      /* no value */
		{ "\x00\x00", 2, 1, 1 },  /* a run of none */
		{ "\x01\x00", 2, 1, 1 },  /* no groups */
		{ "\x10\x02", 2, 1, 8 },  /* 2 in one bit */
		{ "\x05\xff", 2, 1, 16 }, /* 2 groups, one there */
		{ "\x10\x01", 2, 1, 9 },  /* one value missing */
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10, 1, 1 },
		{ "\x02\x00\x00\x00\x00\x00", 6, 33, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *in = exact(cases[i].bytes, cases[i].n_bytes);
		struct str s = str_of(in, cases[i].n_bytes);
		uint32_t wide[16], at[17];
		uint8_t narrow[16];
		struct err e;
		size_t k;
		bool all;

		assert_int_equal(rle_decode32(s, cases[i].width, cases[i].n, wide, &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
		assert_int_equal(rle_decode8(s, cases[i].width, cases[i].n, narrow, &e), -1);
		assert_int_equal(rle_zeros(s, cases[i].width, cases[i].n, at, 16, &k, &e), -1);
		if (i != 6)
			assert_int_equal(rle_all(s, cases[i].width, cases[i].n, 7, &all, &e) < 0 || !all, 1);
		mem_free(in);
	}
}

static void test_cut(void **state)
{
	uint32_t v[500], got[500];
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 1 << 16);
	fill(v, 500, 11);
	rle_encode32(&b, 11, v, 500);
	for (size_t cut = 0; cut + 12 < b.n; cut++) {
		char *in = exact(b.p, cut);

		assert_int_equal(rle_decode32(str_of(in, cut), 11, 500, got, &e), -1);
		mem_free(in);
	}
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
