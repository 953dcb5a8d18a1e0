/* api_functions.c - the largest functions over time, and a selection as metrics; see api.h */
#include <stdlib.h>

#include "base/arith.h"
#include "base/json.h"
#include "base/promtext.h"
#include "net/url.h"
#include "tools/pyro-query/api.h"

enum { USUAL_FUNCTIONS = 10 };

/* ---- which are the largest ---- */

struct function_sum {
	struct str name;
	int64_t value;
};

static int by_value(const void *a, const void *b)
{
	const struct function_sum *x = a, *y = b;

	if (x->value != y->value)
		return x->value > y->value ? -1 : 1;
	return str_cmp(x->name, y->name);
}

/* A call of itself counts once. */
static bool is_within_itself(const struct tree *t, size_t node)
{
	for (uint32_t up = t->nodes.p[node].parent; up != 0; up = t->nodes.p[up].parent)
		if (t->nodes.p[up].name == t->nodes.p[node].name)
			return true;
	return false;
}

struct largest {
	struct function_sum *p; /* descending */
	size_t n;
	int64_t total; /* of everything */
};

static struct largest largest_of(struct arena *a, struct tree *t, bool cum, size_t limit)
{
	struct largest out = { arena_zarray(a, t->names.n, sizeof(*out.p)), t->names.n, 0 };

	tree_total(t);
	out.total = t->nodes.p[0].total;
	for (size_t i = 0; i < t->names.n; i++)
		out.p[i].name = arena_str(a, t->names.p[i]);
	for (size_t i = 1; i < t->nodes.n; i++) {
		int64_t v = cum ? t->nodes.p[i].total : t->nodes.p[i].self;

		if (v != 0 && !(cum && is_within_itself(t, i)))
			out.p[t->nodes.p[i].name].value = wrap_add(out.p[t->nodes.p[i].name].value, v);
	}
	if (out.n > 1)
		qsort(out.p, out.n, sizeof(*out.p), by_value);
	out.n = MIN(out.n, limit);
	while (out.n > 0 && out.p[out.n - 1].value <= 0)
		out.n--;
	return out;
}

struct asked {
	struct side s;
	int64_t from; /* s.from, within the look-back */
	size_t limit; /* functions */
	bool cum;
};

static int read_asked(struct api *x, struct str query, struct asked *out, bool *empty, struct err *e)
{
	struct str by = param(x, query, "by"), limit = param(x, query, "limit");
	int64_t n = int_param(x, query, "limit");

	if (url_query_check(query, e) < 0 || read_side(x, query, "query", "from", "until", &out->s, e) < 0)
		return -1;
	if (limit.n > 0 && (n < 1 || n > SERIES_MAX_FUNCTIONS))
		return err_set(e, ERR_INVALID, "\"limit\" must be from 1 to %d", SERIES_MAX_FUNCTIONS);
	if (by.n > 0 && !str_eq(by, STR("self")) && !str_eq(by, STR("total")))
		return err_set(e, ERR_INVALID, "\"by\" must be self or total");
	out->limit = limit.n > 0 ? (size_t)n : 0;
	out->cum = str_eq(by, STR("total"));
	out->from = out->s.from;
	if (range_check(x, &out->from, out->s.until, empty, e) < 0)
		return -1;
	*empty = *empty || range_none(out->from, out->s.until);
	return 0;
}

static int ask_largest(struct api *x, const struct asked *q, size_t limit, struct largest *out, struct err *e)
{
	struct pyro_ask ask;
	struct part p;

	*out = (struct largest){ 0 };
	ask_merge(x, &ask, ASK_TREE, q->s.type_id, q->s.selector, q->from, q->s.until);
	call_site_of(x, q->s.site, &ask);
	if (engine_ask(x->engine, x->a, &ask, &p, e) < 0)
		return -1;
	if (p.tree != NULL)
		*out = largest_of(x->a, p.tree, q->cum, limit);
	part_fini(&p);
	return 0;
}

/* ---- over time ---- */

