/* html_calls.c - the flame graph pages of async-profiler; see html_read.h. Not a reader of scripts: of their lines. */
#include "base/buf.h"
#include "base/vec.h"
#include "formats/html/html_read.h"
#include "formats/json/stack_tree.h"

enum { KIND_BITS = 3, MAX_NUMBERS = 8, PREFIX_ZERO = 32 };

struct page {
	struct arena *a;
	struct str rest; /* from the line at hand */
	size_t line;
	VEC(struct str) names;
	VEC(uint32_t) locations; /* of names, + 1; 0 = not yet made */
	VEC(uint32_t) path;      /* nodes, by level */
	struct stack_tree tree;
	struct profile_builder *b;
	int64_t left, width; /* of the last frame */
	size_t level;
	uint64_t frames;
	struct err *e;
};

static int bad(const struct page *p, const char *why)
{
	return err_set(p->e, ERR_INVALID, "line %zu: %s", p->line, why);
}

static bool next_line(struct page *p, struct str *line)
{
	if (p->rest.n == 0)
		return false;
	*line = str_of(p->rest.p, str_find(p->rest, '\n'));
	p->rest = str_skip(p->rest, line->n + (line->n < p->rest.n));
	p->line++;
	*line = str_trim(*line);
	return true;
}

/* A string of a script between quotes, from *s on; what is behind it stays in *s. */
static bool quoted(struct page *p, struct str *s, struct str *out)
{
	char quote = s->n > 0 ? s->p[0] : 'x', *to;
	size_t n = 0;

	if (quote != '\'' && quote != '"')
		return false;
	to = arena_alloc(p->a, s->n);
	for (size_t i = 1; i < s->n; i++) {
		if (s->p[i] == quote) {
			*out = str_of(to, n);
			*s = str_skip(*s, i + 1);
			return true;
		}
		if (s->p[i] == '\\' && i + 1 < s->n)
			i++;
		to[n++] = s->p[i];
	}
	return false;
}

/* ---- names ---- */

/* One more: as many characters as the first one says are those of the name before. */
static int add_name(struct page *p, struct str packed)
{
	struct str before = p->names.n > 0 ? p->names.p[p->names.n - 1] : STR_NONE;
	size_t common;
	char *to;

	if (p->names.n == 0) {
		vec_push(&p->names, packed);
		return 0;
	}
	if (packed.n == 0 || (unsigned char)packed.p[0] < PREFIX_ZERO)
		return bad(p, "a name that does not say what it has in common with the one before");
	common = (size_t)((unsigned char)packed.p[0] - PREFIX_ZERO);
	if (common > before.n)
		return bad(p, "a name has more in common with the one before than that has");
	to = arena_alloc(p->a, common + packed.n);
	memcpy(to, before.p, common);
	memcpy(to + common, packed.p + 1, packed.n - 1);
	vec_push(&p->names, str_of(to, common + packed.n - 1));
	return 0;
}

static int read_names(struct page *p)
{
	struct str line, name;

	while (next_line(p, &line)) {
		if (str_prefix(line, STR("]")))
			return 0;
		if (line.n == 0)
			continue;
		if (!quoted(p, &line, &name))
			return bad(p, "no name in quotes");
		if (add_name(p, name) < 0)
			return -1;
	}
	return bad(p, "the list of names has no end");
}

/* ---- frames ---- */

static uint32_t location(struct page *p, size_t name)
{
	while (p->locations.n < p->names.n)
		vec_push(&p->locations, 0);
	if (p->locations.p[name] == 0)
		p->locations.p[name] = 1 + profile_builder_frame(p->b, p->names.p[name], STR_NONE, 0);
	return p->locations.p[name] - 1;
}

/* A frame of so many samples, all its own until children take some of them. */
static int add_frame(struct page *p, size_t level, uint32_t where)
{
	uint32_t node;
	int64_t *above;

	if (p->width <= 0)
		return bad(p, "a frame without a width");
	p->frames++;
	if (level == 0) {
		p->path.n = 0;
		vec_push(&p->path, STACK_TREE_ROOT);
		stack_tree_sum(&p->tree.nodes[STACK_TREE_ROOT].v[0], p->width);
		p->level = 0;
		return 0;
	}
	if (level > p->path.n)
		return bad(p, "a frame that stands on no other");
	if (level >= HTML_DEPTH)
		return bad(p, "more than 16384 levels");
	p->path.n = level;
	above = &p->tree.nodes[p->path.p[level - 1]].v[0];
	if (*above < p->width)
		return bad(p, "the frames on one have more than it has");
	*above -= p->width;
	node = stack_tree_child(&p->tree, p->path.p[level - 1], where);
	stack_tree_sum(&p->tree.nodes[node].v[0], p->width);
	vec_push(&p->path, node);
	p->level = level;
	return 0;
}

