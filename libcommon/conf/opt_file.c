/* opt_file.c - YAML onto the tables. */
#include <fcntl.h>

#include "conf/opt.h"
#include "conf/opt_impl.h"
#include "io/file.h"

/* Sections of Pyroscope's file that belong to other programs of pyro: a program alone passes over them. */
static const struct {
	const char *path, *prog;
} elsewhere[] = {
#define ELSEWHERE(path, prog) { path, prog },
#include "conf/elsewhere.def"
#undef ELSEWHERE
};

struct walk {
	struct opts *o;
	const char *name;
	struct err *e;
};

static bool covers(const char *path, struct str key)
{
	struct str p = str_cstr(path);

	return str_prefix(key, p) && (key.n == p.n || key.p[p.n] == '.');
}

static bool is_elsewhere(const struct opts *o, struct str key)
{
	if (o->supervised || o->other)
		return o->supervised;
	for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++)
		if (covers(elsewhere[i].path, key) && strcmp(elsewhere[i].prog, o->prog) != 0)
			return true;
	return false;
}

/* Some row's path begins with "key.". */
static bool is_inner(const struct opts *o, struct str key)
{
	for (size_t s = 0; s < o->n_sets; s++) {
		const struct opt_table *t = o->sets[s].table;

		for (size_t i = 0; i < t->n; i++) {
			const struct opt_row *r = &t->rows[i];
			const char *path = r->kind == OPT_ROW ? r->yaml : r->kind == OPT_OLD ? r->flag : "";

			if (strlen(path) > key.n && str_prefix(str_cstr(path), key) && path[key.n] == '.')
				return true;
		}
	}
	return false;
}

static int unknown(struct walk *w, struct str path, unsigned line)
{
	const char *near = opts_suggest(w->o, OPT_BY_YAML, path);

	if (near)
		return err_set(w->e, ERR_CONFIG, "%s:%u: unknown key %.*s; did you mean %s?", w->name, line,
		    (int)MIN(path.n, (size_t)200), path.p, near);
	return err_set(w->e, ERR_CONFIG, "%s:%u: unknown key %.*s", w->name, line, (int)MIN(path.n, (size_t)200),
	    path.p);
}

static int walk_map(struct walk *w, struct str at, const struct yaml *map);

/* A key without a row of its own. */
static int walk_other(struct walk *w, struct str path, const struct yaml *y, unsigned line)
{
	struct opts *o = w->o;
	bool inner = false, is_map = y->kind == YAML_MAP || y->kind == YAML_NULL;
	int known = 0;

	if (o->other)
		known = o->other->key(o->other, path, &inner, w->e);
	if (known != 0)
		return MIN(known, 0);
	if (is_map && (inner || is_inner(o, path) || absent_inner(path)))
		return walk_map(w, path, y);
	switch (absent_key(&o->absent, path, y, w->name, line, w->e)) {
	case ABSENT_TAKEN: return 0;
	case ABSENT_REFUSED: return -1;
	case ABSENT_UNKNOWN: break;
	}
	/* What looks like a slip of the pen is not taken for somebody else's key. */
	if (is_elsewhere(o, path) && (o->supervised || !opts_suggest(o, OPT_BY_YAML, path)))
		return 0;
	return unknown(w, path, line);
}

static int walk_key(struct walk *w, struct str path, const struct yaml *y, unsigned line)
{
	struct opt_mark from = { .origin = OPT_FROM_FILE, .line = line, .file = w->name };
	struct opt_ref ref;

	if (!opts_lookup(w->o, OPT_BY_YAML, path, &ref))
		return walk_other(w, path, y, line);
	if (y->kind == YAML_NULL || opts_set_yaml(w->o, ref, y, from, w->e) == 0)
		return 0;
	w->e->kind = ERR_CONFIG;
	return err_wrap(w->e, "%s:%u: " STR_FMT, w->name, line, STR_ARG(path));
}

/* Depth is that of the tree: YAML_MAX_DEPTH. */
static int walk_map(struct walk *w, struct str at, const struct yaml *map)
{
	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_item *it = &map->items[i];
		struct str path = arena_printf(w->o->a, STR_FMT "%s" STR_FMT, STR_ARG(at), at.n ? "." : "",
		    STR_ARG(it->key));

		if (walk_key(w, path, it->value, it->line) < 0)
			return -1;
	}
	return 0;
}

int opts_apply_yaml(struct opts *o, const struct yaml *root, const char *name, struct err *e)
{
	struct walk w = { o, name, e };

	if (root->kind == YAML_NULL)
		return 0;
	if (root->kind != YAML_MAP)
		return err_set(e, ERR_CONFIG, "%s:%u: the file must be a map of keys", name, root->line);
	return walk_map(&w, STR_NONE, root);
}

