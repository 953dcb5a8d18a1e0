/*
 * relabel_rules.c - making relabel rules: from fields, from JSON, built-in.
 */
#include "base/enc.h"
#include "base/mem.h"
#include "formats/labels/regex.h"
#include "formats/labels/relabel.h"
#include "base/num.h"
#include "formats/labels/relabel_impl.h"

static const char *const action_names[] = {
#define X(name, word) word,
	RELABEL_ACTIONS(X)
#undef X
};

#define DEFAULT_SEPARATOR STR(";")
#define DEFAULT_REGEX STR("(.*)")
#define DEFAULT_REPLACEMENT STR("$1")

struct relabel_fields relabel_defaults(void)
{
	return (struct relabel_fields){
		.separator = DEFAULT_SEPARATOR,
		.regex = DEFAULT_REGEX,
		.replacement = DEFAULT_REPLACEMENT,
		.action = RELABEL_REPLACE,
	};
}

int relabel_action_parse(struct str word, enum relabel_action *out, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(action_names); i++)
		if (str_eq_nocase(word, str_cstr(action_names[i]))) {
			*out = (enum relabel_action)i;
			return 0;
		}
	return err_set(e, ERR_CONFIG, "unknown relabel action \"" STR_FMT "\"", STR_ARG(word));
}

/* ---- templates ---- */

static bool is_name(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
}

/* Behind a '$': the name, braces taken off; bytes used, 0 when there is no name. */
static size_t variable(struct str s, struct str *name)
{
	bool braces = str_prefix(s, STR("{"));
	size_t start = braces, n = start;

	while (n < s.n && is_name(s.p[n]))
		n++;
	*name = str_of(s.p + start, n - start);
	if (name->n == 0 || (braces && (n == s.n || s.p[n] != '}')))
		return 0;
	return n + braces;
}

/* The group that a name stands for; -1: none, which is the empty text. */
static int group_of(const struct regex *re, struct str name)
{
	int v = 0;

	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] < '0' || name.p[i] > '9')
			return re ? regex_group(re, name) : -1;
		v = MIN(v * 10 + (name.p[i] - '0'), REGEX_MAX_GROUPS);
	}
	return v < REGEX_MAX_GROUPS ? v : -1;
}

static void add_literal(struct template *t, struct str s)
{
	struct piece *last = t->n ? &t->pieces[t->n - 1] : NULL;

	if (last && last->group < 0 && last->literal.p + last->literal.n == s.p)
		last->literal.n += s.n;
	else
		t->pieces[t->n++] = (struct piece){ s, -1 };
}

/* s lives as long as the template. */
static struct template template_of(struct arena *a, const struct regex *re, struct str s)
{
	struct template t = { arena_array(a, s.n, sizeof(*t.pieces)), 0 };

	while (s.n) {
		size_t plain = str_find(s, '$'), used;
		struct str name;
		int group;

		if (plain) {
			add_literal(&t, str_of(s.p, plain));
			s = str_skip(s, plain);
			continue;
		}
		used = variable(str_skip(s, 1), &name);
		if (used == 0) { /* "$$" is one '$'; so is '$' in front of anything else */
			add_literal(&t, str_of(s.p, 1));
			s = str_skip(s, 1 + str_prefix(s, STR("$$")));
			continue;
		}
		group = group_of(re, name);
		if (group >= 0)
			t.pieces[t.n++] = (struct piece){ STR_NONE, group };
		s = str_skip(s, 1 + used);
	}
	return t;
}

/* ---- rules ---- */

static bool is_one_of(enum relabel_action a, unsigned set)
{
	return set >> a & 1;
}

#define ONE(a) (1u << RELABEL_##a)

static bool is_valid_name(struct str s)
{
	return s.n > 0 && str_utf8(s);
}

static int check_equal(const struct relabel_fields *f, struct err *e)
{
	if (str_eq(f->regex, DEFAULT_REGEX) && f->modulus == 0 && str_eq(f->separator, DEFAULT_SEPARATOR) &&
	    str_eq(f->replacement, DEFAULT_REPLACEMENT))
		return 0;
	return err_set(e, ERR_CONFIG,
	    "%s action requires only 'source_labels' and `target_label`, "
	    "and no other fields",
	    action_names[f->action]);
}

