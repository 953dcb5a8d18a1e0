/*
 * pprof.c - decodes the protobuf profile: note where each record is, then read
 * the tables, then the locations, then the samples (pprof_samples.c), each kind
 * in a loop of its own and each reference as a position at once.
 */
#include "formats/pprof/pprof.h"

#include "formats/pprof/pprof_wire.h"

/* Fields that hold records, by bit. */
enum {
	RECORD_FIELDS = 1 << F_SAMPLE_TYPE | 1 << F_SAMPLE | 1 << F_MAPPING | 1 << F_LOCATION | 1 << F_FUNCTION |
	    1 << F_STRING | 1 << F_PERIOD_TYPE | 1 << F_COMMENT,
};

static inline void add_record(struct reader *r, struct records *list, const uint8_t *p, size_t n)
{
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
	case F_DOC_URL: o->doc_url = string_ref(v); break;
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
		return pprof_skip_field(r, p, r->end, tag, 0);
	r->field = (unsigned)(tag >> 3);
	if ((pprof_fields[r->field].wire & BIT(tag & 7)) == 0) {
		pprof_bad(r, at, "wrong wire type %u", (unsigned)tag & 7);
		return r->end;
	}
	p = number(r, p, &v, false);
	if (r->field == F_COMMENT)
		add_record(r, &r->records[F_COMMENT], from, (size_t)(p - from));
	else
		set_number(r->p, r->field, v);
	return p;
}

/* A record whose tag ended at p, and those of the same field that follow it: most do. */
static inline const uint8_t *scan_records(struct reader *r, const uint8_t *p, uint64_t tag)
{
	struct records *list = &r->records[tag >> 3];
	const uint8_t *at;
	uint64_t n;

	for (;; p++) {
		at = p;
		p = number(r, p, &n, false);
		if (UNLIKELY(n > (uint64_t)(r->end - p))) {
			r->field = (unsigned)(tag >> 3);
			pprof_bad_length(r, at, n, r->end - p);
			return r->end;
		}
		add_record(r, list, p, n);
		p += n;
		if (p == r->end || *p != tag)
			return p;
	}
}

/* Walks over the top level: where each record is. */
static void scan(struct reader *r)
{
	const uint8_t *p = r->base, *at;
	uint64_t tag;

	while (p < r->end) {
		at = p;
		p = number(r, p, &tag, false);
		if (LIKELY((tag & 7) == WIRE_LEN && tag < TAG(FIELDS, 0) && (RECORD_FIELDS >> (tag >> 3) & 1) != 0)) {
			p = scan_records(r, p, tag);
			continue;
		}
		p = scan_number(r, at, p, tag);
		r->field = 0;
	}
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
		pprof_bad(r, r->base + types->p[second].at,
		    "a second profile begins here: profiles are given one by one, or in a tar");
		return;
	}
}

static void read_value_type(struct reader *r, struct record at, struct value_type *t)
{
	uint64_t v[2] = { t->type, t->unit };

	pprof_read_numbers(r, r->base + at.at, r->base + at.at + at.n, v, ARRAY_LEN(v));
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

		pprof_read_numbers(r, p, p + list->p[i].n, v, ARRAY_LEN(v));
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
			pprof_read_numbers(r, p, end, v, ARRAY_LEN(v));
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

static inline ALWAYS void read_line(struct reader *r, const uint8_t *p, const uint8_t *end, bool fast)
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

static inline ALWAYS void read_location(struct reader *r, const uint8_t *p, const uint8_t *end, struct location *l,
    bool fast)
{
	uint64_t id = 0, mapping = 0, address = 0, folded = 0, tag, v;
	struct profile *o = r->p;
	size_t n;

	l->first_line = o->n_lines;
	p = expect(r, p, end, 1, &id, fast);
	p = expect(r, p, end, 2, &mapping, fast);
	p = expect(r, p, end, 3, &address, fast);
	while (p < end) {
		p = number(r, p, &tag, fast);
		if (LIKELY(tag == TAG(4, WIRE_LEN))) {
			p = length(r, p, end, &n, fast);
			read_line(r, p, p + n, fast);
			p += n;
			continue;
		}
		if ((tag & 7) != WIRE_VARINT || tag - 8 >= 40 || tag == TAG(4, WIRE_VARINT)) {
			p = pprof_skip_field(r, p, end, tag, 5);
			continue;
		}
		p = number(r, p, &v, fast);
		switch (tag >> 3) {
		case 1: id = v; break;
		case 2: mapping = v; break;
		case 3: address = v; break;
		case 5: folded = v; break;
		}
	}
	check_end(r, p, end);
	l->id = id;
	l->address = address;
	l->mapping = mapping ? ids_find(&r->mapping_ids, mapping) : PROFILE_NONE;
	l->mapping_unknown = mapping && l->mapping == PROFILE_NONE;
	l->folded = folded != 0;
	l->n_lines = o->n_lines - l->first_line;
	o->faults.location_id_zero += l->id == 0;
	o->faults.unknown_mapping += l->mapping_unknown;
}

/* Near the end of the input, where few are. */
static __attribute__((noinline)) void read_last_location(struct reader *r, const uint8_t *p, const uint8_t *end,
    struct location *l)
{
	read_location(r, p, end, l, false);
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
			read_last_location(r, p, end, &o->locations[i]);
	}
	ids_init(&r->location_ids, r->a, o->locations, sizeof(*o->locations), o->n_locations);
}

/* Arrays that locations and samples are read into, by what the records can hold at most. */
static void make_room(struct reader *r)
{
	const struct records *samples = records(r, F_SAMPLE);
	struct profile *o = r->p;
	size_t stack_bytes = 0, n_values = (size_t)samples->n * o->n_types;

	/* A lawful sample has a value for each type, and each takes a byte. */
	if (n_values > (size_t)(r->end - r->base)) {
		pprof_bad(r, r->end, "sample value length mismatch: %u samples of %u types in %zu bytes", samples->n,
		    o->n_types, (size_t)(r->end - r->base));
		return;
	}
	for (uint32_t i = 0; i < samples->n; i++)
		stack_bytes += samples->p[i].n;
	o->n_samples = samples->n;
	o->stack_at = arena_array(r->a, (size_t)samples->n + 1, sizeof(*o->stack_at));
	o->stack = arena_array(r->a, stack_bytes + PPROF_STACK_MORE, sizeof(*o->stack));
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
	pprof_read_samples(r);
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
