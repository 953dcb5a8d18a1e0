/*
 * jfr_impl.h - between the parts of the JFR decoder. A chunk is read in three
 * steps: its types (jfr_types.c; values of them: jfr_values.c), its constants
 * by id (jfr_pools.c), its events (jfr_events.c), which sum into groups
 * (jfr_groups.c); jfr_profiles.c makes profiles of them. What a chunk needs
 * alone lives in `tmp`, reset for each.
 */
#ifndef JFR_IMPL_H
#define JFR_IMPL_H

#include "formats/jfr/jfr.h"
#include "formats/jfr/jfr_ends.h"
#include "formats/profile_impl.h"

/* ---- bytes ---- */

/* A window that shrinks. After a fault it is empty and reads give 0: looking at `bad` once at the end is enough. */
struct jfr_in {
	const uint8_t *p, *end;
	bool fixed; /* integers are big-endian of their width, not LEB128 */
	bool bad;
};

static inline void jfr_bad(struct jfr_in *in)
{
	in->p = in->end;
	in->bad = true;
}

static inline size_t jfr_left(const struct jfr_in *in)
{
	return (size_t)(in->end - in->p);
}

static inline uint64_t jfr_fix(struct jfr_in *in, unsigned size)
{
	uint64_t v = 0;

	if (UNLIKELY(jfr_left(in) < size)) {
		jfr_bad(in);
		return 0;
	}
	for (unsigned i = 0; i < size; i++)
		v = v << 8 | *in->p++;
	return v;
}

/* The integer of the bytes from..to of a word, to its end: at most eight of seven bits. */
static inline uint64_t jfr_leb_of(uint64_t word, unsigned from, unsigned to)
{
	uint64_t v = word >> (from * 8) & ~UINT64_C(0) >> (56 - (to - from) * 8);

	v &= ~JFR_TOPS;
	v = (v & UINT64_C(0x007f007f007f007f)) | (v & UINT64_C(0x7f007f007f007f00)) >> 1;
	v = (v & UINT64_C(0x00003fff00003fff)) | (v & UINT64_C(0x3fff00003fff0000)) >> 2;
	return (v & UINT64_C(0x000000000fffffff)) | (v & UINT64_C(0x0fffffff00000000)) >> 4;
}

uint64_t jfr_leb_slow(struct jfr_in *in);

/* At most nine bytes: eight of seven bits, the ninth of eight. */
static inline uint64_t jfr_leb(struct jfr_in *in)
{
	const uint8_t *p = in->p;

	if (LIKELY(in->end - p >= 3)) {
		if (p[0] < 0x80) {
			in->p = p + 1;
			return p[0];
		}
		if (p[1] < 0x80) {
			in->p = p + 2;
			return (p[0] & 0x7fu) | (uint32_t)p[1] << 7;
		}
		if (p[2] < 0x80) {
			in->p = p + 3;
			return (p[0] & 0x7fu) | (p[1] & 0x7fu) << 7 | (uint32_t)p[2] << 14;
		}
	}
	return jfr_leb_slow(in);
}

/* An integer of that width in memory. */
static inline uint64_t jfr_num(struct jfr_in *in, unsigned size)
{
	return LIKELY(!in->fixed) ? jfr_leb(in) : jfr_fix(in, size);
}

/* ---- types ---- */

enum { JFR_MAX_DEPTH = 32 }; /* of types in types */

enum jfr_op { /* how a field is passed */
	JFR_LEB,
	JFR_FIX1,
	JFR_FIX2,
	JFR_FIX4,
	JFR_FIX8,
	JFR_STRING,
	JFR_OBJECT, /* fields of another type */
	JFR_ARRAY,  /* of any of those */
};

enum jfr_unit { JFR_NO_UNIT, JFR_TICKS, JFR_NS, JFR_US, JFR_MS, JFR_S }; /* of a Timespan annotation */

struct jfr_field {
	struct str name;
	uint64_t type;    /* id */
	uint64_t note;    /* type of the annotation that may tell the unit */
	uint32_t cls;     /* position of the type, or PROFILE_NONE */
	uint8_t op, of;   /* of: of the elements, or op */
	uint8_t unit;     /* enum jfr_unit */
	uint32_t run;     /* how many fields from this one on are JFR_LEB */
	bool pool, array; /* a reference to a constant; several */
	bool integer;     /* a number of the language's types */
};

enum jfr_pool_kind {
	JFR_STACKS,
	JFR_METHODS,
	JFR_CLASSES,
	JFR_SYMBOLS,
	JFR_STRINGS,
	JFR_THREADS,
	JFR_STATES,
	JFR_POOLS,
};

