/*
 * folded_head.h - the lines of collapsed stacks, and what the first of them say
 * about all. Pure.
 */
#ifndef FOLDED_HEAD_H
#define FOLDED_HEAD_H

#include "formats/folded/folded.h"
#include "formats/folded/folded_utf16.h"

enum {
	FOLDED_MAX_TYPES = 16,
	FOLDED_MAX_DIGITS = 18, /* that are added up without a look at the range */
};

static const int64_t FOLDED_NANO = 1000000000;

struct folded_count {
	int64_t whole, nano; /* of the same sign */
};

struct folded_head {
	uint32_t n_types;
	struct folded_type {
		struct str type, unit;
	} types[FOLDED_MAX_TYPES];
	bool austin;
	int64_t interval; /* of Austin's samples, or 0 */
	uint64_t lines;   /* it takes */
};

/* All that folded_read_head looks at is there. */
bool folded_has_head(struct str text);
/* Reads comments and the head into *h; returns what is behind. Texts are the arena's. */
struct str folded_read_head(struct arena *a, struct str text, struct folded_head *h);
bool folded_is_comment(struct str line);

static inline bool folded_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next line without its end, off the text. */
static inline bool folded_next_line(struct str *text, struct str *line)
{
	const char *end;

	if (text->n == 0)
		return false;
	end = memchr(text->p, '\n', text->n);
	*line = str_of(text->p, end ? (size_t)(end - text->p) : text->n);
	*text = str_skip(*text, line->n + 1);
	if (line->n && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

/* [+-]digits[.digits], or .digits; false when it is something else or too large. */
static inline bool folded_parse_count(struct str s, struct folded_count *out)
{
	bool minus = s.n && s.p[0] == '-', some = false;
	uint64_t v = 0, limit = (uint64_t)INT64_MAX + minus;
	size_t i = minus || (s.n && s.p[0] == '+');
	int64_t nano = 0, unit = FOLDED_NANO;

	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
		unsigned digit = (unsigned)(s.p[i] - '0');

		if (UNLIKELY(i >= FOLDED_MAX_DIGITS) && v > (limit - digit) / 10)
			return false;
		v = v * 10 + digit;
		some = true;
	}
	if (i < s.n && s.p[i] == '.')
		for (i++; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
			unit /= 10;
			nano += (s.p[i] - '0') * unit;
			some = true;
		}
	*out = (struct folded_count){ (int64_t)(minus ? -v : v), minus ? -nano : nano };
	return some && i == s.n;
}

/* Takes the last n counts of a line off; what is left is the stack. */
static inline bool folded_take_counts(struct str *line, struct folded_count *out, uint32_t n)
{
	struct str s = *line;

	while (n > 0) {
		size_t at = s.n;

		while (at > 0 && !folded_is_blank(s.p[at - 1]))
			at--;
		if (at == 0 || !folded_parse_count(str_skip(s, at), &out[--n]))
			return false;
		s.n = at - 1;
	}
	*line = s;
	return true;
}

#endif
