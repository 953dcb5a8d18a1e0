/*
 * points.h - single rows with their values, for heat maps and exemplars:
 * each profile of each series that a question selects, or each span of each
 * profile, with the sum of its samples.
 *
 * Limit: POINTS_MAX of one question; more are an error that says so, because
 * a picture of some of them would be wrong.
 *
 * Source: spec of the read API, 8.9 and 8.10.
 */
#ifndef POINTS_H
#define POINTS_H

#include "formats/msg/messages.h"
#include "formats/query/query.h"

enum { POINTS_MAX = 1 << 20 };

struct point {
	int64_t time; /* ms */
	int64_t value;
	uint64_t span; /* as in struct row; 0 unless spans were asked for */
	uint8_t id[16];
};

struct point_series { /* labels: all that the series has */
	struct labels labels;
	struct point *p;
	size_t n;
};

struct point_set {
	struct point_series *p;
	size_t n;
};

/*
 * spans: a point for each span id of a profile; samples without one are left out. With a call site, samples below it
 * alone count, and profiles without any are left out.
 */
int query_points(struct arena *a, struct dataset *const *sets, size_t n, const struct query *q, bool spans,
    struct point_set *out, struct err *e);
/* Borrows from both. */
int points_merge(struct arena *a, struct point_set *into, const struct point_set *from, struct err *e);

/* As messages between two programs of one machine (points_codec.c). Borrows labels. */
void points_to_message(struct arena *a, const struct point_set *s, struct pyro_points_list *out);
int points_of_message(struct arena *a, const struct pyro_points_list *m, struct point_set *out, struct err *e);

/* Series with equal labels `by` (ascending names) together, ascending by those. */
struct point_group {
	struct labels labels;
	const struct point_series **series;
	size_t n;
};

struct point_groups {
	struct point_group *p;
	size_t n;
};

struct point_groups points_grouped(struct arena *a, const struct point_set *s, const struct str *by, size_t n_by);

#endif
