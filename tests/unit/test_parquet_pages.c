/* test_parquet_pages.c - pages of other writers: codecs, encodings, dictionaries, types, limits */
#include "base/hash.h"
#include "base/mem.h"
#include "base/zip.h"
#include "formats/parquet/codec.h"
#include "formats/parquet/dbp.h"
#include "formats/parquet/page.h"

/* Last: its macros fail and skip are names of ours. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

struct raw_page {
	struct buf bytes;
};

static void put_page(struct raw_page *p, int encoding, uint32_t n, struct str body, size_t raw)
{
	struct pq_page_header h = { .type = PQ_DATA,
		.raw_bytes = (uint32_t)raw,
		.bytes = (uint32_t)body.n,
		.n_values = n,
		.encoding = encoding,
		.def_encoding = PQ_RLE,
		.rep_encoding = PQ_RLE,
		.has_crc = true,
		.crc = crc32_ieee(0, body) };

	buf_init(&p->bytes, 1 << 20);
	page_header_encode(&p->bytes, &h);
	buf_add(&p->bytes, body);
}

/* Decodes; also with each cut of the page, and with each bit of the body wrong. */
static int decode(struct raw_page *p, const struct pq_leaf *leaf, int codec, const struct pq_values *dict,
    struct pq_values *v, struct err *e)
{
	struct pq_scratch s = { 0 };
	struct pq_values junk = { 0 };
	struct err ignored;
	int rc;

	for (size_t cut = 0; cut < p->bytes.n; cut++) {
		char *in = mem_alloc(cut + 1);

		memcpy(in, p->bytes.p, cut);
		assert_int_equal(page_decode(&s, str_of(in, cut), leaf, codec, dict, UINT32_MAX, &junk, &ignored), -1);
		mem_free(in);
	}
	for (size_t bit = 8; bit < p->bytes.n * 8; bit++) {
		p->bytes.p[bit / 8] = (char)(p->bytes.p[bit / 8] ^ 1 << bit % 8);
		page_decode(&s, buf_str(&p->bytes), leaf, codec, dict, UINT32_MAX, &junk, &ignored);
		p->bytes.p[bit / 8] = (char)(p->bytes.p[bit / 8] ^ 1 << bit % 8);
	}
	pq_values_fini(&junk);
	rc = page_decode(&s, buf_str(&p->bytes), leaf, codec, dict, UINT32_MAX, v, e);
	pq_scratch_fini(&s);
	buf_fini(&p->bytes);
	return rc;
}

/* A page of 13 bytes that says it has `size` of them. */
static int unpack(enum pq_codec codec, struct str packed, uint32_t size, struct pq_values *v, struct err *e)
{
	static const struct pq_leaf leaf = { .type = PQ_FIXED, .length = 1 };
	struct raw_page p;

	put_page(&p, PQ_PLAIN, 13, packed, size);
	return decode(&p, &leaf, codec, NULL, v, e);
}

static void unpacks(enum pq_codec codec, struct str packed)
{
	struct pq_values v = { 0 };
	struct err e;

	assert_int_equal(unpack(codec, packed, 13, &v, &e), 0);
	assert_memory_equal(v.fixed.p, "abcdabcdabcdx", 13);
	pq_values_fini(&v);
}

static void test_codecs(void **state)
{
	struct pq_values v = { 0 };
	struct buf zipped;
	struct err e;

	(void)state;
	unpacks(PQ_SNAPPY,
	    STR("\x0d\x0c"
		"abcd\x11\x04\x00x"));
	/* The same with the long forms: a length byte, a distance of two bytes, of four. */
	unpacks(PQ_SNAPPY,
	    STR("\x0d\xf0\x03"
		"abcd\x0e\x04\x00\x0f\x04\x00\x00\x00\x00x"));
	unpacks(PQ_LZ4_RAW,
	    STR("\x44"
		"abcd\x04\x00\x10x"));
	buf_init(&zipped, 1000);
	zip_gzip(STR("abcdabcdabcdx"), 6, &zipped);
	unpacks(PQ_GZIP, buf_str(&zipped));
	buf_reset(&zipped);
	zip_zstd(STR("abcdabcdabcdx"), 3, &zipped);
	unpacks(PQ_ZSTD, buf_str(&zipped));
	assert_int_equal(unpack(PQ_ZSTD, buf_str(&zipped), 12, &v, &e), -1);
	assert_int_equal(unpack(PQ_ZSTD, buf_str(&zipped), 14, &v, &e), -1);
	assert_int_equal(unpack(PQ_BROTLI, STR("abcdabcdabcdx"), 13, &v, &e), -1);
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	buf_fini(&zipped);
	pq_values_fini(&v);
}

