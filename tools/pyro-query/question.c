/* question.c - see question.h */
#include "tools/pyro-query/question.h"

#include "base/num.h"
#include "base/vec.h"
#include "net/rpc.h"
#include "net/tenant.h"
#include "net/url.h"
#include "proc/pool.h"
#include "tools/pyro-query/carriers.h"
#include "tools/pyro-query/federation.h"
#include "tools/pyro-query/lanes.h"
#include "tools/pyro-query/pauses.h"

enum { MAX_ANSWER = INT32_MAX, MAX_MESSAGE = 64 << 20 };
enum { STOP_NOT, STOP_GONE, STOP_LATE };

struct question {
	struct questions *x;
	struct http_req *r;
	const struct procedure *procedure; /* one of the two */
	const struct page *page;
	struct rpc_call *call;
	struct api api;
	struct str key; /* equal keys have equal answers at one time */
	struct timer timer;
	int64_t until; /* when the timer ends, of the monotonic clock */

	/* of one that leads; others wait for its answer */
	struct waiting place;
	struct question *leader; /* NULL: itself */
	struct question *others, *next;
	unsigned waiting;        /* it and the others, without those that have gone */
	struct carrier *carrier; /* NULL: it has not begun */
	atomic_int stop;

	struct job job;
	struct buf out;
	const char *type;
	bool failed, kept; /* kept: an answer that was finished before */
	uint64_t kept_blocks, read_blocks, kept_bytes;
};

struct questions {
	struct questions_conf conf;
	struct pool *pool; /* a thread for each carrier; the turn is of one of them at a time */
	struct carriers carriers;
	struct answers *answers; /* of whose turn it is */
	unsigned answers_version;
	struct lanes lanes;
	struct task idle;
	atomic_bool idle_told; /* the task is on its way */
	struct query_counts counts;
	struct pauses pauses;
};

/* ---- on a carrier's thread, in its turn ---- */

static int run_procedure(struct question *q, struct err *e)
{
	const struct procedure *p = q->procedure;
	bool json = q->call->codec == RPC_JSON;
	void *req = arena_zalloc(q->api.a, p->request->size), *resp = arena_zalloc(q->api.a, p->response->size);
	int rc = json ? msg_from_json(q->api.a, p->request, q->call->message, req, e)
		      : msg_decode(q->api.a, p->request, q->call->message, req, e);

	if (rc < 0)
		return err_wrap(e, "unmarshal message");
	if (p->fn(&q->api, req, resp, e) < 0 || buf_check(&q->api.raw, "answer", e) < 0)
		return -1;
	if (q->api.raw.n > 0 && !json) {
		struct buf swap = q->out;

		q->out = q->api.raw;
		q->api.raw = swap;
		return 0;
	}
	if (q->api.raw.n > 0 && msg_decode(q->api.a, p->response, buf_str(&q->api.raw), resp, e) < 0)
		return -1;
	if (json)
		msg_to_json(p->response, resp, &q->out);
	else
		msg_encode(p->response, resp, &q->out);
	return 0;
}

/* Answers that were made under other limits are forgotten by the first question under these. */
static bool may_keep(const struct question *q)
{
	return q->carrier->version == q->x->answers_version;
}

/* A copy: while the head is asked, others may keep and forget. */
static const struct answer_source *sources_of(struct arena *a, const struct answer *from)
{
	struct answer_source *s = arena_array(a, from->n_sources, sizeof(*s));

	for (size_t i = 0; i < from->n_sources; i++) {
		s[i] = from->sources[i];
		s[i].ask = arena_str(a, s[i].ask);
		s[i].state = arena_str(a, s[i].state);
	}
	return s;
}

static bool still_true(struct question *q)
{
	struct questions *x = q->x;
	const struct answer *old = answers_find(x->answers, q->key, q->api.now);
	const struct answer_source *sources;

	if (old == NULL || !may_keep(q))
		return false;
	sources = sources_of(q->api.a, old);
	if (!engine_unchanged(q->api.engine, q->api.a, sources, old->n_sources))
		return false;
	old = answers_find(x->answers, q->key, q->api.now);
	if (old == NULL || !may_keep(q))
		return false;
	buf_add(&q->out, old->body);
	q->type = old->type ? arena_cstr(q->api.a, str_cstr(old->type)) : NULL;
	q->api.truncated = old->truncated;
	q->kept = true;
	return true;
}

