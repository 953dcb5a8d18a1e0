/*
 * optdoc_impl.h - what the optdoc files share; users need optdoc.h only.
 */
#ifndef OPTDOC_IMPL_H
#define OPTDOC_IMPL_H

#include "conf/optdoc.h"

struct optdoc_item {
	size_t set;
	const struct opt_table *table;
	const struct opt_row *section; /* NULL before the first */
	const struct opt_row *row;     /* of any kind */
	bool other_verb;               /* its section is for other verbs than o->verb */
};

void optdoc_each(const struct opts *o, void (*fn)(void *ctx, const struct optdoc_item *it), void *ctx);
const char *optdoc_type(const struct opt_table *t, const struct opt_row *row); /* "duration"; "" for BOOL */

void optdoc_bash(struct buf *out, const struct opts *o, const struct optdoc_about *about);
void optdoc_zsh(struct buf *out, const struct opts *o, const struct optdoc_about *about);
void optdoc_fish(struct buf *out, const struct opts *o, const struct optdoc_about *about);
void optdoc_sample(struct buf *out, const struct opts *o);

#endif
