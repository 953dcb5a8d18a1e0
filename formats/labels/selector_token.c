/*
 * selector_token.c - text to tokens. The query language has more of them than
 * a selector needs: the messages know them all.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/enc.h"
#include "formats/labels/selector_token.h"

/* Words that the query language knows outside braces; any case. */
static const struct word {
	const char *text;
	enum { WORD_OP, WORD_SUM, WORD_KEY, WORD_PLAIN, WORD_NUMBER } kind;
	bool metric; /* may stand where a metric name stands */
} words[] = {
	{ "and", WORD_OP, true },
	{ "or", WORD_OP, true },
	{ "unless", WORD_OP, true },
	{ "atan2", WORD_OP, false },
	{ "sum", WORD_SUM, true },
	{ "avg", WORD_SUM, true },
	{ "count", WORD_SUM, true },
	{ "min", WORD_SUM, true },
	{ "max", WORD_SUM, true },
	{ "group", WORD_SUM, true },
	{ "stddev", WORD_SUM, true },
	{ "stdvar", WORD_SUM, true },
	{ "topk", WORD_SUM, true },
	{ "bottomk", WORD_SUM, true },
	{ "count_values", WORD_SUM, true },
	{ "quantile", WORD_SUM, true },
	{ "limitk", WORD_SUM, true },
	{ "limit_ratio", WORD_SUM, true },
	{ "offset", WORD_KEY, true },
	{ "smoothed", WORD_KEY, true },
	{ "anchored", WORD_KEY, true },
	{ "by", WORD_KEY, true },
	{ "without", WORD_KEY, true },
	{ "on", WORD_KEY, false },
	{ "ignoring", WORD_KEY, false },
	{ "group_left", WORD_KEY, false },
	{ "group_right", WORD_KEY, false },
	{ "fill", WORD_KEY, true },
	{ "fill_left", WORD_KEY, true },
	{ "fill_right", WORD_KEY, true },
	{ "bool", WORD_KEY, false },
	{ "start", WORD_PLAIN, true },
	{ "end", WORD_PLAIN, true },
	{ "step", WORD_PLAIN, true },
	{ "range", WORD_PLAIN, true },
	{ "inf", WORD_NUMBER, false },
	{ "nan", WORD_NUMBER, false },
};

static const struct word *word_of(struct str s)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq_nocase(s, str_cstr(words[i].text)))
			return &words[i];
	return NULL;
}

/* ---- messages ---- */

int selector_fail(struct selector_text *p, size_t at, const char *fmt, ...)
{
	size_t line = 1, start = 0;
	char why[768];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (p->text.n == 0)
		return err_set(p->e, ERR_INVALID, "unknown position: parse error: %s", why);
	for (size_t i = 0; i < at; i++)
		if (p->text.p[i] == '\n') {
			line++;
			start = i + 1;
		}
	return err_set(p->e, ERR_INVALID, "%zu:%zu: parse error: %s", line, at - start + 1, why);
}

/* Bytes of the character at `at`; 0 at the end. Wrong UTF-8 is one byte. */
static size_t char_len(struct selector_text *p, size_t at)
{
	struct str s = str_skip(p->text, at);

	for (size_t n = 1; n <= MIN(s.n, (size_t)4); n++)
		if (str_utf8(str_of(s.p, n)))
			return n;
	return s.n > 0;
}

/* In single quotes, as Go's %q prints a character. */
static struct str quoted_char(struct selector_text *p, size_t at)
{
	struct str c = str_of(p->text.p + at, char_len(p, at)), out;
	struct buf b;

	if (c.n == 0 || !str_utf8(c))
		return STR("'\xef\xbf\xbd'");
	if (c.p[0] == '"')
		return STR("'\"'");
	if (c.p[0] == '\'')
		return STR("'\\''");
	buf_init(&b, 64);
	enc_quote(&b, c);
	b.p[0] = b.p[b.n - 1] = '\'';
	out = arena_str(p->a, buf_str(&b));
	buf_fini(&b);
	return out;
}

static struct str quoted(struct selector_text *p, struct str s)
{
	struct str out;
	struct buf b;

	buf_init(&b, 4096);
	enc_quote(&b, str_of(s.p, MIN(s.n, (size_t)512)));
	out = arena_str(p->a, buf_str(&b));
	buf_fini(&b);
	return out;
}

