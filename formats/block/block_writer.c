/* block_writer.c - the writing half of block.h */
#include "formats/block/block.h"

#include <stdlib.h>

#include "base/arith.h"
#include "base/mem.h"
#include "formats/block/block_rows.h"
#include "formats/block/index.h"
#include "formats/symbols/symdb.h"

struct new_series {
	struct labels labels;
	uint64_t fingerprint;
	int64_t from, through; /* of its rows */
	bool used;
};

struct block_writer {
	struct arena *mem; /* labels */
	VEC(struct new_series) series;
	VEC(struct symbols *) partitions;
	struct block_rows rows;
};

struct block_writer *block_writer_new(void)
{
	struct block_writer *w = mem_zalloc(sizeof(*w));

	w->mem = arena_new();
	block_rows_init(&w->rows);
	return w;
}

void block_writer_free(struct block_writer *w)
{
	if (w == NULL)
		return;
	vec_free(&w->series);
	vec_free(&w->partitions);
	block_rows_fini(&w->rows);
	arena_free(w->mem);
	mem_free(w);
}

uint32_t block_writer_series(struct block_writer *w, const struct labels *labels, uint64_t fingerprint)
{
	struct new_series s = { .labels = labels_copy(w->mem, labels),
		.fingerprint = fingerprint,
		.from = INT64_MAX,
		.through = INT64_MIN };

	vec_push(&w->series, s);
	return (uint32_t)w->series.n - 1;
}

uint32_t block_writer_partition(struct block_writer *w, struct symbols *s)
{
	vec_push(&w->partitions, s);
	return (uint32_t)w->partitions.n - 1;
}

static void saw(struct new_series *s, const struct row *r)
{
	s->used = true;
	s->from = MIN(s->from, r->time);
	s->through = MAX(s->through, r->time);
}

void block_writer_row(struct block_writer *w, const struct row *r)
{
	struct new_series *s = &w->series.p[r->series];

	assert(r->series < w->series.n && r->partition < w->partitions.n);
	if (block_rows_add(&w->rows, r))
		saw(s, r);
}

int block_writer_packed(struct block_writer *w, const struct row *r, struct packed_rows *from, uint32_t set_series,
    struct err *e)
{
	struct new_series *s = &w->series.p[r->series];
	struct str packed;

	assert(r->series < w->series.n && r->partition < w->partitions.n);
	if (s->used && r->time <= s->through) {
		if (from->take(from, set_series, r->number, &packed, e) < 0)
			return -1;
		block_rows_copy(&w->rows, r, packed);
	} else {
		block_rows_refer(&w->rows, r, from, set_series);
	}
	saw(s, r);
	return 0;
}

uint64_t block_writer_rows(const struct block_writer *w)
{
	return w->rows.rows.n;
}

/* ---- finishing ---- */

/* A block on its way. */
struct finish {
	struct block_writer *w;
	struct arena *mem;          /* scratch */
	struct new_series **order;  /* used series by labels */
	uint32_t n_order, n_series; /* n_series: distinct ones */
	uint32_t *number;           /* per series of the writer: number in the block */
	uint32_t *kind;             /* per series of the block: counts profile types */
	struct stack_use *stacks;   /* per partition */
	struct block_sink *to;
	uint64_t index_bytes, profiles_bytes, symbols_bytes, groups;
};

/* A part that is in memory. */
static int put_part(struct finish *f, const char *name, const struct buf *bytes, uint64_t *size, struct err *e)
{
	struct sink *k;
	struct err ignored;
	int rc = buf_check(bytes, "file", e);

	if (rc < 0)
		return err_wrap(e, "%s", name);
	k = f->to->part(f->to, str_cstr(name), e);
	if (k == NULL)
		return -1;
	rc = sink_write(k, buf_str(bytes), e);
	*size = bytes->n;
	return sink_close(k, rc < 0 ? &ignored : e) < 0 ? -1 : rc;
}

