#include "base/json_scan.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/enc.h"

struct scan {
	struct str text;
	size_t at;
	struct err *e;
	char open[JSON_SCAN_DEPTH]; /* brackets */
	unsigned depth;
};

static int bad(struct scan *s, const char *where)
{
	struct buf b;
	char c;
	int rc;

	if (s->at >= s->text.n)
		return err_set(s->e, ERR_INVALID, "unexpected end of JSON input");
	c = s->text.p[s->at];
	if (c == '\'' || c == '"')
		return err_set(s->e, ERR_INVALID, "invalid character '%s%c' %s", c == '\'' ? "\\" : "", c, where);
	if ((unsigned char)c >= 0x80) /* a byte stands for the character of that number */
		return err_set(s->e, ERR_INVALID, "invalid character '%c%c' %s", 0xc0 | (unsigned char)c >> 6,
		    0x80 | ((unsigned char)c & 0x3f), where);
	buf_init(&b, 32);
	enc_quote(&b, str_of(&c, 1));
	rc = err_set(s->e, ERR_INVALID, "invalid character '" STR_FMT "' %s", STR_ARG(str_of(b.p + 1, b.n - 2)), where);
	buf_fini(&b);
	return rc;
}

static char here(const struct scan *s)
{
	return s->at < s->text.n ? s->text.p[s->at] : '\0';
}

static bool digit_here(const struct scan *s)
{
	return here(s) >= '0' && here(s) <= '9';
}

static void skip_blanks(struct scan *s)
{
	while (s->at < s->text.n && (here(s) == ' ' || here(s) == '\t' || here(s) == '\r' || here(s) == '\n'))
		s->at++;
}

static int scan_escape(struct scan *s)
{
	char c = here(s);

	if (s->at >= s->text.n || c == '\0' || strchr("bfnrt\\/\"u", c) == NULL)
		return bad(s, "in string escape code");
	s->at++;
	for (int i = 0; c == 'u' && i < 4; i++, s->at++) {
		char x = here(s);

		if (!digit_here(s) && !((x | 0x20) >= 'a' && (x | 0x20) <= 'f'))
			return bad(s, "in \\u hexadecimal character escape");
	}
	return 0;
}

static int scan_string(struct scan *s)
{
	s->at++;
	for (;;) {
		char c = here(s);

		if (s->at >= s->text.n || (unsigned char)c < ' ')
			return bad(s, "in string literal");
		s->at++;
		if (c == '"')
			return 0;
		if (c == '\\' && scan_escape(s) < 0)
			return -1;
	}
}

static int scan_digits(struct scan *s, const char *where)
{
	if (!digit_here(s))
		return bad(s, where);
	while (digit_here(s))
		s->at++;
	return 0;
}

static int scan_number(struct scan *s)
{
	if (here(s) == '-')
		s->at++;
	if (here(s) == '0')
		s->at++;
	else if (scan_digits(s, "in numeric literal") < 0)
		return -1;
	if (here(s) == '.') {
		s->at++;
		if (scan_digits(s, "after decimal point in numeric literal") < 0)
			return -1;
	}
	if (here(s) != 'e' && here(s) != 'E')
		return 0;
	s->at++;
	if (here(s) == '+' || here(s) == '-')
		s->at++;
	return scan_digits(s, "in exponent of numeric literal");
}

static int scan_word(struct scan *s, const char *word)
{
	char where[64];

	for (const char *w = word; *w != '\0'; w++, s->at++) {
		if (here(s) == *w)
			continue;
		snprintf(where, sizeof(where), "in literal %s (expecting '%c')", word, *w);
		return bad(s, where);
	}
	return 0;
}

static int scan_key(struct scan *s)
{
	skip_blanks(s);
	if (here(s) != '"')
		return bad(s, "looking for beginning of object key string");
	if (scan_string(s) < 0)
		return -1;
	skip_blanks(s);
	if (here(s) != ':')
		return bad(s, "after object key");
	s->at++;
	return 0;
}

/* 1: a bracket was opened and a value is to come; 0: a value is complete. */
static int scan_open(struct scan *s)
{
	char c = here(s);

	if (s->depth == JSON_SCAN_DEPTH)
		return err_set(s->e, ERR_INVALID, "exceeded max depth");
	s->at++;
	skip_blanks(s);
	if (here(s) == (c == '{' ? '}' : ']')) {
		s->at++;
		return 0;
	}
	s->open[s->depth++] = c;
	if (c == '{' && scan_key(s) < 0)
		return -1;
	return 1;
}

static int scan_value(struct scan *s)
{
	skip_blanks(s);
	switch (here(s)) {
	case '{':
	case '[': return scan_open(s);
	case '"': return scan_string(s);
	case 't': return scan_word(s, "true");
	case 'f': return scan_word(s, "false");
	case 'n': return scan_word(s, "null");
	case '-': return scan_number(s);
	default: return digit_here(s) ? scan_number(s) : bad(s, "looking for beginning of value");
	}
}

/* Behind a value. 1: another is to come; 0: all brackets are closed. */
static int scan_end(struct scan *s)
{
	while (s->depth > 0) {
		bool object = s->open[s->depth - 1] == '{';

		skip_blanks(s);
		if (here(s) == ',') {
			s->at++;
			return object && scan_key(s) < 0 ? -1 : 1;
		}
		if (here(s) != (object ? '}' : ']'))
			return bad(s, object ? "after object key:value pair" : "after array element");
		s->at++;
		s->depth--;
	}
	return 0;
}

int json_scan(struct str text, struct err *e)
{
	struct scan s = { .text = text, .e = e };
	int rc;

	do {
		rc = scan_value(&s);
		if (rc == 0)
			rc = scan_end(&s);
	} while (rc == 1);
	if (rc < 0)
		return -1;
	skip_blanks(&s);
	return s.at < text.n ? bad(&s, "after top-level value") : 0;
}
