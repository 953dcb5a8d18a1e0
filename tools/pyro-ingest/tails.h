/*
 * tails.h - who watches the profiles that come in: each reader has a selector and a queue of frames (tail_frame.h).
 *
 *	struct tail x = { .tenant = ..., .selector = ..., .home = loop, .wake.fn = more };
 *	if (tails_add(t, &x, e) < 0) ...                ERR_LIMIT: there are as many as may be
 *	...                                             wake comes when there is something new:
 *	tails_awake(t, &x);                             first, and then, also when there is room again
 *	while (room && tails_next(t, &x, &buf)) ...
 *	if (!tails_remove(t, &x)) free(x);              else when wake comes
 *
 * Pushes offer from their threads and wait for nobody: what does not fit into a queue is counted, and the reader is
 * told before anything else. Without a reader an offer is one load. A lock guards the list and the queues; encoding is
 * done outside of it, once for all readers.
 */
#ifndef TAILS_H
#define TAILS_H

#include "formats/head/head.h"
#include "formats/labels/matcher.h"
#include "proc/loop.h"

enum { TAIL_QUEUE = 8 << 20 }; /* bytes of frames that wait for one reader */

struct tails;
struct counters;

struct tail {
	struct str tenant;        /* the owner's, like the selector, until it is removed */
	struct selector selector; /* of labels that are stored */
	struct loop *home;
	struct task wake;
	/* Of tails.c: */
	struct tail *next;
	struct tail_item *first, *last;
	size_t bytes;
	uint64_t lost;
	bool woken;
};

struct tails *tails_new(uint32_t max, struct counters *counters);
void tails_free(struct tails *t); /* accepts NULL; nobody is left */
int tails_add(struct tails *t, struct tail *x, struct err *e);
/* True: wake is on its way, and x must stay until it has come. */
bool tails_remove(struct tails *t, struct tail *x);
void tails_awake(struct tails *t, struct tail *x); /* wake has come, and may come again */
/* Appends the next frame; false: there is none. On x's home. */
bool tails_next(struct tails *t, struct tail *x, struct buf *out);

bool tails_any(const struct tails *t); /* accepts NULL */
/* A part of a profile that was stored; any thread. */
void tails_offer(struct tails *t, struct str tenant, const struct head_push *p);

#endif
