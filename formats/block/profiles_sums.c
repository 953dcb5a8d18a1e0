/* profiles_sums.c - see profiles_sums.h */
#include "formats/block/profiles_sums.h"

#include "base/arith.h"

/* ---- which rows ---- */

void sum_runs_begin(struct sum_runs *r, uint32_t row)
{
	struct sum_run new = { .first = row };

	if (r->v.n > 0) {
		const struct sum_run *last = &r->v.p[r->v.n - 1];

		new.slot = last->slot + (row - last->first + SUM_ROWS - 1) / SUM_ROWS;
	}
	vec_push(&r->v, new);
}

void sum_runs_end(struct sum_runs *r, uint32_t rows)
{
	sum_runs_begin(r, rows);
	r->slots.n = r->v.p[r->v.n - 1].slot;
	r->slots.p = mem_zarray(r->slots.n, sizeof(*r->slots.p));
}

void sum_runs_fini(struct sum_runs *r, struct page_cache *c)
{
	page_cache_forget_all(c, &r->slots);
	vec_free(&r->v);
}

size_t sum_runs_bytes(const struct sum_runs *r)
{
	return r->v.cap * sizeof(*r->v.p) + r->slots.n * sizeof(*r->slots.p);
}

struct cached_page **sum_runs_at(const struct sum_runs *r, uint32_t row, uint32_t end, uint32_t *next)
{
	uint32_t low = 0, high = (uint32_t)r->v.n - 1;
	const struct sum_run *run;

	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if (r->v.p[mid].first <= row)
			low = mid;
		else
			high = mid;
	}
	run = &r->v.p[low];
	if ((row - run->first) % SUM_ROWS != 0)
		return NULL;
	*next = MIN(row + SUM_ROWS, run[1].first);
	if (*next > end || *next - row < 2) {
		*next = row;
		return NULL;
	}
	return &r->slots.p[run->slot + (row - run->first) / SUM_ROWS];
}

/* ---- sums ---- */

bool stack_sums_add(struct stack_sums *s, const uint32_t *stacks, const int64_t *values, uint32_t n)
{
	uint32_t max = 0;

	for (uint32_t i = 0; i < n; i++)
		max = MAX(max, stacks[i]);
	if (max >= SUM_STACKS)
		return false;
	if (max >= s->sum.n && n > 0) {
		size_t more = max + 1 - s->sum.n;

		vec_reserve(&s->sum, more);
		memset(s->sum.p + s->sum.n, 0, more * sizeof(*s->sum.p));
		s->sum.n += more;
	}
	for (uint32_t i = 0; i < n; i++) {
		int64_t *at = &s->sum.p[stacks[i]];

		if (*at == 0)
			vec_push(&s->stacks, stacks[i]);
		*at = wrap_add(*at, values[i]);
	}
	return true;
}

struct cached_page *stack_sums_take(struct stack_sums *s)
{
	struct cached_page *p = mem_zalloc(sizeof(*p));

	p->narrow = mem_array(s->stacks.n, sizeof(*p->narrow));
	p->ints = mem_array(s->stacks.n, sizeof(*p->ints));
	for (size_t i = 0; i < s->stacks.n; i++) {
		int64_t *sum = &s->sum.p[s->stacks.p[i]];

		if (*sum == 0)
			continue;
		p->narrow[p->n] = s->stacks.p[i];
		p->ints[p->n++] = *sum;
		*sum = 0;
	}
	p->size = sizeof(*p) + s->stacks.n * (sizeof(*p->narrow) + sizeof(*p->ints));
	s->stacks.n = 0;
	return p;
}

void stack_sums_fini(struct stack_sums *s)
{
	vec_free(&s->sum);
	vec_free(&s->stacks);
}

size_t stack_sums_bytes(const struct stack_sums *s)
{
	return s->sum.cap * sizeof(*s->sum.p) + s->stacks.cap * sizeof(*s->stacks.p);
}
