/* query_fold.c - see query_fold.h and query.h: the fold of samples, and trees */
#include "formats/query/query.h"

#include <stdlib.h>

#include "base/arith.h"
#include "formats/query/query_fold.h"

int query_span_cmp(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int query_id_cmp(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

static bool id_wanted(const struct query *q, const uint8_t id[static 16])
{
	return q->n_profile_ids == 0 || bsearch(id, q->profile_ids, q->n_profile_ids, 16, query_id_cmp) != NULL;
}

static bool span_wanted(const struct query *q, uint64_t span)
{
	return span != 0 && q->n_spans > 0 &&
	    bsearch(&span, q->spans, q->n_spans, sizeof(span), query_span_cmp) != NULL;
}

static int fold_part(struct fold *f, uint32_t partition, struct fold_part **out, struct err *e)
{
	struct fold_part *p = &f->parts[partition];

	*out = p;
	if (p->sums != NULL)
		return 0;
	if (f->shared) {
		if (f->set->ops->shared(f->set, partition, &p->shared, e) < 0)
			return -1;
		p->n = p->shared.n;
	} else {
		if (dataset_symbols(f->set, partition, &p->symbols, e) < 0)
			return -1;
		p->n = p->symbols->nodes.n;
	}
	p->sums = arena_zarray(f->mem, p->n, sizeof(*p->sums));
	return 0;
}

int fold_stacks(const struct row *r, size_t n, struct err *e)
{
	uint32_t max = largest_u32(r->stacks, r->n);

	return max < n ? 0 : err_set(e, ERR_CORRUPT, "stack %u of %zu", max, n);
}

static int fold_some(struct fold *f, struct fold_part *p, const struct row *r, struct err *e)
{
	for (uint32_t i = 0; i < r->n; i++) {
		if (f->q->by_span && !span_wanted(f->q, r->spans ? r->spans[i] : 0))
			continue;
		if (r->stacks[i] >= p->n)
			return err_set(e, ERR_CORRUPT, "stack %u of %zu", r->stacks[i], p->n);
		p->sums[r->stacks[i]] = wrap_add(p->sums[r->stacks[i]], r->values[i]);
	}
	return 0;
}

static int fold_row(void *ctx, const struct row *r, struct err *e)
{
	struct fold *f = ctx;
	struct fold_part *p;

	if (f->q->n_profile_ids > 0 && !id_wanted(f->q, r->id))
		return 0;
	if (fold_part(f, r->partition, &p, e) < 0)
		return -1;
	f->n_rows++;
	if (f->q->by_span)
		return fold_some(f, p, r, e);
	if (fold_stacks(r, p->n, e) < 0)
		return -1;
	for (uint32_t i = 0; i < r->n; i++)
		p->sums[r->stacks[i]] = wrap_add(p->sums[r->stacks[i]], r->values[i]);
	return 0;
}

int fold_run(struct fold *f, struct arena *mem, struct dataset *set, const struct query *q, struct err *e)
{
	struct series_list list;
	struct scan s = { .from = q->from,
		.to = q->to,
		.samples = true,
		.spans = q->by_span,
		.ids = q->n_profile_ids > 0,
		.summed = !q->by_span && q->n_profile_ids == 0,
		.row = fold_row,
		.ctx = f };

	f->mem = mem;
	f->set = set;
	f->q = q;
	f->n_rows = 0;
	f->parts = arena_zarray(mem, set->n_partitions, sizeof(*f->parts));
	if (set->min_time > q->to || set->max_time < q->from)
		return 0;
	if (dataset_series(set, mem, q->selector, &list, e) < 0)
		return -1;
	s.series = list.p;
	s.n_series = list.n;
	return dataset_scan(set, &s, e);
}

/*
 * A name entry is a distinct path of names, so at most one entry spells the
 * call site; a stack matches if its entry lies at or below that one.
 */
uint8_t *fold_call_site(struct arena *mem, struct symbols *s, const struct query *q)
{
	uint8_t *below, *match;
	uint32_t *depth;

	if (q->n_call_site == 0)
		return NULL;
	symbols_names(s);
	below = arena_zarray(mem, s->names.n, 1);
	depth = arena_zarray(mem, s->names.n, sizeof(*depth));
	match = arena_zarray(mem, s->nodes.n, 1);
	for (size_t i = 1; i < s->names.n; i++) {
		uint32_t up = s->names.p[i].parent, d = depth[up];
		bool on_path = up == 0 || (below[up] & 1);

		depth[i] = d + 1;
		if (below[up] & 2)
			below[i] = 2;
		else if (on_path && d < q->n_call_site && str_eq(s->strings.p[s->names.p[i].name], q->call_site[d]))
			below[i] = d + 1 == q->n_call_site ? 2 : 1;
	}
	for (size_t i = 0; i < s->nodes.n; i++)
		match[i] = below[s->node_name.p[i]] == 2;
	return match;
}

void fold_site_init(struct fold_site *f, struct arena *mem, struct dataset *set, const struct query *q)
{
	*f = (struct fold_site){ mem, set, q, arena_zarray(mem, set->n_partitions, sizeof(*f->match)) };
}

int fold_site_of(struct fold_site *f, const struct row *r, const uint8_t **match, struct err *e)
{
	struct symbols *s;

	*match = NULL;
	if (f->q->n_call_site == 0)
		return 0;
	if (dataset_symbols(f->set, r->partition, &s, e) < 0 || fold_stacks(r, s->nodes.n, e) < 0)
		return -1;
	if (f->match[r->partition] == NULL)
		f->match[r->partition] = fold_call_site(f->mem, s, f->q);
	*match = f->match[r->partition];
	return 0;
}

void fold_keep_matching(struct arena *mem, struct fold_part *p, const struct query *q)
{
	uint8_t *match = fold_call_site(mem, p->symbols, q);

	for (size_t i = 0; match != NULL && i < p->n; i++)
		if (!match[i])
			p->sums[i] = 0;
}

int query_tree(struct dataset *const *sets, size_t n, const struct query *q, struct tree *into, struct err *e)
{
	struct arena *mem = arena_new();
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		struct fold f = { 0 };

		rc = fold_run(&f, mem, sets[i], q, e);
		for (uint32_t k = 0; rc == 0 && k < sets[i]->n_partitions; k++) {
			if (f.parts[k].symbols == NULL)
				continue;
			fold_keep_matching(mem, &f.parts[k], q);
			tree_add_symbols(into, f.parts[k].symbols, f.parts[k].sums, f.parts[k].n);
		}
		arena_reset(mem);
		dataset_rest(sets[i]);
	}
	arena_free(mem);
	return rc;
}
