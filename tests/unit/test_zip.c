/* test_zip.c - whole-buffer compression. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "base/zip.h"

enum { BIG = 64 << 20 };

struct codec {
	void (*make)(struct str in, int level, struct buf *out);
	int (*undo)(struct str in, size_t limit, struct buf *out, struct err *e);
	const char *eof;
};

static const struct codec codecs[] = {
	{ zip_gzip, zip_gunzip, "gzip: unexpected EOF" },
	{ zip_zstd, zip_unzstd, "zstd: unexpected EOF" },
};

static struct buf text_of(size_t n)
{
	struct buf b;

	buf_init(&b, BIG);
	for (size_t i = 0; b.n < n; i++)
		buf_printf(&b, "line %zu of %zu;", i * 2654435761u % 100003, n);
	b.n = n;
	return b;
}

static void test_round_trip(void **state)
{
	static const size_t sizes[] = { 0, 1, 17, 4096, 100000, 3000000 };

	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(codecs); c++)
		for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
			struct buf in = text_of(sizes[i]), zip, out;
			struct err e;

			buf_init(&zip, BIG);
			buf_init(&out, BIG);
			codecs[c].make(buf_str(&in), 3, &zip);
			buf_add(&out, STR("before"));
			assert_int_equal(codecs[c].undo(buf_str(&zip), BIG, &out, &e), 0);
			assert_true(str_eq(str_skip(buf_str(&out), 6), buf_str(&in)));
			/* Exactly the limit is allowed, one less is not. */
			out.n = 6;
			assert_int_equal(codecs[c].undo(buf_str(&zip), sizes[i], &out, &e), 0);
			assert_int_equal(out.n, 6 + sizes[i]);
			if (sizes[i]) {
				out.n = 6;
				assert_int_equal(codecs[c].undo(buf_str(&zip), sizes[i] - 1, &out, &e), -1);
				assert_int_equal(e.kind, ERR_LIMIT);
				assert_int_equal(out.n, 6);
			}
			buf_fini(&in);
			buf_fini(&zip);
			buf_fini(&out);
		}
}

