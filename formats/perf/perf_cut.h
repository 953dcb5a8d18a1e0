/*
 * perf_cut.h - where the records of `perf script` text end. perf_script_cut,
 * for pieces of a text, is in perf_script.h.
 */
#ifndef PERF_CUT_H
#define PERF_CUT_H

#include "base/str.h"

/* The text without a last record that is cut inside a line; *cut: the number of that line from 1, or 0. */
struct str perf_whole_records(struct str text, uint64_t *cut);

static inline struct str perf_without_cr(struct str line)
{
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

#endif
