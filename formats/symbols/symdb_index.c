/*
 * symdb_index.c - opening a symdb: its index section in three versions.
 */
#include "formats/symbols/symdb_impl.h"

#include "base/hash.h"
#include "base/mem.h"

enum { PART_MIN = 28, RANGE_SIZE = 12, REF_SIZE = 32 };

/* Order of the tables in a partition header: counts and references. */
static const struct {
	enum symdb_section section;
	uint16_t format, header;
} REFS[SECTIONS] = {
	{ SECTION_LOCATIONS, FORMAT_LOCATIONS, SYMDB_LOCATIONS_HEADER },
	{ SECTION_MAPPINGS, FORMAT_MAPPINGS, SYMDB_MAPPINGS_HEADER },
	{ SECTION_FUNCTIONS, FORMAT_FUNCTIONS, SYMDB_FUNCTIONS_HEADER },
	{ SECTION_STRINGS, FORMAT_STRINGS, SYMDB_STRINGS_HEADER },
};
static const enum symdb_table TABLE_OF[SECTIONS] = {
	SYMDB_LOCATIONS,
	SYMDB_MAPPINGS,
	SYMDB_FUNCTIONS,
	SYMDB_STRINGS,
};

static int corrupt(struct err *e, const char *what)
{
	return err_set(e, ERR_CORRUPT, "symdb index: %s", what);
}

static void read_chunk(struct cursor *c, struct symdb_chunk *out)
{
	out->offset = cursor_u64(c);
	out->size = cursor_u64(c);
	out->partition = cursor_u64(c);
	out->number = (uint16_t)cursor_be(c, 2);
	cursor_be(c, 1);
	out->encoding = (uint8_t)cursor_be(c, 1);
	cursor_u32(c);
	out->stacks = cursor_u32(c);
	out->nodes = cursor_u32(c);
	cursor_u32(c);
	out->max_nodes = cursor_u32(c);
	cursor_str(c, 12);
	out->crc = cursor_u32(c);
}

/* Several chunks are addressed as number x max_nodes + node, so they have to agree on it. */
static int check_chunks(const struct symdb_part *p, struct err *e)
{
	for (uint32_t i = 0; i < p->n_chunks; i++) {
		const struct symdb_chunk *c = &p->chunks[i];

		if (c->encoding != SYMDB_GROUP_VARINT)
			return err_set(e, ERR_UNSUPPORTED, "symdb index: stack encoding %u", c->encoding);
		if (c->max_nodes == 0 || c->max_nodes != p->chunks[0].max_nodes)
			return corrupt(e, "impossible number of nodes per chunk");
		if (p->n_chunks > 1 && c->nodes > c->max_nodes)
			return corrupt(e, "a chunk with more nodes than it may have");
	}
	return 0;
}

static int read_chunks(struct symdb *db, struct cursor *c, struct symdb_part *p, uint32_t n, struct err *e)
{
	if (n > cursor_left(c) / SYMDB_CHUNK_HEADER)
		return corrupt(e, "impossible number of chunks");
	p->chunks = arena_array(db->mem, n, sizeof(*p->chunks));
	p->n_chunks = n;
	for (uint32_t i = 0; i < n; i++)
		read_chunk(c, &p->chunks[i]);
	return check_chunks(p, e);
}

static int read_refs(struct cursor *c, struct symdb_part *p, struct err *e)
{
	for (unsigned i = 0; i < SECTIONS; i++) {
		struct symdb_ref *r = &p->section[REFS[i].section];

		r->offset = cursor_u64(c);
		r->size = cursor_u32(c);
		r->crc = cursor_u32(c);
		r->length = cursor_u32(c);
		r->block = cursor_u32(c);
		r->header = (uint16_t)cursor_be(c, 2);
		r->format = (uint16_t)cursor_be(c, 2);
		cursor_u32(c);
		if (c->bad)
			return corrupt(e, "ends within a partition");
		if (r->format != REFS[i].format || r->header < REFS[i].header)
			return err_set(e, ERR_UNSUPPORTED, "symdb index: section format %u with header %u", r->format,
			    r->header);
	}
	return 0;
}

