/* points.c - see points.h */
#include "formats/query/points.h"

#include <stdlib.h>

#include "base/arith.h"
#include "formats/query/query_fold.h"

static int too_many(struct err *e)
{
	return err_set(e, ERR_INVALID, "more than %d profiles: ask for a shorter range or fewer series", POINTS_MAX);
}

/* ---- from rows ---- */

struct point_list {
	struct point *p;
	size_t n, cap;
};

struct collecting {
	struct point_list *of; /* by series number - first */
	uint32_t first;
	bool spans;
	size_t *left; /* points that may still come */
	struct fold_site site;
};

static int add_point(struct collecting *c, const struct row *r, uint64_t span, int64_t value, struct err *e)
{
	struct point p = { .time = floor_ms(r->time), .value = value, .span = span };

	if (*c->left == 0)
		return too_many(e);
	--*c->left;
	memcpy(p.id, r->id, sizeof(p.id));
	vec_push(&c->of[r->series - c->first], p);
	return 0;
}

struct part_of_span {
	uint64_t span;
	int64_t value;
};

static int by_span(const void *a, const void *b)
{
	const struct part_of_span *x = a, *y = b;

	return x->span < y->span ? -1 : x->span > y->span;
}

/* match: by stack, whether its samples count, those below the call site; NULL: all do. */
static int add_spans(struct collecting *c, const struct row *r, const uint8_t *match, struct err *e)
{
	struct part_of_span *p = mem_array(r->n, sizeof(*p));
	size_t n = 0;
	int rc = 0;

	for (uint32_t i = 0; r->spans != NULL && i < r->n; i++)
		if (r->spans[i] != 0 && (match == NULL || match[r->stacks[i]]))
			p[n++] = (struct part_of_span){ r->spans[i], r->values[i] };
	if (n > 1)
		qsort(p, n, sizeof(*p), by_span);
	for (size_t i = 0, k; rc == 0 && i < n; i = k) {
		int64_t sum = 0;

		for (k = i; k < n && p[k].span == p[i].span; k++)
			sum = wrap_add(sum, p[k].value);
		rc = add_point(c, r, p[i].span, sum, e);
	}
	mem_free(p);
	return rc;
}

static int add_profile(struct collecting *c, const struct row *r, const uint8_t *match, struct err *e)
{
	int64_t sum = 0;
	bool any = false;

	if (match == NULL)
		return add_point(c, r, 0, r->total, e);
	for (uint32_t i = 0; i < r->n; i++) {
		if (!match[r->stacks[i]])
			continue;
		sum = wrap_add(sum, r->values[i]);
		any = true;
	}
	return any ? add_point(c, r, 0, sum, e) : 0;
}

static int point_row(void *ctx, const struct row *r, struct err *e)
{
	struct collecting *c = ctx;
	const uint8_t *match;

	if (fold_site_of(&c->site, r, &match, e) < 0)
		return -1;
	return c->spans ? add_spans(c, r, match, e) : add_profile(c, r, match, e);
}

static void put_series(struct arena *a, const struct labels *labels, const struct point *p, size_t n,
    struct point_set *out)
{
	struct point_series *s = &out->p[out->n];

	if (n == 0)
		return;
	s->labels = labels_copy(a, labels);
	s->p = arena_array(a, n, sizeof(*s->p));
	memcpy(s->p, p, n * sizeof(*s->p));
	s->n = n;
	out->n++;
}

static int points_of_set(struct arena *a, struct arena *mem, struct dataset *d, const struct query *q, bool spans,
    size_t *left, struct point_set *out, struct err *e)
{
	struct collecting c = { .spans = spans, .left = left };
	struct scan s = { .from = q->from,
		.to = q->to,
		.samples = spans || q->n_call_site > 0,
		.spans = spans,
		.ids = true,
		.row = point_row,
		.ctx = &c };
	struct series_list list;
	uint32_t n;
	int rc;

	out->n = 0;
	if (d->min_time > q->to || d->max_time < q->from)
		return 0;
	if (dataset_series(d, mem, q->selector, &list, e) < 0)
		return -1;
	if (list.n == 0)
		return 0;
	fold_site_init(&c.site, mem, d, q);
	c.first = list.p[0].number;
	n = list.p[list.n - 1].number - c.first + 1;
	c.of = mem_zarray(n, sizeof(*c.of));
	s.series = list.p;
	s.n_series = list.n;
	rc = dataset_scan(d, &s, e);
	out->p = arena_array(a, list.n, sizeof(*out->p));
	for (uint32_t i = 0; rc == 0 && i < list.n; i++)
		put_series(a, &list.p[i].labels, c.of[list.p[i].number - c.first].p, c.of[list.p[i].number - c.first].n,
		    out);
	for (uint32_t i = 0; i < n; i++)
		vec_free(&c.of[i]);
	mem_free(c.of);
	return rc;
}

int query_points(struct arena *a, struct dataset *const *sets, size_t n, const struct query *q, bool spans,
    struct point_set *out, struct err *e)
{
	struct arena *mem = arena_new();
	size_t left = POINTS_MAX;
	struct point_set one;
	int rc = 0;

	*out = (struct point_set){ 0 };
	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = points_of_set(a, mem, sets[i], q, spans, &left, &one, e);
		if (rc == 0)
			rc = points_merge(a, out, &one, e);
		dataset_rest(sets[i]);
		arena_reset(mem);
	}
	arena_free(mem);
	return rc;
}

static size_t count(const struct point_set *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->p[i].n;
	return n;
}

int points_merge(struct arena *a, struct point_set *into, const struct point_set *from, struct err *e)
{
	struct point_series *all;

	if (count(into) + count(from) > POINTS_MAX)
		return too_many(e);
	if (from->n == 0)
		return 0;
	all = arena_array(a, into->n + from->n, sizeof(*all));
	if (into->n > 0)
		memcpy(all, into->p, into->n * sizeof(*all));
	memcpy(all + into->n, from->p, from->n * sizeof(*all));
	into->p = all;
	into->n += from->n;
	return 0;
}

/* ---- groups ---- */

struct keyed {
	struct labels key;
	const struct point_series *s;
};

static int keyed_cmp(const void *a, const void *b)
{
	return labels_cmp(&((const struct keyed *)a)->key, &((const struct keyed *)b)->key);
}

struct point_groups points_grouped(struct arena *a, const struct point_set *s, const struct str *by, size_t n_by)
{
	struct keyed *k = arena_array(a, s->n, sizeof(*k));
	struct point_groups out = { arena_zarray(a, s->n, sizeof(*out.p)), 0 };
	const struct point_series **members = arena_array(a, s->n, sizeof(*members));

	for (size_t i = 0; i < s->n; i++)
		k[i] = (struct keyed){ labels_some(a, &s->p[i].labels, by, n_by), &s->p[i] };
	if (s->n > 1)
		qsort(k, s->n, sizeof(*k), keyed_cmp);
	for (size_t i = 0; i < s->n; i++) {
		members[i] = k[i].s;
		if (i == 0 || labels_cmp(&k[i - 1].key, &k[i].key) != 0)
			out.p[out.n++] = (struct point_group){ k[i].key, &members[i], 0 };
		out.p[out.n - 1].n++;
	}
	return out;
}
