/* formats/symbols/symdb.h: symbol stores of versions before 3, and files of the original. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/json.h"
#include "formats/symbols/symdb.h"
#include "formats/symbols/symdb_impl.h"
#include "formats/symbols/symtables.h"

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

/* ---- versions 1 and 2 and before, with tables made up here ---- */

struct fake_tables {
	struct symdb_tables t;
	const struct symbols *s;
	const uint32_t *at, *stacks;
	bool closed;
};

static const struct symbols *fake_source(struct symdb_tables *t, struct symdb_range r)
{
	assert_true(r.group == 0 || r.group == SYMDB_ALL_GROUPS);
	return CONTAINER_OF(t, struct fake_tables, t)->s;
}

#define FAKE(what, type)                                                                                 \
	static int fake_##what(struct symdb_tables *t, struct arena *a, struct symdb_range r, type *out, \
	    struct err *e)                                                                               \
	{                                                                                                \
		(void)a;                                                                                 \
		(void)e;                                                                                 \
		memcpy(out, fake_source(t, r)->what.p + r.first, r.n * sizeof(*out));                    \
		return 0;                                                                                \
	}
FAKE(mappings, struct sym_mapping)
FAKE(functions, struct sym_function)

static int fake_strings(struct symdb_tables *t, struct arena *a, struct symdb_range r, struct str *out, struct err *e)
{
	(void)e;
	for (uint32_t i = 0; i < r.n; i++)
		out[i] = arena_str(a, fake_source(t, r)->strings.p[r.first + i]);
	return 0;
}

static int fake_locations(struct symdb_tables *t, struct arena *a, struct symdb_range r, struct sym_location *out,
    struct sym_line **lines, uint32_t *n_lines, struct err *e)
{
	const struct symbols *s = fake_source(t, r);

	(void)a;
	(void)e;
	memcpy(out, s->locations.p + r.first, r.n * sizeof(*out));
	*lines = s->lines.p;
	*n_lines = (uint32_t)s->lines.n;
	return 0;
}

static int fake_stacks(struct symdb_tables *t, struct arena *a, struct symdb_range r, uint32_t *at,
    uint32_t **locations, struct err *e)
{
	const struct fake_tables *f = CONTAINER_OF(t, struct fake_tables, t);

	(void)e;
	memcpy(at, f->at, (r.n + 1) * sizeof(*at));
	*locations = arena_array(a, f->at[r.n], sizeof(**locations));
	memcpy(*locations, f->stacks, f->at[r.n] * sizeof(**locations));
	return 0;
}

static void fake_close(struct symdb_tables *t)
{
	CONTAINER_OF(t, struct fake_tables, t)->closed = true;
}

static struct fake_tables fake_of(const struct symbols *s)
{
	return (struct fake_tables){
		.t = {
			.rows = { (uint32_t)s->strings.n, (uint32_t)s->mappings.n,
			    (uint32_t)s->functions.n, (uint32_t)s->locations.n, 0 },
			.strings = fake_strings, .mappings = fake_mappings,
			    .functions = fake_functions,
			.locations = fake_locations, .close = fake_close,
		},
		.s = s,
	};
}

static void put_chunk(struct buf *index, struct buf *stacks, const struct symbols *s, uint64_t partition,
    uint32_t max_nodes)
{
	size_t start = stacks->n;

	symdb_encode_nodes(stacks, s->nodes.p, (uint32_t)s->nodes.n);
	buf_u64be(index, start);
	buf_u64be(index, stacks->n - start);
	buf_u64be(index, partition);
	buf_u32be(index, 1);
	buf_u32be(index, 0);
	buf_u32be(index, 0);
	buf_u32be(index, (uint32_t)s->nodes.n);
	buf_u32be(index, 0);
	buf_u32be(index, max_nodes);
	buf_fill(index, '\0', 12);
	buf_u32be(index, crc32c(0, str_of(stacks->p + start, stacks->n - start)));
}

