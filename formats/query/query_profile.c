/* query_profile.c - see query.h: merged samples as a profile */
#include <assert.h>

#include "base/arith.h"
#include "base/hash.h"
#include "base/vec.h"
#include "formats/profile_impl.h"
#include "formats/query/path_cut.h"
#include "formats/query/query.h"
#include "formats/query/query_fold.h"
#include "formats/query/query_sums.h"
#include "formats/query/used_symbols.h"

enum { USUAL_DEPTH = 128, TOGETHER = 16 };

/*
 * What is one mapping in the answer: start, pages, offset and build id or file
 * are the same. Strings are the builder's.
 */
struct same_mappings {
	struct arena *mem;
	struct table index;
	VEC(struct mapping) first;
};

/* One partition on its way into the builder: what its numbers became there. */
struct import {
	struct arena *mem;
	struct profile_builder *b;
	struct same_mappings *same;
	struct symbols *s;
	const int64_t *sums;                       /* by stack */
	uint32_t *strings, *functions, *locations; /* PROFILE_NONE = not met so far */
	uint32_t *mappings;                        /* numbers in same, PROFILE_NONE = no stack with a value has it */
	uint32_t first_mapping;                    /* of same, PROFILE_NONE = none has any */
	struct line *lines;
	uint32_t *stack, depth; /* of one stack; room */
	uint32_t stub;          /* the location named "other", once made */
	uint8_t *used;          /* by location: a stack with a value has it */
	uint8_t *no_line;       /* by location: a callee whose line does not count, everywhere */
	/* No two of its stacks, nor one from before, are one in the builder: they need not be looked for. */
	bool distinct;
};

static struct import import_init(struct arena *a, struct profile_builder *b, struct symbols *s)
{
	struct import m = { .mem = a,
		.b = b,
		.s = s,
		.depth = USUAL_DEPTH,
		.stub = PROFILE_NONE,
		.first_mapping = PROFILE_NONE };

	m.strings = profile_none_array(a, s->strings.n);
	m.functions = profile_none_array(a, s->functions.n);
	m.mappings = profile_none_array(a, s->mappings.n);
	m.locations = profile_none_array(a, s->locations.n);
	m.lines = arena_array(a, SYM_MAX_LINES, sizeof(*m.lines));
	m.stack = arena_array(a, m.depth, sizeof(*m.stack));
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
			.file = import_string(m, f->file),
			.start_line = f->start_line };

		m->functions[i] = profile_builder_function(m->b, &out);
	}
	return m->functions[i];
}

static uint64_t mapping_pages(const struct mapping *m)
{
	return (m->limit - m->start + 0xfff) >> 12;
}

static uint32_t mapping_text(const struct mapping *m)
{
	return m->build_id != 0 ? m->build_id : m->file;
}

static uint32_t same_mapping(struct same_mappings *same, const struct mapping *m)
{
	uint64_t key[] = { m->start, mapping_pages(m), m->offset, mapping_text(m) };
	uint64_t hash = hash_seeded(str_of(key, sizeof(key)));
	struct table_at at = table_find(&same->index, hash);

	for (uint32_t v; table_next(&at, &v);) {
		const struct mapping *x = &same->first.p[v];

		if (x->start == m->start && mapping_pages(x) == mapping_pages(m) && x->offset == m->offset &&
		    mapping_text(x) == mapping_text(m))
			return v;
	}
	vec_push(&same->first, *m);
	table_put(&same->index, same->mem, hash, (uint32_t)same->first.n - 1);
	return (uint32_t)same->first.n - 1;
}

/* By location: a stack with a value has it. */
static uint8_t *locations_used(struct arena *mem, const struct symbols *s, const int64_t *sums)
{
	uint8_t *location = arena_zarray(mem, s->locations.n + 1, 1), *node = arena_zarray(mem, s->nodes.n + 1, 1);

	for (size_t i = s->nodes.n; i-- > 1;) {
		if (sums[i] == 0 && !node[i])
			continue;
		node[s->nodes.p[i].parent] = 1;
		location[s->nodes.p[i].location] = 1;
	}
	return location;
}

static uint8_t *mappings_used(struct arena *mem, const struct symbols *s, const uint8_t *location)
{
	uint8_t *mapping = arena_zarray(mem, s->mappings.n + 1, 1);

	for (size_t i = 0; i < s->locations.n; i++)
		if (location[i] && s->locations.p[i].mapping < s->mappings.n)
			mapping[s->locations.p[i].mapping] = 1;
	return mapping;
}

/*
 * Of mappings that are the same the first says the rest. The one without
 * anything, of locations that have none, is the last of a profile.
 */
