/* Functions before and after. */
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/json.h"
#include "formats/report/report_impl.h"

struct change {
	struct str name;
	int64_t flat[2], cum[2]; /* before (scaled), after */
};

struct changes {
	const struct report_diff_opts *o;
	struct map map;
	VEC(struct change) all;
	int64_t total[2];
};

static struct change *find_change(struct changes *c, struct str name)
{
	uint64_t hash = hash_seeded(name);
	struct map_at at = map_find(&c->map, hash);

	for (uint32_t i; map_next(&at, &i);)
		if (str_eq(c->all.p[i].name, name))
			return &c->all.p[i];
	map_put(&c->map, hash, (uint32_t)c->all.n);
	vec_push(&c->all, ((struct change){ .name = name }));
	return &c->all.p[c->all.n - 1];
}

static int64_t scaled(int64_t v, double scale)
{
	double x = (double)v * scale;

	if (scale == 1 || !(x > -9.2e18 && x < 9.2e18))
		return v;
	return llround(x);
}

/* Nodes of one name (in several binaries, say) are one function here. */
static void take_side(struct changes *c, struct report *r, int side)
{
	struct graph *g = graph_new(r, FORM_TOP, false);
	double scale = side == 0 ? c->o->scale : 1;

	for (uint32_t i = 0; i < g->n; i++) {
		struct change *x = find_change(c, report_printed(r, g->order[i]));

		x->flat[side] = sum_wrap(x->flat[side], scaled(graph_flat(g, g->order[i]), scale));
		x->cum[side] = sum_wrap(x->cum[side], scaled(graph_cum(g, g->order[i]), scale));
	}
	c->total[side] = scaled(report_sum(r), scale);
	graph_free(g);
}

static int64_t delta(const int64_t v[2])
{
	return sum_wrap(v[1], (int64_t)(0 - (uint64_t)v[0]));
}

static int by_delta(const void *a, const void *b, void *ctx)
{
	const struct change *x = a, *y = b;
	const bool *cum = ctx;
	int64_t dx = abs_wrap(delta(*cum ? x->cum : x->flat)), dy = abs_wrap(delta(*cum ? y->cum : y->flat));

	if (dx == dy) {
		dx = abs_wrap(delta(*cum ? x->flat : x->cum));
		dy = abs_wrap(delta(*cum ? y->flat : y->cum));
	}
	if (dx != dy)
		return dx > dy ? -1 : 1;
	return str_cmp(x->name, y->name);
}

static size_t collect(struct changes *c, struct report *before, struct report *after, const struct report_diff_opts *o)
{
	bool cum = o->cum;

	*c = (struct changes){ .o = o };
	take_side(c, before, 0);
	take_side(c, after, 1);
	if (c->all.n > 1)
		qsort_r(c->all.p, c->all.n, sizeof(*c->all.p), by_delta, &cum);
	return o->count > 0 && o->count < c->all.n ? (size_t)o->count : c->all.n;
}

static void changes_fini(struct changes *c)
{
	map_fini(&c->map);
	vec_free(&c->all);
}

/* One unit serves for all, so that columns can be compared: that of a hundredth of the largest value. */
static struct str common_unit(const struct changes *c, const struct report *r)
{
	struct str unit;

	if (!str_eq(r->o.unit, STR("minimum")))
		return r->o.unit;
	unit_scale(MAX(abs_wrap(c->total[0]), abs_wrap(c->total[1])) / 100, r->unit, STR("minimum"), &unit);
	return unit.n > 0 ? unit : r->unit;
}

static void put_value(struct report *r, int64_t v, bool sign, size_t width, struct buf *out)
{
	struct buf b;

	buf_init(&b, 4096);
	if (sign && v > 0)
		buf_byte(&b, '+');
	report_format(r, v, &b);
	put_right(out, buf_str(&b), width);
	buf_fini(&b);
}

static void print_growth(const int64_t v[2], struct buf *b)
{
	if (v[0] == v[1])
		buf_add(b, STR("0%"));
	else if (v[0] == 0)
		buf_add(b, STR("new"));
	else if (v[1] == 0)
		buf_add(b, STR("gone"));
	else {
		double growth = 100.0 * ((double)v[1] - (double)v[0]) / fabs((double)v[0]);

		buf_printf(b, "%+.*f%%", fabs(growth) < 1000 ? 2 : 0, growth);
	}
}

static void put_growth(const int64_t v[2], size_t width, struct buf *out)
{
	struct buf b;

	buf_init(&b, 4096);
	print_growth(v, &b);
	put_right(out, buf_str(&b), width);
	buf_fini(&b);
}

