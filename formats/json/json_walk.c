/*
 * json_walk.c - structure, strings and words; the inner loop looks at eight
 * bytes of a string at once, what is rare (escapes, faults) stands apart.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/enc.h"
#include "formats/json/json_walk_impl.h"

void jwalk_init(struct jwalk *j, struct arena *a, struct str text, struct err *e)
{
	j->p = j->start = text.n ? text.p : "";
	j->end = j->start + text.n;
	j->a = a;
	j->e = e;
	j->depth = 0;
	j->first = j->failed = j->cut = false;
}

void jwalk_sub(struct jwalk *sub, const struct jwalk *j, const char *at)
{
	sub->p = at;
	sub->start = j->start;
	sub->end = j->end;
	sub->a = j->a;
	sub->e = j->e;
	sub->depth = 0;
	sub->first = sub->failed = sub->cut = false;
}

/* ---- faults ---- */

struct str jwalk_where(struct jwalk *j, const char *at)
{
	size_t line = 1;
	const char *start = j->start, *nl;

	while ((nl = memchr(start, '\n', (size_t)(at - start))) != NULL) {
		line++;
		start = nl + 1;
	}
	return arena_printf(j->a, "line %zu column %zu", line, (size_t)(at - start) + 1);
}

void jwalk_fail(struct jwalk *j, const char *fmt, ...)
{
	char why[512];
	va_list ap;

	if (j->failed)
		return;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	j->failed = true;
	err_set(j->e, ERR_INVALID, "%s: %s", jwalk_where(j, j->p).p, why);
}

void jwalk_bad(struct jwalk *j, const char *expected)
{
	unsigned char c;

	if (j->failed)
		return;
	if (j->p == j->end) {
		j->failed = j->cut = true;
		err_set(j->e, ERR_INVALID, "unexpected end of JSON input");
		return;
	}
	c = (unsigned char)*j->p;
	if (c > ' ' && c < 0x7f)
		jwalk_fail(j, "%s expected, not '%c'", expected, c);
	else
		jwalk_fail(j, "%s expected, not the byte 0x%02x", expected, c);
}

/* ---- structure ---- */

char jwalk_kind(struct jwalk *j)
{
	char c = jwalk_next(j);

	if ((c >= '0' && c <= '9') || c == '-')
		return '0';
	if (c == '{' || c == '[' || c == '"' || c == 't' || c == 'f' || c == 'n')
		return c;
	jwalk_bad(j, "a value");
	return '\0';
}

void jwalk_open(struct jwalk *j, char bracket)
{
	uint64_t bit = UINT64_C(1) << (j->depth % 64);

	if (jwalk_next(j) != bracket) {
		jwalk_bad(j, bracket == '{' ? "an object" : "an array");
		return;
	}
	if (j->depth == JWALK_DEPTH) {
		jwalk_fail(j, "nested deeper than %d levels", JWALK_DEPTH);
		return;
	}
	j->p++;
	if (bracket == '{')
		j->objects[j->depth / 64] |= bit;
	else
		j->objects[j->depth / 64] &= ~bit;
	j->depth++;
	j->first = true;
}

bool jwalk_try(struct jwalk *j, char bracket)
{
	if (jwalk_kind(j) == bracket) {
		jwalk_open(j, bracket);
		return !j->failed;
	}
	jwalk_skip(j);
	return false;
}

/* Up to the next member or item. */
static inline bool more(struct jwalk *j, char close, const char *expected)
{
	char c = jwalk_next(j);
	bool first = j->first;

	j->first = false;
	if (UNLIKELY(c == close)) {
		j->p++;
		j->depth--;
		return false;
	}
	if (first)
		return !j->failed;
	if (UNLIKELY(c != ',')) {
		jwalk_bad(j, expected);
		return false;
	}
	j->p++;
	return true;
}

bool jwalk_item(struct jwalk *j)
{
	return more(j, ']', "',' or ']'") && jwalk_kind(j) != '\0';
}