static void keep(struct question *q)
{
	struct answer a = { .body = buf_str(&q->out),
		.type = q->type,
		.truncated = q->api.truncated,
		.until = q->api.good_until };

	a.sources = engine_sources(q->api.engine, &a.n_sources);
	if (a.sources != NULL && a.n_sources > 0 && !q->api.passing && may_keep(q))
		answers_put(q->x->answers, q->key, &a);
}

static int work(struct question *q, struct err *e)
{
	if (q->carrier->version > q->x->answers_version) {
		answers_clear(q->x->answers);
		q->x->answers_version = q->carrier->version;
	}
	if (atomic_load(&q->stop) != STOP_NOT)
		return err_set(e, ERR_CANCELED, "stopped");
	if (still_true(q))
		return 0;
	if ((q->procedure ? run_procedure(q, e) : q->page->fn(&q->api, q->r->query, &q->out, &q->type, e)) < 0)
		return -1;
	if (buf_check(&q->out, "answer", e) < 0)
		return -1;
	keep(q);
	return 0;
}

static void question_work(struct job *j)
{
	struct question *q = CONTAINER_OF(j, struct question, job);

	buf_init(&q->out, MAX_ANSWER);
	buf_init(&q->api.raw, MAX_ANSWER);
	engine_begin(q->api.engine, q->api.a, &q->stop, q->until);
	q->failed = work(q, &q->carrier->err) < 0;
	engine_kept(q->api.engine, &q->kept_blocks, &q->read_blocks);
	q->kept_bytes = answers_bytes(q->x->answers);
	engine_rest(q->api.engine);
}

/* ---- replies ---- */

static void reply_error(struct question *q, const struct err *e)
{
	loop_timer_off(q->x->conf.loop, &q->timer);
	q->x->counts.running--;
	q->x->counts.answered++;
	q->x->counts.failed++;
	if (q->call != NULL)
		rpc_fail(q->call, e);
	else
		http_error(q->r, e);
}

/* made: the question that was answered, q itself or its leader. A client that does not know the header is not disturbed. */
static void reply(struct question *q, const struct question *made, struct str body, struct buf *take)
{
	struct http_field fields[2] = { { STR("Content-Type"), str_cstr(made->type) } };
	size_t n = 1;

	if (made->api.truncated > 0)
		fields[n++] = (struct http_field){ STR("X-Pyro-Truncated"),
			arena_printf(q->r->a, "%zu", made->api.truncated) };
	loop_timer_off(q->x->conf.loop, &q->timer);
	q->x->counts.running--;
	q->x->counts.answered++;
	q->x->counts.answer_bytes += body.n;
	if (q->call != NULL)
		rpc_reply(q->call,
		    &(struct rpc_answer){ .message = body, .take = take, .headers = fields + 1, .n_headers = n - 1 });
	else
		http_reply(q->r,
		    &(struct http_reply){ .status = 200,
			.headers = fields,
			.n_headers = n,
			.body = body,
			.take = take });
}

static void say_late(const struct question *q, struct err *e)
{
	err_set(e, ERR_TIMEOUT, "the question was not answered in time (%s)",
	    q->call != NULL && q->call->deadline != INT64_MAX ? "the client's deadline, or server.http-write-timeout"
							      : "setting server.http-write-timeout");
}

/* All that wait for q get its error. The leader last: the memory of all of it is that of its request. */
static void fail_all(struct question *q, const struct err *e)
{
	while (q->others != NULL) {
		struct question *o = q->others;

		q->others = o->next;
		reply_error(o, e);
	}
	reply_error(q, e);
}

static void answer_all(struct question *q, struct buf *out)
{
	while (q->others != NULL) {
		struct question *o = q->others;

		q->others = o->next;
		reply(o, q, buf_str(out), NULL);
	}
	reply(q, q, buf_str(out), out);
}

/* ---- the queue ---- */

