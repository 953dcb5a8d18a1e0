/*
 * wrap.h - arithmetic on numbers of strangers: values of samples and times of
 * questions may be anything, and their sums wrap around, as they do in the
 * original. Plain + and * on them are undefined when they overflow.
 */
#ifndef WRAP_H
#define WRAP_H

#include "base/base.h"

static inline int64_t wrap_add(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static inline int64_t wrap_sub(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b);
}

static inline int64_t wrap_mul(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a * (uint64_t)b);
}

#endif
