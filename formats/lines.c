/* lines.c - see lines.h */
#include "formats/lines.h"

#include "base/stream.h"

enum {
	PIECE = 1 << 18,           /* bytes: they and what is made of them stay in the caches */
	PIECE_MAX = INT32_MAX / 2, /* one record is not larger than that */
};

int lines_bad(const struct lines *t, struct arena *a, const struct format_opts *o, struct format_notes *notes,
    const char *text, struct err *e)
{
	if (!o->lenient)
		return err_set(e, ERR_INVALID, "line %u: %s", t->no, text);
	if (notes->skipped++ == 0)
		notes->first = arena_printf(a, "line %u: %s", t->no, text);
	return 0;
}

int lines_piece(struct src *s, size_t (*cut)(struct str), size_t least, struct str *out, bool *end, struct err *e)
{
	for (size_t want = PIECE;; want *= 2) {
		if (want > PIECE_MAX)
			return err_set(e, ERR_LIMIT, "a record of more than %d bytes", PIECE_MAX);
		if (want < least)
			continue;
		if (src_peek(s, want, out, e) < 0)
			return -1;
		*end = out->n < want;
		if (!*end)
			out->n = cut(*out);
		if (*end || (out->n > 0 && out->n >= least))
			return 0;
	}
}
