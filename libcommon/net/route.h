/*
 * route.h - which handler answers a path: a const table, looked up by hash
 * for exact paths and by longest prefix for the rest.
 *
 *	static const struct route routes[] = {
 *		{ .path = "/ready", .methods = "GET", .fn = ready },
 *		{ .path = "/ingest", .methods = "POST", .fn = ingest, .body_limit = 256 << 20 },
 *		{ .path = "/ui/", .methods = "GET", .fn = ui, .flags = ROUTE_PREFIX | ROUTE_GZIP },
 *	};
 *	struct router *r = router_new(routes, ARRAY_LEN(routes), me, e);
 *
 * Several rows may name one path with different methods. GET rows answer HEAD
 * too. An unknown path is 404 "404 page not found\n"; a known path with
 * another method is 405 with an empty body (and Allow if ROUTE_ALLOW). An
 * unknown path with "//", "/./" or "/../" is sent to where it leads (301).
 * A router is never changed after it was made and may be shared by threads.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include "base/base.h"
#include "base/err.h"
#include "net/http.h"

enum {
	/* path is a prefix ("/" matches all); exact rows win, then the longest */
	ROUTE_PREFIX = 1,
	/* answers of 1400 bytes and more are compressed when the client lets us */
	ROUTE_GZIP = 2,
	ROUTE_ALLOW = 4,  /* a 405 names the methods (Connect procedures) */
	ROUTE_EACH = 8,   /* paths below the prefix are counted by themselves, as those without a row */
	ROUTE_ASIDE = 16, /* served by httpd_conf.aside, if there is one */
};

struct route {
	const char *path;
	const char *methods; /* "GET", "GET POST", or "*" for any */
	http_fn *fn;
	void *ctx;         /* passed to fn; NULL = the router's */
	size_t body_limit; /* 0 = the server's */
	unsigned flags;
	/* Answers a body that passed the limit (r->too_big, no body). NULL = 413, empty. */
	http_fn *too_big;
};

struct router;

/* Borrows rows and their strings. Two rows for one path and method are ERR_BUG. */
struct router *router_new(const struct route *rows, size_t n, void *ctx, struct err *e);
/* Adds more rows before the router is used (tables of several modules). */
int router_add(struct router *r, const struct route *rows, size_t n, void *ctx, struct err *e);
void router_free(struct router *r); /* accepts NULL */

/* Answers every path without a row; NULL = 404 text. flags: ROUTE_ASIDE, or 0. */
void router_fallback(struct router *r, http_fn *fn, void *ctx, unsigned flags);

struct route_hit {
	const struct route *row; /* NULL: nothing has this path */
	http_fn *fn;             /* never NULL: the row's, or the answer 404 or 405 */
	void *ctx;
	size_t body_limit; /* 0 = the server's */
	bool wrong_method;
	bool aside;
};

struct route_hit router_find(const struct router *r, struct str method, struct str path);

#endif
