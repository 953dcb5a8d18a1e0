/* Flame graphs of trees, single and double, and how many nodes they keep. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/enc.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/zip.h"
#include "formats/query/tree.h"
#include "formats/query/tree_cut.h"
#include "formats/query/tree_impl.h"

/* "a;b 1": a stack and its value. */
static void add(struct tree *t, const char *line)
{
	struct str rest = str_cstr(line), names[64];
	size_t blank = str_rfind(rest, ' ');
	int64_t value = strtoll(line + blank + 1, NULL, 10);
	uint32_t n = 0;
	bool more = blank > 0 || line[0] == ' ';

	rest.n = blank;
	while (more) {
		more = str_find(rest, ';') < rest.n;
		names[n++] = str_cut(&rest, ';');
	}
	tree_add(t, names, n, value);
}

static struct tree *make(const char *const *lines)
{
	struct tree *t = tree_new();

	for (; *lines != NULL; lines++)
		add(t, *lines);
	return t;
}

static void print_graph(const struct flamegraph *g, bool diff, struct buf *out)
{
	for (size_t i = 0; i < g->n_names; i++)
		buf_printf(out, "%s" STR_FMT, i ? "," : "", STR_ARG(g->names[i]));
	for (size_t i = 0; i < g->n_levels; i++) {
		buf_printf(out, " |");
		for (size_t k = 0; k < g->levels[i].n; k++)
			buf_printf(out, "%s%lld", k ? "," : " ", (long long)g->levels[i].values[k]);
	}
	buf_printf(out, " | %lld %lld", (long long)g->total, (long long)g->max_self);
	if (diff)
		buf_printf(out, " %lld %lld", (long long)g->left_ticks, (long long)g->right_ticks);
	buf_byte(out, 0);
}

static const char *const SPEC[] = { "a;b 1", "a;c 2", "a 5", "d 4", "d;b 3", NULL };
static const char *const NONE[] = { NULL };
static const char *const OTHERS[] = { "a 5", "other;x 3", "other 1", "b 1", NULL };
static const char *const NAMES[] = { "total 1", ";x 2", NULL };
static const char *const WIDE[] = { "m;f 10", "m;e 10", "m;d 10", "m;c 20", "m;b 1", "m;a 1", NULL };
/* x weighs more than its parent: the walk skips it when the parent is skipped */
static const char *const NEGATIVE[] = { "p -8", "p;x 9", "q 5", "r 4", NULL };

static void test_single(void **state)
{
	static const struct {
		const char *const *lines;
		int64_t max;
		const char *want;
	} cases[] = {
		{ NONE, 0, "total | 0,0,0,0 | 0 0" },
		{ NONE, 5, "total | 0,0,0,0 | 0 0" },
		{ SPEC, 0, "total,d,b,a,c | 0,15,0,0 | 0,8,5,3,0,7,4,1 | 5,1,1,2,0,2,2,4,4,3,3,2 | 15 5" },
		{ SPEC, 5, "total,d,b,a,c | 0,15,0,0 | 0,8,5,3,0,7,4,1 | 5,1,1,2,0,2,2,4,4,3,3,2 | 15 5" },
		{ SPEC, 3, "total,d,b,a,other | 0,15,0,0 | 0,8,5,3,0,7,4,1 | 5,3,3,4,4,3,3,2 | 15 5" },
		{ SPEC, 1, "total,other,a | 0,15,0,0 | 0,8,5,2,0,7,7,1 | 5,3,3,1 | 15 7" },
		/* `other` is a leaf, whatever was below it, and comes last */
		{ OTHERS, 0, "total,other,b,a | 0,10,0,0 | 0,5,5,3,0,1,1,2,0,4,4,1 | 10 5" },
		{ NAMES, 0, "total,,x | 0,3,0,0 | 0,2,0,1,0,1,1,0 | 0,2,2,2 | 3 2" },
		/* ties: all that weigh as much as the last one stay */
		{ WIDE, 3,
		    "total,m,other,f,e,d,c | 0,52,0,0 | 0,52,0,1 | "
		    "0,20,20,6,0,10,10,5,0,10,10,4,0,10,10,3,0,2,2,2 | 52 20" },
		{ WIDE, 2, "total,m,other,c | 0,52,0,0 | 0,52,0,1 | 0,20,20,3,0,32,32,2 | 52 32" },
		{ NEGATIVE, 2, "total,other,r,q | 0,10,0,0 | 0,5,5,3,0,4,4,2,0,1,1,1 | 10 5" },
	};
	struct arena *a = arena_new();
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tree *t = make(cases[i].lines);

		buf_reset(&b);
		print_graph(tree_flamegraph(a, t, cases[i].max), false, &b);
		assert_string_equal(b.p, cases[i].want);
		tree_free(t);
	}
	buf_fini(&b);
	arena_free(a);
}

