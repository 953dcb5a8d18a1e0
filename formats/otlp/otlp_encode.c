/*
 * otlp_encode.c - profiles as an export request: first all that they use is
 * put into one dictionary, then the request is written. Entry 0 of each table
 * of the dictionary means "none", so positions of ours are one less.
 */
#include "base/enc.h"
#include "base/hash.h"
#include "formats/format_impl.h"
#include "formats/otlp/otlp_impl.h"
#include "formats/otlp/otlp_write.h"

#define SCOPE "pyro"
#define BUILD_ID "process.executable.build_id.gnu"

struct attribute {
	uint32_t key, str, unit;
	int64_t number;
};

struct link {
	struct str trace, span; /* bytes */
};

/* A sample of an input, with positions in the dictionary. */
struct sample {
	uint32_t stack, link;
	struct otlp_span attributes;
};

struct input {
	struct sample *samples;
	struct otlp_type *types;
	struct otlp_type period;
};

struct encoder {
	struct arena *a;
	struct profile_builder *b;
	struct attribute *attributes;
	struct link *links;
	struct otlp_span *stacks;
	uint32_t *stack_refs, *attribute_refs;
	uint32_t n_attributes, n_links, n_stacks, n_stack_refs, n_attribute_refs;
	uint32_t cap_attributes, cap_links, cap_stacks, cap_stack_refs, cap_attribute_refs;
	struct table by_attribute, by_link, by_stack;
	uint32_t build_id_key;
	struct profile *dictionary;
};

