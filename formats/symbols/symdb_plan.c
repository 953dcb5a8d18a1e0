/*
 * symdb_plan.c - selection and order of what a symdb stores.
 */
#include "formats/symbols/symdb_plan.h"

#include <stdlib.h>

static void order_init(struct symdb_order *o, struct arena *a, size_t n)
{
	o->fresh = arena_array(a, n, sizeof(*o->fresh));
	o->old = arena_array(a, n, sizeof(*o->old));
	o->n = 0;
	memset(o->fresh, 0xff, n * sizeof(*o->fresh));
}

static void order_take(struct symdb_order *o, uint32_t old)
{
	if (o->fresh[old] == UINT32_MAX) {
		o->fresh[old] = o->n;
		o->old[o->n++] = old;
	}
}

/* Numbers 0 .. n - 1 by ascending keys, stable: by bytes, lowest first, without those all equal. */
static uint32_t *sort_by(struct arena *a, const uint32_t *key, uint32_t n)
{
	uint32_t *from = arena_array(a, n, sizeof(*from)), *to = arena_array(a, n, sizeof(*to)), *swap;

	for (uint32_t i = 0; i < n; i++)
		from[i] = i;
	for (unsigned shift = 0; shift < 32; shift += 8) {
		uint32_t count[257] = { 0 };

		for (uint32_t i = 0; i < n; i++)
			count[(key[i] >> shift & 0xff) + 1]++;
		if (n == 0 || count[(key[0] >> shift & 0xff) + 1] == n)
			continue;
		for (unsigned i = 0; i < 256; i++)
			count[i + 1] += count[i];
		for (uint32_t i = 0; i < n; i++)
			to[count[key[from[i]] >> shift & 0xff]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	return from;
}

/* How many of the wanted nodes lie in each node's subtree, with itself; 0 = not wanted. */
static uint32_t *subtree_sizes(struct symdb_plan *p, const struct symbols *s, const uint8_t *used)
{
	uint32_t n = (uint32_t)s->nodes.n, *size = arena_array(p->mem, n, sizeof(*size));

	for (uint32_t i = 0; i < n; i++)
		size[i] = used ? used[i] != 0 : 1;
	/* Children come after their parents: a wanted child makes the parent wanted. */
	for (uint32_t i = n - 1; i > 0; i--)
		if (size[i])
			size[s->nodes.p[i].parent] = 1;
	size[0] = 1;
	for (uint32_t i = n - 1; i > 0; i--)
		if (size[i])
			size[s->nodes.p[i].parent] += size[i];
	return size;
}

static void order_nodes(struct symdb_plan *p, const struct symbols *s, const uint8_t *used)
{
	uint32_t n = (uint32_t)s->nodes.n, *size = subtree_sizes(p, s, used);
	uint32_t *ascending = sort_by(p->mem, size, n);
	/* Nodes of the siblings in front, with their subtrees. */
	uint32_t *before = arena_zarray(p->mem, n, sizeof(*before));
	uint32_t *sum = arena_zarray(p->mem, n, sizeof(*sum));

	for (uint32_t k = 0; k < n; k++) {
		uint32_t i = ascending[k];

		if (i > 0 && size[i]) {
			before[i] = sum[s->nodes.p[i].parent];
			sum[s->nodes.p[i].parent] += size[i];
		}
	}
	p->node[0] = 0;
	for (uint32_t i = 1; i < n; i++)
		p->node[i] = size[i] ? p->node[s->nodes.p[i].parent] + 1 + before[i] : UINT32_MAX;
	p->n_nodes = size[0];
}

static void plan_nodes(struct symdb_plan *p, const struct symbols *s, const uint8_t *used, bool reorder)
{
	uint32_t n = (uint32_t)s->nodes.n;

	p->node = arena_array(p->mem, n, sizeof(*p->node));
	if (reorder) {
		order_nodes(p, s, used);
	} else {
		for (uint32_t i = 0; i < n; i++)
			p->node[i] = i;
		p->n_nodes = n;
	}
	p->nodes = arena_zarray(p->mem, p->n_nodes, sizeof(*p->nodes));
	for (uint32_t i = 1; i < n; i++)
		if (p->node[i] != UINT32_MAX)
			p->nodes[p->node[i]] = (struct sym_node){ p->node[s->nodes.p[i].parent],
				s->nodes.p[i].location };
}

/* Stacks that rows use; without word on that, the leaves. */
static uint32_t count_stacks(const struct symdb_plan *p, const struct symbols *s, const uint8_t *used)
{
	uint32_t n = 0;
	uint8_t *inner;

	if (used) {
		for (uint32_t i = 1; i < s->nodes.n; i++)
			n += used[i] != 0;
		return n;
	}
	inner = arena_zalloc(p->mem, s->nodes.n);
	for (uint32_t i = 1; i < s->nodes.n; i++)
		inner[s->nodes.p[i].parent] = 1;
	for (uint32_t i = 1; i < s->nodes.n; i++)
		n += !inner[i];
	return n;
}

static void plan_locations(struct symdb_plan *p, const struct symbols *s)
{
	uint32_t n = (uint32_t)s->locations.n;
	uint32_t *rare = arena_array(p->mem, n, sizeof(*rare)), *sorted;

	memset(rare, 0xff, n * sizeof(*rare));
	for (uint32_t i = 1; i < p->n_nodes; i++)
		rare[p->nodes[i].location]--;
	sorted = sort_by(p->mem, rare, n);
	for (uint32_t i = 0; i < n && rare[sorted[i]] != UINT32_MAX; i++)
		order_take(&p->locations, sorted[i]);
	for (uint32_t i = 1; i < p->n_nodes; i++)
		p->nodes[i].location = p->locations.fresh[p->nodes[i].location];
}

static int cmp_functions(const void *a, const void *b, void *ctx)
{
	const struct sym_function *all = ctx;
	const uint32_t *i = a, *j = b;
	const struct sym_function *x = &all[*i], *y = &all[*j];

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->start_line != y->start_line)
		return x->start_line < y->start_line ? -1 : 1;
	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	return *i < *j ? -1 : *i > *j;
}

static void plan_functions(struct symdb_plan *p, const struct symbols *s)
{
	struct symdb_order *o = &p->functions;

	for (uint32_t i = 0; i < p->locations.n; i++) {
		const struct sym_location *l = &s->locations.p[p->locations.old[i]];

		for (uint32_t k = 0; k < l->n_lines; k++)
			order_take(o, s->lines.p[l->first_line + k].function);
	}
	if (o->n == 0)
		order_take(o, 0);
	if (o->n > 1)
		qsort_r(o->old, o->n, sizeof(*o->old), cmp_functions, s->functions.p);
	for (uint32_t i = 0; i < o->n; i++)
		o->fresh[o->old[i]] = i;
}

static void plan_strings(struct symdb_plan *p, const struct symbols *s)
{
	struct symdb_order *o = &p->strings;

	order_take(o, 0);
	for (uint32_t i = 0; i < p->mappings.n; i++)
		order_take(o, s->mappings.p[p->mappings.old[i]].file);
	for (uint32_t i = 0; i < p->mappings.n; i++)
		order_take(o, s->mappings.p[p->mappings.old[i]].build_id);
	for (uint32_t i = 0; i < p->functions.n; i++)
		order_take(o, s->functions.p[p->functions.old[i]].name);
	for (uint32_t i = 0; i < p->functions.n; i++)
		order_take(o, s->functions.p[p->functions.old[i]].system_name);
	for (uint32_t i = 0; i < p->functions.n; i++)
		order_take(o, s->functions.p[p->functions.old[i]].file);
}

void symdb_plan_make(struct symdb_plan *p, const struct symbols *s, const uint8_t *used, bool reorder)
{
	*p = (struct symdb_plan){ .mem = arena_new() };
	order_init(&p->locations, p->mem, s->locations.n);
	order_init(&p->mappings, p->mem, s->mappings.n);
	order_init(&p->functions, p->mem, s->functions.n);
	order_init(&p->strings, p->mem, s->strings.n);
	plan_nodes(p, s, used, reorder);
	p->n_stacks = count_stacks(p, s, used);
	plan_locations(p, s);
	if (p->locations.n == 0)
		order_take(&p->locations, 0);
	for (uint32_t i = 0; i < p->locations.n; i++)
		order_take(&p->mappings, s->locations.p[p->locations.old[i]].mapping);
	plan_functions(p, s);
	plan_strings(p, s);
}

void symdb_plan_free(struct symdb_plan *p)
{
	arena_free(p->mem);
}
