/* engine.c - see engine.h */
#include "tools/pyro-query/engine.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/vec.h"
#include "io/file.h"
#include "net/sibling.h"
#include "tools/pyro-query/block_answers.h"
#include "tools/pyro-query/federation.h"
#include "tools/pyro-query/prepare.h"

/* Of all that take turns. */
struct shared {
	pthread_mutex_t turn;
	atomic_uint busy;  /* those that work or wait for their turn */
	atomic_bool rests; /* one has given way */
	atomic_bool ended; /* none does any more */
	sem_t go_on;       /* for it */
	struct blocks *blocks;
	atomic_bool ahead; /* one has asked blocks before the head answered, and waits for that */
	struct {
		struct arena *a; /* NULL: nobody has asked yet */
		struct str tenant;
		struct msg_strs ids;
	} last; /* which blocks a tenant had when the head was asked last */
	struct prepare prepare;
	atomic_int disturbed; /* somebody else wants the turn of who prepares */
};

struct engine {
	struct engine_conf conf;
	struct shared *shared;
	bool owner;
	struct block_answers blocks;
	struct sibling *head; /* NULL: there is none to ask */
	struct arena *noting; /* of the question, or NULL */
	struct blocks_memory memory;
	int64_t until, since; /* since: it works without a rest */
	bool replaying;       /* the head, when it was asked */
	VEC(struct answer_source) sources;
	VEC(struct str) replies; /* of the sources */
};

enum { MAX_ANSWER = 1 << 30 };

enum { MANY = 16 }; /* Where so many wait, each waits for long anyway, and who rests holds memory. */

static bool gives_way(void *ctx);
static void give_way(void *ctx, const struct dataset *in);

static struct engine *engine_make(const struct engine_conf *conf, struct shared *shared, struct err *e)
{
	struct engine *x = mem_zalloc(sizeof(*x));

	x->conf = *conf;
	if (conf->head[0] != '\0' && (x->head = sibling_new(conf->head, e)) == NULL) {
		mem_free(x);
		return NULL;
	}
	x->shared = shared;
	x->memory = blocks_memory(shared->blocks);
	x->blocks = (struct block_answers){ .blocks = shared->blocks, .kept = conf->kept, .ctx = x };
	if (conf->waiting != NULL) {
		x->blocks.enough = gives_way;
		x->blocks.pause = give_way;
	}
	return x;
}

static void shared_free(struct shared *s)
{
	blocks_free(s->blocks);
	arena_free(s->last.a);
	prepare_fini(&s->prepare);
	sem_destroy(&s->go_on);
	pthread_mutex_destroy(&s->turn);
	mem_free(s);
}

struct engine *engine_new(const struct engine_conf *conf, struct err *e)
{
	struct shared *s = mem_zalloc(sizeof(*s));
	struct engine *x;

	pthread_mutex_init(&s->turn, NULL);
	sem_init(&s->go_on, 0, 0);
	s->blocks = blocks_new(conf->data, conf->block_memory);
	x = engine_make(conf, s, e);
	if (x != NULL)
		x->owner = true;
	else
		shared_free(s);
	return x;
}

struct engine *engine_join(struct engine *with, struct err *e)
{
	return engine_make(&with->conf, with->shared, e);
}

void engine_free(struct engine *x)
{
	if (x == NULL)
		return;
	if (x->owner)
		shared_free(x->shared);
	sibling_free(x->head);
	vec_free(&x->sources);
	vec_free(&x->replies);
	mem_free(x);
}

/* ---- turns ---- */

bool engine_busy(const struct engine *x)
{
	return atomic_load(&x->shared->busy) > 0;
}

void engine_claim(struct engine *x)
{
	atomic_fetch_add(&x->shared->busy, 1);
}

static int64_t mono(void)
{
	return clock_real()->mono(clock_real());
}

static void turn_begins(struct engine *x)
{
	engine_disturb(x);
	pthread_mutex_lock(&x->shared->turn);
	x->since = mono();
}

