/* formats/msg/pb.h: the protobuf wire format. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "formats/msg/pb.h"

static const struct {
	struct str bytes;
	uint64_t value;
} varints[] = {
	{ { "\x00", 1 }, 0 },
	{ { "\x7f", 1 }, 127 },
	{ { "\x80\x01", 2 }, 128 },
	{ { "\xff\x7f", 2 }, 16383 },
	{ { "\x80\x80\x01", 3 }, 16384 },
	{ { "\xff\xff\xff\xff\x0f", 5 }, UINT32_MAX },
	{ { "\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 9 }, INT64_MAX },
	{ { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 }, UINT64_MAX },
};

/* A copy at the very end of an allocation, for the sanitizer. */
static struct str tight(struct str s)
{
	char *p = malloc(s.n ? s.n : 1);

	assert_non_null(p);
	memcpy(p, s.p, s.n);
	return str_of(p, s.n);
}

static void drop(struct str s)
{
	free((void *)(uintptr_t)s.p);
}

static void varints_both_ways_and_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(varints); i++) {
		struct buf b;

		for (size_t cut = 0; cut <= varints[i].bytes.n; cut++) {
			struct str s = tight(str_of(varints[i].bytes.p, cut));
			struct pb_in in = pb_in(s);
			uint64_t v = 0;
			bool ok = pb_varint(&in, &v);

			assert_int_equal(ok, cut == varints[i].bytes.n);
			if (ok) {
				assert_true(v == varints[i].value);
				assert_ptr_equal(in.p, in.end);
			} else {
				assert_int_equal(in.bad, PB_SHORT);
			}
			drop(s);
		}
		buf_init(&b, 100);
		buf_uvarint(&b, varints[i].value);
		assert_true(str_eq(buf_str(&b), varints[i].bytes));
		assert_int_equal(pb_varint_size(varints[i].value), varints[i].bytes.n);
		buf_fini(&b);
	}
}

static void varint_sizes(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 64; bit++) {
		assert_int_equal(pb_varint_size(UINT64_C(1) << bit), bit / 7 + 1);
		assert_int_equal(pb_varint_size((UINT64_C(1) << bit) - 1), bit ? (bit - 1) / 7 + 1 : 1);
	}
	assert_int_equal(pb_zigzag(0), 0);
	assert_int_equal(pb_zigzag(1), -1);
	assert_int_equal(pb_zigzag(2), 1);
	assert_true(pb_zigzag(UINT64_MAX) == INT64_MIN);
}

