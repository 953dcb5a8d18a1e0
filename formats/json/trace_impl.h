/* trace_impl.h - events as they were read, and threads. Only for trace_*.c. */
#ifndef TRACE_IMPL_H
#define TRACE_IMPL_H

#include "base/vec.h"
#include "formats/json/json_note.h"
#include "formats/json/trace_event.h"
#include "formats/json/v8.h"

enum { TRACE_MAX_TRACKS = 1 << 14 };

struct trace_event {
	const char *where;
	double at; /* us */
	struct str name, file;
	int64_t line;
	uint32_t track, order; /* order: in the text */
	bool begin, has_name;
	double dur; /* of a begin that was a complete event; else -1 */
};

/* A thread, or a profile of V8 in one. */
struct trace_track {
	struct str pid, tid, id; /* id: of a profile in chunks */
	bool chunked;
	struct str name;      /* of the thread */
	struct v8_tree *tree; /* of a chunked one */
	uint32_t n_events, first;
};

struct trace_process {
	struct str pid, name;
};

struct trace {
	struct jwalk j;
	struct arena *a;
	const struct format_opts *o;
	struct format_notes notes;
	size_t size, work; /* work: of the trees of all threads */
	VEC(struct trace_event) events;
	VEC(struct trace_track) tracks;
	VEC(struct trace_process) processes;
	struct table index, pids; /* of tracks, of processes */
};

/* Fills events, tracks, processes. */
int trace_read(struct trace *t);
/* The thread, NULL if nothing is known of it; the process. */
const struct trace_track *trace_thread(const struct trace *t, struct str pid, struct str tid);
const struct trace_process *trace_process(const struct trace *t, struct str pid);
/* Adds the samples of n events of one thread, which may come in any order. */
int trace_make(struct trace *t, const struct trace_event *events, uint32_t n, struct profile_builder *b,
    const struct tag *tags, uint32_t n_tags, struct err *e);

#endif
