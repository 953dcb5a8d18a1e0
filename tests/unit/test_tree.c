/* formats/query/tree.h: building, merging, tree bytes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/enc.h"
#include "formats/query/tree.h"

/* "a;b 1": a stack and its value. */
static void add(struct tree *t, const char *line)
{
	struct str rest = str_cstr(line), names[64];
	size_t blank = str_rfind(rest, ' ');
	int64_t value = strtoll(line + blank + 1, NULL, 10);
	uint32_t n = 0;

	rest.n = blank;
	while (rest.n > 0)
		names[n++] = str_cut(&rest, ';');
	tree_add(t, names, n, value);
}

static struct tree *make(const char *const *lines)
{
	struct tree *t = tree_new();

	for (; *lines != NULL; lines++)
		add(t, *lines);
	return t;
}

static const char *const SPEC[] = { "a;b 1", "a;c 2", "a 5", "d 4", "d;b 3", NULL };

/* Lines "a;b self total", sorted by path. */
static int line_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_tree(struct tree *t, struct buf *out)
{
	char **lines = mem_zarray(t->nodes.n, sizeof(*lines));

	tree_total(t);
	for (size_t i = 1; i < t->nodes.n; i++) {
		char path[512] = "";

		for (uint32_t at = (uint32_t)i; at != 0; at = t->nodes.p[at].parent) {
			struct str name = t->names.p[t->nodes.p[at].name];
			char longer[600];

			snprintf(longer, sizeof(longer), STR_FMT "%s%s", STR_ARG(name), *path ? ";" : "", path);
			snprintf(path, sizeof(path), "%.511s", longer);
		}
		lines[i] = mem_alloc(600);
		snprintf(lines[i], 600, "%s %lld %lld\n", path, (long long)t->nodes.p[i].self,
		    (long long)t->nodes.p[i].total);
	}
	qsort(lines + 1, t->nodes.n - 1, sizeof(*lines), line_cmp);
	for (size_t i = 1; i < t->nodes.n; i++) {
		buf_add(out, str_cstr(lines[i]));
		mem_free(lines[i]);
	}
	mem_free(lines);
}

static void expect(struct tree *t, const char *want)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	print_tree(t, &b);
	buf_byte(&b, 0);
	assert_string_equal(b.p, want);
	buf_fini(&b);
}

static void test_add(void **state)
{
	struct tree *t = make(SPEC);

	(void)state;
	expect(t, "a 5 8\na;b 1 1\na;c 2 2\nd 4 7\nd;b 3 3\n");
	assert_int_equal(t->nodes.p[0].total, 15);
	add(t, "a;b -4");
	add(t, "d;b;c;d 10");
	expect(t, "a 5 4\na;b -3 -3\na;c 2 2\nd 4 17\nd;b 3 13\nd;b;c 0 10\nd;b;c;d 10 10\n");
	tree_free(t);
	tree_free(NULL);
}

static void test_child(void **state)
{
	struct tree *t = tree_new();
	uint32_t a = tree_child(t, 0, STR("a")), b = tree_child(t, a, STR(""));

	(void)state;
	assert_int_equal(tree_child(t, 0, STR("a")), a);
	assert_int_equal(tree_child(t, a, STR("")), b);
	assert_int_not_equal(tree_child(t, b, STR("a")), a);
	assert_true(str_eq(t->names.p[t->nodes.p[a].name], STR("a")));
	assert_int_equal(t->nodes.n, 4);
	tree_free(t);
}

static void test_merge(void **state)
{
	static const char *const other[] = { "a;c 10", "a;c;e 7", "z 1", NULL };
	struct tree *t = make(SPEC), *o = make(other), *copy = tree_new();

	(void)state;
	tree_merge(copy, t);
	expect(copy, "a 5 8\na;b 1 1\na;c 2 2\nd 4 7\nd;b 3 3\n");
	tree_merge(copy, o);
	expect(copy, "a 5 25\na;b 1 1\na;c 12 19\na;c;e 7 7\nd 4 7\nd;b 3 3\nz 1 1\n");
	tree_merge(copy, o);
	add(copy, "a;c;e 1");
	expect(copy, "a 5 43\na;b 1 1\na;c 22 37\na;c;e 15 15\nd 4 7\nd;b 3 3\nz 2 2\n");
	tree_free(t);
	tree_free(o);
	tree_free(copy);
}

/* Locations: 1 = f inlined into g, 2 = h, 3 without lines, 4 = f at another line. */
static struct symbols *make_symbols(void)
{
	struct symbols *s = symbols_new(1);
	uint32_t fn[3];
	static const char *const names[] = { "f", "g", "h" };

