/*
 * cli_base.h - the profile that --base or --diff-base takes away from the one that is asked for.
 *
 *	struct cli_base b = { 0 };
 *	int rc = cli_base_subtract(&b, a, o, &profile, e);      nothing happens without these options
 *	...
 *	cli_base_fini(&b);                                      after the last use of the profile
 */
#ifndef CLI_BASE_H
#define CLI_BASE_H

#include "tools/pyro-query/places.h"

struct cli_base {
	struct places places;
	bool open;
};

/* *p becomes the difference, in a. */
int cli_base_subtract(struct cli_base *b, struct arena *a, const struct query_opts *o, struct profile **p,
    struct err *e);
void cli_base_fini(struct cli_base *b);

#endif