static int read_ranges(struct symdb *db, struct cursor *c, struct symdb_part *p, const uint32_t *n, struct err *e)
{
	for (unsigned i = 0; i < SECTIONS; i++) {
		enum symdb_section at = REFS[i].section;
		uint64_t rows = 0;

		if (n[i] > cursor_left(c) / RANGE_SIZE)
			return corrupt(e, "impossible number of row ranges");
		p->n_ranges[at] = n[i];
		p->ranges[at] = arena_array(db->mem, n[i], sizeof(*p->ranges[at]));
		for (uint32_t k = 0; k < n[i]; k++) {
			struct symdb_range *r = &p->ranges[at][k];

			r->group = cursor_u32(c);
			r->first = cursor_u32(c);
			r->n = cursor_u32(c);
			rows += r->n;
		}
		if (rows > db->files.tables->rows[TABLE_OF[at]])
			return err_set(e, ERR_CORRUPT, "symdb index: partition %016llx: %llu rows of a table of %u",
			    (unsigned long long)p->id, (unsigned long long)rows, db->files.tables->rows[TABLE_OF[at]]);
	}
	return 0;
}

static int read_part(struct symdb *db, struct cursor *c, struct symdb_part *p, struct err *e)
{
	uint32_t chunks, ranges[SECTIONS];

	p->id = cursor_u64(c);
	chunks = cursor_u32(c);
	if (db->version == 2)
		for (unsigned i = 0; i < SECTIONS; i++)
			ranges[i] = cursor_u32(c);
	if (read_chunks(db, c, p, chunks, e) < 0)
		return -1;
	return db->version == 3 ? read_refs(c, p, e) : read_ranges(db, c, p, ranges, e);
}

static int read_parts(struct symdb *db, struct cursor *c, struct err *e)
{
	uint32_t n = cursor_u32(c);

	if (c->bad || n > cursor_left(c) / PART_MIN)
		return corrupt(e, "impossible number of partitions");
	db->parts = arena_zarray(db->mem, n, sizeof(*db->parts));
	for (; db->n_parts < n; db->n_parts++)
		if (read_part(db, c, &db->parts[db->n_parts], e) < 0)
			return -1;
	return c->bad ? corrupt(e, "ends within a partition") : 0;
}

/* The tables are common to all partitions: each one gets all rows. */
static void share_tables(struct symdb *db, struct symdb_part *p)
{
	for (unsigned i = 0; i < SECTIONS; i++) {
		uint32_t rows = db->files.tables->rows[TABLE_OF[i]];

		p->n_ranges[i] = rows > 0;
		p->ranges[i] = arena_array(db->mem, 1, sizeof(*p->ranges[i]));
		p->ranges[i][0] = (struct symdb_range){ SYMDB_ALL_GROUPS, 0, rows };
	}
}

/* Version 1: chunk headers only; neighbours of one partition belong together. */
static int read_chunk_list(struct symdb *db, struct cursor *c, struct err *e)
{
	uint32_t n = (uint32_t)MIN(cursor_left(c) / SYMDB_CHUNK_HEADER, (size_t)UINT32_MAX);
	struct symdb_chunk *all = arena_array(db->mem, n, sizeof(*all));
	struct symdb_part *p = NULL;

	db->parts = arena_zarray(db->mem, n, sizeof(*db->parts));
	for (uint32_t i = 0; i < n; i++) {
		read_chunk(c, &all[i]);
		if (p == NULL || p->id != all[i].partition) {
			p = &db->parts[db->n_parts++];
			p->id = all[i].partition;
			p->chunks = &all[i];
			share_tables(db, p);
		}
		p->n_chunks++;
	}
	if (cursor_left(c) > 0)
		return corrupt(e, "ends within a chunk header");
	for (uint32_t i = 0; i < db->n_parts; i++)
		if (check_chunks(&db->parts[i], e) < 0)
			return -1;
	return 0;
}

/* The index section: header, data, checksum. */
static int read_index(struct symdb *db, struct str bytes, struct err *e)
{
	struct cursor c = cursor_of(bytes), data;
	uint64_t size, offset;
	uint32_t crc;

	if (!str_prefix(bytes, STR(SYMDB_MAGIC)))
		return corrupt(e, "not a symdb");
	cursor_str(&c, 4);
	db->version = cursor_u32(&c);
	cursor_u64(&c);
	size = cursor_u64(&c);
	offset = cursor_u64(&c);
	if (c.bad)
		return corrupt(e, "too short");
	if (db->version < 1 || db->version > 3)
		return err_set(e, ERR_UNSUPPORTED, "symdb index: version %u", db->version);
	if ((db->version == 3) != (db->files.symbols != NULL))
		return err_set(e, ERR_CORRUPT, "symdb index: version %u in the file of another", db->version);
	if (offset != SYMDB_INDEX_HEADER)
		return corrupt(e, "data out of place");
	data = cursor_of(cursor_str(&c, size));
	crc = cursor_u32(&c);
	if (c.bad || cursor_left(&c) > 0)
		return corrupt(e, "wrong size");
	if (crc32c(0, str_of(bytes.p, bytes.n - 4)) != crc)
		return corrupt(e, "wrong checksum");
	return db->version == 1 ? read_chunk_list(db, &data, e) : read_parts(db, &data, e);
}

