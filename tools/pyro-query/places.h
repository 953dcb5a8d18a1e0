/*
 * places.h - what the filter was given to ask: profiles in files, folders and
 * archives; blocks in folders and in block streams; or one server.
 *
 *	struct places p;
 *	if (places_open(&p, paths, n, &opts, e) < 0) ...
 *	places_profile(&p, &q, &profile, e);    one profile, merged from all of it
 *
 * A folder is a database if it holds blocks: <ULID>/meta.json directly below
 * it, below local/ or below <tenant>/local/. Otherwise it is a folder of profiles.
 */
#ifndef PLACES_H
#define PLACES_H

#include "base/vec.h"
#include "formats/query/ask.h"
#include "formats/block/block.h"
#include "formats/format.h"
#include "io/progress.h"
#include "tools/pyro-query/query.h"

struct places {
	struct arena *a; /* owns everything but the blocks */
	const struct query_opts *o;
	int64_t now, from, to;    /* of --from and --to, unix ns; whole time without them */
	VEC(struct arena *) kept; /* of inputs whose bytes are in use */
	VEC(struct profile *) profiles;
	VEC(struct block *) blocks;
	VEC(struct dataset *) sets; /* of the blocks */
	const char *url;            /* a server, or NULL */
	struct httpc *http;
	struct progress progress; /* while it is being read */
	uint64_t skipped;         /* inputs that could not be read, with --keep-going */
};

int places_open(struct places *p, const char *const *paths, size_t n, const struct query_opts *o, struct err *e);
void places_close(struct places *p);

/* A folder that is a database. */
bool places_has_blocks(const char *path);

/* One profile out of everything. ERR_NOTFOUND: there is none that the selector and the range take. */
int places_profile(struct places *p, struct profile **out, struct err *e);
/* Labels: kind is ASK_NAMES, ASK_VALUES or ASK_SETS. */
int places_labels(struct places *p, enum ask_kind kind, const struct msg_strs *names, struct part *out, struct err *e);

#endif
