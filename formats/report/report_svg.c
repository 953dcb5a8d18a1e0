/*
 * A flame graph as SVG. Places are percentages, so the picture is as wide as
 * it is shown; fg:x and fg:w of a frame are its values, and those of a
 * comparison are also given by side: fg:l and fg:r.
 */
#include <math.h>

#include "formats/report/report_impl.h"

enum { ROW = 16, HEAD = 40, HEAD_SUBTITLE = 58, FOOT = 28, SHOWN_WIDTH = 1200 };

struct bar {
	int64_t x, w;
	int64_t left, right; /* of a comparison */
	struct str name;
	size_t level;
};

struct drawing {
	const struct flamegraph *g;
	const struct picture *o;
	bool diff;
	struct buf *out;
};

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '&' && c != '<' && c != '>' && c != '"';
}

/* The character at the beginning of s; returns how many bytes it has. */
static size_t put_character(struct buf *out, struct str s)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t size = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	size = MIN(size, s.n);
	if (c == '&')
		buf_add(out, STR("&amp;"));
	else if (c == '<')
		buf_add(out, STR("&lt;"));
	else if (c == '>')
		buf_add(out, STR("&gt;"));
	else if (c == '"')
		buf_add(out, STR("&quot;"));
	else if (c == '\t' || c == '\n' || c == '\r')
		buf_byte(out, ' ');
	else if (c >= 0x20 && str_utf8(str_of(s.p, size)) &&
	    !(c == 0xef && size == 3 && (unsigned char)s.p[1] == 0xbf && (unsigned char)s.p[2] >= 0xbe))
		buf_add(out, str_of(s.p, size));
	else {
		buf_add(out, STR("\xef\xbf\xbd"));
		size = 1;
	}
	return size;
}

void svg_text(struct buf *out, struct str s)
{
	while (s.n > 0) {
		size_t n = 0;

		while (n < s.n && is_plain((unsigned char)s.p[n]))
			n++;
		if (n > 0)
			buf_add(out, str_of(s.p, n));
		s = str_skip(s, n);
		if (s.n > 0)
			s = str_skip(s, put_character(out, s));
	}
}

/* Numbers are most of a picture, and printf took most of the time to draw one. */
static void put_u64(struct buf *out, uint64_t v)
{
	char text[20], *p = text + sizeof(text);

	do
		*--p = (char)('0' + v % 10);
	while (v /= 10);
	buf_add(out, str_of(p, (size_t)(text + sizeof(text) - p)));
}

