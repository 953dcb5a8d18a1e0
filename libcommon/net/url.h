/*
 * url.h - URLs and query strings. All results are slices of the input or
 * copies in the arena; nothing is fetched or resolved.
 *
 *	struct url u;
 *	struct str v;
 *
 *	if (url_parse(STR("http://host:4040/a?name=x%20y"), &u, e) < 0) ...
 *	if (url_param(a, u.query, "name", &v)) ...            // "x y"
 */
#ifndef URL_H
#define URL_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct url {
	struct str scheme; /* "http"; as written */
	/* "name" or "name:password", still encoded; p == NULL without '@' */
	struct str user;
	struct str host;     /* without brackets */
	bool ipv6;           /* the host was in brackets */
	uint16_t port;       /* 0 when not given */
	struct str path;     /* still encoded; may be empty */
	struct str query;    /* without '?' */
	struct str fragment; /* without '#' */
};

/* scheme://[user@]host[:port][/path][?query][#fragment] */
int url_parse(struct str text, struct url *u, struct err *e);

struct url_param {
	struct str name, value;
};

enum { URL_MAX_PARAMS = 10000 };

/*
 * a=1&b=x+y%21&c: decoded ('+' is a blank). Pairs that do not decode or hold
 * a ';' are left out, as Go's servers do. ERR_LIMIT past URL_MAX_PARAMS.
 */
int url_query(struct arena *a, struct str query, struct url_param **out, size_t *n, struct err *e);

/* ERR_INVALID, in the words of Go's servers, when a pair does not decode or holds a ';'. */
int url_query_check(struct str query, struct err *e);

/* The first value of that name; false (and v = STR_NONE) when there is none. */
bool url_param(struct arena *a, struct str query, const char *name, struct str *v);

/* Percent-decodes without '+' (paths). Broken escapes and NUL bytes are ERR_INVALID. */
int url_decode_path(struct arena *a, struct str path, struct str *out, struct err *e);

/* Resolves "//", "/./" and "/../" as text; never climbs above "/"; keeps a final '/'. */
struct str url_clean_path(struct arena *a, struct str path);

/* Appends &name=value or ?name=value, encoded for a query (blank becomes '+'). */
void url_add_param(struct buf *b, struct str name, struct str value);

#endif
