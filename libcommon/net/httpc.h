/*
 * httpc.h - one HTTP call from a program that may wait, through libcurl:
 * http, https and unix sockets, HTTP/2 where the server offers it, proxies from
 * the environment. libcurl is loaded by the first httpc_new (io/lazy.h).
 *
 *	struct httpc *c = httpc_new(e);
 *	struct httpc_res res;
 *
 *	if (httpc_call(c, a, &(struct httpc_req){ .url = "http://host:4040/ready" }, &res, e) < 0)
 *		return -1;                      // no answer at all
 *	if (res.status != 200) ...
 *	httpc_free(c);
 *
 * A httpc keeps connections between calls; it is used by one thread at a
 * time. The answer lives in the arena given. Kinds of failure: ERR_TIMEOUT,
 * ERR_BUSY (refused, unreachable, broken), ERR_LIMIT (answer larger than
 * max_body, too many redirects), ERR_INVALID (bad URL or header), ERR_DENIED
 * (TLS does not verify), ERR_IO.
 */
#ifndef HTTPC_H
#define HTTPC_H

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"
#include "net/http.h"

struct httpc;

struct httpc_tls {
	const char *ca_file;              /* NULL = the system's */
	const char *cert_file, *key_file; /* client certificate, or NULL */
	const char *server_name;          /* to verify instead of the URL's host, or NULL */
	bool insecure;                    /* do not verify */
};

struct httpc_req {
	const char *method; /* NULL: POST with a body, else GET */
	const char *url;
	const struct http_field *headers;
	size_t n_headers;
	struct str body;
	const char *unix_path;       /* connect here instead of the URL's host, or NULL */
	const char *tenant;          /* X-Scope-OrgID, or NULL */
	const char *user, *password; /* basic auth, or NULL */
	const char *bearer;          /* bearer token, or NULL */
	const char *proxy;           /* proxy URL; NULL = environment, "" = none */
	int64_t timeout;             /* whole call; 0 = 60 s, below 0 = none */
	int64_t connect_timeout;     /* 0 = 10 s */
	size_t max_body;             /* of the answer as received and unpacked; 0 = 256 MiB */
	int redirects;               /* followed at most; 0 = none */
	bool gzip;                   /* ask for a compressed answer and unpack it */
	bool h2_prior;               /* HTTP/2 without asking (h2c) */
	const struct httpc_tls *tls; /* NULL = defaults */
	/*
	 * For programs that are used meanwhile. turn: called when turn_fd can be read (-1: there is none), and ten times
	 * a second; false ends the call, ERR_CANCELED. bytes: the body of a 200 as it comes, of any length, instead of
	 * res->body; -1 ends the call with its error.
	 */
	bool (*turn)(void *ctx);
	int turn_fd;
	int (*bytes)(void *ctx, struct str bytes, struct err *e);
	void *ctx;
};

struct httpc_res {
	int status;
	const struct http_field *headers; /* of the last answer */
	size_t n_headers;
	struct str body;
	bool http2;
};

struct httpc *httpc_new(struct err *e); /* NULL: ERR_UNSUPPORTED, there is no libcurl */
void httpc_free(struct httpc *c);       /* accepts NULL */
int httpc_call(struct httpc *c, struct arena *a, const struct httpc_req *req, struct httpc_res *res, struct err *e);
/* For an answer that is no 200: its status, and what its body says where that is JSON with a message. -1. */
int httpc_error(const struct httpc_res *res, const char *what, struct err *e);
struct str httpc_header(const struct httpc_res *res, const char *name); /* p == NULL when absent */

#endif
