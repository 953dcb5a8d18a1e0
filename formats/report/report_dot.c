/* The call graph for Graphviz, as `go tool pprof -dot` writes it. */
#include <math.h>
#include <stdlib.h>

#include "formats/report/report_impl.h"

static void put_escaped(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n') {
			buf_add(out, STR("\\l"));
			continue;
		}
		if (s.p[i] == '\\' || s.p[i] == '"')
			buf_byte(out, '\\');
		buf_byte(out, (unsigned char)s.p[i]);
	}
}

static void put_value(struct report *r, int64_t v, struct buf *out)
{
	report_format(r, v, out);
}

/* Lines and letters are dark and strong, the ground of a node is light and faint. */
static const struct paint {
	double bright, strong;
} ink = { 0.7, 1.0 }, ground = { 0.93, 0.1 };

/*
 * Of a share of the total: grey at zero, red towards 1, green towards -1. The other of the two colours and blue are
 * what is taken out of a bright grey: blue soon, the other one slowly.
 */
static void put_color(struct buf *out, double share, const struct paint *p)
{
	double amount = isnan(share) ? 0 : fmin(fabs(share), 1), strong = p->strong * fmin(amount / 0.2, 1);
	unsigned full = (unsigned)(p->bright * 255),
		 other = (unsigned)(p->bright * (1 - strong * pow(amount, 0.3)) * 255);
	unsigned blue = (unsigned)(p->bright * (1 - strong) * 255);
	bool green = share < 0;

	buf_printf(out, "#%02x%02x%02x", green ? other : full, green ? full : other, blue);
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Words of Go's or C++'s identifiers from i on; extra: one more character that counts. */
static size_t word_end(struct str s, size_t i, char extra)
{
	while (i < s.n && (is_word(s.p[i]) || (extra && s.p[i] == extra)))
		i++;
	return i;
}

/* path/v2.name and path/v2/name without the version. */
static struct str drop_version(struct arena *a, struct str s)
{
	for (size_t i = 0; i + 3 < s.n && memchr(s.p, '\n', s.n) == NULL; i++) {
		size_t end = i + 2;
		char *copy;

		if (s.p[i] != '/' || s.p[i + 1] != 'v' || s.p[end] < '1' || s.p[end] > '9')
			continue;
		while (end < s.n && s.p[end] >= '0' && s.p[end] <= '9')
			end++;
		if (end == s.n || (s.p[end] != '.' && s.p[end] != '/') || (end == i + 3 && s.p[i + 2] == '1'))
			continue;
		copy = arena_alloc(a, s.n);
		memcpy(copy, s.p, i);
		memcpy(copy + i, s.p + end, s.n - end);
		return str_of(copy, s.n - (end - i));
	}
	return s;
}

static size_t line_end(struct str s, size_t i)
{
	const char *lf = i < s.n ? memchr(s.p + i, '\n', s.n - i) : NULL;

	return lf ? (size_t)(lf - s.p) : s.n;
}

/* github.com/user/pkg.Func: what follows the last directory that leaves package and function. */
static bool shorten_go(struct str s, struct str *out)
{
	size_t last = 0, start = 0;

	for (size_t i = 0; i < s.n; i++) {
		bool plain = is_word(s.p[i]) || s.p[i] == '-' || s.p[i] == '.';

		if (s.p[i] == '/' && i > start) {
			size_t dot = i + 1 + str_find(str_skip(s, i + 1), '.');

			if (dot > i + 1 && dot + 1 < s.n && s.p[dot + 1] != '\n')
				last = i + 1;
			start = i + 1;
		} else if (!plain) {
			break;
		}
	}
	*out = str_of(s.p + last, line_end(s, last + str_find(str_skip(s, last), '.')) - last);
	return last > 0;
}

/* package.Class.method( */
static bool shorten_java(struct str s, struct str *out)
{
	size_t i = 0, start, end;

	while (i < s.n && is_lower(s.p[i])) {
		size_t dot = word_end(s, i, 0);

		if (dot == s.n || s.p[dot] != '.')
			return false;
		i = dot + 1;
	}
	start = i;
	if (i == s.n || !is_upper(s.p[i]))
		return false;
	end = word_end(s, i, '$');
	if (end + 1 >= s.n || s.p[end] != '.')
		return false;
	i = end + 1;
	if (str_prefix(str_skip(s, i), STR("<init>")))
		end = i + 6;
	else if (is_lower(s.p[i]))
		end = word_end(s, i, '$');
	else
		return false;
	*out = str_of(s.p + start, end - start);
	return end == s.n || s.p[end] == '(';
}

/* Class::~method<...> at i; 0 when there is none. */
static size_t cpp_method(struct str s, size_t i)
{
	size_t first = i, end, close;

	while (first < s.n && s.p[first] == '_')
		first++;
	end = word_end(s, i, 0);
	if (first == s.n || !is_upper(s.p[first]) || !str_prefix(str_skip(s, end), STR("::")))
		return 0;
	i = end + 2;
	if (i < s.n && s.p[i] == '~')
		i++;
	if (i == s.n || !is_word(s.p[i]) || (s.p[i] >= '0' && s.p[i] <= '9'))
		return 0;
	end = word_end(s, i, 0);
	if (end == s.n || s.p[end] != '<')
		return end;
	close = end + str_rfind(str_of(s.p + end, line_end(s, end) - end), '>');
	return close < line_end(s, end) ? close + 1 : end;
}

/* space::space::Class::method */
static bool shorten_cpp(struct str s, struct str *out)
{
	bool found = false;

	for (size_t i = 0;;) {
		size_t end = word_end(s, i, 0), method;

		if (end == i || (s.p[i] >= '0' && s.p[i] <= '9') || !str_prefix(str_skip(s, end), STR("::")))
			return found;
		i = end + 2;
		method = cpp_method(s, i);
		if (method > 0) {
			*out = str_of(s.p + i, method - i);
			found = true;
		}
	}
}

struct str report_short_name(struct arena *a, struct str s)
{
	struct str out;

	if (str_prefix(s, STR("(anonymous namespace)::")))
		s = str_skip(s, 23);
	s = drop_version(a, s);
	return shorten_go(s, &out) || shorten_java(s, &out) || shorten_cpp(s, &out) ? out : s;
}

/* A short name in several lines: at "::" and at dots. */
static struct str split_name(struct arena *a, struct str name)
{
	struct buf escaped, b;
	struct str s;

	buf_init(&escaped, SIZE_MAX / 2);
	buf_init(&b, SIZE_MAX / 2);
	put_escaped(&escaped, report_short_name(a, name));
	for (struct str rest = buf_str(&escaped); rest.n > 0;) {
		size_t skip = 1;

		if (str_prefix(rest, STR("::"))) {
			buf_add(&b, STR("\\n"));
			skip = 2;
		} else if (str_prefix(rest, STR("[...]"))) {
			buf_add(&b, STR("[…]"));
			skip = 5;
		} else if (rest.p[0] == '.') {
			buf_add(&b, STR("\\n"));
		} else {
			buf_byte(&b, (unsigned char)rest.p[0]);
		}
		rest = str_skip(rest, skip);
	}
	s = arena_str(a, buf_str(&b));
	buf_fini(&escaped);
	buf_fini(&b);
	return s;
}

static void put_title(struct report *r, uint32_t node, struct buf *out)
{
	struct rinfo info = r->infos.p[node];

	info.name = report_intern(r, split_name(r->mem, report_str(r, info.name)));
	if (info.file != 0)
		info.file = report_intern(r, path_base(report_str(r, info.file)));
	report_print_name(r, &info, "\\n", out);
	buf_add(out, STR("\\n"));
}

static void put_share(struct report *r, int64_t v, struct buf *out)
{
	put_value(r, v, out);
	buf_add(out, STR(" ("));
	unit_percent_trimmed(out, v, r->total);
	buf_byte(out, ')');
}

static void put_node(struct graph *g, uint32_t node, uint32_t id, double max_flat, struct buf *out)
{
	struct report *r = g->r;
	int64_t flat = graph_flat(g, node), cum = graph_cum(g, node);
	double size = fabs((double)flat), share = (double)cum / fabs((double)r->total);
	int font = 8;

	buf_printf(out, "N%u [label=\"", id);
	put_title(r, node, out);
	if (flat != 0)
		put_share(r, flat, out);
	else
		buf_byte(out, '0');
	if (cum != flat) {
		buf_add(out, flat != 0 ? STR("\\nof ") : STR(" of "));
		put_share(r, cum, out);
	}
	if (max_flat != 0 && flat != 0 && size <= max_flat)
		font += (int)ceil(16.0 * sqrt(size / max_flat));
	buf_printf(out, "\" id=\"node%u\" fontsize=%d shape=box tooltip=\"", id, font);
	put_escaped(out, report_printed(r, node));
	buf_add(out, STR(" ("));
	put_value(r, cum, out);
	buf_add(out, STR(")\" color=\""));
	put_color(out, share, &ink);
	buf_add(out, STR("\" fillcolor=\""));
	put_color(out, share, &ground);
	buf_add(out, STR("\"]\n"));
}

static void put_tooltip(struct graph *g, const struct gedge *e, int64_t w, struct buf *out)
{
	buf_byte(out, '"');
	put_escaped(out, report_printed(g->r, e->src));
	buf_add(out, e->indirect ? STR(" ... ") : STR(" -> "));
	put_escaped(out, report_printed(g->r, e->dest));
	buf_add(out, STR(" ("));
	put_value(g->r, w, out);
	buf_add(out, STR(")\""));
}

static int64_t share_of(int64_t w, int64_t parts, int64_t total)
{
	return 1 + MIN(abs_wrap(div_wrap((int64_t)((uint64_t)w * (uint64_t)parts), total)), parts);
}

static void put_edge(struct graph *g, const struct gedge *e, const uint32_t *id, bool boxes, struct buf *out)
{
	struct report *r = g->r;
	int64_t w = e->weight_div ? div_wrap(e->weight, e->weight_div) : e->weight;

	buf_printf(out, "N%u -> N%u [label=\" ", id[e->src], id[e->dest]);
	put_value(r, w, out);
	buf_add(out, e->inlined ? STR("\\n (inline)\"") : STR("\""));
	if (r->total != 0) {
		int64_t weight = share_of(w, 100, r->total), width = share_of(w, 5, r->total);

		if (weight > 1)
			buf_printf(out, " weight=%lld", (long long)weight);
		if (width > 1)
			buf_printf(out, " penwidth=%lld", (long long)width);
		buf_add(out, STR(" color=\""));
		put_color(out, (double)w / fabs((double)r->total), &ink);
		buf_byte(out, '"');
	}
	buf_add(out, STR(" tooltip="));
	put_tooltip(g, e, w, out);
	buf_add(out, STR(" labeltooltip="));
	put_tooltip(g, e, w, out);
	buf_add(out, e->indirect ? STR(" style=\"dotted\"") : STR(""));
	buf_add(out, boxes ? STR(" minlen=2]\n") : STR("]\n"));
}

static void put_edges(struct graph *g, const uint32_t *id, const bool *boxes, struct buf *out)
{
	uint32_t *list = mem_array(g->edges.n + 1, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < g->edges.n; i++)
		if (!g->edges.p[i].gone && id[g->edges.p[i].src] != 0)
			list[n++] = (uint32_t)i;
	qsort_r(list, n, sizeof(*list), graph_by_weight, g);
	for (size_t i = 0; i < n; i++)
		put_edge(g, &g->edges.p[list[i]], id, boxes[g->edges.p[list[i]].src], out);
	mem_free(list);
}

static void put_graph(struct graph *g, struct buf *out)
{
	size_t n = g->r->infos.n + 1;
	uint32_t *id = mem_zarray(n, sizeof(*id));
	bool *boxes = mem_zarray(n, sizeof(*boxes));
	double max_flat = 0;

	for (uint32_t i = 0; i < g->n; i++) {
		id[g->order[i]] = i + 1;
		max_flat = fmax(max_flat, fabs((double)graph_flat(g, g->order[i])));
	}
	for (uint32_t i = 0; i < g->n; i++) {
		put_node(g, g->order[i], i + 1, max_flat, out);
		boxes[g->order[i]] = graph_tags_print(g, g->order[i], i + 1, out);
	}
	put_edges(g, id, boxes, out);
	mem_free(id);
	mem_free(boxes);
}

static void put_legend(struct graph *g, struct str title, struct buf *out)
{
	struct buf lines;
	struct str rest, first;

	buf_init(&lines, SIZE_MAX / 2);
	report_header(g->r, g, true, &lines);
	rest = buf_str(&lines);
	first = str_cut(&rest, '\n');
	buf_add(out, STR("subgraph cluster_L { \""));
	put_escaped(out, first);
	buf_add(out, STR("\" [shape=box fontsize=16 label=\""));
	put_escaped(out, buf_str(&lines));
	buf_add(out, STR("\\lSee https://git.io/JfYMW for how to read the graph\\l\""));
	if (title.n > 0) {
		buf_add(out, STR(" tooltip=\""));
		buf_add(out, title);
		buf_byte(out, '"');
	}
	buf_add(out, STR("] }\n"));
	buf_fini(&lines);
}

void report_dot(struct report *r, struct buf *out)
{
	struct graph *g = graph_new(r, FORM_DOT, true);
	struct str title = STR("");

	if (r->p->n_mappings > 0 && r->object[0] != 0)
		title = path_base(report_str(r, r->object[0]));
	buf_add(out, STR("digraph \""));
	buf_add(out, title.n > 0 ? title : STR("unnamed"));
	buf_add(out, STR("\" {\nnode [style=filled fillcolor=\"#f8f8f8\"]\n"));
	put_legend(g, title, out);
	if (g->n > 0)
		put_graph(g, out);
	buf_add(out, STR("}\n"));
	graph_free(g);
}
