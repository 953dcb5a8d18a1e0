/*
 * test_gopclntab.c - the tables of Go programs: made ones of every version
 * (tests/fuzz/seeds.py has the maker), and, where there is Go, a program
 * that is compiled here, stripped, also as a position-independent one.
 */
#include "tests/lib/profile_fixture.h"

#include <unistd.h>

#include "formats/symbolize/binary.h"
#include "formats/symbolize/gopclntab.h"
#include "formats/symbolize/symtab.h"

/* The table as code, data and section at once, as in fuzz_gopclntab.c. */
static struct gopclntab *open_made(struct arena *a, struct str table, struct err *e)
{
	struct elf *f = arena_zalloc(a, sizeof(*f));

	f->bytes = table;
	f->wide = true;
	f->sections = arena_zalloc(a, sizeof(*f->sections));
	f->n_sections = 1;
	f->sections[0] =
	    (struct elf_section){ .name = STR(".gopclntab"), .type = 1, .addr = 0x500000, .size = table.n };
	f->loads = arena_zarray(a, 2, sizeof(*f->loads));
	f->n_loads = 2;
	f->loads[0] = (struct elf_load){ .addr = 0x400000, .file_size = table.n, .mem_size = table.n, .exec = true };
	f->loads[1] = (struct elf_load){ .addr = 0x600000, .file_size = table.n, .mem_size = table.n };
	return gopclntab_open(a, f, e);
}

static const char *answer(struct arena *a, struct gopclntab *t, uint64_t addr)
{
	struct sym_frame got[SYM_FRAMES_MAX];
	uint32_t n = gopclntab_find(t, addr, got, SYM_FRAMES_MAX);
	struct str s = STR("");

	for (uint32_t i = 0; i < n; i++)
		s = arena_printf(a, STR_FMT "%s" STR_FMT " " STR_FMT ":%u/%u", STR_ARG(s), i ? " < " : "",
		    STR_ARG(got[i].name), STR_ARG(got[i].file), got[i].line, got[i].start_line);
	return arena_cstr(a, s);
}

static const struct {
	const char *file;
	uint64_t addr;
	const char *want;
} made[] = {
	{ "go2", 0x400000, "main.f a.go:3/0" },
	{ "go2", 0x400010, "main.f a.go:7/0" },
	{ "go2", 0x40003f, "main.f a.go:4/0" },
	{ "go2", 0x400040, "main.g a.go:3/0" },
	{ "go2", 0x400080, "" },
	{ "go2", 0x3fffff, "" },
	{ "go16", 0x400000, "main.f a.go:3/0" },
	{ "go16", 0x40007f, "main.g a.go:4/0" },
	{ "go18", 0x400000, "main.f a.go:3/0" },
	{ "go18", 0x400011, "inl a.go:7/0 < main.f a.go:3/0" },
	{ "go18", 0x400070, "main.g a.go:4/0" },
	{ "go20", 0x400000, "main.f a.go:3/2" },
	{ "go20", 0x400010, "inl a.go:7/6 < main.f a.go:3/2" },
	{ "go20", 0x40002f, "inl a.go:7/6 < main.f a.go:3/2" },
	{ "go20", 0x400030, "main.f a.go:4/2" },
	{ "go20", 0x400041, "main.g a.go:3/2" },
	{ "go20", 0x400080, "" },
};

static void test_made(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		struct arena *a = arena_new();
		struct str table = fixture_bytes(a,
		    arena_cstr(a, arena_printf(a, "tests/fuzz/corpus/gopclntab/seed-%s", made[i].file)));
		struct gopclntab *t;
		struct err e;

		assert_true(table.n > 0);
		t = open_made(a, table, &e);
		if (t == NULL)
			fail_msg("%s: %s", made[i].file, e.msg);
		assert_int_equal(gopclntab_functions(t), 2);
		assert_string_equal(answer(a, t, made[i].addr), made[i].want);
		arena_free(a);
	}
}

