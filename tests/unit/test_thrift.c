/* test_thrift.c - the compact protocol, and the structs of Parquet in it */
#include "base/mem.h"
#include "formats/parquet/meta.h"
#include "formats/parquet/thrift.h"

/* Last: its macros fail and skip are names of ours. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#define BYTES(literal)                         \
	(struct str)                           \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}

static void test_scalars(void **state)
{
	int16_t last = 0;
	struct buf b;
	struct thrift_in t;
	struct thrift_field f = { 0 };

	(void)state;
	buf_init(&b, 1000);
	thrift_put_i32(&b, &last, 1, -3);
	thrift_put_bool(&b, &last, 2, true);
	thrift_put_bool(&b, &last, 3, false);
	thrift_put_i64(&b, &last, 20, INT64_MIN);
	thrift_put_int(&b, &last, 21, THRIFT_I8, -2);
	thrift_put_binary(&b, &last, 300, STR("abc"));
	thrift_put_stop(&b);
	assert_memory_equal(b.p, "\x15\x05\x11\x12\x06\x28", 6);
	t = thrift_in(buf_str(&b));
	assert_true(thrift_next(&t, &f) && f.id == 1);
	assert_int_equal(thrift_i32(&t, &f), -3);
	assert_true(thrift_next(&t, &f) && f.id == 2);
	assert_true(thrift_bool(&t, &f));
	assert_true(thrift_next(&t, &f) && f.id == 3);
	assert_false(thrift_bool(&t, &f));
	assert_true(thrift_next(&t, &f) && f.id == 20);
	assert_true(thrift_int(&t, &f) == INT64_MIN);
	assert_true(thrift_next(&t, &f) && f.id == 21);
	assert_int_equal(thrift_int(&t, &f), -2);
	assert_true(thrift_next(&t, &f) && f.id == 300);
	assert_true(str_eq(thrift_binary(&t, &f), STR("abc")));
	assert_false(thrift_next(&t, &f));
	assert_false(t.bad);
	buf_fini(&b);
}

static void test_skip(void **state)
{
	static const struct {
		struct str in;
		bool ok;
	} cases[] = {
		{ BYTES("\x13\x7f\x00"), true },                             /* i8 */
		{ BYTES("\x17\x01\x02\x03\x04\x05\x06\x07\x08\x00"), true }, /* double */
		{ BYTES("\x17\x01\x02\x03\x00"), false }, { BYTES("\x18\x02xy\x00"), true },
		{ BYTES("\x18\x05xy\x00"), false }, { BYTES("\x19\x35\x01\x02\x03\x00"), true }, /* three i32 */
		{ BYTES("\x19\x22\x01\x02\x00"), true },                                         /* two bools */
		{ BYTES("\x19\xf5\x03\x01\x02\x03\x00"), true },      /* long form of the count */
		{ BYTES("\x19\xf5\xff\xff\xff\xff\x0f\x00"), false }, /* count beyond the bytes */
		{ BYTES("\x1b\x01\x58\x02\x01z\x00"), true },         /* map i32 to binary */
		{ BYTES("\x1b\x00\x00"), true }, { BYTES("\x1c\x15\x02\x1c\x11\x00\x00\x00"), true }, /* structs */
		{ BYTES("\x1d\x00"), false },                                                         /* type 13 */
		{ BYTES("\x15\x02"), false },                                                         /* no end */
		{ BYTES(""), false }, { BYTES("\x05\x80\x80\x80\x80\x01\x02\x00"), false }, /* id beyond 16 bits */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *in = mem_alloc(cases[i].in.n + !cases[i].in.n);
		struct thrift_in t;

		memcpy(in, cases[i].in.p, cases[i].in.n);
		t = thrift_in(str_of(in, cases[i].in.n));
		for (struct thrift_field f = { 0 }; thrift_next(&t, &f);)
			thrift_skip(&t, &f);
		assert_int_equal(!t.bad, cases[i].ok);
		if (cases[i].ok)
			assert_ptr_equal(t.p, t.end);
		mem_free(in);
	}
}

static void test_depth(void **state)
{
	char deep[1000];
	struct thrift_in t = thrift_in(str_of(deep, sizeof(deep)));

	(void)state;
	memset(deep, 0x1c, sizeof(deep));
	for (struct thrift_field f = { 0 }; thrift_next(&t, &f);)
		thrift_skip(&t, &f);
	assert_true(t.bad);
	memset(deep, 0x19, sizeof(deep)); /* lists in lists */
	t = thrift_in(str_of(deep, sizeof(deep)));
	for (struct thrift_field f = { 0 }; thrift_next(&t, &f);)
		thrift_skip(&t, &f);
	assert_true(t.bad);
}

