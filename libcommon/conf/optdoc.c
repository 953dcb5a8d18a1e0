/* optdoc.c - help, option list, man page part; see optdoc.h. */
#include "conf/optdoc.h"

#include "base/vec.h"
#include "conf/opt_impl.h"
#include "conf/optdoc_impl.h"

enum { COLUMN = 38, WIDTH = 100, VERB_COLUMN = 44, MANY_VERBS = 12 };

const char *optdoc_type(const struct opt_table *t, const struct opt_row *row)
{
	static const char *const names[] = {
		[OPT_BOOL] = "",
		[OPT_INT] = "number",
		[OPT_FLOAT] = "number",
		[OPT_SIZE] = "size",
		[OPT_DURATION] = "duration",
		[OPT_STRING] = "text",
		[OPT_PATH] = "path",
		[OPT_ADDRESS] = "address",
		[OPT_ENUM] = "word",
		[OPT_SECRET] = "secret",
		[OPT_LIST] = "text",
		[OPT_CSV] = "text,...",
		[OPT_TREE] = "yaml",
	};
	const char *words = opt_choices(t, row);

	return row->type == OPT_ENUM && strlen(words) < 40 ? words : names[row->type];
}

/* Rows in order, each with its section; with a verb, sections of other verbs are left out. */
void optdoc_each(const struct opts *o, void (*fn)(void *ctx, const struct optdoc_item *it), void *ctx)
{
	struct optdoc_item it = { 0 };

	for (size_t s = 0; s < o->n_sets; s++) {
		const struct opt_table *t = o->sets[s].table;

		it.set = s;
		it.table = t;
		for (size_t i = 0; i < t->n; i++) {
			if (t->rows[i].kind == OPT_SECTION)
				it.section = &t->rows[i];
			it.row = &t->rows[i];
			it.other_verb = it.section && !o->any_section && !opt_verb_in(it.section->yaml, o->verb);
			if (!o->verb || !it.other_verb)
				fn(ctx, &it);
		}
	}
}

/* Help */

struct help {
	struct buf *out;
	const struct optdoc_about *about;
	const char *verb; /* that is asked about, or NULL */
	bool all;
	bool letters;                  /* only options with a letter: the essential ones of a program with many verbs */
	const struct opt_row *section; /* whose title has been printed */
	size_t hidden;
	const char *verbs; /* of the sections left out */
};

/* Words of text from column `at` on, wrapped at WIDTH with COLUMN blanks in front. */
static void wrap(struct buf *out, struct str text, size_t at)
{
	while (text.n) {
		struct str word = str_cut(&text, ' ');

		if (at > COLUMN && at + 1 + word.n > WIDTH) {
			buf_byte(out, '\n');
			buf_fill(out, ' ', COLUMN);
			at = COLUMN;
		}
		if (at > COLUMN) {
			buf_byte(out, ' ');
			at++;
		}
		buf_add(out, word);
		at += word.n;
	}
	buf_byte(out, '\n');
}

static void left_column(struct buf *out, size_t from, struct str text)
{
	size_t used = out->n - from;

	if (used >= COLUMN) {
		buf_byte(out, '\n');
		used = 0;
	}
	buf_fill(out, ' ', COLUMN - used);
	wrap(out, text, COLUMN);
}

/* "top, flame: ask again" and the verb is neither: a text that begins with verbs is of an option for them alone. */
static bool for_others(const struct help *h, struct str text)
{
	struct str verbs = str_cut(&text, ':');
	bool own = false;

	while (h->verb && verbs.n) {
		struct str word = str_trim(str_cut(&verbs, ','));
		size_t i = 0;

		while (i < h->about->n_verbs && !str_eq(word, str_cstr(h->about->verbs[i].name)))
			i++;
		if (i == h->about->n_verbs)
			return false;
		own = own || str_eq(word, str_cstr(h->verb));
	}
	return h->verb && !own;
}