static void import_mappings(struct arena *mem, struct import *m)
{
	const uint8_t *used = mappings_used(mem, m->s, m->used);

	for (int empty = 0; empty < 2; empty++)
		for (uint32_t i = 0; i < m->s->mappings.n; i++) {
			const struct sym_mapping *x = &m->s->mappings.p[i];
			struct mapping out;

			if (!used[i] || sym_mapping_empty(x) != empty)
				continue;
			out = (struct mapping){ .start = x->start,
				.limit = x->limit,
				.offset = x->offset,
				.file = import_string(m, x->file),
				.build_id = import_string(m, x->build_id),
				.flags = (uint8_t)x->flags };
			m->mappings[i] = same_mapping(m->same, &out);
			if (m->first_mapping == PROFILE_NONE)
				m->first_mapping = m->mappings[i];
		}
}

static uint32_t import_mapping(struct import *m, uint32_t i)
{
	if (i >= m->s->mappings.n)
		return PROFILE_NONE;
	assert(m->mappings[i] != PROFILE_NONE);
	return profile_builder_mapping(m->b, &m->same->first.p[m->mappings[i]]);
}

/* no_line: the number of the innermost line is left out. */
static uint32_t make_location(struct import *m, uint32_t i, bool no_line)
{
	const struct sym_location *l = &m->s->locations.p[i];
	struct location out = { .address = l->address,
		.mapping = import_mapping(m, l->mapping),
		.n_lines = l->n_lines };

	for (uint32_t k = 0; k < l->n_lines; k++) {
		const struct sym_line *x = &m->s->lines.p[l->first_line + k];

		m->lines[k] = (struct line){ .function = import_function(m, x->function),
			.line = k == 0 && no_line ? 0 : x->line };
	}
	return profile_builder_location(m->b, &out, m->lines);
}

static uint32_t import_location(struct import *m, uint32_t i)
{
	if (m->locations[i] == PROFILE_NONE) {
		uint32_t known = profile_builder_peek(m->b)->n_locations;

		m->locations[i] = make_location(m, i, m->no_line != NULL && m->no_line[i]);
		m->distinct = m->distinct && m->locations[i] == known;
	}
	return m->locations[i];
}

static uint32_t import_stub(struct import *m)
{
	if (m->stub == PROFILE_NONE) {
		uint32_t other = profile_builder_str(m->b, STR("other"));
		struct mapping empty = { 0 };
		struct function f = { .name = other, .system_name = other };
		struct line line = { .function = profile_builder_function(m->b, &f) };
		struct location l = { .n_lines = 1 };

		l.mapping = profile_builder_mapping(m->b,
		    m->first_mapping != PROFILE_NONE ? &m->same->first.p[m->first_mapping] : &empty);
		m->stub = profile_builder_location(m->b, &l, &line);
	}
	return m->stub;
}

/* Into m->stack. */
static uint32_t stack_of(struct import *m, uint32_t node)
{
	uint32_t n;

	while ((n = symbols_stack(m->s, node, m->stack, m->depth)) == m->depth) {
		m->depth *= 2;
		m->stack = arena_array(m->mem, m->depth, sizeof(*m->stack));
	}
	return n;
}

