/* shard.c - see shard.h */
#include "tools/pyro-ingest/shard.h"

#include "base/hash.h"
#include "base/log.h"
#include "formats/symbols/symbols.h"

enum { ACTIVE = 10 * 60, MEASURE_EVERY = 16, MAX_RECORD = 1 << 30 };

struct shard_tenant {
	struct tenant *tenant;
	struct head *head;
	size_t bytes;            /* of the head, when last measured */
	uint32_t series, pushes; /* series counted in tenant->series */
};

struct shard {
	struct shard_conf conf;
	uint64_t generation;
	struct journal *journal;
	_Atomic uint64_t journal_bytes;
	struct sym_importer *importer;
	VEC(struct shard_tenant) tenants;
	struct map by_name;
	struct buf record;
	const struct profile *last; /* that the importer knows, and the id of its push */
	uint8_t last_id[16];
	bool pressing;
};

static void journal_broken(void *ctx, const struct err *e)
{
	struct shard *s = ctx;

	s->conf.shared.counters->journal_failures++;
	log_event(LOG_ERROR, "journal cannot be written; pushes are refused until blocks are cut",
	    LOG_I64("shard", s->conf.number), LOG_CSTR("error", e->msg));
	s->conf.pressure(s->conf.ctx);
}

static struct journal *new_journal(struct shard *s, uint64_t generation, struct err *e)
{
	struct journal_conf c = s->conf.journal;

	c.shard = s->conf.number;
	c.loop = s->conf.loop;
	c.broken = journal_broken;
	c.ctx = s;
	return journal_open(&c, generation, e);
}

struct shard *shard_new(const struct shard_conf *conf, uint64_t generation, struct err *e)
{
	struct shard *s = mem_zalloc(sizeof(*s));

	s->conf = *conf;
	s->generation = generation;
	s->journal = new_journal(s, generation, e);
	if (s->journal == NULL) {
		mem_free(s);
		return NULL;
	}
	s->importer = sym_importer_new();
	buf_init(&s->record, MAX_RECORD);
	return s;
}

void shard_free(struct shard *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->tenants.n; i++)
		head_free(s->tenants.p[i].head);
	vec_free(&s->tenants);
	map_fini(&s->by_name);
	journal_finish(s->journal, NULL, NULL);
	sym_importer_free(s->importer);
	buf_fini(&s->record);
	mem_free(s);
}

uint64_t shard_journal_bytes(struct shard *s)
{
	return s->journal_bytes;
}

static struct shard_tenant *tenant_find(struct shard *s, struct str name)
{
	struct map_at at = map_find(&s->by_name, hash_seeded(name));

	for (uint32_t i; map_next(&at, &i);)
		if (str_eq(s->tenants.p[i].tenant->name, name))
			return &s->tenants.p[i];
	return NULL;
}

static struct shard_tenant *tenant_get(struct shard *s, struct tenant *t)
{
	struct shard_tenant *x = tenant_find(s, t->name), new = { .tenant = t };

	if (x == NULL) {
		vec_push(&s->tenants, new);
		map_put(&s->by_name, hash_seeded(t->name), (uint32_t)s->tenants.n - 1);
		x = &s->tenants.p[s->tenants.n - 1];
	}
	if (x->head == NULL)
		x->head = head_new();
	return x;
}

/* ---- pushes ---- */

static void add_done(struct task *t)
{
	struct shard_add *a = CONTAINER_OF(t, struct shard_add, task);

	a->done(a);
}

static void add_reply(struct shard_add *a)
{
	a->task.fn = add_done;
	if (a->home == a->shard->conf.loop)
		a->done(a);
	else
		loop_post(a->home, &a->task);
}

static void add_told(struct task *t)
{
	struct shard_add *a = CONTAINER_OF(t, struct shard_add, told);

	a->stored(a);
}

/* Goes the way that the reply will go, so it is there first. */
static void add_stored(struct shard_add *a)
{
	a->told.fn = add_told;
	if (a->home == a->shard->conf.loop)
		a->stored(a);
	else
		loop_post(a->home, &a->told);
}

static struct err *refuse(struct shard_add *a, enum discard reason)
{
	a->err = mem_alloc(sizeof(*a->err));
	a->err->kind = ERR_NONE;
	a->err->sys = 0;
	a->reason = reason;
	return a->err;
}

static void add_synced(struct journal_wait *w, const struct err *e)
{
	struct shard_add *a = CONTAINER_OF(w, struct shard_add, wait);

	if (e != NULL)
		*refuse(a, DISCARD_unknown) = *e;
	add_reply(a);
}

/* Brings the shared count of active series in step with this shard's head. */
static void count_series(struct shard_tenant *x, int64_t now)
{
	uint32_t n = head_active_series(x->head, now - ACTIVE * NS_PER_S);

	x->tenant->series += (int64_t)n - (int64_t)x->series;
	x->series = n;
}

static int check_series(struct shard_tenant *x, struct shard_add *a)
{
	uint32_t new = head_new_series(x->head, &a->push);
	int64_t limit = a->max_series;

	if (new == 0)
		return 0;
	if (limit > 0 && a->tenant->series + new > limit)
		count_series(x, a->push.now);
	if (limit > 0 && a->tenant->series + new > limit)
		return err_set(refuse(a, DISCARD_series_limit), ERR_LIMIT,
		    "Maximum active series limit exceeded (%lld/%lld), reduce the number of active streams (reduce "
		    "labels or reduce label values), or contact your administrator to see if the limit can be "
		    "increased",
		    (long long)a->tenant->series, (long long)limit);
	a->tenant->series += new;
	x->series += new;
	return 0;
}

