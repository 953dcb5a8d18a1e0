/*
 * jsonl.h - JSON lines, a stack each: for jq and for pipes.
 *
 *	{"stack":["main","work"],"value":30,"type":"cpu","unit":"nanoseconds"}
 *	{"stack":["main","idle"],"values":{"samples/count":3,"cpu/nanoseconds":30},"tags":{"thread":"a","bytes":5}}
 *
 * Stacks are root first; a frame is a name or {"name":..,"file":..,"line":..}.
 * The first line of a profile says which types it has: "value" with type and
 * unit (samples and count if left out), or "values" with "type/unit". "profile"
 * names the profile of a line, where there are several.
 *
 * Writing: "value" for one type, "values" for several; function names only.
 */
#ifndef JSONL_H
#define JSONL_H

#include "formats/format.h"

/* o->first: its lines say which types there are. */
int jsonl_decode(struct arena *a, struct str text, const struct format_opts *o, struct format_profiles *out,
    struct err *e);
int jsonl_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e);

/* The lines of jsonl_encode one by one. */
struct jsonl_types { /* what is said of values */
	const struct profile *p;
	uint32_t type; /* or FORMAT_ALL_TYPES */
	struct str *keys;
};
struct jsonl_line {
	struct str profile;      /* may be empty */
	const struct str *stack; /* n names, root first */
	uint32_t n, n_tags;
	const int64_t *values; /* of all types */
	const struct tag *tags;
};

/* Only the tables of p are looked at; in a. ERR_INVALID: it has no such type. */
int jsonl_types_init(struct jsonl_types *t, struct arena *a, const struct profile *p, uint32_t type, struct err *e);
void jsonl_put(const struct jsonl_types *t, const struct jsonl_line *l, struct buf *out); /* nothing for zeros */

#endif
