/* json_bid.c - see json_bid.h */
#include "formats/json/json_bid.h"

enum { LOOK = 1 << 20 };

char json_first(struct str s)
{
	s = str_trim(str_of(s.p, MIN(s.n, (size_t)LOOK)));
	return s.n ? s.p[0] : '\0';
}

static bool holds(struct str s, const char *part)
{
	return str_search(s, str_cstr(part)) < s.n;
}

bool json_has(struct str s, const char *part)
{
	if (s.n <= 2 * LOOK)
		return holds(s, part);
	return holds(str_of(s.p, LOOK), part) || holds(str_skip(s, s.n - LOOK), part);
}
