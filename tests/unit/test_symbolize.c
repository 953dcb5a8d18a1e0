/*
 * test_symbolize.c - what addresses of programs stand for: programs that are
 * compiled here are asked and compared with addr2line, in each version of
 * DWARF; and the shared files with what addr2line said about them.
 */
#include "tests/lib/profile_fixture.h"

#include <unistd.h>

#include "base/hash.h"
#include "formats/symbolize/binary.h"
#include "formats/symbolize/demangle.h"
#include "formats/symbolize/symtab.h"

static const char program[] = "#include <stdio.h>\n"
			      "static inline __attribute__((always_inline)) int leaf(int x)\n"
			      "{\n"
			      "	volatile int y = x;\n"
			      "	return y * 3;\n"
			      "}\n"
			      "static inline __attribute__((always_inline)) int middle(int x)\n"
			      "{\n"
			      "	int a = leaf(x);\n"
			      "	return a + leaf(x + 1);\n"
			      "}\n"
			      "__attribute__((noinline)) int outer(int x)\n"
			      "{\n"
			      "	int s = 0;\n"
			      "	for (int i = 0; i < x; i++)\n"
			      "		s += middle(i);\n"
			      "	return s;\n"
			      "}\n"
			      "static __attribute__((noinline)) int other(int x) { return outer(x) + 1; }\n"
			      "int main(int n, char **v) { printf(\"%s %d\\n\", v[0], other(n)); return 0; }\n";

/* Member functions have their code beside the class, or, in a function, inside it. */
static const char program_cxx[] =
    "#define ALONE __attribute__((noinline))\n"
    "namespace shop {\n"
    "struct cart { enum kind { a, b }; virtual int sum(int) const; static int one(int x) { return x * 5; } };\n"
    "int cart::sum(int x) const { volatile int z = one(x); return z + b; }\n"
    "template <int N> struct many { ALONE static int of(int x) { volatile int z = x; return z * N; } };\n"
    "}\n"
    "ALONE int local(int x)\n"
    "{\n"
    "	struct inner { ALONE static int twice(int y) { volatile int z = shop::cart::one(y); return z * 2; } };\n"
    "	struct after {\n"
    "		ALONE static int thrice(int y)\n"
    "		{\n"
    "			volatile int z = shop::cart::one(y);\n"
    "			return z * 3;\n"
    "		}\n"
    "	};\n"
    "	auto more = [](int y) ALONE { volatile int z = y; return z * 7; };\n"
    "	return inner::twice(x) + after::thrice(x) + more(x);\n"
    "}\n"
    "int main(int n, char **)\n"
    "{\n"
    "	shop::cart c;\n"
    "	return local(n) + c.sum(n) + shop::many<3>::of(n);\n"
    "}\n";

static char folder[] = "/tmp/pyro-symbolize-XXXXXX";