static void put_change(struct report *r, const struct change *x, const int64_t v[2], struct buf *out)
{
	put_value(r, v[0], false, 10, out);
	buf_byte(out, ' ');
	put_value(r, v[1], false, 10, out);
	buf_byte(out, ' ');
	put_value(r, delta(v), true, 10, out);
	buf_byte(out, ' ');
	put_growth(v, 9, out);
	buf_add(out, STR("  "));
	if (r->o.width > 0)
		put_tail(out, x->name, r->o.width > 52 ? r->o.width - 44 : 8);
	else
		buf_add(out, x->name);
	buf_byte(out, '\n');
}

/* Functions that did not change are at the end of the list; they are counted only. */
static void put_aligned(struct report *r, const struct changes *c, size_t n, struct buf *out)
{
	while (n > 0 && delta(c->o->cum ? c->all.p[n - 1].cum : c->all.p[n - 1].flat) == 0)
		n--;
	r->out_unit = common_unit(c, r);
	if (r->type_name.n > 0) {
		buf_add(out, STR("Type: "));
		buf_add(out, r->type_name);
		buf_byte(out, '\n');
	}
	buf_add(out, STR("Total: "));
	put_value(r, c->total[0], false, 0, out);
	buf_add(out, STR(" before, "));
	put_value(r, c->total[1], false, 0, out);
	buf_add(out, STR(" after, "));
	put_value(r, delta(c->total), true, 0, out);
	buf_add(out, STR(" ("));
	print_growth(c->total, out);
	buf_printf(out, ")\nShowing %zu of %zu functions, by change of %s\n", n, c->all.n, c->o->cum ? "cum" : "flat");
	buf_add(out, STR("    before      after      delta    delta%  function\n"));
	for (size_t i = 0; i < n; i++)
		put_change(r, &c->all.p[i], c->o->cum ? c->all.p[i].cum : c->all.p[i].flat, out);
}

static void put_table(const struct changes *c, size_t n, char sep, struct buf *out)
{
	buf_printf(out, "flat_before%cflat_after%cflat_delta%ccum_before%ccum_after%ccum_delta%cname\n", sep, sep, sep,
	    sep, sep, sep);
	for (size_t i = 0; i < n; i++) {
		const struct change *x = &c->all.p[i];

		buf_printf(out, "%lld%c%lld%c%lld%c%lld%c%lld%c%lld%c", (long long)x->flat[0], sep,
		    (long long)x->flat[1], sep, (long long)delta(x->flat), sep, (long long)x->cum[0], sep,
		    (long long)x->cum[1], sep, (long long)delta(x->cum), sep);
		report_field(x->name, sep, out);
		buf_byte(out, '\n');
	}
}

void report_diff_top(struct report *before, struct report *after, const struct report_diff_opts *o, struct buf *out)
{
	struct changes c;
	size_t n = collect(&c, before, after, o);

	if (o->sep != 0)
		put_table(&c, n, o->sep, out);
	else
		put_aligned(after, &c, n, out);
	changes_fini(&c);
}

static void put_i64(struct jw *w, const char *key, int64_t v)
{
	jw_key(w, str_cstr(key));
	jw_i64(w, v);
}

static void put_values(struct jw *w, const char *key, const int64_t v[2])
{
	jw_key(w, str_cstr(key));
	jw_open(w, '{');
	put_i64(w, "before", v[0]);
	put_i64(w, "after", v[1]);
	put_i64(w, "delta", delta(v));
	jw_close(w, '}');
}

void report_diff_json(struct report *before, struct report *after, const struct report_diff_opts *o, struct buf *out)
{
	struct jw w = jw_init(out);
	struct changes c;
	size_t n = collect(&c, before, after, o);

	jw_open(&w, '{');
	jw_key(&w, STR("type"));
	jw_str(&w, after->type_name);
	jw_key(&w, STR("unit"));
	jw_str(&w, after->unit);
	put_values(&w, "total", c.total);
	jw_key(&w, STR("functions"));
	jw_open(&w, '[');
	for (size_t i = 0; i < n; i++) {
		jw_open(&w, '{');
		jw_key(&w, STR("name"));
		jw_str(&w, c.all.p[i].name);
		put_values(&w, "flat", c.all.p[i].flat);
		put_values(&w, "cum", c.all.p[i].cum);
		jw_close(&w, '}');
	}
	jw_close(&w, ']');
	jw_close(&w, '}');
	buf_byte(out, '\n');
	changes_fini(&c);
}
