/* tails.c - see tails.h */
#include "tools/pyro-ingest/tails.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "formats/msg/tail_frame.h"
#include "formats/pprof/pprof.h"
#include "formats/profile_edit.h"
#include "tools/pyro-ingest/shard.h"

/* Bytes for all readers that want them. */
struct frame {
	uint32_t users; /* under the lock */
	size_t n;
	char bytes[];
};

struct tail_item {
	struct tail_item *next;
	struct frame *frame;
};

struct tails {
	pthread_mutex_t lock; /* of all below, and of the queues of each */
	struct tail *first;
	_Atomic uint32_t n;
	uint32_t max;
	struct counters *counters;
};

struct tails *tails_new(uint32_t max, struct counters *counters)
{
	struct tails *t = mem_zalloc(sizeof(*t));

	pthread_mutex_init(&t->lock, NULL);
	t->max = max;
	t->counters = counters;
	return t;
}

void tails_free(struct tails *t)
{
	if (t == NULL)
		return;
	assert(t->first == NULL);
	pthread_mutex_destroy(&t->lock);
	mem_free(t);
}

bool tails_any(const struct tails *t)
{
	return t != NULL && atomic_load_explicit(&t->n, memory_order_relaxed) > 0;
}

int tails_add(struct tails *t, struct tail *x, struct err *e)
{
	bool full;

	pthread_mutex_lock(&t->lock);
	full = t->n >= t->max;
	if (!full) {
		x->next = t->first;
		t->first = x;
		t->n++;
	}
	pthread_mutex_unlock(&t->lock);
	if (full)
		return err_set(e, ERR_LIMIT, "%u readers watch already, and so many may (-distributor.max-tails)",
		    t->max);
	return 0;
}

/* ---- queues; under the lock ---- */

static void release(struct frame *f)
{
	if (--f->users == 0)
		mem_free(f);
}

static struct frame *take(struct tail *x)
{
	struct tail_item *item = x->first;
	struct frame *f = item->frame;

	x->first = item->next;
	if (x->first == NULL)
		x->last = NULL;
	x->bytes -= f->n;
	mem_free(item);
	return f;
}

static void append(struct tail *x, struct frame *f)
{
	struct tail_item *item = mem_zalloc(sizeof(*item));

	item->frame = f;
	f->users++;
	x->bytes += f->n;
	*(x->last != NULL ? &x->last->next : &x->first) = item;
	x->last = item;
}

bool tails_remove(struct tails *t, struct tail *x)
{
	struct tail **at = &t->first;
	bool woken;

	pthread_mutex_lock(&t->lock);
	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	t->n--;
	while (x->first != NULL)
		release(take(x));
	woken = x->woken;
	pthread_mutex_unlock(&t->lock);
	return woken;
}

void tails_awake(struct tails *t, struct tail *x)
{
	pthread_mutex_lock(&t->lock);
	x->woken = false;
	pthread_mutex_unlock(&t->lock);
}

bool tails_next(struct tails *t, struct tail *x, struct buf *out)
{
	struct pyro_tail_event ev = { 0 };
	struct frame *f = NULL;

	pthread_mutex_lock(&t->lock);
	ev.lost = x->lost;
	x->lost = 0;
	if (ev.lost == 0 && x->first != NULL) {
		f = take(x);
		buf_add(out, str_of(f->bytes, f->n));
		release(f);
	}
	pthread_mutex_unlock(&t->lock);
	if (ev.lost > 0)
		tail_frame_add(&ev, out);
	return ev.lost > 0 || f != NULL;
}

/* ---- what comes in ---- */

static bool wants(const struct tail *x, struct str tenant, const struct labels *l)
{
	return str_eq(x->tenant, tenant) && selector_match(&x->selector, l);
}

static bool anybody(struct tails *t, struct str tenant, const struct labels *l)
{
	const struct tail *x;

	pthread_mutex_lock(&t->lock);
	for (x = t->first; x != NULL && !wants(x, tenant, l); x = x->next)
		;
	pthread_mutex_unlock(&t->lock);
	return x != NULL;
}

static struct frame *encode(const struct head_push *p)
{
	struct arena *a = arena_new();
	struct profile part = p->samples != NULL ? *profile_pick(a, p->profile, p->samples, p->n_samples) : *p->profile;
	struct pyro_tail_event ev = { .time = p->time };
	struct frame *f = NULL;
	struct buf pprof, all;

	part.time = p->time;
	part.duration = p->duration;
	buf_init(&pprof, TAIL_QUEUE);
	buf_init(&all, TAIL_QUEUE);
	pprof_encode(&part, &pprof);
	ev.profile = buf_str(&pprof);
	ev.labels.n = p->labels.n;
	ev.labels.p = arena_array(a, p->labels.n, sizeof(*ev.labels.p));
	for (uint32_t i = 0; i < p->labels.n; i++)
		ev.labels.p[i] = (struct types_label_pair){ p->labels.p[i].name, p->labels.p[i].value };
	tail_frame_add(&ev, &all);
	if (!pprof.over && !all.over) {
		f = mem_alloc(sizeof(*f) + all.n);
		*f = (struct frame){ .users = 1, .n = all.n };
		memcpy(f->bytes, all.p, all.n);
	}
	buf_fini(&pprof);
	buf_fini(&all);
	arena_free(a);
	return f;
}

void tails_offer(struct tails *t, struct str tenant, const struct head_push *p)
{
	struct frame *f;

	if (!tails_any(t) || !anybody(t, tenant, &p->labels))
		return;
	f = encode(p); /* NULL: larger than any queue */
	pthread_mutex_lock(&t->lock);
	for (struct tail *x = t->first; x != NULL; x = x->next) {
		if (!wants(x, tenant, &p->labels))
			continue;
		if (f != NULL && f->n <= TAIL_QUEUE - x->bytes) {
			append(x, f);
			t->counters->tail_profiles++;
		} else {
			x->lost++;
			t->counters->tail_lost++;
		}
		if (!x->woken)
			loop_post(x->home, &x->wake);
		x->woken = true;
	}
	if (f != NULL)
		release(f);
	pthread_mutex_unlock(&t->lock);
}