static const char *const LEFT[] = { "a;b 1", "a;c 2", NULL };
static const char *const RIGHT[] = { "a;b 4", "a;d 8", NULL };
static const char *const OTHER_L[] = { "a;other;x 9", "a;b 1", "a;c 1", NULL };
static const char *const OTHER_R[] = { "a;c 2", NULL };

static void test_diff(void **state)
{
	static const struct {
		const char *const *left, *const *right;
		int64_t max;
		const char *want;
	} cases[] = {
		{ LEFT, RIGHT, 0,
		    "total,a,d,c,b | 0,3,0,0,12,0,0 | 0,3,0,0,12,0,1 | "
		    "0,1,1,0,4,4,4,0,2,2,0,0,0,3,0,0,0,0,8,8,2 | 15 8 3 12" },
		{ LEFT, RIGHT, 5,
		    "total,a,d,c,b | 0,3,0,0,12,0,0 | 0,3,0,0,12,0,1 | "
		    "0,1,1,0,4,4,4,0,2,2,0,0,0,3,0,0,0,0,8,8,2 | 15 8 3 12" },
		{ LEFT, RIGHT, 3,
		    "total,a,other,d | 0,3,0,0,12,0,0 | 0,3,0,0,12,0,1 | "
		    "0,0,0,0,8,8,3,0,3,3,0,4,4,2 | 15 8 3 12" },
		{ NONE, NONE, 0, "total | 0,0,0,0,0,0,0 | 0 0 0 0" },
		{ LEFT, NONE, 0,
		    "total,a,c,b | 0,3,0,0,0,0,0 | 0,3,0,0,0,0,1 | "
		    "0,1,1,0,0,0,3,0,2,2,0,0,0,2 | 3 2 3 0" },
		/* the empty name is the root's, "total" has its own */
		{ NAMES, NAMES, 0,
		    "total,total,x | 0,3,0,0,3,0,0 | 0,2,0,0,2,0,0,0,1,1,0,1,1,1 | "
		    "0,2,2,0,2,2,2 | 6 2 3 3" },
		/* `other` is an ordinary node here, and what is cut stands beside it */
		{ OTHER_L, OTHER_R, 4,
		    "total,a,other,x | 0,11,0,0,2,0,0 | 0,11,0,0,2,0,1 | "
		    "0,9,0,0,0,0,2,0,2,2,0,2,2,2 | 0,9,9,0,0,0,3 | 13 9 11 2" },
	};
	struct arena *a = arena_new();
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tree *l = make(cases[i].left), *r = make(cases[i].right);

		buf_reset(&b);
		print_graph(tree_flamegraph_diff(a, l, r, cases[i].max, &e), true, &b);
		assert_string_equal(b.p, cases[i].want);
		tree_free(l);
		tree_free(r);
	}
	buf_fini(&b);
	arena_free(a);
}

static void test_diff_negative(void **state)
{
	struct tree *good = make(SPEC), *bad = make(NEGATIVE);
	struct arena *a = arena_new();
	struct err e;

	(void)state;
	assert_null(tree_flamegraph_diff(a, bad, bad, 0, &e));
	assert_int_equal(e.kind, ERR_INVALID);
	assert_string_equal(e.msg, "both trees require only positive values");
	assert_null(tree_flamegraph_diff(a, bad, good, 0, &e));
	assert_string_equal(e.msg, "left tree require only positive values");
	assert_null(tree_flamegraph_diff(a, good, bad, 0, &e));
	tree_free(good);
	tree_free(bad);
	arena_free(a);
}