	symbols_add_mapping(s, &(struct sym_mapping){ 0 });
	for (int i = 0; i < 3; i++)
		fn[i] = symbols_add_function(s,
		    &(struct sym_function){ .name = symbols_add_string(s, str_cstr(names[i])) });
	symbols_add_location(s, &(struct sym_location){ .address = 99, .n_lines = 0 }, NULL);
	symbols_add_location(s, &(struct sym_location){ .n_lines = 2 },
	    (struct sym_line[]){ { fn[0], 1 }, { fn[1], 2 } });
	symbols_add_location(s, &(struct sym_location){ .n_lines = 1 }, (struct sym_line[]){ { fn[2], 7 } });
	symbols_add_location(s, &(struct sym_location){ .address = 5, .n_lines = 0 }, NULL);
	symbols_add_location(s, &(struct sym_location){ .n_lines = 1 }, (struct sym_line[]){ { fn[0], 9 } });
	return s;
}

static void test_symbols(void **state)
{
	static const struct {
		uint32_t stack[3], n;
		int64_t value;
	} rows[] = {
		{ { 1, 2 }, 2, 10 },   /* h;g;f */
		{ { 3, 1, 2 }, 3, 5 }, /* the same names */
		{ { 2 }, 1, 7 },
		{ { 4, 4 }, 2, 3 }, /* f;f */
		{ { 3 }, 1, 1000 }, /* no name at all: not counted */
		{ { 4, 2 }, 2, 0 }, /* nothing: must not appear */
		{ { 1 }, 1, -2 },
	};
	struct symbols *s = make_symbols();
	struct tree *t = tree_new();
	int64_t values[64] = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		values[symbols_add_stack(s, rows[i].stack, rows[i].n)] += rows[i].value;
	tree_add_symbols(t, s, values, s->nodes.n);
	expect(t, "f 0 3\nf;f 3 3\ng 0 -2\ng;f -2 -2\nh 7 22\nh;g 0 15\nh;g;f 15 15\n");
	assert_int_equal(t->nodes.p[0].total, 23);
	tree_add_symbols(t, s, values, s->nodes.n); /* into a tree that has them */
	expect(t, "f 0 6\nf;f 6 6\ng 0 -4\ng;f -4 -4\nh 14 44\nh;g 0 30\nh;g;f 30 30\n");
	tree_add_symbols(t, s, values, 0);
	assert_int_equal(t->nodes.n, 8);
	tree_free(t);
	symbols_free(s);
}

/* A writer may store a string twice: the names meet all the same. */
static void test_symbols_equal_strings(void **state)
{
	struct symbols *s = symbols_new(1);
	struct tree *t = tree_new();
	int64_t values[3] = { 0, 4, 5 };

	(void)state;
	if (s->strings.n == 0)
		symbols_append_string(s, STR(""));
	symbols_append_string(s, STR("f"));
	symbols_append_string(s, STR("f"));
	assert_int_equal(s->strings.n, 3);
	vec_push(&s->mappings, ((struct sym_mapping){ 0 }));
	for (uint32_t i = 0; i < 2; i++) {
		vec_push(&s->functions, ((struct sym_function){ .name = i + 1 }));
		vec_push(&s->lines, ((struct sym_line){ i, 1 }));
		vec_push(&s->locations, ((struct sym_location){ .first_line = i, .n_lines = 1 }));
	}
	if (s->nodes.n == 0)
		vec_push(&s->nodes, ((struct sym_node){ 0 }));
	vec_push(&s->nodes, ((struct sym_node){ 0, 0 }));
	vec_push(&s->nodes, ((struct sym_node){ 0, 1 }));
	tree_add_symbols(t, s, values, 3);
	expect(t, "f 9 9\n");
	tree_free(t);
	symbols_free(s);
}

static void encode(struct tree *t, int64_t max_nodes, struct buf *hex)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	tree_encode(t, max_nodes, &b);
	buf_reset(hex);
	enc_hex(hex, buf_str(&b));
	buf_byte(hex, 0);
	buf_fini(&b);
}

static void test_encode(void **state)
{
	static const char *const named[] = { "a 5", "other;x 1", "b 1", "z 7", NULL };
	static const struct {
		const char *const *lines;
		int64_t max;
		const char *hex;
	} cases[] = {
		{ SPEC, 0,
		    "000002"
		    "01640401"
		    "01620300"
		    "01610502"
		    "01630200"
		    "01620100" },
		{ SPEC, -1,
		    "000002"
		    "01640401"
		    "01620300"
		    "01610502"
		    "01630200"
		    "01620100" },
		{ SPEC, 5,
		    "000002"
		    "01640401"
		    "01620300"
		    "01610502"
		    "01630200"
		    "01620100" },
		{ SPEC, 3,
		    "000002"
		    "01640401"
		    "01620300"
		    "01610501"
		    "056f746865720300" },
		{ SPEC, 1,
		    "000002"
		    "056f746865720700"
		    "01610501"
		    "056f746865720300" },
		/* `other` stays, with what is below it, and takes what is cut beside it */
		{ named, 2,
		    "000003"
		    "017a0700"
		    "056f746865720101"
		    "056f746865720100"
		    "01610500" },
		{ named + 4, 0, "" },
	};
	struct buf hex;

	(void)state;
	buf_init(&hex, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tree *t = make(cases[i].lines);

		encode(t, cases[i].max, &hex);
		assert_string_equal(hex.p, cases[i].hex);
		tree_free(t);
	}
	buf_fini(&hex);
}

