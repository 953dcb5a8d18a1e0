#include "conf/opt.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/enc.h"
#include "base/log.h"
#include "base/num.h"
#include "conf/opt_impl.h"

static void *field(const struct opt_row *row, void *values)
{
	return (char *)values + row->off;
}

static const void *field_const(const struct opt_row *row, const void *values)
{
	return (const char *)values + row->off;
}

/* RANGE, CHOICE and OLD rows of a field follow it. */
static const struct opt_row *beside(const struct opt_table *t, const struct opt_row *row, enum opt_kind kind)
{
	for (const struct opt_row *r = row + 1; r < t->rows + t->n; r++) {
		if (r->kind == OPT_ROW || r->kind == OPT_SECTION)
			break;
		if (r->kind == kind && r->off == row->off)
			return r;
	}
	return NULL;
}

const struct opt_row *opt_find(const struct opt_table *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->rows[i].kind == OPT_ROW && strcmp(t->rows[i].field, name) == 0)
			return &t->rows[i];
	return NULL;
}

const char *opt_choices(const struct opt_table *t, const struct opt_row *row)
{
	const struct opt_row *c = beside(t, row, OPT_CHOICE);

	return c ? c->def : NULL;
}

/* Text to value */

static int in_range(const struct opt_table *t, const struct opt_row *row, double v, struct err *e)
{
	const struct opt_row *range = beside(t, row, OPT_RANGE);
	struct arena *a;

	if (!range) {
		if (v >= 0 || row->type == OPT_FLOAT)
			return 0;
		return err_set(e, ERR_CONFIG, "must not be negative");
	}
	if (v >= range->low && v <= range->high)
		return 0;
	if (row->type != OPT_DURATION)
		return err_set(e, ERR_CONFIG, "must lie between %.15g and %.15g", range->low, range->high);
	a = arena_new();
	err_set(e, ERR_CONFIG, "must lie between " STR_FMT " and " STR_FMT,
	    STR_ARG(num_go_duration(a, (int64_t)range->low)),
	    STR_ARG(num_go_duration(a, (int64_t)MIN(range->high, 9.2e18))));
	arena_free(a);
	return -1;
}

static int store_bool(bool *out, struct str s, struct err *e)
{
	static const char *const yes[] = { "true", "1", "t", "yes", "on", "y" };
	static const char *const no[] = { "false", "0", "f", "no", "off", "n" };

	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		if (str_eq_nocase(s, str_cstr(yes[i])) || str_eq_nocase(s, str_cstr(no[i]))) {
			*out = str_eq_nocase(s, str_cstr(yes[i]));
			return 0;
		}
	}
	return err_set(e, ERR_CONFIG, "must be true or false");
}

static int store_enum(const struct opt_table *t, const struct opt_row *row, int *out, struct str s, struct err *e)
{
	struct str words = str_cstr(opt_choices(t, row)), all = words;

	for (int i = 0; words.n || i == 0; i++) {
		if (str_eq(str_cut(&words, '|'), s)) {
			*out = i;
			return 0;
		}
	}
	return err_set(e, ERR_CONFIG, "must be one of " STR_FMT, STR_ARG(all));
}

static int store_address(struct arena *a, const char **out, struct str s, struct err *e)
{
	size_t colon = str_rfind(s, ':');
	uint64_t port;

	if (s.n && !str_prefix(s, STR("unix:")) &&
	    (colon == s.n || num_u64(str_skip(s, colon + 1), &port, e) < 0 || port > 65535))
		return err_set(e, ERR_CONFIG, "must be host:port, :port or unix:/path");
	*out = arena_cstr(a, s);
	return 0;
}

bool opt_verb_in(const char *verbs, const char *verb)
{
	struct str rest = str_cstr(verbs);

	while (rest.n)
		if (str_eq(str_cut(&rest, ' '), str_cstr(verb ? verb : "-")))
			return true;
	return !*verbs;
}

struct opt_list opt_list_add(struct arena *a, struct opt_list l, struct str text)
{
	const char **p = arena_array(a, l.n + 1, sizeof(*p));

	if (l.n)
		memcpy(p, l.p, l.n * sizeof(*p));
	p[l.n] = arena_cstr(a, text);
	return (struct opt_list){ p, l.n + 1 };
}

static void store_csv(struct arena *a, struct opt_list *out, struct str s)
{
	struct opt_list l = { 0 };

	while (s.n) {
		struct str word = str_trim(str_cut(&s, ','));

		if (word.n)
			l = opt_list_add(a, l, word);
	}
	*out = l;
}

