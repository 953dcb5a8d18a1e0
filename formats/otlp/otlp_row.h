/*
 * otlp_row.h - what the two rows of the table of formats share. Only for
 * formats/otlp.
 */
#ifndef OTLP_ROW_H
#define OTLP_ROW_H

#include "formats/otlp/otlp.h"

int otlp_row_decode(struct arena *a, struct str bytes, enum otlp_wire wire, const struct format_opts *o,
    struct format_profiles *out, struct err *e);

#endif
