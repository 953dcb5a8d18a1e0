/*
 * clock_real.c - the clock that the rest of the world uses.
 */
#include <time.h>

#include "base/clock.h"

static int64_t now_of(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static int64_t real_wall(const struct clock *c)
{
	(void)c;
	return now_of(CLOCK_REALTIME);
}

static int64_t real_mono(const struct clock *c)
{
	(void)c;
	return now_of(CLOCK_MONOTONIC);
}

const struct clock *clock_real(void)
{
	static const struct clock real = { real_wall, real_mono };

	return &real;
}

int64_t clock_cpu(void)
{
	return now_of(CLOCK_THREAD_CPUTIME_ID);
}
