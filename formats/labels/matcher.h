/*
 * matcher.h - label selectors in Prometheus' grammar, with Go's regular
 * expressions (RE2), always anchored and linear in the input.
 *
 *	struct selector s;
 *	if (selector_parse(a, STR("{service_name=\"a\"}"), &s, e) < 0) ...
 *	if (selector_match(&s, &labels)) ...
 *	selector_fini(&s);
 *
 * An absent label equals "". Literals, alternations of literals, prefixes and
 * the like are compared without the engine. Not for two threads at once.
 *
 * Limits: SELECTOR_MAX_TEXT bytes and SELECTOR_MAX_MATCHERS matchers, of which SELECTOR_MAX_ENGINES may need the engine
 * with programs of SELECTOR_MAX_SIZE instructions together, because each expression is memory and work for every shard.
 * An expression can be made to cost 0.2 ms a value, or 10,000 times what is usual: who matches many series for strangers
 * gives the selector a patience.
 */
#ifndef MATCHER_H
#define MATCHER_H

#include "base/err.h"
#include "formats/labels/labels.h"

enum {
	SELECTOR_MAX_TEXT = 1 << 20,
	SELECTOR_MAX_MATCHERS = 1000,
	SELECTOR_MAX_ENGINES = 32,
	SELECTOR_MAX_SIZE = 1 << 19,
};

enum match_op { MATCH_EQ, MATCH_NE, MATCH_RE, MATCH_NRE };

struct regex; /* formats/labels/regex.h */

struct matcher {
	enum match_op op;
	struct str name, value;
	struct regex *re; /* of MATCH_RE and MATCH_NRE */
	bool engine;      /* re needs it */
};

/* How long the engine may work. Most matches are not timed. */
struct patience {
	int64_t (*cpu)(void); /* CPU time of this thread, ns */
	int64_t left;         /* ns */
	uint32_t untimed;     /* so many that come */
};

struct selector {
	struct matcher *p;
	uint32_t n;
	uint32_t engines;          /* matchers that need it */
	size_t size;               /* instructions of their programs */
	struct patience *patience; /* borrowed; NULL, as parsed: there is no end to it */
};

int selector_parse(struct arena *a, struct str text, struct selector *out, struct err *e);
void selector_fini(struct selector *s);
/* One more condition, e.g. __profile_type__ = "...": in a, strings borrowed. */
void selector_add(struct arena *a, struct selector *s, enum match_op op, struct str name, struct str value);
/* As text that selector_parse reads, without the matchers of one name (empty: all are there). */
void selector_print(struct buf *b, const struct selector *s, struct str without);
bool selector_match(const struct selector *s, const struct labels *l);
/* One matcher of it. */
bool selector_match_value(const struct selector *s, const struct matcher *m, struct str value);
/* After matching: ERR_INVALID when the patience is over. What was matched is then wrong, and not to be kept. */
int selector_check(const struct selector *s, struct err *e);
bool matcher_match_value(const struct matcher *m, struct str value);
bool matcher_match_empty(const struct matcher *m); /* does it accept a series without the label? */

#endif
