/*
 * settings.h - what clients keep about themselves: named strings of each
 * tenant, all in DATA/tenant_settings.json, in the layout of the original's
 * bucket:
 *
 *	{"<tenant>":{"<name>":{"name":"...","value":"...","modifiedAt":<unix ms>}}}
 *
 * The file is read again before every call and appears whole. Functions
 * block; they are called in the turn of a question alone (engine.h).
 *
 * Limits: SETTINGS_MAX bytes for all tenants together.
 *
 * Source: spec of the read API, section 14.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "base/arena.h"
#include "base/err.h"

enum { SETTINGS_MAX = 16 << 20 };

struct setting {
	struct str name, value;
	int64_t modified; /* unix ms */
};

struct setting_list {
	struct setting *p; /* by name */
	size_t n;
};

int settings_all(struct arena *a, const char *data, struct str tenant, struct setting_list *out, struct err *e);
/* ERR_EXISTS: what is stored is newer. */
int settings_put(struct arena *a, const char *data, struct str tenant, const struct setting *s, struct err *e);
/* An unknown name is no error. ERR_EXISTS: what is stored is newer than now. */
int settings_remove(struct arena *a, const char *data, struct str tenant, struct str name, int64_t now_ms,
    struct err *e);

#endif
