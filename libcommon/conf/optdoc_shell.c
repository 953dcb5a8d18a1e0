/* optdoc_shell.c - completions for bash, zsh and fish. */
#include "conf/optdoc_impl.h"

enum { WORDS_MAX = 1 << 16 };

struct shell {
	struct buf *out;
	const char *prog;
	const struct optdoc_about *about;
	struct buf names, extensions; /* of the option at hand */
};

static struct shell shell_init(struct buf *out, const struct opts *o, const struct optdoc_about *about)
{
	struct shell s = { .out = out, .prog = o->prog, .about = about };

	buf_init(&s.names, WORDS_MAX);
	buf_init(&s.extensions, WORDS_MAX);
	return s;
}

static void shell_fini(struct shell *s)
{
	buf_fini(&s->names);
	buf_fini(&s->extensions);
}

/* Fills names and extensions. */
static void find_words(struct shell *s, const struct opt_row *row)
{
	buf_reset(&s->names);
	buf_reset(&s->extensions);
	if (s->about->words != NULL && (row->type == OPT_STRING || row->type == OPT_PATH))
		s->about->words(row->flag, &s->names, &s->extensions);
}

static void each_word(struct buf *out, const char *words, const char *between)
{
	for (const char *p = words; *p; p++) {
		if (*p == '|')
			buf_add(out, str_cstr(between));
		else
			buf_byte(out, (unsigned char)*p);
	}
}

static void verb_names(struct buf *out, const struct optdoc_about *about)
{
	for (size_t i = 0; i < about->n_verbs; i++)
		buf_printf(out, "%s%s", i ? " " : "", about->verbs[i].name);
}

/* bash: values of the previous word first, then options with as many dashes as were typed, verbs and files. */

static void bash_case(void *ctx, const struct optdoc_item *it)
{
	struct shell *s = ctx;
	const struct opt_row *row = it->row;

	if (row->kind != OPT_ROW || row->type == OPT_BOOL)
		return;
	buf_printf(s->out, "\t-%s|--%s", row->flag, row->flag);
	if (row->letter)
		buf_printf(s->out, "|-%c", row->letter);
	buf_add(s->out, STR(")\n\t\t"));
	find_words(s, row);
	if (s->names.n > 0) {
		buf_printf(s->out, "COMPREPLY=($(compgen -W '" STR_FMT "' -- \"$cur\"))\n",
		    STR_ARG(buf_str(&s->names)));
	} else if (row->type == OPT_ENUM) {
		buf_add(s->out, STR("COMPREPLY=($(compgen -W '"));
		each_word(s->out, opt_choices(it->table, row), " ");
		buf_add(s->out, STR("' -- \"$cur\"))\n"));
	} else if (row->type == OPT_PATH) {
		buf_add(s->out, STR("COMPREPLY=($(compgen -f -- \"$cur\"))\n"));
	} else {
		buf_add(s->out, STR("COMPREPLY=()\n"));
	}
	if (s->extensions.n > 0)
		buf_printf(s->out,
		    "\t\t[[ $cur == *.* ]] && COMPREPLY+=($(compgen -P \"${cur%%.*}.\" -W '" STR_FMT
		    "' -- \"${cur##*.}\"))\n",
		    STR_ARG(buf_str(&s->extensions)));
	buf_add(s->out, STR("\t\treturn ;;\n"));
}

static void bash_flag(void *ctx, const struct optdoc_item *it)
{
	struct shell *s = ctx;

	if (it->row->kind == OPT_ROW)
		buf_printf(s->out, " %s", it->row->flag);
}

/* "pyro-ingest" as a name of a shell function: pyro_ingest. */
static void function_name(struct buf *out, const char *prog)
{
	for (; *prog; prog++)
		buf_byte(out, *prog == '-' ? '_' : (unsigned char)*prog);
}