static void put_index(struct buf *out, uint32_t version, struct str data)
{
	buf_add(out, STR("sym1"));
	buf_u32be(out, version);
	buf_u64be(out, 0x0f162091); /* garbage of older files */
	buf_u64be(out, data.n);
	buf_u64be(out, 32);
	buf_add(out, data);
	buf_u32be(out, crc32c(0, buf_str(out)));
}

/* Version 1: two partitions over common tables, the first with three trees. */
static void test_version_1(void **ctx)
{
	enum { MAX_NODES = 1000 };
	struct symbols *s = random_symbols(40), *trees[3], *got;
	struct fake_tables tables = fake_of(s);
	struct buf data, stacks, index;
	struct symdb_files files;
	struct symdb *db;
	const uint64_t *ids;
	struct err e;

	(void)ctx;
	buf_init(&data, FILE_MAX);
	buf_init(&stacks, FILE_MAX);
	buf_init(&index, FILE_MAX);
	for (uint32_t i = 0; i < 3; i++) {
		trees[i] = symbols_new(0);
		for (uint32_t k = 0; k < 20 + i; k++)
			symbols_add_node(trees[i], roll((uint32_t)trees[i]->nodes.n), roll((uint32_t)s->locations.n));
		put_chunk(&data, &stacks, trees[i], 77, MAX_NODES);
	}
	put_chunk(&data, &stacks, s, 5, UINT32_MAX);
	put_index(&index, 1, buf_str(&data));
	files = (struct symdb_files){ NULL, blob_mem(buf_str(&index)), blob_mem(buf_str(&stacks)), &tables.t };
	db = symdb_open(&files, &e);
	assert_non_null(db);
	assert_int_equal(symdb_version(db), 1);
	assert_int_equal(symdb_partitions(db, &ids), 2);
	assert_int_equal(ids[0], 77);
	assert_int_equal(ids[1], 5);
	assert_true(symdb_translates(db, 0) && !symdb_translates(db, 1));
	for (int round = 0; round < 2; round++) {
		assert_int_equal(symdb_partition(db, 0, &got, &e), 0);
		assert_int_equal(got->nodes.n, 1 + trees[0]->nodes.n + trees[1]->nodes.n + trees[2]->nodes.n - 3);
		for (uint32_t i = 0; i < 3; i++) {
			uint32_t n = (uint32_t)trees[i]->nodes.n, stack[64], want[64];

			for (uint32_t k = 0; k < n; k++) {
				uint32_t node = symdb_node(db, 0, i * MAX_NODES + k);
				uint32_t depth = symbols_stack(got, node, stack, 64);

				assert_int_equal(depth, symbols_stack(trees[i], k, want, 64));
				if (depth)
					assert_memory_equal(stack, want, depth * sizeof(*want));
			}
			assert_true(symdb_node(db, 0, i * MAX_NODES + n) == UINT32_MAX);
		}
		assert_true(symdb_node(db, 0, 3 * MAX_NODES) == UINT32_MAX);
		symbols_free(got);
	}
	assert_int_equal(symdb_partition(db, 1, &got, &e), 0);
	for (uint32_t k = 0; k < s->nodes.n; k++)
		expect_same_stack(got, k, s, k);
	symbols_free(got);
	symdb_close(db);
	assert_true(tables.closed);
	for (uint32_t i = 0; i < 3; i++)
		symbols_free(trees[i]);
	symbols_free(s);
	buf_fini(&data);
	buf_fini(&stacks);
	buf_fini(&index);
}

