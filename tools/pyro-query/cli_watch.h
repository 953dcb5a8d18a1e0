/*
 * cli_watch.h - an answer that fills the terminal and is asked for again and again: `top --watch`, `flame --watch`, and
 * `flame --interactive` of a server. Keys work while an answer is being waited for; an answer that does not come leaves the
 * last one standing, with the reason.
 */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include "tools/pyro-query/query.h"

/* --watch, or --interactive with a server among the paths. */
bool cli_watch_wanted(const struct query_opts *o, const char *const *paths, size_t n);
/* Until the person leaves; verb: top or flame. ERR_USAGE: there is no terminal, or the options do not go together. */
int cli_watch(const struct query_opts *o, const char *verb, const char *const *paths, size_t n, struct err *e);

#endif
