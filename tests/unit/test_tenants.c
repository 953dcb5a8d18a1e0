/*
 * test_tenants.c - limits from a runtime file, what a thread knows of tenants,
 * their relabel rules as the configuration spells them, and the bucket of the
 * rate limit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "tools/pyro-ingest/tenants.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static char path[] = "/tmp/pyro-tenants-XXXXXX";
static const struct opt_list files = { (const char *[]){ path }, 1 };

static const struct limits base = {
	.max_global_series_per_tenant = 5000,
	.max_label_name_length = 1024,
	.ingestion_relabeling_default_rules_position = 2,
};

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static struct limits_set *read_text(const char *text)
{
	struct limits_set *s;
	struct err e;

	write_file(text);
	s = limits_read(&base, &files, &e);
	if (s == NULL)
		fail_msg("%s", e.msg);
	return s;
}

/* ---- limits ---- */

static void overrides(void **state)
{
	struct limits_set *s = read_text("overrides:\n"
					 "  a:\n    max_global_series_per_tenant: 7\n"
					 "  b:\n    max_label_name_length: 9\n    reject_older_than: 2h\n");

	(void)state;
	assert_int_equal(limits_of(s, STR("a"))->max_global_series_per_tenant, 7);
	assert_int_equal(limits_of(s, STR("a"))->max_label_name_length, 1024);
	assert_int_equal(limits_of(s, STR("b"))->max_global_series_per_tenant, 5000);
	assert_int_equal(limits_of(s, STR("b"))->max_label_name_length, 9);
	assert_int_equal(limits_of(s, STR("b"))->reject_older_than, 7200 * NS_PER_S);
	assert_int_equal(limits_of(s, STR("c"))->max_global_series_per_tenant, 5000);
	limits_free(s);
}

static void no_overrides(void **state)
{
	static const char *const texts[] = { "", "overrides:\n", "overrides: {}\n" };
	struct limits_set *s;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		s = read_text(texts[i]);
		assert_int_equal(limits_of(s, STR("a"))->max_global_series_per_tenant, 5000);
		limits_free(s);
	}
	s = limits_read(&base, &(struct opt_list){ 0 }, &e);
	assert_non_null(s);
	assert_int_equal(limits_of(s, STR("a"))->max_label_name_length, 1024);
	limits_free(s);
}

static void bad_files(void **state)
{
	static const struct {
		const char *text, *where;
	} cases[] = {
		{ "overrides:\n  a:\n    max_global_series_per_tenant: many\n", ":3" },
		{ "overrides:\n  a:\n    max_series: 1\n", ":3" },
		{ "other: 1\n", ":1: unknown key other" },
		{ "overrides: 5\n", ":1: overrides: a map of tenants is expected" },
		{ "overrides:\n  a: [1\n", path },
	};
	const struct opt_list nowhere = { (const char *[]){ "/nonexistent/runtime.yaml" }, 1 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		write_file(cases[i].text);
		assert_null(limits_read(&base, &files, &e));
		if (strstr(e.msg, cases[i].where) == NULL || strstr(e.msg, path) == NULL)
			fail_msg("%s: %s", cases[i].text, e.msg);
	}
	assert_null(limits_read(&base, &nowhere, &e));
	assert_int_equal(e.kind, ERR_NOTFOUND);
}

/* ---- tenants ---- */

/* The shared part of a tenant stays where it is: pushes keep it while many others come, and over a reload. */
static void stays(void **state)
{
	struct tenants all = { NULL };
	struct limits_set *old = read_text("overrides:\n  a:\n    max_global_series_per_tenant: 7\n"), *new;
	struct tenant_view view = { .all = &all, .limits = old }, other = { .all = &all, .limits = old };
	const struct tenant_rules *r;
	struct tenant *a;
	char name[24];
	struct err e;

	(void)state;
	r = tenant_of(&view, STR("a"), &e);
	assert_non_null(r);
	a = r->tenant;
	assert_int_equal(r->rules.limits->max_global_series_per_tenant, 7);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "t%d", i);
		assert_non_null(tenant_of(&view, str_cstr(name), &e));
	}
	assert_ptr_equal(tenant_of(&view, STR("a"), &e)->tenant, a);
	assert_ptr_equal(tenant_of(&other, STR("a"), &e)->tenant, a);
	assert_true(str_eq(a->name, STR("a")));

	new = read_text("overrides:\n  a:\n    max_global_series_per_tenant: 8\n");
	tenant_view_limits(&view, new);
	tenant_view_limits(&other, new);
	limits_free(old);
	assert_ptr_equal(tenant_of(&view, STR("a"), &e)->tenant, a);
	assert_int_equal(tenant_of(&view, STR("a"), &e)->rules.limits->max_global_series_per_tenant, 8);
	assert_int_equal(tenant_of(&view, STR("t5"), &e)->rules.limits->max_global_series_per_tenant, 5000);
	tenant_view_fini(&view);
	tenant_view_fini(&other);
	tenants_free(&all);
	limits_free(new);
}

/* ---- relabel rules ---- */

static struct labels run_rules(struct arena *a, const struct relabel_rules *r, const char *name, const char *value)
{
	struct labels l = { 0 }, out;

