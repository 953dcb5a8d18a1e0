/* series_pack.c - see query.h: the points of a series in few bytes, and from there onto a grid */
#include "base/arith.h"
#include "formats/query/query.h"

/*
 * Pieces one after another, of any alignment, as this process has its numbers:
 *
 *	first(8) n(4) ones(4)		milliseconds; how many points; 1: each has the count 1
 *	uint32_t after[n]		milliseconds after first
 *	int64_t sum[n]
 *	uint64_t count[n]		unless ones
 */
struct piece {
	int64_t first;
	uint32_t n, ones;
};

/* As many points as are less than 49 days after the first. */
static struct piece next_piece(const struct series_point *p, size_t n)
{
	struct piece x = { .first = p[0].time, .ones = 1 };

	for (; x.n < MIN(n, (size_t)UINT32_MAX) && (uint64_t)p[x.n].time - (uint64_t)x.first <= UINT32_MAX; x.n++)
		x.ones &= p[x.n].count == 1;
	return x;
}

static size_t columns_size(const struct piece *x)
{
	return x->n * (sizeof(uint32_t) + sizeof(int64_t) + (x->ones ? 0 : sizeof(uint64_t)));
}

static void put_piece(struct buf *b, const struct piece *x, const struct series_point *p)
{
	size_t size = sizeof(*x) + columns_size(x);
	char *to;

	if (!buf_room(b, size))
		return;
	to = mempcpy(b->p + b->n, x, sizeof(*x));
	for (uint32_t i = 0; i < x->n; i++)
		to = mempcpy(to, &(uint32_t){ (uint32_t)wrap_sub(p[i].time, x->first) }, sizeof(uint32_t));
	for (uint32_t i = 0; i < x->n; i++)
		to = mempcpy(to, &p[i].sum, sizeof(p[i].sum));
	for (uint32_t i = 0; i < x->n && !x->ones; i++)
		to = mempcpy(to, &p[i].count, sizeof(p[i].count));
	b->n += size;
}

struct str series_pack(struct arena *a, const struct series_group *g)
{
	struct piece x;
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	for (size_t i = 0; i < g->n; i += x.n) {
		x = next_piece(g->p + i, g->n - i);
		put_piece(&b, &x, g->p + i);
	}
	return buf_to_arena(&b, a);
}

/* ---- onto a grid ---- */

static uint32_t u32_at(const char *p, size_t i)
{
	uint32_t x;

	memcpy(&x, p + i * sizeof(x), sizeof(x));
	return x;
}

static uint64_t u64_at(const char *p, size_t i)
{
	uint64_t x;

	memcpy(&x, p + i * sizeof(x), sizeof(x));
	return x;
}

/* For what n ascending points leave at most, and for a few that are merged in before equal times are added up. */
static size_t grid_room(const struct query_series_opts *o, size_t n)
{
	enum { MORE = 8 };
	uint64_t span = (uint64_t)o->to_ms - (uint64_t)o->from_ms;

	return o->to_ms < o->from_ms ? 0 : (size_t)MIN((uint64_t)n, span / (uint64_t)o->step_ms + 1) + MORE;
}

/* The time of the grid for a point that comes after that of before (0: there is none), which it mostly does by one step: a
   division costs more than all else. */
static int64_t grid_time(const struct query_series_opts *o, const struct series_point *before, int64_t time)
{
	if (before == NULL || time <= before->time || time - before->time > o->step_ms)
		return series_grid_time(time, o->from_ms, o->step_ms);
	return before->time + o->step_ms;
}

/* The points of a piece, whose columns begin at p, behind the k that g has. False: the rest lies behind the grid. */
static bool add_piece(struct series_group *g, const struct piece *x, const char *p, const struct query_series_opts *o)
{
	const char *after = p, *sums = after + x->n * sizeof(uint32_t), *counts = sums + x->n * sizeof(uint64_t);

	for (uint32_t i = 0; i < x->n;) {
		struct series_point *last = g->n > 0 ? &g->p[g->n - 1] : NULL;
		int64_t at = grid_time(o, last, x->first + u32_at(after, i));
		uint64_t sum = 0, count = 0, until;
		uint32_t k = i;

		if (at > o->to_ms)
			return false;
		until = (uint64_t)wrap_sub(at, x->first);
		for (; k < x->n && u32_at(after, k) <= until; k++)
			sum += u64_at(sums, k);
		if (x->ones)
			count = k - i;
		else
			for (uint32_t m = i; m < k; m++)
				count += u64_at(counts, m);
		i = k;
		if (last != NULL && last->time == at) {
			last->sum = wrap_add(last->sum, (int64_t)sum);
			last->count += count;
		} else {
			g->p[g->n++] = (struct series_point){ at, (int64_t)sum, count };
		}
	}
	return true;
}

/* Of those that series_pack wrote. */
static size_t points_of(struct str packed)
{
	size_t n = 0;

	for (struct piece x; packed.n > 0;) {
		memcpy(&x, packed.p, sizeof(x));
		packed = str_skip(packed, sizeof(x) + columns_size(&x));
		n += x.n;
	}
	return n;
}

void series_add_packed(struct arena *a, struct series_set *s, const struct labels *l, struct str packed,
    const struct query_series_opts *o)
{
	struct series_group g = { .labels = *l, .room = grid_room(o, points_of(packed)) };
	struct piece x;

	g.p = arena_array(a, g.room, sizeof(*g.p));
	while (packed.n > 0) {
		memcpy(&x, packed.p, sizeof(x));
		if (!add_piece(&g, &x, packed.p + sizeof(x), o))
			break;
		packed = str_skip(packed, sizeof(x) + columns_size(&x));
	}
	if (g.n > 0)
		s->p[s->n++] = g;
}
