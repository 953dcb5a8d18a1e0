/*
 * httpd_impl.h - the inside of the HTTP server; users see httpd.h and http.h.
 *
 *	httpd.c       the server: accepting, pools, deadlines, stopping
 *	conn.c        one connection: bytes in and out (plain or TLS), the turn
 *	conn_move.c   a connection goes to another server's thread, and home
 *	h1serve.c     steps of an HTTP/1 connection
 *	h2.c          an HTTP/2 connection over nghttp2
 *	h2_reply.c    a reply of HTTP/2
 *	http_req.c    a request: target, route, body memory, the call of the handler
 *	http_reply.c  a reply: compression, head of HTTP/1
 *	http_pieces.c a reply that comes in pieces
 *
 * A connection is a machine of steps: conn_run calls the step of its state
 * until the step wants to wait, and turns that wish into interest at the
 * loop. Waiting costs no system call when the interest is the same as before,
 * so a small request takes one recv and one sendmsg.
 *
 * Memory. Input is received into the server's scratch buffer. A request that
 * is whole there and larger than COPY_MAX takes the buffer over for its body
 * (the server takes a spare one), a smaller one is copied to its arena, as are
 * heads; a body that is not whole gets memory of its own, into which the rest
 * is received directly. A body may go before its request (http_forget_body).
 */
#ifndef HTTPD_IMPL_H
#define HTTPD_IMPL_H

#include <sys/uio.h>

#include "base/base.h"
#include "base/mem.h"
#include "base/vec.h"
#include "net/h1.h"
#include "net/http.h"
#include "net/httpd.h"
#include "net/route.h"
#include "net/tls.h"
#include "proc/loop.h"

enum {
	SCRATCH = 65536,     /* bytes of an input buffer */
	COPY_MAX = 8192,     /* whole requests up to this size are copied to their arena */
	BODY_STEP = 1 << 20, /* a body is allocated at once up to this size, then doubled */
	MAX_SPARES = 16,     /* input buffers kept */
	MAX_POOL = 64,       /* requests kept */
	POOL_ARENA = 65536,  /* arenas larger than this are not kept */
	HTTPD_PEER_MAX = 56, /* "[v6]:port" */
	/* ms that a connection without a request is kept when the server stops */
	DRAIN_NEW = 250,
	TURN_STEPS = 64, /* steps of one connection before others get their turn */
};

enum conn_state {
	CONN_HEAD,   /* idle, or part of a head is there */
	CONN_BODY,   /* HTTP/1 body on its way */
	CONN_WORK,   /* a handler has the request */
	CONN_SEND,   /* the reply is on its way */
	CONN_LINGER, /* write side closed; input is dropped until the peer closes */
	CONN_H2,
	CONN_STATES
};

enum step {
	STEP_ON,    /* call again */
	STEP_READ,  /* wait for input */
	STEP_WRITE, /* wait for room */
	STEP_BOTH,
	STEP_WORK, /* wait for a reply */
	STEP_END,  /* close */
	STEP_MOVE, /* the request belongs to the other server */
};

struct conn {
	struct watch w;
	struct task again;
	struct httpd *h, *home;   /* where it is; where it was accepted */
	struct conn *prev, *next; /* idle ones, the longest idle first */
	struct tls_conn *tls;     /* NULL = plain */
	struct hreq *req;         /* HTTP/1: the present request */
	struct h2 *h2;
	char *in; /* input not used yet: part of a head, or pipelined */
	size_t in_n, in_cap;
	size_t pos;              /* in httpd.conns */
	int64_t since, deadline; /* of the state; deadline 0 = none */
	uint64_t moved;          /* bytes of body or reply in this state */
	enum conn_state state;
	bool idle;     /* in the idle list */
	bool readable; /* the last recv was not short, or an event came */
	bool eof;
	bool running, posted, dead; /* dead: freed when conn_run is left */
	bool nested;                /* running inside http_reply */
	bool ending;                /* close in the posted task */
	bool draining;              /* the server stops: close when idle */
	bool trusted;               /* may say X-Pyro-Forwarded */
	bool begun;                 /* past the first bytes, which may be HTTP/2's preface */
	bool partial;               /* `in` is known to hold no whole head */
	unsigned char peer_n;
	char peer[HTTPD_PEER_MAX];
};

