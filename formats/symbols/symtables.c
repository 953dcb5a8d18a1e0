/* symtables.c - see symtables.h */
#include "formats/symbols/symtables.h"

#include "base/mem.h"
#include "formats/parquet/reader.h"

struct symtables {
	struct symdb_tables face; /* first member */
	struct pq_file *file[SYMDB_TABLES];
};

static const char *const names[SYMDB_TABLES] = {
	[SYMDB_STRINGS] = "strings",
	[SYMDB_MAPPINGS] = "mappings",
	[SYMDB_FUNCTIONS] = "functions",
	[SYMDB_LOCATIONS] = "locations",
	[SYMDB_STACKS] = "stacktraces",
};

static int find_leaf(struct symtables *t, enum symdb_table which, const char *path, enum pq_type type, uint32_t *leaf,
    struct err *e)
{
	struct pq_file *f = t->file[which];
	int i = f ? pq_find(f, str_cstr(path)) : -1;

	if (i < 0)
		return err_set(e, ERR_CORRUPT, "%s.parquet: no column %s", names[which], path);
	*leaf = (uint32_t)i;
	if (pq_leaf(f, *leaf)->type != type)
		return err_set(e, ERR_UNSUPPORTED, "%s.parquet: column %s has another type", names[which], path);
	return 0;
}

/* A column over some rows: `part` is called for each piece, with its first row. */
struct column {
	struct symtables *t;
	enum symdb_table table;
	const char *path;
	enum pq_type type;
	int (*part)(struct column *c, const struct pq_values *v, const struct pq_leaf *leaf, uint32_t first,
	    struct err *e);
	void *to;
	struct arena *mem;
	uint32_t flag;
};

static int read_group(struct column *c, uint32_t leaf, uint32_t group, uint32_t first, uint32_t n, uint32_t at,
    struct err *e)
{
	struct pq_file *f = c->t->file[c->table];
	struct pq_values v = { 0 };
	int rc = pq_read_rows(f, group, leaf, first, n, &v, e);

	if (rc == 0)
		rc = c->part(c, &v, pq_leaf(f, leaf), at, e);
	pq_values_fini(&v);
	return rc;
}

static int read_column(struct column *c, struct symdb_range r, struct err *e)
{
	struct pq_file *f = c->t->file[c->table];
	uint32_t leaf = 0, at = 0, groups;
	int rc = find_leaf(c->t, c->table, c->path, c->type, &leaf, e);

	if (rc < 0)
		return -1;
	groups = pq_meta(f)->n_groups;
	if (r.group != SYMDB_ALL_GROUPS) {
		if (r.group >= groups)
			return err_set(e, ERR_CORRUPT, "%s.parquet: row group %u of %u", names[c->table], r.group,
			    groups);
		rc = read_group(c, leaf, r.group, r.first, r.n, 0, e);
		return rc < 0 ? err_wrap(e, "%s.parquet", names[c->table]) : 0;
	}
	for (uint32_t g = 0; g < groups && rc == 0 && r.n; g++) {
		uint32_t rows = pq_group_rows(f, g), n;

		if (r.first >= rows) {
			r.first -= rows;
			continue;
		}
		n = MIN(rows - r.first, r.n);
		rc = read_group(c, leaf, g, r.first, n, at, e);
		at += n;
		r.n -= n;
		r.first = 0;
	}
	if (rc == 0 && r.n)
		rc = err_set(e, ERR_CORRUPT, "%u rows are missing", r.n);
	return rc < 0 ? err_wrap(e, "%s.parquet", names[c->table]) : 0;
}

/* ---- flat columns ---- */

static int one_each(const struct pq_values *v, struct err *e)
{
	if (v->n == v->rows && v->row_at.n == 0)
		return 0;
	return err_set(e, ERR_CORRUPT, "a column with lists or nulls");
}

static int reference(int64_t v, uint32_t *to, struct err *e)
{
	if (v < 0 || v > UINT32_MAX)
		return err_set(e, ERR_CORRUPT, "reference %lld", (long long)v);
	*to = (uint32_t)v;
	return 0;
}

/* Line numbers: what cannot be one is not known. */
static uint32_t line_number(int64_t v)
{
	return v >= INT32_MIN && v <= UINT32_MAX ? (uint32_t)v : 0;
}

#define EACH(type, assignment)                          \
	struct type *to = (struct type *)c->to + first; \
	(void)leaf;                                     \
	if (one_each(v, e) < 0)                         \
		return -1;                              \
	for (uint32_t i = 0; i < v->rows; i++) {        \
		assignment;                             \
	}                                               \
	return 0

#define PART(name, type, assignment)                                                                             \
	static int name(struct column *c, const struct pq_values *v, const struct pq_leaf *leaf, uint32_t first, \
	    struct err *e)                                                                                       \
	{                                                                                                        \
		EACH(type, assignment);                                                                          \
	}

#define REFERENCE(member)                                  \
	if (reference(v->ints.p[i], &to[i].member, e) < 0) \
	return -1

