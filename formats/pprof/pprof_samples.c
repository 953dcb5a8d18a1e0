/*
 * pprof_samples.c - the samples of a protobuf profile: most of its bytes.
 * References to locations become positions, eight at once where the processor
 * can.
 */
#include "formats/pprof/pprof_wire.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* A reference where ids are not their position + 1, or there is no such location. */
static __attribute__((noinline)) uint32_t find_location(struct reader *r, uint64_t id)
{
	uint32_t position = ids_find(&r->location_ids, id);

	r->p->faults.unknown_location += position == PROFILE_NONE;
	return position;
}

/* What read_stack looks at for each reference: not behind pointers that its stores might change. */
struct positions {
	uint64_t sequential, n_dense;
	const uint32_t *dense;
	uint16_t safe, most; /* an id that has a position; none of those that are looked up at once is higher */
};

static inline uint32_t position_of(struct reader *r, struct positions t, uint64_t id)
{
	uint32_t position;

	if (LIKELY(id - 1 < t.sequential))
		return (uint32_t)(id - 1);
	if (UNLIKELY(id - 1 >= t.n_dense || (position = t.dense[id]) == PROFILE_NONE))
		position = find_location(r, id);
	return position;
}

#ifdef __SSE2__
enum { LANES = PPROF_STACK_MORE };

/* Numbers read at once; those behind the n-th are `safe`. */
struct lanes {
	uint16_t v[LANES];
	unsigned n;
	size_t size; /* bytes */
	bool within; /* none is above `most` */
};

/*
 * The next numbers of one byte, or else those of two bytes and one of one byte behind them: as most references have two, few
 * branches go another way than the last time. At most `left` bytes. n = 0: the next number is longer, or cut.
 */
static inline void take_lanes(const uint8_t *p, size_t left, struct positions t, struct lanes *out)
{
	static const uint16_t masks[2 * LANES] = { 65535, 65535, 65535, 65535, 65535, 65535, 65535, 65535 };
	const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p), zero = _mm_setzero_si128();
	unsigned more = (unsigned)_mm_movemask_epi8(x), n; /* by byte: its number goes on behind it */
	bool one = false;
	__m128i ids, mask;

	if ((more & 3) == 0) {
		ids = _mm_unpacklo_epi8(x, zero);
		n = (unsigned)MIN((size_t)__builtin_ctz(more | 1 << LANES), left);
		out->size = n;
	} else {
		ids = _mm_or_si128(_mm_and_si128(x, _mm_set1_epi16(0x007f)),
		    _mm_srli_epi16(_mm_and_si128(x, _mm_set1_epi16(0x7f00)), 1));
		n = (unsigned)MIN((size_t)__builtin_ctz((more ^ 0x5555) | 0x10000) / 2, left / 2);
		one = n < LANES && left > 2 * n && (more >> 2 * n & 1) == 0;
		out->size = 2 * n + one;
	}
	mask = _mm_loadu_si128((const __m128i *)(const void *)(masks + LANES - n));
	ids = _mm_or_si128(_mm_and_si128(ids, mask), _mm_andnot_si128(mask, _mm_set1_epi16((short)t.safe)));
	_mm_storeu_si128((__m128i *)(void *)out->v, ids);
	mask = _mm_cmpeq_epi16(_mm_subs_epu16(ids, _mm_set1_epi16((short)t.most)), zero);
	out->within = _mm_movemask_epi8(mask) == 0xffff;
	if (one) {
		out->v[n] = p[2 * n];
		out->within = out->within && p[2 * n] <= t.most;
	}
	out->n = n + one;
}

/* out has room for LANES. */
static inline void put_positions(struct reader *r, struct positions t, const struct lanes *l, uint32_t *out)
{
	uint32_t any = 0;

	if (LIKELY(l->within && t.dense != NULL)) {
#pragma GCC unroll 8
		for (unsigned i = 0; i < LANES; i++)
			any |= out[i] = t.dense[l->v[i]];
	} else if (LIKELY(l->within)) {
#pragma GCC unroll 8
		for (unsigned i = 0; i < LANES; i++)
			any |= out[i] = l->v[i] - UINT32_C(1);
	}
	/* positions are less than half as many as bytes: PROFILE_NONE is not among them */
	if (LIKELY(l->within && any < UINT32_MAX / 2))
		return;
	for (unsigned i = 0; i < l->n; i++)
		out[i] = position_of(r, t, l->v[i]);
}
#endif

