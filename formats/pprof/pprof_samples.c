/*
 * pprof_samples.c - the samples of a protobuf profile: most of its bytes.
 * References to locations become positions, four at once where the processor
 * can.
 */
#include "formats/pprof/pprof_wire.h"

static inline const uint8_t *read_reference(struct reader *r, const uint8_t *p, uint32_t *out, bool fast)
{
	uint64_t id;

	p = number(r, p, &id, fast);
	*out = ids_find(&r->location_ids, id);
	return p;
}

#ifdef __x86_64__
#include <immintrin.h>

#define WIDE __attribute__((target("ssse3,bmi2,popcnt")))

enum {
	BLOCK = 64,              /* bytes that are looked at to see where numbers end */
	FOUR = PPROF_STACK_MORE, /* numbers that are read at once, from a word */
};

static inline __m128i load(const void *p)
{
	return _mm_loadu_si128(p);
}

/* By byte of a block: does its number go on behind it? */
static inline uint64_t more_bits(const uint8_t *p)
{
	uint64_t more = 0;

#pragma GCC unroll 4
	for (unsigned i = 0; i < BLOCK; i += 16)
		more |= (uint64_t)(unsigned)_mm_movemask_epi8(load(p + i)) << i;
	return more;
}

/* Where the bytes of four numbers lie, by which of them have two: pairs of places, 0x80 is none. */
#define ONE(at) ((at) | 0x8000)
#define TWO(at) ((at) | ((at) + 1) << 8)
#define PLACES(a, b, c, d) ((a) | (uint64_t)(b) << 16 | (uint64_t)(c) << 32 | (uint64_t)(d) << 48)

static const uint64_t places[16] = {
	PLACES(ONE(0), ONE(1), ONE(2), ONE(3)),
	PLACES(TWO(0), ONE(2), ONE(3), ONE(4)),
	PLACES(ONE(0), TWO(1), ONE(3), ONE(4)),
	PLACES(TWO(0), TWO(2), ONE(4), ONE(5)),
	PLACES(ONE(0), ONE(1), TWO(2), ONE(4)),
	PLACES(TWO(0), ONE(2), TWO(3), ONE(5)),
	PLACES(ONE(0), TWO(1), TWO(3), ONE(5)),
	PLACES(TWO(0), TWO(2), TWO(4), ONE(6)),
	PLACES(ONE(0), ONE(1), ONE(2), TWO(3)),
	PLACES(TWO(0), ONE(2), ONE(3), TWO(4)),
	PLACES(ONE(0), TWO(1), ONE(3), TWO(4)),
	PLACES(TWO(0), TWO(2), ONE(4), TWO(5)),
	PLACES(ONE(0), ONE(1), TWO(2), TWO(4)),
	PLACES(TWO(0), ONE(2), TWO(3), TWO(5)),
	PLACES(ONE(0), TWO(1), TWO(3), TWO(5)),
	PLACES(TWO(0), TWO(2), TWO(4), TWO(6)),
};

/* The positions of four ids of 16 bits; for check_references. */
static inline void put_positions(const struct ids *t, __m128i v, uint32_t *out)
{
	uint64_t ids;

	if (t->dense == NULL) {
		v = _mm_sub_epi32(_mm_unpacklo_epi16(v, _mm_setzero_si128()), _mm_set1_epi32(1));
		_mm_storeu_si128((__m128i *)(void *)out, v);
		return;
	}
	v = _mm_min_epi16(v, _mm_set1_epi16((short)MIN(t->n_dense + 1, (uint64_t)INT16_MAX)));
	ids = (uint64_t)_mm_cvtsi128_si64(v);
	out[0] = t->dense[ids & 0xffff];
	out[1] = t->dense[ids >> 16 & 0xffff];
	out[2] = t->dense[ids >> 32 & 0xffff];
	out[3] = t->dense[ids >> 48];
}

