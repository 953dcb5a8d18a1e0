/* formats/ulid.h, formats/symbols/partition.h */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "formats/symbols/partition.h"
#include "formats/ulid.h"

static const struct {
	const char *text;
	int64_t ms;
} ULIDS[] = {
	{ "00000000000000000000000000", 0 },
	{ "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", INT64_C(281474976710655) },
	{ "01HA2V3CPSZ9E0HMQNNHH89WSS", INT64_C(1694460130009) },
	{ "01ARYZ6S41TSV4RRFFQ69G5FAV", INT64_C(1469918176385) },
	{ "00000000010000000000000001", 1 },
};

static void test_ulid(void **ctx)
{
	struct err e;

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(ULIDS); i++) {
		struct ulid id, again;
		char text[ULID_TEXT + 1];

		assert_int_equal(ulid_parse(str_cstr(ULIDS[i].text), &id, &e), 0);
		assert_int_equal(ulid_ms(id), ULIDS[i].ms);
		ulid_print(id, text);
		assert_string_equal(text, ULIDS[i].text);
		again = ulid_make(ULIDS[i].ms, id.b + 6);
		assert_int_equal(ulid_cmp(id, again), 0);
	}
}

static void test_ulid_order(void **ctx)
{
	uint8_t random[10] = { 0 };
	struct ulid a = ulid_make(1000, random), b = ulid_make(1001, random), c;
	char x[ULID_TEXT + 1], y[ULID_TEXT + 1];

	(void)ctx;
	random[9] = 1;
	c = ulid_make(1000, random);
	assert_true(ulid_cmp(a, b) < 0 && ulid_cmp(b, a) > 0 && ulid_cmp(a, c) < 0 && ulid_cmp(c, b) < 0);
	ulid_print(a, x);
	ulid_print(b, y);
	assert_true(strcmp(x, y) < 0);
}

static void test_ulid_case(void **ctx)
{
	struct ulid a, b;
	struct err e;

	(void)ctx;
	assert_int_equal(ulid_parse(STR("01ha2v3cpsz9e0hmqnnhh89wss"), &a, &e), 0);
	assert_int_equal(ulid_parse(STR("01HA2V3CPSZ9E0HMQNNHH89WSS"), &b, &e), 0);
	assert_int_equal(ulid_cmp(a, b), 0);
}

static void test_ulid_bad(void **ctx)
{
	static const char *const bad[] = {
		"",
		"01HA2V3CPSZ9E0HMQNNHH89WS",
		"01HA2V3CPSZ9E0HMQNNHH89WSSS",
		"81HA2V3CPSZ9E0HMQNNHH89WSS",
		"01HA2V3CPSZ9E0HMQNNHH89WSI",
		"01HA2V3CPSZ9E0HMQNNHH89WSL",
		"01HA2V3CPSZ9E0HMQNNHH89WSO",
		"01HA2V3CPSZ9E0HMQNNHH89WSU",
		"01HA2V3CPSZ9E0HMQNNHH89W S",
		"01HA2V3CPSZ9E0HMQNNHH89W-S",
		"\xc3\xa9HA2V3CPSZ9E0HMQNNHH89WSS",
	};
	struct ulid id;
	struct err e;

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(ulid_parse(str_cstr(bad[i]), &id, &e), -1);
		assert_int_equal(e.kind, ERR_INVALID);
	}
	assert_int_equal(ulid_parse(str_of("01HA2V3CPSZ9E0HMQNNHH89WS\0", 26), &id, &e), -1);
}

static void test_uuid(void **ctx)
{
	static const char *const good = "00112233-4455-6677-8899-aabbccddeeff";
	static const char *const bad[] = {
		"",
		"00112233-4455-6677-8899-aabbccddeef",
		"00112233-4455-6677-8899-aabbccddeefff",
		"001122334455-6677-8899-aabbccddeeff-",
		"00112233-4455-6677-8899-aabbccddeefg",
		"00112233+4455-6677-8899-aabbccddeeff",
	};
	uint8_t id[16];
	char text[UUID_TEXT + 1];
	struct err e;

	(void)ctx;
	assert_int_equal(uuid_parse(str_cstr(good), id, &e), 0);
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(id[i], i * 17);
	uuid_print(id, text);
	assert_string_equal(text, good);
	assert_int_equal(uuid_parse(STR("00112233-4455-6677-8899-AABBCCDDEEFF"), id, &e), 0);
	assert_int_equal(id[15], 0xff);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(uuid_parse(str_cstr(bad[i]), id, &e), -1);
}

/* Known pairs of key and partition. */
#define UNKNOWN UINT64_C(0x9417d9d5253a6f19)
#define PYROSCOPE UINT64_C(0xde2a11a9e18f56da)
#define KWL UINT64_C(0x212a21dd97577bc9)

static void test_partition(void **ctx)
{
	static const struct {
		const char *file, *service, *label;
		bool otlp;
		uint64_t want;
	} cases[] = {
		{ "", "", "", false, UNKNOWN },
		{ NULL, "", "", false, UNKNOWN },
		{ NULL, "pyroscope", "", false, PYROSCOPE },
		{ "/usr/bin/pyroscope", "kwl", "", false, PYROSCOPE },
		{ "pyroscope", "", "", false, PYROSCOPE },
		{ "C:\\bin\\kwl", "", "", false, KWL },
		{ "/usr/bin/ kwl \t", "", "", false, KWL },
		{ "/usr//kwl/", "", "", false, KWL },
		{ "/usr/kwl/./", "", "", false, KWL },
		{ "/usr/kwl/bin/..", "", "", false, KWL },
		{ "kwl/a/b/../..", "", "", false, KWL },
		{ "[vdso]", "kwl", "", false, KWL },
		{ "linux-vdso.so.1", "kwl", "", false, KWL },
		{ "/dev/dri/card0", "kwl", "", false, KWL },
		{ "//anon", "kwl", "", false, KWL },
		{ "//anon", "", "", false, UNKNOWN },
		{ "/bin/ ", "kwl", "", false, KWL },
		{ "/usr/bin/pyroscope", "kwl", "", true, KWL },
		{ "/usr/bin/pyroscope", "", "", true, UNKNOWN },
		{ "/usr/bin/pyroscope", "kwl", "service_name", false, KWL },
		{ "/usr/bin/pyroscope", "kwl", "pod", false, UNKNOWN },
		{ "/usr/bin/pyroscope", "kwl", "pod", true, UNKNOWN },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str strings[] = { STR(""), str_cstr(cases[i].file) };
		struct mapping m = { .file = 1 };
		struct profile p = { .strings = strings,
			.n_strings = 2,
			.mappings = &m,
			.n_mappings = cases[i].file != NULL };
		struct label one = { STR("service_name"), str_cstr(cases[i].service) };
		struct labels l = { &one, one.value.n > 0 };

		assert_true(partition_id(&p, &l, str_cstr(cases[i].label), cases[i].otlp) == cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ulid),
		cmocka_unit_test(test_ulid_order),
		cmocka_unit_test(test_ulid_case),
		cmocka_unit_test(test_ulid_bad),
		cmocka_unit_test(test_uuid),
		cmocka_unit_test(test_partition),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
