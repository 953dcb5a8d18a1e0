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

static struct str slurp(struct arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	struct buf b;
	char piece[65536];
	struct str s;

	if (f == NULL)
		return STR_NONE;
	buf_init(&b, FIXTURE_MAX);
	for (size_t n; (n = fread(piece, 1, sizeof(piece), f)) > 0;)
		buf_add(&b, str_of(piece, n));
	fclose(f);
	s = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return s;
}

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

static const char *answer(struct arena *a, const struct gopclntab *t, uint64_t addr)
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
		struct str table = slurp(a,
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
		struct str whole = slurp(a,
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
		whole = slurp(a, path);
		snprintf(path, sizeof(path), "%s/s", folder);
		stripped = slurp(a, path);
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
		cmocka_unit_test(test_compiled),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
