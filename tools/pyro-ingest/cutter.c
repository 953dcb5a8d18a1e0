/* cutter.c - see cutter.h */
#include "tools/pyro-ingest/cutter.h"

#include "base/log.h"
#include "base/zip.h"
#include "proc/thread.h"
#include "tools/pyro-ingest/cut_replay.h"
#include "tools/pyro-ingest/cut_write.h"
#include "tools/pyro-ingest/journal_folder.h"

/* CUT_STUCK: all is written but for the last steps, which failed and are tried again. */
enum state { CUT_IDLE, CUT_FREEZING, CUT_WRITING, CUT_STUCK };

enum { CHECK_EVERY = 1, RETRY_FIRST = 1, RETRY_MOST = 8 }; /* seconds */

struct waiter {
	void (*done)(void *ctx, bool ok);
	void *ctx;
};

struct question {
	struct str tenant;
	void (*fn)(void *ctx, struct moment *m);
	void *ctx;
};

struct cutter {
	struct cutter_conf conf;
	struct arena *mem;
	struct journal_folder journals;
	enum state state;
	uint64_t generation;
	int64_t next_window;     /* wall time of the next cut by age */
	int64_t retry_at, delay; /* monotonic, 0 = no failed cut; how long the last one has to wait */
	bool wanted, replaying;
	struct timer timer;

	struct cut_batches batches; /* not yet in blocks */
	struct local_blocks blocks;
	VEC(struct question) questions; /* that wait for a freeze to end */
	VEC(struct waiter) waiters, next_waiters;

	/* The cut under way. */
	struct shard_freeze *freezes;
	uint32_t pending;
	struct cut_batch *fresh;
	bool unfrozen; /* a shard could not start a new journal */

	/* Of the pool's thread from write_submit to write_done, and while the journal is replayed. */
	struct job job;
	struct cut_batches writing;
	struct cut_write write;
	struct err err;
	bool failed;
	struct job trim;
	bool trimming;
};

static void cut_begin(struct cutter *c);

/* ---- moments ---- */

struct hold {
	struct cut_batches batches;
};

static void moment_make(struct cutter *c, struct str tenant, struct moment *m)
{
	struct hold *h = mem_zalloc(sizeof(*h));
	VEC(struct frozen_head) heads = { 0 };

	for (size_t i = 0; i < c->batches.n; i++) {
		struct cut_batch *b = c->batches.p[i];
		size_t before = heads.n;

		for (size_t k = 0; k < b->heads.n; k++)
			if (str_eq(b->heads.p[k].tenant, tenant))
				vec_push(&heads, b->heads.p[k]);
		if (heads.n > before) {
			b->holds++;
			vec_push(&h->batches, b);
		}
	}
	*m = (struct moment){ .heads = heads.p, .n_heads = heads.n, .hold = h };
	m->n_blocks = local_blocks_of(&c->blocks, tenant, &m->blocks);
}

void cutter_moment(struct cutter *c, struct str tenant, void (*fn)(void *ctx, struct moment *m), void *ctx)
{
	struct question q = { tenant, fn, ctx };
	struct moment m;

	if (c->state == CUT_FREEZING) {
		vec_push(&c->questions, q);
		return;
	}
	moment_make(c, tenant, &m);
	fn(ctx, &m);
}

void cutter_let_go(struct cutter *c, struct moment *m)
{
	struct hold *h = m->hold;

	(void)c;
	for (size_t i = 0; i < h->batches.n; i++) {
		h->batches.p[i]->holds--;
		cut_batch_let_go(h->batches.p[i]);
	}
	vec_free(&h->batches);
	mem_free(h);
	mem_free(m->heads);
	mem_free(m->blocks);
}

static void answer_questions(struct cutter *c)
{
	for (size_t i = 0; i < c->questions.n; i++) {
		struct question q = c->questions.p[i];
		struct moment m;

		moment_make(c, q.tenant, &m);
		q.fn(q.ctx, &m);
	}
	c->questions.n = 0;
}

