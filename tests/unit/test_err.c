/* test_err.c - errors and their table. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "base/err.h"

static void test_set(void **state)
{
	struct err e = { .sys = 5 };

	(void)state;
	assert_int_equal(err_set(&e, ERR_LIMIT, "%d of %s", 3, "x"), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_int_equal(e.sys, 0);
	assert_string_equal(e.msg, "3 of x");
	errno = ENOENT;
	assert_int_equal(err_sys(&e, ERR_NOTFOUND, "open %s", "f"), -1);
	assert_int_equal(e.sys, ENOENT);
	assert_string_equal(e.msg, "open f: No such file or directory");
	assert_int_equal(err_wrap(&e, "block %d", 7), -1);
	assert_string_equal(e.msg, "block 7: open f: No such file or directory");
	assert_int_equal(e.kind, ERR_NOTFOUND);
	assert_int_equal(e.sys, ENOENT);
	assert_int_equal(err_set(NULL, ERR_BUG, "x"), -1);
	assert_int_equal(err_sys(NULL, ERR_BUG, "x"), -1);
	assert_int_equal(err_wrap(NULL, "x"), -1);
}

/* An argument may be the message itself. */
static void test_own_message(void **state)
{
	struct err e;

	(void)state;
	err_set(&e, ERR_IO, "inner");
	err_set(&e, ERR_BUG, "<%s>", e.msg);
	assert_string_equal(e.msg, "<inner>");
	err_wrap(&e, "[%s]", e.msg);
	assert_string_equal(e.msg, "[<inner>]: <inner>");
}

static void test_cut_at_the_end(void **state)
{
	static char big[2 * sizeof(((struct err *)NULL)->msg)];
	struct err e;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	err_set(&e, ERR_IO, "%s", big);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	err_wrap(&e, "front");
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	assert_memory_equal(e.msg, "front: xxx", 10);
	err_set(&e, ERR_IO, "short");
	err_wrap(&e, "%s", big);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	errno = EIO;
	err_sys(&e, ERR_IO, "%s", big);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
}

static void test_table(void **state)
{
	(void)state;
	assert_int_equal(err_http(ERR_NONE), 200);
	assert_int_equal(err_exit(ERR_NONE), 0);
	assert_int_equal(err_exit(ERR_USAGE), 2);
	assert_int_equal(err_http(ERR_TOOBIG), 413);
	assert_string_equal(err_rpc(ERR_LIMIT), "resource_exhausted");
	assert_string_equal(err_name(ERR_NOTFOUND), "NOTFOUND");
	for (enum err_kind k = ERR_NONE; k < ERR_KINDS; k++) {
		int x = err_exit(k);

		assert_true(x == 0 || x == 1 || x == 2 || x == 100 || x == 111);
		assert_in_range(err_http(k), 200, 599);
		assert_non_null(err_rpc(k));
		assert_non_null(err_name(k));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_own_message),
		cmocka_unit_test(test_cut_at_the_end),
		cmocka_unit_test(test_table),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
