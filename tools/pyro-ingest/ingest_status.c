/* ingest_status.c - what operators ask the front: ready, metrics, configuration, build */
#include <fcntl.h>
#include <unistd.h>

#include "base/json.h"
#include "base/num.h"
#include "conf/optdoc.h"
#include "io/file.h"
#include "net/route.h"
#include "proc/loop.h"
#include "tools/pyro-ingest/ingest.h"

enum { MAX_PAGE = 16 << 20 };

static struct ingest *ingest_of(struct http_req *r)
{
	return ((struct worker *)r->owner)->conf.ingest;
}

static void show_ready(struct http_req *r, void *ctx)
{
	struct ingest *in = ingest_of(r);

	(void)ctx;
	if (!in->ready)
		http_reply_text(r, 503, STR("Some services are not Running:\nStopping: [ingester]\n"));
	else if (in->replaying)
		http_reply_text(r, 503, STR("Ingester not ready: the journal is being replayed"));
	else
		http_reply_type(r, 200, "text/plain", STR("ready"));
}

/* ---- metrics: Prometheus text, version 0.0.4 ---- */

static void metric(struct buf *b, const char *name, const char *type, const char *help, double value)
{
	buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", name, help, name, type, name, value);
}

static void label_value(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' || s.p[i] == '"')
			buf_byte(b, '\\');
		if (s.p[i] == '\n')
			buf_add(b, STR("\\n"));
		else
			buf_byte(b, (unsigned char)s.p[i]);
	}
}

static void discarded(struct buf *b, struct ingest *in, const char *name, const char *help, bool bytes)
{
	static const char *const reasons[] = {
#define DISCARD(reason) #reason,
#include "tools/pyro-ingest/discard.def"
#undef DISCARD
	};

	buf_printf(b, "# HELP %s %s\n# TYPE %s counter\n", name, help, name);
	for (struct tenant *t = in->tenants.first; t != NULL; t = t->next) {
		for (size_t i = 0; i < DISCARDS; i++) {
			uint64_t n = bytes ? t->discarded_bytes[i] : t->discarded[i];

			if (n == 0)
				continue;
			buf_printf(b, "%s{reason=\"%s\",tenant=\"", name, reasons[i]);
			label_value(b, t->name);
			buf_printf(b, "\"} %llu\n", (unsigned long long)n);
		}
	}
}

static void tenants_series(struct buf *b, struct ingest *in)
{
	static const char name[] = "pyroscope_ingester_memory_series";

	buf_printf(b, "# HELP %s Active series in memory.\n# TYPE %s gauge\n", name, name);
	for (struct tenant *t = in->tenants.first; t != NULL; t = t->next) {
		buf_printf(b, "%s{tenant=\"", name);
		label_value(b, t->name);
		buf_printf(b, "\"} %lld\n", (long long)t->series);
	}
}

static double resident_bytes(void)
{
	struct buf b;
	struct err e;
	struct str rest;
	double pages = 0;

	buf_init(&b, 4096);
	if (file_read(AT_FDCWD, "/proc/self/statm", 4096, &b, &e) == 0) {
		int64_t n;

		rest = buf_str(&b);
		str_cut(&rest, ' ');
		if (num_i64(str_cut(&rest, ' '), &n, &e) == 0)
			pages = (double)n;
	}
	buf_fini(&b);
	return pages * (double)sysconf(_SC_PAGESIZE);
}

static const double bounds[] = { .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10 };

void status_on_reply(const struct http_req *r, int status, size_t body_n)
{
	struct ingest *in = ((struct worker *)r->owner)->conf.ingest;
	int64_t took = loop_mono(r->loop) - r->mono;
	size_t i = 0;

	(void)body_n;
	while (i < ARRAY_LEN(bounds) && (double)took > bounds[i] * 1e9)
		i++;
	in->slower[i]++;
	in->busy_ns += (uint64_t)MAX(took, (int64_t)0);
	in->replies[MIN(MAX(status / 100, 0), 5)]++;
}

static void durations(struct buf *b, struct ingest *in)
{
	static const char name[] = "pyroscope_request_duration_seconds";
	uint64_t sum = 0;

	buf_printf(b, "# HELP %s Time from the whole request to its answer.\n# TYPE %s histogram\n", name, name);
	for (size_t i = 0; i < ARRAY_LEN(in->slower); i++) {
		sum += in->slower[i];
		if (i < ARRAY_LEN(bounds))
			buf_printf(b, "%s_bucket{le=\"%g\"} %llu\n", name, bounds[i], (unsigned long long)sum);
		else
			buf_printf(b, "%s_bucket{le=\"+Inf\"} %llu\n", name, (unsigned long long)sum);
	}
	buf_printf(b, "%s_sum %.9f\n%s_count %llu\n", name, (double)in->busy_ns / 1e9, name, (unsigned long long)sum);
}

