/* tenants.c - see tenants.h */
#include "tools/pyro-ingest/tenants.h"

#include "base/hash.h"
#include "base/num.h"

#define MOST_ROOM 1e18          /* ns; a bucket that takes longer to fill is none */

static struct tenant *shared_tenant(struct tenants *all, struct str name)
{
	struct tenant *new = NULL, *first = atomic_load(&all->first);

	for (;;) {
		for (struct tenant *t = first; t != NULL; t = t->next) {
			if (str_eq(t->name, name)) {
				mem_free(new);
				return t;
			}
		}
		if (new == NULL) {
			char *text;

			new = mem_zalloc(sizeof(*new) + name.n);
			text = (char *)(new + 1);
			memcpy(text, name.p, name.n);
			new->name = str_of(text, name.n);
		}
		new->next = first;
		if (atomic_compare_exchange_strong(&all->first, &first, new))
			return new;
	}
}

static void rules_fini(struct clean_rules *r)
{
	relabel_rules_free(r->series);
	relabel_rules_free(r->types);
}

static struct str text_of(const struct yaml *rule, const char *key, struct str usual)
{
	const struct yaml *v = yaml_key(rule, str_cstr(key));

	return v != NULL && v->kind == YAML_SCALAR ? v->text : usual;
}

static int add_rule(struct relabel_rules *r, struct arena *a, const struct yaml *rule, struct err *e)
{
	struct relabel_fields f = relabel_defaults();
	const struct yaml *source = yaml_key(rule, STR("source_labels"));
	struct str modulus = text_of(rule, "modulus", STR_NONE), action = text_of(rule, "action", STR("replace"));
	struct str *names = arena_array(a, source ? source->n : 0, sizeof(*names));

	for (size_t i = 0; source != NULL && i < source->n; i++)
		names[i] = source->items[i].value->text;
	f.source = names;
	f.n_source = source ? source->n : 0;
	f.separator = text_of(rule, "separator", f.separator);
	f.regex = text_of(rule, "regex", f.regex);
	f.target = text_of(rule, "target_label", f.target);
	f.replacement = text_of(rule, "replacement", f.replacement);
	if (modulus.n > 0 && num_u64(modulus, &f.modulus, e) < 0)
		return err_wrap(e, "modulus");
	if (relabel_action_parse(action, &f.action, e) < 0)
		return -1;
	return relabel_rules_add(r, &f, e);
}

/* A list of rules as the configuration holds it; nothing at all gives NULL. */
static int rules_of(const struct yaml *list, enum relabel_position builtin, struct relabel_rules **out, struct err *e)
{
	struct arena *a;
	int rc = 0;

	*out = NULL;
	if ((list == NULL || list->kind != YAML_LIST || list->n == 0) && builtin == RELABEL_DISABLED)
		return 0;
	a = arena_new();
	*out = relabel_rules_new(builtin);
	for (size_t i = 0; list != NULL && i < list->n && rc == 0; i++)
		if ((rc = add_rule(*out, a, list->items[i].value, e)) < 0)
			err_wrap(e, "line %u", list->items[i].value->line);
	arena_free(a);
	if (rc < 0) {
		relabel_rules_free(*out);
		*out = NULL;
	}
	return rc;
}

static int rules_make(struct clean_rules *r, const struct limits *l, struct err *e)
{
	static const enum relabel_position position[] = { RELABEL_FIRST, RELABEL_LAST, RELABEL_DISABLED };

	*r = (struct clean_rules){ .limits = l };
	if (rules_of(l->ingestion_relabeling_rules,
	        position[l->ingestion_relabeling_default_rules_position], &r->series, e) < 0)
		return err_wrap(e, "ingestion_relabeling_rules");
	if (rules_of(l->sample_type_relabeling_rules, RELABEL_DISABLED, &r->types, e) < 0) {
		rules_fini(r);
		return err_wrap(e, "sample_type_relabeling_rules");
	}
	return 0;
}

const struct tenant_rules *tenant_of(struct tenant_view *v, struct str name, struct err *e)
{
	uint64_t hash = hash_seeded(name);
	struct map_at at = map_find(&v->by_name, hash);
	struct tenant_rules new = { 0 };

	for (uint32_t i; map_next(&at, &i);)
		if (str_eq(v->v.p[i].tenant->name, name))
			return &v->v.p[i];
	if (rules_make(&new.rules, limits_of(v->limits, name), e) < 0)
		return NULL;
	new.tenant = shared_tenant(v->all, name);
	vec_push(&v->v, new);
	map_put(&v->by_name, hash, (uint32_t)v->v.n - 1);
	return &v->v.p[v->v.n - 1];
}

int tenants_check(const struct limits_set *s, struct err *e)
{
	const struct str *names;
	size_t n = limits_tenants(s, &names);

	for (size_t i = 0; i <= n; i++) {       /* the last one stands for all others */
		struct clean_rules r;

		if (rules_make(&r, i < n ? limits_of(s, names[i]) : limits_base(s), e) < 0) {
			e->kind = ERR_CONFIG;
			return i < n ? err_wrap(e, "tenant " STR_FMT, STR_ARG(names[i])) : -1;
		}
		rules_fini(&r);
	}
	return 0;
}

void tenant_view_limits(struct tenant_view *v, struct limits_set *limits)
{
	for (size_t i = 0; i < v->v.n; i++)
		rules_fini(&v->v.p[i].rules);
	v->v.n = 0;
	map_reset(&v->by_name);
	v->limits = limits;
}

void tenant_view_fini(struct tenant_view *v)
{
	tenant_view_limits(v, NULL);
	vec_free(&v->v);
	map_fini(&v->by_name);
}

void tenants_free(struct tenants *t)
{
	struct tenant *x = atomic_load(&t->first);

	while (x != NULL) {
		struct tenant *next = x->next;

		received_free(&x->received);
		mem_free(x);
		x = next;
	}
	atomic_store(&t->first, NULL);
}

bool tenant_take(struct tenant *t, double rate, double burst, uint64_t bytes, int64_t mono)
{
	double cost = rate > 0 ? (double)bytes / rate * (double)NS_PER_S : 0;
	double room = rate > 0 ? MIN(burst / rate * (double)NS_PER_S, MOST_ROOM) : 0;
	int64_t old = atomic_load(&t->busy_until), from;

	if (rate <= 0)
		return true;
	do {
		from = MAX(old, mono);
		if ((double)(from - mono) + cost > room)
			return false;
	} while (!atomic_compare_exchange_weak(&t->busy_until, &old, from + (int64_t)cost));
	return true;
}
