/* reader.c - see reader.h */
#include "formats/parquet/reader.h"

#include <inttypes.h>

#include "base/mem.h"
#include "formats/parquet/schema.h"

enum {
	TAIL = 65536, /* read at once from the end */
	MAX_FOOTER = 256 << 20,
};

/* What is known of a column chunk so far. */
struct chunk {
	struct pq_page *pages;
	uint32_t n_pages;
	struct pq_page_bounds *bounds;
	uint32_t n_bounds;
	bool has_pages, has_bounds;
	struct pq_values *dictionary;
};

struct pq_file {
	struct arena *mem;
	struct blob *blob;
	struct str tail;
	uint64_t tail_at;
	struct pq_meta meta;
	struct pq_leaf *leaves;
	uint32_t n_leaves;
	struct chunk *chunks; /* [group * n_leaves + leaf] */
	struct pq_scratch scratch;
};

/* ---- opening ---- */

static int check_range(const struct pq_file *f, uint64_t at, uint64_t n, const char *what, struct err *e)
{
	if (at <= f->blob->size && n <= f->blob->size - at)
		return 0;
	return err_set(e, ERR_CORRUPT, "parquet: %s at %" PRIu64 ", %" PRIu64 " bytes, in a file of %" PRIu64, what, at,
	    n, f->blob->size);
}

int pq_bytes_at(struct pq_file *f, struct arena *a, uint64_t at, size_t n, struct str *out, struct err *e)
{
	if (at >= f->tail_at && n <= f->tail.n && at - f->tail_at <= f->tail.n - n) {
		*out = str_of(f->tail.p + (at - f->tail_at), n);
		return 0;
	}
	return blob_read(f->blob, a, at, n, out, e);
}

static int read_tail(struct pq_file *f, size_t n, struct err *e)
{
	f->tail_at = f->blob->size - n;
	return blob_read(f->blob, f->mem, f->tail_at, n, &f->tail, e);
}

static int read_footer(struct pq_file *f, struct str *footer, struct err *e)
{
	uint64_t size = f->blob->size;
	struct str end;
	uint32_t n;

	if (size < 12)
		return err_set(e, ERR_CORRUPT, "parquet: a file of %" PRIu64 " bytes", size);
	if (read_tail(f, (size_t)MIN(size, (uint64_t)TAIL), e) < 0)
		return -1;
	end = str_of(f->tail.p + f->tail.n - 8, 8);
	if (memcmp(end.p + 4, "PAR1", 4) != 0)
		return err_set(e, ERR_CORRUPT, "parquet: no magic at the end");
	memcpy(&n, end.p, 4);
	if (n > size - 12 || n > MAX_FOOTER)
		return err_set(e, ERR_CORRUPT, "parquet: a footer of %u bytes in a file of %" PRIu64, n, size);
	if (n + 8 > f->tail.n && read_tail(f, n + 8, e) < 0)
		return -1;
	*footer = str_of(f->tail.p + f->tail.n - 8 - n, n);
	return 0;
}

static int check_groups(struct pq_file *f, struct err *e)
{
	uint64_t rows = 0;

	for (uint32_t g = 0; g < f->meta.n_groups; g++) {
		const struct pq_group *group = &f->meta.groups[g];

		if (group->n_chunks != f->n_leaves)
			return err_set(e, ERR_CORRUPT, "parquet: row group %u: %u columns of %u", g, group->n_chunks,
			    f->n_leaves);
		if (group->rows > PQ_MAX_ROWS)
			return err_set(e, ERR_LIMIT, "parquet: row group %u: %" PRIu64 " rows", g, group->rows);
		rows += group->rows;
		for (uint32_t i = 0; i < f->n_leaves; i++)
			if (group->chunks[i].type != f->leaves[i].type)
				return err_set(e, ERR_CORRUPT, "parquet: row group %u: column %u has type %d", g, i,
				    (int)group->chunks[i].type);
	}
	if (rows != f->meta.rows)
		return err_set(e, ERR_CORRUPT, "parquet: %" PRIu64 " rows, %" PRIu64 " in the row groups", f->meta.rows,
		    rows);
	return 0;
}

