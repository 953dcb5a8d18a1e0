/*
 * tool.h - the shape of every main(): standard descriptors, log, random
 * seed, options, run, end. A main is its tables and one call:
 *
 *	static struct ingest_opts opts;
 *
 *	static int serve(struct tool *t, struct err *e)
 *	{
 *		struct loop *l = loop_new();
 *		...
 *		if (rc == 0) rc = ready_tell(t->ready_fd, e);
 *		if (rc == 0) rc = loop_run(l, e);
 *		return rc;                      // 0 done, 1 the answer is no, -1 error
 *	}
 *
 *	int main(int argc, char **argv)
 *	{
 *		static const struct tool_verb verbs[] = {
 *			{ "serve", "", "receive profiles", serve },
 *			{ 0 },
 *		};
 *		static const struct opt_set sets[] = { { &ingest_table, &opts }, { 0 } };
 *		static const struct tool_spec spec = {
 *			.name = "pyro-ingest", .summary = "turn profiles into blocks", .args = "[FILE ...]",
 *			.sets = sets, .verbs = verbs, .run = filter,
 *		};
 *		return tool_main(&spec, argc, argv);
 *	}
 *
 * Exit codes: 0 done, 1 the answer is no, 2 wrong usage or configuration,
 * 100 will not work before somebody changes something, 111 may work later.
 * An error is one line on standard error: "program: where: what ...".
 *
 * Options that every program has stand in conf/tool.def; ready_fd comes from
 * -ready-fd or PYRO_READY_FD. SIGPIPE is ignored: writing to a closed pipe
 * is an error like others, and one on standard output ends quietly.
 */
#ifndef TOOL_H
#define TOOL_H

#include "conf/opt.h"

struct tool;

struct tool_verb {
	const char *name, *args, *text; /* "top", "[SOURCE ...]", "the heaviest functions" */
	int (*run)(struct tool *t, struct err *e);
};

struct tool_spec {
	const char *name, *summary, *args;
	const struct opt_set *sets;                /* ends with a NULL table */
	const struct tool_verb *verbs;             /* ends with a NULL name; may be NULL */
	int (*run)(struct tool *t, struct err *e); /* without a verb; NULL: a verb is required */
	const char *const *examples;               /* command lines for the help, ends with NULL; may be NULL */
	/* Looks at all options together before anything runs; may be NULL. */
	int (*check)(struct tool *t, struct err *e);
	struct opts_other *other; /* see opt.h; may be NULL */
	/*
	 * For completions, of an option with any value: words that it may be, and extensions of files, between blanks. May
	 * be NULL.
	 */
	void (*words)(const char *flag, struct buf *names, struct buf *extensions);
	bool any_section; /* options of all sections are for all verbs */
};

struct tool_opts {
#define OPT_FILE "conf/tool.def"
#include "conf/opt_struct.h"
};

struct tool {
	const struct tool_spec *spec;
	struct opts conf;
	struct tool_opts opts;
	int ready_fd;    /* for ready_tell; -1: nobody asked */
	int64_t started; /* monotonic clock at the start of main */
	bool quiet_end;  /* the error has been shown already */
};

/* The whole program; the result is main's. */
int tool_main(const struct tool_spec *spec, int argc, char **argv);

/* Ends a filter's output: flushes standard output. -1 when that fails. */
int tool_flush(struct err *e);

#endif
