/*
 * writer.h - a Parquet file into a buf, the way a Pyroscope reads it: V1
 * data pages cut at row boundaries, a column and an offset index for every
 * chunk, all of one kind side by side, ordinals, page checksums; ZSTD or none
 * per chunk, dictionaries where they pay.
 *
 *	struct pq_writer *w = pq_writer_new(&out, nodes, n_nodes, false);
 *	pq_writer_group(w, rows);
 *	for each leaf: pq_writer_column(w, &column);
 *	pq_writer_finish(w, STR("pyro 0.1.0"));        frees w; buf_check(&out) tells if it fit
 *
 * Layout: "PAR1", chunks (bytes of the caller between groups), column indexes, offset indexes, footer, its length
 * (u32 LE), "PAR1". The same input gives the same bytes.
 *
 * Which form of a column is smallest is found by trying: the forms that the
 * caller allows are applied to some pages (all, if they are few), and the
 * smallest one is taken for the chunk; of equal ones the first.
 *
 * Files larger than memory: between two columns the caller may take what is in out away and says so with pq_writer_moved.
 *
 * Source: spec of the block format, 4.7 to 4.12.
 */
#ifndef PARQUET_WRITER_H
#define PARQUET_WRITER_H

#include "formats/parquet/page.h"

struct pq_form {
	int encoding; /* PQ_PLAIN, PQ_DELTA, PQ_DICTIONARY, PQ_DELTA_BYTES */
	bool aligned; /* of PQ_DICTIONARY: indices of 8, 16, ... bits, which compress better */
	int level;    /* of ZSTD; 0: not compressed */
};

/*
 * The content of a chunk. Values lie in one array, without nulls: i64 or u32
 * for integers, fixed for PQ_FIXED; of PQ_BYTES u32 are positions in words (no
 * column index is written then), and without words there are nulls only. Or they
 * are made when they are needed, a page at a time and perhaps more than once.
 */
struct pq_column {
	const int64_t *i64;
	const uint32_t *u32;
	const uint8_t *fixed;
	const struct str *words;
	/* Values of some rows: i64, or u32 if narrow. out has room for all that these rows have. */
	void (*make)(void *ctx, uint32_t row, uint32_t rows, void *out);
	void *ctx;
	bool narrow;
	size_t n;               /* values */
	const uint32_t *row_at; /* row r has entries row_at[r] .. row_at[r + 1], at least one; NULL: one each */
	const uint8_t *def;     /* definition level per entry; NULL: `level` for all */
	const uint8_t *row_def; /* with row_at, instead: per row, the level of its entries; or NULL */
	uint8_t level;
	uint32_t page_entries;  /* a page ends with the row that reaches so many */
	const uint32_t *breaks; /* rows where values of another kind begin, ascending: a page ends */
	uint32_t n_breaks;      /* there too unless it is small */
	bool mixed;             /* pages with few distinct values may share a dictionary while the others */
				/* stay as forms[0] says (compressed, no dictionary) */
	const struct pq_form *forms;
	uint32_t n_forms;
};

struct pq_writer;

/*
 * out and the nodes (depth first, root first) are borrowed until finish. many:
 * there may be more than one row group. Then only forms with compression are
 * used: Pyroscope's reader takes the codec of a column from the first group.
 */
struct pq_writer *pq_writer_new(struct buf *out, const struct pq_node *nodes, uint32_t n_nodes, bool many);
/* A row group; then pq_writer_column once for each leaf, in order. */
void pq_writer_group(struct pq_writer *w, uint32_t rows);
void pq_writer_column(struct pq_writer *w, const struct pq_column *c);
/* fn takes all that is in out, and empties it, when pages of a large column are ready. */
void pq_writer_take(struct pq_writer *w, void (*fn)(void *ctx), void *ctx);
/* The caller took the first n bytes of out away: offsets count on. */
void pq_writer_moved(struct pq_writer *w, size_t n);
/* Bytes that belong to no column, between two groups or behind the last: readers do not see them. Returns where they lie. */
uint64_t pq_writer_bytes(struct pq_writer *w, struct str bytes);
/* One more pair of the file's metadata; copied. */
void pq_writer_pair(struct pq_writer *w, struct str key, struct str value);
void pq_writer_finish(struct pq_writer *w, struct str created_by);
void pq_writer_free(struct pq_writer *w); /* without finishing; accepts NULL */

#endif