static int open_file(struct pq_file *f, struct err *e)
{
	struct str footer;

	if (read_footer(f, &footer, e) < 0 || meta_decode(f->mem, footer, &f->meta, e) < 0 ||
	    schema_leaves(f->mem, f->meta.nodes, f->meta.n_nodes, &f->leaves, &f->n_leaves, e) < 0 ||
	    check_groups(f, e) < 0)
		return -1;
	f->chunks = arena_zarray(f->mem, (size_t)f->meta.n_groups * f->n_leaves, sizeof(*f->chunks));
	return 0;
}

struct pq_file *pq_open(struct blob *b, struct err *e)
{
	struct arena *mem = arena_new();
	struct pq_file *f = arena_zalloc(mem, sizeof(*f));

	f->mem = mem;
	f->blob = b;
	if (open_file(f, e) < 0) {
		pq_close(f);
		return NULL;
	}
	return f;
}

void pq_rest(struct pq_file *f)
{
	blob_rest(f->blob);
	pq_scratch_fini(&f->scratch);
}

void pq_close(struct pq_file *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; f->chunks && i < (size_t)f->meta.n_groups * f->n_leaves; i++)
		if (f->chunks[i].dictionary)
			pq_values_fini(f->chunks[i].dictionary);
	pq_scratch_fini(&f->scratch);
	blob_close(f->blob);
	arena_free(f->mem);
}

size_t pq_bytes(const struct pq_file *f)
{
	size_t n = arena_bytes(f->mem) + f->scratch.raw.cap + f->scratch.indices.cap * sizeof(uint32_t);

	for (size_t i = 0; i < (size_t)f->meta.n_groups * f->n_leaves; i++)
		if (f->chunks[i].dictionary)
			n += pq_values_bytes(f->chunks[i].dictionary);
	return n;
}

const struct pq_meta *pq_meta(const struct pq_file *f)
{
	return &f->meta;
}

struct str pq_pair(const struct pq_file *f, struct str key)
{
	for (uint32_t i = 0; i < f->meta.n_pairs; i++)
		if (str_eq(f->meta.pairs[i].key, key))
			return f->meta.pairs[i].value;
	return STR_NONE;
}

uint32_t pq_leaves(const struct pq_file *f)
{
	return f->n_leaves;
}

const struct pq_leaf *pq_leaf(const struct pq_file *f, uint32_t leaf)
{
	return &f->leaves[leaf];
}

int pq_find(const struct pq_file *f, struct str path)
{
	for (uint32_t i = 0; i < f->n_leaves; i++)
		if (str_eq(f->leaves[i].path, path))
			return (int)i;
	return -1;
}

uint32_t pq_group_rows(const struct pq_file *f, uint32_t group)
{
	return (uint32_t)f->meta.groups[group].rows;
}

/* ---- indexes ---- */

static struct chunk *chunk_of(struct pq_file *f, uint32_t group, uint32_t leaf)
{
	assert(group < f->meta.n_groups && leaf < f->n_leaves);
	return &f->chunks[(size_t)group * f->n_leaves + leaf];
}

static const struct pq_chunk *meta_of(const struct pq_file *f, uint32_t group, uint32_t leaf)
{
	return &f->meta.groups[group].chunks[leaf];
}

static int wrap(struct pq_file *f, uint32_t group, uint32_t leaf, int rc, struct err *e)
{
	struct str path = f->leaves[leaf].path;

	return rc < 0 ? err_wrap(e, "row group %u, column " STR_FMT, group, STR_ARG(path)) : 0;
}

/* first_row ascends from 0; the last page ends with the group. */
static int set_rows(struct chunk *c, uint32_t rows, struct err *e)
{
	if (c->n_pages == 0 && rows)
		return err_set(e, ERR_CORRUPT, "no page for %u rows", rows);
	for (uint32_t i = 0; i < c->n_pages; i++) {
		uint32_t next = i + 1 < c->n_pages ? c->pages[i + 1].first_row : rows;

		if ((i == 0 && c->pages[i].first_row != 0) || next < c->pages[i].first_row || next > rows)
			return err_set(e, ERR_CORRUPT, "page %u begins at row %u of %u", i, c->pages[i].first_row,
			    rows);
		c->pages[i].rows = next - c->pages[i].first_row;
	}
	return 0;
}

static int pages_of_index(struct pq_file *f, const struct pq_chunk *m, struct chunk *c, uint32_t rows, struct arena *a,
    struct err *e)
{
	struct pq_page_at *at;
	struct str in;