/* "U+0041 'A'" */
static struct str code_point(struct selector_text *p, size_t at)
{
	struct str c = str_of(p->text.p + at, char_len(p, at));
	unsigned v = 0xfffd;

	if (str_utf8(c)) {
		v = (unsigned char)c.p[0] & (c.n == 1 ? 0x7fu : 0x7fu >> c.n);
		for (size_t i = 1; i < c.n; i++)
			v = v << 6 | ((unsigned char)c.p[i] & 0x3f);
	}
	return arena_printf(p->a, "U+%04X " STR_FMT, v, STR_ARG(quoted_char(p, at)));
}

/* The first 10 characters of s. */
static struct str ten(struct str s)
{
	size_t i = 0;

	for (int n = 0; i < s.n && n < 10; n++)
		for (i++; i < s.n && (s.p[i] & 0xc0) == 0x80;)
			i++;
	return str_of(s.p, i);
}

static struct str word_text(struct selector_text *p)
{
	static const char *const before[] = { [WORD_OP] = "<op:", [WORD_SUM] = "<aggr:", [WORD_KEY] = "<" };
	const struct word *w = word_of(p->token);

	if (w->kind == WORD_PLAIN)
		return quoted(p, p->token);
	return arena_printf(p->a, "%s" STR_FMT ">", before[w->kind], STR_ARG(p->token));
}

static struct str token_text(struct selector_text *p)
{
	static const char *const what[] = {
		[K_NAME] = "identifier ",
		[K_METRIC] = "metric identifier ",
		[K_STRING] = "string ",
		[K_NUMBER] = "number ",
		[K_DURATION] = "duration ",
	};

	switch (p->kind) {
	case K_END: return STR("end of input");
	case K_OP: return arena_printf(p->a, "<op:" STR_FMT ">", STR_ARG(p->token));
	case K_SIGN: return quoted(p, p->token);
	case K_WORD: return word_text(p);
	case K_STRING:
	case K_NUMBER:
	case K_DURATION:
		if (p->token.n > 10)
			return arena_printf(p->a, "%s" STR_FMT "...", what[p->kind], STR_ARG(quoted(p, ten(p->token))));
		break;
	default: break;
	}
	return arena_printf(p->a, "%s" STR_FMT, what[p->kind], STR_ARG(quoted(p, p->token)));
}

int selector_unexpected(struct selector_text *p, const char *expected)
{
	struct str what = token_text(p);

	return selector_fail(p, p->start, "unexpected " STR_FMT "%s", STR_ARG(what), expected);
}

/* ---- tokens ---- */

static bool is_alpha(char c)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char peek(const struct selector_text *p, size_t ahead)
{
	return p->at + ahead < p->text.n ? p->text.p[p->at + ahead] : '\0';
}

static void skip_blanks(struct selector_text *p)
{
	for (; p->at < p->text.n; p->at++) {
		char c = p->text.p[p->at];

		if (c == '#')
			p->at += str_find(str_skip(p->text, p->at), '\n');
		else if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
			return;
		if (p->at == p->text.n)
			return;
	}
}

static int token(struct selector_text *p, enum kind kind, size_t n)
{
	p->kind = kind;
	p->token = str_of(p->text.p + p->start, n);
	p->at = p->start + n;
	return 0;
}

