/*
 * head.h - rows of one tenant that are not yet in a block: series, one
 * symbols table per partition, packed rows. A head is a dataset. It only
 * grows; when it is old or large enough it is cut into blocks and freed.
 *
 * Every change is also written as a journal record, so that replaying the
 * records of a head in order gives the same head: same series numbers, same
 * stack numbers, same rows.
 *
 *	head_add(h, imp, &push, &record, e);    record: bytes for the journal
 *	head_replay(h2, record, e);             h2 is now like h
 *
 * Owned by one thread. No clock, no files.
 *
 * A record, all numbers LEB128 unless marked:
 *
 *	partition id (u64 LE)
 *	strings    from, n, { length, bytes }
 *	mappings   from, n, { start, limit, offset, file, build id, flags }
 *	functions  from, n, { name, system name, file, start line }
 *	locations  from, n, { address, mapping, number of lines, { function, line } }
 *	nodes      from, n, { number - parent, location }
 *	series     from, n, { number of labels, { length, name, length, value } }
 *	time (i64 LE), duration (i64 LE), UUID (16 bytes)
 *	rows, up to the end: { series, kind (1 byte), packed samples (rows.h) }
 *
 * "from" is the size of the table before this record; a record that does not
 * fit is ERR_CORRUPT and changes nothing, except that rows before a broken
 * row stay. kind 0: values as they are; kind 1: cumulative values,
 * of which the head stores the growth.
 */
#ifndef HEAD_H
#define HEAD_H

#include "base/buf.h"
#include "formats/query/dataset.h"

struct head {
	struct dataset set; /* first member */
	struct head_tables *tables;
	uint64_t n_rows, n_samples;
	size_t record_bytes; /* of all records so far */
};

/* One profile after cleaning: its samples, or some of them, under one label set. */
struct head_push {
	const struct profile *profile;
	struct labels labels;    /* of the stream, sorted: without __type__ and the like */
	uint64_t partition;      /* symbol partition, formats/symbols/partition.h */
	bool name_first;         /* stored label order: __profile_type__, __service_name__ first */
	bool cumulative;         /* alloc_objects and alloc_space grow: store differences */
	const uint32_t *samples; /* positions in the profile, or NULL for all */
	uint32_t n_samples;
	const uint64_t *spans;     /* per sample of the profile, 0 = none; or NULL */
	const uint8_t *skip_types; /* per sample type: 1 = not stored; or NULL */
	int64_t time, duration;
	int64_t now; /* wall time of the push: what makes a series active */
	uint8_t id[16];
	bool again; /* the profile of the head_add before with this importer, unchanged */
};

struct sym_importer;

struct head *head_new(void);
void head_free(struct head *h); /* accepts NULL */

/* New series that this push would make (0 when all are known). */
uint32_t head_new_series(struct head *h, const struct head_push *p);
/* Adds the rows and appends the record of the change. Returns the number of rows stored. */
uint32_t head_add(struct head *h, struct sym_importer *imp, const struct head_push *p, struct buf *record);
int head_replay(struct head *h, struct str record, struct err *e);

/* Nothing is added from now on: gives back what only growing needs, a fifth of all. */
void head_rest(struct head *h);

size_t head_bytes(const struct head *h); /* memory held, for limits */
uint32_t head_series(const struct head *h);
/* Series whose last push came at or after `since`. */
uint32_t head_active_series(const struct head *h, int64_t since);

#endif
