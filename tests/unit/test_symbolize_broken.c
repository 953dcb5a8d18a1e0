/*
 * test_symbolize_broken.c - programs that are cut, have flipped bits, or are made to take all day or all memory; and the
 * sorting of what is read of them.
 */
#include "tests/lib/profile_fixture.h"

#include "base/hash.h"
#include "formats/symbolize/binary.h"
#include "formats/symbolize/radix.h"

/* ---- broken files ---- */

static void ask_around(struct str bytes)
{
	struct sym_frame got[SYM_FRAMES_MAX];
	struct binary *b;
	struct err e;

	b = binary_open(&(struct binary_files){ .main = bytes, .limit = 16 << 20 }, &e);
	for (uint64_t addr = 0x1000; b != NULL && addr < 0x3000; addr += 61) {
		uint32_t n = binary_find(b, addr, got, SYM_FRAMES_MAX);

		for (uint32_t i = 0; i < n; i++) { /* all of it can be read */
			hash_str(got[i].name);
			hash_str(got[i].file);
		}
	}
	binary_close(b);
}

static void break_file(const char *path, const json_t *row, void *arg)
{
	struct arena *a = arena_new();
	struct str whole = fixture_file(a, path);
	char *copy = arena_alloc(a, whole.n);
	uint64_t seed = 88172645463325252u;

	(void)row;
	(void)arg;
	for (size_t n = 0; n < whole.n; n += n < 4096 ? 97 : whole.n / 50 + 1) {
		memcpy(copy, whole.p, n);
		ask_around(str_of(copy, n));
	}
	for (unsigned i = 0; i < 120; i++) {
		memcpy(copy, whole.p, whole.n);
		for (unsigned k = 0; k < 1 + i % 20; k++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			copy[seed % whole.n] ^= (char)(1 << (seed >> 40 & 7));
		}
		ask_around(str_of(copy, whole.n));
	}
	arena_free(a);
}

static void test_broken(void **ctx)
{
	(void)ctx;
	ask_around(STR(""));
	ask_around(STR("\x7f"
		       "ELF"));
	fixture_rows("own/elf", "elf", break_file, NULL);
}

/* ---- files that would take all day, or all memory ---- */

static void put(struct buf *b, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		buf_byte(b, (unsigned char)(i < sizeof(v) ? v >> 8 * i : 0));
}

struct piece {
	const char *name;
	struct str bytes;
};

static void put_section(struct buf *b, uint32_t name, uint32_t type, uint64_t flags, uint64_t off, uint64_t size)
{
	put(b, name, 4);
	put(b, type, 4);
	put(b, flags, 8);
	put(b, 0x1000, 8);
	put(b, off, 8);
	put(b, size, 8);
	put(b, 0, 24);
}

/* A program of those sections; notes: further ones, which all claim the whole file. */
static struct str program_of(struct arena *a, const struct piece *p, size_t n, uint32_t notes)
{
	uint64_t at = 64, names_at, file;
	struct buf b, names;
	struct str s;

	buf_init(&b, FIXTURE_MAX);
	buf_init(&names, 4096);
	buf_byte(&names, 0);
	for (size_t i = 0; i < n; i++)
		at += p[i].bytes.n;
	names_at = at;
	for (size_t i = 0; i < n; i++)
		at += strlen(p[i].name) + 1;
	at += 1;
	file = at + (n + notes + 1) * 64;
	buf_add(&b,
	    str_of("\x7f"
		   "ELF\2\1\1\0\0\0\0\0\0\0\0\0",
		16));
	put(&b, 2, 2);
	put(&b, 62, 2);
	put(&b, 1, 4);
	put(&b, 0, 16);
	put(&b, at, 8);
	put(&b, 0, 4);
	put(&b, 64, 2);
	put(&b, 56, 2);
	put(&b, 0, 2);
	put(&b, 64, 2);
	put(&b, n + notes + 1, 2);
	put(&b, n, 2);
	for (size_t i = 0; i < n; i++)
		buf_add(&b, p[i].bytes);
	for (size_t i = 0; i < n; i++) {
		buf_add(&names, str_cstr(p[i].name));
		buf_byte(&names, 0);
	}
	buf_add(&b, buf_str(&names));
	for (size_t i = 0, off = 64, name = 1; i < n; i++) {
		bool code = strcmp(p[i].name, ".text") == 0;

		put_section(&b, (uint32_t)name, 1, code ? 4 : 0, off, p[i].bytes.n);
		off += p[i].bytes.n;
		name += strlen(p[i].name) + 1;
	}
	put_section(&b, 0, 3, 0, names_at, names.n);
	for (uint32_t i = 0; i < notes; i++)
		put_section(&b, 0, 7, 0, 0, file);
	assert_int_equal(b.n, file);
	s = arena_str(a, buf_str(&b));
	buf_fini(&b);
	buf_fini(&names);
	return s;
}