/* The time of q is over, that of the others is not: one of them leads now, and waits like one that has just come. */
static void inherit(struct question *q)
{
	unsigned left = q->waiting - !q->r->gone;
	struct question *heir = q->others;

	if (left == 0)
		return;
	q->others = NULL;
	heir->leader = NULL;
	heir->others = heir->next;
	heir->next = NULL;
	heir->waiting = left;
	for (struct question *o = heir->others; o != NULL; o = o->next)
		o->leader = heir;
	heir->place.stays = heir->others != NULL;
	lanes_add(&q->x->lanes, heir->api.tenant, &heir->place);
}

static void question_done(struct job *j);

static void begin(struct questions *x, struct carrier *c, struct question *q)
{
	struct err e;

	q->carrier = c;
	q->api.engine = c->engine;
	q->api.a = c->mem; /* that of the request is the loop's: it notes there that the client has gone */
	q->api.limits = federation_limits(q->api.a, c->limits, q->api.tenant);
	q->job = (struct job){ .work = question_work, .done = question_done, .home = x->conf.loop };
	if (pool_submit(x->pool, &q->job, &e) < 0) /* there is a thread and a place for each carrier */
		assert(false);
}

/* One begins when nobody works: until then it waits with those that are like it, and may be given up. */
static void run_next(struct questions *x)
{
	struct carrier *c = carriers_take(&x->carriers, atomic_load(&x->lanes.n));

	if (c != NULL)
		begin(x, c, CONTAINER_OF(lanes_take(&x->lanes), struct question, place));
	else if (atomic_load(&x->lanes.n) == 0)
		pauses_use(&x->pauses);
	else
		pauses_disturb(&x->pauses);
}

static void pause_over(void *ctx, bool prepared)
{
	struct questions *x = ctx;

	x->counts.prepared += prepared;
	run_next(x);
}

/* Whose turn it was waits for recent rows, or has given way. */
static void tell_idle(void *ctx)
{
	struct questions *x = ctx;

	if (atomic_load(&x->lanes.n) == 0 && !engine_rests(x->carriers.v[0].engine))
		return; /* who comes now sees that nobody works */
	if (!atomic_exchange(&x->idle_told, true))
		loop_post(x->conf.loop, &x->idle);
}

static void on_idle(struct task *t)
{
	struct questions *x = CONTAINER_OF(t, struct questions, idle);

	atomic_store(&x->idle_told, false);
	run_next(x);
}

static void count_memory(struct query_counts *counts, const struct engine *x)
{
	struct blocks_memory now = engine_memory(x);

	counts->block_bytes = now.parts;
	counts->page_bytes = now.pages;
	counts->page_limit_bytes = now.pages_limit;
}

static void question_done(struct job *j)
{
	struct question *q = CONTAINER_OF(j, struct question, job);
	struct questions *x = q->x;
	struct carrier *c = q->carrier;
	struct buf raw = q->api.raw, out = q->out; /* q goes with the reply */

	x->counts.kept += q->kept;
	x->counts.kept_bytes = q->kept_bytes;
	x->counts.kept_blocks += q->kept_blocks;
	x->counts.read_blocks += q->read_blocks;
	count_memory(&x->counts, c->engine);
	if (q->failed && atomic_load(&q->stop) == STOP_LATE)
		say_late(q, &c->err);
	if (q->failed && q->until <= loop_mono(x->conf.loop))
		inherit(q);
	if (q->failed)
		fail_all(q, &c->err);
	else
		answer_all(q, &out);
	buf_fini(&out);
	buf_fini(&raw);
	carriers_give(&x->carriers, c); /* only now: a reply may bring the next request */
	run_next(x);
}

/* ---- those who do not wait any longer ---- */

static void give_up(struct question *leader, int why)
{
	struct err e;

	if (leader->carrier != NULL) {
		atomic_store(&leader->stop, why);
		return;
	}
	lanes_remove(&leader->x->lanes, &leader->place);
	err_set(&e, ERR_CANCELED, "the client went away");
	if (why == STOP_LATE) {
		say_late(leader, &e);
		inherit(leader);
	}
	fail_all(leader, &e);
}

