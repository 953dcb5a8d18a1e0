/* series_pack.c - see query.h: the points of a series in few bytes, and from there onto a grid */
#include <endian.h>

#include "base/arith.h"
#include "formats/query/query.h"

/*
 * Pieces of at most PIECE points, one after another, of any alignment, as this process has its numbers: the header, then a
 * column each of times, of the sums up to each point and of the counts up to it. All three climb steadily as a rule, so a
 * column has what a straight line does not say: number i is base + unit * (i * slope + what it has), in 0, 1, 2, 4 or 8
 * bytes, the lowest first, whatever the largest needs. Numbers wrap, so every series comes back. Behind the last piece is
 * room for a read of 8 bytes. A step of a grid takes two numbers from each column, however many profiles are in it.
 */
enum { PIECE = 512, END = sizeof(uint64_t), SLOPE_BITS = 10 };

enum { TIMES, SUMS, COUNTS, COLUMNS };

struct straight {
	uint64_t base, unit, slope; /* slope: in 1 / 2^SLOPE_BITS */
};

struct piece {
	struct straight line[COLUMNS];
	uint8_t width[COLUMNS];
	uint16_t n;
};

static uint8_t width_of(uint64_t max)
{
	return max == 0 ? 0 : max <= UINT8_MAX ? 1 : max <= UINT16_MAX ? 2 : max <= UINT32_MAX ? 4 : 8;
}

/* The largest number that divides all that they are away from the first; 1 if they are all the same. */
static int64_t unit_of(const uint64_t *v, uint32_t n)
{
	uint64_t unit = 0;

	for (uint32_t i = 1; i < n && unit != 1; i++) {
		uint64_t away = v[i] - v[0];

		unit = gcd((int64_t)away < 0 ? -away : away, unit);
	}
	return unit == 0 || unit > INT64_MAX ? 1 : (int64_t)unit;
}

static inline uint64_t climbed(const struct straight *line, uint32_t i)
{
	return (uint64_t)((int64_t)(i * line->slope) >> SLOPE_BITS);
}

/* The column of v, which has then what is written. */
static void make_column(struct piece *x, unsigned c, uint64_t *v)
{
	struct straight *line = &x->line[c];
	int64_t unit = unit_of(v, x->n), least = 0;
	uint64_t max = 0;

	*line = (struct straight){ .base = v[0], .unit = (uint64_t)unit };
	for (uint32_t i = 0; i < x->n; i++)
		v[i] = (uint64_t)((int64_t)(v[i] - line->base) / unit);
	if (x->n > 1)
		line->slope = (uint64_t)((int64_t)(v[x->n - 1] << SLOPE_BITS) / (x->n - 1));
	for (uint32_t i = 0; i < x->n; i++) {
		v[i] -= climbed(line, i);
		least = MIN(least, (int64_t)v[i]);
	}
	line->base += line->unit * (uint64_t)least;
	for (uint32_t i = 0; i < x->n; i++) {
		v[i] -= (uint64_t)least;
		max = MAX(max, v[i]);
	}
	x->width[c] = width_of(max);
}

static size_t piece_size(const struct piece *x)
{
	size_t each = 0;

	for (unsigned c = 0; c < COLUMNS; c++)
		each += x->width[c];
	return sizeof(*x) + x->n * each;
}

static void put_piece(struct buf *b, const struct series_point *p, size_t n)
{
	struct piece x = { .n = (uint16_t)n };
	uint64_t v[COLUMNS][PIECE], sum = 0, count = 0;
	char *to;

	for (size_t i = 0; i < n; i++) {
		v[TIMES][i] = (uint64_t)p[i].time;
		v[SUMS][i] = sum += (uint64_t)p[i].sum;
		v[COUNTS][i] = count += p[i].count;
	}
	for (unsigned c = 0; c < COLUMNS; c++)
		make_column(&x, c, v[c]);
	if (!buf_room(b, piece_size(&x)))
		return;
	to = mempcpy(b->p + b->n, &x, sizeof(x));
	for (unsigned c = 0; c < COLUMNS; c++)
		for (size_t i = 0; i < n; i++)
			to = mempcpy(to, &(uint64_t){ htole64(v[c][i]) }, x.width[c]);
	b->n += piece_size(&x);
}

struct str series_pack(struct arena *a, const struct series_group *g)
{
	static const char end[END] = { 0 };
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	for (size_t i = 0; i < g->n; i += PIECE)
		put_piece(&b, g->p + i, MIN(g->n - i, (size_t)PIECE));
	if (g->n > 0)
		buf_add(&b, str_of(end, sizeof(end)));
	return buf_to_arena(&b, a);
}

/* ---- back ---- */

/* A piece that series_pack wrote, where it lies. */
struct view {
	struct piece x;
	struct {
		const char *p;
		uint64_t mask; /* of what belongs to a number */
		size_t width;
	} column[COLUMNS];
};

/* What follows it. */
static struct str view_piece(struct str packed, struct view *v)
{
	const char *p = packed.p + sizeof(v->x);

	memcpy(&v->x, packed.p, sizeof(v->x));
	for (unsigned c = 0; c < COLUMNS; c++) {
		size_t width = v->x.width[c];

		v->column[c].p = p;
		v->column[c].width = width;
		v->column[c].mask = width == 0 ? 0 : UINT64_MAX >> (64 - 8 * width);
		p += v->x.n * width;
	}
	return str_skip(packed, piece_size(&v->x));
}

static inline uint64_t number_at(const struct view *v, unsigned c, uint32_t i)
{
	const struct straight *line = &v->x.line[c];
	uint64_t more;

	memcpy(&more, v->column[c].p + i * v->column[c].width, sizeof(more));
	return line->base + line->unit * (climbed(line, i) + (le64toh(more) & v->column[c].mask));
}