/* ---- steps ---- */

/* On a pool thread. */
static void write_work(struct job *j)
{
	struct cutter *c = CONTAINER_OF(j, struct cutter, job);

	thread_give_way();
	c->failed = cut_write_run(&c->write, c->writing.p, c->writing.n, &c->err) < 0;
	zip_rest(); /* the next cut is an hour away */
}

static void tell_waiters(struct cutter *c, bool ok)
{
	VEC(struct waiter) v;

	memcpy(&v, &c->waiters, sizeof(v));
	memcpy(&c->waiters, &c->next_waiters, sizeof(c->waiters));
	memset(&c->next_waiters, 0, sizeof(c->next_waiters));
	for (size_t i = 0; i < v.n; i++)
		v.p[i].done(v.p[i].ctx, ok);
	vec_free(&v);
}

static void trim_work(struct job *j)
{
	(void)j;
	mem_trim();
}

static void trim_done(struct job *j)
{
	CONTAINER_OF(j, struct cutter, trim)->trimming = false;
}

/* The rows have left memory: it is given back at once, and not by a thread that others wait for. */
static void give_back(struct cutter *c)
{
	struct err ignored;

	if (c->trimming)
		return;
	c->trim = (struct job){ .work = trim_work, .done = trim_done, .home = c->conf.loop };
	c->trimming = pool_submit(c->conf.cuts, &c->trim, &ignored) == 0;
}

static void published(struct cutter *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->write.commit.blocks.n; i++)
		local_blocks_add(&c->blocks, c->write.commit.blocks.p[i].tenant, c->write.commit.blocks.p[i].id);
	c->conf.counters->blocks += c->write.commit.blocks.n;
	c->conf.counters->block_rows += c->write.n_rows;
	c->conf.counters->block_bytes += c->write.n_bytes;
	if (c->write.commit.blocks.n > 0)
		log_event(LOG_INFO, "blocks cut", LOG_I64("blocks", c->write.commit.blocks.n),
		    LOG_I64("rows", c->write.n_rows), LOG_I64("bytes", c->write.n_bytes));
	for (size_t i = 0; i < c->batches.n; i++) {
		bool written = false;

		for (size_t k = 0; k < c->writing.n; k++)
			written = written || c->writing.p[k] == c->batches.p[i];
		if (!written) {
			c->batches.p[n++] = c->batches.p[i];
			continue;
		}
		c->batches.p[i]->published = true;
		cut_batch_let_go(c->batches.p[i]);
	}
	c->batches.n = n;
	give_back(c);
}

static void retry_later(struct cutter *c)
{
	c->delay = c->delay == 0 ? RETRY_FIRST * NS_PER_S : MIN(2 * c->delay, RETRY_MOST * NS_PER_S);
	c->retry_at = loop_mono(c->conf.loop) + c->delay;
}

/* What is asked of a cut while an earlier one failed waits for the next attempt, but for those who wait for it. */
static void cut_end(struct cutter *c, bool ok)
{
	c->writing.n = 0;
	c->state = CUT_IDLE;
	if (ok)
		c->retry_at = c->delay = 0;
	else
		retry_later(c);
	tell_waiters(c, ok);
	if (c->waiters.n > 0 || (c->wanted && c->retry_at == 0))
		cut_begin(c);
}

static void write_done(struct job *j)
{
	struct cutter *c = CONTAINER_OF(j, struct cutter, job);

	if (c->failed) {
		c->conf.counters->cut_failures++;
		log_event(LOG_ERROR,
		    c->write.committed ? "blocks are written and not yet in place; this is tried again"
				       : "blocks could not be written; the rows stay in memory and in the journal",
		    LOG_CSTR("error", c->err.msg));
	}
	if (c->failed && c->write.committed) {
		c->state = CUT_STUCK;
		retry_later(c);
		while (c->waiters.n > 0 || c->next_waiters.n > 0)
			tell_waiters(c, false);
		return;
	}
	if (!c->failed) {
		published(c);
		cut_write_reset(&c->write);
	}
	cut_end(c, !c->failed && !c->unfrozen);
}

