/* cutter.c - see cutter.h */
#include "tools/pyro-ingest/cutter.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "formats/block_cut.h"
#include "io/entropy.h"
#include "io/fd.h"
#include "io/file.h"
#include "tools/pyro-ingest/commit.h"
#include "tools/pyro-ingest/journal_folder.h"
#include "tools/pyro-ingest/publish.h"

enum state { CUT_IDLE, CUT_FREEZING, CUT_WRITING };

enum { CHECK_EVERY = 1, RETRY_FIRST = 1, RETRY_MOST = 8 };      /* seconds */

/* The heads of one moment, from shards or replayed, on their way into blocks. */
struct batch {
	VEC(struct frozen_head) heads;
	VEC(struct str) journals, damaged;      /* their files; names in mem */
	_Atomic uint64_t *held;         /* counts bytes */
	uint64_t bytes;                 /* of the heads */
	struct arena *mem;
	uint32_t holds;                 /* moments that use the heads */
	bool published;                 /* rows are in blocks: free when nobody holds it */
};

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
	int64_t next_window;            /* wall time of the next cut by age */
	int64_t retry_at, delay;        /* monotonic, 0 = no failed cut; how long the last one has to wait */
	bool wanted, replaying;
	struct timer timer;

	VEC(struct batch *) batches;    /* not yet in blocks */
	struct local_blocks blocks;
	VEC(struct question) questions; /* that wait for a freeze to end */
	VEC(struct waiter) waiters, next_waiters;

	/* The cut under way. */
	struct shard_freeze *freezes;
	uint32_t pending;
	struct batch *fresh;
	struct job job;                 /* writing, or replaying */
	VEC(struct batch *) writing;
	struct commit commit;
	char commit_name[48];
	bool committed;                 /* the commit file is written: from here only forward */
	bool uncertain;                 /* its writing failed, and it may be there all the same */
	bool unfrozen;                  /* a shard could not start a new journal */
	int64_t wall;                   /* when writing began */
	uint64_t n_rows, n_bytes;
	struct err err;
	bool failed;
};

static void cut_begin(struct cutter *c);

static struct batch *batch_new(struct cutter *c)
{
	struct batch *b = mem_zalloc(sizeof(*b));

	b->mem = arena_new();
	b->held = c->conf.held;
	return b;
}

/* From here on it is asked, and on its way into blocks. */
static void batch_keep(struct cutter *c, struct batch *b)
{
	for (size_t i = 0; i < b->heads.n; i++)
		b->bytes += head_bytes(b->heads.p[i].head);
	*b->held += b->bytes;
	vec_push(&c->batches, b);
}

static void batch_free(struct batch *b)
{
	for (size_t i = 0; i < b->heads.n; i++)
		head_free(b->heads.p[i].head);
	*b->held -= b->bytes;
	vec_free(&b->heads);
	vec_free(&b->journals);
	vec_free(&b->damaged);
	arena_free(b->mem);
	mem_free(b);
}

static void batch_let_go(struct batch *b)
{
	if (b->holds == 0 && b->published)
		batch_free(b);
}

/* ---- moments ---- */

struct hold {
	VEC(struct batch *) batches;
};

