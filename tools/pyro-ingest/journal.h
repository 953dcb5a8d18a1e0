/*
 * journal.h - the log of head changes of one shard: what makes an answer
 * durable. Records are collected, written and synced together (group commit)
 * by a pool thread; whoever waits for a record is told when it is on disk.
 *
 *	j = journal_open(&conf, generation, e);
 *	journal_append(j, tenant, record, &push->wait);         later: push->wait.done(...)
 *	journal_finish(j, done, ctx);                           written out, closed and freed
 *
 * One file per shard and generation, <dir>/<generation>-<shard>.journal; its
 * bytes are those of formats/head/journal_format.h. A torn tail was never
 * acknowledged and is ignored; damage is counted and reported and the file is
 * kept aside. When a write or a sync fails, or the file was removed, nothing
 * more is acknowledged on it (conf.broken tells): the heads are to be cut,
 * and a new generation begins.
 *
 * All calls on the shard's loop, but journal_replay, which needs none.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include "base/buf.h"
#include "base/err.h"
#include "proc/loop.h"

struct journal;
struct pool;

struct journal_conf {
	int dir; /* descriptor of the folder */
	uint32_t shard;
	struct loop *loop;
	struct pool *pool;
	int64_t delay;                                  /* ns to wait for company before a commit; 0 = none */
	void (*broken)(void *ctx, const struct err *e); /* writing failed: this journal takes no more records */
	void *ctx;
};

/* Told once, on the loop; e is NULL when the record is durable. */
struct journal_wait {
	void (*done)(struct journal_wait *w, const struct err *e);
	struct journal_wait *next;
};

struct journal *journal_open(const struct journal_conf *conf, uint64_t generation, struct err *e);
void journal_append(struct journal *j, struct str tenant, struct str record, struct journal_wait *w);
/* Commits what waits, then closes the file, frees j and calls done (may be NULL). Accepts NULL. */
void journal_finish(struct journal *j, void (*done)(void *ctx), void *ctx);
bool journal_is_broken(const struct journal *j); /* takes no records; so does NULL */
uint64_t journal_bytes(const struct journal *j); /* of the file; 0 of NULL */
uint64_t journal_commits(const struct journal *j);

/* ---- reading ---- */

struct journal_report {
	uint64_t generation, records, bytes; /* bytes: of sound frames */
	uint32_t shard, broken;              /* broken: damaged or refused records */
	uint64_t torn;                       /* bytes of an unfinished last frame */
};

/*
 * Calls fn for each sound record; -1 from it counts as broken and goes on, and
 * the first such error is in e when 0 is returned.
 * ERR_CORRUPT and ERR_UNSUPPORTED are about the header. A file whose header was
 * never written counts as torn: nothing in it was acknowledged.
 */
int journal_replay(int dir, const char *name, int (*fn)(void *ctx, struct str tenant, struct str record, struct err *e),
    void *ctx, struct journal_report *out, struct err *e);

/* "<generation>-<shard>.journal" -> both; false if the name is another. */
bool journal_name_parse(struct str name, uint64_t *generation, uint32_t *shard);
void journal_name(char out[static 48], uint64_t generation, uint32_t shard);

#endif
