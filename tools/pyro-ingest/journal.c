/* journal.c - see journal.h: appending and group commit */
#include "tools/pyro-ingest/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "formats/head/journal_format.h"
#include "io/fd.h"
#include "io/file.h"
#include "proc/pool.h"

enum { AHEAD = 8 << 20, MAX_BATCH = 1 << 30, BATCH_NOW = 4 << 20 };

/* What one commit writes. */
struct batch {
	struct buf bytes;
	struct journal_wait *first, **last;
};

struct journal {
	struct journal_conf conf;
	int fd;
	uint64_t at, allocated, commits;
	struct batch open, flight; /* collecting; being written */
	bool writing, due, broken, finishing;
	void (*finished)(void *ctx);
	void *finished_ctx;
	struct timer timer;
	struct job job;
	struct err failed;
};

static void batch_init(struct batch *b)
{
	buf_init(&b->bytes, MAX_BATCH);
	b->first = NULL;
	b->last = &b->first;
}

static void batch_tell(struct batch *b, const struct err *e)
{
	struct journal_wait *w = b->first;

	buf_reset(&b->bytes);
	b->first = NULL;
	b->last = &b->first;
	while (w != NULL) {
		struct journal_wait *next = w->next;

		w->done(w, e);
		w = next;
	}
}

/* ---- on a pool thread ---- */

static int write_at(int fd, struct str s, uint64_t at, struct err *e)
{
	while (s.n > 0) {
		ssize_t k = pwrite(fd, s.p, s.n, (off_t)at);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return k < 0 ? err_sys(e, ERR_IO, "write %zu bytes", s.n)
				     : err_set(e, ERR_IO, "write %zu bytes: nothing was written", s.n);
		s = str_skip(s, (size_t)k);
		at += (uint64_t)k;
	}
	return 0;
}

static void allocate_ahead(struct journal *j, uint64_t end)
{
	/* Only saves metadata writes; a file system that cannot do it is as safe. */
	if (end > j->allocated && fallocate(j->fd, 0, (off_t)j->allocated, (off_t)(end - j->allocated + AHEAD)) == 0)
		j->allocated = end + AHEAD;
}

/* A file that somebody removed takes everything that it is given, and nobody will find it. */
static int still_there(int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, ERR_IO, "stat");
	return st.st_nlink > 0 ? 0 : err_set(e, ERR_IO, "the file was removed");
}

static void commit_work(struct job *job)
{
	struct journal *j = CONTAINER_OF(job, struct journal, job);
	struct str s = buf_str(&j->flight.bytes);

	j->failed.kind = ERR_NONE;
	allocate_ahead(j, j->at + s.n);
	if (write_at(j->fd, s, j->at, &j->failed) < 0)
		return;
	if (fdatasync(j->fd) < 0)
		err_sys(&j->failed, ERR_IO, "sync");
	else
		still_there(j->fd, &j->failed);
}

/* ---- on the loop ---- */

static void commit_start(struct journal *j);

static void journal_free(struct journal *j)
{
	loop_timer_off(j->conf.loop, &j->timer);
	buf_fini(&j->open.bytes);
	buf_fini(&j->flight.bytes);
	fd_close(&j->fd);
	if (j->finished != NULL)
		j->finished(j->finished_ctx);
	mem_free(j);
}

static void fail(struct journal *j, const struct err *e)
{
	bool before = j->broken;

	j->broken = true;
	if (!before && j->conf.broken != NULL)
		j->conf.broken(j->conf.ctx, e);
}

/*
 * What was being written may be in the file or not, and a later sync that
 * succeeds proves nothing. Records build on those before them, so none may
 * follow: those that wait are refused with it.
 */
static void write_failed(struct journal *j)
{
	struct err told;

	fail(j, &j->failed);
	err_set(&told, ERR_BUSY, "journal: not writable (%s); try again later", j->failed.msg);
	loop_timer_off(j->conf.loop, &j->timer);
	batch_tell(&j->flight, &told);
	batch_tell(&j->open, &told);
}

