/* test_settings.c - settings of tenants and uploaded profiles, in files below a data folder */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/file.h"
#include "tools/pyro-query/adhoc.h"
#include "tools/pyro-query/settings.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static char folder[64];

static int setup(void **state)
{
	snprintf(folder, sizeof(folder), "/tmp/pyro-test-settings-XXXXXX");
	assert_non_null(mkdtemp(folder));
	*state = arena_new();
	return 0;
}

static int teardown(void **state)
{
	struct err e;

	arena_free(*state);
	return file_remove_tree(AT_FDCWD, folder, &e);
}

static int put(struct arena *a, const char *tenant, const char *name, const char *value, int64_t when, struct err *e)
{
	return settings_put(a, folder, str_cstr(tenant), &(struct setting){ str_cstr(name), str_cstr(value), when }, e);
}

static void settings(void **state)
{
	struct arena *a = *state;
	struct setting_list all;
	struct err e;

	assert_int_equal(settings_all(a, folder, STR("t"), &all, &e), 0);
	assert_int_equal(all.n, 0);
	assert_int_equal(put(a, "t", "b", "{\"x\":\"\303\244\"}", 100, &e), 0);
	assert_int_equal(put(a, "t", "a", "1", 100, &e), 0);
	assert_int_equal(put(a, "u", "a", "other", 100, &e), 0);
	assert_int_equal(put(a, "t", "a", "older", 99, &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
	assert_string_equal(e.msg, "failed to update a: newer update already written");
	assert_int_equal(put(a, "t", "a", "same time", 100, &e), 0);
	assert_int_equal(settings_all(a, folder, STR("t"), &all, &e), 0);
	assert_int_equal(all.n, 2);
	assert_true(str_eq(all.p[0].name, STR("a")) && str_eq(all.p[0].value, STR("same time")));
	assert_true(str_eq(all.p[1].name, STR("b")) && str_eq(all.p[1].value, STR("{\"x\":\"\303\244\"}")));
	assert_int_equal(all.p[1].modified, 100);

	assert_int_equal(settings_remove(a, folder, STR("t"), STR("a"), 99, &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
	assert_int_equal(settings_remove(a, folder, STR("t"), STR("none"), 99, &e), 0);
	assert_int_equal(settings_remove(a, folder, STR("t"), STR("a"), 100, &e), 0);
	assert_int_equal(settings_all(a, folder, STR("t"), &all, &e), 0);
	assert_int_equal(all.n, 1);
	assert_int_equal(settings_all(a, folder, STR("u"), &all, &e), 0);
	assert_int_equal(all.n, 1);
}

static void bad_settings(void **state)
{
	struct setting nul = { STR("a\0b"), STR("v"), 1 }, broken = { STR("a"), STR("\xff"), 1 };
	struct setting big = { STR("a"), { NULL, SETTINGS_MAX }, 1 };
	struct arena *a = *state;
	struct setting_list all;
	struct err e;
	char path[96];

	assert_int_equal(settings_put(a, folder, STR("t"), &nul, &e), -1);
	assert_int_equal(e.kind, ERR_INVALID);
	assert_int_equal(settings_put(a, folder, STR("t"), &broken, &e), -1);
	assert_int_equal(e.kind, ERR_INVALID);
	big.value.p = memset(arena_alloc(a, SETTINGS_MAX), 'x', SETTINGS_MAX);
	assert_int_equal(settings_put(a, folder, STR("t"), &big, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	/* a file that somebody broke is said, and not overwritten */
	snprintf(path, sizeof(path), "%s/tenant_settings.json", folder);
	assert_int_equal(file_replace(AT_FDCWD, path, STR("[1]"), 0644, &e), 0);
	assert_int_equal(settings_all(a, folder, STR("t"), &all, &e), -1);
	assert_non_null(strstr(e.msg, "tenant_settings.json"));
	assert_int_equal(put(a, "t", "a", "1", 1, &e), -1);
}

static void uploads(void **state)
{
	struct adhoc_place at = { .data = folder, .tenant = STR("t"), .max = 2 };
	struct adhoc one = { .name = STR("one two/\xff.pb"), .base64 = STR("aGVsbG8="), .uploaded = 1768471200000 };
	struct adhoc two = { .name = STR("two"), .base64 = STR(""), .uploaded = 1768471200001 };
	struct adhoc got, third = two;
	struct arena *a = *state;
	struct adhoc_list all;
	struct err e;

	assert_int_equal(adhoc_all(a, &at, &all, &e), 0);
	assert_int_equal(all.n, 0);
	assert_int_equal(adhoc_put(a, &at, &one, &e), 0);
	assert_true(str_eq(one.name, STR("one_two__.pb")));
	assert_int_equal(adhoc_put(a, &at, &two, &e), 0);
	assert_int_equal(adhoc_put(a, &at, &third, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_non_null(strstr(e.msg, "querier.max-adhoc-profiles"));
	assert_int_equal(adhoc_all(a, &at, &all, &e), 0);
	assert_int_equal(all.n, 2);
	assert_true(str_eq(all.p[0].id, two.id) && str_eq(all.p[1].id, one.id)); /* newest first */
	assert_int_equal(all.p[1].uploaded, one.uploaded);
	assert_int_equal(adhoc_get(a, &at, one.id, &got, &e), 0);
	assert_true(str_eq(got.base64, one.base64) && str_eq(got.name, one.name));
	at.tenant = STR("u");
	assert_int_equal(adhoc_get(a, &at, one.id, &got, &e), -1);
	assert_int_equal(e.kind, ERR_NOTFOUND);
}

static void bad_uploads(void **state)
{
	static const struct {
		const char *id;
		enum err_kind kind;
	} cases[] = {
		{ "", ERR_INVALID },
		{ "../../etc/passwd", ERR_INVALID },
		{ "01ARZ3NDEKTSV4RRFFQ69G5FAV-a/b", ERR_INVALID },
		{ "..", ERR_NOTFOUND },
		{ "x", ERR_NOTFOUND },
		{ "01ARZ3NDEKTSV4RRFFQ69G5FAV", ERR_NOTFOUND },
		{ "01ARZ3NDEKTSV4RRFFQ69G5FAV-none", ERR_NOTFOUND },
		{ "01ARZ3NDEKTSV4RRFFQ69G5FAV-broken", ERR_INVALID },
		{ "01ARZ3NDEKTSV4RRFFQ69G5FAV-other", ERR_CORRUPT },
	};
	struct adhoc_place at = { .data = folder, .tenant = STR("t"), .max = 9 };
	struct arena *a = *state;
	struct adhoc got;
	struct err e;
	char path[128];

	snprintf(path, sizeof(path), "%s/t/adhoc", folder);
	assert_int_equal(file_mkdirs(AT_FDCWD, path, 0755, &e), 0);
	snprintf(path, sizeof(path), "%s/t/adhoc/%s", folder, cases[7].id);
	assert_int_equal(file_replace(AT_FDCWD, path, STR("{"), 0644, &e), 0);
	snprintf(path, sizeof(path), "%s/t/adhoc/%s", folder, cases[8].id);
	assert_int_equal(file_replace(AT_FDCWD, path, STR("{\"name\":1}"), 0644, &e), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(adhoc_get(a, &at, str_cstr(cases[i].id), &got, &e), -1);
		if (e.kind != cases[i].kind)
			fail_msg("%s: kind %d, %s", cases[i].id, e.kind, e.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(settings, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_settings, setup, teardown),
		cmocka_unit_test_setup_teardown(uploads, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_uploads, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
