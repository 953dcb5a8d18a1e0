/*
 * head_tables.h - what a head holds; for the files head*.c only.
 */
#ifndef HEAD_TABLES_H
#define HEAD_TABLES_H

#include "base/map.h"
#include "base/vec.h"
#include "formats/head/head.h"
#include "formats/head/rows.h"

/* The last values of a cumulative series, stacks ascending. */
struct head_baseline {
	VEC(uint32_t) stacks;
	VEC(int64_t) values;
	bool seen;
};

struct head_row {
	int64_t total;
	uint8_t *packed;         /* rows.h; NULL: it is in the bundle of its part */
	uint32_t bytes, profile; /* profile: in tables.profiles */
};

/* Rows i * HEAD_PART_ROWS and those behind it of a series are a part: their samples, compressed when all are there and the
   head is large; and their sum, made when a scan first takes all of them. */
enum { HEAD_PART_ROWS = 32 };

struct head_bundle {
	const uint8_t *packed; /* zstd, or as they are where that is not shorter; NULL: they lie one by one */
	uint32_t packed_bytes, bytes;
};

struct head_sum {
	int64_t from, to; /* times of the rows */
	int64_t total;
	const uint8_t *packed; /* rows.h; NULL: not made so far */
	uint32_t bytes, partition;
	bool fits; /* all rows are of this partition, and of stacks below SUM_STACKS */
};

struct head_series {
	struct labels labels;
	uint64_t fingerprint;
	int64_t last_push;
	VEC(struct head_row) rows;
	VEC(struct head_bundle) bundles;
	VEC(struct head_sum) sums;      /* of questions, as tables.views: whoever writes blocks does not look at it */
	struct head_baseline *baseline; /* of cumulative series */
};

/* What the rows of one pushed profile share. */
struct head_profile {
	int64_t time, duration;
	uint32_t partition;
	uint8_t id[16];
};

/* A label set with the sample types of its profiles: the short cut to series numbers. */
struct head_stream {
	uint64_t key[2];
	uint32_t first, n_types; /* in tables.stream_series */
};

struct head_tables {
	struct arena *mem; /* labels, bundles and sums of rows */
	VEC(struct head_series) series;
	VEC(uint32_t) with_rows; /* series, in the order of their first rows */
	struct map series_by_print;
	VEC(struct head_stream) streams;
	VEC(uint32_t) stream_series;
	struct map streams_by_key;
	VEC(struct head_profile) profiles;
	VEC(struct symbols *) partitions;
	struct map partitions_by_id;
	size_t row_bytes, bundle_bytes; /* of rows that lie one by one, and of bundles */
	struct label_views *views;

	/* Scratch, kept between pushes. */
	struct samples samples, growth;
	VEC(uint64_t) order; /* stack id << 32 | sample */
	VEC(uint64_t) order_spare;
	struct buf packed, key;
};

uint32_t head_partition(struct head *h, uint64_t id);                                   /* found or made */
uint32_t head_series_add(struct head *h, const struct labels *l, uint64_t fingerprint); /* labels are copied */
bool head_series_find(const struct head *h, const struct labels *l, uint64_t fingerprint, uint32_t *out);
/* Stores h->tables->samples as a row (kind 1: what grew). Returns rows stored: 0 or 1. */
uint32_t head_row_add(struct head *h, uint32_t series, uint32_t profile, bool cumulative);
uint32_t head_profile_add(struct head *h, const struct head_profile *p);

/* Rows one after another, as they are taken from a series (head_bundle.c). Zeros; head_taking_fini. */
struct head_taking {
	const struct head_series *series; /* of what is unpacked */
	size_t part;
	struct buf unpacked;
};

/* Compresses what is complete, if the head is large. Of the owner, after a row. */
void head_bundle_rows(struct head_tables *t, struct head_series *x);
/* The samples of a row, packed (rows.h); valid until the next one is taken. */
int head_take_row(struct head_taking *k, const struct head_series *x, size_t row, struct str *out, struct err *e);
void head_taking_fini(struct head_taking *k);
/* The sums of HEAD_PART_ROWS rows from `row` on, which a scan may take for these rows (all are within its times); NULL: it
   takes them one by one. */
int head_sum_at(struct head_tables *t, struct head_series *x, size_t row, const struct scan *s,
    const struct head_sum **out, struct err *e);

/* Records (head_record.c). */
void record_symbols(struct buf *out, const struct symbols *s, const struct sym_counts *from);
void record_series(struct buf *out, const struct head *h, uint32_t from);
void record_profile(struct buf *out, const struct head_profile *p);

#endif
