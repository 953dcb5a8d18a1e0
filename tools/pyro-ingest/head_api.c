/*
 * head_api.c - questions about rows that are not yet in blocks. The main
 * loop takes a moment (cutter.h), asks every shard at that moment and merges
 * the parts. Heads on their way into blocks are asked where their shard is:
 * only one thread asks a head, and the main loop has others to serve.
 *
 * While the journal is being replayed a question waits for its end, because an
 * answer without the rows of a minute ago would be wrong; but not longer than
 * REPLAY_PATIENCE: then it is answered with what is there.
 *
 * Whoever knows a reply of the state that still is gets no other one, and no shard is asked. The state is a digest of how
 * many records there were and which blocks there are, so rows of others change it, too; one while the journal is being
 * replayed has none.
 *
 * Whoever asked and is gone does not keep the shards busy: they stop between two rows.
 */
#include "base/clock.h"
#include "base/hash.h"
#include "formats/query/ask.h"
#include "formats/query/stoppable.h"
#include "net/rpc.h"
#include "tools/pyro-ingest/ingest.h"

#define REPLAY_PATIENCE (2 * NS_PER_S)
/* Pushes to the shard wait meanwhile. */
#define MATCH_PATIENCE NS_PER_S

struct head_question {
	struct ingest *in;
	struct timer patience; /* while it waits for the replay */
	struct head_question *next, **link;
	struct http_req *r;
	struct pyro_ask ask;
	atomic_int stop;
	struct moment moment;
	struct str state; /* of the moment; or empty */
	struct shard_ask *asks;
	struct head_part {
		struct arena *a; /* the shard's, handed over */
		struct part part;
		struct err *err;
	} * parts;
	uint32_t pending;
	struct part whole;
	struct err err;
	bool failed;
};

/* The shard's rows: in its head, and in those that it gave away and that are not in blocks yet. */
static size_t sets_of(struct head_question *q, uint32_t shard, struct head *active, struct stoppable *s,
    struct dataset **sets)
{
	size_t n = 0;

	if (active != NULL && active->n_rows > 0)
		stoppable_init(&s[n++], &active->set, &q->stop);
	for (size_t i = 0; i < q->moment.n_heads; i++) {
		struct frozen_head *f = &q->moment.heads[i];

		if (f->shard == shard && f->head->n_rows > 0)
			stoppable_init(&s[n++], &f->head->set, &q->stop);
	}
	for (size_t i = 0; i < n; i++)
		sets[i] = &s[i].set;
	return n;
}

/* On the shard's thread. */
static void shard_answers(struct shard_ask *sa, struct head *h)
{
	struct head_question *q = sa->ctx;
	uint32_t shard = (uint32_t)(sa - q->asks);
	struct head_part *p = &q->parts[shard];
	struct patience patience = { clock_cpu, MATCH_PATIENCE, 0 };
	const struct ask_way way = { .patience = &patience, .packed = true };
	struct stoppable *s;
	struct dataset **sets;
	struct err e;
	size_t n;

	p->a = arena_new();
	p->part = part_none();
	s = arena_array(p->a, q->moment.n_heads + 1, sizeof(*s));
	sets = arena_array(p->a, q->moment.n_heads + 1, sizeof(struct dataset *));
	n = sets_of(q, shard, h, s, sets);
	if (n > 0 && ask_run_so(p->a, &q->ask, &way, sets, n, &p->part, &e) < 0) {
		p->err = arena_alloc(p->a, sizeof(*p->err));
		*p->err = e;
	}
}

static void question_free(struct head_question *q)
{
	for (uint32_t i = 0; i < q->in->n_workers; i++)
		arena_free(q->parts[i].a);
	part_fini(&q->whole);
	cutter_let_go(q->in->cutter, &q->moment);
}

/* Read before the shards answer: rows that come meanwhile may be in the reply, and belong to a later state. */
static struct str state_of(struct arena *a, const struct ingest *in, const struct moment *m)
{
	struct {
		uint64_t records, generation, heads;
	} of = { in->counters.journal_records, cutter_generation(in->cutter), m->n_heads };
	struct hash128 digest;
	struct buf b;

	if (cutter_replaying(in->cutter))
		return STR_NONE;
	buf_init(&b, SIZE_MAX / 2);
	buf_add(&b, str_of(&of, sizeof(of)));
	buf_add(&b, str_of(m->blocks, m->n_blocks * sizeof(*m->blocks)));
	digest = hash_seeded_128(buf_str(&b)); /* the seed is of this process, and so is the state */
	buf_fini(&b);
	return arena_str(a, str_of(&digest, sizeof(digest)));
}

