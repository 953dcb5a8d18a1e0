/*
 * shard.h - the rows of some symbol partitions, owned by one thread: the
 * active head of each tenant and the journal of their changes. Everything
 * reaches a shard as a message (a task posted to its loop) and goes back as
 * one; nothing is locked.
 *
 * A cut takes all active heads away at once (shard_freeze): from then on they
 * never change and belong to the cutter, and the shard starts new ones with
 * a new journal file. Messages of one sender keep their order, so a
 * question asked before the freeze sees the old heads and one asked after it
 * sees the new ones.
 */
#ifndef SHARD_H
#define SHARD_H

#include "formats/head/head.h"
#include "proc/loop.h"
#include "tools/pyro-ingest/journal.h"
#include "tools/pyro-ingest/tenants.h"

struct shard;

struct counters {
#define COUNTER(name, metric, help) _Atomic uint64_t name;
#include "tools/pyro-ingest/counters.def"
#undef COUNTER
};

/* What all shards and workers share. */
struct shard_shared {
	struct counters *counters;
	_Atomic uint64_t *memory; /* bytes of all active heads */
	_Atomic uint64_t *held;   /* bytes of heads that are on their way into blocks */
	uint64_t max_memory;
};

struct shard_conf {
	uint32_t number;
	struct loop *loop;
	struct journal_conf journal; /* shard, loop and broken are filled in */
	struct shard_shared shared;
	/* On the shard's thread: heads are large or the journal is broken: please cut. */
	void (*pressure)(void *ctx);
	void *ctx;
};

struct shard *shard_new(const struct shard_conf *conf, uint64_t generation, struct err *e);
/* On the shard's thread, with no message under way. Heads are freed: freeze first to keep their rows. */
void shard_free(struct shard *s);
uint64_t shard_journal_bytes(struct shard *s); /* any thread: an estimate */

/*
 * One cleaned profile. done is called on `home` when the row is durable or refused; before that stored, unless it was
 * refused: the head has the row, and nobody looks at push any more.
 */
struct shard_add {
	struct task task; /* the shard's */
	struct shard *shard;
	struct head_push push; /* valid until stored or done */
	struct tenant *tenant;
	int64_t max_series; /* of the tenant, over all shards; 0 = no limit */
	struct loop *home;
	void (*stored)(struct shard_add *a);
	void (*done)(struct shard_add *a);
	struct task told;         /* the shard's, for stored */
	struct err *err;          /* NULL = stored; else to be freed with mem_free */
	enum discard reason;      /* of err */
	struct journal_wait wait; /* the shard's */
	void *wait_ctx;           /* the sender's */
};

void shard_send(struct shard *s, struct shard_add *a);

/* A question about the active head of a tenant. fn runs on the shard's thread, done on home. */
struct shard_ask {
	struct task task;
	struct shard *shard;
	struct str tenant;
	void (*fn)(struct shard_ask *a, struct head *h); /* h may be NULL: no rows */
	void (*done)(struct shard_ask *a);
	struct loop *home;
	void *ctx;
};

void shard_question(struct shard *s, struct shard_ask *a);

struct frozen_head {
	struct str tenant; /* bytes live as long as the tenants list */
	struct head *head;
	uint32_t shard; /* whose thread asks it: one at a time */
	uint64_t held;  /* bytes of it that shard_shared.held counts */
};

/*
 * Takes the heads away. On failure (no new journal file) the shard goes on as
 * before; one whose journal is broken hands over its heads all the same, and
 * takes no more until a later freeze succeeds. A shard without rows has
 * nothing to hand over, and keeps its journal.
 */
struct shard_freeze {
	struct task task;
	struct shard *shard;
	uint64_t generation;                  /* of the new heads */
	void (*done)(struct shard_freeze *f); /* on home: heads are yours */
	struct loop *home;
	void *ctx;
	VEC(struct frozen_head) heads;
	char journal[48]; /* the file with their changes, complete when done is called; "" = none */
	bool failed;
	struct err err;
};

void shard_take_heads(struct shard *s, struct shard_freeze *f);

#endif
