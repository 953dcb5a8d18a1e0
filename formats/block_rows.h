/*
 * block_rows.h - the rows that a block writer collects: packed as they come
 * (formats/rows.h), sorted and turned into columns at the end. For
 * block_writer.c.
 */
#ifndef BLOCK_ROWS_H
#define BLOCK_ROWS_H

#include "base/vec.h"
#include "formats/block.h"
#include "formats/profiles_table.h"
#include "formats/rows.h"

struct packed_row {
	int64_t time, duration;
	const uint8_t *samples;         /* rows.h */
	uint32_t bytes;
	uint32_t series, partition;     /* of the writer */
	uint8_t id[16];
};

/* What becomes of the numbers of the caller. */
struct row_numbers {
	const uint32_t *series;         /* number in the block */
	uint32_t *const *stacks;        /* per partition of the writer: number of a node in the block, 0 = none */
	const uint32_t *n_stacks;
	const uint64_t *partitions;     /* ids */
};

struct block_rows {
	struct arena *mem;              /* packed samples */
	VEC(struct packed_row) rows;
	uint64_t n_samples;             /* that were stored */
	struct samples scratch;
	struct buf packed;
};

void block_rows_init(struct block_rows *b);
void block_rows_fini(struct block_rows *b);
/* Copies the row; false: it has no samples and is not stored. */
bool block_rows_add(struct block_rows *b, const struct row *r);
/* used[partition][stack] = 1 for stacks of rows. ERR_CORRUPT for a stack outside n_stacks[partition]. */
int block_rows_mark(struct block_rows *b, uint8_t *const *used, const uint32_t *n_stacks, struct err *e);
/* By (series in the block, time, id, content). */
void block_rows_sort(struct block_rows *b, const uint32_t *series);
/* All rows, in row groups; returns how many. */
uint64_t block_rows_write(struct block_rows *b, const struct row_numbers *to, struct profiles_writer *w);

#endif
