/*
 * operator.h - pages and metrics that operators find at every serving program:
 *
 *	/config, /api/v1/status/config[/default|/diff]  the options in effect, as YAML
 *	/api/v1/status/flags                            their flags and values, as JSON
 *	/api/v1/status/buildinfo, /buildinfo            the version, as JSON
 *
 *	router_add(r, operator_routes, n_operator_routes, NULL, e);
 *	router_add(r, operator_config_routes, OPERATOR_CONFIG_ROUTES, tool, e); // ctx: the struct tool
 *	operator_metrics(&b, "pyro-ingest");            // process_*, pyroscope_build_info
 *
 * Secrets are shown as ***.
 */
#ifndef OPERATOR_H
#define OPERATOR_H

#include "base/buf.h"
#include "conf/tool.h"
#include "net/route.h"

enum { OPERATOR_PAGE_MAX = 16 << 20 };

extern const struct route operator_routes[];
extern const size_t n_operator_routes;

/* The rows of the configuration pages, for handlers of one's own (that show more than one program's). */
enum { OPERATOR_CONFIG_ROUTES = 5 };

#define OPERATOR_CONFIG(handler, flags)                                                     \
	{ .path = "/config", .methods = "GET", .fn = (handler) },                           \
	    { .path = "/api/v1/status/config", .methods = "GET", .fn = (handler) },         \
	    { .path = "/api/v1/status/config/default", .methods = "GET", .fn = (handler) }, \
	    { .path = "/api/v1/status/config/diff", .methods = "GET", .fn = (handler) },    \
	{                                                                                   \
		.path = "/api/v1/status/flags", .methods = "GET", .fn = (flags)             \
	}

extern const struct route operator_config_routes[OPERATOR_CONFIG_ROUTES];

/* What the page of this request shows of one program. */
void operator_config(struct buf *b, const struct tool *t, struct http_req *r);
/* {"status":"success","data":{"log.level":"info", ...}} */
void operator_flags(struct buf *b, const struct tool *t);

/* Every sample has the label program, because the processes of one server are read together. */
void operator_metrics(struct buf *b, const char *program, int64_t started_wall);

#endif
