/*
 * symdb_impl.h - layout of symdb files, shared by writer and reader.
 */
#ifndef SYMDB_IMPL_H
#define SYMDB_IMPL_H

#include "base/buf.h"
#include "base/cursor.h"
#include "formats/symbols/symdb.h"

#define SYMDB_MAGIC "sym1"

enum {
	SYMDB_BLOCK = 1024, /* entries of a section block that we write */
	SYMDB_INDEX_HEADER = 32,
	SYMDB_FOOTER = 24,
	SYMDB_CHUNK_HEADER = 64,
	SYMDB_STRINGS_HEADER = 12,
	SYMDB_FUNCTIONS_HEADER = 24,
	SYMDB_LOCATIONS_HEADER = 28,
	SYMDB_MAPPINGS_HEADER = 32,
	SYMDB_GROUP_VARINT = 1,
};

/* Values of the format field, and the order of the references of a partition. */
enum symdb_section { SECTION_LOCATIONS, SECTION_MAPPINGS, SECTION_FUNCTIONS, SECTION_STRINGS, SECTIONS };
enum { FORMAT_LOCATIONS = 1, FORMAT_FUNCTIONS = 2, FORMAT_MAPPINGS = 3, FORMAT_STRINGS = 4 };

struct symdb_ref { /* 32 bytes in the file */
	uint64_t offset;
	uint32_t size, crc, length, block;
	uint16_t header, format;
};

struct symdb_chunk { /* 64 bytes in the file */
	uint64_t offset, size, partition;
	uint16_t number;
	uint8_t encoding;
	uint32_t stacks, nodes, max_nodes, crc;
};

struct symdb_part {
	uint64_t id;
	struct symdb_chunk *chunks;
	uint32_t n_chunks;
	struct symdb_ref section[SECTIONS];   /* version 3 */
	struct symdb_range *ranges[SECTIONS]; /* versions 1 and 2 */
	uint32_t n_ranges[SECTIONS];
	uint32_t *first_node; /* of each chunk, if several, once decoded */
	uint32_t *node;       /* version 0: of each stack row, once decoded */
	uint32_t n_node;
};

struct symdb {
	struct symdb_files files;
	uint32_t version;
	struct arena *mem;
	struct symdb_part *parts;
	uint64_t *ids;
	uint32_t n_parts;
};

/* A stack tree as group varint: nodes in order, node 0 first. */
void symdb_encode_nodes(struct buf *out, const struct sym_node *nodes, uint32_t n);
/*
 * Appends nodes 1 .. n - 1 of a chunk to s->nodes; the chunk's root becomes
 * node 0. References to locations are not checked here.
 */
int symdb_decode_nodes(struct symbols *s, struct str bytes, uint32_t n, struct err *e);

/* The tables of versions 0 to 2 into s; then the rows of version 0, whose locations are there. */
int symdb_read_tables(struct symdb *db, const struct symdb_part *part, struct symbols *s, struct err *e);
int symdb_read_stacks(struct symdb *db, struct symdb_part *part, struct symbols *s, struct err *e);

int symdb_decode_strings(struct symbols *s, struct str bytes, const struct symdb_ref *r, struct err *e);
int symdb_decode_functions(struct symbols *s, struct str bytes, const struct symdb_ref *r, struct err *e);
int symdb_decode_mappings(struct symbols *s, struct str bytes, const struct symdb_ref *r, struct err *e);
int symdb_decode_locations(struct symbols *s, struct str bytes, const struct symdb_ref *r, struct err *e);

#endif