/* Requests at the front by class of status. */
static void http_metrics(struct buf *b, struct ingest *in)
{
	static const char name[] = "pyro_http_requests_total";

	buf_printf(b, "# HELP %s HTTP requests answered at the front.\n# TYPE %s counter\n", name, name);
	for (size_t i = 0; i < ARRAY_LEN(in->replies); i++)
		if (in->replies[i] > 0)
			buf_printf(b, "%s{status=\"%zuxx\"} %llu\n", name, i, (unsigned long long)in->replies[i]);
}

static void show_metrics(struct http_req *r, void *ctx)
{
	struct ingest *in = ingest_of(r);
	struct buf b;
	struct http_field type = { STR("Content-Type"), STR("text/plain; version=0.0.4; charset=utf-8; escaping=underscores") };

	(void)ctx;
	buf_init(&b, MAX_PAGE);
#define COUNTER(field, name, help) metric(&b, name, "counter", help, (double)in->counters.field);
#include "tools/pyro-ingest/counters.def"
#undef COUNTER
	discarded(&b, in, "pyroscope_discarded_samples_total", "Profiles that were refused.", false);
	discarded(&b, in, "pyroscope_discarded_bytes_total", "Bytes of profiles that were refused.", true);
	tenants_series(&b, in);
	metric(&b, "pyroscope_ingester_memory_bytes", "gauge", "Memory of recent rows.", (double)(in->memory + in->held));
	http_metrics(&b, in);
	durations(&b, in);
	metric(&b, "process_resident_memory_bytes", "gauge", "Resident memory of this process.", resident_bytes());
	buf_printf(&b, "# HELP pyroscope_build_info What is running.\n# TYPE pyroscope_build_info gauge\n"
	    "pyroscope_build_info{version=\"%s\",program=\"pyro\"} 1\n", PYRO_VERSION);
	http_reply(r, &(struct http_reply){ .status = 200, .headers = &type, .n_headers = 1, .take = &b });
	buf_fini(&b);
}

/* ---- configuration and build ---- */

static void show_yaml(struct http_req *r, bool only_set)
{
	struct buf b;

	buf_init(&b, MAX_PAGE);
	optdoc_yaml(&b, &ingest_of(r)->tool->conf, only_set);
	http_reply_text(r, 200, buf_str(&b));
	buf_fini(&b);
}

static void show_config(struct http_req *r, void *ctx)
{
	(void)ctx;
	show_yaml(r, false);
}

static void show_config_diff(struct http_req *r, void *ctx)
{
	(void)ctx;
	show_yaml(r, true);
}

/* Every option at its default: a table of its own that nobody has filled. */
static void show_config_default(struct http_req *r, void *ctx)
{
	const struct opts *o = &ingest_of(r)->tool->conf;
	struct opts fresh;
	struct buf b;

	(void)ctx;
	opts_init(&fresh, o->prog);
	for (size_t i = 0; i < o->n_sets; i++)
		opts_add(&fresh, o->sets[i].table, arena_zalloc(r->a, o->sets[i].table->size));
	buf_init(&b, MAX_PAGE);
	optdoc_yaml(&b, &fresh, false);
	http_reply_text(r, 200, buf_str(&b));
	buf_fini(&b);
	opts_fini(&fresh);
}

static void show_services(struct http_req *r, void *ctx)
{
	(void)ctx;
	http_reply_text(r, 200, ingest_of(r)->ready ? STR("ingester => Running\n") : STR("ingester => Stopping\n"));
}

static void show_build(struct http_req *r, void *ctx)
{
	static const char *const names[] = { "version", "revision", "branch", "buildUser", "buildDate", "goVersion" };
	struct buf b;
	struct jw w;

	(void)ctx;
	buf_init(&b, 4096);
	w = jw_init(&b);
	jw_open(&w, '{');
	jw_key(&w, STR("status"));
	jw_str(&w, STR("success"));
	jw_key(&w, STR("data"));
	jw_open(&w, '{');
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		jw_key(&w, str_cstr(names[i]));
		jw_str(&w, i == 0 ? STR(PYRO_VERSION) : STR(""));
	}
	jw_close(&w, '}');
	jw_close(&w, '}');
	http_reply_json(r, 200, &b);
	buf_fini(&b);
}

const struct route status_routes[] = {
	{ .path = "/ready", .methods = "GET", .fn = show_ready },
	{ .path = "/metrics", .methods = "GET", .fn = show_metrics, .flags = ROUTE_GZIP },
	{ .path = "/config", .methods = "GET", .fn = show_config },
	{ .path = "/services", .methods = "GET", .fn = show_services },
	{ .path = "/api/v1/status/config", .methods = "GET", .fn = show_config },
	{ .path = "/api/v1/status/config/default", .methods = "GET", .fn = show_config_default },
	{ .path = "/api/v1/status/config/diff", .methods = "GET", .fn = show_config_diff },
	{ .path = "/api/v1/status/buildinfo", .methods = "GET", .fn = show_build },
};

const size_t n_status_routes = ARRAY_LEN(status_routes);
