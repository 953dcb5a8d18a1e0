/*
 * engine.h - one question to all places: the head (pyro-ingest's, over its
 * socket) and the blocks that were published at the moment the head answered,
 * so that every row is seen once.
 *
 * An engine belongs to one thread; questions wait for the head's answer.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include "formats/query/ask.h"

struct engine;

struct engine_conf {
	const char *data; /* the data folder */
	const char *head; /* "unix:/path" of pyro-ingest; "" = no head, only blocks on disk */
	size_t block_memory;
	int64_t timeout; /* of the head's answer */
};

struct engine *engine_new(const struct engine_conf *conf, struct err *e);
void engine_free(struct engine *x); /* accepts NULL */

/* ask->tenant says whose rows. *whole is ended by the caller with part_fini; its memory is a. */
int engine_ask(struct engine *x, struct arena *a, const struct pyro_ask *ask, struct part *whole, struct err *e);
/* After a question: gives memory back that is over the limit. */
void engine_rest(struct engine *x);

#endif
