/* query_plan.c - see query.h: what a question would touch */
#include "formats/query/query.h"

struct counting {
	struct plan_scope *out;
	uint8_t *seen; /* by series number - first */
	uint32_t first;
};

static int count_row(void *ctx, const struct row *r, struct err *e)
{
	struct counting *c = ctx;

	(void)e;
	c->out->profiles++;
	c->out->samples += r->n;
	c->out->series += c->seen[r->series - c->first] == 0;
	c->seen[r->series - c->first] = 1;
	return 0;
}

static int plan_one(struct arena *mem, struct dataset *d, const struct query *q, const struct dataset_sizes *sizes,
    struct plan_scope *out, struct err *e)
{
	struct counting c = { .out = out };
	struct scan s = { .from = q->from, .to = q->to, .samples = true, .row = count_row, .ctx = &c };
	struct series_list list;

	out->sets++;
	out->index_bytes += sizes->index;
	out->profile_bytes += sizes->profiles;
	out->symbol_bytes += sizes->symbols;
	if (dataset_series(d, mem, q->selector, &list, e) < 0)
		return -1;
	if (list.n == 0)
		return 0;
	c.first = list.p[0].number;
	c.seen = arena_zarray(mem, list.p[list.n - 1].number - c.first + 1, 1);
	s.series = list.p;
	s.n_series = list.n;
	return dataset_scan(d, &s, e);
}

int query_plan(struct dataset *const *sets, size_t n, const struct query *q, struct plan *out, struct err *e)
{
	struct arena *mem = arena_new();
	int rc = 0;

	*out = (struct plan){ 0 };
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct dataset_sizes sizes = { 0 };

		if (sets[i]->min_time > q->to || sets[i]->max_time < q->from)
			continue;
		if (sets[i]->ops->sizes != NULL)
			sets[i]->ops->sizes(sets[i], &sizes);
		rc = plan_one(mem, sets[i], q, &sizes, sizes.stored ? &out->stored : &out->recent, e);
		arena_reset(mem);
		dataset_rest(sets[i]);
	}
	arena_free(mem);
	return rc;
}

static void add_scope(struct plan_scope *into, const struct plan_scope *from)
{
	into->sets += from->sets;
	into->series += from->series;
	into->profiles += from->profiles;
	into->samples += from->samples;
	into->index_bytes += from->index_bytes;
	into->profile_bytes += from->profile_bytes;
	into->symbol_bytes += from->symbol_bytes;
}

void plan_merge(struct plan *into, const struct plan *from)
{
	add_scope(&into->recent, &from->recent);
	add_scope(&into->stored, &from->stored);
}
