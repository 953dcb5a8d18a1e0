/*
 * folded.h - collapsed stacks: one text line for each stack, root first,
 * frames joined by ";".
 *
 *	main;work;parse 12
 *	main;idle 3
 *
 * Profiles made here have function-only frames and one mapping without flags.
 * Those of folded_decode have one value for each sample, whose type is not set
 * (two empty strings): the caller sets it. Equal stacks are summed. Names point
 * into the text.
 *
 * Source: spec of the write API, 4.1.
 */
#ifndef FOLDED_H
#define FOLDED_H

#include "formats/format.h"

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

/* Such a profile with the type samples/count as the only one of out; returns 0. */
int folded_one(struct arena *a, struct profile *p, struct format_profiles *out);

/*
 * Files of other tools, one profile:
 *
 * - Lines of any length. The count is a whole number behind the last blank or
 *   tab; a fraction ("1.5") is added up exactly to nine digits and rounded for
 *   each stack at the end (notes.warning says so). Counts may be negative.
 * - The type is samples/count. A first line of "type/unit type/unit" names
 *   several, as pprofutils has it: as many counts stand at each line's end.
 * - When all of the first lines end in two counts, and some stack has a ";",
 *   they are the two sides of a comparison (difffolded): the types are
 *   before/count and after/count.
 * - A line that begins with "# " or "#!", or with "#" and has no count, is a
 *   comment. Those of Austin say what is measured ("# mode: wall"), and with
 *   FORMAT_TAGS its frames "P12" and "T34" in front become tags pid and tid.
 * - CRLF ends a line too. UTF-16 that has a byte-order mark is turned into
 *   UTF-8.
 * - Names are bytes: what is not UTF-8 stays as it is, and so does NUL; who
 *   writes a format that must be UTF-8 replaces them there.
 * - format_opts.split_frames: "func (file:12)" and "file:func:12" become a
 *   function in a file at a line; otherwise names are kept as they are.
 * - format_opts.first: settings (types, comparison, Austin) are those of the
 *   first piece.
 *
 * Any other line is skipped and noted. ERR_INVALID when no line has a count.
 *
 * The text is gone through once, in pieces of lines; names are copied.
 */
int folded_stream(struct arena *a, struct src *s, const struct format_opts *o, struct format_profiles *out,
    struct err *e);
int folded_profiles(struct arena *a, struct str text, const struct format_opts *o, struct format_profiles *out,
    struct err *e);

/* As folded_profiles without options. */
struct folded_lines {
	uint64_t counted; /* with a count */
	uint64_t skipped;
};
int folded_read(struct arena *a, struct str text, struct profile **out, struct folded_lines *lines, struct err *e);

/* How many of the first lines have a count; comments and the head are not among *lines. */
unsigned folded_look(struct str text, unsigned *lines);
/* See format.h. UTF-16 has no pieces. */
size_t folded_cut(struct str text);

/*
 * Appends the values of one sample type, lines sorted by bytes, equal stacks
 * summed, zeros left out. ";" inside a name becomes ":", LF a blank; a frame
 * without a name is written as its address in hex.
 */
void folded_encode(const struct profile *p, uint32_t type, struct buf *out);
/* All values of a stack side by side, behind a line that names their types unless they are before and after (or left
   and right); stacks with nothing but zeros are left out. */
void folded_encode_columns(const struct profile *p, struct buf *out);

#endif
