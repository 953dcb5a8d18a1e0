/* radix.c - see radix.h: 11 bits at a time, least significant first; digits that are all alike are passed over */
#include "formats/symbolize/radix.h"

enum { BITS = 11, DIGITS = 1 << BITS };

static bool sorted(const struct keyed *p, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (p[i].key < p[i - 1].key)
			return false;
	return true;
}

/* Few: not worth counting digits. */
static void insert_sort(struct keyed *p, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct keyed k = p[i];
		size_t j = i;

		for (; j > 0 && p[j - 1].key > k.key; j--)
			p[j] = p[j - 1];
		p[j] = k;
	}
}

void radix_sort(struct keyed *p, struct keyed *tmp, size_t n)
{
	struct keyed *from = p, *to = tmp;
	uint64_t same = UINT64_MAX;

	if (n < 2 || sorted(p, n))
		return;
	if (n < 48) {
		insert_sort(p, n);
		return;
	}
	for (size_t i = 1; i < n; i++)
		same &= ~(p[i].key ^ p[0].key);
	for (unsigned shift = 0; shift < 64; shift += BITS) {
		size_t count[DIGITS] = { 0 }, at = 0;
		struct keyed *swap;

		if ((~same >> shift & (DIGITS - 1)) == 0)
			continue;
		for (size_t i = 0; i < n; i++)
			count[from[i].key >> shift & (DIGITS - 1)]++;
		for (size_t d = 0; d < DIGITS; d++) {
			size_t here = count[d];

			count[d] = at;
			at += here;
		}
		for (size_t i = 0; i < n; i++)
			to[count[from[i].key >> shift & (DIGITS - 1)]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	if (from != p)
		memcpy(p, from, n * sizeof(*p));
}
