/*
 * symdb_sections.c - decoding the sections of version 3.
 *
 * A section is a sequence of blocks. Each starts with a header that ends with
 * its checksum and begins with the number of entries; the sizes of the
 * columns follow. A number of entries is compared with the bytes that hold
 * them before anything is allocated.
 */
#include "formats/symbols/symdb_impl.h"

#include "base/hash.h"
#include "base/mem.h"
#include "formats/parquet/dbp.h"

/* Scratch of one section: columns of one block. */
struct columns {
	struct arena *mem;
	uint32_t room; /* entries */
	uint32_t *v32[4];
	int64_t *v64[3];
};

/* Where in a section, for messages. */
struct block {
	const char *what;
	const struct symdb_ref *ref;
	struct cursor in;
	uint32_t done; /* entries of the blocks before */
	uint32_t n;    /* entries of this one */
};

static int corrupt(const struct block *b, const char *problem, struct err *e)
{
	return err_set(e, ERR_CORRUPT, "symdb: %s: block at entry %u of %u: %s", b->what, b->done, b->ref->length,
	    problem);
}

/* Reads a header: its fields after the count. */
static int block_begin(struct block *b, struct cursor *fields, struct err *e)
{
	struct str header = cursor_str(&b->in, b->ref->header);
	struct cursor crc;

	if (b->in.bad)
		return corrupt(b, "ends within a header", e);
	crc = cursor_of(str_skip(header, header.n - 4));
	if (crc32c(0, str_of(header.p, header.n - 4)) != cursor_u32(&crc))
		return corrupt(b, "wrong checksum of the header", e);
	*fields = cursor_of(header);
	b->n = cursor_u32(fields);
	if (b->n == 0 || b->n > b->ref->length - b->done)
		return corrupt(b, "impossible count", e);
	return 0;
}

static int section_done(const struct block *b, struct err *e)
{
	return cursor_left(&b->in) ? corrupt(b, "bytes after the last entry", e) : 0;
}

/* 128 values take 5 bytes at least. */
static bool column_fits(uint32_t n, size_t bytes)
{
	return n <= (bytes / 5 + 1) * 128;
}

/* Room for n entries in c; false if the first column, of `bytes`, cannot hold so many. */
static bool columns_room(struct columns *c, uint32_t n, size_t bytes)
{
	if (!column_fits(n, bytes))
		return false;
	if (n > c->room) {
		arena_reset(c->mem);
		for (size_t i = 0; i < ARRAY_LEN(c->v32); i++)
			c->v32[i] = arena_array(c->mem, n, sizeof(*c->v32[i]));
		for (size_t i = 0; i < ARRAY_LEN(c->v64); i++)
			c->v64[i] = arena_array(c->mem, n, sizeof(*c->v64[i]));
		c->room = n;
	}
	return true;
}

static int column32(struct block *b, uint32_t size, uint32_t n, uint32_t *out, struct err *e)
{
	struct str bytes = cursor_str(&b->in, size);
	size_t got;

	if (b->in.bad)
		return corrupt(b, "a column does not fit", e);
	if (dbp_decode32(bytes, n, out, &got, NULL, e) < 0)
		return err_wrap(e, "symdb: %s: block at entry %u", b->what, b->done);
	return got == n ? 0 : corrupt(b, "a column has another number of entries", e);
}

/* A column of size 0 is all zeros. */
static int column64(struct block *b, uint32_t size, uint32_t n, int64_t *out, struct err *e)
{
	struct str bytes = cursor_str(&b->in, size);
	size_t got;

	if (b->in.bad)
		return corrupt(b, "a column does not fit", e);
	if (size == 0) {
		memset(out, 0, n * sizeof(*out));
		return 0;
	}
	if (dbp_decode64(bytes, n, out, &got, NULL, e) < 0)
		return err_wrap(e, "symdb: %s: block at entry %u", b->what, b->done);
	return got == n ? 0 : corrupt(b, "a column has another number of entries", e);
}

static int strings_block(struct block *b, struct symbols *s, struct err *e)
{
	struct cursor fields, lengths;
	struct str bytes;
	unsigned width;
	uint64_t total = 0;
	char *copy;

	if (block_begin(b, &fields, e) < 0)
		return -1;
	cursor_be(&fields, 1);
	width = (unsigned)cursor_be(&fields, 1) / 8;
	if (width != 1 && width != 2)
		return corrupt(b, "unknown encoding of lengths", e);
	lengths = cursor_of(cursor_str(&b->in, (uint64_t)b->n * width));
	for (struct cursor c = lengths; cursor_left(&c) > 0;)
		total += cursor_be(&c, width);
	bytes = cursor_str(&b->in, total);
	if (b->in.bad)
		return corrupt(b, "ends within a string", e);
	copy = arena_alloc(s->mem, bytes.n);
	if (bytes.n)
		memcpy(copy, bytes.p, bytes.n);
	vec_reserve(&s->strings, b->n);
	for (uint32_t i = 0; i < b->n; i++) {
		size_t n = (size_t)cursor_be(&lengths, width);

		s->strings.p[s->strings.n++] = str_of(copy, n);
		copy += n;
	}
	return 0;
}

int symdb_decode_strings(struct symbols *s, struct str bytes, const struct symdb_ref *r, struct err *e)
{
	struct block b = { .what = "strings", .ref = r, .in = cursor_of(bytes) };

	for (; b.done < r->length; b.done += b.n)
		if (strings_block(&b, s, e) < 0)
			return -1;
	return section_done(&b, e);
}