static void turn_ends(struct engine *x)
{
	pthread_mutex_unlock(&x->shared->turn);
	atomic_fetch_sub(&x->shared->busy, 1);
}

/* It waits for something else than its turn. */
static void turn_passes(struct engine *x)
{
	turn_ends(x);
	if (x->conf.idle != NULL && !engine_busy(x))
		x->conf.idle(x->conf.ctx);
}

/* Asked after each row. */
static bool gives_way(void *ctx)
{
	const struct engine *x = ctx;
	unsigned n = atomic_load_explicit(x->conf.waiting, memory_order_relaxed);

	if (LIKELY(n == 0 && atomic_load_explicit(&x->shared->busy, memory_order_relaxed) < 2))
		return false;
	return n <= MANY && !atomic_load(&x->shared->rests) && atomic_load(x->blocks.stop) == 0 &&
	    mono() - x->since >= x->conf.turn;
}

static void give_way(void *ctx, const struct dataset *in)
{
	struct engine *x = ctx;
	struct shared *s = x->shared;

	atomic_store(&s->rests, true);
	if (!atomic_load(&s->ended)) {
		blocks_pause(s->blocks, in);
		turn_passes(x);
		while (sem_wait(&s->go_on) < 0)
			;
		turn_begins(x);
		blocks_resume(s->blocks);
	}
	atomic_store(&s->rests, false);
}

bool engine_rests(const struct engine *x)
{
	return atomic_load(&x->shared->rests);
}

void engine_go_on(struct engine *x)
{
	engine_claim(x);
	sem_post(&x->shared->go_on);
}

void engine_end(struct engine *x)
{
	atomic_store(&x->shared->ended, true);
	if (engine_rests(x))
		engine_go_on(x);
}

void engine_begin(struct engine *x, struct arena *a, const atomic_int *stop, int64_t until)
{
	turn_begins(x);
	x->until = until;
	x->noting = a;
	x->blocks.stop = stop;
	x->blocks.hits = x->blocks.misses = 0;
	x->replaying = false;
	x->sources.n = 0;
	x->replies.n = 0;
}

void engine_rest(struct engine *x)
{
	blocks_trim(x->shared->blocks);
	x->memory = blocks_memory(x->shared->blocks);
	turn_ends(x);
}

struct blocks_memory engine_memory(const struct engine *x)
{
	return x->memory;
}

/* ---- blocks ahead of the head ---- */

/*
 * Which blocks there are, the head says, and it is mostly those that it named before. So they are asked while it
 * answers, if nobody else has something to do; what they said is thrown away if they are others then. One question at a
 * time, because it holds memory while it waits.
 */
struct ahead {
	struct engine *x;
	struct arena *a;
	const struct pyro_ask *ask;
	struct msg_strs ids;
	struct part part;
	bool begun, done; /* done: part is there */
};

static struct msg_strs copy_ids(struct arena *a, const struct msg_strs *ids)
{
	struct msg_strs out = { arena_array(a, ids->n, sizeof(*out.p)), ids->n };

	for (size_t i = 0; i < ids->n; i++)
		out.p[i] = arena_str(a, ids->p[i]);
	return out;
}

static bool same_ids(const struct msg_strs *a, const struct msg_strs *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!str_eq(a->p[i], b->p[i]))
			return false;
	return true;
}

static bool was_last(const struct shared *s, struct str tenant)
{
	return s->last.a != NULL && str_eq(s->last.tenant, tenant);
}

static bool has_id(const struct msg_strs *ids, struct str id)
{
	size_t i = 0;

	while (i < ids->n && !str_eq(ids->p[i], id))
		i++;
	return i < ids->n;
}

/* Those that have come are prepared: one or two, when recent rows became blocks or blocks became one. */
static void prepare_new(struct shared *s, const struct msg_strs *ids)
{
	for (size_t i = 0; i < ids->n; i++)
		if (!has_id(&s->last.ids, ids->p[i]))
			prepare_block(&s->prepare, s->last.tenant, ids->p[i]);
}

