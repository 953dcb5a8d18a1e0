/*
 * http.h - a request and its reply, whichever version of HTTP carried them.
 * This is all that a handler needs; servers are made with httpd.h, tables of
 * paths with route.h.
 *
 * A handler is called on the loop's thread once the whole body is there. It
 * must lead to exactly one http_reply, at once or later, on the same thread.
 * Until then the request and all it points to stay valid, even when the
 * client has gone: then the reply is thrown away. After http_reply the
 * request may be gone when the call returns: do not touch it again. http_reply
 * never calls a handler or an on_gone of others from inside.
 *
 *	static void hello(struct http_req *r, void *ctx)
 *	{
 *		struct http_field type = { STR("Content-Type"), STR("text/plain") };
 *
 *		http_reply(r, &(struct http_reply){ .status = 200, .headers = &type,
 *		    .n_headers = 1, .body = STR("hello\n") });
 *	}
 *
 * What a handler makes for the reply goes into r->a, which dies after the
 * last byte was handed to the system. A job on another thread may use r->a
 * and read the request while the handler's side leaves it alone.
 */
#ifndef HTTP_H
#define HTTP_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct loop;

struct http_field {
	struct str name, value;
};

struct http_req {
	struct arena *a;   /* dies after the reply was sent */
	struct str method; /* GET, POST, ...; letters as sent */
	struct str target; /* as sent: path and query */
	struct str path;   /* percent-decoded; begins with '/'; "*" for OPTIONS * */
	struct str query;  /* as sent, without '?'; see url.h */
	struct str host;   /* Host or :authority */
	/* in order, without pseudo fields; h2 names are lower case */
	const struct http_field *headers;
	size_t n_headers;
	struct str body;    /* whole, as received (before any Content-Encoding) */
	struct str peer;    /* "10.0.0.1:1234" or "unix" */
	int64_t mono, wall; /* when the handler was called */
	bool http2;         /* this hop, or the first hop when forwarded */
	bool tls;
	/* came through proxy.h: trailers go back as header fields */
	bool forwarded;
	bool too_big;              /* the body passed its limit and was not read */
	bool gone;                 /* the client has left; reply anyway */
	bool gzip_ok;              /* the reply may be compressed (set from ROUTE_GZIP) */
	size_t body_limit;         /* of the route; 0 = the server's own */
	struct loop *loop;         /* of this thread */
	void *owner;               /* httpd_conf.owner of the server that took the request */
	const struct route *route; /* NULL when no route matched */

	/* For the handler. */
	void *ctx;
	void (*on_gone)(struct http_req *r); /* at most once, before the reply: stop working */
	void (*on_room)(struct http_req *r); /* of a reply in pieces: see http_begin */
	/*
	 * A client that closes its side is gone, as one that leaves a page is. Without it such a client still gets its
	 * answer: it may have said all it wants to say.
	 */
	bool until_close;
};

struct http_reply {
	int status;
	/* copied; Date, Content-Length and Connection are added */
	const struct http_field *headers;
	size_t n_headers;
	struct str body;  /* copied, unless ... */
	bool keep;        /* ... it is static or stays alive as long as r->a */
	struct buf *take; /* a body to take over (emptied; body is ignored) */
	/* copied; HTTP/2 trailers, chunked trailers, or forwarded fields */
	const struct http_field *trailers;
	size_t n_trailers;
	bool close; /* end the connection after this reply (HTTP/1) */
};

typedef void http_fn(struct http_req *r, void *ctx);

void http_reply(struct http_req *r, const struct http_reply *reply);

/*
 * A reply that comes in pieces and ends when the handler says so, instead of http_reply:
 *
 *	r->on_room = more;
 *	http_begin(r, &reply);                  status and fields; a body is not looked at
 *	static void more(r)                     also called by whoever has new bytes
 *		while (http_room(r) && (have bytes))
 *			http_more(r, &buf);     takes the buf over; it is not empty
 *	http_end(r);                            once, whatever happened; do not touch r again
 *
 * One piece is on its way at a time: a slow reader costs that and no more, so keep the rest in a queue with a length.
 * on_room tells, on the loop, that a piece is with the system; never from inside of these calls. A client that takes
 * nothing of a piece for write_timeout is cut off. Without a client there is no room, and bytes are thrown away. No
 * compression; not through a proxy, which waits for the end.
 */
void http_begin(struct http_req *r, const struct http_reply *reply);
bool http_room(const struct http_req *r);
void http_more(struct http_req *r, struct buf *take);
void http_end(struct http_req *r);

/* First field of that name, blanks trimmed; p == NULL when there is none. */
struct str http_header(const struct http_req *r, const char *name);
/* All fields of that name joined with ", " (in r->a); p == NULL when there is none. */
struct str http_headers(struct http_req *r, const char *name);
bool http_is(const struct http_req *r, const char *method);

/* The handler has done with the body, whose memory goes before the reply: what waits is small. Fields stay. */
void http_forget_body(struct http_req *r);

/* Takes b's memory over: it lives as long as r->a, and b is emptied. Returns the bytes. */
struct str http_own(struct http_req *r, struct buf *b);

/* Replies in short. */
/* text/plain; charset=utf-8, copied */
void http_reply_text(struct http_req *r, int status, struct str text);
/* body copied */
void http_reply_type(struct http_req *r, int status, const char *type, struct str body);
void http_reply_empty(struct http_req *r, int status);
void http_reply_redirect(struct http_req *r, int status, struct str location);
void http_reply_not_found(struct http_req *r);                          /* "404 page not found\n" */
void http_reply_json(struct http_req *r, int status, struct buf *take); /* application/json */

/*
 * The error body of plain routes: {"code":"...","message":"..."} and a line
 * end, with X-Content-Type-Options: nosniff. code = NULL picks it from the
 * status. http_error takes status and code from the kind.
 */
void http_error_json(struct http_req *r, int status, const char *code, struct str message);
void http_error(struct http_req *r, const struct err *e);

/*
 * For jobs: the middle of a media type, "text/html; charset=x" -> "text/html" (slice,
 * blanks trimmed).
 */
struct str http_media_type(struct str content_type);
/* A parameter of it, quotes and escapes removed; p == NULL when there is none. */
struct str http_media_param(struct arena *a, struct str content_type, const char *name);
/* Does Accept-Encoding let us send gzip (q=0 refuses)? */
bool http_accepts_gzip(const struct http_req *r);
/*
 * Checks the syntax of every Accept field. 0, or -1 with "mime: ..." in e.
 * allow_utf8 is set when one has allow-utf8-labelnames=true.
 */
int http_accept(const struct http_req *r, bool *allow_utf8, struct err *e);

const char *http_status_text(int status); /* "Not Found"; "" if unknown */

#endif
