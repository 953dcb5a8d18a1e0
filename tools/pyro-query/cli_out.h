/*
 * cli_out.h - where an answer goes and in which form: --output FORM,
 * --output FORM=FILE, or --output FILE whose extension names the form.
 */
#ifndef CLI_OUT_H
#define CLI_OUT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct cli_out {
	struct str form;  /* "top", "svg", ... */
	const char *file; /* NULL = standard output */
	bool force;
};

int cli_out_parse(struct arena *a, const char *text, struct str usual, bool force, struct cli_out *out, struct err *e);
/* The whole answer; a file appears complete or not at all. */
int cli_out_write(const struct cli_out *o, const struct buf *b, struct err *e);

#endif
