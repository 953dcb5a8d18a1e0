/*
 * stoppable.h - a dataset that can be stopped from another thread while it is
 * asked: every question to it fails with ERR_CANCELED from then on, a scan
 * between two rows. And its owner hears when a question has what it needs.
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
	void (*rested)(void *ctx, const struct dataset *in); /* set by the caller, or NULL */
	void *ctx;
};

/* stop: not 0 stops. */
void stoppable_init(struct stoppable *s, struct dataset *in, const atomic_int *stop);

#endif
