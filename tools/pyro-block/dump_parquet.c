/* dump_parquet.c - Parquet files: columns, and rows of those whose columns we know */
#include <inttypes.h>
#include <stdlib.h>

#include "base/num.h"
#include "formats/parquet/reader.h"
#include "formats/block/profiles_table.h"
#include "formats/symbols/symtables.h"
#include "formats/ulid.h"
#include "tools/pyro-block/dump.h"

/* ---- columns ---- */

static const char *const encodings[] = {
	[PQ_PLAIN] = "plain",
	[PQ_PLAIN_DICTIONARY] = "plain_dictionary",
	[PQ_RLE] = "rle",
	[PQ_BIT_PACKED] = "bit_packed",
	[PQ_DELTA] = "delta",
	[PQ_DELTA_LENGTH] = "delta_length",
	[PQ_DELTA_BYTES] = "delta_bytes",
	[PQ_DICTIONARY] = "dictionary",
};
static const char *const codecs[] = { "uncompressed", "snappy", "gzip", "lzo", "brotli", "lz4", "zstd", "lz4_raw" };
static const char *const types[] = { "boolean", "int32", "int64", "int96", "float", "double", "bytes", "fixed" };

static const char *codec_name(int codec)
{
	return codec >= 0 && (size_t)codec < ARRAY_LEN(codecs) ? codecs[codec] : "unknown";
}

static int json_column(struct printer *p, const struct pq_leaf *leaf, uint32_t group, const struct pq_chunk *c,
    uint32_t pages, struct err *e)
{
	struct jw *w = print_open(p, "column");

	print_key_u64(w, "group", group);
	print_key_str(w, "column", leaf->path);
	print_key_str(w, "type", str_cstr(types[leaf->type]));
	print_key_u64(w, "values", c->n_values);
	print_key_u64(w, "bytes", c->bytes);
	print_key_u64(w, "raw_bytes", c->raw_bytes);
	print_key_u64(w, "pages", pages);
	print_key_str(w, "codec", str_cstr(codec_name(c->codec)));
	jw_key(w, STR("encodings"));
	jw_open(w, '[');
	for (size_t i = 0; i < ARRAY_LEN(encodings); i++)
		if (c->encodings >> i & 1 && encodings[i])
			jw_str(w, str_cstr(encodings[i]));
	jw_close(w, ']');
	return print_close(p, e);
}

static int text_column(struct printer *p, const struct pq_leaf *leaf, const struct pq_chunk *c, uint32_t pages,
    struct err *e)
{
	struct buf *b = &p->b;

	buf_add(b, STR("    column "));
	print_word(b, leaf->path);
	buf_printf(b, " %s: %" PRIu64 " values, %" PRIu64 " bytes (%" PRIu64 " raw) in %u pages, %s", types[leaf->type],
	    c->n_values, c->bytes, c->raw_bytes, pages, codec_name(c->codec));
	for (size_t i = 0; i < ARRAY_LEN(encodings); i++)
		if (c->encodings >> i & 1 && encodings[i])
			buf_printf(b, " %s", encodings[i]);
	buf_byte(b, '\n');
	return print_more(p, e);
}

static int one_group(struct printer *p, struct pq_file *f, uint32_t group, struct err *e)
{
	const struct pq_group *g = &pq_meta(f)->groups[group];

	if (!p->json)
		buf_printf(&p->b, "  group %u: %" PRIu64 " rows, %" PRIu64 " bytes\n", group, g->rows, g->bytes);
	for (uint32_t i = 0; i < pq_leaves(f); i++) {
		const struct pq_page *pages;
		uint32_t n;

		if (pq_pages(f, group, i, &pages, &n, e) < 0)
			return -1;
		if ((p->json ? json_column(p, pq_leaf(f, i), group, &g->chunks[i], n, e)
			     : text_column(p, pq_leaf(f, i), &g->chunks[i], n, e)) < 0)
			return -1;
	}
	return 0;
}

