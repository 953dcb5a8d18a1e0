/* places_sum.c - see places_sum.h */
#include "tools/pyro-query/places_sum.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/vec.h"
#include "formats/stack_table.h"
#include "io/fd.h"

enum {
	WRITE_SIZE = 1 << 18, /* bytes of a write */
	READ_MIN = 1 << 14,   /* bytes that a run reads at once */
	READ_MAX = 1 << 20,
};

struct place {
	uint64_t at, end; /* in the temporary file */
};

struct places_sum {
	struct places_sum_opts o;
	struct arena *a; /* tables */
	struct profile_merger *m;
	struct stack_table *table;
	int fd; /* -1: nothing was written yet */
	uint64_t size;
	VEC(struct place) runs;
	struct err failed; /* of add_row, which cannot say so */
	bool bad;
};

/* ---- runs ---- */

struct range_src {
	struct src src;
	int fd;
	uint64_t at, end;
	char *p;
	size_t from, n, cap; /* p[from .. n) is at hand */
};

static int range_peek(struct src *s, size_t want, struct str *got, struct err *e)
{
	struct range_src *r = CONTAINER_OF(s, struct range_src, src);

	if (r->n - r->from < want && r->at < r->end) {
		size_t more, read;

		memmove(r->p, r->p + r->from, r->n - r->from);
		r->n -= r->from;
		r->from = 0;
		if (want > r->cap) {
			r->cap = want;
			r->p = mem_resize(r->p, r->cap, 1);
		}
		more = (size_t)MIN((uint64_t)(r->cap - r->n), r->end - r->at);
		if (fd_read_at(r->fd, r->p + r->n, more, r->at, &read, e) < 0)
			return err_wrap(e, "temporary file");
		if (read < more)
			return err_set(e, ERR_CORRUPT, "temporary file: shorter than what was written");
		r->at += read;
		r->n += read;
	}
	*got = str_of(r->p + r->from, r->n - r->from);
	return 0;
}

static void range_skip(struct src *s, size_t n)
{
	struct range_src *r = CONTAINER_OF(s, struct range_src, src);

	r->from = MIN(r->from + n, r->n);
}

static void range_close(struct src *s)
{
	struct range_src *r = CONTAINER_OF(s, struct range_src, src);

	mem_free(r->p);
	mem_free(r);
}

static struct src *range_open(int fd, struct place run, size_t buffer)
{
	struct range_src *r = mem_zalloc(sizeof(*r));

	r->src = (struct src){ range_peek, range_skip, range_close };
	r->fd = fd;
	r->at = run.at;
	r->end = run.end;
	r->cap = buffer;
	r->p = mem_alloc(buffer);
	return &r->src;
}

static int open_temporary(struct places_sum *s, struct err *e)
{
	const char *folder = getenv("TMPDIR");
	char path[4096];

	if (folder == NULL || folder[0] == '\0')
		folder = "/tmp";
	s->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd >= 0)
		return 0;
	/* not every file system has files without names */
	if (snprintf(path, sizeof(path), "%s/pyro-query-XXXXXX", folder) >= (int)sizeof(path))
		return err_set(e, ERR_USAGE, "TMPDIR is too long");
	s->fd = mkostemp(path, O_CLOEXEC);
	if (s->fd < 0)
		return err_sys(e, ERR_IO, "temporary file in %s", folder);
	unlink(path);
	return 0;
}

static int write_run(struct places_sum *s, struct buf *b, bool all, struct err *e)
{
	if (b->n == 0 || (!all && b->n < WRITE_SIZE))
		return 0;
	if (fd_write_all(s->fd, buf_str(b), e) < 0)
		return err_wrap(e, "temporary file (TMPDIR says where)");
	s->size += b->n;
	buf_reset(b);
	return 0;
}

static int spill(struct places_sum *s, struct err *e)
{
	struct place run = { .at = s->size };
	struct stack_order order;
	struct buf b;
	int rc = 0;

	if (s->fd < 0 && open_temporary(s, e) < 0)
		return -1;
	stack_order_init(&order, profile_merger_tables(s->m));
	stack_table_sort(s->table, &order);
	stack_order_fini(&order);
	buf_init(&b, INT32_MAX);
	for (size_t i = 0; i < stack_table_count(s->table) && rc == 0; i++) {
		struct stack_row row = stack_table_row(s->table, i);

		stack_row_encode(&row, &b);
		rc = write_run(s, &b, false, e);
	}
	if (rc == 0)
		rc = write_run(s, &b, true, e);
	buf_fini(&b);
	run.end = s->size;
	vec_push(&s->runs, run);
	stack_table_reset(s->table);
	return rc;
}

/* ---- in ---- */

