/*
 * retention.h - keeps the local blocks within their age limit and off a full
 * disk (retain.h decides). Each round on the main loop: a pool thread looks at
 * the disk and at the sizes, blocks that go are forgotten, and their files are
 * removed a round later, so that a question which was told of them still finds
 * them. What cannot be removed stays listed in the log and is tried again.
 */
#ifndef RETENTION_H
#define RETENTION_H

#include "conf/limits.h"
#include "proc/pool.h"
#include "tools/pyro-ingest/local_blocks.h"

struct retention;

struct retention_conf {
	struct loop *loop;
	struct pool *pool;
	const char *data;
	struct local_blocks *blocks;
	struct limits_set *const *limits; /* the present ones: periods of tenants */
	struct counters *counters;
	int64_t interval;    /* ns between rounds */
	uint64_t min_free;   /* bytes of the disk that stay free ... */
	double min_fraction; /* ... or this part of it */
};

/* Rounds begin after the first interval and go on as long as the loop runs. */
struct retention *retention_start(const struct retention_conf *conf);
void retention_free(struct retention *r); /* accepts NULL; a round under way ends first, then it is freed */

#endif