static void on_gone(struct http_req *r)
{
	struct question *q = r->ctx, *leader = q->leader ? q->leader : q;

	if (--leader->waiting == 0)
		give_up(leader, STOP_GONE);
}

static void on_late(struct timer *t)
{
	struct question *q = CONTAINER_OF(t, struct question, timer);
	struct question **at;
	struct err e;

	if (q->leader == NULL) {
		give_up(q, STOP_LATE);
		return;
	}
	for (at = &q->leader->others; *at != q; at = &(*at)->next)
		;
	*at = q->next;
	if (!q->r->gone)
		q->leader->waiting--;
	q->r->on_gone = NULL;
	say_late(q, &e);
	reply_error(q, &e);
}

/* ---- those who come ---- */

static bool is_number(struct str s)
{
	uint64_t n;
	struct err ignored;

	return num_u64(s, &n, &ignored) == 0;
}

/* The page's times do not depend on the clock. */
static bool is_absolute(struct arena *a, struct str query)
{
	struct url_param *p;
	struct err ignored;
	unsigned from = 0, until = 0;
	size_t n;

	if (url_query(a, query, &p, &n, &ignored) < 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool begins = str_suffix(p[i].name, STR("rom")), ends = str_suffix(p[i].name, STR("ntil"));

		if ((begins || ends) && !is_number(p[i].value))
			return false;
		from += begins;
		until += ends;
	}
	return from == until && (from == 1 || from == 2);
}

/* Messages are any bytes, NUL among them. */
static struct str key_of(struct question *q)
{
	const struct api *x = &q->api;
	int64_t now = q->page == NULL || is_absolute(q->r->a, q->r->query) ? 0 : x->now;
	struct str head, what = q->page ? q->r->query : q->call->message;
	char *p;

	head = arena_printf(q->r->a, "%s\n" STR_FMT "\n%d %d %d %lld\n", q->page ? q->page->path : q->procedure->path,
	    STR_ARG(x->tenant), q->call ? (int)q->call->codec : 0, x->utf8_names, x->browser, (long long)now);
	p = arena_alloc(q->r->a, head.n + what.n);
	memcpy(p, head.p, head.n);
	if (what.n > 0)
		memcpy(p + head.n, what.p, what.n);
	return str_of(p, head.n + what.n);
}

static bool has_key(struct waiting *w, const void *key)
{
	return str_eq(CONTAINER_OF(w, struct question, place)->key, *(const struct str *)key);
}

/* One that has not begun: what it will say holds all that was acknowledged before q came. */
static struct question *equal(const struct questions *x, const struct question *q)
{
	struct waiting *w = lanes_find(&x->lanes, has_key, &q->key);

	return w ? CONTAINER_OF(w, struct question, place) : NULL;
}

static void wait_with(struct question *leader, struct question *q)
{
	q->leader = leader;
	q->next = leader->others;
	leader->others = q;
	leader->waiting++;
	leader->place.stays = true;
	q->x->counts.shared++;
}

static void refusal(struct questions *x, struct err *e)
{
	x->counts.refused++;
	err_set(e, ERR_LIMIT, "too many outstanding requests");
}

/* False: it was refused; or another one was, of a client that has more. */
static bool find_place(struct questions *x, struct question *q)
{
	struct waiting *instead;
	struct err e;

	/* all connections of one machine are one client */
	q->place.client = str_of(q->r->peer.p, str_rfind(q->r->peer, ':'));
	if (lanes_put(&x->lanes, q->api.tenant, &q->place, &instead)) {
		if (instead != NULL) {
			refusal(x, &e);
			fail_all(CONTAINER_OF(instead, struct question, place), &e);
		}
		return true;
	}
	refusal(x, &e);
	if (q->call != NULL)
		rpc_fail(q->call, &e);
	else
		http_error(q->r, &e);
	return false;
}

static bool asks_only(const struct question *q)
{
	return q->procedure == NULL || !(q->procedure->flags & PROCEDURE_WRITES);
}