static void test_decode(void **state)
{
	static const char bytes[] = "\0\0\2\1d\4\1\1b\3\0\1a\5\2\1c\2\0\1b\1\0";
	static const char twice[] = "\0\0\2\1a\4\1\1b\1\0\1a\5\1\1b\2\0";
	static const char big[] = "\0\0\1\1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\0";
	struct tree *t = tree_new();
	struct err e;

	(void)state;
	assert_int_equal(tree_decode(t, str_of(bytes, sizeof(bytes) - 1), &e), 0);
	expect(t, "a 5 8\na;b 1 1\na;c 2 2\nd 4 7\nd;b 3 3\n");
	assert_int_equal(tree_decode(t, str_of(bytes, sizeof(bytes) - 1), &e), 0);
	assert_int_equal(tree_decode(t, STR(""), &e), 0);
	assert_int_equal(tree_decode(t, STR("\0"), &e), 0);
	expect(t, "a 10 16\na;b 2 2\na;c 4 4\nd 8 14\nd;b 6 6\n");
	tree_free(t);
	t = tree_new();
	assert_int_equal(tree_decode(t, str_of(twice, sizeof(twice) - 1), &e), 0);
	expect(t, "a 9 12\na;b 3 3\n");
	tree_free(t);
	t = tree_new();
	assert_int_equal(tree_decode(t, str_of(big, sizeof(big) - 1), &e), 0);
	expect(t, "a -1 -1\n");
	tree_free(t);
}