static void add_stack(struct import *m, uint32_t node, int64_t value, const struct paths *kept,
    const struct query_profile_opts *o)
{
	uint32_t n = stack_of(m, node), first = 0;

	if (n == 0)
		return;
	if (kept != NULL)
		first = paths_cut_leaf(kept, m->s, node, m->stack, n);
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

/* Whole stacks of the builder, stack[at[i]] .. stack[at[i + 1]]. */
struct some_stacks {
	uint32_t at[TOGETHER + 1];
	int64_t values[TOGETHER];
	uint32_t n;
};

/* Behind those that are there. */
static void collect(struct import *m, uint32_t node, struct some_stacks *some)
{
	const struct sym_node *nodes = m->s->nodes.p;
	uint32_t n = some->at[some->n];

	for (uint32_t up = node; up != 0; up = nodes[up].parent) {
		if (UNLIKELY(n == m->depth))
			m->stack = profile_move(m->mem, m->stack, sizeof(*m->stack), n, &m->depth);
		m->stack[n++] = m->locations[nodes[up].location];
	}
	some->values[some->n++] = m->sums[node];
	some->at[some->n] = n;
}

/* They are looked up side by side, because what is known of them lies anywhere. */
static void add_some(struct import *m, const struct some_stacks *some)
{
	struct sample_key keys[TOGETHER];
	const uint32_t *at = some->at;

	for (uint32_t i = 0; i < some->n && !m->distinct; i++)
		keys[i] = profile_builder_key(m->b, m->stack + at[i], at[i + 1] - at[i], NULL, 0);
	for (uint32_t i = 0; i < some->n; i++) {
		const uint32_t *stack = m->stack + at[i];
		uint32_t n = at[i + 1] - at[i];

		if (m->distinct)
			*profile_builder_values(m->b, profile_builder_other(m->b, stack, n)) = some->values[i];
		else
			profile_builder_add_key(m->b, keys[i], stack, n, &some->values[i], NULL, 0);
	}
}

static void add_whole_stacks(struct import *m)
{
	struct some_stacks some = { 0 };

	m->distinct = profile_builder_peek(m->b)->n_samples == 0;
	for (uint32_t i = 0; i < m->s->locations.n; i++)
		if (m->used[i])
			import_location(m, i);
	for (uint32_t i = 1; i < m->s->nodes.n; i++) {
		if (m->sums[i] == 0)
			continue;
		collect(m, i, &some);
		if (some.n == TOGETHER) {
			add_some(m, &some);
			some.n = 0;
		}
	}
	add_some(m, &some);
}

/* The leaf location of every stack. */
static void mark_callees(struct arena *mem, struct import *m, const struct fold_part *p)
{
	m->no_line = arena_zarray(mem, m->s->locations.n, 1);
	for (size_t i = 1; i < p->n; i++)
		if (p->sums[i] != 0)
			m->no_line[m->s->nodes.p[i].location] = 1;
}

static void add_part(struct arena *mem, struct profile_builder *b, struct same_mappings *same, struct fold_part *p,
    const struct query *q, const struct query_profile_opts *o)
{
	struct import m = import_init(mem, b, p->symbols);
	struct paths paths = { 0 };
	uint64_t cut = 0;

	m.sums = p->sums;
	m.same = same;
	if (o->go_pgo && o->aggregate_callees)
		mark_callees(mem, &m, p);
	if (!o->go_pgo)
		fold_keep_matching(mem, p, q);
	if (!o->go_pgo && o->max_nodes > 0) {
		paths_enter(&paths, mem, p->symbols, p->sums);
		cut = paths_cut(&paths, mem, o->max_nodes);
		if (o->cut != NULL)
			*o->cut += cut;
	}
	m.used = locations_used(mem, m.s, m.sums);
	import_mappings(mem, &m);
	if (!o->go_pgo && cut == 0)
		add_whole_stacks(&m);
	for (size_t i = 0; (o->go_pgo || cut > 0) && i < p->n; i++)
		if (p->sums[i] != 0)
			add_stack(&m, (uint32_t)i, p->sums[i], cut > 0 ? &paths : NULL, o);
	paths_fini(&paths);
}

static int64_t usual_period(struct str name)
{
	if (str_eq(name, STR("process_cpu")))
		return 1000000000;
	return str_eq(name, STR("memory")) ? 524288 : 1;
}

/* Strings of a type, without doubles; 0 is "". */
struct type_strings {
	struct str p[5];
	uint32_t n, type, unit, period_type, period_unit;
};

static uint32_t type_string(struct type_strings *s, struct str text)
{
	uint32_t i = 0;

	while (i < s->n && !str_eq(s->p[i], text))
		i++;
	if (i == s->n)
		s->p[s->n++] = text;
	return i;
}

static struct type_strings type_strings(const struct profile_type *t)
{
	struct type_strings s = { .p = { STR("") }, .n = 1 };

	s.type = type_string(&s, t->type);
	s.unit = type_string(&s, t->unit);
	s.period_type = type_string(&s, t->period_type);
	s.period_unit = type_string(&s, t->period_unit);
	return s;
}

/* The first strings of p are these. */
static void profile_head(struct profile *p, const struct type_strings *s, const struct profile_type *t)
{
	p->types[0] = (struct value_type){ s->type, s->unit };
	p->has_period_type = true;
	p->period_type = (struct value_type){ s->period_type, s->period_unit };
	p->period = usual_period(t->name);
	p->default_type = s->type;
}

/* ---- the sum of partitions ---- */

struct builder {
	struct profile_builder *b;
	struct type_strings strings;
	struct same_mappings same;
};

/* The symbols may be gone before the profile is. */
static struct builder builder_new(struct arena *a, const struct profile_type *t)
{
	struct builder x = { profile_builder_new(a, 1), type_strings(t), { .mem = arena_new() } };

	profile_builder_copies(x.b);
	for (uint32_t i = 1; i < x.strings.n; i++)
		profile_builder_str(x.b, x.strings.p[i]);
	return x;
}

static void builder_end(struct builder *x, const struct profile_type *t, struct merged_profile *out)
{
	struct profile *p = profile_builder_finish(x->b);

	profile_head(p, &x->strings, t);
	if (p->n_samples > 0)
		out->profile = p;
	out->builder = x->b;
	vec_free(&x->same.first);
	arena_free(x->same.mem);
}

/* ---- one partition as it stands ---- */

enum { FEW_MAPPINGS = 64, MAX_PPROF = INT32_MAX };

/* Else two would be one in the answer, and so might their locations and stacks. */
static bool mappings_differ(const struct profile *p)
{
	for (uint32_t i = 0; i < p->n_mappings; i++)
		for (uint32_t k = 0; k < i; k++) {
			const struct mapping *x = &p->mappings[i], *y = &p->mappings[k];

			if (x->start == y->start && mapping_pages(x) == mapping_pages(y) && x->offset == y->offset &&
			    mapping_text(x) == mapping_text(y))
				return false;
		}
	return true;
}

/* False: it cannot be. */
static bool pprof_of_part(struct arena *a, struct arena *scratch, const struct fold_part *p,
    const struct profile_type *t, struct str *out)
{
	struct type_strings s = type_strings(t);
	struct used_symbols used;
	struct value_type type;
	struct buf b;

	used_symbols(scratch, p->symbols, p->sums, s.p, s.n, &used);
	if (used.tables.n_mappings > FEW_MAPPINGS || !mappings_differ(&used.tables))
		return false;
	if (used.n_nodes == 1)
		return true;
	used.tables.types = &type;
	used.tables.n_types = 1;
	profile_head(&used.tables, &s, t);
	buf_init(&b, MAX_PPROF);
	pprof_encode_nodes(&used.tables, used.nodes, used.n_nodes, &b);
	*out = buf_to_arena(&b, a);
	return true;
}

/* All that was found in the only set, if it is of one partition. */
static bool only_part(struct arena *a, struct arena *scratch, const struct fold *f, const struct query_profile_opts *o,
    struct str *out)
{
	struct fold_part *only = NULL;

	if (!o->packed || o->go_pgo || o->max_nodes > 0)
		return false;
	for (uint32_t k = 0; k < f->set->n_partitions; k++) {
		if (f->parts[k].symbols == NULL)
			continue;
		if (only != NULL)
			return false;
		only = &f->parts[k];
	}
	if (only == NULL)
		return true;
	fold_keep_matching(scratch, only, f->q);
	return pprof_of_part(a, scratch, only, &o->type, out);
}

void sums_profile(struct arena *a, struct sums *s, const struct query_profile_opts *o, struct merged_profile *out)
{
	struct arena *scratch = arena_part(a);
	struct builder b = builder_new(a, &o->type);
	const struct query all = { 0 };

	*out = (struct merged_profile){ 0 };
	for (size_t i = 0; i < s->parts.n; i++) {
		struct sums_part *p = &s->parts.p[i];
		struct fold_part part = { .symbols = p->symbols, .sums = p->values.p, .n = p->values.n };

		if (!(s->parts.n == 1 && o->packed && pprof_of_part(a, scratch, &part, &o->type, &out->pprof)))
			add_part(scratch, b.b, &b.same, &part, &all, o);
		arena_reset(scratch);
	}
	builder_end(&b, &o->type, out);
	arena_free(scratch);
}

static size_t sets_in_range(struct dataset *const *sets, size_t n, const struct query *q)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += sets[i]->min_time <= q->to && sets[i]->max_time >= q->from;
	return found;
}

int query_profile(struct arena *a, struct dataset *const *sets, size_t n, const struct query *q,
    const struct query_profile_opts *o, struct merged_profile *out, struct err *e)
{
	struct builder b = builder_new(a, &o->type);
	bool alone = sets_in_range(sets, n, q) == 1;
	struct arena *part = arena_part(a);
	int rc = 0;

	*out = (struct merged_profile){ 0 };
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct fold f = { 0 };

		rc = fold_run(&f, part, sets[i], q, e);
		if (rc == 0 && !(alone && only_part(a, part, &f, o, &out->pprof)))
			for (uint32_t k = 0; k < sets[i]->n_partitions; k++)
				if (f.parts[k].symbols != NULL)
					add_part(part, b.b, &b.same, &f.parts[k], q, o);
		arena_reset(part);
		dataset_rest(sets[i]);
	}
	builder_end(&b, &o->type, out);
	arena_free(part);
	return rc;
}