PRINTF_LIKE(1, 2) static bool run(const char *fmt, ...)
{
	char command[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	return system(command) == 0;
}

static int write_text(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	if (f == NULL || fputs(text, f) < 0)
		return -1;
	return fclose(f);
}

static int set_up(void **ctx)
{
	(void)ctx;
	if (mkdtemp(folder) == NULL || write_text("p.c", program) < 0)
		return -1;
	return write_text("p.cc", program_cxx);
}

static int tear_down(void **ctx)
{
	(void)ctx;
	return run("rm -rf %s", folder) ? 0 : -1;
}

/* ---- against addr2line ---- */

struct answer {
	struct str name, place;
};

static struct str place_of(struct arena *a, const struct sym_frame *f)
{
	struct str file = f->file.n ? f->file : STR("??");

	return f->line ? arena_printf(a, STR_FMT ":%u", STR_ARG(file), f->line)
		       : arena_printf(a, STR_FMT ":?", STR_ARG(file));
}

static const char *describe(struct arena *a, const struct answer *p, uint32_t n)
{
	struct buf b;
	const char *text;

	buf_init(&b, FIXTURE_MAX);
	for (uint32_t i = 0; i < n; i++)
		buf_printf(&b, "\n\t" STR_FMT " at " STR_FMT, STR_ARG(p[i].name), STR_ARG(p[i].place));
	text = arena_cstr(a, buf_str(&b));
	buf_fini(&b);
	return text;
}

/*
 * addr2line calls an inlined function that has no linkage name what the
 * symbol table calls the function around it, and leaves the outermost of an
 * unnamed type without one; here each has its own.
 */
static bool same_name(struct arena *a, struct binary *b, uint64_t addr, struct str want, struct str got, uint32_t i,
    uint32_t n)
{
	const struct symbol *s;
	struct symtab t;

	if (str_eq(want, got))
		return true;
	if (n < 2)
		return false;
	symtab_read(a, binary_elf(b), FIXTURE_MAX, &t, NULL);
	s = symtab_find(&t, addr);
	return s != NULL && ((i == 0 && str_eq(want, s->name)) || (i == n - 1 && str_eq(got, s->name)));
}

static void expect(struct arena *a, struct binary *b, const char *about, uint64_t addr, const struct answer *want,
    uint32_t n)
{
	struct sym_frame got[SYM_FRAMES_MAX];
	struct answer mine[SYM_FRAMES_MAX];
	uint32_t k = binary_find(b, addr, got, SYM_FRAMES_MAX);
	bool same = k == n || (k == 0 && n == 1 && str_eq(want[0].name, STR("??")));

	for (uint32_t i = 0; i < k; i++)
		mine[i] = (struct answer){ got[i].name, place_of(a, &got[i]) };
	for (uint32_t i = 0; i < k && same; i++)
		same = str_eq(mine[i].place, want[i].place) && same_name(a, b, addr, want[i].name, mine[i].name, i, n);
	if (!same)
		fail_msg("%s: 0x%llx is%s\nnot%s", about, (unsigned long long)addr, describe(a, want, n),
		    describe(a, mine, k));
}

/* Lines of addr2line -a -f -i: an address, then a function and a place for each frame. */
static uint32_t expect_all(struct arena *a, struct binary *b, const char *about, struct str text)
{
	struct answer want[SYM_FRAMES_MAX];
	uint64_t addr = 0;
	uint32_t n = 0, asked = 0;

	while (text.n > 0) {
		struct str line = str_cut(&text, '\n'), place;

		if (str_prefix(line, STR("0x"))) {
			if (n > 0)
				expect(a, b, about, addr, want, n);
			addr = strtoull(arena_cstr(a, line), NULL, 16);
			n = 0;
			asked++;
			continue;
		}
		place = str_cut(&text, '\n');
		place.n = str_search(place, STR(" (discriminator"));
		if (str_eq(place, STR("??:0")))
			place = STR("??:?");
		assert_true(n < SYM_FRAMES_MAX);
		want[n++] = (struct answer){ line, place };
	}
	if (n > 0)
		expect(a, b, about, addr, want, n);
	return asked;
}

static bool split_file(void *ctx, struct str dir, struct str name, struct str *bytes)
{
	struct arena *a = ctx;
	struct str path = name.n && name.p[0] == '/'
	    ? arena_str(a, name)
	    : arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(dir), STR_ARG(name));

	*bytes = fixture_bytes(a, arena_cstr(a, path));
	return bytes->n > 0;
}

/* Every fourth address of the text. */
static bool write_addresses(const struct elf *f)
{
	const struct elf_section *s = elf_find(f, ".text");
	char path[256];
	FILE *out;

	snprintf(path, sizeof(path), "%s/addresses", folder);
	out = fopen(path, "w");
	if (out == NULL || s == NULL)
		return false;
	for (uint64_t i = 0; i < s->size; i += 2)
		fprintf(out, "0x%llx\n", (unsigned long long)(s->addr + i));
	return fclose(out) == 0;
}

