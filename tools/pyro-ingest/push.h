/*
 * push.h - one write request on its way: the profiles it brought, cleaned and
 * sent to their shards, and the moment when all of them are durable.
 *
 *	struct push *p = push_new(w, r, tenant);
 *	push_profile(p, &labels, profile);      any number; errors are collected
 *	push_send(p, reply);                    reply(p) later, once, on this thread
 *
 * Profiles with addresses that the server may know names for (debuginfo.h) are
 * given them first, by the thread that has the tables; all others do not wait
 * for anything.
 *
 * Each profile stands alone: valid ones are stored though others fail, and
 * p->err is the first failure in the order of the request. The profiles live
 * in p->mem, which goes when all rows are in memory, and with it the body of
 * the request: what waits for a sync is small. All else is the request's arena.
 */
#ifndef PUSH_H
#define PUSH_H

#include "formats/labels/labels.h"
#include "net/http.h"
#include "proc/pool.h"
#include "tools/pyro-ingest/shard.h"

struct worker;

struct push;

struct push_item {
	struct push *push;
	struct err *err; /* NULL = good so far */
	struct shard_add *adds;
	uint32_t n;
	/* A profile that first gets names; NULL otherwise. */
	struct profile *nameless;
	struct labels sent;
	size_t raw_size;
	uint64_t wire_size;
};

struct push {
	struct worker *w;
	struct http_req *r;
	struct arena *a;   /* the request's */
	struct arena *mem; /* of profiles and their buffers; NULL when all are stored */
	struct tenant *tenant;
	const struct clean_rules *rules; /* until push_send: another tenant or a reload moves them */
	VEC(struct push_item) items;
	VEC(struct buf) scratch;
	uint32_t pending;
	uint32_t unread;   /* rows that are not stored yet */
	uint32_t nameless; /* items */
	struct job names;
	void (*done)(struct push *p);
	void *ctx;             /* the handler's */
	const struct err *err; /* first failure, or NULL; valid until push_free */
	bool pressed;          /* refused for want of memory: it may be sent again */
};

struct push *push_new(struct worker *w, struct http_req *r, const struct tenant_rules *tenant);
void push_free(struct push *p);

/* A buffer for the bytes of one profile; lives as long as p->mem. Not valid after the next call. */
struct buf *push_scratch(struct push *p);
/* Rate limit, cleaning. The profile lives in p->mem or longer. raw_size: bytes as they came, for the counters. */
void push_profile(struct push *p, const struct labels *sent, struct profile *f, size_t raw_size);
/* A profile that could not be decoded: counts as one of the request's. */
void push_failed(struct push *p, const struct err *e, enum discard reason, size_t raw_size);
void push_send(struct push *p, void (*done)(struct push *p));

#endif
