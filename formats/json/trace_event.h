/*
 * trace_event.h - the trace event format of Chrome's about:tracing, as far as
 * it says what ran when.
 *
 *	{"traceEvents":[
 *	 {"ph":"M","name":"thread_name","pid":1,"tid":2,"args":{"name":"main"}},
 *	 {"ph":"B","name":"f","pid":1,"tid":2,"ts":10},
 *	 {"ph":"X","name":"g","pid":1,"tid":2,"ts":12,"dur":3},
 *	 {"ph":"E","name":"f","pid":1,"tid":2,"ts":20}]}
 *
 * or the array alone, which may lack its end or have a comma before it. Each
 * thread of a process is a profile with wall/nanoseconds: begin and end (B, E)
 * and complete events (X) are put in order of time, as their writers need not
 * do; events that begin together are nested, the longer outside. An end closes
 * the innermost frame of its name and those within; an end without a begin is
 * passed over, what is open at last ends with the last event. "Profile" and
 * "ProfileChunk" hold a CPU profile of V8 in pieces (v8.h). Other events are
 * passed over. File and line are those of the arguments url, filename or
 * src_file, and line.
 *
 * Profiles are named by their threads, behind "PROCESS: " when there are
 * several processes. FORMAT_TAGS: tags process and thread.
 *
 * Source: spec of the command line, 5.7; the Trace Event Format document.
 */
#ifndef TRACE_EVENT_H
#define TRACE_EVENT_H

#include "formats/format.h"

int trace_event_decode(struct arena *a, struct str json, const struct format_opts *o, struct format_profiles *out,
    struct err *e);

#endif
