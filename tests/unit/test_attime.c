/* test_attime.c - times as old clients write them */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "formats/query/attime.h"

#define NOW (INT64_C(1768471200) * NS_PER_S)

static const struct {
	const char *text;
	int64_t expected;
} cases[] = {
	{ "1768471200", INT64_C(1768471200) * NS_PER_S },
	{ "1768471200250", INT64_C(1768471200250) * NS_PER_MS },
	{ "1768471200000001", INT64_C(1768471200000001) * NS_PER_US },
	{ "1768471200000000007", INT64_C(1768471200000000007) },
	{ "20260115", INT64_C(1768435200) * NS_PER_S },
	{ "20260229", INT64_C(20260229) * NS_PER_S },
	{ "12345", INT64_C(12345) * NS_PER_S },
	{ "now", NOW },
	{ "now-1h", NOW - 3600 * NS_PER_S },
	{ "now-1h30m", NOW - 3600 * NS_PER_S },
	{ "now-2min", NOW - 120 * NS_PER_S },
	{ "now-2m", NOW - 120 * NS_PER_S },
	{ "now-1mon", NOW - 30 * INT64_C(86400) * NS_PER_S },
	{ "now-1M", NOW - 30 * INT64_C(86400) * NS_PER_S },
	{ "now+10s", NOW + 10 * NS_PER_S },
	{ " now-1d ", NOW - INT64_C(86400) * NS_PER_S },
	{ "yesterday", NOW },
	{ "now-5", NOW },
	{ "", NOW },
	{ "99999999999999999999999999", NOW },
	/* Times that nanoseconds cannot say wrap around, as in the original. */
	{ "99991231", -INT64_C(4852202631933722624) },
	{ "9999999999999", -INT64_C(8446744073710551616) },
	{ "9999999999999999", -INT64_C(8446744073709552616) },
	{ "now+292y", -INT64_C(7469760873709551616) },
};

static void texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t got = attime_parse(str_cstr(cases[i].text), NOW);

		if (got != cases[i].expected)
			print_error("%s: %lld, expected %lld\n", cases[i].text, (long long)got,
			    (long long)cases[i].expected);
		assert_true(got == cases[i].expected);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(texts) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("attime", tests, NULL, NULL);
}
