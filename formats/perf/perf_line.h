/*
 * perf_line.h - what one line of `perf script` says: the head of a record, a
 * frame, a source line; and how the usual collapser names a frame. Pure;
 * results point into the line. See perf_script.h.
 */
#ifndef PERF_LINE_H
#define PERF_LINE_H

#include "base/arena.h"
#include "formats/format.h"

struct perf_head {
	struct str comm, pid, tid, cpu; /* as they stand, empty = not said */
	struct str event;               /* with modifiers */
	struct str text;                /* behind the event */
	bool has_time, has_period;
	int64_t time; /* ns */
	int64_t period;
};

/*
 * The head of a record: a number of a process or thread and behind it a time
 * or the name of an event. Lines with less pass only when they are not
 * indented, and `loose` is said: then the first word is the command.
 */
bool perf_head_parse(struct str line, bool loose, struct perf_head *out);

struct perf_frame {
	struct str symbol; /* without the offset; empty = not known */
	struct str object; /* empty = not known */
	uint64_t address;
	bool inlined;
	bool whole; /* ends in its object */
};

/* The line behind its address, or NULL when it does not begin with one (blanks before it are no matter). */
const char *perf_frame_start(struct str line, uint64_t *address);
/* rest: what perf_frame_start leads to. */
void perf_frame_parse(struct str rest, struct perf_frame *out);
/* "  file.c:12" under a frame; "??:0" and "object[1f]" are no file and line 0. */
bool perf_source_line(struct str line, struct str *file, int64_t *number);

/* Without ":u", ":ppp" and the like. */
struct str perf_event_name(struct str event);
/* The unit of the period: the clocks of the kernel count nanoseconds. */
bool perf_event_is_clock(struct str event);

/* Sets samples/count and, with a period, cpu/nanoseconds of a clock or EVENT/count. */
void perf_event_types(struct profile_builder *b, struct str event, bool has_period);

/* A symbol as the usual collapser shows it; java: the command begins with "java". Into the arena where it changes. */
struct str perf_symbol_name(struct arena *a, struct str symbol, bool java);
/* "[libc.so.6]" */
struct str perf_object_name(struct arena *a, struct str object);
bool perf_object_is_kernel(struct str object);
/* /tmp/perf-PID.map: what a compiler at run time tells perf. Its "a->b" is a call of b, inlined in a. */
bool perf_object_is_jit(struct str object);

#endif