static int cmp_down(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

static void test_select(void **state)
{
	static const int64_t span[] = { 1, 2, 10, 300, 70000, INT64_C(5000000000), INT64_MAX };
	uint64_t seed = 42;

	(void)state;
	for (size_t round = 0; round < 400; round++) {
		int64_t v[300], sorted[300];
		size_t n = 1 + round % 299, k;

		for (size_t i = 0; i < n; i++) {
			seed = hash_mix(seed, i);
			v[i] = (int64_t)(seed >> 1) % span[round % ARRAY_LEN(span)];
			if (round % 3 == 0 && seed & 1)
				v[i] = -v[i];
		}
		k = 1 + seed % n;
		memcpy(sorted, v, sizeof(v));
		qsort(sorted, n, sizeof(*sorted), cmp_down);
		assert_int_equal(select_largest(v, n, k), sorted[k - 1]);
	}
}

static void test_min_value(void **state)
{
	static const struct {
		const char *const *lines;
		int64_t max, want;
	} cases[] = {
		{ NONE, 1, 0 }, { SPEC, 0, 0 }, { SPEC, -5, 0 }, { SPEC, 1, 8 }, { SPEC, 2, 7 }, { SPEC, 3, 3 },
		{ SPEC, 4, 2 }, { SPEC, 5, 0 }, { SPEC, INT64_MAX, 0 }, { WIDE, 2, 20 }, { WIDE, 3, 10 },
		{ WIDE, 6, 1 },
		/* r 4 and q 5 fill the heap; p 1 is skipped and so is x 9 below it */
		{ NEGATIVE, 2, 4 }, { NEGATIVE, 3, 4 }, /* r 4, q 5, p 1, then x 9 replaces p */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tree *t = make(cases[i].lines);

		tree_total(t);
		assert_int_equal(tree_min_value(t, cases[i].max), cases[i].want);
		tree_free(t);
	}
}

/* Recorded answers of the original. */

static const char *shared(void)
{
	const char *env = getenv("PYRO_SHARED");

	return env ? env : "../shared";
}

static json_t *load(const char *name)
{
	char path[1024];
	FILE *f;
	struct buf b, plain;
	struct err e;
	json_t *j;

	snprintf(path, sizeof(path), "%s/golden/questions/%s", shared(), name);
	f = fopen(path, "rb");
	if (f == NULL)
		return NULL;
	buf_init(&b, 1 << 26);
	buf_init(&plain, 1 << 26);
	while (buf_room(&b, 65536)) {
		size_t n = fread(b.p + b.n, 1, 65536, f);

		if (n == 0)
			break;
		b.n += n;
	}
	fclose(f);
	if (zip_is_gzip(buf_str(&b)) && zip_gunzip(buf_str(&b), 1 << 26, &plain, &e) < 0)
		fail_msg("%s: %s", name, e.msg);
	j = json_parse(plain.n > 0 ? buf_str(&plain) : buf_str(&b), &e);
	buf_fini(&b);
	buf_fini(&plain);
	return j;
}

/* The answer of a question: in it, or in a file beside it. */
static json_t *load_graph(const char *name)
{
	char file[300];
	json_t *question, *response, *answer, *g;

	snprintf(file, sizeof(file), "%s.json", name);
	question = load(file);
	if (question == NULL)
		return NULL;
	response = json_object_get(question, "response");
	answer = json_incref(json_object_get(response, "json"));
	if (answer == NULL && json_object_get(response, "file") != NULL &&
	    str_suffix(str_cstr(json_string_value(json_object_get(response, "file"))), STR(".gz")))
		answer = load(json_string_value(json_object_get(response, "file")));
	g = json_incref(json_object_get(answer, "flamegraph"));
	json_decref(answer);
	json_decref(question);
	return g;
}

static int64_t number(const json_t *j)
{
	return json_is_integer(j) ? json_integer_value(j) : strtoll(json_string_value(j), NULL, 10);
}

static json_t *level_of(json_t *g, size_t i)
{
	return json_object_get(json_array_get(json_object_get(g, "levels"), i), "values");
}

struct span {
	int64_t x[2], end[2];
	uint32_t node;
};

static int64_t at(json_t *v, size_t i)
{
	return number(json_array_get(v, i));
}

/* The bar of group i, behind the bar before it. */
static struct span bar_of(json_t *v, size_t i, size_t width, const struct span *before)
{
	struct span s = { 0 };

	for (size_t side = 0; side < (width == 7 ? 2 : 1); side++) {
		s.x[side] = before->end[side] + at(v, i + 3 * side);
		s.end[side] = s.x[side] + at(v, i + 3 * side + 1);
	}
	return s;
}

static bool covers(const struct span *up, const struct span *s)
{
	for (int side = 0; side < 2; side++)
		if (s->end[side] > s->x[side] && s->end[side] > up->end[side])
			return false;
	return true;
}

/* The tree that a graph was drawn from, or one side of it: a bar lies under the bar that covers it. */
static struct tree *tree_of(json_t *g, size_t width, size_t side)
{
	struct tree *t = tree_new();
	json_t *names = json_object_get(g, "names");
	VEC(struct span) above = { 0 }, here = { 0 };
	size_t n_levels = json_array_size(json_object_get(g, "levels"));

	vec_push(&above, ((struct span){ .end = { INT64_MAX, INT64_MAX } }));
	for (size_t l = 1; l < n_levels; l++) {
		json_t *v = level_of(g, l);
		struct span s = { 0 };

		here.n = 0;
		for (size_t i = 0, up = 0; i < json_array_size(v); i += width) {
			size_t number_at = (size_t)at(v, i + width - 1);
			const char *name = json_string_value(json_array_get(names, number_at));

			s = bar_of(v, i, width, &s);
			while (!covers(&above.p[up], &s))
				up++;
			if (number_at == 0 && width == 7)
				name = "";
			s.node = tree_child(t, above.p[up].node, str_cstr(name));
			t->nodes.p[s.node].self += at(v, i + 3 * side + 2);
			vec_push(&here, s);
		}
		above.n = 0;
		for (size_t i = 0; i < here.n; i++)
			vec_push(&above, here.p[i]);
	}
	vec_free(&above);
	vec_free(&here);
	return t;
}

static void assert_graph(const struct flamegraph *g, json_t *want, const char *name)
{
	json_t *names = json_object_get(want, "names");

	if (json_array_size(names) != g->n_names || json_array_size(json_object_get(want, "levels")) != g->n_levels)
		fail_msg("%s: %zu names, %zu levels", name, g->n_names, g->n_levels);
	for (size_t i = 0; i < g->n_names; i++)
		assert_true(str_eq(g->names[i], str_cstr(json_string_value(json_array_get(names, i)))));
	for (size_t i = 0; i < g->n_levels; i++) {
		json_t *v = level_of(want, i);

		assert_int_equal(json_array_size(v), g->levels[i].n);
		for (size_t k = 0; k < g->levels[i].n; k++)
			if (number(json_array_get(v, k)) != g->levels[i].values[k])
				fail_msg("%s: level %zu, number %zu", name, i, k);
	}
	if (json_object_get(want, "total") != NULL)
		assert_int_equal(g->total, number(json_object_get(want, "total")));
	if (json_object_get(want, "maxSelf") != NULL)
		assert_int_equal(g->max_self, number(json_object_get(want, "maxSelf")));
}

/* Every recorded graph comes back from the tree that it shows. */
static void test_recorded(void **state)
{
	struct arena *a = arena_new();
	char path[1024];
	DIR *d;
	int n = 0;

	(void)state;
	snprintf(path, sizeof(path), "%s/golden/questions", shared());
	d = opendir(path);
	if (d == NULL) {
		print_message("# no recorded questions in %s: skipped\n", path);
		arena_free(a);
		skip();
	}
	for (struct dirent *f; (f = readdir(d)) != NULL;) {
		char name[256];
		json_t *g;

		if (strstr(f->d_name, "-flame-") == NULL || !str_suffix(str_cstr(f->d_name), STR(".json")))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)strlen(f->d_name) - 5, f->d_name);
		g = load_graph(name);
		if (g != NULL && json_array_size(level_of(g, 0)) == 4) {
			struct tree *t = tree_of(g, 4, 0);

			assert_graph(tree_flamegraph(a, t, 0), g, name);
			tree_free(t);
			n++;
		}
		json_decref(g);
	}
	closedir(d);
	assert_true(n > 30);
	arena_free(a);
}

