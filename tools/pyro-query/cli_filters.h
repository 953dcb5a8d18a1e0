/*
 * cli_filters.h - the options of the section "Reports" as a report wants them.
 *
 *	struct cli_filters f;
 *	int rc = cli_filters_init(&f, a, o, p, e);
 *	if (rc == 0)
 *		r = report_new(p, &f.o, e);
 *	...
 *	cli_filters_fini(&f);                   after the report, also when _init failed
 */
#ifndef CLI_FILTERS_H
#define CLI_FILTERS_H

#include "formats/report/report.h"
#include "tools/pyro-query/query.h"

enum { CLI_MAX_FILTERS = 16 };

struct cli_filters {
	struct report_opts o;
	struct regex *compiled[CLI_MAX_FILTERS];
	uint32_t n;
	struct str active[CLI_MAX_FILTERS]; /* lines of the header */
};

/* Texts live in a; the time zone is the system's at the time of p. */
int cli_filters_init(struct cli_filters *f, struct arena *a, const struct query_opts *o, const struct profile *p,
    struct err *e);
/* Do the options leave out or change samples? Without, a profile is given on as it is. */
bool cli_filters_change(const struct cli_filters *f);
void cli_filters_fini(struct cli_filters *f);

#endif
