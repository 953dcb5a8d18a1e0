/*
 * query_serve.c - `pyro-query serve`: the query services over HTTP. The loop takes
 * requests and sends replies; one engine thread answers them in order, so
 * that open blocks need no locks.
 */
#include <stdio.h>
#include <fcntl.h>

#include "base/log.h"
#include "io/file.h"
#include "net/httpd.h"
#include "net/listen.h"
#include "net/rpc.h"
#include "net/tenant.h"
#include "proc/pool.h"
#include "proc/ready.h"
#include "proc/signal.h"
#include "tools/pyro-query/api.h"
#include "tools/pyro-query/web_page.h"
#include "tools/pyro-query/query.h"

enum { QUEUE = 100, MAX_ANSWER = INT32_MAX };

struct server {
	const struct query_opts *o;
	struct tool *tool;
	struct loop *loop;
	struct pool *pool;              /* one thread */
	struct engine *engine;          /* used by that thread alone */
	struct limits_set *limits;
	struct httpd *httpd;
	struct router *router;
	int listen_fd;
	bool stopping;
};

/* One question on its way through the engine. */
struct question {
	struct server *s;
	struct http_req *r;
	struct job job;
	const struct procedure *procedure;      /* one of the two */
	const struct page *page;
	struct rpc_call *call;
	struct api api;
	struct buf out;
	const char *type;
	struct err err;
	bool failed;
};

/* ---- on the engine's thread ---- */

static int run_procedure(struct question *q, struct err *e)
{
	const struct procedure *p = q->procedure;
	bool json = q->call->codec == RPC_JSON;
	void *req = arena_zalloc(q->api.a, p->request->size), *resp = arena_zalloc(q->api.a, p->response->size);
	int rc = json ? msg_from_json(q->api.a, p->request, q->call->message, req, e)
	              : msg_decode(q->api.a, p->request, q->call->message, req, e);

	if (rc < 0)
		return err_wrap(e, "unmarshal message");
	if (p->fn(&q->api, req, resp, e) < 0)
		return -1;
	if (q->api.raw.n > 0 && !json) {
		struct buf swap = q->out;

		q->out = q->api.raw;
		q->api.raw = swap;
		return 0;
	}
	if (q->api.raw.n > 0 && msg_decode(q->api.a, p->response, buf_str(&q->api.raw), resp, e) < 0)
		return -1;
	if (json)
		msg_to_json(p->response, resp, &q->out);
	else
		msg_encode(p->response, resp, &q->out);
	return 0;
}

static void question_work(struct job *j)
{
	struct question *q = CONTAINER_OF(j, struct question, job);
	int rc;

	buf_init(&q->out, MAX_ANSWER);
	buf_init(&q->api.raw, MAX_ANSWER);
	rc = q->procedure ? run_procedure(q, &q->err)
	                  : q->page->fn(&q->api, q->r->query, &q->out, &q->type, &q->err);
	if (rc == 0)
		rc = buf_check(&q->out, "answer", &q->err);
	q->failed = rc < 0;
	engine_rest(q->s->engine);
}

/* ---- on the loop ---- */

static void question_done(struct job *j)
{
	struct question *q = CONTAINER_OF(j, struct question, job);
	struct buf raw = q->api.raw, out = q->out;

	if (q->failed && q->call != NULL)
		rpc_fail(q->call, &q->err);
	else if (q->failed)
		http_error(q->r, &q->err);
	else if (q->call != NULL)
		rpc_reply_buf(q->call, &out);
	else {
		struct http_field type = { STR("Content-Type"), str_cstr(q->type) };

		http_reply(q->r, &(struct http_reply){ .status = 200, .headers = &type, .n_headers = 1, .take = &out });
	}
	buf_fini(&raw);
	buf_fini(&out);
}

static void submit(struct question *q)
{
	struct err e;

	q->api.engine = q->s->engine;
	q->api.a = q->r->a;
	q->api.now = q->r->wall;
	q->api.limits = limits_of(q->s->limits, q->api.tenant);
	q->job = (struct job){ .work = question_work, .done = question_done, .home = q->s->loop };
	if (pool_submit(q->s->pool, &q->job, &e) == 0)
		return;
	err_set(&e, ERR_LIMIT, "too many outstanding requests");
	if (q->call != NULL)
		rpc_fail(q->call, &e);
	else
		http_error(q->r, &e);
}

static struct question *question_new(struct http_req *r)
{
	struct question *q = arena_zalloc(r->a, sizeof(*q));

	q->s = r->owner;
	q->r = r;
	q->type = "application/json";
	return q;
}

static void handle_procedure(struct http_req *r, void *ctx)
{
	struct question *q = question_new(r);
	struct err e;

	q->procedure = ctx;
	if (tenant_of_request(r, q->s->o->multitenancy, &q->api.tenant, &e) < 0) {
		rpc_refuse(r, rpc_code_of(e.kind), str_cstr(e.msg));
		return;
	}
	if (http_accept(r, &q->api.utf8_names, &e) < 0) {
		http_reply_text(r, 400, str_cstr(e.msg));
		return;
	}
	q->call = rpc_open(r, &(struct rpc_conf){ .max_message = 64 << 20 });
	if (q->call != NULL)
		submit(q);
}

static void handle_api_unknown(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply_type(r, 404, "application/json", STR("{\"code\":5,\"message\":\"Not Found\",\"details\":[]}"));
}

static void handle_page(struct http_req *r, void *ctx)
{
	struct question *q = question_new(r);
	struct err e;

	q->page = ctx;
	if (tenant_of_request(r, q->s->o->multitenancy, &q->api.tenant, &e) < 0)
		http_error(r, &e);
	else
		submit(q);
}

