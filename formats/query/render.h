/*
 * render.h - what /pyroscope/render and /pyroscope/render-diff answer: the
 * flamebearer JSON of a flame graph with its timeline, and the arithmetic of
 * the timeline. Everything is pure; the dot form is report_dot of report.h.
 *
 *	struct render r = { .graph = g, .name = STR("cpu"), .unit = STR("nanoseconds") };
 *	struct timeline t = timeline_make(a, from, until, timeline_step(from, until), points, n);
 *	r.timeline = &t;
 *	render_json(out, &r);
 *
 * Layout (one line and a line feed; < > & are escaped as Go's encoder does):
 *
 *	{"version":1,
 *	 "flamebearer":{"names":[...],"levels":[[x,total,self,name ...] ...],"numTicks":T,"maxSelf":M},
 *	 "metadata":{"format":"single","spyName":"","sampleRate":R,"units":"...","name":"..."},
 *	 "timeline":{"startTime":s,"samples":[...],"durationDelta":s,"watermarks":null},
 *	 "groups":null,"heatmap":null}          and leftTicks, rightTicks of a diff
 *
 * Source: spec of the read API, sections 10.1, 10.6 and 10.7.
 */
#ifndef RENDER_H
#define RENDER_H

#include "base/arena.h"
#include "base/buf.h"
#include "formats/query/tree.h"

struct timeline {
	int64_t start;     /* seconds, a multiple of step */
	int64_t step;      /* seconds */
	uint64_t *samples; /* one per step */
	size_t n;
};

struct timeline_point {
	int64_t time; /* ms, ascending */
	double value;
};

enum { TIMELINE_MAX = 1 << 20 }; /* steps of one timeline; timeline_step keeps them near 1,500 */

/* Step in seconds for a range in ms. */
int64_t timeline_step(int64_t from, int64_t until);
/* The points of one series laid on steps; empty when the range is. from and until in ms. */
struct timeline timeline_make(struct arena *a, int64_t from, int64_t until, int64_t step,
    const struct timeline_point *points, size_t n);

/* One line of groupBy: key = value of the first label, "*" for a series without it. Of equal keys the last counts. */
struct render_group {
	struct str key;
	struct timeline timeline;
};

struct render {
	const struct flamegraph *graph;
	bool diff;                       /* groups of seven, format "double" */
	struct str name;                 /* sample type: "cpu" */
	struct str unit;                 /* sample unit: "nanoseconds" */
	const struct timeline *timeline; /* NULL: null */
	struct str spy;                  /* spyName; usually empty */
	bool grouped;                    /* groups is an object, even when empty */
	const struct render_group *groups;
	size_t n_groups;
};

void render_json(struct buf *out, const struct render *r);
/* Units and sample rate that clients expect for a sample type. */
struct str render_units(struct str name, struct str unit, uint32_t *sample_rate);

#endif