static int64_t time_at(const struct view *v, uint32_t i)
{
	return (int64_t)number_at(v, TIMES, i);
}

/* The first from i to end that is later than t, probably so many further as guess says. */
static uint32_t first_after(const struct view *v, uint32_t i, uint32_t end, int64_t t, uint32_t guess)
{
	for (uint32_t step = guess, next = 1; step <= end - i; step = next, next *= 2) {
		if (time_at(v, i + step - 1) > t) {
			end = i + step - 1;
			break;
		}
		i += step;
	}
	while (i < end) {
		uint32_t mid = i + (end - i) / 2;

		if (time_at(v, mid) > t)
			end = mid;
		else
			i = mid + 1;
	}
	return end;
}

/* ---- onto a grid ---- */

void series_grid_init(struct series_grid *g, struct arena *a, const struct query_series_opts *o, int64_t first_ms,
    int64_t last_ms)
{
	*g = (struct series_grid){ .a = a, .o = o, .first_ms = first_ms, .last_ms = last_ms };
}

static struct series_group *group_of(struct series_grid *g, const struct labels *l)
{
	uint64_t hash = labels_hash(l);
	struct map_at at = map_find(&g->by_labels, hash);
	struct series_group new = { 0 };

	for (uint32_t i; map_next(&at, &i);)
		if (labels_cmp(&g->groups.p[i].labels, l) == 0)
			return &g->groups.p[i];
	map_put(&g->by_labels, hash, (uint32_t)g->groups.n);
	new.labels = labels_copy(g->a, l);
	vec_push(&g->groups, new);
	return &g->groups.p[g->groups.n - 1];
}

/* The time of the grid for a point that comes after that of before (0: there is none), which it mostly does by one step: a
   division costs more than all else. */
static int64_t grid_time(const struct query_series_opts *o, const struct series_point *before, int64_t time)
{
	if (before == NULL || time <= before->time || time - before->time > o->step_ms)
		return series_grid_time(time, o->from_ms, o->step_ms);
	return before->time + o->step_ms;
}

/* Room for n more that begin at first and end at last: no more than the grid has places there. */
static void make_room(struct series_grid *g, struct series_group *x, size_t n, int64_t first, int64_t last)
{
	uint64_t places = ((uint64_t)last - (uint64_t)first) / (uint64_t)g->o->step_ms + 2;
	size_t want = x->n + (size_t)MIN((uint64_t)n, places);
	struct series_point *p;

	if (want <= x->room)
		return;
	x->room = want * 2;
	p = arena_array(g->a, x->room, sizeof(*p));
	if (x->n > 0)
		memcpy(p, x->p, x->n * sizeof(*p));
	x->p = p;
}

/* The points from i to end, none of which is before those of x. */
static void add_points(struct series_grid *g, struct series_group *x, const struct view *v, uint32_t i, uint32_t end)
{
	uint64_t sum = i > 0 ? number_at(v, SUMS, i - 1) : 0, count = i > 0 ? number_at(v, COUNTS, i - 1) : 0;
	uint32_t guess = 1;

	while (i < end) {
		struct series_point *last = x->n > 0 ? &x->p[x->n - 1] : NULL;
		int64_t at = grid_time(g->o, last, time_at(v, i));
		uint64_t sum_before = sum, count_before = count;
		uint32_t first = i;

		if (at > g->o->to_ms)
			return;
		i = first_after(v, i, end, at, guess);
		guess = i - first;
		sum = number_at(v, SUMS, i - 1);
		count = number_at(v, COUNTS, i - 1);
		if (last != NULL && last->time == at) {
			last->sum = wrap_add(last->sum, (int64_t)(sum - sum_before));
			last->count += count - count_before;
		} else {
			x->p[x->n++] = (struct series_point){ at, (int64_t)(sum - sum_before), count - count_before };
		}
	}
}

/* Some of them come before what x has. */
static void merge_points(struct series_grid *g, struct series_group *x, const struct view *v, uint32_t i, uint32_t end)
{
	struct series_group own = { .labels = x->labels };
	struct series_set into = { x, 1 };

	make_room(g, &own, end - i, time_at(v, i), time_at(v, end - 1));
	add_points(g, &own, v, i, end);
	if (own.n == 0)
		return;
	series_merge(g->a, &into, &(struct series_set){ &own, 1 });
	*x = into.p[0];
}

void series_grid_add(struct series_grid *g, const struct labels *l, struct str packed)
{
	struct series_group *x = group_of(g, l);
	struct view v;

	while (packed.n > END) {
		uint32_t i = 0, end;

		packed = view_piece(packed, &v);
		end = v.x.n;
		if (g->first_ms > time_at(&v, 0))
			i = first_after(&v, 0, end, g->first_ms - 1, end);
		if (i < end && g->last_ms < time_at(&v, end - 1))
			end = first_after(&v, i, end, g->last_ms, end - i);
		if (i == end)
			continue;
		if (x->n > 0 && series_grid_time(time_at(&v, i), g->o->from_ms, g->o->step_ms) < x->p[x->n - 1].time) {
			merge_points(g, x, &v, i, end);
			continue;
		}
		make_room(g, x, end - i, time_at(&v, i), time_at(&v, end - 1));
		add_points(g, x, &v, i, end);
	}
}

void series_grid_finish(struct series_grid *g, struct series_set *out)
{
	*out = (struct series_set){ arena_array(g->a, g->groups.n, sizeof(*out->p)), 0 };
	for (size_t i = 0; i < g->groups.n; i++)
		if (g->groups.p[i].n > 0)
			out->p[out->n++] = g->groups.p[i];
	vec_free(&g->groups);
	map_fini(&g->by_labels);
}
