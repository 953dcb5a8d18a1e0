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

/* "a b" -> strings; "a b" -> sets with the label pod of these values. */
static void lists_of(struct arena *a, const char *words, struct str_list *strings, struct labels_list *sets)
{
	*strings = (struct str_list){ arena_array(a, 20, sizeof(*strings->p)), 0 };
	*sets = (struct labels_list){ arena_array(a, 20, sizeof(*sets->p)), 0 };
	for (const char *w = words; *w; w++) {
		struct label *l = arena_alloc(a, sizeof(*l));

		if (*w == ' ')
			continue;
		strings->p[strings->n++] = str_of(w, 1);
		*l = (struct label){ STR("pod"), str_of(w, 1) };
		sets->p[sets->n++] = (struct labels){ l, 1 };
	}
}

static void words_are(const struct str_list *strings, const struct labels_list *sets, const char *want)
{
	assert_int_equal(strings->n, strlen(want));
	assert_int_equal(sets->n, strlen(want));
	for (size_t i = 0; i < strings->n; i++) {
		assert_true(str_eq(strings->p[i], str_of(want + i, 1)));
		assert_true(str_eq(labels_get(&sets->p[i], STR("pod")), str_of(want + i, 1)));
	}
}

/* In whatever order they come, each stays once, sorted. */
static void lists_merge(void **state)
{
	static const char *const cases[][3] = {
		{ "", "", "" },
		{ "", "a b", "ab" },
		{ "a b", "", "ab" },
		{ "a c e", "b c d f", "abcdef" },
		{ "x y", "a b", "abxy" },
		{ "a b", "a b", "ab" },
		{ "c a b a", "d b d", "abcd" },
		{ "b b", "a", "ab" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct str_list strings, more_strings;
		struct labels_list sets, more_sets;

		lists_of(a, cases[i][0], &strings, &sets);
		lists_of(a, cases[i][1], &more_strings, &more_sets);
		str_list_merge(a, &strings, &more_strings);
		labels_list_merge(a, &sets, &more_sets);
		words_are(&strings, &sets, cases[i][2]);
		arena_free(a);
	}
}

static void add_words(struct label_set *s, const char *words)
{
	struct arena *a = arena_new();
	struct labels_list sets;
	struct str_list strings;

	lists_of(a, words, &strings, &sets);
	for (size_t i = 0; i < sets.n; i++)
		label_set_add(s, &sets.p[i]);
	arena_free(a);
}

/* A set that was merged, and one that was merged into, go on collecting. */
static void sets_merge(void **state)
{
	enum { KINDS = 2 };
	struct str pod = STR("pod");
	const struct label_what whats[KINDS] = { { LABEL_VALUES, &pod, 1 }, { LABEL_SETS, &pod, 1 } };
	struct arena *a = arena_new();
	struct label_set all[KINDS], more[KINDS];
	struct labels_list sets, of_more_sets, none_of_sets;
	struct str_list strings, of_more_strings, none_of_strings;

	(void)state;
	for (int k = 0; k < KINDS; k++) {
		label_set_init(&all[k], &whats[k], a);
		label_set_init(&more[k], &whats[k], a);
		add_words(&more[k], "d b");
		label_set_merge(&all[k], &more[k]);
		add_words(&more[k], "b c d a");
		add_words(&all[k], "d e e");
		label_set_merge(&all[k], &more[k]);
		add_words(&all[k], "c a");
	}
	label_set_strings(&all[0], &strings);
	label_set_sets(&all[1], &sets);
	label_set_sets(&all[0], &none_of_sets);
	label_set_strings(&all[1], &none_of_strings);
	words_are(&strings, &sets, "abcde");
	label_set_strings(&more[0], &of_more_strings);
	label_set_sets(&more[1], &of_more_sets);
	words_are(&of_more_strings, &of_more_sets, "abcd");
	assert_int_equal(none_of_sets.n + none_of_strings.n, 0);
	for (int k = 0; k < KINDS; k++) {
		label_set_fini(&all[k]);
		label_set_fini(&more[k]);
	}
	arena_free(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_while_it_grows),
		cmocka_unit_test(many_labels),
		cmocka_unit_test(lists_merge),
		cmocka_unit_test(sets_merge),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("label sets", tests, NULL, NULL);
}
