/*
 * proxy.h - forwards whole requests to a sibling over HTTP/1.1.
 *
 * A proxy belongs to one loop and keeps a pool of connections to one place
 * (unix:/path or host:port). proxy_handle is an ordinary handler; its ctx is
 * the proxy:
 *
 *	struct proxy *q = proxy_new(l, &(struct proxy_conf){ .to = "unix:/run/q.sock" }, e);
 *	{ .path = "/querier.v1.QuerierService/", .methods = "*", .flags = ROUTE_PREFIX,
 *	  .fn = proxy_handle, .ctx = q }
 *
 * While nobody answers at the address (a sibling that restarts) requests wait
 * and connecting is tried again for retry_for; then they get 503. A
 * request is sent again on a new connection only if the old one broke before
 * a byte of the answer came and either nothing of it can have been processed
 * (kept-alive connection that was closed) or its method is safe (any method,
 * with `repeatable`); three times at most.
 *
 * Fields added: X-Pyro-Forwarded: h1|h2, X-Pyro-Peer. Hop-by-hop fields are
 * dropped. Answer fields "X-Pyro-Trailer-<name>" become trailers of the reply
 * (the other side's httpd sends trailers so when it sees X-Pyro-Forwarded).
 */
#ifndef PROXY_H
#define PROXY_H

#include "base/base.h"
#include "base/err.h"
#include "net/http.h"

struct proxy;
struct loop;

struct proxy_conf {
	const char *to;    /* net_parse form */
	size_t max_conns;  /* 64 */
	size_t max_queue;  /* 1024 requests waiting for a connection; then 503 */
	size_t max_answer; /* 1 GiB: larger answers are 502 */
	int64_t timeout;   /* 120 s for a whole request; then 504 */
	/* 10 s while connections are refused; negative = do not wait */
	int64_t retry_for;
	int64_t idle_timeout; /* 60 s: kept connections */
	bool repeatable;      /* the sibling is only asked: a POST changes nothing there either */
};

struct proxy *proxy_new(struct loop *l, const struct proxy_conf *conf, struct err *e);
/* Waiting requests get 503 and connections are cut. Accepts NULL. */
void proxy_free(struct proxy *p);

/* http_fn with ctx = struct proxy *, on the proxy's loop. */
void proxy_handle(struct http_req *r, void *ctx);

/*
 * The same request, but its answer goes to `then`, which makes the reply: with
 * the sibling's status and body, or with 4xx/5xx and no body when there is no
 * answer within the timeout. The body is the caller's to take or leave.
 */
typedef void proxy_then(struct http_req *r, int status, struct buf *body);
void proxy_ask(struct http_req *r, struct proxy *p, int64_t timeout, proxy_then *then);

#endif
