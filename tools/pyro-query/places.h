/*
 * places.h - what the filter was given to ask: profiles in files, folders and
 * archives; blocks in folders and in block streams; or one server.
 *
 *	struct places p;
 *	if (places_open(&p, paths, n, &opts, PLACES_SAMPLES, 0, NULL, e) < 0) ...
 *	places_profile(&p, &profile, e);        one profile, merged from all of it
 *	places_close(&p);
 *
 * A folder is a database if it holds blocks: <ULID>/meta.json directly below
 * it, below local/ or below <tenant>/local/. Otherwise it is a folder of profiles.
 *
 * Profiles are merged while they are read: of each only what is new stays in memory. Those with labels count when the
 * selector takes them, those without always. Labels that some option wants beside the stacks (--label-frame, --group-by,
 * --split-by) become tags of the samples, wherever they come from.
 */
#ifndef PLACES_H
#define PLACES_H

#include "base/vec.h"
#include "formats/block/block.h"
#include "formats/format.h"
#include "formats/labels/matcher.h"
#include "formats/query/ask.h"
#include "io/inputs.h"
#include "io/progress.h"
#include "tools/pyro-query/query.h"

enum places_for { PLACES_SAMPLES, PLACES_LABELS };

struct places_sum; /* places_sum.h */

/* What is done while a server is waited for: see httpc_req.turn. */
struct places_turn {
	bool (*fn)(void *ctx);
	int fd;
	void *ctx;
};

struct places {
	struct arena *a; /* owns everything but the blocks */
	const struct query_opts *o;
	enum places_for what;
	unsigned keep;            /* enum format_keep */
	struct places_sum *sum;   /* of profiles that are read; NULL: they are merged in memory. The caller's. */
	int64_t now, from, to;    /* of --from and --to, unix ns; whole time without them */
	bool ranged;              /* any of the two is set */
	struct str source;        /* the first that was named */
	struct str query;         /* the selector, of --query or an argument */
	struct selector selector; /* the same, parsed when the first profile with labels comes */
	bool parsed;
	struct str *keys; /* of labels that become tags */
	uint32_t n_keys;
	/* Profiles of files: the only one as it is, in memory of its own; or the sum of several. */
	struct profile *only;
	struct arena *only_mem;
	struct profile_merger *merger;
	bool beside;                 /* the input at hand has one that counts already */
	uint64_t n_profiles, n_read; /* that count; all (of a text in pieces each counts) */
	struct str other_types;      /* of the first that is not of --profile-type; see places_types */
	uint64_t n_instances;        /* that count, a text once */
	VEC(struct labels) labels;   /* of those that count, with PLACES_LABELS */
	VEC(struct block *) blocks;
	VEC(struct dataset *) sets;     /* of the blocks */
	const char *url;                /* a server, or NULL */
	const struct places_turn *turn; /* set behind places_open; NULL: there is nothing to be done */
	struct httpc *http;
	struct progress progress; /* while it is being read */
	uint64_t skipped;         /* inputs that could not be read, with --keep-going */
};

/* keep: enum format_keep, what the answer needs beside stacks. sum: may be NULL; of files alone. An argument that begins with "{" is the selector. */
int places_open(struct places *p, const char *const *paths, size_t n, const struct query_opts *o, enum places_for what,
    unsigned keep, struct places_sum *sum, struct err *e);
void places_close(struct places *p);

/* A folder that is a database. */
bool places_has_blocks(const char *path);

/* One profile out of everything. ERR_NOTFOUND: there is none that the selector and the range take. */
int places_profile(struct places *p, struct profile **out, struct err *e);
/* The reason why nothing was found, ERR_NOTFOUND, with the times where they are why. Always -1. */
int places_missed(struct places *p, struct err *e);
/* Labels: kind is ASK_NAMES, ASK_VALUES or ASK_SETS. */
int places_labels(struct places *p, enum ask_kind kind, const struct msg_strs *names, struct part *out, struct err *e);

/* places_read.c: profiles of one input, into the sum. The former takes in->a when it keeps it. */
int places_take(struct places *p, struct input *in, struct err *e);
/* The same of a text that f reads once. */
int places_take_stream(struct places *x, const struct format *f, struct str name, struct src *s, struct err *e);
/* a: of p, which may be kept as the only one when `keep`; the caller frees a only if x->only is NULL then. */
int places_add(struct places *x, struct arena *a, bool keep, struct profile *p, const struct labels *l, struct err *e);
unsigned places_keep(const struct places *p); /* enum format_keep */
/* Labels of what counts, as tags of the samples; p itself if there are none that are wanted. */
struct profile *places_tagged(const struct places *x, struct arena *a, struct profile *p, const struct labels *l);

/*
 * places_pieces.c: inputs of independent records, without having all of their text; for inputs_opts.stream, ctx: places.
 * With --memory, and where the format has no `stream`, they are decoded piece by piece, by two threads.
 */
int places_pieces(void *ctx, struct str name, struct src *s, struct err *e);

#endif
