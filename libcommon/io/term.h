/*
 * term.h - what standard output is.
 */
#ifndef TERM_H
#define TERM_H

#include "base/base.h"

/* Columns of the terminal that standard output is, or 0 when it is none. COLUMNS, if it
   is a number from 1 to 10000, is believed where the terminal does not tell. */
unsigned term_width(void);

#endif
