/* Texts as `go tool pprof` prints them: -top, -tree, -peek, -traces, -comments. */
#include "formats/labels/regex.h"
#include "formats/report/report_impl.h"

/* Bytes of the character at p; a byte that starts none counts for itself. */
static size_t char_size(const char *p, size_t n)
{
	unsigned char c = (unsigned char)p[0];
	size_t size = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;

	return size > 1 && size <= n && str_utf8(str_of(p, size)) ? size : 1;
}

size_t text_width(struct str s)
{
	size_t width = 0;

	for (size_t i = 0; i < s.n; width++)
		i += char_size(s.p + i, s.n - i);
	return width;
}

void put_right(struct buf *b, struct str s, size_t width)
{
	size_t have = text_width(s);

	if (have < width)
		buf_fill(b, ' ', width - have);
	buf_add(b, s);
}

/* Chinese, Japanese, Korean and pictures take two places of a font in which all others take one. */
static size_t char_columns(const char *p, size_t size)
{
	static const uint32_t wide[][2] = { { 0x1100, 0x115f }, { 0x2e80, 0xa4cf }, { 0xac00, 0xd7a3 },
		{ 0xf900, 0xfaff }, { 0xfe30, 0xfe6f }, { 0xff01, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1faff },
		{ 0x20000, 0x3fffd } };
	uint32_t c;

	if (size < 3)
		return 1;
	c = (unsigned char)p[0] & (size == 3 ? 0x0f : 0x07);
	for (size_t i = 1; i < size; i++)
		c = c << 6 | ((unsigned char)p[i] & 0x3f);
	for (size_t i = 0; i < ARRAY_LEN(wide); i++)
		if (c >= wide[i][0] && c <= wide[i][1])
			return 2;
	return 1;
}

void put_cut(struct buf *b, struct str s, size_t width)
{
	size_t i = 0, columns = 0, fits = 0; /* fits: bytes in front of which there is room for the dots, too */

	while (i < s.n && columns <= width) {
		size_t size = char_size(s.p + i, s.n - i);

		if (columns + 1 <= width)
			fits = i;
		columns += char_columns(s.p + i, size);
		i += size;
	}
	if (columns <= width) {
		buf_add(b, s);
		return;
	}
	buf_add(b, str_of(s.p, fits));
	if (width > 0)
		buf_add(b, STR("…"));
}

void put_tail(struct buf *b, struct str s, size_t width)
{
	size_t have = text_width(s), i = 0;

	if (have > width && width > 0) {
		buf_add(b, STR("…"));
		for (; have >= width; have--)
			i += char_size(s.p + i, s.n - i);
	}
	if (width > 0)
		buf_add(b, str_skip(s, i));
}

int64_t report_divided(const struct report *r, int64_t v)
{
	double by = 1 / r->o.divide_by, quotient = (double)v * by;

	if (!(by > 0) || by == 1)
		return v;
	return quotient > -9.2e18 && quotient < 9.2e18 ? (int64_t)quotient : INT64_MIN;
}

void report_format(struct report *r, int64_t value, struct buf *b)
{
	unit_label(b, report_divided(r, value), r->unit, r->out_unit);
}

struct str report_value(struct report *r, struct arena *a, int64_t v)
{
	struct buf b;
	struct str s;

	buf_init(&b, 4096);
	report_format(r, v, &b);
	s = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return s;
}

static void put_value(struct report *r, int64_t value, size_t width, struct buf *out)
{
	struct buf b;

	buf_init(&b, 4096);
	report_format(r, value, &b);
	put_right(out, buf_str(&b), width);
	buf_fini(&b);
}

static void put_name(struct report *r, struct str name, size_t used, struct buf *out)
{
	if (r->o.width == 0)
		buf_add(out, name);
	else
		put_tail(out, name, r->o.width > used + 8 ? r->o.width - used : 8);
}

static const char *inline_mark(const struct graph *g, uint32_t node)
{
	uint32_t calls = g->in_at[node + 1] - g->in_at[node], inlined = 0;

	for (uint32_t k = 0; k < calls; k++)
		inlined += g->edges.p[g->in[g->in_at[node] + k]].inlined;
	return inlined == 0 ? "" : inlined == calls ? " (inline)" : " (partial-inline)";
}

/* flat flat% sum% cum cum%: the five columns that -top and -tree begin with. */
static void put_columns(struct graph *g, uint32_t node, int64_t *sum, struct buf *out)
{
	struct report *r = g->r;
	int64_t flat = graph_flat(g, node), cum = graph_cum(g, node);

	*sum = sum_wrap(*sum, flat);
	put_value(r, flat, 10, out);
	buf_byte(out, ' ');
	unit_percent(out, flat, r->total);
	buf_byte(out, ' ');
	unit_percent(out, *sum, r->total);
	buf_byte(out, ' ');
	put_value(r, cum, 10, out);
	buf_byte(out, ' ');
	unit_percent(out, cum, r->total);
}

void report_top(struct report *r, struct buf *out)
{
	struct graph *g = graph_new(r, FORM_TOP, true);
	int64_t sum = 0;

	report_header(r, g, false, out);
	buf_add(out, STR("      flat  flat%   sum%        cum   cum%\n"));
	for (uint32_t i = 0; i < g->n; i++) {
		const char *mark = inline_mark(g, g->order[i]);

		put_columns(g, g->order[i], &sum, out);
		buf_add(out, STR("  "));
		put_name(r, report_printed(r, g->order[i]), 45 + strlen(mark), out);
		buf_add(out, str_cstr(mark));
		buf_byte(out, '\n');
	}
	graph_free(g);
}

