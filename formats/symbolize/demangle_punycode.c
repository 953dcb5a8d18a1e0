/* demangle_punycode.c - RFC 3492, with _ instead of - before the digits, as RFC 2603 has it */
#include "formats/symbolize/demangle_impl.h"

bool demangle_punycode(struct str s, uint32_t *chars, size_t *count)
{
	uint32_t code = 128;
	uint64_t i = 0, bias = 72;
	size_t n = 0, at = str_rfind(s, '_');
	bool first = true;

	if (at == s.n)
		at = 0;
	else {
		for (; n < at && n < DEMANGLE_PUNY; n++)
			chars[n] = (unsigned char)s.p[n];
		at++;
	}
	while (at < s.n) {
		uint64_t old = i, w = 1, delta;

		for (uint64_t k = 36;; k += 36) {
			char c = at < s.n ? s.p[at++] : '\0';
			uint64_t d = c >= 'a' && c <= 'z' ? (uint64_t)(c - 'a')
			    : c >= '0' && c <= '9'        ? (uint64_t)(c - '0') + 26
							  : 36;
			uint64_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;

			if (d == 36 || w > UINT32_MAX)
				return false;
			i += d * w;
			if (d < t)
				break;
			w *= 36 - t;
		}
		if (n == DEMANGLE_PUNY || i > UINT32_MAX)
			return false;
		n++;
		delta = (i - old) / (first ? 700 : 2);
		first = false;
		delta += delta / n;
		bias = 0;
		for (; delta > 455; bias += 36)
			delta /= 35;
		bias += 36 * delta / (delta + 38);
		code += (uint32_t)(i / n);
		i %= n;
		if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
			return false;
		memmove(chars + i + 1, chars + i, (n - 1 - i) * sizeof(*chars));
		chars[i++] = code;
	}
	*count = n;
	return true;
}
