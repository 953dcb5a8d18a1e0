/* bounds.c - see bounds.h */
#include "formats/parquet/bounds.h"

/* Unsigned numbers are compared as signed ones after this flip. */
static uint64_t flip_of(const struct pq_leaf *leaf)
{
	return leaf->logical == PQ_U64 || leaf->logical == PQ_U32 ? UINT64_C(1) << 63 : 0;
}

static size_t type_width(const struct pq_leaf *leaf)
{
	switch (leaf->type) {
	case PQ_INT32: return 4;
	case PQ_INT64: return 8;
	case PQ_FIXED: return leaf->length;
	default: return 0;
	}
}

static struct str copy(struct arena *a, const void *p, size_t n)
{
	return arena_str(a, str_of(p, n));
}

static void int_bounds(struct arena *a, const struct pq_leaf *leaf, const char *values, unsigned width, size_t n,
    struct pq_page_bounds *out)
{
	const uint32_t *narrow = (const void *)values;
	const int64_t *wide = (const void *)values;
	uint64_t flip = flip_of(leaf);
	int64_t min = INT64_MAX, max = INT64_MIN;

	for (size_t i = 0; i < n; i++) {
		int64_t v = (int64_t)((width == 8 ? (uint64_t)wide[i] : narrow[i]) ^ flip);

		min = MIN(min, v);
		max = MAX(max, v);
	}
	min = (int64_t)((uint64_t)min ^ flip);
	max = (int64_t)((uint64_t)max ^ flip);
	out->min = copy(a, &min, type_width(leaf));
	out->max = copy(a, &max, type_width(leaf));
}

void bounds_make(struct arena *a, const struct pq_leaf *leaf, const char *values, unsigned width, size_t n,
    struct pq_page_bounds *out)
{
	const char *min = values, *max = values;

	out->null = n == 0;
	if (n == 0) {
		static const uint8_t zeros[8];

		out->min = out->max = copy(a, zeros, leaf->type == PQ_FIXED ? 0 : type_width(leaf));
		return;
	}
	if (leaf->type != PQ_FIXED) {
		int_bounds(a, leaf, values, width, n, out);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const char *v = values + i * width;

		if (memcmp(v, min, width) < 0)
			min = v;
		if (memcmp(v, max, width) > 0)
			max = v;
	}
	out->min = copy(a, min, width);
	out->max = copy(a, max, width);
}

bool bounds_int(const struct pq_leaf *leaf, struct str bound, int64_t *v)
{
	uint32_t narrow;

	if (bound.n != type_width(leaf) || (bound.n != 4 && bound.n != 8))
		return false;
	if (bound.n == 8) {
		memcpy(v, bound.p, 8);
		return true;
	}
	memcpy(&narrow, bound.p, 4);
	*v = leaf->logical == PQ_U32 ? (int64_t)narrow : (int32_t)narrow;
	return true;
}

static int bound_cmp(const struct pq_leaf *leaf, struct str a, struct str b)
{
	int64_t x, y;

	if (leaf->type == PQ_FIXED || !bounds_int(leaf, a, &x) || !bounds_int(leaf, b, &y))
		return str_cmp(a, b);
	x = (int64_t)((uint64_t)x ^ flip_of(leaf));
	y = (int64_t)((uint64_t)y ^ flip_of(leaf));
	return x < y ? -1 : x > y;
}

int bounds_order(const struct pq_leaf *leaf, const struct pq_page_bounds *p, uint32_t n)
{
	const struct pq_page_bounds *last = NULL;
	bool up = true, down = true;

	for (uint32_t i = 0; i < n; i++) {
		if (p[i].null)
			continue;
		if (last) {
			int min = bound_cmp(leaf, last->min, p[i].min), max = bound_cmp(leaf, last->max, p[i].max);

			up &= min <= 0 && max <= 0;
			down &= min >= 0 && max >= 0;
		}
		last = &p[i];
	}
	return up ? 1 : down ? 2 : 0;
}
