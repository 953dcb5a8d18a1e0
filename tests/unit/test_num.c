/* test_num.c - numbers, sizes, durations, times. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/num.h"

static void test_integers(void **state)
{
	static const struct {
		struct str s;
		bool ok;
		uint64_t v;
	} u[] = {
		{ { "0", 1 }, true, 0 },
		{ { "007", 3 }, true, 7 },
		{ { "18446744073709551615", 20 }, true, UINT64_MAX },
		{ { "18446744073709551616", 20 }, false, 0 },
		{ { "99999999999999999999", 20 }, false, 0 },
		{ { "", 0 }, false, 0 },
		{ { "-1", 2 }, false, 0 },
		{ { "+1", 2 }, false, 0 },
		{ { " 1", 2 }, false, 0 },
		{ { "1 ", 2 }, false, 0 },
		{ { "0x10", 4 }, false, 0 },
		{ { "1\0", 2 }, false, 0 },
	};
	static const struct {
		struct str s;
		bool ok;
		int64_t v;
	} i[] = {
		{ { "-9223372036854775808", 20 }, true, INT64_MIN },
		{ { "-9223372036854775809", 20 }, false, 0 },
		{ { "9223372036854775807", 19 }, true, INT64_MAX },
		{ { "9223372036854775808", 19 }, false, 0 },
		{ { "-0", 2 }, true, 0 },
		{ { "+5", 2 }, true, 5 },
		{ { "-", 1 }, false, 0 },
		{ { "--1", 3 }, false, 0 },
		{ { "", 0 }, false, 0 },
	};
	struct err e;

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(u); k++) {
		uint64_t v = 77;

		assert_int_equal(num_u64(u[k].s, &v, &e), u[k].ok ? 0 : -1);
		assert_true(v == (u[k].ok ? u[k].v : 77));
	}
	for (size_t k = 0; k < ARRAY_LEN(i); k++) {
		int64_t v = 77;

		assert_int_equal(num_i64(i[k].s, &v, &e), i[k].ok ? 0 : -1);
		assert_true(v == (i[k].ok ? i[k].v : 77));
	}
	assert_int_equal(num_u64(STR("a\nb"), &(uint64_t){ 0 }, &e), -1);
	assert_string_equal(e.msg, "\"a\\nb\": not a whole number");
	assert_int_equal(e.kind, ERR_INVALID);
}

static void test_floats(void **state)
{
	static const struct {
		const char *s;
		double v;
	} good[] = {
		{ "0", 0 },
		{ "1.5", 1.5 },
		{ "-2", -2 },
		{ "+3.25", 3.25 },
		{ ".5", 0.5 },
		{ "5.", 5 },
		{ "1e3", 1000 },
		{ "1E-2", 0.01 },
		{ "1e-400", 0 },
	};
	static const char *const bad[] = { "", ".", "-", "e5", "1e", "1e+", "0x1p3", "nan", "inf", "1e999", " 1", "1 ",
		"1,5", "1.5.2" };
	struct err e;
	double v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(num_f64(str_cstr(good[i].s), &v, &e), 0);
		assert_true(v == good[i].v);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(num_f64(str_cstr(bad[i]), &v, &e), -1);
}

static void test_sizes(void **state)
{
	static const struct {
		const char *s;
		uint64_t v;
	} good[] = {
		{ "0", 0 },
		{ "4096", 4096 },
		{ "10B", 10 },
		{ "64k", 65536 },
		{ "64K", 65536 },
		{ "1kB", 1024 },
		{ "1KB", 1024 },
		{ "1KiB", 1024 },
		{ "256M", 268435456 },
		{ "4MiB", 4194304 },
		{ "1.5GB", 1610612736 },
		{ "0.5k", 512 },
		{ "1T", UINT64_C(1) << 40 },
		{ "15E", UINT64_C(15) << 60 },
		{ "18446744073709551615", UINT64_MAX },
		{ "1.0000000000000000000000001k", 1024 },
	};
	static const char *const bad[] = { "", "k", "-1", "+1", "1.5", "1.5B", "1 k", "1kk", "1ki", "1.k", "1.5.5k",
		"16E", "18446744073709551616", "1m", "1g", "99999999999999999999999k", "1Kib" };
	struct err e;
	uint64_t v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(num_size(str_cstr(good[i].s), &v, &e), 0);
		assert_true(v == good[i].v);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(num_size(str_cstr(bad[i]), &v, &e), -1);
}

#define H (3600 * NS_PER_S)

static void test_durations(void **state)
{
	static const struct {
		const char *s;
		int64_t v;
	} good[] = {
		{ "0", 0 },
		{ "0s", 0 },
		{ "-0", 0 },
		{ "+0", 0 },
		{ "10ms", 10 * NS_PER_MS },
		{ "1h30m", H + H / 2 },
		{ "7d", 7 * 24 * H },
		{ "2w", 14 * 24 * H },
		{ "1.5s", 1500 * NS_PER_MS },
		{ "-1m", -60 * NS_PER_S },
		{ "+1m", 60 * NS_PER_S },
		{ "3ns", 3 },
		{ "3us", 3000 },
		{ "3\xc2\xb5s", 3000 },
		{ "3\xce\xbcs", 3000 },
		{ ".5s", 500 * NS_PER_MS },
		{ "1.s", NS_PER_S },
		{ "1y", 365 * 24 * H },
		{ "1h1h", 2 * H },
		{ "0.000000001s", 1 },
		{ "48h0m0s", 48 * H },
		{ "9223372036854775807ns", INT64_MAX },
		{ "-9223372036854775808ns", INT64_MIN },
		{ "0.100000000000000000000h", H / 10 },
	};
	static const char *const bad[] = { "", "-", "+", "s", ".s", "1", "5", "1x", "1 s", "1h ", "1M", "--1s", "1.5",
		"1mss", "9223372036854775808ns", "300y", "99999999999999999999999999999y", "1h-1m",
		"-9223372036854775809ns", "1e3s" };
	struct err e;
	int64_t v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(num_duration(str_cstr(good[i].s), &v, &e), 0);
		assert_true(v == good[i].v);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(num_duration(str_cstr(bad[i]), &v, &e), -1);
	assert_int_equal(num_duration(STR("5"), &v, &e), -1);
	assert_string_equal(e.msg, "\"5\": the unit is missing (10ms, 1h30m, 7d)");
}

static void test_times(void **state)
{
	static const int64_t now = INT64_C(1768471200123456789);
	static const struct {
		const char *s;
		int64_t v;
	} good[] = {
		{ "now", INT64_C(1768471200123456789) },
		{ "now-1h", INT64_C(1768471200123456789) - H },
		{ "now+1h", INT64_C(1768471200123456789) + H },
		{ "1h", INT64_C(1768471200123456789) - H },
		{ "-1h", INT64_C(1768471200123456789) - H },
		{ "1h30m", INT64_C(1768471200123456789) - H - H / 2 },
		{ "now-1M", INT64_C(1768471200123456789) - 30 * 24 * H },
		{ "1y", INT64_C(1768471200123456789) - 365 * 24 * H },
		{ "1768471200", INT64_C(1768471200000000000) },
		{ "1768471200123", INT64_C(1768471200123000000) },
		{ "1768471200123456", INT64_C(1768471200123456000) },
		{ "1768471200123456789", INT64_C(1768471200123456789) },
		{ "2026-01-15T10:00:00Z", INT64_C(1768471200000000000) },
		{ "2026-01-15t10:00:00z", INT64_C(1768471200000000000) },
		{ "2026-01-15T10:00:00.5Z", INT64_C(1768471200500000000) },
		{ "2026-01-15T10:00:00.1234567899Z", INT64_C(1768471200123456789) },
		{ "2026-01-15T12:30:00+02:30", INT64_C(1768471200000000000) },
		{ "2026-01-15T05:00:00-05:00", INT64_C(1768471200000000000) },
		{ "0", 0 },
		{ "0s", INT64_C(1768471200123456789) },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1969-12-31T23:59:59.5Z", -500000000 },
		{ "2024-02-29T00:00:00Z", INT64_C(1709164800000000000) },
		{ "2000-02-29T00:00:00Z", INT64_C(951782400000000000) },
		{ "2262-04-11T23:47:16.854775807Z", INT64_MAX },
	};
	static const char *const bad[] = {
		"",
		"yesterday",
		"now-",
		"now1h",
		"nowish",
		"now-1h ",
		"176847120",
		"17684712001",
		"9999999999999999999",
		"2026-01-15",
		"2026-01-15T10:00:00",
		"2026-13-15T10:00:00Z",
		"2026-02-29T10:00:00Z",
		"1900-02-29T00:00:00Z",
		"2026-01-00T10:00:00Z",
		"2026-01-15T24:00:00Z",
		"2026-01-15T10:60:00Z",
		"2026-01-15T10:00:60Z",
		"2026-01-15T10:00:00.Z",
		"2026-01-15T10:00:00+0200",
		"2026-01-15T10:00:00+24:00",
		"2026-01-15 10:00:00Z",
		"2262-04-11T23:47:16.854775808Z",
		"2500-01-01T00:00:00Z",
		"2026-01-15T10:00:00ZZ",
		"+1h",
		"now--1h",
		"now-300y",
		"0001-01-01T00:00:00Z",
	};
	struct err e;
	int64_t v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(num_time(str_cstr(good[i].s), now, &v, &e), 0);
		assert_true(v == good[i].v);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (num_time(str_cstr(bad[i]), now, &v, &e) == 0)
			fail_msg("accepted: %s", bad[i]);
}

static void check(struct str got, const char *want)
{
	if (!str_eq(got, str_cstr(want)))
		fail_msg("got " STR_FMT ", want %s", STR_ARG(got), want);
}

static void test_duration_texts(void **state)
{
	static const struct {
		int64_t ns;
		const char *go, *prom;
	} cases[] = {
		{ 0, "0s", "0s" },
		{ 1, "1ns", "0s" },
		{ 1100, "1.1\xc2\xb5s", "0s" },
		{ 2200000, "2.2ms", "2ms" },
		{ 3300000000, "3.3s", "3s300ms" },
		{ 1500 * NS_PER_MS, "1.5s", "1s500ms" },
		{ 48 * H, "48h0m0s", "2d" },
		{ H + H / 2, "1h30m0s", "1h30m" },
		{ 60 * NS_PER_S, "1m0s", "1m" },
		{ 14 * 24 * H, "336h0m0s", "2w" },
		{ 15 * 24 * H, "360h0m0s", "15d" },
		{ 365 * 24 * H, "8760h0m0s", "1y" },
		{ 25 * H, "25h0m0s", "25h" },
		{ 5 * 60 * NS_PER_S + 5001 * NS_PER_MS, "5m5.001s", "5m5s1ms" },
		{ -H, "-1h0m0s", "-1h" },
		{ INT64_MAX, "2562047h47m16.854775807s", "2562047h47m16s854ms" },
		{ INT64_MIN, "-2562047h47m16.854775808s", "-2562047h47m16s854ms" },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t back;

		check(num_go_duration(a, cases[i].ns), cases[i].go);
		check(num_prom_duration(a, cases[i].ns), cases[i].prom);
		assert_int_equal(num_duration(str_cstr(cases[i].go), &back, NULL), 0);
		assert_true(back == cases[i].ns);
	}
	arena_free(a);
}

static void test_size_texts(void **state)
{
	static const struct {
		uint64_t v;
		const char *si, *iec;
	} cases[] = {
		{ 0, "0 B", "0 B" },
		{ 9, "9 B", "9 B" },
		{ 10, "10 B", "10 B" },
		{ 999, "999 B", "999 B" },
		{ 1000, "1.0 kB", "1000 B" },
		{ 1024, "1.0 kB", "1.0 KiB" },
		{ 524288, "524 kB", "512 KiB" },
		{ 4194304, "4.2 MB", "4.0 MiB" },
		{ 82854982, "83 MB", "79 MiB" },
		{ UINT64_MAX, "18 EB", "16 EiB" },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		check(num_size_si(a, cases[i].v), cases[i].si);
		check(num_size_iec(a, cases[i].v), cases[i].iec);
	}
	arena_free(a);
}

static void test_time_texts(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ INT64_C(1768471200123000000), "2026-01-15T10:00:00.123Z" },
		{ INT64_C(1709164800000000001), "2024-02-29T00:00:00.000000001Z" },
		{ -1, "1969-12-31T23:59:59.999999999Z" },
		{ INT64_MIN, "1677-09-21T00:12:43.145224192Z" },
		{ INT64_MAX, "2262-04-11T23:47:16.854775807Z" },
	};
	struct arena *a = arena_new();
	int64_t v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		check(num_rfc3339(a, cases[i].ns), cases[i].text);
		assert_int_equal(num_time(str_cstr(cases[i].text), 0, &v, NULL), 0);
		assert_true(v == cases[i].ns);
	}
	/* Every day of 400 years there and back. */
	for (int64_t day = -100000; day < 100000; day++) {
		arena_reset(a);
		assert_int_equal(num_time(num_rfc3339(a, day * 24 * H), 0, &v, NULL), 0);
		assert_true(v == day * 24 * H);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_floats),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_duration_texts),
		cmocka_unit_test(test_size_texts),
		cmocka_unit_test(test_time_texts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