static int series_cmp(const void *a, const void *b)
{
	const struct new_series *x = *(struct new_series *const *)a, *y = *(struct new_series *const *)b;
	int rc = labels_cmp(&x->labels, &y->labels);

	if (rc)
		return rc;
	return x->fingerprint < y->fingerprint ? -1 : x->fingerprint > y->fingerprint;
}

static bool same_kind(const struct labels *a, const struct labels *b)
{
	return str_eq(labels_get(a, STR("__profile_type__")), labels_get(b, STR("__profile_type__")));
}

/* Numbers series by their labels; those with equal labels become one. */
static int number_series(struct finish *f, struct index_writer *ix, struct buf *out, struct err *e)
{
	struct block_writer *w = f->w;

	f->order = arena_array(f->mem, w->series.n, sizeof(*f->order));
	f->number = arena_zarray(f->mem, w->series.n, sizeof(*f->number));
	f->kind = arena_zarray(f->mem, w->series.n, sizeof(*f->kind));
	for (size_t i = 0; i < w->series.n; i++)
		if (w->series.p[i].used)
			f->order[f->n_order++] = &w->series.p[i];
	if (f->n_order > 1)
		qsort(f->order, f->n_order, sizeof(*f->order), series_cmp);
	for (uint32_t i = 0, next; i < f->n_order; i = next) {
		struct new_series s = *f->order[i];

		for (next = i; next < f->n_order && labels_cmp(&s.labels, &f->order[next]->labels) == 0; next++) {
			s.from = MIN(s.from, f->order[next]->from);
			s.through = MAX(s.through, f->order[next]->through);
			f->number[f->order[next] - w->series.p] = f->n_series;
		}
		if (f->n_series)
			f->kind[f->n_series] = f->kind[f->n_series - 1] +
			    !same_kind(&s.labels, &f->order[i - 1]->labels);
		f->n_series++;
		if (index_writer_add(ix, &s.labels, s.fingerprint, s.from, s.through, e) < 0)
			return -1;
	}
	return index_writer_finish(ix, out, e);
}

static int write_index(struct finish *f, struct err *e)
{
	struct index_writer *ix = index_writer_new();
	struct buf out;
	int rc;

	buf_init(&out, SIZE_MAX / 2);
	rc = number_series(f, ix, &out, e);
	index_writer_free(ix);
	if (rc < 0)
		err_wrap(e, "index.tsdb");
	else
		rc = put_part(f, "index.tsdb", &out, &f->index_bytes, e);
	buf_fini(&out);
	return rc;
}

static int partition_cmp(const void *a, const void *b, void *ctx)
{
	struct symbols *const *all = ctx;
	uint64_t x = all[*(const uint32_t *)a]->partition, y = all[*(const uint32_t *)b]->partition;

	return x < y ? -1 : x > y;
}

/* Which partitions have rows, and which of their stacks. */
static int mark_stacks(struct finish *f, struct arena *scratch, struct err *e)
{
	struct block_writer *w = f->w;

	f->stacks = arena_zarray(f->mem, w->partitions.n, sizeof(*f->stacks));
	for (size_t i = 0; i < w->rows.rows.n; i++) {
		uint32_t p = w->rows.rows.p[i].partition, n = (uint32_t)w->partitions.p[p]->nodes.n;
		struct stack_use *u = &f->stacks[p];

		if (u->n)
			continue;
		*u = (struct stack_use){ .n = n, .id = w->partitions.p[p]->partition };
		u->used = arena_zarray(scratch, n, sizeof(*u->used));
		u->sum = arena_zarray(scratch, n, sizeof(*u->sum));
		u->count = arena_zarray(scratch, n, sizeof(*u->count));
		u->number = arena_zarray(scratch, n, sizeof(*u->number));
	}
	return block_rows_mark(&w->rows, f->stacks, e);
}

