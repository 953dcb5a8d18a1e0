/*
 * folded.h - collapsed stacks: one text line for each stack, root first,
 * frames joined by ";".
 *
 *	main;work;parse 12
 *	main;idle 3
 *
 * Profiles made here have function-only frames, one mapping without flags and
 * one value for each sample; types are not set (two empty strings): the
 * caller sets them. Equal stacks are summed. Names point into the text.
 *
 * Source: spec of the write API, 4.1.
 */
#ifndef FOLDED_H
#define FOLDED_H

#include "formats/profile.h"

enum { FOLDED_MAX_LINE = 65536 };

/*
 * Bodies of /ingest: a last frame without a name does not count there ("a;b;" is
 * "a;b"), and an empty text is a stack without frames.
 *
 * "groups": the count follows the last blank; a line without a blank is
 * skipped; a line longer than FOLDED_MAX_LINE ends the input silently.
 * ERR_INVALID: strconv.Atoi: parsing "x1": invalid syntax
 */
int folded_decode(struct arena *a, struct str text, struct profile **out, struct err *e);

/* "lines": every line counts 1, empty ones are ignored; ERR_INVALID for a line that is too long. */
int folded_decode_lines(struct arena *a, struct str text, struct profile **out, struct err *e);

/*
 * Files of other tools: lines of any length, a tab may stand for the last
 * blank, and a line that does not end in a whole number (comments, headers,
 * fractions) is skipped and counted. ERR_INVALID when no line has a count.
 */
struct folded_lines {
	uint32_t counted, skipped;
	uint32_t first_skipped; /* line number from 1, 0 = none */
};
int folded_read(struct arena *a, struct str text, struct profile **out, struct folded_lines *lines, struct err *e);

/*
 * Appends the values of one sample type, lines sorted by bytes, equal stacks
 * summed, zeros left out. ";" inside a name becomes ":", LF a blank; a frame
 * without a name is written as its address in hex.
 */
void folded_encode(const struct profile *p, uint32_t type, struct buf *out);

#endif
