/* svg_read.c - see svg_read.h. Not an XML parser: it goes from title to rectangle. */
#include "formats/svg/svg_read.h"

#include <math.h>
#include <stdlib.h>

#include "base/enc.h"
#include "base/vec.h"
#include "formats/json/stack_tree.h"

enum { MAX_NUMBER = 40 };

struct rect {
	const char *where;
	struct str name;
	double x, w; /* as fg:x and fg:w, else as drawn */
	int64_t y;   /* thousandths */
	int64_t value[2];
	uint32_t parent, node; /* parent: position + 1, 0 = none */
	int64_t children[2];
};

struct reader {
	struct arena *a;
	struct str text;
	const struct format_opts *o;
	struct format_notes notes;
	VEC(struct rect) rects;
	bool diff, exact;
	const char *type, *unit;
	struct err *e;
};

static size_t line_of(const struct reader *r, const char *at)
{
	size_t line = 1;

	for (const char *p = r->text.p; (p = memchr(p, '\n', (size_t)(at - p))) != NULL; p++)
		line++;
	return line;
}

/* 0: noted. -1: an error. */
static int odd(struct reader *r, const char *at, const char *why)
{
	if (!r->o->lenient)
		return err_set(r->e, ERR_INVALID, "line %zu: %s", line_of(r, at), why);
	if (r->notes.skipped++ == 0)
		r->notes.first = arena_printf(r->a, "line %zu: %s", line_of(r, at), why);
	return 0;
}

/* ---- text ---- */

/* Where needle begins at or behind from, or the end. */
static size_t find(const struct reader *r, size_t from, const char *needle)
{
	return from + str_search(str_skip(r->text, from), str_cstr(needle));
}

/* The character of "&name;"; 0 = none, then it stands for itself. */
static uint32_t entity(struct str s)
{
	static const struct {
		const char *name;
		uint32_t c;
	} names[] = { { "lt", '<' }, { "gt", '>' }, { "amp", '&' }, { "quot", '"' }, { "apos", '\'' } };
	char text[12];
	unsigned long c;
	char *end;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(s, str_cstr(names[i].name)))
			return names[i].c;
	if (s.n < 2 || s.n >= sizeof(text) || s.p[0] != '#')
		return 0;
	memcpy(text, s.p + 1, s.n - 1);
	text[s.n - 1] = '\0';
	c = text[0] == 'x' ? strtoul(text + 1, &end, 16) : strtoul(text, &end, 10);
	return *end == '\0' && c < 0x110000 && (c < 0xd800 || c > 0xdfff) ? (uint32_t)c : 0;
}

static struct str unescape(struct arena *a, struct str s)
{
	char *out, *o;

	if (str_find(s, '&') == s.n)
		return s;
	out = o = arena_alloc(a, s.n); /* an entity is never shorter than its character */
	while (s.n) {
		size_t n = str_find(s, '&'), semicolon;
		uint32_t c;

		memcpy(o, s.p, n);
		o += n;
		s = str_skip(s, n);
		if (s.n == 0)
			break;
		semicolon = str_find(str_of(s.p, MIN(s.n, (size_t)12)), ';');
		c = semicolon < MIN(s.n, (size_t)12) ? entity(str_of(s.p + 1, semicolon - 1)) : 0;
		if (c == 0) {
			*o++ = '&';
			s = str_skip(s, 1);
			continue;
		}
		o += enc_utf8(o, c);
		s = str_skip(s, semicolon + 1);
	}
	return str_of(out, (size_t)(o - out));
}

/* The value of an attribute inside of a tag. */
static bool attribute(struct str tag, const char *name, struct str *value)
{
	struct str n = str_cstr(name);

	for (struct str rest = tag; rest.n;) {
		size_t at = str_search(rest, n);
		bool begins;

		if (at == rest.n)
			return false;
		begins = at > 0 && (rest.p[at - 1] == ' ' || rest.p[at - 1] == '\n' || rest.p[at - 1] == '\t');
		rest = str_skip(rest, at + n.n);
		if (begins && rest.n > 1 && rest.p[0] == '=' && rest.p[1] == '"') {
			*value = str_skip(rest, 2);
			value->n = str_find(*value, '"');
			return true;
		}
	}
	return false;
}

/* "1,234.5%": digits with commas, maybe a fraction; what follows is passed over. *used: characters. */
static bool number(struct str s, double *out, size_t *used)
{
	char text[MAX_NUMBER];
	size_t n = 0, i = 0;

	for (; i < s.n && n < sizeof(text) - 1; i++) {
		char c = s.p[i];

		if ((c >= '0' && c <= '9') || c == '.' || (c == '-' && i == 0))
			text[n++] = c;
		else if (c != ',' || i + 1 >= s.n || s.p[i + 1] < '0' || s.p[i + 1] > '9')
			break;
	}
	text[n] = '\0';
	*used = i;
	if (n == 0 || text[n - 1] == '-')
		return false;
	*out = strtod(text, NULL);
	return isfinite(*out);
}

