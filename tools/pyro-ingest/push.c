/* push.c - see push.h */
#include "tools/pyro-ingest/push.h"

#include "base/hash.h"
#include "base/num.h"
#include "tools/pyro-ingest/worker.h"

struct push *push_new(struct worker *w, struct http_req *r, const struct tenant_rules *tenant)
{
	struct push *p = mem_zalloc(sizeof(*p));

	p->w = w;
	p->r = r;
	p->a = r->a;
	p->tenant = tenant->tenant;
	p->rules = &tenant->rules;
	return p;
}

void push_free(struct push *p)
{
	for (size_t i = 0; i < p->items.n; i++)
		mem_free(p->items.p[i].err);
	for (size_t i = 0; i < p->scratch.n; i++)
		worker_give_buf(p->w, &p->scratch.p[i]);
	vec_free(&p->items);
	vec_free(&p->scratch);
	mem_free(p);
}

struct buf *push_scratch(struct push *p)
{
	vec_push(&p->scratch, worker_take_buf(p->w));
	return &p->scratch.p[p->scratch.n - 1];
}

static void discard(struct push *p, enum discard reason, uint64_t bytes)
{
	p->tenant->discarded[reason]++;
	p->tenant->discarded_bytes[reason] += bytes;
}

void push_failed(struct push *p, const struct err *e, enum discard reason, size_t raw_size)
{
	struct push_item item = { .err = mem_alloc(sizeof(*item.err)) };

	*item.err = *e;
	p->w->conf.counters->profiles++;
	discard(p, reason, raw_size);
	vec_push(&p->items, item);
}

static int take_rate(struct push *p, const struct labels *l, struct profile *f, struct err *e)
{
	const struct limits *limits = p->rules->limits;
	double rate = limits->ingestion_rate_mb * (1 << 20), burst = limits->ingestion_burst_size_mb * (1 << 20);
	uint64_t size = clean_size(l, f);

	if (rate <= 0)
		return 0;
	if (tenant_take(p->tenant, rate, burst, size, p->r->mono))
		return 0;
	return err_set(e, ERR_LIMIT, "push rate limit (" STR_FMT ") exceeded while adding " STR_FMT,
	    STR_ARG(num_size_iec(p->a, (uint64_t)rate)), STR_ARG(num_size_iec(p->a, size)));
}

static int64_t max_series(const struct limits *l)
{
	if (l->max_global_series_per_tenant <= 0 || l->max_local_series_per_tenant <= 0)
		return MAX(l->max_global_series_per_tenant, l->max_local_series_per_tenant);
	return MIN(l->max_global_series_per_tenant, l->max_local_series_per_tenant);
}

/* The parts of one pushed profile share an id. */
static void make_adds(struct push *p, struct push_item *item, const struct clean_out *out)
{
	uint8_t id[16];

	worker_profile_id(p->w, id);
	item->adds = arena_zarray(p->a, out->n, sizeof(*item->adds));
	item->n = out->n;
	for (uint32_t i = 0; i < out->n; i++) {
		struct shard_add *add = &item->adds[i];

		add->push = out->p[i];
		memcpy(add->push.id, id, sizeof(id));
		add->tenant = p->tenant;
		add->max_series = max_series(p->rules->limits);
		add->home = p->r->loop;
	}
}

void push_profile(struct push *p, const struct labels *sent, struct profile *f, size_t raw_size)
{
	struct clean_in in = { .rules = p->rules,
		.now = p->r->wall,
		.profile = f,
		.partition_label = p->w->conf.partition_label };
	struct clean_out out = { .reason = DISCARD_rate_limited };
	struct push_item item = { 0 };
	struct err e;

	in.labels = clean_labels(p->a, sent);
	p->w->conf.counters->profiles++;
	received_count(&p->tenant->received, labels_get(&in.labels, STR("__name__")), raw_size, f->wire_size,
	    f->n_samples);
	if (take_rate(p, &in.labels, f, &e) < 0 || clean_profile(p->a, &in, &out, &e) < 0) {
		item.err = mem_alloc(sizeof(*item.err));
		*item.err = e;
		discard(p, out.reason, f->wire_size);
	} else {
		make_adds(p, &item, &out);
	}
	vec_push(&p->items, item);
}

static void finish(struct push *p)
{
	for (size_t i = 0; i < p->items.n && p->err == NULL; i++)
		p->err = p->items.p[i].err;
	p->done(p);
}

static void add_done(struct shard_add *a)
{
	struct push_item *item = a->wait_ctx;
	struct push *p = item->push;

	if (a->err != NULL) {
		discard(p, a->reason, a->push.profile->wire_size);
		p->pressed = p->pressed || a->reason == DISCARD_memory_limit;
		if (item->err == NULL)
			item->err = a->err;
		else
			mem_free(a->err);
	}
	if (--p->pending == 0)
		finish(p);
}

void push_send(struct push *p, void (*done)(struct push *p))
{
	p->rules = NULL;
	p->done = done;
	p->pending = 1;
	for (size_t i = 0; i < p->items.n; i++) {
		struct push_item *item = &p->items.p[i];

		item->push = p;
		for (uint32_t k = 0; k < item->n; k++) {
			struct shard_add *a = &item->adds[k];

			a->done = add_done;
			a->wait_ctx = item;
			p->pending++;
			shard_send(worker_shard(p->w, p->tenant->name, a->push.partition), a);
		}
	}
	if (--p->pending == 0)
		finish(p);
}