static int store_number(const struct opt_table *t, const struct opt_row *row, void *out, struct str s, struct err *e)
{
	union {
		int64_t i;
		uint64_t u;
		double f;
	} v;
	int rc;

	switch (row->type) {
	case OPT_FLOAT: rc = num_f64(s, &v.f, e); break;
	case OPT_SIZE: rc = num_size(s, &v.u, e); break;
	case OPT_DURATION: rc = num_duration(s, &v.i, e); break;
	default: rc = num_i64(s, &v.i, e); break;
	}
	if (rc == 0)
		rc = in_range(t, row,
		    row->type == OPT_FLOAT      ? v.f
			: row->type == OPT_SIZE ? (double)v.u
						: (double)v.i,
		    e);
	if (rc == 0)
		memcpy(out, &v, sizeof(v));
	return rc;
}

static int store_tree(struct yaml **out, struct arena *a, struct str text, struct err *e)
{
	struct yaml *y = yaml_parse(a, text, "value", e);

	if (!y)
		return -1;
	*out = y->kind == YAML_NULL ? NULL : y;
	return 0;
}

static int store(const struct opt_table *t, const struct opt_row *row, void *out, struct arena *a, struct str s,
    struct err *e)
{
	switch (row->type) {
	case OPT_BOOL: return store_bool(out, s, e);
	case OPT_INT:
	case OPT_FLOAT:
	case OPT_SIZE:
	case OPT_DURATION: return store_number(t, row, out, s, e);
	case OPT_STRING:
	case OPT_PATH: *(const char **)out = arena_cstr(a, s); return 0;
	case OPT_ADDRESS: return store_address(a, out, s, e);
	case OPT_ENUM: return store_enum(t, row, out, s, e);
	case OPT_SECRET: ((struct opt_secret *)out)->secret = arena_cstr(a, s); return 0;
	case OPT_LIST: *(struct opt_list *)out = opt_list_add(a, *(struct opt_list *)out, s); return 0;
	case OPT_CSV: store_csv(a, out, s); return 0;
	case OPT_TREE: return store_tree(out, a, s, e);
	}
	return err_set(e, ERR_BUG, "option type %d", (int)row->type);
}

int opt_store(const struct opt_table *t, const struct opt_row *row, void *values, struct arena *a, struct str text,
    struct err *e)
{
	struct buf shown;

	if (memchr(text.n ? text.p : "", 0, text.n))
		return err_set(e, ERR_CONFIG, "the value holds a 0 byte");
	if (store(t, row, field(row, values), a, text, e) == 0)
		return 0;
	/* Some parsers quote the value themselves. */
	if (row->type == OPT_SECRET || row->type == OPT_TREE || e->msg[0] == '"')
		return -1;
	buf_init(&shown, 4096);
	enc_quote(&shown, str_of(text.p, MIN(text.n, (size_t)200)));
	err_wrap(e, STR_FMT, STR_ARG(buf_str(&shown)));
	buf_fini(&shown);
	return -1;
}

void opt_clear_list(const struct opt_row *row, void *values)
{
	if (row->type == OPT_LIST || row->type == OPT_CSV)
		*(struct opt_list *)field(row, values) = (struct opt_list){ 0 };
}

static int store_yaml_list(const struct opt_table *t, const struct opt_row *row, void *values, struct arena *a,
    const struct yaml *y, struct err *e)
{
	struct opt_list *l = field(row, values);

	(void)t;
	for (size_t i = 0; i < y->n; i++) {
		const struct yaml *item = y->items[i].value;

		if (item->kind != YAML_SCALAR)
			return err_set(e, ERR_CONFIG, "must be a list of words");
		*l = opt_list_add(a, *l, item->text);
	}
	return 0;
}

int opt_store_yaml(const struct opt_table *t, const struct opt_row *row, void *values, struct arena *a,
    const struct yaml *y, struct err *e)
{
	bool listy = row->type == OPT_LIST || row->type == OPT_CSV;

	if (row->type == OPT_TREE && (y->kind != YAML_SCALAR || y->quoted == false)) {
		union {
			const struct yaml *in;
			struct yaml *out;
		} u = { y };

		*(struct yaml **)field(row, values) = u.out;
		return 0;
	}
	if (listy && y->kind == YAML_LIST)
		return store_yaml_list(t, row, values, a, y, e);
	if (y->kind == YAML_MAP || y->kind == YAML_LIST)
		return err_set(e, ERR_CONFIG, "must be %s", listy ? "a list of words" : "one value");
	if (row->type == OPT_LIST && y->text.n == 0)
		return 0;
	return opt_store(t, row, values, a, y->text, e);
}

