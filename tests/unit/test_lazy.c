/* Libraries that are loaded when needed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <zlib.h>

#include "io/lazy.h"

#define CALLS(X) X(crc32) X(zlibVersion)

static struct {
	CALLS(LAZY_FIELD)
} lib;

static const struct lazy_call calls[] = { CALLS(LAZY_CALL) };

static void loaded_calls_work(void **state)
{
	struct lazy z = LAZY("libz.so.1", calls, &lib);
	struct err e;

	(void)state;
	assert_int_equal(lazy_load(&z, &e), 0);
	assert_int_equal(lib.crc32(0, (const unsigned char *)"pyro", 4), crc32(0, (const unsigned char *)"pyro", 4));
	assert_string_equal(lib.zlibVersion(), zlibVersion());
	assert_int_equal(lazy_load(&z, &e), 0);
}

static void what_is_missing_is_named(void **state)
{
	static const struct lazy_call odd[] = { { "pyro_has_no_such_call", 0 } };
	struct lazy file = LAZY("libpyro-nowhere.so.9", calls, &lib), call = LAZY("libz.so.1", odd, &lib);
	struct err e;

	(void)state;
	assert_int_equal(lazy_load(&file, &e), -1);
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	assert_non_null(strstr(e.msg, "libpyro-nowhere.so.9"));
	assert_int_equal(lazy_load(&call, &e), -1);
	assert_string_equal(e.msg, "libz.so.1 has no pyro_has_no_such_call");
	assert_false(call.loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loaded_calls_work),
		cmocka_unit_test(what_is_missing_is_named),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
