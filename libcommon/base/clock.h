/*
 * clock.h - who says what time it is. Decisions take times as values; the
 * few places that need the present ask a clock they were given.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include "base/base.h"

struct clock {
	int64_t (*wall)(const struct clock *c); /* unix time */
	int64_t (*mono)(const struct clock *c); /* never goes back */
};

/* io/clock_real.c */
const struct clock *clock_real(void);
int64_t clock_cpu(void); /* CPU time of this thread */

#endif
