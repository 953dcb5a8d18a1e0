/*
 * otlp_request.h - an export request as flat tables, the same for all schemas
 * and for protobuf and JSON: what the readers fill and otlp_convert reads.
 * Indexes are as they were sent, and not checked. Only for formats/otlp.
 *
 * A reader walks over its input and says what it meets:
 *
 *	otlp_begin(b, field)             a message begins (a field of kind MSG)
 *	otlp_number(b, field, v)         one number; of a list: the next one
 *	otlp_text(b, field, s)           text or bytes, borrowed
 *	otlp_end(b, field)               the message ends
 */
#ifndef OTLP_REQUEST_H
#define OTLP_REQUEST_H

#include "base/arena.h"
#include "base/err.h"
#include "formats/otlp/otlp_schema.h"

enum { OTLP_MAX_DEPTH = 100 }; /* of values inside values */

struct otlp_span { /* of a pool */
	uint32_t at, n;
};

/* An entry of the attribute table, or an attribute of a resource, scope or profile. */
struct otlp_attribute {
	struct str key, value; /* the text of value: empty for kinds that have none (9.4 of the specification) */
	int64_t number;
	uint32_t key_index, value_index, unit; /* strings; key_index counts when key is empty */
	bool is_number, by_index;              /* value is number; value is strings[value_index] */
};

struct otlp_mapping {
	uint64_t start, limit, offset;
	uint32_t file, build_id;
	struct otlp_span attributes; /* in attribute_refs */
};

struct otlp_function {
	uint32_t name, system_name, file;
	int64_t start_line;
};

struct otlp_line {
	uint32_t function, column;
	int64_t line;
};

struct otlp_location {
	uint64_t address;
	uint32_t mapping, first_line, n_lines;
	bool has_mapping, folded;
};

struct otlp_link {
	struct str trace, span;
};

struct otlp_label { /* of the experimental schema */
	uint32_t key, str, unit;
	int64_t number;
};

struct otlp_type {
	uint32_t type, unit;
};

struct otlp_tables {
	struct str *strings;
	struct otlp_mapping *mappings;
	struct otlp_location *locations;
	struct otlp_line *lines;
	struct otlp_function *functions;
	struct otlp_link *links;
	struct otlp_attribute *attributes;
	struct otlp_span *stacks; /* in location_refs */
	uint32_t n_strings, n_mappings, n_locations, n_lines, n_functions, n_links, n_attributes, n_stacks;
	uint32_t cap_strings, cap_mappings, cap_locations, cap_lines, cap_functions, cap_links, cap_attributes,
	    cap_stacks;
};

struct otlp_sample {
	uint32_t stack; /* in stacks, or the first of n_stack in the profile's location_refs */
	uint32_t n_stack;
	uint32_t link;
	bool has_link;        /* for schemas where link 0 is one */
	struct otlp_span own; /* in sample_refs: locations of the experimental schema */
	struct otlp_span attributes, values, times, labels;
};

struct otlp_profile {
	uint32_t tables, resource, scope; /* positions in the request */
	struct otlp_span types;
	struct otlp_type period_type;
	bool has_period_type;
	int64_t period, time, duration;
	struct otlp_span samples, locations, attributes; /* attributes: of the profile itself, in pairs */
	struct otlp_span refs;                           /* the same in profile_refs */
	uint32_t wire_size;                              /* bytes of the message; 0 = unknown (JSON) */
};

struct otlp_request {
	enum otlp_version version;
	bool has_dictionary, has_resources, has_stray; /* stray: a profile held what its schema does not know */
	struct otlp_tables *tables;                    /* the first is the request's own */
	struct otlp_span *resources, *scopes;          /* their attributes, in pairs */
	struct otlp_attribute *pairs;
	struct otlp_profile *profiles;
	struct otlp_type *types;
	struct otlp_sample *samples;
	struct otlp_label *labels;
	uint32_t *location_refs, *sample_refs, *attribute_refs, *profile_refs;
	int64_t *values;
	uint64_t *times;
	uint32_t n_tables, used_tables, n_resources, n_scopes, n_pairs, n_profiles, n_types, n_samples, n_labels;
	uint32_t n_location_refs, n_sample_refs, n_attribute_refs, n_profile_refs, n_values, n_times;
	uint32_t cap_tables, cap_resources, cap_scopes, cap_pairs, cap_profiles, cap_types, cap_samples, cap_labels;
	uint32_t cap_location_refs, cap_sample_refs, cap_attribute_refs, cap_profile_refs, cap_values, cap_times;
};

struct otlp_build {
	struct arena *a;
	struct otlp_request *rq;
	struct otlp_tables *t;      /* that tables go to now */
	struct otlp_attribute *any; /* whose value is being read */
	struct otlp_type *type;     /* that is being read */
	unsigned any_depth;         /* values inside values */
	uint32_t any_elements;      /* of the list that is the value */
	uint64_t start, end;        /* of the container */
	uint32_t n_before;          /* profiles before it */
};

void otlp_build_init(struct otlp_build *b, struct arena *a, struct otlp_request *rq);
/* Empties the request, keeps its memory. */
void otlp_build_reset(struct otlp_build *b, enum otlp_version v);
void otlp_begin(struct otlp_build *b, enum otlp_field_id field);
void otlp_end(struct otlp_build *b, enum otlp_field_id field);
void otlp_number(struct otlp_build *b, enum otlp_field_id field, int64_t v);
void otlp_text(struct otlp_build *b, enum otlp_field_id field, struct str s);
/* For packed lists: the next n numbers of the list `field`, to be written by the caller; NULL: one by one. */
uint32_t *otlp_refs(struct otlp_build *b, enum otlp_field_id field, uint32_t n);

/* How many rules of its schema the request breaks: indexes outside of their table and the like. */
uint64_t otlp_faults(const struct otlp_request *rq);

static inline bool otlp_has_stacks(const struct otlp_request *rq)
{
	return rq->version >= OTLP_1_8;
}

/* 0, or ERR_INVALID: the bytes are no such message at all. The schema is the one whose rules the request breaks least. */
int otlp_read_wire(struct arena *a, struct str bytes, struct otlp_request *rq, struct err *e);
/* lenient: unknown members are passed over and counted in *unknown. */
int otlp_read_json(struct arena *a, struct str text, bool lenient, struct otlp_request *rq, uint32_t *unknown,
    struct err *e);

#endif
