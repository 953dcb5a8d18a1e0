/*
 * otlp_write.h - messages of the newest schema, as protobuf or as JSON. Zero
 * and empty values are left out, as proto3 does. Only for formats/otlp.
 *
 *	otlp_out_list(&w, OTLP_dictionary_stack_table);
 *	otlp_out_open(&w, OTLP_dictionary_stack_table);    each element
 *	otlp_out_numbers(&w, OTLP_stack_location_indices, refs, n);
 *	otlp_out_close(&w);
 *	otlp_out_list_end(&w);
 */
#ifndef OTLP_WRITE_H
#define OTLP_WRITE_H

#include "base/json.h"
#include "formats/otlp/otlp.h"
#include "formats/otlp/otlp_schema.h"

struct otlp_out {
	struct buf *b;
	bool json;
	struct jw jw;
	size_t at[8]; /* of open messages */
	unsigned size[8], depth;
};

void otlp_out_begin(struct otlp_out *w, struct buf *b, enum otlp_wire wire);
void otlp_out_end(struct otlp_out *w);
void otlp_out_list(struct otlp_out *w, enum otlp_field_id field);
void otlp_out_list_end(struct otlp_out *w);
void otlp_out_open(struct otlp_out *w, enum otlp_field_id field); /* of a list: an element */
void otlp_out_close(struct otlp_out *w);
void otlp_out_number(struct otlp_out *w, enum otlp_field_id field, int64_t v);
void otlp_out_numbers(struct otlp_out *w, enum otlp_field_id field, const uint32_t *v, uint32_t n);
void otlp_out_text(struct otlp_out *w, enum otlp_field_id field, struct str s);
void otlp_out_texts(struct otlp_out *w, enum otlp_field_id field, const struct str *s, uint32_t n);
/* Of an oneof: written though it is zero. */
void otlp_out_choice(struct otlp_out *w, enum otlp_field_id field, int64_t v, struct str s);

#endif
