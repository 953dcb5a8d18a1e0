/* block_check_rows.c - see block_check.h */
#include "formats/block/block_check.h"
#include "base/arith.h"
#include "formats/block/profiles_columns.h"

#include <inttypes.h>
#include <stdlib.h>

/* Rows on their way; a run is a number of rows of one series. */
struct walk {
	struct check *c;
	uint64_t row, samples;
	uint32_t runs;                 /* begun so far */
	uint32_t series;               /* of the last row */
	int64_t time, from, through;   /* of the last row; of all rows */
	const struct symbols *symbols; /* of the partition of the last row, or NULL */
	uint64_t partition;
	struct sums_walk sums;
};

/* The runs come in the order of the series in the index; a row that is out of order attaches to a wrong one. */
static void begin_run(struct walk *w, const struct profiles_row *r)
{
	const struct check *c = w->c;

	if (c->has_index && w->runs >= c->n_series)
		check_problem(w->c, "row %" PRIu64 ": more runs of series than the index has series", w->row);
	else if (c->has_index && c->series[w->runs].ref.number != r->series)
		check_problem(w->c, "row %" PRIu64 ": series %u where the index has %u", w->row, r->series,
		    c->series[w->runs].ref.number);
	w->runs++;
	w->series = r->series;
	w->time = INT64_MIN;
}

static void enter_partition(struct walk *w, const struct profiles_row *r)
{
	struct symbols *s;
	uint32_t partition;
	struct err e;

	w->partition = r->partition;
	w->symbols = NULL;
	if (!block_partition_of(w->c->b, r->partition, &partition))
		check_problem(w->c, "row %" PRIu64 ": partition %016" PRIx64 " has no symbols", w->row, r->partition);
	else if (block_symbols(w->c->b, partition, &s, &e) == 0 && !symdb_translates(w->c->b->symdb, partition))
		w->symbols = s;
}

static void check_samples(struct walk *w, const struct profiles_row *r)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		sum += (uint64_t)r->values[i];
		if (w->symbols && r->stacks[i] >= w->symbols->nodes.n)
			check_problem(w->c, "row %" PRIu64 ": stack %u of %zu", w->row, r->stacks[i],
			    w->symbols->nodes.n);
	}
	if (sum != (uint64_t)r->total)
		check_problem(w->c, "row %" PRIu64 ": the total is %" PRId64 ", the values make %" PRId64, w->row,
		    r->total, (int64_t)sum);
	if (r->n == 0)
		check_problem(w->c, "row %" PRIu64 ": no samples", w->row);
}

static int check_row(void *ctx, const struct profiles_row *r, struct err *e)
{
	struct walk *w = ctx;

	(void)e;
	if (w->runs == 0 || r->series != w->series)
		begin_run(w, r);
	if (r->time < w->time)
		check_problem(w->c, "row %" PRIu64 ": earlier than the row before it", w->row);
	if (w->row == 0 || r->partition != w->partition)
		enter_partition(w, r);
	check_samples(w, r);
	check_sums_row(&w->sums, r);
	w->time = r->time;
	w->from = MIN(w->from, r->time);
	w->through = MAX(w->through, r->time);
	w->samples += r->n;
	w->row++;
	return 0;
}

static int number_cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Every series that occurs, ascending: a scan gives only those it is asked for. */
static int all_series(struct profiles_table *t, struct arena *a, uint32_t **out, uint32_t *n, struct err *e)
{
	VEC(uint32_t) all = { 0 };
	int rc = 0;

	for (uint32_t g = 0; g < profiles_groups(t) && rc == 0; g++) {
		struct pq_values v = { 0 };

		rc = pq_read_rows(t->pq, g, (uint32_t)t->leaf[COL_SERIES], 0, pq_group_rows(t->pq, g), &v, e);
		for (size_t i = 0; rc == 0 && i < v.ints.n; i++)
			if (i == 0 || v.ints.p[i] != v.ints.p[i - 1])
				vec_push(&all, (uint32_t)v.ints.p[i]);
		pq_values_fini(&v);
	}
	if (all.n > 1)
		qsort(all.p, all.n, sizeof(*all.p), number_cmp);
	*out = arena_array(a, all.n, sizeof(**out));
	*n = 0;
	for (size_t i = 0; i < all.n; i++)
		if (i == 0 || all.p[i] != all.p[i - 1])
			(*out)[(*n)++] = all.p[i];
	vec_free(&all);
	return rc;
}

static void check_meta(const struct walk *w, const struct profiles_table *t)
{
	const struct block_meta *m = &w->c->b->face.meta;

	if (w->row != profiles_rows(t))
		check_problem(w->c, "profiles.parquet: %" PRIu64 " rows, its footer says %" PRIu64, w->row,
		    profiles_rows(t));
	if (w->c->has_index && w->runs < w->c->n_series)
		check_problem(w->c, "index.tsdb: %u series, only %u have rows", w->c->n_series, w->runs);
	if (w->row && (floor_ms(w->from) < m->min_time || floor_ms(w->through) > m->max_time))
		check_problem(w->c,
		    "meta.json: times %" PRId64 " to %" PRId64 " ms, the rows have %" PRId64 " to %" PRId64,
		    m->min_time, m->max_time, floor_ms(w->from), floor_ms(w->through));
	if (m->version < 3)
		return; /* older writers counted otherwise */
	if (m->n_profiles && m->n_profiles != w->row)
		check_problem(w->c, "meta.json: %" PRIu64 " profiles, there are %" PRIu64 " rows", m->n_profiles,
		    w->row);
	if (m->n_samples && m->n_samples != w->samples)
		check_problem(w->c, "meta.json: %" PRIu64 " samples, there are %" PRIu64, m->n_samples, w->samples);
}

void check_rows(struct check *c, struct profiles_table *t)
{
	struct walk w = { .c = c, .from = INT64_MAX, .through = INT64_MIN };
	struct profiles_scan s = { .from = INT64_MIN,
		.to = INT64_MAX,
		.samples = true,
		.spans = true,
		.row = check_row,
		.ctx = &w };
	uint32_t *series;
	struct err e;

	if (all_series(t, c->mem, &series, &s.n_series, &e) < 0) {
		check_problem(c, "profiles.parquet: %s", e.msg);
		return;
	}
	s.series = series;
	check_sums_begin(&w.sums, c, t);
	if (profiles_scan(t, &s, &e) < 0)
		check_problem(c, "profiles.parquet: %s", e.msg);
	else
		check_meta(&w, t);
	check_sums_end(&w.sums);
}
