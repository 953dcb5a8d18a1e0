/*
 * block_rows.h - the rows that a block writer collects: packed as they come
 * (formats/head/rows.h), sorted and turned into columns at the end. For
 * block_writer.c. Numbers of series, partitions and stacks are the caller's
 * until then.
 */
#ifndef BLOCK_ROWS_H
#define BLOCK_ROWS_H

#include "base/vec.h"
#include "formats/block/block.h"
#include "formats/block/profiles_table.h"
#include "formats/head/rows.h"

struct packed_row {
	int64_t time, duration;
	const uint8_t *samples;     /* rows.h */
	uint32_t bytes, n;          /* n: samples */
	uint32_t series, partition; /* of the writer */
	uint8_t id[16];
};

/* The stacks of a partition of the writer, by node. */
struct stack_use {
	uint32_t n;       /* nodes; 0: no row has this partition */
	uint64_t id;      /* of the partition */
	uint8_t *used;    /* 1: some row has it */
	uint64_t *sum;    /* of its values */
	uint32_t *count;  /* samples */
	uint32_t *rank;   /* by mean value, largest first: the order of samples in a row */
	uint32_t *number; /* in the block */
};

/* What becomes of the numbers of the caller. */
struct row_numbers {
	const uint32_t *series;         /* per series: number in the block */
	const uint32_t *kind;           /* per series of the block: which profile type, ascending */
	const struct stack_use *stacks; /* per partition */
};

struct block_rows {
	struct arena *mem; /* packed samples */
	VEC(struct packed_row) rows;
	uint64_t n_samples; /* that were stored */
	struct samples scratch;
	struct buf packed;
};

void block_rows_init(struct block_rows *b);
void block_rows_fini(struct block_rows *b);
/* Copies the row; false: it has no samples and is not stored. */
bool block_rows_add(struct block_rows *b, const struct row *r);
/* Fills used, sum and count of the partitions. ERR_CORRUPT for a stack that is not there. */
int block_rows_mark(struct block_rows *b, struct stack_use *use, struct err *e);
/* Fills rank from sum and count. mem: scratch. */
void block_rows_rank(struct stack_use *use, struct arena *mem);
/* By (series in the block, time, id, content). */
void block_rows_sort(struct block_rows *b, const uint32_t *series);
/*
 * profiles.parquet with all rows; returns the number of its row groups.
 *
 * Samples of a row come in the order of rank. That puts large values first and
 * equal ones side by side, and the stacks of neighbouring rows have long parts
 * in common: a tenth to a quarter smaller than in the order of stack numbers.
 */
uint64_t block_rows_write(struct block_rows *b, const struct row_numbers *to, struct buf *out);

#endif
