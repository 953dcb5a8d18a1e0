/*
 * ask.h - one question about rows, in a form that travels: the shards, the
 * replayed heads and the blocks each answer it with a part, and parts merge
 * into the whole. pyro-query sends it to pyro-ingest as pyro.v1.Ask.
 *
 *	struct part whole = { 0 }, part;
 *	for each place: ask_run(a, &ask, sets, n, &part, e); part_merge(a, &ask, &whole, &part, e);
 *	part_fini(&whole);
 */
#ifndef ASK_H
#define ASK_H

#include "formats/msg/messages.h"
#include "formats/query/points.h"
#include "formats/query/query.h"
#include "formats/query/query_sums.h"

enum {
	ASK_MAX_NAMES = 1000,                         /* selectors, label names */
	ASK_MAX_QUESTION = 8 << 20,                   /* bytes of what a client asks, unpacked */
	ASK_MAX_BODY = ASK_MAX_QUESTION + (64 << 10), /* with its framing */
};

enum ask_kind {
	ASK_TREE = 1,
	ASK_PROFILE,
	ASK_SERIES,
	ASK_NAMES,
	ASK_VALUES,
	ASK_SETS,
	ASK_STATS,
	ASK_PLAN,
	ASK_POINTS,
};

struct part {
	struct tree *tree; /* ASK_TREE; NULL = nothing */
	struct msg_strs
	    pprofs; /* ASK_PROFILE: the sum is of these, and of the profile; they are read when they must be */
	struct profile *profile;         /* without a time; NULL = nothing beside them */
	struct profile_builder *builder; /* of that, so that more can be added; or NULL */
	uint64_t cut; /* nodes that max_nodes took from the profile, where its samples lie: each place by itself */
	struct series_set series;
	struct point_set points;
	struct str_list strings;
	struct labels_list sets;
	struct plan plan;
	int64_t min_time, max_time; /* of all rows of the places; max < min: none */
};

struct part part_none(void);
void part_fini(struct part *p); /* the tree; the rest lives in the arena */

/* Of a question about labels: the rows that say which there are, in whole hours (see differences.md). */
struct label_range ask_label_range(const struct pyro_ask *ask);

/* Checks and parses the question each time, because regular expressions belong to one thread. */
int ask_run(struct arena *a, const struct pyro_ask *ask, struct dataset *const *sets, size_t n, struct part *out,
    struct err *e);
struct ask_way {
	struct patience *patience; /* of the selectors (matcher.h), or NULL */
	bool packed; /* a profile comes as bytes where that is less work, because nothing is added to it soon */
	struct sums
	    *sums; /* of an ask with ask_by_sums: what is found is added to these, and the part is empty; or NULL */
};
/* Is the answer made of sums of stacks and nothing else (query_sums.h)? */
bool ask_by_sums(const struct pyro_ask *ask);
/* The answer that sums make. */
int ask_sums_part(struct arena *a, const struct pyro_ask *ask, const struct ask_way *way, struct part *out,
    struct err *e);
int ask_run_so(struct arena *a, const struct pyro_ask *ask, const struct ask_way *way, struct dataset *const *sets,
    size_t n, struct part *out, struct err *e);
/* from is taken over: do not use or end it afterwards. Both parts' memory must live as long as `into`; but where `into` has a
   builder, nothing of from is needed any more. */
int part_merge(struct arena *a, const struct pyro_ask *ask, struct part *into, struct part *from, struct err *e);

/* Of ASK_PROFILE: *out is the whole, in a; NULL: nothing was found. ERR_CORRUPT: another process made it so. */
int part_profile(struct arena *a, struct part *p, struct profile **out, struct err *e);
/* The same as pprof, with a time and a duration; nothing is written where nothing was found. */
int part_pprof(struct arena *a, struct part *p, int64_t time, int64_t duration, struct buf *out, struct err *e);

/* As the message pyro.v1.Answer, but for the blocks. Borrows from p and a. */
void part_to_message(struct arena *a, const struct part *p, struct pyro_answer *out);
int part_of_message(struct arena *a, const struct pyro_answer *m, struct part *out, struct err *e);

#endif
