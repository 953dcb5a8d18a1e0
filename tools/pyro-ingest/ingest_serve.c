/* ingest_serve.c - `pyro-ingest serve`: start, signals, limits, stop */
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "formats/otlp/otlp.h"
#include "io/entropy.h"
#include "io/fd.h"
#include "net/listen.h"
#include "net/route.h"
#include "proc/ready.h"
#include "proc/signal.h"
#include "tools/pyro-ingest/ingest.h"

enum { POOL_THREADS = 3, POOL_QUEUE = 4096 };
enum { OWN_FDS = 48 };             /* descriptors of our own */
enum { QUERY_FDS = 512 };          /* of a worker's way to pyro-query: what waits there is in order, not here */
enum { TO_QUERY_BODY = 65 << 20 }; /* of what goes to pyro-query: an uploaded profile */
enum { KEEP_FREE = 4 << 20 };      /* bytes a thread: what a large request takes, and the next one takes again */

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

static size_t query_fds(const struct ingest *in)
{
	return MAX(MIN(fd_limit() / 4 / (in->n_workers + 1), (size_t)QUERY_FDS), (size_t)16);
}

/* Clients of one worker: journals and blocks need descriptors too, or nothing could be stored for all the clients. */
static size_t client_limit(const struct ingest *in)
{
	size_t limit = fd_limit(), n = in->n_workers;
	size_t rest = limit > 2 * OWN_FDS ? limit - OWN_FDS : OWN_FDS;

	rest -= MIN(rest / 2, query_fds(in) * (n + 1));
	if (in->server->http_conn_limit > 0)
		rest = MIN(rest, (size_t)in->server->http_conn_limit);
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

/* What takes requests, and gives questions to pyro-query. On the worker's thread. */
static int worker_front(struct worker *w, struct err *e)
{
	struct ingest *in = w->conf.ingest;
	struct httpd_conf hc = daemon_httpd(in->server, w);

	if (in->opts->query_socket[0] != '\0') {
		w->query = proxy_new(w->thread.loop,
		    &(struct proxy_conf){ .to = in->opts->query_socket,
			.max_conns = query_fds(in),
			.repeatable = true },
		    e);
		if (w->query == NULL)
			return -1;
	}
	hc.on_reply = status_on_reply;
	hc.max_conns = client_limit(in);
	hc.body_limit = TO_QUERY_BODY;
	hc.aside = in->aside != NULL && in->aside != w ? in->aside->httpd : NULL;
	w->httpd = httpd_new(w->thread.loop, &hc, in->router);
	worker_rests(w);
	return 0;
}

/* On the worker's thread, before anything is sent to it. */
static int worker_setup(struct worker *w, struct err *e)
{
	struct ingest *in = w->conf.ingest;
	struct shard_conf sc = { .number = w->conf.number, .loop = w->thread.loop, .pressure = pressure, .ctx = w };

	sc.journal = (struct journal_conf){ .dir = cutter_journal_dir(in->cutter),
		.pool = in->pool,
		.delay = in->opts->commit_delay };
	sc.shared = (struct shard_shared){ &in->counters, &in->memory, &in->held, in->opts->max_memory };
	w->shard = shard_new(&sc, cutter_generation(in->cutter), e);
	if (w->shard == NULL)
		return -1;
	return worker_front(w, e);
}

static void setup_run(struct worker *w, struct errand *x)
{
	x->failed = worker_setup(w, &x->err) < 0;
	errand_done(x);
}

static void worker_init(struct ingest *in, struct worker *w, uint32_t number)
{
	w->conf = (struct worker_conf){ .number = number,
		.opts = in->opts,
		.server = in->server,
		.ingest = in,
		.counters = &in->counters,
		.tenants = &in->tenants,
		.partition_label = str_cstr(in->opts->partition_label),
		.otlp_labels = in->otlp_labels,
		.router = in->router,
		.listen_fd = in->listen_fd };
	w->all = in->workers;
	w->n_all = in->n_workers;
	w->tenants = (struct tenant_view){ .all = &in->tenants, .limits = in->limits };
	entropy_bytes(w->id_prefix, sizeof(w->id_prefix));
}

static void worker_start(struct ingest *in, uint32_t number)
{
	worker_init(in, &in->workers[number], number);
	thread_loop_start(&in->workers[number].thread, "worker", number);
}

/* Questions do not wait for pushes: their connections move to the main loop (httpd.h). */
static int aside_start(struct ingest *in, struct err *e)
{
	if (in->opts->query_socket[0] == '\0')
		return 0;
	in->aside = mem_zalloc(sizeof(*in->aside));
	worker_init(in, in->aside, in->n_workers);
	in->aside->thread.loop = in->loop;
	return worker_front(in->aside, e);
}

static void listen_now(struct worker *w, struct errand *x)
{
	x->failed = httpd_listen(w->httpd, w->conf.listen_fd, w->conf.ingest->tls, &x->err) < 0;
	errand_done(x);
}

static void stop_workers(struct ingest *in);

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
	if (in->stopping) {
		stop_workers(in);
		return;
	}
	in->ready = true;
	log_event(LOG_INFO, "receiving profiles", LOG_I64("port", net_port(in->listen_fd)),
	    LOG_CSTR("data", in->server->data_path), LOG_I64("workers", in->n_workers));
	log_event(LOG_INFO, "limits", LOG_I64("max_journal", in->opts->max_journal),
	    LOG_I64("max_head_memory", in->opts->max_memory),
	    LOG_I64("min_free_disk_gb", in->opts->retention_disabled ? 0 : in->opts->min_free_disk),
	    LOG_I64("retention_s", in->base->compactor_blocks_retention_period / NS_PER_S));
	if (ready_tell(in->tool->ready_fd, &x->err) < 0)
		start_failed(in, &x->err);
}