/* The positions of n numbers of one byte or two; a word is there from each on, and out has room for FOUR more. */
static inline WIDE void read_block(const struct ids *t, const uint8_t *p, uint64_t more, unsigned n, uint32_t *out)
{
	uint64_t two = _pext_u64(more, ~(more << 1)); /* by number */

	for (unsigned i = 0; i < n; i += FOUR, two >>= FOUR) {
		unsigned which = (unsigned)two & 15;
		__m128i v = _mm_loadl_epi64((const __m128i *)(const void *)p), low, high;

		v = _mm_shuffle_epi8(v, _mm_loadl_epi64((const __m128i *)(const void *)&places[which]));
		low = _mm_and_si128(v, _mm_set1_epi16(0x7f));
		high = _mm_and_si128(_mm_srli_epi16(v, 1), _mm_set1_epi16(0x7f << 7));
		put_positions(t, _mm_or_si128(low, high), out + i);
		p += FOUR + (unsigned)__builtin_popcount(which);
	}
}

/* Are all of them positions of n? There is room for four behind them. */
static inline bool are_below(uint32_t *p, uint32_t *end, uint32_t n)
{
	const __m128i last = _mm_set1_epi32((int)(n - 1));
	__m128i high = _mm_setzero_si128();

	_mm_storeu_si128((__m128i *)(void *)end, high);
	for (; p < end; p += 4) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);

		high = _mm_or_si128(high, _mm_or_si128(x, _mm_sub_epi32(last, x)));
	}
	return _mm_movemask_ps(_mm_castsi128_ps(high)) == 0;
}

/*
 * References of one byte or two each as positions into r->stack, by where they end instead of a branch for each: those take
 * turns as they like. Returns what follows them; NULL: the input ends soon.
 */
static WIDE uint32_t *read_blocks_wide(struct reader *r, const uint8_t *p, const uint8_t *end)
{
	const struct ids t = r->location_ids;
	uint32_t *out = r->stack;

	while (p < end && r->end - p >= BLOCK + 8) {
		const uint8_t *to = p + MIN(end - p, BLOCK - 1);
		uint64_t more = more_bits(p), here = ~(UINT64_MAX << (to - p));
		unsigned n = (unsigned)__builtin_popcountll(~more & here);

		if (UNLIKELY((more & more << 1 & here) != 0 || n == 0)) {
			while (p < to)
				p = read_reference(r, p, out++, true);
			continue;
		}
		read_block(&t, p, more, n, out);
		out += n;
		p = to - (to[-1] >> 7);
	}
	return p == end ? out : NULL;
}

static inline uint32_t *read_blocks(struct reader *r, const uint8_t *p, const uint8_t *end)
{
	if (UNLIKELY(r->location_ids.slots != NULL) || !__builtin_cpu_supports("ssse3") ||
	    !__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("popcnt"))
		return NULL;
	return read_blocks_wide(r, p, end);
}
#else
static inline uint32_t *read_blocks(struct reader *r, const uint8_t *p, const uint8_t *end)
{
	(void)r, (void)p, (void)end;
	return NULL;
}

static inline bool are_below(uint32_t *p, uint32_t *end, uint32_t n)
{
	(void)p, (void)end, (void)n;
	return false;
}
#endif

static __attribute__((noinline)) void read_references(struct reader *r, const uint8_t *p, const uint8_t *end, bool fast)
{
	for (; p < end; r->stack++)
		p = read_reference(r, p, r->stack, fast);
	check_end(r, p, end);
}

/* References of one sample. r->stack has room: each takes a byte at least, and there is some more. */
static inline void read_stack(struct reader *r, const uint8_t *p, const uint8_t *end, bool fast)
{
	uint32_t *behind = LIKELY(fast) ? read_blocks(r, p, end) : NULL;

	if (LIKELY(behind != NULL))
		r->stack = behind;
	else
		read_references(r, p, end, fast);
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

/* What is not below the number of locations is none: in one loop, because those of samples end somewhere else each time. */
static void check_references(struct reader *r)
{
	uint32_t n = r->p->n_locations;

	if (LIKELY(are_below(r->p->stack, r->stack, n)))
		return;
	for (uint32_t *at = r->p->stack; at < r->stack; at++)
		if (*at >= n) {
			*at = PROFILE_NONE;
			r->p->faults.unknown_location++;
		}
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
	check_references(r);
	o->stack_at[o->n_samples] = (uint32_t)(r->stack - o->stack);
	if (o->tag_at)
		o->tag_at[o->n_samples] = r->n_tags;
}
