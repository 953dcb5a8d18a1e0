/* rows.c - see rows.h */
#include "formats/head/rows.h"

#include <stdlib.h>

#include "base/arith.h"

enum { FLAG_SPANS = 1 << 5 };

void samples_fini(struct samples *s)
{
	vec_free(&s->stacks);
	vec_free(&s->values);
	vec_free(&s->spans);
}

size_t samples_bytes(const struct samples *s)
{
	return s->stacks.cap * sizeof(*s->stacks.p) + s->values.cap * sizeof(*s->values.p) +
	    s->spans.cap * sizeof(*s->spans.p);
}

struct triple {
	uint64_t span;
	int64_t value;
	uint32_t stack;
};

static int triple_cmp(const void *a, const void *b)
{
	const struct triple *x = a, *y = b;

	if (x->stack != y->stack)
		return x->stack < y->stack ? -1 : 1;
	return x->span < y->span ? -1 : x->span > y->span;
}

static bool ascending(const struct samples *s)
{
	for (size_t i = 0; i < s->stacks.n; i++)
		if (s->values.p[i] == 0 || (i > 0 && s->stacks.p[i] <= s->stacks.p[i - 1]))
			return false;
	return true;
}

/* Two passes over 11 and more bits each: stacks of a partition are dense small numbers. */
static void sort_triples(struct triple *t, size_t n, uint32_t max)
{
	enum { BITS = 11, SIZE = 1 << BITS };
	struct triple *from = t, *to = mem_array(n, sizeof(*t));
	struct triple *spare = to;

	for (unsigned shift = 0; shift < 32 && max >> shift; shift += BITS) {
		uint32_t at[SIZE] = { 0 }, sum = 0;

		for (size_t i = 0; i < n; i++)
			at[from[i].stack >> shift & (SIZE - 1)]++;
		for (size_t k = 0; k < SIZE; k++) {
			uint32_t count = at[k];

			at[k] = sum;
			sum += count;
		}
		for (size_t i = 0; i < n; i++)
			to[at[from[i].stack >> shift & (SIZE - 1)]++] = from[i];
		struct triple *swap = from;

		from = to;
		to = swap;
	}
	if (from != t)
		memcpy(t, from, n * sizeof(*t));
	mem_free(spare);
}

static size_t merge_equal(struct triple *t, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (k > 0 && t[k - 1].stack == t[i].stack && t[k - 1].span == t[i].span)
			t[k - 1].value = (int64_t)((uint64_t)t[k - 1].value + (uint64_t)t[i].value);
		else
			t[k++] = t[i];
	}
	return k;
}

void samples_sort(struct samples *s)
{
	size_t n = s->stacks.n, k;
	bool spans = s->spans.n > 0;
	uint32_t max = 0;
	struct triple *t;

	if (n == 0 || (!spans && ascending(s)))
		return;
	t = mem_array(n, sizeof(*t));
	for (size_t i = 0; i < n; i++) {
		t[i] = (struct triple){ spans ? s->spans.p[i] : 0, s->values.p[i], s->stacks.p[i] };
		max = MAX(max, t[i].stack);
	}
	if (spans || n < 64)
		qsort(t, n, sizeof(*t), triple_cmp);
	else
		sort_triples(t, n, max);
	n = merge_equal(t, n);
	k = 0;
	for (size_t i = 0; i < n; i++) {
		if (t[i].value == 0)
			continue;
		s->stacks.p[k] = t[i].stack;
		s->values.p[k] = t[i].value;
		if (spans)
			s->spans.p[k] = t[i].span;
		k++;
	}
	s->stacks.n = s->values.n = k;
	s->spans.n = spans ? k : 0;
	mem_free(t);
}

/* Most rows are multiples of their first or smallest value: a division each settles it. */
static uint64_t scale_of(const struct samples *s)
{
	uint64_t g = 0;

	for (size_t i = 0; i < s->values.n && g != 1; i++) {
		uint64_t v = (uint64_t)s->values.p[i];

		if (g == 0 || v % g != 0)
			g = gcd(v, g);
	}
	return g ? g : 1;
}

static unsigned width_of(uint64_t max)
{
	return max < 1u << 8 ? 1 : max < 1u << 16 ? 2 : max <= UINT32_MAX ? 4 : 8;
}

/* Numbers of a row that are uvarints. */
enum { UVARINTS = 3, UVARINT_MAX = 10, UVARINT32_MAX = 5 };