static int head_socket_open(struct ingest *in, struct err *e)
{
	static const struct route rows[] = {
		{ .path = "/pyro.v1.Head/Ask", .methods = "POST", .fn = head_ask },
	};
	struct httpd_conf conf = daemon_httpd(in->server, in);
	struct net_addr at;

	if (in->opts->head_socket[0] == '\0')
		return 0;
	if (net_parse(str_cstr(in->opts->head_socket), NET_LISTEN, &at, e) < 0)
		return -1;
	in->head_fd = net_listen(&at, (struct net_listen_opts){ 0 }, e);
	if (in->head_fd < 0)
		return -1;
	conf.path_prefix = NULL;
	in->head_router = router_new(rows, ARRAY_LEN(rows), NULL, e);
	in->head_httpd = httpd_new(in->loop, &conf, in->head_router);
	return httpd_listen(in->head_httpd, in->head_fd, NULL, e);
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
	if (in->stopping) {
		loop_stop(in->loop); /* nothing has come in, and what was there before stays */
		return;
	}
	in->replaying = true;
	cutter_start(in->cutter);
	/* Questions come when every shard is there to answer, and rows of the journal can be waited for. */
	if (head_socket_open(in, &x->err) < 0) {
		start_failed(in, &x->err);
		return;
	}
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
	struct limits_set *new;
	struct err e;

	if (in->limits_pending > 0)
		return;
	new = limits_read(in->base, &in->server->runtime_config, &e);
	if (new != NULL && tenants_check(new, &e) < 0) {
		limits_free(new);
		new = NULL;
	}
	if (new == NULL) {
		in->limits_failed = true;
		log_event(LOG_ERROR, "runtime configuration not taken; the old one stays", LOG_CSTR("error", e.msg));
		return;
	}
	in->limits_failed = false;
	in->old_limits = in->limits;
	in->limits = new;
	if (in->aside != NULL)
		tenant_view_limits(&in->aside->tenants, in->limits);
	in->limits_pending = in->n_workers;
	for (uint32_t i = 0; i < in->n_workers; i++)
		send_errand(&in->workers[i], take_limits, limits_taken);
	log_event(LOG_INFO, "runtime configuration read");
}

static void files_changed(struct runtime_files *f)
{
	reload_limits(CONTAINER_OF(f, struct ingest, files));
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
	int64_t deadline = loop_mono(w->thread.loop) + w->conf.server->graceful_shutdown;

	httpd_stop(w->httpd, deadline, httpd_stopped, x);
	receive_tail_stop(w);
}

static void stop_workers(struct ingest *in)
{
	/* Workers have stopped when their connections are closed, here too. */
	if (in->aside != NULL) {
		httpd_stop(in->aside->httpd, loop_mono(in->loop) + in->server->graceful_shutdown, NULL, NULL);
		receive_tail_stop(in->aside);
	}
	in->pending = in->n_workers;
	for (uint32_t i = 0; i < in->n_workers; i++)
		send_errand(&in->workers[i], stop_accepting, worker_quiet);
}

/* A step of the start that is under way comes to its end first. */
static void begin_stop(struct ingest *in)
{
	if (in->stopping) {
		loop_stop(in->loop);
		return;
	}
	in->stopping = true;
	in->ready = false;
	if (in->pending == 0)
		stop_workers(in);
}

struct ingest_signals {
	struct signals s;
	struct ingest *in;
};

static void on_signal(struct signals *s, int signo)
{
	struct ingest *in = CONTAINER_OF(s, struct ingest_signals, s)->in;

	if (signo == SIGHUP) {
		reload_limits(in);
		daemon_reload_tls(in->tls);
	} else {
		begin_stop(in);
	}
}

/* ---- start ---- */

/* A journal that cannot be read now may be readable later: nothing of it is given up. */
static void replayed(void *ctx, const struct err *e)
{
	struct ingest *in = ctx;

	in->replaying = false;
	head_replayed(in);
	if (e != NULL)
		start_failed(in, e);
}

static void start_retention(struct ingest *in)
{
	const struct ingest_opts *o = in->opts;
	struct retention_conf rc = { .loop = in->loop,
		.pool = in->pool,
		.data = in->server->data_path,
		.blocks = cutter_blocks(in->cutter),
		.limits = &in->limits,
		.counters = &in->counters,
		.interval = o->retention_interval,
		.min_free = (uint64_t)o->min_free_disk << 30,
		.min_fraction = o->min_disk_fraction };

	if (!o->retention_disabled)
		in->retention = retention_start(&rc);
}