/* Value to text */

static struct str list_text(struct arena *a, struct opt_list l)
{
	struct str s = STR("");

	for (size_t i = 0; i < l.n; i++)
		s = arena_printf(a, STR_FMT "%s%s", STR_ARG(s), i ? "," : "", l.p[i]);
	return s;
}

static struct str tree_text(struct arena *a, const struct yaml *y)
{
	struct buf b;
	struct str s;

	if (!y)
		return STR("");
	buf_init(&b, OPT_MAX_FILE);
	yaml_print(&b, y);
	s = str_trim(arena_str(a, buf_str(&b)));
	buf_fini(&b);
	return s;
}

static struct str enum_text(const struct opt_table *t, const struct opt_row *row, int v)
{
	struct str words = str_cstr(opt_choices(t, row)), w = str_cut(&words, '|');

	while (v-- > 0)
		w = str_cut(&words, '|');
	return w;
}

struct str opt_text(const struct opt_table *t, const struct opt_row *row, const void *values, struct arena *a)
{
	const void *v = field_const(row, values);

	switch (row->type) {
	case OPT_BOOL: return *(const bool *)v ? STR("true") : STR("false");
	case OPT_INT: return arena_printf(a, "%lld", (long long)*(const int64_t *)v);
	case OPT_FLOAT: return arena_printf(a, "%.15g", *(const double *)v);
	case OPT_SIZE: return arena_printf(a, "%llu", (unsigned long long)*(const uint64_t *)v);
	case OPT_DURATION: return num_go_duration(a, *(const int64_t *)v);
	case OPT_STRING:
	case OPT_PATH:
	case OPT_ADDRESS: return str_cstr(*(const char *const *)v);
	case OPT_ENUM: return enum_text(t, row, *(const int *)v);
	case OPT_SECRET: return *((const struct opt_secret *)v)->secret ? STR("***") : STR("");
	case OPT_LIST:
	case OPT_CSV: return list_text(a, *(const struct opt_list *)v);
	case OPT_TREE: return tree_text(a, *(struct yaml *const *)v);
	}
	return STR("");
}

struct yaml *opt_yaml(const struct opt_table *t, const struct opt_row *row, const void *values, struct arena *a)
{
	const void *v = field_const(row, values);
	struct yaml *y;

	if (row->type == OPT_TREE) {
		y = *(struct yaml *const *)v;
		return y ? y : yaml_new(a, YAML_NULL);
	}
	if (row->type == OPT_LIST) {
		const struct opt_list *l = v;

		y = yaml_new(a, YAML_LIST);
		for (size_t i = 0; i < l->n; i++)
			yaml_add(a, y, STR_NONE, yaml_text(a, str_cstr(l->p[i]), true));
		return y;
	}
	return yaml_text(a, opt_text(t, row, values, a), row->type >= OPT_STRING && row->type != OPT_ENUM);
}

/* The set of tables of a program */

void opts_init(struct opts *o, const char *prog)
{
	*o = (struct opts){ .prog = prog, .a = arena_new() };
}

void opts_fini(struct opts *o)
{
	arena_free(o->a);
	o->a = NULL;
}

void opts_add(struct opts *o, const struct opt_table *t, void *values)
{
	size_t set = o->n_sets++;

	assert(set < OPT_MAX_SETS);
	o->sets[set] = (struct opt_set){ t, values };
	o->marks[set] = arena_zarray(o->a, t->n, sizeof(struct opt_mark));
	memset(values, 0, t->size);
	for (size_t i = 0; i < t->n; i++) {
		const struct opt_row *row = &t->rows[i];
		bool none = (row->type == OPT_LIST || row->type == OPT_TREE) && row->kind == OPT_ROW && !*row->def;
		struct err e;

		if (row->kind != OPT_ROW || none)
			continue;
		assert(row->type != OPT_ENUM || opt_choices(t, row));
		if (opt_store(t, row, values, o->a, str_cstr(row->def), &e) == 0)
			continue;
		fprintf(stderr, "%s: default of -%s: %s\n", o->prog, row->flag, e.msg);
		abort();
	}
}