static void moment_make(struct cutter *c, struct str tenant, struct moment *m)
{
	struct hold *h = mem_zalloc(sizeof(*h));
	VEC(struct head *) heads = { 0 };

	for (size_t i = 0; i < c->batches.n; i++) {
		struct batch *b = c->batches.p[i];
		size_t before = heads.n;

		for (size_t k = 0; k < b->heads.n; k++)
			if (str_eq(b->heads.p[k].tenant, tenant))
				vec_push(&heads, b->heads.p[k].head);
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
		batch_let_go(h->batches.p[i]);
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

/* ---- writing, on a pool thread ---- */

struct tenant_sets {
	struct str tenant;
	VEC(struct dataset *) sets;
};

static struct ulid new_ulid(int64_t ms)
{
	uint8_t random[10];

	entropy_bytes(random, sizeof(random));
	return ulid_make(ms, random);
}

static int write_block(struct cutter *c, int dir, const struct tenant_sets *t, struct cut_window w, struct err *e)
{
	struct block_parts parts;
	struct commit_block b = { t->tenant, new_ulid(c->wall / NS_PER_MS) };
	int rc = cut_block(t->sets.p, t->sets.n, w, b.id, &parts, e);

	if (rc < 0)
		return e->kind == ERR_NOTFOUND ? 0 : -1;
	rc = publish_write(dir, &parts, e);
	if (rc == 0) {
		vec_push(&c->commit.blocks, b);
		c->n_rows += parts.meta.n_profiles;
		for (uint32_t i = 0; i < parts.n_parts; i++)
			c->n_bytes += parts.part[i].bytes.n;
	}
	block_parts_free(&parts);
	return rc;
}

static int write_tenant(struct cutter *c, const struct tenant_sets *t, struct err *e)
{
	struct arena *a = arena_new();
	struct cut_window *w;
	size_t n;
	int dir = -1, rc = cut_windows(a, t->sets.p, t->sets.n, c->conf.window, &w, &n, e);

	if (rc == 0 && n > 0)
		rc = dir = commit_tenant_dir(c->conf.data, t->tenant, e);
	for (size_t i = 0; i < n && rc >= 0; i++)
		rc = write_block(c, dir, t, w[i], e);
	fd_close(&dir);
	arena_free(a);
	return rc < 0 ? err_wrap(e, "tenant " STR_FMT, STR_ARG(t->tenant)) : 0;
}

/*
 * One batch at a time: shards of one moment have disjoint partitions, so their
 * heads fit into one block; heads of different moments do not.
 */
static int write_batch(struct cutter *c, struct batch *b, struct err *e)
{
	VEC(struct tenant_sets) v = { 0 };
	int rc = 0;

	for (size_t i = 0; i < b->heads.n; i++) {
		struct tenant_sets new = { .tenant = b->heads.p[i].tenant };
		size_t k = 0;

		while (k < v.n && !str_eq(v.p[k].tenant, new.tenant))
			k++;
		if (k == v.n)
			vec_push(&v, new);
		if (b->heads.p[i].head->n_rows > 0)
			vec_push(&v.p[k].sets, &b->heads.p[i].head->set);
	}
	for (size_t i = 0; i < v.n; i++) {
		if (rc == 0)
			rc = write_tenant(c, &v.p[i], e);
		vec_free(&v.p[i].sets);
	}
	vec_free(&v);
	for (size_t i = 0; i < b->journals.n; i++)
		vec_push(&c->commit.journals, b->journals.p[i]);
	for (size_t i = 0; i < b->damaged.n; i++)
		vec_push(&c->commit.damaged, b->damaged.p[i]);
	return rc;
}

/*
 * The way back from a cut that failed. A commit file that may be there comes
 * first: with it a restart would publish these blocks, beside those of the
 * next attempt, which has the same rows.
 */
static int take_back(struct cutter *c, struct err *e)
{
	struct err ignored;

	if (c->uncertain && commit_cancel(c->journals.fd, c->commit_name, e) < 0)
		return err_wrap(e, "commit file %s cannot be taken back", c->commit_name);
	c->uncertain = false;
	commit_drop_blocks(c->conf.data, &c->commit, &ignored); /* what stays goes at the next start */
	commit_fini(&c->commit);
	return 0;
}

static int write_and_commit(struct cutter *c, struct err *e)
{
	int rc = take_back(c, e);

	c->n_rows = c->n_bytes = 0;
	for (size_t i = 0; i < c->writing.n && rc == 0; i++)
		rc = write_batch(c, c->writing.p[i], e);
	if (rc == 0) {
		snprintf(c->commit_name, sizeof(c->commit_name), "%016" PRIx64 ".commit", c->generation);
		rc = commit_write(c->journals.fd, c->commit_name, &c->commit, e);
		c->uncertain = rc < 0;
		c->committed = rc == 0;
	}
	return rc;
}

static void write_work(struct job *j)
{
	struct cutter *c = CONTAINER_OF(j, struct cutter, job);
	struct err ignored;
	int rc = 0;

	if (!c->committed && (rc = write_and_commit(c, &c->err)) < 0)
		take_back(c, &ignored);         /* if not now, then before the next attempt */
	if (rc == 0)
		rc = commit_finish(c->conf.data, c->journals.fd, c->commit_name, &c->err);
	c->failed = rc < 0;
}

/* ---- steps, on the loop ---- */

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

static void published(struct cutter *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->commit.blocks.n; i++)
		local_blocks_add(&c->blocks, c->commit.blocks.p[i].tenant, c->commit.blocks.p[i].id);
	c->conf.counters->blocks += c->commit.blocks.n;
	c->conf.counters->block_rows += c->n_rows;
	c->conf.counters->block_bytes += c->n_bytes;
	if (c->commit.blocks.n > 0)
		log_event(LOG_INFO, "blocks cut", LOG_I64("blocks", c->commit.blocks.n), LOG_I64("rows", c->n_rows),
		    LOG_I64("bytes", c->n_bytes));
	for (size_t i = 0; i < c->batches.n; i++) {
		bool written = false;

		for (size_t k = 0; k < c->writing.n; k++)
			written = written || c->writing.p[k] == c->batches.p[i];
		if (!written) {
			c->batches.p[n++] = c->batches.p[i];
			continue;
		}
		c->batches.p[i]->published = true;
		batch_let_go(c->batches.p[i]);
	}
	c->batches.n = n;
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
		log_event(LOG_ERROR, c->committed ? "blocks are written and not yet in place; this is tried again"
		                                  : "blocks could not be written; the rows stay in memory and in the journal",
		    LOG_CSTR("error", c->err.msg));
	}
	if (c->failed && c->committed) {
		retry_later(c);
		while (c->waiters.n > 0 || c->next_waiters.n > 0)
			tell_waiters(c, false);
		return;
	}
	if (!c->failed) {
		published(c);
		commit_fini(&c->commit);
	}
	c->committed = false;
	cut_end(c, !c->failed && !c->unfrozen);
}

