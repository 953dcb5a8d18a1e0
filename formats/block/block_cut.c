/* block_cut.c - see block_cut.h */
#include "formats/block/block_cut.h"

#include <stdlib.h>

#include "base/arith.h"
#include "base/vec.h"

struct windows {
	int64_t width;
	VEC(int64_t) v; /* numbers of windows */
};

static struct cut_window window_of(int64_t number, int64_t width)
{
	struct cut_window w;

	if (__builtin_mul_overflow(number, width, &w.from))
		w.from = INT64_MIN;
	if (__builtin_mul_overflow(number + 1, width, &w.to))
		w.to = INT64_MAX;
	else
		w.to--;
	return w;
}

static int window_row(void *ctx, const struct row *r, struct err *e)
{
	struct windows *w = ctx;
	int64_t number = floor_div(r->time, w->width);

	(void)e;
	for (size_t i = w->v.n; i-- > 0;)
		if (w->v.p[i] == number)
			return 0;
	vec_push(&w->v, number);
	return 0;
}

static int number_cmp(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static int scan_all(struct arena *mem, struct dataset *d, struct scan *s, struct err *e)
{
	struct series_list list;

	if (dataset_series(d, mem, NULL, &list, e) < 0)
		return -1;
	s->series = list.p;
	s->n_series = list.n;
	return dataset_scan(d, s, e);
}

int cut_windows(struct arena *a, struct dataset *const *sets, size_t n, int64_t width, struct cut_window **out,
    size_t *n_out, struct err *e)
{
	struct windows w = { .width = width };
	struct scan s = { .from = INT64_MIN, .to = INT64_MAX, .row = window_row, .ctx = &w };
	struct arena *mem = arena_new();
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = scan_all(mem, sets[i], &s, e);
	arena_free(mem);
	if (w.v.n > 1)
		qsort(w.v.p, w.v.n, sizeof(*w.v.p), number_cmp);
	*n_out = w.v.n;
	*out = arena_array(a, w.v.n, sizeof(**out));
	for (size_t i = 0; i < w.v.n; i++)
		(*out)[i] = window_of(w.v.p[i], width);
	vec_free(&w.v);
	return rc;
}

/* One set on its way into the block: what its numbers became there. */
struct copy {
	struct block_writer *w;
	struct dataset *set;
	uint32_t *series, first;
	uint32_t *partitions;       /* + 1; 0 = not met so far */
	struct packed_rows *packed; /* or NULL: the scan gives samples */
};

static int copy_row(void *ctx, const struct row *r, struct err *e)
{
	struct copy *c = ctx;
	struct row out = *r;
	struct symbols *s;

	if (c->partitions[r->partition] == 0) {
		if (dataset_symbols(c->set, r->partition, &s, e) < 0)
			return -1;
		c->partitions[r->partition] = block_writer_partition(c->w, s) + 1;
	}
	out.series = c->series[r->series - c->first];
	out.partition = c->partitions[r->partition] - 1;
	if (c->packed != NULL)
		return block_writer_packed(c->w, &out, c->packed, r->series, e);
	block_writer_row(c->w, &out);
	return 0;
}

static int copy_set(struct block_writer *w, struct arena *mem, struct dataset *d, struct packed_rows *packed,
    struct cut_window win, struct err *e)
{
	struct copy c = { .w = w, .set = d, .packed = packed };
	struct scan s = { .from = win.from,
		.to = win.to,
		.samples = packed == NULL,
		.spans = true,
		.ids = true,
		.row = copy_row,
		.ctx = &c };
	struct series_list list;

	if (d->min_time > win.to || d->max_time < win.from)
		return 0;
	if (dataset_series(d, mem, NULL, &list, e) < 0)
		return -1;
	if (list.n == 0)
		return 0;
	c.first = list.p[0].number;
	c.series = arena_zarray(mem, list.p[list.n - 1].number - c.first + 1, sizeof(*c.series));
	c.partitions = arena_zarray(mem, d->n_partitions, sizeof(*c.partitions));
	for (uint32_t i = 0; i < list.n; i++)
		c.series[list.p[i].number - c.first] = block_writer_series(w, &list.p[i].labels, list.p[i].fingerprint);
	s.series = list.p;
	s.n_series = list.n;
	return dataset_scan(d, &s, e);
}

int cut_block_to(struct dataset *const *sets, size_t n, struct cut_window win, struct ulid id, struct block_sink *to,
    struct arena *a, struct block_meta *meta, struct err *e)
{
	struct block_writer *w = block_writer_new();
	struct arena *mem = arena_new();
	struct packed_rows **packed = arena_zarray(mem, n, sizeof(struct packed_rows *));
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		if (sets[i]->ops->packed != NULL)
			packed[i] = sets[i]->ops->packed(sets[i]);
		rc = copy_set(w, mem, sets[i], packed[i], win, e);
	}
	if (rc == 0)
		rc = block_writer_write(w, id, to, a, meta, e);
	for (size_t i = 0; i < n; i++)
		if (packed[i] != NULL)
			packed[i]->close(packed[i]);
	arena_free(mem);
	block_writer_free(w);
	return rc;
}

int cut_block(struct dataset *const *sets, size_t n, struct cut_window win, struct ulid id, struct block_parts *out,
    struct err *e)
{
	struct parts_sink k;

	block_parts_begin(&k, out);
	return block_parts_end(out, cut_block_to(sets, n, win, id, &k.sink, out->mem, &out->meta, e), e);
}
