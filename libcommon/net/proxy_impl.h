/*
 * proxy_impl.h - what proxy.c (requests, queue, connections to open) and
 * proxy_up.c (one connection to the sibling) share.
 *
 * A request is in the queue, or on one connection. A connection is in the
 * idle list, or has one request.
 */
#ifndef PROXY_IMPL_H
#define PROXY_IMPL_H

#include "base/buf.h"
#include "base/mem.h"
#include "net/h1.h"
#include "net/listen.h"
#include "net/proxy.h"
#include "proc/loop.h"

enum { PROXY_SCRATCH = 65536, PROXY_TRIES = 3 };

/* One request; lives in its arena. */
struct forward {
	struct http_req *r;
	struct proxy *p;
	struct forward *prev, *next; /* in the queue */
	struct up *up;               /* or on this connection */
	struct timer timer;
	proxy_then *then; /* NULL: the answer is the reply */
	struct str head;  /* as sent upstream; the body is r->body */
	size_t sent;
	int tries;
	int64_t since;
};

/* One connection. */
struct up {
	struct watch w;
	struct proxy *p;
	struct up *prev, *next; /* all connections */
	struct forward *f;      /* NULL = idle */
	bool connecting;
	bool used; /* has answered before */
	bool head_done;
	bool keep;
	int64_t idle_since;
	struct buf in; /* a head not whole yet */
	struct buf body;
	struct str kept_head; /* bytes of the head, in the request's arena */
	struct h1_chunked chunked;
	enum h1_framing framing;
	uint64_t left; /* of a body with a length */
	int status;
	struct http_field *fields; /* in the request's arena */
	size_t n_fields;
};

struct proxy {
	struct loop *loop;
	struct proxy_conf conf;
	struct net_addr to;
	struct up *ups;
	size_t n_ups, n_idle;
	struct forward *first, *last;
	size_t n_queue;
	bool down;       /* refused; waiting for `retry` */
	int64_t backoff; /* 0 = the last connection stood */
	struct timer retry, sweep;
	struct h1_head head;
	char scratch[PROXY_SCRATCH];
};

/* proxy.c */
void proxy_pump(struct proxy *p);            /* gives waiting requests connections */
void proxy_refused(struct proxy *p);         /* a connection could not be made */
void forward_queue_front(struct forward *f); /* try again */
/* Ends the request; f is gone after. */
void forward_fail(struct forward *f, int status, const char *why);

/* proxy_up.c */
struct up *up_open(struct proxy *p, struct err *e); /* NULL: refused */
void up_start(struct up *u, struct forward *f);
void up_close(struct up *u); /* the request on it, if any, is forgotten */

#endif
