/* optdoc_yaml.c - the configuration in effect, and a sample of it. */
#include "base/arena.h"
#include "conf/optdoc_impl.h"

struct config {
	struct buf *out;
	const struct opts *o;
	struct arena *a;
};

static void config_row(void *ctx, const struct optdoc_item *it)
{
	const struct config *c = ctx;
	struct str text;

	if (it->row->kind != OPT_ROW)
		return;
	text = opt_text(it->table, it->row, c->o->sets[it->set].values, c->a);
	buf_printf(c->out, "%s = " STR_FMT "  # %s\n", it->row->flag, STR_ARG(text),
	    opts_origin_text(c->o, it->set, it->row));
}

void optdoc_config(struct buf *out, const struct opts *o)
{
	struct config c = { out, o, arena_new() };

	optdoc_each(o, config_row, &c);
	arena_free(c.a);
}

struct flags {
	struct jw *w;
	const struct opts *o;
	struct arena *a;
};

static void flag_row(void *ctx, const struct optdoc_item *it)
{
	const struct flags *f = ctx;

	if (it->row->kind != OPT_ROW || it->other_verb)
		return;
	jw_key(f->w, str_cstr(it->row->flag));
	jw_str(f->w, opt_text(it->table, it->row, f->o->sets[it->set].values, f->a));
}

void optdoc_flags(struct jw *w, const struct opts *o)
{
	struct flags f = { w, o, arena_new() };

	jw_open(w, '{');
	optdoc_each(o, flag_row, &f);
	jw_close(w, '}');
	arena_free(f.a);
}

struct yaml_make {
	const struct opts *o;
	struct arena *a;
	struct yaml *root;
	bool only_set, sample;
};

static void yaml_row(void *ctx, const struct optdoc_item *it)
{
	struct yaml_make *m = ctx;
	const struct opt_row *row = it->row;
	struct yaml *map, *value;
	struct str last;

	if (row->kind != OPT_ROW || !*row->yaml)
		return;
	if (m->only_set && opts_origin(m->o, it->set, row) == OPT_DEFAULT)
		return;
	value = opt_yaml(it->table, row, m->o->sets[it->set].values, m->a);
	if (m->sample) {
		const char *type = optdoc_type(it->table, row);

		value->comment = arena_printf(m->a, "%s%s%s%s; -%s", row->text, *type ? " (" : "", type,
		    *type ? ")" : "", row->flag);
	}
	map = yaml_dig(m->a, m->root, row->yaml, &last);
	/* Two tables may name one key: the first stands. A TREE in between is nobody's map. */
	if (map->kind == YAML_MAP && !yaml_key(map, last))
		yaml_add(m->a, map, last, value);
}

static void make(struct buf *out, const struct opts *o, bool only_set, bool sample)
{
	struct arena *a = arena_new();
	struct yaml_make m = { o, a, yaml_new(a, YAML_MAP), only_set, sample };

	optdoc_each(o, yaml_row, &m);
	yaml_print(out, m.root);
	arena_free(a);
}

void optdoc_yaml(struct buf *out, const struct opts *o, bool only_set)
{
	make(out, o, only_set, false);
}

void optdoc_sample(struct buf *out, const struct opts *o)
{
	buf_printf(out, "# Options of %s with their defaults; made by %s -help=yaml\n", o->prog, o->prog);
	make(out, o, false, true);
}
