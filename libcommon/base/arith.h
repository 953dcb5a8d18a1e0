/*
 * arith.h - arithmetic that C leaves undefined or rounds the other way.
 *
 * Values of samples and times of questions come from strangers and may be
 * anything; their sums wrap around, as they do in the original.
 */
#ifndef ARITH_H
#define ARITH_H

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

/* b > 0; towards minus infinity. */
static inline int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* The greatest common divisor; that of a number and 0 is the number. */
static inline uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t r = a % b;

		a = b;
		b = r;
	}
	return a;
}

/* The largest of n numbers; 0 of none. Four at a time, because each comparison waits for the one before. */
static inline uint32_t largest_u32(const uint32_t *p, size_t n)
{
	uint32_t a = 0, b = 0, c = 0, d = 0;
	size_t i = 0;

	for (; i + 4 <= n; i += 4) {
		a = MAX(a, p[i]);
		b = MAX(b, p[i + 1]);
		c = MAX(c, p[i + 2]);
		d = MAX(d, p[i + 3]);
	}
	for (; i < n; i++)
		a = MAX(a, p[i]);
	a = MAX(a, b);
	c = MAX(c, d);
	return MAX(a, c);
}

static inline int64_t floor_ms(int64_t ns)
{
	return floor_div(ns, NS_PER_MS);
}

#endif