static void write_submit(struct cutter *c)
{
	c->state = CUT_WRITING;
	c->write.wall = loop_wall(c->conf.loop);
	c->write.generation = c->generation;
	c->job = (struct job){ .work = write_work, .done = write_done, .home = c->conf.loop };
	if (pool_submit(c->conf.cuts, &c->job, &c->err) < 0) {
		c->failed = true;
		write_done(&c->job);
	}
}

static void write_begin(struct cutter *c)
{
	for (size_t i = 0; i < c->batches.n; i++)
		vec_push(&c->writing, c->batches.p[i]);
	if (c->writing.n > 0)
		write_submit(c);
	else
		cut_end(c, !c->unfrozen);
}

static void froze(struct shard_freeze *f)
{
	struct cutter *c = f->ctx;
	struct cut_batch *b = c->fresh;

	if (f->failed) {
		log_event(LOG_ERROR, "a shard could not start a new journal", LOG_CSTR("error", f->err.msg));
		c->unfrozen = true;
	}
	if (f->journal[0] != '\0')
		vec_push(&b->journals, arena_str(b->mem, str_cstr(f->journal)));
	for (size_t i = 0; i < f->heads.n; i++)
		vec_push(&b->heads, f->heads.p[i]);
	vec_free(&f->heads);
	if (--c->pending > 0)
		return;
	mem_free(c->freezes);
	if (b->heads.n > 0 || b->journals.n > 0)
		cut_batch_keep(&c->batches, b);
	else
		cut_batch_free(b);
	answer_questions(c);
	write_begin(c);
}

static void renew_folder(struct cutter *c)
{
	struct err e;
	bool again;

	if (journal_folder_renew(&c->journals, &again, &e) < 0)
		log_event(LOG_ERROR, "journal folder cannot be made again", LOG_CSTR("error", e.msg));
	else if (again)
		log_event(LOG_ERROR, "journal folder was removed and is made again",
		    LOG_CSTR("folder", c->journals.path));
}

static void cut_begin(struct cutter *c)
{
	if (c->state != CUT_IDLE || c->replaying)
		return;
	renew_folder(c);
	c->wanted = c->unfrozen = false;
	c->state = CUT_FREEZING;
	c->generation++;
	c->fresh = cut_batch_new(c->conf.held);
	c->pending = c->conf.n_shards;
	c->freezes = mem_zarray(c->conf.n_shards, sizeof(*c->freezes));
	for (uint32_t i = 0; i < c->conf.n_shards; i++) {
		struct shard_freeze *f = &c->freezes[i];

		f->generation = c->generation;
		f->done = froze;
		f->home = c->conf.loop;
		f->ctx = c;
		shard_take_heads(c->conf.shards[i], f);
	}
}

static void write_again(struct cutter *c)
{
	c->failed = false;
	write_submit(c);
}

void cutter_cut(struct cutter *c, void (*done)(void *ctx, bool ok), void *ctx)
{
	struct waiter w = { done, ctx };

	c->wanted = true;
	if (done != NULL && c->state == CUT_IDLE)
		vec_push(&c->waiters, w);
	else if (done != NULL)
		vec_push(&c->next_waiters, w);
	if (done != NULL && c->state == CUT_STUCK)
		write_again(c);
	else if (done != NULL || c->retry_at == 0)
		cut_begin(c);
}

static uint64_t journal_total(const struct cutter *c)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < c->conf.n_shards; i++)
		n += shard_journal_bytes(c->conf.shards[i]);
	return n;
}

