/*
 * httpd.h - an HTTP server on a loop: HTTP/1.1 (keep-alive, pipelining,
 * chunked bodies, 100-continue, HEAD), HTTP/2 (prior knowledge, Upgrade: h2c,
 * ALPN) on the same port. Handlers see http.h alone.
 *
 * One httpd belongs to one loop and its thread. Several httpds, one per
 * thread, may be given the same listening descriptor: the kernel wakes one.
 * The router is only read and may be shared; it must outlive the httpd.
 *
 *	struct httpd *h = httpd_new(l, &(struct httpd_conf){ .max_conns = 10000 }, router);
 *	if (httpd_listen(h, fd, NULL, e) < 0) ...
 *	loop_run(l, e);
 *	...
 *	httpd_stop(h, loop_mono(l) + 10 * NS_PER_S, stopped, me);  -> stopped(me) on the loop
 *	httpd_free(h);
 *
 * Two places. A request of a ROUTE_ASIDE path is served by the httpd `aside`,
 * on its thread, where nothing slow is done: its connection moves there when
 * the head has come, with all that it holds, and goes home with the first
 * request that is none. In HTTP/2 it stays where it is while a handler has
 * another request of it, and nothing moves once a server stops: then requests
 * are served where they come, so both must have handlers for all. A connection
 * counts at home wherever it is, and home has not stopped before it is closed.
 *
 * Limits. Every value of httpd_conf that is 0 means its default. A client
 * that is too slow is cut off: the whole head within header_timeout of its
 * first byte; bodies and replies must move within body_timeout and
 * write_timeout, and take no longer than that plus their bytes at min_rate.
 * A handler may take its time: no timeout runs while it works. Memory for
 * bodies on the way in is limited in all (max_body_bytes): beyond it the
 * answer is 503. An idle connection holds about 350 bytes.
 *
 * HTTP/2: windows of 1 MiB a stream and 16 MiB a connection, 64 KiB of header
 * fields, limits on cancelled streams and CONTINUATION frames.
 */
#ifndef HTTPD_H
#define HTTPD_H

#include "base/base.h"
#include "base/err.h"
#include "net/http.h"

struct httpd;
struct loop;
struct router;
struct tls;

struct httpd_conf {
	/* 10,000; then the longest idle one is closed, or accepting waits */
	size_t max_conns;
	size_t body_limit;       /* 256 MiB: of routes that state none */
	uint64_t max_body_bytes; /* 1 GiB: request bodies in memory, all connections */
	int64_t header_timeout;  /* 30 s */
	int64_t body_timeout;    /* 60 s */
	int64_t write_timeout;   /* 60 s */
	int64_t idle_timeout;    /* 120 s */
	int64_t min_rate;        /* 10 KiB a second, see above */
	uint32_t max_streams;    /* 250 concurrent HTTP/2 streams of a connection */
	const char *path_prefix; /* "/a": paths without it are 404, r->path has none; NULL or "" */
	/* believe X-Pyro-Forwarded of TCP peers (unix peers always) */
	bool trust_forwarded;
	/*
	 * Serves ROUTE_ASIDE; NULL: this one. It has the same routes, no listener and no aside; stop it before this one,
	 * with the same deadline, and free it when nobody can send to it.
	 */
	struct httpd *aside;
	void *owner; /* becomes http_req.owner */
	/* Sees every reply as it is handed over (metrics, request log); r->mono is when work began. */
	void (*on_reply)(const struct http_req *r, int status, size_t body_n);
};

struct httpd_stats {
	uint64_t accepted, requests, refused; /* refused: malformed, too big, too slow */
	/* conns: that were accepted here, also those that are aside; busy: requests handed to handlers and not replied */
	size_t conns, busy;
	uint64_t body_bytes; /* request bodies held now */
};

struct httpd *httpd_new(struct loop *l, const struct httpd_conf *conf, const struct router *routes);

/* Accepts on fd (borrowed: the caller closes it after httpd_stop or httpd_free). */
int httpd_listen(struct httpd *h, int fd, struct tls *tls, struct err *e);
/* Serves one connected socket, as if it had been accepted (takes fd over). */
void httpd_adopt(struct httpd *h, int fd, struct tls *tls);

/*
 * Stops accepting, closes idle connections, lets requests finish until the
 * deadline (loop_mono time), cuts the rest, then calls done once, on the loop.
 */
void httpd_stop(struct httpd *h, int64_t deadline, void (*done)(void *ctx), void *ctx);

/* Cuts everything; requests that handlers still hold stay valid until replied. Accepts NULL. */
void httpd_free(struct httpd *h);

struct httpd_stats httpd_stats(const struct httpd *h);

#endif
