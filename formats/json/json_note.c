/* json_note.c - see json_note.h */
#include "formats/json/json_note.h"

#include <stdarg.h>
#include <stdio.h>

int json_odd(struct jwalk *j, const struct format_opts *o, struct format_notes *notes, const char *at, const char *fmt,
    ...)
{
	char why[512];
	va_list ap;

	if (o->lenient && notes->skipped++ > 0)
		return 0;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (!o->lenient)
		return err_set(j->e, ERR_INVALID, "%s: %s", jwalk_where(j, at).p, why);
	notes->first = arena_printf(j->a, "%s: %s", jwalk_where(j, at).p, why);
	return 0;
}

void json_passed(struct jwalk *j, struct format_notes *notes, const char *at, const char *fmt, ...)
{
	char why[512];
	va_list ap;

	if (notes->skipped++ > 0)
		return;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	notes->first = arena_printf(j->a, "%s: %s", jwalk_where(j, at).p, why);
}
