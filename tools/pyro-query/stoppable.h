/*
 * stoppable.h - a dataset that can be stopped from another thread while it is
 * asked: every question to it fails with ERR_CANCELED from then on, a scan
 * between two rows.
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
	struct dataset *in; /* borrowed */
	const atomic_int *stop;
};

/* stop: not 0 stops. */
void stoppable_init(struct stoppable *s, struct dataset *in, const atomic_int *stop);

#endif
