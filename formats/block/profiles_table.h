/*
 * profiles_table.h - profiles.parquet: the rows of a block. The writer makes
 * the schema of Pyroscope v1.21 (21 columns); the reader takes every schema
 * that there was: columns are looked up by path, missing ones are null.
 *
 * A row is one sample type of one profile of one series: SeriesIndex,
 * StacktracePartition, TimeNanos, DurationNanos, TotalValue, ID, and a list
 * of samples (StacktraceID, Value, SpanID).
 *
 * Source: spec of the block format, section 4.
 */
#ifndef PROFILES_TABLE_H
#define PROFILES_TABLE_H

#include "base/buf.h"
#include "base/stream.h"

/* ---- writing ---- */

/* A row group: columns of n rows, in the order that section 4.9 asks for. */
struct profiles_group {
	uint32_t n;
	const uint32_t *series;
	const int64_t *partitions;        /* bits of the u64 */
	const int64_t *times, *durations; /* ns; durations: 0 = null */
	const int64_t *totals;
	const uint8_t *ids;        /* 16 bytes a row */
	const uint32_t *sample_at; /* n + 1; every row has samples, in any order */
	const uint8_t *row_spans;  /* 1 for rows that have spans; NULL: none has */
	const uint32_t *breaks;    /* rows where another profile type begins, ascending; hints for paging */
	uint32_t n_breaks;

	/*
	 * Samples are made when they are needed, some rows at a time and more than once: a group with four million of
	 * them is never in memory. u32 stacks, i64 values, i64 spans (of rows that have them), all in one order.
	 */
	void (*stacks)(void *ctx, uint32_t row, uint32_t rows, void *out);
	void (*values)(void *ctx, uint32_t row, uint32_t rows, void *out);
	void (*spans)(void *ctx, uint32_t row, uint32_t rows, void *out);
	/* Those of one row in any order, until the next call. */
	void (*samples)(void *ctx, uint32_t row, const uint32_t **stacks, const int64_t **values);
	void *ctx;
};

enum { PROFILES_GROUP_ROWS = 100000, PROFILES_GROUP_SAMPLES = 4 << 20 };

struct profiles_writer;

/*
 *	struct profiles_writer *w = profiles_writer_new(sink, n_groups > 1);
 *	profiles_writer_group(w, &group);               once or, if so announced, more often
 *	rc = profiles_writer_finish(w, &bytes, e);      frees w; what failed before shows here
 *
 * Columns go to the sink, which is borrowed, as they are ready.
 */
struct profiles_writer *profiles_writer_new(struct sink *to, bool many);
void profiles_writer_group(struct profiles_writer *w, const struct profiles_group *g);
/* *bytes: of the file. */
int profiles_writer_finish(struct profiles_writer *w, uint64_t *bytes, struct err *e);

/* ---- reading ---- */

struct profiles_table;
struct page_cache;
struct scan_piece; /* dataset.h */

struct profiles_row {
	uint32_t series;
	uint64_t partition;
	int64_t time, duration, total;
	const uint8_t *id; /* 16 bytes; zeros when not asked for */
	uint32_t n;
	const uint32_t *stacks;
	const int64_t *values;
	const uint64_t *spans; /* or NULL */
};

struct profiles_scan {
	const uint32_t *series; /* wanted ones, ascending */
	uint32_t n_series;
	int64_t from, to; /* both inclusive */
	bool samples, spans, ids;
	bool summed; /* rows of one series and partition may come as one: samples summed, the rest that of the first */
	struct scan_piece *piece; /* NULL: all rows at once */
	/* Arrays of the row are good during the call only. -1 ends the scan with the error. */
	int (*row)(void *ctx, const struct profiles_row *row, struct err *e);
	void *ctx;
};

/* Takes ownership of the blob, also when it fails. cache: bytes of decoded pages that are kept between scans. */
struct profiles_table *profiles_open(struct blob *b, size_t cache, struct err *e);
/* Pages are kept there from now on, within its limit, and not counted as memory of t. Before the first scan. */
void profiles_share(struct profiles_table *t, struct page_cache *c);
void profiles_close(struct profiles_table *t);         /* accepts NULL */
size_t profiles_bytes(const struct profiles_table *t); /* memory held */
uint64_t profiles_rows(const struct profiles_table *t);
uint32_t profiles_groups(const struct profiles_table *t);
/*
 * Rows of the wanted series and times, in the order of the file. Pages that
 * the page indexes rule out are not read; only the columns that are asked for
 * are decoded. A scan must not be started from a row of another one.
 */
int profiles_scan(struct profiles_table *t, const struct profiles_scan *s, struct err *e);

#endif