static int columns(struct printer *p, const char *path, struct pq_file *f, struct err *e)
{
	const struct pq_meta *m = pq_meta(f);

	if (p->json) {
		struct jw *w = print_open(p, "parquet");

		print_key_str(w, "path", str_cstr(path));
		print_key_u64(w, "rows", m->rows);
		print_key_u64(w, "groups", m->n_groups);
		print_key_str(w, "created_by", m->created_by);
		if (print_close(p, e) < 0)
			return -1;
	} else {
		buf_printf(&p->b, "parquet %s\n  %" PRIu64 " rows in %u groups, by ", path, m->rows, m->n_groups);
		print_word(&p->b, m->created_by);
		buf_byte(&p->b, '\n');
	}
	for (uint32_t g = 0; g < m->n_groups; g++)
		if (one_group(p, f, g, e) < 0)
			return -1;
	return 0;
}

int dump_columns(struct printer *p, const char *path, struct str bytes, struct err *e)
{
	struct pq_file *f = pq_open(blob_mem(bytes), e);
	int rc;

	if (f == NULL)
		return -1;
	rc = columns(p, path, f, e);
	pq_close(f);
	return rc;
}

/* ---- rows of profiles, without a block around them ---- */

static int u32_cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The distinct numbers of a column, ascending, in *list. */
static int distinct(struct pq_file *f, uint32_t leaf, struct arena *a, uint32_t **list, uint32_t *n, struct err *e)
{
	enum { PIECE = 65536 };
	VEC(uint32_t) all = { 0 };
	struct pq_values v = { 0 };
	int rc = 0;

	for (uint32_t g = 0; g < pq_meta(f)->n_groups && rc == 0; g++) {
		for (uint32_t first = 0; first < pq_group_rows(f, g) && rc == 0; first += PIECE) {
			rc = pq_read_rows(f, g, leaf, first, MIN((uint32_t)PIECE, pq_group_rows(f, g) - first), &v, e);
			for (uint32_t i = 0; rc == 0 && i < v.ints.n; i++)
				if (all.n == 0 || all.p[all.n - 1] != (uint32_t)v.ints.p[i])
					vec_push(&all, (uint32_t)v.ints.p[i]);
		}
	}
	pq_values_fini(&v);
	if (all.n > 1)
		qsort(all.p, all.n, sizeof(*all.p), u32_cmp);
	*list = arena_array(a, all.n, sizeof(**list));
	*n = 0;
	for (size_t i = 0; i < all.n; i++)
		if (i == 0 || all.p[i] != all.p[i - 1])
			(*list)[(*n)++] = all.p[i];
	vec_free(&all);
	return rc;
}

struct raw_rows {
	struct printer *p;
	uint64_t number;
};

