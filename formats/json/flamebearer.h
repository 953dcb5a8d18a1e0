/*
 * flamebearer.h - the JSON of the old /render answer, in and out.
 *
 *	{"version":1,"flamebearer":{"names":["total","main"],
 *	  "levels":[[0,5,0,0],[0,5,5,1]],"numTicks":5,"maxSelf":5},
 *	 "metadata":{"format":"single","spyName":"","sampleRate":100,
 *	  "units":"samples","name":"app"},
 *	 "timeline":null}
 *
 * A level is groups of four numbers, left to right: offset from the end of
 * the group before, total, self, position in names. Format "double" has groups of
 * seven: offset, total, self of the left side, the same of the right, name;
 * it is read as two sample types, left and right, or as two profiles, before
 * and after. Members may come in any order; of two with one name the last counts.
 *
 * Reading: a group belongs to the group of the level above that covers its
 * place; its self value becomes a sample. Writing: children in ascending
 * order of names; frames are functions, an address where there is none.
 *
 * Source: spec of the read API, 9.2 and 9.3.
 */
#ifndef FLAMEBEARER_H
#define FLAMEBEARER_H

#include "formats/format.h"

/*
 * Also the answer of the query API ("flamegraph", numbers as strings). Strings
 * are borrowed. ERR_INVALID names level and group; ERR_LIMIT for a graph whose
 * stacks have more than 256 frames for each byte of input.
 */
int flamebearer_decode(struct arena *a, struct str json, struct profile **out, struct err *e);
/* A double is two profiles, named so. */
int flamebearer_decode_sides(struct arena *a, struct str json, struct format_profiles *out, struct err *e);
/* The data of the page of pyro-query html: each graph is a sample type; a page that compares is two profiles. */
int flamebearer_decode_page(struct arena *a, struct str json, struct format_profiles *out, struct err *e);
/* ERR_INVALID for negative values. */
int flamebearer_encode(const struct profile *p, uint32_t type, struct buf *out, struct err *e);
/* Format "double". */
int flamebearer_encode_diff(const struct profile *left, const struct profile *right, uint32_t type, struct buf *out,
    struct err *e);

#endif