	if (check_range(f, m->offset_index_at, m->offset_index_bytes, "offset index", e) < 0 ||
	    pq_bytes_at(f, a, m->offset_index_at, m->offset_index_bytes, &in, e) < 0 ||
	    offset_index_decode(a, in, &at, &c->n_pages, e) < 0)
		return -1;
	c->pages = arena_array(f->mem, c->n_pages, sizeof(*c->pages));
	for (uint32_t i = 0; i < c->n_pages; i++) {
		if (check_range(f, at[i].at, at[i].bytes, "page", e) < 0)
			return -1;
		if (at[i].first_row > rows)
			return err_set(e, ERR_CORRUPT, "page %u begins at row %" PRIu64 " of %u", i, at[i].first_row,
			    rows);
		c->pages[i] = (struct pq_page){ at[i].at, at[i].bytes, (uint32_t)at[i].first_row, 0 };
	}
	return set_rows(c, rows, e);
}

/* Where a chunk begins: some writers leave dictionary_at out, or set it to 0. */
static uint64_t chunk_at(const struct pq_chunk *m)
{
	return m->dictionary_at && m->dictionary_at < m->data_at ? m->dictionary_at : m->data_at;
}

static int read_chunk(struct pq_file *f, const struct pq_chunk *m, struct arena *a, struct str *out, struct err *e)
{
	if (check_range(f, chunk_at(m), m->bytes, "column", e) < 0)
		return -1;
	if (m->bytes > PQ_MAX_CHUNK)
		return err_set(e, ERR_LIMIT, "parquet: a column of %" PRIu64 " bytes without an offset index",
		    m->bytes);
	return pq_bytes_at(f, a, chunk_at(m), (size_t)m->bytes, out, e);
}

static int pages_by_walk(struct pq_file *f, uint32_t leaf, const struct pq_chunk *m, struct chunk *c, uint32_t rows,
    struct arena *a, struct err *e)
{
	VEC(struct pq_page) found = { 0 };
	uint64_t at = chunk_at(m), row = 0;
	struct str in;
	int rc = read_chunk(f, m, a, &in, e);

	while (rc == 0 && in.n && row < rows) {
		struct pq_page_header h;
		uint32_t n = 0;
		size_t used;

		rc = page_header_decode(in, &h, &used, e);
		if (rc == 0 && h.bytes > in.n - used)
			rc = err_set(e, ERR_CORRUPT, "a page of %u bytes in %zu", h.bytes, in.n - used);
		if (rc == 0 && (h.type == PQ_DATA || h.type == PQ_DATA2))
			rc = page_rows(&f->scratch, in, &f->leaves[leaf], m->codec, &n, e);
		if (rc < 0)
			break;
		if (n)
			vec_push(&found, ((struct pq_page){ at, (uint32_t)used + h.bytes, (uint32_t)row, n }));
		row += n;
		at += used + h.bytes;
		in = str_skip(in, used + h.bytes);
	}
	c->pages = arena_array(f->mem, found.n, sizeof(*c->pages));
	c->n_pages = (uint32_t)found.n;
	if (found.n)
		memcpy(c->pages, found.p, found.n * sizeof(*found.p));
	vec_free(&found);
	return rc == 0 && row != rows ? err_set(e, ERR_CORRUPT, "%" PRIu64 " rows of %u", row, rows) : rc;
}

int pq_pages(struct pq_file *f, uint32_t group, uint32_t leaf, const struct pq_page **p, uint32_t *n, struct err *e)
{
	struct chunk *c = chunk_of(f, group, leaf);
	const struct pq_chunk *m = meta_of(f, group, leaf);

	if (!c->has_pages) {
		struct arena *a = arena_new();
		uint32_t rows = pq_group_rows(f, group);
		int rc = m->offset_index_bytes ? pages_of_index(f, m, c, rows, a, e)
					       : pages_by_walk(f, leaf, m, c, rows, a, e);

		arena_free(a);
		if (rc < 0)
			return wrap(f, group, leaf, rc, e);
		c->has_pages = true;
	}
	*p = c->pages;
	*n = c->n_pages;
	return 0;
}

static int read_bounds(struct pq_file *f, const struct pq_chunk *m, struct chunk *c, struct err *e)
{
	struct str in;

	if (check_range(f, m->column_index_at, m->column_index_bytes, "column index", e) < 0 ||
	    pq_bytes_at(f, f->mem, m->column_index_at, m->column_index_bytes, &in, e) < 0)
		return -1;
	return column_index_decode(f->mem, in, &c->bounds, &c->n_bounds, e);
}

