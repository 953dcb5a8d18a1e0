/*
 * worker.h - one thread of the server: its loop, its HTTP front, its shard.
 * Requests are decoded and cleaned where they arrive; their rows go to the
 * shard that owns the symbol partition, which may be another worker's.
 */
#ifndef WORKER_H
#define WORKER_H

#include "daemon/reqstats.h"
#include "net/httpd.h"
#include "net/proxy.h"
#include "proc/thread.h"
#include "tools/pyro-ingest/shard.h"

struct ingest_opts;
struct otlp_labels;
struct server_opts;
struct ingest;

struct worker_conf {
	uint32_t number;
	const struct ingest_opts *opts;
	const struct server_opts *server;
	struct ingest *ingest; /* the process */
	struct counters *counters;
	struct tenants *tenants;
	struct str partition_label;
	const struct otlp_labels *otlp_labels; /* which attributes become labels */
	struct router *router;
	int listen_fd;
};

struct worker {
	struct worker_conf conf;
	struct thread_loop thread;
	struct shard *shard;
	struct worker *all; /* every worker of the process, by number */
	uint32_t n_all;
	struct httpd *httpd;
	struct proxy *query; /* NULL without a query process */
	struct tenant_view tenants;
	struct reqstats requests;
	uint8_t id_prefix[8];
	uint64_t id_next;
	VEC(struct buf) spare; /* large buffers, kept warm between requests */
	size_t spare_bytes;
	struct timer rest; /* every few seconds gives back what requests left behind: seldom, so that it costs little */
	uint64_t requests_seen;
	struct watcher *watchers; /* receive_tail.c */
};

void worker_profile_id(struct worker *w, uint8_t id[static 16]);
struct shard *worker_shard(struct worker *w, struct str tenant, uint64_t partition);
/* From now on the worker gives back memory that it does not use. On its thread, once httpd is there. */
void worker_rests(struct worker *w);
struct buf worker_take_buf(struct worker *w);
void worker_give_buf(struct worker *w, struct buf *b);
/* The tenant of a request, or NULL: it has been refused. rpc: the refusal speaks Connect or gRPC. */
const struct tenant_rules *worker_tenant(struct worker *w, struct http_req *r, bool rpc);

/* Handlers; ctx is not used, r->owner is the worker. */
void receive_ingest(struct http_req *r, void *ctx); /* receive_ingest.c: /ingest */
void receive_push(struct http_req *r, void *ctx);   /* receive_push.c: push.v1.PusherService/Push */
void receive_otlp(struct http_req *r, void *ctx);   /* receive_otlp.c: profiles of OpenTelemetry */
void receive_otlp_too_big(struct http_req *r, void *ctx);
void receive_tail(struct http_req *r, void *ctx); /* receive_tail.c: /pyro/tail */
void receive_tail_stop(struct worker *w);         /* ends all that watch; on the worker's thread */

#endif