struct owned {
	struct owned *next;
	char *p;
};

struct hreq {
	struct http_req pub;
	char peer[HTTPD_PEER_MAX];
	struct httpd *h;
	struct conn *c;           /* NULL: the client has gone */
	struct hreq *prev, *next; /* streams of a connection; next: pool */
	http_fn *fn;
	void *fn_ctx;
	size_t limit;
	char *own;  /* an input buffer that was taken over */
	char *body; /* memory of the body, if not in own or the arena */
	size_t body_n, body_cap;
	uint64_t length; /* Content-Length, if known */
	bool length_known;
	bool chunked;
	bool keep_alive, head_only, h2c;
	bool called, replied;
	bool aside;     /* of a ROUTE_ASIDE path */
	bool waits;     /* HTTP/2: whole, and to be called where the connection moves to */
	bool pieces;    /* http_begin was called; replied: http_end, too */
	bool last_sent; /* of pieces in HTTP/1: the end of the body is in out_tail */
	bool wants;     /* of pieces in HTTP/2: on_room is due when all is sent */
	char chunk[20]; /* the line in front of a piece */
	bool linger;    /* input was left unread: close gently */
	int minor;
	struct str h2_settings;
	struct h1_chunked decoder;

	struct owned *owned; /* memory that dies with the request */

	struct str out_head, out_body, out_tail;
	size_t sent;
	struct buf out_own;

	int32_t stream; /* HTTP/2 */
	size_t header_bytes;
	VEC(struct http_field) fields;
	struct str content_length;
	const struct http_field *trailers; /* of the reply */
	size_t n_trailers;
	bool closed; /* the stream has ended */
	int64_t since;
};

struct listener {
	struct watch w;
	struct httpd *h;
	struct tls *tls;
	int fd;
	struct listener *next;
};

struct httpd {
	struct loop *loop;
	struct httpd_conf conf;
	const struct router *routes;
	struct listener *listeners;
	struct timer tick, resume;
	VEC(struct conn *) conns;
	struct conn *idle_first, *idle_last;
	struct httpd_stats stats;
	char *scratch;
	char *spare[MAX_SPARES];
	size_t n_spare;
	struct hreq *pool;
	size_t n_pool;
	size_t held;         /* requests that exist, connections that are away, messages */
	size_t away;         /* connections of ours that are elsewhere or on the way */
	struct h1_head head; /* of the request being read */
	char date[32];       /* "Thu, 15 Jan 2026 10:00:00 GMT" */
	int64_t date_second;
	int64_t tick_every;
	int64_t told_full; /* when the log last heard of a failing accept */
	bool paused, stopping, told, freed;
	int64_t stop_at;
	void (*done)(void *ctx);
	void *done_ctx;
	struct task done_task;
	struct task beg; /* to `aside`: close an idle one */
	bool begging;
};

/* httpd.c */
void httpd_conn_closed(struct httpd *h);
void httpd_room(struct httpd *h);
void httpd_tick(struct httpd *h); /* looks at deadlines from now on */
bool httpd_full(const struct httpd *h);
/* after httpd_free: when the last request is gone */
void httpd_release(struct httpd *h);
struct str httpd_date(struct httpd *h);
char *httpd_scratch(struct httpd *h);      /* SCRATCH bytes, until the next call */
char *httpd_take_scratch(struct httpd *h); /* the buffer is the caller's now */
void httpd_give_scratch(struct httpd *h, char *p);

