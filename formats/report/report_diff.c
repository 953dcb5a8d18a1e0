/* Functions before and after: sums, noise, tables and JSON. */
#include <math.h>
#include <stdlib.h>

#include "base/arith.h"
#include "base/hash.h"
#include "base/json.h"
#include "formats/report/report_diff.h"

static const double USUAL = 0.95;

struct report_diff_opts report_diff_defaults(void)
{
	return (struct report_diff_opts){ .confidence = USUAL };
}

/* A side without samples fits anything. */
int report_diff_check(const struct report *before, const struct report *after, const struct report_diff_opts *o,
    struct err *e)
{
	if (o->normalize == DIFF_TOTAL || before->p->n_samples == 0 || after->p->n_samples == 0 ||
	    unit_same(before->unit, after->unit))
		return 0;
	return err_set(e, ERR_USAGE,
	    "before has \"" STR_FMT "\" in " STR_FMT ", after \"" STR_FMT "\" in " STR_FMT
	    ": --sample-index chooses another type, --normalize total compares shares",
	    STR_ARG(before->type_name), STR_ARG(before->unit), STR_ARG(after->type_name), STR_ARG(after->unit));
}

double diff_confidence(const struct report_diff_opts *o)
{
	return o->confidence < 0 ? USUAL : MIN(o->confidence, 0.999999);
}

/* ---- how many events ---- */

static uint32_t column_with_unit(const struct profile *p, struct str unit, uint32_t from)
{
	for (uint32_t k = from; k < p->n_types; k++)
		if (str_eq(profile_str(p, p->types[k].unit), unit))
			return k;
	return p->n_types;
}

/*
 * The stores of v1 keep no period: what comes out of one says a second of CPU time, whatever the rate was. A sample's
 * time divides all sums of samples. Where nothing from a tenth of a millisecond does, there were 100 a second, as usual.
 */
static double time_of_sample(const struct report *r, uint32_t column)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < r->n_samples && (most == 0 || most >= NS_PER_MS / 10); i++) {
		int64_t v = profile_value(r->p, r->samples[i].number, column);

		most = gcd(v < 0 ? 0 - (uint64_t)v : (uint64_t)v, most);
	}
	return most >= NS_PER_MS / 10 ? (double)most : 10 * NS_PER_MS;
}

/*
 * The period says what an event is worth in its unit: of CPU time, of sampled bytes (objects are counted by the bytes
 * that stand behind them). Otherwise a count is a count.
 */
struct diff_events diff_events_of(const struct report *r)
{
	const struct profile *p = r->p;
	struct str unit = profile_str(p, p->period_type.unit);
	struct diff_events e = { .column = p->n_types, .size = 1 };

	if (r->o.mean || r->have_base)
		return e;
	if (p->has_period_type && p->period > 1 && unit.n > 0) {
		e.column = column_with_unit(p, unit, r->type);
		if (e.column == p->n_types)
			e.column = column_with_unit(p, unit, 0);
		e.size = (double)p->period;
		if (p->period == NS_PER_S && str_eq(unit, STR("nanoseconds")) && e.column < p->n_types)
			e.size = time_of_sample(r, e.column);
	}
	if (e.column == p->n_types) {
		e.size = 1;
		e.column = str_eq(r->unit, STR("count")) ? r->type : column_with_unit(p, STR("count"), 0);
	}
	e.known = e.column < p->n_types;
	return e;
}

double diff_sample_variance(const struct report *r, const struct diff_events *e, const struct rsample *s)
{
	double v = (double)report_weight(r, s), n;

	if (!e->known || v == 0)
		return 0;
	n = fabs((double)profile_value(r->p, s->number, e->column)) / e->size;
	return v * v / MAX(n, 1);
}

/* ---- sums ---- */

static size_t find_change(struct changes *c, struct str name)
{
	uint64_t hash = hash_seeded(name);
	struct map_at at = map_find(&c->map, hash);

	for (uint32_t i; map_next(&at, &i);)
		if (str_eq(c->all.p[i].name, name))
			return i;
	map_put(&c->map, hash, (uint32_t)c->all.n);
	vec_push(&c->all, ((struct change){ .name = name }));
	return c->all.n - 1;
}

