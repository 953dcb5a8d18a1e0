/*
 * json_note.h - what decoders of JSON do about something odd: an error with
 * its place, or with o->lenient a note. Formats whose readers everywhere pass
 * over such things count them too (json_passed).
 */
#ifndef JSON_NOTE_H
#define JSON_NOTE_H

#include "formats/format.h"
#include "formats/json/json_walk.h"

/* 0: noted. -1: ERR_INVALID. */
int json_odd(struct jwalk *j, const struct format_opts *o, struct format_notes *notes, const char *at, const char *fmt,
    ...) PRINTF_LIKE(5, 6);
void json_passed(struct jwalk *j, struct format_notes *notes, const char *at, const char *fmt, ...) PRINTF_LIKE(4, 5);

#endif
