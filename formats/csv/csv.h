/*
 * csv.h - stacks and their values as a table for spreadsheets and databases.
 *
 *	stack,samples/count,cpu/nanoseconds
 *	main;work,3,30
 *	"main;""a,b""",1,10
 *
 * The first column is the stack, root first, frames between semicolons; each
 * other column is a sample type, its heading "type/unit" (the unit is count if
 * there is none; "count" and "value" alone are samples/count). A heading may
 * be left out: then the columns are samples/count, or column_2 and so on.
 * Values are whole numbers; fractions are rounded. Quotes as in RFC 4180; with
 * tabs between the columns (TSV) there are none.
 *
 * Writing: one line for each stack, in the order of bytes, without those whose
 * values are all 0. In names ";" becomes ":" and a line break a blank; in TSV
 * a tab too.
 */
#ifndef CSV_H
#define CSV_H

#include "formats/format.h"

/* For the table of formats: named, the file is called so. */
int csv_bid(struct str text, char separator, bool named);
/* o->first: the heading is its first line. */
int csv_decode(struct arena *a, struct str text, char separator, const struct format_opts *o,
    struct format_profiles *out, struct err *e);
int csv_encode(const struct profile *p, char separator, const struct format_opts *o, struct buf *out, struct err *e);
/* The lines of csv_encode one by one, of the types from .. end - 1; a stack is names with ";" between them. */
void csv_put_heading(struct buf *out, const struct profile *p, uint32_t from, uint32_t end, char separator);
void csv_put_line(struct buf *out, struct str stack, const int64_t *values, uint32_t n, char separator);
/* Whole records in front. */
size_t csv_cut(struct str text, char separator);

#endif
