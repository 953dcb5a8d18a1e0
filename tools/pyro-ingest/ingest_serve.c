/* ingest_serve.c - `pyro-ingest serve`: start, signals, limits, stop */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "io/entropy.h"
#include "io/fd.h"
#include "io/file.h"
#include "net/listen.h"
#include "net/rpc.h"
#include "net/route.h"
#include "proc/ready.h"
#include "proc/signal.h"
#include "tools/pyro-ingest/ingest.h"

enum { POOL_THREADS = 3, POOL_QUEUE = 4096 };
enum { OWN_FDS = 48, QUERY_FDS = 64 };  /* descriptors of our own; of a worker's way to pyro-query */

struct limits limits_of_opts(const struct ingest_opts *o)
{
	struct limits l;

#define OPT_FILE "conf/limits.def"
#define OPT_FROM o
#define OPT_TO l
#include "conf/opt_copy.h"
	return l;
}

/* ---- what goes to the query process ---- */

static void to_query(struct http_req *r, void *ctx)
{
	struct worker *w = r->owner;

	(void)ctx;
	if (w->query != NULL)
		proxy_handle(r, w->query);
	else
		http_reply_not_found(r);
}

static void body_too_large(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_error_json(r, 413, "invalid_argument", STR("request body too large: http: request body too large"));
}

static struct router *front_router(struct ingest *in, struct err *e)
{
	size_t body = in->opts->ingestion_body_limit_mb > 0 ? (size_t)in->opts->ingestion_body_limit_mb << 20 : SIZE_MAX / 2;
	struct route rows[] = {
		{ .path = "/ingest", .methods = "POST", .fn = receive_ingest, .body_limit = body,
		  .flags = ROUTE_GZIP, .too_big = body_too_large },
		{ .path = "/pyroscope/ingest", .methods = "POST", .fn = receive_ingest, .body_limit = body,
		  .flags = ROUTE_GZIP, .too_big = body_too_large },
		{ .path = "/push.v1.PusherService/Push", .methods = "POST", .fn = receive_push, .body_limit = body,
		  .flags = ROUTE_ALLOW, .too_big = rpc_too_big },
	};
	struct route *kept = mem_array(ARRAY_LEN(rows), sizeof(*kept));
	struct router *r;

	memcpy(kept, rows, sizeof(rows));
	r = router_new(kept, ARRAY_LEN(rows), NULL, e);
	if (r != NULL && router_add(r, status_routes, n_status_routes, NULL, e) < 0) {
		router_free(r);
		return NULL;
	}
	if (r != NULL)
		router_fallback(r, to_query, NULL);
	return r;
}

/* ---- errands: things that belong to a worker's loop ---- */

/* Runs fn on the worker's thread, then back on the main loop. */
struct errand {
	struct task task;
	struct worker *w;
	void (*fn)(struct worker *w, struct errand *x);
	void (*back)(struct errand *x);
	struct err err;
	bool failed;
};

static void errand_back(struct task *t)
{
	struct errand *x = CONTAINER_OF(t, struct errand, task);

	x->back(x);
	mem_free(x);
}

static void errand_done(struct errand *x)
{
	x->task.fn = errand_back;
	loop_post(x->w->conf.ingest->loop, &x->task);
}

static void errand_run(struct task *t)
{
	struct errand *x = CONTAINER_OF(t, struct errand, task);

	x->fn(x->w, x);
}

static void send_errand(struct worker *w, void (*fn)(struct worker *, struct errand *), void (*back)(struct errand *))
{
	struct errand *x = mem_zalloc(sizeof(*x));

	x->w = w;
	x->fn = fn;
	x->back = back;
	x->task.fn = errand_run;
	loop_post(w->thread.loop, &x->task);
}

/* ---- workers ---- */

static struct httpd_conf http_conf(const struct ingest_opts *o, void *owner)
{
	return (struct httpd_conf){ .max_conns = (size_t)o->http_conn_limit, .header_timeout = o->http_read_timeout,
		.write_timeout = o->http_write_timeout, .idle_timeout = o->http_idle_timeout, .owner = owner };
}

/* Clients of one worker: journals and blocks need descriptors too, or nothing could be stored for all the clients. */
static size_t client_limit(const struct ingest *in)
{
	size_t limit = fd_limit(), n = in->n_workers;
	size_t rest = limit > 2 * OWN_FDS ? limit - OWN_FDS : OWN_FDS;

	rest -= MIN(rest / 2, QUERY_FDS * n);
	if (in->opts->http_conn_limit > 0)
		rest = MIN(rest, (size_t)in->opts->http_conn_limit);
	return MAX(rest / n, (size_t)2);
}

