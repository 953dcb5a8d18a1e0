/*
 * selector_token.h - the words of a selector, one at a time, and the messages
 * about them, for the file that knows their order.
 */
#ifndef SELECTOR_TOKEN_H
#define SELECTOR_TOKEN_H

#include "base/arena.h"
#include "base/err.h"
#include "formats/labels/matcher.h"

enum kind {
	K_END,
	K_NAME,   /* of a label or metric */
	K_METRIC, /* a name with colons */
	K_STRING,
	K_NUMBER,
	K_DURATION,
	K_WORD, /* of the query language */
	K_SIGN, /* brackets, comma, = */
	K_OP,   /* all other operators */
};

struct selector_text {
	struct arena *a;
	struct err *e;
	struct str text;
	size_t at; /* behind the token */
	bool braces;

	enum kind kind;
	struct str token;
	size_t start; /* of the token */
};

/* The next token becomes the current one. */
int selector_next(struct selector_text *p);
/* A name or a word that may stand where a metric name stands. */
bool selector_is_metric(const struct selector_text *p);
/* The current string, unquoted, in the arena. */
struct str selector_string(struct selector_text *p);

/* "1:3: parse error: ..."; -1 */
int selector_fail(struct selector_text *p, size_t at, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* That the current token is not `expected`; -1 */
int selector_unexpected(struct selector_text *p, const char *expected);

#endif