/* The uncut graph of one question, cut by us, is the answer to another. */
static void test_recorded_cut(void **state)
{
	static const struct {
		const char *whole, *cut;
		int64_t max;
	} cases[] = {
		{ "270-flame-wide-max-nodes-absent", "266-flame-wide-max-nodes-100", 100 },
		{ "270-flame-wide-max-nodes-absent", "265-flame-wide-max-nodes-20", 20 },
		{ "270-flame-wide-max-nodes-absent", "264-flame-wide-max-nodes-16", 16 },
		{ "270-flame-wide-max-nodes-absent", "263-flame-wide-max-nodes-4", 4 },
		{ "270-flame-wide-max-nodes-absent", "262-flame-wide-max-nodes-3", 3 },
		{ "270-flame-wide-max-nodes-absent", "261-flame-wide-max-nodes-2", 2 },
		{ "270-flame-wide-max-nodes-absent", "260-flame-wide-max-nodes-1", 1 },
		{ "270-flame-wide-max-nodes-absent", "267-flame-wide-max-nodes-170", 170 },
		{ "270-flame-wide-max-nodes-absent", "268-flame-wide-max-nodes-1000", 1000 },
		{ "225-flame-shapes", "278-flame-shapes-max-nodes-5", 5 },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *whole = load_graph(cases[i].whole), *cut = load_graph(cases[i].cut);
		struct tree *t;

		if (whole == NULL || cut == NULL) {
			print_message("# recorded questions are missing in %s: skipped\n", shared());
			arena_free(a);
			skip();
		}
		t = tree_of(whole, 4, 0);
		tree_cut(t, cases[i].max);
		assert_graph(tree_flamegraph(a, t, cases[i].max), cut, cases[i].cut);
		tree_free(t);
		json_decref(whole);
		json_decref(cut);
	}
	arena_free(a);
}

