/*
 * block_cut.h - a head into blocks: one per window of profile time (an hour
 * by default), because a block of level 1 must not cross a window.
 */
#ifndef BLOCK_CUT_H
#define BLOCK_CUT_H

#include "formats/block/block.h"
#include "formats/query/dataset.h"

struct cut_window {
	int64_t from, to; /* ns, both inclusive */
};

/* The windows of `width` ns that hold rows of these sets, ascending, in a. */
int cut_windows(struct arena *a, struct dataset *const *sets, size_t n, int64_t width, struct cut_window **out,
    size_t *n_out, struct err *e);
/* The rows of that window of all sets as one block. Partitions with the same id must not be in two sets. What *meta points
   to lives in a. No rows, no parts: meta->n_profiles is 0. */
int cut_block_to(struct dataset *const *sets, size_t n, struct cut_window w, struct ulid id, struct block_sink *to,
    struct arena *a, struct block_meta *meta, struct err *e);
/* The same into memory. ERR_NOTFOUND when there is no row. */
int cut_block(struct dataset *const *sets, size_t n, struct cut_window w, struct ulid id, struct block_parts *out,
    struct err *e);

#endif
