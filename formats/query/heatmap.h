/*
 * heatmap.h - points counted in cells of time and value, and the largest point
 * of each cell or moment as its example.
 *
 * Times lie on the grid from, from + step, ...; the cell of a time holds what
 * came since the one before. Values lie in HEATMAP_ROWS rows of one height,
 * the same for all series, from the smallest value to the largest:
 *
 *	row i:  floors[i] <= value < floors[i + 1]; the last one holds the largest value too
 *
 *	struct point_groups g = points_grouped(a, &part.points, by, n_by);
 *	struct heatmap_opts o = { .from = from, .step = step };
 *	if (heatmap_make(a, &g, &o, &map, e) < 0) ...
 *
 * Limit: HEATMAP_MAX_SLOTS times of series, which have 408 bytes each (53 MB).
 *
 * Source: spec of the read API, 8.9 and 8.10.
 */
#ifndef HEATMAP_H
#define HEATMAP_H

#include "formats/query/points.h"

enum { HEATMAP_ROWS = 20, HEATMAP_MAX_SLOTS = 1 << 17, HEATMAP_MAX_EXAMPLES = 1 << 17 };

/* A point and all labels of its series. */
struct example {
	const struct point *point; /* NULL: there is none */
	const struct labels *labels;
};

struct heatmap_slot {
	int64_t time; /* ms */
	int32_t counts[HEATMAP_ROWS];
	struct example examples[HEATMAP_ROWS];
};

struct heatmap_series {
	struct labels labels;
	struct heatmap_slot *p; /* ascending, each with a count */
	size_t n;
	uint64_t count; /* of its points */
};

struct heatmap {
	struct heatmap_series *p;
	size_t n;
	double floors[HEATMAP_ROWS];
	int64_t min, max;  /* values; max > min */
	size_t n_examples; /* what has to be told of each is larger: HEATMAP_MAX_EXAMPLES is for who tells it */
};

struct heatmap_opts {
	int64_t from, step; /* ms */
	int64_t limit;      /* of more series those with the most points, in descending order; <= 0: all */
};

/* No points: n is 0. Borrows from g. ERR_INVALID: too many slots. */
int heatmap_make(struct arena *a, const struct point_groups *g, const struct heatmap_opts *o, struct heatmap *out,
    struct err *e);

/* The largest point of each time of the grid. */
struct moment {
	int64_t time; /* ms */
	struct example example;
};

struct moments {
	struct moment *p; /* ascending */
	size_t n;
};

struct moments largest_points(struct arena *a, const struct point_group *g, int64_t from, int64_t step);

#endif
