/*
 * block.h - a whole block: meta.json, index.tsdb, profiles.parquet and
 * symbols, over blobs. The writer makes what Pyroscope v1.21 reads as its
 * own; the reader takes every older form too.
 *
 * Writing: rows are added in any order; block_writer_finish sorts series by
 * labels and rows by (series, time, id), so the same rows give the same
 * bytes. Nothing is named, opened or synced here: whoever publishes a block
 * (temporary name, fsync, rename) gives sinks for its parts, to which they go
 * as they are made. Rows of a head stay there, packed, and are unpacked as the
 * columns need them: what a block takes while it is written is a few pages
 * and some 90 bytes a row.
 *
 * Reading: a block is a dataset. Parts are asked from `parts` by name when
 * they are first needed; columns and pages are decoded as a scan needs them;
 * symbols of a partition are decoded once and kept.
 *
 * Source: spec of the block format, sections 2 to 5.
 */
#ifndef BLOCK_H
#define BLOCK_H

#include "base/stream.h"
#include "formats/query/dataset.h"
#include "formats/ulid.h"

/* meta.json */
struct block_file {
	struct str path; /* relative, slash separated */
	uint64_t size;
	uint64_t row_groups, rows; /* of Parquet files */
	uint64_t series;           /* of index.tsdb */
};

struct block_meta {
	struct ulid ulid;
	int64_t min_time, max_time;               /* ms, inclusive */
	uint64_t n_samples, n_series, n_profiles; /* n_profiles counts rows */
	struct block_file *files;
	uint32_t n_files;
	uint32_t level;
	struct ulid *sources;
	uint32_t n_sources;
	struct block_parent {
		struct ulid ulid;
		int64_t min_time, max_time;
	} * parents;
	uint32_t n_parents;
	uint32_t version;     /* 1..3 */
	struct labels labels; /* external labels */
	struct str source;    /* "ingester", "compactor" */
};

int block_meta_parse(struct arena *a, struct str json, struct block_meta *out, struct err *e);
void block_meta_print(struct buf *out, const struct block_meta *m); /* v1's layout, one tab a level */

/* Writer. */
struct block_writer;

/* Where a block goes: index.tsdb, symbols.symdb, profiles.parquet, meta.json, one after another. */
struct block_sink {
	/* The next part. It is closed before another one is asked for; a part that fails is closed too. */
	struct sink *(*part)(struct block_sink *s, struct str name, struct err *e);
};

/* Or it stays in memory. */
struct block_parts {
	struct arena *mem; /* owns everything below */
	struct block_meta meta;
	struct {
		struct str name, bytes;
	} part[4]; /* index.tsdb, profiles.parquet, symbols.symdb, meta.json (last) */
	uint32_t n_parts;
};

struct block_writer *block_writer_new(void);
void block_writer_free(struct block_writer *w);
/* Series of rows to come. labels are copied. Returns its number for row.series. */
uint32_t block_writer_series(struct block_writer *w, const struct labels *labels, uint64_t fingerprint);
/* Symbols of a partition, borrowed until finish (only reachable ones are written). Returns its number for row.partition.
   Equal partition ids are an error of the caller. */
uint32_t block_writer_partition(struct block_writer *w, struct symbols *s);
/* A row with its samples (copied). Samples of equal stack and span are summed, zero values dropped; rows without
   samples are not stored. */
void block_writer_row(struct block_writer *w, const struct row *r);
/* A row of a set whose rows are packed: not copied where it comes in the order of time. set_series: its number there; the
   set and *from stay until the block is written. */
int block_writer_packed(struct block_writer *w, const struct row *r, struct packed_rows *from, uint32_t set_series,
    struct err *e);
uint64_t block_writer_rows(const struct block_writer *w);
/* The finished block: level 1, sources = itself. What *meta points to lives in a. No rows, no parts: meta->n_profiles is 0. */
int block_writer_write(struct block_writer *w, struct ulid id, struct block_sink *to, struct arena *a,
    struct block_meta *meta, struct err *e);
/* The same into memory. ERR_NOTFOUND when there is no row. */
int block_writer_finish(struct block_writer *w, struct ulid id, struct block_parts *out, struct err *e);
void block_parts_free(struct block_parts *p);
/* block_parts_begin(&k, &parts); ... &k.sink ...; block_parts_end(&parts, rc, e), which frees them unless rc is 0. */
struct parts_sink {
	struct block_sink sink; /* first member */
	struct block_parts *to;
	uint32_t at;      /* the part that is open */
	struct buf bytes; /* of it */
	struct sink part;
};

void block_parts_begin(struct parts_sink *k, struct block_parts *to);
int block_parts_end(struct block_parts *p, int rc, struct err *e);

/* Reader. */
struct page_cache;
struct symbol_pools;

enum { BLOCK_CACHE = 64 << 20 };

struct block {
	struct dataset set; /* first member */
	struct block_meta meta;
};

/* parts: a folder, a bucket prefix, members of a tar in memory; names are the paths of meta.files. Takes ownership of
   it, also when it fails. Reads meta.json at once, the rest when needed. */
struct block *block_open(struct blobs *parts, struct err *e);
void block_close(struct block *b); /* accepts NULL */
/* Decoded pages of columns are kept in c, which several blocks share, and not counted by block_bytes; else each block has
   room for BLOCK_CACHE bytes of its own. Before the first question; c outlives b. */
void block_share(struct block *b, struct page_cache *c);
/* Its symbols can be had united with those of other blocks of the owner (dataset_ops.shared); pools that are used get the
   number *now. As block_share. */
void block_pool(struct block *b, struct symbol_pools *pools, uint64_t owner, uint64_t *now);
size_t block_bytes(const struct block *b); /* memory held by decoded parts */
/* Gives that memory back; what is asked next is decoded again. Not between the beginning of a question and its
   dataset_rest. */
void block_forget(struct block *b);
/* Only that of the symbols, which is most of it and costs least to have again. */
void block_forget_symbols(struct block *b);
/* Every checksum, order, reference and count of the block; *problems counts lines that were given to say(). */
int block_check(struct block *b, void (*say)(void *ctx, const char *problem), void *ctx, uint32_t *problems,
    struct err *e);

#endif
