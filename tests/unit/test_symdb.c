/* formats/symbols/symdb.h: version 3, written and read. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/enc.h"
#include "base/hash.h"
#include "formats/symbols/symdb.h"
#include "formats/symbols/symdb_impl.h"

/* Last: its macros fail and skip are names of ours. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

enum { FILE_MAX = 1 << 22 };

static uint64_t state = 1;

static uint32_t roll(uint32_t n)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((state >> 33) % n);
}

/* ---- comparing ---- */

/* The stack as text, so that numbers do not count. */
static void print_stack(const struct symbols *s, uint32_t id, struct buf *out)
{
	for (; id; id = s->nodes.p[id].parent) {
		const struct sym_location *l = &s->locations.p[s->nodes.p[id].location];
		const struct sym_mapping *m = &s->mappings.p[l->mapping];

		buf_printf(out, "[%" PRIx64 " %" PRIx64 "-%" PRIx64 "+%" PRIx64 "/%x " STR_FMT " " STR_FMT, l->address,
		    m->start, m->limit, m->offset, m->flags, STR_ARG(s->strings.p[m->file]),
		    STR_ARG(s->strings.p[m->build_id]));
		for (uint32_t k = 0; k < l->n_lines; k++) {
			const struct sym_line *line = &s->lines.p[l->first_line + k];
			const struct sym_function *f = &s->functions.p[line->function];

			buf_printf(out, "|" STR_FMT "," STR_FMT "," STR_FMT ":%u:%u", STR_ARG(s->strings.p[f->name]),
			    STR_ARG(s->strings.p[f->system_name]), STR_ARG(s->strings.p[f->file]), f->start_line,
			    line->line);
		}
		buf_add(out, STR("]"));
	}
}

static void expect_same_stack(const struct symbols *a, uint32_t i, const struct symbols *b, uint32_t k)
{
	struct buf x, y;

	buf_init(&x, SIZE_MAX);
	buf_init(&y, SIZE_MAX);
	print_stack(a, i, &x);
	print_stack(b, k, &y);
	if (!str_eq(buf_str(&x), buf_str(&y)))
		fail_msg(STR_FMT "\n" STR_FMT, STR_ARG(buf_str(&x)), STR_ARG(buf_str(&y)));
	buf_fini(&x);
	buf_fini(&y);
}

static void expect_hex(struct str bytes, size_t at, const char *want)
{
	struct buf hex;

	buf_init(&hex, 1 << 16);
	assert_true(at + strlen(want) / 2 <= bytes.n);
	enc_hex(&hex, str_of(bytes.p + at, strlen(want) / 2));
	buf_byte(&hex, '\0');
	assert_string_equal(hex.p, want);
	buf_fini(&hex);
}

/* ---- writing and reading version 3 ---- */

static void write_one(struct symbols *s, const uint8_t *used, uint32_t *renumber, struct buf *out)
{
	struct symdb_writer *w = symdb_writer_new();
	struct err e;

	buf_init(out, FILE_MAX);
	if (symdb_writer_add(w, s, used, renumber, &e) < 0)
		fail_msg("%s", e.msg);
	symdb_writer_finish(w, out);
	assert_false(out->over);
	symdb_writer_free(w);
}

static struct symdb *open_bytes(struct str bytes, struct err *e)
{
	struct symdb_files files = { .symbols = blob_mem(bytes) };

	return symdb_open(&files, e);
}

static struct symbols *read_one(struct str bytes)
{
	struct symbols *s = NULL;
	struct err e;
	struct symdb *db = open_bytes(bytes, &e);