/* Fields that something is done with; for an event or a constant: the first of its names that it has. */
enum jfr_slot {
	SLOT_START,
	SLOT_DURATION,
	SLOT_THREAD,
	SLOT_STACK,
	SLOT_STATE,
	SLOT_CLASS,
	SLOT_MONITOR,
	SLOT_CONTEXT,
	SLOT_SPAN,
	SLOT_SPAN_NAME,
	SLOT_SAMPLES,
	SLOT_TLAB_SIZE,
	SLOT_ALLOCATION_SIZE,
	SLOT_WEIGHT,
	SLOT_SIZE, /* of anything else that has bytes */
	SLOT_SAMPLING_PERIOD,
	SLOT_ID,
	SLOT_NAME,
	SLOT_VALUE,
	JFR_SLOTS,
};

struct jfr_event {                /* of a type that is counted */
	uint32_t n;               /* fields to read */
	uint16_t slot[JFR_SLOTS]; /* position of the field, or n: 0 is there */
	uint8_t kind;             /* enum jfr_kind */
	uint64_t wanted;          /* fields that are slots, by bits, if all n are JFR_LEB and fit; else 0 */
	uint32_t group;           /* position once there is one, or PROFILE_NONE */
};

struct jfr_class {
	uint64_t id;
	uint32_t lebs; /* fields, if all of them are JFR_LEB; else 0 */
	struct str name;
	uint32_t first, n; /* fields */
	uint8_t pool;      /* enum jfr_pool_kind, or JFR_POOLS */
	uint8_t state;     /* while looking for empty ones */
	uint8_t language;  /* 0, or which of the types of the language it is + 1 */
	bool empty;        /* takes no bytes */
	struct jfr_event *event;
};

/* From ids to positions 0 .. n - 1: an array where ids are small, else a table. */
struct jfr_ids {
	uint64_t *ids;
	uint32_t n, cap;
	uint32_t *at;   /* position + 1 */
	uint64_t max;   /* of the array; 0 = a table */
	uint64_t times; /* of the table: a secret factor, the place is in the high bits */
	unsigned bits;
};

void jfr_ids_build(struct jfr_ids *m, struct arena *a);
uint32_t jfr_ids_find_slow(const struct jfr_ids *m, uint64_t id);

/* Position, or PROFILE_NONE. */
static inline uint32_t jfr_ids_find(const struct jfr_ids *m, uint64_t id)
{
	if (LIKELY(id < m->max))
		return m->at[id] - 1;
	return m->bits ? jfr_ids_find_slow(m, id) : PROFILE_NONE;
}

struct jfr_pool {
	struct jfr_ids map;
	uint32_t *at; /* where the fields of an entry begin */
	uint32_t cap_at;
	uint32_t cls;     /* its type, or PROFILE_NONE */
	uint32_t *made;   /* what was made of an entry + 1: stack, function; flags of a state */
	struct str *text; /* of a symbol, a thread; p is NULL until asked for */
	uint32_t field;   /* that has the text */
};

struct jfr_seen { /* a frame that was met, and its location */
	uint64_t method;
	uint32_t line, location; /* + 1 */
};

enum { JFR_SEEN_MIN = 8, JFR_SEEN_MAX = 15, JFR_RAW_MORE = 2 }; /* bits */

/* Fields of stacks and methods; n of the class: not there. */
struct jfr_layout {
	uint32_t frames, method, line; /* frames: PROFILE_NONE if stacks cannot be read */
	uint32_t type, name, descriptor;
	bool words; /* a frame is JFR_FRAME_FIELDS integers, as all writers have it */
	const struct jfr_class *frame;
};

/* ---- a chunk ---- */

struct jfr_chunk {
	struct arena *a; /* dies with the chunk */
	struct str bytes;
	uint64_t at; /* in the input */
	uint64_t pools_at, types_at, start_ns, duration_ns, start_ticks, ticks_per_s;
	bool fixed, cut;
	bool too_deep; /* types within types */
	bool stable;   /* ids of stacks hold in other chunks too */

	struct jfr_class *classes;
	uint32_t n_classes, cap_classes;
	struct jfr_field *fields;
	uint32_t n_fields, cap_fields;
	struct jfr_ids by_id;
	uint32_t max_fields;

	struct jfr_pool pools[JFR_POOLS];
	struct jfr_layout layout;
	struct jfr_seen *seen;
	uint64_t *raw; /* frames by their bytes, which are at the upper end; all ones: none */
	uint32_t *raw_location;
	unsigned seen_bits, raw_bits; /* of those; a frame that is not in its place costs as much as ten that are */
	uint64_t *v, *w;              /* fields that were read: of an event, of a constant */
};

