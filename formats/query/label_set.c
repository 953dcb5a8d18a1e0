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

/* What is collected is found by its hash from now on. */
static void hash_all(struct label_set *s)
{
	for (; s->n_hashed < s->strings.n; s->n_hashed++)
		map_put(&s->by_hash, hash_seeded(s->strings.p[s->n_hashed]), s->n_hashed);
	for (; s->n_hashed < s->sets.n; s->n_hashed++)
		map_put(&s->by_hash, labels_hash(&s->sets.p[s->n_hashed]), s->n_hashed);
}

static void put_hash(struct label_set *s, uint64_t hash)
{
	map_put(&s->by_hash, hash, s->n_hashed++);
	s->in_order = false;
}

void label_set_string(struct label_set *s, struct str x)
{
	uint64_t hash = hash_seeded(x);
	struct map_at at;

	hash_all(s);
	at = map_find(&s->by_hash, hash);
	for (uint32_t i; map_next(&at, &i);)
		if (str_eq(s->strings.p[i], x))
			return;
	vec_push(&s->strings, arena_str(s->mem, x));
	put_hash(s, hash);
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
	struct map_at at;

	hash_all(s);
	at = map_find(&s->by_hash, hash);
	for (uint32_t i; map_next(&at, &i);)
		if (labels_cmp(&s->sets.p[i], l) == 0)
			return;
	vec_push(&s->sets, labels_copy(s->mem, l));
	put_hash(s, hash);
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

/* ---- in order ---- */

static int str_order(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static int labels_order(const void *a, const void *b)
{
	return labels_cmp(a, b);
}

static void str_copy_to(struct arena *a, void *to, const void *from)
{
	*(struct str *)to = arena_str(a, *(const struct str *)from);
}

static void labels_copy_to(struct arena *a, void *to, const void *from)
{
	*(struct labels *)to = labels_copy(a, from);
}

static const struct item {
	size_t size;
	int (*order)(const void *, const void *);
	void (*copy)(struct arena *, void *to, const void *from);
} str_item = { sizeof(struct str), str_order, str_copy_to },
  labels_item = { sizeof(struct labels), labels_order, labels_copy_to };

static void *array_copy(struct arena *a, const void *p, size_t n, size_t size)
{
	void *out = arena_array(a, n, size);

	if (n > 0)
		memcpy(out, p, n * size);
	return out;
}

static bool is_new(const struct item *t, const char *last, const char *x)
{
	return last == NULL || t->order(last, x) < 0;
}

static bool in_order(const struct item *t, const char *p, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (!is_new(t, p + (i - 1) * t->size, p + i * t->size))
			return false;
	return true;
}

/* p, sorted and each once. */
static const void *ordered(struct arena *a, const struct item *t, const void *p, size_t *n)
{
	char *out, *last = NULL;
	size_t kept = 0;

	if (in_order(t, p, *n))
		return p;
	out = array_copy(a, p, *n, t->size);
	qsort(out, *n, t->size, t->order);
	for (size_t i = 0; i < *n; i++)
		if (is_new(t, last, out + i * t->size))
			last = memmove(out + kept++ * t->size, out + i * t->size, t->size);
	*n = kept;
	return out;
}

/* Of two that are in order; what is of the second alone is copied. Returns n + m items at most, how many in *n. */
static void *merged(struct arena *a, const struct item *t, const void *of_p, size_t *n, const void *of_q, size_t m)
{
	const char *p = of_p, *q = of_q; /* NULL where there are none */
	char *out = arena_array(a, *n + m, t->size), *at = out;
	size_t p_left = *n, q_left = m;

	while (p_left > 0 || q_left > 0) {
		int c = p_left == 0 ? 1 : q_left == 0 ? -1 : t->order(p, q);

		if (c <= 0) {
			memcpy(at, p, t->size);
			p += t->size;
			p_left--;
		} else {
			t->copy(a, at, q);
		}
		if (c >= 0) {
			q += t->size;
			q_left--;
		}
		at += t->size;
	}
	*n = (size_t)(at - out) / t->size;
	return out;
}

static void put_in_order(struct label_set *s)
{
	if (s->in_order)
		return;
	if (s->strings.n > 1)
		qsort(s->strings.p, s->strings.n, sizeof(*s->strings.p), str_order);
	if (s->sets.n > 1)
		qsort(s->sets.p, s->sets.n, sizeof(*s->sets.p), labels_order);
	s->in_order = true;
	map_reset(&s->by_hash);
	s->n_hashed = 0;
}

/* All of from, which is in order, into a set without anything. */
static void take(struct label_set *into, const struct label_set *from)
{
	vec_reserve(&into->strings, from->strings.n);
	for (size_t i = 0; i < from->strings.n; i++)
		vec_push(&into->strings, arena_str(into->mem, from->strings.p[i]));
	vec_reserve(&into->sets, from->sets.n);
	for (size_t i = 0; i < from->sets.n; i++)
		vec_push(&into->sets, labels_copy(into->mem, &from->sets.p[i]));
	into->in_order = true;
}

void label_set_merge(struct label_set *into, struct label_set *from)
{
	put_in_order(from);
	if (into->strings.n == 0 && into->sets.n == 0) {
		take(into, from);
		return;
	}
	for (size_t i = 0; i < from->strings.n; i++)
		label_set_string(into, from->strings.p[i]);
	for (size_t i = 0; i < from->sets.n; i++)
		add_labels(into, &from->sets.p[i]);
}

void label_set_strings(struct label_set *s, struct str_list *out)
{
	put_in_order(s);
	out->n = s->strings.n;
	out->p = array_copy(s->mem, s->strings.p, out->n, sizeof(*out->p));
}

void label_set_sets(struct label_set *s, struct labels_list *out)
{
	put_in_order(s);
	out->n = s->sets.n;
	out->p = array_copy(s->mem, s->sets.p, out->n, sizeof(*out->p));
}

void str_list_merge(struct arena *a, struct str_list *into, const struct str_list *from)
{
	size_t n = into->n, m = from->n;
	const struct str *p = ordered(a, &str_item, into->p, &n), *q = ordered(a, &str_item, from->p, &m);

	into->p = merged(a, &str_item, p, &n, q, m);
	into->n = n;
}

void labels_list_merge(struct arena *a, struct labels_list *into, const struct labels_list *from)
{
	size_t n = into->n, m = from->n;
	const struct labels *p = ordered(a, &labels_item, into->p, &n), *q = ordered(a, &labels_item, from->p, &m);

	into->p = merged(a, &labels_item, p, &n, q, m);
	into->n = n;
}
