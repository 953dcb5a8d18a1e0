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

#endif
