/* profiles_sums.c - see profiles_sums.h */
#include "formats/block/profiles_sums.h"

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
