/*
 * blocks.h - the blocks of a data folder, kept open between questions: most
 * recently used ones stay, up to a limit of memory for their decoded parts
 * and half of the descriptors that the process may have. Of those that were
 * closed the times are still known, so that a question opens only what it
 * may need. One thread.
 */
#ifndef BLOCKS_H
#define BLOCKS_H

#include "formats/block/block.h"

struct blocks;

struct blocks *blocks_new(const char *data, size_t max_memory);
void blocks_free(struct blocks *b);

/* What a question is about: ms, inclusive. */
struct blocks_range {
	int64_t from, to;
};

/*
 * Of the blocks <data>/<tenant>/local/<name> those that have rows in the
 * range, into sets, which has room for n. They stay open until blocks_trim. A
 * block that is not there is left out, with a line in the log. The names are
 * all that the tenant has: others are closed, so that their disk space is
 * free once they are removed.
 */
int blocks_select(struct blocks *b, struct str tenant, const struct str *names, size_t n, struct blocks_range range,
    struct dataset **sets, size_t *n_sets, struct err *e);
/* Closes what is over the limits. Not while a question uses blocks. */
void blocks_trim(struct blocks *b);

#endif
