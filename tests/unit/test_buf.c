/* test_buf.c - owned bytes with a maximum. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"

static void test_append(void **state)
{
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 1000);
	buf_add(&b, STR("ab"));
	buf_add(&b, STR_NONE);
	buf_byte(&b, 'c');
	buf_fill(&b, '-', 3);
	buf_printf(&b, "%d", 42);
	assert_true(str_eq(buf_str(&b), STR("abc---42")));
	assert_int_equal(buf_check(&b, "x", &e), 0);
	buf_reset(&b);
	assert_int_equal(b.n, 0);
	buf_fini(&b);
	buf_add(&b, STR("again"));
	assert_true(str_eq(buf_str(&b), STR("again")));
	buf_fini(&b);
}

static void test_maximum(void **state)
{
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 10);
	buf_add(&b, STR("0123456789"));
	assert_false(b.over);
	assert_true(buf_room(&b, 0));
	assert_int_equal(buf_check(&b, "name", &e), 0);
	buf_byte(&b, 'x');
	assert_true(b.over);
	assert_int_equal(b.n, 10);
	assert_int_equal(buf_check(&b, "name", &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_string_equal(e.msg, "name: larger than 10 bytes");
	assert_true(str_eq(buf_str(&b), STR("0123456789")));
	buf_fini(&b);
}

/* After one append did not fit, smaller ones that would fit are ignored too. */
static void test_over_stays(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	buf_add(&b, STR("keep"));
	assert_false(buf_room(&b, 97));
	buf_byte(&b, 'x');
	buf_add(&b, STR("x"));
	buf_fill(&b, 'x', 1);
	buf_printf(&b, "x");
	buf_u32be(&b, 1);
	buf_uvarint(&b, 1);
	assert_false(buf_room(&b, 0));
	assert_true(str_eq(buf_str(&b), STR("keep")));
	buf_reset(&b);
	for (int i = 0; i < 100; i++)
		buf_byte(&b, 'y');
	assert_false(b.over);
	assert_int_equal(b.n, 100);
	buf_fini(&b);
}

/* Small ones are copied, large ones are the same memory; both live as long as the arena. */
static void test_to_arena(void **state)
{
	static const size_t sizes[] = { 0, 1, 65535, 65536, 1000000 };
	struct arena *a = arena_new();

	(void)state;
	for (int round = 0; round < 2; round++) {
		struct str s[5];
		struct buf b;

		buf_init(&b, 1000000);
		for (size_t i = 0; i < 5; i++) {
			buf_fill(&b, (char)('a' + i), sizes[i]);
			s[i] = buf_to_arena(&b, a);
			assert_null(b.p);
			assert_int_equal(b.n + b.cap, 0);
			assert_int_equal(b.max, 1000000);
			assert_int_equal(s[i].n, sizes[i]);
		}
		for (size_t i = 1; i < 5; i++) {
			assert_int_equal(s[i].p[0], 'a' + i);
			assert_int_equal(s[i].p[sizes[i] - 1], 'a' + i);
		}
		assert_true(arena_bytes(a) > 1131071);
		buf_fini(&b);
		arena_reset(a);
		assert_true(arena_bytes(a) < 600000);
	}
	arena_free(a);
}

static void test_huge_room(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 50);
	buf_byte(&b, 'a');
	assert_false(buf_room(&b, SIZE_MAX));
	buf_fini(&b);
}

static void test_printf_edges(void **state)
{
	struct buf b;

	(void)state;
	for (size_t n = 0; n < 140; n++) {
		buf_init(&b, n + 5);
		buf_fill(&b, '.', n);
		buf_printf(&b, "%s", "12345");
		assert_false(b.over);
		assert_memory_equal(b.p + n, "12345", 5);
		buf_printf(&b, "%s", "6");
		assert_true(b.over);
		assert_int_equal(b.n, n + 5);
		buf_fini(&b);
	}
}

static void test_integers(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	buf_u16be(&b, 0x0102);
	buf_u32be(&b, 0x03040506);
	buf_u64be(&b, 0x0708090a0b0c0d0e);
	buf_u32le(&b, 0x04030201);
	buf_u64le(&b, 0x0807060504030201);
	assert_true(str_eq(buf_str(&b), STR("\1\2\3\4\5\6\7\10\11\12\13\14\15\16\1\2\3\4\1\2\3\4\5\6\7\10")));
	buf_fini(&b);
}

static void test_varints(void **state)
{
	static const struct {
		uint64_t v;
		struct str bytes;
	} unsigned_cases[] = {
		{ 0, { "\0", 1 } },
		{ 127, { "\x7f", 1 } },
		{ 128, { "\x80\x01", 2 } },
		{ 300, { "\xac\x02", 2 } },
		{ UINT64_MAX, { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 } },
	};
	static const struct {
		int64_t v;
		struct str bytes;
	} signed_cases[] = {
		{ 0, { "\0", 1 } },
		{ -1, { "\x01", 1 } },
		{ 1, { "\x02", 1 } },
		{ -64, { "\x7f", 1 } },
		{ 64, { "\x80\x01", 2 } },
		{ INT64_MIN, { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 } },
		{ INT64_MAX, { "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 } },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	for (size_t i = 0; i < ARRAY_LEN(unsigned_cases); i++) {
		buf_reset(&b);
		buf_uvarint(&b, unsigned_cases[i].v);
		assert_true(str_eq(buf_str(&b), unsigned_cases[i].bytes));
	}
	for (size_t i = 0; i < ARRAY_LEN(signed_cases); i++) {
		buf_reset(&b);
		buf_varint(&b, signed_cases[i].v);
		assert_true(str_eq(buf_str(&b), signed_cases[i].bytes));
	}
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_maximum),
		cmocka_unit_test(test_over_stays),
		cmocka_unit_test(test_to_arena),
		cmocka_unit_test(test_huge_room),
		cmocka_unit_test(test_printf_edges),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_varints),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
