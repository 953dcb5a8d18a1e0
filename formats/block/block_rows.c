/* block_rows.c - see block_rows.h */
#include "formats/block/block_rows.h"

#include <stdlib.h>

void block_rows_init(struct block_rows *b)
{
	*b = (struct block_rows){ .mem = arena_new() };
	buf_init(&b->packed, SIZE_MAX / 2);
}

void block_rows_fini(struct block_rows *b)
{
	vec_free(&b->rows);
	samples_fini(&b->scratch);
	buf_fini(&b->packed);
	arena_free(b->mem);
}

static void set_samples(struct samples *s, const struct row *r)
{
	s->stacks.n = s->values.n = s->spans.n = 0;
	vec_reserve(&s->stacks, r->n);
	vec_reserve(&s->values, r->n);
	memcpy(s->stacks.p, r->stacks, r->n * sizeof(*r->stacks));
	memcpy(s->values.p, r->values, r->n * sizeof(*r->values));
	s->stacks.n = s->values.n = r->n;
	if (r->spans) {
		vec_reserve(&s->spans, r->n);
		memcpy(s->spans.p, r->spans, r->n * sizeof(*r->spans));
		s->spans.n = r->n;
	}
}

bool block_rows_add(struct block_rows *b, const struct row *r)
{
	struct packed_row row = { .time = r->time,
		.duration = r->duration,
		.series = r->series,
		.partition = r->partition };
	char *copy;

	if (r->n == 0)
		return false;
	set_samples(&b->scratch, r);
	samples_sort(&b->scratch);
	if (b->scratch.stacks.n == 0)
		return false;
	buf_reset(&b->packed);
	rows_encode(&b->packed, &b->scratch);
	copy = arena_alloc(b->mem, b->packed.n);
	memcpy(copy, b->packed.p, b->packed.n);
	row.samples = (const uint8_t *)copy;
	row.bytes = (uint32_t)b->packed.n;
	row.n = (uint32_t)b->scratch.stacks.n;
	memcpy(row.id, r->id, sizeof(row.id));
	vec_push(&b->rows, row);
	b->n_samples += b->scratch.stacks.n;
	return true;
}

static void unpack(struct block_rows *b, const struct packed_row *r)
{
	struct err e;
	size_t used;
	int rc = rows_decode(str_of(r->samples, r->bytes), &b->scratch, &used, &e);

	assert(rc == 0);
	(void)rc;
}

int block_rows_mark(struct block_rows *b, struct stack_use *use, struct err *e)
{
	for (size_t i = 0; i < b->rows.n; i++) {
		const struct packed_row *r = &b->rows.p[i];
		const struct samples *s = &b->scratch;
		struct stack_use *u = &use[r->partition];

		unpack(b, r);
		/* They ascend: the last one is the largest. */
		if (s->stacks.p[r->n - 1] >= u->n)
			return err_set(e, ERR_CORRUPT, "a row with stack %u of %u", s->stacks.p[r->n - 1], u->n);
		for (uint32_t k = 0; k < r->n; k++) {
			uint32_t stack = s->stacks.p[k];

			u->used[stack] = 1;
			u->sum[stack] += (uint64_t)s->values.p[k];
			u->count[stack]++;
		}
	}
	return 0;
}

struct ranked {
	double mean;
	uint32_t stack;
};

static int ranked_cmp(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->mean != y->mean)
		return x->mean > y->mean ? -1 : 1;
	return x->stack < y->stack ? -1 : x->stack > y->stack;
}

void block_rows_rank(struct stack_use *use, struct arena *mem)
{
	struct ranked *order = arena_array(mem, use->n, sizeof(*order));
	uint32_t n = 0;

	for (uint32_t i = 0; i < use->n; i++)
		if (use->used[i])
			order[n++] = (struct ranked){ (double)(int64_t)use->sum[i] / use->count[i], i };
	if (n > 1)
		qsort(order, n, sizeof(*order), ranked_cmp);
	for (uint32_t i = 0; i < n; i++)
		use->rank[order[i].stack] = i;
}

