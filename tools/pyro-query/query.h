/* query.h - pyro-query's options and its parts: the server (query_serve.c) and the filter (cli.c). */
#ifndef TOOL_QUERY_H
#define TOOL_QUERY_H

#include "conf/client.h"
#include "conf/limits.h"
#include "conf/server.h"
#include "conf/tool.h"

struct query_opts {
#define OPT_FILE "tools/pyro-query/query.def"
#include "conf/opt_struct.h"
	struct client_opts client; /* a table of its own */
};

/* The words of --normalize. */
enum normalize {
	NORMALIZE_NONE,
	NORMALIZE_TOTAL,
	NORMALIZE_TIME,
	NORMALIZE_INSTANCES,
	NORMALIZE_TRUE,
	NORMALIZE_FALSE
};

/* All that is configured. */
struct query_conf {
	const struct query_opts *o;
	const struct server_opts *server;
	const struct limits *limits; /* of every tenant without its own */
};

int query_serve(struct tool *t, const struct query_conf *c, struct err *e);

#endif