static inline struct jfr_in jfr_window(const struct jfr_chunk *c, size_t from, size_t to)
{
	const uint8_t *p = (const uint8_t *)c->bytes.p;

	return (struct jfr_in){ p + from, p + to, c->fixed, false };
}

/* The types of the chunk, from the metadata at `at`. */
int jfr_read_types(struct jfr_chunk *c, size_t at, struct err *e);
/* Position of a type, or NULL. */
struct jfr_class *jfr_class_by_name(const struct jfr_chunk *c, const char *name);
/* Position of the field of c, or cls->n. */
uint32_t jfr_field_of(const struct jfr_chunk *c, const struct jfr_class *cls, const char *name);
/* The first n fields of a type into v: numbers, and the place (in the chunk) of everything else. */
void jfr_fields(const struct jfr_chunk *c, struct jfr_in *in, const struct jfr_class *cls, uint32_t n, uint64_t *v);
void jfr_skip(const struct jfr_chunk *c, struct jfr_in *in, const struct jfr_class *cls);
void jfr_skip_string(struct jfr_in *in);

/* ---- all of it ---- */

struct jfr_text {                       /* of a function, interned */
	uint32_t cls, name, descriptor; /* strings */
};

struct jfr_function {
	struct jfr_text text;
	uint32_t name;  /* string */
	uint32_t chunk; /* that brought it */
	uint64_t id;    /* in it */
};

struct jfr_location {
	uint32_t function;
	uint32_t line;
};

enum { JFR_TYPES = 3, JFR_KEYS = 7 };

struct jfr_stack {
	uint32_t first, n;  /* in frames */
	uint32_t locations; /* of the decoder once this was made */
};

struct jfr_tags { /* of a sample, in those of its group */
	uint32_t first, n;
};

struct jfr_keys { /* what keeps samples apart, and the tags that it makes */
	uint64_t of[JFR_KEYS];
	struct jfr_tags tags;
};

struct jfr_group {
	struct str name; /* of the profile: cpu, file_read */
	struct str event;
	struct str metric; /* __name__ */
	struct str types[JFR_TYPES], units[JFR_TYPES];
	struct str period_type, period_unit;
	uint32_t n_types;
	bool other;

	uint32_t n, cap, cap_ids, cap_tags, cap_at, cap_values, n_tags, cap_tag;
	uint64_t sample_tags; /* of all samples, many of which have theirs in common */
	uint32_t *stacks;     /* of samples */
	uint64_t *ids;        /* of those stacks, in the chunk that brought them */
	int64_t *values;
	struct jfr_tags *tags_at; /* NULL until one has any */
	struct tag *tags;         /* strings are the decoder's */
	int64_t *at;
	uint32_t n_frames; /* the stacks of its samples are frames 0 .. n_frames - 1 of the decoder, in their order */
	bool scattered;    /* or they are not */

	/* of the chunk */
	uint32_t begin;        /* samples of chunks before */
	struct first *firsts;  /* of each stack, the sample with the keys that came first */
	struct keyed *keyed;   /* samples that came later */
	struct jfr_keys *keys; /* that were met; what sets samples of a stack apart is the position in it */
	uint32_t n_keyed, cap_keyed, n_keys, cap_keys;
	uint32_t keys_before; /* of the event before */
	struct table by_key, by_keys;

	/* of chunks before: each (stack, tags) and each (stack, tags, id) once, so that equal ones do not crowd it */
	struct table by_content;
};

static inline struct jfr_tags jfr_tags_of(const struct jfr_group *g, uint32_t sample)
{
	return g->tags_at ? g->tags_at[sample] : (struct jfr_tags){ 0, 0 };
}

struct jfr {
	struct arena *a, *tmp;
	const struct jfr_opts *o;
	uint64_t budget; /* bytes that may still be spread */
	struct err *e;
	struct format_notes notes;
	uint32_t chunk; /* number of the one at hand */
	bool more;      /* chunks behind it */

	/* of all chunks; growing */
	struct str *strings;
	uint32_t n_strings, cap_strings;
	struct jfr_function *functions;
	uint32_t n_functions, cap_functions;
	struct jfr_location *locations;
	uint32_t n_locations, cap_locations;
	uint32_t *frames;
	uint32_t n_frames, cap_frames;
	struct jfr_stack *stacks;
	uint32_t n_stacks, cap_stacks;
	struct table by_text, by_function, by_location, by_group;

