/*
 * json_walk.h - JSON read from front to end, value by value, without a tree:
 * the decoders of profile formats say what they expect next.
 *
 *	struct jwalk j = jwalk_init(a, text, e);
 *	struct str key;
 *
 *	for (jwalk_open(&j, '{'); jwalk_member(&j, &key);)
 *		if (str_eq(key, STR("weights")))
 *			for (jwalk_open(&j, '['); jwalk_item(&j);)
 *				add(jwalk_f64(&j));
 *		else
 *			jwalk_skip(&j);
 *	if (jwalk_end(&j) < 0)
 *		return -1;
 *
 * Each member and item is followed by exactly one value: a scalar, a skip, or
 * an open with its loop to the end. The first fault sticks: from then on loops
 * end, numbers are 0 and strings empty, so that one check at the end will do.
 * The error is ERR_INVALID "line 3 column 7: ..." or "unexpected end of JSON
 * input" (then `cut` is set).
 *
 * Strings borrow from the text; those with escapes are unescaped into the
 * arena (never longer than they were). Bytes of strings are kept as they are,
 * valid UTF-8 or not; a surrogate without its other half becomes U+FFFD. Of
 * members with one name the decoder sees each. Strict: no byte-order mark
 * (str_unmarked), no comments, no NaN, no trailing commas.
 *
 * Limits: JWALK_DEPTH open brackets; nothing recurses.
 */
#ifndef JSON_WALK_H
#define JSON_WALK_H

#include "base/arena.h"
#include "base/err.h"

enum { JWALK_DEPTH = 16384 };

struct jwalk {
	const char *p, *start, *end;
	struct arena *a;
	struct err *e;
	unsigned depth;
	bool first;  /* nothing stands behind the open bracket yet */
	bool failed; /* e is set */
	bool cut;    /* because the text ends too early */
	uint64_t objects[JWALK_DEPTH / 64];
};

void jwalk_init(struct jwalk *j, struct arena *a, struct str text, struct err *e);

/* For a value at `at` that was passed over, to read it once more. */
void jwalk_sub(struct jwalk *sub, const struct jwalk *j, const char *at);

/* The first character of the next value: { [ " t f n, '0' for a number, or '\0' for none. */
char jwalk_kind(struct jwalk *j);
void jwalk_open(struct jwalk *j, char bracket);      /* it is the fault of the text when it is something else */
bool jwalk_try(struct jwalk *j, char bracket);       /* opens; a value of another kind is passed over */
bool jwalk_member(struct jwalk *j, struct str *key); /* false: closed, or failed */
bool jwalk_item(struct jwalk *j);                    /* false: closed, or failed */
/* As jwalk_item, for arrays that a stopped writer left open: also false, with `cut` set, where the text ends here. */
bool jwalk_item_or_end(struct jwalk *j);
struct str jwalk_str(struct jwalk *j);
double jwalk_f64(struct jwalk *j);  /* finite */
int64_t jwalk_i64(struct jwalk *j); /* fractions are rounded; a fault beyond 64 bits */
/*
 * In an open array: as many plain numbers (at most nine digits, no blanks) as come next, max at most; jwalk_item goes
 * on behind them. For long arrays:
 *
 *	for (jwalk_open(&j, '[');;) {
 *		n += jwalk_run(&j, numbers + n, room);
 *		if (!jwalk_item(&j)) break;
 *		numbers[n++] = jwalk_u32(&j);
 *	}
 */
size_t jwalk_run(struct jwalk *j, uint32_t *out, size_t max);
/* The number times ten to the `shift`, exact as far as it has 18 digits; a fault beyond 64 bits. */
int64_t jwalk_scaled(struct jwalk *j, int shift);
uint32_t jwalk_u32(struct jwalk *j); /* a whole number up to UINT32_MAX - 1 */
bool jwalk_bool(struct jwalk *j);
void jwalk_skip(struct jwalk *j);
/* For members of no importance: what the value is if it is of the kind, else the default. */
struct str jwalk_str_or(struct jwalk *j, struct str alt);
int64_t jwalk_i64_or(struct jwalk *j, int64_t alt);
double jwalk_f64_or(struct jwalk *j, double alt);
/* Also a number is taken as text: identifiers. */
struct str jwalk_word(struct jwalk *j);

/* Nothing but blanks is left. */
bool jwalk_at_end(struct jwalk *j);
/* 0: all of it was read. -1: the fault, or that something follows. */
int jwalk_end(struct jwalk *j);
/* The text is wrong in the eyes of the decoder: "line 3 column 7: WHY". Where the walk stands now. */
void jwalk_fail(struct jwalk *j, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* "line 3 column 7" of a place in the text, for what is found wrong later. */
struct str jwalk_where(struct jwalk *j, const char *at);

#endif
