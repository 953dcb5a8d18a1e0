/* cli.h - the verbs of the filter: sources in (places.h), an answer on standard output or in a file. */
#ifndef CLI_H
#define CLI_H

#include "tools/pyro-query/query.h"

/* top tree peek list calls raw traces tags folded pprof merge json flame svg html dot; t->conf.verb says which. */
int cli_report(struct tool *t, const struct query_opts *o, struct err *e);
int cli_diff(struct tool *t, const struct query_opts *o, struct err *e);
/* Limits of a file of rules (rules.h), each over a question of its own. */
int cli_check(struct tool *t, const struct query_opts *o, struct err *e);
/* series labels values types */
int cli_labels(struct tool *t, const struct query_opts *o, struct err *e);
/* What each file is: format, times, tables, totals. */
int cli_info(struct tool *t, const struct query_opts *o, struct err *e);

#endif
