/*
 * jfr_values.c - values of a chunk's types: how one is read, and how one is
 * passed over.
 */
#include "formats/jfr/jfr_impl.h"

enum { LEB_BYTES = 9 };

uint64_t jfr_leb_slow(struct jfr_in *in)
{
	uint64_t v = 0;

	if (LIKELY(in->end - in->p >= 8)) {
		memcpy(&v, in->p, 8);
		if (LIKELY((v & JFR_TOPS) != JFR_TOPS)) {
			unsigned last = (unsigned)__builtin_ctzll(~v & JFR_TOPS) / 8;

			in->p += last + 1;
			return jfr_leb_of(v, 0, last);
		}
		v = 0;
	}
	for (unsigned i = 0; i < LEB_BYTES && in->p < in->end; i++) {
		uint64_t b = *in->p++;

		if (i == LEB_BYTES - 1)
			return v | b << (7 * i);
		v |= (b & 0x7f) << (7 * i);
		if (b < 0x80)
			return v;
	}
	jfr_bad(in);
	return 0;
}

static void skip_bytes(struct jfr_in *in, uint64_t n)
{
	if (UNLIKELY(n > jfr_left(in))) {
		jfr_bad(in);
		return;
	}
	in->p += n;
}

void jfr_skip_string(struct jfr_in *in)
{
	uint64_t n;

	switch (jfr_fix(in, 1)) {
	case 0: /* null */
	case 1: /* empty */ return;
	case 2: jfr_num(in, 8); return;
	case 3:
	case 5: skip_bytes(in, jfr_num(in, 4)); return;
	case 4:
		n = jfr_num(in, 4);
		if (in->fixed) {
			skip_bytes(in, n > UINT32_MAX ? n : n * 2);
			return;
		}
		while (n-- && !in->bad)
			jfr_leb(in);
		return;
	default: jfr_bad(in);
	}
}

/*
 * n integers, a block at a time: a byte below 0x80 ends one. The ninth byte
 * of one ends it whatever it is: where that may matter, one by one.
 */
static inline __attribute__((always_inline)) void skip_lebs_by(uint64_t (*first_bits)(uint64_t bits, uint64_t n),
    struct jfr_in *in, uint64_t n)
{
	unsigned open = 0; /* bytes before p of an integer that is not at its end */

	while (n > 0 && in->end - in->p >= JFR_BLOCK) {
		uint64_t ends = jfr_ends(in->p), count = (uint64_t)__builtin_popcountll(ends);

		if (UNLIKELY(jfr_far(ends) || open + (unsigned)__builtin_ctzll(ends) >= 8))
			break;
		if (count >= n) {
			in->p += JFR_BLOCK - __builtin_clzll(first_bits(ends, n));
			return;
		}
		n -= count;
		open = (unsigned)__builtin_clzll(ends);
		in->p += JFR_BLOCK;
	}
	in->p -= open;
	while (n-- && !in->bad)
		jfr_leb(in);
}

#ifdef __x86_64__
static JFR_BITS void skip_lebs_bmi(struct jfr_in *in, uint64_t n)
{
	skip_lebs_by(jfr_first_bits_bmi, in, n);
}
#endif

static void skip_lebs(struct jfr_in *in, uint64_t n)
{
#ifdef __x86_64__
	if (LIKELY(JFR_HAS_BITS)) {
		skip_lebs_bmi(in, n);
		return;
	}
#endif
	skip_lebs_by(jfr_first_bits, in, n);
}

static void skip_class(const struct jfr_chunk *c, struct jfr_in *in, const struct jfr_class *cls, unsigned depth);

static void skip_one(const struct jfr_chunk *c, struct jfr_in *in, const struct jfr_field *f, unsigned op,
    unsigned depth)
{
	switch (op) {
	case JFR_LEB: jfr_leb(in); break;
	case JFR_FIX1: skip_bytes(in, 1); break;
	case JFR_FIX2: skip_bytes(in, 2); break;
	case JFR_FIX4: skip_bytes(in, 4); break;
	case JFR_FIX8: skip_bytes(in, 8); break;
	case JFR_STRING: jfr_skip_string(in); break;
	default:
		if (f->cls == PROFILE_NONE || depth >= JFR_MAX_DEPTH)
			jfr_bad(in);
		else
			skip_class(c, in, &c->classes[f->cls], depth + 1);
	}
}

static void skip_array(const struct jfr_chunk *c, struct jfr_in *in, const struct jfr_field *f, unsigned depth)
{
	uint64_t n = jfr_num(in, 4);

	if (f->of == JFR_OBJECT && f->cls != PROFILE_NONE && c->classes[f->cls].empty)
		return;
	if (n > jfr_left(in)) {
		jfr_bad(in);
		return;
	}
	if (f->of == JFR_LEB)
		skip_lebs(in, n);
	else if (f->of == JFR_OBJECT && f->cls != PROFILE_NONE && c->classes[f->cls].lebs)
		skip_lebs(in, n * c->classes[f->cls].lebs);
	else
		while (n-- && !in->bad)
			skip_one(c, in, f, f->of, depth);
}

static void skip_class(const struct jfr_chunk *c, struct jfr_in *in, const struct jfr_class *cls, unsigned depth)
{
	const struct jfr_field *f = c->fields + cls->first, *end = f + cls->n;

	for (; f < end && !in->bad; f++)
		if (f->op == JFR_LEB)
			jfr_leb(in);
		else if (f->op == JFR_ARRAY)
			skip_array(c, in, f, depth);
		else
			skip_one(c, in, f, f->op, depth);
}

void jfr_skip(const struct jfr_chunk *c, struct jfr_in *in, const struct jfr_class *cls)
{
	/* what is no class of fields: the language's own types */
	if (cls->pool == JFR_STRINGS)
		jfr_skip_string(in);
	else
		skip_class(c, in, cls, 0);
}

void jfr_fields(const struct jfr_chunk *c, struct jfr_in *in, const struct jfr_class *cls, uint32_t n, uint64_t *v)
{
	const struct jfr_field *f = c->fields + cls->first;

	/* a fault ends it: an event of two bytes may have a type of a thousand fields */
	for (uint32_t i = 0; i < n && !in->bad; i++, f++) {
		if (LIKELY(f->run)) {
			uint32_t run = MIN(f->run, n - i);

			for (uint32_t k = 0; k < run; k++)
				v[i + k] = jfr_leb(in);
			i += run - 1;
			f += run - 1;
			continue;
		}
		switch (f->op) {
		case JFR_FIX1: v[i] = jfr_fix(in, 1); break;
		case JFR_FIX2: v[i] = jfr_fix(in, 2); break;
		case JFR_FIX4: v[i] = jfr_fix(in, 4); break;
		case JFR_FIX8: v[i] = jfr_fix(in, 8); break;
		case JFR_ARRAY:
			v[i] = (uint64_t)(in->p - (const uint8_t *)c->bytes.p);
			skip_array(c, in, f, 0);
			break;
		default: v[i] = (uint64_t)(in->p - (const uint8_t *)c->bytes.p); skip_one(c, in, f, f->op, 0);
		}
	}
}
