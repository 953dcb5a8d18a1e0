/*
 * places_read.h - from the bytes of one input to profiles, as the options say: which format, how strictly, which of
 * several profiles.
 */
#ifndef PLACES_READ_H
#define PLACES_READ_H

#include "formats/format.h"
#include "io/inputs.h"
#include "tools/pyro-query/query.h"

enum { PLACES_INPUT_LIMIT = INT32_MAX }; /* bytes of one input, unpacked */

/* --format, or what the bytes look like. */
const struct format *places_format(const struct query_opts *o, struct str bytes, struct str name, struct err *e);
/* How decoders are to read an input of that name. ERR_USAGE: options that do not go together. */
int places_opts(const struct query_opts *o, struct str name, unsigned keep, struct format_opts *out, struct err *e);
/*
 * got: all profiles of the input, or those that --profile and --event name. ERR_INVALID says which there are. The caller
 * tells got->notes.
 */
int places_decode(const struct query_opts *o, unsigned keep, struct input *in, const struct format **format,
    struct format_profiles *got, struct err *e);

/* file:///x is /x. */
const char *places_path(const char *path);
bool places_is_server(const char *path);

#endif