/* Partitions go in by their ids, so that their order does not depend on who came first. */
static int add_partitions(struct finish *f, struct symdb_writer *db, struct err *e)
{
	struct symbols **all = f->w->partitions.p;
	uint32_t *order = arena_array(f->mem, f->w->partitions.n, sizeof(*order)), n = 0;

	for (uint32_t p = 0; p < f->w->partitions.n; p++)
		if (f->stacks[p].n)
			order[n++] = p;
	if (n > 1)
		qsort_r(order, n, sizeof(*order), partition_cmp, all);
	for (uint32_t i = 0; i < n; i++) {
		struct stack_use *u = &f->stacks[order[i]];

		if (symdb_writer_add(db, all[order[i]], u->used, u->number, e) < 0)
			return -1;
		block_rows_rank(u, f->mem);
	}
	return 0;
}

static int write_symbols(struct finish *f, struct err *e)
{
	struct symdb_writer *db = symdb_writer_new();
	struct buf out;
	struct arena *scratch = arena_new();
	int rc = mark_stacks(f, scratch, e);

	buf_init(&out, SIZE_MAX / 2);
	if (rc == 0)
		rc = add_partitions(f, db, e);
	if (rc == 0)
		symdb_writer_finish(db, &out);
	symdb_writer_free(db);
	arena_free(scratch);
	if (rc < 0)
		err_wrap(e, "symbols.symdb");
	else
		rc = put_part(f, "symbols.symdb", &out, &f->symbols_bytes, e);
	buf_fini(&out);
	return rc;
}

static int write_profiles(struct finish *f, struct err *e)
{
	struct row_numbers to = { .series = f->number, .kind = f->kind, .stacks = f->stacks };
	struct sink *k = f->to->part(f->to, STR("profiles.parquet"), e);
	struct err ignored;
	int rc;

	if (k == NULL)
		return -1;
	block_rows_sort(&f->w->rows, f->number);
	rc = block_rows_write(&f->w->rows, &to, k, &f->profiles_bytes, &f->groups, e);
	return sink_close(k, rc < 0 ? &ignored : e) < 0 ? -1 : rc;
}

static int write_meta(struct finish *f, const struct block_meta *m, struct err *e)
{
	struct buf out;
	uint64_t size;
	int rc;

	buf_init(&out, SIZE_MAX / 2);
	block_meta_print(&out, m);
	rc = put_part(f, "meta.json", &out, &size, e);
	buf_fini(&out);
	return rc;
}

static void fill_meta(const struct finish *f, struct ulid id, struct arena *a, struct block_meta *m)
{
	int64_t from = INT64_MAX, through = INT64_MIN;

	for (uint32_t i = 0; i < f->n_order; i++) {
		from = MIN(from, f->order[i]->from);
		through = MAX(through, f->order[i]->through);
	}
	*m = (struct block_meta){ .ulid = id,
		.min_time = floor_ms(from),
		.max_time = floor_ms(through),
		.n_samples = f->w->rows.n_samples,
		.n_series = f->n_series,
		.n_profiles = f->w->rows.rows.n,
		.n_files = 3,
		.level = 1,
		.n_sources = 1,
		.version = 3,
		.source = STR("ingester") };
	m->files = arena_zarray(a, 3, sizeof(*m->files));
	m->files[0] = (struct block_file){ .path = STR("index.tsdb"), .size = f->index_bytes, .series = f->n_series };
	m->files[1] = (struct block_file){ .path = STR("profiles.parquet"),
		.size = f->profiles_bytes,
		.row_groups = f->groups,
		.rows = f->w->rows.rows.n };
	m->files[2] = (struct block_file){ .path = STR("symbols.symdb"), .size = f->symbols_bytes };
	m->sources = arena_alloc(a, sizeof(*m->sources));
	m->sources[0] = id;
}

int block_writer_write(struct block_writer *w, struct ulid id, struct block_sink *to, struct arena *a,
    struct block_meta *meta, struct err *e)
{
	struct finish f = { .w = w, .to = to };
	int rc = -1;

	*meta = (struct block_meta){ .ulid = id };
	if (w->rows.rows.n == 0)
		return 0;
	f.mem = arena_new();
	if (write_index(&f, e) == 0 && write_symbols(&f, e) == 0 && write_profiles(&f, e) == 0) {
		fill_meta(&f, id, a, meta);
		rc = write_meta(&f, meta, e);
	}
	arena_free(f.mem);
	return rc;
}
