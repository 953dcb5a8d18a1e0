/*
 * cli_out.h - where an answer goes and in which form: --output FORM,
 * --output FORM=FILE, or --output FILE whose extension names the form. The
 * forms of profiles are those of formats/report/output.h.
 */
#ifndef CLI_OUT_H
#define CLI_OUT_H

#include "formats/report/output.h"

struct cli_out {
	struct str form;      /* "top", "svg", ... */
	struct output output; /* the form's row, where it has one */
	const char *file;     /* NULL = standard output */
	enum output_pack pack;
	bool force;
};

/* ERR_USAGE also for bytes that are not for a terminal. */
int cli_out_parse(struct arena *a, const char *text, struct str usual, bool force, struct cli_out *out, struct err *e);
/* The whole answer; a file appears complete or not at all. */
int cli_out_write(const struct cli_out *o, struct buf *b, struct err *e);

#endif
