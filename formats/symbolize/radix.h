/*
 * radix.h - sorts numbers with what belongs to them; equal keys keep their order.
 */
#ifndef SYMBOLIZE_RADIX_H
#define SYMBOLIZE_RADIX_H

#include "base/base.h"

struct keyed {
	uint64_t key;
	uint32_t value;
};

/* tmp: room for n more. The result is in p. */
void radix_sort(struct keyed *p, struct keyed *tmp, size_t n);

#endif