struct variances {
	struct changes *c;
	struct report *r;
	struct diff_events events;
	uint32_t *change; /* by info: of all, or NO_NODE */
	uint32_t *seen;   /* by change: sample + 1 */
	int side;
};

static void take_sample(struct variances *x, const struct rsample *s, uint32_t number)
{
	const struct report *r = x->r;
	double v = diff_sample_variance(r, &x->events, s);
	uint32_t leaf = NO_NODE;

	x->c->total.sum[x->side].variance += v;
	for (uint32_t i = s->n; v > 0 && i-- > 0;) {
		uint32_t location = r->stack[s->at + i];

		if (location >= r->n_locations)
			continue;
		for (uint32_t k = r->node_at[location + 1]; k-- > r->node_at[location];) {
			leaf = x->change[r->nodes[k]];
			if (leaf == NO_NODE || x->seen[leaf] == number)
				continue;
			x->seen[leaf] = number;
			x->c->all.p[leaf].cum.sum[x->side].variance += v;
		}
	}
	if (leaf != NO_NODE)
		x->c->all.p[leaf].flat.sum[x->side].variance += v;
}

/* Nodes of one name (in several binaries, say) are one function here. */
static bool take_side(struct changes *c, struct report *r, int side)
{
	struct graph *g = graph_new(r, FORM_TOP, false);
	struct variances x = { .c = c, .r = r, .events = diff_events_of(r), .side = side };

	x.change = mem_array(r->infos.n + 1, sizeof(*x.change));
	for (size_t i = 0; i < r->infos.n; i++)
		x.change[i] = NO_NODE;
	for (uint32_t i = 0; i < g->n; i++) {
		size_t at = find_change(c, report_printed(r, g->order[i]));
		struct change *own = &c->all.p[at];

		x.change[g->order[i]] = (uint32_t)at;
		own->flat.v[side] = sum_wrap(own->flat.v[side], graph_flat(g, g->order[i]));
		own->cum.v[side] = sum_wrap(own->cum.v[side], graph_cum(g, g->order[i]));
	}
	c->total.v[side] = report_sum(r);
	x.seen = mem_zarray(c->all.n + 1, sizeof(*x.seen));
	for (uint32_t i = 0; i < r->n_samples; i++)
		take_sample(&x, &r->samples[i], i + 1);
	mem_free(x.change);
	mem_free(x.seen);
	graph_free(g);
	return x.events.known;
}

static int64_t scaled(int64_t v, double scale)
{
	double x = (double)v * scale;

	if (scale == 1 || !(x > -9.2e18 && x < 9.2e18))
		return v;
	return llround(x);
}

static double scale_of(const struct changes *c)
{
	const struct report_diff_opts *o = c->o;
	double s = o->normalize == DIFF_TOTAL ? (double)c->total.v[1] / (double)c->total.v[0]
	    : o->normalize == DIFF_NONE       ? 1
					      : o->exposure[1] / o->exposure[0];

	return s > 0 && s < 1e18 ? s : 1;
}

void diff_value_test(const struct changes *c, struct diff_value *x)
{
	for (int side = 0; side < 2; side++)
		x->sum[side].value = (double)x->v[side];
	x->tested = c->known && diff_test(&c->scale, x->sum, &x->test);
	x->v[0] = scaled(x->v[0], c->scale.s);
}

bool diff_matters(const struct changes *c, const struct diff_value *x)
{
	return !x->tested || x->test.p <= 1 - diff_confidence(c->o);
}

static void adjust(struct changes *c, size_t offset)
{
	double *p = mem_array(c->all.n + 1, sizeof(*p));
	size_t n = 0;

	for (size_t i = 0; i < c->all.n; i++) {
		struct diff_value *x = (struct diff_value *)((char *)&c->all.p[i] + offset);

		if (x->tested)
			p[n++] = x->test.p;
	}
	diff_adjust(p, n);
	n = 0;
	for (size_t i = 0; i < c->all.n; i++) {
		struct diff_value *x = (struct diff_value *)((char *)&c->all.p[i] + offset);

		if (x->tested)
			x->test.p = p[n++];
	}
	mem_free(p);
}

