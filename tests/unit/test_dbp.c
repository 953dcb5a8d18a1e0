/* test_dbp.c - streams known from real files, round trips, broken streams */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "formats/parquet/dbp.h"

enum { MAX_VALUES = 3000 };

static uint64_t seed = 1;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* A copy of exactly n bytes, so that a read past the end is seen by ASan. */
static char *exact(const void *p, size_t n)
{
	char *c = mem_alloc(n ? n : 1);

	memcpy(c, p, n);
	return c;
}

static void test_vectors(void **state)
{
	static const struct {
		const char *bytes;
		size_t n_bytes;
		int64_t values[16];
		size_t n;
	} cases[] = {
		{ "\x80\x01\x04\x00\x00", 5, { 0 }, 0 },
		{ "\x80\x01\x04\x01\x02", 5, { 1 }, 1 },
		{ "\x80\x01\x04\x0a\x00\x00\x00\x00\x00\x00", 10, { 0 }, 10 },
		/* Not the smallest minimum: what the original's encoder makes of 3,3,3,... */
		{ "\x80\x01\x04\x0a\x06\x05\x02\x00\x00\x00\xff\xff\x03\x00\x00\x00\x00\x00", 18,
		    { 3, 3, 3, 3, 3, 3, 3, 3, 3, 3 }, 10 },
		{ "\x80\x01\x04\x02\x00\x0d\x04\x00\x00\x00\x0e\x00\x00\x00\x00\x00\x00\x00"
		  "\x00\x00\x00\x00\x00\x00\x00\x00",
		    26, { 0, 7 }, 2 },
		{ "\x80\x01\x04\x01\x80\x80\x80\x04", 8, { 0x400000 }, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e;
		int64_t wide[16];
		uint32_t narrow[16];
		size_t n, used;
		char *in = exact(cases[i].bytes, cases[i].n_bytes);

		assert_int_equal(dbp_decode64(str_of(in, cases[i].n_bytes), 16, wide, &n, &used, &e), 0);
		assert_int_equal(n, cases[i].n);
		assert_int_equal(used, cases[i].n_bytes);
		assert_memory_equal(wide, cases[i].values, n * 8);
		assert_int_equal(dbp_decode32(str_of(in, cases[i].n_bytes), 16, narrow, &n, NULL, &e), 0);
		assert_int_equal(n, cases[i].n);
		for (size_t k = 0; k < n; k++)
			assert_int_equal(narrow[k], cases[i].values[k]);
		mem_free(in);
	}
}

static void test_smallest_form(void **state)
{
	static const uint32_t three[] = { 3, 3, 3 };
	static const int64_t up[] = { 696, 697, 698 };
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	dbp_encode32(&out, three, 3);
	assert_int_equal(out.n, 10);
	assert_memory_equal(out.p, "\x80\x01\x04\x03\x06\x00\x00\x00\x00\x00", 10);
	buf_reset(&out);
	dbp_encode64(&out, up, 3);
	assert_int_equal(out.n, 11);
	assert_memory_equal(out.p, "\x80\x01\x04\x03\xf0\x0a\x02\x00\x00\x00\x00", 11);
	buf_fini(&out);
}

static void fill(int64_t *v, size_t n, unsigned bits, int shape)
{
	uint64_t mask = bits ? UINT64_MAX >> (64 - bits) : 0, sum = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t r = rnd() & mask;

		sum += r;
		v[i] = (int64_t)(shape == 0 ? r : shape == 1 ? sum : rnd() % 40 ? sum : -r);
	}
}

static void check64(const int64_t *v, size_t n)
{
	int64_t got[MAX_VALUES + 1];
	struct buf out;
	struct err e;
	size_t k, used;
	char *in;

	buf_init(&out, 1 << 20);
	dbp_encode64(&out, v, n);
	in = exact(out.p, out.n);
	got[n] = 77;
	assert_int_equal(dbp_decode64(str_of(in, out.n), n, got, &k, &used, &e), 0);
	assert_int_equal(k, n);
	assert_int_equal(used, out.n);
	assert_memory_equal(got, v, n * 8);
	assert_int_equal(got[n], 77);
	if (n)
		assert_int_equal(dbp_decode64(str_of(in, out.n), n - 1, got, &k, &used, &e), -1);
	mem_free(in);
	buf_fini(&out);
}

static void check32(const int64_t *v, size_t n)
{
	uint32_t from[MAX_VALUES], got[MAX_VALUES + 1];
	struct buf out;
	struct err e;
	size_t k;
	char *in;

	for (size_t i = 0; i < n; i++)
		from[i] = (uint32_t)v[i];
	buf_init(&out, 1 << 20);
	dbp_encode32(&out, from, n);
	in = exact(out.p, out.n);
	got[n] = 77;
	assert_int_equal(dbp_decode32(str_of(in, out.n), n, got, &k, NULL, &e), 0);
	assert_int_equal(k, n);
	assert_memory_equal(got, from, n * 4);
	assert_int_equal(got[n], 77);
	mem_free(in);
	buf_fini(&out);
}

static void test_round_trips(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 31, 32, 33, 34, 97, 128, 129, 130, 161, 257, 258, 3000 };
	int64_t v[MAX_VALUES];

	(void)state;
	for (unsigned bits = 0; bits <= 64; bits++)
		for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
			for (int shape = 0; shape < 3; shape++) {
				fill(v, sizes[s], bits, shape);
				check64(v, sizes[s]);
				check32(v, sizes[s]);
			}
}

