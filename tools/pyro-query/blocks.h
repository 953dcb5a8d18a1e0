/*
 * blocks.h - the blocks of a data folder, kept open between questions: the
 * 4,096 most recently used ones. An open block has its files mapped and no
 * descriptors, so that one question may need any number that the
 * system can map (vm.max_map_count is of files, a block has three). Of those that were closed the times are still known, so that a question
 * opens only what it may need. One thread.
 *
 * Their decoded parts stay within a limit of memory: indexes, and symbols that blocks share (symbol_pools.h); pages of columns
 * have what those leave, and at least a third. A question goes from block to block, and between two of them (blocks_rested)
 * what was used longest ago is given back; so the limit holds but for the parts
 * of the one block that is being asked.
 */
#ifndef BLOCKS_H
#define BLOCKS_H

#include "formats/block/block.h"

struct blocks;

struct blocks *blocks_new(const char *data, size_t max_memory);
void blocks_free(struct blocks *b);

/* Times of rows: ms, inclusive. */
struct blocks_range {
	int64_t from, to;
};

/* Of a block that is not there. */
#define BLOCKS_NEVER ((struct blocks_range){ INT64_MAX, INT64_MIN })

/*
 * When the rows of the blocks <data>/<tenant>/local/<name> are. A block that
 * is not there is left out, with a line in the log. The names are all that
 * the tenant has: others are closed, so that their disk space is free once
 * they are removed.
 */
int blocks_times(struct blocks *b, struct str tenant, const struct str *names, size_t n, struct blocks_range *times,
    struct err *e);
/* Some of those, into sets, which has room for n. They stay open until blocks_trim; what is gone is left out. */
int blocks_open(struct blocks *b, struct str tenant, const struct str *names, size_t n, struct dataset **sets,
    size_t *n_sets, struct err *e);
/* Symbols that blocks of the tenant share (dataset_ops.shared), if they are still there; the present question uses them. */
struct symbols *blocks_shared(struct blocks *b, struct str tenant, uint64_t id, uint64_t generation);
/* The question has what it needs of this set, one of blocks_open, and uses no other at this moment. */
void blocks_rested(struct blocks *b, const struct dataset *set);
/*
 * A question that uses blocks rests, and others use them until it goes on: meanwhile no block is closed or forgotten, and what
 * it has of `in`, where it rests in the middle of a scan, stays; NULL: it has nothing. One at a time.
 */
void blocks_pause(struct blocks *b, const struct dataset *in);
void blocks_resume(struct blocks *b);
/* Memory of decoded parts, in bytes. */
struct blocks_memory {
	size_t parts;              /* indexes and symbols, as they were when their blocks rested last */
	size_t pages, pages_limit; /* of columns; pages: and an array that is kept for the next one */
};
struct blocks_memory blocks_memory(const struct blocks *b);
/* Closes what is over the limits. Not while the question uses blocks. */
void blocks_trim(struct blocks *b);

#endif
