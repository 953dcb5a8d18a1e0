/*
 * cut_batch.h - the heads of one moment on their way into blocks, from the
 * shards or replayed, and the journals that hold the same rows. Owned by the
 * cutter's loop; heads do not change any more, so a pool thread may read them.
 */
#ifndef CUT_BATCH_H
#define CUT_BATCH_H

#include "tools/pyro-ingest/shard.h"

struct cut_batch {
	VEC(struct frozen_head) heads;
	VEC(struct str) journals, damaged; /* their files; names in mem */
	_Atomic uint64_t *held;            /* counts bytes */
	struct arena *mem;
	uint32_t holds; /* moments that use the heads */
	bool published; /* rows are in blocks: free when nobody holds it */
};

struct cut_batches { /* for vec.h */
	struct cut_batch **p;
	size_t n, cap;
};

struct cut_batch *cut_batch_new(_Atomic uint64_t *held);
/* From here on it is asked, and on its way into blocks: its bytes are counted exactly. */
void cut_batch_keep(struct cut_batches *all, struct cut_batch *b);
void cut_batch_free(struct cut_batch *b);
/* After a hold or the publishing: frees it when it was the last that kept it. */
void cut_batch_let_go(struct cut_batch *b);

#endif
