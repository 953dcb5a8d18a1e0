/* path_cut.c - see path_cut.h */
#include "formats/query/path_cut.h"

#include <stdlib.h>

#include "base/arith.h"

static int descending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x > y ? -1 : x < y;
}

static uint32_t path_enter(struct paths *x, uint32_t parent, uint32_t function)
{
	uint64_t key = ((uint64_t)parent << 32 | function) * UINT64_C(0x9e3779b97f4a7c15);
	struct map_at at = map_find(&x->by_key, key ^= key >> 32);

	for (uint32_t i; map_next(&at, &i);)
		if (x->p.p[i].parent == parent && x->p.p[i].function == function)
			return i;
	map_put(&x->by_key, key, (uint32_t)x->p.n);
	vec_push(&x->p, ((struct path){ .parent = parent, .function = function }));
	return (uint32_t)x->p.n - 1;
}

void paths_enter(struct paths *x, struct arena *a, const struct symbols *s, const int64_t *sums)
{
	uint8_t *wanted = arena_zarray(a, s->nodes.n, 1);

	x->of_node = arena_zarray(a, s->nodes.n, sizeof(*x->of_node));
	vec_push(&x->p, ((struct path){ 0 }));
	for (size_t i = s->nodes.n; i-- > 1;) {
		wanted[i] |= sums[i] != 0;
		wanted[s->nodes.p[i].parent] |= wanted[i];
	}
	for (size_t i = 1; i < s->nodes.n; i++) {
		const struct sym_location *l = &s->locations.p[s->nodes.p[i].location];
		uint32_t at = x->of_node[s->nodes.p[i].parent];

		for (uint32_t k = l->n_lines; wanted[i] && k-- > 0;)
			at = path_enter(x, at, s->lines.p[l->first_line + k].function);
		x->of_node[i] = at;
		x->p.p[at].total = wrap_add(x->p.p[at].total, sums[i]);
	}
	for (size_t i = x->p.n; i-- > 1;) {
		struct path *up = &x->p.p[x->p.p[i].parent];

		up->total = wrap_add(up->total, x->p.p[i].total);
	}
}

uint64_t paths_cut(struct paths *x, struct arena *a, int64_t max_nodes)
{
	int64_t *sorted = arena_array(a, x->p.n, sizeof(*sorted)), least;
	uint64_t cut = 0;
	size_t n = 0;

	for (size_t i = 1; i < x->p.n; i++)
		if (x->p.p[i].total != 0)
			sorted[n++] = x->p.p[i].total;
	if (n < (size_t)max_nodes)
		return 0;
	qsort(sorted, n, sizeof(*sorted), descending);
	least = sorted[max_nodes - 1];
	for (size_t i = 0; i < x->p.n; i++) {
		x->p.p[i].kept = x->p.p[i].total >= least;
		cut += i > 0 && !x->p.p[i].kept && x->p.p[i].total != 0;
	}
	return cut;
}

void paths_fini(struct paths *x)
{
	vec_free(&x->p);
	map_fini(&x->by_key);
}

uint32_t paths_cut_leaf(const struct paths *x, const struct symbols *s, uint32_t node, const uint32_t *stack,
    uint32_t n)
{
	uint32_t functions = 0, cut = 0, at = x->of_node[node];
	bool any = false;

	for (; at != 0; at = x->p.p[at].parent) {
		any = any || x->p.p[at].kept;
		cut += !any;
		functions++;
	}
	if (!any)
		return PROFILE_NONE;
	while (cut > 0 && n > 0 && functions >= cut) {
		uint32_t lines = s->locations.p[stack[--n]].n_lines;

		functions -= MIN(lines, functions);
	}
	return cut > 0 ? n : 0;
}
