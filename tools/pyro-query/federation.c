/* federation.c - see federation.h */
#include "tools/pyro-query/federation.h"

/* ---- rules ---- */

static bool allows(const struct limits *l, struct str other)
{
	for (size_t i = 0; i < l->query_federation.n; i++) {
		struct str s = str_cstr(l->query_federation.p[i]);

		if (str_eq(s, other) || str_eq(s, STR("*")))
			return true;
	}
	return false;
}

int federation_check(const struct limits_set *set, struct str tenants, struct err *e)
{
	for (struct str left = tenants; left.n > 0;) {
		struct str one = str_cut(&left, '|');

		for (struct str rest = tenants; rest.n > 0;) {
			struct str other = str_cut(&rest, '|');

			if (!str_eq(one, other) && !allows(limits_of(set, one), other))
				return err_set(e, ERR_DENIED,
				    "multiple org IDs present, and " STR_FMT
				    " may not be asked for together with " STR_FMT ": see limit query_federation",
				    STR_ARG(one), STR_ARG(other));
		}
	}
	return 0;
}

/* 0 is no limit. */
static int64_t lesser(int64_t x, int64_t y)
{
	return x == 0 ? y : y == 0 ? x : MIN(x, y);
}

static void narrow(struct limits *l, const struct limits *other)
{
	l->max_query_lookback = lesser(l->max_query_lookback, other->max_query_lookback);
	l->max_query_length = lesser(l->max_query_length, other->max_query_length);
	l->max_flamegraph_nodes_default = lesser(l->max_flamegraph_nodes_default, other->max_flamegraph_nodes_default);
	l->max_flamegraph_nodes_max = lesser(l->max_flamegraph_nodes_max, other->max_flamegraph_nodes_max);
	l->max_flamegraph_nodes_on_select_merge_profile |= other->max_flamegraph_nodes_on_select_merge_profile;
	l->query_analysis_enabled &= other->query_analysis_enabled;
	l->query_analysis_series_enabled &= other->query_analysis_series_enabled;
	l->query_heatmaps_enabled &= other->query_heatmaps_enabled;
}

const struct limits *federation_limits(struct arena *a, const struct limits_set *set, struct str tenants)
{
	struct str first = str_cut(&tenants, '|');
	struct limits *all;

	if (tenants.n == 0)
		return limits_of(set, first);
	all = arena_alloc(a, sizeof(*all));
	*all = *limits_of(set, first);
	while (tenants.n > 0)
		narrow(all, limits_of(set, str_cut(&tenants, '|')));
	return all;
}

/* ---- asks ---- */

/* The selector without its matchers of the tenant, if those accept it; false: they do not. */
static bool select_tenant(struct arena *a, struct selector *s, struct str tenant, struct str *text)
{
	struct buf b;

	for (uint32_t i = 0; i < s->n; i++)
		if (str_eq(s->p[i].name, TENANT_LABEL) && !matcher_match_value(&s->p[i], tenant))
			return false;
	buf_init(&b, INT32_MAX);
	selector_print(&b, s, TENANT_LABEL);
	*text = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return true;
}

static int select_all(struct arena *a, const struct pyro_ask *ask, struct str tenant, struct pyro_ask *out,
    struct err *e)
{
	out->selectors.n = 0;
	out->selectors.p = arena_array(a, ask->selectors.n, sizeof(*out->selectors.p));
	for (size_t i = 0; i < ask->selectors.n; i++) {
		struct str text = ask->selectors.p[i];
		struct selector s;
		bool wanted;

		if (str_search(text, TENANT_LABEL) == text.n) {
			out->selectors.p[out->selectors.n++] = text;
			continue;
		}
		if (selector_parse(a, text, &s, e) < 0)
			return -1;
		wanted = select_tenant(a, &s, tenant, &text);
		selector_fini(&s);
		if (wanted)
			out->selectors.p[out->selectors.n++] = text;
	}
	return 0;
}

static bool names_tenant(const struct pyro_ask *ask)
{
	for (size_t i = 0; i < ask->names.n; i++)
		if (str_eq(ask->names.p[i], TENANT_LABEL))
			return true;
	return false;
}

int federation_ask(struct arena *a, const struct pyro_ask *ask, struct str tenant, struct pyro_ask *out, bool *none,
    struct err *e)
{
	static struct str type = { "__profile_type__", 16 };

	*out = *ask;
	out->tenant = tenant;
	if (select_all(a, ask, tenant, out, e) < 0)
		return -1;
	*none = ask->selectors.n > 0 && out->selectors.n == 0;
	if (ask->kind == ASK_VALUES && names_tenant(ask)) /* does it have series at all? */
		out->names = (struct msg_strs){ &type, 1 };
	return 0;
}

/* ---- parts ---- */

void federation_part(struct arena *a, const struct pyro_ask *ask, struct str tenant, struct part *p)
{
	bool wanted = names_tenant(ask);
	struct str label = TENANT_LABEL;
	struct str_list one = { &label, 1 };

	if (ask->kind == ASK_VALUES && wanted && p->strings.n > 0) {
		p->strings.p[0] = tenant;
		p->strings.n = 1;
	}
	if (ask->kind == ASK_NAMES && p->strings.n > 0)
		str_list_merge(a, &p->strings, &one);
	for (size_t i = 0; wanted && i < p->series.n; i++)
		p->series.p[i].labels = labels_with(a, &p->series.p[i].labels, label, tenant);
	for (size_t i = 0; (wanted || ask->names.n == 0) && i < p->sets.n; i++)
		p->sets.p[i] = labels_with(a, &p->sets.p[i], label, tenant);
	for (size_t i = 0; i < p->points.n; i++)
		p->points.p[i].labels = labels_with(a, &p->points.p[i].labels, label, tenant);
}
