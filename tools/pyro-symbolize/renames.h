/*
 * renames.h - frames that have names, but not those that their authors gave
 * them: by source maps of JavaScript and mapping files of R8.
 */
#ifndef RENAMES_H
#define RENAMES_H

#include "formats/symbolize/frame.h"
#include "tools/pyro-symbolize/symbolize.h"

struct renames;

/* NULL without an error (e->kind ERR_NONE): no such option was given. */
struct renames *renames_new(const struct symbolize_opts *o, struct err *e);
void renames_free(struct renames *r); /* accepts NULL */
uint32_t renames_frame(struct renames *r, const struct sym_frame *in, struct sym_frame *out, uint32_t max);

#endif
