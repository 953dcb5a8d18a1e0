/*
 * lines.h - a text line by line, with numbers for messages. Lines end in LF or CRLF; the last may have no end.
 *
 *	struct lines t = { .rest = text };
 *	while (lines_next(&t))
 *		if (cannot_read(t.line) && lines_bad(&t, a, opts, &out->notes, "no count", e) < 0)
 *			return -1;
 */
#ifndef LINES_H
#define LINES_H

#include "formats/format.h"

struct lines {
	struct str rest; /* still to read */
	struct str line; /* the line at hand, without its end; no pointer before the first and behind the last */
	uint32_t no;     /* its number, from 1 */
};

static inline bool lines_next(struct lines *t)
{
	if (t->rest.n == 0) {
		t->line = STR_NONE;
		return false;
	}
	t->line = str_cut(&t->rest, '\n');
	if (t->line.n && t->line.p[t->line.n - 1] == '\r')
		t->line.n--;
	t->no++;
	return true;
}

/* The line at hand cannot be read: 0 and a note with opts->lenient, otherwise -1 and ERR_INVALID "line 3: TEXT". */
int lines_bad(const struct lines *t, struct arena *a, const struct format_opts *o, struct format_notes *notes,
    const char *text, struct err *e);

/*
 * Whole records from the front of s, as cut (format.h) finds them, for who reads a text without having all of it: at least
 * `least` bytes of them, and usually some hundred KB, until *end is the end of s. Nothing is skipped; valid until the next
 * call. ERR_LIMIT: a record of more than a gigabyte.
 */
int lines_piece(struct src *s, size_t (*cut)(struct str), size_t least, struct str *out, bool *end, struct err *e);

#endif
