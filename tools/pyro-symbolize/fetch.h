/*
 * fetch.h - debug information from debuginfod servers, by build id: one GET
 * each of URL/buildid/ID/debuginfo, and of /executable when there is none of
 * the former. What came is kept in a folder, ID/debuginfo, and not asked for
 * again. A server that does not answer is left out for the rest of the run.
 *
 * Source: debuginfod(8), "WEBAPI".
 */
#ifndef FETCH_H
#define FETCH_H

#include "base/arena.h"
#include "tools/pyro-symbolize/symbolize.h"

struct fetch;

struct fetch *fetch_new(const struct symbolize_opts *o, struct err *e);
void fetch_free(struct fetch *f); /* accepts NULL */
/* The path of the file, in a; NULL: nobody has it. id: lower case hexadecimal. */
const char *fetch_debug(struct fetch *f, struct arena *a, struct str id);

#endif
