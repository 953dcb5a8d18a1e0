/*
 * pprof_wire.h - the protobuf profile as records and numbers, for the files
 * that decode it.
 *
 * The reader is sticky: the first fault is kept and makes every step harmless
 * (what follows may be nonsense, but stays within bounds), so that the inner
 * loops need no error paths. Most records end twenty bytes before the end of
 * the input or earlier; their numbers are read without looking for the end
 * (`fast`), and a record is checked as a whole: it must end where it said.
 */
#ifndef PPROF_WIRE_H
#define PPROF_WIRE_H

#include "formats/pprof/pprof_ids.h"
#include "formats/profile_impl.h"

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_LEN = 2, WIRE_32 = 5 };

enum {
	F_SAMPLE_TYPE = 1,
	F_SAMPLE,
	F_MAPPING,
	F_LOCATION,
	F_FUNCTION,
	F_STRING,
	F_DROP_FRAMES,
	F_KEEP_FRAMES,
	F_TIME,
	F_DURATION,
	F_PERIOD_TYPE,
	F_PERIOD,
	F_COMMENT,
	F_DEFAULT_TYPE,
	F_DOC_URL,
	FIELDS
};

#define TAG(field, wire) ((field) << 3 | (wire))
#define BIT(wire) (1u << (wire))
/* Of what has a `fast`: it is told apart when it is compiled. */
#define ALWAYS __attribute__((always_inline))

struct pprof_field {
	const char *name;
	unsigned wire; /* types it may have: BIT(WIRE_...) */
};

extern const struct pprof_field pprof_fields[FIELDS]; /* by number */

/* Where the contents of a record lie; all records of one field. */
struct record {
	uint32_t at, n;
};

struct records {
	struct record *p;
	uint32_t n, cap;
};

struct reader {
	const uint8_t *base, *end;
	struct arena *a;
	struct profile *p;
	struct err *e;
	bool failed;    /* e is filled */
	unsigned field; /* for messages */
	struct records records[FIELDS];
	struct ids mapping_ids, function_ids, location_ids;
	uint32_t *stack; /* behind the last reference */
	uint32_t cap_lines, n_tags, cap_tags;
};

/* The fault at `at`, unless there was one. */
void pprof_bad(struct reader *r, const uint8_t *at, const char *fmt, ...) PRINTF_LIKE(3, 4);
void pprof_bad_length(struct reader *r, const uint8_t *at, uint64_t n, ptrdiff_t left);
/* Numbers of three bytes and more, and of any length near the end. On a fault returns r->end. */
const uint8_t *pprof_number_slow(struct reader *r, const uint8_t *p, uint64_t *v);
/* A message of numbers only, from p on: field i of it into v[i - 1]. */
void pprof_read_numbers(struct reader *r, const uint8_t *p, const uint8_t *end, uint64_t *v, unsigned known);
/* Skips a field that is not read, whose tag ended at p. Fields 1..known have another wire type. */
const uint8_t *pprof_skip_field(struct reader *r, const uint8_t *p, const uint8_t *end, uint64_t tag, unsigned known);

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Up to eight bytes at once: find the last one, take the high bits out by halves. */
static inline const uint8_t *number_word(struct reader *r, const uint8_t *p, uint64_t *v)
{
	uint64_t w, stop;

	memcpy(&w, p, sizeof(w));
	stop = ~w & HIGH_BITS;
	if (UNLIKELY(stop == 0))
		return pprof_number_slow(r, p, v);
	w &= (stop ^ (stop - 1)) & ~HIGH_BITS;
	w = (w & 0x007f007f007f007f) | (w & 0x7f007f007f007f00) >> 1;
	w = (w & 0x00003fff00003fff) | (w & 0x3fff00003fff0000) >> 2;
	*v = (w & 0x000000000fffffff) | (w & 0x0fffffff00000000) >> 4;
	return p + ((unsigned)__builtin_ctzll(stop) + 1) / 8;
}
#else
#define number_word pprof_number_slow
#endif

/* Returns what follows the number. fast: ten bytes are there. */
static inline const uint8_t *number(struct reader *r, const uint8_t *p, uint64_t *v, bool fast)
{
	uint64_t x; /* so that *v can stay in a register */

	if (!fast && r->end - p < 10) {
		p = pprof_number_slow(r, p, &x);
		*v = x;
		return p;
	}
	if (LIKELY(p[0] < 0x80)) {
		*v = p[0];
		return p + 1;
	}
	if (LIKELY(p[1] < 0x80)) {
		*v = (p[0] & 0x7f) | (uint64_t)p[1] << 7;
		return p + 2;
	}
	p = number_word(r, p, &x);
	*v = x;
	return p;
}

/* A length; as many bytes follow and end at or before end. On a fault n = 0 at end. */
static inline const uint8_t *length(struct reader *r, const uint8_t *p, const uint8_t *end, size_t *n, bool fast)
{
	const uint8_t *at = p;
	uint64_t v;

	p = number(r, p, &v, fast);
	if (UNLIKELY(p > end || v > (uint64_t)(end - p))) {
		pprof_bad_length(r, at, v, end - p);
		*n = 0;
		return end;
	}
	*n = (size_t)v;
	return p;
}

static inline void check_end(struct reader *r, const uint8_t *p, const uint8_t *end)
{
	if (UNLIKELY(p != end))
		pprof_bad(r, end, "a part passes the end of its record");
}

/* A tag and a number that begin in a record which ends here stay within the input. */
static inline bool is_fast(const struct reader *r, const uint8_t *end)
{
	return r->end - end >= 20;
}

static inline uint32_t string_ref(uint64_t v)
{
	return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

/* The next number, if it is of this field: most writers keep the order of fields. */
static inline const uint8_t *expect(struct reader *r, const uint8_t *p, const uint8_t *end, unsigned field, uint64_t *v,
    bool fast)
{
	return LIKELY(p < end && *p == TAG(field, WIRE_VARINT)) ? number(r, p + 1, v, fast) : p;
}

enum { MOST_NUMBERS = 5 };

/* The same, faster when the fields are in order; v can stay in registers. */
static inline ALWAYS void read_in_order(struct reader *r, const uint8_t *p, const uint8_t *end, uint64_t *v,
    unsigned known, bool fast)
{
	uint64_t all[MOST_NUMBERS];

#pragma GCC unroll 5
	for (unsigned i = 0; i < known; i++)
		p = expect(r, p, end, i + 1, &v[i], fast);
	if (LIKELY(p == end))
		return;
#pragma GCC unroll 5
	for (unsigned i = 0; i < known; i++)
		all[i] = v[i];
	pprof_read_numbers(r, p, end, all, known);
#pragma GCC unroll 5
	for (unsigned i = 0; i < known; i++)
		v[i] = all[i];
}

/* The records of one field, for the loops below; sets the field for messages. */
static inline struct records *records(struct reader *r, unsigned field)
{
	r->field = field;
	return &r->records[field];
}

enum { PPROF_STACK_MORE = 4 }; /* references that are written behind the last one */

/* The samples, once there are locations, and room for what they may have at most (pprof_samples.c). */
void pprof_read_samples(struct reader *r);

#endif
