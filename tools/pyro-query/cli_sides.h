/*
 * cli_sides.h - one side of a comparison, or the only one: sources, merged and behind their filters.
 *
 *	struct cli_side s = { 0 };
 *	int rc = cli_side_open(&s, paths, n, o, e);
 *	...                                             s.r, s.p
 *	cli_side_close(&s);                             also after a failure
 */
#ifndef CLI_SIDES_H
#define CLI_SIDES_H

#include "formats/report/report_args.h"
#include "tools/pyro-query/places.h"

struct cli_side {
	const struct places_turn *turn; /* set before the open, and needed until it returns; NULL: none */
	struct places places;
	struct profile *p;
	struct report_filters f;
	struct report *r;
};

/* o is borrowed until the close. */
int cli_side_open(struct cli_side *s, const char *const *paths, size_t n, const struct query_opts *o, struct err *e);
void cli_side_close(struct cli_side *s);
/* What --normalize asks for, from both sides: before, after. ERR_USAGE, too: they cannot be compared. */
int cli_sides_normalize(const struct cli_side sides[2], const struct query_opts *o, struct report_diff_opts *d,
    struct err *e);

#endif
