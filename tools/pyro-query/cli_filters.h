/*
 * cli_filters.h - the options of the section "Reports" as a report wants them; see formats/report/report_args.h.
 *
 *	struct report_filters f;
 *	int rc = cli_filters_init(&f, a, o, p, e);
 *	if (rc == 0)
 *		r = report_new(p, &f.o, e);
 *	...
 *	report_filters_fini(&f);                after the report, also when _init failed
 */
#ifndef CLI_FILTERS_H
#define CLI_FILTERS_H

#include "formats/report/output.h"
#include "formats/report/report_args.h"
#include "tools/pyro-query/query.h"

/* Texts live in a; the width is the terminal's, the time zone the system's at the time of p. */
int cli_filters_init(struct report_filters *f, struct arena *a, const struct query_opts *o, const struct profile *p,
    struct err *e);
struct output_opts cli_output_options(const struct query_opts *o);

#endif
