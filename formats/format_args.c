/* format_args.c - see format_args.h */
#include "formats/format_args.h"

int format_args_read(const struct format_args *args, struct format_opts *out, struct err *e)
{
	if (!args->comm && (args->pid || args->tid))
		return err_set(e, ERR_USAGE, "--comm=false: not together with --%s, which stands behind the command",
		    args->tid ? "tid" : "pid");
	out->root = args->tid ? FORMAT_ROOT_TID
	    : args->pid       ? FORMAT_ROOT_PID
	    : args->comm      ? FORMAT_ROOT_COMMAND
			      : FORMAT_ROOT_NONE;
	out->marks = (args->kernel ? FORMAT_MARK_KERNEL : 0) | (args->jit ? FORMAT_MARK_JIT : 0) |
	    (args->inlined ? FORMAT_MARK_INLINED : 0);
	out->split_frames = args->split_frames;
	out->columns = args->columns;
	out->keep = args->text_names ? out->keep | FORMAT_NAMES : out->keep & ~(unsigned)FORMAT_NAMES;
	return 0;
}
