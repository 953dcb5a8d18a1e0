/*
 * rpc.h - unary procedures at POST /<package.Service>/<Procedure>, in the
 * three protocols that are told apart by Content-Type alone:
 *
 *	Connect    application/proto, application/json   body = message
 *	gRPC       application/grpc[+proto|+json]        body = one envelope; trailers
 *	gRPC-web   application/grpc-web[+proto|+json]    body = one envelope; the answer
 *	                                                 has a second one with the trailers
 *
 *	envelope: u8 flags (1 compressed, 0x80 trailers) | u32 length, big endian | bytes
 *
 * A handler opens the call, works on c->message in c->codec, and answers
 * exactly once, on the loop's thread:
 *
 *	static void label_names(struct http_req *r, void *ctx)
 *	{
 *		struct rpc_call *c = rpc_open(r, &(struct rpc_conf){ .max_message = 64 << 20 });
 *
 *		if (c == NULL)
 *			return;         // answered already: 415, bad timeout, broken gzip, ...
 *		...
 *		rpc_reply_message(c, bytes);    // or rpc_fail(c, &err)
 *	}
 *
 * Route rows: RPC_ROUTE(path, fn). The call lives in r->a. A gzip request, or
 * Accept-Encoding with an element "gzip", gets a gzip answer of any size.
 */
#ifndef RPC_H
#define RPC_H

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"
#include "base/str.h"
#include "net/http.h"
#include "net/route.h"

enum rpc_code {
	RPC_OK,
#define RPC(code, number, http, name) RPC_##code = number,
#include "net/rpc.def"
#undef RPC
};

enum rpc_protocol { RPC_CONNECT, RPC_GRPC, RPC_GRPC_WEB };
enum rpc_codec { RPC_PROTO, RPC_JSON };

struct rpc_conf {
	/* of the unpacked message; 0 = the route's body limit, or 256 MiB */
	size_t max_message;
	int gzip_level; /* 0 = 1 */
};

struct rpc_call {
	struct http_req *r;
	struct arena *a;               /* r->a */
	struct str service, procedure; /* "querier.v1.QuerierService", "LabelNames" */
	enum rpc_protocol protocol;
	enum rpc_codec codec;
	struct str message;       /* unpacked; empty is a valid proto message */
	int64_t deadline;         /* loop_mono time; INT64_MAX = none */
	const char *content_type; /* of request and answer, canonical */
	bool gzip;                /* the answer is compressed */
	int gzip_level;
};

/* NULL: the request was refused and has been answered. */
struct rpc_call *rpc_open(struct http_req *r, const struct rpc_conf *conf);

struct rpc_answer {
	struct str message; /* copied, unless keep (static, or alive as long as c->a) */
	bool keep;
	struct buf *take;                 /* instead of message: taken over and emptied */
	const struct http_field *headers; /* more header fields, copied */
	size_t n_headers;
};

void rpc_reply(struct rpc_call *c, const struct rpc_answer *answer);
void rpc_reply_message(struct rpc_call *c, struct str message); /* copies */
void rpc_reply_buf(struct rpc_call *c, struct buf *take);
void rpc_fail(struct rpc_call *c, const struct err *e);
void rpc_fail_code(struct rpc_call *c, enum rpc_code code, struct str message);

const char *rpc_code_name(enum rpc_code code); /* "invalid_argument"; "ok" */
int rpc_code_http(enum rpc_code code);
enum rpc_code rpc_code_named(struct str name); /* RPC_UNKNOWN for other names */
enum rpc_code rpc_code_of(enum err_kind kind); /* by err.def */
enum rpc_code rpc_code_of_http(int status);    /* the table for plain error bodies */

/* {"code":"...","message":"..."}; message left out when empty. */
void rpc_error_json(struct buf *b, const char *code, struct str message);

/*
 * Fails a request that was never opened as a call (tenant missing, too large,
 * draining), in the protocol that its Content-Type names.
 */
void rpc_refuse(struct http_req *r, enum rpc_code code, struct str message);

/* Handlers for route rows. */
void rpc_too_big(struct http_req *r, void *ctx); /* resource_exhausted */
void rpc_unknown(struct http_req *r, void *ctx); /* gRPC: unimplemented; others: 404 text */

#define RPC_ROUTE(path_, fn_)                                                                                 \
	{                                                                                                     \
		.path = (path_), .methods = "POST", .fn = (fn_), .flags = ROUTE_ALLOW, .too_big = rpc_too_big \
	}

#endif
