/*
 * prepare.h - what new blocks are asked before anybody does, in pauses: the questions of late. The first question to a block
 * costs twice what the next one does, because its symbols are united with those of other blocks and its pages decoded; and when
 * recent rows become a block, that is the next question to each service. What was prepared is kept like any part of an
 * answer (block_answers.h).
 *
 *	prepare_asked(&p, &ask, now);             // of each question
 *	prepare_block(&p, tenant, id);            // a block that was not there before
 *	while (prepare_next(&p, a, now, tenant, &id, &ask))
 *		prepare_done(&p, ...asked...);    // false: it was disturbed, and comes again
 *
 * Only questions whose rows become sums are remembered, PREPARE_ASKS of the last ten minutes; of services that nobody
 * asks for nothing is prepared. One thread at a time, but for prepare_waits.
 */
#ifndef PREPARE_H
#define PREPARE_H

#include <stdatomic.h>

#include "base/vec.h"
#include "formats/query/ask.h"

enum { PREPARE_ASKS = 64, PREPARE_BLOCKS = 4 };

struct prepare {
	struct prepare_ask {
		char *bytes; /* of the message, without its range; or NULL */
		size_t n;
		uint64_t hash;
		int64_t asked; /* monotonic clock, ns */
	} asks[PREPARE_ASKS];
	VEC(struct prepare_block) blocks; /* the first is at hand */
	size_t at;                        /* of asks, the next one for it */
	unsigned disturbed;               /* how often, in this one */
	atomic_bool waits;
};

void prepare_fini(struct prepare *p);
void prepare_asked(struct prepare *p, const struct pyro_ask *ask, int64_t now);
/* Of more than PREPARE_BLOCKS at once the first are forgotten. */
void prepare_block(struct prepare *p, struct str tenant, struct str id);
/* False: there is nothing to be asked of a block of the tenant. *ask: over all time. Its memory, and the id's, is a. */
bool prepare_next(struct prepare *p, struct arena *a, int64_t now, struct str tenant, struct str *id,
    struct pyro_ask *ask);
/* finished: the next one may come. What was disturbed three times is left to who asks for it. */
void prepare_done(struct prepare *p, bool finished);
/* Any thread. */
bool prepare_waits(const struct prepare *p);

#endif
