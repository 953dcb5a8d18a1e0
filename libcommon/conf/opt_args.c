/* opt_args.c - the command line and the environment. */
#include <ctype.h>
#include <stdlib.h>

#include "base/log.h"
#include "conf/opt.h"
#include "conf/opt_impl.h"

struct args {
	struct opts *o;
	const char *const *next; /* the words not yet looked at */
	const char *const *verbs;
	bool only_operands; /* behind -- */
	struct err *e;
};

/* What "-name=value" is made of. */
struct word {
	const char *text; /* as typed */
	struct str name, value;
	bool has_value, one_dash;
};

static struct word split(const char *text)
{
	struct word w = { .text = text };
	struct str rest = str_cstr(text + 1);

	w.one_dash = *rest.p != '-';
	if (!w.one_dash)
		rest = str_skip(rest, 1);
	w.has_value = str_find(rest, '=') < rest.n;
	w.name = str_cut(&rest, '=');
	w.value = rest;
	return w;
}

static int store_flag(struct args *x, struct opt_ref ref, const char *shown, struct str value)
{
	struct opt_mark from = { .origin = OPT_FROM_FLAG };

	if (opts_set(x->o, ref, value, from, x->e) == 0)
		return 0;
	x->e->kind = ERR_USAGE;
	return err_wrap(x->e, "option %s", shown);
}

static int take_value(struct args *x, const char *shown, struct str *value)
{
	if (!*x->next)
		return err_set(x->e, ERR_USAGE, "option %s needs a value", shown);
	*value = str_cstr(*x->next++);
	return 0;
}

static bool is_choice(const char *words, struct str word)
{
	for (struct str rest = str_cstr(words); rest.n > 0;)
		if (str_eq(str_cut(&rest, '|'), word))
			return true;
	return false;
}

/* A word of the choice that follows; the flag alone means "true", where that is one of them. */
static bool stands_alone(struct args *x, struct opt_ref ref, struct word *w)
{
	const char *words = ref.row->type == OPT_ENUM ? opt_choices(x->o->sets[ref.set].table, ref.row) : "";

	if (!is_choice(words, STR("true")))
		return false;
	w->value = STR("true");
	if (*x->next && is_choice(words, str_cstr(*x->next)))
		w->value = str_cstr(*x->next++);
	return true;
}

static int long_option(struct args *x, struct opt_ref ref, struct word w)
{
	if (!w.has_value && ref.row->type == OPT_BOOL)
		w.value = STR("true");
	else if (!w.has_value && !stands_alone(x, ref, &w) && take_value(x, w.text, &w.value) < 0)
		return -1;
	return store_flag(x, ref, w.text, w.value);
}

static bool by_letter(const struct opts *o, char letter, struct opt_ref *out)
{
	for (size_t s = 0; s < o->n_sets; s++) {
		const struct opt_table *t = o->sets[s].table;

		for (size_t i = 0; i < t->n; i++) {
			if (t->rows[i].kind == OPT_ROW && letter && t->rows[i].letter == letter) {
				*out = (struct opt_ref){ s, &t->rows[i] };
				return true;
			}
		}
	}
	return false;
}

static bool starts_number(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.';
}

/* Letters of booleans, to the end or to one that takes the rest as its value. */
static bool cluster(const struct opts *o, const char *p)
{
	struct opt_ref ref;

	for (; *p; p++) {
		if (!by_letter(o, *p, &ref))
			return false;
		if (ref.row->type == OPT_BOOL)
			continue;
		return !p[1] || ref.row->type < OPT_INT || ref.row->type > OPT_DURATION || starts_number(p[1]);
	}
	return true;
}

/*
 * -q VALUE, -qVALUE, -xyz for three booleans. 0: not meant that way.
 * A long name with one dash and a typing error must not become a value of
 * its first letter: names near a known one, and "a.b=" or "a-b=", are not taken.
 */