#define PUSH(x, name, ...)                                                                             \
	do {                                                                                           \
		if (UNLIKELY((x)->n_##name == (x)->cap_##name))                                        \
			(x)->name = profile_grow((x)->a, (x)->name, sizeof(*(x)->name), (x)->n_##name, \
			    &(x)->cap_##name);                                                         \
		(x)->name[(x)->n_##name++] = (__VA_ARGS__);                                            \
	} while (0)

/* ---- the dictionary ---- */

static uint32_t text(struct encoder *x, const struct profile *p, uint32_t i)
{
	return profile_builder_str(x->b, profile_str(p, i));
}

static uint32_t attribute(struct encoder *x, struct attribute new)
{
	uint64_t hash = hash_mix(hash_mix((uint64_t) new.key << 32 | new.str, (uint64_t) new.number), new.unit);
	struct table_at at = table_find(&x->by_attribute, hash);

	for (uint32_t i; table_next(&at, &i);) {
		const struct attribute *old = &x->attributes[i];

		if (old->key == new.key && old->str == new.str && old->number == new.number && old->unit == new.unit)
			return i + 1;
	}
	table_put(&x->by_attribute, x->a, hash, x->n_attributes);
	PUSH(x, attributes, new);
	return x->n_attributes;
}

static uint32_t link_of(struct encoder *x, struct str trace, struct str span)
{
	uint64_t hash = hash_mix(hash_seeded(trace), hash_seeded(span));
	struct table_at at = table_find(&x->by_link, hash);

	for (uint32_t i; table_next(&at, &i);)
		if (str_eq(x->links[i].trace, trace) && str_eq(x->links[i].span, span))
			return i + 1;
	table_put(&x->by_link, x->a, hash, x->n_links);
	PUSH(x, links, (struct link){ trace, span });
	return x->n_links;
}

static uint32_t stack_of(struct encoder *x, const uint32_t *refs, uint32_t n)
{
	uint64_t hash = hash_seeded(str_of(refs, n * sizeof(*refs)));
	struct table_at at = table_find(&x->by_stack, hash);

	for (uint32_t i; table_next(&at, &i);)
		if (x->stacks[i].n == n && memcmp(x->stack_refs + x->stacks[i].at, refs, n * sizeof(*refs)) == 0)
			return i + 1;
	table_put(&x->by_stack, x->a, hash, x->n_stacks);
	PUSH(x, stacks, (struct otlp_span){ x->n_stack_refs, n });
	for (uint32_t i = 0; i < n; i++)
		PUSH(x, stack_refs, refs[i]);
	return x->n_stacks;
}

/* Locations of an input by position, as they are in the dictionary (from 1); the last is for unknown ones. */
static uint32_t *locations(struct encoder *x, const struct profile *p)
{
	uint32_t *functions = arena_array(x->a, p->n_functions, sizeof(*functions));
	uint32_t *mappings = arena_array(x->a, p->n_mappings, sizeof(*mappings));
	uint32_t *out = arena_array(x->a, (size_t)p->n_locations + 1, sizeof(*out));
	struct line *lines = NULL;
	uint32_t cap = 0;

	for (uint32_t i = 0; i < p->n_functions; i++) {
		const struct function *f = &p->functions[i];

		functions[i] = profile_builder_function(x->b,
		    &(struct function){ .name = text(x, p, f->name),
			.system_name = text(x, p, f->system_name),
			.file = text(x, p, f->file),
			.start_line = f->start_line });
	}
	for (uint32_t i = 0; i < p->n_mappings; i++) {
		struct mapping m = p->mappings[i];

		m.file = text(x, p, m.file);
		m.build_id = text(x, p, m.build_id);
		m.flags = 0;
		mappings[i] = profile_builder_mapping(x->b, &m);
	}
	for (uint32_t i = 0; i < p->n_locations; i++) {
		struct location l = p->locations[i];
		uint32_t n = 0;

		while (cap < l.n_lines)
			lines = profile_grow(x->a, lines, sizeof(*lines), 0, &cap);
		for (uint32_t k = 0; k < l.n_lines; k++) {
			const struct line *line = &p->lines[l.first_line + k];

			if (line->function < p->n_functions)
				lines[n++] = (struct line){ functions[line->function], line->column, line->line };
		}
		l.n_lines = n;
		l.folded = l.mapping_unknown = false;
		l.mapping = l.mapping < p->n_mappings ? mappings[l.mapping] : PROFILE_NONE;
		out[i] = profile_builder_location(x->b, &l, lines) + 1;
	}
	out[p->n_locations] = 0;
	return out;
}

/* The last tag of that key with so many hexadecimal digits, decoded; UINT32_MAX: there is none. */
static uint32_t id_tag(struct encoder *x, const struct profile *p, uint32_t i, const char *key, size_t digits,
    struct str *bytes)
{
	struct err ignored;

	for (uint32_t k = p->tag_at[i + 1]; k-- > p->tag_at[i];) {
		struct str value = profile_str(p, p->tags[k].str);

		if (value.n == digits && str_eq(profile_str(p, p->tags[k].key), str_cstr(key)) &&
		    dec_hex(x->a, value, bytes, &ignored) == 0)
			return k;
	}
	return UINT32_MAX;
}

/* Ids of spans and traces are links, other tags attributes. */
static void tags(struct encoder *x, const struct profile *p, uint32_t i, struct sample *s)
{
	struct str trace = STR_NONE, span = STR_NONE;
	uint32_t span_at, trace_at;

	s->attributes.at = x->n_attribute_refs;
	if (p->tag_at == NULL)
		return;
	span_at = id_tag(x, p, i, "span_id", 16, &span);
	trace_at = id_tag(x, p, i, "trace_id", 32, &trace);
	for (uint32_t k = p->tag_at[i]; k < p->tag_at[i + 1]; k++) {
		const struct tag *t = &p->tags[k];
		struct attribute new = { .key = text(x, p, t->key) };

		if (k == span_at || k == trace_at)
			continue;
		if (profile_str(p, t->str).n > 0) {
			new.str = text(x, p, t->str);
		} else {
			new.number = t->num;
			new.unit = text(x, p, t->unit);
		}
		PUSH(x, attribute_refs, attribute(x, new));
	}
	s->attributes.n = x->n_attribute_refs - s->attributes.at;
	s->link = span.n + trace.n > 0 ? link_of(x, trace, span) : 0;
}

static void take(struct encoder *x, const struct profile *p, struct input *in)
{
	const uint32_t *where = locations(x, p);
	uint32_t *refs = NULL, cap = 0;

	in->samples = arena_zarray(x->a, p->n_samples, sizeof(*in->samples));
	in->types = arena_zarray(x->a, p->n_types, sizeof(*in->types));
	for (uint32_t i = 0; i < p->n_types; i++)
		in->types[i] = (struct otlp_type){ text(x, p, p->types[i].type), text(x, p, p->types[i].unit) };
	in->period = (struct otlp_type){ text(x, p, p->period_type.type), text(x, p, p->period_type.unit) };
	for (uint32_t i = 0; i < p->n_samples; i++) {
		uint32_t at = p->stack_at[i], n = p->stack_at[i + 1] - at;

		while (cap < n)
			refs = profile_grow(x->a, refs, sizeof(*refs), 0, &cap);
		for (uint32_t k = 0; k < n; k++)
			refs[k] = where[MIN(p->stack[at + k], p->n_locations)];
		in->samples[i].stack = n > 0 ? stack_of(x, refs, n) : 0;
		tags(x, p, i, &in->samples[i]);
	}
}

/* ---- writing ---- */

static void put_pair(struct otlp_out *w, enum otlp_field_id list, struct str key, struct str value)
{
	otlp_out_open(w, list);
	otlp_out_text(w, OTLP_keyvalue_key, key);
	otlp_out_open(w, OTLP_keyvalue_value);
	otlp_out_choice(w, OTLP_any_string_value, 0, value);
	otlp_out_close(w);
	otlp_out_close(w);
}

/*
 * Series labels are the resource's attributes; those that begin with __ speak
 * to servers alone. An unknown service is what a reader makes of none.
 */
static void put_resource(struct otlp_out *w, const struct labels *l)
{
	struct str service = labels_get(l, STR("service_name"));

	otlp_out_open(w, OTLP_resources_resource);
	otlp_out_list(w, OTLP_resource_attributes);
	if (service.n == 0 || str_prefix(service, STR("unknown_service")))
		service = labels_get(l, STR("service.name"));
	if (service.n > 0)
		put_pair(w, OTLP_resource_attributes, STR("service.name"), service);
	for (uint32_t i = 0; i < l->n; i++)
		if (!str_prefix(l->p[i].name, STR("__")) && !str_eq(l->p[i].name, STR("service.name")) &&
		    !str_eq(l->p[i].name, STR("service_name")))
			put_pair(w, OTLP_resource_attributes, l->p[i].name, l->p[i].value);
	otlp_out_list_end(w);
	otlp_out_close(w);
}

static void put_type(struct otlp_out *w, enum otlp_field_id field, struct otlp_type t)
{
	otlp_out_open(w, field);
	otlp_out_number(w, OTLP_valuetype_type_strindex, t.type);
	otlp_out_number(w, OTLP_valuetype_unit_strindex, t.unit);
	otlp_out_close(w);
}

/* Samples without a value of that type are left out, unless all are such. */
static bool has_values(const struct profile *p, uint32_t type)
{
	for (uint32_t i = 0; i < p->n_samples; i++)
		if (profile_value(p, i, type) != 0)
			return true;
	return false;
}

static void put_profile(struct encoder *x, struct otlp_out *w, const struct profile *p, const struct input *in,
    uint32_t type)
{
	bool sparse = has_values(p, type);

	otlp_out_open(w, OTLP_scopes_profiles);
	put_type(w, OTLP_profile_sample_type_, in->types[type]);
	otlp_out_list(w, OTLP_profile_samples);
	for (uint32_t i = 0; i < p->n_samples; i++) {
		const struct sample *s = &in->samples[i];
		int64_t value = profile_value(p, i, type);

		if (sparse && value == 0)
			continue;
		otlp_out_open(w, OTLP_profile_samples);
		otlp_out_number(w, OTLP_sample_stack_index, s->stack);
		otlp_out_numbers(w, OTLP_sample_attribute_indices, x->attribute_refs + s->attributes.at,
		    s->attributes.n);
		otlp_out_number(w, OTLP_sample_link_index_, s->link);
		otlp_out_number(w, OTLP_sample_values, value);
		if (p->at != NULL)
			otlp_out_number(w, OTLP_sample_timestamps_unix_nano_, p->at[i]);
		otlp_out_close(w);
	}
	otlp_out_list_end(w);
	otlp_out_number(w, OTLP_profile_time_unix_nano, p->time);
	otlp_out_number(w, OTLP_profile_duration_nano, p->duration);
	if (p->has_period_type)
		put_type(w, OTLP_profile_period_type, in->period);
	otlp_out_number(w, OTLP_profile_period, p->period);
	otlp_out_close(w);
}

static void put_mappings(struct encoder *x, struct otlp_out *w)
{
	const struct profile *d = x->dictionary;

	otlp_out_list(w, OTLP_dictionary_mapping_table);
	otlp_out_open(w, OTLP_dictionary_mapping_table);
	otlp_out_close(w);
	for (uint32_t i = 0; i < d->n_mappings; i++) {
		const struct mapping *m = &d->mappings[i];
		uint32_t id;

		otlp_out_open(w, OTLP_dictionary_mapping_table);
		otlp_out_number(w, OTLP_mapping_memory_start, (int64_t)m->start);
		otlp_out_number(w, OTLP_mapping_memory_limit, (int64_t)m->limit);
		otlp_out_number(w, OTLP_mapping_file_offset, (int64_t)m->offset);
		otlp_out_number(w, OTLP_mapping_filename_strindex, m->file);
		if (m->build_id != 0) {
			id = attribute(x, (struct attribute){ .key = x->build_id_key, .str = m->build_id });
			otlp_out_numbers(w, OTLP_mapping_attribute_indices, &id, 1);
		}
		otlp_out_close(w);
	}
	otlp_out_list_end(w);
}

static void put_locations(struct encoder *x, struct otlp_out *w)
{
	const struct profile *d = x->dictionary;

	otlp_out_list(w, OTLP_dictionary_location_table);
	otlp_out_open(w, OTLP_dictionary_location_table);
	otlp_out_close(w);
	for (uint32_t i = 0; i < d->n_locations; i++) {
		const struct location *l = &d->locations[i];

		otlp_out_open(w, OTLP_dictionary_location_table);
		otlp_out_number(w, OTLP_location_mapping_index_, l->mapping == PROFILE_NONE ? 0 : l->mapping + 1);
		otlp_out_number(w, OTLP_location_address, (int64_t)l->address);
		if (l->n_lines > 0)
			otlp_out_list(w, OTLP_location_lines);
		for (uint32_t k = l->first_line; k < l->first_line + l->n_lines; k++) {
			otlp_out_open(w, OTLP_location_lines);
			otlp_out_number(w, OTLP_line_function_index, d->lines[k].function + 1);
			otlp_out_number(w, OTLP_line_line, d->lines[k].line);
			otlp_out_number(w, OTLP_line_column, d->lines[k].column);
			otlp_out_close(w);
		}
		if (l->n_lines > 0)
			otlp_out_list_end(w);
		otlp_out_close(w);
	}
	otlp_out_list_end(w);
	otlp_out_list(w, OTLP_dictionary_function_table);
	otlp_out_open(w, OTLP_dictionary_function_table);
	otlp_out_close(w);
	for (uint32_t i = 0; i < d->n_functions; i++) {
		const struct function *f = &d->functions[i];

		otlp_out_open(w, OTLP_dictionary_function_table);
		otlp_out_number(w, OTLP_function_name_strindex, f->name);
		otlp_out_number(w, OTLP_function_system_name_strindex, f->system_name);
		otlp_out_number(w, OTLP_function_filename_strindex, f->file);
		otlp_out_number(w, OTLP_function_start_line, f->start_line);
		otlp_out_close(w);
	}
	otlp_out_list_end(w);
}

static void put_links(struct encoder *x, struct otlp_out *w)
{
	otlp_out_list(w, OTLP_dictionary_link_table);
	otlp_out_open(w, OTLP_dictionary_link_table);
	otlp_out_close(w);
	for (uint32_t i = 0; i < x->n_links; i++) {
		otlp_out_open(w, OTLP_dictionary_link_table);
		otlp_out_text(w, OTLP_link_trace_id, x->links[i].trace);
		otlp_out_text(w, OTLP_link_span_id, x->links[i].span);
		otlp_out_close(w);
	}
	otlp_out_list_end(w);
}

static void put_attributes(struct encoder *x, struct otlp_out *w)
{
	otlp_out_list(w, OTLP_dictionary_attribute_table);
	otlp_out_open(w, OTLP_dictionary_attribute_table);
	otlp_out_close(w);
	for (uint32_t i = 0; i < x->n_attributes; i++) {
		const struct attribute *t = &x->attributes[i];

		otlp_out_open(w, OTLP_dictionary_attribute_table);
		otlp_out_number(w, OTLP_attribute_key_strindex, t->key);
		otlp_out_open(w, OTLP_attribute_value);
		if (t->str != 0)
			otlp_out_choice(w, OTLP_any_string_value, 0, x->dictionary->strings[t->str]);
		else
			otlp_out_choice(w, OTLP_any_int_value, t->number, STR_NONE);
		otlp_out_close(w);
		otlp_out_number(w, OTLP_attribute_unit_strindex, t->unit);
		otlp_out_close(w);
	}
	otlp_out_list_end(w);
}

static void put_dictionary(struct encoder *x, struct otlp_out *w)
{
	otlp_out_open(w, OTLP_request_dictionary);
	put_mappings(x, w);
	put_locations(x, w);
	put_links(x, w);
	otlp_out_texts(w, OTLP_dictionary_string_table, x->dictionary->strings, x->dictionary->n_strings);
	put_attributes(x, w);
	otlp_out_list(w, OTLP_dictionary_stack_table);
	otlp_out_open(w, OTLP_dictionary_stack_table);
	otlp_out_close(w);
	for (uint32_t i = 0; i < x->n_stacks; i++) {
		otlp_out_open(w, OTLP_dictionary_stack_table);
		otlp_out_numbers(w, OTLP_stack_location_indices, x->stack_refs + x->stacks[i].at, x->stacks[i].n);
		otlp_out_close(w);
	}
	otlp_out_list_end(w);
	otlp_out_close(w);
}

/* The same but for their names: they come from one resource. */
static bool same_resource(struct arena *a, const struct labels *x, const struct labels *y)
{
	struct labels p = labels_without(a, x, STR("__name__")), q = labels_without(a, y, STR("__name__"));

	return labels_cmp(&p, &q) == 0;
}

static void put_request(struct encoder *x, const struct format_profile *in, const struct input *inputs, uint32_t n,
    uint32_t type, struct otlp_out *w)
{
	otlp_out_list(w, OTLP_request_resource_profiles);
	for (uint32_t i = 0; i < n;) {
		uint32_t first = i;

		otlp_out_open(w, OTLP_request_resource_profiles);
		put_resource(w, &in[i].labels);
		otlp_out_list(w, OTLP_resources_scope_profiles);
		otlp_out_open(w, OTLP_resources_scope_profiles);
		otlp_out_open(w, OTLP_scopes_scope);
		otlp_out_text(w, OTLP_scope_name, STR(SCOPE));
		otlp_out_close(w);
		otlp_out_list(w, OTLP_scopes_profiles);
		for (; i < n && (i == first || same_resource(x->a, &in[first].labels, &in[i].labels)); i++)
			for (uint32_t k = 0; k < in[i].p->n_types; k++)
				if (type == FORMAT_ALL_TYPES || type == k)
					put_profile(x, w, in[i].p, &inputs[i], k);
		otlp_out_list_end(w);
		otlp_out_close(w);
		otlp_out_list_end(w);
		otlp_out_close(w);
	}
	otlp_out_list_end(w);
}

int otlp_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, enum otlp_wire wire,
    struct buf *out, struct err *e)
{
	struct encoder x = { 0 };
	struct input *inputs;
	struct otlp_out w;
	uint32_t type;

	for (uint32_t i = 0; i < n && o->type != FORMAT_ALL_TYPES; i++)
		if (format_type(in[i].p, o, "otlp", &type, e) < 0)
			return -1;
	x.a = arena_new();
	inputs = arena_zarray(x.a, n, sizeof(*inputs));
	/* pointed into though nothing may be in it */
	x.attribute_refs = arena_array(x.a, 1, sizeof(*x.attribute_refs));
	x.cap_attribute_refs = 1;

	x.b = profile_builder_new(x.a, 0);
	x.build_id_key = profile_builder_str(x.b, STR(BUILD_ID));
	for (uint32_t i = 0; i < n; i++)
		take(&x, in[i].p, &inputs[i]);
	x.dictionary = profile_builder_finish(x.b);
	otlp_out_begin(&w, out, wire);
	put_request(&x, in, inputs, n, o->type, &w);
	put_dictionary(&x, &w);
	otlp_out_end(&w);
	arena_free(x.a);
	return buf_check(out, "otlp", e);
}