bool jwalk_item_or_end(struct jwalk *j)
{
	if (jwalk_next(j) == '\0' && j->p == j->end) {
		j->cut = true;
		return false;
	}
	if (!more(j, ']', "',' or ']'"))
		return false;
	if (jwalk_next(j) == '\0' && j->p == j->end) {
		j->cut = true;
		return false;
	}
	return jwalk_kind(j) != '\0';
}

/* ---- strings ---- */

/* Behind the quote: the first byte that is not plain. */
static const char *plain_end(const char *p, const char *end)
{
	uint64_t w, found;

	for (; end - p >= 8; p += 8) {
		memcpy(&w, p, sizeof(w));
		found = (w - EACH(0x20)) & ~w;
		found |= ((w ^ EACH('"')) - EACH(1)) & ~(w ^ EACH('"'));
		found |= ((w ^ EACH('\\')) - EACH(1)) & ~(w ^ EACH('\\'));
		if (found & EACH(0x80))
			break;
	}
	while (p < end && (unsigned char)*p >= ' ' && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* From the quote to behind the closing one; raw is what stands between. */
static void raw_string(struct jwalk *j, struct str *raw, bool *escaped)
{
	const char *p = ++j->p;

	*escaped = false;
	for (;;) {
		p = plain_end(p, j->end);
		if (p < j->end && *p == '"')
			break;
		if (p == j->end || *p != '\\' || p + 1 == j->end) {
			j->p = p == j->end || *p == '\\' ? j->end : p;
			jwalk_bad(j, "a character of a string");
			*raw = STR_NONE;
			return;
		}
		*escaped = true;
		p += 2;
	}
	*raw = str_of(j->p, (size_t)(p - j->p));
	j->p = p + 1;
}

static int hex4(struct str s)
{
	int v = 0;

	if (s.n < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)s.p[i], lower = c | 0x20;

		if (c >= '0' && c <= '9')
			v = v * 16 + c - '0';
		else if (lower >= 'a' && lower <= 'f')
			v = v * 16 + lower - 'a' + 10;
		else
			return -1;
	}
	return v;
}

/* The character of \uXXXX and the bytes of s (behind "\u") that it takes; 0 = none. */
static size_t unicode(struct str s, uint32_t *c)
{
	int high = hex4(s), low = -1;

	if (high < 0)
		return 0;
	*c = (uint32_t)high;
	if (high < 0xd800 || high > 0xdfff)
		return 4;
	if (high < 0xdc00 && s.n >= 10 && s.p[4] == '\\' && s.p[5] == 'u')
		low = hex4(str_skip(s, 6));
	if (low >= 0xdc00 && low <= 0xdfff) {
		*c = 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
		return 10;
	}
	*c = 0xfffd;
	return 4;
}

static struct str unescape(struct jwalk *j, struct str raw)
{
	static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	char *out = arena_alloc(j->a, raw.n), *o = out;

	while (raw.n) {
		size_t n = str_find(raw, '\\');
		const char *at;
		uint32_t c;

		memcpy(o, raw.p, n);
		o += n;
		raw = str_skip(raw, n);
		if (raw.n < 2)
			break;
		at = raw.p[1] ? strchr(letters, raw.p[1]) : NULL;
		if (at) {
			*o++ = bytes[at - letters];
			raw = str_skip(raw, 2);
			continue;
		}
		n = raw.p[1] == 'u' ? unicode(str_skip(raw, 2), &c) : 0;
		if (n == 0) {
			j->p = raw.p + 1;
			jwalk_bad(j, raw.p[1] == 'u' ? "four hexadecimal digits behind this" : "an escape");
			return STR_NONE;
		}
		o += enc_utf8(o, c);
		raw = str_skip(raw, n + 2);
	}
	return str_of(out, (size_t)(o - out));
}

static struct str finish_string(struct jwalk *j)
{
	struct str raw;
	bool escaped;

	raw_string(j, &raw, &escaped);
	return UNLIKELY(escaped) && !j->failed ? unescape(j, raw) : raw;
}

struct str jwalk_str(struct jwalk *j)
{
	if (jwalk_next(j) == '"')
		return finish_string(j);
	jwalk_bad(j, "a string");
	return STR_NONE;
}

static bool colon(struct jwalk *j)
{
	if (jwalk_next(j) != ':') {
		jwalk_bad(j, "':'");
		return false;
	}
	j->p++;
	return true;
}

bool jwalk_member(struct jwalk *j, struct str *key)
{
	if (!more(j, '}', "',' or '}'"))
		return false;
	if (jwalk_next(j) != '"') {
		jwalk_bad(j, "a member's name");
		return false;
	}
	*key = finish_string(j);
	return colon(j) && !j->failed;
}

/* ---- the rest ---- */

static void word(struct jwalk *j, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++, j->p++)
		if (j->p == j->end || *j->p != text[i]) {
			jwalk_bad(j, text);
			return;
		}
}

