/* flame_text.c - see flame_text.h */
#include "formats/report/flame_text.h"

#include <math.h>

#include "formats/report/report_impl.h"

enum { USUAL_COLUMNS = 100 };

/* ---- cells ---- */

/* The code point at p, and its bytes; -1: none. */
static int32_t code_point(const char *p, size_t n, size_t *size)
{
	unsigned char c = (unsigned char)p[0];
	int32_t v;

	*size = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (*size > n || !str_utf8(str_of(p, *size))) {
		*size = 1;
		return -1;
	}
	if (*size == 1)
		return c;
	v = c & (0x7f >> *size);
	for (size_t i = 1; i < *size; i++)
		v = v << 6 | (p[i] & 0x3f);
	return v;
}

/* Cells that a terminal gives it. */
static unsigned cells_of(int32_t c)
{
	static const struct {
		int32_t from, to;
		unsigned cells;
	} ranges[] = { { 0x300, 0x36f, 0 }, { 0x200b, 0x200f, 0 }, { 0x202a, 0x202e, 0 }, { 0x2066, 0x2069, 0 },
		{ 0xfe00, 0xfe0f, 0 }, { 0xfeff, 0xfeff, 0 }, { 0x1100, 0x115f, 2 }, { 0x2e80, 0xa4cf, 2 },
		{ 0xac00, 0xd7a3, 2 }, { 0xf900, 0xfaff, 2 }, { 0xfe30, 0xfe6f, 2 }, { 0xff00, 0xff60, 2 },
		{ 0xffe0, 0xffe6, 2 }, { 0x1f300, 0x1faff, 2 }, { 0x20000, 0x3fffd, 2 } };

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		if (c >= ranges[i].from && c <= ranges[i].to)
			return ranges[i].cells;
	return 1;
}

static bool is_visible(int32_t c)
{
	return c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0) && cells_of(c) > 0;
}

static size_t cells_in(struct str s)
{
	size_t cells = 0, size;

	for (size_t i = 0; i < s.n; i += size) {
		int32_t c = code_point(s.p + i, s.n - i, &size);

		cells += is_visible(c) ? cells_of(c) : 1;
	}
	return cells;
}

void flame_text_name(struct str name, size_t width, const char *fill, struct buf *out)
{
	bool cut = cells_in(name) > width;
	size_t room = cut && width > 0 ? width - 1 : width, used = 0, size;

	for (size_t i = 0; i < name.n; i += size) {
		int32_t c = code_point(name.p + i, name.n - i, &size);
		unsigned cells = is_visible(c) ? cells_of(c) : 1;

		if (used + cells > room)
			break;
		buf_add(out, is_visible(c) ? str_of(name.p + i, size) : STR("?"));
		used += cells;
	}
	if (cut && width > 0) {
		buf_add(out, STR("…"));
		used++;
	}
	for (; fill[0] != '\0' && used < width; used++)
		buf_add(out, str_cstr(fill));
}

void flame_text_function(struct str name, size_t width, const char *fill, struct buf *out)
{
	size_t from = name.n > 0 ? name.n - 1 : 0;

	if (cells_in(name) > width) {
		while (from > 0 && name.p[from - 1] != '/')
			from--;
		name = str_skip(name, from);
	}
	flame_text_name(name, width, fill, out);
}

void flame_text_amount(const struct picture *o, int64_t v, struct buf *out)
{
	struct str unit;

	unit_scale(v, o->unit, STR("auto"), &unit);
	unit_label(out, v, o->unit, STR("auto"));
	if (unit.n == 0)
		buf_printf(out, " " STR_FMT, STR_ARG(o->count_name.n > 0 ? o->count_name : STR("samples")));
}

/* ---- laying out ---- */

static struct flame_bar bar_of(const int64_t *v, bool diff, int64_t *end, int64_t *end_right)
{
	struct flame_bar b = { .x = sum_wrap(*end, v[0]), .w = v[1], .self = v[2], .left = v[1] };

	*end = sum_wrap(b.x, b.w);
	if (diff) {
		int64_t right = sum_wrap(*end_right, v[3]);

		b.right = v[4];
		b.x = sum_wrap(b.x, right);
		b.w = sum_wrap(v[1], v[4]);
		b.self = sum_wrap(v[2], v[5]);
		*end_right = sum_wrap(right, v[4]);
	}
	b.name = (uint32_t)v[diff ? 6 : 3];
	return b;
}

struct flame_layout flame_layout(struct arena *a, const struct flamegraph *g, bool diff)
{
	struct flame_layout l = { .g = g, .diff = diff, .n = g->n_levels };
	size_t size = diff ? 7 : 4;

