/* cli_out.c - see cli_out.h */
#include "tools/pyro-query/cli_out.h"

#include <unistd.h>

#include "io/file.h"

/* Questions that have no form of output.h are answered as text or JSON. */
static int parse_plain(struct arena *a, const char *text, struct str usual, struct cli_out *out, struct err *e)
{
	struct str rest = str_cstr(text), form = str_cut(&rest, '=');

	out->form = usual;
	if (text[0] == '\0' || strcmp(text, "-") == 0)
		return 0;
	if (str_eq(form, STR("text")) || str_eq(form, STR("json"))) {
		out->form = str_eq(form, STR("text")) ? usual : form;
		out->file = rest.n > 0 ? arena_cstr(a, rest) : NULL;
		return 0;
	}
	if (!str_suffix(str_cstr(text), STR(".json")) && !str_suffix(str_cstr(text), STR(".txt")))
		return err_set(e, ERR_USAGE, "--output %.200s: no such form of this answer, but text and json", text);
	out->form = str_suffix(str_cstr(text), STR(".json")) ? STR("json") : usual;
	out->file = text;
	return 0;
}

int cli_out_parse(struct arena *a, const char *text, struct str usual, bool force, struct cli_out *out, struct err *e)
{
	struct output_choice c;

	*out = (struct cli_out){ .force = force };
	if (!output_find(usual, &c.form))
		return parse_plain(a, text, usual, out, e);
	if (output_parse(a, text, usual, output_what(&c.form) & OUTPUT_REPORT ? OUTPUT_REPORT : OUTPUT_COMPARISON, &c,
		e) < 0)
		return -1;
	out->output = c.form;
	out->form = str_cstr(c.form.name);
	out->file = c.file;
	out->pack = c.pack;
	if (c.file == NULL && c.form.binary && isatty(STDOUT_FILENO))
		return err_set(e, ERR_USAGE, "a profile is not for a terminal: use --output %s=FILE, or a pipe",
		    c.form.name);
	return 0;
}

int cli_out_write(const struct cli_out *o, struct buf *b, struct err *e)
{
	if (buf_check(b, "answer", e) < 0)
		return -1;
	output_pack(o->pack, b);
	return file_answer(o->file, buf_str(b), o->force, e);
}