static int read_file(struct arena *a, const char *path, struct str *out, struct err *e)
{
	struct buf b;
	int rc;

	buf_init(&b, OPT_MAX_FILE);
	rc = file_read(AT_FDCWD, path, OPT_MAX_FILE, &b, e);
	if (rc == 0)
		*out = arena_str(a, buf_str(&b));
	else
		e->kind = ERR_CONFIG;
	buf_fini(&b);
	return rc;
}

int opts_read_file(struct opts *o, const char *path, bool expand_env, struct err *e)
{
	const char *name = arena_cstr(o->a, str_cstr(path));
	struct str text;

	if (read_file(o->a, path, &text, e) < 0)
		return -1;
	if (expand_env && yaml_expand(o->a, text, name, &text, e) < 0)
		return -1;
	o->file = yaml_parse(o->a, text, name, e);
	return o->file ? opts_apply_yaml(o, o->file, name, e) : -1;
}

/* Overrides */

struct overlay {
	const struct opt_table *t;
	void *values;
	struct arena *a;
	struct absent *absent;
	const char *name;
	struct err *e;
};

static int overlay_map(struct overlay *v, struct str at, const struct yaml *map);

static int overlay_key(struct overlay *v, struct str path, const struct yaml *y, unsigned line)
{
	bool inner = false;

	for (size_t i = 0; i < v->t->n; i++) {
		const struct opt_row *row = &v->t->rows[i];
		const char *have = row->kind == OPT_ROW ? row->yaml : row->kind == OPT_OLD ? row->flag : "";

		if (str_eq(path, str_cstr(have))) {
			row = opt_find(v->t, row->field);
			if (y->kind == YAML_NULL)
				return 0;
			opt_clear_list(row, v->values);
			if (opt_store_yaml(v->t, row, v->values, v->a, y, v->e) == 0)
				return 0;
			v->e->kind = ERR_CONFIG;
			return err_wrap(v->e, "%s:%u: " STR_FMT, v->name, line, STR_ARG(path));
		}
		inner |= strlen(have) > path.n && str_prefix(str_cstr(have), path) && have[path.n] == '.';
	}
	if ((inner || absent_inner(path)) && y->kind == YAML_MAP)
		return overlay_map(v, path, y);
	switch (absent_key(v->absent, path, y, v->name, line, v->e)) {
	case ABSENT_TAKEN: return 0;
	case ABSENT_REFUSED: return -1;
	case ABSENT_UNKNOWN: break;
	}
	return err_set(v->e, ERR_CONFIG, "%s:%u: unknown key %.*s", v->name, line, (int)MIN(path.n, (size_t)200),
	    path.p);
}

static int overlay_map(struct overlay *v, struct str at, const struct yaml *map)
{
	for (size_t i = 0; i < map->n; i++) {
		struct str key = map->items[i].key;
		const char *dot = at.n && at.p[at.n - 1] != '.' ? "." : "";
		struct str path = arena_printf(v->a, STR_FMT "%s" STR_FMT, STR_ARG(at), dot, STR_ARG(key));

		if (overlay_key(v, path, map->items[i].value, map->items[i].line) < 0)
			return -1;
	}
	return 0;
}

int opt_overlay(const struct opt_table *t, void *values, struct arena *a, struct absent *absent, const char *prefix,
    const struct yaml *map, const char *name, struct err *e)
{
	struct overlay v = { t, values, a, absent, name, e };

	if (map->kind == YAML_NULL)
		return 0;
	if (map->kind != YAML_MAP)
		return err_set(e, ERR_CONFIG, "%s:%u: must be a map of keys", name, map->line);
	return overlay_map(&v, str_cstr(prefix), map);
}

/* The row of a flag, in a section that is for the verb. */
static const struct opt_row *row_of_flag(const struct opt_table *t, const char *verb, struct str flag)
{
	bool ours = true;

	for (size_t i = 0; i < t->n; i++) {
		if (t->rows[i].kind == OPT_SECTION)
			ours = opt_verb_in(t->rows[i].yaml, verb);
		else if (ours && t->rows[i].kind == OPT_ROW && str_eq(flag, str_cstr(t->rows[i].flag)))
			return &t->rows[i];
	}
	return NULL;
}

int opt_store_flag(const struct opt_table *t, void *values, struct arena *a, const char *verb, struct str flag,
    const struct yaml *y, const char *name, struct err *e)
{
	const struct opt_row *row = row_of_flag(t, verb, flag);

	if (row == NULL)
		return err_set(e, ERR_CONFIG, "%s:%u: there is no option %.*s", name, y->line,
		    (int)MIN(flag.n, (size_t)200), flag.p);
	opt_clear_list(row, values);
	if (opt_store_yaml(t, row, values, a, y, e) < 0)
		return err_wrap(e, "%s:%u: " STR_FMT, name, y->line, STR_ARG(flag));
	return 0;
}
