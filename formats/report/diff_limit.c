/* diff_limit.c - see diff_limit.h */
#include "formats/report/diff_limit.h"

#include <math.h>

#include "base/num.h"
#include "formats/labels/regex.h"
#include "formats/report/report_diff.h"

/* ---- the text ---- */

static int wrong(struct str text, const char *what, struct err *e)
{
	return err_set(e, ERR_USAGE, "%.*s: %s; for example: self(RE) > +3%%, cum(RE) >= +100ms, total < 2s",
	    (int)MIN(text.n, (size_t)200), text.p, what);
}

/* name(RE): up to the bracket that closes it. */
static int take_what(struct arena *a, struct str *rest, struct diff_limit *l, struct err *e)
{
	static const struct {
		const char *name;
		int of;
	} names[] = { { "self(", LIMIT_SELF }, { "flat(", LIMIT_SELF }, { "cum(", LIMIT_CUM } };
	size_t depth = 1, n;

	if (str_prefix(*rest, STR("total"))) {
		l->of = LIMIT_TOTAL;
		*rest = str_skip(*rest, 5);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!str_prefix(*rest, str_cstr(names[i].name)))
			continue;
		l->of = names[i].of;
		*rest = str_skip(*rest, strlen(names[i].name));
		for (n = 0; n < rest->n && depth > 0; n++) {
			if (rest->p[n] == '\\')
				n++;
			else
				depth += rest->p[n] == '(', depth -= rest->p[n] == ')';
		}
		if (depth > 0 || n > rest->n)
			return wrong(l->text, "a bracket is not closed", e);
		l->re = regex_new(arena_str(a, str_of(rest->p, n - 1)), e);
		*rest = str_skip(*rest, n);
		if (l->re == NULL)
			e->kind = ERR_USAGE;
		return l->re == NULL ? -1 : 0;
	}
	return wrong(l->text, "self(RE), cum(RE) or total is expected", e);
}

static int take_sign(struct str *rest, struct diff_limit *l, struct err *e)
{
	if (rest->n == 0 || (rest->p[0] != '<' && rest->p[0] != '>'))
		return wrong(l->text, "<, <=, > or >= is expected", e);
	l->less = rest->p[0] == '<';
	*rest = str_skip(*rest, 1);
	l->equal = str_prefix(*rest, STR("="));
	*rest = str_skip(*rest, l->equal);
	return 0;
}

static int take_number(struct str rest, struct diff_limit *l, struct err *e)
{
	size_t n = 0;
	bool sign = rest.n > 0 && (rest.p[0] == '+' || rest.p[0] == '-'), minus = sign && rest.p[0] == '-';
	struct err no;

	rest = str_skip(rest, sign);
	while (n < rest.n && ((rest.p[n] >= '0' && rest.p[n] <= '9') || rest.p[n] == '.'))
		n++;
	if (n == 0 || num_f64(str_of(rest.p, n), &l->number, &no) < 0)
		return wrong(l->text, "a number is expected", e);
	l->number = minus ? -l->number : l->number;
	l->unit = str_trim(str_skip(rest, n));
	l->share = str_prefix(l->unit, STR("%")) && str_eq(str_trim(str_skip(l->unit, 1)), STR("of total"));
	l->percent = str_eq(l->unit, STR("%"));
	l->change = sign || l->percent;
	if (l->share && (sign || l->of == LIMIT_TOTAL))
		return wrong(l->text, "a share of the total has no sign and is of functions", e);
	return 0;
}

int diff_limit_parse(struct arena *a, struct str text, struct diff_limit *out, struct err *e)
{
	struct str rest;

	*out = (struct diff_limit){ .text = str_trim(arena_str(a, text)) };
	rest = out->text;
	if (take_what(a, &rest, out, e) < 0)
		return -1;
	rest = str_trim(rest);
	if (take_sign(&rest, out, e) == 0 && take_number(str_trim(rest), out, e) == 0)
		return 0;
	diff_limit_fini(out);
	return -1;
}

void diff_limit_fini(struct diff_limit *l)
{
	regex_free(l->re);
	l->re = NULL;
}

/* ---- the check ---- */

