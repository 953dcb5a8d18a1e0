/*
 * test_trie.c - the binary trie and tree bodies.
 */
#include "tests/lib/profile_fixture.h"

#include "formats/folded/folded.h"
#include "formats/folded/tree_format.h"
#include "formats/folded/trie.h"

typedef int decoder(struct arena *a, struct str bytes, struct profile **out, struct err *e);

#define B(text)                        \
	{                              \
		text, sizeof(text) - 1 \
	}

static const struct {
	decoder *fn;
	struct str in;
	const char *want; /* folded, or the error */
	enum err_kind kind;
} cases[] = {
	{ trie_decode, B(""), "", ERR_NONE },
	{ trie_decode, B("\x00\x00\x00"), "", ERR_NONE },
	{ trie_decode,
	    B("\x00\x00\x01\x02"
	      "ab\x00\x02\x01"
	      "c\x01\x00\x01"
	      "d\x02\x00"),
	    "abc 1\nabd 2\n", ERR_NONE },
	{ trie_decode,
	    B("\x00\x00\x02\x02"
	      "ab\x00\x02\x03"
	      "c;x\x01\x00\x01"
	      "d\x02\x00\x06"
	      "main;w\x03\x02\x03"
	      "ork\x04\x00\x08"
	      "ait;deep\x05\x00"),
	    "abc;x 1\nabd 2\nmain;w 3\nmain;wait;deep 5\nmain;work 4\n", ERR_NONE },
	/* values on the way, a frame that ends in the parent, empty frames */
	{ trie_decode,
	    B("\x02"
	      "a;\x01\x02\x00\x02\x00\x01"
	      ";\x04\x00"),
	    "a 3\na; 4\n", ERR_NONE },
	/* the end where a node would begin; bytes behind the trie */
	{ trie_decode,
	    B("\x00\x00\x05\x01"
	      "a\x01\x00"),
	    "a 1\n", ERR_NONE },
	{ trie_decode,
	    B("\x01"
	      "a\x01\x00rest"),
	    "a 1\n", ERR_NONE },
	{ trie_decode, B("\x00\x07\x00"), " 7\n", ERR_NONE },
	{ trie_decode,
	    B("\x00\x00\x02\x03"
	      "ab"),
	    "EOF", ERR_INVALID },
	{ trie_decode, B("\x00"), "EOF", ERR_INVALID },
	{ trie_decode, B("\x00\x00"), "EOF", ERR_INVALID },
	{ trie_decode, B("\x00\x80"), "unexpected EOF", ERR_INVALID },
	{ trie_decode, B("\x80"), "unexpected EOF", ERR_INVALID },
	{ trie_decode, B("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "EOF", ERR_INVALID },
	{ trie_decode, B("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), "binary: varint overflows a 64-bit integer",
	    ERR_INVALID },
	{ tree_format_decode, B(""), "EOF", ERR_INVALID },
	{ tree_format_decode, B("\x00\x00\x01\x05"), "EOF", ERR_INVALID },
	{ tree_format_decode,
	    B("\x00\x00\x01\x02"
	      "m;\x00\x02\x01"
	      "a\x01\x00\x00\x02\x00"),
	    "m; 2\nm;;a 1\n", ERR_NONE },
	{ tree_format_decode,
	    B("\x00\x00\x01\x02"
	      "m;\x03\x00"),
	    "m 3\n", ERR_NONE },
	{ tree_format_decode, B("\x00\x00\x01\x00\x03\x00"), "", ERR_NONE },
	{ tree_format_decode, B("\x00\x05\x00"), "", ERR_NONE },
	{ tree_format_decode,
	    B("\x00\x00\x01\x01"
	      "a\x00\x02\x01"
	      "b\x01\x00\x01"
	      "c\x02\x00"),
	    "a;b 1\na;c 2\n", ERR_NONE },
	{ tree_format_decode,
	    B("\x00\x00\x02\x01"
	      "a\x01\x02\x01"
	      "b\x02\x00\x01"
	      "c\x03\x01\x01"
	      "d\x04\x00\x01"
	      "z\x05\x00"),
	    "a 1\na;b 2\na;c 3\na;c;d 4\nz 5\n", ERR_NONE },
	{ tree_format_decode,
	    B("\x00\x00\x02\x01"
	      "a\x01\x00\x01"
	      "a\x02\x00"),
	    "a 3\n", ERR_NONE },
	{ tree_format_decode,
	    B("\x00\x00\x01\x03"
	      "x;y\x01\x00"),
	    "x;y 1\n", ERR_NONE },
	{ tree_format_decode,
	    B("\x00\x00\x01\xff\xff\xff\xff\x07"
	      "abc"),
	    "unexpected EOF", ERR_INVALID },
	{ tree_format_decode,
	    B("\x00\x00\x01\x03"
	      "ab"),
	    "unexpected EOF", ERR_INVALID },
	{ tree_format_decode, B("\x00\x00\x01"), "EOF", ERR_INVALID },
	{ tree_format_decode,
	    B("\x00\x00\x01\x01"
	      "a\x80"),
	    "unexpected EOF", ERR_INVALID },
};

static void expect_folded(const char *about, const struct profile *p, struct str want)
{
	struct buf b;

	buf_init(&b, FIXTURE_MAX);
	folded_encode(p, 0, &b);
	if (!str_eq(buf_str(&b), want))
		fail_msg("%s: got\n" STR_FMT "\nwant\n" STR_FMT, about, STR_ARG(buf_str(&b)), STR_ARG(want));
	buf_fini(&b);
}

static void test_cases(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct str in = arena_str(a, cases[i].in);
		struct profile *p;
		struct err e = { 0 };
		int rc = cases[i].fn(a, in, &p, &e);

		if (e.kind != cases[i].kind || (rc < 0) != (e.kind != ERR_NONE))
			fail_msg("case %zu: %s", i, e.msg);
		if (rc < 0) {
			assert_null(p);
			assert_string_equal(e.msg, cases[i].want);
		} else {
			expect_folded("case", p, str_cstr(cases[i].want));
		}
		arena_free(a);
	}
}

/* Each cut says that the input ends, or ends where a node begins, and never crashes. */
static void test_cut(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t n = 0; n < cases[i].in.n && cases[i].kind == ERR_NONE; n++) {
			struct arena *a = arena_new();
			char *in = mem_alloc(n + 1);
			struct profile *p;
			struct err e;

			memcpy(in, cases[i].in.p, n);
			if (cases[i].fn(a, str_of(in, n), &p, &e) < 0)
				assert_non_null(strstr(e.msg, "EOF"));
			mem_free(in);
			arena_free(a);
		}
}

/* A chain of nodes, and then many stacks as deep as it: small input, large stacks. */
static void test_bomb(void **ctx)
{
	enum { DEEP = 20000, WIDE = 60000 };
	static decoder *const both[] = { trie_decode, tree_format_decode };

	(void)ctx;
	for (size_t k = 0; k < ARRAY_LEN(both); k++) {
		struct arena *a = arena_new();
		struct profile *p;
		struct buf b;
		struct err e;

		buf_init(&b, 1 << 20);
		buf_add(&b, STR("\x00\x00\x01"));
		for (unsigned i = 0; i < DEEP; i++) {
			buf_add(&b,
			    k ? STR("\x01"
				    "f\x00")
			      : STR("\x02"
				    "f;\x00"));
			buf_uvarint(&b, i + 1 < DEEP ? 1 : WIDE);
		}
		for (unsigned i = 0; i < WIDE; i++) {
			buf_byte(&b, 2);
			buf_byte(&b, (unsigned char)('0' + i % 50));
			buf_byte(&b, (unsigned char)('a' + i / 50 % 20));
			buf_add(&b, STR("\x01\x00"));
		}
		assert_int_equal(both[k](a, buf_str(&b), &p, &e), -1);
		assert_int_equal(e.kind, ERR_LIMIT);
		assert_true(arena_bytes(a) < b.n * 1024);
		buf_fini(&b);
		arena_free(a);
	}
}

/* One long frame, continued in many ways. */
static void test_long_key(void **ctx)
{
	struct arena *a = arena_new();
	struct profile *p;
	struct buf b;
	struct err e;

	(void)ctx;
	buf_init(&b, 8 << 20);
	buf_uvarint(&b, 100000);
	buf_fill(&b, 'x', 100000);
	buf_byte(&b, 0);
	buf_uvarint(&b, 100000);
	for (unsigned i = 0; i < 100000; i++) {
		buf_byte(&b, 3);
		buf_printf(&b, "%c%c%c", 'a' + i % 26, 'a' + i / 26 % 26, 'a' + i / 676 % 26);
		buf_add(&b, STR("\x01\x00"));
	}
	assert_int_equal(trie_decode(a, buf_str(&b), &p, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	buf_fini(&b);
	arena_free(a);
}

static void test_expected(void **ctx)
{
	static const struct {
		const char *name;
		decoder *fn;
	} files[] = {
		{ "small.trie.bin", trie_decode },
		{ "small.tree.bin", tree_format_decode },
		{ "deep.trie.bin", trie_decode },
		{ "deep.tree.bin", tree_format_decode },
		{ "node-collapsed.trie.bin", trie_decode },
		{ "node-collapsed.tree.bin", tree_format_decode },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct arena *a = arena_new();
		const char *path = arena_cstr(a, arena_printf(a, "trie-tree-lines/%s", files[i].name));
		struct str in = fixture_file(a, path);
		struct profile *p, *q;
		struct buf b;
		struct err e;

		if (in.p == NULL) {
			arena_free(a);
			print_message("no shared data: set PYRO_SHARED\n");
			skip();
		}
		buf_init(&b, FIXTURE_MAX);
		assert_int_equal(files[i].fn(a, in, &p, &e), 0);
		assert_int_equal(folded_decode(a,
				     fixture_file(a, arena_cstr(a, arena_printf(a, "%s.expected-folded.txt", path))),
				     &q, &e),
		    0);
		folded_encode(q, 0, &b);
		assert_true(b.n > 0);
		expect_folded(path, p, buf_str(&b));
		buf_fini(&b);
		arena_free(a);
	}
}

/* As rows of the table of formats. */
static void test_rows(void **ctx)
{
	static const struct {
		const char *name;
		struct str in;
		const char *want; /* folded, or the error */
	} rows[] = {
		{ "ingest-lines", B("a;b\na\n\na;b\n"), "a 1\na;b 2\n" },
		{ "ingest-trie",
		    B("\x02"
		      "a;\x01\x01\x01"
		      "b\x02\x00"),
		    "a 1\na;b 2\n" },
		{ "ingest-trie", B("\x00"), "ingest-trie: EOF" },
		{ "ingest-tree",
		    B("\x00\x00\x01\x01"
		      "a\x01\x01\x01"
		      "b\x02\x00"),
		    "a 1\na;b 2\n" },
		{ "ingest-tree", B(""), "ingest-tree: EOF" },
		{ "query-tree",
		    B("\x00\x00\x01\x01"
		      "a\x01\x01\x01"
		      "b\x02\x00"),
		    "a 1\na;b 2\n" },
		{ "query-tree",
		    B("\x00\x00\x02\x01"
		      "a\x01\x00\x01"
		      "b\x00\x01\x01"
		      "c\x05\x00"),
		    "a 1\nb;c 5\n" },
		{ "query-tree",
		    B("\x00\x00\x01\x01"
		      "a"),
		    "query-tree: tree at byte 0: more children than bytes" },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *a = arena_new();
		struct err e = { 0 };
		const struct format *f = format_by_name(str_cstr(rows[i].name), &e);
		struct format_profiles got = { 0 };

		assert_non_null(f);
		if (f->decode(a, arena_str(a, rows[i].in), &(struct format_opts){ 0 }, &got, &e) < 0) {
			assert_int_equal(strncmp(e.msg, rows[i].want, strlen(rows[i].want)), 0);
		} else {
			const struct profile *p = got.p[0].p;

			expect_folded(rows[i].name, p, str_cstr(rows[i].want));
			assert_true(str_eq(profile_str(p, p->types[0].type), STR("samples")));
			assert_true(str_eq(profile_str(p, p->types[0].unit), STR("count")));
		}
		arena_free(a);
	}
}

/* A chain with a value in each node: stacks are the square of the bytes. */
static void test_query_tree_bomb(void **ctx)
{
	enum { DEEP = 100000 };
	struct arena *a = arena_new();
	struct format_profiles got = { 0 };
	struct buf b;
	struct err e;

	(void)ctx;
	buf_init(&b, 1 << 20);
	buf_add(&b, STR("\x00\x00\x01"));
	for (unsigned i = 0; i < DEEP; i++) {
		buf_add(&b,
		    STR("\x01"
			"f\x01"));
		buf_uvarint(&b, i + 1 < DEEP);
	}
	assert_int_equal(format_by_name(STR("query-tree"), &e)
			     ->decode(a, buf_str(&b), &(struct format_opts){ 0 }, &got, &e),
	    -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_true(arena_bytes(a) < b.n * 1024);
	buf_fini(&b);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_long_key),
		cmocka_unit_test(test_expected),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_query_tree_bomb),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