/* LZ4 lengths of 15 and more go on in further bytes. */
static void test_lz4_long(void **state)
{
	static const struct pq_leaf leaf = { .type = PQ_FIXED, .length = 1 };
	struct pq_values v = { 0 };
	struct raw_page p;
	struct buf body;
	struct err e;

	(void)state;
	buf_init(&body, 1000);
	buf_add(&body, STR("\xff\x05")); /* 20 literals, match of 15 + 255 + 10 + 4 */
	buf_fill(&body, 'l', 19);
	buf_add(&body,
	    STR("m\x01\x00\xff\x0a\x50"
		"abcde"));
	put_page(&p, PQ_PLAIN, 309, buf_str(&body), 309);
	assert_int_equal(decode(&p, &leaf, PQ_LZ4_RAW, NULL, &v, &e), 0);
	assert_int_equal(v.fixed.p[18], 'l');
	for (int i = 19; i < 304; i++)
		assert_int_equal(v.fixed.p[i], 'm');
	assert_memory_equal(v.fixed.p + 304, "abcde", 5);
	buf_fini(&body);
	pq_values_fini(&v);
}

static void check_strs(const struct pq_values *v, const char *const *want, size_t n)
{
	assert_int_equal(v->strs.n, n);
	for (size_t i = 0; i < n; i++)
		assert_true(str_eq(v->strs.p[i], str_cstr(want[i])));
}

static void test_strings(void **state)
{
	static const struct pq_leaf leaf = { .type = PQ_BYTES };
	static const char *const want[] = { "axis", "axle", "", "babble", "babyhood" };
	static const uint32_t lengths[] = { 4, 4, 0, 6, 8 }, prefix[] = { 0, 2, 0, 0, 3 }, suffix[] = { 4, 2, 0, 6, 5 };
	static const uint32_t bad[] = { 0, 5, 0, 0, 3 };
	struct pq_values v = { 0 }, picked = { 0 };
	struct raw_page p;
	struct buf body;
	struct err e;

	(void)state;
	buf_init(&body, 1000);
	for (int i = 0; i < 5; i++) {
		buf_u32le(&body, lengths[i]);
		buf_add(&body, str_cstr(want[i]));
	}
	put_page(&p, PQ_PLAIN, 5, buf_str(&body), body.n);
	assert_int_equal(decode(&p, &leaf, PQ_NONE, NULL, &v, &e), 0);
	check_strs(&v, want, 5);
	put_page(&p, PQ_DICTIONARY, 3, STR("\x03\x03\xcc\x00\x00"), 5); /* 4, 1, 3 */
	assert_int_equal(decode(&p, &leaf, PQ_NONE, &v, &picked, &e), 0);
	check_strs(&picked, (const char *const[]){ want[4], want[1], want[3] }, 3);
	put_page(&p, PQ_DICTIONARY, 1, STR("\x03\x03\x05\x00\x00"), 5);
	assert_int_equal(decode(&p, &leaf, PQ_NONE, &v, &picked, &e), -1); /* 5 of 5 */
	put_page(&p, PQ_DICTIONARY, 1, STR("\x03\x03\x01\x00\x00"), 5);
	assert_int_equal(decode(&p, &leaf, PQ_NONE, NULL, &picked, &e), -1); /* no dictionary */

	buf_reset(&body);
	dbp_encode32(&body, lengths, 5);
	for (int i = 0; i < 5; i++)
		buf_add(&body, str_cstr(want[i]));
	put_page(&p, PQ_DELTA_LENGTH, 5, buf_str(&body), body.n);
	assert_int_equal(decode(&p, &leaf, PQ_NONE, NULL, &v, &e), 0);
	check_strs(&v, want, 5);

	buf_reset(&body);
	dbp_encode32(&body, prefix, 5);
	dbp_encode32(&body, suffix, 5);
	buf_add(&body, STR("axislebabbleyhood"));
	put_page(&p, PQ_DELTA_BYTES, 5, buf_str(&body), body.n);
	assert_int_equal(decode(&p, &leaf, PQ_NONE, NULL, &v, &e), 0);
	check_strs(&v, want, 5);
	buf_reset(&body);
	dbp_encode32(&body, bad, 5);
	dbp_encode32(&body, suffix, 5);
	buf_add(&body, STR("axislebabbleyhood"));
	put_page(&p, PQ_DELTA_BYTES, 5, buf_str(&body), body.n);
	assert_int_equal(decode(&p, &leaf, PQ_NONE, NULL, &v, &e), -1);
	buf_fini(&body);
	pq_values_fini(&v);
	pq_values_fini(&picked);
}

