/* tenants.c - see tenants.h */
#include "tools/pyro-ingest/tenants.h"

#include "base/hash.h"

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

static int rules_make(struct clean_rules *r, const struct limits *l, struct err *e)
{
	static const enum relabel_position position[] = { RELABEL_FIRST, RELABEL_LAST, RELABEL_DISABLED };

	*r = (struct clean_rules){ .limits = l };
	if (relabel_rules_of(l->ingestion_relabeling_rules,
	        position[l->ingestion_relabeling_default_rules_position], &r->series, e) < 0)
		return err_wrap(e, "ingestion_relabeling_rules");
	if (relabel_rules_of(l->sample_type_relabeling_rules, RELABEL_DISABLED, &r->types, e) < 0) {
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

		mem_free(x);
		x = next;
	}
	atomic_store(&t->first, NULL);
}

bool tenant_take(struct tenant *t, double rate, double burst, uint64_t bytes, int64_t mono)
{
	double cost = rate > 0 ? (double)bytes / rate * (double)NS_PER_S : 0;
	double room = rate > 0 ? burst / rate * (double)NS_PER_S : 0;
	int64_t old = atomic_load(&t->busy_until), new;

	if (rate <= 0)
		return true;
	do {
		new = MAX(old, mono) + (int64_t)cost;
		if ((double)(new - mono) > room)
			return false;
	} while (!atomic_compare_exchange_weak(&t->busy_until, &old, new));
	return true;
}
