/*
 * pprof_order.c - see pprof_order.h. Sorts by merging runs; who knows how much
 * two have in common with the one in front of both need not look at that again.
 */
#include "formats/pprof/pprof_order.h"

#include "base/mem.h"

/* A sample of a run, and how many frames it has in common with the one before. */
struct ranked {
	uint32_t sample, common;
};

struct run {
	const struct ranked *at, *end;
	uint32_t common; /* of the first with what was put out last */
};

/* Not behind y? *common: frames that are known to be equal, and then that are. */
static bool is_before(const struct profile *p, uint32_t x, uint32_t y, uint32_t *common)
{
	const uint32_t *root_x = p->stack + p->stack_at[x + 1] - 1, *root_y = p->stack + p->stack_at[y + 1] - 1;
	uint32_t n_x = p->stack_at[x + 1] - p->stack_at[x], n_y = p->stack_at[y + 1] - p->stack_at[y];
	uint32_t n = MIN(n_x, n_y), i = *common;

	while (i < n && root_x[-(ptrdiff_t)i] == root_y[-(ptrdiff_t)i])
		i++;
	*common = i;
	return i < n ? root_x[-(ptrdiff_t)i] < root_y[-(ptrdiff_t)i] : n_x <= n_y;
}

static struct ranked take(struct run *r)
{
	struct ranked first = { r->at->sample, r->common };

	r->at++;
	r->common = r->at < r->end ? r->at->common : 0;
	return first;
}

static struct ranked *merge(const struct profile *p, struct run x, struct run y, struct ranked *out)
{
	while (x.at < x.end && y.at < y.end) {
		bool first = x.common > y.common;
		uint32_t common = x.common;

		if (x.common == y.common) {
			first = is_before(p, x.at->sample, y.at->sample, &common);
			*out++ = take(first ? &x : &y);
			*(first ? &y.common : &x.common) = common;
			continue;
		}
		*out++ = take(first ? &x : &y);
	}
	while (x.at < x.end)
		*out++ = take(&x);
	while (y.at < y.end)
		*out++ = take(&y);
	return out;
}

uint32_t *pprof_order(const struct profile *p)
{
	size_t n = p->n_samples;
	struct ranked *from = mem_array(n + 1, sizeof(*from)), *to = mem_array(n + 1, sizeof(*to)), *at;
	uint32_t *order = mem_array(n + 1, sizeof(*order));

	for (uint32_t i = 0; i < n; i++)
		from[i] = (struct ranked){ i, 0 };
	for (size_t width = 1; width < n; width *= 2) {
		struct ranked *out = to;

		for (size_t i = 0; i < n; i += 2 * width) {
			struct run x = { from + i, from + MIN(i + width, n), 0 };
			struct run y = { x.end, from + MIN(i + 2 * width, n), 0 };

			out = merge(p, x, y, out);
		}
		at = from;
		from = to;
		to = at;
	}
	for (size_t i = 0; i < n; i++)
		order[i] = from[i].sample;
	mem_free(from);
	mem_free(to);
	return order;
}