/* Units of DWARF 4 with one entry of code 1; their tables begin one byte after another. */
static void put_units(struct buf *b, uint32_t n, struct str entry, bool apart)
{
	for (uint32_t i = 0; i < n; i++) {
		put(b, 7 + entry.n, 4);
		put(b, 4, 2);
		put(b, apart ? i : 0, 4);
		put(b, 8, 1);
		buf_add(b, entry);
	}
}

static const char *trouble_of(struct str bytes, const uint64_t *addrs, size_t n, size_t *memory)
{
	static char text[512];
	struct sym_frame got[SYM_FRAMES_MAX];
	struct err e;
	struct binary *b = binary_open(&(struct binary_files){ .main = bytes }, &e);

	assert_non_null(b);
	binary_has_lines(b);
	for (size_t i = 0; i < n; i++)
		binary_find(b, addrs[i], got, SYM_FRAMES_MAX);
	snprintf(text, sizeof(text), "%s", binary_trouble(b) ? binary_trouble(b) : "");
	*memory = binary_bytes(b);
	binary_close(b);
	return text;
}

/* An entry may be one byte and have as many attributes of none as its abbreviation likes. */
static void test_attributes(void **ctx)
{
	struct arena *a = arena_new();
	struct buf abbrev, info;
	size_t memory;

	(void)ctx;
	for (unsigned n = 1024; n <= 1025; n++) {
		const char *got;

		buf_init(&abbrev, 1 << 20);
		buf_init(&info, 1 << 20);
		buf_add(&abbrev, str_of("\1\x2e", 3)); /* code, a function, no children */
		for (unsigned i = 0; i < n; i++)
			buf_add(&abbrev, str_of("\x3f\x19", 2)); /* external: yes */
		buf_add(&abbrev, str_of("\0\0", 3));
		put_units(&info, 1, STR("\1\1\1"), false);
		got = trouble_of(program_of(a,
				     (struct piece[]){ { ".debug_abbrev", buf_str(&abbrev) },
					 { ".debug_info", buf_str(&info) } },
				     2, 0),
		    NULL, 0, &memory);
		if (n == 1024)
			assert_string_equal(got, "");
		else
			assert_non_null(
			    strstr(got, "the table at 0x0 is cut short, or an entry has too many attributes"));
		buf_fini(&abbrev);
		buf_fini(&info);
	}
	arena_free(a);
}

/* Tables that overlap are read up to a limit, and those that are not read cost no memory. */
static void test_overlap(void **ctx)
{
	struct arena *a = arena_new();
	struct buf abbrev, info;
	struct str whole;
	size_t memory;

	(void)ctx;
	buf_init(&abbrev, 1 << 20);
	buf_init(&info, 1 << 20);
	for (unsigned i = 0; i < 20000; i++)
		buf_add(&abbrev, str_of("\1\1\1\1\1\0", 7)); /* wherever one begins, it goes on to the end */
	put_units(&info, 20000, STR("\1"), true);
	whole = program_of(a,
	    (struct piece[]){ { ".debug_abbrev", buf_str(&abbrev) }, { ".debug_info", buf_str(&info) } }, 2, 0);
	assert_non_null(strstr(trouble_of(whole, NULL, 0, &memory), "cut short"));
	assert_in_range(memory, 0, 200 * whole.n);
	buf_fini(&abbrev);
	buf_fini(&info);
	arena_free(a);
}

/* Many notes that are all the same bytes, many symbols whose names have no end. */
static void test_long_reads(void **ctx)
{
	struct arena *a = arena_new();
	struct buf symbols, names;
	size_t memory;

	(void)ctx;
	buf_init(&symbols, FIXTURE_MAX);
	buf_init(&names, FIXTURE_MAX);
	buf_fill(&names, 'x', 4 << 20);
	for (unsigned i = 0; i < 100000; i++) {
		put(&symbols, i, 4);
		put(&symbols, 2, 2); /* a function */
		put(&symbols, 1, 2);
		put(&symbols, i, 8);
		put(&symbols, 1, 8);
	}
	trouble_of(program_of(a,
		       (struct piece[]){ { ".text", STR("x") }, { ".text", STR("x") }, { ".symtab", buf_str(&symbols) },
			   { ".strtab", buf_str(&names) } },
		       4, 60000),
	    NULL, 0, &memory);
	buf_fini(&symbols);
	buf_fini(&names);
	arena_free(a);
}

/* ---- sorting ---- */

static void test_radix(void **ctx)
{
	static const size_t sizes[] = { 0, 1, 2, 47, 48, 1000 };

	(void)ctx;
	for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
		for (unsigned bits = 1; bits <= 64; bits += 9) {
			struct keyed p[1000], tmp[1000];
			uint64_t seed = bits;

			for (size_t i = 0; i < sizes[s]; i++) {
				seed = seed * 6364136223846793005u + 1442695040888963407u;
				p[i] = (struct keyed){ seed >> (64 - bits), (uint32_t)i };
			}
			radix_sort(p, tmp, sizes[s]);
			for (size_t i = 1; i < sizes[s]; i++)
				assert_true(p[i - 1].key < p[i].key ||
				    (p[i - 1].key == p[i].key && p[i - 1].value < p[i].value));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_long_reads),
		cmocka_unit_test(test_radix),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