static void put_i64(struct buf *out, int64_t v)
{
	if (v < 0)
		buf_byte(out, '-');
	put_u64(out, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

/* As "%.*f" does it, with 2 or 4 digits. */
static void put_fixed(struct buf *out, double v, unsigned digits)
{
	double scaled = rint(fabs(v) * (digits == 2 ? 100 : 10000));
	uint64_t n, unit = digits == 2 ? 100 : 10000;

	if (!(scaled < 0x1p53)) {
		buf_printf(out, "%.*f", (int)digits, v);
		return;
	}
	if (signbit(v))
		buf_byte(out, '-');
	n = (uint64_t)scaled;
	put_u64(out, n / unit);
	buf_byte(out, '.');
	for (n %= unit; unit > 1; n %= unit) {
		unit /= 10;
		buf_byte(out, (unsigned char)('0' + n / unit));
	}
}

static double share(int64_t v, int64_t total)
{
	return total != 0 ? 100.0 * (double)v / (double)total : 0;
}

void svg_amount(const struct picture *o, int64_t v, struct buf *out)
{
	struct str unit, word = o->count_name;

	unit_scale(v, o->unit, STR("auto"), &unit);
	if (unit.n == 0 && v < 1 << 30 && v > -(1 << 30))
		put_i64(out, v);
	else
		unit_label(out, v, o->unit, STR("auto"));
	if (unit.n > 0)
		return;
	if (word.n == 0)
		word = str_eq(o->unit, STR("objects")) ? STR("objects") : STR("samples");
	buf_byte(out, ' ');
	svg_text(out, word);
}

static void put_title(const struct drawing *d, const struct bar *b)
{
	buf_add(d->out, STR("<title>"));
	svg_text(d->out, b->name);
	buf_add(d->out, STR(" ("));
	if (!d->diff) {
		svg_amount(d->o, b->w, d->out);
		buf_add(d->out, STR(", "));
		put_fixed(d->out, share(b->w, d->g->total), 2);
		buf_add(d->out, STR("%)"));
	} else {
		double before = share(b->left, d->g->left_ticks), after = share(b->right, d->g->right_ticks);

		svg_amount(d->o, b->left, d->out);
		buf_printf(d->out, " %.2f%% before, ", before);
		svg_amount(d->o, b->right, d->out);
		buf_printf(d->out, " %.2f%% after, %+.2f%%)", after, after - before);
	}
	buf_add(d->out, STR("</title>"));
}

static void put_colour(const struct drawing *d, const struct bar *b)
{
	uint32_t c = d->diff
	    ? report_change_colour(share(b->left, d->g->left_ticks), share(b->right, d->g->right_ticks))
	    : report_colour(d->o->colours, b->name);

	buf_add(d->out, STR("rgb("));
	put_u64(d->out, c >> 16);
	buf_byte(d->out, ',');
	put_u64(d->out, c >> 8 & 255);
	buf_byte(d->out, ',');
	put_u64(d->out, c & 255);
	buf_byte(d->out, ')');
}

static void put_label(const struct drawing *d, const struct bar *b, unsigned y)
{
	double width = d->o->width ? d->o->width : SHOWN_WIDTH;
	double room = (share(b->w, d->g->total) / 100 * width - 6) / 7.2;

	buf_add(d->out, STR("<text x=\""));
	put_fixed(d->out, share(b->x, d->g->total), 4);
	buf_add(d->out, STR("%\" dx=\"3\" y=\""));
	put_u64(d->out, y + 12);
	buf_add(d->out, STR("\">"));
	if (room >= 3) {
		struct buf cut;

		buf_init(&cut, SIZE_MAX / 2);
		put_cut(&cut, b->name, (size_t)room);
		svg_text(d->out, buf_str(&cut));
		buf_fini(&cut);
	}
	buf_add(d->out, STR("</text>"));
}

static void put_bar(const struct drawing *d, const struct bar *b)
{
	size_t row = d->o->flame ? d->g->n_levels - 1 - b->level : b->level;
	double width = d->o->width ? d->o->width : SHOWN_WIDTH;
	unsigned y = (unsigned)row * ROW;

	if (b->level > 0 && share(b->w, d->g->total) / 100 * width < d->o->min_width)
		return;
	buf_add(d->out, STR("<g>"));
	put_title(d, b);
	buf_add(d->out, STR("<rect x=\""));
	put_fixed(d->out, share(b->x, d->g->total), 4);
	buf_add(d->out, STR("%\" y=\""));
	put_u64(d->out, y);
	buf_add(d->out, STR("\" width=\""));
	put_fixed(d->out, share(b->w, d->g->total), 4);
	buf_add(d->out, STR("%\" height=\""));
	put_u64(d->out, ROW - 1);
	buf_add(d->out, STR("\" fill=\""));
	put_colour(d, b);
	buf_add(d->out, STR("\" fg:x=\""));
	put_i64(d->out, b->x);
	buf_add(d->out, STR("\" fg:w=\""));
	put_i64(d->out, b->w);
	buf_byte(d->out, '"');
	if (d->diff)
		buf_printf(d->out, " fg:l=\"%lld\" fg:r=\"%lld\"", (long long)b->left, (long long)b->right);
	buf_add(d->out, STR("/>"));
	put_label(d, b, y);
	buf_add(d->out, STR("</g>\n"));
}

static void put_level(const struct drawing *d, size_t level)
{
	const struct flame_level *l = &d->g->levels[level];
	size_t size = d->diff ? 7 : 4;
	int64_t end = 0, end_right = 0;

	for (size_t i = 0; i + size <= l->n; i += size) {
		const int64_t *v = l->values + i;
		struct bar b = { .level = level, .name = STR("all") };

		b.x = sum_wrap(end, v[0]);
		b.w = v[1];
		end = sum_wrap(b.x, b.w);
		if (d->diff) {
			int64_t right = sum_wrap(end_right, v[3]);

			b.left = v[1];
			b.right = v[4];
			b.x = sum_wrap(b.x, right);
			b.w = sum_wrap(v[1], v[4]);
			end_right = sum_wrap(right, v[4]);
		}
		if (level > 0 && (uint64_t)v[size - 1] < d->g->n_names)
			b.name = d->g->names[v[size - 1]];
		put_bar(d, &b);
	}
}

static void put_text(struct buf *out, const char *id, const char *attributes, unsigned y, struct str text)
{
	buf_printf(out, "<text id=\"%s\" y=\"%u\" %s>", id, y, attributes);
	svg_text(out, text);
	buf_add(out, STR("</text>\n"));
}

unsigned svg_top(const struct picture *o)
{
	return o->subtitle.n > 0 ? HEAD_SUBTITLE : HEAD;
}

void svg_begin(const struct picture *o, unsigned height, struct buf *out)
{
	buf_add(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n"));
	buf_add(out, STR("<svg id=\"flame\" version=\"1.1\" "));
	if (o->width > 0)
		buf_printf(out, "width=\"%u\"", o->width);
	else
		buf_add(out, STR("width=\"100%\""));
	buf_printf(out,
	    " height=\"%u\" xmlns=\"http://www.w3.org/2000/svg\" "
	    "xmlns:fg=\"http://github.com/jonhoo/inferno\">\n",
	    height);
	buf_add(out,
	    STR("<style>text{font:12px Menlo,Consolas,monospace;fill:#000;pointer-events:none}"
		"#title{font-size:17px}#subtitle{fill:#666}.button{cursor:pointer;pointer-events:all}"
		"#frames g{cursor:pointer}#frames g:hover rect{stroke:#000;stroke-width:.5}"
		"#back{fill:#fdfdf8}@media(prefers-color-scheme:dark){#back{fill:#1b1d22}"
		"#flame>text{fill:#e8eaef}#flame>#subtitle{fill:#a0a6b2}}</style>\n"));
	buf_add(out, STR("<rect id=\"back\" width=\"100%\" height=\"100%\"/>\n"));
	put_text(out, "title", "x=\"50%\" text-anchor=\"middle\"", 24, o->title.n > 0 ? o->title : STR("Flame Graph"));
	if (o->subtitle.n > 0)
		put_text(out, "subtitle", "x=\"50%\" text-anchor=\"middle\"", 42, o->subtitle);
}

static void put_buttons(const struct drawing *d, unsigned height)
{
	put_text(d->out, "reset", "x=\"8\" class=\"button\" style=\"display:none\"", 24, STR("Reset zoom"));
	put_text(d->out, "search", "x=\"100%\" dx=\"-8\" text-anchor=\"end\" class=\"button\" style=\"display:none\"",
	    24, STR("Search"));
	put_text(d->out, "info", "x=\"8\"", height - 9, STR(""));
	put_text(d->out, "matched", "x=\"100%\" dx=\"-8\" text-anchor=\"end\"", height - 9, STR(""));
}

void report_svg(const struct flamegraph *g, bool diff, const struct picture *o, struct buf *out)
{
	struct drawing d = { .g = g, .o = o, .diff = diff, .out = out };
	unsigned rows = (unsigned)MIN(g->n_levels, (size_t)1 << 24) * ROW;
	unsigned top = svg_top(o);
	bool nothing = g->total == 0;

	svg_begin(o, top + rows + FOOT, out);
	if (nothing)
		put_text(out, "info", "x=\"50%\" text-anchor=\"middle\"", top + 12, STR("no samples"));
	else if (!o->no_script)
		put_buttons(&d, top + rows + FOOT);
	buf_printf(out, "<svg id=\"frames\" x=\"0\" y=\"%u\" width=\"100%%\" height=\"%u\" total_samples=\"%lld\">\n",
	    top, rows, (long long)g->total);
	for (size_t i = 0; i < g->n_levels; i++)
		put_level(&d, i);
	buf_add(out, STR("</svg>\n"));
	if (!o->no_script && !nothing) {
		buf_add(out, STR("<script><![CDATA[\n"));
		buf_add(out, str_cstr(report_svg_script));
		buf_add(out, STR("]]></script>\n"));
	}
	buf_add(out, STR("</svg>\n"));
}
