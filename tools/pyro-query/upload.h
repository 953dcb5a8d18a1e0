/*
 * upload.h - what is in a profile that a user uploaded (adhoc.h): every value of every profile in it is a column with a
 * name, which users choose it by. An archive is the sum of what is in it.
 *
 *	struct upload u;
 *	if (upload_open(x, id, 0, &u, e) == 0)
 *		c = upload_choose(&u, STR("cpu"));
 *
 * All memory is x->a's. An upload is at most as large as a pushed profile may be, and has at most 4,096 columns.
 */
#ifndef UPLOAD_H
#define UPLOAD_H

#include "formats/format.h"
#include "tools/pyro-query/adhoc.h"
#include "tools/pyro-query/api.h"

struct upload_column {
	struct str name; /* of the type, behind the name of the profile where there are several */
	struct str unit;
	const struct profile *p;
	const struct format_profile *in; /* where p stands */
	uint32_t type;
};

struct upload {
	struct str name; /* of the file */
	struct upload_column *columns;
	size_t n;  /* at least 1 */
	bool text; /* folded: a name from the file, no units */
};

struct adhoc_place adhoc_place_of(const struct api *x);
/* keep: enum format_keep. ERR_INVALID: no profile, with the reason. */
int upload_decode(struct api *x, const struct adhoc *f, unsigned keep, struct upload *u, struct err *e);
/* ERR_NOTFOUND, ERR_INVALID. */
int upload_open(struct api *x, struct str id, unsigned keep, struct upload *u, struct err *e);
bool upload_has(const struct upload *u, struct str name);
/* The one with that name, or the first. */
const struct upload_column *upload_choose(const struct upload *u, struct str name);

#endif
