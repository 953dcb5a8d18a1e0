/* head_sums.c - the samples of rows of a series that lie side by side, added up once: what merges over a long time need */
#include "formats/head/head_tables.h"
#include "formats/head/stack_sums.h"

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

/* False: they are too many stacks for a sum. */
static int add_rows(const struct head_series *x, size_t row, struct stack_sums *sums, bool *fits, struct err *e)
{
	struct head_taking taking = { 0 };
	struct samples one = { 0 };
	struct str bytes;
	size_t used;
	int rc = 0;

	*fits = true;
	for (uint32_t i = 0; i < HEAD_PART_ROWS && rc == 0 && *fits; i++) {
		rc = head_take_row(&taking, x, row + i, &bytes, e);
		if (rc == 0)
			rc = rows_decode(bytes, &one, &used, e);
		if (rc == 0)
			*fits = stack_sums_add(sums, one.stacks.p, one.values.p, (uint32_t)one.stacks.n);
	}
	head_taking_fini(&taking);
	samples_fini(&one);
	return rc;
}

static int part_fill(struct head_tables *t, const struct head_series *x, size_t row, struct head_sum *out,
    struct err *e)
{
	struct stack_sums sums = { 0 };
	struct buf packed;
	uint8_t *p;
	int rc;

	buf_init(&packed, UINT32_MAX);
	rc = add_rows(x, row, &sums, &out->fits, e);
	if (rc == 0 && out->fits) {
		stack_sums_pack(&sums, &packed);
		rc = buf_check(&packed, "sums", e);
	}
	if (rc == 0 && out->fits) {
		p = arena_alloc(t->mem, packed.n);
		memcpy(p, packed.p, packed.n);
		out->packed = p;
		out->bytes = (uint32_t)packed.n;
	}
	buf_fini(&packed);
	stack_sums_fini(&sums);
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
	if (sum->fits)
		*out = sum;
	return 0;
}
