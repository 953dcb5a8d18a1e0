/*
 * pauses.h - new blocks are prepared (prepare.h) on a carrier that no question needs, one step at a time. On the loop's thread.
 */
#ifndef PAUSES_H
#define PAUSES_H

#include "proc/pool.h"
#include "tools/pyro-query/carriers.h"

struct pauses {
	struct carriers *carriers;
	struct pool *pool; /* with a thread for the carrier */
	struct loop *loop;
	void (*over)(void *ctx, bool prepared); /* the carrier is free again */
	void *ctx;

	struct job job; /* its own, and below */
	struct carrier *carrier;
	bool prepared;
};

/* Nobody waits for an answer. If there is something to prepare, that begins, and `over` follows. */
void pauses_use(struct pauses *p);
/* Somebody does, or it is the end: what has begun ends soon. */
void pauses_disturb(struct pauses *p);

#endif