void optdoc_bash(struct buf *out, const struct opts *o, const struct optdoc_about *about)
{
	struct shell s = shell_init(out, o, about);

	buf_printf(out, "# bash completion for %s; made by %s -help=bash\n_", o->prog, o->prog);
	function_name(out, o->prog);
	buf_add(out,
	    STR("()\n{\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
		"\tcase $prev in\n"));
	optdoc_each(o, bash_case, &s);
	buf_add(out,
	    STR("\tesac\n\tif [[ $cur == -* ]]; then\n\t\tlocal dash=-\n\t\t[[ $cur == --* ]] && dash=--\n"
		"\t\tCOMPREPLY=($(compgen -P $dash -W 'help help-all version print.config"));
	optdoc_each(o, bash_flag, &s);
	buf_add(out, STR("' -- \"${cur#$dash}\"))\n\telif ((COMP_CWORD == 1)); then\n\t\tCOMPREPLY=($(compgen -W '"));
	verb_names(out, about);
	buf_add(out,
	    STR("' -- \"$cur\") $(compgen -f -- \"$cur\"))\n\telse\n"
		"\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\tfi\n}\ncomplete -o filenames -F _"));
	function_name(out, o->prog);
	buf_printf(out, " %s\n", o->prog);
	shell_fini(&s);
}

/* zsh: inside '...' of an _arguments spec, quotes and the signs of the spec are masked. */

static void zsh_text(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\'')
			buf_add(out, STR("'\\''"));
		else if (strchr("[]:\\", *s))
			buf_printf(out, "\\%c", *s);
		else
			buf_byte(out, (unsigned char)*s);
	}
}

/* Names, or files, and behind a dot extensions. */
static void zsh_words(struct shell *s, const struct opt_row *row)
{
	if (row->type != OPT_PATH && s->extensions.n == 0) {
		buf_printf(s->out, ":word:(" STR_FMT ")", STR_ARG(buf_str(&s->names)));
		return;
	}
	buf_add(s->out, STR(":word:{"));
	if (row->type == OPT_PATH)
		buf_add(s->out, STR("_files; "));
	if (s->names.n > 0)
		buf_printf(s->out, "compadd -- " STR_FMT "; ", STR_ARG(buf_str(&s->names)));
	if (s->extensions.n > 0)
		buf_printf(s->out, "compset -P \"*.\" && compadd -- " STR_FMT, STR_ARG(buf_str(&s->extensions)));
	buf_byte(s->out, '}');
}

static void zsh_row(void *ctx, const struct optdoc_item *it)
{
	struct shell *s = ctx;
	const struct opt_row *row = it->row;
	const char *star = row->type == OPT_LIST ? "*" : "";
	const char flag[] = { row->letter, 0 };
	const char *names[] = { row->flag, row->flag, row->letter ? flag : NULL };
	static const char *const dashes[] = { "-", "--", "-" };

	if (row->kind != OPT_ROW)
		return;
	find_words(s, row);
	for (size_t i = 0; i < ARRAY_LEN(names) && names[i]; i++) {
		buf_printf(s->out, "\t'%s%s%s[", star, dashes[i], names[i]);
		zsh_text(s->out, row->text);
		buf_byte(s->out, ']');
		if (row->type == OPT_ENUM) {
			buf_add(s->out, STR(":word:("));
			each_word(s->out, opt_choices(it->table, row), " ");
			buf_byte(s->out, ')');
		} else if (s->names.n + s->extensions.n > 0) {
			zsh_words(s, row);
		} else if (row->type != OPT_BOOL) {
			buf_printf(s->out, ":%s:%s", optdoc_type(it->table, row),
			    row->type == OPT_PATH ? "_files" : "");
		}
		buf_add(s->out, STR("' \\\n"));
	}
}

