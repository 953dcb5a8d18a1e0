/*
 * block_rows.h - the rows that a block writer collects, sorted and turned into
 * columns at the end. Samples stay where they are packed (formats/head/rows.h):
 * in a set that has them so, or here, and are unpacked as often as they are
 * needed, some rows at a time. For block_writer.c. Numbers of series, partitions
 * and stacks are the caller's until then.
 */
#ifndef BLOCK_ROWS_H
#define BLOCK_ROWS_H

#include "base/vec.h"
#include "formats/block/block.h"
#include "formats/block/profiles_table.h"
#include "formats/head/rows.h"

struct block_row {
	int64_t time, duration;
	int64_t total; /* known with n */
	uint64_t hash; /* of the packed samples: orders rows that are equal otherwise */
	union {
		const uint8_t *samples;
		struct {
			uint32_t series, row;
		} there; /* in the set */
	};
	struct packed_rows *set;    /* NULL: they are here */
	uint32_t bytes, n;          /* n: samples */
	uint32_t series, partition; /* of the writer */
	uint8_t id[16];
	bool spans;   /* some sample has one */
	bool repeats; /* some stacks may be equal */
};

/* The stacks of a partition of the writer. */
struct stack_use {
	uint32_t n;  /* nodes; 0: no row has this partition */
	uint64_t id; /* of the partition */
	/* By node, until they are ranked. */
	uint8_t *used;    /* 1: some row has it */
	uint64_t *sum;    /* of its values */
	uint32_t *count;  /* samples */
	uint32_t *number; /* in the block */
	/* Afterwards. */
	uint32_t *rank;    /* by node: by mean value, largest first; the order of samples in a row */
	uint32_t *by_rank; /* number in the block */
	uint32_t ranks;
};

/* What becomes of the numbers of the caller. */
struct row_numbers {
	const uint32_t *series;         /* per series: number in the block */
	const uint32_t *kind;           /* per series of the block: which profile type, ascending */
	const struct stack_use *stacks; /* per partition */
};

struct block_rows {
	struct arena *mem; /* packed samples */
	VEC(struct block_row) rows;
	uint64_t n_samples; /* that are stored; known once rows are marked */
	struct samples scratch;
	struct buf packed;
};

void block_rows_init(struct block_rows *b);
void block_rows_fini(struct block_rows *b);
/* Copies the row; false: it has no samples and is not stored. */
bool block_rows_add(struct block_rows *b, const struct row *r);
/* A row whose samples can be taken from there until the block is written. */
void block_rows_refer(struct block_rows *b, const struct row *r, struct packed_rows *set, uint32_t set_series);
/* The same as it is packed: copied. */
void block_rows_copy(struct block_rows *b, const struct row *r, struct str packed);
/* Fills used, sum and count of the partitions. ERR_CORRUPT for a stack that is not there. */
int block_rows_mark(struct block_rows *b, struct stack_use *use, struct err *e);
/* Makes rank, from used, sum and count, and by_rank, from number, in mem. */
void block_rows_rank(struct stack_use *use, struct arena *mem);
/* By (series in the block, time, id, content). */
void block_rows_sort(struct block_rows *b, const uint32_t *series);
/*
 * profiles.parquet with all rows; *bytes and *groups: of the file. After mark, rank and sort.
 *
 * Samples of a row come in the order of rank. That puts large values first and
 * equal ones side by side, and the stacks of neighbouring rows have long parts
 * in common: a tenth to a quarter smaller than in the order of stack numbers.
 */
int block_rows_write(struct block_rows *b, const struct row_numbers *to, struct sink *out, uint64_t *bytes,
    uint64_t *groups, struct err *e);

#endif