static void commit_done(struct job *job)
{
	struct journal *j = CONTAINER_OF(job, struct journal, job);

	j->writing = false;
	j->commits++;
	if (j->failed.kind != ERR_NONE) {
		write_failed(j);
	} else {
		j->at += j->flight.bytes.n;
		batch_tell(&j->flight, NULL);
	}
	if (j->open.bytes.n > 0 && (j->due || j->finishing))
		commit_start(j);
	else if (j->finishing && j->open.bytes.n == 0)
		journal_free(j);
}

static void commit_start(struct journal *j)
{
	struct batch swap = j->flight;
	struct err e;

	loop_timer_off(j->conf.loop, &j->timer);
	j->due = true;
	if (j->writing || j->open.bytes.n == 0)
		return;
	j->due = false;
	j->flight = j->open;
	j->open = swap;
	if (j->flight.last == &j->open.first)
		j->flight.last = &j->flight.first;
	j->open.first = NULL;
	j->open.last = &j->open.first;
	j->writing = true;
	j->job = (struct job){ .work = commit_work, .done = commit_done, .home = j->conf.loop };
	if (pool_submit(j->conf.pool, &j->job, &e) < 0) {
		j->failed = e;
		commit_done(&j->job);
	}
}

static void timer_fired(struct timer *t)
{
	commit_start(CONTAINER_OF(t, struct journal, timer));
}

void journal_append(struct journal *j, struct str tenant, struct str record, struct journal_wait *w)
{
	struct err e;
	size_t before = j->open.bytes.n;

	if (j->broken) {
		err_set(&e, ERR_BUSY, "journal: not writable, see the log; try again later");
		w->done(w, &e);
		return;
	}
	journal_put_frame(&j->open.bytes, tenant, record);
	if (j->open.bytes.over) {
		j->open.bytes.over = false;
		err_set(&e, ERR_BUSY, "journal: more than %d bytes wait to be written", MAX_BATCH);
		fail(j, &e); /* the head has the row: without it later records make no sense */
		w->done(w, &e);
		return;
	}
	w->next = NULL;
	*j->open.last = w;
	j->open.last = &w->next;
	if (j->conf.delay <= 0 || j->open.bytes.n >= BATCH_NOW)
		commit_start(j);
	else if (before == 0)
		loop_timer(j->conf.loop, &j->timer, loop_mono(j->conf.loop) + j->conf.delay);
}

/* ---- files ---- */

static int file_make(const struct journal_conf *c, uint64_t generation, struct err *e)
{
	char name[48], head[JOURNAL_HEADER];
	int fd;

	journal_name(name, generation, c->shard);
	journal_put_header(head, generation, c->shard);
	fd = fd_open(c->dir, name, O_WRONLY | O_CREAT | O_EXCL, e);
	if (fd < 0)
		return err_wrap(e, "journal");
	if (write_at(fd, str_of(head, sizeof(head)), 0, e) < 0)
		goto failed;
	if (fdatasync(fd) < 0 || fsync(c->dir) < 0) {
		err_sys(e, ERR_IO, "sync");
		goto failed;
	}
	return fd;
failed:
	fd_close(&fd);
	unlinkat(c->dir, name, 0);
	return err_wrap(e, "journal %s", name);
}

struct journal *journal_open(const struct journal_conf *conf, uint64_t generation, struct err *e)
{
	struct journal *j;
	int fd = file_make(conf, generation, e);

	if (fd < 0)
		return NULL;
	j = mem_zalloc(sizeof(*j));
	j->conf = *conf;
	j->fd = fd;
	j->at = j->allocated = JOURNAL_HEADER;
	j->timer.fn = timer_fired;
	batch_init(&j->open);
	batch_init(&j->flight);
	return j;
}

void journal_finish(struct journal *j, void (*done)(void *ctx), void *ctx)
{
	if (j == NULL)
		return;
	j->finishing = true;
	j->finished = done;
	j->finished_ctx = ctx;
	if (j->open.bytes.n > 0)
		commit_start(j);
	else if (!j->writing)
		journal_free(j);
}

bool journal_is_broken(const struct journal *j)
{
	return j == NULL || j->broken;
}

uint64_t journal_bytes(const struct journal *j)
{
	return j == NULL ? 0 : j->at;
}

uint64_t journal_commits(const struct journal *j)
{
	return j->commits;
}
