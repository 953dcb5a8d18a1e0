/*
 * optdoc.h - the option tables as text: help, man page part, completions,
 * sample YAML, the configuration in effect. Everything is appended to a buf,
 * which the caller checks once.
 *
 *	struct buf b; buf_init(&b, OPTDOC_MAX);
 *	optdoc_print(&b, o, about, "mdoc", e);
 */
#ifndef OPTDOC_H
#define OPTDOC_H

#include "base/json.h"
#include "conf/opt.h"

enum { OPTDOC_MAX = 1 << 20 };

struct optdoc_verb {
	const char *name, *args, *text;
};

/* What the tables do not know of a program. */
struct optdoc_about {
	const char *summary; /* one line, no full stop */
	const char *args;    /* operands: "[FILE ...]" */
	const struct optdoc_verb *verbs;
	size_t n_verbs;
	const char *const *examples;                                                /* ends with NULL; may be NULL */
	void (*words)(const char *flag, struct buf *names, struct buf *extensions); /* see tool.h; may be NULL */
};

/*
 * what: "" (fits a screen), "all", "mdoc" (the OPTIONS section), "bash",
 * "zsh", "fish" (completions), "yaml" (sample configuration), "flags" (one
 * option a line for other programs:
 * flag TAB bool or value TAB field TAB yaml path TAB kind TAB why; kind is
 * option, old or harmless, why is for harmless ones). ERR_USAGE for others.
 * With o->verb set, "" and "all" tell only what that verb takes, and "" leaves out what is for others: an option
 * whose text begins with the names of verbs and a colon is for them alone.
 */
int optdoc_print(struct buf *out, const struct opts *o, const struct optdoc_about *about, const char *what,
    struct err *e);

/* All values with their origin: "pyroscopedb.data-path = ./data  # default". Secrets as ***. */
void optdoc_config(struct buf *out, const struct opts *o);
/* The values as one YAML document (GET /config). only_set: without those at their default. */
void optdoc_yaml(struct buf *out, const struct opts *o, bool only_set);
/* An object of the flags of o->verb and their values as texts. */
void optdoc_flags(struct jw *w, const struct opts *o);

#endif
