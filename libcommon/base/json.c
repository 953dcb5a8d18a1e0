/*
 * json.c - JSON in through jansson, JSON out by hand.
 */
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int json_position(struct err *e, struct str text, size_t at, const char *why)
{
	unsigned long line = 1;
	size_t start = 0;

	for (size_t i = 0; i < at; i++)
		if (text.p[i] == '\n') {
			line++;
			start = i + 1;
		}
	return err_set(e, ERR_INVALID, "line %lu column %zu: %s", line, at - start + 1, why);
}

/* jansson recurses per level and has a limit of its own that is far higher than ours. */
static int json_depth(struct str text, struct err *e)
{
	unsigned depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			if (++depth > JSON_MAX_DEPTH)
				return json_position(e, text, i, "nested deeper than 100 levels");
		} else if ((c == '}' || c == ']') && depth) {
			depth--;
		}
	}
	return 0;
}

static json_t *parse(struct str text, size_t flags, struct err *e)
{
	json_error_t je;
	json_t *j;

	if (json_depth(text, e) < 0)
		return NULL;
	j = json_loadb(text.n ? text.p : "", text.n, flags | JSON_DECODE_ANY | JSON_ALLOW_NUL, &je);
	if (j)
		return j;
	/* The text quotes a piece of the input, which may want to move the reader's cursor. */
	for (char *p = je.text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	err_set(e, ERR_INVALID, "line %d column %d: %s", je.line, je.column, je.text);
	return NULL;
}

json_t *json_parse(struct str text, struct err *e)
{
	return parse(text, JSON_REJECT_DUPLICATES, e);
}

json_t *json_parse_last(struct str text, struct err *e)
{
	return parse(text, 0, e);
}

static void jw_line(struct jw *w)
{
	buf_byte(w->b, '\n');
	buf_fill(w->b, ' ', (size_t)w->indent * w->depth);
}

/* What stands in front of a key or value. Behind a key, nothing: its blank is the sign. */
static void jw_sep(struct jw *w)
{
	bool after_key = !w->comma && w->b->n && w->b->p[w->b->n - 1] == ' ';

	if (w->comma)
		buf_byte(w->b, ',');
	if (w->indent && w->depth && !after_key)
		jw_line(w);
	w->comma = true;
}

void jw_open(struct jw *w, char bracket)
{
	assert(bracket == '{' || bracket == '[');
	jw_sep(w);
	buf_byte(w->b, (unsigned char)bracket);
	w->depth++;
	w->comma = false;
}

void jw_close(struct jw *w, char bracket)
{
	assert((bracket == '}' || bracket == ']') && w->depth > 0);
	w->depth--;
	if (w->indent && w->comma)
		jw_line(w);
	buf_byte(w->b, (unsigned char)bracket);
	w->comma = true;
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The high bit of each byte of w that is zero (and maybe of bytes above such a one). */
static uint64_t zero_bytes(uint64_t w)
{
	return (w - EACH(1)) & ~w & EACH(0x80);
}

/* Non-zero when one of eight bytes does not stand for itself in a string. */
static uint64_t special_bytes(uint64_t w, bool html)
{
	uint64_t found = w & EACH(0x80);

	found |= (w - EACH(0x20)) & ~w & EACH(0x80);
	found |= zero_bytes(w ^ EACH('"')) | zero_bytes(w ^ EACH('\\'));
	if (html)
		found |= zero_bytes(w ^ EACH('<')) | zero_bytes(w ^ EACH('>')) | zero_bytes(w ^ EACH('&'));
	return found;
}

static bool is_special(unsigned char c, bool html)
{
	return c < 0x20 || c >= 0x80 || c == '"' || c == '\\' || (html && (c == '<' || c == '>' || c == '&'));
}

/* How many bytes in front of s stand for themselves. */
static size_t plain_run(struct str s, bool html)
{
	size_t i = 0;
	uint64_t w;

	for (; s.n - i >= sizeof(w); i += sizeof(w)) {
		memcpy(&w, s.p + i, sizeof(w));
		if (special_bytes(w, html))
			break;
	}
	while (i < s.n && !is_special((unsigned char)s.p[i], html))
		i++;
	return i;
}

static void jw_escape(struct buf *b, unsigned char c)
{
	static const char plain[] = "\b\f\n\r\t\"\\", letter[] = "bfnrt\"\\";
	const char *at = c ? strchr(plain, c) : NULL;

	if (at) {
		buf_byte(b, '\\');
		buf_byte(b, (unsigned char)letter[at - plain]);
	} else {
		buf_printf(b, "\\u%04x", c);
	}
}

static size_t utf8_len(struct str s)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	return n <= s.n && str_utf8(str_of(s.p, n)) ? n : 0;
}

static bool is_line_separator(struct str s)
{
	return str_eq(s, STR("\xe2\x80\xa8")) || str_eq(s, STR("\xe2\x80\xa9"));
}

/* One byte or sequence that is not plain; its length. */
static size_t jw_special(struct jw *w, struct str s)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n;

	if (c < 0x80) {
		jw_escape(w->b, c);
		return 1;
	}
	n = utf8_len(s);
	s.n = n;
	if (n == 0)
		buf_add(w->b, STR("\\ufffd"));
	else if (w->html && is_line_separator(s))
		buf_printf(w->b, "\\u202%c", s.p[2] & 1 ? '9' : '8');
	else
		buf_add(w->b, s);
	return MAX(n, (size_t)1);
}

