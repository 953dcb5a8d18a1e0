/* query_labels.c - see query.h: names, values and sets of labels */
#include <stdlib.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/vec.h"
#include "formats/query/query.h"

/* Called for each series that one of the selectors takes. */
struct visit {
	void (*fn)(struct visit *v, const struct labels *l);
};

struct marks {
	uint8_t *has_row; /* by series number - first */
	uint32_t first;
};

static int mark_row(void *ctx, const struct row *r, struct err *e)
{
	struct marks *m = ctx;

	(void)e;
	m->has_row[r->series - m->first] = 1;
	return 0;
}

/* Keeps the series that have a row in the range. */
static int keep_in_range(struct arena *mem, struct dataset *d, struct series_list *l, struct label_range in,
    struct err *e)
{
	struct marks m = { 0 };
	struct scan s = { .series = l->p, .n_series = l->n, .from = in.from, .to = in.to, .row = mark_row, .ctx = &m };
	uint32_t n = 0;

	if (l->n == 0 || (in.from <= d->min_time && in.to >= d->max_time))
		return 0;
	m.first = l->p[0].number;
	m.has_row = arena_zarray(mem, l->p[l->n - 1].number - m.first + 1, 1);
	if (dataset_scan(d, &s, e) < 0)
		return -1;
	for (uint32_t i = 0; i < l->n; i++)
		if (m.has_row[l->p[i].number - m.first])
			l->p[n++] = l->p[i];
	l->n = n;
	return 0;
}

static int visit_series(struct arena *mem, struct dataset *const *sets, size_t n, struct selector *const *sel,
    size_t n_sel, struct label_range in, struct visit *v, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (sets[i]->min_time > in.to || sets[i]->max_time < in.from)
			continue;
		for (size_t k = 0; k < MAX(n_sel, (size_t)1); k++) {
			struct series_list list;

			if (dataset_series(sets[i], mem, n_sel ? sel[k] : NULL, &list, e) < 0 ||
			    keep_in_range(mem, sets[i], &list, in, e) < 0)
				return -1;
			for (uint32_t x = 0; x < list.n; x++)
				v->fn(v, &list.p[x].labels);
		}
	}
	return 0;
}

/* Distinct strings in the order they come. */
struct str_set {
	struct visit visit;
	struct arena *a;
	struct str name; /* of label values */
	VEC(struct str) v;
	struct map by_hash;
};

static void str_set_add(struct str_set *s, struct str x)
{
	uint64_t hash = hash_seeded(x);
	struct map_at at = map_find(&s->by_hash, hash);

	for (uint32_t i; map_next(&at, &i);)
		if (str_eq(s->v.p[i], x))
			return;
	vec_push(&s->v, arena_str(s->a, x));
	map_put(&s->by_hash, hash, (uint32_t)s->v.n - 1);
}

