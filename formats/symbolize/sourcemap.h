/*
 * sourcemap.h - JavaScript source maps, version 3: where a place in a
 * generated file came from.
 *
 *	{"version":3, "file":"out.js", "sourceRoot":"", "sources":["a.ts"], "names":["f"],
 *	 "mappings":"AAAA,SAASA,..."}
 *
 * mappings: lines separated by ';', segments by ',', each 1, 4 or 5 numbers in
 * base 64 with continuation bits, as differences: generated column, source,
 * line and column in it, name. Index maps ("sections") are put together.
 *
 *	struct sourcemap m;
 *	struct sym_frame f;
 *
 *	if (sourcemap_read(a, text, &m, e) < 0)
 *		return -1;
 *	if (sourcemap_find(&m, 1, 4711, &f)) ...       // f.name may be empty: the map has none for it
 *
 * Source: ECMA-426, "Source map format specification".
 */
#ifndef SYMBOLIZE_SOURCEMAP_H
#define SYMBOLIZE_SOURCEMAP_H

#include "base/arena.h"
#include "base/err.h"
#include "formats/symbolize/frame.h"

struct sourcemap_segment {
	uint32_t line, column; /* generated, from 0 */
	uint32_t source, name; /* UINT32_MAX: none */
	uint32_t source_line, source_column;
};

struct sourcemap {
	struct str file;
	struct str *sources, *names;
	uint32_t n_sources, n_names;
	struct sourcemap_segment *p; /* sorted */
	uint32_t n;
};

/* Strings borrow from the text or lie in a. ERR_INVALID with the place. */
int sourcemap_read(struct arena *a, struct str text, struct sourcemap *out, struct err *e);
/* line and column count from 1; column 0: not known, the first segment of the line that has a source counts. */
bool sourcemap_find(const struct sourcemap *m, uint32_t line, uint32_t column, struct sym_frame *out);

#endif