/* Functions that match are one: a stack with several of them counts once. */
static void sum_side(const struct diff_limit *l, struct report *r, struct diff_value *x, int side)
{
	struct diff_events events = diff_events_of(r);
	bool *is;
	uint64_t sum = 0;

	report_nodes(r, false);
	is = mem_zarray(r->infos.n + 1, sizeof(*is));
	for (uint32_t i = 0; i < r->infos.n; i++)
		is[i] = l->re == NULL || regex_match(l->re, report_printed(r, i));
	for (uint32_t i = 0; i < r->n_samples; i++) {
		const struct rsample *s = &r->samples[i];
		bool hit = l->of == LIMIT_TOTAL, leaf = true;

		for (uint32_t k = 0; k < s->n && !hit && (leaf || l->of == LIMIT_CUM); k++) {
			uint32_t location = r->stack[s->at + k];

			if (location >= r->n_locations)
				continue;
			for (uint32_t at = r->node_at[location]; at < r->node_at[location + 1]; at++) {
				hit = hit || ((leaf || l->of == LIMIT_CUM) && is[r->nodes[at]]);
				leaf = false;
			}
		}
		if (!hit)
			continue;
		sum += (uint64_t)report_weight(r, s);
		x->sum[side].variance += diff_sample_variance(r, &events, s);
	}
	x->v[side] = (int64_t)sum;
	mem_free(is);
}

/* The number in the unit of the values, when both are steps of one ladder or the same word. */
static int threshold(const struct diff_limit *l, struct report *r, double *out, struct err *e)
{
	struct str have, want, any;
	double one;

	*out = l->number;
	if (l->unit.n == 0 || l->percent || l->share || str_eq(l->unit, r->unit))
		return 0;
	one = unit_scale(1, l->unit, r->unit, &have);
	unit_scale(1, r->unit, r->unit, &want);
	unit_scale(1, l->unit, STR("auto"), &any);
	if (any.n == 0 || !str_eq(have, want))
		return err_set(e, ERR_USAGE, STR_FMT ": the values are " STR_FMT ", which cannot be told in " STR_FMT,
		    STR_ARG(l->text), STR_ARG(r->unit), STR_ARG(l->unit));
	*out = l->number * one;
	return 0;
}

static bool beyond(const struct diff_limit *l, double have, double limit)
{
	return l->less ? have < limit || (l->equal && have == limit) : have > limit || (l->equal && have == limit);
}

static double growth(const struct diff_value *x)
{
	double d = (double)x->v[1] - (double)x->v[0];

	return d == 0 ? 0 : x->v[0] == 0 ? copysign(INFINITY, d) : 100 * d / fabs((double)x->v[0]);
}

/* Of the total after, in per cent. */
static double share(const struct changes *c, const struct diff_value *x)
{
	return c->total.v[1] != 0 ? 100 * (double)x->v[1] / (double)c->total.v[1] : 0;
}

static void tell(struct diff_limit *l, struct arena *a, const struct changes *c, const struct diff_value *x,
    bool compared, struct report *r)
{
	struct buf b;

	buf_init(&b, 4096);
	diff_unit(c, r);
	buf_add(&b, l->text);
	buf_add(&b, STR(": "));
	if (compared) {
		diff_print_value(r, x->v[0], false, &b);
		buf_add(&b, STR(" before, "));
	}
	diff_print_value(r, x->v[1], false, &b);
	if (compared) {
		buf_add(&b, STR(" after, "));
		diff_print_growth(x, &b);
	}
	if (l->share)
		buf_printf(&b, ", %.2f%% of total", share(c, x));
	if (x->tested) {
		buf_add(&b, STR(" (p "));
		diff_print_p(x, &b);
		buf_byte(&b, ')');
	}
	l->sentence = arena_str(a, buf_str(&b));
	buf_fini(&b);
}

int diff_limit_check(struct diff_limit *l, struct arena *a, struct report *before, struct report *after,
    const struct report_diff_opts *o, struct err *e)
{
	struct changes c = { .o = o, .scale.s = 1 };
	struct diff_value x = { 0 };
	double limit;

	if (before == NULL && l->change)
		return err_set(e, ERR_USAGE, STR_FMT ": this is a change, and there is nothing to compare with",
		    STR_ARG(l->text));
	if (threshold(l, after, &limit, e) < 0)
		return -1;
	if (before != NULL) {
		changes_collect(&c, before, after, o, false);
		sum_side(l, before, &x, 0);
	}
	c.total.v[1] = report_sum(after);
	sum_side(l, after, &x, 1);
	diff_value_test(&c, &x);
	/* the shares of all are 1 on both sides: there is nothing to test */
	if (l->of == LIMIT_TOTAL && c.scale.shares)
		x.tested = false;
	l->passed = beyond(l,
	    l->percent      ? growth(&x)
		: l->share  ? share(&c, &x)
		: l->change ? (double)diff_delta(&x)
			    : (double)x.v[1],
	    limit);
	if (l->change)
		l->passed = l->passed && diff_matters(&c, &x);
	tell(l, a, &c, &x, before != NULL, after);
	changes_fini(&c);
	return 0;
}
