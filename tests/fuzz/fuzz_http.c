/*
 * The HTTP server over a socket: any bytes as HTTP/1 or HTTP/2, up to an RPC
 * handler that echoes its message. Whatever comes, the connection ends and no
 * body is kept. The input is cut into two writes at a place that it chooses.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/httpd.h"
#include "net/rpc.h"
#include "proc/loop.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { MAX_BYTES = 60000, MAX_TURNS = 2000 };

static void echo(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply(r, &(struct http_reply){ .status = 200, .body = r->body });
}

static void call(struct http_req *r, void *ctx)
{
	struct rpc_call *c = rpc_open(r, &(struct rpc_conf){ .max_message = 1 << 16 });

	(void)ctx;
	if (c != NULL)
		rpc_reply_message(c, c->message);
}

static const struct route rows[] = {
	{ .path = "/", .methods = "GET POST", .fn = echo, .body_limit = 1 << 16, .flags = ROUTE_GZIP },
	RPC_ROUTE("/s.v1.S/Call", call),
};

static struct {
	struct loop *loop;
	struct httpd *httpd;
	struct task turn;
	struct str rest; /* of the input, not sent yet */
	int fd;
	unsigned turns;
} f;

/* What the server says is read, so that it never waits; after the last byte our side is closed. */
static void turn(struct task *t)
{
	static char sink[65536];

	while (recv(f.fd, sink, sizeof(sink), MSG_DONTWAIT) > 0)
		;
	if (f.rest.n > 0) {
		(void)!send(f.fd, f.rest.p, f.rest.n, MSG_DONTWAIT | MSG_NOSIGNAL);
		f.rest.n = 0;
	} else if (f.turns == 2) {
		shutdown(f.fd, SHUT_WR);
	}
	if (httpd_stats(f.httpd).conns == 0) {
		loop_stop(f.loop);
		return;
	}
	assert(f.turns++ < MAX_TURNS);
	loop_post(f.loop, t);
}

static void start(void)
{
	struct err e;

	f.loop = loop_new();
	f.httpd = httpd_new(f.loop, &(struct httpd_conf){ .max_conns = 4, .body_limit = 1 << 16 },
	    router_new(rows, ARRAY_LEN(rows), NULL, &e));
	f.turn.fn = turn;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct err e;
	size_t cut;
	int pair[2];

	if (n < 2 || n > MAX_BYTES)
		return 0;
	if (f.loop == NULL)
		start();
	cut = MIN((size_t)(p[0] << 8 | p[1]), n - 2);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	f.fd = pair[0];
	f.turns = 0;
	f.rest = str_of((const char *)p + 2 + cut, n - 2 - cut);
	httpd_adopt(f.httpd, pair[1], NULL);
	(void)!send(f.fd, p + 2, cut, MSG_DONTWAIT | MSG_NOSIGNAL);
	loop_post(f.loop, &f.turn);
	assert(loop_run(f.loop, &e) == 0);
	assert(httpd_stats(f.httpd).body_bytes == 0 && httpd_stats(f.httpd).busy == 0);
	close(f.fd);
	return 0;
}
