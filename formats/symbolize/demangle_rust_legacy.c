/*
 * demangle_rust_legacy.c - names of Rust before RFC 2603: _ZN, parts with their
 * lengths, the last one h and 16 hex digits
 */
#include "base/enc.h"
#include "formats/symbolize/demangle_impl.h"

static bool next_part(struct str *s, struct str *part)
{
	size_t n = 0, i = 0;

	while (i < s->n && s->p[i] >= '0' && s->p[i] <= '9' && n < s->n)
		n = n * 10 + (size_t)(s->p[i++] - '0');
	if (i == 0 || n == 0 || n > s->n - i)
		return false;
	*part = str_of(s->p + i, n);
	*s = str_skip(*s, i + n);
	return true;
}

static bool is_hash(struct str s)
{
	if (s.n != 17 || s.p[0] != 'h')
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!demangle_is_hex(s.p[i]))
			return false;
	return true;
}

/* $LT$ and the like, $u7e$, and .. for ::. */
static void legacy_part(struct str s, struct buf *out)
{
	static const struct {
		const char *in, *text;
	} words[] = { { "$SP$", "@" }, { "$BP$", "*" }, { "$RF$", "&" }, { "$LT$", "<" }, { "$GT$", ">" },
		{ "$LP$", "(" }, { "$RP$", ")" }, { "$C$", "," } };

	if (str_prefix(s, STR("_$")))
		s = str_skip(s, 1);
	while (s.n > 0) {
		size_t k = 0, n = 1;

		for (; k < ARRAY_LEN(words) && !str_prefix(s, str_cstr(words[k].in)); k++)
			;
		if (k < ARRAY_LEN(words)) {
			buf_add(out, str_cstr(words[k].text));
			n = strlen(words[k].in);
		} else if (str_prefix(s, STR("$u"))) {
			uint32_t c;
			char utf8[4];

			for (n = 2; n < s.n && n < 8 && demangle_is_hex(s.p[n]); n++)
				;
			c = (uint32_t)demangle_hex(str_of(s.p + 2, n - 2));
			if (n == 2 || n >= s.n || s.p[n] != '$' || c < 32 || c > 0x10ffff ||
			    (c >= 0xd800 && c < 0xe000)) {
				buf_byte(out, '$');
				n = 1;
			} else {
				buf_add(out, str_of(utf8, enc_utf8(utf8, c)));
				n++;
			}
		} else if (str_prefix(s, STR(".."))) {
			buf_add(out, STR("::"));
			n = 2;
		} else
			buf_byte(out, (unsigned char)s.p[0]);
		s = str_skip(s, n);
	}
}

bool demangle_rust_legacy(struct str name, bool full, struct buf *out)
{
	struct str s = name, part, last = STR_NONE, rest;
	unsigned n = 0;

	if (!str_prefix(s, STR("_ZN")))
		return false;
	rest = s = str_skip(s, 3);
	for (; next_part(&s, &part); n++)
		last = part;
	if (n < 2 || !is_hash(last) || s.n == 0 || s.p[0] != 'E')
		return false;
	for (unsigned i = 0; next_part(&rest, &part) && (i + 1 < n || full); i++) {
		if (i > 0)
			buf_add(out, STR("::"));
		legacy_part(part, out);
	}
	return true;
}
