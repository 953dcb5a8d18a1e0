/*
 * term.h - what the person at the terminal sees: its width, whether it has colours, the time zone.
 */
#ifndef TERM_H
#define TERM_H

#include "base/arena.h"
#include "base/err.h"

/* Columns of the terminal that standard output is, or 0 when it is none. COLUMNS, if it
   is a number from 1 to 10000, is believed where the terminal does not tell. */
unsigned term_width(void);
/* NO_COLOR is not set (or empty) and TERM is not "dumb". */
bool term_wants_colours(void);
bool term_colours(void); /* and standard output is a terminal */
/* Seconds east of UTC at that time (unix ns), and the zone's name, in a. */
int32_t term_zone(struct arena *a, int64_t ns, struct str *name);

#endif