static bool attribute_number(struct str tag, const char *name, double *out)
{
	struct str value;
	size_t used;

	return attribute(tag, name, &value) && number(value, out, &used);
}

/* What the titles count, from what stands behind the number: "samples", "MB", "s". */
static void guess_unit(struct reader *r, struct str s)
{
	static const struct {
		const char *word, *type, *unit;
	} words[] = {
		{ "samples", "samples", "count" },
		{ "objects", "objects", "count" },
		{ "bytes", "space", "bytes" },
		{ "B", "space", "bytes" },
		{ "kB", "space", "bytes" },
		{ "MB", "space", "bytes" },
		{ "GB", "space", "bytes" },
		{ "TB", "space", "bytes" },
		{ "ns", "wall", "nanoseconds" },
		{ "us", "wall", "nanoseconds" },
		{ "ms", "wall", "nanoseconds" },
		{ "s", "wall", "nanoseconds" },
		{ "mins", "wall", "nanoseconds" },
		{ "hrs", "wall", "nanoseconds" },
		{ "days", "wall", "nanoseconds" },
	};
	size_t n = 0;

	s = str_trim(s);
	while (n < s.n && ((s.p[n] | 0x20) >= 'a' && (s.p[n] | 0x20) <= 'z'))
		n++;
	for (size_t i = 0; i < ARRAY_LEN(words) && r->type == NULL; i++)
		if (str_eq(str_of(s.p, n), str_cstr(words[i].word))) {
			r->type = words[i].type;
			r->unit = words[i].unit;
		}
}

static bool to_value(double v, int64_t *out)
{
	v = nearbyint(v);
	if (!(v >= 0 && v < 0x1p63))
		return false;
	*out = (int64_t)v;
	return true;
}

/* "main (1,234 samples, 56.78%)": name and number. */
static bool split_title(struct reader *r, struct str title, struct rect *out, double *count)
{
	struct str tail;
	size_t at = title.n, used;

	while (at > 1 && !(title.p[at - 1] == '(' && title.p[at - 2] == ' '))
		at--;
	if (at < 2)
		return false;
	tail = str_skip(title, at);
	out->name = str_of(title.p, at - 2);
	if (!number(tail, count, &used))
		return false;
	guess_unit(r, str_skip(tail, used));
	return true;
}