static void reply_unchanged(struct head_question *q)
{
	struct pyro_answer answer = { .unchanged = true, .state = q->state };
	struct buf out;

	cutter_let_go(q->in->cutter, &q->moment);
	buf_init(&out, INT32_MAX);
	msg_encode(&pyro_answer_type, &answer, &out);
	http_reply(q->r, &(struct http_reply){ .status = 200, .take = &out });
	buf_fini(&out);
}

static void encode(struct head_question *q, struct buf *out)
{
	struct pyro_answer answer = { .state = q->state };
	struct arena *a = q->r->a;
	char id[ULID_TEXT + 1];

	part_to_message(a, &q->whole, &answer);
	answer.blocks.n = q->moment.n_blocks;
	answer.blocks.p = arena_array(a, q->moment.n_blocks, sizeof(*answer.blocks.p));
	for (size_t i = 0; i < q->moment.n_blocks; i++) {
		ulid_print(q->moment.blocks[i], id);
		answer.blocks.p[i] = arena_str(a, str_cstr(id));
	}
	answer.replaying = cutter_replaying(q->in->cutter);
	msg_encode(&pyro_answer_type, &answer, out);
	q->failed = buf_check(out, "answer", &q->err) < 0;
}

static void merge(struct head_question *q, struct part *part, const struct err *err)
{
	if (err != NULL && !q->failed) {
		q->failed = true;
		q->err = *err;
	}
	if (!q->failed && part_merge(q->r->a, &q->ask, &q->whole, part, &q->err) < 0)
		q->failed = true;
	part_fini(part);
}

static void shard_answered(struct shard_ask *sa)
{
	struct head_question *q = sa->ctx;
	struct buf out;

	if (--q->pending > 0)
		return;
	for (uint32_t i = 0; i < q->in->n_workers; i++)
		merge(q, &q->parts[i].part, q->parts[i].err);
	buf_init(&out, INT32_MAX);
	if (!q->failed)
		encode(q, &out);
	question_free(q);
	/* The question lives in the request and goes with the reply. */
	if (q->failed)
		http_error(q->r, &q->err);
	else
		http_reply(q->r, &(struct http_reply){ .status = 200, .take = &out });
	buf_fini(&out);
}

static void at_moment(void *ctx, struct moment *m)
{
	struct head_question *q = ctx;

	q->moment = *m;
	q->state = state_of(q->r->a, q->in, m);
	if (q->state.n > 0 && str_eq(q->ask.known, q->state)) {
		reply_unchanged(q);
		return;
	}
	q->pending = q->in->n_workers;
	for (uint32_t i = 0; i < q->in->n_workers; i++) {
		struct shard_ask *sa = &q->asks[i];

		*sa = (struct shard_ask){ .tenant = q->ask.tenant,
			.fn = shard_answers,
			.done = shard_answered,
			.home = q->in->loop,
			.ctx = q };
		shard_question(q->in->workers[i].shard, sa);
	}
}

static void wait_over(struct head_question *q)
{
	*q->link = q->next;
	if (q->next != NULL)
		q->next->link = q->link;
	loop_timer_off(q->in->loop, &q->patience);
	cutter_moment(q->in->cutter, q->ask.tenant, at_moment, q);
}

static void patience_over(struct timer *t)
{
	wait_over(CONTAINER_OF(t, struct head_question, patience));
}

static void wait_for_replay(struct head_question *q)
{
	struct ingest *in = q->in;

	q->next = in->waiting;
	q->link = &in->waiting;
	if (q->next != NULL)
		q->next->link = &q->next;
	in->waiting = q;
	q->patience.fn = patience_over;
	loop_timer(in->loop, &q->patience, loop_mono(in->loop) + REPLAY_PATIENCE);
}

void head_replayed(struct ingest *in)
{
	while (in->waiting != NULL)
		wait_over(in->waiting);
}

static void on_gone(struct http_req *r)
{
	struct head_question *q = r->ctx;

	atomic_store(&q->stop, 1);
}

void head_ask(struct http_req *r, void *ctx)
{
	struct ingest *in = r->owner;
	struct head_question *q = arena_zalloc(r->a, sizeof(*q));
	struct err e;

	(void)ctx;
	q->in = in;
	q->r = r;
	q->whole = part_none();
	if (msg_decode(r->a, &pyro_ask_type, r->body, &q->ask, &e) < 0) {
		http_error(r, &e);
		return;
	}
	r->ctx = q;
	r->on_gone = on_gone;
	r->until_close = true;
	q->asks = arena_zarray(r->a, in->n_workers, sizeof(*q->asks));
	q->parts = arena_zarray(r->a, in->n_workers, sizeof(*q->parts));
	if (cutter_replaying(in->cutter))
		wait_for_replay(q);
	else
		cutter_moment(in->cutter, q->ask.tenant, at_moment, q);
}