static void note_last(struct engine *x, struct str tenant, const struct msg_strs *ids)
{
	struct shared *s = x->shared;

	if (was_last(s, tenant) && same_ids(&s->last.ids, ids))
		return;
	if (was_last(s, tenant) && x->conf.kept != NULL)
		prepare_new(s, ids);
	if (s->last.a == NULL)
		s->last.a = arena_new();
	arena_reset(s->last.a);
	s->last.tenant = arena_str(s->last.a, tenant);
	s->last.ids = copy_ids(s->last.a, ids);
}

/* The head has been asked. */
static void ask_ahead(void *ctx)
{
	struct ahead *h = ctx;
	struct engine *x = h->x;
	struct shared *s = x->shared;
	struct err e;

	if (engine_busy(x) || (x->conf.waiting != NULL && atomic_load(x->conf.waiting) > 0) ||
	    atomic_exchange(&s->ahead, true))
		return;
	h->begun = true;
	engine_claim(x);
	turn_begins(x);
	if (was_last(s, h->ask->tenant)) {
		h->ids = copy_ids(h->a, &s->last.ids);
		h->done = block_answers_ask(&x->blocks, h->a, h->ask, &h->ids, &h->part, &e) == 0;
	}
	turn_passes(x);
}

/* ---- the head ---- */

static int head_error(const struct sibling_answer *res, struct err *e)
{
	enum err_kind kind = res->status == 400 ? ERR_INVALID : res->status == 503 ? ERR_BUSY : ERR_UNKNOWN;
	struct err ignored;
	json_t *root = json_parse(res->body, &ignored);
	const char *message = root ? json_string_value(json_object_get(root, "message")) : NULL;

	if (message != NULL)
		err_set(e, kind, "%s", message);
	else
		err_set(e, kind, "recent rows: status %d", res->status);
	if (root != NULL)
		json_decref(root);
	return -1;
}

static int ask_head(struct engine *x, struct arena *a, struct str ask, struct ahead *ahead, struct str *reply,
    struct err *e)
{
	struct sibling_call call = { .path = "/pyro.v1.Head/Ask",
		.timeout = x->conf.timeout,
		.max_body = MAX_ANSWER,
		.body = ask,
		.stop = x->blocks.stop,
		.meanwhile = ahead != NULL ? ask_ahead : NULL,
		.ctx = ahead };
	struct sibling_answer res;
	int64_t now = mono();
	int rc;

	if (x->until <= now)
		return err_set(e, ERR_TIMEOUT, "no time is left to ask for recent rows");
	call.timeout = MIN(call.timeout, x->until - now);
	turn_passes(x);
	rc = sibling_post(x->head, a, &call, &res, e);
	engine_claim(x);
	turn_begins(x);
	if (rc < 0)
		return err_wrap(e, "recent rows");
	if (res.status != 200)
		return head_error(&res, e);
	*reply = res.body;
	return 0;
}

/* Without a head: what lies on disk. */
static int list_blocks(struct engine *x, struct arena *a, struct str tenant, struct str *reply, struct err *e)
{
	struct pyro_answer answer = { 0 }, *out = &answer;
	struct file_list list;
	struct buf b;
	const char *path = arena_printf(a, "%s/" STR_FMT "/local", x->conf.data, STR_ARG(tenant)).p;

	if (file_list(a, AT_FDCWD, path, &list, e) < 0) {
		if (e->kind != ERR_NOTFOUND)
			return -1;
		list.n = 0;
	}
	out->blocks.p = arena_array(a, list.n, sizeof(*out->blocks.p));
	for (size_t i = 0; i < list.n; i++) {
		struct ulid id;
		struct err no_block;

		if (list.p[i].type == FILE_FOLDER && ulid_parse(list.p[i].name, &id, &no_block) == 0)
			out->blocks.p[out->blocks.n++] = list.p[i].name;
	}
	buf_init(&b, MAX_ANSWER);
	msg_encode(&pyro_answer_type, out, &b);
	*reply = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return 0;
}