/* Version 2, with two ranges for a table; broken in every byte of the index. */
static void test_version_2(void **ctx)
{
	struct symbols *s = random_symbols(30), *got;
	const uint32_t rows[4] = { (uint32_t)s->locations.n, (uint32_t)s->mappings.n, (uint32_t)s->functions.n,
		(uint32_t)s->strings.n };
	struct buf data, stacks, index;
	struct fake_tables tables = fake_of(s);
	struct symdb_files files;
	struct symdb *db;
	struct err e;

	(void)ctx;
	buf_init(&data, FILE_MAX);
	buf_init(&stacks, FILE_MAX);
	buf_init(&index, FILE_MAX);
	buf_u32be(&data, 1);
	buf_u64be(&data, 9);
	buf_u32be(&data, 1);
	for (int i = 0; i < 4; i++)
		buf_u32be(&data, 2);
	put_chunk(&data, &stacks, s, 9, 1 << 20);
	for (int i = 0; i < 4; i++) {
		buf_u32be(&data, 0);
		buf_u32be(&data, 0);
		buf_u32be(&data, 1);
		buf_u32be(&data, 0);
		buf_u32be(&data, 1);
		buf_u32be(&data, rows[i] - 1);
	}
	put_index(&index, 2, buf_str(&data));
	files = (struct symdb_files){ NULL, blob_mem(buf_str(&index)), blob_mem(buf_str(&stacks)), &tables.t };
	db = symdb_open(&files, &e);
	assert_non_null(db);
	assert_int_equal(symdb_version(db), 2);
	assert_false(symdb_translates(db, 0));
	assert_int_equal(symdb_partition(db, 0, &got, &e), 0);
	for (uint32_t k = 0; k < s->nodes.n; k++)
		expect_same_stack(got, k, s, k);
	symbols_free(got);
	symdb_close(db);
	for (size_t n = 0; n < index.n; n++) {
		files = (struct symdb_files){ NULL, blob_mem(str_of(index.p, n)), blob_mem(buf_str(&stacks)),
			&tables.t };
		assert_int_equal(read_all(&files), -1);
		index.p[n] ^= 1;
		files = (struct symdb_files){ NULL, blob_mem(buf_str(&index)), blob_mem(buf_str(&stacks)), &tables.t };
		assert_int_equal(read_all(&files), -1);
		index.p[n] ^= 1;
	}
	/* More rows than the table has. */
	tables.t.rows[SYMDB_STRINGS]--;
	files = (struct symdb_files){ NULL, blob_mem(buf_str(&index)), blob_mem(buf_str(&stacks)), &tables.t };
	assert_int_equal(read_all(&files), -1);
	symbols_free(s);
	buf_fini(&data);
	buf_fini(&stacks);
	buf_fini(&index);
}

