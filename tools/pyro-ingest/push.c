/* push.c - see push.h */
#include "tools/pyro-ingest/push.h"

#include "base/hash.h"
#include "base/num.h"
#include "base/log.h"
#include "tools/pyro-ingest/ingest.h"

struct push *push_new(struct worker *w, struct http_req *r, const struct tenant_rules *tenant)
{
	struct push *p = mem_zalloc(sizeof(*p));

	p->w = w;
	p->r = r;
	p->a = r->a;
	p->mem = arena_new();
	p->tenant = tenant->tenant;
	p->rules = &tenant->rules;
	return p;
}

static void forget_profiles(struct push *p)
{
	for (size_t i = 0; i < p->scratch.n; i++)
		worker_give_buf(p->w, &p->scratch.p[i]);
	p->scratch.n = 0;
	arena_free(p->mem);
	p->mem = NULL;
}

void push_free(struct push *p)
{
	forget_profiles(p);
	for (size_t i = 0; i < p->items.n; i++)
		mem_free(p->items.p[i].err);
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

/* The rest of push_profile: *item is its place. */
static void take_profile(struct push *p, struct push_item *item, const struct labels *sent, struct profile *f,
    size_t raw_size)
{
	struct clean_in in = { .rules = p->rules,
		.now = p->r->wall,
		.profile = f,
		.partition_label = p->w->conf.partition_label };
	struct clean_out out = { .reason = DISCARD_rate_limited };
	struct err e;

	item->wire_size = f->wire_size;
	in.labels = clean_labels(p->mem, sent);
	p->w->conf.counters->profiles++;
	received_count(&p->tenant->received, labels_get(&in.labels, STR("__name__")), raw_size, f->wire_size,
	    f->n_samples);
	if (take_rate(p, &in.labels, f, &e) < 0 || clean_profile(p->mem, &in, &out, &e) < 0) {
		item->err = mem_alloc(sizeof(*item->err));
		*item->err = e;
		discard(p, out.reason, f->wire_size);
	} else {
		make_adds(p, item, &out);
	}
}

void push_profile(struct push *p, const struct labels *sent, struct profile *f, size_t raw_size)
{
	const struct ingest *in = p->w->conf.ingest;
	struct push_item item = { 0 };

	if (in != NULL && in->debuginfo != NULL && debuginfo_wanted(f)) {
		item.nameless = f;
		item.sent = *sent;
		item.raw_size = raw_size;
		p->nameless++;
	} else {
		take_profile(p, &item, sent, f, raw_size);
	}
	vec_push(&p->items, item);
}

static bool anybody_watches(const struct push *p)
{
	const struct ingest *in = p->w->conf.ingest;

	return in != NULL && tails_any(in->tails);
}

/* What is durable is shown to those who watched when it was stored. */
static void offer(struct push *p)
{
	if (p->mem == NULL || !anybody_watches(p))
		return;
	for (size_t i = 0; i < p->items.n; i++)
		for (uint32_t k = 0; k < p->items.p[i].n && p->items.p[i].err == NULL; k++)
			tails_offer(p->w->conf.ingest->tails, p->tenant->name, &p->items.p[i].adds[k].push);
}

static void finish(struct push *p)
{
	offer(p);
	for (size_t i = 0; i < p->items.n && p->err == NULL; i++)
		p->err = p->items.p[i].err;
	p->done(p);
}

static void add_done(struct shard_add *a)
{
	struct push_item *item = a->wait_ctx;
	struct push *p = item->push;

	if (a->err != NULL) {
		discard(p, a->reason, item->wire_size);
		p->pressed = p->pressed || a->reason == DISCARD_memory_limit;
		if (item->err == NULL)
			item->err = a->err;
		else
			mem_free(a->err);
	}
	if (--p->pending == 0)
		finish(p);
}

static void row_stored(struct push *p)
{
	if (--p->unread > 0 || anybody_watches(p))
		return;
	forget_profiles(p);
	http_forget_body(p->r);
}

static void add_stored(struct shard_add *a)
{
	row_stored(((struct push_item *)a->wait_ctx)->push);
}

/* The shards get what is good. */
static void send_items(struct push *p)
{
	p->rules = NULL;
	p->pending = 1;
	p->unread = 1;
	for (size_t i = 0; i < p->items.n; i++) {
		struct push_item *item = &p->items.p[i];

		item->push = p;
		for (uint32_t k = 0; k < item->n; k++) {
			struct shard_add *a = &item->adds[k];

			a->stored = add_stored;
			a->done = add_done;
			a->wait_ctx = item;
			p->pending++;
			p->unread++;
			shard_send(worker_shard(p->w, p->tenant->name, a->push.partition), a);
		}
	}
	row_stored(p);
	if (--p->pending == 0)
		finish(p);
}

/* ---- names first ---- */

static void names_work(struct job *j)
{
	struct push *p = CONTAINER_OF(j, struct push, names);
	struct debuginfo *d = p->w->conf.ingest->debuginfo;

	for (size_t i = 0; i < p->items.n; i++)
		if (p->items.p[i].nameless != NULL)
			debuginfo_names(d, p->tenant->name, p->a, p->items.p[i].nameless);
}

/* What push_profile left for later; the rules may be others by now. */
static void take_nameless(struct push *p)
{
	const struct tenant_rules *t;
	struct err e;

	t = tenant_of(&p->w->tenants, p->tenant->name, &e);
	p->rules = t != NULL ? &t->rules : NULL;
	for (size_t i = 0; i < p->items.n; i++) {
		struct push_item *item = &p->items.p[i];

		if (item->nameless == NULL)
			continue;
		if (t != NULL) {
			take_profile(p, item, &item->sent, item->nameless, item->raw_size);
		} else {
			item->err = mem_alloc(sizeof(*item->err));
			*item->err = e;
		}
	}
	send_items(p);
}

static void names_done(struct job *j)
{
	take_nameless(CONTAINER_OF(j, struct push, names));
}

void push_send(struct push *p, void (*done)(struct push *p))
{
	struct err e;

	p->done = done;
	if (p->nameless == 0) {
		send_items(p);
		return;
	}
	p->rules = NULL;
	p->names = (struct job){ .work = names_work, .done = names_done, .home = p->r->loop };
	if (pool_submit(debuginfo_pool(p->w->conf.ingest->debuginfo), &p->names, &e) < 0) {
		log_event(LOG_WARN, "profiles are stored without names", LOG_CSTR("error", e.msg));
		take_nameless(p);
	}
}
