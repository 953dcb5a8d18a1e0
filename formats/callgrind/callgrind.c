/* callgrind.c - see callgrind.h: the graph */
#include <stdlib.h>

#include "base/arith.h"
#include "base/hash.h"
#include "formats/callgrind/callgrind.h"

uint32_t callgrind_function(struct cg *g, uint32_t object, uint32_t file, uint32_t name)
{
	uint64_t hash = hash_mix(hash_mix(object, file), name);
	struct table_at at = table_find(&g->function_table, hash);

	for (uint32_t v; table_next(&at, &v);) {
		const struct cg_function *f = &g->functions[v];

		if (f->object == object && f->file == file && f->name == name)
			return v;
	}
	if (g->n_functions == g->cap_functions)
		g->functions = profile_grow(g->a, g->functions, sizeof(*g->functions), g->n_functions,
		    &g->cap_functions);
	table_put(&g->function_table, g->a, hash, g->n_functions);
	g->functions[g->n_functions] = (struct cg_function){ .object = object, .file = file, .name = name };
	return g->n_functions++;
}

static uint32_t new_costs(struct cg *g)
{
	uint32_t at = g->n_costs;

	while (g->cap_costs - g->n_costs < g->n_events)
		g->costs = profile_grow(g->a, g->costs, sizeof(*g->costs), g->n_costs, &g->cap_costs);
	memset(g->costs + at, 0, g->n_events * sizeof(*g->costs));
	g->n_costs += g->n_events;
	return at;
}

static uint32_t find(struct cg *g, struct table *index, struct cg_cost **all, uint32_t *n, uint32_t *cap,
    const struct cg_cost *c)
{
	uint64_t hash = hash_mix(hash_mix((uint64_t)c->function << 32 | c->to, c->file), (uint64_t)c->line);
	struct table_at at = table_find(index, hash);

	for (uint32_t v; table_next(&at, &v);) {
		const struct cg_cost *own = &(*all)[v];

		if (own->function == c->function && own->to == c->to && own->file == c->file && own->line == c->line)
			return v;
	}
	if (*n == *cap)
		*all = profile_grow(g->a, *all, sizeof(**all), *n, cap);
	(*all)[*n] = *c;
	(*all)[*n].costs = new_costs(g);
	table_put(index, g->a, hash, *n);
	return (*n)++;
}

uint32_t callgrind_line(struct cg *g, const struct cg_cost *c)
{
	return find(g, &g->line_table, &g->lines, &g->n_lines, &g->cap_lines, c);
}

uint32_t callgrind_call(struct cg *g, const struct cg_cost *c)
{
	return find(g, &g->call_table, &g->calls, &g->n_calls, &g->cap_calls, c);
}

void callgrind_add(struct cg *g, uint32_t at, const int64_t *costs)
{
	for (uint32_t i = 0; i < g->n_events; i++)
		g->costs[at + i] = wrap_add(g->costs[at + i], costs[i]);
}

/* Costs are made one behind the other, so their places are the order of the text. */
static int by_function(const void *a, const void *b)
{
	const struct cg_cost *x = a, *y = b;

	if (x->function != y->function)
		return x->function < y->function ? -1 : 1;
	return x->costs < y->costs ? -1 : x->costs > y->costs;
}

void callgrind_sort(struct cg *g)
{
	if (g->n_lines)
		qsort(g->lines, g->n_lines, sizeof(*g->lines), by_function);
	if (g->n_calls)
		qsort(g->calls, g->n_calls, sizeof(*g->calls), by_function);
	for (uint32_t i = g->n_lines; i-- > 0;) {
		g->functions[g->lines[i].function].first_line = i;
		g->functions[g->lines[i].function].n_lines++;
	}
	for (uint32_t i = g->n_calls; i-- > 0;) {
		g->functions[g->calls[i].function].first_call = i;
		g->functions[g->calls[i].function].n_calls++;
		g->functions[g->calls[i].to].n_callers += g->calls[i].to != g->calls[i].function;
	}
}
