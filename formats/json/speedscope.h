/*
 * speedscope.h - the JSON of speedscope.app, in and out.
 *
 *	{"$schema":"https://www.speedscope.app/file-format-schema.json",
 *	 "exporter":"pyro","name":"...","activeProfileIndex":0,
 *	 "shared":{"frames":[{"name":"main","file":"main.go","line":3}]},
 *	 "profiles":[
 *	  {"type":"sampled","name":"cpu","unit":"nanoseconds",
 *	   "startValue":0,"endValue":30,"samples":[[0]],"weights":[30]},
 *	  {"type":"evented","name":"t2","unit":"seconds","startValue":0,"endValue":2,
 *	   "events":[{"type":"O","frame":0,"at":0},{"type":"C","frame":0,"at":2}]}]}
 *
 * Stacks are root first. Each profile of the text is one profile with one
 * sample type: wall/nanoseconds for units of time, space/bytes, samples/count
 * for none. Events give the time between them to the frames that are open.
 * Members may come in any order; of two with one name the last counts.
 *
 * Writing: a sampled profile for each profile and sample type, named "TYPE" or
 * "NAME (TYPE)"; with "exporter":"pyro" the type is read back from there.
 * Frames are functions; where there is none, addresses. Lines of calls and
 * tags are left out, and samples whose value is 0.
 *
 * Source: spec of the command line, 5.6; of the write API, 8.
 */
#ifndef SPEEDSCOPE_H
#define SPEEDSCOPE_H

#include "formats/format.h"
#include "formats/json/json_units.h"

#define SPEEDSCOPE_SCHEMA "https://www.speedscope.app/file-format-schema.json"

struct speedscope_profile {
	struct profile *p;
	struct str name;
	const struct unit *unit;
	bool evented;
	double start; /* startValue */
};

struct speedscope {
	struct speedscope_profile *p; /* in the arena */
	uint32_t n;
	struct str schema; /* also after an error, if it was read before */
	struct format_notes notes;
};

/*
 * Strings are borrowed from json. ERR_INVALID names the place. With o->lenient
 * these are counted in the notes instead: times that go back (taken for the
 * time before), negative weights (for 0), frames that are closed but not open
 * (nothing), frames that are open at the end (closed there), samples without
 * a weight, unknown frames (left out of the stack).
 */
int speedscope_decode(struct arena *a, struct str json, const struct format_opts *o, struct speedscope *out,
    struct err *e);
/* ERR_INVALID for negative values. */
int speedscope_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e);

#endif