static void pressure(void *ctx);

static void start_failed(struct ingest *in, const struct err *e)
{
	if (!in->failed)
		in->err = *e;
	in->failed = true;
	loop_stop(in->loop);
}

/* On the worker's thread, before anything is sent to it. */
static int worker_setup(struct worker *w, struct err *e)
{
	struct ingest *in = w->conf.ingest;
	struct httpd_conf hc = http_conf(in->opts, w);
	struct shard_conf sc = { .number = w->conf.number, .loop = w->thread.loop, .pressure = pressure, .ctx = w };

	sc.journal = (struct journal_conf){ .dir = cutter_journal_dir(in->cutter), .pool = in->pool,
		.delay = in->opts->commit_delay };
	sc.shared = (struct shard_shared){ &in->counters, &in->memory, &in->held, in->opts->max_memory };
	w->shard = shard_new(&sc, cutter_generation(in->cutter), e);
	if (w->shard == NULL)
		return -1;
	if (in->opts->query_socket[0] != '\0') {
		w->query = proxy_new(w->thread.loop, &(struct proxy_conf){ .to = in->opts->query_socket }, e);
		if (w->query == NULL)
			return -1;
	}
	hc.on_reply = status_on_reply;
	hc.max_conns = client_limit(in);
	w->httpd = httpd_new(w->thread.loop, &hc, in->router);
	return 0;
}

static void setup_run(struct worker *w, struct errand *x)
{
	x->failed = worker_setup(w, &x->err) < 0;
	errand_done(x);
}

static void worker_start(struct ingest *in, uint32_t number)
{
	struct worker *w = &in->workers[number];

	w->conf = (struct worker_conf){ .number = number, .opts = in->opts, .ingest = in, .counters = &in->counters,
		.tenants = &in->tenants, .partition_label = str_cstr(in->opts->partition_label),
		.router = in->router, .listen_fd = in->listen_fd };
	w->all = in->workers;
	w->n_all = in->n_workers;
	w->tenants = (struct tenant_view){ .all = &in->tenants, .limits = in->limits };
	entropy_bytes(w->id_prefix, sizeof(w->id_prefix));
	thread_loop_start(&w->thread, "worker", number);
}

static void listen_now(struct worker *w, struct errand *x)
{
	x->failed = httpd_listen(w->httpd, w->conf.listen_fd, NULL, &x->err) < 0;
	errand_done(x);
}

/* The last worker listens: the server is there. */
static void listened(struct errand *x)
{
	struct ingest *in = x->w->conf.ingest;

	if (x->failed) {
		start_failed(in, &x->err);
		return;
	}
	if (--in->pending > 0)
		return;
	in->ready = true;
	log_event(LOG_INFO, "receiving profiles", LOG_I64("port", net_port(in->listen_fd)),
	    LOG_CSTR("data", in->opts->data_path), LOG_I64("workers", in->n_workers));
	log_event(LOG_INFO, "limits", LOG_I64("max_journal", in->opts->max_journal),
	    LOG_I64("max_head_memory", in->opts->max_memory),
	    LOG_I64("min_free_disk_gb", in->opts->retention_disabled ? 0 : in->opts->min_free_disk),
	    LOG_I64("retention_s", in->opts->compactor_blocks_retention_period / NS_PER_S));
	if (ready_tell(in->tool->ready_fd, &x->err) < 0)
		start_failed(in, &x->err);
}

/* Every worker has its shard: rows may come. */
static void setup_done(struct errand *x)
{
	struct ingest *in = x->w->conf.ingest;

	if (x->failed) {
		start_failed(in, &x->err);
		return;
	}
	in->shards[x->w->conf.number] = x->w->shard;
	if (--in->pending > 0)
		return;
	in->replaying = true;
	cutter_start(in->cutter);
	in->pending = in->n_workers;
	for (uint32_t i = 0; i < in->n_workers; i++)
		send_errand(&in->workers[i], listen_now, listened);
}

/* ---- cuts that shards ask for ---- */

struct pressed {
	struct task task;
	struct ingest *in;
};

static void pressed_run(struct task *t)
{
	struct pressed *p = CONTAINER_OF(t, struct pressed, task);

	cutter_cut(p->in->cutter, NULL, NULL);
	mem_free(p);
}

static void pressure(void *ctx)
{
	struct worker *w = ctx;
	struct pressed *p = mem_alloc(sizeof(*p));

	p->task.fn = pressed_run;
	p->in = w->conf.ingest;
	loop_post(p->in->loop, &p->task);
}

/* ---- limits ---- */

