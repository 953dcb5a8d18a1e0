/*
 * stackprof.h - the JSON of Ruby's stackprof.
 *
 *	{"version":1.2,"mode":"wall","interval":1000,"samples":3,"gc_samples":0,
 *	 "frames":{"70098":{"name":"Object#a","file":"a.rb","line":4,"samples":3}},
 *	 "raw":[2,70100,70098,3],"raw_timestamp_deltas":[1001,998,1000]}
 *
 * raw: the number of frames, the frames root first, how many samples; again.
 * The deltas, in microseconds, are one for each sample; without them a sample
 * is one interval. Without raw there are no stacks: the samples of each frame
 * are stacks of one frame, and a warning says so.
 *
 * Sample types: samples/count and wall, cpu (nanoseconds) or objects (count:
 * one of `interval` objects is sampled) as the mode says; custom alone has
 * samples only. A frame's line is where its method begins.
 *
 * Source: the files of stackprof itself; spec of the command line, 5.12.
 */
#ifndef STACKPROF_H
#define STACKPROF_H

#include "formats/format.h"

int stackprof_decode(struct arena *a, struct str json, const struct format_opts *o, struct format_profiles *out,
    struct err *e);

#endif