/* ---- in pauses ---- */

bool engine_prepares(const struct engine *x)
{
	return prepare_waits(&x->shared->prepare);
}

void engine_disturb(struct engine *x)
{
	atomic_store(&x->shared->disturbed, 1);
}

/* Who comes now disturbs it. */
static bool nobody_waits(const struct engine *x)
{
	return atomic_load(&x->shared->busy) < 2 && (x->conf.waiting == NULL || atomic_load(x->conf.waiting) == 0);
}

bool engine_prepare(struct engine *x)
{
	struct shared *s = x->shared;
	struct pyro_ask ask;
	struct str id;
	struct err e;
	bool done;

	atomic_store(&s->disturbed, 0);
	if (!nobody_waits(x) || !prepare_next(&s->prepare, x->noting, mono(), s->last.tenant, &id, &ask))
		return false;
	x->blocks.stop = &s->disturbed;
	x->blocks.enough = NULL; /* it does not rest: it ends */
	done = block_answers_prepare(&x->blocks, x->noting, &ask, &s->last.ids, id, &e) == 0 || e.kind != ERR_CANCELED;
	x->blocks.enough = x->conf.waiting != NULL ? gives_way : NULL;
	prepare_done(&s->prepare, done);
	return done;
}

/* ---- what a question is made of ---- */

const struct answer_source *engine_sources(const struct engine *x, size_t *n)
{
	*n = x->sources.n;
	return x->replaying ? NULL : x->sources.p;
}

/* The digest is of all but the state, the last field: other rows change that. */
static struct answer_source source_of(struct arena *a, struct str ask, struct str reply, struct str state)
{
	if (state.n > 0 && state.p + state.n == reply.p + reply.n)
		reply.n -= state.n;
	return (struct answer_source){ arena_str(a, ask), arena_str(a, state),
		{ hash_seeded(reply), hash_xxh64(reply, reply.n) } };
}

static void note(struct engine *x, struct str ask, struct str reply, struct str state)
{
	if (x->noting == NULL)
		return;
	vec_push(&x->sources, source_of(x->noting, ask, reply, state));
	vec_push(&x->replies, reply);
}

static int ask_place(struct engine *x, struct arena *a, struct str ask, struct str tenant, struct ahead *ahead,
    struct str *reply, struct pyro_answer *answer, struct err *e)
{
	if ((x->head != NULL ? ask_head(x, a, ask, ahead, reply, e) : list_blocks(x, a, tenant, reply, e)) < 0)
		return -1;
	return msg_decode(a, &pyro_answer_type, *reply, answer, e);
}

/* What it said before in this question. */
static bool find_noted(const struct engine *x, struct str ask, struct str *reply)
{
	for (size_t i = 0; x->noting != NULL && i < x->sources.n; i++) {
		*reply = x->replies.p[i];
		if (str_eq(x->sources.p[i].ask, ask))
			return true;
	}
	return false;
}

static int head_reply(struct engine *x, struct arena *a, struct str ask, struct str tenant, struct ahead *ahead,
    struct pyro_answer *answer, struct err *e)
{
	struct str reply;

	if (find_noted(x, ask, &reply)) {
		if (msg_decode(a, &pyro_answer_type, reply, answer, e) < 0)
			return -1;
	} else {
		if (ask_place(x, a, ask, tenant, ahead, &reply, answer, e) < 0)
			return -1;
		note(x, ask, reply, answer->state);
	}
	note_last(x, tenant, &answer->blocks);
	return 0;
}

void engine_kept(const struct engine *x, uint64_t *hits, uint64_t *misses)
{
	*hits = x->blocks.hits;
	*misses = x->blocks.misses;
}

/* ---- both ---- */

static struct str encode_ask(struct arena *a, const struct pyro_ask *ask)
{
	struct str out;
	struct buf b;

	buf_init(&b, INT32_MAX);
	msg_encode(&pyro_ask_type, ask, &b);
	out = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return out;
}

