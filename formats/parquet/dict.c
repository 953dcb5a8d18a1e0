/* dict.c - see dict.h */
#include "formats/parquet/dict.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/vec.h"

struct table {
	const char *values;
	unsigned width;
	uint32_t *slots; /* distinct number + 1 */
	uint32_t mask;
	VEC(uint32_t) first;
	VEC(uint32_t) count;
	VEC(uint64_t) hash;
};

static uint64_t hash_value(const char *p, unsigned width)
{
	uint64_t a = 0, b = 0;

	memcpy(&a, p, MIN(width, 8u));
	if (width > 8)
		memcpy(&b, p + 8, 8);
	return hash_mix(a, b + width);
}

static void grow(struct table *t)
{
	t->mask = t->mask * 2 + 1;
	mem_free(t->slots);
	t->slots = mem_zarray((size_t)t->mask + 1, sizeof(*t->slots));
	for (uint32_t k = 0; k < t->first.n; k++) {
		uint32_t i = (uint32_t)t->hash.p[k] & t->mask;

		while (t->slots[i])
			i = (i + 1) & t->mask;
		t->slots[i] = k + 1;
	}
}

static inline __attribute__((always_inline)) uint32_t number_of(struct table *t, size_t at, unsigned width)
{
	const char *p = t->values + at * width;
	uint64_t h = hash_value(p, width);
	uint32_t i = (uint32_t)h & t->mask, k;

	for (; (k = t->slots[i]) != 0; i = (i + 1) & t->mask)
		if (memcmp(t->values + (size_t)t->first.p[k - 1] * width, p, width) == 0) {
			t->count.p[k - 1]++;
			return k - 1;
		}
	k = (uint32_t)t->first.n;
	t->slots[i] = k + 1;
	vec_push(&t->first, (uint32_t)at);
	vec_push(&t->count, 1);
	vec_push(&t->hash, h);
	if (k * 2 > t->mask)
		grow(t);
	return k;
}

static inline __attribute__((always_inline)) bool number_all(struct table *t, uint32_t *index, size_t n, uint32_t max,
    unsigned width)
{
	for (size_t i = 0; i < n; i++) {
		index[i] = number_of(t, i, width);
		if (UNLIKELY(t->first.n > max))
			return false;
	}
	return true;
}

static bool number(struct table *t, uint32_t *index, size_t n, uint32_t max)
{
	switch (t->width) {
	case 4: return number_all(t, index, n, max, 4);
	case 8: return number_all(t, index, n, max, 8);
	default: return number_all(t, index, n, max, 16);
	}
}

/* A stable radix sort by descending count. to[new number] = old number. */
static void by_count(const uint32_t *count, uint32_t n, uint32_t *to)
{
	enum { BITS = 11, SIZE = 1 << BITS };
	uint32_t *from = mem_array(n, sizeof(*from)), *a = from, *b = to;
	uint32_t most = 0;

	for (uint32_t k = 0; k < n; k++) {
		a[k] = k;
		most = MAX(most, count[k]);
	}
	for (unsigned shift = 0; shift < 32 && (shift == 0 || most >> shift); shift += BITS) {
		uint32_t at[SIZE] = { 0 }, sum = 0, *swap = a;

		for (uint32_t k = 0; k < n; k++)
			at[count[k] >> shift & (SIZE - 1)]++;
		for (int d = SIZE - 1; d >= 0; d--) {
			uint32_t c = at[d];

			at[d] = sum;
			sum += c;
		}
		for (uint32_t k = 0; k < n; k++)
			b[at[count[a[k]] >> shift & (SIZE - 1)]++] = a[k];
		a = b;
		b = swap;
	}
	if (a != to)
		memcpy(to, a, n * sizeof(*to));
	mem_free(from);
}

static void renumber(struct table *t, struct dict *d, size_t n)
{
	uint32_t *order = mem_array(d->n, sizeof(*order)), *number_now = mem_array(d->n, sizeof(*number_now));

	by_count(t->count.p, d->n, order);
	d->first = mem_array(d->n, sizeof(*d->first));
	for (uint32_t k = 0; k < d->n; k++) {
		d->first[k] = t->first.p[order[k]];
		number_now[order[k]] = k;
	}
	for (size_t i = 0; i < n; i++)
		d->index[i] = number_now[d->index[i]];
	mem_free(order);
	mem_free(number_now);
}

bool dict_make(struct dict *d, const void *values, unsigned width, size_t n, uint32_t max)
{
	struct table t = { .values = values, .width = width, .mask = 1023 };
	bool done;

	*d = (struct dict){ .index = mem_array(n, sizeof(*d->index)) };
	t.slots = mem_zarray((size_t)t.mask + 1, sizeof(*t.slots));
	done = number(&t, d->index, n, max);
	if (done && t.first.n) {
		d->n = (uint32_t)t.first.n;
		renumber(&t, d, n);
	} else {
		dict_fini(d);
	}
	mem_free(t.slots);
	vec_free(&t.first);
	vec_free(&t.count);
	vec_free(&t.hash);
	return d->n != 0;
}

void dict_part(struct dict *out, const struct dict *all, size_t n, const struct dict_range *ranges, size_t n_ranges)
{
	uint32_t *count = mem_zarray(all->n, sizeof(*count)), *order = mem_array(all->n, sizeof(*order));
	uint32_t *number_now = mem_array(all->n, sizeof(*number_now));

	for (size_t r = 0; r < n_ranges; r++)
		for (size_t i = ranges[r].from; i < ranges[r].from + ranges[r].n; i++)
			count[all->index[i]]++;
	by_count(count, all->n, order);
	*out = (struct dict){ .index = mem_array(n, sizeof(*out->index)) };
	out->first = mem_array(all->n, sizeof(*out->first));
	for (; out->n < all->n && count[order[out->n]] > 0; out->n++) {
		out->first[out->n] = all->first[order[out->n]];
		number_now[order[out->n]] = out->n;
	}
	for (size_t r = 0; r < n_ranges; r++)
		for (size_t i = ranges[r].from; i < ranges[r].from + ranges[r].n; i++)
			out->index[i] = number_now[all->index[i]];
	mem_free(count);
	mem_free(order);
	mem_free(number_now);
}

void dict_fini(struct dict *d)
{
	mem_free(d->index);
	mem_free(d->first);
	*d = (struct dict){ 0 };
}