/* Before symdb: stacks are rows of a table. */
static void test_version_0(void **ctx)
{
	static const uint32_t at[] = { 0, 2, 2, 5, 7 }, stacks[] = { 3, 4, 1, 2, 4, 3, 4 };
	struct symbols *s = random_symbols(30), *got;
	struct fake_tables tables = fake_of(s);
	struct symdb_files files = { .tables = &tables.t };
	uint32_t stack[8];
	struct symdb *db;
	struct err e;

	(void)ctx;
	tables.t.rows[SYMDB_STACKS] = 4;
	tables.t.stacks = fake_stacks;
	tables.at = at;
	tables.stacks = stacks;
	db = symdb_open(&files, &e);
	assert_non_null(db);
	assert_int_equal(symdb_version(db), 0);
	assert_int_equal(symdb_partitions(db, NULL), 1);
	assert_true(symdb_translates(db, 0));
	assert_true(symdb_node(db, 0, 0) == UINT32_MAX);
	assert_int_equal(symdb_partition(db, 0, &got, &e), 0);
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t n = at[i + 1] - at[i];

		assert_int_equal(symbols_stack(got, symdb_node(db, 0, i), stack, 8), n);
		if (n)
			assert_memory_equal(stack, stacks + at[i], n * sizeof(*stack));
	}
	assert_int_equal(symdb_node(db, 0, 0), symdb_node(db, 0, 3));
	assert_true(symdb_node(db, 0, 4) == UINT32_MAX);
	symbols_free(got);
	tables.stacks = (const uint32_t[]){ 0, 0, 0, 0, 0, 0, 9999 };
	assert_int_equal(symdb_partition(db, 0, &got, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	symdb_close(db);
	assert_null(symdb_open(&(struct symdb_files){ 0 }, &e));
	assert_int_equal(e.kind, ERR_NOTFOUND);
	symbols_free(s);
}

/* ---- files of the original ---- */

static struct str read_shared(struct arena *a, const char *folder, const char *name)
{
	const char *shared = getenv("PYRO_SHARED");
	char path[512], *bytes = arena_alloc(a, FILE_MAX);
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%s", shared ? shared : "../shared", folder, name);
	f = fopen(path, "rb");
	if (f) {
		n = fread(bytes, 1, FILE_MAX, f);
		fclose(f);
	}
	return str_of(bytes, n);
}

static struct blob *blob_shared(struct arena *a, const char *folder, const char *name)
{
	struct str bytes = read_shared(a, folder, name);

	return bytes.n ? blob_mem(bytes) : NULL;
}

/* Opens what a folder has; tables is the folder of the tables. NULL if there is nothing. */
static struct symdb *open_shared(struct arena *a, const char *folder, const char *tables)
{
	struct symdb_files files = {
		.symbols = blob_shared(a, folder, "symbols.symdb"),
		.index = blob_shared(a, folder, "index.symdb"),
		.stacktraces = blob_shared(a, folder, "stacktraces.symdb"),
	};
	struct blob *const parquet[SYMDB_TABLES] = {
		[SYMDB_STRINGS] = blob_shared(a, tables, "strings.parquet"),
		[SYMDB_MAPPINGS] = blob_shared(a, tables, "mappings.parquet"),
		[SYMDB_FUNCTIONS] = blob_shared(a, tables, "functions.parquet"),
		[SYMDB_LOCATIONS] = blob_shared(a, tables, "locations.parquet"),
		[SYMDB_STACKS] = blob_shared(a, tables, "stacktraces.parquet"),
	};
	struct symdb *db;
	struct err e;

	if (parquet[SYMDB_STRINGS]) {
		files.tables = symtables_open(parquet, &e);
		if (files.tables == NULL)
			fail_msg("%s", e.msg);
	}
	if (files.symbols == NULL && files.tables == NULL) {
		print_message("no shared data: PYRO_SHARED\n");
		skip();
	}
	db = symdb_open(&files, &e);
	if (db == NULL)
		fail_msg("%s", e.msg);
	return db;
}

/* The parser has no numbers above 2^63 - 1: those become strings. */
static json_t *parse_dump(struct str text)
{
	bool quoted = false;
	struct buf out;
	struct err e;
	json_t *j;

	buf_init(&out, FILE_MAX);
	for (size_t i = 0; i < text.n;) {
		size_t n = 0;

		quoted ^= text.p[i] == '"';
		while (!quoted && i + n < text.n && text.p[i + n] >= '0' && text.p[i + n] <= '9')
			n++;
		if (n > 18)
			buf_byte(&out, '"');
		buf_add(&out, str_of(text.p + i, MAX(n, (size_t)1)));
		if (n > 18)
			buf_byte(&out, '"');
		i += MAX(n, (size_t)1);
	}
	j = json_parse(buf_str(&out), &e);
	if (j == NULL)
		fail_msg("%s", e.msg);
	buf_fini(&out);
	return j;
}

static uint64_t get64(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_string(v) ? strtoull(json_string_value(v), NULL, 10) : (uint64_t)json_integer_value(v);
}

static uint32_t get(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_boolean(v) ? json_is_true(v) : (uint32_t)json_integer_value(v);
}

static void expect_tables(const struct symbols *s, const json_t *want)
{
	json_t *strings = json_object_get(want, "strings"), *functions = json_object_get(want, "functions");
	json_t *mappings = json_object_get(want, "mappings"), *o;
	size_t i;

	assert_int_equal(s->strings.n, json_array_size(strings));
	json_array_foreach(strings, i, o)
		assert_true(str_eq(s->strings.p[i], str_of(json_string_value(o), json_string_length(o))));
	assert_int_equal(s->functions.n, json_array_size(functions));
	json_array_foreach(functions, i, o) {
		assert_int_equal(s->functions.p[i].name, get(o, "name"));
		assert_int_equal(s->functions.p[i].system_name, get(o, "system_name"));
		assert_int_equal(s->functions.p[i].file, get(o, "filename"));
		assert_int_equal(s->functions.p[i].start_line, get(o, "start_line"));
	}
	assert_int_equal(s->mappings.n, json_array_size(mappings));
	json_array_foreach(mappings, i, o) {
		const struct sym_mapping *m = &s->mappings.p[i];

		assert_int_equal(m->file, get(o, "filename"));
		assert_int_equal(m->build_id, get(o, "build_id"));
		assert_true(m->start == get64(o, "start"));
		assert_true(m->limit == get64(o, "limit"));
		assert_true(m->offset == get64(o, "offset"));
		assert_int_equal(m->flags,
		    get(o, "has_functions") * 8 + get(o, "has_filenames") * 4 + get(o, "has_line_numbers") * 2 +
			get(o, "has_inline_frames"));
	}
}

static void expect_locations(const struct symbols *s, const json_t *want)
{
	json_t *locations = json_object_get(want, "locations"), *o, *line;
	size_t i, k;

	assert_int_equal(s->locations.n, json_array_size(locations));
	json_array_foreach(locations, i, o) {
		const struct sym_location *l = &s->locations.p[i];
		json_t *lines = json_object_get(o, "lines");

		assert_int_equal(l->mapping, get(o, "mapping"));
		assert_true(l->address == get64(o, "address"));
		assert_int_equal(l->n_lines, json_array_size(lines));
		json_array_foreach(lines, k, line) {
			assert_int_equal(s->lines.p[l->first_line + k].function,
			    json_integer_value(json_array_get(line, 0)));
			assert_int_equal(s->lines.p[l->first_line + k].line,
			    json_integer_value(json_array_get(line, 1)));
		}
	}
}

/* Partition i of the file, against the dump; and once more after writing version 3. */
static void expect_partition(struct symdb *db, uint32_t i, const json_t *want)
{
	json_t *stacks = json_object_get(want, "stacktraces"), *stack, *l;
	struct symbols *s, *again;
	uint32_t got[1024], *renumber;
	const char *key;
	uint8_t *used;
	struct buf out;
	struct err e;
	size_t k;

	if (symdb_partition(db, i, &s, &e) < 0)
		fail_msg("%s", e.msg);
	expect_tables(s, want);
	expect_locations(s, want);
	used = mem_zalloc(s->nodes.n);
	renumber = mem_array(s->nodes.n, sizeof(*renumber));
	json_object_foreach(stacks, key, stack) {
		uint32_t id = (uint32_t)strtoul(key, NULL, 10);

		assert_int_equal(symbols_stack(s, id, got, 1024), json_array_size(stack));
		json_array_foreach(stack, k, l)
			assert_int_equal(got[k], json_integer_value(l));
		used[id] = 1;
	}
	write_one(s, used, renumber, &out);
	again = read_one(buf_str(&out));
	for (uint32_t n = 1; n < s->nodes.n; n++)
		if (used[n])
			expect_same_stack(s, n, again, renumber[n]);
	symbols_free(again);
	symbols_free(s);
	buf_fini(&out);
	mem_free(used);
	mem_free(renumber);
}

static void test_golden(void **ctx)
{
	static const char *const blocks[] = {
		"golden/blocks/compacted/01KF0HJ0803N2PGHJQK4ANKZJ7",
		"golden/blocks/level1/01M7ZB34NT7AGX7D8K7PTG3NCJ",
		"golden/blocks/level1/01M7ZB354NYQJDW56SYG60K9X1",
		"golden/blocks/level1/01M7ZB359GEJT09S3JV6YGTY7R",
		"golden/blocks/level1/01M7ZB359MC8Z7X636C702EC5P",
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
		struct arena *a = arena_new();
		const char *folder = arena_cstr(a, arena_printf(a, "%s/symbols", blocks[i]));
		struct symdb *db = open_shared(a, folder, folder);
		struct str dump = read_shared(a, ".", arena_cstr(a, arena_printf(a, "%s.symbols.json", blocks[i])));
		const uint64_t *ids;
		uint32_t n = symdb_partitions(db, &ids), found = 0;
		json_t *all, *one;
		size_t k;

		all = parse_dump(dump);
		assert_int_equal(n, json_array_size(all));
		json_array_foreach(all, k, one)
			for (uint32_t p = 0; p < n; p++)
				if (ids[p] == get64(one, "partition")) {
					expect_partition(db, p, one);
					found++;
				}
		assert_int_equal(found, n);
		json_decref(all);
		symdb_close(db);
		arena_free(a);
	}
}

/* Every version that the original ever wrote. */
static void test_old_files(void **ctx)
{
	static const struct {
		const char *folder, *tables;
		uint32_t version, partitions;
	} files[] = {
		{ "testdata/blocks/symdb/v3", "testdata/blocks/symdb/v3", 3, 2 },
		{ "testdata/blocks/symdb/v2", "testdata/blocks/symdb/v2", 2, 2 },
		{ "testdata/blocks/v1/01HA2V3CPSZ9E0HMQNNHH89WSS/symbols",
		    "testdata/blocks/v1/01HA2V3CPSZ9E0HMQNNHH89WSS/symbols", 2, 2 },
		{ "testdata/blocks/v1-symbols-only/01HHYG6245NWHZWVP27V8WJRT7/symbols",
		    "testdata/blocks/v1-symbols-only/01HHYG6245NWHZWVP27V8WJRT7/symbols", 2, 15 },
		{ "testdata/blocks/v1/01GR3QABQB6J30Q04K4E6MAKRE", "testdata/blocks/v1/01GR3QABQB6J30Q04K4E6MAKRE", 0,
		    1 },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct arena *a = arena_new();
		struct symdb *db = open_shared(a, files[i].folder, files[i].tables);
		struct err e;

		assert_int_equal(symdb_version(db), files[i].version);
		assert_int_equal(symdb_partitions(db, NULL), files[i].partitions);
		for (uint32_t p = 0; p < files[i].partitions; p++) {
			struct symbols *s, *again;
			struct buf out;

			if (symdb_partition(db, p, &s, &e) < 0)
				fail_msg("%s", e.msg);
			assert_true(s->nodes.n > 10);
			write_one(s, NULL, NULL, &out);
			again = read_one(buf_str(&out));
			for (uint32_t n = 1; n < s->nodes.n; n += 1 + (uint32_t)s->nodes.n / 300)
				expect_same_stack(s, n, again, n);
			symbols_free(again);
			symbols_free(s);
			buf_fini(&out);
		}
		symdb_close(db);
		arena_free(a);
	}
}

/* The trees of version 1: its tables are not among the data, so chunks are decoded alone. */
static void test_old_trees(void **ctx)
{
	struct arena *a = arena_new();
	struct str index = read_shared(a, "testdata/blocks/symdb/v1", "index.symdb");
	struct str stacks = read_shared(a, "testdata/blocks/symdb/v1", "stacktraces.symdb");
	struct symbols *none = symbols_new(0);
	struct fake_tables tables = fake_of(none);
	struct symdb_files files = { NULL, blob_mem(index), blob_mem(stacks), &tables.t };
	struct symdb *db;
	struct err e;

	(void)ctx;
	if (index.n == 0) {
		print_message("no shared data: PYRO_SHARED\n");
		skip();
	}
	db = symdb_open(&files, &e);
	assert_non_null(db);
	assert_int_equal(symdb_version(db), 1);
	for (uint32_t i = 0; i < db->n_parts; i++)
		for (uint32_t k = 0; k < db->parts[i].n_chunks; k++) {
			const struct symdb_chunk *c = &db->parts[i].chunks[k];
			struct str bytes = str_of(stacks.p + c->offset, c->size);
			struct symbols *s = symbols_new(0);

			assert_true(c->offset + c->size <= stacks.n);
			assert_int_equal(crc32c(0, bytes), c->crc);
			assert_int_equal(symdb_decode_nodes(s, bytes, c->nodes, &e), 0);
			assert_int_equal(s->nodes.n, c->nodes);
			symbols_free(s);
		}
	symdb_close(db);
	symbols_free(none);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version_1),
		cmocka_unit_test(test_version_2),
		cmocka_unit_test(test_version_0),
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_old_files),
		cmocka_unit_test(test_old_trees),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