static void jw_quoted(struct jw *w, struct str s)
{
	buf_byte(w->b, '"');
	while (s.n) {
		size_t n = plain_run(s, w->html);

		buf_add(w->b, str_of(s.p, n));
		s = str_skip(s, n);
		if (s.n)
			s = str_skip(s, jw_special(w, s));
	}
	buf_byte(w->b, '"');
}

void jw_key(struct jw *w, struct str name)
{
	jw_sep(w);
	jw_quoted(w, name);
	buf_byte(w->b, ':');
	if (w->indent)
		buf_byte(w->b, ' ');
	w->comma = false;
}

void jw_str(struct jw *w, struct str s)
{
	jw_sep(w);
	jw_quoted(w, s);
}

/* At least `digits` digits of v, zeros in front, behind `sign` unless that is 0. */
static void jw_digits(struct buf *b, char sign, uint64_t v, int digits)
{
	char text[24], *p = text + sizeof(text);

	for (; v || digits > 0; v /= 10, digits--)
		*--p = (char)('0' + v % 10);
	if (sign)
		*--p = sign;
	buf_add(b, str_of(p, (size_t)(text + sizeof(text) - p)));
}

void jw_i64(struct jw *w, int64_t v)
{
	jw_sep(w);
	jw_digits(w->b, v < 0 ? '-' : 0, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 1);
}

void jw_u64(struct jw *w, uint64_t v)
{
	jw_sep(w);
	jw_digits(w->b, 0, v, 1);
}

/*
 * Decimals of up to 15 digits without printf: when v = m / 10^k for a whole
 * m < 10^15, and the division gives v back, then m with a point in it is the
 * shortest text that reads back, because 15 digits never share a double.
 */
static bool jw_short_decimal(struct buf *b, double v)
{
	double scale = 1, abs = fabs(v);

	if (abs >= 1e15 || abs < 1e-6)
		return v == 0 && !signbit(v) ? (buf_byte(b, '0'), true) : false;
	for (int k = 0; k <= 15; k++, scale *= 10) {
		double m = nearbyint(abs * scale);
		uint64_t u, unit = (uint64_t)scale;

		if (m >= 1e15)
			return false;
		if (m / scale != abs)
			continue;
		u = (uint64_t)m;
		jw_digits(b, v < 0 ? '-' : 0, u / unit, 1);
		if (k)
			jw_digits(b, '.', u % unit, k);
		return true;
	}
	return false;
}

/* The fewest digits that read back, as "d.ddde[+-]xx". */
static void shortest(double v, char *text, size_t size)
{
	/* Below the normal range fewer than 15 digits tell neighbours apart. */
	int digits = fabs(v) < 2.2250738585072014e-308 ? 1 : 15;

	for (; digits <= 17; digits++) {
		snprintf(text, size, "%.*e", digits - 1, v);
		if (strtod(text, NULL) == v)
			break;
	}
}

static void jw_exponent(struct buf *b, struct str digits, int exp)
{
	buf_byte(b, (unsigned char)digits.p[0]);
	if (digits.n > 1) {
		buf_byte(b, '.');
		buf_add(b, str_skip(digits, 1));
	}
	buf_printf(b, "e%c%d", exp < 0 ? '-' : '+', abs(exp));
}

static void jw_positional(struct buf *b, struct str digits, int exp)
{
	size_t whole = exp < 0 ? 0 : (size_t)exp + 1;
	size_t n = MIN(whole, digits.n);

	if (whole == 0) {
		buf_add(b, STR("0."));
		buf_fill(b, '0', (size_t)(-exp - 1));
		buf_add(b, digits);
		return;
	}
	buf_add(b, str_of(digits.p, n));
	buf_fill(b, '0', whole - n);
	if (digits.n > n) {
		buf_byte(b, '.');
		buf_add(b, str_skip(digits, n));
	}
}

static void jw_long_decimal(struct buf *b, double v)
{
	char text[40], digits[20];
	size_t n = 0;
	char *p = text;
	int exp;

	shortest(v, text, sizeof(text));
	if (*p == '-') {
		buf_byte(b, '-');
		p++;
	}
	for (; *p != 'e'; p++)
		if (*p != '.')
			digits[n++] = *p;
	exp = (int)strtol(p + 1, NULL, 10);
	while (n > 1 && digits[n - 1] == '0')
		n--;
	if (v != 0 && (exp < -6 || exp >= 21))
		jw_exponent(b, str_of(digits, n), exp);
	else
		jw_positional(b, str_of(digits, n), exp);
}

void jw_f64(struct jw *w, double v)
{
	jw_sep(w);
	if (isnan(v))
		buf_add(w->b, STR("\"NaN\""));
	else if (isinf(v))
		buf_add(w->b, v < 0 ? STR("\"-Infinity\"") : STR("\"Infinity\""));
	else if (!jw_short_decimal(w->b, v))
		jw_long_decimal(w->b, v);
}

void jw_bool(struct jw *w, bool v)
{
	jw_sep(w);
	buf_add(w->b, v ? STR("true") : STR("false"));
}

void jw_null(struct jw *w)
{
	jw_sep(w);
	buf_add(w->b, STR("null"));
}

void jw_raw(struct jw *w, struct str json)
{
	jw_sep(w);
	buf_add(w->b, json);
}
