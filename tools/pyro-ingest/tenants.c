/* tenants.c - see tenants.h */
#include "tools/pyro-ingest/tenants.h"

#include "base/hash.h"
#include "base/json.h"

#define MOST_ROOM 1e18 /* ns; a bucket that takes longer to fill is none */

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

/* Scalars become texts: what they mean is said by the member that they belong to. */
static json_t *json_of(const struct yaml *y)
{
	json_t *out;

	switch (y->kind) {
	case YAML_SCALAR: return json_stringn(y->text.p, y->text.n);
	case YAML_LIST:
		out = json_array();
		for (size_t i = 0; i < y->n; i++)
			json_array_append_new(out, json_of(y->items[i].value));
		return out;
	case YAML_MAP:
		out = json_object();
		for (size_t i = 0; i < y->n; i++)
			json_object_setn_new(out, y->items[i].key.p, y->items[i].key.n, json_of(y->items[i].value));
		return out;
	case YAML_NULL: break;
	}
	return json_null();
}

static int add_rule(struct relabel_rules *r, const struct yaml *rule, struct err *e)
{
	json_t *json = json_of(rule);
	int rc = relabel_rules_add_json(r, json, e);

	json_decref(json);
	return rc;
}

/* A list of rules as the configuration holds it; nothing at all gives NULL. */
static int rules_of(const struct yaml *list, enum relabel_position builtin, struct relabel_rules **out, struct err *e)
{
	int rc = 0;

	*out = NULL;
	if ((list == NULL || list->kind != YAML_LIST || list->n == 0) && builtin == RELABEL_DISABLED)
		return 0;
	*out = relabel_rules_new(builtin);
	for (size_t i = 0; list != NULL && i < list->n && rc == 0; i++)
		if ((rc = add_rule(*out, list->items[i].value, e)) < 0)
			err_wrap(e, "line %u", list->items[i].value->line);
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
	if (rules_of(l->ingestion_relabeling_rules, position[l->ingestion_relabeling_default_rules_position],
		&r->series, e) < 0)
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

	for (size_t i = 0; i <= n; i++) { /* the last one stands for all others */
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