static int digit_of(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

/* n digits of an escape; p->at moves behind them. */
static int escape_digits(struct selector_text *p, int n, int base, uint32_t max)
{
	uint64_t v = 0;

	for (; n > 0; n--, p->at++) {
		if (p->at == p->text.n)
			return selector_fail(p, p->start, "escape sequence not terminated");
		if (digit_of(p->text.p[p->at]) >= base)
			return selector_fail(p, p->start, "illegal character " STR_FMT " in escape sequence",
			    STR_ARG(code_point(p, p->at)));
		v = v * (unsigned)base + (unsigned)digit_of(p->text.p[p->at]);
	}
	if (v > max || (v >= 0xd800 && v < 0xe000))
		return selector_fail(p, p->start, "escape sequence is an invalid Unicode code point");
	return 0;
}

/* Behind a backslash. */
static int lex_escape(struct selector_text *p, char quote)
{
	char c = peek(p, 0);

	if (p->at == p->text.n)
		return selector_fail(p, p->start, "escape sequence not terminated");
	if (c >= '0' && c <= '7')
		return escape_digits(p, 3, 8, 255);
	if (c != quote && (c == '\0' || !strchr("abfnrtv\\xuU", c)))
		return selector_fail(p, p->start, "unknown escape sequence " STR_FMT, STR_ARG(code_point(p, p->at)));
	p->at++;
	switch (c) {
	case 'x': return escape_digits(p, 2, 16, 255);
	case 'u': return escape_digits(p, 4, 16, 0x10ffff);
	case 'U': return escape_digits(p, 8, 16, 0x10ffff);
	default: return 0;
	}
}

static int lex_string(struct selector_text *p)
{
	char quote = peek(p, 0);

	p->at++;
	while (p->at < p->text.n && p->text.p[p->at] != quote) {
		size_t n = char_len(p, p->at);

		if (!str_utf8(str_of(p->text.p + p->at, n)))
			return selector_fail(p, p->start, "invalid UTF-8 rune");
		if (quote != '`' && peek(p, 0) == '\n')
			break;
		if (quote != '`' && peek(p, 0) == '\\') {
			p->at++;
			if (lex_escape(p, quote) < 0)
				return -1;
			continue;
		}
		p->at += n;
	}
	if (peek(p, 0) != quote)
		return selector_fail(p, p->start, "unterminated %s", quote == '`' ? "raw string" : "quoted string");
	return token(p, K_STRING, p->at + 1 - p->start);
}

static int lex_name(struct selector_text *p)
{
	enum kind kind = K_NAME;
	size_t n = 0;

	for (;; n++) {
		char c = peek(p, n);

		if (c == ':' && !p->braces)
			kind = K_METRIC;
		else if (!is_alpha(c) && !is_digit(c))
			break;
	}
	const struct word *w = p->braces ? NULL : word_of(str_of(p->text.p + p->at, n));

	if (w != NULL)
		kind = w->kind == WORD_NUMBER ? K_NUMBER : K_WORD;
	return token(p, kind, n);
}

static int lex_braces(struct selector_text *p)
{
	char c = peek(p, 0), c2 = peek(p, 1);

	if (p->at == p->text.n)
		return selector_fail(p, p->at, "unexpected end of input inside braces");
	if (is_alpha(c))
		return lex_name(p);
	switch (c) {
	case '"':
	case '\'':
	case '`': return lex_string(p);
	case ',': return token(p, K_SIGN, 1);
	case '}': p->braces = false; return token(p, K_SIGN, 1);
	case '=': return c2 == '~' ? token(p, K_OP, 2) : token(p, K_SIGN, 1);
	case '!':
		if (c2 == '~' || c2 == '=')
			return token(p, K_OP, 2);
		return selector_fail(p, p->start, "unexpected character after '!' inside braces: " STR_FMT,
		    STR_ARG(quoted_char(p, p->at + 1)));
	case '{': return selector_fail(p, p->start, "unexpected left brace '{'");
	default:
		return selector_fail(p, p->start, "unexpected character inside braces: " STR_FMT,
		    STR_ARG(quoted_char(p, p->at)));
	}
}

static size_t digits(struct str s, size_t at)
{
	while (at < s.n && (is_digit(s.p[at]) || s.p[at] == '_'))
		at++;
	return at;
}

/* 12, 1_000, 0.5, 1e9, 0x1f */
static bool is_number(struct str s)
{
	size_t at = digits(s, 0);

	if (str_prefix(s, STR("0x")) || str_prefix(s, STR("0X"))) {
		for (at = 2; at < s.n && (digit_of(s.p[at]) < 16 || s.p[at] == '_');)
			at++;
		return at == s.n;
	}
	if (at < s.n && s.p[at] == '.')
		at = digits(s, at + 1);
	if (at < s.n && (s.p[at] == 'e' || s.p[at] == 'E'))
		at = digits(s, at + 1);
	return at == s.n;
}

/* 5m, 1h30m, 100ms */
static bool is_duration(struct str s)
{
	while (s.n > 0) {
		size_t at = digits(s, 0);

		if (at == 0 || at == s.n || s.p[at] == '\0' || strchr("smhdwy", s.p[at]) == NULL)
			return false;
		s = str_skip(s, at + 1 + str_prefix(str_skip(s, at), STR("ms")));
	}
	return true;
}

static int lex_number(struct selector_text *p)
{
	size_t n = 0;

	while (is_digit(peek(p, n)) || is_alpha(peek(p, n)) || peek(p, n) == '.')
		n++;
	struct str s = str_of(p->text.p + p->start, n);

	if (is_number(s) || is_duration(s))
		return token(p, is_number(s) ? K_NUMBER : K_DURATION, n);
	return selector_fail(p, p->start, "bad number or duration syntax: " STR_FMT,
	    STR_ARG(quoted(p, str_of(p->text.p + p->start, n))));
}

/* Behind = or ! outside braces, where they are parts of comparisons. */
static int lex_comparison(struct selector_text *p, char c, char c2)
{
	if (c2 == '=')
		return token(p, K_OP, 2);
	if (c == '=' && c2 != '~')
		return token(p, K_SIGN, 1);
	return selector_fail(p, p->start, "unexpected character after '%c': " STR_FMT, c,
	    STR_ARG(quoted_char(p, p->at + 1)));
}

static int lex_outside(struct selector_text *p)
{
	char c = peek(p, 0), c2 = peek(p, 1);

	if (p->at == p->text.n)
		return token(p, K_END, 0);
	if (is_alpha(c) || c == ':')
		return lex_name(p);
	if (is_digit(c) || (c == '.' && is_digit(c2)))
		return lex_number(p);
	switch (c) {
	case '"':
	case '\'':
	case '`': return lex_string(p);
	case '{': p->braces = true; return token(p, K_SIGN, 1);
	case '(':
	case ')':
	case ',':
	case '[': return token(p, K_SIGN, 1);
	case ']': return selector_fail(p, p->start, "unexpected right bracket ']'");
	case '=':
	case '!': return lex_comparison(p, c, c2);
	case '<':
	case '>': return token(p, K_OP, 1 + (c2 == '='));
	case '+':
	case '-':
	case '*':
	case '/':
	case '%':
	case '^':
	case '@': return token(p, K_OP, 1);
	default: return selector_fail(p, p->start, "unexpected character: " STR_FMT, STR_ARG(quoted_char(p, p->at)));
	}
}

int selector_next(struct selector_text *p)
{
	skip_blanks(p);
	p->start = p->at;
	return p->braces ? lex_braces(p) : lex_outside(p);
}

/* ---- values ---- */

static uint32_t number_at(struct str s, size_t n, unsigned base)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v * base + (uint32_t)digit_of(s.p[i]);
	return v;
}

