/*
 * A flame chart: what ran when. Time goes from left to right; every thread has rows of its own, the busiest first. A sample
 * lasts as long as its value says, if that is a time, or one period, or until the next sample of its thread; pauses shorter
 * than half of that are the sampler's, not the program's.
 */
#include <stdlib.h>

#include "formats/report/report_impl.h"

struct moment {
	int64_t at, lasts;
	uint32_t thread; /* interned */
	uint32_t sample; /* of the report */
};

struct band { /* a thread */
	uint32_t thread;
	size_t first, n; /* moments */
	uint64_t weight;
};

struct open_bar {
	uint32_t info;
	int64_t from, to;
};

struct chart {
	struct report *r;
	struct arena *a;
	int64_t start, end;
	VEC(struct moment) moments;
	VEC(struct band) bands;
	VEC(struct open_bar) open; /* the stack that runs, outermost first */
	VEC(uint32_t) stack;       /* of the sample at hand: infos */
	uint32_t *number;          /* by info: name + 1 */
	VEC(struct str) names;
	struct chart_level {
		VEC(int64_t) values;
		int64_t end;
	} * levels; /* of the band */
	size_t n_levels, cap_levels;
	VEC(struct flame_level) done;
};

/* What tells threads apart, the best first. */
static const char *const thread_keys[] = { "thread", "thread_name", "thread.name", "tid", "thread_id", "thread.id" };

static uint32_t thread_of(struct report *r, uint32_t sample)
{
	const struct tag *t = NULL;
	uint32_t n = report_tags_of(r->p, sample, &t);

	for (size_t k = 0; k < ARRAY_LEN(thread_keys); k++)
		for (uint32_t i = 0; i < n; i++) {
			if (!str_eq(profile_str(r->p, t[i].key), str_cstr(thread_keys[k])))
				continue;
			if (t[i].str != 0)
				return report_intern(r, profile_str(r->p, t[i].str));
			return report_intern(r, arena_printf(r->mem, "thread %lld", (long long)t[i].num));
		}
	return 0;
}

static int by_thread_and_time(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->sample < y->sample ? -1 : x->sample > y->sample;
}

static int by_weight(const void *a, const void *b)
{
	const struct band *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return x->thread < y->thread ? -1 : x->thread > y->thread;
}

static bool is_time(struct str unit)
{
	return str_eq(unit, STR("nanoseconds"));
}

/* 0: nobody says. */
static int64_t says_how_long(const struct report *r, const struct rsample *s)
{
	const struct profile *p = r->p;

	if (is_time(r->unit))
		return abs_wrap(report_weight(r, s));
	return p->period > 0 && is_time(profile_str(p, p->period_type.unit)) ? p->period : 0;
}

static void take_moments(struct chart *c)
{
	struct report *r = c->r;

	for (uint32_t i = 0; i < r->n_samples; i++) {
		const struct rsample *s = &r->samples[i];

		if (report_weight(r, s) != 0)
			vec_push(&c->moments,
			    ((struct moment){ r->p->at[s->number], MAX(says_how_long(r, s), (int64_t)0),
				thread_of(r, s->number), i }));
	}
	if (c->moments.n > 1)
		qsort(c->moments.p, c->moments.n, sizeof(*c->moments.p), by_thread_and_time);
}

/* A sample ends where the next one of its thread begins; short pauses between them are closed. */
static void settle(struct moment *m, size_t n)
{
	int64_t mean = 1;

	if (n > 1)
		mean = MAX((int64_t)(((uint64_t)m[n - 1].at - (uint64_t)m[0].at) / (n - 1)), (int64_t)1);
	for (size_t i = 0; i < n; i++) {
		uint64_t gap = i + 1 < n ? (uint64_t)m[i + 1].at - (uint64_t)m[i].at : UINT64_MAX;
		uint64_t lasts = m[i].lasts > 0 ? (uint64_t)m[i].lasts : (uint64_t)mean;

		if (i + 1 < n && gap <= lasts + lasts / 2)
			lasts = gap;
		m[i].lasts = (int64_t)MIN(lasts, (uint64_t)INT64_MAX - (m[i].at > 0 ? (uint64_t)m[i].at : 0));
	}
}

static void take_bands(struct chart *c)
{
	c->start = INT64_MAX;
	c->end = INT64_MIN;
	for (size_t i = 0; i < c->moments.n;) {
		struct moment *m = c->moments.p + i;
		struct band b = { .thread = m->thread, .first = i };

		while (i < c->moments.n && c->moments.p[i].thread == b.thread)
			i++;
		b.n = i - b.first;
		settle(m, b.n);
		for (size_t k = 0; k < b.n; k++) {
			b.weight += (uint64_t)m[k].lasts;
			c->start = MIN(c->start, m[k].at);
			c->end = MAX(c->end, m[k].at + m[k].lasts);
		}
		vec_push(&c->bands, b);
	}
	if (c->bands.n > 1)
		qsort(c->bands.p, c->bands.n, sizeof(*c->bands.p), by_weight);
}

static void put_bar(struct chart *c, size_t level, int64_t from, int64_t to, uint32_t name)
{
	struct chart_level *l;

	while (level >= c->n_levels) {
		if (c->n_levels == c->cap_levels) {
			size_t cap = MAX(c->cap_levels * 2, (size_t)16);

			c->levels = mem_resize(c->levels, cap, sizeof(*c->levels));
			memset(c->levels + c->cap_levels, 0, (cap - c->cap_levels) * sizeof(*c->levels));
			c->cap_levels = cap;
		}
		c->n_levels++;
	}
	l = &c->levels[level];
	vec_push(&l->values, from - c->start - l->end);
	vec_push(&l->values, to - from);
	vec_push(&l->values, 0);
	vec_push(&l->values, name);
	l->end = to - c->start;
}

