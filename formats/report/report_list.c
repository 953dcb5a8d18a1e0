/* Annotated source as `go tool pprof -list=RE` prints it. */
#include <stdlib.h>

#include "formats/labels/regex.h"
#include "formats/report/report_impl.h"

enum {
	MARGIN = 5,          /* lines around those with samples */
	MAX_LINE = 64 << 10, /* pprof reads no further than a line of this length */
};

struct lister {
	struct report *r;
	struct graph g;
	const struct report_sources *sources;
	uint32_t *found; /* infos that match, by name, file, line */
	uint32_t n;
	struct buf *out;
};

static int by_place(const void *a, const void *b, void *report)
{
	const struct report *r = report;
	const struct rinfo *x = &r->infos.p[*(const uint32_t *)a], *y = &r->infos.p[*(const uint32_t *)b];
	int c = str_cmp(report_str(r, x->name), report_str(r, y->name));

	if (c == 0)
		c = str_cmp(report_str(r, x->file), report_str(r, y->file));
	if (c == 0)
		c = (x->line > y->line) - (x->line < y->line);
	return c;
}

static void find(struct lister *l, struct regex *which)
{
	struct report *r = l->r;

	l->found = mem_array((size_t)l->g.n + 1, sizeof(*l->found));
	for (uint32_t i = 0; i < l->g.n; i++) {
		const struct rinfo *info = &r->infos.p[l->g.order[i]];

		if (regex_match(which, report_str(r, info->name)))
			l->found[l->n++] = l->g.order[i];
	}
	qsort_r(l->found, l->n, sizeof(*l->found), by_place, r);
}

static void put_value(struct lister *l, int64_t value, bool dot)
{
	struct buf b;

	buf_init(&b, 4096);
	if (dot && value == 0)
		buf_byte(&b, '.');
	else
		report_format(l->r, value, &b);
	put_right(l->out, buf_str(&b), 10);
	buf_fini(&b);
	buf_byte(l->out, ' ');
}

static void sum_of(const struct lister *l, const uint32_t *first, const uint32_t *end, int64_t *flat, int64_t *cum)
{
	*flat = *cum = 0;
	for (; first < end; first++) {
		*flat = sum_wrap(*flat, l->g.nodes[*first].flat);
		*cum = sum_wrap(*cum, l->g.nodes[*first].cum);
	}
}

/* From which line to which: from the beginning of the function where that is known. */
static void range(const struct report *r, const uint32_t *first, const uint32_t *end, int64_t *from, int64_t *to)
{
	*from = INT64_MAX;
	*to = INT64_MIN;
	for (; first < end; first++) {
		const struct rinfo *i = &r->infos.p[*first];
		int64_t line = MIN(MAX(i->line, INT64_MIN / 2), INT64_MAX / 2);

		*from = MIN(*from, i->start_line != 0 ? i->start_line : line - MARGIN);
		*to = MAX(*to, line + MARGIN);
	}
	*from = MAX(*from, 1);
}

/* The next line of a text as pprof reads it; false at the end. */
static bool next_line(struct str *rest, struct str *line)
{
	if (rest->n == 0)
		return false;
	*line = str_cut(rest, '\n');
	if (line->n >= MAX_LINE)
		return false;
	if (line->n && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

static void put_lines(struct lister *l, const uint32_t *first, const uint32_t *end, struct str text)
{
	int64_t from, to, number = 0, flat, cum;
	struct str line;

	range(l->r, first, end, &from, &to);
	while (number < to && next_line(&text, &line)) {
		const uint32_t *last;

		if (++number < from)
			continue;
		while (first < end && l->r->infos.p[*first].line < number)
			first++;
		last = first;
		while (last < end && l->r->infos.p[*last].line == number)
			last++;
		sum_of(l, first, last, &flat, &cum);
		put_value(l, flat, true);
		put_value(l, cum, true);
		buf_printf(l->out, "%6lld:", (long long)number);
		buf_add(l->out, line);
		buf_byte(l->out, '\n');
	}
}

static int open_source(struct lister *l, struct str file, struct str *text, struct err *e)
{
	struct str path = path_trim(file, l->r->o.trim_path, l->sources->search);

	return l->sources->open(l->sources->ctx, path, l->sources->search, text, e);
}

/* One function in one file. */
static void put_routine(struct lister *l, const uint32_t *first, const uint32_t *end)
{
	struct report *r = l->r;
	const struct rinfo *info = &r->infos.p[*first];
	struct str file = report_str(r, info->file), text;
	int64_t flat, cum;
	struct err e;

	sum_of(l, first, end, &flat, &cum);
	buf_add(l->out, STR("ROUTINE ======================== "));
	buf_add(l->out, report_str(r, info->name));
	buf_add(l->out, STR(" in "));
	buf_add(l->out, file);
	buf_byte(l->out, '\n');
	put_value(l, flat, false);
	put_value(l, cum, false);
	buf_add(l->out, STR("(flat, cum) "));
	unit_percent(l->out, cum, r->total);
	buf_add(l->out, STR(" of Total\n"));
	if (open_source(l, file, &text, &e) < 0)
		buf_printf(l->out, " Error: %s\n", e.msg);
	else
		put_lines(l, first, end, text);
}

/* All files of one function. */
static void put_function(struct lister *l, const uint32_t *first, const uint32_t *end)
{
	struct report *r = l->r;
	uint32_t name = r->infos.p[*first].name;

	while (first < end && r->infos.p[*first].file == 0)
		first++;
	if (first == end) {
		buf_add(l->out, STR("No source information for "));
		buf_add(l->out, report_str(r, name));
		buf_byte(l->out, '\n');
	}
	while (first < end) {
		const uint32_t *next = first;

		while (next < end && r->infos.p[*next].file == r->infos.p[*first].file)
			next++;
		put_routine(l, first, next);
		first = next;
	}
}

int report_list(struct report *r, struct regex *which, const struct report_sources *sources, struct buf *out,
    struct err *e)
{
	struct lister l = { .r = r, .g = { .r = r }, .sources = sources, .out = out };

	if (r->o.granularity != REPORT_LINES) {
		r->o.granularity = REPORT_LINES;
		r->nodes = NULL;
	}
	report_nodes(r, NAMES_OF_OBJECTS);
	r->out_unit = r->o.unit;
	l.g.nodes = mem_zarray(r->infos.n + 1, sizeof(*l.g.nodes));
	l.g.order = mem_array(r->infos.n + 1, sizeof(*l.g.order));
	graph_values(&l.g);
	find(&l, which);
	if (l.n > 0) {
		buf_add(out, STR("Total: "));
		report_format(r, r->total, out);
		buf_byte(out, '\n');
	}
	for (uint32_t i = 0, next; i < l.n; i = next) {
		for (next = i + 1; next < l.n && r->infos.p[l.found[next]].name == r->infos.p[l.found[i]].name;)
			next++;
		put_function(&l, l.found + i, l.found + next);
	}
	mem_free(l.found);
	mem_free(l.g.nodes);
	mem_free(l.g.order);
	return l.n > 0 ? 0 : err_set(e, ERR_NOTFOUND, "no function matches the expression");
}