void optdoc_zsh(struct buf *out, const struct opts *o, const struct optdoc_about *about)
{
	struct shell s = shell_init(out, o, about);

	buf_printf(out, "#compdef %s\n# made by %s -help=zsh\n_arguments \\\n", o->prog, o->prog);
	optdoc_each(o, zsh_row, &s);
	buf_add(out,
	    STR("\t{-,--}'help[show help]' {-,--}'help-all[show all options]' {-,--}'version[show the version]' \\\n"
		"\t{-,--}'print.config[show each value and its origin]' \\\n"));
	if (about->n_verbs) {
		buf_add(out, STR("\t'1:verb or file:{_alternative \"verbs:verb:("));
		verb_names(out, about);
		buf_add(out, STR(")\" \"files:file:_files\"}' \\\n"));
	}
	buf_add(out, STR("\t'*:file:_files'\n"));
	shell_fini(&s);
}

/* fish: -o is an option with one dash and a long name, -l one with two. */

static void fish_text(struct buf *out, const char *s)
{
	buf_byte(out, '\'');
	for (; *s; s++) {
		if (*s == '\'' || *s == '\\')
			buf_byte(out, '\\');
		buf_byte(out, (unsigned char)*s);
	}
	buf_byte(out, '\'');
}

static void fish_words(struct shell *s, const struct opt_row *row)
{
	struct str rest = buf_str(&s->extensions);

	buf_add(s->out, row->type == OPT_PATH ? STR(" -r -F") : STR(" -x"));
	buf_printf(s->out, " -a '" STR_FMT, STR_ARG(buf_str(&s->names)));
	/* what stands before the last dot, with each extension */
	if (rest.n > 0)
		buf_add(s->out,
		    STR(" (commandline -ct | string match \"*.*\" | string replace -r \"[^.]*\\$\" \"\"){"));
	for (bool first = true; rest.n > 0; first = false) {
		struct str word = str_cut(&rest, ' ');

		buf_printf(s->out, "%s" STR_FMT, first ? "" : ",", STR_ARG(word));
	}
	buf_add(s->out, s->extensions.n > 0 ? STR("}'") : STR("'"));
}

static void fish_row(void *ctx, const struct optdoc_item *it)
{
	struct shell *s = ctx;
	const struct opt_row *row = it->row;

	if (row->kind != OPT_ROW)
		return;
	find_words(s, row);
	buf_printf(s->out, "complete -c %s -o %s -l %s", s->prog, row->flag, row->flag);
	if (row->letter)
		buf_printf(s->out, " -s %c", row->letter);
	if (row->type == OPT_ENUM) {
		buf_add(s->out, STR(" -x -a '"));
		each_word(s->out, opt_choices(it->table, row), " ");
		buf_byte(s->out, '\'');
	} else if (s->names.n + s->extensions.n > 0) {
		fish_words(s, row);
	} else if (row->type != OPT_BOOL) {
		buf_add(s->out, row->type == OPT_PATH ? STR(" -r -F") : STR(" -x"));
	}
	buf_add(s->out, STR(" -d "));
	fish_text(s->out, row->text);
	buf_byte(s->out, '\n');
}

void optdoc_fish(struct buf *out, const struct opts *o, const struct optdoc_about *about)
{
	struct shell s = shell_init(out, o, about);

	buf_printf(out, "# fish completion for %s; made by %s -help=fish\n", o->prog, o->prog);
	for (size_t i = 0; i < about->n_verbs; i++) {
		buf_printf(out, "complete -c %s -n __fish_use_subcommand -a %s -d ", o->prog, about->verbs[i].name);
		fish_text(out, about->verbs[i].text);
		buf_byte(out, '\n');
	}
	buf_printf(out,
	    "complete -c %s -o help -l help -d 'show help'\ncomplete -c %s -o help-all -l help-all -d 'show all "
	    "options'\n"
	    "complete -c %s -o version -l version -d 'show the version'\n"
	    "complete -c %s -o print.config -l print.config -d 'show each value and its origin'\n",
	    o->prog, o->prog, o->prog, o->prog);
	optdoc_each(o, fish_row, &s);
	shell_fini(&s);
}
