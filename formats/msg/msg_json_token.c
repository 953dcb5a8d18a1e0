/* msg_json_token.c - JSON text to tokens; what is wrong is said as the Go clients know it */
#include "formats/msg/msg_json_token.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/enc.h"

/* "unmarshal into *typesv1.LabelValuesRequest: proto: <what> (line 1:9): <why>" */
static int fail_at(struct reader *r, const char *what, size_t at, const char *why)
{
	struct str name = r->top->name;
	size_t dot = str_rfind(name, '.'), line = 1, column = 1, n = 0;
	char package[64];

	for (size_t i = 0; i < MIN(dot, name.n) && n < sizeof(package); i++)
		if (name.p[i] != '.')
			package[n++] = name.p[i];
	for (size_t i = 0; i < at; i++) {
		if (r->text.p[i] == '\n') {
			line++;
			column = 1;
		} else if ((r->text.p[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	return err_set(r->e, ERR_INVALID, "unmarshal into *" STR_FMT "." STR_FMT ": proto: %s(line %zu:%zu): %s",
	    (int)n, package, STR_ARG(str_skip(name, dot + 1)), what, line, column, why);
}

int msg_json_bad(struct reader *r, const char *fmt, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return fail_at(r, "", (size_t)(r->raw.p - r->text.p), why);
}

PRINTF_LIKE(3, 4) static int bad_syntax(struct reader *r, size_t at, const char *fmt, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return fail_at(r, "syntax error ", at, why);
}

int msg_json_unexpected(struct reader *r)
{
	if (r->kind == T_END)
		return bad_syntax(r, r->text.n, "unexpected EOF");
	return bad_syntax(r, (size_t)(r->raw.p - r->text.p), "unexpected token " RAW_FMT, RAW_ARG(r->raw));
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

struct number {
	struct str whole, fraction;
	int exponent; /* clamped: far beyond what any type holds */
	bool minus;
};

static size_t digits(struct str s, size_t at)
{
	size_t n = 0;

	while (at + n < s.n && is_digit(s.p[at + n]))
		n++;
	return n;
}

static size_t exponent_len(struct str s, size_t at, int *exponent)
{
	size_t i = at + 1, n;
	bool minus = i < s.n && s.p[i] == '-';
	int v = 0;

	i += i < s.n && (s.p[i] == '-' || s.p[i] == '+');
	n = digits(s, i);
	for (size_t k = 0; k < n; k++)
		v = MIN(v * 10 + (s.p[i + k] - '0'), 100000000);
	*exponent = minus ? -v : v;
	return n ? i + n - at : 0;
}

/* Length of the JSON number in front of s, 0 when there is none. */
static size_t number_len(struct str s, struct number *out)
{
	size_t i = 0, n;

	*out = (struct number){ .minus = s.n && s.p[0] == '-' };
	i += out->minus;
	n = digits(s, i);
	if (n == 0 || (n > 1 && s.p[i] == '0'))
		return 0;
	out->whole = str_of(s.p + i, n);
	i += n;
	if (i < s.n && s.p[i] == '.') {
		n = digits(s, i + 1);
		if (n == 0)
			return 0;
		out->fraction = str_of(s.p + i + 1, n);
		i += n + 1;
	}
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		n = exponent_len(s, i, &out->exponent);
		if (n == 0)
			return 0;
		i += n;
	}
	return i;
}

bool msg_json_is_number(struct str s)
{
	struct number number;

	return s.n > 0 && number_len(s, &number) == s.n;
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' || c == '.' ||
	    c == '_' || (c & 0x80);
}

static int lex_word(struct reader *r, struct str s)
{
	size_t n = 0;

	while (n < s.n && is_word(s.p[n]))
		n++;
	r->raw = str_of(s.p, MAX(n, (size_t)1));
	if (str_eq(r->raw, STR("true")))
		r->kind = T_TRUE;
	else if (str_eq(r->raw, STR("false")))
		r->kind = T_FALSE;
	else if (str_eq(r->raw, STR("null")))
		r->kind = T_NULL;
	else if (n && msg_json_is_number(r->raw))
		r->kind = T_NUM;
	else
		return bad_syntax(r, (size_t)(s.p - r->text.p), "invalid value " RAW_FMT, RAW_ARG(r->raw));
	r->at += r->raw.n;
	return 0;
}

/* s starts with the quote. Escapes are looked at when the string is used. */
static int lex_string(struct reader *r, struct str s)
{
	size_t i = 1, start = (size_t)(s.p - r->text.p);

	r->escaped = false;
	for (; i < s.n && s.p[i] != '"'; i++) {
		if ((unsigned char)s.p[i] < 0x20)
			return bad_syntax(r, start + i, "invalid character '\\x%02x' in string", (unsigned char)s.p[i]);
		if (s.p[i] == '\\') {
			r->escaped = true;
			i++;
		}
	}
	if (i >= s.n)
		return bad_syntax(r, r->text.n, "unexpected EOF");
	r->kind = T_STR;
	r->raw = str_of(s.p, i + 1);
	if (!str_utf8(r->raw))
		return bad_syntax(r, start, "invalid UTF-8 in string");
	r->at += i + 1;
	return 0;
}

int msg_json_next(struct reader *r)
{
	struct str s;

	while (r->at < r->text.n && strchr(" \t\r\n", r->text.p[r->at]) && r->text.p[r->at])
		r->at++;
	s = str_skip(r->text, r->at);
	if (s.n == 0) {
		r->kind = T_END;
		r->raw = str_of(s.p, 0);
		return 0;
	}
	switch (s.p[0]) {
	case '{':
	case '}':
	case '[':
	case ']':
	case ':':
	case ',':
		r->kind = (enum token)s.p[0];
		r->raw = str_of(s.p, 1);
		r->at++;
		return 0;
	case '"': return lex_string(r, s);
	default: return lex_word(r, s);
	}
}

static bool hex4(struct str s, uint32_t *out)
{
	*out = 0;
	if (s.n < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = s.p[i];
		int d = is_digit(c)        ? c - '0'
		    : c >= 'a' && c <= 'f' ? c - 'a' + 10
		    : c >= 'A' && c <= 'F' ? c - 'A' + 10
					   : -1;

		if (d < 0)
			return false;
		*out = *out << 4 | (uint32_t)d;
	}
	return true;
}

/* s starts behind the backslash. Bytes used, 0 when it is no escape; no more are written. */
static size_t escape(struct str s, char *p, size_t *written)
{
	static const char letter[] = "\"\\/bfnrt", meaning[] = "\"\\/\b\f\n\r\t";
	const char *at = s.n && s.p[0] ? strchr(letter, s.p[0]) : NULL;
	uint32_t c, low;

	if (at) {
		*p = meaning[at - letter];
		*written = 1;
		return 1;
	}
	if (s.n == 0 || s.p[0] != 'u' || !hex4(str_skip(s, 1), &c))
		return 0;
	if (c < 0xd800 || c > 0xdfff) {
		*written = enc_utf8(p, c);
		return 5;
	}
	if (c > 0xdbff || !str_prefix(str_skip(s, 5), STR("\\u")) || !hex4(str_skip(s, 7), &low) || low < 0xdc00 ||
	    low > 0xdfff)
		return 0;
	*written = enc_utf8(p, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
	return 11;
}

int msg_json_string(struct reader *r, struct str *out)
{
	struct str s = str_of(r->raw.p + 1, r->raw.n - 2);
	size_t n = 0, used, written;
	char *p;

	if (!r->escaped) {
		*out = s;
		return 0;
	}
	p = arena_alloc(r->a, s.n);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '\\') {
			p[n++] = s.p[i];
			continue;
		}
		used = escape(str_skip(s, i + 1), p + n, &written);
		if (used == 0)
			return bad_syntax(r, (size_t)(s.p + i - r->text.p), "invalid escape code " RAW_FMT " in string",
			    (int)MIN(s.n - i, (size_t)6), s.p + i);
		n += written;
		i += used;
	}
	*out = str_of(p, n);
	return 0;
}

bool msg_json_whole(struct str s, bool *minus, uint64_t *out)
{
	struct number num;
	size_t n, zeros = 0;
	uint64_t v = 0;
	int64_t shift;

	if (s.n == 0 || number_len(s, &num) != s.n)
		return false;
	*minus = num.minus;
	n = num.whole.n + num.fraction.n;
	/* Zeros at the end of the digits belong to the exponent. */
	for (size_t i = 0; i < n; i++) {
		char c = i < num.whole.n ? num.whole.p[i] : num.fraction.p[i - num.whole.n];

		if (c == '0') {
			zeros++;
			continue;
		}
		for (; v && zeros; zeros--)
			if (__builtin_mul_overflow(v, 10u, &v))
				return false;
		zeros = 0;
		if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (uint64_t)(c - '0'), &v))
			return false;
	}
	*out = v;
	shift = (int64_t)num.exponent - (int64_t)num.fraction.n + (int64_t)zeros;
	if (v == 0)
		return true;
	if (shift < 0)
		return false;
	for (; shift; shift--)
		if (__builtin_mul_overflow(*out, 10u, out))
			return false;
	return true;
}