/* Does the head say to this ask what it said? If it says more than that, this is noted. */
static bool is_unchanged(struct engine *x, struct arena *a, const struct answer_source *s)
{
	struct pyro_answer answer = { 0 };
	struct answer_source now;
	struct pyro_ask ask;
	struct str reply;
	struct err e;

	if (msg_decode(a, &pyro_ask_type, s->ask, &ask, &e) < 0)
		return false;
	ask.known = s->state;
	if (ask_place(x, a, encode_ask(a, &ask), ask.tenant, NULL, &reply, &answer, &e) < 0)
		return false;
	if (answer.unchanged)
		return true;
	note(x, s->ask, reply, answer.state);
	now = source_of(a, s->ask, reply, answer.state);
	return memcmp(now.digest, s->digest, sizeof(now.digest)) == 0;
}

bool engine_unchanged(struct engine *x, struct arena *a, const struct answer_source *s, size_t n)
{
	size_t i = 0;

	while (i < n && is_unchanged(x, a, &s[i]))
		i++;
	return i == n;
}

/* It may be large: it is decoded when the rest is there, and gone before the sum becomes bytes, if that needs nothing of it. */
static int add_head(struct arena *a, const struct pyro_ask *ask, const struct pyro_answer *answer, struct part *whole,
    struct err *e)
{
	struct arena *mem = whole->builder != NULL ? arena_part(a) : a;
	struct part head;
	int rc = part_of_message(mem, answer, &head, e) < 0 ? -1 : part_merge(a, ask, whole, &head, e);

	if (mem != a)
		arena_free(mem);
	return rc;
}

/* What the blocks say that the head has named, ahead of that if these are they. Its memory is a. */
static int ask_blocks(struct engine *x, struct arena *a, const struct pyro_ask *ask, const struct msg_strs *ids,
    struct ahead *ahead, struct part *whole, struct err *e)
{
	if (ahead->begun)
		atomic_store(&x->shared->ahead, false);
	if (ahead->done) {
		*whole = ahead->part;
		if (ids != NULL && same_ids(ids, &ahead->ids))
			return 0;
		part_fini(whole);
	}
	return ids == NULL ? -1 : block_answers_ask(&x->blocks, a, ask, ids, whole, e);
}

/* Of one tenant. */
static int ask_one(struct engine *x, struct arena *a, const struct pyro_ask *ask, struct part *whole, struct err *e)
{
	struct ahead ahead = { .x = x, .a = a, .ask = ask };
	struct pyro_answer answer = { 0 };
	int rc;

	*whole = part_none();
	prepare_asked(&x->shared->prepare, ask, mono());
	rc = head_reply(x, a, encode_ask(a, ask), ask->tenant, &ahead, &answer, e);
	x->replaying |= answer.replaying;
	if (ask_blocks(x, a, ask, rc == 0 ? &answer.blocks : NULL, &ahead, whole, e) < 0)
		return -1;
	if (x->blocks.enough != NULL && gives_way(x))
		give_way(x, NULL);
	if (add_head(a, ask, &answer, whole, e) == 0)
		return 0;
	part_fini(whole);
	return -1;
}

int engine_ask(struct engine *x, struct arena *a, const struct pyro_ask *ask, struct part *whole, struct err *e)
{
	struct str left = ask->tenant;

	if (str_find(left, '|') == left.n)
		return ask_one(x, a, ask, whole, e);
	*whole = part_none();
	while (left.n > 0) {
		struct str tenant = str_cut(&left, '|');
		struct pyro_ask one;
		struct part p;
		bool none;

		if (federation_ask(a, ask, tenant, &one, &none, e) < 0)
			goto fail;
		if (none)
			continue;
		if (ask_one(x, a, &one, &p, e) < 0)
			goto fail;
		federation_part(a, ask, tenant, &p);
		if (part_merge(a, ask, whole, &p, e) < 0)
			goto fail;
	}
	return 0;
fail:
	part_fini(whole);
	return -1;
}