static int check_names(const struct relabel_fields *f, struct err *e)
{
	if (f->n_source == 0 && f->target.n == 0 && f->modulus == 0 && str_eq(f->separator, DEFAULT_SEPARATOR) &&
	    str_eq(f->replacement, DEFAULT_REPLACEMENT))
		return 0;
	return err_set(e, ERR_CONFIG, "%s action requires only 'regex', and no other fields", action_names[f->action]);
}

/* What Prometheus refuses, in its words. */
static int check(const struct relabel_fields *f, struct err *e)
{
	const unsigned equal = ONE(KEEPEQUAL) | ONE(DROPEQUAL);
	const unsigned cased = ONE(LOWERCASE) | ONE(UPPERCASE);
	const unsigned with_target = ONE(REPLACE) | ONE(HASHMOD) | equal | cased;
	const char *action = action_names[f->action];

	if (f->action == RELABEL_HASHMOD && f->modulus == 0)
		return err_set(e, ERR_CONFIG, "relabel configuration for hashmod requires non-zero modulus");
	if (is_one_of(f->action, with_target) && f->target.n == 0)
		return err_set(e, ERR_CONFIG,
		    "relabel configuration for %s action requires "
		    "'target_label' value",
		    action);
	if (is_one_of(f->action, with_target) && !is_valid_name(f->target))
		return err_set(e, ERR_CONFIG, "\"" STR_FMT "\" is invalid 'target_label' for %s action",
		    STR_ARG(f->target), action);
	if (is_one_of(f->action, cased | equal) && !str_eq(f->replacement, DEFAULT_REPLACEMENT))
		return err_set(e, ERR_CONFIG, "'replacement' can not be set for %s action", action);
	if (f->action == RELABEL_LABELMAP && !is_valid_name(f->replacement))
		return err_set(e, ERR_CONFIG, "\"" STR_FMT "\" is invalid 'replacement' for %s action",
		    STR_ARG(f->replacement), action);
	if (is_one_of(f->action, equal))
		return check_equal(f, e);
	if (is_one_of(f->action, ONE(LABELDROP) | ONE(LABELKEEP)))
		return check_names(f, e);
	return 0;
}

/* A new rule in front of the built-in ones at the end. */
static struct rule *rule_room(struct relabel_rules *r)
{
	size_t at = r->n - r->builtin_last;

	if (r->n == r->cap) {
		r->cap = r->cap * 2 + 8;
		r->rules = mem_resize(r->rules, r->cap, sizeof(*r->rules));
	}
	memmove(r->rules + at + 1, r->rules + at, r->builtin_last * sizeof(*r->rules));
	r->n++;
	return &r->rules[at];
}

int relabel_rules_add(struct relabel_rules *r, const struct relabel_fields *f, struct err *e)
{
	struct regex *re;
	struct rule *rule;

	if (check(f, e) < 0)
		return -1;
	re = regex_new_anchored(f->regex, e);
	if (re == NULL) {
		e->kind = ERR_CONFIG;
		return -1;
	}
	rule = rule_room(r);
	*rule = (struct rule){
		.action = f->action,
		.source = arena_array(r->mem, f->n_source, sizeof(*rule->source)),
		.n_source = f->n_source,
		.separator = arena_str(r->mem, f->separator),
		.target = arena_str(r->mem, f->target),
		.re = re,
		.modulus = f->modulus,
	};
	for (size_t i = 0; i < f->n_source; i++)
		rule->source[i] = arena_str(r->mem, f->source[i]);
	rule->target_template = template_of(r->mem, re, rule->target);
	rule->replacement = template_of(r->mem, re, arena_str(r->mem, f->replacement));
	return 0;
}

