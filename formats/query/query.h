/*
 * query.h - questions over datasets: which labels, which series, and the
 * merge of the samples of many rows as a tree, a profile or a time series.
 * The same code answers for the head, for blocks and at the prompt. Partial
 * answers of several places are merged with the same types.
 *
 * Source: spec of the read API, sections 7 and 8.
 */
#ifndef QUERY_H
#define QUERY_H

#include "base/map.h"
#include "base/vec.h"
#include "formats/query/dataset.h"
#include "formats/profile.h"
#include "formats/query/tree.h"

struct query {
	struct selector *selector;   /* with the profile type's matcher, if there is one */
	int64_t from, to;            /* unix ns, both inclusive */
	const struct str *call_site; /* function names from the root, or NULL */
	uint32_t n_call_site;
	const uint64_t *spans; /* ascending; only samples of these span ids (0 never matches) */
	uint32_t n_spans;
	bool by_span;                     /* spans is a condition even when empty */
	const uint8_t (*profile_ids)[16]; /* ascending */
	uint32_t n_profile_ids;
};

/* The orders of spans and profile_ids, for qsort. */
int query_span_cmp(const void *a, const void *b);
int query_id_cmp(const void *a, const void *b);

/* Adds to the tree; call tree_total after the last. */
int query_tree(struct dataset *const *sets, size_t n, const struct query *q, struct tree *into, struct err *e);

struct query_profile_opts {
	struct profile_type type; /* for the head of the profile; type.type may be empty */
	int64_t max_nodes;        /* <= 0: all */
	bool go_pgo;
	uint32_t keep_locations;
	bool aggregate_callees;
	bool packed;   /* see struct merged_profile */
	uint64_t *cut; /* NULL, or: how many nodes max_nodes has taken is added, for each part by itself */
};

/* A profile with one value a sample, without a time; no member is set where nothing was found. */
struct merged_profile {
	struct str
	    pprof; /* as bytes, if that is wanted and all samples are of one partition, whose symbols need no look; or else */
	struct profile *profile;         /* ids are 1..n */
	struct profile_builder *builder; /* of it, for profile_merge_into */
};

int query_profile(struct arena *a, struct dataset *const *sets, size_t n, const struct query *q,
    const struct query_profile_opts *o, struct merged_profile *out, struct err *e);

/* Time series: totals by group, on the grid from, from + step, ... <= to (read API 8.8). */
struct series_point {
	int64_t time; /* of the grid, ms */
	int64_t sum;
	uint64_t count; /* profiles; sum / count is the average */
};

struct series_group {
	struct labels labels;   /* the group labels this series has */
	struct series_point *p; /* ascending, no two of a time */
	size_t n, room;         /* room: places of p that may be filled; 0: none, p is not its own */
};

struct series_set {
	struct series_group *p;
	size_t n;
};

enum { SERIES_MAX_FUNCTIONS = 64 };
#define FUNCTION_LABEL STR("__function__")

struct query_series_opts {
	const struct str *by;
	uint32_t n_by;
	/* One series for each of these functions, with the label FUNCTION_LABEL, of its own values or, cum, with those
	   of what it calls; none: totals. */
	const struct str *functions;
	uint32_t n_functions; /* <= SERIES_MAX_FUNCTIONS */
	bool cum;
	int64_t from_ms, to_ms, step_ms; /* step > 0 */
};

/* The first time of the grid from, from + step, ... at or after ms; it may lie behind the end of a range. */
int64_t series_grid_time(int64_t ms, int64_t from, int64_t step);
int query_series(struct arena *a, struct dataset *const *sets, size_t n, const struct query *q,
    const struct query_series_opts *o, struct series_set *out, struct err *e);
/* The points of a series in few bytes, for this process alone: 2 to 6 for one of a profile that comes as regularly as they do. */
struct str series_pack(struct arena *a, const struct series_group *g);
/* Packed series of one set, on the grid of o (its range and step); those of equal labels are added up. */
struct series_grid {
	struct arena *a; /* of the set */
	const struct query_series_opts *o;
	int64_t first_ms, last_ms; /* points before and behind are left out */
	VEC(struct series_group) groups;
	struct map by_labels;
};
void series_grid_init(struct series_grid *g, struct arena *a, const struct query_series_opts *o, int64_t first_ms,
    int64_t last_ms);
/* packed: what series_pack made. Fast where series of equal labels come in the order of their times. */
void series_grid_add(struct series_grid *g, const struct labels *l, struct str packed);
/* Series without points are left out. */
void series_grid_finish(struct series_grid *g, struct series_set *out);
/* Adds the points of equal groups. Fast where the times of from are the later ones. */
void series_merge(struct arena *a, struct series_set *into, const struct series_set *from);
/* By descending sum, ties by labels; limit <= 0: all. average: by the average. */
void series_order(struct series_set *s, int64_t limit, bool average);
/* As a querier.v1.SelectSeriesResponse: a point has the sum of its time or, average, the average. */
void series_encode(const struct series_set *s, bool average, struct buf *out);

/* What a question would touch: datasets with rows in its range and their bytes, and the rows that it selects. */
struct plan {
	struct plan_scope {
		uint64_t sets, series, profiles, samples;
		uint64_t index_bytes, profile_bytes, symbol_bytes;
	} recent, stored; /* in memory; in files */
};

int query_plan(struct dataset *const *sets, size_t n, const struct query *q, struct plan *out, struct err *e);
void plan_merge(struct plan *into, const struct plan *from);

/* Labels. Selectors are alternatives; none: everything. Results are sorted and unique, in a. */
struct str_list {
	struct str *p;
	size_t n;
};

struct labels_list {
	struct labels *p;
	size_t n;
};

/* Which series count: those with a row from..to, unix ns; the whole time: every series. */
struct label_range {
	int64_t from, to;
};

int query_label_names(struct arena *a, struct dataset *const *sets, size_t n, struct selector *const *sel, size_t n_sel,
    struct label_range in, struct str_list *out, struct err *e);
int query_label_values(struct arena *a, struct dataset *const *sets, size_t n, struct selector *const *sel,
    size_t n_sel, struct label_range in, struct str name, struct str_list *out, struct err *e);
/* Distinct label sets, only the names asked for (none: all). */
int query_label_sets(struct arena *a, struct dataset *const *sets, size_t n, struct selector *const *sel, size_t n_sel,
    struct label_range in, const struct str *names, size_t n_names, struct labels_list *out, struct err *e);
/* Adds copies of what is new; lists in another order are sorted first. */
void str_list_merge(struct arena *a, struct str_list *into, const struct str_list *from);
void labels_list_merge(struct arena *a, struct labels_list *into, const struct labels_list *from);

#endif