static int letters(struct args *x, struct word w)
{
	struct opt_ref ref;
	const char *p = w.text + 1;

	if (!w.one_dash || !by_letter(x->o, *p, &ref))
		return 0;
	if (w.name.n > 4 && opts_suggest(x->o, OPT_BY_FLAG, w.name))
		return 0;
	if (w.has_value && (str_find(w.name, '.') < w.name.n || str_find(w.name, '-') < w.name.n))
		return 0;
	if (!cluster(x->o, p))
		return 0;
	for (; *p; p++) {
		char shown[] = { '-', *p, 0 };
		struct str value = STR("true");

		by_letter(x->o, *p, &ref);
		if (ref.row->type == OPT_BOOL) {
			if (store_flag(x, ref, shown, value) < 0)
				return -1;
			continue;
		}
		value = str_cstr(p + 1);
		if (value.n == 0 && take_value(x, shown, &value) < 0)
			return -1;
		return store_flag(x, ref, shown, value) < 0 ? -1 : 1;
	}
	return 1;
}

/* -help and its kin; true when it was one of them. */
static bool question(struct args *x, struct word w)
{
	struct opts *o = x->o;

	if (str_eq(w.name, STR("help")) || (w.one_dash && str_eq(w.name, STR("h"))))
		o->help = w.has_value ? arena_cstr(o->a, w.value) : "";
	else if (str_eq(w.name, STR("help-all")))
		o->help = "all";
	else if (str_eq(w.name, STR("version")))
		o->version = true;
	else if (str_eq(w.name, STR("print.config")) || str_eq(w.name, STR("print-config")))
		o->print_config = true;
	else
		return false;
	return true;
}

/* An option that another program knows: 1 taken, 0 unknown, -1 error. */
static int foreign(struct args *x, struct word w)
{
	struct opts *o = x->o;
	bool is_bool = false;
	int known = o->other ? o->other->flag(o->other, w.name, &is_bool, x->e) : 0;

	if (known <= 0)
		return known;
	if (!w.has_value && is_bool)
		w.value = STR("true");
	else if (!w.has_value && take_value(x, w.text, &w.value) < 0)
		return -1;
	o->passed = opt_list_add(o->a, o->passed,
	    arena_printf(o->a, "-" STR_FMT "=" STR_FMT, STR_ARG(w.name), STR_ARG(w.value)));
	return 1;
}

/* Nobody knows the type of a harmless flag: a word that looks like its value is one. */
static void skip_value(struct args *x, struct word w)
{
	if (!w.has_value && *x->next && **x->next != '-')
		x->next++;
}

/* An option that only Pyroscope has: 1 passed over, 0 unknown, -1 refused. */
static int absent(struct args *x, struct word w)
{
	if (!w.has_value && absent_wants_value(w.name) && take_value(x, w.text, &w.value) < 0)
		return -1;
	switch (absent_flag(&x->o->absent, w.name, w.has_value || w.value.n ? w.value : STR("true"), x->e)) {
	case ABSENT_TAKEN:
		if (!absent_wants_value(w.name))
			skip_value(x, w);
		return 1;
	case ABSENT_REFUSED: x->e->kind = ERR_USAGE; return -1;
	case ABSENT_UNKNOWN: break;
	}
	return 0;
}

static const char *verb_of(const struct args *x, struct str name)
{
	for (const char *const *v = x->verbs; v && *v && !x->o->verb; v++)
		if (str_eq(name, str_cstr(*v)))
			return *v;
	return NULL;
}

/* -sample_index, as pprof has it, is --sample-index. */
static bool with_dashes(const struct opts *o, struct str name, struct opt_ref *out)
{
	char *p;

	if (str_find(name, '_') == name.n || str_find(name, '.') < name.n)
		return false;
	p = arena_cstr(o->a, name);
	for (size_t i = 0; i < name.n; i++)
		if (p[i] == '_')
			p[i] = '-';
	return opts_lookup(o, OPT_BY_FLAG, str_of(p, name.n), out);
}