/* Procedures of the service that this server does not have. */
static void handle_absent(struct http_req *r, void *ctx)
{
	struct rpc_call *c = rpc_open(r, &(struct rpc_conf){ .max_message = 64 << 20 });

	(void)ctx;
	if (c != NULL)
		rpc_fail_code(c, RPC_UNIMPLEMENTED, STR("This endpoint is not available in v1 frontend"));
}

static const char *const absent[] = {
	"/querier.v1.QuerierService/SelectHeatmap",
};

static struct router *make_router(struct err *e)
{
	size_t n = n_procedures + n_pages + ARRAY_LEN(absent) + 2, k = 0;
	struct route *rows = mem_zarray(n, sizeof(*rows));

	for (size_t i = 0; i < n_procedures; i++)
		rows[k++] = (struct route){ .path = procedures[i].path, .methods = "POST", .fn = handle_procedure,
			.ctx = (void *)(uintptr_t)&procedures[i], .flags = ROUTE_ALLOW, .too_big = rpc_too_big };
	for (size_t i = 0; i < n_pages; i++)
		rows[k++] = (struct route){ .path = pages[i].path, .methods = "GET", .fn = handle_page,
			.ctx = (void *)(uintptr_t)&pages[i], .flags = ROUTE_GZIP };
	for (size_t i = 0; i < ARRAY_LEN(absent); i++)
		rows[k++] = (struct route)RPC_ROUTE(absent[i], handle_absent);
	rows[k++] = (struct route){ .path = "/api/", .methods = "*", .fn = handle_api_unknown, .flags = ROUTE_PREFIX };
	rows[k++] = (struct route){ .path = "/", .methods = "GET", .fn = page_show, .flags = ROUTE_GZIP };
	return router_new(rows, n, NULL, e);
}

/* ---- start, reload, stop ---- */

static struct limits limits_of_opts(const struct query_opts *o)
{
	struct limits l;

#define OPT_FILE "conf/limits.def"
#define OPT_FROM o
#define OPT_TO l
#include "conf/opt_copy.h"
	return l;
}

/* Old limits stay allocated: questions under way may still look at them, and files change rarely. */
static void reload_limits(struct server *s)
{
	struct limits base = limits_of_opts(s->o);
	struct err e;
	struct limits_set *new = limits_read(&base, s->o->runtime_config, &e);

	if (new == NULL) {
		log_event(LOG_ERROR, "runtime configuration not taken; the old one stays", LOG_CSTR("error", e.msg));
		return;
	}
	s->limits = new;
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
	} else if (s->stopping) {
		loop_stop(s->loop);
	} else {
		s->stopping = true;
		httpd_stop(s->httpd, loop_mono(s->loop) + s->o->graceful_shutdown, stopped, s);
	}
}

static int listen_on(struct server *s, struct err *e)
{
	char text[300];
	struct net_addr at;

	if (s->o->listen[0])
		snprintf(text, sizeof(text), "%.299s", s->o->listen);
	else if (s->o->listen_fd >= 0)
		snprintf(text, sizeof(text), "fd:%lld", (long long)s->o->listen_fd);
	else
		snprintf(text, sizeof(text), "%.200s:%lld", s->o->http_listen_address, (long long)s->o->http_listen_port);
	if (net_parse(str_cstr(text), NET_LISTEN, &at, e) < 0)
		return -1;
	s->listen_fd = net_listen(&at, (struct net_listen_opts){ 0 }, e);
	return s->listen_fd < 0 ? -1 : 0;
}

static int open_all(struct server *s, struct err *e)
{
	struct limits base = limits_of_opts(s->o);
	struct engine_conf ec = { .data = s->o->data_path, .head = s->o->head_socket,
		.block_memory = s->o->block_memory, .timeout = s->o->http_write_timeout };
	struct httpd_conf hc = { .max_conns = (size_t)s->o->http_conn_limit, .owner = s,
		.header_timeout = s->o->http_read_timeout, .idle_timeout = s->o->http_idle_timeout };

	s->limits = limits_read(&base, s->o->runtime_config, e);
	if (s->limits == NULL || listen_on(s, e) < 0)
		return -1;
	s->engine = engine_new(&ec, e);
	if (s->engine == NULL)
		return -1;
	s->pool = pool_new("query", 1, QUEUE);
	s->router = make_router(e);
	if (s->router == NULL)
		return -1;
	s->httpd = httpd_new(s->loop, &hc, s->router);
	return httpd_listen(s->httpd, s->listen_fd, NULL, e);
}

int query_serve(struct tool *t, const struct query_opts *o, struct err *e)
{
	static const int list[] = { SIGTERM, SIGINT, SIGHUP, 0 };
	struct server s = { .o = o, .tool = t, .loop = loop_new(), .listen_fd = -1 };
	struct server_signals sig = { { .fn = on_signal }, &s };
	int rc = signals_open(&sig.sig, s.loop, list, e);

	if (rc == 0)
		rc = open_all(&s, e);
	if (rc == 0) {
		log_event(LOG_INFO, "answering questions", LOG_CSTR("data", o->data_path));
		rc = ready_tell(t->ready_fd, e);
	}
	if (rc == 0)
		rc = loop_run(s.loop, e);
	pool_free(s.pool);
	httpd_free(s.httpd);
	router_free(s.router);
	engine_free(s.engine);
	limits_free(s.limits);
	signals_close(&sig.sig);
	return rc;
}