static void tick(struct timer *t)
{
	struct cutter *c = CONTAINER_OF(t, struct cutter, timer);
	int64_t wall = loop_wall(c->conf.loop), mono = loop_mono(c->conf.loop);

	if (wall >= c->next_window) {
		c->next_window = (wall / c->conf.window + 1) * c->conf.window;
		c->wanted = true;
	}
	if (journal_total(c) > c->conf.max_journal)
		c->wanted = true;
	if (c->state == CUT_STUCK) {
		if (mono >= c->retry_at)
			write_again(c);
	} else if ((c->wanted && c->retry_at == 0) || (c->retry_at != 0 && mono >= c->retry_at)) {
		cut_begin(c);
	}
	loop_timer(c->conf.loop, t, mono + CHECK_EVERY * NS_PER_S);
}

/* ---- start ---- */

/* On a pool thread. */
static void replay_work(struct job *j)
{
	struct cutter *c = CONTAINER_OF(j, struct cutter, job);

	c->failed = cut_replay(c->journals.fd, c->generation, c->conf.counters, c->conf.held, &c->writing, &c->err) < 0;
}

static void replay_done(struct job *j)
{
	struct cutter *c = CONTAINER_OF(j, struct cutter, job);

	for (size_t i = 0; i < c->writing.n; i++) {
		struct cut_batch *b = c->writing.p[i];

		for (size_t k = 0; k < b->heads.n; k++)
			b->heads.p[k].shard = (uint32_t)(i % c->conf.n_shards);
		cut_batch_keep(&c->batches, b);
	}
	c->writing.n = 0;
	c->replaying = false;
	c->conf.replayed(c->conf.ctx, c->failed ? &c->err : NULL);
	if (!c->failed && (c->batches.n > 0 || c->wanted))
		cut_begin(c);
}

void cutter_start(struct cutter *c)
{
	c->next_window = (loop_wall(c->conf.loop) / c->conf.window + 1) * c->conf.window;
	c->replaying = true;
	c->job = (struct job){ .work = replay_work, .done = replay_done, .home = c->conf.loop };
	if (pool_submit(c->conf.pool, &c->job, &c->err) < 0) {
		c->failed = true;
		replay_done(&c->job);
	}
	loop_timer(c->conf.loop, &c->timer, loop_mono(c->conf.loop) + CHECK_EVERY * NS_PER_S);
}

bool cutter_replaying(const struct cutter *c)
{
	return c->replaying;
}

int cutter_journal_dir(struct cutter *c)
{
	return c->journals.fd;
}

struct local_blocks *cutter_blocks(struct cutter *c)
{
	return &c->blocks;
}

uint64_t cutter_generation(struct cutter *c)
{
	return c->generation;
}

struct cutter *cutter_open(const struct cutter_conf *conf, struct err *e)
{
	struct cutter *c = mem_zalloc(sizeof(*c));
	const char *path;

	c->conf = *conf;
	c->mem = arena_new();
	local_blocks_init(&c->blocks);
	c->journals.fd = c->journals.lock = -1;
	c->timer.fn = tick;
	c->generation = 1;
	path = arena_printf(c->mem, "%s/journal", conf->data).p;
	if (journal_folder_open(&c->journals, path, e) < 0 ||
	    cut_recover(conf->data, c->journals.fd, &c->generation, e) < 0 ||
	    local_blocks_load(&c->blocks, conf->data, e) < 0) {
		cutter_close(c);
		err_wrap(e, "data folder %s", conf->data);
		return NULL;
	}
	c->write = (struct cut_write){ .data = conf->data, .journals = c->journals.fd, .window = conf->window };
	return c;
}

void cutter_close(struct cutter *c)
{
	if (c == NULL)
		return;
	loop_timer_off(c->conf.loop, &c->timer);
	for (size_t i = 0; i < c->batches.n; i++)
		cut_batch_free(c->batches.p[i]);
	vec_free(&c->batches);
	local_blocks_fini(&c->blocks);
	vec_free(&c->questions);
	vec_free(&c->waiters);
	vec_free(&c->next_waiters);
	vec_free(&c->writing);
	cut_write_reset(&c->write);
	journal_folder_close(&c->journals);
	arena_free(c->mem);
	mem_free(c);
}
