/*
 * folded_utf16.h - collapsed stacks in UTF-16, which begins with a byte-order mark, as UTF-8. Pure.
 */
#ifndef FOLDED_UTF16_H
#define FOLDED_UTF16_H

#include "base/arena.h"

bool folded_is_utf16(struct str text); /* by its mark */
/* Into the arena where it is UTF-16: at most half as long again; halves of pairs become U+FFFD. Other texts stay. */
struct str folded_utf8(struct arena *a, struct str text);

#endif