static void test_compiled(void **ctx)
{
	/* more: what addr2line does not read well; it is asked about the program without, which has the same code. */
	static const struct {
		const char *compiler, *flags, *more, *source;
	} builds[] = {
		{ "gcc", "-gdwarf-5", "", "p.c" },
		{ "gcc", "-gdwarf-4", "", "p.c" },
		{ "gcc", "-gdwarf-3 -gstrict-dwarf", "", "p.c" },
		{ "gcc", "-gdwarf-2 -gstrict-dwarf", "", "p.c" },
		{ "gcc", "-gz=zlib", "", "p.c" },
		{ "gcc", "", "-gz=zlib-gnu", "p.c" },
		{ "gcc", "-ffunction-sections -Wl,--gc-sections", "", "p.c" },
		{ "gcc", "-g0", "", "p.c" },
		{ "gcc", "-no-pie", "", "p.c" },
		{ "gcc", "-gdwarf-5", "-gsplit-dwarf", "p.c" },
		{ "gcc", "-gdwarf-4", "-gsplit-dwarf", "p.c" },
		{ "clang", "-gdwarf-4", "-gdwarf-5", "p.c" },
		{ "clang", "-gdwarf-4", "-gdwarf-5 -gsplit-dwarf", "p.c" },
		{ "clang", "-gdwarf-4", "-gsplit-dwarf", "p.c" },
		{ "clang", "-gdwarf-4", "-fdebug-types-section", "p.c" },
		{ "g++", "-gdwarf-5", "", "p.cc" },
		{ "g++", "-gdwarf-4", "", "p.cc" },
		{ "g++", "-gdwarf-5", "-gsplit-dwarf", "p.cc" },
		{ "clang++", "-gdwarf-4", "-gdwarf-5", "p.cc" },
	};
	unsigned done = 0;

	(void)ctx;
	if (!run("command -v addr2line >/dev/null"))
		skip();
	for (size_t i = 0; i < ARRAY_LEN(builds); i++) {
		struct arena *a = arena_new();
		const char *about;
		char path[256];
		struct binary *b;
		struct err e;

		snprintf(path, sizeof(path), "%s/p", folder);
		if (!run("cd %s && %s -g -O2 -o q %s %s 2>/dev/null && %s -g -O2 -o p %s %s %s 2>/dev/null", folder,
			builds[i].compiler, builds[i].flags, builds[i].source, builds[i].compiler, builds[i].flags,
			builds[i].more, builds[i].source)) {
			arena_free(a);
			continue; /* without this compiler */
		}
		about = arena_cstr(a, arena_printf(a, "%s %s %s", builds[i].compiler, builds[i].flags, builds[i].more));
		b = binary_open(&(struct binary_files){ .main = fixture_bytes(a, path), .split = split_file, .ctx = a },
		    &e);
		if (b == NULL)
			fail_msg("%s: %s", about, e.msg);
		assert_true(write_addresses(binary_elf(b)));
		assert_true(run("cd %s && addr2line -a -f -i -e q <addresses >answers 2>/dev/null", folder));
		snprintf(path, sizeof(path), "%s/answers", folder);
		assert_true(expect_all(a, b, about, fixture_bytes(a, path)) > 100);
		if (binary_trouble(b) != NULL)
			fail_msg("%s: %s", about, binary_trouble(b));
		binary_close(b);
		arena_free(a);
		done++;
	}
	if (done == 0)
		skip();
}

