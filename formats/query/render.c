#include "formats/query/render.h"

#include <stdlib.h>

#include "base/arith.h"
#include "base/json.h"

int64_t timeline_step(int64_t from, int64_t until)
{
	enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };
	static const struct {
		int64_t up_to_ms, step;
	} steps[] = {
		{ 17500, 15 },
		{ 25000, 20 },
		{ 45000, 30 },
		{ 90 * 1000, MINUTE },
		{ 210 * 1000, 2 * MINUTE },
		{ 450 * 1000, 5 * MINUTE },
		{ 750 * 1000, 10 * MINUTE },
		{ 1050 * 1000, 15 * MINUTE },
		{ 1500 * 1000, 20 * MINUTE },
		{ 2700 * 1000, 30 * MINUTE },
		{ 5400 * 1000, HOUR },
		{ 9000 * 1000, 2 * HOUR },
		{ 16200 * 1000, 3 * HOUR },
		{ 9 * HOUR * 1000, 6 * HOUR },
		{ DAY * 1000, 12 * HOUR },
		{ INT64_C(7000) * DAY, DAY },
		{ INT64_C(21000) * DAY, 7 * DAY },
		{ INT64_C(42000) * DAY - 1, 30 * DAY },
	};
	int64_t range;

	if (until <= from || __builtin_sub_overflow(until, from, &range))
		return until <= from ? steps[0].step : 365 * DAY;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (range <= steps[i].up_to_ms * 1500)
			return steps[i].step;
	return 365 * DAY;
}

static uint64_t to_count(double v)
{
	if (!(v > 0))
		return 0;
	return v < 18446744073709551616.0 ? (uint64_t)v : UINT64_MAX;
}

static void lay_points(struct timeline *t, const struct timeline_point *points, size_t n)
{
	int64_t end = t->start + (int64_t)t->n * t->step, before = t->start;
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t sec = floor_div(points[i].time, 1000);

		if (sec < t->start || sec >= end || sec < before)
			continue;
		at += (size_t)((sec - before) / t->step);
		before = sec;
		if (at < t->n)
			t->samples[at] += to_count(points[i].value);
	}
}

struct timeline timeline_make(struct arena *a, int64_t from, int64_t until, int64_t step,
    const struct timeline_point *points, size_t n)
{
	struct timeline t = { .step = step };
	int64_t first, last;

	assert(step > 0);
	first = floor_div(floor_div(from, 1000), step);
	last = floor_div(floor_div(until, 1000), step);
	t.start = first * step;
	if (last <= first)
		return t;
	t.n = (size_t)MIN((uint64_t)last - (uint64_t)first, TIMELINE_MAX);
	t.samples = arena_zarray(a, t.n, sizeof(*t.samples));
	lay_points(&t, points, n);
	return t;
}

static bool is_one_of(struct str s, const char *const *list)
{
	for (; *list != NULL; list++)
		if (str_eq(s, str_cstr(*list)))
			return true;
	return false;
}

struct str render_units(struct str name, struct str unit, uint32_t *sample_rate)
{
	static const char *const objects[] = { "inuse_objects", "alloc_objects", "goroutine", "samples", NULL };

	*sample_rate = 100;
	if (is_one_of(name, objects))
		return STR("objects");
	if (!str_eq(name, STR("cpu")))
		return unit;
	*sample_rate = 1000000000;
	return STR("samples");
}

static void put_i64(struct jw *w, const char *key, int64_t v)
{
	jw_key(w, str_cstr(key));
	jw_i64(w, v);
}

static void put_str(struct jw *w, const char *key, struct str s)
{
	jw_key(w, str_cstr(key));
	jw_str(w, s);
}

static void put_graph(struct jw *w, const struct flamegraph *g)
{
	jw_key(w, STR("flamebearer"));
	jw_open(w, '{');
	jw_key(w, STR("names"));
	jw_open(w, '[');
	for (size_t i = 0; i < g->n_names; i++)
		jw_str(w, g->names[i]);
	jw_close(w, ']');
	jw_key(w, STR("levels"));
	jw_open(w, '[');
	for (size_t i = 0; i < g->n_levels; i++) {
		jw_open(w, '[');
		for (size_t k = 0; k < g->levels[i].n; k++)
			jw_i64(w, g->levels[i].values[k]);
		jw_close(w, ']');
	}
	jw_close(w, ']');
	put_i64(w, "numTicks", g->total);
	put_i64(w, "maxSelf", g->max_self);
	jw_close(w, '}');
}

static void put_metadata(struct jw *w, const struct render *r)
{
	uint32_t rate;
	struct str units = render_units(r->name, r->unit, &rate);

	jw_key(w, STR("metadata"));
	jw_open(w, '{');
	put_str(w, "format", r->diff ? STR("double") : STR("single"));
	put_str(w, "spyName", r->spy);
	put_i64(w, "sampleRate", rate);
	put_str(w, "units", units);
	put_str(w, "name", r->name);
	jw_close(w, '}');
}

static void put_timeline(struct jw *w, const struct timeline *t)
{
	jw_open(w, '{');
	put_i64(w, "startTime", t->start);
	jw_key(w, STR("samples"));
	jw_open(w, '[');
	for (size_t i = 0; i < t->n; i++)
		jw_u64(w, t->samples[i]);
	jw_close(w, ']');
	put_i64(w, "durationDelta", t->step);
	jw_key(w, STR("watermarks"));
	jw_null(w);
	jw_close(w, '}');
}

/* Keys in order of bytes; of equal keys the last given comes last. */
static int by_key(const void *a, const void *b)
{
	const struct render_group *const *x = a, *const *y = b;
	int order = str_cmp((*x)->key, (*y)->key);

	return order ? order : *x < *y ? -1 : 1;
}

static void put_groups(struct jw *w, const struct render *r)
{
	const struct render_group **sorted = mem_array(r->n_groups, sizeof(*sorted));

	for (size_t i = 0; i < r->n_groups; i++)
		sorted[i] = &r->groups[i];
	if (r->n_groups > 1)
		qsort(sorted, r->n_groups, sizeof(*sorted), by_key);
	jw_open(w, '{');
	for (size_t i = 0; i < r->n_groups; i++) {
		if (i + 1 < r->n_groups && str_eq(sorted[i]->key, sorted[i + 1]->key))
			continue;
		jw_key(w, sorted[i]->key);
		put_timeline(w, &sorted[i]->timeline);
	}
	jw_close(w, '}');
	mem_free(sorted);
}

void render_json(struct buf *out, const struct render *r)
{
	struct jw w = jw_init(out);

	w.html = true;
	jw_open(&w, '{');
	put_i64(&w, "version", 1);
	put_graph(&w, r->graph);
	put_metadata(&w, r);
	jw_key(&w, STR("timeline"));
	if (r->timeline != NULL)
		put_timeline(&w, r->timeline);
	else
		jw_null(&w);
	jw_key(&w, STR("groups"));
	if (r->grouped)
		put_groups(&w, r);
	else
		jw_null(&w);
	jw_key(&w, STR("heatmap"));
	jw_null(&w);
	if (r->diff && r->graph->left_ticks != 0)
		put_i64(&w, "leftTicks", r->graph->left_ticks);
	if (r->diff && r->graph->right_ticks != 0)
		put_i64(&w, "rightTicks", r->graph->right_ticks);
	jw_close(&w, '}');
	buf_byte(out, '\n');
}