static void test_broken(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		struct arena *a = arena_new();
		struct str whole = fixture_bytes(a,
		    arena_cstr(a, arena_printf(a, "tests/fuzz/corpus/gopclntab/seed-%s", made[i].file)));
		char *copy = arena_alloc(a, whole.n);

		for (size_t n = 0; n < whole.n; n++) {
			struct arena *one = arena_new();
			struct gopclntab *t;
			struct err e;

			memcpy(copy, whole.p, n);
			t = open_made(one, str_of(copy, n), &e);
			if (t != NULL)
				answer(one, t, made[i].addr);
			for (unsigned bit = 0; bit < 8; bit += 3) {
				memcpy(copy, whole.p, whole.n);
				copy[n] ^= (char)(1 << bit);
				t = open_made(one, str_of(copy, whole.n), &e);
				if (t != NULL)
					answer(one, t, made[i].addr);
			}
			arena_free(one);
		}
		arena_free(a);
	}
}

/* ---- a program that is long ---- */

static void put32(struct buf *b, uint32_t v)
{
	buf_add(b, str_of(&v, 4));
}

static void put64(struct buf *b, uint64_t v)
{
	buf_add(b, str_of(&v, 8));
}

enum { LONG_CODE = 500000, HEAD = 8 + 8 * 8 };

/* One function of LONG_CODE bytes, each of another line. */
static struct str long_table(struct arena *a)
{
	uint32_t cus = HEAD + 6, files = cus + 4, programs = files + 5, functions = programs + 7 + 2 * LONG_CODE;
	struct buf b;
	struct str s;

	buf_init(&b, FIXTURE_MAX);
	put32(&b, 0xfffffff1);
	put32(&b, 8u << 24 | 1u << 16);
	put64(&b, 1); /* functions */
	put64(&b, 1);
	put64(&b, 0x400000);
	put64(&b, HEAD); /* names */
	put64(&b, cus);
	put64(&b, files);
	put64(&b, programs);
	put64(&b, functions);
	buf_add(&b, str_of("\0long", 6));
	put32(&b, 0);
	buf_add(&b, str_of("a.go", 5));
	buf_add(&b, str_of("\0\2\xa0\xc2\x1e\0", 6)); /* at 1: file 0 for LONG_CODE bytes */
	for (unsigned i = 0; i < LONG_CODE; i++)      /* at 6: lines from 0 on */
		buf_add(&b, str_of("\2\1", 2));
	buf_byte(&b, 0);
	put32(&b, 0); /* the function begins at 0, and stands behind this table */
	put32(&b, 12);
	put32(&b, LONG_CODE);
	put32(&b, 0);
	put32(&b, 1); /* its name */
	put32(&b, 0);
	put32(&b, 0);
	put32(&b, 0);
	put32(&b, 1); /* of files */
	put32(&b, 6); /* of lines */
	put32(&b, 3);
	put32(&b, 0);
	put32(&b, 7);        /* where it begins */
	put32(&b, 4u << 24); /* funcdata */
	put32(&b, 0);
	put32(&b, 0);
	put32(&b, 0); /* of inlined calls: none */
	for (unsigned i = 0; i < 4; i++)
		put32(&b, UINT32_MAX);
	s = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return s;
}

static void test_long(void **ctx)
{
	struct arena *a = arena_new();
	struct gopclntab *t;
	struct sym_frame got[SYM_FRAMES_MAX];
	unsigned places = 0, n = 4000;
	struct err e;

	(void)ctx;
	t = open_made(a, long_table(a), &e);
	assert_non_null(t);
	/* In order it is read once. */
	for (unsigned i = 0; i < LONG_CODE; i++) {
		assert_int_equal(gopclntab_find(t, 0x400000 + i, got, SYM_FRAMES_MAX), 1);
		assert_true(str_eq(got[0].name, STR("long")));
		assert_true(str_eq(got[0].file, STR("a.go")));
		assert_int_equal(got[0].start_line, 7);
		assert_int_equal(got[0].line, i);
	}
	/* In the other order it is read again and again, until that is enough; its name is known all the same. */
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(gopclntab_find(t, 0x400000 + LONG_CODE - 1 - i, got, SYM_FRAMES_MAX), 1);
		assert_true(str_eq(got[0].name, STR("long")));
		assert_true(got[0].line == 0 || got[0].line == LONG_CODE - 1 - i);
		places += got[0].line != 0;
	}
	assert_in_range(places, 10, 200);
	arena_free(a);
}

