/*
 * bench_httpd.c - a server for load generators: POST or GET any path, 100
 * bytes back; /echo gives the body back. Prints the CPU time per request when
 * it is stopped with SIGINT or SIGTERM.
 *
 *	bench_httpd 127.0.0.1:8080 &
 *	wrk -t1 -c64 -d4 -s post.lua http://127.0.0.1:8080/
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <signal.h>

#include "net/httpd.h"
#include "net/listen.h"
#include "net/route.h"
#include "net/tls.h"
#include "proc/loop.h"

static void hundred(struct http_req *r, void *ctx)
{
	static const char bytes[101] = "0123456789012345678901234567890123456789012345678901234567890123456789"
				       "012345678901234567890123456789";

	(void)ctx;
	http_reply(r, &(struct http_reply){ .status = 200, .body = str_of(bytes, 100), .keep = true });
}

static void echo(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply(r, &(struct http_reply){ .status = 200, .body = r->body, .keep = true });
}

static void on_signal(struct watch *w, uint32_t events)
{
	(void)events;
	loop_stop(w->loop);
}

static int fail(const struct err *e)
{
	fprintf(stderr, "bench_httpd: %s\n", e->msg);
	return 1;
}

int main(int argc, char **argv)
{
	static const struct route rows[] = {
		{ .path = "/echo", .methods = "*", .fn = echo },
		{ .path = "/", .methods = "*", .fn = hundred, .flags = ROUTE_PREFIX },
	};
	struct watch sig = { .fn = on_signal };
	struct loop *l = loop_new();
	struct net_addr at;
	struct rusage use;
	struct err e;
	struct tls *tls = NULL;
	struct router *routes = router_new(rows, ARRAY_LEN(rows), NULL, &e);
	struct httpd *h = httpd_new(l, NULL, routes);
	sigset_t set;
	double us;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (net_parse(str_cstr(argc > 1 ? argv[1] : "127.0.0.1:8080"), NET_LISTEN, &at, &e) < 0 ||
	    (fd = net_listen(&at, (struct net_listen_opts){ 0 }, &e)) < 0)
		return fail(&e);
	if (argc > 3 && (tls = tls_new(&(struct tls_conf){ .cert = argv[2], .key = argv[3] }, &e)) == NULL)
		return fail(&e);
	if (loop_watch(l, &sig, signalfd(-1, &set, SFD_CLOEXEC), EPOLLIN, &e) < 0 || httpd_listen(h, fd, tls, &e) < 0 ||
	    loop_run(l, &e) < 0)
		return fail(&e);
	getrusage(RUSAGE_SELF, &use);
	us = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 +
	    (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
	fprintf(stderr, "requests %llu, %.2f us each (user %.2f), peak %ld KB\n",
	    (unsigned long long)httpd_stats(h).requests, us / (double)httpd_stats(h).requests,
	    ((double)use.ru_utime.tv_sec * 1e6 + (double)use.ru_utime.tv_usec) / (double)httpd_stats(h).requests,
	    use.ru_maxrss);
	httpd_free(h);
	router_free(routes);
	tls_free(tls);
	loop_free(l);
	return 0;
}
