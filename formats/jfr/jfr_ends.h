/*
 * jfr_ends.h - where integers and frames end, 64 bytes at a time: a bit for
 * each byte, the lowest is the first.
 *
 *	ends = jfr_ends(p);             bytes below 0x80
 *	ends = jfr_frame_ends(ends);    those of them that end a frame, if one begins at p
 *	if (jfr_far(ends)) ...          something is longer than a word
 */
#ifndef JFR_ENDS_H
#define JFR_ENDS_H

#include <assert.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif
#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "base/base.h"

enum { JFR_FRAME_FIELDS = 4 }; /* integers */

#define JFR_TOPS UINT64_C(0x8080808080808080)

enum { JFR_BLOCK = 64, JFR_BLOCK_ROOM = JFR_BLOCK + 8 }; /* bytes; room: of a word from any byte of a block */

#ifdef __SSE2__
static inline uint64_t jfr_tops16(const uint8_t *p)
{
	return (unsigned)_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)p));
}
#else
static inline uint64_t jfr_tops16(const uint8_t *p)
{
	uint64_t word[2];

	memcpy(word, p, sizeof(word));
	/* each product has the lowest bit of each byte in its highest byte */
	for (unsigned i = 0; i < 2; i++)
		word[i] = ((word[i] & JFR_TOPS) >> 7) * UINT64_C(0x0102040810204080) >> 56;
	return word[0] | word[1] << 8;
}
#endif

/* Of a block: the bytes below 0x80, each of which ends an integer that has eight bytes at most. */
static inline uint64_t jfr_ends(const uint8_t *p)
{
	return ~(jfr_tops16(p) | jfr_tops16(p + 16) << 16 | jfr_tops16(p + 32) << 32 | jfr_tops16(p + 48) << 48);
}

/* Of a block with these ends: the bytes that begin eight which end nothing. */
static inline uint64_t jfr_far(uint64_t ends)
{
	uint64_t far = ~ends;

	far &= far >> 1;
	far &= far >> 2;
	return far & far >> 4;
}

/* Of set bits, the second, the fourth ... */
static inline uint64_t jfr_every_second(uint64_t bits)
{
	uint64_t odd = bits ^ bits << 1; /* whether the number of bits up to this one is, of two; of four ... */

	odd ^= odd << 2;
	odd ^= odd << 4;
	odd ^= odd << 8;
	odd ^= odd << 16;
	odd ^= odd << 32;
	return bits & ~odd;
}

/* A frame's last integer ends at every fourth end of one. */
static inline uint64_t jfr_frame_ends(uint64_t ends)
{
	static_assert(JFR_FRAME_FIELDS == 4, "the last integer of a frame is the second of every second");
	return jfr_every_second(jfr_every_second(ends));
}

/* Of set bits the first n, or all that there are. */
static inline uint64_t jfr_first_bits(uint64_t bits, uint64_t n)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t counts = bits - (bits >> 1 & UINT64_C(0x5555555555555555)), rest;
	unsigned at;

	/* in byte i: how many are set in bytes 0 .. i */
	counts = (counts & UINT64_C(0x3333333333333333)) + (counts >> 2 & UINT64_C(0x3333333333333333));
	counts = ((counts + (counts >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f)) * ones;
	if (n >= counts >> 56)
		return bits;
	/* the byte of the first that is too much */
	at = (unsigned)__builtin_ctzll(((counts | JFR_TOPS) - (n + 1) * ones) & JFR_TOPS) & ~7u;
	rest = bits >> at << at;
	for (n -= (counts << 8 >> at) & 0xff; n > 0; n--)
		rest &= rest - 1;
	return bits & ((rest & -rest) - 1);
}

#ifdef __x86_64__
#define JFR_BITS __attribute__((target("pclmul,bmi,bmi2,popcnt")))
#define JFR_HAS_BITS                                                                                            \
	(__builtin_cpu_supports("pclmul") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && \
	    __builtin_cpu_supports("popcnt"))

static inline JFR_BITS uint64_t jfr_first_bits_bmi(uint64_t bits, uint64_t n)
{
	return _pdep_u64(n < 64 ? (UINT64_C(1) << n) - 1 : ~UINT64_C(0), bits);
}

/* The product without carries with all ones is what the shifts of jfr_every_second make. */
static inline JFR_BITS uint64_t jfr_every_second_clmul(uint64_t bits)
{
	__m128i odd = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)bits), _mm_set1_epi8(-1), 0);

	return bits & ~(uint64_t)_mm_cvtsi128_si64(odd);
}

static inline JFR_BITS uint64_t jfr_frame_ends_clmul(uint64_t ends)
{
	return jfr_every_second_clmul(jfr_every_second_clmul(ends));
}
#endif

#endif
