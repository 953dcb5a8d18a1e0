/*
 * json_walk.c - the inner loops look at eight bytes of a string at once and
 * keep numbers of up to 19 digits as whole numbers; what is rare (escapes,
 * exponents, faults) stands apart.
 */
#include "formats/json/json_walk.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/enc.h"
#include "base/mem.h"

enum { MAX_DIGITS = 19, SHORT_NUMBER = 64, MAX_EXPONENT = 100000 };

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

void jwalk_init(struct jwalk *j, struct arena *a, struct str text, struct err *e)
{
	j->p = j->start = text.n ? text.p : "";
	j->end = j->start + text.n;
	j->a = a;
	j->e = e;
	j->depth = 0;
	j->first = j->failed = j->cut = false;
	if (str_prefix(text, STR("\xef\xbb\xbf")))
		j->p += 3;
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

static void bad(struct jwalk *j, const char *expected)
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

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The next byte that is no blank; '\0' at the end and after a fault. */
static inline char next(struct jwalk *j)
{
	while (j->p < j->end && is_blank(*j->p))
		j->p++;
	return LIKELY(j->p < j->end && !j->failed) ? *j->p : '\0';
}

char jwalk_kind(struct jwalk *j)
{
	char c = next(j);

	if ((c >= '0' && c <= '9') || c == '-')
		return '0';
	if (c == '{' || c == '[' || c == '"' || c == 't' || c == 'f' || c == 'n')
		return c;
	bad(j, "a value");
	return '\0';
}

void jwalk_open(struct jwalk *j, char bracket)
{
	uint64_t bit = UINT64_C(1) << (j->depth % 64);

	if (next(j) != bracket) {
		bad(j, bracket == '{' ? "an object" : "an array");
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
	char c = next(j);
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
		bad(j, expected);
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
	if (next(j) == '\0' && j->p == j->end) {
		j->cut = true;
		return false;
	}
	if (!more(j, ']', "',' or ']'"))
		return false;
	if (next(j) == '\0' && j->p == j->end) {
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
			bad(j, "a character of a string");
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
			bad(j, raw.p[1] == 'u' ? "four hexadecimal digits behind this" : "an escape");
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
	if (next(j) == '"')
		return finish_string(j);
	bad(j, "a string");
	return STR_NONE;
}

static bool colon(struct jwalk *j)
{
	if (next(j) != ':') {
		bad(j, "':'");
		return false;
	}
	j->p++;
	return true;
}

bool jwalk_member(struct jwalk *j, struct str *key)
{
	if (!more(j, '}', "',' or '}'"))
		return false;
	if (next(j) != '"') {
		bad(j, "a member's name");
		return false;
	}
	*key = finish_string(j);
	return colon(j) && !j->failed;
}

/* ---- numbers ---- */

struct number {
	uint64_t digits; /* the first 19 */
	int exponent;    /* of ten */
	bool minus, exact;
};

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *fraction(const char *p, const char *end, struct number *n, unsigned *count)
{
	for (; p < end && is_digit(*p); p++) {
		if (*count < MAX_DIGITS) {
			n->digits = n->digits * 10 + (unsigned)(*p - '0');
			n->exponent--;
			*count += n->digits != 0;
		} else {
			n->exact = n->exact && *p == '0';
		}
	}
	return p;
}

static const char *exponent(const char *p, const char *end, struct number *n)
{
	bool minus = p < end && *p == '-';
	int v = 0;

	p += p < end && (*p == '-' || *p == '+');
	for (; p < end && is_digit(*p); p++)
		v = MIN(v * 10 + (*p - '0'), MAX_EXPONENT);
	n->exponent += minus ? -v : v;
	return p;
}

/* Everything but what begins with a digit and has neither point nor exponent. */
static bool odd_number(struct jwalk *j, const char *p, struct number *n, unsigned count)
{
	const char *from;

	for (; p < j->end && is_digit(*p); p++) { /* beyond 19 digits */
		n->exact = n->exact && *p == '0';
		n->exponent += n->exponent < MAX_EXPONENT;
	}
	if (p < j->end && *p == '.') {
		from = ++p;
		p = fraction(p, j->end, n, &count);
		if (p == from)
			goto wrong;
	}
	if (p < j->end && (*p | 0x20) == 'e') {
		from = ++p;
		p = exponent(p, j->end, n);
		if (p == from || !is_digit(p[-1]))
			goto wrong;
	}
	j->p = p;
	return true;
wrong:
	j->p = p;
	bad(j, "a digit");
	return false;
}

static inline bool number(struct jwalk *j, struct number *n)
{
	char c = next(j);
	const char *p = j->p, *digits;
	unsigned count;

	*n = (struct number){ .minus = c == '-', .exact = true };
	p += n->minus;
	if ((c == '\0' && !n->minus) || p == j->end || !is_digit(*p)) {
		j->p = c == '\0' ? j->p : p;
		bad(j, n->minus ? "a digit" : "a number");
		return false;
	}
	digits = p;
	while (p < j->end && is_digit(*p) && p - digits < MAX_DIGITS)
		n->digits = n->digits * 10 + (unsigned)(*p++ - '0');
	count = (unsigned)(p - digits);
	if (count > 1 && UNLIKELY(*digits == '0')) {
		j->p = digits + 1;
		bad(j, "',' or a bracket behind 0");
		return false;
	}
	if (UNLIKELY(p < j->end && (*p == '.' || (*p | 0x20) == 'e' || is_digit(*p))))
		return odd_number(j, p, n, n->digits ? count : 0);
	j->p = p;
	return true;
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { WORDS = 1 };
#else
enum { WORDS = 0 };
#endif

/*
 * Up to seven digits in eight bytes, without a branch for each: the first byte that is no digit gives their number, then
 * they are moved to the upper end, and neighbours are joined to two, four and eight digits. Returns the number, 0: none,
 * or eight.
 */
static inline unsigned word_digits(const char *p, uint32_t *v)
{
	uint64_t w, other;
	unsigned n;

	memcpy(&w, p, sizeof(w));
	w ^= EACH('0');
	other = (((w & EACH(0x7f)) + EACH(0x76)) | w) & EACH(0x80);
	if (other == 0)
		return 0;
	n = (unsigned)__builtin_ctzll(other) / 8;
	if (n == 0)
		return 0;
	w <<= (8 - n) * 8;
	w = w * 10 + (w >> 8);
	w = (w & 0x000000ff000000ff) * 0x000f424000000064 + ((w >> 16) & 0x000000ff000000ff) * 0x0000271000000001;
	*v = (uint32_t)(w >> 32);
	return n;
}

static inline bool ends_number(char c)
{
	return c == ',' || c == ']' || c == '}';
}

/* A number of up to nine digits with nothing behind that could belong to it; false: something else, nothing is read. */
static inline bool quick(struct jwalk *j, const char **at, uint32_t *v)
{
	const char *p = *at, *q = p, *end = j->end;
	uint32_t n = 0;
	unsigned digits;

	if (WORDS && LIKELY(end - p > 8)) {
		digits = word_digits(p, v);
		if (LIKELY(digits > 0 && ends_number(p[digits]) && (*p != '0' || digits == 1))) {
			*at = p + digits;
			return true;
		}
	}
	while (q < end && is_digit(*q) && q - p < 10)
		n = n * 10 + (uint32_t)(*q++ - '0');
	if (q == p || q - p > 9 || q == end || (*p == '0' && q - p > 1) || !ends_number(*q))
		return false;
	*v = n;
	*at = q;
	return true;
}

size_t jwalk_run(struct jwalk *j, uint32_t *out, size_t max)
{
	const char *p = j->p;
	size_t n = 0;

	if (j->failed || max == 0)
		return 0;
	if (j->first) {
		if (!quick(j, &p, out))
			return 0;
		j->first = false;
		n = 1;
	}
	while (n < max && p < j->end && *p == ',') {
		const char *q = p + 1;

		if (!quick(j, &q, &out[n]))
			break;
		p = q;
		n++;
	}
	j->p = p;
	return n;
}

/* Whole numbers below 2^53 and powers of ten up to 22 are exact doubles, and so is what one operation makes of them. */
static double number_f64(const struct number *n, const char *text, const char *end)
{
	static const double powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14,
		1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
	char copy[SHORT_NUMBER], *c = copy;
	size_t size = (size_t)(end - text);
	double v;

	if (n->digits < UINT64_C(1) << 53 && n->exact && n->exponent >= -22 && n->exponent <= 22) {
		v = n->exponent < 0 ? (double)n->digits / powers[-n->exponent]
				    : (double)n->digits * powers[n->exponent];
		return n->minus ? -v : v;
	}
	if (size >= sizeof(copy))
		c = mem_alloc(size + 1);
	memcpy(c, text, size);
	c[size] = '\0';
	v = strtod(c, NULL);
	if (c != copy)
		mem_free(c);
	return v;
}

double jwalk_f64(struct jwalk *j)
{
	struct number n;
	const char *from;
	uint32_t small;
	double v;

	next(j);
	if (LIKELY(!j->failed) && quick(j, &j->p, &small))
		return small;
	from = j->p;
	if (!number(j, &n))
		return 0;
	v = number_f64(&n, from, j->p);
	if (isfinite(v))
		return v;
	j->p = from;
	jwalk_fail(j, "the number is too large");
	return 0;
}

int64_t jwalk_i64(struct jwalk *j)
{
	struct number n;
	const char *from;
	uint32_t small;
	double v;

	next(j);
	if (LIKELY(!j->failed) && quick(j, &j->p, &small))
		return small;
	from = j->p;
	if (!number(j, &n))
		return 0;
	if (LIKELY(n.exponent == 0 && n.exact && n.digits <= (uint64_t)INT64_MAX + n.minus))
		return (int64_t)(n.minus ? 0 - n.digits : n.digits);
	v = nearbyint(number_f64(&n, from, j->p));
	if (v >= -0x1p63 && v < 0x1p63)
		return (int64_t)v;
	j->p = from;
	jwalk_fail(j, "the number is beyond 64 bits");
	return 0;
}

int64_t jwalk_scaled(struct jwalk *j, int shift)
{
	struct number n;
	const char *from;
	uint64_t v, rest = 0, unit = 1;
	double d;

	next(j);
	from = j->p;
	if (!number(j, &n))
		return 0;
	v = n.digits;
	n.exponent = v ? n.exponent + shift : 0; /* no power of ten makes more of 0 */
	for (; n.exact && n.exponent > 0 && v < UINT64_C(100000000000000000); n.exponent--)
		v *= 10;
	for (; n.exact && n.exponent < 0 && unit < UINT64_C(100000000000000000); n.exponent++, unit *= 10) {
		rest += v % 10 * unit;
		v /= 10;
	}
	if (n.exact && n.exponent == 0 && v <= (uint64_t)INT64_MAX) {
		v += unit > 1 && rest >= unit / 2 && v < (uint64_t)INT64_MAX;
		return (int64_t)(n.minus ? 0 - v : v);
	}
	n = (struct number){ .exact = false };
	d = nearbyint(number_f64(&n, from, j->p) * pow(10, shift));
	if (d >= -0x1p63 && d < 0x1p63)
		return (int64_t)d;
	j->p = from;
	jwalk_fail(j, "the number is beyond 64 bits");
	return 0;
}

uint32_t jwalk_u32(struct jwalk *j)
{
	struct number n;
	const char *from;
	uint32_t small;

	next(j);
	if (LIKELY(!j->failed) && quick(j, &j->p, &small))
		return small;
	from = j->p;
	if (!number(j, &n))
		return 0;
	if (LIKELY(n.exponent == 0 && (!n.minus || n.digits == 0) && n.digits < UINT32_MAX))
		return (uint32_t)n.digits;
	/* 5.0 */
	if (!n.minus && number_f64(&n, from, j->p) < UINT32_MAX &&
	    number_f64(&n, from, j->p) == nearbyint(number_f64(&n, from, j->p)))
		return (uint32_t)number_f64(&n, from, j->p);
	j->p = from;
	jwalk_fail(j, "a whole number from 0 to %u expected", UINT32_MAX - 1);
	return 0;
}

/* ---- the rest ---- */

static void word(struct jwalk *j, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++, j->p++)
		if (j->p == j->end || *j->p != text[i]) {
			bad(j, text);
			return;
		}
}

bool jwalk_bool(struct jwalk *j)
{
	char c = next(j);

	if (c == 't')
		word(j, "true");
	else if (c == 'f')
		word(j, "false");
	else
		bad(j, "true or false");
	return c == 't' && !j->failed;
}

static void skip_scalar(struct jwalk *j, char kind)
{
	struct number n;
	struct str raw;
	bool escaped;

	switch (kind) {
	case '"': raw_string(j, &raw, &escaped); break;
	case 't': word(j, "true"); break;
	case 'f': word(j, "false"); break;
	case 'n': word(j, "null"); break;
	case '0': number(j, &n); break;
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
		if (next(j) != '"') {
			bad(j, "a member's name");
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
	struct number n;

	switch (jwalk_kind(j)) {
	case '"': return finish_string(j);
	case '0': from = j->p; return number(j, &n) ? str_of(from, (size_t)(j->p - from)) : STR_NONE;
	default: jwalk_skip(j); return STR_NONE;
	}
}

bool jwalk_at_end(struct jwalk *j)
{
	next(j);
	return j->p == j->end;
}

int jwalk_end(struct jwalk *j)
{
	if (!j->failed && !jwalk_at_end(j))
		bad(j, "the end of the text");
	return j->failed ? -1 : 0;
}
