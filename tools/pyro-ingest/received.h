/*
 * received.h - what came in, by tenant and type of profile: histograms of the
 * bytes as sent, the bytes unpacked, and the samples of each profile. Counted
 * by any thread, without locks; rows are never removed.
 */
#ifndef RECEIVED_H
#define RECEIVED_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/str.h"

enum { RECEIVED_BUCKETS = 30, RECEIVED_TYPES_MAX = 64, RECEIVED_KINDS = 3 };

struct received {
	struct str type; /* the profile's __name__, or "other" past RECEIVED_TYPES_MAX */
	struct received *next;
	struct received_hist {
		_Atomic uint64_t counts[RECEIVED_BUCKETS + 1], sum;
	} kinds[RECEIVED_KINDS]; /* compressed, decompressed, samples */
};

struct received_list {
	_Atomic(struct received *) first;
	_Atomic uint32_t n;
};

void received_count(struct received_list *l, struct str type, uint64_t compressed, uint64_t decompressed,
    uint64_t samples);
struct received_sum {
	uint64_t profiles, compressed, decompressed, samples;
};

/* Over all types; each number is a moment's. */
struct received_sum received_sum(const struct received_list *l);
void received_free(struct received_list *l);

/* The families, of all tenants. */
struct received_tenant {
	struct str name;
	const struct received_list *list;
};

void received_print(struct buf *b, const struct received_tenant *tenants, size_t n);

#endif