/* References of one sample. r->stack has room: each takes a byte at least, and there is some more. */
static inline void read_stack(struct reader *r, const uint8_t *p, const uint8_t *end, bool fast)
{
	struct positions t = { r->location_ids.sequential, r->location_ids.n_dense, r->location_ids.dense, 1, 0 };
	uint32_t *out = r->stack;
	uint64_t id;

	t.most = (uint16_t)MIN(MAX(t.sequential, t.n_dense), (uint64_t)UINT16_MAX);
	if (t.dense != NULL)
		t.safe = (uint16_t)MIN(r->p->locations[0].id, (uint64_t)UINT16_MAX);
	while (p < end) {
#ifdef __SSE2__
		struct lanes l = { .n = 0 };

		if (fast)
			take_lanes(p, (size_t)(end - p), t, &l);
		if (LIKELY(l.n > 0)) {
			put_positions(r, t, &l, out);
			out += l.n;
			p += l.size;
			continue;
		}
#endif
		p = number(r, p, &id, fast);
		*out++ = position_of(r, t, id);
	}
	r->stack = out;
	check_end(r, p, end);
}

/* Values behind the n that the sample has; returns how many it has now, with or without type. */
static inline uint32_t read_values(struct reader *r, const uint8_t *p, const uint8_t *end, int64_t *values, uint32_t n,
    bool fast)
{
	uint32_t types = r->p->n_types;
	const uint8_t *at;
	uint64_t v;

	while (p < end) {
		at = p;
		if (fast && *at < 0x80) {
			v = *at;
			p = at + 1;
		} else {
			p = fast ? number_word(r, at, &v) : number(r, at, &v, false);
		}
		if (LIKELY(n < types))
			values[n] = (int64_t)v;
		n++;
	}
	check_end(r, p, end);
	return n;
}

static inline void read_label(struct reader *r, const uint8_t *p, const uint8_t *end, bool fast)
{
	struct profile *o = r->p;
	uint64_t v[4] = { 0 };

	read_in_order(r, p, end, v, ARRAY_LEN(v), fast);
	if (UNLIKELY(r->n_tags == r->cap_tags)) {
		r->cap_tags = MAX(r->cap_tags, o->n_samples / 2);
		o->tags = profile_grow(r->a, o->tags, sizeof(*o->tags), r->n_tags, &r->cap_tags);
	}
	o->tags[r->n_tags++] = (struct tag){
		string_ref(v[0]),
		string_ref(v[1]),
		(int64_t)v[2],
		string_ref(v[3]),
	};
}

static inline void read_sample(struct reader *r, const uint8_t *p, const uint8_t *end, int64_t *values, bool fast)
{
	uint32_t n_values = 0, types = r->p->n_types;
	const uint8_t *at;
	uint64_t tag;
	size_t n;

	while (p < end) {
		/* nearly always one of three tags of one byte */
		tag = *p;
		at = p = LIKELY(tag < 0x80) ? p + 1 : number(r, p, &tag, fast);
		if (LIKELY((tag & 7) == WIRE_LEN && tag - 8 < 24)) {
			p = length(r, p, end, &n, fast);
			if (tag == TAG(1, WIRE_LEN))
				read_stack(r, p, p + n, fast);
			else if (tag == TAG(2, WIRE_LEN))
				n_values = read_values(r, p, p + n, values, n_values, fast);
			else
				read_label(r, p, p + n, fast);
			p += n;
		} else if (tag == TAG(1, WIRE_VARINT)) {
			p = number(r, at, &tag, false);
			read_stack(r, at, p, false);
		} else if (tag == TAG(2, WIRE_VARINT)) {
			p = number(r, at, &tag, false);
			n_values = read_values(r, at, p, values, n_values, false);
		} else {
			p = pprof_skip_field(r, p, end, tag, 3);
		}
	}
	check_end(r, p, end);
	r->p->faults.value_count += n_values != types;
	for (; UNLIKELY(n_values < types); n_values++)
		values[n_values] = 0;
}

void pprof_read_samples(struct reader *r)
{
	const struct records *list = records(r, F_SAMPLE);
	struct profile *o = r->p;

	r->stack = o->stack;
	for (uint32_t i = 0; i < list->n; i++) {
		const uint8_t *p = r->base + list->p[i].at, *end = p + list->p[i].n;
		int64_t *values = o->values + (size_t)i * o->n_types;
		uint32_t tags = r->n_tags;

		o->stack_at[i] = (uint32_t)(r->stack - o->stack);
		if (LIKELY(is_fast(r, end)))
			read_sample(r, p, end, values, true);
		else
			read_sample(r, p, end, values, false);
		if (UNLIKELY(o->tag_at == NULL && r->n_tags))
			o->tag_at = arena_zarray(r->a, (size_t)o->n_samples + 1, sizeof(*o->tag_at));
		if (o->tag_at)
			o->tag_at[i] = tags;
	}
	o->stack_at[o->n_samples] = (uint32_t)(r->stack - o->stack);
	if (o->tag_at)
		o->tag_at[o->n_samples] = r->n_tags;
}