/* A page of n numbers of 64 bits as the dictionary of a chunk. */
static void read_dictionary(const int64_t *numbers, uint32_t n, struct pq_values *out)
{
	static const struct pq_leaf leaf = { .type = PQ_INT64 };
	struct str body = str_of((const char *)numbers, n * sizeof(*numbers));
	struct pq_page_header h = { .type = PQ_DICT,
		.raw_bytes = (uint32_t)body.n,
		.bytes = (uint32_t)body.n,
		.n_values = n,
		.encoding = PQ_PLAIN };
	struct pq_scratch s = { 0 };
	struct buf page;
	struct err e;

	buf_init(&page, 1000);
	page_header_encode(&page, &h);
	buf_add(&page, body);
	assert_int_equal(page_decode(&s, buf_str(&page), &leaf, PQ_NONE, NULL, UINT32_MAX, out, &e), 0);
	buf_fini(&page);
	pq_scratch_fini(&s);
}

static void test_narrow(void **state)
{
	static const struct pq_leaf leaf = { .type = PQ_INT64 }, nulls = { .type = PQ_INT64, .max_def = 1 };
	static const int64_t small[] = { 7, 4294967295, 0, 1, 2 }, large[] = { 7, 4294967296, 0, 1, 2 },
			     negative[] = { 7, -1, 0, 1, 2 };
	struct pq_values dict = { 0 }, got = { .narrows = true }, wide = { 0 };
	struct raw_page p;
	struct err e;

	(void)state;
	read_dictionary(small, 5, &dict);
	put_page(&p, PQ_DICTIONARY, 3, STR("\x03\x03\xcc\x00\x00"), 5); /* 4, 1, 3 */
	assert_int_equal(decode(&p, &leaf, PQ_NONE, &dict, &got, &e), 0);
	assert_int_equal(got.ints.n, 0);
	assert_int_equal(got.narrow.n, 3);
	assert_memory_equal(got.narrow.p, ((const uint32_t[]){ 2, 4294967295, 1 }), 12);
	put_page(&p, PQ_DICTIONARY, 3, STR("\x03\x03\xcc\x00\x00"), 5);
	assert_int_equal(decode(&p, &leaf, PQ_NONE, &dict, &wide, &e), 0); /* who did not ask */
	assert_int_equal(wide.narrow.n, 0);
	assert_memory_equal(wide.ints.p, ((const int64_t[]){ 2, 4294967295, 1 }), 24);
	put_page(&p, PQ_DICTIONARY, 3, STR("\x02\x00\x00\x00\x03\x05\x03\x03\x0c\x00\x00"), 11); /* 4, a null, 1 */
	assert_int_equal(decode(&p, &nulls, PQ_NONE, &dict, &got, &e), 0);
	assert_int_equal(got.entries, 3);
	assert_int_equal(got.narrow.n, 0);
	assert_memory_equal(got.ints.p, ((const int64_t[]){ 2, 4294967295 }), 16);
	put_page(&p, PQ_DICTIONARY, 1, STR("\x03\x03\x05\x00\x00"), 5);
	assert_int_equal(decode(&p, &leaf, PQ_NONE, &dict, &got, &e), -1); /* 5 of 5 */
	for (int i = 0; i < 2; i++) {
		read_dictionary(i == 0 ? large : negative, 5, &dict);
		put_page(&p, PQ_DICTIONARY, 3, STR("\x03\x03\xcc\x00\x00"), 5);
		assert_int_equal(decode(&p, &leaf, PQ_NONE, &dict, &got, &e), 0);
		assert_int_equal(got.narrow.n, 0);
		assert_memory_equal(got.ints.p, ((const int64_t[]){ 2, i == 0 ? 4294967296 : -1, 1 }), 24);
	}
	pq_values_fini(&dict);
	pq_values_fini(&got);
	pq_values_fini(&wide);
}