static void add_row(void *ctx, const uint32_t *stack, uint32_t n, const int64_t *values, uint32_t n_values,
    const struct tag *tags, uint32_t n_tags)
{
	struct places_sum *s = ctx;
	const struct stack_row row = { stack, tags, values, n, n_tags, n_values };

	if (s->bad || stack_table_add(s->table, &row))
		return;
	s->bad = spill(s, &s->failed) < 0;
	if (!s->bad && !stack_table_add(s->table, &row))
		s->bad = err_set(&s->failed, ERR_LIMIT, "a stack of %u frames is larger than --memory allows", n) < 0;
}

struct places_sum *places_sum_new(const struct places_sum_opts *o, struct err *e)
{
	struct places_sum *s;

	if (o->memory < (size_t)16 << 20) {
		err_set(e, ERR_USAGE, "--memory: at least 16M are needed");
		return NULL;
	}
	s = mem_zalloc(sizeof(*s));
	s->o = *o;
	s->fd = -1;
	s->a = arena_new();
	/* the other half: what is being read, and the tables */
	s->table = stack_table_new(o->memory / 2);
	s->m = profile_merger_new(s->a,
	    &(struct profile_merge_opts){ .keep_tags = o->form->tags,
		.unite = !o->strict,
		.copies = true,
		.sample = add_row,
		.ctx = s });
	return s;
}

void places_sum_free(struct places_sum *s)
{
	if (s == NULL)
		return;
	if (s->m != NULL)
		profile_merger_finish(s->m);
	stack_table_free(s->table);
	vec_free(&s->runs);
	fd_close(&s->fd);
	arena_free(s->a);
	mem_free(s);
}

int places_sum_add(struct places_sum *s, struct profile *p, bool beside, struct err *e)
{
	struct arena *a = arena_new();
	int rc = 0;

	if (s->o.filter != NULL && (p = s->o.filter(s->o.ctx, a, p, e)) == NULL)
		rc = -1;
	if (rc == 0)
		rc = beside ? profile_merger_add_beside(s->m, p, e) : profile_merger_add(s->m, p, e);
	arena_free(a);
	if (rc == 0 && s->bad) {
		*e = s->failed;
		return -1;
	}
	if (rc == 0 && arena_bytes(s->a) > s->o.memory / 2)
		return err_set(e, ERR_LIMIT, "names and locations need %zu MiB, more than half of --memory",
		    arena_bytes(s->a) >> 20);
	return rc;
}

uint64_t places_sum_spilled(const struct places_sum *s)
{
	return s->size;
}

/* ---- out ---- */

/* Rows in order, from the file or from the table. */
struct rows {
	struct places_sum *s;
	struct stack_order order;
	struct stack_merge *merge; /* NULL: everything is in the table */
	size_t next;
};

static int rows_open(struct rows *r, struct places_sum *s, struct err *e)
{
	struct src **runs;
	size_t buffer;

	*r = (struct rows){ .s = s };
	if (s->runs.n > 0 && stack_table_count(s->table) > 0 && spill(s, e) < 0)
		return -1;
	stack_order_init(&r->order, profile_merger_tables(s->m));
	if (s->runs.n == 0) {
		stack_table_sort(s->table, &r->order);
		return 0;
	}
	stack_table_free(s->table); /* its memory is for the buffers now */
	s->table = NULL;
	buffer = MAX(MIN(s->o.memory / 4 / s->runs.n, (size_t)READ_MAX), (size_t)READ_MIN);
	runs = mem_array(s->runs.n, sizeof(struct src *));
	for (size_t i = 0; i < s->runs.n; i++)
		runs[i] = range_open(s->fd, s->runs.p[i], buffer);
	r->merge = stack_merge_new(&r->order, runs, s->runs.n);
	mem_free(runs);
	return 0;
}

static int rows_next(struct rows *r, struct stack_row *row, struct err *e)
{
	if (r->merge != NULL)
		return stack_merge_next(r->merge, row, e);
	if (r->next >= stack_table_count(r->s->table))
		return 0;
	*row = stack_table_row(r->s->table, r->next++);
	return 1;
}

static void rows_close(struct rows *r)
{
	stack_merge_free(r->merge);
	stack_order_fini(&r->order);
}

int places_sum_write(struct places_sum *s, struct sink *to, struct err *e)
{
	const struct profile *tables = profile_merger_tables(s->m);
	struct places_to out = { .sink = to, .sample = s->o.sample, .memory = s->o.memory };
	struct places_writer *w;
	struct stack_row row;
	struct rows rows;
	int rc;

	if (tables == NULL)
		return err_set(e, ERR_NOTFOUND, "there are no profiles");
	if (rows_open(&rows, s, e) < 0)
		return -1;
	out.head = profile_merger_finish(s->m);
	out.order = &rows.order;
	s->m = NULL;
	w = places_writer_new(s->o.form, &out, e);
	rc = w != NULL ? 0 : -1;
	while (rc == 0 && (rc = rows_next(&rows, &row, e)) > 0)
		rc = places_writer_add(w, &row, e);
	if (rc == 0)
		rc = places_writer_end(w, e);
	else
		places_writer_free(w);
	rows_close(&rows);
	return rc;
}