static void test_wrong_types(void **state)
{
	struct thrift_in t = thrift_in(BYTES("\x18\x01x\x00"));
	struct thrift_field f = { 0 };

	(void)state;
	assert_true(thrift_next(&t, &f));
	assert_int_equal(thrift_int(&t, &f), 0);
	assert_true(t.bad);
	assert_false(thrift_next(&t, &f));
}

/* A page header of a real file (V2), and its indexes. */
static void test_real_bytes(void **state)
{
	struct arena *a = arena_new();
	struct pq_page_header h;
	struct pq_page_bounds *b;
	struct pq_page_at *at;
	struct buf out;
	struct err e;
	uint32_t n;
	size_t used;

	(void)state;
	assert_int_equal(page_header_decode(BYTES("\x15\x06\x15\x14\x15\x14\x15\x80\x92\xf1\xac\x06\x4c\x15\x14\x15\x00"
						  "\x15\x14\x15\x0a\x15\x00\x15\x00\x12\x00\x00\x80\x01"),
			     &h, &used, &e),
	    0);
	assert_int_equal(used, 28);
	assert_int_equal(h.type, PQ_DATA2);
	assert_int_equal(h.raw_bytes, 10);
	assert_int_equal(h.bytes, 10);
	assert_true(h.has_crc);
	assert_int_equal(h.crc, 852370560);
	assert_int_equal(h.n_values, 10);
	assert_int_equal(h.n_rows, 10);
	assert_int_equal(h.encoding, PQ_DELTA);
	assert_false(h.compressed);

	assert_int_equal(column_index_decode(a,
			     BYTES("\x19\x12\x00\x19\x18\x04\x01\x00\x00\x00\x19\x18\x04\x01\x00\x00"
				   "\x00\x15\x00\x19\x16\x00\x00"),
			     &b, &n, &e),
	    0);
	assert_int_equal(n, 1);
	assert_false(b[0].null);
	assert_true(str_eq(b[0].min, BYTES("\x01\x00\x00\x00")));
	buf_init(&out, 1000);
	column_index_encode(&out, b, n, 0);
	assert_int_equal(out.n, 23);
	assert_memory_equal(out.p,
	    "\x19\x12\x00\x19\x18\x04\x01\x00\x00\x00\x19\x18\x04\x01\x00\x00\x00\x15\x00"
	    "\x19\x16\x00\x00",
	    23);

	/* Nulls only, and no values in the lists. */
	assert_int_equal(column_index_decode(a, BYTES("\x19\x12\x01\x19\x08\x19\x08\x15\x00\x19\x16\x14\x00"), &b, &n,
			     &e),
	    0);
	assert_int_equal(n, 1);
	assert_true(b[0].null);
	assert_int_equal(b[0].nulls, 10);
	/* 2 is false in some writers' lists. */
	assert_int_equal(column_index_decode(a, BYTES("\x19\x11\x02\x19\x18\x00\x19\x18\x00\x15\x00\x00"), &b, &n, &e),
	    0);
	assert_false(b[0].null);
	assert_int_equal(column_index_decode(a, BYTES("\x19\x12\x00\x19\x28\x00\x00\x00"), &b, &n, &e), -1);

	assert_int_equal(offset_index_decode(a, BYTES("\x19\x1c\x16\x84\x03\x15\x4c\x16\x00\x00\x00"), &at, &n, &e), 0);
	assert_int_equal(n, 1);
	assert_int_equal(at[0].at, 194);
	assert_int_equal(at[0].bytes, 38);
	buf_reset(&out);
	offset_index_encode(&out, at, n);
	assert_int_equal(out.n, 11);
	assert_memory_equal(out.p, "\x19\x1c\x16\x84\x03\x15\x4c\x16\x00\x00\x00", 11);
	buf_fini(&out);
	arena_free(a);
}

static void test_header_round_trip(void **state)
{
	struct pq_page_header in = { .type = PQ_DATA,
		.raw_bytes = 70000,
		.bytes = 1234,
		.has_crc = true,
		.crc = 0xfedcba98,
		.n_values = 99,
		.encoding = PQ_DICTIONARY,
		.def_encoding = PQ_RLE,
		.rep_encoding = PQ_RLE,
		.compressed = true },
			      out;
	struct buf b;
	struct err e;
	size_t used;

	(void)state;
	buf_init(&b, 1000);
	page_header_encode(&b, &in);
	assert_int_equal(page_header_decode(buf_str(&b), &out, &used, &e), 0);
	assert_int_equal(used, b.n);
	assert_int_equal(out.crc, in.crc);
	assert_int_equal(out.n_values, 99);
	assert_int_equal(out.encoding, PQ_DICTIONARY);
	assert_int_equal(out.rep_encoding, PQ_RLE);
	assert_int_equal(out.raw_bytes, 70000);
	for (size_t cut = 0; cut < b.n; cut++)
		assert_int_equal(page_header_decode(str_of(b.p, cut), &out, &used, &e), -1);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_skip),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_real_bytes),
		cmocka_unit_test(test_header_round_trip),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
