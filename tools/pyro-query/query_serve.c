/* query_serve.c - `pyro-query serve`: the query services over HTTP; see question.h for the way of a question. */
#include <stdio.h>
#include <fcntl.h>

#include "base/heap.h"
#include "base/log.h"
#include "base/promtext.h"
#include "daemon/daemon.h"
#include "daemon/operator.h"
#include "daemon/reqstats.h"
#include "io/file.h"
#include "io/fd.h"
#include "net/httpd.h"
#include "net/listen.h"
#include "net/rpc.h"
#include "proc/ready.h"
#include "proc/signal.h"
#include "tools/pyro-query/question.h"
#include "tools/pyro-query/web_page.h"
#include "tools/pyro-query/query.h"

/* Uploads of profiles are the largest there is, base64 of 64 MiB; a few at a time. */
enum { MAX_BODY = 65 << 20, MAX_BODIES = 256 << 20 };

#define TURN (10 * NS_PER_MS)

struct server {
	const struct query_opts *o;
	const struct server_opts *server;
	const struct limits *base; /* of every tenant without its own */
	struct tool *tool;
	struct loop *loop;
	struct questions *questions;
	struct runtime_files files;
	struct tls *tls; /* NULL: plain HTTP */
	struct httpd *httpd;
	struct web_page *web_page;
	struct router *router;
	struct reqstats requests;
	int64_t started; /* unix time */
	int listen_fd;
	bool stopping;
};

/* ---- questions ---- */

static void handle_procedure(struct http_req *r, void *ctx)
{
	struct server *s = r->owner;

	question_procedure(s->questions, r, ctx);
}

static void handle_api_unknown(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply_type(r, 404, "application/json", STR("{\"code\":5,\"message\":\"Not Found\",\"details\":[]}"));
}

static void handle_page(struct http_req *r, void *ctx)
{
	struct server *s = r->owner;

	question_page(s->questions, r, ctx);
}

/* Where the pages of the original are. */
static void handle_moved(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply_redirect(r, 302, STR("./"));
}

/* ---- operators ---- */

static void show_ready(struct http_req *r, void *ctx)
{
	struct server *s = r->owner;

	(void)ctx;
	if (s->stopping)
		http_reply_text(r, 503, STR("Some services are not Running:\nStopping: [querier]\n"));
	else
		http_reply_type(r, 200, "text/plain", STR("ready"));
}

static void show_services(struct http_req *r, void *ctx)
{
	struct server *s = r->owner;

	(void)ctx;
	http_reply_text(r, 200, s->stopping ? STR("querier => Stopping\n") : STR("querier => Running\n"));
}

/* Requests that came through a front are counted there. */
static void count_request(const struct http_req *r, int status, size_t body_n)
{
	struct server *s = r->owner;

	(void)body_n;
	if (!r->forwarded)
		reqstats_count(&s->requests, r, status);
}

static void show_metrics(struct http_req *r, void *ctx)
{
	struct http_field type = { STR("Content-Type"), PROM_TYPE };
	struct server *s = r->owner;
	const struct query_counts *counts = questions_counts(s->questions);
	struct reqstats *all = &s->requests;
	struct buf b;

	(void)ctx;
	buf_init(&b, OPERATOR_PAGE_MAX);
#define COUNTER(field, name, type, help) prom_single(&b, name, type, help, (double)counts->field);
#include "tools/pyro-query/query_counters.def"
#undef COUNTER
	if (!r->forwarded)
		reqstats_print(&b, &all, 1);
	operator_metrics(&b, "pyro-query", s->started);
	http_reply(r, &(struct http_reply){ .status = 200, .headers = &type, .n_headers = 1, .take = &b });
	buf_fini(&b);
}

/* Never compressed: a front reads it too. */
static const struct route operator_pages[] = {
	{ .path = "/ready", .methods = "GET", .fn = show_ready },
	{ .path = "/metrics", .methods = "GET", .fn = show_metrics },
	{ .path = "/services", .methods = "GET", .fn = show_services },
	{ .path = "/ui", .methods = "GET", .fn = handle_moved },
	{ .path = "/explore", .methods = "GET", .fn = handle_moved },
	{ .path = "/comparison", .methods = "GET", .fn = handle_moved },
	{ .path = "/comparison-diff", .methods = "GET", .fn = handle_moved },
};

static struct router *make_router(struct server *s, struct err *e)
{
	struct router *r;
	const struct {
		const struct procedure *p;
		size_t n;
	} all[] = {
		{ querier_procedures, n_querier_procedures },
		{ point_procedures, n_point_procedures },
		{ adhoc_procedures, n_adhoc_procedures },
		{ service_procedures, n_service_procedures },
	};
	size_t n = n_pages + 2, k = 0;
	struct route *rows;

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		n += all[i].n;
	rows = mem_zarray(n, sizeof(*rows));
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		for (size_t j = 0; j < all[i].n; j++)
			rows[k++] = (struct route){ .path = all[i].p[j].path,
				.methods = "POST",
				.fn = handle_procedure,
				.ctx = (void *)(uintptr_t)&all[i].p[j],
				.body_limit = all[i].p[j].flags & PROCEDURE_MANY ? ASK_MAX_BODY : 0,
				.flags = ROUTE_ALLOW,
				.too_big = rpc_too_big };
	for (size_t i = 0; i < n_pages; i++)
		rows[k++] = (struct route){ .path = pages[i].path,
			.methods = "GET",
			.fn = handle_page,
			.ctx = (void *)(uintptr_t)&pages[i],
			.flags = ROUTE_GZIP };
	rows[k++] = (struct route){ .path = "/api/", .methods = "*", .fn = handle_api_unknown, .flags = ROUTE_PREFIX };
	rows[k++] = (struct route){ .path = "/",
		.methods = "GET",
		.fn = web_page_show,
		.ctx = s->web_page,
		.flags = ROUTE_GZIP };
	r = router_new(rows, n, NULL, e);
	if (r != NULL &&
	    (router_add(r, operator_pages, ARRAY_LEN(operator_pages), NULL, e) < 0 ||
		router_add(r, operator_routes, n_operator_routes, NULL, e) < 0 ||
		router_add(r, operator_config_routes, OPERATOR_CONFIG_ROUTES, s->tool, e) < 0)) {
		router_free(r);
		return NULL;
	}
	return r;
}