/* What does not need addr2line: separate files, names from .gnu_debugdata, addresses of a process. */
static void test_separate(void **ctx)
{
	struct arena *a = arena_new();
	struct sym_frame got[SYM_FRAMES_MAX];
	struct binary_files files = { 0 };
	struct elf f;
	struct binary *b;
	uint64_t outer, at;
	struct err e;
	char path[256];

	(void)ctx;
	if (!run("cd %s && gcc -g -O2 -o p p.c && objcopy --only-keep-debug p p.debug && "
		 "objcopy -S --add-gnu-debuglink=p.debug p p.stripped && nm p -f posix -t x >names && cp p.stripped "
		 "p.mini &&"
		 "objcopy -S --keep-symbol=other p.debug mini && xz -f mini && "
		 "objcopy --add-section .gnu_debugdata=mini.xz p.mini 2>/dev/null",
		folder)) {
		arena_free(a);
		skip();
	}
	snprintf(path, sizeof(path), "%s/p", folder);
	assert_int_equal(elf_open(a, fixture_bytes(a, path), &f, &e), 0);
	assert_true(symtab_address(&f, "outer", &outer));
	assert_false(symtab_address(&f, "nothing", &at));
	assert_int_equal(f.build_id.n, 20);
	snprintf(path, sizeof(path), "%s/p.stripped", folder);
	files.main = fixture_bytes(a, path);
	b = binary_open(&files, &e);
	assert_non_null(b);
	assert_int_equal(binary_find(b, outer, got, SYM_FRAMES_MAX), 0);
	assert_true(str_eq(binary_elf(b)->debug_link, STR("p.debug")));
	assert_true(binary_address(b, 0x7f0000000000, 0x7f0000010000, 0, 0x7f0000000000 + outer, &at));
	assert_int_equal(at, outer);
	assert_false(binary_address(b, 0x7f0000000000, 0x7f0000010000, 0, 0x7f0000010000, &at));
	binary_close(b);
	snprintf(path, sizeof(path), "%s/p.debug", folder);
	files.debug = fixture_bytes(a, path);
	b = binary_open(&files, &e);
	assert_non_null(b);
	assert_true(binary_find(b, outer, got, SYM_FRAMES_MAX) >= 1);
	assert_true(str_eq(got[0].name, STR("outer")));
	assert_true(str_suffix(got[0].file, STR("p.c")));
	assert_true(got[0].line >= 12 && got[0].line <= 17);
	assert_int_equal(got[0].start_line, 12);
	binary_close(b);
	snprintf(path, sizeof(path), "%s/p.mini", folder);
	files = (struct binary_files){ .main = fixture_bytes(a, path) };
	assert_true(symtab_address(&f, "other", &at));
	b = binary_open(&files, &e);
	assert_non_null(b);
	assert_int_equal(binary_find(b, at, got, SYM_FRAMES_MAX), 1);
	assert_true(str_eq(got[0].name, STR("other")));
	assert_null(binary_trouble(b));
	binary_close(b);
	arena_free(a);
}

/* ---- packages of split units ---- */

enum { PACKED_UNITS = 24 };

static bool no_file(void *ctx, struct str dir, struct str name, struct str *bytes)
{
	(void)ctx;
	(void)dir;
	(void)name;
	(void)bytes;
	return false;
}

static bool build_package(unsigned version)
{
	return run("mkdir -p %s/w && cd %s/w && rm -f ./* && echo 'int main(void) { return 0; }' >m.c && "
		   "for i in $(seq %d); do printf "
		   "'static inline __attribute__((always_inline)) int in%%s(volatile int *x)\n{ return *x; }\n"
		   "int out%%s(volatile int *x)\n{ return in%%s(x) + 1; }\n' $i $i $i >f$i.c; done && "
		   "gcc -O1 -gdwarf-%u -gsplit-dwarf -c ./*.c && gcc -o p ./*.o && "
		   "{ llvm-dwp -e p -o p.dwp || dwp -e p -o p.dwp; } 2>/dev/null && "
		   "objcopy --compress-debug-sections=zlib p.dwp packed.dwp",
	    folder, folder, PACKED_UNITS, version);
}

/* All units of a program are asked; what that took is the result. */
static size_t ask_units(struct arena *a, const struct elf *f, struct str main, struct str package)
{
	struct binary *b;
	size_t bytes;
	struct err e;

	b = binary_open(&(struct binary_files){ .main = main, .package = package, .split = no_file }, &e);
	assert_non_null(b);
	for (unsigned i = 1; i <= PACKED_UNITS; i++) {
		const char *in = arena_printf(a, "in%u%c", i, 0).p, *out = arena_printf(a, "out%u%c", i, 0).p;
		struct sym_frame got[SYM_FRAMES_MAX];
		uint64_t at;

		assert_true(symtab_address(f, out, &at));
		assert_int_equal(binary_find(b, at, got, SYM_FRAMES_MAX), 2);
		assert_true(str_eq(got[0].name, str_cstr(in)));
		assert_true(str_eq(got[1].name, str_cstr(out)));
		assert_int_equal(got[0].start_line, 1);
		assert_int_equal(got[1].start_line, 3);
	}
	if (binary_trouble(b) != NULL)
		fail_msg("%s", binary_trouble(b));
	bytes = binary_bytes(b);
	binary_close(b);
	return bytes;
}

