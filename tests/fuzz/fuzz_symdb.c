/*
 * symdb: a file of version 3 or an index of an older version (first byte),
 * and each section decoder with a header whose checksum is right. What is
 * read whole is written and reads back.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "formats/symbols/symdb_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static int no_strings(struct symdb_tables *t, struct arena *a, struct symdb_range r, struct str *out, struct err *e)
{
	(void)t;
	(void)a;
	(void)e;
	for (uint32_t i = 0; i < r.n; i++)
		out[i] = STR("");
	return 0;
}

static int no_mappings(struct symdb_tables *t, struct arena *a, struct symdb_range r, struct sym_mapping *out,
    struct err *e)
{
	(void)t;
	(void)a;
	(void)e;
	memset(out, 0, r.n * sizeof(*out));
	return 0;
}

static int no_functions(struct symdb_tables *t, struct arena *a, struct symdb_range r, struct sym_function *out,
    struct err *e)
{
	(void)t;
	(void)a;
	(void)e;
	memset(out, 0, r.n * sizeof(*out));
	return 0;
}

static int no_locations(struct symdb_tables *t, struct arena *a, struct symdb_range r, struct sym_location *out,
    struct sym_line **lines, uint32_t *n_lines, struct err *e)
{
	(void)t;
	(void)a;
	(void)e;
	memset(out, 0, r.n * sizeof(*out));
	*lines = NULL;
	*n_lines = 0;
	return 0;
}

static void write_again(struct symbols *s)
{
	struct symdb_writer *w = symdb_writer_new();
	uint32_t *renumber = mem_array(s->nodes.n, sizeof(*renumber));
	struct symbols *again;
	struct symdb *db;
	struct buf out;
	struct err e;

	buf_init(&out, SIZE_MAX);
	if (symdb_writer_add(w, s, NULL, renumber, &e) < 0)
		abort();
	symdb_writer_finish(w, &out);
	db = symdb_open(&(struct symdb_files){ .symbols = blob_mem(buf_str(&out)) }, &e);
	if (db == NULL || symdb_partition(db, 0, &again, &e) < 0 || again->nodes.n != s->nodes.n)
		abort();
	symbols_free(again);
	symdb_close(db);
	symdb_writer_free(w);
	mem_free(renumber);
	buf_fini(&out);
}

static void read_all(const struct symdb_files *files)
{
	struct err e;
	struct symdb *db = symdb_open(files, &e);
	uint32_t n = db ? symdb_partitions(db, NULL) : 0;

	for (uint32_t i = 0; i < n && i < 20; i++) {
		struct symbols *s;

		if (symdb_partition(db, i, &s, &e) < 0)
			continue;
		symbols_names(s);
		symdb_node(db, i, n);
		write_again(s);
		symbols_free(s);
	}
	symdb_close(db);
}

static void put_crc(char *p, size_t from, size_t n)
{
	uint32_t crc = crc32c(0, str_of(p + from, n));

	for (size_t i = 0; i < 4; i++)
		p[from + n + i] = (char)(crc >> (24 - 8 * i));
}

static void read_section(char *p, size_t n, unsigned kind, uint32_t length)
{
	static const struct {
		uint16_t header;
		int (*decode)(struct symbols *s, struct str bytes, const struct symdb_ref *r, struct err *e);
	} kinds[] = {
		{ SYMDB_STRINGS_HEADER, symdb_decode_strings },
		{ SYMDB_MAPPINGS_HEADER, symdb_decode_mappings },
		{ SYMDB_FUNCTIONS_HEADER, symdb_decode_functions },
		{ SYMDB_LOCATIONS_HEADER, symdb_decode_locations },
	};
	struct symdb_ref ref = { .length = length, .header = kinds[kind].header };
	struct symbols *s = symbols_new(0);
	struct err e;

	if (n >= ref.header) {
		put_crc(p, 0, ref.header - 4u);
		if (kinds[kind].decode(s, str_of(p, n), &ref, &e) == 0)
			symbols_check(s, &(struct sym_counts){ 0 }, &e);
	}
	symbols_free(s);
}

static void read_index(char *p, size_t n)
{
	struct symdb_tables tables = { { 9, 9, 9, 9, 0 }, no_strings, no_mappings, no_functions, no_locations, NULL,
		NULL };
	struct symdb_files files = { .tables = &tables };

	if (n > 36)
		put_crc(p, 0, n - 4);
	files.index = blob_mem(str_of(p, n));
	files.stacktraces = blob_mem(str_of(p, n));
	read_all(&files);
}

/* The footer and index of a version 3 file, with right checksums. */
static void read_single(char *p, size_t n)
{
	if (n > SYMDB_FOOTER + SYMDB_INDEX_HEADER + 4) {
		uint64_t index = 0;

		for (size_t i = 0; i < 8; i++)
			index = index << 8 | (unsigned char)p[n - 16 + i];
		put_crc(p, n - SYMDB_FOOTER, SYMDB_FOOTER - 4);
		if (index < n - SYMDB_FOOTER - 4)
			put_crc(p, index, n - SYMDB_FOOTER - 4 - index);
	}
	read_all(&(struct symdb_files){ .symbols = blob_mem(str_of(p, n)) });
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *copy;

	if (n < 2)
		return 0;
	read_all(&(struct symdb_files){ .symbols = blob_mem(str_of(p, n)) });
	copy = mem_alloc(n);
	memcpy(copy, p + 2, n - 2);
	switch (p[0] % 7) {
	case 0:
	case 1:
	case 2:
	case 3: read_section(copy, n - 2, p[0] % 7, p[1]); break;
	case 4: {
		struct symbols *s = symbols_new(0);
		struct err e;

		symdb_decode_nodes(s, str_of(copy, n - 2), p[1], &e);
		symbols_free(s);
		break;
	}
	case 5: read_index(copy, n - 2); break;
	default: read_single(copy, n - 2);
	}
	mem_free(copy);
	return 0;
}