PART(mapping_start, sym_mapping, to[i].start = (uint64_t)v->ints.p[i])
PART(mapping_limit, sym_mapping, to[i].limit = (uint64_t)v->ints.p[i])
PART(mapping_offset, sym_mapping, to[i].offset = (uint64_t)v->ints.p[i])
PART(mapping_file, sym_mapping, REFERENCE(file))
PART(mapping_build, sym_mapping, REFERENCE(build_id))
PART(mapping_flag, sym_mapping, to[i].flags |= v->ints.p[i] ? c->flag : 0)
PART(function_name, sym_function, REFERENCE(name))
PART(function_system, sym_function, REFERENCE(system_name))
PART(function_file, sym_function, REFERENCE(file))
PART(function_line, sym_function, to[i].start_line = line_number(v->ints.p[i]))
PART(location_mapping, sym_location, REFERENCE(mapping))
PART(location_address, sym_location, to[i].address = (uint64_t)v->ints.p[i])
PART(strings_text, str, to[i] = arena_str(c->mem, v->strs.p[i]))

static int read_strings(struct symdb_tables *face, struct arena *a, struct symdb_range r, struct str *out,
    struct err *e)
{
	return read_column(&(struct column){ .t = (struct symtables *)face,
			       .table = SYMDB_STRINGS,
			       .path = "String",
			       .type = PQ_BYTES,
			       .part = strings_text,
			       .to = out,
			       .mem = a },
	    r, e);
}

static int read_columns(struct column *c, size_t n, struct symdb_tables *face, enum symdb_table table, void *to,
    struct symdb_range r, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		c[i].t = (struct symtables *)face;
		c[i].table = table;
		c[i].to = to;
		if (read_column(&c[i], r, e) < 0)
			return -1;
	}
	return 0;
}

static int read_mappings(struct symdb_tables *face, struct arena *a, struct symdb_range r, struct sym_mapping *out,
    struct err *e)
{
	struct column c[] = {
		{ .path = "MemoryStart", .type = PQ_INT64, .part = mapping_start },
		{ .path = "MemoryLimit", .type = PQ_INT64, .part = mapping_limit },
		{ .path = "FileOffset", .type = PQ_INT64, .part = mapping_offset },
		{ .path = "Filename", .type = PQ_INT64, .part = mapping_file },
		{ .path = "BuildId", .type = PQ_INT64, .part = mapping_build },
		{ .path = "HasFunctions", .type = PQ_BOOLEAN, .part = mapping_flag, .flag = MAPPING_HAS_FUNCTIONS },
		{ .path = "HasFilenames", .type = PQ_BOOLEAN, .part = mapping_flag, .flag = MAPPING_HAS_FILENAMES },
		{ .path = "HasLineNumbers",
		    .type = PQ_BOOLEAN,
		    .part = mapping_flag,
		    .flag = MAPPING_HAS_LINE_NUMBERS },
		{ .path = "HasInlineFrames",
		    .type = PQ_BOOLEAN,
		    .part = mapping_flag,
		    .flag = MAPPING_HAS_INLINE_FRAMES },
	};

	(void)a;
	for (uint32_t i = 0; i < r.n; i++)
		out[i] = (struct sym_mapping){ 0 };
	return read_columns(c, ARRAY_LEN(c), face, SYMDB_MAPPINGS, out, r, e);
}

static int read_functions(struct symdb_tables *face, struct arena *a, struct symdb_range r, struct sym_function *out,
    struct err *e)
{
	struct column c[] = {
		{ .path = "Name", .type = PQ_INT64, .part = function_name },
		{ .path = "SystemName", .type = PQ_INT64, .part = function_system },
		{ .path = "Filename", .type = PQ_INT64, .part = function_file },
		{ .path = "StartLine", .type = PQ_INT64, .part = function_line },
	};

	(void)a;
	return read_columns(c, ARRAY_LEN(c), face, SYMDB_FUNCTIONS, out, r, e);
}

/* ---- lists ---- */

/* Members of a list column: those of row i end before end[i]. */
struct list {
	VEC(int64_t) v;
	VEC(uint32_t) end;
};

static void list_fini(struct list *l)
{
	vec_free(&l->v);
	vec_free(&l->end);
}

static int list_part(struct column *c, const struct pq_values *v, const struct pq_leaf *leaf, uint32_t first,
    struct err *e)
{
	struct list *l = c->to;
	uint32_t k = 0;

	(void)first;
	if (leaf->max_rep != 1 || v->row_at.n != (size_t)v->rows + 1)
		return err_set(e, ERR_CORRUPT, "column %s is no list", c->path);
	if (v->n > UINT32_MAX - l->v.n)
		return err_set(e, ERR_LIMIT, "column %s has too many values", c->path);
	vec_reserve(&l->v, v->n);
	vec_reserve(&l->end, v->rows);
	for (uint32_t row = 0; row < v->rows; row++) {
		for (uint32_t i = v->row_at.p[row]; i < v->row_at.p[row + 1]; i++)
			if (v->def.n == 0 || v->def.p[i] == leaf->max_def)
				l->v.p[l->v.n++] = v->ints.p[k++];
		l->end.p[l->end.n++] = (uint32_t)l->v.n;
	}
	return 0;
}

