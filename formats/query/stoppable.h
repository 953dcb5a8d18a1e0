/*
 * stoppable.h - a dataset that can be stopped from another thread while it is
 * asked: every question to it fails with ERR_CANCELED from then on, a scan
 * between two rows. Its owner hears when a question has what it needs, and
 * may let a long one rest between two rows of samples and between two sets.
 *
 *	struct stoppable s;
 *	stoppable_init(&s, block, &stop);
 *	ask_run(a, &ask, (struct dataset *[]){ &s.set }, 1, &part, e);
 */
#ifndef STOPPABLE_H
#define STOPPABLE_H

#include <stdatomic.h>

#include "formats/query/dataset.h"

struct stoppable {
	struct dataset set;
	struct dataset_ops ops;
	struct dataset *in; /* borrowed */
	const atomic_int *stop;
	/* Set by the caller, or NULL. */
	void (*rested)(void *ctx, const struct dataset *in);
	bool (*enough)(void *ctx); /* shall the question rest? */
	void (
	    *pause)(void *ctx, const struct dataset *in); /* it rests in here; in: what it has of that stays, or NULL */
	void *ctx;
};

/* stop: not 0 stops. */
void stoppable_init(struct stoppable *s, struct dataset *in, const atomic_int *stop);

#endif
