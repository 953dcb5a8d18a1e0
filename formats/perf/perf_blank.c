/* perf_blank.c - see perf_blank.h */
#include "formats/perf/perf_blank.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __SSE2__
/* Of 64 bytes: a line feed with another, or CR, behind it. */
static uint64_t blank_bits(const char *p)
{
	const __m128i lf = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r');
	uint64_t bits = 0;

	for (int i = 0; i < 4; i++) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
		__m128i y = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i + 1));
		__m128i hit = _mm_and_si128(_mm_cmpeq_epi8(x, lf),
		    _mm_or_si128(_mm_cmpeq_epi8(y, lf), _mm_cmpeq_epi8(y, cr)));

		bits |= (uint64_t)(unsigned)_mm_movemask_epi8(hit) << 16 * i;
	}
	return bits;
}
#endif

const char *perf_find_blank(const char *p, const char *end)
{
#ifdef __SSE2__
	while (end - p > 64) {
		uint64_t bits = blank_bits(p);

		for (; bits; bits &= bits - 1) {
			const char *at = p + __builtin_ctzll(bits);

			if (at[1] == '\n' || (end - at > 2 && at[2] == '\n'))
				return at;
		}
		p += 64;
	}
#endif
	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL && end - p > 1) {
		if (p[1] == '\n' || (p[1] == '\r' && end - p > 2 && p[2] == '\n'))
			return p;
		p++;
	}
	return end;
}

uint64_t perf_count_lines(struct str s)
{
	uint64_t n = 0;

#ifdef __SSE2__
	const __m128i lf = _mm_set1_epi8('\n'), zero = _mm_setzero_si128();

	while (s.n >= 16) {
		__m128i sums = zero;
		size_t steps = MIN(s.n / 16, (size_t)255); /* of bytes that count each their own column */

		for (size_t i = 0; i < steps; i++)
			sums = _mm_sub_epi8(sums,
			    _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(s.p + 16 * i)), lf));
		sums = _mm_sad_epu8(sums, zero);
		n += (uint64_t)_mm_cvtsi128_si32(sums) + (uint64_t)_mm_extract_epi16(sums, 4);
		s = str_skip(s, 16 * steps);
	}
#endif
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '\n';
	return n;
}
