/*
 * firefox.h - processed profiles of the Firefox Profiler (profiler.firefox.com,
 * samply), in and out.
 *
 *	{"meta":{"preprocessedProfileVersion":49,"interval":1,"startTime":1.7e12,...},
 *	 "threads":[{"name":"GeckoMain","processName":"web","pid":"7","tid":8,
 *	   "samples":{"stack":[0,null],"time":[1.5,2.5],"weight":null,"weightType":"samples"},
 *	   "stackTable":{"prefix":[null],"frame":[0]},
 *	   "frameTable":{"func":[0],"line":[12],"address":[-1]},
 *	   "funcTable":{"name":[0],"fileName":[1],"lineNumber":[10]},
 *	   "stringArray":["main","main.c"]}]}
 *
 * Tables are columns. Newer versions have "shared" with tables of all threads
 * (each is looked for in the thread, then there), timeDeltas for time, source
 * and a table "sources" for fileName; older ones stringTable for stringArray.
 * Times are milliseconds.
 *
 * Each thread is a profile, named by it, with samples/count and wall/
 * nanoseconds: a sample lasts until the next, the last one interval. With
 * weights of type "bytes" it is space/bytes, of "tracing-ms" wall/nanoseconds.
 * Samples without a stack are time in which nothing was seen, and left out.
 * FORMAT_TIMES: counted from startTime. FORMAT_TAGS: process and thread.
 * Raw profiles of Gecko (tables with a "schema") are refused by name: the
 * Firefox Profiler turns them into processed ones.
 *
 * Writing: version 49, a thread for each profile and sample type, weights in
 * the type that fits; a member "$pyro" of the thread says what they are.
 *
 * Source: the documents of the Firefox Profiler on its processed format.
 */
#ifndef FIREFOX_H
#define FIREFOX_H

#include "formats/format.h"

int firefox_decode(struct arena *a, struct str json, const struct format_opts *o, struct format_profiles *out,
    struct err *e);
/* ERR_INVALID for negative values. */
int firefox_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e);

#endif
