/*
 * bits.h - the two primitives that Parquet's integer encodings share: bits
 * out of a little-endian, LSB-first stream, and LEB128 with an end.
 */
#ifndef PARQUET_BITS_H
#define PARQUET_BITS_H

#include "base/base.h"

/* w bits (0..64) at bit offset `bit`. Reads up to 9 bytes from the byte they begin in. */
static inline __attribute__((always_inline)) uint64_t bits_at(const uint8_t *p, unsigned bit, unsigned w)
{
	unsigned shift = bit % 8;
	uint64_t v;

	if (w == 0)
		return 0;
	memcpy(&v, p + bit / 8, 8);
	v >>= shift;
	if (shift + w > 64)
		v |= (uint64_t)p[bit / 8 + 8] << (64 - shift);
	return w == 64 ? v : v & ((UINT64_C(1) << w) - 1);
}

/* Moves *p behind the number. False: the end came first, or it does not fit in 64 bits. */
static inline bool bits_uvarint(const uint8_t **p, const uint8_t *end, uint64_t *v)
{
	uint64_t x = 0;

	for (unsigned shift = 0; shift < 64 && *p < end; shift += 7) {
		uint8_t c = *(*p)++;

		if (shift == 63 && c > 1)
			return false;
		x |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80) {
			*v = x;
			return true;
		}
	}
	return false;
}

#endif
