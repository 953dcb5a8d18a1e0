/*
 * index.h - index.tsdb, the label index of a block: writer and reader.
 *
 * The file (all fixed integers big endian, CRC = CRC-32C):
 *
 *	header          ba aa d7 00 02
 *	symbols         u32 len, u32 n, n x { uvarint len, bytes }, u32 CRC; ascending
 *	series          each at a multiple of 16: uvarint len, body, u32 CRC
 *	  body          u64 fingerprint, uvarint labels, { uvarint name, uvarint value },
 *	                uvarint chunks (1), varint from, uvarint through - from, uvarint 0,
 *	                uvarint series number, u32 0
 *	postings        each at a multiple of 4: u32 len, u32 n, n x u32 ref, u32 CRC
 *	label-index table, postings table, fingerprint table, TOC (76 bytes)
 *
 * A reference of a series is its offset / 16. Times are unix ns. The writer
 * leaves the label-index sections out (an empty table stands in): nothing
 * reads them. The same series give the same bytes.
 *
 * The reader borrows the bytes and keeps slices of them: labels of a
 * series_ref stay valid as long as the bytes do. Nothing is trusted: every
 * length is checked, and the checksum of a series or list when it is read.
 * One thread at a time.
 *
 *	struct index *ix = index_open(bytes, e);
 *	struct series_list found;
 *	if (ix && index_select(ix, a, &selector, &found, e) == 0) ...
 *	index_close(ix);
 *
 * Source: spec of the block format, section 3.
 */
#ifndef INDEX_H
#define INDEX_H

#include "formats/query/dataset.h"

/* Writer. */
struct index_writer;

struct index_writer *index_writer_new(void);
void index_writer_free(struct index_writer *w); /* accepts NULL */
/*
 * The next series; its number is the count of series before it. In ascending
 * order of labels_cmp (ERR_INVALID if not). Labels are borrowed until finish;
 * they are stored in the order given. from, through: first and last row.
 */
int index_writer_add(struct index_writer *w, const struct labels *labels, uint64_t fingerprint, int64_t from,
    int64_t through, struct err *e);
uint32_t index_writer_count(const struct index_writer *w);
/* Appends the file to out; ERR_LIMIT when out or the format (64 GiB) is too small. */
int index_writer_finish(struct index_writer *w, struct buf *out, struct err *e);

/* Reader. */
struct index;

struct index_series {
	struct series_ref ref; /* ref.number is the series number of the rows */
	int64_t from, through; /* unix ns, of all its chunks */
};

/* Checks magic, TOC, symbols and tables. bytes are borrowed until index_close. */
struct index *index_open(struct str bytes, struct err *e);
void index_close(struct index *ix);         /* accepts NULL */
size_t index_bytes(const struct index *ix); /* memory held besides the bytes */
int64_t index_from(const struct index *ix); /* of the TOC */
int64_t index_through(const struct index *ix);

/* References of the series with name = value, ascending; ("", "") = all. None is no error. */
int index_postings(struct index *ix, struct arena *a, struct str name, struct str value, uint32_t **refs, uint32_t *n,
    struct err *e);
int index_series(struct index *ix, struct arena *a, uint32_t ref, struct index_series *out, struct err *e);
/* All series in the order of the file. */
int index_all(struct index *ix, struct arena *a, struct index_series **out, uint32_t *n, struct err *e);
/* Label names, and the values of one, ascending; the arrays live in a, the bytes in the file. */
void index_names(const struct index *ix, struct arena *a, struct str **names, uint32_t *n);
void index_values(const struct index *ix, struct arena *a, struct str name, struct str **values, uint32_t *n);
/* Series that match, ascending by number; s may be NULL (all). Labels live in a. */
int index_select(struct index *ix, struct arena *a, const struct selector *s, struct series_list *out, struct err *e);

/* Every checksum, order, reference and count of the file; problems are said and counted. */
int index_check(struct index *ix, void (*say)(void *ctx, const char *problem), void *ctx, uint32_t *problems,
    struct err *e);

#endif