bool jwalk_bool(struct jwalk *j)
{
	char c = jwalk_next(j);

	if (c == 't')
		word(j, "true");
	else if (c == 'f')
		word(j, "false");
	else
		jwalk_bad(j, "true or false");
	return c == 't' && !j->failed;
}

static void skip_scalar(struct jwalk *j, char kind)
{
	struct str raw;
	bool escaped;

	switch (kind) {
	case '"': raw_string(j, &raw, &escaped); break;
	case 't': word(j, "true"); break;
	case 'f': word(j, "false"); break;
	case 'n': word(j, "null"); break;
	case '0': jwalk_number(j); break;
	default: break;
	}
}

/* Up to the next value inside of what was open at depth base. */
static bool skip_on(struct jwalk *j, unsigned base)
{
	struct str raw;
	bool escaped;

	while (j->depth > base && !j->failed) {
		unsigned top = j->depth - 1;

		if ((j->objects[top / 64] >> (top % 64) & 1) == 0) {
			if (jwalk_item(j))
				return true;
			continue;
		}
		if (!more(j, '}', "',' or '}'"))
			continue;
		if (jwalk_next(j) != '"') {
			jwalk_bad(j, "a member's name");
			return false;
		}
		raw_string(j, &raw, &escaped);
		return colon(j);
	}
	return false;
}

void jwalk_skip(struct jwalk *j)
{
	unsigned base = j->depth;
	char kind;

	do {
		kind = jwalk_kind(j);
		if (kind == '{' || kind == '[')
			jwalk_open(j, kind);
		else
			skip_scalar(j, kind);
	} while (skip_on(j, base));
}

struct str jwalk_str_or(struct jwalk *j, struct str alt)
{
	if (jwalk_kind(j) == '"')
		return finish_string(j);
	jwalk_skip(j);
	return alt;
}

int64_t jwalk_i64_or(struct jwalk *j, int64_t alt)
{
	if (jwalk_kind(j) == '0')
		return jwalk_i64(j);
	jwalk_skip(j);
	return alt;
}

double jwalk_f64_or(struct jwalk *j, double alt)
{
	if (jwalk_kind(j) == '0')
		return jwalk_f64(j);
	jwalk_skip(j);
	return alt;
}

struct str jwalk_word(struct jwalk *j)
{
	const char *from;

	switch (jwalk_kind(j)) {
	case '"': return finish_string(j);
	case '0': from = j->p; return jwalk_number(j) ? str_of(from, (size_t)(j->p - from)) : STR_NONE;
	default: jwalk_skip(j); return STR_NONE;
	}
}

bool jwalk_at_end(struct jwalk *j)
{
	jwalk_next(j);
	return j->p == j->end;
}

int jwalk_end(struct jwalk *j)
{
	if (!j->failed && !jwalk_at_end(j))
		jwalk_bad(j, "the end of the text");
	return j->failed ? -1 : 0;
}
