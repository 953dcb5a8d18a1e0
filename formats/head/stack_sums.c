/* stack_sums.c - see stack_sums.h */
#include "formats/head/stack_sums.h"

#include "base/arith.h"

enum { TOGETHER = 64 };

/* For this stack, the largest so far. */
static void room(struct stack_sums *s, uint32_t max)
{
	size_t parts = max / TOGETHER + 1 - s->seen.n, more = parts * TOGETHER;

	vec_reserve(&s->sum, more);
	memset(s->sum.p + s->sum.n, 0, more * sizeof(*s->sum.p));
	s->sum.n += more;
	vec_reserve(&s->seen, parts);
	memset(s->seen.p + s->seen.n, 0, parts);
	s->seen.n += parts;
}

bool stack_sums_add(struct stack_sums *s, const uint32_t *stacks, const int64_t *values, uint32_t n)
{
	uint32_t max = largest_u32(stacks, n);
	int64_t *sum;
	uint8_t *seen;

	if (max >= SUM_STACKS)
		return false;
	if (max >= s->sum.n && n > 0)
		room(s, max);
	sum = s->sum.p;
	seen = s->seen.p;
	for (uint32_t i = 0; i < n; i++) {
		sum[stacks[i]] = wrap_add(sum[stacks[i]], values[i]);
		seen[stacks[i] / TOGETHER] = 1;
	}
	return true;
}

void stack_sums_pack(struct stack_sums *s, struct buf *out)
{
	struct samples *all = &s->all;

	all->stacks.n = all->values.n = 0;
	for (uint32_t part = 0; part < s->seen.n; part++) {
		if (!s->seen.p[part])
			continue;
		for (uint32_t stack = part * TOGETHER; stack < (part + 1) * TOGETHER; stack++) {
			if (s->sum.p[stack] == 0)
				continue;
			vec_push(&all->stacks, stack);
			vec_push(&all->values, s->sum.p[stack]);
			s->sum.p[stack] = 0;
		}
		s->seen.p[part] = 0;
	}
	rows_encode(out, all);
}

void stack_sums_fini(struct stack_sums *s)
{
	vec_free(&s->sum);
	vec_free(&s->seen);
	samples_fini(&s->all);
}

size_t stack_sums_bytes(const struct stack_sums *s)
{
	return s->sum.cap * sizeof(*s->sum.p) + s->seen.cap + samples_bytes(&s->all);
}