static int ask_over_time(struct api *x, const struct asked *q, const struct largest *l, int64_t step_ms,
    struct part *out, struct err *e)
{
	struct pyro_ask ask;

	*out = part_none();
	if (l->n == 0)
		return 0;
	ask_merge(x, &ask, ASK_SERIES, q->s.type_id, q->s.selector, series_from(q->from, step_ms), q->s.until);
	ask.from_ms = q->from;
	ask.to_ms = q->s.until;
	ask.step_ms = step_ms;
	ask.cum = q->cum;
	call_site_of(x, q->s.site, &ask);
	ask.functions.p = arena_array(x->a, l->n, sizeof(*ask.functions.p));
	for (size_t i = 0; i < l->n; i++)
		ask.functions.p[ask.functions.n++] = l->p[i].name;
	return engine_ask(x->engine, x->a, &ask, out, e);
}

static const struct series_group *group_named(const struct part *p, struct str name)
{
	for (size_t i = 0; i < p->series.n; i++)
		if (str_eq(labels_get(&p->series.p[i].labels, FUNCTION_LABEL), name))
			return &p->series.p[i];
	return NULL;
}

static void print_function(struct jw *w, struct api *x, const struct asked *q, const struct function_sum *f,
    const struct part *p, int64_t step)
{
	struct timeline t = timeline_of(x, &q->s, group_named(p, f->name), step, false);

	jw_open(w, '{');
	jw_key(w, STR("name"));
	jw_str(w, f->name);
	jw_key(w, STR("value"));
	jw_i64(w, f->value);
	jw_key(w, STR("samples"));
	jw_open(w, '[');
	for (size_t i = 0; i < t.n; i++)
		jw_u64(w, t.samples[i]);
	jw_close(w, ']');
	jw_close(w, '}');
}

/* {"startTime":s,"durationDelta":s,"unit":"...","by":"self","total":N,"functions":[{"name","value","samples"}]} */
int functions_page(struct api *x, struct str query, struct buf *out, const char **type, struct err *e)
{
	struct jw w = jw_init(out);
	struct largest l = { 0 };
	struct part p = part_none();
	struct timeline t;
	struct asked q;
	int64_t step;
	bool empty;

	(void)type;
	if (read_asked(x, query, &q, &empty, e) < 0)
		return -1;
	step = timeline_step(q.s.from, q.s.until);
	if (!empty &&
	    (ask_largest(x, &q, q.limit ? q.limit : USUAL_FUNCTIONS, &l, e) < 0 ||
		ask_over_time(x, &q, &l, step * 1000, &p, e) < 0))
		return -1;
	t = timeline_of(x, &q.s, NULL, step, false);
	w.html = true;
	jw_open(&w, '{');
	jw_key(&w, STR("startTime"));
	jw_i64(&w, t.start);
	jw_key(&w, STR("durationDelta"));
	jw_i64(&w, step);
	jw_key(&w, STR("unit"));
	jw_str(&w, q.s.type.unit);
	jw_key(&w, STR("by"));
	jw_str(&w, q.cum ? STR("total") : STR("self"));
	jw_key(&w, STR("total"));
	jw_i64(&w, l.total);
	jw_key(&w, STR("functions"));
	jw_open(&w, '[');
	for (size_t i = 0; i < l.n; i++)
		print_function(&w, x, &q, &l.p[i], &p, step);
	jw_close(&w, ']');
	jw_close(&w, '}');
	buf_byte(out, '\n');
	part_fini(&p);
	return 0;
}

/* ---- metrics ---- */

static const char *metric_label(struct arena *a, struct str name)
{
	char *s = (char *)(uintptr_t)arena_cstr(a, name);

	for (size_t i = 0; s[i] != '\0'; i++) {
		char c = s[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (i > 0 && c >= '0' && c <= '9')))
			s[i] = '_';
	}
	return s;
}

struct cleaned {
	struct str name, label;
};

static int cleaned_cmp(const void *a, const void *b)
{
	const struct cleaned *x = a, *y = b;
	int labels = str_cmp(x->label, y->label);

	return labels != 0 ? labels : str_cmp(x->name, y->name);
}

