/*
 * absent.h - parameters of Pyroscope that no pyro program has (absent.def):
 * some are accepted with one warning, some refused, all others are unknown.
 *
 *	switch (absent_flag(&x, name, value, e)) {
 *	case ABSENT_TAKEN: ...                  // passed over; a warning was logged, the first time
 *	case ABSENT_REFUSED: return -1;         // e says why
 *	case ABSENT_UNKNOWN: ...
 */
#ifndef ABSENT_H
#define ABSENT_H

#include "base/err.h"
#include "base/str.h"
#include "conf/yaml.h"

enum { ABSENT_ROWS_MAX = 160 };

/* One reading of one configuration: each row warns once. All zero to begin with. */
struct absent {
	bool quiet; /* somebody else has warned and refused already */
	bool warned[ABSENT_ROWS_MAX];
};

enum absent_is { ABSENT_UNKNOWN, ABSENT_TAKEN, ABSENT_REFUSED };

/* Does the flag need a word as its value? False for booleans, and for what is unknown. */
bool absent_wants_value(struct str flag);
enum absent_is absent_flag(struct absent *x, struct str flag, struct str value, struct err *e);
/* A key; or a section, when absent_inner says that it holds nothing to look at one by one. */
enum absent_is absent_key(struct absent *x, struct str path, const struct yaml *value, const char *file, unsigned line,
    struct err *e);
/* Rows of keys that begin with "path.", beside one for all of them. */
bool absent_inner(struct str path);

#endif
