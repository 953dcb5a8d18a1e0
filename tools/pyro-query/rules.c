/* rules.c - see rules.h */
#include "tools/pyro-query/rules.h"

struct reading {
	struct arena *a;
	const char *name;
	const struct opt_table *table;
	struct err *e;
};

static int wrong(const struct reading *r, const struct yaml *y, const char *what)
{
	return err_set(r->e, ERR_CONFIG, "%s:%u: %s", r->name, y->line, what);
}

/* Options of the whole command, which a rule has not. */
static bool is_refused(struct str key)
{
	static const char *const refused[] = { "output", "force", "json", "interactive", "diff-base", "group-by",
		"split-by", "memory", "all" };

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (str_eq(key, str_cstr(refused[i])))
			return true;
	return false;
}

static int take_sources(const struct reading *r, const struct yaml *y, struct rule_side *s)
{
	size_t n = y->kind == YAML_LIST ? y->n : 1;

	s->sources = (struct opt_list){ arena_array(r->a, n + 1, sizeof(*s->sources.p)), n };
	for (size_t i = 0; i < n; i++) {
		const struct yaml *one = y->kind == YAML_LIST ? y->items[i].value : y;

		if (one->kind != YAML_SCALAR || one->text.n == 0)
			return wrong(r, one, "source: a path or an address, or a list of them, is expected");
		s->sources.p[i] = arena_cstr(r->a, one->text);
	}
	return n > 0 ? 0 : wrong(r, y, "source: an empty list");
}

/* All keys but those of rules alone. */
static int take_side(const struct reading *r, const struct yaml *map, struct rule_side *s)
{
	for (size_t i = 0; i < map->n; i++) {
		struct str key = map->items[i].key;
		const struct yaml *y = map->items[i].value;
		int rc = 0;

		if (str_eq(key, STR("name")) || str_eq(key, STR("base")))
			continue;
		if (str_eq(key, STR("source")))
			rc = take_sources(r, y, s);
		else if (is_refused(key))
			rc = err_set(r->e, ERR_CONFIG, "%s:%u: " STR_FMT " is not an option of a rule", r->name,
			    map->items[i].line, STR_ARG(key));
		else
			rc = opt_store_flag(r->table, &s->o, r->a, "diff", key, y, r->name, r->e);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int take_base(const struct reading *r, const struct yaml *y, struct rule *rule)
{
	rule->compares = true;
	rule->base = rule->now;
	if (y->kind != YAML_MAP)
		return wrong(r, y, "base: a map of options is expected");
	if (yaml_key(y, STR("fail-if")) != NULL || yaml_key(y, STR("base")) != NULL || yaml_key(y, STR("name")) != NULL)
		return wrong(r, y, "base: name, base and fail-if belong to the rule");
	return take_side(r, y, &rule->base);
}

static int take_limits(const struct reading *r, const struct yaml *y, struct rule *rule)
{
	const struct opt_list *texts = &rule->now.o.fail_if;

	if (texts->n == 0)
		return wrong(r, y, "the rule has no fail-if");
	rule->limits = arena_zarray(r->a, texts->n, sizeof(*rule->limits));
	for (; rule->n_limits < texts->n; rule->n_limits++) {
		struct diff_limit *l = &rule->limits[rule->n_limits];

		if (diff_limit_parse(r->a, str_cstr(texts->p[rule->n_limits]), l, r->e) < 0) {
			r->e->kind = ERR_CONFIG;
			return err_wrap(r->e, "%s:%u: fail-if", r->name, y->line);
		}
		if (l->change && !rule->compares)
			return err_set(r->e, ERR_CONFIG,
			    "%s:%u: fail-if: " STR_FMT
			    ": a change needs a base; a value or a share (90%% of total) does not",
			    r->name, y->line, STR_ARG(l->text));
	}
	return 0;
}

static int take_rule(const struct reading *r, const struct yaml *y, struct rule *rule)
{
	const struct yaml *name, *base;

	if (y->kind != YAML_MAP)
		return wrong(r, y, "a rule is a map of options");
	name = yaml_key(y, STR("name"));
	base = yaml_key(y, STR("base"));
	if (name != NULL && name->kind != YAML_SCALAR)
		return wrong(r, name, "name: a text is expected");
	if (name != NULL)
		rule->name = name->text;
	if (take_side(r, y, &rule->now) < 0 || (base != NULL && take_base(r, base, rule) < 0))
		return -1;
	return take_limits(r, y, rule);
}

static int check_top(const struct reading *r, const struct yaml *root)
{
	const struct yaml *rules = yaml_get(root, "rules"), *defaults = yaml_get(root, "defaults");

	for (size_t i = 0; root->kind == YAML_MAP && i < root->n; i++)
		if (!str_eq(root->items[i].key, STR("rules")) && !str_eq(root->items[i].key, STR("defaults")))
			return err_set(r->e, ERR_CONFIG, "%s:%u: unknown key " STR_FMT "; there are defaults and rules",
			    r->name, root->items[i].line, STR_ARG(root->items[i].key));
	if (rules == NULL || rules->kind != YAML_LIST || rules->n == 0)
		return wrong(r, rules != NULL ? rules : root, "rules: a list of rules is expected");
	if (rules->n > RULES_MAX)
		return err_set(r->e, ERR_CONFIG, "%s:%u: more than %d rules", r->name, rules->line, RULES_MAX);
	if (defaults != NULL && defaults->kind != YAML_MAP)
		return wrong(r, defaults, "defaults: a map of options is expected");
	if (defaults != NULL && (yaml_key(defaults, STR("base")) != NULL || yaml_key(defaults, STR("name")) != NULL))
		return wrong(r, defaults, "defaults: name and base belong to rules");
	return 0;
}

int rules_parse(struct rules *out, struct arena *a, struct str text, const char *name, const struct opt_table *t,
    const struct query_opts *usual, struct err *e)
{
	struct reading r = { .a = a, .name = name, .table = t, .e = e };
	struct yaml *root = yaml_parse(a, text, name, e), *rules, *defaults;
	struct rule_side begin = { .o = *usual };

	if (root == NULL || check_top(&r, root) < 0)
		return -1;
	rules = yaml_get(root, "rules");
	defaults = yaml_get(root, "defaults");
	if (defaults != NULL && take_side(&r, defaults, &begin) < 0)
		return -1;
	out->p = arena_zarray(a, rules->n, sizeof(*out->p));
	for (; out->n < rules->n; out->n++) {
		struct rule *one = &out->p[out->n];

		one->name = arena_printf(a, "rule %zu", out->n + 1);
		one->now = begin;
		if (take_rule(&r, rules->items[out->n].value, one) < 0) {
			out->n++;
			return -1;
		}
	}
	return 0;
}

void rules_fini(struct rules *r)
{
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < r->p[i].n_limits; k++)
			diff_limit_fini(&r->p[i].limits[k]);
}
