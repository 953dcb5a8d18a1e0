/*
 * hash.c - hashes and checksums.
 */
#include "base/hash.h"

#include <libdeflate.h>
#include <pthread.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#ifdef __x86_64__
#include <nmmintrin.h>
#endif

static uint64_t process_seed = 0x5bd1e995u;

void hash_seed(uint64_t seed)
{
	process_seed = seed;
}

uint64_t hash_str(struct str s)
{
	return XXH3_64bits(s.n ? s.p : "", s.n);
}

uint64_t hash_seeded(struct str s)
{
	return XXH3_64bits_withSeed(s.n ? s.p : "", s.n, process_seed);
}

struct hash128 hash_seeded_128(struct str s)
{
	XXH128_hash_t h = XXH3_128bits_withSeed(s.n ? s.p : "", s.n, process_seed);

	return (struct hash128){ h.low64, h.high64 };
}

uint64_t hash_xxh64(struct str s, uint64_t seed)
{
	return XXH64(s.n ? s.p : "", s.n, seed);
}

uint32_t hash_fnv1a_32(struct str s)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 16777619u;
	return h;
}

/* crc_table[k][b]: the checksum of byte b followed by k zero bytes. */
static uint32_t crc_table[8][256];
static pthread_once_t crc_once = PTHREAD_ONCE_INIT;

static void crc_table_make(void)
{
	for (uint32_t b = 0; b < 256; b++) {
		uint32_t c = b;

		for (int i = 0; i < 8; i++)
			c = c & 1 ? (c >> 1) ^ 0x82f63b78u : c >> 1;
		crc_table[0][b] = c;
	}
	for (int k = 1; k < 8; k++)
		for (int b = 0; b < 256; b++) {
			uint32_t c = crc_table[k - 1][b];

			crc_table[k][b] = (c >> 8) ^ crc_table[0][c & 0xff];
		}
}

static uint32_t crc32c_table(uint32_t crc, const char *p, size_t n)
{
	pthread_once(&crc_once, crc_table_make);
	for (; n >= 8; p += 8, n -= 8) {
		uint64_t w;

		memcpy(&w, p, sizeof(w));
		w ^= crc;
		crc = 0;
		for (int k = 0; k < 8; k++, w >>= 8)
			crc ^= crc_table[7 - k][w & 0xff];
	}
	for (; n; p++, n--)
		crc = (crc >> 8) ^ crc_table[0][(crc ^ (unsigned char)*p) & 0xff];
	return crc;
}

#ifdef __x86_64__
static __attribute__((target("sse4.2"))) uint32_t crc32c_sse(uint32_t crc, const char *p, size_t n)
{
	uint64_t c = crc;

	for (; n >= 8; p += 8, n -= 8) {
		uint64_t w;

		memcpy(&w, p, sizeof(w));
		c = _mm_crc32_u64(c, w);
	}
	crc = (uint32_t)c;
	if (n & 4) {
		uint32_t w;

		memcpy(&w, p, sizeof(w));
		crc = _mm_crc32_u32(crc, w);
		p += 4;
	}
	if (n & 2) {
		uint16_t w;

		memcpy(&w, p, sizeof(w));
		crc = _mm_crc32_u16(crc, w);
		p += 2;
	}
	if (n & 1)
		crc = _mm_crc32_u8(crc, (unsigned char)*p);
	return crc;
}
#endif

uint32_t crc32c(uint32_t crc, struct str s)
{
#ifdef __x86_64__
	if (LIKELY(__builtin_cpu_supports("sse4.2")))
		return ~crc32c_sse(~crc, s.p, s.n);
#endif
	return ~crc32c_table(~crc, s.p, s.n);
}

uint32_t crc32_ieee(uint32_t crc, struct str s)
{
	return s.n ? libdeflate_crc32(crc, s.p, s.n) : crc;
}
