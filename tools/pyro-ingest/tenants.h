/*
 * tenants.h - what all threads share about a tenant: counters and its rate
 * limit. The list only grows and is read without locks; each thread keeps a
 * map of its own in front of it.
 */
#ifndef TENANTS_H
#define TENANTS_H

#include <stdatomic.h>

#include "base/map.h"
#include "base/vec.h"
#include "conf/limits.h"
#include "tools/pyro-ingest/clean.h"
#include "tools/pyro-ingest/received.h"

struct tenant {
	struct str name;
	struct tenant *next;
	_Atomic int64_t series;     /* active, over all shards */
	_Atomic int64_t busy_until; /* of the rate limit: see tenant_take */
	struct received_list received;
	_Atomic uint64_t discarded[DISCARDS], discarded_bytes[DISCARDS];
};

struct tenants {
	_Atomic(struct tenant *) first;
};

/* One thread's view: the tenants it has met, with their rules compiled for it. */
struct tenant_view {
	struct tenants *all;
	struct limits_set *limits; /* borrowed */
	VEC(struct tenant_rules) v;
	struct map by_name;
};

struct tenant_rules {
	struct tenant *tenant;
	struct clean_rules rules;
};

/* Found or made. The pointer stays; rules are those of the view's limits. NULL: its relabel rules are wrong. */
const struct tenant_rules *tenant_of(struct tenant_view *v, struct str name, struct err *e);
/* Whether the relabel rules of every tenant are right: a set that fails is not to be taken. ERR_CONFIG. */
int tenants_check(const struct limits_set *s, struct err *e);
void tenant_view_limits(struct tenant_view *v, struct limits_set *limits); /* from now on */
void tenant_view_fini(struct tenant_view *v);
void tenants_free(struct tenants *t);

/*
 * Takes `bytes` from a bucket that fills with rate bytes a second up to burst.
 * The bucket is one number, the time at which it would be full again, so that
 * threads need no lock. False: there are not enough.
 */
bool tenant_take(struct tenant *t, double rate, double burst, uint64_t bytes, int64_t mono);

#endif
