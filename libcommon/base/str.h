/*
 * str.h - borrowed bytes: a pointer and a length, not terminated, never
 * freed. Parsers take a str and return slices of it.
 */
#ifndef STR_H
#define STR_H

#include "base/base.h"

struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })
#define STR_NONE ((struct str){ NULL, 0 })
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)MIN((s).n, (size_t)INT_MAX), (s).p

static inline struct str str_of(const void *p, size_t n)
{
	return (struct str){ p, n };
}

static inline struct str str_cstr(const char *p)
{
	return (struct str){ p, p ? strlen(p) : 0 };
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

int str_cmp(struct str a, struct str b);        /* byte order, shorter first */
bool str_eq_nocase(struct str a, struct str b); /* ASCII letters only */
bool str_prefix(struct str s, struct str prefix);
bool str_suffix(struct str s, struct str suffix);
struct str str_skip(struct str s, size_t n); /* without the first n bytes, at most all */
struct str str_unmarked(struct str s);       /* without the byte-order mark of UTF-8 that it may begin with */
struct str str_trim(struct str s);           /* without blanks, tabs, CR, LF around it */

/* Offset of the first or last c, or of needle, or s.n when there is none. */
size_t str_find(struct str s, char c);
size_t str_rfind(struct str s, char c);
size_t str_search(struct str s, struct str needle);

/* The part before the first sep; rest becomes what follows it (empty at the end). */
struct str str_cut(struct str *rest, char sep);

bool str_utf8(struct str s); /* valid UTF-8 (no surrogates, no overlong forms) */

#endif