/* conn.c */
struct conn *conn_new(struct httpd *h, int fd, struct tls *tls);
void conn_join(struct conn *c); /* is in h->conns, with the tick armed */
void conn_forget(struct conn *c);
void conn_close(struct conn *c); /* at once, or when conn_run is left */
void conn_run(struct conn *c);
void conn_again(struct task *t);     /* the posted turn */
void conn_run_reply(struct conn *c); /* only sends; from http_reply */
void conn_move(struct conn *c, enum conn_state to);
void conn_idle(struct conn *c);                   /* may be closed to make room for a new one */
void conn_expired(struct conn *c);                /* the deadline has passed */
void conn_drain(struct conn *c);                  /* the server stops: finish and close */
void conn_keep(struct conn *c, struct str bytes); /* becomes c->in; bytes may be part of it */
/* >0 bytes; 0 end of input; -1 nothing now; -2 broken. n < room clears c->readable. */
ssize_t conn_recv(struct conn *c, void *p, size_t room);
ssize_t conn_send(struct conn *c, struct iovec *v, int n); /* >= 0 bytes; -1 no room; -2 broken */
int64_t conn_patience(const struct conn *c, int64_t base); /* deadline of this state */

/* h1serve.c */
enum step h1_step_head(struct conn *c);
enum step h1_step_body(struct conn *c);
enum step h1_step_work(struct conn *c);
enum step h1_step_send(struct conn *c);
enum step h1_step_linger(struct conn *c);
void h1_refuse(struct conn *c, int status, const char *why); /* moves to CONN_SEND */
void h1_reply(struct hreq *q, const struct http_reply *rep, struct str body);
void h1_begin(struct hreq *q, const struct http_reply *rep);
bool h1_room(const struct hreq *q);
void h1_more(struct hreq *q);
void h1_end(struct hreq *q);

/* h2.c */
struct h2 *h2_new(struct conn *c);
void h2_move(struct h2 *s, struct httpd *from, struct httpd *to); /* one of them is NULL: leaves, or comes */
void h2_free(struct h2 *s);
/* Stream 1 is q, which came as HTTP/1 with Upgrade: h2c. -1: the settings are broken. */
int h2_upgrade(struct h2 *s, struct hreq *q);
enum step h2_step(struct conn *c);
void h2_reply(struct hreq *q, const struct http_reply *rep, struct str body);
void h2_begin(struct hreq *q, const struct http_reply *rep);
void h2_more(struct hreq *q); /* a piece is in out_own, or the end was said */
void h2_drain(struct h2 *s);
void h2_expire(struct conn *c, int64_t now);

/* conn_move.c */
bool conn_elsewhere(const struct conn *c, const struct hreq *q); /* q belongs to the other server */
void conn_leave(struct conn *c);                                 /* goes there: c is not ours any more */
void conn_free(struct conn *c);                                  /* a closed one; it counts at home until it is told */
void conn_beg(struct httpd *h);                                  /* room for a new one, when the idle ones are aside */
/* http_req.c */
struct hreq *hreq_new(struct conn *c);
void hreq_free(struct hreq *q);
void hreq_gone(struct hreq *q);                                       /* the client has left */
void hreq_move(struct hreq *q, struct httpd *from, struct httpd *to); /* as h2_move */
/* Splits the target and finds the route. 0, or a status to refuse with (and why). */
int hreq_route(struct hreq *q, const char **why);
bool hreq_too_long(const struct hreq *q); /* the length said is over the limit */
/* Room for at least one more byte of body: 0, or a status to refuse with. */
int hreq_body_room(struct hreq *q);
int hreq_body_add(struct hreq *q, struct str bytes); /* 0, 413 or 503 */
void hreq_call(struct hreq *q, struct str body);     /* calls the handler */
void hreq_call_too_big(struct hreq *q);

/* http_reply.c */
void reply_default_too_big(struct http_req *r, void *ctx);
struct str reply_head(struct hreq *q, const struct http_reply *rep, size_t body_n);
struct str reply_trailers(struct hreq *q, const struct http_reply *rep);

#endif