static void limits_taken(struct errand *x)
{
	struct ingest *in = x->w->conf.ingest;

	if (--in->limits_pending > 0)
		return;
	limits_free(in->old_limits);
	in->old_limits = NULL;
}

/* Requests under way keep pointers to old limits only while their handler runs. */
static void take_limits(struct worker *w, struct errand *x)
{
	tenant_view_limits(&w->tenants, w->conf.ingest->limits);
	errand_done(x);
}

static void reload_limits(struct ingest *in)
{
	struct limits base = limits_of_opts(in->opts);
	struct limits_set *new;
	struct err e;

	if (in->limits_pending > 0)
		return;
	new = limits_read(&base, in->opts->runtime_config, &e);
	if (new != NULL && tenants_check(new, &e) < 0) {
		limits_free(new);
		new = NULL;
	}
	if (new == NULL) {
		log_event(LOG_ERROR, "runtime configuration not taken; the old one stays", LOG_CSTR("error", e.msg));
		return;
	}
	in->old_limits = in->limits;
	in->limits = new;
	in->limits_pending = in->n_workers;
	for (uint32_t i = 0; i < in->n_workers; i++)
		send_errand(&in->workers[i], take_limits, limits_taken);
	log_event(LOG_INFO, "runtime configuration read");
}

/* ---- stop: no new requests, finish those under way, cut, end ---- */

static void cut_before_end(void *ctx, bool ok)
{
	struct ingest *in = ctx;

	if (!ok)
		log_event(LOG_WARN, "recent rows stay in the journal");
	loop_stop(in->loop);
}

static void all_quiet(struct ingest *in)
{
	if (in->opts->flush_on_shutdown)
		cutter_cut(in->cutter, cut_before_end, in);
	else
		loop_stop(in->loop);
}

static void worker_quiet(struct errand *x)
{
	struct ingest *in = x->w->conf.ingest;

	if (--in->pending == 0)
		all_quiet(in);
}

static void httpd_stopped(void *ctx)
{
	errand_done(ctx);
}

static void stop_accepting(struct worker *w, struct errand *x)
{
	int64_t deadline = loop_mono(w->thread.loop) + w->conf.opts->graceful_shutdown;

	httpd_stop(w->httpd, deadline, httpd_stopped, x);
}

static void begin_stop(struct ingest *in)
{
	if (in->stopping) {
		loop_stop(in->loop);
		return;
	}
	in->stopping = true;
	in->ready = false;
	in->pending = in->n_workers;
	for (uint32_t i = 0; i < in->n_workers; i++)
		send_errand(&in->workers[i], stop_accepting, worker_quiet);
}

struct ingest_signals {
	struct signals s;
	struct ingest *in;
};

static void on_signal(struct signals *s, int signo)
{
	struct ingest *in = CONTAINER_OF(s, struct ingest_signals, s)->in;

	if (signo == SIGHUP)
		reload_limits(in);
	else
		begin_stop(in);
}

/* ---- the runtime file changes ---- */

struct watcher {
	struct timer timer;
	struct ingest *in;
	struct buf last;
};

static void look_at_file(struct timer *t)
{
	struct watcher *w = CONTAINER_OF(t, struct watcher, timer);
	struct ingest *in = w->in;
	struct buf now;
	struct err e;

	buf_init(&now, 16 << 20);
	if (file_read(AT_FDCWD, in->opts->runtime_config, 16 << 20, &now, &e) == 0 &&
	    !str_eq(buf_str(&now), buf_str(&w->last))) {
		bool first = w->last.p == NULL;

		buf_reset(&w->last);
		buf_add(&w->last, buf_str(&now));
		if (!first)
			reload_limits(in);
	}
	buf_fini(&now);
	loop_timer(in->loop, t, loop_mono(in->loop) + in->opts->runtime_config_period);
}

/* ---- start ---- */

static int listen_on(struct ingest *in, struct err *e)
{
	char text[300];
	struct net_addr at;

	if (in->opts->listen_fd >= 0)
		snprintf(text, sizeof(text), "fd:%lld", (long long)in->opts->listen_fd);
	else
		snprintf(text, sizeof(text), "%.200s:%lld", in->opts->http_listen_address,
		    (long long)in->opts->http_listen_port);
	if (net_parse(str_cstr(text), NET_LISTEN, &at, e) < 0)
		return -1;
	in->listen_fd = net_listen(&at, (struct net_listen_opts){ 0 }, e);
	return in->listen_fd < 0 ? -1 : 0;
}

