/* receive_push.c - push.v1.PusherService/Push: Connect, gRPC and gRPC-web */
#include "base/num.h"
#include "formats/msg/messages.h"
#include "net/rpc.h"
#include "tools/pyro-ingest/push.h"
#include "tools/pyro-ingest/receive.h"
#include "tools/pyro-ingest/worker.h"

struct push_call {
	struct rpc_call *call;
	struct push *push;
	struct push_push_request req;
	uint64_t unpacked; /* bytes of all profiles so far */
};

static void push_done(struct push *p)
{
	struct push_call *c = p->ctx;

	if (p->err != NULL)
		rpc_fail(c->call, p->err);
	else
		rpc_reply_message(c->call, c->call->codec == RPC_JSON ? STR("{}") : STR_NONE);
	push_free(p);
}

static int read_request(struct push_call *c, struct err *e)
{
	struct rpc_call *call = c->call;
	int rc = call->codec == RPC_JSON ? msg_from_json(call->a, &push_push_request_type, call->message, &c->req, e)
					 : msg_decode(call->a, &push_push_request_type, call->message, &c->req, e);

	if (rc < 0)
		return err_wrap(e, "unmarshal message");
	return 0;
}

static void one_sample(struct push_call *c, const struct labels *l, struct str raw)
{
	struct push *p = c->push;
	int64_t limit = p->rules->limits->max_profile_size_bytes;
	struct profile *f;
	bool too_large;
	struct err e;

	if (receive_pprof(p->mem, raw, limit, push_scratch(p), &f, &too_large, &e) < 0) {
		if (too_large)
			err_set(&e, ERR_INVALID, "uncompressed profile payload size exceeds limit of " STR_FMT,
			    STR_ARG(num_size_si(p->a, (uint64_t)limit)));
		push_failed(p, &e, too_large ? DISCARD_profile_size_limit : DISCARD_malformed_profile, raw.n);
		return;
	}
	c->unpacked += f->wire_size;
	push_profile(p, l, f, raw.n);
}

/* The profiles may be unpacked to more than the body limit: then nothing of the request is stored. */
static bool batch_too_large(struct push_call *c, struct err *e)
{
	int64_t mb = c->push->rules->limits->ingestion_body_limit_mb;

	if (mb <= 0 || c->unpacked <= (uint64_t)mb << 20)
		return false;
	err_set(e, ERR_INVALID, "uncompressed batched profile payload size exceeds limit of " STR_FMT,
	    STR_ARG(num_size_si(c->push->a, (uint64_t)mb << 20)));
	return true;
}

void receive_push(struct http_req *r, void *ctx)
{
	struct worker *w = r->owner;
	const struct tenant_rules *tenant = worker_tenant(w, r, true);
	struct push_call *c;
	struct err e;

	(void)ctx;
	if (tenant == NULL)
		return;
	c = arena_zalloc(r->a, sizeof(*c));
	c->call = rpc_open(r, &(struct rpc_conf){ .max_message = 0 });
	if (c->call == NULL)
		return;
	if (read_request(c, &e) < 0) {
		rpc_fail(c->call, &e);
		return;
	}
	c->push = push_new(w, r, tenant);
	c->push->ctx = c;
	for (size_t i = 0; i < c->req.series.n; i++) {
		const struct push_raw_profile_series *s = &c->req.series.p[i];
		struct labels l = labels_of_pairs(r->a, &s->labels);

		for (size_t k = 0; k < s->samples.n; k++) {
			one_sample(c, &l, s->samples.p[k].raw_profile);
			if (batch_too_large(c, &e)) {
				rpc_fail(c->call, &e);
				push_free(c->push);
				return;
			}
		}
	}
	if (c->push->items.n == 0) {
		err_set(&e, ERR_INVALID, "no profiles received");
		push_failed(c->push, &e, DISCARD_malformed_profile, 0);
	}
	push_send(c->push, push_done);
}
