/*
 * stored_sums.h - sums of rows that lie side by side, written into profiles.parquet beside the rows: what a merge over a
 * long time needs of series with many stacks a profile, at a thirtieth of what adding them up costs. For
 * profiles_*.c and block_check*.c only.
 *
 * They lie behind the chunks of their row group, where no column has its pages, so a reader that does not know of them
 * does not see them. The footer's pair "pyro.sums" is "AT N HASH": where in the file the table of N parts lies
 * (decimal), and its XXH3-64 (hexadecimal). The table has 40 bytes a part, numbers little endian, ascending by group,
 * first row and, the longest first, rows:
 *
 *	offset  size  content
 *	0       4     row group
 *	4       4     first row of the part, within the group
 *	8       4     rows, all of one series and one partition
 *	12      4     bytes of the sums
 *	16      8     id of the partition
 *	24      8     where the sums lie in the file: by stack number, packed like one row (formats/head/rows.h)
 *	32      8     XXH3-64 of the sums
 *
 * Parts are cut from the first row of a series and partition in a group: of 32 rows, and of 256. The last one may be
 * shorter. Only those are written that spare much: 65,536 samples and more, which take some 0.2 ms to add up, and at least four for each sum. Whoever needs
 * another part, or finds one damaged, adds up rows (profiles_sums.h).
 */
#ifndef STORED_SUMS_H
#define STORED_SUMS_H

#include "formats/block/profiles_table.h"
#include "formats/head/stack_sums.h"
#include "formats/parquet/reader.h"
#include "formats/parquet/writer.h"

/* As it is in the table. */
struct stored_entry {
	uint32_t group, first, rows, bytes;
	uint64_t partition, at, hash;
};

struct stored_part {
	struct stored_entry is;
	bool checked, damaged; /* of a reader: the bytes are what was written, are not */
};

struct stored_parts { /* for vec.h */
	struct stored_part *p;
	size_t n, cap;
};

/* ---- writing ---- */

enum { STORED_LEVELS = 2 }; /* lengths: so many parts may have a row in common */

struct sums_writer {
	struct stored_parts parts;
	struct stack_sums part, whole; /* scratch: of 32 rows, of 256 */
	struct buf bytes;
	uint32_t group; /* the next one */
};

void sums_writer_init(struct sums_writer *w);
void sums_writer_fini(struct sums_writer *w);
/* The sums of a group, whose columns were written last. */
void sums_writer_group(struct sums_writer *w, struct pq_writer *pq, const struct profiles_group *g);
/* The table and the pair, if there are parts; before pq_writer_finish. */
void sums_writer_finish(struct sums_writer *w, struct pq_writer *pq);

/* ---- reading ---- */

/* Begins as zeros: no parts. */
struct stored_sums {
	struct stored_parts parts;
	struct arena *mem; /* bytes of one part, where they are a copy */
};

/* The table. None is no error; one that is damaged is, and has no parts. */
int stored_sums_load(struct stored_sums *s, struct pq_file *f, struct err *e);
void stored_sums_fini(struct stored_sums *s);
size_t stored_sums_bytes(const struct stored_sums *s); /* memory held */
/* The longest part that begins at this row and lies before end; NULL: there is none. */
struct stored_part *stored_sums_at(const struct stored_sums *s, uint32_t group, uint32_t row, uint32_t end);
/* What it adds up to. -1: the bytes cannot be had, or are damaged, and it is not found again. */
int stored_sums_read(struct stored_sums *s, struct pq_file *f, struct stored_part *p, struct samples *out,
    struct err *e);

#endif
