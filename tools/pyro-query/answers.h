/*
 * answers.h - finished answers, kept while they are true. An answer was made
 * of what the head said to some asks, and of blocks that the head named and
 * that never change. So it is true as long as the head says the same, byte for
 * byte, to the same asks: the recent rows are always asked for, the blocks are
 * not read again. The parts that blocks have in answers lie here too (block_answers.h):
 * they have no sources, and are true for ever.
 *
 *	const struct answer *old = answers_find(x, key, now);
 *	if (old != NULL && every ask of old->sources still gets the same reply) ...
 *	...
 *	answers_put(x, key, &new);
 *
 * Least recently used ones go first; finished answers have a third of the room at most, because few are asked for again
 * before a new profile comes, and parts of blocks help many questions. One thread.
 */
#ifndef ANSWERS_H
#define ANSWERS_H

#include "base/str.h"

struct answers;

/* What an ask (pyro.v1.Ask) got from the head: a digest of the reply, and the state that the head was in. */
struct answer_source {
	struct str ask, state; /* state: may be empty */
	uint64_t digest[2];
};

struct answer {
	const struct answer_source *sources;
	size_t n_sources;
	struct str body;
	const char *type; /* or NULL */
	size_t truncated; /* nodes that it has put into "other" */
	int64_t until;    /* unix ns, the end of its truth; 0: there is none */
};

struct answers *answers_new(size_t max_bytes); /* 0: nothing is kept */
void answers_free(struct answers *x);          /* accepts NULL */
void answers_clear(struct answers *x);
/* Valid until the next put or clear. NULL: there is none, or not at this time (unix ns). */
const struct answer *answers_find(struct answers *x, struct str key, int64_t now);
/* Copies; one that is larger than answers_largest, a quarter of the room, is not kept. */
void answers_put(struct answers *x, struct str key, const struct answer *a);
/* Was this asked about this key before? What comes once is not worth a part of its own. A guess: it forgets, and takes two
   keys for one every now and then. */
bool answers_again(struct answers *x, struct str key);
size_t answers_bytes(const struct answers *x);
/* The largest that is kept: also what the parts of one question should take at most, so that it leaves those of others. */
size_t answers_largest(const struct answers *x);

#endif