	l = labels_with(a, &l, STR("env"), STR("dev"));
	l = labels_with(a, &l, str_cstr(name), str_cstr(value));
	return relabel_apply(a, r, &l, &out) ? out : (struct labels){ 0 };
}

static void rules(void **state)
{
	struct tenants all = { NULL };
	struct limits_set *s = read_text(
	    "overrides:\n  a:\n    ingestion_relabeling_rules:\n"
	    "      - action: drop\n        source_labels: [env, pod]\n        separator: '/'\n        regex: dev/x.*\n"
	    "      - source_labels: [pod]\n        regex: (.)(.*)\n        target_label: first\n        replacement: "
	    "$1-\n"
	    "      - action: hashmod\n        source_labels: [pod]\n        modulus: 4\n        target_label: shard\n"
	    "    sample_type_relabeling_rules:\n"
	    "      - {action: drop, source_labels: [__type__], regex: alloc_.*}\n");
	struct tenant_view view = { .all = &all, .limits = s };
	struct arena *a = arena_new();
	const struct tenant_rules *r;
	struct labels l;
	struct err e;

	(void)state;
	r = tenant_of(&view, STR("a"), &e);
	assert_non_null(r);
	assert_int_equal(run_rules(a, r->rules.series, "pod", "x1").n, 0);
	l = run_rules(a, r->rules.series, "pod", "y1");
	assert_int_equal(l.n, 4);
	assert_true(str_eq(labels_get(&l, STR("first")), STR("y-")));
	assert_int_equal(labels_get(&l, STR("shard")).n, 1);
	assert_int_equal(run_rules(a, r->rules.types, "__type__", "alloc_space").n, 0);
	assert_int_equal(run_rules(a, r->rules.types, "__type__", "inuse_space").n, 2);
	r = tenant_of(&view, STR("b"), &e);
	assert_non_null(r);
	assert_null(r->rules.series);
	assert_null(r->rules.types);
	assert_int_equal(tenants_check(s, &e), 0);
	tenant_view_fini(&view);
	tenants_free(&all);
	limits_free(s);
	arena_free(a);
}

static void bad_rules(void **state)
{
	static const struct {
		const char *rule, *want;
	} cases[] = {
		{ "{action: dance}", "ingestion_relabeling_rules: line 4" },
		{ "{action: hashmod, source_labels: [a], target_label: b, modulus: x}", "modulus" },
		{ "{regex: '('}", "ingestion_relabeling_rules: line 4" },
		{ "5", "ingestion_relabeling_rules: line 4: not an object" },
		{ "{action: drop, source_label: [a]}", "source_label: unknown member" },
		{ "{action: drop, source_labels: a}", "source_labels: not a list" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct tenants all = { NULL };
		struct tenant_view view = { .all = &all };
		struct err e;

		view.limits = read_text(arena_cstr(a,
		    arena_printf(a, "overrides:\n  a:\n    ingestion_relabeling_rules:\n      - %s\n", cases[i].rule)));
		assert_null(tenant_of(&view, STR("a"), &e));
		if (strstr(e.msg, cases[i].want) == NULL)
			fail_msg("%s: %s", cases[i].rule, e.msg);
		assert_int_equal(tenants_check(view.limits, &e), -1);
		assert_int_equal(e.kind, ERR_CONFIG);
		if (strstr(e.msg, cases[i].want) == NULL || strstr(e.msg, "tenant a: ") == NULL)
			fail_msg("%s: %s", cases[i].rule, e.msg);
		assert_non_null(tenant_of(&view, STR("b"), &e));
		limits_free(view.limits);
		tenant_view_fini(&view);
		tenants_free(&all);
		arena_free(a);
	}
}

/* ---- the rate limit ---- */

static void bucket(void **state)
{
	const double rate = 1000, burst = 2000;
	struct tenant t = { .name = STR("a") };
	int64_t now = 5 * NS_PER_S;

	(void)state;
	assert_true(tenant_take(&t, rate, burst, 1500, now));
	assert_false(tenant_take(&t, rate, burst, 501, now));
	assert_true(tenant_take(&t, rate, burst, 500, now));
	assert_false(tenant_take(&t, rate, burst, 1, now));
	assert_true(tenant_take(&t, rate, burst, 1000, now + NS_PER_S));
	assert_false(tenant_take(&t, rate, burst, 1, now + NS_PER_S));
	assert_true(tenant_take(&t, rate, burst, 2000, now + 100 * NS_PER_S)); /* no more than the burst gathers */
	assert_false(tenant_take(&t, rate, burst, 1, now + 100 * NS_PER_S));
	assert_false(tenant_take(&t, rate, burst, 2001, now + 1000 * NS_PER_S));
	assert_false(tenant_take(&t, rate, burst, UINT64_MAX, now + 1000 * NS_PER_S)); /* no cost wraps around */
	assert_true(tenant_take(&t, rate, burst, 2000, now + 1000 * NS_PER_S));
	assert_true(tenant_take(&t, 0, 0, UINT64_MAX, now)); /* no limit */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overrides),
		cmocka_unit_test(no_overrides),
		cmocka_unit_test(bad_files),
		cmocka_unit_test(stays),
		cmocka_unit_test(rules),
		cmocka_unit_test(bad_rules),
		cmocka_unit_test(bucket),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