#define PUT(type, expression)                                         \
	do {                                                          \
		for (size_t i = 0; i < n; i++) {                      \
			type x_ = (type)(expression);                 \
			memcpy(to + i * sizeof(x_), &x_, sizeof(x_)); \
		}                                                     \
	} while (0)

static void put_stacks(char *to, const uint32_t *s, size_t n, unsigned width)
{
	switch (width) {
	case 1: PUT(uint8_t, s[i] - (i ? s[i - 1] : 0)); break;
	case 2: PUT(uint16_t, s[i] - (i ? s[i - 1] : 0)); break;
	default: PUT(uint32_t, s[i] - (i ? s[i - 1] : 0)); break;
	}
}

static void put_values(char *to, const int64_t *v, size_t n, unsigned width, uint64_t scale)
{
	switch (width) {
	case 1: PUT(uint8_t, (uint64_t)v[i] / scale); break;
	case 2: PUT(uint16_t, (uint64_t)v[i] / scale); break;
	case 4: PUT(uint32_t, (uint64_t)v[i] / scale); break;
	default: PUT(uint64_t, (uint64_t)v[i] / scale); break;
	}
}

static char *put_uvarint(char *p, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = (char)(v | 0x80);
	*p++ = (char)v;
	return p;
}

/* They are shorter by a ninth than n numbers of that width. */
static bool is_worth(const char *uvarints, const char *end, size_t n, unsigned width)
{
	size_t bytes = (size_t)(end - uvarints);

	return bytes + bytes / 8 < n * width;
}

/* Bytes written at `to`, which has room for any; *width becomes UVARINTS if they are. */
static size_t encode_stacks(char *to, const uint32_t *s, size_t n, unsigned *width)
{
	uint32_t max = 0, last = 0;
	char *p = to;

	for (size_t i = 0; i < n; i++)
		max = MAX(max, s[i] - (i ? s[i - 1] : 0));
	*width = width_of(max);
	if (*width > 1) {
		for (size_t i = 0; i < n; last = s[i++])
			p = put_uvarint(p, s[i] - last);
		if (is_worth(to, p, n, *width)) {
			*width = UVARINTS;
			return (size_t)(p - to);
		}
	}
	put_stacks(to, s, n, *width);
	return n * *width;
}

static size_t encode_values(char *to, const int64_t *v, size_t n, uint64_t scale, unsigned *width)
{
	uint64_t max = 0;
	char *p = to;

	for (size_t i = 0; i < n; i++)
		max = MAX(max, (uint64_t)v[i]);
	*width = width_of(max / scale);
	if (*width > 1) {
		for (size_t i = 0; i < n; i++)
			p = put_uvarint(p, (uint64_t)v[i] / scale);
		if (is_worth(to, p, n, *width)) {
			*width = UVARINTS;
			return (size_t)(p - to);
		}
	}
	put_values(to, v, n, *width, scale);
	return n * *width;
}

void rows_encode(struct buf *out, const struct samples *s)
{
	size_t n = s->stacks.n, head = out->n;
	uint64_t scale = scale_of(s);
	bool spans = s->spans.n > 0;
	unsigned sw, vw;

	buf_byte(out, 0);
	buf_uvarint(out, n);
	buf_uvarint(out, scale);
	if (!buf_room(out, n * (UVARINT32_MAX + UVARINT_MAX + 8)))
		return;
	out->n += encode_stacks(out->p + out->n, s->stacks.p, n, &sw);
	out->n += encode_values(out->p + out->n, s->values.p, n, scale, &vw);
	out->p[head] = (char)((sw - 1) | (vw - 1) << 2 | (spans ? FLAG_SPANS : 0));
	if (spans) {
		memcpy(out->p + out->n, s->spans.p, n * 8);
		out->n += n * 8;
	}
}

static inline bool uvarint(struct str in, size_t *at, uint64_t *out)
{
	*out = 0;
	for (unsigned shift = 0; shift < 64 && *at < in.n; shift += 7) {
		uint8_t c = (uint8_t)in.p[(*at)++];

		*out |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80)
			return true;
	}
	return false;
}

enum { EIGHT = 8 };

/* The next eight uvarints are of one byte, as most are. */
static inline bool eight_bytes(struct str in, size_t at)
{
	uint64_t x;

	if (in.n - at < EIGHT)
		return false;
	memcpy(&x, in.p + at, EIGHT);
	return (x & UINT64_C(0x8080808080808080)) == 0;
}

