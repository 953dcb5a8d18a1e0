/*
 * tail_table.h - what came in, series by series, as a screen or as a text. Pure: time comes in.
 *
 *	struct tail_table *t = tail_table_new(now);
 *	tail_table_add(t, &labels, bytes, samples, now);
 *	tail_table_draw(t, rows, columns, title, now, &out);    a whole screen; tail_table_print: lines
 *	if (!tail_table_key(t, key)) ...                        the person wants to leave
 *	tail_table_free(t);
 *
 * More than TAIL_SERIES_MAX series are one. Names are shown as characters that move no cursor.
 */
#ifndef TAIL_TABLE_H
#define TAIL_TABLE_H

#include "base/key.h"
#include "formats/labels/labels.h"

enum { TAIL_SERIES_MAX = 10000, TAIL_NAME_MAX = 1000 };

struct tail_table;

struct tail_table *tail_table_new(int64_t now);
void tail_table_free(struct tail_table *t); /* accepts NULL */
void tail_table_add(struct tail_table *t, const struct labels *l, uint64_t bytes, uint64_t samples, int64_t now);
void tail_table_lost(struct tail_table *t, uint64_t n);
bool tail_table_key(struct tail_table *t, int key);
/* Moves the cursor home first, writes every line to its end; state: of the connection, or NULL. */
void tail_table_draw(struct tail_table *t, unsigned rows, unsigned columns, struct str title, const char *state,
    int64_t now, struct buf *out);
void tail_table_print(struct tail_table *t, int64_t now, struct buf *out);

#endif
