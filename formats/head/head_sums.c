/* head_sums.c - the samples of rows of a series that lie side by side, added up once: what merges over a long time need */
#include "formats/head/head_tables.h"

/* What the rows of a part have in common. */
static void part_begin(const struct head_tables *t, const struct head_row *rows, struct head_sum *out)
{
	*out = (struct head_sum){ .from = INT64_MAX, .to = INT64_MIN, .fits = true };
	out->partition = t->profiles.p[rows[0].profile].partition;
	for (uint32_t i = 0; i < HEAD_PART_ROWS; i++) {
		const struct head_profile *p = &t->profiles.p[rows[i].profile];

		out->from = MIN(out->from, p->time);
		out->to = MAX(out->to, p->time);
		out->fits = out->fits && p->partition == out->partition;
		out->total = (int64_t)((uint64_t)out->total + (uint64_t)rows[i].total);
	}
}

static void append(struct samples *to, const struct samples *s)
{
	size_t n = s->stacks.n;

	vec_reserve(&to->stacks, n);
	vec_reserve(&to->values, n);
	if (n > 0) {
		memcpy(to->stacks.p + to->stacks.n, s->stacks.p, n * sizeof(*s->stacks.p));
		memcpy(to->values.p + to->values.n, s->values.p, n * sizeof(*s->values.p));
	}
	to->stacks.n += n;
	to->values.n += n;
}

static int part_fill(struct head_tables *t, const struct head_series *x, size_t row, struct head_sum *out,
    struct err *e)
{
	struct samples all = { 0 }, one = { 0 };
	struct head_taking taking = { 0 };
	struct str bytes;
	struct buf packed;
	uint8_t *p;
	size_t used;
	int rc = 0;

	buf_init(&packed, UINT32_MAX);
	for (uint32_t i = 0; i < HEAD_PART_ROWS && rc == 0; i++) {
		rc = head_take_row(&taking, x, row + i, &bytes, e);
		if (rc == 0)
			rc = rows_decode(bytes, &one, &used, e);
		if (rc == 0)
			append(&all, &one);
	}
	if (rc == 0) {
		samples_sort(&all);
		rows_encode(&packed, &all);
		rc = buf_check(&packed, "sums", e);
	}
	if (rc == 0) {
		p = arena_alloc(t->mem, packed.n);
		memcpy(p, packed.p, packed.n);
		out->packed = p;
		out->bytes = (uint32_t)packed.n;
	}
	buf_fini(&packed);
	head_taking_fini(&taking);
	samples_fini(&one);
	samples_fini(&all);
	return rc;
}

int head_sum_at(struct head_tables *t, struct head_series *x, size_t row, const struct scan *s,
    const struct head_sum **out, struct err *e)
{
	size_t part = row / HEAD_PART_ROWS;
	struct head_sum *sum;

	*out = NULL;
	if (row % HEAD_PART_ROWS != 0 || x->rows.n - row < HEAD_PART_ROWS)
		return 0;
	while (x->sums.n <= part) {
		struct head_sum new;

		part_begin(t, &x->rows.p[x->sums.n * HEAD_PART_ROWS], &new);
		vec_push(&x->sums, new);
	}
	sum = &x->sums.p[part];
	if (!sum->fits || sum->from < s->from || sum->to > s->to)
		return 0;
	if (sum->packed == NULL && part_fill(t, x, row, sum, e) < 0)
		return -1;
	*out = sum;
	return 0;
}
