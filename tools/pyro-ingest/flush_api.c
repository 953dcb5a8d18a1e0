/*
 * flush_api.c - ingester.v1.IngesterService/Flush: what was pushed so far
 * becomes blocks, and the answer comes when it is. Before a backup of the
 * data folder, or when the recent rows shall leave memory.
 */
#include "net/rpc.h"
#include "tools/pyro-ingest/ingest.h"

/* On its way from the loop of the request to the main loop, and back. */
struct flush {
	struct rpc_call *call;
	struct ingest *in;
	struct loop *home;
	struct task task;
	bool ok;
};

static void reply(struct task *t)
{
	struct flush *f = CONTAINER_OF(t, struct flush, task);

	if (f->ok)
		rpc_reply_message(f->call, f->call->codec == RPC_JSON ? STR("{}") : STR_NONE);
	else
		rpc_fail_code(f->call, RPC_UNAVAILABLE,
		    STR("blocks could not be written; rows stay in memory and in the journal, and it is tried again: "
			"the log tells why"));
}

static void flushed(void *ctx, bool ok)
{
	struct flush *f = ctx;

	f->ok = ok;
	f->task.fn = reply;
	loop_post(f->home, &f->task);
}

static void begin(struct task *t)
{
	struct flush *f = CONTAINER_OF(t, struct flush, task);

	cutter_cut(f->in->cutter, flushed, f);
}

void flush_api(struct http_req *r, void *ctx)
{
	struct worker *w = r->owner;
	struct rpc_call *call;
	struct flush *f;

	(void)ctx;
	if (worker_tenant(w, r, true) == NULL)
		return;
	call = rpc_open(r, &(struct rpc_conf){ .max_message = 0 });
	if (call == NULL)
		return;
	f = arena_zalloc(r->a, sizeof(*f));
	f->call = call;
	f->in = w->conf.ingest;
	f->home = w->thread.loop;
	f->task.fn = begin;
	loop_post(f->in->loop, &f->task);
}