#define GET_STACKS(type)                                                \
	do {                                                            \
		for (size_t i = 0; i < n; i++) {                        \
			type x_;                                        \
			memcpy(&x_, from + i * sizeof(x_), sizeof(x_)); \
			to[i] = stack += x_;                            \
		}                                                       \
	} while (0)

static void get_stacks(uint32_t *to, const char *from, size_t n, unsigned width)
{
	uint32_t stack = 0;

	switch (width) {
	case 1: GET_STACKS(uint8_t); break;
	case 2: GET_STACKS(uint16_t); break;
	default: GET_STACKS(uint32_t); break;
	}
}

#define GET_VALUES(type)                                                \
	do {                                                            \
		for (size_t i = 0; i < n; i++) {                        \
			type x_;                                        \
			memcpy(&x_, from + i * sizeof(x_), sizeof(x_)); \
			to[i] = (int64_t)(x_ * scale);                  \
		}                                                       \
	} while (0)

static void get_values(int64_t *to, const char *from, size_t n, unsigned width, uint64_t scale)
{
	switch (width) {
	case 1: GET_VALUES(uint8_t); break;
	case 2: GET_VALUES(uint16_t); break;
	case 4: GET_VALUES(uint32_t); break;
	default: GET_VALUES(uint64_t); break;
	}
}

static bool decode_stacks(uint32_t *to, struct str in, size_t *at, size_t n, unsigned width)
{
	uint32_t stack = 0;

	if (width != UVARINTS) {
		get_stacks(to, in.p + *at, n, width);
		*at += n * width;
		return true;
	}
	for (size_t i = 0; i < n;) {
		uint64_t x;

		if (n - i >= EIGHT && eight_bytes(in, *at)) {
			for (size_t k = 0; k < EIGHT; k++)
				to[i++] = stack += (uint8_t)in.p[(*at)++];
			continue;
		}
		if (!uvarint(in, at, &x))
			return false;
		to[i++] = stack += (uint32_t)x;
	}
	return true;
}

static bool decode_values(int64_t *to, struct str in, size_t *at, size_t n, unsigned width, uint64_t scale)
{
	if (width != UVARINTS) {
		if (n > (in.n - *at) / width)
			return false;
		get_values(to, in.p + *at, n, width, scale);
		*at += n * width;
		return true;
	}
	for (size_t i = 0; i < n;) {
		uint64_t x;

		if (n - i >= EIGHT && eight_bytes(in, *at)) {
			for (size_t k = 0; k < EIGHT; k++)
				to[i++] = (int64_t)((uint8_t)in.p[(*at)++] * scale);
			continue;
		}
		if (!uvarint(in, at, &x))
			return false;
		to[i++] = (int64_t)(x * scale);
	}
	return true;
}

/* At least. */
static unsigned bytes_of(unsigned width)
{
	return width == UVARINTS ? 1 : width;
}

int rows_decode(struct str in, struct samples *s, size_t *used, struct err *e)
{
	size_t at = 1;
	uint64_t n, scale;
	unsigned flags, sw, vw;
	bool spans;

	if (in.n == 0 || !uvarint(in, &at, &n) || !uvarint(in, &at, &scale))
		return err_set(e, ERR_CORRUPT, "samples: header cut short");
	flags = (uint8_t)in.p[0];
	sw = (flags & 3) + 1;
	vw = (flags >> 2 & 7) + 1;
	spans = flags & FLAG_SPANS;
	if ((vw != UVARINTS && (vw & (vw - 1)) != 0) || flags >= FLAG_SPANS << 1)
		return err_set(e, ERR_CORRUPT, "samples: unknown layout 0x%02x", flags);
	if (n > (in.n - at) / (bytes_of(sw) + bytes_of(vw) + (spans ? 8 : 0)))
		return err_set(e, ERR_CORRUPT, "samples: %llu in %zu bytes", (unsigned long long)n, in.n - at);
	s->stacks.n = s->values.n = s->spans.n = 0;
	vec_reserve(&s->stacks, n);
	vec_reserve(&s->values, n);
	if (!decode_stacks(s->stacks.p, in, &at, n, sw) || !decode_values(s->values.p, in, &at, n, vw, scale) ||
	    (spans && n > (in.n - at) / 8))
		return err_set(e, ERR_CORRUPT, "samples: %llu in %zu bytes", (unsigned long long)n, in.n);
	s->stacks.n = s->values.n = n;
	if (spans && n > 0) {
		vec_reserve(&s->spans, n);
		memcpy(s->spans.p, in.p + at, n * 8);
		s->spans.n = n;
		at += n * 8;
	}
	*used = at;
	return 0;
}