static bool row_named(const struct opt_row *row, enum opt_lookup by, struct str name)
{
	if (row->kind == OPT_OLD)
		return str_eq(name, str_cstr(row->flag));
	if (row->kind != OPT_ROW)
		return false;
	return str_eq(name, str_cstr(by == OPT_BY_FLAG ? row->flag : row->yaml));
}

bool opts_lookup(const struct opts *o, enum opt_lookup by, struct str name, struct opt_ref *out)
{
	if (name.n == 0)
		return false;
	for (size_t s = 0; s < o->n_sets; s++) {
		const struct opt_table *t = o->sets[s].table;

		for (size_t i = 0; i < t->n; i++) {
			if (!row_named(&t->rows[i], by, name))
				continue;
			*out = (struct opt_ref){ s, opt_find(t, t->rows[i].field) };
			return true;
		}
	}
	return false;
}

/* Number of single-byte edits from a to b, or more than most. */
static size_t distance(struct str a, struct str b, size_t most)
{
	size_t row[64], left, up_left;

	if (a.n >= ARRAY_LEN(row) || b.n >= ARRAY_LEN(row) || MAX(a.n, b.n) - MIN(a.n, b.n) > most)
		return most + 1;
	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		up_left = row[0];
		row[0] = left = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t swap = up_left + (a.p[i - 1] != b.p[j - 1]);

			up_left = row[j];
			row[j] = left = MIN(swap, MIN(row[j], left) + 1);
		}
	}
	return row[b.n];
}

const char *opts_suggest(const struct opts *o, enum opt_lookup by, struct str name)
{
	size_t best = MIN(name.n / 3, (size_t)2) + 1;
	const char *found = NULL;

	for (size_t s = 0; s < o->n_sets; s++) {
		const struct opt_table *t = o->sets[s].table;

		for (size_t i = 0; i < t->n; i++) {
			const char *have = by == OPT_BY_FLAG ? t->rows[i].flag : t->rows[i].yaml;
			size_t d;

			if (t->rows[i].kind != OPT_ROW)
				continue;
			d = distance(name, str_cstr(have), best - 1);
			if (d < best) {
				best = d;
				found = have;
			}
		}
	}
	return found;
}

/* A stronger origin wins; the same one adds to lists from flags, and replaces otherwise. */
static bool admit(struct opts *o, struct opt_ref ref, struct opt_mark from)
{
	const struct opt_set *s = &o->sets[ref.set];
	struct opt_mark *m = &o->marks[ref.set][ref.row - s->table->rows];

	if (from.origin < m->origin)
		return false;
	if (from.origin > m->origin)
		opt_clear_list(ref.row, s->values);
	*m = from;
	return true;
}

int opts_set(struct opts *o, struct opt_ref ref, struct str text, struct opt_mark from, struct err *e)
{
	const struct opt_set *s = &o->sets[ref.set];

	if (!admit(o, ref, from))
		return 0;
	return opt_store(s->table, ref.row, s->values, o->a, text, e);
}

int opts_set_yaml(struct opts *o, struct opt_ref ref, const struct yaml *y, struct opt_mark from, struct err *e)
{
	const struct opt_set *s = &o->sets[ref.set];

	if (!admit(o, ref, from))
		return 0;
	return opt_store_yaml(s->table, ref.row, s->values, o->a, y, e);
}

enum opt_origin opts_origin(const struct opts *o, size_t set, const struct opt_row *row)
{
	return o->marks[set][row - o->sets[set].table->rows].origin;
}

void opt_env_name(struct buf *out, const char *prog, const struct opt_row *row)
{
	const char *parts[] = { prog, "_", row->field };

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		for (const char *p = parts[i]; *p; p++)
			buf_byte(out, *p == '-' ? '_' : (unsigned char)toupper((unsigned char)*p));
}

const char *opts_origin_text(const struct opts *o, size_t set, const struct opt_row *row)
{
	const struct opt_mark *m = &o->marks[set][row - o->sets[set].table->rows];
	struct buf name;
	const char *text;

	if (m->origin == OPT_FROM_FILE)
		return arena_cstr(o->a, arena_printf(o->a, "%s:%u", m->file, m->line));
	if (m->origin != OPT_FROM_ENV)
		return m->origin == OPT_DEFAULT ? "default" : "flag";
	buf_init(&name, 256);
	opt_env_name(&name, o->prog, row);
	text = arena_cstr(o->a, buf_str(&name));
	buf_fini(&name);
	return text;
}
