/* cli_out.c - see cli_out.h */
#include "tools/pyro-query/cli_out.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/arena.h"
#include "io/fd.h"
#include "io/file.h"

static const struct {
	const char *suffix, *form;
} by_name[] = {
	{ ".pb.gz", "pprof" },
	{ ".pprof", "pprof" },
	{ ".svg", "svg" },
	{ ".html", "html" },
	{ ".json", "json" },
	{ ".folded", "folded" },
	{ ".txt", "text" },
	{ ".dot", "dot" },
};

static const char *const forms[] = { "text", "top", "tree", "calls", "raw", "traces", "tags", "folded", "pprof",
	"merge", "json", "svg", "html", "dot", "table", "tsv", "csv" };

static bool is_form(struct str s)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (str_eq(s, str_cstr(forms[i])))
			return true;
	return false;
}

int cli_out_parse(struct arena *a, const char *text, struct str usual, bool force, struct cli_out *out, struct err *e)
{
	struct str rest = str_cstr(text), form = str_cut(&rest, '=');

	*out = (struct cli_out){ .form = usual, .force = force };
	if (text[0] == '\0' || strcmp(text, "-") == 0)
		return 0;
	if (is_form(form)) {
		out->form = str_eq(form, STR("text")) ? usual : form;
		out->file = rest.n > 0 ? arena_cstr(a, rest) : NULL;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(by_name); i++) {
		if (str_suffix(str_cstr(text), str_cstr(by_name[i].suffix))) {
			if (strcmp(by_name[i].form, "text") != 0)
				out->form = str_cstr(by_name[i].form);
			out->file = text;
			return 0;
		}
	}
	return err_set(e, ERR_USAGE,
	    "--output %s: a form (text svg html json folded pprof dot), FORM=FILE, or a file "
	    "whose name ends in .svg .html .json .folded .pb.gz .dot",
	    text);
}

int cli_out_write(const struct cli_out *o, const struct buf *b, struct err *e)
{
	if (buf_check(b, "answer", e) < 0)
		return -1;
	if (o->file == NULL)
		return fd_write_all(STDOUT_FILENO, buf_str(b), e) < 0 ? err_wrap(e, "standard output") : 0;
	if (!o->force && access(o->file, F_OK) == 0)
		return err_set(e, ERR_EXISTS, "%s is there already; --force overwrites it", o->file);
	if (file_replace(AT_FDCWD, o->file, buf_str(b), 0666, e) == 0)
		return 0;
	/* A folder that is not there is somebody's mistake, not the answer "no". */
	if (e->kind == ERR_NOTFOUND)
		e->kind = ERR_INVALID;
	return err_wrap(e, "--output");
}
