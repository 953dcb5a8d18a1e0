/* stack_sums.c - see stack_sums.h */
#include "formats/head/stack_sums.h"

#include "base/arith.h"

/* For this stack, the largest so far. */
static void room(struct stack_sums *s, uint32_t max)
{
	size_t more = max + 1 - s->sum.n, words = max / 64 + 1 - s->seen.n;

	vec_reserve(&s->sum, more);
	memset(s->sum.p + s->sum.n, 0, more * sizeof(*s->sum.p));
	s->sum.n += more;
	vec_reserve(&s->seen, words);
	memset(s->seen.p + s->seen.n, 0, words * sizeof(*s->seen.p));
	s->seen.n += words;
}

bool stack_sums_add(struct stack_sums *s, const uint32_t *stacks, const int64_t *values, uint32_t n)
{
	uint32_t max = 0;

	for (uint32_t i = 0; i < n; i++)
		max = MAX(max, stacks[i]);
	if (max >= SUM_STACKS)
		return false;
	if (max >= s->sum.n && n > 0)
		room(s, max);
	for (uint32_t i = 0; i < n; i++) {
		s->sum.p[stacks[i]] = wrap_add(s->sum.p[stacks[i]], values[i]);
		s->seen.p[stacks[i] / 64] |= UINT64_C(1) << stacks[i] % 64;
	}
	return true;
}

void stack_sums_pack(struct stack_sums *s, struct buf *out)
{
	struct samples *all = &s->all;

	all->stacks.n = all->values.n = 0;
	for (uint32_t word = 0; word < s->seen.n; word++) {
		for (uint64_t bits = s->seen.p[word]; bits != 0; bits &= bits - 1) {
			uint32_t stack = word * 64 + (uint32_t)__builtin_ctzll(bits);

			if (s->sum.p[stack] != 0) {
				vec_push(&all->stacks, stack);
				vec_push(&all->values, s->sum.p[stack]);
			}
			s->sum.p[stack] = 0;
		}
		s->seen.p[word] = 0;
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
	return s->sum.cap * sizeof(*s->sum.p) + s->seen.cap * sizeof(*s->seen.p) + samples_bytes(&s->all);
}