	if (db == NULL || symdb_partition(db, 0, &s, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(symdb_version(db), 3);
	assert_false(symdb_translates(db, 0));
	symdb_close(db);
	return s;
}

/* The content of the worked example. */
static struct symbols *example(void)
{
	struct symbols *s = symbols_new(UINT64_C(0x9417d9d5253a6f19));
	uint32_t file = symbols_add_string(s, STR("a.out")), name = symbols_add_string(s, STR("main"));
	uint32_t source = symbols_add_string(s, STR("main.c")), l;
	struct sym_mapping m = { .start = 0x400000, .limit = 0x401000, .file = file, .flags = MAPPING_HAS_FUNCTIONS };
	struct sym_function f = { name, name, source, 1 };
	struct sym_line line = { symbols_add_function(s, &f), 7 };
	struct sym_location location = { .address = 0x400123, .mapping = symbols_add_mapping(s, &m), .n_lines = 1 };

	l = symbols_add_location(s, &location, &line);
	assert_int_equal(symbols_add_stack(s, &l, 1), 1);
	return s;
}

#define V_STRINGS      \
	"000000040008" \
	"0000543c32ff" \
	"00050406"     \
	"612e6f7574"   \
	"6d61696e"     \
	"6d61696e2e63"
#define V_MAPPINGS                                 \
	"0000000100000005000000050000000500000008" \
	"00000008000000004bcb7d88"                 \
	"80010401028001040100800104011080010401808080048001040180c08004"
#define V_FUNCTIONS                               \
	"000000010000000500000005000000050000000" \
	"5d7ef82eb"                               \
	"8001040104800104010480010401068001040102"
#define V_LOCATIONS                                            \
	"00000001000000050000000"                              \
	"10000001a00000008000000007936c20c"                    \
	"800104010001"                                         \
	"80010402000d040000000e000000000000000000000000000000" \
	"80010401c6848004"
#define V_STACKS "0001000200"
#define V_INDEX                                                            \
	"73796d31000000030000000000000000"                                 \
	"00000000000000d00000000000000020"                                 \
	"00000001"                                                         \
	"9417d9d5253a6f1900000001"                                         \
	"00000000000000ce0000000000000005"                                 \
	"9417d9d5253a6f190000000100000000"                                 \
	"000000010000000200000000ffffffff"                                 \
	"000000000000000000000000bf72ec63"                                 \
	"000000000000008a000000449bd56f330000000100000400001c000100000000" \
	"000000000000001f0000003f23161d5b00000001000004000020000300000000" \
	"000000000000005e0000002cd72040f200000001000004000018000200000000" \
	"00000000000000000000001f54bc487600000004000004000"                \
	"00c000400000000"                                                  \
	"030d80ae"
#define V_FOOTER "73796d310000000300000000000000d300000000226c272f"

static void test_vector_read(void **ctx)
{
	struct arena *a = arena_new();
	struct symbols *s, *want = example();
	struct str bytes;
	struct err e;

	(void)ctx;
	assert_int_equal(dec_hex(a, STR(V_STRINGS V_MAPPINGS V_FUNCTIONS V_LOCATIONS V_STACKS V_INDEX V_FOOTER), &bytes,
			     &e),
	    0);
	assert_int_equal(bytes.n, 479);
	s = read_one(bytes);
	assert_true(s->partition == want->partition);
	assert_int_equal(s->strings.n, 4);
	assert_int_equal(s->nodes.n, 2);
	expect_same_stack(s, 1, want, 1);
	symbols_free(s);
	symbols_free(want);
	arena_free(a);
}

/*
 * Written from its content: the same but for one column, the lines, whose
 * smallest difference the example takes as -7 instead of 7 and so needs 16
 * bytes more.
 */
static void test_vector_write(void **ctx)
{
	struct symbols *s = example();
	struct str got;
	struct buf out;

	(void)ctx;
	write_one(s, NULL, NULL, &out);
	got = buf_str(&out);
	assert_int_equal(got.n, 479 - 16);
	expect_hex(got, 0, V_STRINGS V_MAPPINGS V_FUNCTIONS);
	expect_hex(got, 138, "0000000100000005000000010000000a0000000800000000");
	expect_hex(got, 166,
	    "800104010001"
	    "80010402000e00000000"
	    "80010401c6848004");
	expect_hex(got, 190,
	    V_STACKS "73796d31000000030000000000000000"
		     "00000000000000d00000000000000020"
		     "00000001"
		     "9417d9d5253a6f1900000001"
		     "00000000000000be0000000000000005"
		     "9417d9d5253a6f190000000100000000"
		     "000000010000000200000000ffffffff"
		     "000000000000000000000000bf72ec63"
		     "000000000000008a00000034");
	expect_hex(got, 195 + 112 + 16,
	    "0000000100000400001c000100000000"
	    "000000000000001f0000003f23161d5b00000001000004000020000300000000"
	    "000000000000005e0000002cd72040f200000001000004000018000200000000"
	    "00000000000000000000001f54bc487600000004000004000"
	    "00c000400000000");
	expect_hex(got, got.n - 24, "73796d310000000300000000000000c300000000");
	buf_fini(&out);
	symbols_free(s);
}

/* Random symbols: some long strings, some addresses, many nodes. */
static struct symbols *random_symbols(uint32_t n)
{
	struct symbols *s = symbols_new(n * UINT64_C(0x123456789));
	bool addresses = roll(2);
	char name[400];

	for (uint32_t i = 0; i < n; i++) {
		memset(name, 'x', sizeof(name));
		snprintf(name, sizeof(name), "name of %u", i * 7919 % n);
		name[strlen(name)] = '_';
		symbols_add_string(s, str_of(name, roll(50) ? 10 + roll(30) : 300));
	}
	for (uint32_t i = 0; i < 1 + n / 20; i++)
		symbols_add_mapping(s,
		    &(struct sym_mapping){ .start = roll(3) * (uint64_t)roll(1u << 30) << 20,
			.limit = UINT64_MAX - roll(100),
			.file = roll((uint32_t)s->strings.n),
			.flags = roll(16) });
	for (uint32_t i = 0; i < n; i++)
		symbols_add_function(s,
		    &(struct sym_function){ roll((uint32_t)s->strings.n), roll((uint32_t)s->strings.n),
			roll((uint32_t)s->strings.n), roll(2) ? roll(5000) : UINT32_MAX });
	for (uint32_t i = 0; i < 2 * n; i++) {
		struct sym_line lines[4] = { { roll((uint32_t)s->functions.n), roll(9000) },
			{ roll((uint32_t)s->functions.n), roll(9000) },
			{ roll((uint32_t)s->functions.n), UINT32_MAX } };

		symbols_add_location(s,
		    &(struct sym_location){ .mapping = roll((uint32_t)s->mappings.n),
			.address = addresses && i > n ? (uint64_t)roll(1u << 30) << 25 : 0,
			.n_lines = roll(4) },
		    lines);
	}
	for (uint32_t i = 0; i < 5 * n; i++)
		symbols_add_node(s, roll(3) ? (uint32_t)s->nodes.n - 1 : roll((uint32_t)s->nodes.n),
		    roll((uint32_t)s->locations.n));
	return s;
}

static void test_round_trip(void **ctx)
{
	static const uint32_t sizes[] = { 1, 2, 3, 7, 100, 511, 512, 1023, 1024, 3000 };

	(void)ctx;
	for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
		struct symbols *s = random_symbols(sizes[k]), *same, *fresh;
		uint32_t *renumber = mem_array(s->nodes.n, sizeof(*renumber));
		uint8_t *seen = mem_zalloc(s->nodes.n);
		struct buf out;

		write_one(s, NULL, NULL, &out);
		same = read_one(buf_str(&out));
		assert_true(same->partition == s->partition);
		assert_int_equal(same->nodes.n, s->nodes.n);
		for (uint32_t i = 0; i < s->nodes.n; i++)
			expect_same_stack(s, i, same, i);
		buf_fini(&out);
		write_one(s, NULL, renumber, &out);
		fresh = read_one(buf_str(&out));
		assert_int_equal(fresh->nodes.n, s->nodes.n);
		for (uint32_t i = 0; i < s->nodes.n; i++) {
			expect_same_stack(s, i, fresh, renumber[i]);
			assert_false(seen[renumber[i]]);
			seen[renumber[i]] = 1;
		}
		buf_fini(&out);
		mem_free(renumber);
		mem_free(seen);
		symbols_free(s);
		symbols_free(same);
		symbols_free(fresh);
	}
}

/* Only what used stacks reach is there, and each table entry is reached. */
static void test_used(void **ctx)
{
	struct symbols *s = random_symbols(300), *got;
	uint32_t *renumber = mem_array(s->nodes.n, sizeof(*renumber)), n_used = 0;
	uint8_t *used = mem_zalloc(s->nodes.n);
	struct buf out, again;

	(void)ctx;
	for (uint32_t i = 1; i < s->nodes.n; i++)
		n_used += used[i] = roll(40) == 0;
	write_one(s, used, renumber, &out);
	write_one(s, used, renumber, &again);
	assert_true(str_eq(buf_str(&out), buf_str(&again)));
	got = read_one(buf_str(&out));
	assert_true(got->nodes.n < s->nodes.n);
	assert_true(got->strings.n < s->strings.n);
	for (uint32_t i = 1; i < s->nodes.n; i++)
		if (used[i]) {
			expect_same_stack(s, i, got, renumber[i]);
			used[i] = 0;
		}
	for (uint32_t i = 1; i < s->nodes.n; i++)
		if (renumber[i])
			expect_same_stack(s, i, got, renumber[i]);
	/* The most frequent location comes first. */
	uint32_t *count = mem_zarray(got->locations.n, sizeof(*count));

	for (uint32_t i = 1; i < got->nodes.n; i++) {
		count[got->nodes.p[i].location]++;
		assert_true(got->nodes.p[i].parent < i);
	}
	for (uint32_t i = 0; i < got->locations.n; i++) {
		assert_true(count[i] > 0);
		assert_true(i == 0 || count[i - 1] >= count[i]);
	}
	mem_free(count);
	mem_free(renumber);
	mem_free(used);
	symbols_free(s);
	symbols_free(got);
	buf_fini(&out);
	buf_fini(&again);
	assert_true(n_used > 0);
}

/* Nothing but the root: no table is empty all the same. */
static void test_empty(void **ctx)
{
	struct symbols *s = symbols_new(5), *got;
	struct buf out;

	(void)ctx;
	write_one(s, NULL, NULL, &out);
	assert_int_equal(s->mappings.n, 0);
	got = read_one(buf_str(&out));
	assert_int_equal(got->strings.n, 1);
	assert_int_equal(got->mappings.n, 1);
	assert_int_equal(got->functions.n, 1);
	assert_int_equal(got->locations.n, 1);
	assert_int_equal(got->nodes.n, 1);
	symbols_free(got);
	symbols_free(s);
	buf_fini(&out);
}

static void test_partitions(void **ctx)
{
	struct symdb_writer *w = symdb_writer_new();
	struct symbols *s[5], *got;
	const uint64_t *ids;
	struct symdb *db;
	struct buf out;
	struct err e;

	(void)ctx;
	for (uint32_t i = 0; i < 5; i++) {
		s[i] = random_symbols(10 + 20 * i);
		s[i]->partition = 50 - i;
		assert_int_equal(symdb_writer_add(w, s[i], NULL, NULL, &e), 0);
	}
	assert_int_equal(symdb_writer_add(w, s[2], NULL, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_INVALID);
	buf_init(&out, FILE_MAX);
	symdb_writer_finish(w, &out);
	db = open_bytes(buf_str(&out), &e);
	assert_non_null(db);
	assert_int_equal(symdb_partitions(db, &ids), 5);
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(ids[i], 46 + i);
		assert_int_equal(symdb_partition(db, i, &got, &e), 0);
		assert_int_equal(got->nodes.n, s[4 - i]->nodes.n);
		for (uint32_t k = 0; k < got->nodes.n; k++)
			expect_same_stack(got, k, s[4 - i], k);
		assert_int_equal(symdb_node(db, i, 3), 3);
		assert_true(symdb_node(db, i, got->nodes.n) == UINT32_MAX);
		assert_true(symdb_node(db, i, UINT64_C(1) << 32) == UINT32_MAX);
		symbols_free(got);
	}
	symdb_close(db);
	symdb_close(NULL);
	buf_fini(&out);
	for (uint32_t i = 0; i < 5; i++)
		symbols_free(s[i]);
	symdb_writer_free(w);
	symdb_writer_free(NULL);
}

static void test_writer_refuses(void **ctx)
{
	struct symdb_writer *w = symdb_writer_new();
	struct symbols *s = random_symbols(10);
	struct err e;

	(void)ctx;
	s->nodes.p[5].location = (uint32_t)s->locations.n;
	assert_int_equal(symdb_writer_add(w, s, NULL, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	symbols_free(s);
	symdb_writer_free(w);
}

/* ---- broken files ---- */

/* Reads all partitions; 0, or -1 with an error of the right kind. */
static int read_all(const struct symdb_files *files)
{
	struct err e = { 0 };
	struct symdb *db = symdb_open(files, &e);
	uint32_t n = db ? symdb_partitions(db, NULL) : 0;
	int rc = db ? 0 : -1;

	for (uint32_t i = 0; rc == 0 && i < n; i++) {
		struct symbols *s;

		rc = symdb_partition(db, i, &s, &e);
		if (rc == 0)
			symbols_free(s);
	}
	symdb_close(db);
	if (rc < 0)
		assert_true(e.kind == ERR_CORRUPT || e.kind == ERR_UNSUPPORTED);
	return rc;
}

static int read_bytes(struct str bytes)
{
	return read_all(&(struct symdb_files){ .symbols = blob_mem(bytes) });
}

static void test_cut(void **ctx)
{
	struct symbols *s = random_symbols(8);
	struct buf out;

	(void)ctx;
	write_one(s, NULL, NULL, &out);
	assert_int_equal(read_bytes(buf_str(&out)), 0);
	for (size_t n = 0; n < out.n; n++) {
		char *copy = mem_alloc(n + 1);

		memcpy(copy, out.p, n);
		assert_int_equal(read_bytes(str_of(copy, n)), -1);
		mem_free(copy);
	}
	/* Every byte is under a checksum or checked, but for those that nobody reads: reserved ones of the footer. */
	for (size_t i = 0; i < out.n; i++) {
		out.p[i] ^= 0x21;
		assert_int_equal(read_bytes(buf_str(&out)), -1);
		out.p[i] ^= 0x21;
	}
	symbols_free(s);
	buf_fini(&out);
}

static void put_u32(struct buf *b, size_t at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		b->p[at + (size_t)i] = (char)(v >> (24 - 8 * i));
}

/* Makes checksums right again: of a section of the only partition, of the index. */
static void fix_section(struct buf *b, size_t index, unsigned section, size_t from, size_t n)
{
	put_u32(b, index + 32 + 4 + 12 + 64 + 32 * (size_t)section + 12, crc32c(0, str_of(b->p + from, n)));
}

static void fix_index(struct buf *b, size_t index)
{
	size_t n = b->n - 24 - 4 - index;

	put_u32(b, index + n, crc32c(0, str_of(b->p + index, n)));
}

/* Right checksums, wrong content: offsets in the example as written (see test_vector_write). */
static void test_wrong(void **ctx)
{
	enum { INDEX = 195, PART = INDEX + 36, CHUNK = PART + 12, REFS = CHUNK + 64 };
	static const struct {
		size_t at;
		uint32_t value;
	} cases[] = {
		{ INDEX + 4, 4 },                               /* version */
		{ INDEX + 4, 2 },                               /* version of another kind of file */
		{ INDEX + 32, 2 },                              /* partitions */
		{ INDEX + 32, UINT32_MAX }, { PART + 8, 2 },    /* chunks */
		{ PART + 8, UINT32_MAX }, { CHUNK + 4, 10000 }, /* offset */
		{ CHUNK, 1 }, { CHUNK + 12, 4 },                /* size */
		{ CHUNK + 24, 2 },                              /* encoding */
		{ CHUNK + 36, 3 },                              /* nodes: more than there are bytes for */
		{ CHUNK + 36, UINT32_MAX }, { CHUNK + 44, 0 },  /* nodes per chunk */
		{ REFS + 4, 0 },                                /* locations: another place */
		{ REFS + 8, 51 },                               /* size */
		{ REFS + 16, 2 },                               /* length */
		{ REFS + 16, 0 }, { REFS + 24, 0x001c0002 },    /* format */
		{ REFS + 24, 0x00040001 },                      /* header too short */
		{ REFS + 24, 0xffff0001 },                      /* header too long */
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct symbols *s = example();
		struct buf out;

		write_one(s, NULL, NULL, &out);
		put_u32(&out, cases[i].at, cases[i].value);
		fix_index(&out, INDEX);
		assert_int_equal(read_bytes(buf_str(&out)), -1);
		buf_fini(&out);
		symbols_free(s);
	}
}

/* Blocks of sections with a right checksum and a wrong content. */
static void test_wrong_sections(void **ctx)
{
	enum { INDEX = 195, MAPPINGS = 31, FUNCTIONS = 94, LOCATIONS = 138, STACKS = 190 };
	static const struct {
		unsigned section;
		size_t from, n, header, at;
		char value;
	} cases[] = {
		{ SECTION_STRINGS, 0, 31, 12, 3, 5 }, /* count */
		{ SECTION_STRINGS, 0, 31, 12, 3, 0 },
		{ SECTION_STRINGS, 0, 31, 12, 5, 32 }, /* width of lengths */
		{ SECTION_STRINGS, 0, 31, 12, 5, 16 },
		{ SECTION_STRINGS, 0, 31, 12, 12, 1 }, /* a length */
		{ SECTION_STRINGS, 0, 31, 12, 14, 3 },
		{ SECTION_MAPPINGS, 31, 63, 32, 31 + 7, 4 }, /* size of a column */
		{ SECTION_MAPPINGS, 31, 63, 32, 31 + 27, 1 },
		{ SECTION_MAPPINGS, 31, 63, 32, 63 + 4, 8 }, /* string 4 */
		{ SECTION_MAPPINGS, 31, 63, 32, 63 + 3, 2 }, /* two values */
		{ SECTION_FUNCTIONS, 94, 44, 24, 94 + 3, 2 },
		{ SECTION_FUNCTIONS, 94, 44, 24, 118 + 4, 8 },
		{ SECTION_FUNCTIONS, 94, 44, 24, 118 + 9, 8 },
		{ SECTION_FUNCTIONS, 94, 44, 24, 118 + 14, 8 },
		{ SECTION_LOCATIONS, 138, 52, 28, 138 + 11, 2 }, /* lines */
		{ SECTION_LOCATIONS, 138, 52, 28, 138 + 8, 127 },
		{ SECTION_LOCATIONS, 138, 52, 28, 166 + 5, 2 }, /* lines of a location */
		{ SECTION_LOCATIONS, 138, 52, 28, 166 + 5, 0 },
		{ SECTION_LOCATIONS, 138, 52, 28, 166 + 4, 2 }, /* mapping */
		{ SECTION_LOCATIONS, 138, 52, 28, 172 + 4, 2 }, /* function */
		{ SECTIONS, STACKS, 5, 0, STACKS + 1, 0 },      /* the root has a parent */
		{ SECTIONS, STACKS, 5, 0, STACKS + 3, 4 },      /* a node is its own parent */
		{ SECTIONS, STACKS, 5, 0, STACKS + 4, 1 },      /* location */
		{ SECTIONS, STACKS, 5, 0, STACKS, (char)0xc0 },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct symbols *s = example();
		size_t end = cases[i].from + cases[i].header - 4;
		struct buf out;

		write_one(s, NULL, NULL, &out);
		out.p[cases[i].at] = cases[i].value;
		if (cases[i].section < SECTIONS) {
			put_u32(&out, end, crc32c(0, str_of(out.p + cases[i].from, cases[i].header - 4)));
			fix_section(&out, INDEX, cases[i].section, cases[i].from, cases[i].n);
		} else {
			put_u32(&out, INDEX + 36 + 12 + 60, crc32c(0, str_of(out.p + STACKS, 5)));
		}
		fix_index(&out, INDEX);
		assert_int_equal(read_bytes(buf_str(&out)), -1);
		buf_fini(&out);
		symbols_free(s);
	}
}

/* A string of more than 255 bytes makes lengths of two bytes; garbage in byte 4 counts for nothing. */
static void test_strings_wide(void **ctx)
{
	struct symbols *s = example(), *got;
	char big[300];
	struct buf out;

	(void)ctx;
	memset(big, 'y', sizeof(big));
	s->strings.p[2] = str_of(big, sizeof(big));
	write_one(s, NULL, NULL, &out);
	assert_int_equal(out.p[5], 16);
	out.p[4] = 0x0b;
	put_u32(&out, 8, crc32c(0, str_of(out.p, 8)));
	fix_section(&out, out.n - 24 - 244, SECTION_STRINGS, 0, 31 + 4 + 296);
	fix_index(&out, out.n - 24 - 244);
	got = read_one(buf_str(&out));
	expect_same_stack(s, 1, got, 1);
	symbols_free(got);
	symbols_free(s);
	buf_fini(&out);
}

/* ---- stack trees ---- */

static void test_tree(void **ctx)
{
	static const struct {
		const char *hex;
		uint32_t n;
		struct sym_node nodes[6];
	} cases[] = {
		{ "00010000"
		  "00",
		    1, { { 0, 0 } } },
		{ "0001000202"
		  "0002010200",
		    4, { { 0, 0 }, { 0, 2 }, { 1, 1 }, { 2, 0 } } },
		{ "0001000260"
		  "0002"
		  "5f026d"
		  "0003010844",
		    6, { { 0, 0 }, { 0, 96 }, { 1, 95 }, { 2, 109 }, { 0, 1 }, { 4, 68 } } },
		{ "c0010002"
		  "ffffffff",
		    2, { { 0, 0 }, { 0, UINT32_MAX } } },
		{ "40010002"
		  "0001",
		    2, { { 0, 0 }, { 0, 256 } } },
		{ "80010002"
		  "000001",
		    2, { { 0, 0 }, { 0, 65536 } } },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct symbols *s = symbols_new(0);
		struct str bytes;
		struct buf out;
		struct err e;

		assert_int_equal(dec_hex(a, str_cstr(cases[i].hex), &bytes, &e), 0);
		assert_int_equal(symdb_decode_nodes(s, bytes, cases[i].n, &e), 0);
		assert_int_equal(s->nodes.n, cases[i].n);
		assert_memory_equal(s->nodes.p, cases[i].nodes, s->nodes.n * sizeof(*s->nodes.p));
		buf_init(&out, 1 << 10);
		symdb_encode_nodes(&out, s->nodes.p, cases[i].n);
		expect_hex(buf_str(&out), 0, cases[i].hex);
		assert_int_equal(out.n, bytes.n);
		for (size_t n = 0; n < bytes.n; n++) {
			char *copy = mem_alloc(n + 1);

			memcpy(copy, bytes.p, n);
			s->nodes.n = 1;
			assert_int_equal(symdb_decode_nodes(s, str_of(copy, n), cases[i].n, &e), -1);
			mem_free(copy);
		}
		buf_add(&out, STR("\0"));
		s->nodes.n = 1;
		assert_int_equal(symdb_decode_nodes(s, buf_str(&out), cases[i].n, &e), -1);
		buf_fini(&out);
		symbols_free(s);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_vector_read),
		cmocka_unit_test(test_vector_write),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_used),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_partitions),
		cmocka_unit_test(test_writer_refuses),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_wrong_sections),
		cmocka_unit_test(test_strings_wide),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