static void test_extremes(void **state)
{
	static const int64_t v[] = { INT64_MIN, INT64_MAX, INT64_MIN, 0, -1, INT64_MAX, INT32_MIN, INT32_MAX, 0 };

	(void)state;
	check64(v, ARRAY_LEN(v));
	check32(v, ARRAY_LEN(v));
}

/* The same values in other block sizes: written here bit by bit. */
static void put_blocks(struct buf *out, const int64_t *v, size_t n, size_t block, size_t minis)
{
	size_t per = block / minis;

	buf_uvarint(out, block);
	buf_uvarint(out, minis);
	buf_uvarint(out, n);
	buf_varint(out, v[0]);
	for (size_t at = 1; at < n; at += block) {
		buf_varint(out, -5);
		for (size_t m = 0; m < minis; m++)
			buf_byte(out, at + m * per < n ? 13 : 99);
		for (size_t m = 0; m < minis && at + m * per < n; m++) {
			uint64_t acc = 0;
			unsigned have = 0;

			for (size_t i = at + m * per; i < at + (m + 1) * per; i++) {
				acc |= (uint64_t)(i < n ? v[i] - v[i - 1] + 5 : 0x1fff) << have;
				for (have += 13; have >= 8; have -= 8, acc >>= 8)
					buf_byte(out, (unsigned char)acc);
			}
		}
	}
}

static void test_block_sizes(void **state)
{
	static const size_t sizes[][2] = { { 128, 1 }, { 128, 2 }, { 256, 8 }, { 512, 4 }, { 1024, 8 }, { 65536, 8 },
		{ 65536, 1 } };
	int64_t v[MAX_VALUES], got[MAX_VALUES];

	(void)state;
	v[0] = 100;
	for (size_t i = 1; i < MAX_VALUES; i++)
		v[i] = v[i - 1] + (int64_t)(rnd() % 4000) - 5;
	for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
		for (size_t n = 1; n <= MAX_VALUES; n += n < 300 ? 1 : 450) {
			struct buf out;
			struct err e;
			size_t k, used;

			buf_init(&out, 1 << 20);
			put_blocks(&out, v, n, sizes[s][0], sizes[s][1]);
			assert_int_equal(dbp_decode64(buf_str(&out), n, got, &k, &used, &e), 0);
			assert_int_equal(k, n);
			assert_int_equal(used, out.n);
			assert_memory_equal(got, v, n * 8);
			buf_fini(&out);
		}
}

static void test_bad(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		enum err_kind kind;
	} cases[] = {
		{ "", 0, ERR_CORRUPT },
		{ "\x80\x01\x04\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", 14, ERR_CORRUPT }, /* count */
		{ "\x80\x01\x04\xff\xff\xff\xff\xff\xff\xff\xff\xff\x03\x00", 14, ERR_CORRUPT }, /* 65 bits */
		{ "\x00\x04\x01\x00", 4, ERR_UNSUPPORTED },
		{ "\x7f\x04\x01\x00", 4, ERR_UNSUPPORTED },
		{ "\x80\x01\x00\x01\x00", 5, ERR_UNSUPPORTED },
		{ "\x80\x01\x08\x01\x00", 5, ERR_UNSUPPORTED }, /* 16 values in a miniblock */
		{ "\x80\x01\x03\x01\x00", 5, ERR_UNSUPPORTED },
		{ "\x80\x80\x08\x04\x01\x00", 6, ERR_UNSUPPORTED },              /* block of 131072 */
		{ "\x80\x01\x04\x03\x00\x00\x41\x00\x00\x00", 10, ERR_CORRUPT }, /* width 65 */
		{ "\x80\x01\x04\x03\x00\x00\x01\x00\x00\x00\xff\xff\xff", 13, ERR_CORRUPT },
	};
	int64_t got[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e;
		size_t n;
		char *in = exact(cases[i].bytes, cases[i].n);

		assert_int_equal(dbp_decode64(str_of(in, cases[i].n), 16, got, &n, NULL, &e), -1);
		assert_int_equal(e.kind, cases[i].kind);
		mem_free(in);
	}
}

static void test_width_of_32(void **state)
{
	/* A width of 33 is lawful in a stream of 64 bits only. */
	char in[10 + 33 * 4] = "\x80\x01\x04\x02\x00\x00\x21\x00\x00\x00";
	int64_t wide[2];
	uint32_t narrow[2];
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(dbp_decode64(str_of(in, sizeof(in)), 2, wide, &n, NULL, &e), 0);
	assert_int_equal(dbp_decode32(str_of(in, sizeof(in)), 2, narrow, &n, NULL, &e), -1);
}

static void test_cut(void **state)
{
	int64_t v[300], got[300];
	struct buf out;
	struct err e;
	size_t n;

	(void)state;
	fill(v, 300, 20, 1);
	buf_init(&out, 1 << 16);
	dbp_encode64(&out, v, 300);
	for (size_t cut = 0; cut < out.n; cut++) {
		char *in = exact(out.p, cut);

		assert_int_equal(dbp_decode64(str_of(in, cut), 300, got, &n, NULL, &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
		mem_free(in);
	}
	buf_byte(&out, 0);
	assert_int_equal(dbp_decode64(buf_str(&out), 300, got, &n, NULL, &e), -1);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_smallest_form),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_block_sizes),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_width_of_32),
		cmocka_unit_test(test_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
