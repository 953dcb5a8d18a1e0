/*
 * json_walk_impl.h - between json_walk.c and json_walk_numbers.c
 */
#ifndef JSON_WALK_IMPL_H
#define JSON_WALK_IMPL_H

#include "formats/json/json_walk.h"

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* What stands at j->p is not what is expected, or the text ends there. */
void jwalk_bad(struct jwalk *j, const char *expected);
/* Passes over a number; false: it is none. */
bool jwalk_number(struct jwalk *j);

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The next byte that is no blank; '\0' at the end and after a fault. */
static inline char jwalk_next(struct jwalk *j)
{
	while (j->p < j->end && is_blank(*j->p))
		j->p++;
	return LIKELY(j->p < j->end && !j->failed) ? *j->p : '\0';
}

#endif
