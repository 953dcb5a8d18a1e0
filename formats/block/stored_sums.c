/* stored_sums.c - see stored_sums.h */
#include "formats/block/stored_sums.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/num.h"

#define PAIR STR("pyro.sums")

enum { ENTRY = 40, SHORT_ROWS = 32, LONG_ROWS = 256, WORTH_SAMPLES = 1 << 16, WORTH_TIMES = 4 };

static int entry_cmp(const void *a, const void *b)
{
	const struct stored_part *x = a, *y = b;

	if (x->is.group != y->is.group)
		return x->is.group < y->is.group ? -1 : 1;
	if (x->is.first != y->is.first)
		return x->is.first < y->is.first ? -1 : 1;
	return x->is.rows > y->is.rows ? -1 : x->is.rows < y->is.rows;
}

/* ---- writing ---- */

void sums_writer_init(struct sums_writer *w)
{
	*w = (struct sums_writer){ 0 };
	buf_init(&w->bytes, UINT32_MAX);
}

void sums_writer_fini(struct sums_writer *w)
{
	stack_sums_fini(&w->part);
	stack_sums_fini(&w->whole);
	vec_free(&w->parts);
	buf_fini(&w->bytes);
}

static uint32_t samples_of(const struct profiles_group *g, uint32_t first, uint32_t end)
{
	return g->sample_at[end] - g->sample_at[first];
}

/* These rows, whose sums are s, become a part if that is worth it; s is empty then. */
static void write_part(struct sums_writer *w, struct pq_writer *pq, const struct profiles_group *g, uint32_t first,
    uint32_t end, struct stack_sums *s, bool fits)
{
	uint32_t samples = samples_of(g, first, end);
	struct stored_part p = { .is = { w->group, first, end - first, .partition = (uint64_t)g->partitions[first] } };
	struct str bytes;

	buf_reset(&w->bytes);
	stack_sums_pack(s, &w->bytes);
	if (!fits || w->bytes.over || end - first < 2 || samples < WORTH_SAMPLES ||
	    s->all.stacks.n > samples / WORTH_TIMES)
		return;
	bytes = buf_str(&w->bytes);
	p.is.bytes = (uint32_t)bytes.n;
	p.is.hash = hash_str(bytes);
	p.is.at = pq_writer_bytes(pq, bytes);
	vec_push(&w->parts, p);
}

static bool add_row(struct sums_writer *w, const struct profiles_group *g, uint32_t row)
{
	const uint32_t *stacks;
	const int64_t *values;

	g->samples(g->ctx, row, &stacks, &values);
	return stack_sums_add(&w->part, stacks, values, samples_of(g, row, row + 1));
}

/* Rows of one series and partition, at most LONG_ROWS. */
static void write_parts(struct sums_writer *w, struct pq_writer *pq, const struct profiles_group *g, uint32_t first,
    uint32_t end)
{
	const struct samples *sums = &w->part.all;
	bool whole = true;

	for (uint32_t at = first, next; at < end; at = next) {
		bool fits = true;

		next = MIN(at + SHORT_ROWS, end);
		for (uint32_t r = at; r < next && fits; r++)
			fits = add_row(w, g, r);
		write_part(w, pq, g, at, next, &w->part, fits);
		whole = whole && fits &&
		    stack_sums_add(&w->whole, sums->stacks.p, sums->values.p, (uint32_t)sums->stacks.n);
	}
	write_part(w, pq, g, first, end, &w->whole, whole && end - first > SHORT_ROWS);
}

/* The row behind those of one series and partition that begin here, at most LONG_ROWS. */
static uint32_t end_of(const struct profiles_group *g, uint32_t first)
{
	uint32_t end = first + 1;

	while (end < g->n && end - first < LONG_ROWS && g->series[end] == g->series[first] &&
	    g->partitions[end] == g->partitions[first])
		end++;
	return end;
}

void sums_writer_group(struct sums_writer *w, struct pq_writer *pq, const struct profiles_group *g)
{
	for (uint32_t first = 0, end; first < g->n; first = end) {
		end = end_of(g, first);
		if (samples_of(g, first, end) >= WORTH_SAMPLES)
			write_parts(w, pq, g, first, end);
	}
	w->group++;
}

void sums_writer_finish(struct sums_writer *w, struct pq_writer *pq)
{
	char value[80];
	struct str table;

	if (w->parts.n == 0)
		return;
	qsort(w->parts.p, w->parts.n, sizeof(*w->parts.p), entry_cmp);
	buf_reset(&w->bytes);
	for (size_t i = 0; i < w->parts.n; i++)
		buf_add(&w->bytes, str_of(&w->parts.p[i].is, ENTRY));
	table = buf_str(&w->bytes);
	snprintf(value, sizeof(value), "%" PRIu64 " %zu %016" PRIx64, pq_writer_bytes(pq, table), w->parts.n,
	    hash_str(table));
	pq_writer_pair(pq, PAIR, str_cstr(value));
}

