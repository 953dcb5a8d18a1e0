/* test_blobs.c - sets of named blobs: a folder, memory, the search for folders; and paths of blocks */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "formats/block/blockpath.h"
#include "io/blobs.h"
#include "io/file.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static char top[] = "/tmp/test_blobs.XXXXXX";

static int setup(void **state)
{
	(void)state;
	return mkdtemp(top) == NULL || chdir(top) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	struct err e;

	(void)state;
	return chdir("/") < 0 ? -1 : file_remove_tree(AT_FDCWD, top, &e);
}

static void put(const char *path, const char *text)
{
	struct str above = str_cstr(path);
	char *folder = mem_cstr(path, str_rfind(above, '/'));
	struct err e;

	if (str_rfind(above, '/') < above.n)
		assert_int_equal(file_mkdirs(AT_FDCWD, folder, 0700, &e), 0);
	mem_free(folder);
	assert_int_equal(file_replace(AT_FDCWD, path, str_cstr(text), 0600, &e), 0);
}

static void holds(struct blobs *s, const char *name, const char *text)
{
	struct arena *a = arena_new();
	struct err e;
	struct blob *b = blobs_open(s, str_cstr(name), &e);
	struct str got;

	assert_non_null(b);
	assert_int_equal(blob_read(b, a, 0, (size_t)b->size, &got, &e), 0);
	assert_true(str_eq(got, str_cstr(text)));
	blob_close(b);
	arena_free(a);
}

static void holds_not(struct blobs *s, struct str name, enum err_kind kind)
{
	struct err e;

	assert_null(blobs_open(s, name, &e));
	assert_int_equal(e.kind, kind);
}

static void folder(void **state)
{
	static const char *const outside[] = {
		"",
		"/etc/passwd",
		"..",
		"../secret",
		"deep/../../secret",
		"deep/..",
		"./../secret",
	};
	struct blobs *s;
	struct err e;

	(void)state;
	put("secret", "s");
	put("in/one", "1");
	put("in/deep/er/two", "22");
	put("in/..three", "3");
	put("in/empty", "");
	s = blobs_folder("in", &e);
	assert_non_null(s);
	holds(s, "one", "1");
	holds(s, "deep/er/two", "22");
	holds(s, "..three", "3");
	holds(s, "empty", "");
	holds_not(s, STR("four"), ERR_NOTFOUND);
	holds_not(s, STR("one/more"), ERR_NOTFOUND);
	for (size_t i = 0; i < ARRAY_LEN(outside); i++)
		holds_not(s, str_cstr(outside[i]), ERR_INVALID);
	holds_not(s, STR("one\0two"), ERR_INVALID);
	holds_not(s, STR("deep"), ERR_INVALID);
	blobs_close(s);
	assert_null(blobs_folder("nowhere", &e));
	assert_int_equal(e.kind, ERR_NOTFOUND);
	blobs_close(NULL);
}

static void memory(void **state)
{
	struct blobs *s = blobs_mem();
	struct arena *a = arena_new();

	(void)state;
	holds_not(s, STR("one"), ERR_NOTFOUND);
	blobs_mem_add(s, NULL, STR("one"), STR("1"));
	blobs_mem_add(s, a, arena_str(a, STR("deep/two")), arena_str(a, STR("22")));
	blobs_mem_add(s, NULL, STR("one"), STR("another"));
	holds(s, "one", "1");
	holds(s, "deep/two", "22");
	holds_not(s, STR("two"), ERR_NOTFOUND);
	blobs_close(s);
}

struct seen {
	struct buf paths;
	int fail_at;
};

static int see(void *ctx, const char *path, struct blobs *s, struct err *e)
{
	struct seen *seen = ctx;

	holds(s, "mark", path);
	blobs_close(s);
	buf_printf(&seen->paths, "%s\n", path);
	return seen->fail_at-- == 0 ? err_set(e, ERR_BUSY, "enough") : 0;
}