/* Whole numbers of 64 bits, where doubles would round. */
static bool attribute_value(struct str tag, const char *name, int64_t *out)
{
	struct str s;
	uint64_t v = 0;

	if (!attribute(tag, name, &s) || s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';

		if (digit > 9 || v > ((uint64_t)INT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = (int64_t)v;
	return true;
}

static int read_rect(struct reader *r, struct str title, struct str tag, const char *where)
{
	struct rect rect = { .where = where };
	struct str width;
	double y, count;
	bool counted;

	title = unescape(r->a, str_trim(title));
	counted = split_title(r, title, &rect, &count);
	if (!counted && !attribute(tag, "fg:w", &width))
		return 0; /* the title of something else */
	if (!counted)
		rect.name = title;
	if (!attribute_number(tag, "x", &rect.x) || !attribute_number(tag, "y", &y) ||
	    !attribute_number(tag, "width", &rect.w) || fabs(y) > 1e12)
		return odd(r, where, "a rectangle without x, y and width");
	rect.y = (int64_t)nearbyint(y * 1e3);
	if (attribute_value(tag, "fg:w", &rect.value[0])) {
		attribute_number(tag, "fg:x", &rect.x);
		attribute_number(tag, "fg:w", &rect.w);
		r->exact = true;
		if (attribute_value(tag, "fg:l", &rect.value[0]) && attribute_value(tag, "fg:r", &rect.value[1]))
			r->diff = true;
	} else if (!counted || !to_value(count, &rect.value[0])) {
		return odd(r, where, "a value that is negative or beyond 63 bits");
	}
	vec_push(&r->rects, rect);
	return 0;
}

static int read_text(struct reader *r)
{
	size_t at = 0;

	while ((at = find(r, at, "<title>")) < r->text.n) {
		const char *where = r->text.p + at;
		size_t from = at + 7, end = find(r, from, "</title>"), tag, close, next;

		if (end == r->text.n)
			return odd(r, where, "a title without an end");
		next = find(r, end, "<title>");
		tag = find(r, end, "<rect");
		close = tag + str_find(str_skip(r->text, tag), '>');
		/* the title of the picture has none */
		if (tag < next && close < r->text.n) {
			if (read_rect(r, str_of(r->text.p + from, end - from), str_of(r->text.p + tag, close - tag),
				where) < 0)
				return -1;
		} else if (tag < next) {
			return odd(r, where, "a rectangle without an end");
		}
		at = next;
	}
	if (r->rects.n == 0)
		return err_set(r->e, ERR_INVALID, "no frames: titles with rectangles");
	return 0;
}

/* ---- frames ---- */

static int rect_cmp(const void *a, const void *b)
{
	const struct rect *x = a, *y = b;

	if (x->y != y->y)
		return x->y < y->y ? -1 : 1;
	return x->x < y->x ? -1 : x->x > y->x;
}

static bool root_name(struct str s)
{
	return str_eq(s, STR("all")) || str_eq(s, STR("root")) || str_eq(s, STR("total"));
}

/* Alone in its row, and as wide as any. */
static bool is_root(const struct reader *r, size_t i, size_t neighbour)
{
	if (r->rects.n > 1 && r->rects.p[i].y == r->rects.p[neighbour].y)
		return false;
	for (size_t k = 0; k < r->rects.n; k++)
		if (r->rects.p[k].w > r->rects.p[i].w * 1.0001)
			return false;
	return true;
}

/* Rows grow upwards, from the last one, unless the root is in the first. */
static bool grows_up(const struct reader *r)
{
	size_t n = r->rects.n;
	bool first = is_root(r, 0, MIN((size_t)1, n - 1)), last = is_root(r, n - 1, n > 1 ? n - 2 : 0);

	if (first && last)
		return !root_name(r->rects.p[0].name) || root_name(r->rects.p[n - 1].name);
	return !first;
}

/* The rectangles first .. end stand on those of the row base .. base_end. */
static int join_row(struct reader *r, size_t first, size_t end, size_t base, size_t base_end)
{
	size_t b = base;

	for (size_t i = first; i < end; i++) {
		struct rect *c = &r->rects.p[i];
		double middle = c->x + c->w / 2;

		while (b < base_end && r->rects.p[b].x + r->rects.p[b].w < middle)
			b++;
		if (b == base_end || r->rects.p[b].x > middle) {
			if (odd(r, c->where, "a frame that stands on no other") < 0)
				return -1;
			continue;
		}
		c->parent = (uint32_t)b + 1;
		for (int k = 0; k < 2; k++)
			stack_tree_sum(&r->rects.p[b].children[k], c->value[k]);
	}
	return 0;
}

/* Rows in the order from the root. */
static int join(struct reader *r, bool up)
{
	size_t n = r->rects.n, base = 0, base_end = 0, first = 0, end;

	if (up) /* turn around: then the root is in front */
		for (size_t i = 0; i < n; i++)
			r->rects.p[i].y = -r->rects.p[i].y;
	qsort(r->rects.p, n, sizeof(*r->rects.p), rect_cmp);
	for (; first < n; first = end) {
		for (end = first; end < n && r->rects.p[end].y == r->rects.p[first].y; end++)
			;
		if (first > 0 && join_row(r, first, end, base, base_end) < 0)
			return -1;
		base = first;
		base_end = end;
	}
	return 0;
}

static int make_profile(struct reader *r, int side, const char *type, struct profile **out)
{
	struct profile_builder *b = profile_builder_new(r->a, 1);
	struct stack_tree tree;

	profile_builder_type(b, 0, str_cstr(type), str_cstr(r->unit));
	stack_tree_init(&tree, r->a, b, r->text.n);
	for (size_t i = 0; i < r->rects.n; i++) {
		struct rect *c = &r->rects.p[i];
		int64_t self = c->value[side] - c->children[side];
		bool root = c->parent == 0 && i == 0 && root_name(c->name);

		c->node = root ? STACK_TREE_ROOT
			       : stack_tree_new(&tree, c->parent ? r->rects.p[c->parent - 1].node : STACK_TREE_ROOT,
				     profile_builder_frame(b, c->name, STR_NONE, 0));
		if (self < 0) {
			if (odd(r, c->where, "the frames on it have more than it has") < 0)
				return -1;
			self = 0;
		}
		stack_tree_sum(&tree.nodes[c->node].v[0], self);
	}
	if (stack_tree_emit(&tree, NULL, 0, r->e) < 0)
		return -1;
	*out = profile_builder_finish(b);
	return 0;
}

static int make_profiles(struct reader *r, struct format_profiles *out)
{
	static const char *const sides[] = { "before", "after" };

	if (r->type == NULL) {
		r->type = "samples";
		r->unit = "count";
	}
	qsort(r->rects.p, r->rects.n, sizeof(*r->rects.p), rect_cmp);
	if (join(r, grows_up(r)) < 0)
		return -1;
	out->p = arena_zarray(r->a, 2, sizeof(*out->p));
	for (int side = 0; side < (r->diff ? 2 : 1); side++) {
		if (make_profile(r, side, r->type, &out->p[side].p) < 0)
			return -1;
		out->p[side].name = r->diff ? str_cstr(sides[side]) : STR_NONE;
		out->n++;
	}
	out->notes = r->notes;
	if (!r->exact)
		out->notes.warning = STR("svg: frames that were too narrow to be drawn are part of what is below them");
	return 0;
}

int svg_decode(struct arena *a, struct str text, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct reader r = { .a = a, .text = text, .o = o, .e = e };
	int rc = read_text(&r);

	if (rc == 0)
		rc = r.rects.n ? make_profiles(&r, out) : err_set(e, ERR_INVALID, "no frames");
	vec_free(&r.rects);
	return rc < 0 ? err_wrap(e, "svg") : 0;
}
