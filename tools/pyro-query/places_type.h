/*
 * places_type.h - --profile-type among profiles of files, which seldom say how they are called: what they do say is
 * compared.
 *
 *	name:type:unit:period type:period unit
 *
 * The name with the label __name__, type and unit with the sample types, of which the one that is meant stays, the last
 * two with the period. An empty part, and what the file does not say, fits.
 */
#ifndef PLACES_TYPE_H
#define PLACES_TYPE_H

#include "formats/format.h"
#include "tools/pyro-query/query.h"

/* --profile-type; empty without the option. ERR_USAGE: it is none. */
int places_type_parse(const struct query_opts *o, struct profile_type *out, struct err *e);
/* p with the one sample type that is meant, in a; NULL: it has no such; p itself without the option. */
int places_of_type(const struct query_opts *o, struct arena *a, struct profile *p, const struct labels *l,
    struct profile **out, struct err *e);
/* The types that p has, as --profile-type wants them, each behind the end of a line and two blanks. */
void places_types(const struct profile *p, const struct labels *l, struct buf *out);

#endif
