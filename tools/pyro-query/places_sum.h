/*
 * places_sum.h - the sum of any number of profiles in bounded memory: distinct stacks beyond the bound go to a temporary
 * file in sorted runs, and the answer is written as a stream. Names, functions and locations stay in memory.
 *
 *	struct places_sum *s = places_sum_new(&so, e);
 *	rc = places_sum_add(s, p, false, e);             any number of times
 *	rc = places_sum_write(s, to, e);                once
 *	places_sum_free(s);
 *
 * The temporary file lies in $TMPDIR, or /tmp, without a name: nothing is left of it whatever happens.
 */
#ifndef PLACES_SUM_H
#define PLACES_SUM_H

#include "base/stream.h"
#include "formats/profile.h"
#include "tools/pyro-query/places_forms.h"

struct places_sum_opts {
	size_t memory; /* bytes for all of it */
	const struct places_form *form;
	struct str sample; /* name or number of the sample type; empty: all that the form holds, or the default */
	bool strict;
	/* What options of reports leave of a profile; NULL: all. In a, or p itself. */
	struct profile *(*filter)(void *ctx, struct arena *a, struct profile *p, struct err *e);
	void *ctx;
};

struct places_sum;

struct places_sum *places_sum_new(const struct places_sum_opts *o, struct err *e);
void places_sum_free(struct places_sum *s); /* accepts NULL */
/* beside: as profile_merger_add_beside. ERR_LIMIT: names and locations alone need more than the bound. */
int places_sum_add(struct places_sum *s, struct profile *p, bool beside, struct err *e);
/* Of nothing at all: ERR_NOTFOUND. */
int places_sum_write(struct places_sum *s, struct sink *to, struct err *e);
uint64_t places_sum_spilled(const struct places_sum *s); /* bytes in the temporary file */

#endif
