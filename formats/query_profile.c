/* query_profile.c - see query.h: merged samples as a profile */
#include <stdlib.h>

#include "base/arith.h"
#include "formats/profile_impl.h"
#include "formats/query.h"
#include "formats/query_fold.h"

/* One partition on its way into the builder: what its numbers became there. */
struct import {
	struct profile_builder *b;
	struct symbols *s;
	const int64_t *sums;            /* by stack */
	uint32_t *strings, *functions, *mappings, *locations;   /* PROFILE_NONE = not met so far */
	struct line *lines;
	uint32_t *stack, depth;
	uint32_t stub;                  /* the location named "other", once made */
	uint8_t *no_line;               /* by location: a callee whose line does not count, everywhere */
};

static uint32_t *none_array(struct arena *a, size_t n)
{
	uint32_t *p = arena_array(a, n, sizeof(*p));

	if (n > 0)
		memset(p, 0xff, n * sizeof(*p));
	return p;
}

static uint32_t longest_stack(const struct symbols *s, struct arena *a)
{
	uint32_t *depth = arena_zarray(a, s->nodes.n, sizeof(*depth)), max = 0;

	for (size_t i = 1; i < s->nodes.n; i++) {
		depth[i] = depth[s->nodes.p[i].parent] + 1;
		max = MAX(max, depth[i]);
	}
	return max;
}

static struct import import_init(struct arena *a, struct profile_builder *b, struct symbols *s)
{
	struct import m = { .b = b, .s = s, .stub = PROFILE_NONE };

	m.strings = none_array(a, s->strings.n);
	m.functions = none_array(a, s->functions.n);
	m.mappings = none_array(a, s->mappings.n);
	m.locations = none_array(a, s->locations.n);
	m.lines = arena_array(a, SYM_MAX_LINES, sizeof(*m.lines));
	m.depth = longest_stack(s, a);
	m.stack = arena_array(a, m.depth + 1, sizeof(*m.stack));
	return m;
}

static uint32_t import_string(struct import *m, uint32_t i)
{
	if (m->strings[i] == PROFILE_NONE)
		m->strings[i] = profile_builder_str(m->b, m->s->strings.p[i]);
	return m->strings[i];
}

static uint32_t import_function(struct import *m, uint32_t i)
{
	if (m->functions[i] == PROFILE_NONE) {
		const struct sym_function *f = &m->s->functions.p[i];
		struct function out = { .name = import_string(m, f->name),
			.system_name = import_string(m, f->system_name),
			.file = import_string(m, f->file), .start_line = f->start_line };

		m->functions[i] = profile_builder_function(m->b, &out);
	}
	return m->functions[i];
}

static uint32_t import_mapping(struct import *m, uint32_t i)
{
	if (i >= m->s->mappings.n)
		return PROFILE_NONE;
	if (m->mappings[i] == PROFILE_NONE) {
		const struct sym_mapping *x = &m->s->mappings.p[i];
		struct mapping out = { .start = x->start, .limit = x->limit, .offset = x->offset,
			.file = import_string(m, x->file), .build_id = import_string(m, x->build_id),
			.flags = (uint8_t)x->flags };

		m->mappings[i] = profile_builder_mapping(m->b, &out);
	}
	return m->mappings[i];
}

/* no_line: the number of the innermost line is left out. */
static uint32_t make_location(struct import *m, uint32_t i, bool no_line)
{
	const struct sym_location *l = &m->s->locations.p[i];
	struct location out = { .address = l->address, .mapping = import_mapping(m, l->mapping), .n_lines = l->n_lines };

	for (uint32_t k = 0; k < l->n_lines; k++) {
		const struct sym_line *x = &m->s->lines.p[l->first_line + k];

		m->lines[k] = (struct line){ import_function(m, x->function), k == 0 && no_line ? 0 : x->line };
	}
	return profile_builder_location(m->b, &out, m->lines);
}

static uint32_t import_location(struct import *m, uint32_t i)
{
	if (m->locations[i] == PROFILE_NONE)
		m->locations[i] = make_location(m, i, m->no_line != NULL && m->no_line[i]);
	return m->locations[i];
}

/* The first mapping that the stacks with values name. */
static uint32_t first_mapping(const struct symbols *s, const int64_t *sums)
{
	uint32_t first = PROFILE_NONE;

	for (uint32_t i = 1; i < s->nodes.n; i++)
		for (uint32_t at = sums[i] != 0 ? i : 0; at != 0; at = s->nodes.p[at].parent)
			first = MIN(first, s->locations.p[s->nodes.p[at].location].mapping);
	return first;
}

static uint32_t import_stub(struct import *m)
{
	if (m->stub == PROFILE_NONE) {
		uint32_t other = profile_builder_str(m->b, STR("other"));
		struct mapping empty = { 0 };
		struct function f = { .name = other, .system_name = other };
		struct line line = { profile_builder_function(m->b, &f), 0 };
		struct location l = { .n_lines = 1 };
		uint32_t mapping = first_mapping(m->s, m->sums);

		l.mapping = mapping != PROFILE_NONE ? import_mapping(m, mapping) : profile_builder_mapping(m->b, &empty);
		m->stub = profile_builder_location(m->b, &l, &line);
	}
	return m->stub;
}

/* ---- truncation: read API 9.4 and 9.5 ---- */

static int descending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x > y ? -1 : x < y;
}

