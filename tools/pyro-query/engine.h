/*
 * engine.h - one question to all places: the head (pyro-ingest's, over its
 * socket) and the blocks that were published at the moment the head answered,
 * so that every row is seen once.
 *
 * An engine answers one question at a time, on one thread. Several share what is kept of blocks and answers, and take
 * turns: only one works at any moment, from engine_begin to engine_rest, but for the time in which it waits for the
 * head. So nothing that they share has locks of its own, and none holds anything of it while it waits.
 *
 * Who has worked for long (`turn`) gives way where others wait, between two rows or two blocks, and goes on when it is told to
 * (engine_go_on). One rests so at a time; what it holds meanwhile of what they share: blocks_pause.
 *
 *	first = engine_new(&conf, e);
 *	other = engine_join(first, e);
 *	...
 *	engine_begin(other, a, &stop, until);     // waits for its turn
 *	engine_ask(other, a, &ask, &whole, e);    // others work while it waits for the head
 *	engine_rest(other);
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <stdatomic.h>

#include "formats/query/ask.h"
#include "tools/pyro-query/answers.h"
#include "tools/pyro-query/blocks.h"

struct engine;

struct engine_conf {
	const char *data; /* the data folder */
	const char *head; /* "unix:/path" of pyro-ingest; "" = no head, only blocks on disk */
	size_t block_memory;
	int64_t timeout; /* of the head's answer */
	struct answers
	    *kept; /* for what blocks say; NULL: nothing is kept. The caller's, for as long as the engine is */
	void (*idle)(void *ctx); /* NULL, or: whose turn it was waits, and nobody works; on its thread */
	void *ctx;
	int64_t turn;               /* who has worked for so long gives way to others; ns */
	const atomic_uint *waiting; /* how many wait to begin; NULL: nobody gives way */
};

struct engine *engine_new(const struct engine_conf *conf, struct err *e);
struct engine *engine_join(struct engine *with, struct err *e); /* shares all that `with` keeps, and ends before it */
void engine_free(struct engine *x);                             /* accepts NULL */
/* Does one of those that share work, or wait for its turn? Any thread. */
bool engine_busy(const struct engine *x);
/* One that is going to begin on another thread counts from now on; before engine_begin. */
void engine_claim(struct engine *x);

/* Has one given way, and waits to go on? Any thread, as the next two. */
bool engine_rests(const struct engine *x);
/* It goes on: it counts as one that works from now on. While one rests, once. */
void engine_go_on(struct engine *x);
/* Nobody gives way any more, and who has goes on. */
void engine_end(struct engine *x);

/* ask->tenant says whose rows: "a", or "a|b" (federation.h). *whole is ended by the caller with part_fini; its memory is a. */
int engine_ask(struct engine *x, struct arena *a, const struct pyro_ask *ask, struct part *whole, struct err *e);
/*
 * Its turn, after engine_claim. From here on each ask is noted in a with a digest of what the head said; an
 * ask that is put again gets what the head said the first time. When *stop is not 0, asks fail with ERR_CANCELED;
 * the head is waited for until `until` (of the monotonic clock).
 */
void engine_begin(struct engine *x, struct arena *a, const atomic_int *stop, int64_t until);
/* NULL: what the head said is not all there will be, because it still reads journals. */
const struct answer_source *engine_sources(const struct engine *x, size_t *n);
/* Does the head still say to these asks what it said? */
bool engine_unchanged(struct engine *x, struct arena *a, const struct answer_source *s, size_t n);
/* How often in this question what whole blocks say was known, and was not. */
void engine_kept(const struct engine *x, uint64_t *hits, uint64_t *misses);
/* Are there new blocks that nobody has asked yet? Any thread. */
bool engine_prepares(const struct engine *x);
/* One of the questions of late is asked of one of them (prepare.h), in a turn that begins as that of a question does. False: it
   was disturbed, or there was none. */
bool engine_prepare(struct engine *x);
/* Somebody is going to ask: who prepares gives up. Any thread. */
void engine_disturb(struct engine *x);
/* After a question: memory over the limit goes back, and the turn ends. */
void engine_rest(struct engine *x);
/* What all that share had when x was made, or rested last. */
struct blocks_memory engine_memory(const struct engine *x);

#endif
