/* block_rows.c - see block_rows.h */
#include "formats/block/block_rows.h"

#include <stdlib.h>

#include "base/hash.h"

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

void block_rows_copy(struct block_rows *b, const struct row *r, struct str packed)
{
	struct block_row row = { .time = r->time,
		.duration = r->duration,
		.samples = (const uint8_t *)arena_str(b->mem, packed).p,
		.bytes = (uint32_t)packed.n,
		.series = r->series,
		.partition = r->partition };

	memcpy(row.id, r->id, sizeof(row.id));
	vec_push(&b->rows, row);
}

bool block_rows_add(struct block_rows *b, const struct row *r)
{
	if (r->n == 0)
		return false;
	set_samples(&b->scratch, r);
	samples_sort(&b->scratch);
	if (b->scratch.stacks.n == 0)
		return false;
	buf_reset(&b->packed);
	rows_encode(&b->packed, &b->scratch);
	block_rows_copy(b, r, buf_str(&b->packed));
	return true;
}

void block_rows_refer(struct block_rows *b, const struct row *r, struct packed_rows *set, uint32_t set_series)
{
	struct block_row row = { .time = r->time,
		.duration = r->duration,
		.there = { set_series, r->number },
		.set = set,
		.series = r->series,
		.partition = r->partition };

	memcpy(row.id, r->id, sizeof(row.id));
	vec_push(&b->rows, row);
}

static int packed_of(const struct block_row *r, struct str *out, struct err *e)
{
	if (r->set != NULL)
		return r->set->take(r->set, r->there.series, r->there.row, out, e);
	*out = str_of(r->samples, r->bytes);
	return 0;
}

/* Samples of a row to b->scratch, as it was marked. */
static void unpack(struct block_rows *b, const struct block_row *r)
{
	struct err e;
	struct str packed;
	size_t used;
	int rc = packed_of(r, &packed, &e);

	if (rc == 0)
		rc = rows_decode(packed, &b->scratch, &used, &e);
	assert(rc == 0 && b->scratch.stacks.n == r->n);
	(void)rc;
}

/* Looks at a row for the first time. */
static int mark_row(struct block_rows *b, struct block_row *r, struct stack_use *u, struct err *e)
{
	const struct samples *s = &b->scratch;
	struct str packed;
	uint64_t total = 0;
	size_t used;

	if (packed_of(r, &packed, e) < 0 || rows_decode(packed, &b->scratch, &used, e) < 0)
		return -1;
	r->n = (uint32_t)s->stacks.n;
	r->spans = r->repeats = s->spans.n > 0;
	r->hash = hash_str(packed);
	/* They ascend: the last one is the largest. */
	if (r->n == 0 || s->stacks.p[r->n - 1] >= u->n)
		return err_set(e, ERR_CORRUPT, "a row with stack %u of %u", r->n ? s->stacks.p[r->n - 1] : 0, u->n);
	for (uint32_t k = 0; k < r->n; k++) {
		uint32_t stack = s->stacks.p[k];

		r->repeats |= k > 0 && stack == s->stacks.p[k - 1];
		u->used[stack] = 1;
		u->sum[stack] += (uint64_t)s->values.p[k];
		u->count[stack]++;
		total += (uint64_t)s->values.p[k];
	}
	r->total = (int64_t)total;
	b->n_samples += r->n;
	return 0;
}

int block_rows_mark(struct block_rows *b, struct stack_use *use, struct err *e)
{
	for (size_t i = 0; i < b->rows.n; i++)
		if (mark_row(b, &b->rows.p[i], &use[b->rows.p[i].partition], e) < 0)
			return -1;
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
	struct ranked *order;
	uint32_t n = 0;

	for (uint32_t i = 0; i < use->n; i++)
		n += use->used[i];
	order = mem_array(n, sizeof(*order));
	n = 0;
	use->rank = arena_array(mem, use->n, sizeof(*use->rank));
	for (uint32_t i = 0; i < use->n; i++)
		if (use->used[i])
			order[n++] = (struct ranked){ (double)(int64_t)use->sum[i] / use->count[i], i };
	if (n > 1)
		qsort(order, n, sizeof(*order), ranked_cmp);
	for (uint32_t i = 0; i < n; i++)
		use->rank[order[i].stack] = i;
	use->by_rank = arena_array(mem, n, sizeof(*use->by_rank));
	for (uint32_t i = 0; i < n; i++)
		use->by_rank[i] = use->number[order[i].stack];
	use->ranks = n;
	mem_free(order);
}

