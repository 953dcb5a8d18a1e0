/* cli_edit.h - the options that change a profile before anything is asked of it, and those that hide names. */
#ifndef CLI_EDIT_H
#define CLI_EDIT_H

#include "formats/report/report.h"
#include "tools/pyro-query/query.h"

/* --collapse-recursion, --rewrite-path: another profile in a, or p itself. NULL: ERR_USAGE. */
struct profile *cli_edit(struct arena *a, const struct query_opts *o, struct profile *p, struct err *e);
/*
 * --anonymize: names are hidden when the filters, which know them, are done: *r becomes a report on what they left. The
 * old report and *p must live as long. 1: so it is; 0: the option is not set.
 */
int cli_edit_hide(struct arena *a, const struct query_opts *o, const struct report_opts *ro, struct report *old,
    struct report **r, struct profile **p, struct err *e);

#endif
