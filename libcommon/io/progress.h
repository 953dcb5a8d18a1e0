/*
 * progress.h - one line on standard error that rewrites itself, at most ten
 * times a second, and only when standard error is a terminal; otherwise nothing.
 *
 *	struct progress p;
 *	progress_init(&p, "merging", total, clock_real());
 *	... progress_add(&p, n); ...
 *	progress_fini(&p);                      // wipes the line
 *
 * One thread. Bytes are shown; total 0 means that nobody knows it.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "base/clock.h"

struct progress {
	const char *what; /* borrowed */
	uint64_t done, total;
	const struct clock *clock;
	int64_t start, next; /* ns of the monotonic clock */
	int fd;              /* -1: stay silent */
	bool shown;
};

void progress_init(struct progress *p, const char *what, uint64_t total, const struct clock *c);
void progress_add(struct progress *p, uint64_t n);
void progress_fini(struct progress *p);

#endif
