/* profile_trim.c - see profile_trim.h */
#include "formats/profile_trim.h"

#include <stdlib.h>

#include "base/arith.h"
#include "base/hash.h"
#include "formats/profile_impl.h"

struct sample {
	uint32_t from;         /* the sample of p that it is, or the first of those */
	uint32_t first, depth; /* of the stack of p; first: what is left out at the leaf */
	int64_t *values;       /* NULL: those of `from` */
};

struct trimmer {
	struct arena *a;
	const struct profile *p;
	struct sample *samples;
	uint32_t n;
	double *part;   /* by sample: the largest part of a total */
	uint32_t other; /* location */
};

static const int64_t *values_of(const struct trimmer *x, const struct sample *s)
{
	return s->values ? s->values : x->p->values + (size_t)s->from * x->p->n_types;
}

static void add_values(struct trimmer *x, struct sample *to, const int64_t *values)
{
	uint32_t n = x->p->n_types;

	if (to->values == NULL) {
		const int64_t *old = values_of(x, to);

		to->values = arena_array(x->a, (size_t)n + 1, sizeof(*to->values));
		memcpy(to->values, old, n * sizeof(*old));
	}
	for (uint32_t i = 0; i < n; i++)
		to->values[i] = wrap_add(to->values[i], values[i]);
}

/* ---- depth ---- */

static bool same_tags(const struct profile *p, uint32_t i, uint32_t k)
{
	uint32_t n;

	if (p->tag_at == NULL)
		return true;
	n = p->tag_at[i + 1] - p->tag_at[i];
	return n == p->tag_at[k + 1] - p->tag_at[k] &&
	    (n == 0 || memcmp(p->tags + p->tag_at[i], p->tags + p->tag_at[k], n * sizeof(*p->tags)) == 0);
}

/* Cut stacks that begin alike at the root are one. */
static bool join(struct trimmer *x, struct table *index, const struct sample *s)
{
	const struct profile *p = x->p;
	const uint32_t *stack = p->stack + p->stack_at[s->from] + s->first;
	uint64_t hash = hash_seeded(str_of(stack, s->depth * sizeof(*stack)));
	struct table_at at = table_find(index, hash);

	for (uint32_t v; table_next(&at, &v);) {
		struct sample *own = &x->samples[v];

		if (own->depth == s->depth && same_tags(p, own->from, s->from) &&
		    memcmp(p->stack + p->stack_at[own->from] + own->first, stack, s->depth * sizeof(*stack)) == 0) {
			add_values(x, own, values_of(x, s));
			return true;
		}
	}
	table_put(index, x->a, hash, x->n);
	return false;
}

static uint32_t cut_stacks(struct trimmer *x, uint32_t depth)
{
	const struct profile *p = x->p;
	struct table index = { 0 };
	uint32_t cut = 0;

	x->samples = arena_array(x->a, (size_t)p->n_samples + 1, sizeof(*x->samples));
	for (uint32_t i = 0; i < p->n_samples; i++) {
		struct sample s = { .from = i, .depth = p->stack_at[i + 1] - p->stack_at[i] };

		if (depth > 0 && s.depth > depth) {
			cut++;
			s.first = s.depth - (depth - 1);
			s.depth = depth - 1;
			/* samples with times of their own stay apart */
			if (p->at == NULL && join(x, &index, &s))
				continue;
		}
		x->samples[x->n++] = s;
	}
	return cut;
}

/* ---- samples ---- */

static double magnitude(int64_t v)
{
	return v < 0 ? -(double)v : (double)v;
}

static int larger_part(const void *a, const void *b, void *trimmer)
{
	const struct trimmer *x = trimmer;
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;

	if (x->part[i] != x->part[k])
		return x->part[i] > x->part[k] ? -1 : 1;
	return i < k ? -1 : i > k;
}

static void find_parts(struct trimmer *x)
{
	uint32_t n = x->p->n_types;
	double *total = arena_zarray(x->a, (size_t)n + 1, sizeof(*total));

	x->part = arena_zarray(x->a, (size_t)x->n + 1, sizeof(*x->part));
	for (uint32_t i = 0; i < x->n; i++)
		for (uint32_t k = 0; k < n; k++)
			total[k] += magnitude(values_of(x, &x->samples[i])[k]);
	for (uint32_t i = 0; i < x->n; i++)
		for (uint32_t k = 0; k < n; k++)
			if (total[k] > 0)
				x->part[i] = MAX(x->part[i], magnitude(values_of(x, &x->samples[i])[k]) / total[k]);
}

/* The smallest become the last sample, whose stack is empty here; returns how many. */
static uint32_t drop_smallest(struct trimmer *x, uint32_t most)
{
	struct sample rest = { .from = UINT32_MAX };
	uint32_t *order, n = x->n, kept = 0;
	bool *goes;

	if (most == 0 || n <= most)
		return 0;
	find_parts(x);
	order = arena_array(x->a, n, sizeof(*order));
	goes = arena_zarray(x->a, n, sizeof(*goes));
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order, n, sizeof(*order), larger_part, x);
	for (uint32_t i = most - 1; i < n; i++)
		goes[order[i]] = true;
	rest.values = arena_zarray(x->a, (size_t)x->p->n_types + 1, sizeof(*rest.values));
	for (uint32_t i = 0; i < n; i++) {
		if (!goes[i]) {
			x->samples[kept++] = x->samples[i];
			continue;
		}
		rest.from = MIN(rest.from, x->samples[i].from); /* its time */
		add_values(x, &rest, values_of(x, &x->samples[i]));
	}
	x->samples[kept] = rest;
	x->n = kept + 1;
	return n - kept;
}

