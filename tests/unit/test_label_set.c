/* test_label_set.c - what label questions collect, and keep with a head that grows */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "formats/head/head.h"
#include "formats/query/label_set.h"

/* A heap of one type, of a pod; its values are cumulative, so the first one is no row. */
static void push_heap(struct head *h, struct sym_importer *imp, const char *pod, int64_t value)
{
	struct label labels[] = {
		{ STR("__name__"), STR("memory") },
		{ STR("pod"), str_cstr(pod) },
		{ STR("service_name"), STR("shop") },
	};
	struct arena *a = arena_new();
	struct profile_builder *b = profile_builder_new(a, 1);
	uint32_t stack = profile_builder_frame(b, STR("main"), STR_NONE, 0);
	struct head_push push;
	struct buf record;

	buf_init(&record, 1 << 20);
	profile_builder_type(b, 0, STR("alloc_space"), STR("bytes"));
	profile_builder_add(b, &stack, 1, &value, NULL, 0);
	push = (struct head_push){ .profile = profile_builder_finish(b),
		.labels = { labels, ARRAY_LEN(labels) },
		.partition = 42,
		.cumulative = true,
		.time = NS_PER_S,
		.now = NS_PER_S };
	head_add(h, imp, &push, &record);
	buf_fini(&record);
	arena_free(a);
}

/* Pods, values of pod where service_name is shop, sets of pod alone: all three say the same. */
static void pods_are(struct head *h, const char *want)
{
	struct label_range always = { INT64_MIN, INT64_MAX };
	struct str name = STR("pod");
	struct dataset *set = &h->set;
	struct arena *a = arena_new();
	struct selector sel, *one = &sel;
	struct labels_list sets;
	struct str_list all, some;
	char text[200] = "", *at = text;
	struct err e;

	assert_int_equal(selector_parse(a, STR("{service_name=\"shop\"}"), &sel, &e), 0);
	assert_int_equal(query_label_values(a, &set, 1, NULL, 0, always, name, &all, &e), 0);
	assert_int_equal(query_label_values(a, &set, 1, &one, 1, always, name, &some, &e), 0);
	assert_int_equal(query_label_sets(a, &set, 1, NULL, 0, always, &name, 1, &sets, &e), 0);
	assert_int_equal(all.n, some.n);
	assert_int_equal(all.n, sets.n);
	for (size_t i = 0; i < all.n; i++) {
		assert_true(str_eq(all.p[i], some.p[i]));
		assert_true(str_eq(all.p[i], labels_get(&sets.p[i], name)));
		at += snprintf(at, sizeof(text) - (size_t)(at - text), STR_FMT " ", STR_ARG(all.p[i]));
	}
	assert_string_equal(text, want);
	selector_fini(&sel);
	arena_free(a);
}

/* What was collected for a question is kept, and the next one sees what is new: also a series whose rows come late. */
static void labels_while_it_grows(void **state)
{
	struct head *h = head_new();
	struct sym_importer *imp = sym_importer_new();
	char other[20];
	struct err e;

	(void)state;
	pods_are(h, "");
	push_heap(h, imp, "late", 10);
	push_heap(h, imp, "b", 10);
	pods_are(h, "");
	push_heap(h, imp, "b", 11);
	pods_are(h, "b ");
	pods_are(h, "b ");
	push_heap(h, imp, "a", 1);
	push_heap(h, imp, "a", 2);
	push_heap(h, imp, "late", 20);
	pods_are(h, "a b late ");
	/* Other questions push the kept ones out. */
	for (int i = 0; i < 2 * LABEL_VIEWS; i++) {
		struct str name = str_of(other, (size_t)snprintf(other, sizeof(other), "label%d", i));
		struct arena *a = arena_new();
		struct dataset *set = &h->set;
		struct str_list none;

		assert_int_equal(query_label_values(a, &set, 1, NULL, 0, (struct label_range){ INT64_MIN, INT64_MAX },
				     name, &none, &e),
		    0);
		assert_int_equal(none.n, 0);
		arena_free(a);
	}
	pods_are(h, "a b late ");
	sym_importer_free(imp);
	head_free(h);
}

/* More than is kept for one question: still all of it. */
static void many_labels(void **state)
{
	enum { PODS = 3000, NAME = 100 };
	struct head *h = head_new();
	struct sym_importer *imp = sym_importer_new();
	char pod[NAME + 1];

	(void)state;
	for (int i = 0; i < PODS; i++) {
		snprintf(pod, sizeof(pod), "%0*d", NAME, i);
		push_heap(h, imp, pod, 1);
		push_heap(h, imp, pod, 2);
	}
	for (int i = 0; i < 2; i++) {
		struct arena *a = arena_new();
		struct dataset *set = &h->set;
		struct str_list got;
		struct err e;

		assert_int_equal(query_label_values(a, &set, 1, NULL, 0, (struct label_range){ INT64_MIN, INT64_MAX },
				     STR("pod"), &got, &e),
		    0);
		assert_int_equal(got.n, PODS);
		arena_free(a);
	}
	sym_importer_free(imp);
	head_free(h);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_while_it_grows),
		cmocka_unit_test(many_labels),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("label sets", tests, NULL, NULL);
}
