/* formats/labels/labels.h: label sets and profile types. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "formats/labels/labels.h"

static struct arena *a;

static int setup(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

#define assert_str(s, text)                                        \
	do {                                                       \
		struct str s_ = (s);                               \
		assert_int_equal(s_.n, sizeof(text) - 1);          \
		assert_memory_equal(s_.p, text, sizeof(text) - 1); \
	} while (0)

/* "a=1,b=2" */
static struct labels parse(const char *text)
{
	struct str rest = str_cstr(text);
	struct labels l = { arena_array(a, 200, sizeof(*l.p)), 0 };

	while (rest.n) {
		struct str value = str_cut(&rest, ','), name = str_cut(&value, '=');

		l.p[l.n++] = (struct label){ name, value };
	}
	return l;
}

static const char *text_of(const struct labels *l)
{
	struct buf b;
	const char *out;

	buf_init(&b, 1 << 20);
	for (uint32_t i = 0; i < l->n; i++)
		buf_printf(&b, "%s" STR_FMT "=" STR_FMT, i ? "," : "", STR_ARG(l->p[i].name), STR_ARG(l->p[i].value));
	out = arena_cstr(a, buf_str(&b));
	buf_fini(&b);
	return out;
}

static void get_and_has(void **state)
{
	struct labels l = parse("a=1,b=,c=3");

	(void)state;
	assert_str(labels_get(&l, STR("a")), "1");
	assert_str(labels_get(&l, STR("b")), "");
	assert_str(labels_get(&l, STR("x")), "");
	assert_true(labels_has(&l, STR("b")));
	assert_false(labels_has(&l, STR("")));
	assert_false(labels_has(&l, STR("ab")));
}

static void sort_is_by_name_and_stable(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "a=1", "a=1" },
		{ "b=1,a=2", "a=2,b=1" },
		{ "b=1,a=2,b=0,a=1", "a=2,a=1,b=1,b=0" },
		{ "ab=1,a=2,B=3,_=4", "B=3,_=4,a=2,ab=1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct labels l = parse(cases[i][0]);

		labels_sort(&l);
		assert_string_equal(text_of(&l), cases[i][1]);
	}
}

static void sort_of_many(void **state)
{
	struct labels l = { arena_array(a, 1000, sizeof(*l.p)), 1000 };

	(void)state;
	for (uint32_t i = 0; i < l.n; i++)
		l.p[i] = (struct label){ arena_printf(a, "n%03u", i * 7919 % 100), arena_printf(a, "%04u", i) };
	labels_sort(&l);
	for (uint32_t i = 1; i < l.n; i++) {
		int c = str_cmp(l.p[i - 1].name, l.p[i].name);

		assert_true(c < 0 || (c == 0 && str_cmp(l.p[i - 1].value, l.p[i].value) < 0));
	}
}