static uint32_t name_of(struct chart *c, uint32_t info)
{
	if (c->number[info] == 0) {
		vec_push(&c->names, report_printed(c->r, info));
		c->number[info] = (uint32_t)c->names.n;
	}
	return c->number[info] - 1;
}

/* Frames from that depth on have ended. */
static void close_from(struct chart *c, size_t depth)
{
	for (size_t d = depth; d < c->open.n; d++)
		put_bar(c, d + 1, c->open.p[d].from, c->open.p[d].to, name_of(c, c->open.p[d].info));
	c->open.n = MIN(c->open.n, depth);
}

static void take_stack(struct chart *c, const struct rsample *s)
{
	const struct report *r = c->r;

	c->stack.n = 0;
	for (uint32_t i = s->n; i-- > 0;) {
		uint32_t location = r->stack[s->at + i];

		for (uint32_t k = location < r->n_locations ? r->node_at[location + 1] : 0;
		     k > 0 && k-- > r->node_at[location];)
			vec_push(&c->stack, r->nodes[k]);
	}
}

static void add_moment(struct chart *c, const struct moment *m)
{
	size_t same = 0;

	take_stack(c, &c->r->samples[m->sample]);
	while (same < c->open.n && same < c->stack.n && c->open.p[same].info == c->stack.p[same] &&
	    c->open.p[same].to == m->at)
		same++;
	close_from(c, same);
	for (size_t d = 0; d < same; d++)
		c->open.p[d].to = m->at + m->lasts;
	for (size_t d = same; d < c->stack.n; d++)
		vec_push(&c->open, ((struct open_bar){ c->stack.p[d], m->at, m->at + m->lasts }));
}

/* The levels of the band, below those that are done. */
static void end_band(struct chart *c)
{
	close_from(c, 0);
	for (size_t i = 0; i < c->n_levels; i++) {
		struct chart_level *l = &c->levels[i];
		int64_t *values = arena_array(c->a, l->values.n + 1, sizeof(*values));

		if (l->values.n > 0) {
			memcpy(values, l->values.p, l->values.n * sizeof(*values));
			vec_push(&c->done, ((struct flame_level){ values, l->values.n }));
		}
		l->values.n = 0;
		l->end = 0;
	}
	c->n_levels = 0;
}

static void add_band(struct chart *c, const struct band *b)
{
	const struct moment *m = c->moments.p + b->first;

	if (b->thread != 0 || c->bands.n > 1) {
		vec_push(&c->names, b->thread != 0 ? report_str(c->r, b->thread) : STR("(no thread)"));
		put_bar(c, 0, m[0].at, m[b->n - 1].at + m[b->n - 1].lasts, (uint32_t)c->names.n - 1);
	}
	for (size_t i = 0; i < b->n; i++)
		add_moment(c, &m[i]);
	end_band(c);
}

static struct flamegraph *finish(struct chart *c)
{
	struct flamegraph *g = arena_zalloc(c->a, sizeof(*g));

	g->total = c->moments.n > 0 ? c->end - c->start : 0;
	g->n_names = c->names.n;
	g->names = arena_array(c->a, c->names.n + 1, sizeof(*g->names));
	for (size_t i = 0; i < c->names.n; i++)
		g->names[i] = arena_str(c->a, c->names.p[i]);
	g->n_levels = c->done.n;
	g->levels = arena_array(c->a, c->done.n + 1, sizeof(*g->levels));
	if (c->done.n > 0)
		memcpy(g->levels, c->done.p, c->done.n * sizeof(*g->levels));
	return g;
}

static struct flamegraph *draw_bands(struct chart *c)
{
	int64_t *all = arena_zalloc(c->a, 4 * sizeof(*all));

	all[1] = c->moments.n > 0 ? c->end - c->start : 0;
	vec_push(&c->done, ((struct flame_level){ all, 4 }));
	for (size_t i = 0; i < c->bands.n; i++)
		add_band(c, &c->bands.p[i]);
	return finish(c);
}

struct flamegraph *report_chart(struct report *r, struct arena *a, struct err *e)
{
	struct chart c = { .r = r, .a = a };
	struct flamegraph *g = NULL;

	if (r->p->at == NULL) {
		err_set(e, ERR_INVALID, "the samples have no times: there is no flame chart of such a profile");
		return NULL;
	}
	report_nodes(r, false);
	c.number = mem_zarray(r->infos.n + 1, sizeof(*c.number));
	take_moments(&c);
	take_bands(&c);
	if (c.moments.n > 0 && (uint64_t)c.end - (uint64_t)c.start > INT64_MAX)
		err_set(e, ERR_INVALID, "the times of the samples are more than 292 years apart");
	else
		g = draw_bands(&c);
	for (size_t i = 0; i < c.cap_levels; i++)
		vec_free(&c.levels[i].values);
	mem_free(c.levels);
	mem_free(c.number);
	vec_free(&c.moments);
	vec_free(&c.bands);
	vec_free(&c.open);
	vec_free(&c.stack);
	vec_free(&c.names);
	vec_free(&c.done);
	return g;
}
