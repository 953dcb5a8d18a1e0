/* block_check_sums.c - see block_check.h */
#include "formats/block/block_check.h"
#include "formats/block/profiles_columns.h"

void check_sums_begin(struct sums_walk *x, struct check *c, struct profiles_table *t)
{
	struct err e;

	*x = (struct sums_walk){ .c = c, .t = t };
	if (stored_sums_load(&x->stored, t->pq, &e) < 0)
		check_problem(c, "profiles.parquet: %s", e.msg);
}

static void part_problem(const struct sums_walk *x, const struct stored_part *p, const char *what)
{
	check_problem(x->c, "profiles.parquet: row group %u, the sums of rows %u to %u: %s", p->is.group, p->is.first,
	    p->is.first + p->is.rows - 1, what);
}

static void begin_parts(struct sums_walk *x, const struct profiles_row *r)
{
	for (; x->next < x->stored.parts.n; x->next++) {
		struct stored_part *p = &x->stored.parts.p[x->next];
		struct open_part *o = &x->open[0];

		if (p->is.group != x->group || p->is.first != x->row)
			return;
		while (o < x->open + STORED_LEVELS && o->part != NULL)
			o++;
		if (o == x->open + STORED_LEVELS) {
			part_problem(x, p, "too many others overlap it");
			continue;
		}
		o->part = p;
		o->series = r->series;
		o->wrong = false;
	}
}

static bool equal(const struct samples *a, const struct samples *b)
{
	return a->stacks.n == b->stacks.n && a->values.n == b->values.n &&
	    memcmp(a->stacks.p, b->stacks.p, a->stacks.n * sizeof(*a->stacks.p)) == 0 &&
	    memcmp(a->values.p, b->values.p, a->values.n * sizeof(*a->values.p)) == 0;
}

static void end_part(struct sums_walk *x, struct open_part *o)
{
	struct samples read = { 0 };
	struct buf packed;
	struct err e;

	buf_init(&packed, UINT32_MAX);
	stack_sums_pack(&o->sums, &packed);
	if (stored_sums_read(&x->stored, x->t->pq, o->part, &read, &e) < 0)
		check_problem(x->c, "profiles.parquet: %s", e.msg);
	else if (o->wrong || !equal(&read, &o->sums.all))
		part_problem(x, o->part, "not those of the rows");
	o->part = NULL;
	samples_fini(&read);
	buf_fini(&packed);
}

void check_sums_row(struct sums_walk *x, const struct profiles_row *r)
{
	begin_parts(x, r);
	for (int i = 0; i < STORED_LEVELS; i++) {
		struct open_part *o = &x->open[i];

		if (o->part == NULL)
			continue;
		if (r->series != o->series || r->partition != o->part->is.partition ||
		    !stack_sums_add(&o->sums, r->stacks, r->values, r->n))
			o->wrong = true;
		if (x->row + 1 - o->part->is.first == o->part->is.rows)
			end_part(x, o);
	}
	x->row++;
	while (x->group < profiles_groups(x->t) && x->row == pq_group_rows(x->t->pq, x->group)) {
		x->group++;
		x->row = 0;
	}
}

void check_sums_end(struct sums_walk *x)
{
	for (int i = 0; i < STORED_LEVELS; i++)
		stack_sums_fini(&x->open[i].sums);
	stored_sums_fini(&x->stored);
}