/* ---- reading ---- */

void stored_sums_fini(struct stored_sums *s)
{
	vec_free(&s->parts);
	arena_free(s->mem);
	*s = (struct stored_sums){ 0 };
}

size_t stored_sums_bytes(const struct stored_sums *s)
{
	return s->parts.cap * sizeof(*s->parts.p) + (s->mem != NULL ? arena_bytes(s->mem) : 0);
}

/* It is of rows that there are, and comes behind those before it. */
static bool is_sound(const struct stored_part *p, const struct stored_parts *before, const struct pq_file *f)
{
	uint32_t rows = p->is.group < pq_meta(f)->n_groups ? pq_group_rows(f, p->is.group) : 0;

	return p->is.rows >= 2 && p->is.first < rows && p->is.rows <= rows - p->is.first &&
	    (before->n == 0 || entry_cmp(&before->p[before->n - 1], p) < 0);
}

static int damaged(struct err *e)
{
	return err_set(e, ERR_CORRUPT, "the table of sums is damaged");
}

static int load_table(struct stored_sums *s, struct pq_file *f, struct str value, struct err *e)
{
	char hash[17];
	struct str table, n_text, at_text = str_cut(&value, ' ');
	uint64_t at, n;

	n_text = str_cut(&value, ' ');
	if (num_u64(at_text, &at, e) < 0 || num_u64(n_text, &n, e) < 0 || n > pq_meta(f)->rows || n > SIZE_MAX / ENTRY)
		return damaged(e);
	if (pq_bytes_at(f, s->mem, at, (size_t)n * ENTRY, &table, e) < 0)
		return -1;
	snprintf(hash, sizeof(hash), "%016" PRIx64, hash_str(table));
	if (!str_eq(value, str_cstr(hash)))
		return damaged(e);
	vec_reserve(&s->parts, n);
	for (size_t i = 0; i < n; i++) {
		struct stored_part p = { 0 };

		memcpy(&p.is, table.p + i * ENTRY, ENTRY);
		if (!is_sound(&p, &s->parts, f))
			return damaged(e);
		s->parts.p[s->parts.n++] = p;
	}
	return 0;
}

int stored_sums_load(struct stored_sums *s, struct pq_file *f, struct err *e)
{
	struct str value = pq_pair(f, PAIR);
	int rc = 0;

	_Static_assert(sizeof(struct stored_entry) == ENTRY, "it is written as it is");
	if (value.n == 0)
		return 0;
	s->mem = arena_new();
	rc = load_table(s, f, value, e);
	if (rc < 0)
		vec_free(&s->parts);
	arena_reset(s->mem);
	return rc;
}

struct stored_part *stored_sums_at(const struct stored_sums *s, uint32_t group, uint32_t row, uint32_t end)
{
	struct stored_part key = { .is = { .group = group, .first = row, .rows = end - row } };
	size_t low = 0, high = s->parts.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (entry_cmp(&s->parts.p[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < s->parts.n; low++) {
		struct stored_part *p = &s->parts.p[low];

		if (p->is.group != group || p->is.first != row)
			return NULL;
		if (!p->damaged)
			return p;
	}
	return NULL;
}

static int read_part(struct stored_sums *s, struct pq_file *f, struct stored_part *p, struct samples *out,
    struct err *e)
{
	struct str bytes;
	size_t used;

	arena_reset(s->mem);
	if (pq_bytes_at(f, s->mem, p->is.at, p->is.bytes, &bytes, e) < 0)
		return -1;
	if (!p->checked && hash_str(bytes) != p->is.hash)
		return err_set(e, ERR_CORRUPT, "other bytes than those that were written");
	p->checked = true;
	if (rows_decode(bytes, out, &used, e) < 0)
		return -1;
	return used == bytes.n ? 0 : err_set(e, ERR_CORRUPT, "%zu bytes too many", bytes.n - used);
}

int stored_sums_read(struct stored_sums *s, struct pq_file *f, struct stored_part *p, struct samples *out,
    struct err *e)
{
	if (read_part(s, f, p, out, e) == 0)
		return 0;
	p->damaged = true;
	return err_wrap(e, "the sums of rows %u to %u of row group %u", p->is.first, p->is.first + p->is.rows - 1,
	    p->is.group);
}