#define TREE_LINE "----------------------------------------------------------+-------------\n"

static void put_edges(struct graph *g, uint32_t node, bool in, struct buf *out)
{
	const uint32_t *at = in ? g->in_at : g->out_at, *list = in ? g->in : g->out;
	struct report *r = g->r;

	for (uint32_t k = at[node]; k < at[node + 1]; k++) {
		const struct gedge *e = &g->edges.p[list[k]];

		put_value(r, e->weight, 50, out);
		buf_byte(out, ' ');
		unit_percent(out, e->weight, graph_cum(g, node));
		buf_add(out, STR(" |   "));
		put_name(r, report_printed(r, in ? e->src : e->dest), 62 + (e->inlined ? 9 : 0), out);
		buf_add(out, e->inlined ? STR(" (inline)\n") : STR("\n"));
	}
}

static uint32_t put_tree(struct graph *g, struct regex *which, struct buf *out)
{
	struct report *r = g->r;
	int64_t sum = 0;
	uint32_t matched = 0;

	report_header(r, g, false, out);
	buf_add(out, STR(TREE_LINE));
	buf_add(out, STR("      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t \n"));
	for (uint32_t i = 0; i < g->n; i++) {
		uint32_t node = g->order[i];

		if (which != NULL && !regex_match(which, report_printed(r, node)))
			continue;
		matched++;
		buf_add(out, STR(TREE_LINE));
		put_edges(g, node, true, out);
		put_columns(g, node, &sum, out);
		buf_add(out, STR("                | "));
		put_name(r, report_printed(r, node), 61, out);
		buf_byte(out, '\n');
		put_edges(g, node, false, out);
	}
	if (g->n > 0)
		buf_add(out, STR(TREE_LINE));
	return matched;
}

void report_tree(struct report *r, struct buf *out)
{
	struct graph *g = graph_new(r, FORM_TREE, true);

	put_tree(g, NULL, out);
	graph_free(g);
}

int report_peek(struct report *r, struct regex *which, struct buf *out, struct err *e)
{
	struct graph *g = graph_new(r, FORM_TREE, false);
	size_t before = out->n;
	uint32_t matched = put_tree(g, which, out);

	graph_free(g);
	if (matched > 0)
		return 0;
	out->n = before;
	return err_set(e, ERR_NOTFOUND, "no function matches the expression");
}

static void print_tags(struct report *r, const struct tag *t, uint32_t n, struct buf *b)
{
	put_right(b, report_str(r, report_key(r, t)), 10);
	buf_add(b, STR(": "));
	for (uint32_t i = 0; i < n; i++) {
		buf_byte(b, ' ');
		if (t[i].str != 0)
			buf_add(b, profile_str(r->p, t[i].str));
		else
			unit_label(b, t[i].num, report_tag_unit(r, report_key(r, t)), STR("auto"));
	}
	buf_byte(b, '\n');
}

static void put_tags(struct report *r, uint32_t sample, struct buf *out)
{
	struct arena *a = r->p->tag_at ? arena_new() : NULL;

	for (int numbers = 0; numbers < 2 && a != NULL; numbers++) {
		struct str *groups;
		uint32_t n = report_tag_groups(r, a, sample, numbers, print_tags, &groups);

		for (uint32_t i = 0; i < n; i++)
			buf_add(out, groups[i]);
	}
	arena_free(a);
}

static void put_stack(struct report *r, const struct rsample *s, struct buf *out)
{
	int64_t v = report_weight(r, s), d = report_divisor(r, s);
	bool first = true;

	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t location = r->stack[s->at + i];

		if (location >= r->n_locations)
			continue;
		for (uint32_t k = r->node_at[location]; k < r->node_at[location + 1]; k++) {
			if (first)
				put_value(r, d != 0 ? div_wrap(v, d) : v, 10, out);
			else
				buf_fill(out, ' ', 10);
			first = false;
			buf_add(out, STR("   "));
			buf_add(out, report_printed(r, r->nodes[k]));
			buf_add(out, k + 1 < r->node_at[location + 1] ? STR(" (inline)\n") : STR("\n"));
		}
	}
}

#define TRACE_LINE "-----------+-------------------------------------------------------\n"

void report_traces(struct report *r, struct buf *out)
{
	size_t before = out->n;

	report_nodes(r, NAMES_WHOLE_PATHS);
	r->out_unit = r->o.unit;
	report_profile_lines(r, out);
	if (out->n == before)
		buf_byte(out, '\n');
	for (uint32_t i = 0; i < r->n_samples; i++) {
		const struct rsample *s = &r->samples[i];

		if (s->n == 0)
			continue;
		buf_add(out, STR(TRACE_LINE));
		put_tags(r, s->number, out);
		put_stack(r, s, out);
	}
	buf_add(out, STR(TRACE_LINE));
}

void report_comments(struct report *r, struct buf *out)
{
	for (uint32_t i = 0; i < r->p->n_comments; i++) {
		buf_add(out, profile_str(r->p, r->p->comments[i]));
		buf_byte(out, '\n');
	}
}