static int read_list(struct symtables *t, enum symdb_table table, const char *path, struct symdb_range r,
    struct list *l, struct err *e)
{
	return read_column(&(struct column){ .t = t,
			       .table = table,
			       .path = path,
			       .type = PQ_INT64,
			       .part = list_part,
			       .to = l },
	    r, e);
}

static int join_lines(const struct list *functions, const struct list *numbers, struct arena *a,
    struct sym_location *out, struct sym_line **lines, struct err *e)
{
	uint32_t from = 0;

	*lines = arena_array(a, functions->v.n, sizeof(**lines));
	for (size_t i = 0; i < functions->v.n; i++) {
		if (reference(functions->v.p[i], &(*lines)[i].function, e) < 0)
			return -1;
		(*lines)[i].line = line_number(numbers->v.p[i]);
	}
	for (size_t i = 0; i < functions->end.n; i++) {
		if (functions->end.p[i] != numbers->end.p[i])
			return err_set(e, ERR_CORRUPT, "locations.parquet: row %zu: functions without lines", i);
		out[i].first_line = from;
		out[i].n_lines = functions->end.p[i] - from;
		from = functions->end.p[i];
	}
	return 0;
}

static int read_locations(struct symdb_tables *face, struct arena *a, struct symdb_range r, struct sym_location *out,
    struct sym_line **lines, uint32_t *n_lines, struct err *e)
{
	struct column c[] = {
		{ .path = "MappingId", .type = PQ_INT64, .part = location_mapping },
		{ .path = "Address", .type = PQ_INT64, .part = location_address },
	};
	struct symtables *t = (struct symtables *)face;
	struct list functions = { 0 }, numbers = { 0 };
	int rc = read_columns(c, ARRAY_LEN(c), face, SYMDB_LOCATIONS, out, r, e);

	if (rc == 0)
		rc = read_list(t, SYMDB_LOCATIONS, "Line.FunctionId", r, &functions, e);
	if (rc == 0)
		rc = read_list(t, SYMDB_LOCATIONS, "Line.Line", r, &numbers, e);
	if (rc == 0 && functions.v.n != numbers.v.n)
		rc = err_set(e, ERR_CORRUPT, "locations.parquet: %zu functions, %zu lines", functions.v.n, numbers.v.n);
	if (rc == 0)
		rc = join_lines(&functions, &numbers, a, out, lines, e);
	*n_lines = (uint32_t)functions.v.n;
	list_fini(&functions);
	list_fini(&numbers);
	return rc;
}

static int read_stacks(struct symdb_tables *face, struct arena *a, struct symdb_range r, uint32_t *at,
    uint32_t **locations, struct err *e)
{
	struct list l = { 0 };
	int rc = read_list((struct symtables *)face, SYMDB_STACKS, "LocationIDs.list.element", r, &l, e);

	at[0] = 0;
	if (rc == 0 && l.end.n)
		memcpy(at + 1, l.end.p, l.end.n * sizeof(*at));
	*locations = arena_array(a, l.v.n, sizeof(**locations));
	for (size_t i = 0; rc == 0 && i < l.v.n; i++)
		rc = reference(l.v.p[i], &(*locations)[i], e);
	list_fini(&l);
	return rc;
}

static void close_tables(struct symdb_tables *face)
{
	struct symtables *t = (struct symtables *)face;

	for (int i = 0; i < SYMDB_TABLES; i++)
		pq_close(t->file[i]);
	mem_free(t);
}

static int open_table(struct symtables *t, enum symdb_table i, struct blob *b, struct err *e)
{
	t->file[i] = pq_open(b, e);
	if (t->file[i] == NULL)
		return err_wrap(e, "%s.parquet", names[i]);
	if (pq_meta(t->file[i])->rows > UINT32_MAX)
		return err_set(e, ERR_LIMIT, "%s.parquet: too many rows", names[i]);
	t->face.rows[i] = (uint32_t)pq_meta(t->file[i])->rows;
	return 0;
}

struct symdb_tables *symtables_open(struct blob *const files[SYMDB_TABLES], struct err *e)
{
	struct symtables *t = mem_zalloc(sizeof(*t));
	int rc = 0;

	t->face = (struct symdb_tables){ .strings = read_strings,
		.mappings = read_mappings,
		.functions = read_functions,
		.locations = read_locations,
		.close = close_tables,
		.stacks = files[SYMDB_STACKS] ? read_stacks : NULL };
	for (int i = 0; i < SYMDB_TABLES; i++) {
		if (files[i] && rc == 0)
			rc = open_table(t, (enum symdb_table)i, files[i], e);
		else
			blob_close(files[i]);
	}
	if (rc == 0)
		return &t->face;
	close_tables(&t->face);
	return NULL;
}