static void test_small_types(void **state)
{
	static const struct pq_leaf boolean = { .type = PQ_BOOLEAN };
	static const struct pq_leaf i32 = { .type = PQ_INT32 }, u32 = { .type = PQ_INT32, .logical = PQ_U32 };
	struct pq_values v = { 0 };
	struct raw_page p;
	struct err e;

	(void)state;
	put_page(&p, PQ_PLAIN, 10, STR("\x35\x02"), 2);
	assert_int_equal(decode(&p, &boolean, PQ_NONE, NULL, &v, &e), 0);
	assert_memory_equal(v.ints.p, ((int64_t[]){ 1, 0, 1, 0, 1, 1, 0, 0, 0, 1 }), 80);
	put_page(&p, PQ_RLE, 4, STR("\x02\x00\x00\x00\x03\x05"), 6);
	assert_int_equal(decode(&p, &boolean, PQ_NONE, NULL, &v, &e), 0);
	assert_memory_equal(v.ints.p, ((int64_t[]){ 1, 0, 1, 0 }), 32);
	put_page(&p, PQ_PLAIN, 1, STR("\xfe\xff\xff\xff"), 4);
	assert_int_equal(decode(&p, &i32, PQ_NONE, NULL, &v, &e), 0);
	assert_true(v.ints.p[0] == -2);
	put_page(&p, PQ_PLAIN, 1, STR("\xfe\xff\xff\xff"), 4);
	assert_int_equal(decode(&p, &u32, PQ_NONE, NULL, &v, &e), 0);
	assert_true(v.ints.p[0] == 0xfffffffe);
	put_page(&p, 9, 1, STR("\xfe\xff\xff\xff"), 4);
	assert_int_equal(decode(&p, &i32, PQ_NONE, NULL, &v, &e), -1);
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	pq_values_fini(&v);
}

static void test_limits(void **state)
{
	static const struct pq_leaf leaf = { .type = PQ_INT64 };
	struct pq_page_header h = { .type = PQ_DATA,
		.encoding = PQ_DELTA,
		.def_encoding = PQ_RLE,
		.rep_encoding = PQ_RLE };
	struct pq_scratch s = { 0 };
	struct pq_values v = { 0 };
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 1000);
	h.n_values = PQ_MAX_ENTRIES + 1;
	page_header_encode(&b, &h);
	assert_int_equal(page_decode(&s, buf_str(&b), &leaf, PQ_NONE, NULL, UINT32_MAX, &v, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	buf_reset(&b);
	h.n_values = 1;
	h.raw_bytes = PQ_MAX_PAGE + 1;
	page_header_encode(&b, &h);
	assert_int_equal(page_decode(&s, buf_str(&b), &leaf, PQ_ZSTD, NULL, UINT32_MAX, &v, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	buf_fini(&b);
	pq_values_fini(&v);
	pq_scratch_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codecs),
		cmocka_unit_test(test_lz4_long),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_small_types),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_limits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