/* A stream that is not ended gives what is whole of it; one that is broken stays an error. */
static void test_open_stream(void **state)
{
	struct buf in, packed, out;
	uint64_t seed = 1;
	size_t last = 0;
	struct err e;

	(void)state;
	buf_init(&in, 1 << 20);
	buf_init(&packed, 1 << 20);
	for (int i = 0; i < 300000; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		buf_byte(&in, (unsigned char)(seed >> 60));
	}
	zip_zstd(buf_str(&in), 3, &packed);
	for (size_t n = 100; n <= packed.n; n += n == packed.n ? 1 : MIN((size_t)9973, packed.n - n)) {
		buf_init(&out, 1 << 20);
		assert_int_equal(zip_unzstd_open(str_of(packed.p, n), 1 << 20, &out, &e), 0);
		assert_true(out.n >= last && out.n <= in.n);
		assert_true(out.n == 0 || memcmp(out.p, in.p, out.n) == 0);
		last = out.n;
		buf_fini(&out);
	}
	assert_int_equal(last, in.n);
	buf_init(&out, 1 << 20);
	assert_int_equal(zip_unzstd_open(STR("not zstd"), 1 << 20, &out, &e), -1);
	assert_int_equal(zip_unzstd_open(buf_str(&packed), 1000, &out, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	buf_fini(&out);
	buf_fini(&in);
	buf_fini(&packed);
}

static void test_several(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(codecs); c++) {
		struct buf a = text_of(70000), b = text_of(10), zip, out;
		struct err e;

		buf_init(&zip, BIG);
		buf_init(&out, BIG);
		codecs[c].make(buf_str(&a), 1, &zip);
		codecs[c].make(STR(""), 1, &zip);
		codecs[c].make(buf_str(&b), 9, &zip);
		assert_int_equal(codecs[c].undo(buf_str(&zip), 70010, &out, &e), 0);
		assert_int_equal(out.n, 70010);
		assert_memory_equal(out.p, a.p, 70000);
		assert_memory_equal(out.p + 70000, b.p, 10);
		buf_reset(&out);
		assert_int_equal(codecs[c].undo(buf_str(&zip), 70009, &out, &e), -1);
		assert_int_equal(e.kind, ERR_LIMIT);
		buf_add(&zip, STR("garbage"));
		assert_int_equal(codecs[c].undo(buf_str(&zip), BIG, &out, &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
		buf_fini(&a);
		buf_fini(&b);
		buf_fini(&zip);
		buf_fini(&out);
	}
}

static void test_cut_everywhere(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(codecs); c++) {
		struct buf in = text_of(3000), zip, out;
		struct err e;

		buf_init(&zip, BIG);
		buf_init(&out, BIG);
		codecs[c].make(buf_str(&in), 6, &zip);
		for (size_t n = 0; n < zip.n; n++) {
			char *p = malloc(n + !n); /* so that reads behind it are seen */

			memcpy(p, zip.p, n);
			buf_reset(&out);
			assert_int_equal(codecs[c].undo(str_of(p, n), BIG, &out, &e), -1);
			assert_int_equal(e.kind, ERR_CORRUPT);
			if (strcmp(e.msg, codecs[c].eof) != 0)
				fail_msg("%zu of %zu bytes: %s", n, zip.n, e.msg);
			assert_int_equal(out.n, 0);
			free(p);
		}
		buf_fini(&in);
		buf_fini(&zip);
		buf_fini(&out);
	}
}

/* A flipped bit is an error, or at least never a different content without one (gzip). */
static void test_damaged(void **state)
{
	struct buf in = text_of(3000), zip, out;
	struct err e;

	(void)state;
	buf_init(&zip, BIG);
	buf_init(&out, BIG);
	zip_gzip(buf_str(&in), 6, &zip);
	for (size_t i = 0; i < zip.n * 8; i++) {
		buf_reset(&out);
		zip.p[i / 8] ^= (char)(1 << i % 8);
		if (zip_gunzip(buf_str(&zip), BIG, &out, &e) == 0)
			assert_true(str_eq(buf_str(&out), buf_str(&in)));
		else
			assert_int_equal(e.kind, ERR_CORRUPT);
		zip.p[i / 8] ^= (char)(1 << i % 8);
	}
	zip.p[zip.n - 5] ^= 1;
	buf_reset(&out);
	assert_int_equal(zip_gunzip(buf_str(&zip), BIG, &out, &e), -1);
	assert_string_equal(e.msg, "gzip: invalid checksum");
	buf_fini(&in);
	buf_fini(&zip);
	buf_fini(&out);
}

/* The length in the trailer is a hint that may lie; here it belongs to another member. */
static void test_lying_length(void **state)
{
	struct buf big = text_of(5000000), zip, out;
	struct err e;

	(void)state;
	buf_init(&zip, BIG);
	buf_init(&out, BIG);
	zip_gzip(buf_str(&big), 1, &zip);
	zip_gzip(STR("x"), 1, &zip);
	assert_int_equal(zip_gunzip(buf_str(&zip), BIG, &out, &e), 0);
	assert_int_equal(out.n, 5000001);
	buf_fini(&zip);
	buf_fini(&out);
	/* Four gigabytes announced in 30 bytes: refused without taking them. */
	buf_init(&zip, BIG);
	buf_init(&out, SIZE_MAX / 2);
	zip_gzip(STR("hello"), 1, &zip);
	memset(zip.p + zip.n - 4, 0xff, 4);
	assert_int_equal(zip_gunzip(buf_str(&zip), SIZE_MAX / 2, &out, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_true(out.cap < 1 << 20);
	buf_fini(&big);
	buf_fini(&zip);
	buf_fini(&out);
}

static void test_bomb(void **state)
{
	struct buf zeros, out;

	(void)state;
	buf_init(&zeros, BIG);
	buf_fill(&zeros, 0, 20 << 20);
	for (size_t c = 0; c < ARRAY_LEN(codecs); c++) {
		struct buf zip;
		struct err e;

		buf_init(&zip, BIG);
		buf_init(&out, BIG);
		codecs[c].make(buf_str(&zeros), 9, &zip);
		assert_true(zip.n < 40000);
		assert_int_equal(codecs[c].undo(buf_str(&zip), 1 << 20, &out, &e), -1);
		assert_int_equal(e.kind, ERR_LIMIT);
		assert_string_equal(e.msg, "decompressed data is larger than 1048576 bytes");
		assert_true(out.cap <= 1 << 20);
		/* The buf's own maximum counts as well. */
		buf_fini(&out);
		buf_init(&out, 1000);
		assert_int_equal(codecs[c].undo(buf_str(&zip), BIG, &out, &e), -1);
		assert_int_equal(e.kind, ERR_LIMIT);
		buf_fini(&out);
		buf_fini(&zip);
	}
	buf_fini(&zeros);
}

/* Frames that do not say how long their content is, as streaming writers make them. */
static void test_zstd_unknown_size(void **state)
{
	struct buf in = text_of(700000), out;
	size_t cap = ZSTD_compressBound(in.n);
	char *p = malloc(cap);
	ZSTD_CCtx *c = ZSTD_createCCtx();
	ZSTD_outBuffer zout = { p, cap, 0 };
	struct err e;

	(void)state;
	ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
	for (size_t i = 0; i < 7; i++) {
		ZSTD_inBuffer zin = { in.p + i * 100000, 100000, 0 };

		assert_int_equal(ZSTD_compressStream2(c, &zout, &zin, ZSTD_e_flush), 0);
	}
	assert_int_equal(ZSTD_compressStream2(c, &zout, &(ZSTD_inBuffer){ 0 }, ZSTD_e_end), 0);
	assert_true(ZSTD_getFrameContentSize(p, zout.pos) == ZSTD_CONTENTSIZE_UNKNOWN);
	buf_init(&out, BIG);
	assert_int_equal(zip_unzstd(str_of(p, zout.pos), 700000, &out, &e), 0);
	assert_true(str_eq(buf_str(&out), buf_str(&in)));
	buf_reset(&out);
	assert_int_equal(zip_unzstd(str_of(p, zout.pos), 699999, &out, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	p[zout.pos - 1] ^= 1;
	assert_int_equal(zip_unzstd(str_of(p, zout.pos), 700000, &out, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	ZSTD_freeCCtx(c);
	free(p);
	buf_fini(&in);
	buf_fini(&out);
}

static void test_magic(void **state)
{
	struct buf out;
	struct err e;

	(void)state;
	assert_true(zip_is_gzip(STR("\x1f\x8b\x08")));
	assert_false(zip_is_gzip(STR("\x1f")));
	assert_true(zip_is_zstd(STR("\x28\xb5\x2f\xfd")));
	assert_false(zip_is_zstd(STR("\x28\xb5\x2f")));
	buf_init(&out, BIG);
	assert_int_equal(zip_gunzip(STR("this is no gzip at all, but long"), BIG, &out, &e), -1);
	assert_string_equal(e.msg, "gzip: invalid header");
	assert_int_equal(zip_unzstd(STR("this is no zstd at all, but long"), BIG, &out, &e), -1);
	assert_string_equal(e.msg, "zstd: Unknown frame descriptor");
	buf_fini(&out);
}

static void test_output_maximum(void **state)
{
	struct buf in = text_of(100000), out;

	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(codecs); c++) {
		size_t n;

		buf_init(&out, BIG);
		codecs[c].make(buf_str(&in), 3, &out);
		n = out.n;
		buf_fini(&out);
		buf_init(&out, n - 1);
		codecs[c].make(buf_str(&in), 3, &out);
		assert_true(out.over);
		assert_int_equal(out.n, 0);
		buf_fini(&out);
		/* The bound is larger than the result; the result fits. */
		buf_init(&out, n + 1000);
		codecs[c].make(buf_str(&in), 3, &out);
		assert_false(out.over);
		assert_int_equal(out.n, n);
		buf_fini(&out);
	}
	buf_fini(&in);
}

static void *one_thread(void *arg)
{
	struct buf in = text_of(50000), zip, out;
	struct err e;

	buf_init(&zip, BIG);
	buf_init(&out, BIG);
	for (int level = 1; level <= 12; level++) {
		buf_reset(&zip);
		buf_reset(&out);
		zip_gzip(buf_str(&in), level, &zip);
		if (zip_gunzip(buf_str(&zip), BIG, &out, &e) < 0 || !str_eq(buf_str(&out), buf_str(&in)))
			*(int *)arg = -1;
	}
	buf_fini(&in);
	buf_fini(&zip);
	buf_fini(&out);
	return NULL;
}

/* One whole member that says its size, and nothing else. */
static void test_into(void **state)
{
	struct buf in = text_of(100000), zip;
	char *p = malloc(200000);

	(void)state;
	buf_init(&zip, BIG);
	zip_gzip(buf_str(&in), 3, &zip);
	assert_int_equal(zip_gunzip_size(buf_str(&zip), BIG), 100000);
	assert_int_equal(zip_gunzip_size(buf_str(&zip), 100000), 100000);
	assert_int_equal(zip_gunzip_size(buf_str(&zip), 99999), 0);
	assert_int_equal(zip_gunzip_size(str_of(zip.p, 17), BIG), 0);
	assert_true(zip_gunzip_into(buf_str(&zip), p, 100000));
	assert_memory_equal(p, in.p, 100000);
	assert_false(zip_gunzip_into(buf_str(&zip), p, 99999));
	assert_false(zip_gunzip_into(buf_str(&zip), p, 100001));
	assert_false(zip_gunzip_into(str_of(zip.p, zip.n - 1), p, 100000));
	zip.p[zip.n / 2] ^= 1;
	assert_false(zip_gunzip_into(buf_str(&zip), p, 100000));
	zip.p[zip.n / 2] ^= 1;
	/* the last of two members says its own size; and a size that no such input can have */
	zip_gzip(STR("more"), 3, &zip);
	assert_int_equal(zip_gunzip_size(buf_str(&zip), BIG), 4);
	assert_false(zip_gunzip_into(buf_str(&zip), p, 4));
	memcpy(zip.p + 36, "\xff\xff\xff\x7f", 4);
	assert_int_equal(zip_gunzip_size(str_of(zip.p, 40), SIZE_MAX), 0);
	buf_fini(&in);
	buf_fini(&zip);
	free(p);
}

static void test_threads(void **state)
{
	pthread_t threads[4];
	int bad[4] = { 0 };

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, one_thread, &bad[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(bad[i], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_magic),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_open_stream),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_lying_length),
		cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_zstd_unknown_size),
		cmocka_unit_test(test_output_maximum),
		cmocka_unit_test(test_into),
		cmocka_unit_test(test_threads),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