static int json_raw(struct raw_rows *r, const struct profiles_row *row, const char *id, struct err *e)
{
	struct jw *w = print_open(r->p, "row");

	print_key_u64(w, "number", r->number);
	print_key_u64(w, "series", row->series);
	print_key_hex(w, "partition", row->partition);
	print_key_i64(w, "time", row->time);
	print_key_i64(w, "duration", row->duration);
	print_key_i64(w, "total", row->total);
	print_key_str(w, "id", str_cstr(id));
	jw_key(w, STR("samples"));
	jw_open(w, '[');
	for (uint32_t i = 0; i < row->n; i++) {
		jw_open(w, '{');
		print_key_i64(w, "value", row->values[i]);
		print_key_u64(w, "stack_id", row->stacks[i]);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	return print_close(r->p, e);
}

static int raw_row(void *ctx, const struct profiles_row *row, struct err *e)
{
	struct raw_rows *r = ctx;
	struct buf *b = &r->p->b;
	char id[UUID_TEXT + 1];

	uuid_print(row->id, id);
	if (r->p->json) {
		if (json_raw(r, row, id, e) < 0)
			return -1;
		r->number++;
		return 0;
	}
	buf_printf(b, "  row %" PRIu64 " series %u ", r->number++, row->series);
	print_time(b, row->time);
	buf_printf(b, " total %" PRId64 " partition %016" PRIx64 " id %s\n", row->total, row->partition, id);
	for (uint32_t i = 0; i < row->n; i++)
		buf_printf(b, "    %" PRId64 " stack %u\n", row->values[i], row->stacks[i]);
	return print_more(r->p, e);
}

static int profiles(struct printer *p, struct pq_file *f, uint32_t leaf, struct str bytes, struct err *e)
{
	struct raw_rows r = { .p = p };
	struct profiles_scan s = { .from = INT64_MIN,
		.to = INT64_MAX,
		.samples = true,
		.ids = true,
		.row = raw_row,
		.ctx = &r };
	struct profiles_table *t = NULL;
	struct arena *a = arena_new();
	uint32_t *series;
	int rc = distinct(f, leaf, a, &series, &s.n_series, e);

	s.series = series;
	if (rc == 0)
		rc = (t = profiles_open(blob_mem(bytes), 0, e)) == NULL ? -1 : profiles_scan(t, &s, e);
	profiles_close(t);
	arena_free(a);
	return rc;
}

/* ---- the symbol tables of old blocks ---- */

struct table {
	struct printer *p;
	struct symdb_tables *t;
	struct arena *a;
	struct symdb_range range;
};

/* Number of the row, and JSON or text begun. */
static struct jw *table_row(struct table *x, const char *part, uint32_t i)
{
	struct jw *w = NULL;

	if (x->p->json) {
		w = print_open(x->p, part);
		print_key_u64(w, "number", i);
	} else {
		buf_printf(&x->p->b, "  %s %u", part, i);
	}
	return w;
}

static int row_end(struct table *x, struct err *e)
{
	if (x->p->json)
		return print_close(x->p, e);
	buf_byte(&x->p->b, '\n');
	return print_more(x->p, e);
}

static void field(struct table *x, const char *name, uint64_t v)
{
	if (x->p->json)
		print_key_u64(&x->p->w, name, v);
	else
		buf_printf(&x->p->b, " %s %" PRIu64, name, v);
}

static int table_strings(struct table *x, struct err *e)
{
	struct str *s = arena_array(x->a, x->range.n, sizeof(*s));

	if (x->t->strings(x->t, x->a, x->range, s, e) < 0)
		return -1;
	for (uint32_t i = 0; i < x->range.n; i++) {
		struct jw *w = table_row(x, "string", i);

		if (w != NULL) {
			print_key_str(w, "text", s[i]);
		} else {
			buf_byte(&x->p->b, ' ');
			print_quoted(&x->p->b, s[i]);
		}
		if (row_end(x, e) < 0)
			return -1;
	}
	return 0;
}

static int table_mappings(struct table *x, struct err *e)
{
	struct sym_mapping *m = arena_zarray(x->a, x->range.n, sizeof(*m));

	if (x->t->mappings(x->t, x->a, x->range, m, e) < 0)
		return -1;
	for (uint32_t i = 0; i < x->range.n; i++) {
		table_row(x, "mapping", i);
		field(x, "start", m[i].start);
		field(x, "limit", m[i].limit);
		field(x, "offset", m[i].offset);
		field(x, "file", m[i].file);
		field(x, "build_id", m[i].build_id);
		field(x, "flags", m[i].flags);
		if (row_end(x, e) < 0)
			return -1;
	}
	return 0;
}

static int table_functions(struct table *x, struct err *e)
{
	struct sym_function *f = arena_zarray(x->a, x->range.n, sizeof(*f));

	if (x->t->functions(x->t, x->a, x->range, f, e) < 0)
		return -1;
	for (uint32_t i = 0; i < x->range.n; i++) {
		table_row(x, "function", i);
		field(x, "name", f[i].name);
		field(x, "system_name", f[i].system_name);
		field(x, "file", f[i].file);
		field(x, "start_line", f[i].start_line);
		if (row_end(x, e) < 0)
			return -1;
	}
	return 0;
}

static int table_locations(struct table *x, struct err *e)
{
	struct sym_location *l = arena_zarray(x->a, x->range.n, sizeof(*l));
	struct sym_line *lines;
	uint32_t n_lines;

	if (x->t->locations(x->t, x->a, x->range, l, &lines, &n_lines, e) < 0)
		return -1;
	for (uint32_t i = 0; i < x->range.n; i++) {
		table_row(x, "location", i);
		field(x, "address", l[i].address);
		field(x, "mapping", l[i].mapping);
		for (uint32_t k = 0; k < l[i].n_lines && !x->p->json; k++)
			buf_printf(&x->p->b, "%s%u:%u", k ? " " : " function:line ",
			    lines[l[i].first_line + k].function, lines[l[i].first_line + k].line);
		if (x->p->json) {
			jw_key(&x->p->w, STR("lines"));
			jw_open(&x->p->w, '[');
			for (uint32_t k = 0; k < l[i].n_lines; k++) {
				jw_open(&x->p->w, '[');
				jw_u64(&x->p->w, lines[l[i].first_line + k].function);
				jw_u64(&x->p->w, lines[l[i].first_line + k].line);
				jw_close(&x->p->w, ']');
			}
			jw_close(&x->p->w, ']');
		}
		if (row_end(x, e) < 0)
			return -1;
	}
	return 0;
}

static int table_stacks(struct table *x, struct err *e)
{
	uint32_t *at = arena_zarray(x->a, (size_t)x->range.n + 1, sizeof(*at)), *locations;

	if (x->t->stacks(x->t, x->a, x->range, at, &locations, e) < 0)
		return -1;
	for (uint32_t i = 0; i < x->range.n; i++) {
		struct jw *w = table_row(x, "stack", i);

		if (w != NULL) {
			jw_key(w, STR("locations"));
			jw_open(w, '[');
		}
		for (uint32_t k = at[i]; k < at[i + 1]; k++) {
			if (w != NULL)
				jw_u64(w, locations[k]);
			else
				buf_printf(&x->p->b, " %u", locations[k]);
		}
		if (w != NULL)
			jw_close(w, ']');
		if (row_end(x, e) < 0)
			return -1;
	}
	return 0;
}

static const struct {
	const char *column; /* that no other table has */
	int (*dump)(struct table *x, struct err *e);
} tables[SYMDB_TABLES] = {
	[SYMDB_STRINGS] = { "String", table_strings },
	[SYMDB_MAPPINGS] = { "MemoryStart", table_mappings },
	[SYMDB_FUNCTIONS] = { "SystemName", table_functions },
	[SYMDB_LOCATIONS] = { "MappingId", table_locations },
	[SYMDB_STACKS] = { "LocationIDs.list.element", table_stacks },
};

static int symbol_table(struct printer *p, int which, struct str bytes, struct err *e)
{
	struct blob *files[SYMDB_TABLES] = { NULL };
	struct table x = { .p = p };
	int rc;

	files[which] = blob_mem(bytes);
	x.t = symtables_open(files, e);
	if (x.t == NULL)
		return -1;
	x.a = arena_new();
	x.range = (struct symdb_range){ SYMDB_ALL_GROUPS, 0, x.t->rows[which] };
	rc = tables[which].dump(&x, e);
	arena_free(x.a);
	x.t->close(x.t);
	return rc;
}

int dump_parquet(struct printer *p, const char *path, struct str bytes, struct err *e)
{
	struct pq_file *f = pq_open(blob_mem(bytes), e);
	int rc, leaf;

	if (f == NULL)
		return -1;
	rc = columns(p, path, f, e);
	if (rc == 0 && (leaf = pq_find(f, STR("SeriesIndex"))) >= 0)
		rc = profiles(p, f, (uint32_t)leaf, bytes, e);
	for (int i = 0; i < SYMDB_TABLES && rc == 0; i++)
		if (pq_find(f, str_cstr(tables[i].column)) >= 0)
			rc = symbol_table(p, i, bytes, e);
	pq_close(f);
	return rc;
}