/* ---- the copy ---- */

/* A function, a line and a location "other" behind the others. */
static void add_other(struct trimmer *x, struct profile *q)
{
	const struct profile *p = x->p;
	struct function f = { 0 };
	struct location l = { .mapping = PROFILE_NONE, .first_line = p->n_lines, .n_lines = 1 };
	uint32_t cap;

	profile_reserve_strings(q, 1);
	f.name = f.system_name = profile_new_str(q, STR("other"));
	for (uint32_t i = 0; i < p->n_functions; i++)
		f.id = MAX(f.id, p->functions[i].id);
	for (uint32_t i = 0; i < p->n_locations; i++)
		l.id = MAX(l.id, p->locations[i].id);
	f.id++;
	l.id++;
	cap = p->n_functions;
	q->functions = profile_grow(x->a, p->functions, sizeof(f), p->n_functions, &cap);
	q->functions[q->n_functions++] = f;
	cap = p->n_lines;
	q->lines = profile_grow(x->a, p->lines, sizeof(*q->lines), p->n_lines, &cap);
	q->lines[q->n_lines++] = (struct line){ .function = p->n_functions };
	cap = p->n_locations;
	q->locations = profile_grow(x->a, p->locations, sizeof(l), p->n_locations, &cap);
	x->other = q->n_locations++;
	q->locations[x->other] = l;
}

/* rest: the last sample is what the smallest went into. */
static void copy_samples(struct trimmer *x, struct profile *q, bool rest)
{
	const struct profile *p = x->p;
	size_t depth = 0, tags = 0;
	uint32_t at = 0, tag = 0;

	for (uint32_t i = 0; i < x->n; i++) {
		depth += x->samples[i].depth + (size_t)1;
		tags += p->tag_at ? p->tag_at[x->samples[i].from + 1] - p->tag_at[x->samples[i].from] : 0;
	}
	q->stack_at = arena_array(x->a, (size_t)x->n + 1, sizeof(*q->stack_at));
	q->stack = arena_array(x->a, depth + 1, sizeof(*q->stack));
	q->values = arena_array(x->a, (size_t)x->n * p->n_types + 1, sizeof(*q->values));
	q->tag_at = p->tag_at ? arena_array(x->a, (size_t)x->n + 1, sizeof(*q->tag_at)) : NULL;
	q->tags = p->tag_at ? arena_array(x->a, tags + 1, sizeof(*q->tags)) : NULL;
	q->at = p->at ? arena_array(x->a, (size_t)x->n + 1, sizeof(*q->at)) : NULL;
	q->n_samples = x->n;
	for (uint32_t i = 0; i < x->n; i++) {
		const struct sample *s = &x->samples[i];
		bool is_rest = rest && i + 1 == x->n;

		q->stack_at[i] = at;
		if (s->first > 0 || is_rest)
			q->stack[at++] = x->other;
		for (uint32_t k = 0; k < s->depth; k++)
			q->stack[at++] = p->stack[p->stack_at[s->from] + s->first + k];
		if (p->n_types)
			memcpy(q->values + (size_t)i * p->n_types, values_of(x, s), p->n_types * sizeof(*q->values));
		if (q->tag_at)
			q->tag_at[i] = tag;
		for (uint32_t k = 0; q->tag_at && !is_rest && k < p->tag_at[s->from + 1] - p->tag_at[s->from]; k++)
			q->tags[tag++] = p->tags[p->tag_at[s->from] + k];
		if (q->at)
			q->at[i] = p->at[s->from];
	}
	q->stack_at[x->n] = at;
	if (q->tag_at)
		q->tag_at[x->n] = tag;
}

static bool too_deep(const struct profile *p, uint32_t depth)
{
	for (uint32_t i = 0; depth > 0 && i < p->n_samples; i++)
		if (p->stack_at[i + 1] - p->stack_at[i] > depth)
			return true;
	return false;
}

const struct profile *profile_trim(struct arena *a, const struct profile *p, const struct profile_limits *limits,
    struct profile_trimmed *t)
{
	struct trimmer x = { .a = a, .p = p };
	struct profile *q;

	*t = (struct profile_trimmed){ 0 };
	if ((limits->samples == 0 || p->n_samples <= limits->samples) && !too_deep(p, limits->depth))
		return p;
	t->stacks = cut_stacks(&x, limits->depth);
	t->samples = drop_smallest(&x, limits->samples);
	q = arena_alloc(a, sizeof(*q));
	*q = *p;
	q->mem = a;
	add_other(&x, q);
	copy_samples(&x, q, t->samples > 0);
	return q;
}