static int row_cmp(const void *a, const void *b, void *ctx)
{
	const struct packed_row *x = a, *y = b;
	const uint32_t *series = ctx;
	int rc;

	if (series[x->series] != series[y->series])
		return series[x->series] < series[y->series] ? -1 : 1;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	rc = memcmp(x->id, y->id, sizeof(x->id));
	if (rc == 0)
		rc = str_cmp(str_of(x->samples, x->bytes), str_of(y->samples, y->bytes));
	if (rc == 0 && x->partition != y->partition)
		rc = x->partition < y->partition ? -1 : 1;
	return rc ? rc : x->duration < y->duration ? -1 : x->duration > y->duration;
}

void block_rows_sort(struct block_rows *b, const uint32_t *series)
{
	if (b->rows.n > 1)
		qsort_r(b->rows.p, b->rows.n, sizeof(*b->rows.p), row_cmp, (void *)(uintptr_t)series);
}

/* ---- columns ---- */

/* Columns of a row group while they fill. */
struct group {
	VEC(uint32_t) series;
	VEC(int64_t) partitions;
	VEC(int64_t) times;
	VEC(int64_t) durations;
	VEC(int64_t) totals;
	VEC(uint8_t) ids;
	VEC(uint32_t) sample_at;
	VEC(uint32_t) stacks;
	VEC(int64_t) values;
	VEC(int64_t) spans;
	VEC(uint8_t) row_spans;
	bool any_spans;
	uint32_t kind; /* of the last row */
	VEC(uint32_t) breaks;
	VEC(uint64_t) keys; /* scratch: rank << 32 | position */
	VEC(uint64_t) spare;
};

static void group_fini(struct group *g)
{
	vec_free(&g->series);
	vec_free(&g->partitions);
	vec_free(&g->times);
	vec_free(&g->durations);
	vec_free(&g->totals);
	vec_free(&g->ids);
	vec_free(&g->sample_at);
	vec_free(&g->stacks);
	vec_free(&g->values);
	vec_free(&g->spans);
	vec_free(&g->row_spans);
	vec_free(&g->breaks);
	vec_free(&g->keys);
	vec_free(&g->spare);
}

static void group_reset(struct group *g)
{
	g->series.n = g->partitions.n = g->times.n = g->durations.n = g->totals.n = g->ids.n = 0;
	g->sample_at.n = g->stacks.n = g->values.n = g->spans.n = g->row_spans.n = g->breaks.n = 0;
	g->any_spans = false;
	vec_push(&g->sample_at, 0);
}

static void insertion_sort(uint64_t *k, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint64_t x = k[i];
		size_t at = i;

		for (; at > 0 && k[at - 1] > x; at--)
			k[at] = k[at - 1];
		k[at] = x;
	}
}

/* By the upper half, stable; max is the largest of these. Result in k. */
static void radix_sort(uint64_t *k, uint64_t *spare, size_t n, uint32_t max)
{
	enum { BITS = 8, SIZE = 1 << BITS };
	uint64_t *from = k, *to = spare;

	for (unsigned shift = 0; shift < 32 && max >> shift; shift += BITS) {
		uint32_t at[SIZE] = { 0 }, sum = 0;
		uint64_t *swap = from;

		for (size_t i = 0; i < n; i++)
			at[from[i] >> (32 + shift) & (SIZE - 1)]++;
		for (size_t d = 0; d < SIZE; d++) {
			uint32_t count = at[d];

			at[d] = sum;
			sum += count;
		}
		for (size_t i = 0; i < n; i++)
			to[at[from[i] >> (32 + shift) & (SIZE - 1)]++] = from[i];
		from = to;
		to = swap;
	}
	if (from != k)
		memcpy(k, from, n * sizeof(*k));
}

/* keys: the samples of the row by rank. */
static void order_samples(struct group *g, const struct samples *s, const uint32_t *rank)
{
	size_t n = s->stacks.n;
	uint32_t max = 0, last = 0;
	bool ascending = true;

	g->keys.n = g->spare.n = 0;
	vec_reserve(&g->keys, n);
	for (size_t i = 0; i < n; i++) {
		uint32_t x = rank[s->stacks.p[i]];

		ascending &= x >= last;
		last = x;
		max = MAX(max, x);
		g->keys.p[i] = (uint64_t)x << 32 | i;
	}
	g->keys.n = n;
	if (ascending)
		return;
	if (n <= 48) {
		insertion_sort(g->keys.p, n);
		return;
	}
	vec_reserve(&g->spare, n);
	radix_sort(g->keys.p, g->spare.p, n, max);
}