static void break_package(const struct elf *f, struct str main, struct str package)
{
	char *p = mem_alloc(package.n);

	memcpy(p, package.p, package.n);
	for (size_t i = 0; i < package.n; i += 7) {
		struct sym_frame got[SYM_FRAMES_MAX];
		struct binary *b;
		struct err e;
		uint64_t at;

		p[i] ^= (char)(1 << i % 8);
		b = binary_open(&(struct binary_files){ .main = main,
				    .package = str_of(p, package.n),
				    .split = no_file },
		    &e);
		assert_non_null(b);
		for (unsigned k = 1; k <= PACKED_UNITS; k += 11) {
			char name[16];
			uint32_t n;

			snprintf(name, sizeof(name), "out%u", k);
			assert_true(symtab_address(f, name, &at));
			n = binary_find(b, at, got, SYM_FRAMES_MAX);
			for (uint32_t x = 0; x < n; x++) { /* all of it can be read */
				hash_str(got[x].name);
				hash_str(got[x].file);
			}
		}
		binary_close(b);
		p[i] = package.p[i];
	}
	mem_free(p);
}

static void test_package(void **ctx)
{
	unsigned done = 0;

	(void)ctx;
	for (unsigned version = 4; version <= 5; version++) {
		struct arena *a;
		struct str main, package;
		char path[256];
		struct elf f;
		struct err e;
		size_t plain;

		if (!build_package(version))
			continue; /* without the tools */
		a = arena_new();
		snprintf(path, sizeof(path), "%s/w/p", folder);
		main = fixture_bytes(a, path);
		assert_int_equal(elf_open(a, main, &f, &e), 0);
		snprintf(path, sizeof(path), "%s/w/p.dwp", folder);
		package = fixture_bytes(a, path);
		plain = ask_units(a, &f, main, package);
		break_package(&f, main, package);
		snprintf(path, sizeof(path), "%s/w/packed.dwp", folder);
		/* Its sections are unpacked once, not for each unit. */
		assert_true(ask_units(a, &f, main, fixture_bytes(a, path)) < plain + package.n + 65536);
		arena_free(a);
		done++;
	}
	if (done == 0)
		skip();
}

/* ---- shared files ---- */

static void one_shared(const char *path, const json_t *row, void *arg)
{
	const json_t *facts = json_object_get(json_object_get(row, "expected"), "addr2line_f_i");
	const char *id = json_string_value(json_object_get(json_object_get(row, "expected"), "gnu_build_id"));
	struct arena *a = arena_new();
	struct binary *b;
	const char *addr;
	json_t *frames;
	struct err e;
	struct buf hex;

	b = binary_open(&(struct binary_files){ .main = fixture_file(a, path) }, &e);
	if (b == NULL)
		fail_msg("%s: %s", path, e.msg);
	buf_init(&hex, 256);
	for (size_t i = 0; i < binary_elf(b)->build_id.n; i++)
		buf_printf(&hex, "%02x", (unsigned char)binary_elf(b)->build_id.p[i]);
	assert_true(str_eq(buf_str(&hex), str_cstr(id)));
	buf_fini(&hex);
	json_object_foreach((json_t *)(uintptr_t)facts, addr, frames) {
		struct answer want[SYM_FRAMES_MAX];
		uint32_t n = (uint32_t)json_array_size(frames);

		for (uint32_t i = 0; i < n; i++) {
			json_t *f = json_array_get(frames, i);

			want[i] = (struct answer){ str_cstr(json_string_value(json_array_get(f, 0))),
				str_cstr(json_string_value(json_array_get(f, 1))) };
		}
		expect(a, b, path, strtoull(addr, NULL, 16), want, n);
		++*(unsigned *)arg;
	}
	if (binary_trouble(b) != NULL)
		fail_msg("%s: %s", path, binary_trouble(b));
	binary_close(b);
	arena_free(a);
}

static void test_shared(void **ctx)
{
	unsigned asked = 0;

	(void)ctx;
	assert_int_equal(fixture_rows("own/elf", "elf", one_shared, &asked), 5);
	assert_true(asked > 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compiled),
		cmocka_unit_test(test_separate),
		cmocka_unit_test(test_package),
		cmocka_unit_test(test_shared),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