/* Whatever was asked before, answers are the same. */
static void expect_same(struct arena *a, const struct elf *f, uint64_t from, uint64_t to, uint64_t step)
{
	struct err e;
	struct gopclntab *up = gopclntab_open(a, f, &e), *down = gopclntab_open(a, f, &e);
	uint32_t n = (uint32_t)((to - from) / step);
	const char **all = arena_array(a, n, sizeof(*all));

	assert_non_null(up);
	assert_non_null(down);
	for (uint32_t i = 0; i < n; i++)
		all[i] = answer(a, up, from + i * step);
	for (uint32_t i = n; i-- > 0;)
		assert_string_equal(all[i], answer(a, down, from + i * step));
}

/* ---- a program of the Go that is here ---- */

static const char source[] = "package main\n"
			     "\n"
			     "func leaf(x int) int {\n"
			     "	if x&1 == 0 {\n"
			     "		return x*3 + 1\n"
			     "	}\n"
			     "	return x >> 1\n"
			     "}\n"
			     "\n"
			     "func middle(x int) int { return leaf(x) + leaf(x+1) }\n"
			     "\n"
			     "//go:noinline\n"
			     "func Outer(x int) int {\n"
			     "	s := 0\n"
			     "	for i := 0; i < x; i++ {\n"
			     "		s += middle(i)\n"
			     "	}\n"
			     "	return s\n"
			     "}\n"
			     "\n"
			     "func main() { println(Outer(1000)) }\n";

/* All answers around Outer: it begins at line 13, and somewhere in it leaf is inlined through middle. */
static void look_at(struct str with_names, struct str stripped, const char *about)
{
	struct arena *a = arena_new();
	struct sym_frame got[SYM_FRAMES_MAX];
	bool deep = false;
	struct binary *b;
	struct elf f;
	uint64_t outer;
	struct err e;

	assert_int_equal(elf_open(a, with_names, &f, &e), 0);
	assert_true(f.go_build_id.n > 0);
	assert_true(symtab_address(&f, "main.Outer", &outer));
	b = binary_open(&(struct binary_files){ .main = stripped }, &e);
	assert_non_null(b);
	for (uint64_t i = 0; i < 64; i++) {
		uint32_t n = binary_find(b, outer + i, got, SYM_FRAMES_MAX);

		if (n == 0 || !str_eq(got[n - 1].name, STR("main.Outer")))
			break;
		assert_true(str_suffix(got[n - 1].file, STR("/main.go")));
		assert_true(got[n - 1].line >= 13 && got[n - 1].line <= 19);
		if (n == 3) {
			deep = true;
			assert_true(str_eq(got[0].name, STR("main.leaf")));
			assert_true(str_eq(got[1].name, STR("main.middle")));
			assert_int_equal(got[1].line, 10);
			assert_int_equal(got[2].line, 16);
		}
	}
	expect_same(a, &f, outer - 60000, outer + 600, 3);
	if (!deep)
		fail_msg("%s: leaf is not inlined", about);
	if (binary_trouble(b) != NULL)
		fail_msg("%s: %s", about, binary_trouble(b));
	binary_close(b);
	arena_free(a);
}

static void test_compiled(void **ctx)
{
	static const char *const modes[] = { "-buildmode=exe", "-buildmode=pie" };
	char folder[] = "/tmp/pyro-gopclntab-XXXXXX", command[1024], path[256];
	FILE *f;

	(void)ctx;
	if (system("command -v go >/dev/null") != 0)
		skip();
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/main.go", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(source, f);
	fclose(f);
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		struct arena *a = arena_new();
		struct str whole, stripped;

		snprintf(command, sizeof(command),
		    "cd %s && export GOFLAGS= GOTOOLCHAIN=local CGO_ENABLED=0 && "
		    "go build %s -o p main.go && go build %s -ldflags '-s -w' -o s main.go",
		    folder, modes[i], modes[i]);
		if (system(command) != 0) {
			arena_free(a);
			continue;
		}
		snprintf(path, sizeof(path), "%s/p", folder);
		whole = fixture_bytes(a, path);
		snprintf(path, sizeof(path), "%s/s", folder);
		stripped = fixture_bytes(a, path);
		look_at(whole, stripped, modes[i]);
		arena_free(a);
	}
	snprintf(command, sizeof(command), "chmod -R u+w %s && rm -rf %s", folder, folder);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_compiled),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
