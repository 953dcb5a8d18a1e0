/*
 * limits.h - the limits of each tenant: those of the command line and the
 * configuration file, overlaid by a runtime file that is read again when it
 * changes:
 *
 *	overrides:
 *	  team-a:
 *	    max_global_series_per_tenant: 20000
 *
 * A snapshot never changes; the holder of the present one swaps it:
 *
 *	struct limits_set *s = limits_read(&opts.limits, path, e);
 *	const struct limits *l = limits_of(s, tenant);
 */
#ifndef LIMITS_H
#define LIMITS_H

#include "conf/opt.h"

struct limits {
#define OPT_FILE "conf/limits.def"
#include "conf/opt_struct.h"
};

extern const struct opt_table limits_table;

struct limits_set;

/* path NULL or "": no runtime file. `base` is copied (its strings are not). ERR_CONFIG names file and line. */
struct limits_set *limits_read(const struct limits *base, const char *path, struct err *e);
void limits_free(struct limits_set *s);         /* accepts NULL */
const struct limits *limits_of(const struct limits_set *s, struct str tenant);
const struct limits *limits_base(const struct limits_set *s);   /* of tenants that are not named */
/* Tenants with limits of their own, in the order of the file. */
size_t limits_tenants(const struct limits_set *s, const struct str **names);

#endif
