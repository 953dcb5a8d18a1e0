/*
 * opt_impl.h - what opt.c, opt_args.c and opt_file.c share; users of options
 * need opt.h only.
 */
#ifndef OPT_IMPL_H
#define OPT_IMPL_H

#include "conf/opt.h"

struct opt_mark {
	enum opt_origin origin;
	unsigned line;
	const char *file;
};

/* A row with the set it stands in. */
struct opt_ref {
	size_t set;
	const struct opt_row *row;
};

enum opt_lookup { OPT_BY_FLAG, OPT_BY_YAML };

/* The row of that name, also by its OLD names. */
bool opts_lookup(const struct opts *o, enum opt_lookup by, struct str name, struct opt_ref *out);
/* The name most like this one, or NULL when none is near. */
const char *opts_suggest(const struct opts *o, enum opt_lookup by, struct str name);

/* Stores unless the value came from a stronger origin; a stronger origin empties lists first. */
int opts_set(struct opts *o, struct opt_ref ref, struct str text, struct opt_mark from, struct err *e);
int opts_set_yaml(struct opts *o, struct opt_ref ref, const struct yaml *y, struct opt_mark from, struct err *e);
/* Stores a YAML value: scalar, list or tree as the type wants it. */
int opt_store_yaml(const struct opt_table *t, const struct opt_row *row, void *values, struct arena *a,
    const struct yaml *y, struct err *e);
void opt_clear_list(const struct opt_row *row, void *values);

/* Is the verb (NULL: none, written "-") one of these words? True for no words at all. */
bool opt_verb_in(const char *verbs, const char *verb);
struct opt_list opt_list_add(struct arena *a, struct opt_list l, struct str text);

#endif