static int str_order(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void str_set_out(struct str_set *s, struct str_list *out)
{
	out->n = s->v.n;
	out->p = arena_array(s->a, s->v.n, sizeof(*out->p));
	if (s->v.n > 0)
		memcpy(out->p, s->v.p, s->v.n * sizeof(*out->p));
	if (s->v.n > 1)
		qsort(out->p, out->n, sizeof(*out->p), str_order);
	vec_free(&s->v);
	map_fini(&s->by_hash);
}

static void visit_names(struct visit *v, const struct labels *l)
{
	struct str_set *s = CONTAINER_OF(v, struct str_set, visit);

	for (uint32_t i = 0; i < l->n; i++)
		str_set_add(s, l->p[i].name);
}

static void visit_values(struct visit *v, const struct labels *l)
{
	struct str_set *s = CONTAINER_OF(v, struct str_set, visit);
	struct str value = labels_get(l, s->name);

	if (value.n > 0)
		str_set_add(s, value);
}

static int str_query(struct str_set *s, struct dataset *const *sets, size_t n, struct selector *const *sel,
    size_t n_sel, struct label_range in, struct str_list *out, struct err *e)
{
	struct arena *mem = arena_new();
	int rc = visit_series(mem, sets, n, sel, n_sel, in, &s->visit, e);

	arena_free(mem);
	str_set_out(s, out);
	return rc;
}

int query_label_names(struct arena *a, struct dataset *const *sets, size_t n, struct selector *const *sel, size_t n_sel,
    struct label_range in, struct str_list *out, struct err *e)
{
	struct str_set s = { .visit = { visit_names }, .a = a };

	return str_query(&s, sets, n, sel, n_sel, in, out, e);
}

int query_label_values(struct arena *a, struct dataset *const *sets, size_t n, struct selector *const *sel,
    size_t n_sel, struct label_range in, struct str name, struct str_list *out, struct err *e)
{
	struct str_set s = { .visit = { visit_values }, .a = a, .name = name };

	return str_query(&s, sets, n, sel, n_sel, in, out, e);
}

void str_list_merge(struct arena *a, struct str_list *into, const struct str_list *from)
{
	struct str_set s = { .a = a };

	for (size_t i = 0; i < into->n; i++)
		str_set_add(&s, into->p[i]);
	for (size_t i = 0; i < from->n; i++)
		str_set_add(&s, from->p[i]);
	str_set_out(&s, into);
}

/* Distinct label sets. */
struct sets_set {
	struct visit visit;
	struct arena *a, *scratch;
	const struct str *names;
	size_t n_names;
	VEC(struct labels) v;
	struct map by_hash;
};

static void sets_add(struct sets_set *s, const struct labels *l)
{
	uint64_t hash = labels_hash(l);
	struct map_at at = map_find(&s->by_hash, hash);

	for (uint32_t i; map_next(&at, &i);)
		if (labels_cmp(&s->v.p[i], l) == 0)
			return;
	vec_push(&s->v, labels_copy(s->a, l));
	map_put(&s->by_hash, hash, (uint32_t)s->v.n - 1);
}

static bool name_asked(const struct sets_set *s, struct str name)
{
	for (size_t i = 0; i < s->n_names; i++)
		if (str_eq(s->names[i], name))
			return true;
	return s->n_names == 0;
}

static void visit_sets(struct visit *v, const struct labels *l)
{
	struct sets_set *s = CONTAINER_OF(v, struct sets_set, visit);
	struct labels out = { arena_array(s->scratch, l->n, sizeof(*out.p)), 0 };

	for (uint32_t i = 0; i < l->n; i++)
		if (name_asked(s, l->p[i].name))
			out.p[out.n++] = l->p[i];
	labels_sort(&out);
	sets_add(s, &out);
}

static int labels_order(const void *a, const void *b)
{
	return labels_cmp(a, b);
}

static void sets_out(struct sets_set *s, struct labels_list *out)
{
	out->n = s->v.n;
	out->p = arena_array(s->a, s->v.n, sizeof(*out->p));
	if (s->v.n > 0)
		memcpy(out->p, s->v.p, s->v.n * sizeof(*out->p));
	if (s->v.n > 1)
		qsort(out->p, out->n, sizeof(*out->p), labels_order);
	vec_free(&s->v);
	map_fini(&s->by_hash);
}

int query_label_sets(struct arena *a, struct dataset *const *sets, size_t n, struct selector *const *sel, size_t n_sel,
    struct label_range in, const struct str *names, size_t n_names, struct labels_list *out, struct err *e)
{
	struct arena *mem = arena_new();
	struct sets_set s = { .visit = { visit_sets }, .a = a, .scratch = mem, .names = names, .n_names = n_names };
	int rc = visit_series(mem, sets, n, sel, n_sel, in, &s.visit, e);

	arena_free(mem);
	sets_out(&s, out);
	return rc;
}

void labels_list_merge(struct arena *a, struct labels_list *into, const struct labels_list *from)
{
	struct sets_set s = { .a = a };

	for (size_t i = 0; i < into->n; i++)
		sets_add(&s, &into->p[i]);
	for (size_t i = 0; i < from->n; i++)
		sets_add(&s, &from->p[i]);
	sets_out(&s, into);
}
