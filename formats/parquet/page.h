/*
 * page.h - one page of a column, decoded: V1 and V2 data pages and
 * dictionary pages.
 *
 *	V1 body, compressed as a whole:  [u32 LE n, n bytes of repetition levels]
 *	                                 [u32 LE n, n bytes of definition levels] values
 *	V2 body:  repetition levels | definition levels | values (compressed)
 *	levels are there only when their maximum is not 0
 *
 * Decoded values replace what `out` held and keep its memory. Limits:
 * PQ_MAX_PAGE bytes and PQ_MAX_ENTRIES entries a page (ERR_LIMIT); what is
 * wrong is ERR_CORRUPT, an encoding that a type cannot have here
 * ERR_UNSUPPORTED. One thread at a time.
 *
 * Source: parquet.thrift; spec of the block format, 4.8.
 */
#ifndef PARQUET_PAGE_H
#define PARQUET_PAGE_H

#include "base/vec.h"
#include "formats/parquet/meta.h"

enum { PQ_MAX_PAGE = 128 << 20, PQ_MAX_ENTRIES = 16 << 20 };

/* A column of the schema: a leaf of the tree of nodes. */
struct pq_leaf {
	struct str path; /* names below the root, with dots between */
	enum pq_type type;
	enum pq_logical logical;
	uint32_t length; /* bytes of PQ_FIXED */
	uint8_t max_rep, max_def;
	uint8_t list_def; /* definition level of a member of the innermost list; below: an empty list */
};

/*
 * Entries are values and nulls in order; row r has the entries row_at[r] ..
 * row_at[r + 1]. Values are in one of the arrays, by type: booleans and
 * integers in ints (32 bits are widened, with the sign unless the column is
 * unsigned), PQ_FIXED in fixed (n * length bytes), PQ_BYTES in strs (their
 * bytes in text, or in the dictionary: that lives as long as the file).
 * Integers that the dictionary of their chunk has in narrow are there, and ints is empty, where the reader allows it
 * and no entry is a null.
 */
struct pq_values {
	bool narrows;              /* set by the reader, and stays */
	uint32_t rows, entries, n; /* n: values */
	VEC(uint32_t) row_at;      /* rows + 1 numbers, or none: one entry a row */
	VEC(uint8_t) def;          /* per entry, or none: every entry is a value */
	VEC(int64_t) ints;
	VEC(uint32_t) narrow; /* of a dictionary: instead of ints, if all of them are below 2^32 */
	VEC(uint8_t) fixed;
	VEC(struct str) strs;
	struct buf text;
};

/* { 0 } is an empty pq_values. */
void pq_values_fini(struct pq_values *v);
void pq_values_reset(struct pq_values *v);
size_t pq_values_bytes(const struct pq_values *v);
/* Room for n numbers in narrow, which is empty: what is there, if it is enough and not twice as much. */
void pq_values_room(struct pq_values *v, size_t n);

/* Scratch memory that pages are decompressed into. */
struct pq_scratch {
	struct buf raw;
	VEC(uint32_t) indices;
};

void pq_scratch_fini(struct pq_scratch *s); /* may be used again */

/*
 * bytes: a page with its header. dictionary: the decoded dictionary page of
 * the chunk, or NULL. rows: how many it has, if the caller knows (page index);
 * then it must be a data page. Else UINT32_MAX.
 */
int page_decode(struct pq_scratch *s, struct str bytes, const struct pq_leaf *leaf, int codec,
    const struct pq_values *dictionary, uint32_t rows, struct pq_values *out, struct err *e);
/* Rows of a data page without decoding its values; 0 for a page of another type. */
int page_rows(struct pq_scratch *s, struct str bytes, const struct pq_leaf *leaf, int codec, uint32_t *rows,
    struct err *e);

#endif