/* s starts behind the backslash and was checked by lex_escape. Bytes used and written. */
static size_t unescape(struct str s, char *out, size_t *written)
{
	static const char letter[] = "abfnrtv", meaning[] = "\a\b\f\n\r\t\v";
	const char *at = strchr(letter, s.p[0]);
	size_t n = s.p[0] == 'u' ? 4 : s.p[0] == 'U' ? 8 : 2;

	*written = 1;
	if (is_digit(s.p[0])) {
		*out = (char)number_at(s, 3, 8);
		return 3;
	}
	if (s.p[0] == 'x' || s.p[0] == 'u' || s.p[0] == 'U') {
		uint32_t v = number_at(str_skip(s, 1), n, 16);

		if (s.p[0] == 'x')
			*out = (char)v;
		else
			*written = enc_utf8(out, v);
		return 1 + n;
	}
	*out = at ? meaning[at - letter] : s.p[0];
	return 1;
}

struct str selector_string(struct selector_text *p)
{
	struct str s = str_of(p->token.p + 1, p->token.n - 2);
	char *out = arena_alloc(p->a, s.n);
	bool raw = p->token.p[0] == '`';
	size_t n = 0, written;

	for (size_t i = 0; i < s.n; i++) {
		if (raw || s.p[i] != '\\') {
			/* Go drops carriage returns from raw strings; Prometheus keeps them. */
			out[n++] = s.p[i];
			continue;
		}
		i += unescape(str_skip(s, i + 1), out + n, &written);
		n += written;
	}
	return str_of(out, n);
}

bool selector_is_metric(const struct selector_text *p)
{
	return p->kind == K_NAME || p->kind == K_METRIC || (p->kind == K_WORD && word_of(p->token)->metric);
}
