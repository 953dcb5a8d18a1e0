/*
 * symdb.h - the symbol store of a block: writer of version 3, reader of
 * versions 1, 2 and 3.
 *
 * Version 3 is one file (all integers big endian, CRC = CRC-32C):
 *
 *	per partition:  strings | mappings | functions | locations | stacktraces
 *	index section   "sym1" u32 3, u64 0, u64 size, u64 32, data, u32 CRC
 *	  data          u32 partitions, then for each: u64 id, u32 chunks (1),
 *	                64 bytes per chunk, 4 section references of 32 bytes
 *	footer, 24      "sym1" u32 3, u64 offset of the index section, u32 0, u32 CRC
 *
 * Sections are blocks of 1024 entries: a header with its own CRC, then
 * DELTA_BINARY_PACKED columns (strings: lengths, then bytes). A stack tree is
 * a list of (parent, location) in group varint. Versions 1 and 2 keep the
 * index and the trees in two files and the tables in Parquet; those are read
 * through struct symdb_tables.
 *
 * Writing:
 *
 *	struct symdb_writer *w = symdb_writer_new();
 *	rc = symdb_writer_add(w, s, NULL, NULL, e);
 *	symdb_writer_finish(w, &out);
 *	symdb_writer_free(w);
 *
 * Reading checks every checksum and every reference of what it decodes; all
 * errors are ERR_CORRUPT, ERR_UNSUPPORTED or those of the blob. One thread at
 * a time.
 *
 * Source: spec of the block format, section 5.
 */
#ifndef SYMDB_H
#define SYMDB_H

#include "base/stream.h"
#include "formats/symbols/symbols.h"

struct symdb_writer;

struct symdb_writer *symdb_writer_new(void);
void symdb_writer_free(struct symdb_writer *w); /* accepts NULL */
/*
 * One partition; s is not needed afterwards. used[i] != 0: stack node i is the
 * leaf of a row (NULL: every node is wanted). Only what these stacks reach is
 * written, but at least one mapping, function and location. renumber: room
 * for s->nodes.n numbers; renumber[i] becomes the stack id of node i in the
 * file, or 0 if the node is not written; nodes are
 * put into the order that packs best. NULL: all nodes are written and keep
 * their numbers. ERR_INVALID
 * for a partition id that was there already, ERR_CORRUPT for references that
 * lead nowhere.
 */
int symdb_writer_add(struct symdb_writer *w, struct symbols *s, const uint8_t *used, uint32_t *renumber, struct err *e);
/* Appends the file to out (buf_check tells if it did not fit). Partitions are listed by id. */
void symdb_writer_finish(struct symdb_writer *w, struct buf *out);

/* The Parquet tables of versions 1 and 2, behind a face: formats/parquet implements it. */
enum symdb_table { SYMDB_STRINGS, SYMDB_MAPPINGS, SYMDB_FUNCTIONS, SYMDB_LOCATIONS, SYMDB_STACKS, SYMDB_TABLES };

#define SYMDB_ALL_GROUPS UINT32_MAX

struct symdb_range {
	uint32_t group;    /* row group, or SYMDB_ALL_GROUPS: the table as one */
	uint32_t first, n; /* rows within it; the caller keeps to rows[] in total */
};

struct symdb_tables {
	uint32_t rows[SYMDB_TABLES]; /* of the whole table; 0 = there is no such table */
	/*
	 * Exactly r.n entries, or an error (ERR_CORRUPT for a range outside).
	 * References are copied as they stand (cut to 32 bits only after a check
	 * that they fit). Strings and arrays live in a.
	 */
	int (*strings)(struct symdb_tables *t, struct arena *a, struct symdb_range r, struct str *out, struct err *e);
	int (*mappings)(struct symdb_tables *t, struct arena *a, struct symdb_range r, struct sym_mapping *out,
	    struct err *e);
	int (*functions)(struct symdb_tables *t, struct arena *a, struct symdb_range r, struct sym_function *out,
	    struct err *e);
	/* first_line and n_lines point into *lines; n_lines may pass SYM_MAX_LINES. */
	int (*locations)(struct symdb_tables *t, struct arena *a, struct symdb_range r, struct sym_location *out,
	    struct sym_line **lines, uint32_t *n_lines, struct err *e);
	/* stacktraces.parquet of the oldest blocks, else NULL: stack i is
	   (*locations)[at[i] .. at[i + 1]), leaf first; at has room for r.n + 1. */
	int (*stacks)(struct symdb_tables *t, struct arena *a, struct symdb_range r, uint32_t *at, uint32_t **locations,
	    struct err *e);
	void (*close)(struct symdb_tables *t);
};

/*
 * What a block has of these; the rest is NULL. Version 3: symbols. Version 2
 * and 1: index, stacktraces, tables. No symdb at all (meta version 1): tables
 * with stacks; the one partition has id 0.
 */
struct symdb_files {
	struct blob *symbols;     /* symbols.symdb */
	struct blob *index;       /* index.symdb */
	struct blob *stacktraces; /* stacktraces.symdb */
	struct symdb_tables *tables;
};

struct symdb;

/* Reads the index section only. Takes ownership of the files, also when it fails. */
struct symdb *symdb_open(const struct symdb_files *f, struct err *e);
void symdb_close(struct symdb *db);             /* accepts NULL */
void symdb_rest(struct symdb *db);              /* blob_rest of its files, but for tables in Parquet */
size_t symdb_bytes(const struct symdb *db);     /* memory held */
uint32_t symdb_version(const struct symdb *db); /* 1, 2, 3; 0 = no symdb, tables only */
/* Number of partitions; ids[i] is the id of partition i, in the order of the file. */
uint32_t symdb_partitions(const struct symdb *db, const uint64_t **ids);
/* Decodes partition i whole. The caller frees it with symbols_free. */
int symdb_partition(struct symdb *db, uint32_t i, struct symbols **out, struct err *e);

/*
 * In new files a stack id of a row is a node number of symbols. Old files
 * number otherwise (several trees of a fixed size, or rows of a table), and
 * then symdb_node translates: after symdb_partition(db, i), the node, or
 * UINT32_MAX for an id that is not there.
 */
bool symdb_translates(const struct symdb *db, uint32_t i);
uint32_t symdb_node(const struct symdb *db, uint32_t i, uint64_t stack_id);

#endif
