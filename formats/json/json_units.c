/* json_units.c - see json_units.h */
#include "formats/json/json_units.h"

#include <math.h>

static const struct unit units[] = {
	{ "nanoseconds", 1, "wall", "nanoseconds" },
	{ "microseconds", 1e3, "wall", "nanoseconds" },
	{ "milliseconds", 1e6, "wall", "nanoseconds" },
	{ "seconds", 1e9, "wall", "nanoseconds" },
	{ "bytes", 1, "space", "bytes" },
	{ "none", 1, "samples", "count" },
};

const struct unit *unit_find(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (str_eq(name, str_cstr(units[i].name)))
			return &units[i];
	return NULL;
}

bool unit_round(struct rounding *r, double value, int64_t *out)
{
	double whole;

	value += r->rest;
	whole = nearbyint(value);
	if (!(whole >= -0x1p63 && whole <= 0x1p63))
		return false;
	r->rest = value - whole;
	*out = whole < 0x1p63 ? (int64_t)whole : INT64_MAX; /* what the largest one becomes as a double */
	return true;
}

int64_t unit_time(const struct unit *u, double at)
{
	double ns = nearbyint(at * u->scale);

	return ns >= 0x1p63 ? INT64_MAX : ns < -0x1p63 ? INT64_MIN : (int64_t)ns;
}