static void test_decode_bad(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *msg;
	} cases[] = {
		{ "\0\0\1\6ab\0\0\0", 9, "tree at byte 3: a name is longer than the rest" },
		{ "\0\0\1\1a\0\0x", 8, "tree at byte 7: bytes behind the last node" },
		{ "\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 12, "tree at byte 0: more children than bytes" },
		{ "\0\0\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\2\0\0", 15,
		    "tree at byte 3: the length of a name is cut or too long" },
		{ "\0\0\2\1a\0\1\1b\0\0", 11, "tree at byte 3: more children than bytes" },
		{ "\0\0", 2, "tree at byte 0: a number of children is cut or too long" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tree *t = tree_new();
		struct err e;

		assert_int_equal(tree_decode(t, str_of(cases[i].bytes, cases[i].n), &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(t->nodes.n, 1); /* nothing of a wrong one is taken */
		tree_free(t);
	}
}

static void test_decode_cut(void **state)
{
	struct tree *t = make(SPEC);
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 1 << 20);
	add(t, "d;a rather long name of two hundred and more bytes is not needed here 123456789");
	tree_encode(t, 0, &b);
	for (size_t n = 2; n < b.n; n++) {
		struct tree *u = tree_new();
		char *copy = mem_alloc(n); /* so that a sanitizer sees a byte too many */

		memcpy(copy, b.p, n);
		assert_int_equal(tree_decode(u, str_of(copy, n), &e), -1);
		tree_free(u);
		mem_free(copy);
	}
	buf_fini(&b);
	tree_free(t);
}

#define PACKED              \
	"\x03\1a\1b\1c\x03" \
	"\1\1\2"            \
	"\1\2\3"            \
	"\3\3\6"

/* Names once, then nodes: a = 1, a;b = -2, c = 3. */
static void test_pack(void **state)
{
	static const char packed[] = PACKED;
	struct tree *t = tree_new(), *u = tree_new();
	struct str bytes = str_of(packed, sizeof(packed) - 1);
	struct buf b;
	struct err e;
	uint32_t a = tree_child(t, 0, STR("a")), ab = tree_child(t, a, STR("b")), c = tree_child(t, 0, STR("c"));

	(void)state;
	t->nodes.p[a].self = 1;
	t->nodes.p[ab].self = -2;
	t->nodes.p[c].self = 3;
	buf_init(&b, 1 << 20);
	tree_pack(t, &b);
	assert_int_equal(b.n, bytes.n);
	assert_memory_equal(b.p, bytes.p, bytes.n);
	for (int i = 1; i <= 2; i++) { /* into one without nodes, then to what is there */
		assert_int_equal(tree_unpack(u, bytes, &e), 0);
		assert_int_equal(u->nodes.n, 4);
		assert_int_equal(u->nodes.p[tree_child(u, tree_child(u, 0, STR("a")), STR("b"))].self, -2 * i);
		assert_int_equal(u->nodes.p[tree_child(u, 0, STR("c"))].self, 3 * i);
		assert_int_equal(u->nodes.n, 4);
	}
	tree_free(u);
	for (size_t n = 0; n < bytes.n; n++) {
		char *copy = mem_alloc(n); /* so that a sanitizer sees a byte too many */

		u = tree_new();
		memcpy(copy, bytes.p, n);
		assert_int_equal(tree_unpack(u, str_of(copy, n), &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
		tree_free(u);
		mem_free(copy);
	}
	buf_fini(&b);
	tree_free(t);
}

static void test_unpack_wrong(void **state)
{
	static const struct {
		struct str bytes;
		const char *message;
	} cases[] = {
		{ STR("\x07\1a"), "tree at byte 1: the number of names is cut or too large" },
		{ STR("\1\5a"), "tree at byte 2: the length of a name is cut or too long" },
		{ STR("\1\1a\2\1\1\2"), "tree at byte 4: the number of nodes is cut or too large" },
		{ STR("\1\1a\1\0\1\2"), "tree at byte 5: a parent is cut or wrong" },
		{ STR("\1\1a\1\2\1\2"), "tree at byte 5: a parent is cut or wrong" },
		{ STR("\1\1a\1\1\2\2"), "tree at byte 6: a name is cut or wrong" },
		{ STR("\1\1a\1\1\1\x80"), "tree at byte 7: a value is cut or too long" },
		{ STR(PACKED "x"), "tree at byte 17: bytes behind the last node" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tree *t = tree_new();
		struct err e;

		assert_int_equal(tree_unpack(t, cases[i].bytes, &e), -1);
		assert_string_equal(e.msg, cases[i].message);
		tree_free(t);
	}
}

/* A million levels, and a hundred thousand children of one node: neither recursion nor squares. */
static void test_deep_and_wide(void **state)
{
	struct tree *t = tree_new(), *u = tree_new();
	struct buf b;
	struct err e;
	uint32_t at = 0;

	(void)state;
	buf_init(&b, 1 << 26);
	for (int i = 0; i < 1000000; i++)
		at = tree_child(t, at, STR("f"));
	t->nodes.p[at].self = 1;
	for (int i = 0; i < 100000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "w%d", i * 7919 % 100000);
		at = tree_child(t, 0, str_cstr(name));
		t->nodes.p[at].self = 2;
	}
	tree_encode(t, 0, &b);
	assert_int_equal(buf_check(&b, "tree", &e), 0);
	assert_int_equal(tree_decode(u, buf_str(&b), &e), 0);
	tree_total(u);
	assert_int_equal(u->nodes.n, t->nodes.n);
	assert_int_equal(u->nodes.p[0].total, 200001);
	buf_reset(&b);
	tree_pack(t, &b);
	tree_free(u);
	u = tree_new();
	assert_int_equal(tree_unpack(u, buf_str(&b), &e), 0);
	tree_total(u);
	assert_int_equal(u->nodes.n, t->nodes.n);
	assert_int_equal(u->nodes.p[0].total, 200001);
	buf_fini(&b);
	tree_free(t);
	tree_free(u);
}

/* Recorded answers: decoding and encoding gives the same bytes. */
static void test_recorded(void **state)
{
	static const char *const answers[] = {
		"AAABBG1haW6AreIEAwR3b3JrAAIGZW5jb2RlgIG3sAEABmRlY29kZYCk+vcBAARpZGxlgOHrFwACZ2OAh6cOAA==",
		"AAABBG1haW6A1NSrAQEEd29yawACBW90aGVygNTUqwEABmVuY29kZYCwu58XAA==",
		"AAABBG1haW4AAQR3b3JrAAEGZW5jb2RlgOHrFwA=",
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct tree *t = tree_new();
		struct str bytes;
		struct buf b;
		struct err e;

		buf_init(&b, 1 << 20);
		assert_int_equal(dec_base64(a, str_cstr(answers[i]), &bytes, &e), 0);
		assert_int_equal(tree_decode(t, bytes, &e), 0);
		tree_encode(t, 0, &b);
		assert_int_equal(b.n, bytes.n);
		assert_memory_equal(b.p, bytes.p, b.n);
		buf_fini(&b);
		tree_free(t);
	}
	arena_free(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_child),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_symbols_equal_strings),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_decode_bad),
		cmocka_unit_test(test_decode_cut),
		cmocka_unit_test(test_pack),
		cmocka_unit_test(test_unpack_wrong),
		cmocka_unit_test(test_deep_and_wide),
		cmocka_unit_test(test_recorded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
