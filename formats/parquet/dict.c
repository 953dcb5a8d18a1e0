/* dict.c - see dict.h */
#include "formats/parquet/dict.h"

#include "base/hash.h"
#include "base/mem.h"

enum {
	FIRST_SLOTS = 1024,
	SPARSE = 6,       /* slots per value: few of them are met on the way to another one */
	DIRECT = 1 << 20, /* smaller values need no hash */
};

void dict_init(struct dict *d, unsigned width, uint32_t max)
{
	*d = (struct dict){ .width = width, .max = max, .mask = FIRST_SLOTS - 1 };
	d->slots = mem_zarray(FIRST_SLOTS, sizeof(*d->slots));
}

void dict_fini(struct dict *d)
{
	mem_free(d->slots);
	vec_free(&d->values);
	vec_free(&d->count);
	vec_free(&d->direct);
	*d = (struct dict){ 0 };
}

const char *dict_value(const struct dict *d, uint32_t number)
{
	return d->values.p + (size_t)number * d->width;
}

static inline __attribute__((always_inline)) uint64_t hash_value(const char *p, unsigned width)
{
	uint64_t a = 0, b = 0;

	memcpy(&a, p, MIN(width, 8u));
	if (width > 8)
		memcpy(&b, p + 8, 8);
	return hash_mix(a, b + width);
}

static inline __attribute__((always_inline)) bool is_direct(const char *value, unsigned width, uint32_t *v)
{
	if (width != sizeof(*v))
		return false;
	memcpy(v, value, sizeof(*v));
	return *v < DIRECT;
}

static void grow(struct dict *d)
{
	uint32_t v;

	d->mask = d->mask * 2 + 1;
	mem_free(d->slots);
	d->slots = mem_zarray((size_t)d->mask + 1, sizeof(*d->slots));
	for (uint32_t k = 0; k < d->n; k++) {
		uint32_t i = (uint32_t)hash_value(dict_value(d, k), d->width) & d->mask;

		if (is_direct(dict_value(d, k), d->width, &v))
			continue;
		while (d->slots[i])
			i = (i + 1) & d->mask;
		d->slots[i] = k + 1;
	}
}

static void grow_direct(struct dict *d, uint32_t v)
{
	size_t more = v + 1 - d->direct.n;

	vec_reserve(&d->direct, more);
	memset(d->direct.p + d->direct.n, 0, (d->direct.cap - d->direct.n) * sizeof(*d->direct.p));
	d->direct.n = d->direct.cap;
}

/* Where its number is, or will be. */
static inline __attribute__((always_inline)) uint32_t *slot_of(const struct dict *d, const char *value, unsigned width)
{
	uint32_t i, v;

	if (is_direct(value, width, &v))
		return &d->direct.p[v];
	i = (uint32_t)hash_value(value, width) & d->mask;
	while (d->slots[i] && memcmp(d->values.p + (size_t)(d->slots[i] - 1) * width, value, width) != 0)
		i = (i + 1) & d->mask;
	return &d->slots[i];
}

static uint32_t add_new(struct dict *d, const char *value, uint32_t *slot)
{
	uint32_t k = d->n++, v;

	*slot = k + 1;
	vec_reserve(&d->values, d->width);
	memcpy(d->values.p + d->values.n, value, d->width);
	d->values.n += d->width;
	vec_push(&d->count, 0);
	if (!is_direct(value, d->width, &v) && d->hashed++ * SPARSE > d->mask)
		grow(d);
	return k;
}

static inline __attribute__((always_inline)) bool add_all(struct dict *d, const char *values, size_t n,
    uint32_t *numbers, unsigned width)
{
	uint32_t v;

	for (size_t i = 0; i < n; i++) {
		const char *value = values + i * width;
		uint32_t *slot, k;

		/* They come in runs, often. */
		if (i > 0 && memcmp(value, value - width, width) == 0) {
			k = numbers[i - 1];
		} else {
			if (is_direct(value, width, &v) && UNLIKELY(v >= d->direct.n))
				grow_direct(d, v);
			slot = slot_of(d, value, width);
			k = *slot - 1;
			if (UNLIKELY(*slot == 0)) {
				if (d->n == d->max)
					return false;
				k = add_new(d, value, slot);
			}
		}
		d->count.p[k]++;
		numbers[i] = k;
	}
	return true;
}

bool dict_add(struct dict *d, const void *values, size_t n, uint32_t *numbers)
{
	bool fits;

	switch (d->width) {
	case 4: fits = add_all(d, values, n, numbers, 4); break;
	case 8: fits = add_all(d, values, n, numbers, 8); break;
	default: fits = add_all(d, values, n, numbers, 16);
	}
	if (!fits)
		dict_fini(d);
	return fits;
}

static inline __attribute__((always_inline)) void find_all(const struct dict *d, const char *values, size_t n,
    uint32_t *numbers, unsigned width)
{
	for (size_t i = 0; i < n; i++) {
		const char *value = values + i * width;

		if (i > 0 && memcmp(value, value - width, width) == 0)
			numbers[i] = numbers[i - 1];
		else
			numbers[i] = *slot_of(d, value, width) - 1;
	}
}

void dict_find(const struct dict *d, const void *values, size_t n, uint32_t *numbers)
{
	switch (d->width) {
	case 4: find_all(d, values, n, numbers, 4); break;
	case 8: find_all(d, values, n, numbers, 8); break;
	default: find_all(d, values, n, numbers, 16);
	}
}

/* A stable radix sort by descending count. to[index] = number. */
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

void dict_order_make(struct dict_order *o, const uint32_t *count, uint32_t n)
{
	*o = (struct dict_order){ mem_array(n, sizeof(*o->order)), mem_array(n, sizeof(*o->number)), 0 };
	by_count(count, n, o->order);
	for (; o->n < n && count[o->order[o->n]] > 0; o->n++)
		o->number[o->order[o->n]] = o->n;
}

void dict_order_fini(struct dict_order *o)
{
	mem_free(o->order);
	mem_free(o->number);
	*o = (struct dict_order){ 0 };
}