static void add_builtin(struct relabel_rules *r)
{
	static const struct str name[] = { { "__name__", 8 } };
	static const struct str replaced[] = { { "__name_replaced__", 17 } };
	static const struct str name_type[] = { { "__name__", 8 }, { "__type__", 8 } };
#define S(s)                     \
	{                        \
		s, sizeof(s) - 1 \
	}
	static const struct relabel_fields rules[] = {
		{ name, 1, S(";"), S("godeltaprof_(.*)"), S("__name_replaced__"), S("$0"), 0, 0 },
		{ replaced, 1, S(";"), S("godeltaprof_(.*)"), S("__delta__"), S("false"), 0, 0 },
		{ name, 1, S(";"), S("godeltaprof_(.*)"), S("__name__"), S("$1"), 0, 0 },
		{ name_type, 2, S("/"), S("wall/cpu"), S("__name_replaced__"), S("wall"), 0, 0 },
		{ name_type, 2, S("/"), S("wall/cpu"), S("__name__"), S("process_cpu"), 0, 0 },
	};
#undef S
	struct err e;
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		rc |= relabel_rules_add(r, &rules[i], &e);
	assert(rc == 0);
}

struct relabel_rules *relabel_rules_new(enum relabel_position builtin)
{
	struct relabel_rules *r = mem_zalloc(sizeof(*r));

	r->mem = arena_new();
	if (builtin != RELABEL_DISABLED)
		add_builtin(r);
	if (builtin == RELABEL_LAST)
		r->builtin_last = r->n;
	return r;
}

void relabel_rules_free(struct relabel_rules *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n; i++)
		regex_free(r->rules[i].re);
	mem_free(r->rules);
	arena_free(r->mem);
	mem_free(r);
}

size_t relabel_rules_count(const struct relabel_rules *r)
{
	return r->n;
}

/* ---- JSON ---- */

static int json_text(const char *key, json_t *v, struct str *out, struct err *e)
{
	if (!json_is_string(v))
		return err_set(e, ERR_CONFIG, "%s: not a text", key);
	*out = str_of(json_string_value(v), json_string_length(v));
	return 0;
}

static int json_source(struct arena *a, json_t *v, struct relabel_fields *f, struct err *e)
{
	struct str *names;

	if (!json_is_array(v))
		return err_set(e, ERR_CONFIG, "source_labels: not a list");
	f->n_source = json_array_size(v);
	f->source = names = arena_array(a, f->n_source, sizeof(*names));
	for (size_t i = 0; i < f->n_source; i++)
		if (json_text("source_labels", json_array_get(v, i), &names[i], e) < 0)
			return -1;
	return 0;
}

static int json_member(struct arena *a, const char *key, json_t *v, struct relabel_fields *f, struct err *e)
{
	const struct {
		const char *key;
		struct str *at;
	} texts[] = {
		{ "separator", &f->separator },
		{ "regex", &f->regex },
		{ "target_label", &f->target },
		{ "replacement", &f->replacement },
	};
	struct str word;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(key, texts[i].key) == 0)
			return json_text(key, v, texts[i].at, e);
	if (strcmp(key, "source_labels") == 0)
		return json_source(a, v, f, e);
	if (strcmp(key, "action") == 0)
		return json_text(key, v, &word, e) < 0 ? -1 : relabel_action_parse(word, &f->action, e);
	if (strcmp(key, "modulus") != 0)
		return err_set(e, ERR_CONFIG, "%.64s: unknown member", key);
	if (json_is_integer(v) && json_integer_value(v) >= 0) {
		f->modulus = (uint64_t)json_integer_value(v);
		return 0;
	}
	if (!json_is_string(v) || num_u64(str_of(json_string_value(v), json_string_length(v)), &f->modulus, e) < 0)
		return err_set(e, ERR_CONFIG, "modulus: not a whole number");
	return 0;
}

int relabel_rules_add_json(struct relabel_rules *r, json_t *rule, struct err *e)
{
	struct relabel_fields f = relabel_defaults();
	struct arena *a;
	const char *key;
	json_t *member;
	int rc = 0;

	if (!json_is_object(rule))
		return err_set(e, ERR_CONFIG, "not an object");
	a = arena_new();
	json_object_foreach(rule, key, member) {
		if (json_is_null(member))
			continue;
		rc = json_member(a, key, member, &f, e);
		if (rc < 0)
			break;
	}
	if (rc == 0)
		rc = relabel_rules_add(r, &f, e);
	arena_free(a);
	return rc;
}
