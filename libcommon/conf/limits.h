/*
 * limits.h - the limits of each tenant: those of the command line and the
 * configuration file, overlaid by runtime files that are read again when they
 * change:
 *
 *	overrides:
 *	  team-a:
 *	    max_global_series_per_tenant: 20000
 *
 * The table is a set of its own among a program's tables (tool.h), so that
 * its values are a struct limits. A snapshot never changes; the holder of the
 * present one swaps it:
 *
 *	struct limits_set *s = limits_read(&limits, &opts.runtime_config, e);
 *	const struct limits *l = limits_of(s, tenant);
 *
 * Several files are laid over each other, the last one on top.
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

/* `base` is copied (its strings are not). ERR_CONFIG names file and line. */
struct limits_set *limits_read(const struct limits *base, const struct opt_list *files, struct err *e);
/* Another number when the files have changed, or cannot be read any more. */
uint64_t limits_hash(const struct opt_list *files);
void limits_free(struct limits_set *s); /* accepts NULL */
const struct limits *limits_of(const struct limits_set *s, struct str tenant);
const struct limits *limits_base(const struct limits_set *s); /* of tenants that are not named */
/* `overrides:` with all limits of each tenant that has its own; own: with those alone that are not the base's. */
void limits_yaml(const struct limits_set *s, bool own, struct buf *out);
/* Tenants with limits of their own, in the order of the file. */
size_t limits_tenants(const struct limits_set *s, const struct str **names);

#endif