/* ---- start, reload, stop ---- */

static void reload_limits(struct server *s)
{
	struct err e;
	struct limits_set *new = limits_read(s->base, &s->server->runtime_config, &e);

	if (new == NULL) {
		log_event(LOG_ERROR, "runtime configuration not taken; the old one stays", LOG_CSTR("error", e.msg));
		return;
	}
	questions_limits(s->questions, new);
	log_event(LOG_INFO, "runtime configuration read");
}

static void files_changed(struct runtime_files *f)
{
	reload_limits(CONTAINER_OF(f, struct server, files));
}

static void stopped(void *ctx)
{
	struct server *s = ctx;

	loop_stop(s->loop);
}

struct server_signals {
	struct signals sig;
	struct server *s;
};

static void on_signal(struct signals *sig, int signo)
{
	struct server *s = CONTAINER_OF(sig, struct server_signals, sig)->s;

	if (signo == SIGHUP) {
		reload_limits(s);
		daemon_reload_tls(s->tls);
	} else if (s->stopping) {
		loop_stop(s->loop);
	} else {
		s->stopping = true;
		httpd_stop(s->httpd, loop_mono(s->loop) + s->server->graceful_shutdown, stopped, s);
	}
}

/* Behind a front on a socket of its own, which is plain; else as the options of the server say. */
static int listen_on(struct server *s, struct err *e)
{
	struct net_addr at;

	if (!s->o->listen[0]) {
		s->listen_fd = daemon_listen(s->server, NULL, e);
		return s->listen_fd < 0 ? -1 : daemon_tls(s->server, &s->tls, e);
	}
	if (net_parse(str_cstr(s->o->listen), NET_LISTEN, &at, e) < 0)
		return -1;
	s->listen_fd = net_listen(&at, (struct net_listen_opts){ 0 }, e);
	return s->listen_fd < 0 ? -1 : 0;
}

static int open_all(struct server *s, struct err *e)
{
	struct questions_conf qc = { .loop = s->loop,
		.engine = { .data = s->server->data_path,
		    .head = s->o->head_socket,
		    .block_memory = s->o->block_memory,
		    .timeout = s->server->http_write_timeout,
		    .turn = TURN },
		.max_waiting = (size_t)s->o->max_outstanding,
		.keep = s->o->results_cache,
		.timeout = s->server->http_write_timeout,
		.multitenancy = s->server->multitenancy,
		.max_adhoc = (uint64_t)s->o->max_adhoc };
	struct limits_set *limits;
	struct httpd_conf hc = daemon_httpd(s->server, s);

	hc.on_reply = count_request;
	hc.body_limit = MAX_BODY;
	hc.max_body_bytes = MAX_BODIES;
	s->started = loop_wall(s->loop);

	limits = limits_read(s->base, &s->server->runtime_config, e);
	if (limits == NULL)
		return -1;
	s->questions = questions_new(&qc, limits, e);
	if (s->questions == NULL || listen_on(s, e) < 0)
		return -1;
	s->web_page = web_page_new();
	s->router = make_router(s, e);
	if (s->router == NULL)
		return -1;
	s->httpd = httpd_new(s->loop, &hc, s->router);
	return httpd_listen(s->httpd, s->listen_fd, s->tls, e);
}

int query_serve(struct tool *t, const struct query_conf *c, struct err *e)
{
	static const int list[] = { SIGTERM, SIGINT, SIGHUP, 0 };
	struct server s = { .o = c->o,
		.server = c->server,
		.base = c->limits,
		.files = { .changed = files_changed },
		.tool = t,
		.loop = loop_new(),
		.listen_fd = -1 };
	struct server_signals sig = { { .fn = on_signal }, &s };
	int rc;

	heap_give_back();
	fd_limit(); /* clients */
	rc = signals_open(&sig.sig, s.loop, list, e);

	if (rc == 0)
		rc = open_all(&s, e);
	if (rc == 0) {
		log_event(LOG_INFO, "answering questions", LOG_CSTR("data", c->server->data_path));
		runtime_watch(&s.files, s.loop, s.server);
		rc = ready_tell(t->ready_fd, e);
	}
	if (rc == 0)
		rc = loop_run(s.loop, e);
	runtime_unwatch(&s.files);
	httpd_free(s.httpd);
	tls_free(s.tls);
	router_free(s.router);
	web_page_free(s.web_page);
	questions_free(s.questions);
	reqstats_fini(&s.requests);
	signals_close(&sig.sig);
	return rc;
}
