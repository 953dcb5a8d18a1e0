/*
 * symdb_reader.c - a partition of a symdb into symbols.
 */
#include "formats/symbols/symdb_impl.h"

#include "base/hash.h"
#include "base/mem.h"

/* Parts of a partition lie together: those with less than this between them are read at once. */
enum { GAP_MAX = 64 << 10 };

/* Bytes of the file that were read ahead. */
struct span {
	uint64_t offset;
	struct str bytes;
};

struct extent {
	uint64_t offset, size;
	uint32_t crc;
	const char *what;
};

/* One read for all sections and chunks, if they lie together. */
static int read_ahead(struct blob *f, struct arena *a, const struct symdb_part *p, struct span *out, struct err *e)
{
	uint64_t low = UINT64_MAX, high = 0, sum = 0;

	*out = (struct span){ 0 };
	for (uint32_t i = 0; i < SECTIONS + p->n_chunks; i++) {
		uint64_t at = i < SECTIONS ? p->section[i].offset : p->chunks[i - SECTIONS].offset;
		uint64_t size = i < SECTIONS ? p->section[i].size : p->chunks[i - SECTIONS].size;

		if (at > f->size || size > f->size - at)
			return err_set(e, ERR_CORRUPT, "symdb: %llu bytes at %llu reach past the end, %llu",
			    (unsigned long long)size, (unsigned long long)at, (unsigned long long)f->size);
		low = MIN(low, at);
		high = MAX(high, at + size);
		sum += size;
	}
	if (high - low > sum + GAP_MAX)
		return 0;
	out->offset = low;
	return blob_read(f, a, low, (size_t)(high - low), &out->bytes, e);
}

static int read_extent(struct blob *f, struct arena *a, const struct span *ahead, struct extent x, struct str *out,
    struct err *e)
{
	if (ahead->bytes.n > 0 && x.offset >= ahead->offset && x.offset - ahead->offset <= ahead->bytes.n &&
	    x.size <= ahead->bytes.n - (x.offset - ahead->offset))
		*out = str_of(ahead->bytes.p + (x.offset - ahead->offset), (size_t)x.size);
	else if (blob_read(f, a, x.offset, (size_t)x.size, out, e) < 0)
		return err_wrap(e, "symdb: %s", x.what);
	if (crc32c(0, *out) != x.crc)
		return err_set(e, ERR_CORRUPT, "symdb: %s: wrong checksum", x.what);
	return 0;
}

static int read_chunks(struct blob *f, struct symdb *db, struct arena *a, const struct span *ahead,
    struct symdb_part *p, struct symbols *s, struct err *e)
{
	uint32_t *first = p->first_node;

	if (p->n_chunks > 1 && first == NULL)
		first = p->first_node = arena_zarray(db->mem, p->n_chunks, sizeof(*first));
	for (uint32_t i = 0; i < p->n_chunks; i++) {
		const struct symdb_chunk *c = &p->chunks[i];
		struct extent x = { c->offset, c->size, c->crc, "stack tree" };
		struct str bytes;

		if (first)
			first[i] = (uint32_t)s->nodes.n;
		if (read_extent(f, a, ahead, x, &bytes, e) < 0 || symdb_decode_nodes(s, bytes, c->nodes, e) < 0)
			return -1;
	}
	return 0;
}

static int read_single(struct symdb *db, struct arena *a, struct symdb_part *p, struct symbols *s, struct err *e)
{
	static const struct {
		const char *what;
		int (*decode)(struct symbols *s, struct str bytes, const struct symdb_ref *r, struct err *e);
	} kinds[SECTIONS] = {
		[SECTION_STRINGS] = { "strings", symdb_decode_strings },
		[SECTION_MAPPINGS] = { "mappings", symdb_decode_mappings },
		[SECTION_FUNCTIONS] = { "functions", symdb_decode_functions },
		[SECTION_LOCATIONS] = { "locations", symdb_decode_locations },
	};
	struct blob *f = db->files.symbols;
	struct span ahead;

	if (read_ahead(f, a, p, &ahead, e) < 0)
		return -1;
	for (unsigned i = 0; i < SECTIONS; i++) {
		const struct symdb_ref *r = &p->section[i];
		struct extent x = { r->offset, r->size, r->crc, kinds[i].what };
		struct str bytes;

		if (read_extent(f, a, &ahead, x, &bytes, e) < 0 || kinds[i].decode(s, bytes, r, e) < 0)
			return -1;
	}
	return read_chunks(f, db, a, &ahead, p, s, e);
}

static int read_part(struct symdb *db, struct arena *a, struct symdb_part *p, struct symbols *s, struct err *e)
{
	struct sym_counts none = { 0 };
	struct span nothing = { 0 };

	if (db->version == 3) {
		if (read_single(db, a, p, s, e) < 0)
			return -1;
	} else if (symdb_read_tables(db, p, s, e) < 0) {
		return -1;
	} else if (db->version > 0 && read_chunks(db->files.stacktraces, db, a, &nothing, p, s, e) < 0) {
		return -1;
	}
	/* Mapping and function 0 are taken for granted. */
	if (s->mappings.n == 0)
		vec_push(&s->mappings, ((struct sym_mapping){ 0 }));
	if (s->functions.n == 0)
		vec_push(&s->functions, ((struct sym_function){ 0 }));
	if (symbols_check(s, &none, e) < 0)
		return -1;
	return db->version == 0 ? symdb_read_stacks(db, p, s, e) : 0;
}

int symdb_partition(struct symdb *db, uint32_t i, struct symbols **out, struct err *e)
{
	struct arena *a;
	struct symbols *s;
	int rc;

	assert(i < db->n_parts);
	a = arena_new();
	s = symbols_new(db->parts[i].id);
	s->strings.n = 0;
	rc = read_part(db, a, &db->parts[i], s, e);
	arena_free(a);
	if (rc < 0) {
		symbols_free(s);
		return err_wrap(e, "partition %016llx", (unsigned long long)db->parts[i].id);
	}
	*out = s;
	return 0;
}

bool symdb_translates(const struct symdb *db, uint32_t i)
{
	assert(i < db->n_parts);
	return db->version == 0 || db->parts[i].n_chunks > 1;
}

uint32_t symdb_node(const struct symdb *db, uint32_t i, uint64_t stack_id)
{
	const struct symdb_part *p = &db->parts[i];
	uint64_t chunk, local;

	if (db->version == 0)
		return stack_id < p->n_node ? p->node[stack_id] : UINT32_MAX;
	if (p->n_chunks <= 1)
		return p->n_chunks == 1 && stack_id < p->chunks[0].nodes ? (uint32_t)stack_id : UINT32_MAX;
	chunk = stack_id / p->chunks[0].max_nodes;
	local = stack_id % p->chunks[0].max_nodes;
	if (p->first_node == NULL || chunk >= p->n_chunks || local >= p->chunks[chunk].nodes)
		return UINT32_MAX;
	return local ? p->first_node[chunk] + (uint32_t)local - 1 : 0;
}