static void help_row(void *ctx, const struct optdoc_item *it)
{
	struct help *h = ctx;
	const struct opt_row *row = it->row;
	const char *type = optdoc_type(it->table, row);
	size_t from;
	struct buf text;

	if (row->kind != OPT_ROW)
		return;
	if (!h->all &&
	    (row->advanced || it->other_verb || (h->letters && !row->letter) || for_others(h, str_cstr(row->text)))) {
		h->hidden++;
		if (it->other_verb && !h->letters)
			h->verbs = it->section->yaml;
		return;
	}
	if (h->letters && h->section == NULL)
		buf_add(h->out, STR("\n"));
	if (!h->letters && it->section && it->section != h->section)
		buf_printf(h->out, "\n%s:\n", it->section->flag);
	h->section = it->section;
	from = h->out->n;
	if (row->letter)
		buf_printf(h->out, "  -%c, -%s", row->letter, row->flag);
	else
		buf_printf(h->out, "  -%s", row->flag);
	if (*type)
		buf_printf(h->out, " %s", type);
	buf_init(&text, 4096);
	buf_add(&text, str_cstr(row->text));
	if (*row->def && row->type != OPT_BOOL && row->type != OPT_SECRET)
		buf_printf(&text, " (%s)", row->def);
	else if (row->type == OPT_BOOL && strcmp(row->def, "true") == 0)
		buf_add(&text, STR(" (true)"));
	left_column(h->out, from, buf_str(&text));
	buf_fini(&text);
}

/* Verbs with the same arguments on one line: a program with many of them fits a screen. */
static void help_verbs(struct buf *out, const struct opts *o, const struct optdoc_about *about)
{
	for (size_t i = 0; i < about->n_verbs; i++) {
		const char *args = about->verbs[i].args;
		size_t at, k = 0;

		while (k < i && strcmp(about->verbs[k].args, args) != 0)
			k++;
		if (k < i)
			continue;
		at = out->n;
		buf_printf(out, "\n  %s ", o->prog);
		for (; k < about->n_verbs; k++) {
			if (strcmp(about->verbs[k].args, args) != 0)
				continue;
			if (out->n - at + strlen(about->verbs[k].name) > WIDTH - 20) {
				at = out->n;
				buf_printf(out, "%s\n      ", k > i ? "|" : "");
				buf_add(out, str_cstr(about->verbs[k].name));
				continue;
			}
			buf_printf(out, "%s%s", k > i ? "|" : "", about->verbs[k].name);
		}
		buf_printf(out, "%s%s", *args ? " " : "", args);
	}
	buf_byte(out, '\n');
}

static void help_usage(struct buf *out, const struct opts *o, const struct optdoc_about *about)
{
	buf_printf(out, "%s - %s\n\nusage:", o->prog, about->summary);
	for (size_t i = 0; i < about->n_verbs; i++) {
		const struct optdoc_verb *v = &about->verbs[i];
		size_t from = out->n + 1;

		if (o->verb && strcmp(o->verb, v->name) != 0)
			continue;
		buf_printf(out, "\n  %s %s%s%s", o->prog, v->name, *v->args ? " " : "", v->args);
		if (out->n - from >= VERB_COLUMN) {
			buf_add(out, STR("\n"));
			from = out->n;
		}
		buf_fill(out, ' ', VERB_COLUMN - (out->n - from));
		buf_add(out, str_cstr(v->text));
	}
	if (about->args && !o->verb)
		buf_printf(out, "%s%s [options]%s%s", about->n_verbs ? "\n  " : " ", o->prog, *about->args ? " " : "",
		    about->args);
	buf_byte(out, '\n');
}

static void help(struct buf *out, const struct opts *o, const struct optdoc_about *about, bool all)
{
	struct help h = { .out = out,
		.about = about,
		.verb = o->verb,
		.all = all,
		.letters = !all && !o->verb && about->n_verbs > MANY_VERBS };

	if (h.letters) {
		buf_printf(out, "%s - %s\n\nusage:", o->prog, about->summary);
		help_verbs(out, o, about);
	} else {
		help_usage(out, o, about);
	}
	if (about->examples && !o->verb && !all) {
		buf_add(out, STR("\nexamples:\n"));
		for (const char *const *x = about->examples; *x; x++)
			buf_printf(out, "  %s\n", *x);
	}
	optdoc_each(o, help_row, &h);
	buf_byte(out, '\n');
	if (h.hidden)
		buf_printf(out, "%zu more options: %s -help-all", h.hidden, o->prog);
	if (h.letters)
		buf_printf(out, ", of a verb: %s %s -help", o->prog, about->verbs[0].name);
	if (h.verbs)
		buf_printf(out, ", %s %.*s -help", o->prog, (int)strcspn(h.verbs, " "), h.verbs);
	if (h.hidden)
		buf_add(out, STR(". "));
	buf_printf(out, "Manual: man %s\n", o->prog);
}