static void group_samples(struct group *g, const struct samples *s, const uint32_t *number)
{
	size_t n = g->keys.n, at = g->stacks.n;
	uint64_t sum = 0;

	vec_reserve(&g->stacks, n);
	vec_reserve(&g->values, n);
	for (size_t i = 0; i < n; i++) {
		uint32_t k = (uint32_t)g->keys.p[i];
		int64_t value = s->values.p[k];

		g->stacks.p[at + i] = number[s->stacks.p[k]];
		g->values.p[at + i] = value;
		sum += (uint64_t)value;
	}
	g->stacks.n = g->values.n = at + n;
	if (s->spans.n) {
		vec_reserve(&g->spans, n);
		for (size_t i = 0; i < n; i++)
			g->spans.p[g->spans.n++] = (int64_t)s->spans.p[(uint32_t)g->keys.p[i]];
	}
	vec_push(&g->row_spans, s->spans.n != 0);
	g->any_spans |= s->spans.n != 0;
	vec_push(&g->sample_at, (uint32_t)g->stacks.n);
	vec_push(&g->totals, (int64_t)sum);
}

static void group_row(struct group *g, const struct packed_row *r, const struct row_numbers *to)
{
	vec_push(&g->series, to->series[r->series]);
	vec_push(&g->partitions, (int64_t)to->stacks[r->partition].id);
	vec_push(&g->times, r->time);
	vec_push(&g->durations, r->duration);
	vec_reserve(&g->ids, sizeof(r->id));
	memcpy(g->ids.p + g->ids.n, r->id, sizeof(r->id));
	g->ids.n += sizeof(r->id);
}

static uint64_t group_write(struct group *g, struct profiles_writer *w)
{
	struct profiles_group out = { .n = (uint32_t)g->series.n,
		.series = g->series.p,
		.partitions = g->partitions.p,
		.times = g->times.p,
		.durations = g->durations.p,
		.totals = g->totals.p,
		.ids = g->ids.p,
		.sample_at = g->sample_at.p,
		.stacks = g->stacks.p,
		.values = g->values.p,
		.row_spans = g->row_spans.p,
		.breaks = g->breaks.p,
		.n_breaks = (uint32_t)g->breaks.n };

	if (g->any_spans)
		out.spans = g->spans.p;
	if (out.n)
		profiles_writer_group(w, &out);
	group_reset(g);
	return out.n != 0;
}

static bool group_full(const struct group *g, const struct packed_row *next)
{
	return g->series.n == PROFILES_GROUP_ROWS || (g->series.n && g->stacks.n + next->n > PROFILES_GROUP_SAMPLES);
}

static bool one_group(const struct block_rows *b)
{
	return b->rows.n <= PROFILES_GROUP_ROWS && b->n_samples <= PROFILES_GROUP_SAMPLES;
}

uint64_t block_rows_write(struct block_rows *b, const struct row_numbers *to, struct buf *out)
{
	struct profiles_writer *w = profiles_writer_new(out, !one_group(b));
	struct group g = { 0 };
	uint64_t groups = 0;

	group_reset(&g);
	for (size_t i = 0; i < b->rows.n; i++) {
		const struct packed_row *r = &b->rows.p[i];
		const struct stack_use *use = &to->stacks[r->partition];

		uint32_t kind = to->kind[to->series[r->series]];

		if (group_full(&g, r))
			groups += group_write(&g, w);
		if (g.series.n && kind != g.kind)
			vec_push(&g.breaks, (uint32_t)g.series.n);
		g.kind = kind;
		unpack(b, r);
		order_samples(&g, &b->scratch, use->rank);
		group_row(&g, r, to);
		group_samples(&g, &b->scratch, use->number);
	}
	groups += group_write(&g, w);
	group_fini(&g);
	profiles_writer_finish(w);
	return groups;
}