/* ---- which of them, in which order ---- */

static int by_delta(const void *a, const void *b, void *ctx)
{
	const struct change *x = a, *y = b;
	const bool *cum = ctx;
	int64_t dx = abs_wrap(diff_delta(*cum ? &x->cum : &x->flat));
	int64_t dy = abs_wrap(diff_delta(*cum ? &y->cum : &y->flat));

	if (dx == dy) {
		dx = abs_wrap(diff_delta(*cum ? &x->flat : &x->cum));
		dy = abs_wrap(diff_delta(*cum ? &y->flat : &y->cum));
	}
	if (dx != dy)
		return dx > dy ? -1 : 1;
	return str_cmp(x->name, y->name);
}

/* What is noise in the column that is looked at, or in both, goes behind those that are shown. */
static bool is_shown(const struct changes *c, const struct change *x, bool both)
{
	if (c->o->all)
		return true;
	if (both)
		return diff_matters(c, &x->flat) || diff_matters(c, &x->cum);
	return diff_matters(c, c->o->cum ? &x->cum : &x->flat);
}

static void choose(struct changes *c, bool both)
{
	struct change *kept = mem_array(c->all.n + 1, sizeof(*kept)), *gone = mem_array(c->all.n + 1, sizeof(*gone));
	size_t n = 0, n_gone = 0;

	for (size_t i = 0; i < c->all.n; i++) {
		const struct change *x = &c->all.p[i];
		bool changed = diff_delta(c->o->cum ? &x->cum : &x->flat) != 0 || (both && diff_delta(&x->cum) != 0);

		bool shown = !changed || is_shown(c, x, both);

		c->noise += !shown;
		/* programs get every row, with what is known about it */
		if (shown || both)
			kept[n++] = *x;
		else
			gone[n_gone++] = *x;
	}
	if (n > 0)
		memcpy(c->all.p, kept, n * sizeof(*kept));
	if (n_gone > 0)
		memcpy(c->all.p + n, gone, n_gone * sizeof(*gone));
	mem_free(kept);
	mem_free(gone);
	c->n = c->o->count > 0 && c->o->count < n ? (size_t)c->o->count : n;
}

void changes_collect(struct changes *c, struct report *before, struct report *after, const struct report_diff_opts *o,
    bool both)
{
	bool cum = o->cum, known[2];

	*c = (struct changes){ .o = o };
	known[0] = take_side(c, before, 0);
	known[1] = take_side(c, after, 1);
	c->known = known[0] && known[1] && diff_confidence(o) > 0;
	c->scale.s = scale_of(c);
	c->scale.shares = o->normalize == DIFF_TOTAL;
	c->scale.z = c->known ? diff_quantile(diff_confidence(o)) : 0;
	for (int side = 0; side < 2; side++)
		c->scale.total[side] = (struct diff_sum){ (double)c->total.v[side], c->total.sum[side].variance };
	for (size_t i = 0; i < c->all.n; i++) {
		diff_value_test(c, &c->all.p[i].flat);
		diff_value_test(c, &c->all.p[i].cum);
	}
	diff_value_test(c, &c->total);
	adjust(c, offsetof(struct change, flat));
	adjust(c, offsetof(struct change, cum));
	if (c->all.n > 1)
		qsort_r(c->all.p, c->all.n, sizeof(*c->all.p), by_delta, &cum);
	choose(c, both);
}

void changes_fini(struct changes *c)
{
	map_fini(&c->map);
	vec_free(&c->all);
}

/* ---- for people ---- */

/* One unit serves for all, so that columns can be compared: that of a hundredth of the largest value. */
void diff_unit(const struct changes *c, struct report *r)
{
	struct str unit;

	if (!str_eq(r->o.unit, STR("minimum"))) {
		r->out_unit = r->o.unit;
		return;
	}
	unit_scale(MAX(abs_wrap(c->total.v[0]), abs_wrap(c->total.v[1])) / 100, r->unit, STR("minimum"), &unit);
	r->out_unit = unit.n > 0 ? unit : r->unit;
}