/* Per name entry: 1 = its total reaches the max_nodes-th largest. NULL: nothing is cut. */
static uint8_t *kept_names(struct arena *a, struct symbols *s, const int64_t *sums, int64_t max_nodes)
{
	int64_t *total, *sorted, least;
	uint8_t *kept;
	size_t n = 0;

	symbols_names(s);
	total = arena_zarray(a, s->names.n, sizeof(*total));
	sorted = arena_array(a, s->names.n, sizeof(*sorted));
	for (size_t i = 1; i < s->nodes.n; i++)
		total[s->node_name.p[i]] = wrap_add(total[s->node_name.p[i]], sums[i]);
	for (size_t i = s->names.n; i-- > 1;)
		total[s->names.p[i].parent] = wrap_add(total[s->names.p[i].parent], total[i]);
	for (size_t i = 1; i < s->names.n; i++)
		if (total[i] != 0)
			sorted[n++] = total[i];
	if (n < (size_t)max_nodes)
		return NULL;
	qsort(sorted, n, sizeof(*sorted), descending);
	least = sorted[max_nodes - 1];
	kept = arena_zarray(a, s->names.n, 1);
	for (size_t i = 0; i < s->names.n; i++)
		kept[i] = total[i] >= least;
	return kept;
}

/*
 * How many locations at the leaf side give way to the stub. The first
 * location with a cut function stays, as in the original; PROFILE_NONE: no
 * function of the stack is kept, so the stub is all that is left.
 */
static uint32_t cut_leaf(const struct symbols *s, const uint8_t *kept, uint32_t node, const uint32_t *stack,
    uint32_t n)
{
	uint32_t functions = 0, cut = 0, at = s->node_name.p[node];
	bool any = false;

	for (; at != 0; at = s->names.p[at].parent) {
		any = any || kept[at];
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

static void add_stack(struct import *m, uint32_t node, int64_t value, const uint8_t *kept,
    const struct query_profile_opts *o)
{
	uint32_t n = symbols_stack(m->s, node, m->stack, m->depth), first = 0;

	if (n == 0)
		return;
	if (kept != NULL)
		first = cut_leaf(m->s, kept, node, m->stack, n);
	if (first == PROFILE_NONE) {
		uint32_t stub = import_stub(m);

		profile_builder_add(m->b, &stub, 1, &value, NULL, 0);
		return;
	}
	if (o->go_pgo && o->keep_locations > 0)
		n = MIN(n, o->keep_locations);
	for (uint32_t i = first; i < n; i++)
		m->stack[i] = import_location(m, m->stack[i]);
	if (first > 0)
		m->stack[--first] = import_stub(m);
	profile_builder_add(m->b, m->stack + first, n - first, &value, NULL, 0);
}

/* The leaf location of every stack. */
static void mark_callees(struct arena *mem, struct import *m, const struct fold_part *p)
{
	m->no_line = arena_zarray(mem, m->s->locations.n, 1);
	for (size_t i = 1; i < p->n; i++)
		if (p->sums[i] != 0)
			m->no_line[m->s->nodes.p[i].location] = 1;
}

static void add_part(struct arena *mem, struct profile_builder *b, struct fold_part *p, const struct query *q,
    const struct query_profile_opts *o)
{
	struct import m = import_init(mem, b, p->symbols);
	const uint8_t *kept = NULL;

	m.sums = p->sums;
	if (o->go_pgo && o->aggregate_callees)
		mark_callees(mem, &m, p);
	if (!o->go_pgo)
		fold_keep_matching(mem, p, q);
	if (!o->go_pgo && o->max_nodes > 0)
		kept = kept_names(mem, p->symbols, p->sums, o->max_nodes);
	for (size_t i = 0; i < p->n; i++)
		if (p->sums[i] != 0)
			add_stack(&m, (uint32_t)i, p->sums[i], kept, o);
}

static int64_t usual_period(struct str name)
{
	if (str_eq(name, STR("process_cpu")))
		return 1000000000;
	return str_eq(name, STR("memory")) ? 524288 : 1;
}

static void profile_head(struct profile *p, const struct query *q,
    const uint32_t period_type[2], uint32_t type, const struct profile_type *t)
{
	p->has_period_type = true;
	p->period_type = (struct value_type){ period_type[0], period_type[1] };
	p->period = usual_period(t->name);
	p->default_type = type;
	p->time = q->to;
	p->duration = q->to - q->from;
}

int query_profile(struct arena *a, struct dataset *const *sets, size_t n, const struct query *q,
    const struct query_profile_opts *o, struct profile **out, struct err *e)
{
	struct profile_builder *b = profile_builder_new(a, 1);
	struct arena *mem = arena_new();
	uint32_t type = profile_builder_str(b, o->type.type), period[2];
	int rc = 0;

	/* The symbols may be gone before the profile is. */
	profile_builder_copies(b);
	profile_builder_type(b, 0, o->type.type, o->type.unit);
	period[0] = profile_builder_str(b, o->type.period_type);
	period[1] = profile_builder_str(b, o->type.period_unit);
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct fold f = { 0 };

		rc = fold_run(&f, mem, sets[i], q, e);
		for (uint32_t k = 0; rc == 0 && k < sets[i]->n_partitions; k++)
			if (f.parts[k].symbols != NULL)
				add_part(mem, b, &f.parts[k], q, o);
	}
	*out = profile_builder_finish(b);
	profile_head(*out, q, period, type, &o->type);
	arena_free(mem);
	return rc;
}
