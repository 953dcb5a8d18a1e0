/*
 * otlp_build.c - fills struct otlp_request from what the readers meet. What a
 * nested message belongs to is always the last element of its array.
 */
#include "formats/otlp/otlp_request.h"
#include "formats/profile_impl.h"

enum { POOL_FIRST = 8 };

/* One more element, all zero, of pool `name` of s. */
#define PUSH(b, s, name)                                                                                               \
	(UNLIKELY((s)->n_##name == (s)->cap_##name) ? (void)((s)->name = profile_grow((b)->a, (s)->name,               \
								 sizeof(*(s)->name), (s)->n_##name, &(s)->cap_##name)) \
						    : (void)0,                                                         \
	    memset(&(s)->name[(s)->n_##name], 0, sizeof(*(s)->name)), &(s)->name[(s)->n_##name++])

#define LAST(s, name) (&(s)->name[(s)->n_##name - 1])

/* An index as it was sent; what is no lawful index is outside of every table. */
static uint32_t ref_of(int64_t v)
{
	return v < 0 || v > INT32_MAX ? (v >= INT32_MIN && v < 0 ? (uint32_t)(int32_t)v : UINT32_MAX) : (uint32_t)v;
}

static struct otlp_tables *new_tables(struct otlp_build *b)
{
	struct otlp_request *rq = b->rq;
	struct otlp_tables old = { 0 }, *t;

	/* the arrays of an earlier attempt are used again */
	if (rq->n_tables < rq->used_tables)
		old = rq->tables[rq->n_tables];
	t = PUSH(b, rq, tables);
	rq->used_tables = MAX(rq->used_tables, rq->n_tables);
	*t = old;
	t->n_strings = t->n_mappings = t->n_locations = t->n_lines = 0;
	t->n_functions = t->n_links = t->n_attributes = t->n_stacks = 0;
	return t;
}

void otlp_build_reset(struct otlp_build *b, enum otlp_version v)
{
	struct otlp_request *rq = b->rq;

	rq->version = v;
	rq->has_dictionary = rq->has_resources = rq->has_stray = false;
	rq->n_tables = rq->n_resources = rq->n_scopes = rq->n_pairs = rq->n_profiles = rq->n_types = 0;
	rq->n_samples = rq->n_labels = rq->n_location_refs = rq->n_sample_refs = rq->n_attribute_refs = 0;
	rq->n_profile_refs = rq->n_values = rq->n_times = 0;
	b->any = NULL;
	b->type = NULL;
	b->any_depth = 0;
	new_tables(b);
	b->t = &rq->tables[0];
}

/* Pools that are pointed into though nothing is in them. */
#define SOME(b, rq, name)                                                          \
	do {                                                                       \
		(rq)->name = arena_array((b)->a, POOL_FIRST, sizeof(*(rq)->name)); \
		(rq)->cap_##name = POOL_FIRST;                                     \
	} while (0)

void otlp_build_init(struct otlp_build *b, struct arena *a, struct otlp_request *rq)
{
	memset(rq, 0, sizeof(*rq));
	memset(b, 0, sizeof(*b));
	b->a = a;
	b->rq = rq;
	SOME(b, rq, location_refs);
	SOME(b, rq, sample_refs);
	SOME(b, rq, attribute_refs);
	SOME(b, rq, profile_refs);
	SOME(b, rq, values);
	SOME(b, rq, times);
	otlp_build_reset(b, OTLP_NEWEST);
}

/* ---- profiles ---- */

static void begin_profile(struct otlp_build *b)
{
	struct otlp_request *rq = b->rq;
	struct otlp_profile *p = PUSH(b, rq, profiles);

	p->resource = rq->n_resources - 1;
	p->scope = rq->n_scopes - 1;
	p->types.at = rq->n_types;
	p->samples.at = rq->n_samples;
	p->locations.at = rq->n_location_refs;
	p->attributes.at = rq->n_pairs;
	p->refs.at = rq->n_profile_refs;
}

/* A table that stands in a profile is that profile's own. */
static void own_tables(struct otlp_build *b)
{
	struct otlp_request *rq = b->rq;

	if (LAST(rq, profiles)->tables != 0)
		return;
	new_tables(b);
	LAST(rq, profiles)->tables = rq->n_tables - 1;
	b->t = LAST(rq, tables);
}

static void end_profile(struct otlp_build *b)
{
	struct otlp_request *rq = b->rq;
	struct otlp_profile *p = LAST(rq, profiles);

	p->types.n = rq->n_types - p->types.at;
	p->samples.n = rq->n_samples - p->samples.at;
	p->locations.n = rq->n_location_refs - p->locations.at;
	p->attributes.n = rq->n_pairs - p->attributes.at;
	p->refs.n = rq->n_profile_refs - p->refs.at;
	b->t = &rq->tables[0];
}

/* The container's own times stand in for those that its profile does not have. */
static void end_container(struct otlp_build *b)
{
	struct otlp_profile *p;

	if (b->rq->n_profiles == b->n_before)
		return;
	p = LAST(b->rq, profiles);
	if (p->time == 0)
		p->time = (int64_t)b->start;
	if (p->duration == 0 && b->end > b->start)
		p->duration = (int64_t)(b->end - b->start);
}

static void begin_sample(struct otlp_build *b)
{
	struct otlp_request *rq = b->rq;
	struct otlp_sample *s = PUSH(b, rq, samples);

	s->own.at = rq->n_sample_refs;
	s->attributes.at = rq->n_attribute_refs;
	s->values.at = rq->n_values;
	s->times.at = rq->n_times;
	s->labels.at = rq->n_labels;
}

static void end_sample(struct otlp_build *b)
{
	struct otlp_request *rq = b->rq;
	struct otlp_sample *s = LAST(rq, samples);

	s->own.n = rq->n_sample_refs - s->own.at;
	s->attributes.n = rq->n_attribute_refs - s->attributes.at;
	s->values.n = rq->n_values - s->values.at;
	s->times.n = rq->n_times - s->times.at;
	s->labels.n = rq->n_labels - s->labels.at;
}

/* ---- values of attributes ---- */

/* Is what comes now the value itself (depth 1), or the one element of a list that is the value? */
static bool any_counts(const struct otlp_build *b)
{
	return b->any != NULL && (b->any_depth == 1 || (b->any_depth == 2 && b->any_elements == 1));
}

static void set_number(struct otlp_build *b, int64_t v)
{
	char text[24], *p = text + sizeof(text);
	uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;

	do
		*--p = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	if (v < 0)
		*--p = '-';
	b->any->value = arena_str(b->a, str_of(p, (size_t)(text + sizeof(text) - p)));
	b->any->number = v;
	b->any->is_number = b->any_depth == 1;
}

static void forget_value(struct otlp_build *b)
{
	b->any->value = STR_NONE;
	b->any->is_number = b->any->by_index = false;
}

/* A list of one element has that element's text; all longer ones have none. */
static void begin_element(struct otlp_build *b)
{
	if (b->any != NULL && b->any_depth == 1) {
		b->any_elements++;
		forget_value(b);
	}
}

/* ---- what the readers call ---- */

static void begin_table(struct otlp_build *b, enum otlp_message m)
{
	struct otlp_request *rq = b->rq;

	switch (m) {
	case OTLP_mapping: PUSH(b, b->t, mappings)->attributes.at = rq->n_attribute_refs; break;
	case OTLP_location: PUSH(b, b->t, locations)->first_line = b->t->n_lines; break;
	case OTLP_line: (void)PUSH(b, b->t, lines); break;
	case OTLP_function: (void)PUSH(b, b->t, functions); break;
	case OTLP_link: (void)PUSH(b, b->t, links); break;
	case OTLP_stack: PUSH(b, b->t, stacks)->at = rq->n_location_refs; break;
	case OTLP_attribute: (void)PUSH(b, b->t, attributes); break;
	default: break;
	}
}

void otlp_begin(struct otlp_build *b, enum otlp_field_id field)
{
	struct otlp_request *rq = b->rq;
	enum otlp_message m = otlp_fields[field].inner;

	switch (m) {
	case OTLP_sample: begin_sample(b); break;
	case OTLP_dictionary: rq->has_dictionary = true; break;
	case OTLP_resources:
		rq->has_resources = true;
		PUSH(b, rq, resources)->at = rq->n_pairs;
		break;
	case OTLP_resource: LAST(rq, resources)->at = rq->n_pairs; break;
	case OTLP_scopes: PUSH(b, rq, scopes)->at = rq->n_pairs; break;
	case OTLP_scope: LAST(rq, scopes)->at = rq->n_pairs; break;
	case OTLP_keyvalue:
		if (b->any == NULL)
			(void)PUSH(b, rq, pairs);
		break;
	case OTLP_any:
		if (b->any == NULL) {
			b->any = otlp_fields[field].message == OTLP_attribute ? LAST(b->t, attributes)
									      : LAST(rq, pairs);
			b->any_elements = 0;
			forget_value(b);
		} else {
			begin_element(b);
		}
		b->any_depth++;
		break;
	case OTLP_container:
		b->start = b->end = 0;
		b->n_before = rq->n_profiles;
		break;
	case OTLP_profile: begin_profile(b); break;
	case OTLP_valuetype:
		b->type = field == OTLP_profile_period_type ? NULL : PUSH(b, rq, types);
		if (b->type == NULL)
			LAST(rq, profiles)->has_period_type = true;
		break;
	case OTLP_label: (void)PUSH(b, rq, labels); break;
	default:
		if (otlp_fields[field].message == OTLP_profile)
			own_tables(b);
		begin_table(b, m);
	}
}

void otlp_end(struct otlp_build *b, enum otlp_field_id field)
{
	struct otlp_request *rq = b->rq;

	switch (otlp_fields[field].inner) {
	case OTLP_sample: end_sample(b); break;
	case OTLP_resource: LAST(rq, resources)->n = rq->n_pairs - LAST(rq, resources)->at; break;
	case OTLP_scope: LAST(rq, scopes)->n = rq->n_pairs - LAST(rq, scopes)->at; break;
	case OTLP_any:
		if (--b->any_depth > 0)
			break;
		if (b->any_elements > 1)
			forget_value(b);
		b->any = NULL;
		break;
	case OTLP_container: end_container(b); break;
	case OTLP_profile: end_profile(b); break;
	case OTLP_mapping:
		LAST(b->t, mappings)->attributes.n = rq->n_attribute_refs - LAST(b->t, mappings)->attributes.at;
		break;
	case OTLP_location: LAST(b->t, locations)->n_lines = b->t->n_lines - LAST(b->t, locations)->first_line; break;
	case OTLP_stack: LAST(b->t, stacks)->n = rq->n_location_refs - LAST(b->t, stacks)->at; break;
	default: break;
	}
}

/* The type being read: of a sample or the period. */
static struct otlp_type *type_of(struct otlp_build *b)
{
	return b->type != NULL ? b->type : &LAST(b->rq, profiles)->period_type;
}

static void profile_number(struct otlp_build *b, enum otlp_field_id field, int64_t v)
{
	struct otlp_request *rq = b->rq;

	switch (field) {
	case OTLP_profile_time_nanos:
	case OTLP_profile_time_unix_nano: LAST(rq, profiles)->time = v; break;
	case OTLP_profile_duration_nanos:
	case OTLP_profile_duration_nano: LAST(rq, profiles)->duration = v; break;
	case OTLP_profile_period: LAST(rq, profiles)->period = v; break;
	case OTLP_profile_location_indices: *PUSH(b, rq, location_refs) = ref_of(v); break;
	case OTLP_profile_attribute_indices: *PUSH(b, rq, profile_refs) = ref_of(v); break;
	case OTLP_valuetype_type:
	case OTLP_valuetype_type_strindex: type_of(b)->type = ref_of(v); break;
	case OTLP_valuetype_unit:
	case OTLP_valuetype_unit_strindex: type_of(b)->unit = ref_of(v); break;
	case OTLP_container_start_time_unix_nano: b->start = (uint64_t)v; break;
	case OTLP_container_end_time_unix_nano: b->end = (uint64_t)v; break;
	default: break;
	}
}

static void sample_number(struct otlp_build *b, enum otlp_field_id field, int64_t v)
{
	struct otlp_request *rq = b->rq;
	struct otlp_sample *s = LAST(rq, samples);

	switch (field) {
	case OTLP_sample_stack_index:
	case OTLP_sample_locations_start_index: s->stack = ref_of(v); break;
	case OTLP_sample_locations_length: s->n_stack = ref_of(v); break;
	case OTLP_sample_location_index: *PUSH(b, rq, sample_refs) = ref_of(v); break;
	case OTLP_sample_value:
	case OTLP_sample_values: *PUSH(b, rq, values) = v; break;
	case OTLP_sample_attributes:
	case OTLP_sample_attribute_indices: *PUSH(b, rq, attribute_refs) = ref_of(v); break;
	case OTLP_sample_link_index:
		s->has_link = true;
		s->link = ref_of(v);
		break;
	case OTLP_sample_link:
	case OTLP_sample_link_index_:
		s->link = ref_of(v);
		s->has_link = s->link != 0;
		break;
	case OTLP_sample_timestamps_unix_nano:
	case OTLP_sample_timestamps_unix_nano_: *PUSH(b, rq, times) = (uint64_t)v; break;
	case OTLP_label_key: LAST(rq, labels)->key = ref_of(v); break;
	case OTLP_label_str: LAST(rq, labels)->str = ref_of(v); break;
	case OTLP_label_num: LAST(rq, labels)->number = v; break;
	case OTLP_label_num_unit: LAST(rq, labels)->unit = ref_of(v); break;
	default: break;
	}
}

static void table_number(struct otlp_build *b, enum otlp_field_id field, int64_t v)
{
	struct otlp_tables *t = b->t;

	switch (field) {
	case OTLP_stack_location_indices: *PUSH(b, b->rq, location_refs) = ref_of(v); break;
	case OTLP_line_function_index: LAST(t, lines)->function = ref_of(v); break;
	case OTLP_line_line: LAST(t, lines)->line = v; break;
	case OTLP_line_column: LAST(t, lines)->column = profile_column(v); break;
	case OTLP_location_mapping_index:
	case OTLP_location_mapping_index_:
		LAST(t, locations)->mapping = ref_of(v);
		LAST(t, locations)->has_mapping = true;
		break;
	case OTLP_location_address: LAST(t, locations)->address = (uint64_t)v; break;
	case OTLP_location_is_folded: LAST(t, locations)->folded = v != 0; break;
	case OTLP_function_name:
	case OTLP_function_name_strindex: LAST(t, functions)->name = ref_of(v); break;
	case OTLP_function_system_name:
	case OTLP_function_system_name_strindex: LAST(t, functions)->system_name = ref_of(v); break;
	case OTLP_function_filename:
	case OTLP_function_filename_strindex: LAST(t, functions)->file = ref_of(v); break;
	case OTLP_function_start_line: LAST(t, functions)->start_line = v; break;
	case OTLP_mapping_memory_start: LAST(t, mappings)->start = (uint64_t)v; break;
	case OTLP_mapping_memory_limit: LAST(t, mappings)->limit = (uint64_t)v; break;
	case OTLP_mapping_file_offset: LAST(t, mappings)->offset = (uint64_t)v; break;
	case OTLP_mapping_filename:
	case OTLP_mapping_filename_strindex: LAST(t, mappings)->file = ref_of(v); break;
	case OTLP_mapping_build_id: LAST(t, mappings)->build_id = ref_of(v); break;
	case OTLP_mapping_attributes:
	case OTLP_mapping_attribute_indices: *PUSH(b, b->rq, attribute_refs) = ref_of(v); break;
	case OTLP_attribute_key_strindex: LAST(t, attributes)->key_index = ref_of(v); break;
	case OTLP_attribute_unit_strindex: LAST(t, attributes)->unit = ref_of(v); break;
	default: break;
	}
}

static void pair_number(struct otlp_build *b, enum otlp_field_id field, int64_t v)
{
	if (field == OTLP_keyvalue_key_strindex) {
		if (b->any == NULL)
			LAST(b->rq, pairs)->key_index = ref_of(v);
		return;
	}
	if (!any_counts(b))
		return;
	forget_value(b);
	if (field == OTLP_any_int_value) {
		set_number(b, v);
	} else if (field == OTLP_any_string_value_strindex) {
		b->any->value_index = ref_of(v);
		b->any->by_index = true;
	}
}

void otlp_number(struct otlp_build *b, enum otlp_field_id field, int64_t v)
{
	switch (otlp_fields[field].message) {
	case OTLP_profile:
	case OTLP_container:
	case OTLP_valuetype: profile_number(b, field, v); break;
	case OTLP_sample:
	case OTLP_label: sample_number(b, field, v); break;
	case OTLP_keyvalue:
	case OTLP_any: pair_number(b, field, v); break;
	default: table_number(b, field, v); break;
	}
}

void otlp_text(struct otlp_build *b, enum otlp_field_id field, struct str s)
{
	switch (field) {
	case OTLP_profile_string_table:
		own_tables(b);
		*PUSH(b, b->t, strings) = s;
		break;
	case OTLP_request_string_table:
	case OTLP_dictionary_string_table: *PUSH(b, b->t, strings) = s; break;
	case OTLP_keyvalue_key:
		if (b->any == NULL)
			LAST(b->rq, pairs)->key = s;
		break;
	case OTLP_attribute_key: LAST(b->t, attributes)->key = s; break;
	case OTLP_any_string_value:
		if (any_counts(b)) {
			forget_value(b);
			b->any->value = s;
		}
		break;
	case OTLP_any_bytes_value:
		if (any_counts(b))
			forget_value(b);
		break;
	case OTLP_link_trace_id: LAST(b->t, links)->trace = s; break;
	case OTLP_link_span_id: LAST(b->t, links)->span = s; break;
	default: break;
	}
}

uint32_t *otlp_refs(struct otlp_build *b, enum otlp_field_id field, uint32_t n)
{
	struct otlp_request *rq = b->rq;
	uint32_t **pool, *count, *cap;

	if (field == OTLP_stack_location_indices || field == OTLP_profile_location_indices) {
		pool = &rq->location_refs;
		count = &rq->n_location_refs;
		cap = &rq->cap_location_refs;
	} else if (field == OTLP_sample_attribute_indices || field == OTLP_sample_attributes) {
		pool = &rq->attribute_refs;
		count = &rq->n_attribute_refs;
		cap = &rq->cap_attribute_refs;
	} else {
		return NULL;
	}
	while (UNLIKELY(*cap - *count < n))
		*pool = profile_grow(b->a, *pool, sizeof(**pool), *count, cap);
	*count += n;
	return *pool + *count - n;
}

/* ---- judging ---- */

static uint64_t outside(const uint32_t *refs, struct otlp_span s, uint32_t limit)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < s.n; i++)
		n += refs[s.at + i] >= limit;
	return n;
}

/* Attributes of one sample: index 0 is no attribute, and none comes twice. */
static uint64_t odd_attributes(const uint32_t *refs, struct otlp_span s)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < s.n; i++)
		n += refs[s.at + i] == 0 || (i > 0 && refs[s.at + i] == refs[s.at + i - 1]);
	return n;
}

