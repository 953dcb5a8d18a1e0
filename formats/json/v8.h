/*
 * v8.h - call trees of V8: .cpuprofile, .heapprofile and the profile chunks of
 * trace events.
 *
 *	{"nodes":[{"id":1,"callFrame":{"functionName":"(root)","scriptId":"0",
 *	   "url":"","lineNumber":-1,"columnNumber":-1},"hitCount":0,"children":[2]},
 *	  {"id":2,...,"positionTicks":[{"line":7,"ticks":3}]}],
 *	 "startTime":1000,"endTime":5000,"samples":[2,2],"timeDeltas":[0,1000]}
 *
 * Nodes name their children or their parent; older ones are nested below
 * "head" with the members of callFrame beside id. Lines in callFrame begin
 * with 0 (those of old nodes with 1), in positionTicks with 1; columns as lines. Times are
 * microseconds (seconds where there are no timeDeltas); a sample lasts until
 * the next, the last until endTime. Samples whose time goes back are put in
 * order, as they were taken.
 *
 *	{"head":{"callFrame":{...},"selfSize":8,"id":1,"children":[...]},
 *	 "samples":[{"size":8,"nodeId":1,"ordinal":1}]}
 *
 * As a profile: samples/count and cpu/nanoseconds; of a heap inuse_objects/
 * count (where there are samples) and inuse_space/bytes. The root is no frame,
 * but (program), (idle) and (garbage collector) are; a function without a name
 * is (anonymous). The line of the innermost frame is that of positionTicks,
 * where there are some: which of the samples of a node has which line is not
 * known, their number is. Other lines, and the column, are those of the function.
 *
 * Source: spec of the command line, 5.7.
 */
#ifndef V8_H
#define V8_H

#include "formats/format.h"
#include "formats/json/json_walk.h"
#include "formats/json/stack_tree.h"

struct v8_tick {
	uint32_t line, ticks;
};

struct v8_node {
	const char *where;
	uint32_t id, parent; /* parent: an id */
	bool has_parent, linked;
	struct str name, url, script;
	int64_t line;    /* from 1, 0 = none */
	uint32_t column; /* from 1, 0 = none */
	uint64_t hits, size;
	uint32_t first_tick, n_ticks;
	uint32_t up; /* position of the parent, UINT32_MAX = none */
};

struct v8_child {
	uint32_t parent; /* position */
	uint32_t id;
};

/* What was read, in the arena of the walk. */
struct v8_tree {
	struct jwalk *j;
	struct v8_node *nodes;
	struct v8_child *children;
	struct v8_tick *ticks;
	uint32_t n, cap, n_children, cap_children, n_ticks, cap_ticks;
	struct table ids;
	uint32_t *dense; /* by id, position + 1: when ids are small, as they are */
	uint32_t n_dense;
	/* of a CPU profile */
	uint32_t *samples; /* ids */
	int64_t *deltas;   /* ns */
	uint32_t n_samples, cap_samples, n_deltas, cap_deltas;
	double start, end;
	bool has_end, seconds;
};

/* Reads "nodes": an array of flat nodes; appends. */
void v8_read_nodes(struct v8_tree *t);
/* Reads "head": a node with its children inside. */
void v8_read_head(struct v8_tree *t);
void v8_read_samples(struct v8_tree *t); /* appends ids */
void v8_read_deltas(struct v8_tree *t);  /* appends */
/* Finds parents. -1: an id twice, one that is not there, two parents. */
int v8_link(struct v8_tree *t, const struct format_opts *o, struct format_notes *notes);
/* The position of a node by its id; UINT32_MAX if there is none. */
uint32_t v8_find(const struct v8_tree *t, uint32_t id);
/* The CPU profile in it. tags: of every sample. */
struct profile *v8_profile(struct v8_tree *t, struct profile_builder *b, const struct tag *tags, uint32_t n_tags,
    const struct format_opts *o, struct format_notes *notes, size_t input);

int cpuprofile_decode(struct arena *a, struct str json, const struct format_opts *o, struct profile **out,
    struct format_notes *notes, struct err *e);
int heapprofile_decode(struct arena *a, struct str json, const struct format_opts *o, struct profile **out,
    struct format_notes *notes, struct err *e);
/* Of one type, with weights as time deltas. ERR_INVALID for negative values. */
int cpuprofile_encode(const struct profile *p, uint32_t type, struct buf *out, struct err *e);

#endif
