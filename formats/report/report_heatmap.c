/*
 * A heat map of when samples were taken: a column is a second (or ten, a minute, an hour, a day), a row a part of it. What
 * repeats shows as stripes, what stops shows as holes.
 */
#include <math.h>

#include "formats/report/report_impl.h"

enum { MAX_COLUMNS = 400, CELL = 9, LEFT = 70, BELOW = 46, SHOWN_WIDTH = 1200, LABELS = 8 };

static const struct scale {
	int64_t column; /* ns */
	unsigned rows;
} scales[] = {
	{ NS_PER_S / 10, 50 },
	{ NS_PER_S, 50 },
	{ 10 * NS_PER_S, 50 },
	{ 60 * NS_PER_S, 60 },
	{ 600 * NS_PER_S, 60 },
	{ 3600 * NS_PER_S, 60 },
	{ 86400 * NS_PER_S, 24 },
	{ 7 * 86400 * NS_PER_S, 28 },
	{ 365 * 86400 * NS_PER_S, 73 },
};

struct heatmap {
	struct report *r;
	const struct picture *o;
	struct buf *out;
	const struct scale *scale;
	int64_t start; /* of the first column */
	size_t columns;
	uint64_t *cells, *counts; /* columns after each other */
	uint64_t most;
};

/* Towards the past, also before 1970. */
static int64_t align(int64_t at, int64_t step)
{
	int64_t rest = at % step;

	return at - (rest < 0 ? rest + step : rest);
}

static bool choose_scale(struct heatmap *m, int64_t from, int64_t to)
{
	uint64_t span = (uint64_t)to - (uint64_t)from;
	size_t i = span < 3 * (uint64_t)NS_PER_S ? 0 : 1;

	while (i + 1 < ARRAY_LEN(scales) && span / (uint64_t)scales[i].column >= MAX_COLUMNS)
		i++;
	m->scale = &scales[i];
	if (from < INT64_MIN + m->scale->column)
		return false;
	m->start = align(from, m->scale->column);
	m->columns = (size_t)(((uint64_t)to - (uint64_t)m->start) / (uint64_t)m->scale->column) + 1;
	return true;
}

static void count(struct heatmap *m)
{
	const struct report *r = m->r;
	uint64_t row = (uint64_t)m->scale->column / m->scale->rows;

	for (uint32_t i = 0; i < r->n_samples; i++) {
		const struct rsample *s = &r->samples[i];
		uint64_t since = (uint64_t)r->p->at[s->number] - (uint64_t)m->start;
		uint64_t column = since / (uint64_t)m->scale->column;
		size_t at = (size_t)(column * m->scale->rows +
		    MIN(since % (uint64_t)m->scale->column / row, (uint64_t)m->scale->rows - 1));

		m->cells[at] += (uint64_t)abs_wrap(report_weight(r, s));
		m->counts[at]++;
		m->most = MAX(m->most, m->cells[at]);
	}
}

/* From pale yellow over red to nearly black. */
static uint32_t heat(double part)
{
	double v = sqrt(part);
	uint32_t red = (uint32_t)lround(v < 0.7 ? 255 : 255 - (v - 0.7) / 0.3 * 155);
	uint32_t green = (uint32_t)lround(v < 0.7 ? 240 - v / 0.7 * 200 : 40 - (v - 0.7) / 0.3 * 30);

	return red << 16 | green << 8 | (uint32_t)lround(v < 0.7 ? 190 - v / 0.7 * 160 : 30);
}

/* "1.5s" after the beginning, without zeros at the end */
static void put_span(struct buf *out, int64_t ns)
{
	unit_label(out, ns, STR("nanoseconds"), STR("auto"));
}

/* The part of a time that changes from column to column: of the day, or the date. */
static void put_moment(const struct heatmap *m, int64_t ns)
{
	bool days = m->scale->column >= 86400 * NS_PER_S;
	struct buf b;

	buf_init(&b, 64);
	report_print_time(m->r, ns, m->scale->column < NS_PER_S, &b);
	buf_add(m->out, days ? str_of(b.p, MIN(b.n, (size_t)10)) : str_skip(buf_str(&b), 11));
	buf_fini(&b);
}

static double width_of(const struct heatmap *m)
{
	return m->o->width > 0 ? m->o->width : SHOWN_WIDTH;
}

static double cell_width(const struct heatmap *m)
{
	return (width_of(m) - LEFT - 12) / (double)MAX(m->columns, (size_t)10);
}

