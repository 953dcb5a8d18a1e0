/* ingest_status.c - what operators ask the front: ready, metrics, services, configuration */
#include "base/json.h"
#include "base/promtext.h"
#include "base/vec.h"
#include "daemon/operator.h"
#include "net/proxy.h"
#include "net/url.h"
#include "tools/pyro-ingest/ingest.h"

/* How long the query process may take for its part of a page. */
#define SIBLING_PATIENCE NS_PER_S

static struct worker *worker_of(struct http_req *r)
{
	return r->owner;
}

static struct ingest *ingest_of(struct http_req *r)
{
	return worker_of(r)->conf.ingest;
}

/* ---- ready and services: of both processes ---- */

static void ready_with_query(struct http_req *r, int status, struct buf *body)
{
	(void)body;
	if (status == 200)
		http_reply_type(r, 200, "text/plain", STR("ready"));
	else
		http_reply_text(r, 503, STR("Some services are not Running:\nStarting: [querier]\n"));
}

static void show_ready(struct http_req *r, void *ctx)
{
	struct ingest *in = ingest_of(r);

	(void)ctx;
	if (!in->ready)
		http_reply_text(r, 503,
		    in->stopping ? STR("Some services are not Running:\nStopping: [ingester]\n")
				 : STR("Some services are not Running:\nStarting: [ingester]\n"));
	else if (in->replaying)
		http_reply_text(r, 503, STR("Ingester not ready: the journal is being replayed"));
	else if (worker_of(r)->query != NULL)
		proxy_ask(r, worker_of(r)->query, SIBLING_PATIENCE, ready_with_query);
	else
		ready_with_query(r, 200, NULL);
}

static void add_own_services(struct buf *b, struct ingest *in)
{
	const char *waits = in->stopping ? "Stopping" : "Starting";
	const char *state = !in->ready ? waits : in->replaying ? "Starting" : "Running";

	buf_printf(b, "distributor => %s\ningester => %s\n", in->ready ? "Running" : waits, state);
}

static void services_with_query(struct http_req *r, int status, struct buf *body)
{
	struct buf b;

	buf_init(&b, OPERATOR_PAGE_MAX);
	add_own_services(&b, ingest_of(r));
	if (status == 200)
		buf_add(&b, buf_str(body));
	else
		buf_add(&b, STR("querier => Starting\n"));
	http_reply_text(r, 200, buf_str(&b));
	buf_fini(&b);
}

static void show_services(struct http_req *r, void *ctx)
{
	struct buf b;

	(void)ctx;
	if (worker_of(r)->query != NULL) {
		proxy_ask(r, worker_of(r)->query, SIBLING_PATIENCE, services_with_query);
		return;
	}
	buf_init(&b, 4096);
	add_own_services(&b, ingest_of(r));
	http_reply_text(r, 200, buf_str(&b));
	buf_fini(&b);
}

/* ---- metrics ---- */

static void discarded(struct buf *b, struct ingest *in, const char *name, const char *help, bool bytes)
{
	static const char *const reasons[] = {
#define DISCARD(reason) #reason,
#include "tools/pyro-ingest/discard.def"
#undef DISCARD
	};

	prom_family(b, name, "counter", help);
	for (struct tenant *t = in->tenants.first; t != NULL; t = t->next) {
		for (size_t i = 0; i < DISCARDS; i++) {
			uint64_t n = bytes ? t->discarded_bytes[i] : t->discarded[i];
			struct prom_label l[] = { { "reason", str_cstr(reasons[i]) }, { "tenant", t->name } };

			if (n > 0)
				prom_sample(b, name, l, ARRAY_LEN(l), (double)n);
		}
	}
}

static void of_tenants(struct buf *b, struct ingest *in)
{
	static const char series[] = "pyroscope_ingester_memory_series";
	VEC(struct received_tenant) all = { 0 };

	prom_family(b, series, "gauge", "Active series in memory.");
	for (struct tenant *t = in->tenants.first; t != NULL; t = t->next) {
		struct prom_label l = { "tenant", t->name };

		prom_sample(b, series, &l, 1, (double)t->series);
		vec_push(&all, ((struct received_tenant){ t->name, &t->received }));
	}
	received_print(b, all.p, all.n);
	vec_free(&all);
}

void status_on_reply(const struct http_req *r, int status, size_t body_n)
{
	struct worker *w = r->owner;

	(void)body_n;
	reqstats_count(&w->requests, r, status);
}

static void durations(struct buf *b, struct ingest *in)
{
	struct reqstats **all = mem_array(in->n_workers + 1, sizeof(struct reqstats *));
	uint32_t n = in->n_workers;

	for (uint32_t i = 0; i < in->n_workers; i++)
		all[i] = &in->workers[i].requests;
	if (in->aside != NULL)
		all[n++] = &in->aside->requests;
	reqstats_print(b, all, n);
	mem_free(all);
}

static void runtime_config(struct buf *b, struct ingest *in)
{
	static const char ok[] = "pyroscope_runtime_config_last_reload_successful";
	struct prom_label l = { "config", STR("pyroscope") };

	prom_family(b, ok, "gauge", "Whether the runtime files could be read the last time.");
	prom_sample(b, ok, &l, 1, in->limits_failed ? 0 : 1);
}

