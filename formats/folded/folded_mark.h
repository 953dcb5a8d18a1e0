/*
 * folded_mark.h - the byte-order mark in front of a text: that of UTF-8 is skipped, and UTF-16 becomes UTF-8. Pure.
 */
#ifndef FOLDED_MARK_H
#define FOLDED_MARK_H

#include "base/arena.h"

bool folded_is_utf16(struct str text); /* by its mark */
/* Into the arena where it is UTF-16: at most half as long again; halves of pairs become U+FFFD. */
struct str folded_unmark(struct arena *a, struct str text);

#endif
