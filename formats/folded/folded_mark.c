/* folded_mark.c - see folded_mark.h */
#include "formats/folded/folded_mark.h"

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
		if (c < 0x80) {
			*p++ = (char)c;
			continue;
		}
		if (c < 0x800) {
			*p++ = (char)(0xc0 | c >> 6);
		} else if (c < 0x10000) {
			*p++ = (char)(0xe0 | c >> 12);
			*p++ = (char)(0x80 | (c >> 6 & 0x3f));
		} else {
			*p++ = (char)(0xf0 | c >> 18);
			*p++ = (char)(0x80 | (c >> 12 & 0x3f));
			*p++ = (char)(0x80 | (c >> 6 & 0x3f));
		}
		*p++ = (char)(0x80 | (c & 0x3f));
	}
	return str_of(out, (size_t)(p - out));
}

bool folded_is_utf16(struct str s)
{
	return str_prefix(s, STR("\xff\xfe")) || str_prefix(s, STR("\xfe\xff"));
}

struct str folded_unmark(struct arena *a, struct str s)
{
	if (folded_is_utf16(s))
		return from_utf16(a, s, s.p[0] == '\xfe');
	return str_prefix(s, STR("\xef\xbb\xbf")) ? str_skip(s, 3) : s;
}
