/*
 * dataset.h - rows that can be asked: a head, a block, or profiles just read
 * from files. All questions (formats/query/query.h) are written once, over this.
 *
 * A row is one sample type of one profile of one series. Rows name stacks by
 * number within a partition of symbols. A dataset is not shared by threads
 * while it is asked.
 */
#ifndef DATASET_H
#define DATASET_H

#include "formats/labels/labels.h"
#include "formats/labels/matcher.h"
#include "formats/symbols/symbols.h"

struct series_ref {
	uint32_t number; /* within the dataset */
	uint64_t fingerprint;
	struct labels labels; /* valid as long as the dataset is open and unchanged, and until dataset_rest */
};

struct series_list {
	struct series_ref *p;
	uint32_t n;
};

struct row {
	uint32_t series;    /* series_ref.number */
	uint32_t partition; /* 0 .. n_partitions - 1 of the dataset */
	int64_t time;       /* unix ns */
	int64_t duration;   /* ns, 0 = not said */
	int64_t total;      /* sum of the values */
	uint8_t id[16];     /* UUID of the pushed profile */
	uint32_t number;    /* within its series, of sets that have packed rows */
	/* Samples, when asked for: stack ids (any order, may repeat), values, and span ids or NULL. */
	uint32_t n;
	const uint32_t *stacks;
	const int64_t *values;
	const uint64_t *spans; /* 0 = none; the 8 bytes of the span id read little endian */
};

/*
 * A scan in pieces: after each row it asks whether that is enough, and ends there if so, with `more`. The same scan with the
 * same piece goes on behind that row. Between two pieces the set may be asked by others; what it gave, series and symbols,
 * must stay. A set that has no pieces gives all rows at once.
 */
struct scan_piece {
	bool (*enough)(void *ctx);
	void *ctx;
	uint32_t group, row; /* the set's: where it goes on; zeros: at the beginning */
	bool more;
};

struct scan {
	const struct series_ref *series; /* ascending by number */
	uint32_t n_series;
	int64_t from, to;         /* row times, unix ns, both inclusive */
	bool samples, spans, ids; /* which parts of the rows are wanted */
	/* Rows of one series and partition may come as one, with the sums of their samples and the time of the first. */
	bool summed;
	struct scan_piece *piece; /* NULL: all rows */
	/* Called for each row, in any order; -1 ends the scan with the error. */
	int (*row)(void *ctx, const struct row *row, struct err *e);
	void *ctx;
};

/* Rows of a set, one at a time, as they are packed (formats/head/rows.h: normalized, at least one sample). */
struct packed_rows {
	/* row: row.number of a scan. Valid until the next one is taken; cheapest in the order of the scan. */
	int (*take)(struct packed_rows *p, uint32_t series, uint32_t row, struct str *out, struct err *e);
	void (*close)(struct packed_rows *p);
};

struct label_views;

struct dataset {
	const struct dataset_ops *ops;
	int64_t min_time, max_time; /* of the rows, ns, inclusive */
	uint32_t n_partitions;
};

struct dataset_sizes {
	uint64_t index, profiles, symbols; /* bytes */
	bool stored;                       /* in files; else in memory */
};

/* Symbols that sets share, so that sums of all of them can be added up by number. */
struct shared_symbols {
	struct symbols *symbols;    /* may grow while another set is asked */
	uint64_t id, generation;    /* which ones: for who keeps numbers */
	const struct sym_run *runs; /* what stacks of the set's own partition are there; until dataset_rest */
	size_t n_runs;
	uint32_t n; /* stacks of that */
};

struct dataset_ops {
	/* Series that match, ascending by number; the array lives in a. NULL selector = all. */
	int (*series)(struct dataset *d, struct arena *a, const struct selector *s, struct series_list *out,
	    struct err *e);
	int (*scan)(struct dataset *d, const struct scan *s, struct err *e);
	/* Symbols of partition 0 .. n_partitions - 1; owned by the dataset. */
	int (*symbols)(struct dataset *d, uint32_t partition, struct symbols **out, struct err *e);
	void (*sizes)(struct dataset *d, struct dataset_sizes *out); /* NULL: not known, in memory */
	/*
	 * Of a set that only grows, or stays as it is: its series with rows have an order, in which new ones come last.
	 * Those at `since` and after that match; *now is the position behind the last of all. NULL: there is no order.
	 */
	int (*series_since)(struct dataset *d, struct arena *a, const struct selector *s, uint32_t since,
	    struct series_list *out, uint32_t *now, struct err *e);
	/* With series_since: where label_set.h keeps what it collected, of the set that is really asked. NULL at first. */
	struct label_views **(*views)(struct dataset *d);
	/* Instead of symbols. NULL: the set shares none. */
	int (*shared)(struct dataset *d, uint32_t partition, struct shared_symbols *out, struct err *e);
	/* Of a set that does not change as long as they are used. NULL: its rows are not packed, a scan gives them. */
	struct packed_rows *(*packed)(struct dataset *d);
	/* A question has what it needs of the set: what it gave, labels and symbols, may go. NULL: nothing goes. */
	void (*rest)(struct dataset *d);
};

static inline int dataset_series(struct dataset *d, struct arena *a, const struct selector *s, struct series_list *out,
    struct err *e)
{
	return d->ops->series(d, a, s, out, e);
}

static inline int dataset_scan(struct dataset *d, const struct scan *s, struct err *e)
{
	return d->ops->scan(d, s, e);
}

static inline int dataset_symbols(struct dataset *d, uint32_t partition, struct symbols **out, struct err *e)
{
	return d->ops->symbols(d, partition, out, e);
}

static inline void dataset_rest(struct dataset *d)
{
	if (d->ops->rest != NULL)
		d->ops->rest(d);
}

#endif
