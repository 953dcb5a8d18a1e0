/*
 * hash.h - the hashes and checksums that formats need, by their names.
 */
#ifndef HASH_H
#define HASH_H

#include "base/str.h"

uint64_t hash_str(struct str s);    /* XXH3-64, for tables that outsiders cannot fill at will */
uint64_t hash_seeded(struct str s); /* XXH3-64 with this process's random seed */
/* XXH3-128 with the seed: for texts that are long to compare; two that are not equal never share it. */
struct hash128 {
	uint64_t low, high;
};
struct hash128 hash_seeded_128(struct str s);
void hash_seed(uint64_t seed);                    /* set once at start (io/entropy.h gives the number) */
uint64_t hash_xxh64(struct str s, uint64_t seed); /* label and partition fingerprints */
uint32_t hash_fnv1a_32(struct str s);
uint32_t crc32c(uint32_t crc, struct str s);     /* Castagnoli; start with 0, may be continued */
uint32_t crc32_ieee(uint32_t crc, struct str s); /* zlib's; start with 0 */

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
	__uint128_t m = (__uint128_t)(a ^ 0x9e3779b97f4a7c15u) * (b ^ 0xe7037ed1a0b428dbu);

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* a and b go into h, which begins as something that outsiders do not know, so that they cannot choose what collides. */
static inline struct hash128 hash_mix_128(struct hash128 h, uint64_t a, uint64_t b)
{
	return (struct hash128){ hash_mix(h.low ^ a, h.high ^ b), hash_mix(h.high ^ a, h.low ^ b) };
}

#endif
