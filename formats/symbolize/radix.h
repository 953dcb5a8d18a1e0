/*
 * radix.h - sorts numbers with what belongs to them, equal keys keep their order; and finds them in what is sorted.
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

/* How many of n entries have keys below; they are sorted, of `size` bytes each, and begin with their key (uint64_t). */
static inline uint32_t keyed_below(const void *entries, uint32_t n, size_t size, uint64_t key)
{
	const char *p = entries;
	uint32_t low = 0, high = n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		uint64_t k;

		memcpy(&k, p + mid * size, sizeof(k));
		if (k < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The same of keys up to one. */
static inline uint32_t keyed_upto(const void *entries, uint32_t n, size_t size, uint64_t key)
{
	return key == UINT64_MAX ? n : keyed_below(entries, n, size, key + 1);
}

#endif