	l.rows = arena_array(a, l.n + 1, sizeof(*l.rows));
	for (size_t i = 0; i < l.n; i++) {
		const struct flame_row *above = i > 0 ? &l.rows[i - 1] : NULL;
		struct flame_row *row = &l.rows[i];
		int64_t end = 0, end_right = 0;
		uint32_t up = 0;

		row->n = (uint32_t)(g->levels[i].n / size);
		row->p = arena_array(a, row->n + 1, sizeof(*row->p));
		for (uint32_t k = 0; k < row->n; k++) {
			struct flame_bar *b = &row->p[k];

			*b = bar_of(g->levels[i].values + k * size, diff, &end, &end_right);
			while (above != NULL && up + 1 < above->n && sum_wrap(above->p[up].x, above->p[up].w) <= b->x)
				up++;
			b->up = up;
			if (b->name >= g->n_names)
				b->name = 0;
		}
	}
	return l;
}

/* ---- drawing ---- */

static double share(int64_t v, int64_t total)
{
	return total != 0 ? 100.0 * (double)v / (double)total : 0;
}

static unsigned column_of(const struct flame_window *w, int64_t x)
{
	double at = w->w != 0 ? ((double)x - (double)w->x) / (double)w->w * w->columns : 0;

	return (unsigned)lround(fmin(fmax(at, 0), w->columns));
}

static uint32_t colour_of(const struct flame_layout *l, const struct flame_bar *b, const struct flame_window *w,
    size_t level, struct str name)
{
	if (w->hits != NULL && level > 0)
		return w->hits[b->name] ? 0xe600e6 : 0x9a9a9a;
	if (l->diff)
		return report_change_colour(share(b->left, l->g->left_ticks), share(b->right, l->g->right_ticks));
	return level == 0 ? 0xb8bcc6 : report_colour(w->palette, name);
}

static void put_bar(const struct flame_layout *l, const struct flame_bar *b, const struct flame_window *w, size_t level,
    unsigned width, struct buf *out)
{
	struct str name = level == 0 ? STR("all") : l->g->names[b->name];
	bool chosen = b == w->chosen;

	if (!w->colours) {
		buf_add(out, chosen ? STR("▶") : w->hits && level > 0 && w->hits[b->name] ? STR("*") : STR("│"));
		flame_text_function(name, width - 1, "─", out);
		return;
	}
	if (chosen) {
		buf_add(out, STR("\033[1;7m"));
	} else {
		uint32_t c = colour_of(l, b, w, level, name);

		buf_printf(out, "\033[38;2;0;0;0;48;2;%u;%u;%um", c >> 16, c >> 8 & 255, c & 255);
	}
	flame_text_function(name, width, " ", out);
	buf_add(out, STR("\033[0m"));
}

void flame_text_row(const struct flame_layout *l, size_t level, const struct flame_window *w, struct buf *out)
{
	unsigned at = 0;

	for (uint32_t k = 0; level < l->n && k < l->rows[level].n; k++) {
		const struct flame_bar *b = &l->rows[level].p[k];
		unsigned from, to;

		if (b->w <= 0 || b->x >= sum_wrap(w->x, w->w))
			continue;
		from = MAX(column_of(w, b->x), at);
		to = column_of(w, sum_wrap(b->x, b->w));
		if (b == w->chosen && to <= from && from < w->columns)
			to = from + 1; /* what is chosen can be seen */
		if (to <= from)
			continue;
		buf_fill(out, ' ', from - at);
		put_bar(l, b, w, level, to - from, out);
		at = to;
	}
}

void report_flame_text(const struct flamegraph *g, bool diff, const struct picture *o, struct buf *out)
{
	struct arena *a = arena_new();
	struct flame_layout l = flame_layout(a, g, diff);
	struct flame_window w = { .w = g->total,
		.columns = o->columns > 0 ? o->columns : USUAL_COLUMNS,
		.colours = o->ansi,
		.palette = o->colours };

	buf_printf(out, STR_FMT "  " STR_FMT "  ", STR_ARG(o->title), STR_ARG(o->subtitle));
	flame_text_amount(o, diff ? g->left_ticks : g->total, out);
	if (diff) {
		buf_add(out, STR(" before, "));
		flame_text_amount(o, g->right_ticks, out);
		buf_add(out, STR(" after"));
	}
	buf_byte(out, '\n');
	for (size_t i = 0; i < l.n; i++) {
		size_t before = out->n;

		flame_text_row(&l, o->flame ? l.n - 1 - i : i, &w, out);
		if (out->n > before)
			buf_byte(out, '\n');
	}
	arena_free(a);
}