static uint64_t table_faults(const struct otlp_request *rq, const struct otlp_tables *t)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < t->n_lines; i++)
		n += t->lines[i].function >= t->n_functions;
	for (uint32_t i = 0; i < t->n_functions; i++)
		n += (t->functions[i].name >= t->n_strings) + (t->functions[i].system_name >= t->n_strings) +
		    (t->functions[i].file >= t->n_strings);
	for (uint32_t i = 0; i < t->n_locations; i++)
		n += t->locations[i].has_mapping && t->locations[i].mapping >= t->n_mappings;
	for (uint32_t i = 0; i < t->n_mappings; i++)
		n += (t->mappings[i].file >= t->n_strings) +
		    outside(rq->attribute_refs, t->mappings[i].attributes, t->n_attributes);
	for (uint32_t i = 0; i < t->n_attributes; i++)
		n += t->attributes[i].key_index >= MAX(t->n_strings, 1u);
	for (uint32_t i = 0; i < t->n_stacks; i++)
		n += outside(rq->location_refs, t->stacks[i], t->n_locations);
	return n;
}

static uint64_t sample_faults(const struct otlp_request *rq, const struct otlp_profile *p, const struct otlp_tables *t)
{
	uint64_t n = 0;

	for (uint32_t i = p->samples.at; i < p->samples.at + p->samples.n; i++) {
		const struct otlp_sample *s = &rq->samples[i];

		n += s->values.n == 0 && s->times.n == 0;
		n += outside(rq->attribute_refs, s->attributes, t->n_attributes);
		n += odd_attributes(rq->attribute_refs, s->attributes);
		n += s->has_link && s->link >= t->n_links;
		n += outside(rq->sample_refs, s->own, t->n_locations);
		if (otlp_has_stacks(rq))
			n += s->stack >= t->n_stacks;
		else if (s->n_stack > 0)
			n += (uint64_t)s->stack + s->n_stack > p->locations.n;
	}
	return n;
}

uint64_t otlp_faults(const struct otlp_request *rq)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < rq->n_tables; i++)
		n += table_faults(rq, &rq->tables[i]);
	for (uint32_t i = 0; i < rq->n_profiles; i++) {
		const struct otlp_profile *p = &rq->profiles[i];
		const struct otlp_tables *t = &rq->tables[p->tables];

		n += sample_faults(rq, p, t);
		n += t->n_strings == 0;
		n += p->has_period_type && p->period_type.type >= t->n_strings;
		for (uint32_t k = p->types.at; k < p->types.at + p->types.n; k++)
			n += (rq->types[k].type >= t->n_strings) + (rq->types[k].unit >= t->n_strings);
		if (!otlp_has_stacks(rq))
			n += outside(rq->location_refs, p->locations, t->n_locations);
	}
	return n;
}