static void finds(const char *path, unsigned depth, const char *want)
{
	struct seen seen = { .fail_at = -1 };
	uint32_t found, lines = 0;
	struct err e;

	for (const char *p = want; *p; p++)
		lines += *p == '\n';
	buf_init(&seen.paths, 1 << 16);
	assert_int_equal(blobs_each(path, "mark", depth, see, &seen, &found, &e), 0);
	assert_int_equal(found, lines);
	assert_true(str_eq(buf_str(&seen.paths), str_cstr(want)));
	buf_fini(&seen.paths);
}

static void search(void **state)
{
	struct seen seen = { .fail_at = 1 };
	struct err e;

	(void)state;
	put("s/b/mark", "s/b");
	put("s/a/x/mark", "s/a/x");
	put("s/a/x/below/mark", "s/a/x/below");
	put("s/.hidden/mark", "s/.hidden");
	put("s/c/1/2/mark", "s/c/1/2");
	put("s/d/mark/file", "the mark is a folder");
	finds("s", 3, "s/a/x\ns/b\ns/c/1/2\n");
	finds("s", 2, "s/a/x\ns/b\n");
	finds("s", 0, "");
	finds("s/b", 0, "s/b\n");
	finds("s/a/x/below", 3, "s/a/x/below\n");
	buf_init(&seen.paths, 1 << 16);
	assert_int_equal(blobs_each("s", "mark", 3, see, &seen, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_BUSY);
	assert_true(str_eq(buf_str(&seen.paths), STR("s/a/x\ns/b\n")));
	buf_fini(&seen.paths);
	assert_int_equal(blobs_each("nowhere", "mark", 3, see, &seen, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_NOTFOUND);
	assert_int_equal(symlink("..", "s/e"), 0);
	finds("s/c", 3, "s/c/1/2\n");
}

#define ID "01KF0HJ0803N2PGHJQK4ANKZJ7"
#define ID2 "01M7ZB34NT7AGX7D8K7PTG3NCJ"

static void paths(void **state)
{
	static const struct {
		const char *path, *folder, *tenant, *part;
	} good[] = {
		{ ID, ID, "", "" },
		{ ID "/", ID, "", "" },
		{ ID "/meta.json", ID, "", "meta.json" },
		{ "./" ID "//symbols/index.symdb", "./" ID, "", "symbols/index.symdb" },
		{ "blocks/" ID "/index.tsdb", "blocks/" ID, "", "index.tsdb" },
		{ "data/alpha/local/" ID, "data/alpha/local/" ID, "alpha", "" },
		{ "alpha//local//" ID "/meta.json", "alpha//local//" ID, "alpha", "meta.json" },
		{ "alpha/phlaredb/" ID "/meta.json", "alpha/phlaredb/" ID, "alpha", "meta.json" },
		{ "/alpha/phlaredb/" ID, "/alpha/phlaredb/" ID, "alpha", "" },
		{ "local/" ID, "local/" ID, "", "" },
		{ "./local/" ID, "./local/" ID, "", "" },
		{ "../local/" ID, "../local/" ID, "", "" },
		{ "/local/" ID, "/local/" ID, "", "" },
		{ ID2 "/alpha/local/" ID "/x", ID2 "/alpha/local/" ID, "alpha", "x" },
		{ ID2 "/" ID "/x", ID2 "/" ID, "", "x" },
	};
	static const char *const bad[] = {
		"",
		"/",
		"meta.json",
		"a/b/c",
		ID "0",
		"x" ID,
		ID ".tmp",
		"01KF0HJ0803N2PGHJQK4ANKZJ",
	};
	struct block_path at;
	char text[ULID_TEXT + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_true(block_path_parse(str_cstr(good[i].path), &at));
		ulid_print(at.id, text);
		assert_string_equal(text, ID);
		assert_true(str_eq(at.folder, str_cstr(good[i].folder)));
		assert_true(str_eq(at.tenant, str_cstr(good[i].tenant)));
		assert_true(str_eq(at.part, str_cstr(good[i].part)));
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(block_path_parse(str_cstr(bad[i]), &at));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(folder),
		cmocka_unit_test(memory),
		cmocka_unit_test(search),
		cmocka_unit_test(paths),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("blobs", tests, setup, teardown);
}
