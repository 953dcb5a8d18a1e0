/* profile_facts.c - see profile_facts.h */
#include "formats/profile_facts.h"

#include <stdlib.h>

#include "base/hash.h"
#include "formats/profile_impl.h"

struct names {
	struct arena *a;
	struct table index;
	struct str *p;
	uint32_t n, cap;
};

static uint32_t name_number(struct names *x, struct str name)
{
	uint64_t hash = hash_seeded(name);
	struct table_at at = table_find(&x->index, hash);

	for (uint32_t v; table_next(&at, &v);)
		if (str_eq(x->p[v], name))
			return v;
	if (x->n == x->cap)
		x->p = profile_grow(x->a, x->p, sizeof(*x->p), x->n, &x->cap);
	x->p[x->n] = name;
	table_put(&x->index, x->a, hash, x->n);
	return x->n++;
}

static int by_value(const void *a, const void *b)
{
	const struct fact_function *x = a, *y = b;

	if (x->value != y->value)
		return x->value > y->value ? -1 : 1;
	return str_cmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
	const struct fact_function *x = a, *y = b;

	return str_cmp(x->name, y->name);
}

/* Keeps the largest ones while it goes over all. */
static void take_top(const struct names *names, const int64_t *values, struct fact_functions *out)
{
	for (uint32_t i = 0; i < names->n; i++) {
		struct fact_function f = { names->p[i], values[i] };
		uint32_t at = out->n;

		if (f.value == 0)
			continue;
		while (at > 0 && by_value(&f, &out->p[at - 1]) < 0)
			at--;
		if (at == FACTS_TOP)
			continue;
		out->n = MIN(out->n + 1, (uint32_t)FACTS_TOP);
		memmove(out->p + at + 1, out->p + at, (out->n - at - 1) * sizeof(f));
		out->p[at] = f;
	}
}

static void count_stacks(struct arena *a, const struct profile *p, struct profile_facts *f)
{
	struct table index = { 0 };

	for (uint32_t i = 0; i < p->n_samples; i++) {
		const uint32_t *stack = p->stack + p->stack_at[i];
		uint32_t n = p->stack_at[i + 1] - p->stack_at[i], v;
		uint64_t hash = hash_seeded(str_of(stack, n * sizeof(*stack)));
		struct table_at at = table_find(&index, hash);
		bool known = false;

		f->max_depth_locations = MAX(f->max_depth_locations, n);
		while (!known && table_next(&at, &v))
			known = p->stack_at[v + 1] - p->stack_at[v] == n &&
			    (n == 0 || memcmp(p->stack + p->stack_at[v], stack, n * sizeof(*stack)) == 0);
		if (known)
			continue;
		table_put(&index, a, hash, i);
		f->distinct_stacks++;
	}
}

static void count_values(const struct profile *p, struct profile_facts *f)
{
	for (uint32_t i = 0; i < p->n_samples; i++) {
		uint64_t any = 0;

		for (uint32_t k = 0; k < p->n_types; k++) {
			int64_t v = profile_value(p, i, k);

			any |= (uint64_t)v;
			f->negative_values += v < 0;
			f->types[k].total = (int64_t)((uint64_t)f->types[k].total + (uint64_t)v);
		}
		f->all_zero_samples += any == 0;
	}
}

/* A text and a number of one key are two; a tag with neither text, number nor unit is none. */
static void count_keys(struct arena *a, const struct profile *p, struct profile_facts *f)
{
	struct names keys = { .a = a };
	uint32_t *seen, n;

	if (p->tag_at == NULL)
		return;
	n = p->tag_at[p->n_samples];
	for (uint32_t i = 0; i < n; i++)
		name_number(&keys, profile_str(p, p->tags[i].key));
	seen = arena_zarray(a, 2 * (size_t)keys.n + 1, sizeof(*seen));
	f->label_keys = arena_zarray(a, (size_t)keys.n + 1, sizeof(*f->label_keys));
	for (uint32_t k = 0; k < keys.n; k++)
		f->label_keys[k].name = keys.p[k];
	for (uint32_t i = 0; i < p->n_samples; i++)
		for (uint32_t k = p->tag_at[i]; k < p->tag_at[i + 1]; k++) {
			const struct tag *t = &p->tags[k];
			uint32_t key = name_number(&keys, profile_str(p, t->key)), kind = 2 * key + (t->str != 0);

			if (t->str == 0 && t->num == 0 && t->unit == 0)
				continue;
			f->label_keys[key].value += seen[kind] != i + 1;
			seen[kind] = i + 1;
		}
	qsort(f->label_keys, keys.n, sizeof(*f->label_keys), by_name);
	for (uint32_t k = 0; k < keys.n; k++)
		if (f->label_keys[k].value > 0)
			f->label_keys[f->n_label_keys++] = f->label_keys[k];
}

static void count_functions(struct arena *a, const struct profile *p, struct profile_facts *f)
{
	struct names names = { .a = a };
	struct frames frames;
	uint32_t *number, *seen, n_names;
	int64_t *flat, *cum;

	frames_init(&frames, a, p);
	f->max_depth = frames.max_depth;
	n_names = frames.first[p->n_locations + 1];
	number = arena_array(a, (size_t)n_names + 1, sizeof(*number));
	for (uint32_t i = 0; i < n_names; i++)
		number[i] = name_number(&names, frames.names[i]);
	seen = arena_zarray(a, (size_t)names.n + 1, sizeof(*seen));
	flat = arena_zarray(a, ((size_t)names.n + 1) * p->n_types + 1, sizeof(*flat));
	cum = arena_zarray(a, ((size_t)names.n + 1) * p->n_types + 1, sizeof(*cum));
	for (uint32_t i = 0; i < p->n_samples; i++) {
		const int64_t *values = p->values + (size_t)i * p->n_types;

		for (uint32_t k = p->stack_at[i]; k < p->stack_at[i + 1]; k++) {
			uint32_t l = MIN(p->stack[k], p->n_locations);

			for (uint32_t at = frames.first[l]; at < frames.first[l + 1]; at++) {
				uint32_t name = number[at];

				for (uint32_t t = 0; seen[name] != i + 1 && t < p->n_types; t++)
					cum[(size_t)t * names.n + name] =
					    (int64_t)((uint64_t)cum[(size_t)t * names.n + name] + (uint64_t)values[t]);
				seen[name] = i + 1;
			}
			for (uint32_t t = 0; k == p->stack_at[i] && t < p->n_types; t++) {
				int64_t *own = &flat[(size_t)t * names.n + number[frames.first[l + 1] - 1]];

				*own = (int64_t)((uint64_t)*own + (uint64_t)values[t]);
			}
		}
	}
	for (uint32_t t = 0; t < p->n_types; t++) {
		take_top(&names, flat + (size_t)t * names.n, &f->types[t].flat);
		take_top(&names, cum + (size_t)t * names.n, &f->types[t].cum);
	}
}

void profile_facts(struct arena *a, const struct profile *p, struct profile_facts *out)
{
	*out = (struct profile_facts){ .samples = p->n_samples,
		.locations = p->n_locations,
		.functions = p->n_functions,
		.mappings = p->n_mappings,
		.lines = p->n_lines,
		.n_types = p->n_types };
	out->types = arena_zarray(a, (size_t)p->n_types + 1, sizeof(*out->types));
	for (uint32_t k = 0; k < p->n_types; k++) {
		out->types[k].type = profile_str(p, p->types[k].type);
		out->types[k].unit = profile_str(p, p->types[k].unit);
	}
	count_stacks(a, p, out);
	count_values(p, out);
	count_keys(a, p, out);
	count_functions(a, p, out);
}