static int check_memory(struct shard *s, struct shard_add *a)
{
	uint64_t active = *s->conf.shared.memory, used = active + *s->conf.shared.held, max = s->conf.shared.max_memory;

	if (active > max / 2 && !s->pressing) {
		s->pressing = true;
		s->conf.pressure(s->conf.ctx);
	}
	if (used <= max)
		return 0;
	return err_set(refuse(a, DISCARD_memory_limit), ERR_LIMIT,
	    "recent rows use %llu of %llu bytes of memory (tenant " STR_FMT ", setting ingester.max-head-memory)",
	    (unsigned long long)used, (unsigned long long)max, STR_ARG(a->tenant->name));
}

static void measure(struct shard *s, struct shard_tenant *x)
{
	size_t now;

	if (x->pushes++ % MEASURE_EVERY != 0)
		return;
	now = head_bytes(x->head);
	*s->conf.shared.memory += (uint64_t)now - (uint64_t)x->bytes;
	x->bytes = now;
	s->journal_bytes = journal_bytes(s->journal);
}

/* Parts of one profile follow each other; a strange one may have thousands. An address alone proves nothing. */
static bool is_last(struct shard *s, const struct head_push *p)
{
	bool same = s->last == p->profile && memcmp(s->last_id, p->id, sizeof(p->id)) == 0;

	s->last = p->profile;
	memcpy(s->last_id, p->id, sizeof(p->id));
	return same;
}

static void add_run(struct task *t)
{
	struct shard_add *a = CONTAINER_OF(t, struct shard_add, task);
	struct shard *s = a->shard;
	struct shard_tenant *x = tenant_get(s, a->tenant);
	struct counters *c = s->conf.shared.counters;

	a->err = NULL;
	if (journal_is_broken(s->journal)) {
		err_set(refuse(a, DISCARD_unknown), ERR_BUSY, "journal: not writable, see the log; try again later");
		add_reply(a);
		return;
	}
	if (check_memory(s, a) < 0 || check_series(x, a) < 0) {
		add_reply(a);
		return;
	}
	buf_reset(&s->record);
	a->push.again = is_last(s, &a->push);
	c->stored_rows += head_add(x->head, s->importer, &a->push, &s->record);
	measure(s, x);
	c->journal_records++;
	c->journal_bytes += s->record.n;
	add_stored(a);
	a->wait.done = add_synced;
	journal_append(s->journal, a->tenant->name, buf_str(&s->record), &a->wait);
}

void shard_send(struct shard *s, struct shard_add *a)
{
	a->shard = s;
	a->task.fn = add_run;
	if (a->home == s->conf.loop)
		add_run(&a->task);
	else
		loop_post(s->conf.loop, &a->task);
}

/* ---- questions ---- */

static void ask_done(struct task *t)
{
	struct shard_ask *a = CONTAINER_OF(t, struct shard_ask, task);

	a->done(a);
}

static void ask_run(struct task *t)
{
	struct shard_ask *a = CONTAINER_OF(t, struct shard_ask, task);
	struct shard_tenant *x = tenant_find(a->shard, a->tenant);

	a->fn(a, x ? x->head : NULL);
	a->task.fn = ask_done;
	loop_post(a->home, &a->task);
}

void shard_question(struct shard *s, struct shard_ask *a)
{
	a->shard = s;
	a->task.fn = ask_run;
	loop_post(s->conf.loop, &a->task);
}

/* ---- cuts ---- */

static void freeze_done(struct task *t)
{
	struct shard_freeze *f = CONTAINER_OF(t, struct shard_freeze, task);

	f->done(f);
}

static void freeze_reply(void *ctx)
{
	struct shard_freeze *f = ctx;

	f->task.fn = freeze_done;
	loop_post(f->home, &f->task);
}

static void take_head(struct shard *s, struct shard_tenant *x, struct shard_freeze *f)
{
	struct frozen_head h = { x->tenant->name, x->head, s->conf.number, x->bytes };

	if (x->head == NULL)
		return;
	head_rest(x->head);
	vec_push(&f->heads, h);
	/* in this order: bytes never seem to be free while the head moves */
	*s->conf.shared.held += x->bytes;
	*s->conf.shared.memory -= x->bytes;
	x->tenant->series -= x->series;
	x->head = NULL;
	x->bytes = 0;
	x->series = 0;
}

static bool has_rows(const struct shard *s)
{
	for (size_t i = 0; i < s->tenants.n; i++)
		if (s->tenants.p[i].head != NULL && s->tenants.p[i].head->n_rows > 0)
			return true;
	return false;
}

static void freeze_run(struct task *t)
{
	struct shard_freeze *f = CONTAINER_OF(t, struct shard_freeze, task);
	struct shard *s = f->shard;
	bool broken = journal_is_broken(s->journal);
	struct journal *new = NULL, *old = s->journal;

	s->pressing = false;
	if (broken || has_rows(s)) {
		new = new_journal(s, f->generation, &f->err);
		f->failed = new == NULL;
	}
	if (new == NULL && !(broken && f->failed)) {
		freeze_reply(f);
		return;
	}
	for (size_t i = 0; i < s->tenants.n; i++)
		take_head(s, &s->tenants.p[i], f);
	journal_name(f->journal, s->generation, s->conf.number);
	if (new != NULL)
		s->generation = f->generation;
	s->journal = new;
	s->journal_bytes = 0;
	if (old != NULL)
		journal_finish(old, freeze_reply, f);
	else
		freeze_reply(f);
}

void shard_take_heads(struct shard *s, struct shard_freeze *f)
{
	f->shard = s;
	f->task.fn = freeze_run;
	loop_post(s->conf.loop, &f->task);
}
