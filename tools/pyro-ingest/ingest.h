/*
 * ingest.h - the process `pyro-ingest serve`: a main loop with the cutter, the
 * questions of pyro-query and those on their way to it, and worker threads that
 * take pushes.
 */
#ifndef INGEST_H
#define INGEST_H

#include "conf/limits.h"
#include "conf/server.h"
#include "conf/tool.h"
#include "daemon/node_pages.h"
#include "daemon/daemon.h"
#include "net/route.h"
#include "tools/pyro-ingest/cutter.h"
#include "tools/pyro-ingest/debuginfo.h"
#include "tools/pyro-ingest/retention.h"
#include "tools/pyro-ingest/tails.h"
#include "tools/pyro-ingest/worker.h"

struct ingest_opts {
#define OPT_FILE "tools/pyro-ingest/ingest.def"
#include "conf/opt_struct.h"
};

/* All that is configured. */
struct ingest_conf {
	const struct ingest_opts *opts;
	const struct server_opts *server;
	const struct limits *limits; /* of every tenant without its own */
};

struct ingest {
	struct tool *tool;
	struct arena *a; /* of what is configured */
	const struct ingest_opts *opts;
	const struct server_opts *server;
	const struct limits *base; /* of every tenant without its own */
	struct tls *tls;           /* NULL: plain HTTP */
	const struct otlp_labels *otlp_labels;
	struct debuginfo *debuginfo; /* NULL: not wanted */
	struct tails *tails;         /* who watches */
	struct runtime_files files;
	struct loop *loop; /* the main one */
	struct pool *pool, *cuts;
	struct counters counters;
	struct tenants tenants;
	_Atomic uint64_t memory, held; /* bytes of recent rows: in shards; on their way into blocks */
	_Atomic int64_t trimmed;       /* when memory was given back last, monotonic */
	int64_t started;               /* unix time */
	struct node node;
	struct limits_set *limits, *old_limits;
	_Atomic bool limits_failed; /* the runtime files, the last time */
	uint32_t limits_pending;    /* workers that have not yet taken new limits */
	struct cutter *cutter;
	struct retention *retention;
	struct worker *workers;
	uint32_t n_workers;
	struct worker *aside;  /* serves questions on the main loop, and has no shard; NULL: there is nobody to ask */
	struct shard **shards; /* of the workers */
	uint32_t pending;      /* workers that a step of start or stop waits for */
	struct router *router, *head_router;
	struct httpd *head_httpd;      /* questions about recent rows */
	struct head_question *waiting; /* those that wait for the replay */
	int listen_fd, head_fd;
	_Atomic bool ready, replaying, stopping;
	bool failed;
	struct err err; /* why the start failed */
};

/* ingest_serve.c */
int ingest_serve(struct tool *t, const struct ingest_conf *c, struct err *e);
/* front.c: r->owner is the worker. */
struct router *front_router(struct ingest *in, struct err *e);
/* oneshot.c */
int ingest_filter(struct tool *t, const struct ingest_opts *o, const struct limits *base, struct err *e);
/* head_api.c: POST /pyro.v1.Head/Ask; r->owner is the struct ingest. */
void head_ask(struct http_req *r, void *ctx);
/* flush_api.c: ingester.v1.IngesterService/Flush; r->owner is the worker. */
void flush_api(struct http_req *r, void *ctx);
/* The journal has been read: questions that waited for it are answered. */
void head_replayed(struct ingest *in);
/* ingest_status.c: /ready, /metrics, /config and their like; r->owner is the worker. */
void status_on_reply(const struct http_req *r, int status, size_t body_n);
/* tenant_pages.c */
void show_user_stats(struct http_req *r, void *ctx);
void show_all_user_stats(struct http_req *r, void *ctx);
extern const struct route status_routes[];
extern const size_t n_status_routes;

#endif
