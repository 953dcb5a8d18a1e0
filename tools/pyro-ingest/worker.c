/* worker.c - see worker.h */
#include "tools/pyro-ingest/worker.h"

#include "base/hash.h"
#include "net/rpc.h"
#include "net/tenant.h"
#include "tools/pyro-ingest/ingest.h"

enum { REST_AFTER = 1 }; /* seconds */
enum { SPARE_BUFS = 32, MAX_RAW = INT32_MAX, SPARE_BYTES = 4 << 20 };

/* A UUID of version 4 by its bits: a random prefix of the thread and a count. Rows compress well so. */
void worker_profile_id(struct worker *w, uint8_t id[static 16])
{
	uint64_t n = w->id_next++;

	memcpy(id, w->id_prefix, 8);
	id[6] = (uint8_t)((id[6] & 0x0f) | 0x40);
	for (int i = 0; i < 8; i++)
		id[15 - i] = (uint8_t)(n >> (8 * i));
	id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
}

struct shard *worker_shard(struct worker *w, struct str tenant, uint64_t partition)
{
	uint64_t h = hash_mix(hash_seeded(tenant), partition);

	return w->all[(uint32_t)(((h >> 32) * w->n_all) >> 32)].shard;
}

struct buf worker_take_buf(struct worker *w)
{
	struct buf b;

	buf_init(&b, MAX_RAW);
	if (w->spare.n > 0)
		b = w->spare.p[--w->spare.n];
	w->spare_bytes -= b.cap;
	return b;
}

void worker_give_buf(struct worker *w, struct buf *b)
{
	buf_reset(b);
	if (w->spare.n == SPARE_BUFS || w->spare_bytes + b->cap > SPARE_BYTES) {
		buf_fini(b);
		return;
	}
	w->spare_bytes += b->cap;
	vec_push(&w->spare, *b);
}

/* One thread trims for all, and those whose memory it was not look again. */
static bool trim(struct worker *w)
{
	_Atomic int64_t *last = &w->conf.ingest->trimmed;
	int64_t now = loop_mono(w->thread.loop);

	if (now - *last < REST_AFTER * NS_PER_S / 2)
		return false;
	*last = now;
	mem_trim();
	return true;
}

static void rest(struct timer *t)
{
	struct worker *w = CONTAINER_OF(t, struct worker, rest);
	uint64_t requests = httpd_stats(w->httpd).requests;

	if (requests != w->requests_seen) {
		while (w->spare.n > 0)
			buf_fini(&w->spare.p[--w->spare.n]);
		w->spare_bytes = 0;
		if (trim(w))
			w->requests_seen = requests;
	}
	loop_timer(w->thread.loop, t, loop_mono(w->thread.loop) + REST_AFTER * NS_PER_S);
}

void worker_rests(struct worker *w)
{
	w->rest.fn = rest;
	loop_timer(w->thread.loop, &w->rest, loop_mono(w->thread.loop) + REST_AFTER * NS_PER_S);
}

const struct tenant_rules *worker_tenant(struct worker *w, struct http_req *r, bool rpc)
{
	const struct tenant_rules *t;
	struct str name;
	struct err e;

	if (tenant_of_request(r, w->conf.server->multitenancy, &name, &e) < 0) {
		if (rpc)
			rpc_refuse(r, RPC_UNAUTHENTICATED, str_cstr(e.msg));
		else
			http_error_json(r, 401, "unauthenticated", str_cstr(e.msg));
		return NULL;
	}
	t = tenant_of(&w->tenants, name, &e);
	if (t == NULL && rpc)
		rpc_refuse(r, RPC_INTERNAL, str_cstr(e.msg));
	else if (t == NULL)
		http_error(r, &e);
	return t;
}
