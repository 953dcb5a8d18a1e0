/*
 * pprof.c - decodes the protobuf profile: note where each record is, then read
 * the tables, then the locations, then the samples, each kind in a loop of its
 * own and each reference as a position at once.
 *
 * The reader is sticky: the first fault is kept and makes every step harmless
 * (what follows may be nonsense, but stays within bounds), so that the inner
 * loops need no error paths. Most records end twenty bytes before the end of
 * the input or earlier; their numbers are read without looking for the end
 * (`fast`), and a record is checked as a whole: it must end where it said.
 */
#include "formats/pprof/pprof.h"

#include <stdarg.h>
#include <stdio.h>

#include "formats/pprof/pprof_ids.h"
#include "formats/profile_impl.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { STACK_MORE = 8 }; /* references that read_stack may write behind the last one */

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
	FIELDS
};

/* Fields that hold records, by bit. */
enum {
	RECORD_FIELDS = 1 << F_SAMPLE_TYPE | 1 << F_SAMPLE | 1 << F_MAPPING | 1 << F_LOCATION | 1 << F_FUNCTION |
	    1 << F_STRING | 1 << F_PERIOD_TYPE | 1 << F_COMMENT,
};

#define TAG(field, wire) ((field) << 3 | (wire))
#define BIT(wire) (1u << (wire))

/* By field number: its name, and the wire types it may have. */
static const struct {
	const char *name;
	unsigned wire;
} fields[FIELDS] = {
	[0] = { "", 0 },
	[F_SAMPLE_TYPE] = { "sample_type", BIT(WIRE_LEN) },
	[F_SAMPLE] = { "sample", BIT(WIRE_LEN) },
	[F_MAPPING] = { "mapping", BIT(WIRE_LEN) },
	[F_LOCATION] = { "location", BIT(WIRE_LEN) },
	[F_FUNCTION] = { "function", BIT(WIRE_LEN) },
	[F_STRING] = { "string_table", BIT(WIRE_LEN) },
	[F_DROP_FRAMES] = { "drop_frames", BIT(WIRE_VARINT) },
	[F_KEEP_FRAMES] = { "keep_frames", BIT(WIRE_VARINT) },
	[F_TIME] = { "time_nanos", BIT(WIRE_VARINT) },
	[F_DURATION] = { "duration_nanos", BIT(WIRE_VARINT) },
	[F_PERIOD_TYPE] = { "period_type", BIT(WIRE_LEN) },
	[F_PERIOD] = { "period", BIT(WIRE_VARINT) },
	[F_COMMENT] = { "comment", BIT(WIRE_VARINT) | BIT(WIRE_LEN) },
	[F_DEFAULT_TYPE] = { "default_sample_type", BIT(WIRE_VARINT) },
};

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

static void bad(struct reader *r, const uint8_t *at, const char *fmt, ...) PRINTF_LIKE(3, 4);

static __attribute__((cold)) void bad(struct reader *r, const uint8_t *at, const char *fmt, ...)
{
	size_t byte = (size_t)(at - r->base);
	char text[128];
	va_list ap;

	if (r->failed)
		return;
	r->failed = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (r->field == 0)
		err_set(r->e, ERR_INVALID, "pprof: byte %zu: %s", byte, text);
	else
		err_set(r->e, ERR_INVALID, "pprof: byte %zu, field %u (%s): %s", byte, r->field, fields[r->field].name,
		    text);
}

