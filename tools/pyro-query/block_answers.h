/*
 * block_answers.h - what the blocks of a tenant say to an ask. A block never
 * changes, so what was found in blocks that lie wholly in the range of the ask
 * is kept, without the range: the same question about another hour, or with
 * newer rows beside it, finds it again. Blocks in which the range begins are
 * asked up to a round moment, five minutes away at most; what they say since then
 * is kept as well, when it is asked for the second time. Those that it ends in are
 * asked every time.
 *
 *	range        [-----------------------------------)
 *	blocks    [cut|since][ closed hours    ][newest hour]   (recent rows: the head)
 *
 * The blocks of the newest hour are kept apart from those of closed hours,
 * because others may join them soon.
 *
 * Time series are kept by the millisecond (series_pack), for each block by itself, and laid on the grid of the ask: what
 * a block says to all of its time says it to any range. One thread.
 */
#ifndef BLOCK_ANSWERS_H
#define BLOCK_ANSWERS_H

#include <stdatomic.h>

#include "formats/query/ask.h"
#include "tools/pyro-query/answers.h"
#include "tools/pyro-query/blocks.h"

struct block_answers {
	struct blocks *blocks;
	struct answers *kept;   /* NULL: nothing is kept */
	const atomic_int *stop; /* not 0: ERR_CANCELED; or NULL */
	/* Shall the question rest? It does in pause (stoppable.h), between blocks_pause and blocks_resume. NULL: never. */
	bool (*enough)(void *ctx);
	void (*pause)(void *ctx, const struct dataset *in);
	void *ctx;
	struct patience patience; /* of the question at hand */
	uint64_t hits, misses;    /* parts that were found, that had to be read */
};

/* ids: all blocks that the tenant has. *out is ended by the caller with part_fini; its memory is a. */
int block_answers_ask(struct block_answers *x, struct arena *a, const struct pyro_ask *ask, const struct msg_strs *ids,
    struct part *out, struct err *e);
/* What one of them, id, says to an ask of sums (ask_by_sums) over all time is kept from now on. */
int block_answers_prepare(struct block_answers *x, struct arena *a, const struct pyro_ask *ask,
    const struct msg_strs *ids, struct str id, struct err *e);

#endif