	struct jfr_group *groups;
	uint32_t n_groups, cap_groups;

	const struct jfr_contexts *contexts;
	struct str event; /* the recording's, of its setting */
	int64_t interval, wall_interval, native_period;
	uint64_t begin, ran; /* ns: the earliest chunk, how long all took */
};

#define JFR_ROOM(d, array, count, capacity)                                                              \
	do {                                                                                             \
		if (UNLIKELY((count) == (capacity)))                                                     \
			(array) = profile_grow((d)->a, (array), sizeof(*(array)), (count), &(capacity)); \
	} while (0)

/* False when the input has spread too far: d->e is set. */
bool jfr_spend(struct jfr *d, uint64_t bytes);
uint32_t jfr_intern(struct jfr *d, struct str s); /* a string of the decoder; s is borrowed */

/* The constants of the chunk: those of the chain at c->pools_at. */
int jfr_read_pools(struct jfr_chunk *c, struct err *e);
/* The constants of one event; *before: where the one before it begins, or 0. */
int jfr_read_constants(struct jfr_chunk *c, size_t at, size_t end, size_t *before, struct err *e);
void jfr_pools_done(struct jfr_chunk *c); /* all were read: ids can be looked up */

/* Text of a field that was read: a string, or a constant that is or has one. */
struct str jfr_text(struct jfr *d, struct jfr_chunk *c, const struct jfr_class *cls, uint32_t field, uint64_t v);
uint32_t jfr_stack_make(struct jfr *d, struct jfr_chunk *c, uint32_t entry);

/* Position in d->stacks of an entry of the pool of stack traces. */
static inline uint32_t jfr_stack(struct jfr *d, struct jfr_chunk *c, uint32_t entry)
{
	uint32_t made = c->pools[JFR_STACKS].made[entry];

	return LIKELY(made) ? made - 1 : jfr_stack_make(d, c, entry);
}

struct str jfr_thread(struct jfr *d, struct jfr_chunk *c, uint64_t id);
struct str jfr_class_name(struct jfr *d, struct jfr_chunk *c, uint64_t id);

enum { STATE_KNOWN = 1, STATE_SLEEPS = 2, STATE_RUNS = 4 };
unsigned jfr_state(struct jfr *d, struct jfr_chunk *c, uint64_t id);
struct str jfr_state_name(struct jfr *d, struct jfr_chunk *c, uint64_t id);

/* ---- events and groups ---- */

enum jfr_kind { /* of events; the first nine are groups of their own in this order */
	KIND_CPU,
	KIND_WALL,
	KIND_IN_TLAB,
	KIND_OUT_TLAB,
	KIND_LOCK,
	KIND_PARK,
	KIND_LIVE,
	KIND_ALLOC,
	KIND_MALLOC,
	KIND_NATIVE,
	KIND_OTHER, /* one for each event, by name */
	KIND_SETTING,
};

struct jfr_sample {
	uint32_t kind;
	uint32_t stack; /* in d->stacks */
	uint32_t entry; /* of the stack in its pool */
	int64_t values[JFR_TYPES];
	int64_t at;
	/* what keeps it apart: context, span, span name, thread, state, class, monitor; ids in the chunk */
	uint64_t keys[JFR_KEYS];
};

void jfr_groups_init(struct jfr *d);
int jfr_read_events(struct jfr *d, struct jfr_chunk *c, struct err *e);
void jfr_plan_events(struct jfr *d, struct jfr_chunk *c);
/* The group of an event by name, for KIND_OTHER. */
uint32_t jfr_group_other(struct jfr *d, const struct jfr_class *cls);
int jfr_add(struct jfr *d, struct jfr_chunk *c, uint32_t group, const struct jfr_sample *s);
void jfr_groups_begin(struct jfr *d); /* a chunk */
void jfr_groups_end(struct jfr *d);
int jfr_groups_finish(struct jfr *d, struct format_profiles *out);

/* ---- labels of contexts ---- */

struct jfr_contexts;
struct jfr_pair {
	int64_t key, value;
};
/* LabelsSnapshot { 1 contexts map<int64, Context { 1 labels map<int64, int64> }>; 2 strings map<int64, string> } */
int jfr_contexts_read(struct arena *a, struct str bytes, const struct jfr_contexts **out, struct err *e);
struct str jfr_contexts_str(const struct jfr_contexts *c, int64_t id);
const struct jfr_pair *jfr_contexts_get(const struct jfr_contexts *c, int64_t id, uint32_t *n);

#endif