static void order_of_sets(void **state)
{
	static const char *const ascending[] = {
		"",
		"a=",
		"a=1",
		"a=1,b=1",
		"a=1,b=2",
		"a=1,c=0",
		"a=2",
		"b=0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ascending); i++)
		for (size_t j = 0; j < ARRAY_LEN(ascending); j++) {
			struct labels x = parse(ascending[i]), y = parse(ascending[j]);
			int c = labels_cmp(&x, &y);

			assert_int_equal((c > 0) - (c < 0), (i > j) - (i < j));
		}
}

static void hash_is_the_known_one(void **state)
{
	struct labels none = { NULL, 0 }, l = parse("a=1,b=2"), swapped = parse("b=2,a=1"), big;
	char *value = arena_alloc(a, 5000);

	(void)state;
	/* XXH64 of nothing, and of "a\xff1\xffb\xff2\xff", seed 0. */
	assert_true(labels_hash(&none) == UINT64_C(0xef46db3751d8e999));
	assert_true(labels_hash(&l) == UINT64_C(0xcc47a7b231134517));
	assert_true(labels_hash(&l) != labels_hash(&swapped));
	memset(value, 'x', 5000);
	big = labels_with(a, &l, STR("big"), str_of(value, 5000));
	assert_true(labels_hash(&big) != labels_hash(&l));
	assert_true(labels_hash(&big) == labels_hash(&big));
}

static void with_and_without(void **state)
{
	struct labels none = { NULL, 0 }, l = parse("b=1,d=2"), x;

	(void)state;
	x = labels_with(a, &none, STR("a"), STR("1"));
	assert_string_equal(text_of(&x), "a=1");
	x = labels_with(a, &l, STR("a"), STR("0"));
	assert_string_equal(text_of(&x), "a=0,b=1,d=2");
	x = labels_with(a, &l, STR("b"), STR("0"));
	assert_string_equal(text_of(&x), "b=0,d=2");
	x = labels_with(a, &l, STR("c"), STR("0"));
	assert_string_equal(text_of(&x), "b=1,c=0,d=2");
	x = labels_with(a, &l, STR("e"), STR("0"));
	assert_string_equal(text_of(&x), "b=1,d=2,e=0");
	x = labels_without(a, &l, STR("b"));
	assert_string_equal(text_of(&x), "d=2");
	x = labels_without(a, &l, STR("x"));
	assert_string_equal(text_of(&x), "b=1,d=2");
	assert_string_equal(text_of(&l), "b=1,d=2");
}

static void copy_has_its_own_bytes(void **state)
{
	char text[] = "name=value,other=";
	struct labels l = parse(text), c = labels_copy(a, &l);

	(void)state;
	memset(text, '#', sizeof(text));
	assert_string_equal(text_of(&c), "name=value,other=");
}

static void print_quotes_as_go_does(void **state)
{
	struct label p[] = { { STR("a"), STR("x\"y\\\n\xff") }, { STR("b"), STR("\xc3\xa9") } };
	struct labels l = { p, 2 }, none = { NULL, 0 };
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	labels_print(&b, &l);
	assert_str(buf_str(&b), "{a=\"x\\\"y\\\\\\n\\xff\", b=\"\xc3\xa9\"}");
	buf_reset(&b);
	labels_print(&b, &none);
	assert_str(buf_str(&b), "{}");
	buf_fini(&b);
}

static void profile_types(void **state)
{
	static const char *const bad[] = { "", "a", "a:b:c:d", "a:b:c:d:e:f:g", ":::", "a\"b" };
	struct profile_type t;
	struct err e;

	(void)state;
	assert_int_equal(profile_type_parse(STR("process_cpu:cpu:nanoseconds:cpu:ns"), &t, &e), 0);
	assert_str(t.name, "process_cpu");
	assert_str(t.type, "cpu");
	assert_str(t.unit, "nanoseconds");
	assert_str(t.period_type, "cpu");
	assert_str(t.period_unit, "ns");
	assert_int_equal(profile_type_parse(STR("memory:alloc_space:bytes::"), &t, &e), 0);
	assert_str(profile_type_id(a, &t), "memory:alloc_space:bytes::");
	assert_int_equal(profile_type_parse(STR("a:b:c:d:e:delta"), &t, &e), 0);
	assert_str(profile_type_id(a, &t), "a:b:c:d:e");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(profile_type_parse(str_cstr(bad[i]), &t, &e), -1);
	assert_string_equal(e.msg,
	    "profile-type selection must be of the form <name>:<sample-type>:"
	    "<sample-unit>:<period-type>:<period-unit>(:delta), got(1): \"a\\\"b\"");
	assert_int_equal(e.kind, ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(get_and_has, setup, teardown),
		cmocka_unit_test_setup_teardown(sort_is_by_name_and_stable, setup, teardown),
		cmocka_unit_test_setup_teardown(sort_of_many, setup, teardown),
		cmocka_unit_test_setup_teardown(order_of_sets, setup, teardown),
		cmocka_unit_test_setup_teardown(hash_is_the_known_one, setup, teardown),
		cmocka_unit_test_setup_teardown(with_and_without, setup, teardown),
		cmocka_unit_test_setup_teardown(copy_has_its_own_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(print_quotes_as_go_does, setup, teardown),
		cmocka_unit_test_setup_teardown(profile_types, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