static int option(struct args *x, const char *text)
{
	struct word w = split(text);
	struct opt_ref ref;
	const char *near, *verb;
	int rc;

	if (opts_lookup(x->o, OPT_BY_FLAG, w.name, &ref) || with_dashes(x->o, w.name, &ref))
		return long_option(x, ref, w);
	if (question(x, w))
		return 0;
	/* as pprof has it; -t op would be another mistake */
	if ((verb = verb_of(x, w.name)) != NULL)
		return err_set(x->e, ERR_USAGE, "%.200s: a verb has no dash: %s %s", text, x->o->prog, verb);
	/* -debuginfo.enabled of another program is not -d ebuginfo.enabled. */
	if (str_find(w.name, '.') < w.name.n && (rc = foreign(x, w)) != 0)
		return MIN(rc, 0);
	if ((rc = letters(x, w)) != 0)
		return MIN(rc, 0);
	if ((rc = foreign(x, w)) != 0)
		return MIN(rc, 0);
	if ((rc = absent(x, w)) != 0)
		return MIN(rc, 0);
	near = opts_suggest(x->o, OPT_BY_FLAG, w.name);
	if (near)
		return err_set(x->e, ERR_USAGE, "unknown option %.200s; did you mean -%s?", text, near);
	return err_set(x->e, ERR_USAGE, "unknown option %.200s; -help-all lists what there is", text);
}

static void operand(struct args *x, const char *text)
{
	struct opts *o = x->o;

	if (o->n_args == 0 && !x->only_operands) {
		const char *verb = verb_of(x, str_cstr(text));

		if (verb) {
			o->verb = verb;
			return;
		}
	}
	o->args[o->n_args++] = text;
}

/* An option of another verb's section would do nothing here, so it is refused. */
static int check_verbs(struct opts *o, struct err *e)
{
	for (size_t s = 0; s < o->n_sets; s++) {
		const struct opt_table *t = o->sets[s].table;
		const char *verbs = "";

		for (size_t i = 0; i < t->n; i++) {
			const struct opt_row *row = &t->rows[i];

			if (row->kind == OPT_SECTION)
				verbs = row->yaml;
			if (row->kind == OPT_ROW && o->marks[s][i].origin == OPT_FROM_FLAG &&
			    !opt_verb_in(verbs, o->verb))
				return err_set(e, ERR_USAGE, "option -%s is not for %s%s (it is for: %s)", row->flag,
				    o->verb ? "the verb " : "use without a verb", o->verb ? o->verb : "", verbs);
		}
	}
	return 0;
}

int opts_parse_args(struct opts *o, const char *const *argv, const char *const *verbs, struct err *e)
{
	struct args x = { .o = o, .next = argv, .verbs = verbs, .e = e };
	size_t n = 0;

	while (argv[n])
		n++;
	o->args = arena_zarray(o->a, n + 1, sizeof(*o->args));
	while (*x.next) {
		const char *text = *x.next++;

		if (x.only_operands || text[0] != '-' || !text[1])
			operand(&x, text);
		else if (strcmp(text, "--") == 0)
			x.only_operands = true;
		else if (option(&x, text) < 0)
			return -1;
	}
	return o->help || o->any_section ? 0 : check_verbs(o, e);
}

int opts_parse_env(struct opts *o, struct err *e)
{
	struct opt_mark from = { .origin = OPT_FROM_ENV };
	struct buf name;
	int rc = 0;

	buf_init(&name, 4096);
	for (size_t s = 0; s < o->n_sets && rc == 0; s++) {
		const struct opt_table *t = o->sets[s].table;

		for (size_t i = 0; i < t->n && rc == 0; i++) {
			const char *value;

			if (t->rows[i].kind != OPT_ROW)
				continue;
			buf_reset(&name);
			opt_env_name(&name, o->prog, &t->rows[i]);
			buf_byte(&name, 0);
			value = getenv(name.p);
			if (!value)
				continue;
			rc = opts_set(o, (struct opt_ref){ s, &t->rows[i] }, str_cstr(value), from, e);
			if (rc < 0) {
				e->kind = ERR_CONFIG;
				err_wrap(e, "environment %s", name.p);
			}
		}
	}
	buf_fini(&name);
	return rc;
}
