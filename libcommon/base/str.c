/*
 * str.c - borrowed bytes.
 */
#include "base/str.h"

int str_cmp(struct str a, struct str b)
{
	size_t n = MIN(a.n, b.n);
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

static unsigned char lower(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 'A' && u <= 'Z' ? (unsigned char)(u | 0x20) : u;
}

bool str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool str_prefix(struct str s, struct str prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool str_suffix(struct str s, struct str suffix)
{
	return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

struct str str_skip(struct str s, size_t n)
{
	n = MIN(n, s.n);
	return n ? str_of(s.p + n, s.n - n) : s;
}

struct str str_unmarked(struct str s)
{
	return str_prefix(s, STR("\xef\xbb\xbf")) ? str_skip(s, 3) : s;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	while (s.n && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	return s;
}

size_t str_find(struct str s, char c)
{
	const char *p = s.n ? memchr(s.p, c, s.n) : NULL;

	return p ? (size_t)(p - s.p) : s.n;
}

size_t str_rfind(struct str s, char c)
{
	const char *p = s.n ? memrchr(s.p, c, s.n) : NULL;

	return p ? (size_t)(p - s.p) : s.n;
}

size_t str_search(struct str s, struct str needle)
{
	const char *p;

	if (needle.n == 0)
		return 0;
	p = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
	return p ? (size_t)(p - s.p) : s.n;
}

struct str str_cut(struct str *rest, char sep)
{
	size_t n = str_find(*rest, sep);
	struct str part = { rest->p, n };

	*rest = str_skip(*rest, n < rest->n ? n + 1 : n);
	return part;
}

/* Length of the non-ASCII sequence at p (left bytes remain), or 0 when it is not valid. */
static size_t utf8_tail(const unsigned char *p, size_t left)
{
	unsigned c = p[0];
	unsigned low = 0x80, high = 0xbf; /* of the second byte */
	size_t n;

	if (c < 0xc2 || c > 0xf4)
		return 0;
	n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (n > left)
		return 0;
	if (c == 0xe0)
		low = 0xa0;
	else if (c == 0xed)
		high = 0x9f;
	else if (c == 0xf0)
		low = 0x90;
	else if (c == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* No byte above 0x7f: words, the last one overlapping. */
static bool ascii(const unsigned char *p, size_t n)
{
	uint64_t w, high = 0;
	uint32_t h;

	if (n >= sizeof(w)) {
		for (size_t i = 0; i < n - sizeof(w); i += sizeof(w)) {
			memcpy(&w, p + i, sizeof(w));
			high |= w;
		}
		memcpy(&w, p + n - sizeof(w), sizeof(w));
		return ((high | w) & 0x8080808080808080u) == 0;
	}
	if (n >= sizeof(h)) {
		memcpy(&h, p, sizeof(h));
		high = h;
		memcpy(&h, p + n - sizeof(h), sizeof(h));
		return ((high | h) & 0x80808080u) == 0;
	}
	for (size_t i = 0; i < n; i++)
		high |= p[i];
	return high < 0x80;
}

bool str_utf8(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0, n;

	if (LIKELY(ascii(p, s.n)))
		return true;
	while (i < s.n) {
		n = p[i] < 0x80 ? 1 : utf8_tail(p + i, s.n - i);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}