/* One line an option, for programs */

static void list_row(void *ctx, const struct optdoc_item *it)
{
	const struct opt_row *row = it->row, *of = row;

	if (row->kind != OPT_ROW && row->kind != OPT_OLD)
		return;
	if (row->kind == OPT_OLD)
		of = opt_find(it->table, row->field);
	buf_printf(ctx, "%s\t%s\t%s\t%s\t%s\n", row->flag, of->type == OPT_BOOL ? "bool" : "value", row->field,
	    row->kind == OPT_ROW ? row->yaml : "", row->kind == OPT_ROW ? "option" : "old");
}

/* mdoc: words that troff would take for requests or escapes are masked. */

static void mdoc_text(struct buf *out, const char *s)
{
	if (*s == '.' || *s == '\'')
		buf_add(out, STR("\\&"));
	for (; *s; s++) {
		if (*s == '\\')
			buf_add(out, STR("\\e"));
		else if (*s == '"')
			buf_add(out, STR("\\(dq"));
		else
			buf_byte(out, (unsigned char)*s);
	}
}

struct mdoc {
	struct buf *out;
	const char *prog;
	const struct opt_row *section;
};

static void mdoc_range(struct buf *out, const struct optdoc_item *it)
{
	const struct opt_row *row = it->row;

	if (*row->def) {
		buf_add(out, STR("Default:\n.Ql "));
		mdoc_text(out, row->def);
		buf_add(out, STR(" .\n"));
	}
	if (row->type == OPT_ENUM) {
		buf_add(out, STR("One of\n.Ql "));
		mdoc_text(out, opt_choices(it->table, row));
		buf_add(out, STR(" .\n"));
	}
}

static void mdoc_row(void *ctx, const struct optdoc_item *it)
{
	struct mdoc *m = ctx;
	struct buf *out = m->out;
	const struct opt_row *row = it->row;
	const char *type = optdoc_type(it->table, row);

	if (row->kind != OPT_ROW)
		return;
	if (it->section && it->section != m->section) {
		buf_printf(out, "%s.Ss %s\n.Bl -tag -width Ds\n", m->section ? ".El\n" : "", it->section->flag);
		m->section = it->section;
	}
	buf_add(out, STR(".It"));
	if (row->letter)
		buf_printf(out, " Fl %c ,", row->letter);
	buf_printf(out, " Fl %s", row->flag);
	if (*type) {
		buf_add(out, STR(" Ar "));
		mdoc_text(out, type);
	}
	buf_byte(out, '\n');
	mdoc_text(out, row->text);
	buf_add(out, STR(".\n"));
	mdoc_range(out, it);
	if (*row->yaml)
		buf_printf(out, "YAML:\n.Ql %s .\n", row->yaml);
	buf_add(out, STR("Environment:\n.Ev "));
	opt_env_name(out, m->prog, row);
	buf_add(out, STR(" .\n"));
}

int optdoc_print(struct buf *out, const struct opts *o, const struct optdoc_about *about, const char *what,
    struct err *e)
{
	struct mdoc m = { out, o->prog, NULL };

	if (!*what || strcmp(what, "all") == 0 || strcmp(what, "true") == 0) {
		help(out, o, about, strcmp(what, "all") == 0);
	} else if (strcmp(what, "flags") == 0) {
		optdoc_each(o, list_row, out);
	} else if (strcmp(what, "mdoc") == 0) {
		optdoc_each(o, mdoc_row, &m);
		buf_add(out, STR(".El\n"));
	} else if (strcmp(what, "bash") == 0) {
		optdoc_bash(out, o, about);
	} else if (strcmp(what, "zsh") == 0) {
		optdoc_zsh(out, o, about);
	} else if (strcmp(what, "fish") == 0) {
		optdoc_fish(out, o, about);
	} else if (strcmp(what, "yaml") == 0) {
		optdoc_sample(out, o);
	} else {
		return err_set(e, ERR_USAGE, "-help=%.40s: there is all, mdoc, bash, zsh, fish, yaml, flags", what);
	}
	return 0;
}
