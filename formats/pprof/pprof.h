/*
 * pprof.h - the protobuf profile of google/pprof, in and out.
 *
 * Decoding is one pass over the bytes that notes where records are, and one
 * over the records, locations and samples last, so that every reference is a
 * position at once. Everything comes from the arena; strings stay where they
 * are, in `raw`. Any thread, no state.
 *
 * Limits: raw is smaller than 4 GiB; samples times sample types is not above
 * the number of bytes (a lawful profile needs one byte for each value). The
 * arena grows by at most 64 bytes for each byte of raw, typically by 4.
 *
 *	struct profile *p;
 *	if (pprof_decode(a, raw, &p, e) < 0)
 *		return -1;
 *
 * Layout: message Profile of profile.proto, fields
 *	 1 sample_type  2 sample  3 mapping  4 location  5 function  6 string_table
 *	 7 drop_frames  8 keep_frames  9 time_nanos  10 duration_nanos
 *	11 period_type 12 period 13 comment 14 default_sample_type 15 doc_url
 * Repeated numbers may be packed or not; unknown fields are skipped; field
 * number 0, groups and a known field of another wire type are errors.
 */
#ifndef PPROF_H
#define PPROF_H

#include "formats/profile.h"

/* Uncompressed bytes; keep raw as long as the profile. ERR_INVALID with byte position and field. */
int pprof_decode(struct arena *a, struct str raw, struct profile **out, struct err *e);

/*
 * Appends the uncompressed message: fields in ascending order, repeated
 * numbers packed, zeros left out. Ids are those of the tables when they are
 * all different and not 0, else 1..n. The same profile gives the same bytes.
 * Check out with buf_check.
 */
void pprof_encode(const struct profile *p, struct buf *out);

/*
 * The same of a profile with one type whose samples are a tree instead: a stack is the path to a node. 0: the root, which has no
 * location; a parent comes before its children. The ids of the tables are 1, 2 ... A node without a value is no sample.
 */
struct pprof_node {
	uint32_t parent, location;
	int64_t value;
};
void pprof_encode_nodes(const struct profile *p, const struct pprof_node *nodes, uint32_t n, struct buf *out);
/* The same with its samples in an order that takes less space, and less time, when it is packed (pprof_order.h). */
void pprof_encode_ordered(const struct profile *p, struct buf *out);
/* How many bytes that are. Much faster than writing where the ids of the tables are 1, 2 ..., as builders number them. */
size_t pprof_size(const struct profile *p);

#endif
