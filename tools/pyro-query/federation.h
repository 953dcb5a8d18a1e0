/*
 * federation.h - questions for several tenants at once, "a|b" in X-Scope-OrgID:
 * who may be asked for together, under which limits, and how such an ask
 * becomes one for each tenant.
 *
 * Each tenant's limit query_federation lists the others that it may be asked
 * for with, or "*"; all must allow all.
 *
 * What comes back has one label more, TENANT_LABEL: it can be selected, grouped by and listed.
 */
#ifndef FEDERATION_H
#define FEDERATION_H

#include "conf/limits.h"
#include "formats/query/ask.h"

#define TENANT_LABEL STR("__tenant_id__")

/* tenants: "a", or "a|b". ERR_DENIED names two that do not go together. */
int federation_check(const struct limits_set *set, struct str tenants, struct err *e);
/* Of several tenants the narrowest of each. */
const struct limits *federation_limits(struct arena *a, const struct limits_set *set, struct str tenants);

/* The ask for one of several tenants. *none: it has nothing to say, because a matcher of TENANT_LABEL excludes it. */
int federation_ask(struct arena *a, const struct pyro_ask *ask, struct str tenant, struct pyro_ask *out, bool *none,
    struct err *e);
/* Puts TENANT_LABEL into the part of one tenant. */
void federation_part(struct arena *a, const struct pyro_ask *ask, struct str tenant, struct part *p);

#endif