/* A series has each label once: names that Prometheus cannot tell apart are refused. */
static int check_labels(struct arena *a, const struct msg_strs *by, struct err *e)
{
	struct cleaned *all = arena_array(a, by->n + 1, sizeof(*all));
	size_t n = by->n + 1;

	all[by->n] = (struct cleaned){ STR("profile_type"), STR("profile_type") };
	for (size_t i = 0; i < by->n; i++)
		all[i] = (struct cleaned){ by->p[i], str_cstr(metric_label(a, by->p[i])) };
	qsort(all, n, sizeof(*all), cleaned_cmp);
	for (size_t i = 1; i < n; i++)
		if (str_eq(all[i].label, all[i - 1].label) && !str_eq(all[i].name, all[i - 1].name))
			return err_set(e, ERR_INVALID,
			    "groupBy: " STR_FMT " and " STR_FMT " are both " STR_FMT
			    " to Prometheus: ask for one of them",
			    STR_ARG(all[i - 1].name), STR_ARG(all[i].name), STR_ARG(all[i].label));
	return 0;
}

/* One point, at the end of the range, holds everything. */
static int ask_sums(struct api *x, const struct asked *q, const struct msg_strs *by, struct part *out, struct err *e)
{
	struct pyro_ask ask;

	ask_merge(x, &ask, ASK_SERIES, q->s.type_id, q->s.selector, q->from, q->s.until);
	ask.from_ms = ask.to_ms = q->s.until;
	ask.step_ms = 1;
	ask.names = *by;
	call_site_of(x, q->s.site, &ask);
	if (engine_ask(x->engine, x->a, &ask, out, e) < 0)
		return -1;
	series_order(&out->series, 0, false);
	return 0;
}

static void print_sums(struct api *x, const struct asked *q, const struct part *p, struct buf *out)
{
	prom_family(out, "pyro_profile_value", "gauge", "Sum of the values of the selected profiles.");
	for (size_t i = 0; i < p->series.n; i++) {
		const struct series_group *g = &p->series.p[i];
		struct prom_label *l = arena_array(x->a, g->labels.n + 1, sizeof(*l));

		l[0] = (struct prom_label){ "profile_type", q->s.type_id };
		for (uint32_t k = 0; k < g->labels.n; k++)
			l[k + 1] = (struct prom_label){ metric_label(x->a, g->labels.p[k].name), g->labels.p[k].value };
		prom_sample(out, "pyro_profile_value", l, g->labels.n + 1, g->n > 0 ? (double)g->p[0].sum : 0);
	}
}

static void print_functions(const struct asked *q, const struct largest *l, struct buf *out)
{
	const char *name = q->cum ? "pyro_function_total_value" : "pyro_function_self_value";

	prom_family(out, name, "gauge",
	    q->cum ? "Value of the largest functions, with what they call."
		   : "Value of the largest functions, without what they call.");
	for (size_t i = 0; i < l->n; i++) {
		struct prom_label labels[] = { { "profile_type", q->s.type_id }, { "function", l->p[i].name } };

		prom_sample(out, name, labels, ARRAY_LEN(labels), (double)l->p[i].value);
	}
}

int metrics_page(struct api *x, struct str query, struct buf *out, const char **type, struct err *e)
{
	struct msg_strs by = params(x, query, "groupBy");
	struct part p = part_none();
	struct largest l = { 0 };
	struct asked q;
	bool empty;

	*type = arena_cstr(x->a, PROM_TYPE);
	if (check_labels(x->a, &by, e) < 0 || read_asked(x, query, &q, &empty, e) < 0)
		return -1;
	if (!empty && ask_sums(x, &q, &by, &p, e) < 0)
		return -1;
	if (!empty && q.limit > 0 && ask_largest(x, &q, q.limit, &l, e) < 0)
		return -1;
	print_sums(x, &q, &p, out);
	if (q.limit > 0)
		print_functions(&q, &l, out);
	part_fini(&p);
	return 0;
}