/* Numbers of three bytes and more, and of any length near the end. On a fault returns r->end. */
static __attribute__((noinline)) const uint8_t *number_slow(struct reader *r, const uint8_t *p, uint64_t *v)
{
	const uint8_t *at = p;

	*v = 0;
	for (unsigned shift = 0; shift < 70 && p < r->end; shift += 7) {
		*v |= (uint64_t)(*p & 0x7f) << shift;
		if (*p++ < 0x80)
			return p;
	}
	*v = 0;
	if (r->end - at >= 10)
		bad(r, at, "a number of more than ten bytes");
	else
		bad(r, at, "unexpected EOF: a number passes the end of the profile");
	return r->end;
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Up to eight bytes at once: find the last one, take the high bits out by halves. */
static inline const uint8_t *number_word(struct reader *r, const uint8_t *p, uint64_t *v)
{
	uint64_t w, stop;

	memcpy(&w, p, sizeof(w));
	stop = ~w & HIGH_BITS;
	if (UNLIKELY(stop == 0))
		return number_slow(r, p, v);
	w &= (stop ^ (stop - 1)) & ~HIGH_BITS;
	w = (w & 0x007f007f007f007f) | (w & 0x7f007f007f007f00) >> 1;
	w = (w & 0x00003fff00003fff) | (w & 0x3fff00003fff0000) >> 2;
	*v = (w & 0x000000000fffffff) | (w & 0x0fffffff00000000) >> 4;
	return p + ((unsigned)__builtin_ctzll(stop) + 1) / 8;
}
#else
#define number_word number_slow
#endif

/* Returns what follows the number. fast: ten bytes are there. */
static inline const uint8_t *number(struct reader *r, const uint8_t *p, uint64_t *v, bool fast)
{
	uint64_t x; /* so that *v can stay in a register */

	if (!fast && r->end - p < 10) {
		p = number_slow(r, p, &x);
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

static __attribute__((cold)) void bad_length(struct reader *r, const uint8_t *at, uint64_t n, ptrdiff_t left)
{
	bad(r, at, "unexpected EOF: length %llu, but %td bytes are left", (unsigned long long)n,
	    MAX(left, (ptrdiff_t)0));
}

/* A length; as many bytes follow and end at or before end. On a fault n = 0 at end. */
static inline const uint8_t *length(struct reader *r, const uint8_t *p, const uint8_t *end, size_t *n, bool fast)
{
	const uint8_t *at = p;
	uint64_t v;

	p = number(r, p, &v, fast);
	if (UNLIKELY(p > end || v > (uint64_t)(end - p))) {
		bad_length(r, at, v, end - p);
		*n = 0;
		return end;
	}
	*n = (size_t)v;
	return p;
}

/* Skips a field that is not read, whose tag ended at p. Fields 1..known have another wire type. */
static __attribute__((noinline)) const uint8_t *skip_field(struct reader *r, const uint8_t *p, const uint8_t *end,
    uint64_t tag, unsigned known)
{
	size_t n;
	uint64_t v;

	if (tag >> 3 == 0 || tag > UINT32_MAX) {
		bad(r, p, "illegal field number %llu", (unsigned long long)(tag >> 3));
		return end;
	}
	if (tag >> 3 <= known) {
		bad(r, p, "wrong wire type %u for part %u", (unsigned)tag & 7, (unsigned)(tag >> 3));
		return end;
	}
	switch (tag & 7) {
	case WIRE_VARINT: return number(r, p, &v, false);
	case WIRE_LEN: p = length(r, p, end, &n, false); return p + n;
	case WIRE_64:
	case WIRE_32:
		n = (tag & 7) == WIRE_64 ? 8 : 4;
		if (end - p >= (ptrdiff_t)n)
			return p + n;
		bad(r, p, "unexpected EOF: a fixed number is cut");
		return end;
	}
	bad(r, p, "wire type %u", (unsigned)tag & 7);
	return end;
}

static inline void check_end(struct reader *r, const uint8_t *p, const uint8_t *end)
{
	if (UNLIKELY(p != end))
		bad(r, end, "a part passes the end of its record");
}

/* A tag and a number that begin in a record which ends here stay within the input. */
static inline bool is_fast(const struct reader *r, const uint8_t *end)
{
	return r->end - end >= 20;
}

static uint32_t string_ref(uint64_t v)
{
	return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

/* The next number, if it is of this field: most writers keep the order of fields. */
static inline const uint8_t *expect(struct reader *r, const uint8_t *p, const uint8_t *end, unsigned field, uint64_t *v,
    bool fast)
{
	return LIKELY(p < end && *p == TAG(field, WIRE_VARINT)) ? number(r, p + 1, v, fast) : p;
}

/* A message of numbers only: field i of it into v[i - 1]. */
static inline void read_numbers(struct reader *r, const uint8_t *p, const uint8_t *end, uint64_t *v, unsigned known,
    bool fast)
{
	uint64_t tag;

	while (p < end) {
		p = number(r, p, &tag, fast);
		if (LIKELY((tag & 7) == WIRE_VARINT && tag - 8 < (uint64_t)known * 8)) {
			p = number(r, p, &v[(tag >> 3) - 1], fast);
			continue;
		}
		p = skip_field(r, p, end, tag, known);
	}
	check_end(r, p, end);
}

/* The same, faster when the fields are in order. */
static inline __attribute__((always_inline)) void read_in_order(struct reader *r, const uint8_t *p, const uint8_t *end,
    uint64_t *v, unsigned known, bool fast)
{
#pragma GCC unroll 5
	for (unsigned i = 0; i < known; i++)
		p = expect(r, p, end, i + 1, &v[i], fast);
	if (UNLIKELY(p != end))
		read_numbers(r, p, end, v, known, fast);
}

static inline void add_record(struct reader *r, unsigned field, const uint8_t *p, size_t n)
{
	struct records *list = &r->records[field];

	if (UNLIKELY(list->n == list->cap)) {
		if (list->n) /* usual for the large tables: a record in 128 bytes of input */
			list->cap = MAX(list->cap, (uint32_t)((size_t)(r->end - r->base) / 128));
		list->p = profile_grow(r->a, list->p, sizeof(*list->p), list->n, &list->cap);
	}
	list->p[list->n++] = (struct record){ (uint32_t)(p - r->base), (uint32_t)n };
}

static void set_number(struct profile *o, unsigned field, uint64_t v)
{
	switch (field) {
	case F_DROP_FRAMES: o->drop_frames = string_ref(v); break;
	case F_KEEP_FRAMES: o->keep_frames = string_ref(v); break;
	case F_TIME: o->time = (int64_t)v; break;
	case F_DURATION: o->duration = (int64_t)v; break;
	case F_PERIOD: o->period = (int64_t)v; break;
	case F_DEFAULT_TYPE: o->default_type = string_ref(v); break;
	}
}

/* A top-level field that is no record; its tag began at `at` and ended at p. */
static const uint8_t *scan_number(struct reader *r, const uint8_t *at, const uint8_t *p, uint64_t tag)
{
	const uint8_t *from = p;
	uint64_t v;

	if (r->failed)
		return r->end;
	if (tag >> 3 == 0 || tag >> 3 >= FIELDS)
		return skip_field(r, p, r->end, tag, 0);
	r->field = (unsigned)(tag >> 3);
	if ((fields[r->field].wire & BIT(tag & 7)) == 0) {
		bad(r, at, "wrong wire type %u", (unsigned)tag & 7);
		return r->end;
	}
	p = number(r, p, &v, false);
	if (r->field == F_COMMENT)
		add_record(r, F_COMMENT, from, (size_t)(p - from));
	else
		set_number(r->p, r->field, v);
	return p;
}

/* Walks over the top level: where each record is. */
static void scan(struct reader *r)
{
	const uint8_t *p = r->base, *at;
	uint64_t tag, n;

	while (p < r->end) {
		at = p;
		p = number(r, p, &tag, false);
		if (UNLIKELY(
			(tag & 7) != WIRE_LEN || tag >= TAG(FIELDS, 0) || (RECORD_FIELDS >> (tag >> 3) & 1) == 0)) {
			p = scan_number(r, at, p, tag);
			r->field = 0;
			continue;
		}
		at = p;
		p = number(r, p, &n, false);
		if (UNLIKELY(n > (uint64_t)(r->end - p))) {
			r->field = (unsigned)(tag >> 3);
			bad_length(r, at, n, r->end - p);
			return;
		}
		add_record(r, (unsigned)(tag >> 3), p, n);
		p += n;
	}
}

/* The records of one field, for the loops below; sets the field for messages. */
static struct records *records(struct reader *r, unsigned field)
{
	r->field = field;
	return &r->records[field];
}

/*
 * Two profiles written one behind the other (cat a.pb.gz b.pb.gz) are one message for protobuf, and nonsense: the numbers of
 * the second lead into the tables of the first. It is known by a second beginning: a sample type behind the strings
 * of the first, and then an empty string, which every table begins with.
 */
static void check_single(struct reader *r)
{
	const struct records *types = records(r, F_SAMPLE_TYPE), *strings = records(r, F_STRING);
	uint32_t second = 0;

	if (types->n < 2 || strings->n < 2 || types->p[0].at > strings->p[0].at ||
	    types->p[types->n - 1].at < strings->p[0].at)
		return;
	while (types->p[second].at < strings->p[0].at)
		second++;
	for (uint32_t i = 1; i < strings->n; i++) {
		if (strings->p[i].n > 0 || strings->p[i].at < types->p[second].at)
			continue;
		bad(r, r->base + types->p[second].at,
		    "a second profile begins here: profiles are given one by one, or in a tar");
		return;
	}
}

static void read_value_type(struct reader *r, struct record at, struct value_type *t)
{
	uint64_t v[2] = { t->type, t->unit };

	read_numbers(r, r->base + at.at, r->base + at.at + at.n, v, ARRAY_LEN(v), false);
	*t = (struct value_type){ string_ref(v[0]), string_ref(v[1]) };
}

static void read_types(struct reader *r)
{
	const struct records *list = records(r, F_SAMPLE_TYPE);
	struct profile *o = r->p;

	o->n_types = list->n;
	o->types = arena_zarray(r->a, list->n, sizeof(*o->types));
	for (uint32_t i = 0; i < list->n; i++)
		read_value_type(r, list->p[i], &o->types[i]);
	list = records(r, F_PERIOD_TYPE);
	o->has_period_type = list->n > 0;
	for (uint32_t i = 0; i < list->n; i++)
		read_value_type(r, list->p[i], &o->period_type);
}

static void read_mappings(struct reader *r)
{
	const struct records *list = records(r, F_MAPPING);
	struct profile *o = r->p;

	o->n_mappings = list->n;
	o->mappings = arena_array(r->a, list->n, sizeof(*o->mappings));
	for (uint32_t i = 0; i < list->n; i++) {
		const uint8_t *p = r->base + list->p[i].at;
		uint64_t v[10] = { 0 };

		read_numbers(r, p, p + list->p[i].n, v, ARRAY_LEN(v), false);
		o->mappings[i] = (struct mapping){
			.id = v[0],
			.start = v[1],
			.limit = v[2],
			.offset = v[3],
			.file = string_ref(v[4]),
			.build_id = string_ref(v[5]),
			.flags = (uint8_t)((v[6] ? MAPPING_HAS_FUNCTIONS : 0) | (v[7] ? MAPPING_HAS_FILENAMES : 0) |
			    (v[8] ? MAPPING_HAS_LINE_NUMBERS : 0) | (v[9] ? MAPPING_HAS_INLINE_FRAMES : 0)),
		};
	}
	ids_init(&r->mapping_ids, r->a, o->mappings, sizeof(*o->mappings), o->n_mappings);
}

static void read_functions(struct reader *r)
{
	const struct records *list = records(r, F_FUNCTION);
	struct profile *o = r->p;

	o->n_functions = list->n;
	o->functions = arena_array(r->a, list->n, sizeof(*o->functions));
	for (uint32_t i = 0; i < list->n; i++) {
		const uint8_t *p = r->base + list->p[i].at, *end = p + list->p[i].n;
		uint64_t v[5] = { 0 };

		if (LIKELY(is_fast(r, end)))
			read_in_order(r, p, end, v, ARRAY_LEN(v), true);
		else
			read_numbers(r, p, end, v, ARRAY_LEN(v), false);
		o->functions[i] = (struct function){
			.id = v[0],
			.name = string_ref(v[1]),
			.system_name = string_ref(v[2]),
			.file = string_ref(v[3]),
			.start_line = (int64_t)v[4],
		};
		o->faults.function_id_zero += v[0] == 0;
	}
	ids_init(&r->function_ids, r->a, o->functions, sizeof(*o->functions), o->n_functions);
}

static void read_strings(struct reader *r)
{
	const struct records *list = records(r, F_STRING);
	struct profile *o = r->p;

	o->n_strings = list->n;
	o->strings = arena_array(r->a, list->n, sizeof(*o->strings));
	for (uint32_t i = 0; i < list->n; i++)
		o->strings[i] = str_of(r->base + list->p[i].at, list->p[i].n);
}

static void read_comments(struct reader *r)
{
	const struct records *list = records(r, F_COMMENT);
	struct profile *o = r->p;
	size_t bytes = 0;

	for (uint32_t i = 0; i < list->n; i++)
		bytes += list->p[i].n;
	o->comments = arena_array(r->a, bytes, sizeof(*o->comments));
	for (uint32_t i = 0; i < list->n; i++) {
		const uint8_t *p = r->base + list->p[i].at, *end = p + list->p[i].n;
		uint64_t v;

		while (p < end) {
			p = number(r, p, &v, false);
			o->comments[o->n_comments++] = string_ref(v);
		}
		check_end(r, p, end);
	}
}

static inline void read_line(struct reader *r, const uint8_t *p, const uint8_t *end, bool fast)
{
	struct profile *o = r->p;
	uint64_t v[3] = { 0 };
	uint32_t function;

	read_in_order(r, p, end, v, ARRAY_LEN(v), fast);
	function = ids_find(&r->function_ids, v[0]);
	o->faults.unknown_function += function == PROFILE_NONE;
	if (UNLIKELY(o->n_lines == r->cap_lines))
		o->lines = profile_grow(r->a, o->lines, sizeof(*o->lines), o->n_lines, &r->cap_lines);
	o->lines[o->n_lines++] = (struct line){ function, profile_column((int64_t)v[2]), (int64_t)v[1] };
}

static inline void read_location(struct reader *r, const uint8_t *p, const uint8_t *end, struct location *l, bool fast)
{
	/* by field; 4 is not a number */
	uint64_t v[6] = { 0 }, tag;
	struct profile *o = r->p;
	size_t n;

	l->first_line = o->n_lines;
	p = expect(r, p, end, 1, &v[1], fast);
	p = expect(r, p, end, 2, &v[2], fast);
	p = expect(r, p, end, 3, &v[3], fast);
	while (p < end) {
		p = number(r, p, &tag, fast);
		if (tag == TAG(4, WIRE_LEN)) {
			p = length(r, p, end, &n, fast);
			read_line(r, p, p + n, fast);
			p += n;
		} else if (LIKELY((tag & 7) == WIRE_VARINT && tag - 8 < 40 && tag != TAG(4, WIRE_VARINT))) {
			p = number(r, p, &v[tag >> 3], fast);
		} else {
			p = skip_field(r, p, end, tag, 5);
		}
	}
	check_end(r, p, end);
	l->id = v[1];
	l->address = v[3];
	l->mapping = v[2] ? ids_find(&r->mapping_ids, v[2]) : PROFILE_NONE;
	l->mapping_unknown = v[2] && l->mapping == PROFILE_NONE;
	l->folded = v[5] != 0;
	l->n_lines = o->n_lines - l->first_line;
	o->faults.location_id_zero += l->id == 0;
	o->faults.unknown_mapping += l->mapping_unknown;
}

static void read_locations(struct reader *r)
{
	const struct records *list = records(r, F_LOCATION);
	struct profile *o = r->p;

	o->n_lines = 0;
	o->faults.location_id_zero = o->faults.unknown_function = o->faults.unknown_mapping = 0;
	for (uint32_t i = 0; i < list->n; i++) {
		const uint8_t *p = r->base + list->p[i].at, *end = p + list->p[i].n;

		if (LIKELY(is_fast(r, end)))
			read_location(r, p, end, &o->locations[i], true);
		else
			read_location(r, p, end, &o->locations[i], false);
	}
	ids_init(&r->location_ids, r->a, o->locations, sizeof(*o->locations), o->n_locations);
}

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
enum { LANES = 8 };

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
			p = skip_field(r, p, end, tag, 3);
		}
	}
	check_end(r, p, end);
	r->p->faults.value_count += n_values != types;
	for (; UNLIKELY(n_values < types); n_values++)
		values[n_values] = 0;
}

static void read_samples(struct reader *r)
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

/* Arrays that locations and samples are read into, by what the records can hold at most. */
static void make_room(struct reader *r)
{
	const struct records *samples = records(r, F_SAMPLE);
	struct profile *o = r->p;
	size_t stack_bytes = 0, n_values = (size_t)samples->n * o->n_types;

	/* A lawful sample has a value for each type, and each takes a byte. */
	if (n_values > (size_t)(r->end - r->base)) {
		bad(r, r->end, "sample value length mismatch: %u samples of %u types in %zu bytes", samples->n,
		    o->n_types, (size_t)(r->end - r->base));
		return;
	}
	for (uint32_t i = 0; i < samples->n; i++)
		stack_bytes += samples->p[i].n;
	o->n_samples = samples->n;
	o->stack_at = arena_array(r->a, (size_t)samples->n + 1, sizeof(*o->stack_at));
	o->stack = arena_array(r->a, stack_bytes + STACK_MORE, sizeof(*o->stack));
	o->values = arena_array(r->a, n_values, sizeof(*o->values));
	o->n_locations = r->records[F_LOCATION].n;
	o->locations = arena_array(r->a, o->n_locations, sizeof(*o->locations));
	r->cap_lines = o->n_locations + o->n_locations / 2;
	o->lines = arena_array(r->a, r->cap_lines, sizeof(*o->lines));
}

/*
 * An old .NET profiler left all function ids 0 and gave its lines the id of
 * their location: function i belongs to location i.
 */
static bool functions_by_location(const struct profile *o)
{
	return o->n_functions > 0 && o->n_functions == o->n_locations && o->faults.function_id_zero == o->n_functions;
}

static void read_all(struct reader *r)
{
	scan(r);
	if (!r->failed)
		check_single(r);
	if (r->failed)
		return;
	read_types(r);
	read_mappings(r);
	read_functions(r);
	read_strings(r);
	read_comments(r);
	make_room(r);
	if (r->failed)
		return;
	read_locations(r);
	if (UNLIKELY(functions_by_location(r->p))) {
		r->function_ids = r->location_ids;
		read_locations(r);
	}
	read_samples(r);
}

int pprof_decode(struct arena *a, struct str raw, struct profile **out, struct err *e)
{
	struct profile *o = arena_zalloc(a, sizeof(*o));
	struct reader r = { .a = a, .p = o, .e = e };

	*out = NULL;
	if (raw.n >= UINT32_MAX)
		return err_set(e, ERR_LIMIT, "pprof: %zu bytes are more than a profile may have (4 GiB)", raw.n);
	r.base = raw.n ? (const uint8_t *)raw.p : (const uint8_t *)"";
	r.end = r.base + raw.n;
	o->mem = a;
	o->wire_size = raw.n;
	read_all(&r);
	if (r.failed)
		return -1;
	*out = o;
	return 0;
}
