/*
 * clean.h - the distributor's steps between a decoded profile and the head,
 * in the order that clients can observe: labels, validation, Go fix-ups,
 * sample types, normalisation, session, split by sample labels, relabelling,
 * label rules. Pure: time and limits come in as values.
 *
 *	if (clean_profile(a, &in, &out, e) < 0)         refused; out.reason says why
 *	for (i = 0; i < out.n; i++) head_add(h, imp, &out.p[i], ...);
 *
 * The profile is changed in place. out.n = 0 is success with nothing to store.
 *
 * Source: spec of the write API, sections 10 to 13.
 */
#ifndef CLEAN_H
#define CLEAN_H

#include "conf/limits.h"
#include "formats/head/head.h"
#include "formats/labels/relabel.h"

enum discard {
#define DISCARD(name) DISCARD_##name,
#include "tools/pyro-ingest/discard.def"
#undef DISCARD
	DISCARDS
};

struct clean_rules { /* made from a tenant's limits once */
	const struct limits *limits;
	struct relabel_rules *series; /* with the built-in ones; NULL = none */
	struct relabel_rules *types;  /* NULL = none */
};

struct clean_in {
	const struct clean_rules *rules;
	int64_t now;          /* unix ns */
	struct labels labels; /* as sent: any order, duplicates possible; see clean_labels */
	struct profile *profile;
	struct str partition_label; /* option; may be empty */
};

struct clean_out {
	struct head_push *p;
	uint32_t n;
	enum discard reason;
};

/* Step 1: empty labels go, service_name is there, sorted by name. New array in a. */
struct labels clean_labels(struct arena *a, const struct labels *sent);
/*
 * Size that rate limits count: label bytes and the serialised profile. One
 * that came as text gets its wire_size here, so that size limits see it.
 */
uint64_t clean_size(const struct labels *l, struct profile *p);
int clean_profile(struct arena *a, const struct clean_in *in, struct clean_out *out, struct err *e);

/* The parts (clean_validate.c, clean_go.c, clean_version.c); tested by themselves. */
int clean_check_profile(struct arena *a, const struct limits *l, int64_t now, const struct labels *labels,
    struct profile *p, enum discard *reason, struct err *e);
/* Sanitises names; *l may become a new array in a. */
int clean_check_labels(struct arena *a, const struct limits *limits, struct labels *l, enum discard *reason,
    struct err *e);
bool clean_is_go(const struct labels *l, const struct profile *p);
void clean_go(struct arena *a, struct profile *p); /* [go.shape...] in names, truncated stacks */
/* With labels of the source version the build id of each mapping becomes a JSON object of them (clean_version.c). */
int clean_version(struct arena *a, const struct labels *l, struct profile *p, struct err *e);

#endif
