/*
 * frame_table.h - for encoders: the frames of one or several profiles as one
 * table, each function once, and for each location its places in the table.
 *
 *	frame_table_init(&t, a);
 *	frame_table_add(&t, p, &m);
 *	n = frame_map_stack(&m, sample, out);           out has room for m.max_depth
 *	t.frames[out[0]].name                           the outermost
 */
#ifndef FRAME_TABLE_H
#define FRAME_TABLE_H

#include "formats/profile_impl.h"

struct table_frame {
	struct str name; /* as of struct frames: an address where there is no name */
	struct str file; /* of the source; where there is no function, of the binary; may be empty */
	int64_t start_line;
};

struct frame_table {
	struct arena *a;
	struct table_frame *frames;
	uint32_t n, cap;
	struct table index;
};

struct frame_map {
	const struct profile *p;
	uint32_t *frames, *first; /* as in struct frames, places in the table */
	uint32_t max_depth;
};

void frame_table_init(struct frame_table *t, struct arena *a);
void frame_table_add(struct frame_table *t, const struct profile *p, struct frame_map *m);
/* Outermost first; returns the number. */
uint32_t frame_map_stack(const struct frame_map *m, uint32_t sample, uint32_t *out);

#endif
