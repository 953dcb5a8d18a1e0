/*
 * format_args.h - the options of format_args.def as formats want them.
 *
 *	struct format_opts fo = { .file_name = name };
 *	const struct format_args args = FORMAT_ARGS(o);     o: the program's options, which have these rows among others
 *
 *	if (format_args_read(&args, &fo, e) < 0)
 *		return -1;
 */
#ifndef FORMAT_ARGS_H
#define FORMAT_ARGS_H

#include "formats/format.h"

struct format_args {
	bool pid, tid, comm, kernel, jit, inlined, split_frames, text_names, columns;
};

#define FORMAT_ARGS(o)                                                                                       \
	{                                                                                                    \
		.pid = (o)->pid, .tid = (o)->tid, .comm = (o)->comm, .kernel = (o)->kernel, .jit = (o)->jit, \
		.inlined = (o)->inlined, .split_frames = (o)->split_frames, .text_names = (o)->text_names,   \
		.columns = (o)->columns,                                                                     \
	}

/* Sets marks, root, split_frames, columns and FORMAT_NAMES in keep, nothing else. A thread names its process: tid goes before pid. ERR_USAGE. */
int format_args_read(const struct format_args *args, struct format_opts *out, struct err *e);

#endif
