/*
 * adhoc.h - profiles that users upload to look at: one file for each below
 * DATA/<tenant>/adhoc/, with the layout that the original has in its bucket:
 *
 *	<ULID>-<name>   {"name":"...","data":"<base64, as uploaded>","uploadedAt":"RFC 3339"}
 *
 * Functions block; they are called in the turn of a question (engine.h).
 *
 * Source: spec of the read API, section 13.
 */
#ifndef ADHOC_H
#define ADHOC_H

#include "base/arena.h"
#include "base/err.h"

enum { ADHOC_MAX_NAME = 200, ADHOC_MAX_FILE = 64 << 20 };

struct adhoc_place {
	const char *data; /* the data folder */
	struct str tenant;
	uint64_t max; /* files that are kept */
};

struct adhoc {
	struct str id, name, base64;
	int64_t uploaded; /* unix ms */
};

struct adhoc_list {
	struct adhoc *p; /* newest first; without base64 */
	size_t n;
};

/* Fills id, and name with what is left of it. ERR_LIMIT: there are max files. */
int adhoc_put(struct arena *a, const struct adhoc_place *at, struct adhoc *new, struct err *e);
/* ERR_INVALID: no id; ERR_NOTFOUND. Memory is a's. */
int adhoc_get(struct arena *a, const struct adhoc_place *at, struct str id, struct adhoc *out, struct err *e);
int adhoc_all(struct arena *a, const struct adhoc_place *at, struct adhoc_list *out, struct err *e);

#endif