static void write_submit(struct cutter *c)
{
	c->state = CUT_WRITING;
	c->wall = loop_wall(c->conf.loop);
	c->job = (struct job){ .work = write_work, .done = write_done, .home = c->conf.loop };
	if (pool_submit(c->conf.pool, &c->job, &c->err) < 0) {
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
	struct batch *b = c->fresh;

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
		batch_keep(c, b);
	else
		batch_free(b);
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
		log_event(LOG_ERROR, "journal folder was removed and is made again", LOG_CSTR("folder", c->journals.path));
}

static void cut_begin(struct cutter *c)
{
	if (c->state != CUT_IDLE || c->replaying)
		return;
	renew_folder(c);
	c->wanted = c->unfrozen = false;
	c->state = CUT_FREEZING;
	c->generation++;
	c->fresh = batch_new(c);
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

/* Everything is written but for the last steps, and these failed. */
static bool is_stuck(const struct cutter *c)
{
	return c->state == CUT_WRITING && c->committed && c->failed;
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
	if (done != NULL && is_stuck(c))
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
	if (is_stuck(c)) {
		if (mono >= c->retry_at)
			write_again(c);
	} else if ((c->wanted && c->retry_at == 0) || (c->retry_at != 0 && mono >= c->retry_at)) {
		cut_begin(c);
	}
	loop_timer(c->conf.loop, t, mono + CHECK_EVERY * NS_PER_S);
}

/* ---- start ---- */

struct replay {
	struct batch *b;
	struct cutter *c;
	uint64_t generation;
};

static int replay_record(void *ctx, struct str tenant, struct str record, struct err *e)
{
	struct replay *r = ctx;
	struct frozen_head new = { .head = NULL };

	for (size_t i = 0; i < r->b->heads.n; i++)
		if (str_eq(r->b->heads.p[i].tenant, tenant))
			return head_replay(r->b->heads.p[i].head, record, e);
	new.tenant = arena_str(r->b->mem, tenant);
	new.head = head_new();
	vec_push(&r->b->heads, new);
	return head_replay(new.head, record, e);
}

static void report(struct cutter *c, const char *name, const struct journal_report *r, const struct err *e)
{
	c->conf.counters->replayed_records += r->records;
	c->conf.counters->broken_records += r->broken;
	log_event(r->broken ? LOG_ERROR : LOG_INFO, r->broken ? "journal replayed with losses" : "journal replayed",
	    LOG_CSTR("file", name), LOG_I64("records", r->records), LOG_I64("bytes", r->bytes),
	    LOG_I64("broken", r->broken), LOG_I64("torn_bytes", r->torn),
	    LOG_CSTR("first_error", r->broken ? e->msg : ""));
}

/* Its rows that could be read go into blocks, and the file is kept under another name when they are there. */
static void replay_damaged(struct cutter *c, struct batch *b, const char *name)
{
	log_event(LOG_ERROR, "damaged journal is kept aside when its rows are in blocks", LOG_CSTR("file", name));
	vec_push(&b->damaged, arena_str(b->mem, str_cstr(name)));
	vec_push(&c->writing, b);
}

/* No journal of ours, or of a later version: there are no rows to save. */
static int replay_refused(struct cutter *c, const char *name, struct err *e)
{
	if (e->kind != ERR_CORRUPT && e->kind != ERR_UNSUPPORTED)
		return -1;
	log_event(LOG_ERROR, "journal cannot be read and is kept aside", LOG_CSTR("error", e->msg));
	c->conf.counters->broken_records++;
	return commit_keep_aside(c->journals.fd, str_cstr(name), e);
}

static int replay_file(struct cutter *c, const char *name, struct err *e)
{
	struct batch *b = batch_new(c);
	struct replay r = { b, c, 0 };
	struct journal_report out;

	if (journal_replay(c->journals.fd, name, replay_record, &r, &out, e) < 0) {
		batch_free(b);
		return replay_refused(c, name, e);
	}
	report(c, name, &out, e);
	if (out.broken > 0) {
		replay_damaged(c, b, name);
		return 0;
	}
	vec_push(&b->journals, arena_str(b->mem, str_cstr(name)));
	vec_push(&c->writing, b);
	return 0;
}

static void replay_work(struct job *j)
{
	struct cutter *c = CONTAINER_OF(j, struct cutter, job);
	struct arena *a = arena_new();
	struct file_list list;
	uint64_t generation;
	uint32_t shard;
	int rc = file_list(a, c->journals.fd, ".", &list, &c->err);

	for (size_t i = 0; rc == 0 && i < list.n; i++)
		if (journal_name_parse(list.p[i].name, &generation, &shard) && generation < c->generation)
			rc = replay_file(c, list.p[i].name.p, &c->err);
	c->failed = rc < 0;
	arena_free(a);
}

static void replay_done(struct job *j)
{
	struct cutter *c = CONTAINER_OF(j, struct cutter, job);

	for (size_t i = 0; i < c->writing.n; i++)
		batch_keep(c, c->writing.p[i]);
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

/* Finishes commits, and finds a generation above all that were used. */
static int load_journals(struct cutter *c, struct err *e)
{
	struct arena *a = arena_new();
	struct file_list list;
	uint64_t generation;
	uint32_t shard;
	int rc = file_list(a, c->journals.fd, ".", &list, e);

	for (size_t i = 0; rc == 0 && i < list.n; i++) {
		if (str_suffix(list.p[i].name, STR(".commit"))) {
			c->generation = MAX(c->generation, strtoull(list.p[i].name.p, NULL, 16) + 1);
			rc = commit_finish(c->conf.data, c->journals.fd, list.p[i].name.p, e);
		} else if (journal_name_parse(list.p[i].name, &generation, &shard)) {
			c->generation = MAX(c->generation, generation + 1);
		}
	}
	arena_free(a);
	return rc;
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
	if (journal_folder_open(&c->journals, path, e) < 0 || load_journals(c, e) < 0 ||
	    local_blocks_load(&c->blocks, conf->data, e) < 0) {
		cutter_close(c);
		err_wrap(e, "data folder %s", conf->data);
		return NULL;
	}
	return c;
}

void cutter_close(struct cutter *c)
{
	if (c == NULL)
		return;
	loop_timer_off(c->conf.loop, &c->timer);
	for (size_t i = 0; i < c->batches.n; i++)
		batch_free(c->batches.p[i]);
	vec_free(&c->batches);
	local_blocks_fini(&c->blocks);
	vec_free(&c->questions);
	vec_free(&c->waiters);
	vec_free(&c->next_waiters);
	vec_free(&c->writing);
	commit_fini(&c->commit);
	journal_folder_close(&c->journals);
	arena_free(c->mem);
	mem_free(c);
}
