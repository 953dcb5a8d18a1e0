/*
 * enc.c - hexadecimal, base64, percent, quotes.
 */
#include "base/enc.h"

static const char HEX[] = "0123456789abcdef";

void enc_hex(struct buf *b, struct str bytes)
{
	assert(bytes.n <= SIZE_MAX / 2);
	if (!buf_room(b, bytes.n * 2))
		return;
	for (size_t i = 0; i < bytes.n; i++) {
		unsigned char c = (unsigned char)bytes.p[i];

		b->p[b->n++] = HEX[c >> 4];
		b->p[b->n++] = HEX[c & 15];
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool enc_is_hex(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (hex_digit(text.p[i]) < 0)
			return false;
	return true;
}

int dec_hex(struct arena *a, struct str text, struct str *out, struct err *e)
{
	char *p;

	if (text.n % 2)
		return err_set(e, ERR_INVALID, "hexadecimal text has an odd number of digits (%zu)", text.n);
	p = arena_alloc(a, text.n / 2);
	for (size_t i = 0; i < text.n / 2; i++) {
		int high = hex_digit(text.p[2 * i]), low = hex_digit(text.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return err_set(e, ERR_INVALID, "not a hexadecimal digit at offset %zu", 2 * i + (high >= 0));
		p[i] = (char)(high << 4 | low);
	}
	*out = str_of(p, text.n / 2);
	return 0;
}

void enc_base64(struct buf *b, struct str bytes)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)bytes.p;
	size_t n = bytes.n;
	char *q;

	assert(n <= SIZE_MAX / 2);
	if (n == 0 || !buf_room(b, (n + 2) / 3 * 4))
		return;
	q = b->p + b->n;
	b->n += (n + 2) / 3 * 4;
	for (; n >= 3; p += 3, n -= 3) {
		uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];

		*q++ = set[v >> 18];
		*q++ = set[v >> 12 & 63];
		*q++ = set[v >> 6 & 63];
		*q++ = set[v & 63];
	}
	if (n) {
		uint32_t v = (uint32_t)p[0] << 16 | (n == 2 ? (uint32_t)p[1] << 8 : 0);

		*q++ = set[v >> 18];
		*q++ = set[v >> 12 & 63];
		*q++ = n == 2 ? set[v >> 6 & 63] : '=';
		*q++ = '=';
	}
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	if (c == '/' || c == '_')
		return 63;
	return -1;
}

int dec_base64(struct arena *a, struct str text, struct str *out, struct err *e)
{
	size_t n = text.n, used = 0;
	uint32_t v = 0;
	char *p;

	if (n && n % 4 == 0 && text.p[n - 1] == '=')
		n -= text.p[n - 2] == '=' ? 2 : 1;
	if (n % 4 == 1)
		return err_set(e, ERR_INVALID, "base64 text of %zu characters is cut short", text.n);
	p = arena_alloc(a, n / 4 * 3 + 2);
	for (size_t i = 0; i < n; i++) {
		int d = base64_digit(text.p[i]);

		if (d < 0)
			return err_set(e, ERR_INVALID, "not a base64 character at offset %zu", i);
		v = v << 6 | (uint32_t)d;
		if (i % 4)
			p[used++] = (char)(v >> (6 - 2 * (i % 4)));
	}
	*out = str_of(p, used);
	return 0;
}

static bool is_unreserved(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
	    c == '.' || c == '~';
}

void enc_percent(struct buf *b, struct str bytes)
{
	static const char upper[] = "0123456789ABCDEF";

	for (size_t i = 0; i < bytes.n; i++) {
		unsigned char c = (unsigned char)bytes.p[i];

		if (is_unreserved(c)) {
			buf_byte(b, c);
		} else {
			char hex[3] = { '%', upper[c >> 4], upper[c & 15] };

			buf_add(b, str_of(hex, sizeof(hex)));
		}
	}
}

int dec_percent(struct arena *a, struct str text, bool plus_is_blank, struct str *out, struct err *e)
{
	char *p = arena_alloc(a, text.n);
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '%') {
			int high = text.n - i > 2 ? hex_digit(text.p[i + 1]) : -1;
			int low = text.n - i > 2 ? hex_digit(text.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return err_set(e, ERR_INVALID, "%% without two hexadecimal digits at offset %zu", i);
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus_is_blank) {
			c = ' ';
		}
		p[n++] = c;
	}
	*out = str_of(p, n);
	return 0;
}

/* Length and value of the sequence in front of s, or 0 when it is not valid UTF-8. */
static size_t rune_of(struct str s, uint32_t *rune)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (n > s.n || !str_utf8(str_of(s.p, n)))
		return 0;
	*rune = n == 1 ? c : c & (0x7fu >> n);
	for (size_t i = 1; i < n; i++)
		*rune = *rune << 6 | ((unsigned char)s.p[i] & 0x3f);
	return n;
}

/* Controls, blanks other than ' ', format characters and private use: what could fool a reader. */
static bool is_hidden(uint32_t rune)
{
	static const uint32_t ranges[][2] = {
		{ 0x00, 0x1f },
		{ 0x7f, 0xa0 },
		{ 0xad, 0xad },
		{ 0x600, 0x605 },
		{ 0x61c, 0x61c },
		{ 0x6dd, 0x6dd },
		{ 0x70f, 0x70f },
		{ 0x1680, 0x1680 },
		{ 0x180e, 0x180e },
		{ 0x2000, 0x200f },
		{ 0x2028, 0x202f },
		{ 0x205f, 0x206f },
		{ 0x3000, 0x3000 },
		{ 0xd800, 0xf8ff },
		{ 0xfdd0, 0xfdef },
		{ 0xfeff, 0xfeff },
		{ 0xfff0, 0xfffb },
		{ 0xfffe, 0xffff },
		{ 0x110bd, 0x110bd },
		{ 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe00ff },
		{ 0xe01f0, 0x10ffff },
	};

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		if (rune >= ranges[i][0] && rune <= ranges[i][1])
			return true;
	return false;
}

static void quote_rune(struct buf *b, uint32_t rune, struct str bytes)
{
	static const char plain[] = "\a\b\f\n\r\t\v\\\"", letter[] = "abfnrtv\\\"";
	const char *at = rune && rune < 0x80 ? strchr(plain, (int)rune) : NULL;

	if (at) {
		buf_byte(b, '\\');
		buf_byte(b, (unsigned char)letter[at - plain]);
	} else if (!is_hidden(rune)) {
		buf_add(b, bytes);
	} else if (rune < 0x80) {
		buf_printf(b, "\\x%02x", rune);
	} else if (rune < 0x10000) {
		buf_printf(b, "\\u%04x", rune);
	} else {
		buf_printf(b, "\\U%08x", rune);
	}
}

size_t enc_utf8(char *p, uint32_t c)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n; i-- > 1; c >>= 6)
		p[i] = (char)(0x80 | (c & 0x3f));
	p[0] = (char)(lead[n] | c);
	return n;
}

void enc_quote(struct buf *b, struct str bytes)
{
	buf_byte(b, '"');
	while (bytes.n) {
		uint32_t rune = 0;
		size_t n = rune_of(bytes, &rune);

		if (n == 0)
			buf_printf(b, "\\x%02x", (unsigned char)bytes.p[0]);
		else
			quote_rune(b, rune, str_of(bytes.p, n));
		bytes = str_skip(bytes, MAX(n, (size_t)1));
	}
	buf_byte(b, '"');
}