static void put_cells(const struct heatmap *m, unsigned top)
{
	unsigned rows = m->scale->rows;
	double w = cell_width(m);

	buf_printf(m->out, "<g id=\"cells\" fg:start=\"%lld\" fg:column=\"%lld\" fg:rows=\"%u\">\n",
	    (long long)m->start, (long long)m->scale->column, rows);
	for (size_t i = 0; i < m->columns * rows; i++) {
		uint32_t colour = heat(m->most > 0 ? (double)m->cells[i] / (double)m->most : 0);
		size_t column = i / rows, row = i % rows;

		if (m->counts[i] == 0)
			continue;
		buf_printf(m->out,
		    "<rect x=\"%.2f\" y=\"%zu\" width=\"%.2f\" height=\"%d\" fill=\"#%06x\" fg:w=\"%llu\"><title>",
		    LEFT + (double)column * w, top + (rows - 1 - row) * CELL, MAX(w - 0.6, 0.4), CELL - 1, colour,
		    (unsigned long long)m->cells[i]);
		report_print_time(m->r,
		    m->start + (int64_t)column * m->scale->column + (int64_t)row * (m->scale->column / rows), true,
		    m->out);
		buf_printf(m->out, ": ");
		svg_amount(m->o, (int64_t)m->cells[i], m->out);
		if (!str_eq(m->r->unit, STR("count")))
			buf_printf(m->out, ", %llu sample%s", (unsigned long long)m->counts[i],
			    m->counts[i] == 1 ? "" : "s");
		buf_add(m->out, STR("</title></rect>\n"));
	}
	buf_add(m->out, STR("</g>\n"));
}

static void put_axes(const struct heatmap *m, unsigned top)
{
	unsigned rows = m->scale->rows, bottom = top + rows * CELL;
	size_t step = (m->columns + LABELS - 1) / LABELS;

	for (unsigned i = 0; i <= 4; i++) {
		buf_printf(m->out, "<text x=\"%d\" y=\"%u\" text-anchor=\"end\">", LEFT - 6,
		    bottom - rows * CELL * i / 4 + 4);
		put_span(m->out, m->scale->column / 4 * i);
		buf_add(m->out, STR("</text>\n"));
	}
	for (size_t i = 0; i < m->columns; i += MAX(step, (size_t)1)) {
		buf_printf(m->out, "<text x=\"%.1f\" y=\"%u\">", LEFT + (double)i * cell_width(m), bottom + 16);
		put_moment(m, m->start + m->scale->column * (int64_t)i);
		buf_add(m->out, STR("</text>\n"));
	}
	buf_printf(m->out, "<text x=\"%d\" y=\"%u\">from ", LEFT, bottom + 36);
	report_print_time(m->r, m->start, false, m->out);
	buf_add(m->out, STR(", a column is "));
	put_span(m->out, m->scale->column);
	buf_add(m->out, STR("; the darkest cell has "));
	svg_amount(m->o, (int64_t)m->most, m->out);
	buf_add(m->out, STR("</text>\n"));
}

int report_heatmap(struct report *r, const struct picture *o, struct buf *out, struct err *e)
{
	struct heatmap m = { .r = r, .o = o, .out = out };
	int64_t from = INT64_MAX, to = INT64_MIN;
	unsigned top = svg_top(o) + 8;

	if (r->p->at == NULL)
		return err_set(e, ERR_INVALID, "the samples have no times: there is no heat map of such a profile");
	for (uint32_t i = 0; i < r->n_samples; i++) {
		from = MIN(from, r->p->at[r->samples[i].number]);
		to = MAX(to, r->p->at[r->samples[i].number]);
	}
	if (r->n_samples == 0)
		from = to = 0;
	if (!choose_scale(&m, from, to) || (to > from && (uint64_t)to - (uint64_t)from > INT64_MAX))
		return err_set(e, ERR_INVALID, "the times of the samples are more than 292 years apart");
	m.cells = mem_zarray(m.columns * m.scale->rows, sizeof(*m.cells));
	m.counts = mem_zarray(m.columns * m.scale->rows, sizeof(*m.counts));
	count(&m);
	svg_begin(o, top + m.scale->rows * CELL + BELOW, out);
	put_cells(&m, top);
	put_axes(&m, top);
	buf_add(out, STR("</svg>\n"));
	mem_free(m.cells);
	mem_free(m.counts);
	return 0;
}