static int functions_block(struct block *b, struct columns *c, struct symbols *s, struct err *e)
{
	struct cursor fields;
	uint32_t size[4];

	if (block_begin(b, &fields, e) < 0)
		return -1;
	for (unsigned i = 0; i < 4; i++)
		size[i] = cursor_u32(&fields);
	if (!columns_room(c, b->n, MIN(size[0], cursor_left(&b->in))))
		return corrupt(b, "more entries than fit", e);
	for (unsigned i = 0; i < 4; i++)
		if (column32(b, size[i], b->n, c->v32[i], e) < 0)
			return -1;
	vec_reserve(&s->functions, b->n);
	for (uint32_t i = 0; i < b->n; i++)
		s->functions.p[s->functions.n++] = (struct sym_function){
			c->v32[0][i],
			c->v32[1][i],
			c->v32[2][i],
			c->v32[3][i],
		};
	return 0;
}

static int mappings_block(struct block *b, struct columns *c, struct symbols *s, struct err *e)
{
	struct cursor fields;
	uint32_t size[6];

	if (block_begin(b, &fields, e) < 0)
		return -1;
	for (unsigned i = 0; i < 6; i++)
		size[i] = cursor_u32(&fields);
	if (!columns_room(c, b->n, MIN(size[0], cursor_left(&b->in))))
		return corrupt(b, "more entries than fit", e);
	for (unsigned i = 0; i < 6; i++)
		if ((i < 3 ? column32(b, size[i], b->n, c->v32[i], e) : column64(b, size[i], b->n, c->v64[i - 3], e)) <
		    0)
			return -1;
	vec_reserve(&s->mappings, b->n);
	for (uint32_t i = 0; i < b->n; i++)
		s->mappings.p[s->mappings.n++] = (struct sym_mapping){
			.start = (uint64_t)c->v64[0][i],
			.limit = (uint64_t)c->v64[1][i],
			.offset = (uint64_t)c->v64[2][i],
			.file = c->v32[0][i],
			.build_id = c->v32[1][i],
			.flags = c->v32[2][i],
		};
	return 0;
}

/* Pairs of function and line, decoded into place: sym_line is two numbers. */
static int lines_column(struct block *b, struct symbols *s, uint32_t size, uint32_t n, struct err *e)
{
	static_assert(sizeof(struct sym_line) == 2 * sizeof(uint32_t), "lines are pairs");
	uint32_t first = (uint32_t)s->lines.n;

	if (n > UINT32_MAX / 2 || !column_fits(2 * n, MIN(size, cursor_left(&b->in))))
		return corrupt(b, "more lines than fit", e);
	if (s->lines.n + (uint64_t)n > UINT32_MAX)
		return corrupt(b, "too many lines", e);
	vec_reserve(&s->lines, n + 1);
	if (column32(b, size, 2 * n, &s->lines.p[first].function, e) < 0)
		return -1;
	s->lines.n += n;
	return 0;
}

static int locations_block(struct block *b, struct columns *c, struct symbols *s, struct err *e)
{
	uint32_t line = (uint32_t)s->lines.n, mapping_size, n_lines, lines_size, address_size, folded_size;
	struct cursor fields;
	struct str counts;

	if (block_begin(b, &fields, e) < 0)
		return -1;
	mapping_size = cursor_u32(&fields);
	n_lines = cursor_u32(&fields);
	lines_size = cursor_u32(&fields);
	address_size = cursor_u32(&fields);
	folded_size = cursor_u32(&fields);
	if (!columns_room(c, b->n, MIN(mapping_size, cursor_left(&b->in))))
		return corrupt(b, "more entries than fit", e);
	if (column32(b, mapping_size, b->n, c->v32[0], e) < 0)
		return -1;
	counts = cursor_str(&b->in, b->n);
	if (b->in.bad)
		return corrupt(b, "ends within the numbers of lines", e);
	if (lines_column(b, s, lines_size, n_lines, e) < 0 || column64(b, address_size, b->n, c->v64[0], e) < 0)
		return -1;
	cursor_str(&b->in, folded_size);
	if (b->in.bad)
		return corrupt(b, "a column does not fit", e);
	vec_reserve(&s->locations, b->n);
	for (uint32_t i = 0; i < b->n; i++) {
		uint32_t count = (unsigned char)counts.p[i];

		s->locations.p[s->locations.n++] = (struct sym_location){ (uint64_t)c->v64[0][i], c->v32[0][i], line,
			count };
		line += count;
	}
	return line == s->lines.n ? 0 : corrupt(b, "another number of lines than the locations have", e);
}

/* All blocks of a section whose columns are numbers. */
static int decode_blocks(struct symbols *s, struct str bytes, const struct symdb_ref *r, const char *what,
    int (*decode)(struct block *b, struct columns *c, struct symbols *s, struct err *e), struct err *e)
{
	struct block b = { .what = what, .ref = r, .in = cursor_of(bytes) };
	struct columns c = { .mem = arena_new() };
	int rc = 0;

	for (; rc == 0 && b.done < r->length; b.done += b.n)
		rc = decode(&b, &c, s, e);
	arena_free(c.mem);
	return rc < 0 ? -1 : section_done(&b, e);
}

int symdb_decode_functions(struct symbols *s, struct str bytes, const struct symdb_ref *r, struct err *e)
{
	return decode_blocks(s, bytes, r, "functions", functions_block, e);
}

int symdb_decode_mappings(struct symbols *s, struct str bytes, const struct symdb_ref *r, struct err *e)
{
	return decode_blocks(s, bytes, r, "mappings", mappings_block, e);
}

int symdb_decode_locations(struct symbols *s, struct str bytes, const struct symdb_ref *r, struct err *e)
{
	return decode_blocks(s, bytes, r, "locations", locations_block, e);
}