/* Version 3: the footer tells where the index section begins. */
static int open_single(struct symdb *db, struct err *e)
{
	struct blob *f = db->files.symbols;
	struct cursor c;
	struct str footer, index;
	uint64_t offset, end;
	uint32_t version;

	if (f->size < SYMDB_FOOTER)
		return err_set(e, ERR_CORRUPT, "symdb: %llu bytes are too few", (unsigned long long)f->size);
	end = f->size - SYMDB_FOOTER;
	if (blob_read(f, db->mem, end, SYMDB_FOOTER, &footer, e) < 0)
		return -1;
	c = cursor_of(footer);
	if (!str_eq(cursor_str(&c, 4), STR(SYMDB_MAGIC)))
		return err_set(e, ERR_CORRUPT, "symdb: no footer at the end");
	version = cursor_u32(&c);
	offset = cursor_u64(&c);
	cursor_u32(&c);
	if (crc32c(0, str_of(footer.p, SYMDB_FOOTER - 4)) != cursor_u32(&c))
		return err_set(e, ERR_CORRUPT, "symdb: footer: wrong checksum");
	if (version != 3)
		return err_set(e, ERR_UNSUPPORTED, "symdb: version %u in the footer", version);
	if (offset > end)
		return err_set(e, ERR_CORRUPT, "symdb: index outside the file");
	if (blob_read(f, db->mem, offset, (size_t)(end - offset), &index, e) < 0)
		return -1;
	return read_index(db, index, e);
}

static int open_folder(struct symdb *db, struct err *e)
{
	struct str index;

	if (db->files.stacktraces == NULL || db->files.tables == NULL)
		return err_set(e, ERR_NOTFOUND, "symdb: index.symdb without stacktraces.symdb and tables");
	if (blob_read(db->files.index, db->mem, 0, (size_t)db->files.index->size, &index, e) < 0)
		return -1;
	return read_index(db, index, e);
}

/* Before symdb: one partition of everything. */
static int open_tables(struct symdb *db, struct err *e)
{
	if (db->files.tables == NULL || db->files.tables->stacks == NULL)
		return err_set(e, ERR_NOTFOUND, "symdb: no symbols.symdb, no index.symdb, no stacktraces table");
	db->parts = arena_zarray(db->mem, 1, sizeof(*db->parts));
	db->n_parts = 1;
	share_tables(db, &db->parts[0]);
	return 0;
}

struct symdb *symdb_open(const struct symdb_files *f, struct err *e)
{
	struct arena *a = arena_new();
	struct symdb *db = arena_zalloc(a, sizeof(*db));
	int rc;

	db->mem = a;
	db->files = *f;
	rc = f->symbols ? open_single(db, e) : f->index ? open_folder(db, e) : open_tables(db, e);
	if (rc < 0) {
		symdb_close(db);
		return NULL;
	}
	db->ids = arena_array(a, db->n_parts, sizeof(*db->ids));
	for (uint32_t i = 0; i < db->n_parts; i++)
		db->ids[i] = db->parts[i].id;
	return db;
}

void symdb_rest(struct symdb *db)
{
	blob_rest(db->files.symbols);
	blob_rest(db->files.index);
	blob_rest(db->files.stacktraces);
}

void symdb_close(struct symdb *db)
{
	if (db == NULL)
		return;
	blob_close(db->files.symbols);
	blob_close(db->files.index);
	blob_close(db->files.stacktraces);
	if (db->files.tables && db->files.tables->close)
		db->files.tables->close(db->files.tables);
	arena_free(db->mem);
}

uint32_t symdb_version(const struct symdb *db)
{
	return db->version;
}

size_t symdb_bytes(const struct symdb *db)
{
	return arena_bytes(db->mem);
}

uint32_t symdb_partitions(const struct symdb *db, const uint64_t **ids)
{
	if (ids)
		*ids = db->ids;
	return db->n_parts;
}
