/*
 * meta.h - what a Parquet file says about itself: the footer, the page
 * indexes, and the headers in front of pages; read into structs and written
 * from them. Enum values are those of the format. Fields that none of our
 * tables needs are skipped.
 *
 * Decoders check syntax and the ranges of counts and enums, not that offsets
 * lie inside the file: the reader does. Everything lives in the arena, names
 * borrow the input. What is wrong is ERR_CORRUPT.
 *
 * Source: parquet.thrift; spec of the block format, 4.1, 4.8 to 4.10.
 */
#ifndef PARQUET_META_H
#define PARQUET_META_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum pq_type {
	PQ_BOOLEAN,
	PQ_INT32,
	PQ_INT64,
	PQ_INT96,
	PQ_FLOAT,
	PQ_DOUBLE,
	PQ_BYTES,
	PQ_FIXED,
	PQ_GROUP, /* ours: an inner node of the schema */
};

enum pq_repetition { PQ_REQUIRED, PQ_OPTIONAL, PQ_REPEATED };

enum pq_encoding {
	PQ_PLAIN = 0,
	PQ_PLAIN_DICTIONARY = 2,
	PQ_RLE = 3,
	PQ_BIT_PACKED = 4,
	PQ_DELTA = 5,
	PQ_DELTA_LENGTH = 6,
	PQ_DELTA_BYTES = 7,
	PQ_DICTIONARY = 8,
};

/* The meanings of columns that occur; how a schema element says so is in meta.c. */
enum pq_logical {
	PQ_PLAIN_TYPE,
	PQ_U32,
	PQ_U64,
	PQ_I64,
	PQ_UUID,
	PQ_TIMESTAMP_NS,
	PQ_TIMESTAMP_US,
	PQ_TIMESTAMP_MS,
	PQ_STRING,
	PQ_LIST,
	PQ_MAP,
};

/* A node of the schema; the list is in depth-first order, children follow their parent. */
struct pq_node {
	struct str name;
	enum pq_type type;
	uint32_t length; /* bytes of PQ_FIXED */
	enum pq_repetition repetition;
	uint32_t n_children; /* of a group */
	enum pq_logical logical;
};

struct pq_chunk {
	enum pq_type type;
	int codec;
	uint64_t n_values;               /* with nulls */
	uint64_t raw_bytes, bytes;       /* with page headers */
	uint64_t data_at, dictionary_at; /* dictionary_at 0: none */
	uint64_t offset_index_at, column_index_at;
	uint32_t offset_index_bytes, column_index_bytes; /* 0: none */
	uint32_t encodings;                              /* bit per encoding */
	struct str *path;                                /* names from below the root to the leaf */
	uint32_t n_path;
};

struct pq_group {
	struct pq_chunk *chunks; /* one per leaf, in the order of the schema */
	uint32_t n_chunks;
	uint64_t rows, raw_bytes, bytes, at;
	uint32_t ordinal; /* read only: it is written as it must be, the position in the list */
};

struct pq_pair {
	struct str key, value;
};

struct pq_meta {
	uint64_t rows;
	struct pq_node *nodes; /* [0] is the root */
	uint32_t n_nodes;
	struct pq_group *groups;
	uint32_t n_groups;
	struct pq_pair *pairs; /* what a writer wants to say beside */
	uint32_t n_pairs;
	struct str created_by;
};

int meta_decode(struct arena *a, struct str footer, struct pq_meta *out, struct err *e);
void meta_encode(struct buf *out, const struct pq_meta *m);

struct pq_page_at {
	uint64_t at;        /* of the page header */
	uint64_t first_row; /* within the row group */
	uint32_t bytes;     /* with the header */
};

struct pq_page_bounds {
	bool null;           /* nulls only: min and max mean nothing */
	struct str min, max; /* PLAIN bytes of one value; may be cut for byte arrays */
	uint64_t nulls;
};

int offset_index_decode(struct arena *a, struct str in, struct pq_page_at **out, uint32_t *n, struct err *e);
void offset_index_encode(struct buf *out, const struct pq_page_at *p, uint32_t n);
int column_index_decode(struct arena *a, struct str in, struct pq_page_bounds **out, uint32_t *n, struct err *e);
/* order: 0 none, 1 ascending, 2 descending. null_pages are written as bytes 0 and 1. */
void column_index_encode(struct buf *out, const struct pq_page_bounds *p, uint32_t n, int order);

enum pq_page_type { PQ_DATA = 0, PQ_INDEX = 1, PQ_DICT = 2, PQ_DATA2 = 3 };

struct pq_page_header {
	enum pq_page_type type;
	uint32_t raw_bytes, bytes; /* of what follows the header */
	bool has_crc;
	uint32_t crc;                                   /* CRC-32 of what follows */
	uint32_t n_values;                              /* with nulls; entries of a dictionary */
	int encoding;                                   /* enum pq_encoding */
	int rep_encoding, def_encoding;                 /* PQ_DATA */
	uint32_t n_nulls, n_rows, rep_bytes, def_bytes; /* PQ_DATA2 */
	bool compressed; /* PQ_DATA2: the values, else all of it; PQ_DATA, PQ_DICT: true */
};

/* *used: bytes of the header. */
int page_header_decode(struct str in, struct pq_page_header *out, size_t *used, struct err *e);
void page_header_encode(struct buf *out, const struct pq_page_header *h); /* PQ_DATA and PQ_DICT */

#endif