static bool number(struct str *s, int64_t *out)
{
	size_t i = 0;
	int64_t v = 0;

	for (; i < s->n && s->p[i] >= '0' && s->p[i] <= '9'; i++)
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, s->p[i] - '0', &v))
			return false;
	*out = v;
	*s = str_skip(*s, i);
	return i > 0;
}

/* "(1,,3)": the numbers of a call; what is left out is 0. A name in quotes ends them. */
static bool numbers(struct page *p, struct str *s, int64_t *v, size_t *n, struct str *name)
{
	*name = STR_NONE;
	for (*n = 0; *n < MAX_NUMBERS; ++*n) {
		*s = str_skip(*s, 1); /* ( or , */
		v[*n] = 0;
		if (s->n > 0 && (s->p[0] == '\'' || s->p[0] == '"'))
			return quoted(p, s, name);
		if (s->n > 0 && s->p[0] != ',' && s->p[0] != ')' && !number(s, &v[*n]))
			return false;
		if (s->n == 0 || (s->p[0] != ',' && s->p[0] != ')'))
			return false;
		if (s->p[0] == ')') {
			++*n;
			return true;
		}
	}
	return false;
}

/* f(level, left, width, kind, 'name') */
static int full_call(struct page *p, const int64_t *v, size_t n, struct str name)
{
	if (n < 4)
		return bad(p, "a call with too few numbers");
	p->left = v[1];
	p->width = v[2];
	return add_frame(p, v[0] < HTML_DEPTH ? (size_t)v[0] : HTML_DEPTH,
	    profile_builder_frame(p->b, name, STR_NONE, 0));
}

static int short_call(struct page *p, char what, const int64_t *v, size_t n)
{
	const int64_t width = what == 'f' ? (n > 3 ? v[3] : 0) : n > 1 ? v[1] : 0;
	uint64_t name = (uint64_t)v[0] >> KIND_BITS;
	size_t level = p->level;

	if (n == 0 || name >= p->names.n)
		return bad(p, "the name is not in the list");
	if (what == 'u')
		level++;
	else if (what == 'f')
		level = n > 1 && v[1] < HTML_DEPTH ? (size_t)v[1] : HTML_DEPTH;
	if (width != 0)
		p->width = width;
	return add_frame(p, level, location(p, name));
}

static bool is_call(struct str line)
{
	return line.n > 2 && line.p[1] == '(' && (line.p[0] == 'f' || line.p[0] == 'u' || line.p[0] == 'n') &&
	    ((line.p[2] >= '0' && line.p[2] <= '9') || line.p[2] == ')' || line.p[2] == ',');
}

static int read_call(struct page *p, struct str line)
{
	int64_t v[MAX_NUMBERS];
	char what = line.p[0];
	struct str name;
	size_t n;

	line = str_skip(line, 1);
	if (!numbers(p, &line, v, &n, &name))
		return bad(p, "a call with something else than numbers");
	return name.p != NULL ? full_call(p, v, n, name) : short_call(p, what, v, n);
}

static int read_page(struct page *p)
{
	struct str line;

	while (next_line(p, &line))
		if (str_prefix(line, STR("const cpool = [")) ? read_names(p) < 0
							     : is_call(line) && read_call(p, line) < 0)
			return -1;
	if (p->frames == 0)
		return err_set(p->e, ERR_INVALID, "there are no frames");
	return stack_tree_emit(&p->tree, NULL, 0, p->e);
}

int html_decode_calls(struct arena *a, struct str text, struct profile **out, struct err *e)
{
	struct page p = { .a = a, .rest = text, .e = e, .b = profile_builder_new(a, 1) };
	int rc;

	profile_builder_type(p.b, 0, STR("samples"), STR("count"));
	stack_tree_init(&p.tree, a, p.b, text.n);
	rc = read_page(&p);
	if (rc == 0)
		*out = profile_builder_finish(p.b);
	vec_free(&p.names);
	vec_free(&p.locations);
	vec_free(&p.path);
	return rc;
}