static void submit(struct question *q)
{
	struct questions *x = q->x;
	struct question *leader;

	q->api.now = q->r->wall;
	q->api.data = x->conf.engine.data;
	q->api.max_adhoc = x->conf.max_adhoc;
	q->key = key_of(q);
	q->waiting = 1;
	leader = asks_only(q) ? equal(x, q) : NULL;
	if (leader != NULL)
		wait_with(leader, q);
	else if (!find_place(x, q))
		return;
	x->counts.running++;
	q->r->ctx = q;
	q->r->on_gone = on_gone;
	q->r->until_close = true;
	q->timer.fn = on_late;
	q->until = MIN(q->r->mono + x->conf.timeout, q->call ? q->call->deadline : INT64_MAX);
	loop_timer(x->conf.loop, &q->timer, q->until);
	run_next(x);
}

static struct question *question_new(struct questions *x, struct http_req *r)
{
	struct question *q = arena_zalloc(r->a, sizeof(*q));

	q->x = x;
	q->r = r;
	q->type = "application/json";
	return q;
}

static int whose(struct question *q, bool many, struct err *e)
{
	struct questions *x = q->x;

	if (!many)
		return tenant_of_request(q->r, x->conf.multitenancy, &q->api.tenant, e);
	if (tenants_of_request(q->r, x->conf.multitenancy, &q->api.tenant, e) < 0)
		return -1;
	return federation_check(x->carriers.limits, q->api.tenant, e);
}

void question_procedure(struct questions *x, struct http_req *r, const struct procedure *p)
{
	struct question *q = question_new(x, r);
	struct err e;

	q->procedure = p;
	if (!(p->flags & PROCEDURE_PUBLIC) && whose(q, p->flags & PROCEDURE_MANY, &e) < 0) {
		rpc_refuse(r, rpc_code_of(e.kind), str_cstr(e.msg));
		return;
	}
	if (http_accept(r, &q->api.utf8_names, &e) < 0) {
		http_reply_text(r, 400, str_cstr(e.msg));
		return;
	}
	q->call = rpc_open(r,
	    &(struct rpc_conf){ .max_message = p->flags & PROCEDURE_MANY ? ASK_MAX_QUESTION : MAX_MESSAGE });
	if (q->call != NULL)
		submit(q);
}

void question_page(struct questions *x, struct http_req *r, const struct page *p)
{
	struct question *q = question_new(x, r);
	struct str accept = http_header(r, "Accept");
	struct err e;

	q->page = p;
	q->api.browser = str_search(accept, STR("text/html")) < accept.n;
	if (whose(q, p->flags & PROCEDURE_MANY, &e) < 0)
		http_error(r, &e);
	else
		submit(q);
}

/* ---- the whole ---- */

struct questions *questions_new(const struct questions_conf *conf, struct limits_set *limits, struct err *e)
{
	struct questions *x = mem_zalloc(sizeof(*x));

	x->conf = *conf;
	x->lanes.max = conf->max_waiting;
	x->idle.fn = on_idle;
	x->answers = answers_new(conf->keep);
	x->conf.engine.kept = conf->keep > 0 ? x->answers : NULL;
	x->conf.engine.idle = tell_idle;
	x->conf.engine.ctx = x;
	x->conf.engine.waiting = &x->lanes.n;
	if (carriers_open(&x->carriers, &x->conf.engine, limits, e) < 0) {
		questions_free(x);
		return NULL;
	}
	count_memory(&x->counts, x->carriers.v[0].engine);
	x->pool = pool_new("query", CARRIERS, CARRIERS);
	x->pauses = (struct pauses){ .carriers = &x->carriers,
		.pool = x->pool,
		.loop = conf->loop,
		.over = pause_over,
		.ctx = x };
	return x;
}

void questions_free(struct questions *x)
{
	if (x == NULL)
		return;
	pauses_disturb(&x->pauses);
	carriers_end(&x->carriers);
	pool_free(x->pool);
	lanes_fini(&x->lanes);
	carriers_close(&x->carriers);
	answers_free(x->answers);
	mem_free(x);
}

void questions_limits(struct questions *x, struct limits_set *limits)
{
	carriers_limits(&x->carriers, limits);
}

const struct query_counts *questions_counts(const struct questions *x)
{
	return &x->counts;
}
