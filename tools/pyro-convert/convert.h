/*
 * convert.h - pyro-convert's parts: what is read (convert_in.c), what is made
 * of it and where it goes (convert_out.c).
 *
 *	inputs  →  profiles, chosen, labelled  →  batch  →  one output
 *
 * A batch is what one output is made of: all inputs together, or with
 * --output-dir one input, or with --all one profile.
 */
#ifndef CONVERT_H
#define CONVERT_H

#include "base/vec.h"
#include "conf/tool.h"
#include "formats/report/output.h"
#include "formats/report/report_args.h"
#include "io/archive.h"
#include "io/inputs.h"
#include "tools/pyro-convert/names.h"

struct convert_opts {
#define OPT_FILE "tools/pyro-convert/convert.def"
#include "conf/opt_struct.h"
};

enum { CONVERT_MAX = INT32_MAX }; /* bytes of an input, unpacked; of an output */

/* A profile and what is known about it beside. */
struct convert_profile {
	struct format_profile of;
	const struct format *from;
};

struct convert {
	const struct convert_opts *o;
	struct arena *a;
	struct output_choice out;
	bool stream;                /* --to stream: a tar of pprofs, labels beside */
	struct format_opts reading; /* but for the name; keep is what the form has use for */
	struct labels labels;       /* of --label */
	/* Where the input at hand came from: the operand and whether it is a folder. */
	const char *operand;

	/* The batch; bytes live in kept. Of profiles that are summed only the sum, as soon as there are two. */
	VEC(struct convert_profile) batch;
	bool sums;
	struct arena *sum_arena;
	struct profile_merger *sum;
	VEC(struct arena *) kept;
	int64_t newest; /* mtime of the inputs of the batch */

	struct report_filters filters;
	struct names names; /* that were given to outputs */
	struct pack *pack;  /* of --to stream */
	struct sink *sink;
	bool stuck; /* an output cannot be written: the next will not either */
	uint64_t profiles, skipped, outputs;
};

/* Reads all inputs; each goes into the batch. convert_emit is called as soon as a batch is complete. */
int convert_read(struct convert *c, const char *const *paths, size_t n, struct err *e);

/* One more profile of the batch; beside: of the same input as the last. Its bytes may go when c->sum is there. */
int convert_add(struct convert *c, const struct format_profile *p, const struct format *from, bool beside,
    struct err *e);
/* Options that must fit each other; opens the stream. */
int convert_begin(struct convert *c, struct err *e);
/* Writes what the batch holds and empties it. name: of the input, for --output-dir; ignored without. */
int convert_emit(struct convert *c, struct str name, struct err *e);
void convert_forget(struct convert *c); /* what the batch holds */
int convert_end(struct convert *c, struct err *e);

/* `pyro-convert formats`: the table of forms. */
int convert_formats(struct tool *t, struct err *e);

#endif