static int row_cmp(const void *a, const void *b, void *ctx)
{
	const struct block_row *x = a, *y = b;
	const uint32_t *series = ctx;
	int rc;

	if (series[x->series] != series[y->series])
		return series[x->series] < series[y->series] ? -1 : 1;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	rc = memcmp(x->id, y->id, sizeof(x->id));
	if (rc == 0 && x->hash != y->hash)
		rc = x->hash < y->hash ? -1 : 1;
	if (rc == 0 && x->partition != y->partition)
		rc = x->partition < y->partition ? -1 : 1;
	return rc ? rc : x->duration < y->duration ? -1 : x->duration > y->duration;
}

void block_rows_sort(struct block_rows *b, const uint32_t *series)
{
	if (b->rows.n > 1)
		qsort_r(b->rows.p, b->rows.n, sizeof(*b->rows.p), row_cmp, (void *)(uintptr_t)series);
}

/* ---- the order of samples ---- */

/* Scratch: the samples of a row by rank. */
struct ranked_samples {
	VEC(uint64_t) keys; /* rank << 32 | position */
	VEC(uint64_t) spare;
	VEC(int64_t) values; /* by rank */
	VEC(uint64_t) bits;  /* ranks that occur; zeros between two rows */
};

static void ranked_fini(struct ranked_samples *r)
{
	vec_free(&r->keys);
	vec_free(&r->spare);
	vec_free(&r->values);
	vec_free(&r->bits);
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

/* Keys of the samples in the order of rank, equal ones as they are. */
static const uint64_t *sorted_keys(struct ranked_samples *r, const struct samples *s, const struct stack_use *use)
{
	size_t n = s->stacks.n;
	uint32_t max = 0;

	r->keys.n = r->spare.n = 0;
	vec_reserve(&r->keys, n);
	for (size_t i = 0; i < n; i++) {
		uint32_t rank = use->rank[s->stacks.p[i]];

		max = MAX(max, rank);
		r->keys.p[i] = (uint64_t)rank << 32 | i;
	}
	if (n <= 48) {
		insertion_sort(r->keys.p, n);
	} else {
		vec_reserve(&r->spare, n);
		radix_sort(r->keys.p, r->spare.p, n, max);
	}
	return r->keys.p;
}

/* One of not too many ranks occurs: then a bit for each of them sorts. */
static bool is_dense(const struct block_row *r, const struct stack_use *use)
{
	enum { RANKS = 64, LEAST = 48 };

	return r->n > LEAST && r->n > use->ranks / RANKS && !r->repeats;
}

static size_t bits_room(struct ranked_samples *r, const struct stack_use *use)
{
	size_t words = use->ranks / 64 + 1;

	if (r->bits.n < words) {
		vec_reserve(&r->bits, words - r->bits.n);
		memset(r->bits.p + r->bits.n, 0, (words - r->bits.n) * sizeof(*r->bits.p));
		r->bits.n = words;
	}
	return words;
}

/* The stacks of a row whose samples have different ones, by their bits. */
static void dense_stacks(struct ranked_samples *r, const struct samples *s, const struct stack_use *use, uint32_t *to)
{
	size_t words = bits_room(r, use);
	uint64_t *bits = r->bits.p;

	for (size_t i = 0; i < s->stacks.n; i++) {
		uint32_t rank = use->rank[s->stacks.p[i]];

		bits[rank / 64] |= UINT64_C(1) << rank % 64;
	}
	for (size_t w = 0; w < words; w++) {
		for (uint64_t b = bits[w]; b != 0; b &= b - 1)
			*to++ = use->by_rank[w * 64 + (size_t)__builtin_ctzll(b)];
		bits[w] = 0;
	}
}

static void dense_values(struct ranked_samples *r, const struct samples *s, const struct stack_use *use, int64_t *to)
{
	size_t words = bits_room(r, use);
	uint64_t *bits = r->bits.p;
	int64_t *values;

	r->values.n = 0;
	vec_reserve(&r->values, use->ranks);
	values = r->values.p;
	for (size_t i = 0; i < s->stacks.n; i++) {
		uint32_t rank = use->rank[s->stacks.p[i]];

		bits[rank / 64] |= UINT64_C(1) << rank % 64;
		values[rank] = s->values.p[i];
	}
	for (size_t w = 0; w < words; w++) {
		for (uint64_t b = bits[w]; b != 0; b &= b - 1)
			*to++ = values[w * 64 + (size_t)__builtin_ctzll(b)];
		bits[w] = 0;
	}
}

/* ---- columns ---- */

/* Rows of a row group, and what is made of them. */
struct group {
	struct block_rows *b;
	const struct row_numbers *to;
	size_t first; /* row */
	VEC(uint32_t) series;
	VEC(int64_t) partitions;
	VEC(int64_t) times;
	VEC(int64_t) durations;
	VEC(int64_t) totals;
	VEC(uint8_t) ids;
	VEC(uint32_t) sample_at;
	VEC(uint8_t) row_spans;
	bool any_spans;
	uint32_t kind; /* of the last row */
	VEC(uint32_t) breaks;
	VEC(uint32_t) numbers; /* scratch, of the stacks of a row */
	struct ranked_samples ranked;
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
	vec_free(&g->row_spans);
	vec_free(&g->breaks);
	vec_free(&g->numbers);
	ranked_fini(&g->ranked);
}

static void group_begin(struct group *g, size_t first)
{
	g->first = first;
	g->series.n = g->partitions.n = g->times.n = g->durations.n = g->totals.n = g->ids.n = 0;
	g->sample_at.n = g->row_spans.n = g->breaks.n = 0;
	g->any_spans = false;
	vec_push(&g->sample_at, 0);
}

static const struct stack_use *unpack_row(struct group *g, uint32_t row)
{
	const struct block_row *r = &g->b->rows.p[g->first + row];

	unpack(g->b, r);
	return &g->to->stacks[r->partition];
}

static void make_stacks(void *ctx, uint32_t row, uint32_t rows, void *out)
{
	struct group *g = ctx;
	const struct samples *s = &g->b->scratch;
	uint32_t *to = out;

	for (uint32_t i = row; i < row + rows; i++) {
		const struct stack_use *use = unpack_row(g, i);
		const uint64_t *keys;

		if (is_dense(&g->b->rows.p[g->first + i], use)) {
			dense_stacks(&g->ranked, s, use, to);
		} else {
			keys = sorted_keys(&g->ranked, s, use);
			for (size_t k = 0; k < s->stacks.n; k++)
				to[k] = use->by_rank[keys[k] >> 32];
		}
		to += s->stacks.n;
	}
}

static void make_values(void *ctx, uint32_t row, uint32_t rows, void *out)
{
	struct group *g = ctx;
	const struct samples *s = &g->b->scratch;
	int64_t *to = out;

	for (uint32_t i = row; i < row + rows; i++) {
		const struct stack_use *use = unpack_row(g, i);
		const uint64_t *keys;

		if (is_dense(&g->b->rows.p[g->first + i], use)) {
			dense_values(&g->ranked, s, use, to);
		} else {
			keys = sorted_keys(&g->ranked, s, use);
			for (size_t k = 0; k < s->stacks.n; k++)
				to[k] = s->values.p[(uint32_t)keys[k]];
		}
		to += s->stacks.n;
	}
}

static void make_spans(void *ctx, uint32_t row, uint32_t rows, void *out)
{
	struct group *g = ctx;
	const struct samples *s = &g->b->scratch;
	int64_t *to = out;

	for (uint32_t i = row; i < row + rows; i++) {
		const uint64_t *keys;

		if (!g->row_spans.p[i])
			continue;
		keys = sorted_keys(&g->ranked, s, unpack_row(g, i));
		for (size_t k = 0; k < s->spans.n; k++)
			to[k] = (int64_t)s->spans.p[(uint32_t)keys[k]];
		to += s->spans.n;
	}
}

static void samples_of_row(void *ctx, uint32_t row, const uint32_t **stacks, const int64_t **values)
{
	struct group *g = ctx;
	const struct samples *s = &g->b->scratch;
	const struct stack_use *use = unpack_row(g, row);

	g->numbers.n = 0;
	vec_reserve(&g->numbers, s->stacks.n);
	for (size_t i = 0; i < s->stacks.n; i++)
		g->numbers.p[i] = use->by_rank[use->rank[s->stacks.p[i]]];
	*stacks = g->numbers.p;
	*values = s->values.p;
}

static void group_row(struct group *g, const struct block_row *r)
{
	uint32_t series = g->to->series[r->series], kind = g->to->kind[series], end;

	if (g->series.n && kind != g->kind)
		vec_push(&g->breaks, (uint32_t)g->series.n);
	g->kind = kind;
	vec_push(&g->series, series);
	vec_push(&g->partitions, (int64_t)g->to->stacks[r->partition].id);
	vec_push(&g->times, r->time);
	vec_push(&g->durations, r->duration);
	vec_push(&g->totals, r->total);
	vec_reserve(&g->ids, sizeof(r->id));
	memcpy(g->ids.p + g->ids.n, r->id, sizeof(r->id));
	g->ids.n += sizeof(r->id);
	end = g->sample_at.p[g->sample_at.n - 1] + r->n;
	vec_push(&g->sample_at, end);
	vec_push(&g->row_spans, r->spans);
	g->any_spans |= r->spans;
}

static void group_write(struct group *g, struct profiles_writer *w)
{
	struct profiles_group out = { .n = (uint32_t)g->series.n,
		.series = g->series.p,
		.partitions = g->partitions.p,
		.times = g->times.p,
		.durations = g->durations.p,
		.totals = g->totals.p,
		.ids = g->ids.p,
		.sample_at = g->sample_at.p,
		.row_spans = g->any_spans ? g->row_spans.p : NULL,
		.breaks = g->breaks.p,
		.n_breaks = (uint32_t)g->breaks.n,
		.stacks = make_stacks,
		.values = make_values,
		.spans = make_spans,
		.samples = samples_of_row,
		.ctx = g };

	profiles_writer_group(w, &out);
}

/* The row behind the group that begins with this one. */
static size_t group_end(const struct block_rows *b, size_t first)
{
	uint64_t samples = b->rows.p[first].n;
	size_t i = first + 1;

	for (; i < b->rows.n && i - first < PROFILES_GROUP_ROWS; i++) {
		samples += b->rows.p[i].n;
		if (samples > PROFILES_GROUP_SAMPLES)
			break;
	}
	return i;
}

int block_rows_write(struct block_rows *b, const struct row_numbers *to, struct sink *out, uint64_t *bytes,
    uint64_t *groups, struct err *e)
{
	struct profiles_writer *w = profiles_writer_new(out, group_end(b, 0) < b->rows.n);
	struct group g = { .b = b, .to = to };

	*groups = 0;
	for (size_t first = 0, end; first < b->rows.n; first = end) {
		end = group_end(b, first);
		group_begin(&g, first);
		for (size_t i = first; i < end; i++)
			group_row(&g, &b->rows.p[i]);
		group_write(&g, w);
		++*groups;
	}
	group_fini(&g);
	return profiles_writer_finish(w, bytes, e);
}