static void bad_varints_and_tags(void **state)
{
	static const struct {
		struct str bytes;
		enum pb_bad bad;
	} cases[] = {
		{ { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10 }, PB_OVERFLOW },
		{ { "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11 }, PB_OVERFLOW },
		{ { "\x00", 1 }, PB_ILLEGAL }, /* number 0 */
		{ { "\x0e", 1 }, PB_ILLEGAL }, /* wire 6 */
		{ { "\x0f", 1 }, PB_ILLEGAL },
		{ { "\x80\x80\x80\x80\x10", 5 }, PB_ILLEGAL }, /* number 2^29 */
		{ { "", 0 }, PB_SHORT },
		{ { "\x80", 1 }, PB_SHORT },
	};
	static const char *const words[] = {
		"",
		"unexpected EOF",
		"proto: integer overflow",
		"proto: illegal tag",
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pb_in in = pb_in(cases[i].bytes);
		uint32_t tag;

		assert_false(pb_tag(&in, &tag));
		assert_int_equal(in.bad, cases[i].bad);
		assert_int_equal(pb_fault(&in, &e), -1);
		assert_string_equal(e.msg, words[cases[i].bad]);
		assert_int_equal(e.kind, ERR_INVALID);
	}
}

static void largest_tag(void **state)
{
	struct pb_in in = pb_in(STR("\xfd\xff\xff\xff\x0f"));
	uint32_t tag;

	(void)state;
	assert_true(pb_tag(&in, &tag));
	assert_int_equal(tag, PB_TAG((1 << 29) - 1, PB_FIX32));
}

/* One value of each wire; skipping takes exactly its bytes and notices each cut. */
static void skip_each_wire(void **state)
{
	static const struct str values[] = {
		{ "\x08\x96\x01", 3 },
		{ "\x09"
		  "12345678",
		    9 },
		{ "\x0a\x03"
		  "abc",
		    5 },
		{ "\x0a\x00", 2 },
		{ "\x0b\x10\x05\x13\x1a\x01x\x14\x0c", 9 }, /* groups 1 { 2: 5, 2 { 3: "x" } } */
		{ "\x0d"
		  "1234",
		    5 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		for (size_t cut = 1; cut <= values[i].n; cut++) {
			struct str s = tight(str_of(values[i].p, cut));
			struct pb_in in = pb_in(s);
			uint32_t tag;

			assert_true(pb_tag(&in, &tag));
			assert_int_equal(pb_skip(&in, tag), cut == values[i].n);
			if (cut == values[i].n)
				assert_ptr_equal(in.p, in.end);
			else
				assert_int_equal(in.bad, PB_SHORT);
			drop(s);
		}
}

static void bad_groups(void **state)
{
	static char deep[1000];
	static const struct str values[] = {
		{ "\x0c", 1 },     /* an end without a start */
		{ "\x0b\x14", 2 }, /* the end of another */
		{ deep, sizeof(deep) },
	};

	(void)state;
	memset(deep, 0x0b, sizeof(deep));
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		struct pb_in in = pb_in(values[i]);
		uint32_t tag;

		assert_true(pb_tag(&in, &tag));
		assert_false(pb_skip(&in, tag));
		assert_int_equal(in.bad, PB_ILLEGAL);
	}
}

static void length_past_the_end(void **state)
{
	static const struct str values[] = {
		{ "\x05"
		  "abcd",
		    5 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
		  "abcd",
		    14 },
	};
	struct str s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		struct pb_in in = pb_in(values[i]);

		assert_false(pb_bytes(&in, &s));
		assert_int_equal(in.bad, PB_SHORT);
	}
}

static void writer(void **state)
{
	static const uint64_t list[] = { 0, 1, 127, 128, 300, UINT64_MAX };
	static const double doubles[] = { 15 };
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	pb_put_varint(&b, 1, 150);
	pb_put_f64(&b, 6, 15);
	pb_put_bytes(&b, 16, STR("ab"));
	pb_put_packed(&b, 2, list, ARRAY_LEN(list));
	pb_put_packed(&b, 2, list, 0);
	pb_put_packed_f64(&b, 3, doubles, 1);
	pb_put_packed_f64(&b, 3, doubles, 0);
	assert_true(str_eq(buf_str(&b),
	    STR("\x08\x96\x01"
		"\x31\x00\x00\x00\x00\x00\x00\x2e\x40"
		"\x82\x01\x02"
		"ab"
		"\x12\x11\x00\x01\x7f\x80\x01\xac\x02"
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
		"\x1a\x08\x00\x00\x00\x00\x00\x00\x2e\x40")));
	assert_int_equal(pb_count_varints(STR("\x00\x01\x7f\x80\x01\xac\x02")), 5);
	buf_fini(&b);
}

/* Contents around the sizes where the length takes another byte, with every guess. */
static void open_and_close(void **state)
{
	static const size_t sizes[] = { 0, 1, 127, 128, 16383, 16384, 70000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		for (unsigned guess = 1; guess <= 4; guess++) {
			struct buf b, want;
			size_t at;

			buf_init(&b, 100000);
			buf_init(&want, 100000);
			at = pb_open(&b, 2, guess);
			for (size_t k = 0; k < sizes[i]; k++)
				buf_byte(&b, (unsigned char)k);
			assert_int_equal(pb_close(&b, at, guess), pb_varint_size(sizes[i]));
			buf_byte(&b, 'x');
			buf_byte(&want, 0x12);
			buf_uvarint(&want, sizes[i]);
			for (size_t k = 0; k < sizes[i]; k++)
				buf_byte(&want, (unsigned char)k);
			buf_byte(&want, 'x');
			assert_true(str_eq(buf_str(&b), buf_str(&want)));
			buf_fini(&b);
			buf_fini(&want);
		}
}

static void full_buf(void **state)
{
	static const uint64_t list[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	(void)state;
	for (size_t max = 0; max < 20; max++) {
		struct buf b;
		size_t at;
		struct err e;

		buf_init(&b, max);
		at = pb_open(&b, 1, 1);
		pb_put_packed(&b, 2, list, ARRAY_LEN(list));
		pb_put_bytes(&b, 3, STR("abcdefgh"));
		pb_close(&b, at, 1);
		assert_true(b.n <= max);
		assert_int_equal(buf_check(&b, "answer", &e), -1);
		assert_int_equal(e.kind, ERR_LIMIT);
		buf_fini(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(varints_both_ways_and_cut),
		cmocka_unit_test(varint_sizes),
		cmocka_unit_test(bad_varints_and_tags),
		cmocka_unit_test(largest_tag),
		cmocka_unit_test(skip_each_wire),
		cmocka_unit_test(bad_groups),
		cmocka_unit_test(length_past_the_end),
		cmocka_unit_test(writer),
		cmocka_unit_test(open_and_close),
		cmocka_unit_test(full_buf),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
