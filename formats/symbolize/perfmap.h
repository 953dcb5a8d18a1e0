/*
 * perfmap.h - /tmp/perf-PID.map: what code that a just-in-time compiler made
 * is called. Lines of
 *
 *	START SIZE NAME         in hexadecimal; the name goes to the end of the line
 *
 * and /proc/kallsyms, whose lines are ADDRESS TYPE NAME [MODULE]: functions
 * there reach to the next one.
 *
 * Where ranges overlap the later line counts: code is compiled again into
 * places that became free. Lines that are not so are counted and left out.
 * Source: perf's Documentation/jit-interface.txt; proc(5).
 */
#ifndef SYMBOLIZE_PERFMAP_H
#define SYMBOLIZE_PERFMAP_H

#include "base/arena.h"
#include "formats/symbolize/frame.h"

struct perfmap {
	struct perfmap_entry {
		uint64_t from, to;
		struct str name;
	} * p; /* sorted, do not overlap */
	uint32_t n;
	uint64_t skipped; /* lines */
};

enum perfmap_kind { PERFMAP_PERF, PERFMAP_KERNEL };

/* Names borrow from the text. */
void perfmap_read(struct arena *a, struct str text, enum perfmap_kind kind, struct perfmap *out);
bool perfmap_find(const struct perfmap *m, uint64_t addr, struct sym_frame *out);

#endif
