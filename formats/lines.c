/* lines.c - see lines.h */
#include "formats/lines.h"

int lines_bad(const struct lines *t, struct arena *a, const struct format_opts *o, struct format_notes *notes,
    const char *text, struct err *e)
{
	if (!o->lenient)
		return err_set(e, ERR_INVALID, "line %u: %s", t->no, text);
	if (notes->skipped++ == 0)
		notes->first = arena_printf(a, "line %u: %s", t->no, text);
	return 0;
}