static void own_metrics(struct buf *b, struct ingest *in)
{
	buf_init(b, OPERATOR_PAGE_MAX);
#define COUNTER(field, name, help) prom_single(b, name, "counter", help, (double)in->counters.field);
#include "tools/pyro-ingest/counters.def"
#undef COUNTER
	discarded(b, in, "pyroscope_discarded_samples_total", "Profiles that were refused.", false);
	discarded(b, in, "pyroscope_discarded_bytes_total", "Bytes of profiles that were refused.", true);
	of_tenants(b, in);
	prom_single(b, "pyroscope_ingester_memory_bytes", "gauge", "Memory of recent rows.",
	    (double)(in->memory + in->held));
	runtime_config(b, in);
	durations(b, in);
	operator_metrics(b, "pyro-ingest", in->started);
}

static void reply_metrics(struct http_req *r, struct buf *b)
{
	struct http_field type = { STR("Content-Type"), PROM_TYPE };

	http_reply(r, &(struct http_reply){ .status = 200, .headers = &type, .n_headers = 1, .take = b });
	buf_fini(b);
}

static void metrics_with_query(struct http_req *r, int status, struct buf *body)
{
	struct buf own, whole;

	own_metrics(&own, ingest_of(r));
	if (status != 200) {
		reply_metrics(r, &own);
		return;
	}
	buf_init(&whole, 2 * OPERATOR_PAGE_MAX);
	prom_merge(&whole, buf_str(&own), buf_str(body));
	buf_fini(&own);
	reply_metrics(r, &whole);
}

static void show_metrics(struct http_req *r, void *ctx)
{
	(void)ctx;
	if (worker_of(r)->query != NULL)
		proxy_ask(r, worker_of(r)->query, SIBLING_PATIENCE, metrics_with_query);
	else
		metrics_with_query(r, 0, NULL);
}

/* ---- the configuration: keys of both programs in one file ---- */

/* The flags of both; *into is JSON. */
static void add_flags(struct buf *into, struct str other)
{
	struct err e;
	json_t *own = json_parse(buf_str(into), &e), *theirs = json_parse(other, &e);
	char *text = NULL;

	if (own != NULL && theirs != NULL &&
	    json_object_update_missing(json_object_get(own, "data"), json_object_get(theirs, "data")) == 0)
		text = json_dumps(own, JSON_COMPACT);
	if (text != NULL) {
		buf_reset(into);
		buf_add(into, str_cstr(text));
		free(text);
	}
	json_decref(own);
	json_decref(theirs);
}

static void flags_with_query(struct http_req *r, int status, struct buf *body)
{
	struct buf b;

	buf_init(&b, OPERATOR_PAGE_MAX);
	operator_flags(&b, ingest_of(r)->tool);
	if (status == 200)
		add_flags(&b, buf_str(body));
	http_reply_json(r, 200, &b);
	buf_fini(&b);
}

static void show_flags(struct http_req *r, void *ctx)
{
	(void)ctx;
	if (worker_of(r)->query != NULL)
		proxy_ask(r, worker_of(r)->query, SIBLING_PATIENCE, flags_with_query);
	else
		flags_with_query(r, 0, NULL);
}

/* The limits of the worker are those in effect. */
static void show_runtime_config(struct http_req *r, void *ctx)
{
	struct url_param *p;
	struct buf b;
	struct err e;
	size_t n;
	bool own = false;

	(void)ctx;
	if (ingest_of(r)->server->runtime_config.n == 0) {
		http_reply_not_found(r);
		return;
	}
	if (url_query(r->a, r->query, &p, &n, &e) == 0)
		for (size_t i = 0; i < n; i++)
			own |= str_eq(p[i].name, STR("mode")) && str_eq(p[i].value, STR("diff"));
	buf_init(&b, OPERATOR_PAGE_MAX);
	limits_yaml(worker_of(r)->tenants.limits, own, &b);
	http_reply_text(r, 200, buf_str(&b));
	buf_fini(&b);
}

static void config_with_query(struct http_req *r, int status, struct buf *body)
{
	struct yaml *own, *other = NULL;
	struct buf b;
	struct err e;

	buf_init(&b, OPERATOR_PAGE_MAX);
	operator_config(&b, ingest_of(r)->tool, r);
	if (status == 200)
		other = yaml_parse(r->a, arena_str(r->a, buf_str(body)), "pyro-query", &e);
	if (other != NULL && other->kind == YAML_MAP &&
	    (own = yaml_parse(r->a, arena_str(r->a, buf_str(&b)), "pyro-ingest", &e)) != NULL) {
		if (own->kind != YAML_MAP)
			own = yaml_new(r->a, YAML_MAP);
		yaml_merge(r->a, own, other);
		buf_reset(&b);
		yaml_print(&b, own);
	}
	http_reply_text(r, 200, buf_str(&b));
	buf_fini(&b);
}

static void show_config(struct http_req *r, void *ctx)
{
	(void)ctx;
	if (worker_of(r)->query != NULL)
		proxy_ask(r, worker_of(r)->query, SIBLING_PATIENCE, config_with_query);
	else
		config_with_query(r, 0, NULL);
}

const struct route status_routes[] = {
	{ .path = "/ready", .methods = "GET", .fn = show_ready },
	{ .path = "/metrics", .methods = "GET", .fn = show_metrics, .flags = ROUTE_GZIP },
	{ .path = "/services", .methods = "GET", .fn = show_services },
	{ .path = "/runtime_config", .methods = "GET", .fn = show_runtime_config },
	{ .path = "/api/v1/user_stats", .methods = "GET", .fn = show_user_stats },
	{ .path = "/distributor/all_user_stats", .methods = "GET", .fn = show_all_user_stats },
	OPERATOR_CONFIG(show_config, show_flags),
};

const size_t n_status_routes = ARRAY_LEN(status_routes);