void diff_print_value(struct report *r, int64_t v, bool sign, struct buf *out)
{
	if (sign && v > 0)
		buf_byte(out, '+');
	report_format(r, v, out);
}

static void put_value(struct report *r, int64_t v, bool sign, size_t width, struct buf *out)
{
	struct buf b;

	buf_init(&b, 4096);
	diff_print_value(r, v, sign, &b);
	put_right(out, buf_str(&b), width);
	buf_fini(&b);
}

void diff_print_growth(const struct diff_value *x, struct buf *b)
{
	const int64_t *v = x->v;

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

void diff_print_p(const struct diff_value *x, struct buf *b)
{
	if (!x->tested)
		buf_byte(b, '-');
	else if (x->test.p < 0.001)
		buf_add(b, STR("<0.001"));
	else
		buf_printf(b, "%.3f", x->test.p);
}

static void put_printed(void (*print)(const struct diff_value *x, struct buf *b), const struct diff_value *x,
    size_t width, struct buf *out)
{
	struct buf b;

	buf_init(&b, 4096);
	print(x, &b);
	put_right(out, buf_str(&b), width);
	buf_fini(&b);
}

static int64_t whole(double v)
{
	return v > -9.2e18 && v < 9.2e18 ? llround(v) : v < 0 ? INT64_MIN : INT64_MAX;
}

enum { NAME_AT = 44, NOISE_COLUMNS = 31 };

static void put_change(struct report *r, const struct changes *c, const struct change *change, struct buf *out)
{
	const struct diff_value *x = c->o->cum ? &change->cum : &change->flat;
	size_t at = NAME_AT + (c->known ? NOISE_COLUMNS : 0);

	put_value(r, x->v[0], false, 10, out);
	buf_byte(out, ' ');
	put_value(r, x->v[1], false, 10, out);
	buf_byte(out, ' ');
	put_value(r, diff_delta(x), true, 10, out);
	buf_byte(out, ' ');
	put_printed(diff_print_growth, x, 9, out);
	if (c->known && x->tested) {
		put_value(r, whole(x->test.low), true, 11, out);
		buf_add(out, STR(".."));
		put_value(r, whole(x->test.high), true, 10, out);
		put_printed(diff_print_p, x, 8, out);
	} else if (c->known) {
		buf_fill(out, ' ', NOISE_COLUMNS);
	}
	buf_add(out, STR("  "));
	if (r->o.width > 0)
		put_tail(out, change->name, r->o.width > at + 8 ? r->o.width - at : 8);
	else
		buf_add(out, change->name);
	buf_byte(out, '\n');
}

static void put_total(struct report *r, const struct changes *c, struct buf *out)
{
	buf_add(out, STR("Total: "));
	put_value(r, c->total.v[0], false, 0, out);
	buf_add(out, STR(" before, "));
	put_value(r, c->total.v[1], false, 0, out);
	buf_add(out, STR(" after, "));
	put_value(r, diff_delta(&c->total), true, 0, out);
	buf_add(out, STR(" ("));
	diff_print_growth(&c->total, out);
	if (c->total.tested && !c->scale.shares) {
		buf_add(out, STR(", p "));
		diff_print_p(&c->total, out);
	}
	buf_add(out, STR(")\n"));
}

/* Functions that did not change are at the end of the list; they are counted only. */
static void put_aligned(struct report *r, const struct changes *c, struct buf *out)
{
	size_t n = c->n;

	while (n > 0 && diff_delta(c->o->cum ? &c->all.p[n - 1].cum : &c->all.p[n - 1].flat) == 0)
		n--;
	diff_unit(c, r);
	if (r->type_name.n > 0) {
		buf_add(out, STR("Type: "));
		buf_add(out, r->type_name);
		buf_byte(out, '\n');
	}
	put_total(r, c, out);
	buf_printf(out, "Showing %zu of %zu function%s, by change of %s", n, c->all.n, c->all.n == 1 ? "" : "s",
	    c->o->cum ? "cum" : "flat");
	if (c->noise > 0)
		buf_printf(out, "; %zu changed within the noise", c->noise);
	buf_add(out, STR("\n    before      after      delta    delta%"));
	if (c->known)
		buf_printf(out, "   %5.4g%% bounds of delta       p", diff_confidence(c->o) * 100);
	buf_add(out, STR("  function\n"));
	for (size_t i = 0; i < n; i++)
		put_change(r, c, &c->all.p[i], out);
}

/* ---- for programs ---- */

static void put_columns(const struct diff_value *x, char sep, struct buf *out)
{
	buf_printf(out, "%lld%c%lld%c%lld%c", (long long)x->v[0], sep, (long long)x->v[1], sep,
	    (long long)diff_delta(x), sep);
	if (x->tested)
		buf_printf(out, "%lld%c%lld%c%.6g%c", (long long)whole(x->test.low), sep,
		    (long long)whole(x->test.high), sep, x->test.p, sep);
	else
		buf_printf(out, "%c%c%c", sep, sep, sep);
}

static void put_table(const struct changes *c, char sep, struct buf *out)
{
	static const char *const columns[] = { "before", "after", "delta", "low", "high", "p" };

	for (size_t k = 0; k < 2 * ARRAY_LEN(columns); k++)
		buf_printf(out, "%s_%s%c", k < ARRAY_LEN(columns) ? "flat" : "cum", columns[k % ARRAY_LEN(columns)],
		    sep);
	buf_add(out, STR("name\n"));
	for (size_t i = 0; i < c->n; i++) {
		const struct change *x = &c->all.p[i];

		put_columns(&x->flat, sep, out);
		put_columns(&x->cum, sep, out);
		report_field(x->name, sep, out);
		buf_byte(out, '\n');
	}
}

void report_diff_top(struct report *before, struct report *after, const struct report_diff_opts *o, struct buf *out)
{
	struct changes c;

	changes_collect(&c, before, after, o, o->sep != 0);
	if (o->sep != 0)
		put_table(&c, o->sep, out);
	else
		put_aligned(after, &c, out);
	changes_fini(&c);
}

static void put_i64(struct jw *w, const char *key, int64_t v)
{
	jw_key(w, str_cstr(key));
	jw_i64(w, v);
}

static void put_values(struct jw *w, const char *key, const struct diff_value *x)
{
	jw_key(w, str_cstr(key));
	jw_open(w, '{');
	put_i64(w, "before", x->v[0]);
	put_i64(w, "after", x->v[1]);
	put_i64(w, "delta", diff_delta(x));
	if (x->tested) {
		put_i64(w, "low", whole(x->test.low));
		put_i64(w, "high", whole(x->test.high));
		jw_key(w, STR("p"));
		jw_f64(w, x->test.p);
	}
	jw_close(w, '}');
}

void report_diff_json(struct report *before, struct report *after, const struct report_diff_opts *o, struct buf *out)
{
	struct jw w = jw_init(out);
	struct changes c;

	changes_collect(&c, before, after, o, true);
	jw_open(&w, '{');
	jw_key(&w, STR("type"));
	jw_str(&w, after->type_name);
	jw_key(&w, STR("unit"));
	jw_str(&w, after->unit);
	if (c.known) {
		jw_key(&w, STR("confidence"));
		jw_f64(&w, diff_confidence(o));
		put_i64(&w, "noise", (int64_t)c.noise);
	}
	put_values(&w, "total", &c.total);
	jw_key(&w, STR("functions"));
	jw_open(&w, '[');
	for (size_t i = 0; i < c.n; i++) {
		jw_open(&w, '{');
		jw_key(&w, STR("name"));
		jw_str(&w, c.all.p[i].name);
		put_values(&w, "flat", &c.all.p[i].flat);
		put_values(&w, "cum", &c.all.p[i].cum);
		if (c.known && !diff_matters(&c, &c.all.p[i].flat) && !diff_matters(&c, &c.all.p[i].cum)) {
			jw_key(&w, STR("noise"));
			jw_bool(&w, true);
		}
		jw_close(&w, '}');
	}
	jw_close(&w, ']');
	jw_close(&w, '}');
	buf_byte(out, '\n');
	changes_fini(&c);
}