static int read_otlp_labels(struct ingest *in, struct err *e)
{
	const struct opt_list *list = &in->opts->otlp_labels;
	struct str *rules = mem_array(list->n + 1, sizeof(*rules));

	for (size_t i = 0; i < list->n; i++)
		rules[i] = str_cstr(list->p[i]);
	if (list->n > 0)
		in->otlp_labels = otlp_labels_parse(in->a, rules, list->n, e);
	mem_free(rules);
	return list->n > 0 && in->otlp_labels == NULL ? err_wrap(e, "-distributor.otlp-labels") : 0;
}

static int open_all(struct ingest *in, struct err *e)
{
	struct cutter_conf cc = { .loop = in->loop,
		.data = in->server->data_path,
		.window = in->opts->max_block_duration,
		.max_journal = in->opts->max_journal,
		.counters = &in->counters,
		.held = &in->held,
		.replayed = replayed,
		.ctx = in };

	in->limits = limits_read(in->base, &in->server->runtime_config, e);
	if (in->limits == NULL || tenants_check(in->limits, e) < 0 ||
	    (in->listen_fd = daemon_listen(in->server, NULL, e)) < 0 || daemon_tls(in->server, &in->tls, e) < 0)
		return -1;
	if (read_otlp_labels(in, e) < 0)
		return -1;
	in->router = front_router(in, e);
	if (in->router == NULL)
		return -1;
	in->tails = tails_new((uint32_t)in->opts->max_tails, &in->counters);
	in->pool = pool_new("disk", POOL_THREADS, POOL_QUEUE);
	in->cuts = pool_new("cut", 1, POOL_QUEUE);
	if (in->opts->debuginfo)
		in->debuginfo = debuginfo_new(&(struct debuginfo_conf){ .data = in->server->data_path,
		    .max_store = in->opts->debuginfo_max_store,
		    .memory = in->opts->debuginfo_memory });
	cc.pool = in->pool;
	cc.cuts = in->cuts;
	cc.n_shards = in->n_workers;
	cc.shards = in->shards = mem_zarray(in->n_workers, sizeof(*in->shards));
	in->cutter = cutter_open(&cc, e);
	if (in->cutter == NULL)
		return -1;
	start_retention(in);
	in->workers = mem_zarray(in->n_workers, sizeof(*in->workers));
	if (aside_start(in, e) < 0)
		return -1;
	for (uint32_t i = 0; i < in->n_workers; i++)
		worker_start(in, i);
	in->pending = in->n_workers;
	for (uint32_t i = 0; i < in->n_workers; i++)
		send_errand(&in->workers[i], setup_run, setup_done);
	return 0;
}

static uint32_t count_workers(const struct ingest_opts *o)
{
	long n = o->shards > 0 ? (long)o->shards : sysconf(_SC_NPROCESSORS_ONLN);

	return (uint32_t)MAX(MIN(n, 256L), 1L);
}

/*
 * Threads end one after another; what they owned is then ours. Their loops stay
 * until the pool has ended, whose last jobs still go home to them. Connections
 * may move aside as long as there is a thread.
 */
static void close_all(struct ingest *in)
{
	uint32_t n = in->workers != NULL ? in->n_workers : 0;

	httpd_free(in->head_httpd);
	for (uint32_t i = 0; i < n; i++)
		if (in->workers[i].thread.loop != NULL)
			thread_loop_stop(&in->workers[i].thread);
	if (in->aside != NULL)
		httpd_free(in->aside->httpd);
	debuginfo_free(in->debuginfo);
	pool_free(in->pool);
	pool_free(in->cuts);
	for (uint32_t i = 0; i < n; i++)
		thread_loop_free(&in->workers[i].thread);
}

int ingest_serve(struct tool *t, const struct ingest_conf *c, struct err *e)
{
	static const int list[] = { SIGTERM, SIGINT, SIGHUP, 0 };
	struct ingest *in = mem_zalloc(sizeof(*in));
	struct ingest_signals sig = { .s = { .fn = on_signal }, .in = in };
	int rc;

	mem_keep(KEEP_FREE);
	in->tool = t;
	in->opts = c->opts;
	in->server = c->server;
	in->base = c->limits;
	in->files.changed = files_changed;
	in->a = arena_new();
	in->loop = loop_new();
	in->started = loop_wall(in->loop);
	in->node = (struct node){ in->server, in->started };
	in->listen_fd = in->head_fd = -1;
	in->n_workers = count_workers(c->opts);
	rc = signals_open(&sig.s, in->loop, list, e);
	if (rc == 0)
		rc = open_all(in, e);
	if (rc == 0) {
		runtime_watch(&in->files, in->loop, in->server);
		rc = loop_run(in->loop, e);
	}
	close_all(in);
	if (rc == 0 && in->failed) {
		*e = in->err;
		return -1;
	}
	return rc;
}