int pq_bounds(struct pq_file *f, uint32_t group, uint32_t leaf, const struct pq_page_bounds **p, uint32_t *n,
    struct err *e)
{
	struct chunk *c = chunk_of(f, group, leaf);
	const struct pq_chunk *m = meta_of(f, group, leaf);

	if (!c->has_bounds && m->column_index_bytes) {
		const struct pq_page *pages;
		uint32_t n_pages;

		if (pq_pages(f, group, leaf, &pages, &n_pages, e) < 0)
			return -1;
		if (read_bounds(f, m, c, e) < 0)
			return wrap(f, group, leaf, -1, e);
		if (c->n_bounds != n_pages)
			return wrap(f, group, leaf,
			    err_set(e, ERR_CORRUPT, "column index of %u pages, not %u", c->n_bounds, n_pages), e);
	}
	c->has_bounds = true;
	*p = c->bounds;
	*n = c->n_bounds;
	return 0;
}

/* ---- values ---- */

/* The dictionary page lies between the beginning of the chunk and its first data page. */
static int read_dictionary(struct pq_file *f, uint32_t leaf, const struct pq_chunk *m, struct chunk *c,
    uint64_t first_page, struct err *e)
{
	struct pq_values *v;
	struct pq_page_header h;
	struct arena *a;
	struct str in;
	size_t used;
	int rc;

	if (chunk_at(m) >= first_page)
		return 0;
	if (check_range(f, chunk_at(m), first_page - chunk_at(m), "dictionary", e) < 0)
		return -1;
	if (first_page - chunk_at(m) > PQ_MAX_PAGE)
		return err_set(e, ERR_LIMIT, "a dictionary of %" PRIu64 " bytes", first_page - chunk_at(m));
	a = arena_new();
	v = arena_zalloc(f->mem, sizeof(*v));
	rc = pq_bytes_at(f, a, chunk_at(m), (size_t)(first_page - chunk_at(m)), &in, e);
	if (rc == 0)
		rc = page_header_decode(in, &h, &used, e);
	if (rc == 0 && h.type == PQ_DICT) {
		rc = page_decode(&f->scratch, in, &f->leaves[leaf], m->codec, NULL, UINT32_MAX, v, e);
		c->dictionary = v;
	}
	arena_free(a);
	return rc;
}

static int need_dictionary(struct pq_file *f, uint32_t group, uint32_t leaf, struct err *e)
{
	struct chunk *c = chunk_of(f, group, leaf);
	const struct pq_chunk *m = meta_of(f, group, leaf);
	const struct pq_page *pages;
	uint32_t n;

	if (c->dictionary)
		return 0;
	if (pq_pages(f, group, leaf, &pages, &n, e) < 0)
		return -1;
	if (n == 0)
		return 0;
	if (read_dictionary(f, leaf, m, c, pages[0].at, e) < 0) {
		if (c->dictionary)
			pq_values_fini(c->dictionary);
		c->dictionary = NULL;
		return -1;
	}
	return 0;
}

int pq_decode_page(struct pq_file *f, uint32_t group, uint32_t leaf, const struct pq_page *page, struct str bytes,
    struct pq_values *out, struct err *e)
{
	int rc = need_dictionary(f, group, leaf, e);

	if (rc == 0)
		rc = page_decode(&f->scratch, bytes, &f->leaves[leaf], meta_of(f, group, leaf)->codec,
		    chunk_of(f, group, leaf)->dictionary, page->rows, out, e);
	return wrap(f, group, leaf, rc, e);
}

int pq_read_page(struct pq_file *f, uint32_t group, uint32_t leaf, uint32_t page, struct pq_values *out, struct err *e)
{
	const struct pq_page *pages;
	struct arena *a;
	struct str in;
	uint32_t n;
	int rc;

	if (pq_pages(f, group, leaf, &pages, &n, e) < 0)
		return -1;
	assert(page < n);
	a = arena_new();
	rc = pq_bytes_at(f, a, pages[page].at, pages[page].bytes, &in, e);
	if (rc == 0)
		rc = pq_decode_page(f, group, leaf, &pages[page], in, out, e);
	arena_free(a);
	return rc;
}
