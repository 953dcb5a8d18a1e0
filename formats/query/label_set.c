/* label_set.c - see label_set.h: collecting */
#include "formats/query/label_set.h"

#include <stdlib.h>

#include "base/hash.h"

void label_set_init(struct label_set *s, const struct label_what *what, struct arena *mem)
{
	*s = (struct label_set){ .what = *what, .mem = mem };
}

void label_set_fini(struct label_set *s)
{
	vec_free(&s->strings);
	vec_free(&s->sets);
	vec_free(&s->picked);
	map_fini(&s->by_hash);
}

void label_set_string(struct label_set *s, struct str x)
{
	uint64_t hash = hash_seeded(x);
	struct map_at at = map_find(&s->by_hash, hash);

	for (uint32_t i; map_next(&at, &i);)
		if (str_eq(s->strings.p[i], x))
			return;
	vec_push(&s->strings, arena_str(s->mem, x));
	map_put(&s->by_hash, hash, (uint32_t)s->strings.n - 1);
}

static bool name_asked(const struct label_what *w, struct str name)
{
	for (size_t i = 0; i < w->n_names; i++)
		if (str_eq(w->names[i], name))
			return true;
	return w->n_names == 0;
}

static void add_labels(struct label_set *s, const struct labels *l)
{
	uint64_t hash = labels_hash(l);
	struct map_at at = map_find(&s->by_hash, hash);

	for (uint32_t i; map_next(&at, &i);)
		if (labels_cmp(&s->sets.p[i], l) == 0)
			return;
	vec_push(&s->sets, labels_copy(s->mem, l));
	map_put(&s->by_hash, hash, (uint32_t)s->sets.n - 1);
}

static void add_picked(struct label_set *s, const struct labels *l)
{
	struct labels picked;

	s->picked.n = 0;
	for (uint32_t i = 0; i < l->n; i++)
		if (name_asked(&s->what, l->p[i].name))
			vec_push(&s->picked, l->p[i]);
	picked = (struct labels){ s->picked.p, (uint32_t)s->picked.n };
	labels_sort(&picked);
	add_labels(s, &picked);
}

void label_set_add(struct label_set *s, const struct labels *l)
{
	struct str value;

	switch (s->what.kind) {
	case LABEL_NAMES:
		for (uint32_t i = 0; i < l->n; i++)
			label_set_string(s, l->p[i].name);
		return;
	case LABEL_VALUES:
		value = labels_get(l, s->what.names[0]);
		if (value.n > 0)
			label_set_string(s, value);
		return;
	case LABEL_SETS: add_picked(s, l); return;
	}
}

void label_set_merge(struct label_set *into, const struct label_set *from)
{
	for (size_t i = 0; i < from->strings.n; i++)
		label_set_string(into, from->strings.p[i]);
	for (size_t i = 0; i < from->sets.n; i++)
		add_labels(into, &from->sets.p[i]);
}

static int str_order(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static int labels_order(const void *a, const void *b)
{
	return labels_cmp(a, b);
}

/* A sorted copy. */
static void *sorted(struct arena *a, const void *p, size_t n, size_t size, int (*order)(const void *, const void *))
{
	void *out = arena_array(a, n, size);

	if (n > 0)
		memcpy(out, p, n * size);
	if (n > 1)
		qsort(out, n, size, order);
	return out;
}

void label_set_strings(const struct label_set *s, struct str_list *out)
{
	out->n = s->strings.n;
	out->p = sorted(s->mem, s->strings.p, out->n, sizeof(*out->p), str_order);
}

void label_set_sets(const struct label_set *s, struct labels_list *out)
{
	out->n = s->sets.n;
	out->p = sorted(s->mem, s->sets.p, out->n, sizeof(*out->p), labels_order);
}
