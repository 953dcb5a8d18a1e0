/*
 * otlp_schema.h - the fields of all published schemas (otlp_fields.def) as
 * tables that the readers and the writer walk over. Only for formats/otlp.
 */
#ifndef OTLP_SCHEMA_H
#define OTLP_SCHEMA_H

#include "base/str.h"

/* From old to new; the columns of otlp_fields.def. */
enum otlp_version {
	OTLP_EXPERIMENTAL,
	OTLP_1_4,
	OTLP_1_6,
	OTLP_1_7,
	OTLP_1_8,
	OTLP_1_9,
	OTLP_1_10,
	OTLP_VERSIONS,
	OTLP_NEWEST = OTLP_1_10
};

enum otlp_message {
	OTLP_none,
	OTLP_request,
	OTLP_dictionary,
	OTLP_resources,
	OTLP_resource,
	OTLP_entity,
	OTLP_scopes,
	OTLP_scope,
	OTLP_keyvalue,
	OTLP_any,
	OTLP_array,
	OTLP_kvlist,
	OTLP_container,
	OTLP_profile,
	OTLP_valuetype,
	OTLP_sample,
	OTLP_label,
	OTLP_stack,
	OTLP_mapping,
	OTLP_location,
	OTLP_line,
	OTLP_function,
	OTLP_link,
	OTLP_attribute,
	OTLP_unit,
	OTLP_MESSAGES
};

enum otlp_kind {
	OTLP_I32,
	OTLP_U32,
	OTLP_I64,
	OTLP_U64,
	OTLP_BOOL,
	OTLP_ENUM,
	OTLP_FIX64,
	OTLP_F64,
	OTLP_STR,
	OTLP_BYTES,
	OTLP_MSG,
};

/* OTLP_sample_values and so on: positions in otlp_fields. */
enum otlp_field_id {
#define FIELD(message, name, kind, many, inner, a, b, c, d, e, f, g) OTLP_##message##_##name,
#include "formats/otlp/otlp_fields.def"
#undef FIELD
	OTLP_FIELDS
};

struct otlp_field {
	uint8_t message, kind, inner;
	bool many;
	uint8_t number[OTLP_VERSIONS];
	struct str name; /* of the .proto, without the underscore that tells it from another of that name */
};

extern const struct otlp_field otlp_fields[OTLP_FIELDS];

enum { OTLP_NUMBERS = 24 }; /* field numbers are below */

/* By message and field number: position in otlp_fields + 1, 0 = unknown. */
struct otlp_numbers {
	uint8_t field[OTLP_MESSAGES][OTLP_NUMBERS];
};

void otlp_numbers_of(struct otlp_numbers *out, enum otlp_version v);
/* Fields of a message: first and behind the last. */
void otlp_fields_of(enum otlp_message m, uint32_t *first, uint32_t *end);
/* "v1development of 1.4 and 1.5" */
const char *otlp_version_text(enum otlp_version v);

#endif
