/* folded_utf16.c - see folded_utf16.h */
#include "formats/folded/folded_utf16.h"

#include "base/enc.h"

/* UTF-16 in UTF-8, which is at most half as long again. Halves of pairs become U+FFFD. */
static struct str from_utf16(struct arena *a, struct str s, bool big)
{
	char *out = arena_alloc(a, s.n / 2 * 3 + 4), *p = out;

	for (size_t i = 2; i + 1 < s.n; i += 2) {
		unsigned hi = (unsigned char)s.p[i + !big], lo = (unsigned char)s.p[i + big], c = hi << 8 | lo;

		if (c >= 0xd800 && c < 0xdc00 && i + 3 < s.n) {
			unsigned next = (unsigned)(unsigned char)s.p[i + 2 + !big] << 8 |
			    (unsigned char)s.p[i + 2 + big];

			if (next >= 0xdc00 && next < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (next - 0xdc00);
				i += 2;
			}
		}
		if (c >= 0xd800 && c < 0xe000)
			c = 0xfffd;
		p += enc_utf8(p, c);
	}
	return str_of(out, (size_t)(p - out));
}

bool folded_is_utf16(struct str s)
{
	return str_prefix(s, STR("\xff\xfe")) || str_prefix(s, STR("\xfe\xff"));
}

struct str folded_utf8(struct arena *a, struct str s)
{
	return folded_is_utf16(s) ? from_utf16(a, s, s.p[0] == '\xfe') : s;
}
