/* places_sum.c - see places_sum.h */
#include "tools/pyro-query/places_sum.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/vec.h"
#include "base/zip.h"
#include "formats/pprof/pprof.h"
#include "formats/stack_table.h"
#include "io/fd.h"

enum {
	WRITE_SIZE = 1 << 18, /* bytes of a write, and of a gzip member before compression */
	READ_MIN = 1 << 14,   /* bytes that a run reads at once */
	READ_MAX = 1 << 20,
	GZIP_LEVEL = 6,
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
	    &(struct profile_merge_opts){ .keep_tags = o->form == PLACES_PPROF,
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

static int flush(struct sink *to, struct buf *b, size_t least, struct err *e)
{
	if (b->n == 0 || b->n < least)
		return 0;
	if (sink_write(to, buf_str(b), e) < 0)
		return -1;
	buf_reset(b);
	return 0;
}

static int folded_type(const struct places_sum *s, const struct profile *p, uint32_t *type, struct err *e)
{
	uint64_t number;
	struct err no;

	*type = profile_default_type(p);
	if (s->o.sample.n == 0)
		return 0;
	for (*type = 0; *type < p->n_types; ++*type)
		if (str_eq(profile_str(p, p->types[*type].type), s->o.sample))
			return 0;
	if (num_u64(s->o.sample, &number, &no) < 0 || number >= p->n_types)
		return err_set(e, ERR_INVALID, "the profile has no sample type \"" STR_FMT "\"", STR_ARG(s->o.sample));
	*type = (uint32_t)number;
	return 0;
}

/* Rows of equal text are neighbours: a line is written when the next one differs. */
static int write_folded(struct places_sum *s, struct rows *r, const struct profile *p, struct sink *to, struct err *e)
{
	struct buf line, out;
	struct stack_row row;
	uint64_t sum = 0;
	uint32_t type;
	struct buf last;
	bool any = false;
	int rc;

	if (folded_type(s, p, &type, e) < 0)
		return -1;
	buf_init(&line, INT32_MAX);
	buf_init(&last, INT32_MAX);
	buf_init(&out, INT32_MAX);
	while ((rc = rows_next(r, &row, e)) > 0) {
		int64_t v = type < row.n_values ? row.values[type] : 0;

		buf_reset(&line);
		stack_order_print(&r->order, &row, &line);
		if (any && !str_eq(buf_str(&line), buf_str(&last))) {
			if (sum != 0) {
				buf_add(&out, buf_str(&last));
				buf_printf(&out, " %lld\n", (long long)sum);
			}
			sum = 0;
		}
		any = true;
		sum += (uint64_t)v;
		buf_reset(&last);
		buf_add(&last, buf_str(&line));
		if ((rc = flush(to, &out, WRITE_SIZE, e)) < 0)
			break;
	}
	if (rc == 0 && any && sum != 0) {
		buf_add(&out, buf_str(&last));
		buf_printf(&out, " %lld\n", (long long)sum);
	}
	if (rc == 0)
		rc = flush(to, &out, 0, e);
	buf_fini(&line);
	buf_fini(&last);
	buf_fini(&out);
	return rc;
}

/* A profile of one sample after the other: its encoding begins with the types, which are left out. */
struct packer {
	struct sink *to;
	struct buf raw, packed;
};

static int pack(struct packer *k, size_t least, struct err *e)
{
	if (k->raw.n == 0 || k->raw.n < least)
		return 0;
	buf_reset(&k->packed);
	zip_gzip(buf_str(&k->raw), GZIP_LEVEL, &k->packed);
	buf_reset(&k->raw);
	return sink_write(k->to, buf_str(&k->packed), e);
}

/* Field 2 of the profile, as pprof_encode writes it: location ids are positions + 1. */
static void put_sample(struct buf *b, struct buf *part, struct buf *list, const struct stack_row *row, uint32_t n_types)
{
	buf_reset(part);
	buf_reset(list);
	for (uint32_t i = 0; i < row->n; i++)
		buf_uvarint(list, (uint64_t)row->stack[i] + 1);
	buf_byte(part, 1 << 3 | 2);
	buf_uvarint(part, list->n);
	buf_add(part, buf_str(list));
	buf_reset(list);
	for (uint32_t i = 0; i < n_types; i++)
		buf_uvarint(list, (uint64_t)(i < row->n_values ? row->values[i] : 0));
	buf_byte(part, 2 << 3 | 2);
	buf_uvarint(part, list->n);
	buf_add(part, buf_str(list));
	for (uint32_t i = 0; i < row->n_tags; i++) {
		const struct tag *t = &row->tags[i];
		const uint64_t fields[] = { t->key, t->str, (uint64_t)t->num, t->unit };

		buf_reset(list);
		for (unsigned k = 0; k < ARRAY_LEN(fields); k++) {
			if (fields[k] == 0)
				continue;
			buf_byte(list, (unsigned char)((k + 1) << 3));
			buf_uvarint(list, fields[k]);
		}
		buf_byte(part, 3 << 3 | 2);
		buf_uvarint(part, list->n);
		buf_add(part, buf_str(list));
	}
	buf_byte(b, 2 << 3 | 2);
	buf_uvarint(b, part->n);
	buf_add(b, buf_str(part));
}

static bool is_zero(const struct stack_row *row)
{
	for (uint32_t i = 0; i < row->n_values; i++)
		if (row->values[i] != 0)
			return false;
	return true;
}

static int write_pprof(struct rows *r, uint32_t n_types, const struct profile *head, struct sink *to, struct err *e)
{
	struct packer k = { .to = to };
	struct buf part, list;
	struct stack_row row;
	int rc;

	buf_init(&k.raw, INT32_MAX);
	buf_init(&k.packed, INT32_MAX);
	buf_init(&part, INT32_MAX);
	buf_init(&list, INT32_MAX);
	/* everything but the samples; messages that follow one another are one message */
	pprof_encode(head, &k.raw);
	rc = pack(&k, 0, e);
	while (rc == 0 && (rc = rows_next(r, &row, e)) > 0) {
		if (!is_zero(&row))
			put_sample(&k.raw, &part, &list, &row, n_types);
		rc = pack(&k, WRITE_SIZE, e);
	}
	if (rc == 0)
		rc = pack(&k, 0, e);
	if (rc == 0)
		rc = buf_check(&k.packed, "pprof", e);
	buf_fini(&k.raw);
	buf_fini(&k.packed);
	buf_fini(&part);
	buf_fini(&list);
	return rc;
}

int places_sum_write(struct places_sum *s, struct sink *to, struct err *e)
{
	const struct profile *tables = profile_merger_tables(s->m);
	struct profile *head;
	struct rows rows;
	uint32_t n_types;
	int rc;

	if (tables == NULL)
		return err_set(e, ERR_NOTFOUND, "there are no profiles");
	if (rows_open(&rows, s, e) < 0)
		return -1;
	n_types = tables->n_types;
	head = profile_merger_finish(s->m);
	s->m = NULL;
	rc = s->o.form == PLACES_FOLDED ? write_folded(s, &rows, head, to, e)
					: write_pprof(&rows, n_types, head, to, e);
	rows_close(&rows);
	return rc;
}
