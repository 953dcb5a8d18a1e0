/*
 * retain.h - which blocks are old enough to go. Pure: time, sizes and the
 * state of the disk come in.
 *
 * A block goes when it is older than its tenant's retention period. When the
 * disk is nearly full (less than min_free bytes and at most min_fraction of it
 * are free) the oldest ones go until it no longer is, but none that is younger
 * than RETAIN_YOUNG. Age counts from when the block was cut.
 */
#ifndef RETAIN_H
#define RETAIN_H

#include "base/base.h"
#include "base/clock.h"

#define RETAIN_YOUNG (4 * 3600 * NS_PER_S)

enum retain { RETAIN_KEEP, RETAIN_AGE, RETAIN_DISK };

struct retain_block {
	int64_t made;   /* unix ns */
	int64_t period; /* of its tenant, ns; 0 = for ever */
	uint64_t bytes;
	enum retain verdict; /* filled by retain_pick */
};

struct retain_disk {
	uint64_t free, total; /* bytes */
	uint64_t min_free;    /* 0 = whatever */
	double min_fraction;
};

bool retain_disk_full(const struct retain_disk *d);
/* blocks ascending by `made`. Returns how many go. */
size_t retain_pick(struct retain_block *b, size_t n, const struct retain_disk *d, int64_t now);

#endif
