/*
 * lanes.h - who is next: a queue for each tenant, whose turns come in order,
 * and within it turns of its clients, so that neither a tenant nor a client
 * with many questions keeps the others waiting for all of them.
 *
 *	struct lanes l = { .max = 100 };
 *	if (!lanes_put(&l, tenant, &q->place, &instead)) refuse(q);
 *	else if (instead != NULL) refuse(its question);
 *	w = lanes_take(&l);                      // NULL: nobody waits
 *
 * A question of a client that has n waiting is served after the n-th of every
 * other client. Where a queue is full, who has fewer waiting takes the place
 * of the last one of who has more.
 */
#ifndef LANES_H
#define LANES_H

#include <stdatomic.h>

#include "base/str.h"
#include "base/vec.h"

struct waiting {
	struct waiting *next; /* the queue's */
	struct str client;    /* set by the caller, for as long as it waits */
	uint64_t round;       /* the queue's */
	bool stays;           /* others wait with it: it makes no place */
};

struct lane {
	char *tenant;
	struct waiting *first; /* ascending rounds; never NULL */
	size_t n;
	uint64_t round; /* of who was taken last */
};

struct lanes {
	VEC(struct lane) v;
	size_t turn;   /* the lane that is next */
	size_t max;    /* of one tenant */
	atomic_uint n; /* that wait; others may read it */
};

void lanes_fini(struct lanes *l);
/* False: there is no place. *instead: who has lost its place, or NULL. */
bool lanes_put(struct lanes *l, struct str tenant, struct waiting *w, struct waiting **instead);
/* Whatever the number. */
void lanes_add(struct lanes *l, struct str tenant, struct waiting *w);
struct waiting *lanes_take(struct lanes *l);
/* False: it does not wait. */
bool lanes_remove(struct lanes *l, struct waiting *w);
/* The first that is what is looked for, or NULL. */
struct waiting *lanes_find(const struct lanes *l, bool (*is)(struct waiting *w, const void *ctx), const void *ctx);

#endif
