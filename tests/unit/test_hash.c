/* test_hash.c - hashes and checksums against published values. Includes the source to reach
   the table variant of crc32c, which this machine would not choose. */
#include "libcommon/base/hash.c"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void test_crc32c(void **state)
{
	static const unsigned char iscsi[48] = {
		0x01,
		0xc0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0x14,
		0,
		0,
		0,
		0,
		0,
		4,
		0,
		0,
		0,
		0,
		0x14,
		0,
		0,
		0,
		0x18,
		0x28,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		2,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
	};
	char zeros[32] = { 0 }, ones[32];

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(crc32c(0, STR("")), 0);
	assert_int_equal(crc32c(0, STR("123456789")), 0xe3069283);
	/* RFC 3720, B.4 */
	assert_int_equal(crc32c(0, str_of(zeros, 32)), 0x8a9136aa);
	assert_int_equal(crc32c(0, str_of(ones, 32)), 0x62a8ab43);
	assert_int_equal(crc32c(0, str_of(iscsi, 48)), 0xd9963a56);
}

static void test_crc32c_variants_agree(void **state)
{
	char text[300];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 167 + 13);
	for (size_t at = 0; at < 9; at++)
		for (size_t n = 0; n + at <= 200; n++) {
			struct str s = str_of(text + at, n);

			assert_int_equal(crc32c(0, s), ~crc32c_table(~0u, s.p, s.n));
			/* May be continued. */
			assert_int_equal(crc32c(crc32c(0, str_of(s.p, n / 3)), str_skip(s, n / 3)), crc32c(0, s));
		}
}

static void test_crc32_ieee(void **state)
{
	(void)state;
	assert_int_equal(crc32_ieee(0, STR("")), 0);
	assert_int_equal(crc32_ieee(0, STR("123456789")), 0xcbf43926);
	assert_int_equal(crc32_ieee(crc32_ieee(0, STR("1234")), STR("56789")), 0xcbf43926);
}

static void test_fnv(void **state)
{
	(void)state;
	assert_int_equal(hash_fnv1a_32(STR("a")), 0xe40c292c);
	assert_int_equal(hash_fnv1a_32(STR("foobar")), 0xbf9cf968);
	assert_int_equal(hash_fnv1a_32(STR("\xff")), (0x811c9dc5u ^ 0xff) * 16777619u);
}

static void test_xxh(void **state)
{
	uint64_t before;

	(void)state;
	assert_true(hash_xxh64(STR(""), 0) == 0xef46db3751d8e999u);
	assert_true(hash_xxh64(STR("a"), 0) == 0xd24ec4f1a98c6e5bu);
	assert_true(hash_xxh64(STR("abc"), 0) == 0x44bc2cf5ad770999u);
	assert_true(hash_str(STR("")) == 0x2d06800538d394c2u);
	assert_true(hash_str(STR_NONE) == hash_str(STR("")));
	before = hash_seeded(STR("key"));
	hash_seed(0x123456789abcdefu);
	assert_true(hash_seeded(STR("key")) != before);
	assert_true(hash_seeded(STR("key")) == hash_seeded(STR("key")));
	hash_seed(0);
	assert_true(hash_seeded(STR("key")) == hash_str(STR("key")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc32c),
		cmocka_unit_test(test_crc32c_variants_agree),
		cmocka_unit_test(test_crc32_ieee),
		cmocka_unit_test(test_fnv),
		cmocka_unit_test(test_xxh),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
