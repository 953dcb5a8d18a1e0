/*
 * index_impl.h - an open index.tsdb, shared by the files of its reader.
 */
#ifndef INDEX_IMPL_H
#define INDEX_IMPL_H

#include "base/arena.h"
#include "base/cursor.h"
#include "formats/block/index.h"

enum { INDEX_HEADER = 5, INDEX_TOC = 76, INDEX_SERIES_ALIGN = 16, INDEX_FINGERPRINT_EVERY = 1024 };

struct index_toc {
	uint64_t symbols, series, labels, labels_table, postings, postings_table, fingerprints;
	int64_t from, through;
};

struct index_value {
	struct str value;
	uint64_t offset; /* of its postings */
};

struct index_name {
	struct str name;
	uint32_t first, n; /* in values */
};

struct index {
	struct str bytes;
	struct arena *mem;
	struct index_toc toc;
	uint64_t series_end; /* where series cannot reach */
	struct str *symbols;
	uint32_t n_symbols;
	struct index_value *values; /* ascending within a name */
	uint32_t n_values;
	struct index_name *names; /* ascending; the first is "" with all series */
	uint32_t n_names;
};

/* The body of the section at `at`: u32 length, body, u32 CRC, which is checked. */
int index_section(const struct index *ix, uint64_t at, const char *what, struct cursor *out, struct err *e);
const struct index_name *index_find_name(const struct index *ix, struct str name);
const struct index_value *index_find_value(const struct index *ix, struct str name, struct str value);
/* index_series, and where it ends: in a list they must not overlap, so that memory is bounded. */
int index_read_series(const struct index *ix, struct arena *a, uint32_t ref, struct index_series *out, uint64_t *end,
    struct err *e);
/* The list at offset, checked and not yet decoded: *n references of 4 bytes. */
int index_list(const struct index *ix, uint64_t offset, struct cursor *refs, uint32_t *n, struct err *e);

#endif
