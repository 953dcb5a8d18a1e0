/*
 * json_units.h - values that formats give as fractions, in units of their own.
 *
 * A profile holds whole numbers: nanoseconds, bytes, counts. What rounding
 * takes from one value the next gets, so that totals are right.
 */
#ifndef JSON_UNITS_H
#define JSON_UNITS_H

#include "base/str.h"

struct unit {
	const char *name;       /* in the format */
	double scale;           /* to what profiles have */
	const char *type, *own; /* sample type and unit of the profile */
};

/* nanoseconds, microseconds, milliseconds, seconds, bytes, none; NULL for others. */
const struct unit *unit_find(struct str name);

struct rounding {
	double rest;
};

/* false: beyond 64 bits. */
bool unit_round(struct rounding *r, double value, int64_t *out);
/* A place on the time line in nanoseconds (counts and bytes as they are), at most what 64 bits hold. */
int64_t unit_time(const struct unit *u, double at);

#endif