/* The same question asked for tree bytes. */
static void test_recorded_tree(void **state)
{
	static const char want[] = "AAABBG1haW6A1NSrAQEEd29yawACBW90aGVygNTUqwEABmVuY29kZYCwu58XAA==";
	json_t *whole = load_graph("271-flame-max-nodes-zero");
	struct buf bytes, text;
	struct tree *t;

	(void)state;
	if (whole == NULL) {
		print_message("# recorded questions are missing in %s: skipped\n", shared());
		skip();
	}
	t = tree_of(whole, 4, 0);
	tree_cut(t, 3);
	buf_init(&bytes, 4096);
	buf_init(&text, 4096);
	tree_encode(t, 3, &bytes);
	enc_base64(&text, buf_str(&bytes));
	buf_byte(&text, 0);
	assert_string_equal(text.p, want);
	buf_fini(&bytes);
	buf_fini(&text);
	tree_free(t);
	json_decref(whole);
}

static bool missing(const json_t *j)
{
	if (j == NULL)
		print_message("# recorded questions are missing in %s: skipped\n", shared());
	return j == NULL;
}

/* Every recorded comparison comes back from the two trees that it shows. */
static void test_recorded_diff(void **state)
{
	static const char *const names[] = { "320-diff-two-services", "321-diff-same", "322-diff-left-empty",
		"323-diff-both-empty", "325-diff-max-nodes", "326-diff-types-differ", "328-diff-shapes" };
	struct arena *a = arena_new();
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		json_t *d = load_graph(names[i]);
		struct tree *left, *right;

		if (missing(d))
			skip();
		left = tree_of(d, 7, 0);
		right = tree_of(d, 7, 1);
		assert_graph(tree_flamegraph_diff(a, left, right, 0, &e), d, names[i]);
		tree_free(left);
		tree_free(right);
		json_decref(d);
	}
	arena_free(a);
}

/* And from the answers about its two sides. */
static void test_recorded_sides(void **state)
{
	static const struct {
		const char *left, *right, *diff;
		int64_t max;
	} cases[] = {
		{ "200-flame-groups", "271-flame-max-nodes-zero", "320-diff-two-services", 8192 },
		{ "271-flame-max-nodes-zero", "271-flame-max-nodes-zero", "321-diff-same", 8192 },
		{ "270-flame-wide-max-nodes-absent", "270-flame-wide-max-nodes-absent", "325-diff-max-nodes", 20 },
	};
	struct arena *a = arena_new();
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *l = load_graph(cases[i].left), *r = load_graph(cases[i].right);
		json_t *d = load_graph(cases[i].diff);
		struct tree *left, *right;

		if (missing(l) || missing(r) || missing(d))
			skip();
		left = tree_of(l, 4, 0);
		right = tree_of(r, 4, 0);
		tree_cut(left, cases[i].max);
		tree_cut(right, cases[i].max);
		assert_graph(tree_flamegraph_diff(a, left, right, cases[i].max, &e), d, cases[i].diff);
		tree_free(left);
		tree_free(right);
		json_decref(l);
		json_decref(r);
		json_decref(d);
	}
	arena_free(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_select),
		cmocka_unit_test(test_min_value),
		cmocka_unit_test(test_single),
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_diff_negative),
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_recorded_cut),
		cmocka_unit_test(test_recorded_tree),
		cmocka_unit_test(test_recorded_diff),
		cmocka_unit_test(test_recorded_sides),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