static int head_socket_open(struct ingest *in, struct err *e)
{
	static const struct route rows[] = {
		{ .path = "/pyro.v1.Head/Ask", .methods = "POST", .fn = head_ask },
	};
	struct httpd_conf conf = http_conf(in->opts, in);
	struct net_addr at;

	if (in->opts->head_socket[0] == '\0')
		return 0;
	if (net_parse(str_cstr(in->opts->head_socket), NET_LISTEN, &at, e) < 0)
		return -1;
	in->head_fd = net_listen(&at, (struct net_listen_opts){ 0 }, e);
	if (in->head_fd < 0)
		return -1;
	in->head_router = router_new(rows, ARRAY_LEN(rows), NULL, e);
	in->head_httpd = httpd_new(in->loop, &conf, in->head_router);
	return httpd_listen(in->head_httpd, in->head_fd, NULL, e);
}

/* A journal that cannot be read now may be readable later: nothing of it is given up. */
static void replayed(void *ctx, const struct err *e)
{
	struct ingest *in = ctx;

	in->replaying = false;
	if (e != NULL)
		start_failed(in, e);
}

static void start_retention(struct ingest *in)
{
	const struct ingest_opts *o = in->opts;
	struct retention_conf rc = { .loop = in->loop, .pool = in->pool, .data = o->data_path,
		.blocks = cutter_blocks(in->cutter), .limits = &in->limits, .counters = &in->counters,
		.interval = o->retention_interval, .min_free = (uint64_t)o->min_free_disk << 30,
		.min_fraction = o->min_disk_fraction };

	if (!o->retention_disabled)
		in->retention = retention_start(&rc);
}

static int open_all(struct ingest *in, struct err *e)
{
	struct limits base = limits_of_opts(in->opts);
	struct cutter_conf cc = { .loop = in->loop, .data = in->opts->data_path,
		.window = in->opts->max_block_duration, .max_journal = in->opts->max_journal,
		.counters = &in->counters, .held = &in->held, .replayed = replayed, .ctx = in };

	in->limits = limits_read(&base, in->opts->runtime_config, e);
	if (in->limits == NULL || tenants_check(in->limits, e) < 0 || listen_on(in, e) < 0)
		return -1;
	in->router = front_router(in, e);
	if (in->router == NULL)
		return -1;
	in->pool = pool_new("disk", POOL_THREADS, POOL_QUEUE);
	cc.pool = in->pool;
	cc.n_shards = in->n_workers;
	cc.shards = in->shards = mem_zarray(in->n_workers, sizeof(*in->shards));
	in->cutter = cutter_open(&cc, e);
	if (in->cutter == NULL)
		return -1;
	start_retention(in);
	in->workers = mem_zarray(in->n_workers, sizeof(*in->workers));
	for (uint32_t i = 0; i < in->n_workers; i++)
		worker_start(in, i);
	in->pending = in->n_workers;
	for (uint32_t i = 0; i < in->n_workers; i++)
		send_errand(&in->workers[i], setup_run, setup_done);
	return head_socket_open(in, e);
}

static uint32_t count_workers(const struct ingest_opts *o)
{
	long n = o->shards > 0 ? (long)o->shards : sysconf(_SC_NPROCESSORS_ONLN);

	return (uint32_t)MAX(MIN(n, 256L), 1L);
}

/* Threads end one after another; what they owned is then ours. */
static void close_all(struct ingest *in)
{
	httpd_free(in->head_httpd);
	for (uint32_t i = 0; in->workers != NULL && i < in->n_workers; i++) {
		struct worker *w = &in->workers[i];

		if (w->thread.loop == NULL)
			continue;
		thread_loop_stop(&w->thread);
	}
}

int ingest_serve(struct tool *t, const struct ingest_opts *o, struct err *e)
{
	static const int list[] = { SIGTERM, SIGINT, SIGHUP, 0 };
	struct ingest *in = mem_zalloc(sizeof(*in));
	struct ingest_signals sig = { .s = { .fn = on_signal }, .in = in };
	struct watcher watcher = { .timer = { .fn = look_at_file }, .in = in };
	int rc;

	in->tool = t;
	in->opts = o;
	in->loop = loop_new();
	in->listen_fd = in->head_fd = -1;
	in->n_workers = count_workers(o);
	buf_init(&watcher.last, 16 << 20);
	rc = signals_open(&sig.s, in->loop, list, e);
	if (rc == 0)
		rc = open_all(in, e);
	if (rc == 0 && o->runtime_config[0] != '\0')
		look_at_file(&watcher.timer);
	if (rc == 0)
		rc = loop_run(in->loop, e);
	close_all(in);
	if (rc == 0 && in->failed) {
		*e = in->err;
		return -1;
	}
	return rc;
}
