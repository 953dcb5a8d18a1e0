/*
 * flamebearer.c - the old /render JSON, in. A graph of one side is read as a graph
 * of groups of four, a diff as groups of seven; places and widths of both
 * sides are added up, which keeps the nesting and gives a group that is empty
 * on one side its place on the other.
 */
#include "formats/json/flamebearer.h"

#include <stdlib.h>

#include "base/vec.h"
#include "base/arith.h"
#include "formats/format_impl.h"
#include "formats/json/json_walk.h"
#include "formats/profile_impl.h"

enum { SINGLE = 4, DOUBLE = 7, MAX_WORK = 256, NO_NUMBER = -1 };

struct group {
	int64_t x, end;
	uint32_t parent; /* in groups; UINT32_MAX = none */
	uint32_t name;
};

/* What is kept of the text until all of it is known: the format may come last. */
struct text {
	struct jwalk j;
	VEC(struct str) names;
	VEC(int64_t) numbers; /* of all levels; NO_NUMBER for what is none, or negative */
	VEC(size_t) ends;     /* of each level; NO_LEVEL for what is no array */
	bool has_object, bad_names, has_levels;
	size_t bad_name; /* + 1 */
	struct str format, name, units;
	int64_t rate;
};

#define NO_LEVEL SIZE_MAX

struct graph {
	struct arena *a;
	struct profile_builder *b;
	struct text t;
	size_t width;
	uint32_t *frames; /* by name, + 1, 0 = not yet made */
	VEC(struct group) groups;
	VEC(uint32_t) stack;
	size_t above, above_end; /* groups of the level above */
	size_t level;
	size_t work, limit;
	struct err *e;
};

static int bad(struct graph *g, size_t i, const char *what)
{
	return err_set(g->e, ERR_INVALID, "flamebearer: level %zu, group %zu: %s", g->level, i, what);
}

/* ---- text ---- */

static int64_t digits_of(struct str s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';

		if (digit > 9 || n > ((uint64_t)INT64_MAX - digit) / 10)
			return NO_NUMBER;
		n = n * 10 + digit;
	}
	return s.n ? (int64_t)n : NO_NUMBER;
}

/* A number, or as the Connect form has it, a string of digits. */
static int64_t read_number(struct jwalk *j)
{
	switch (jwalk_kind(j)) {
	case '"':
	case '0': return digits_of(jwalk_word(j));
	default: jwalk_skip(j); return NO_NUMBER;
	}
}

static void read_level_text(struct text *t)
{
	if (jwalk_kind(&t->j) != '[') {
		jwalk_skip(&t->j);
		vec_push(&t->ends, NO_LEVEL);
		return;
	}
	for (jwalk_open(&t->j, '['); jwalk_item(&t->j);)
		vec_push(&t->numbers, read_number(&t->j));
	vec_push(&t->ends, t->numbers.n);
}

static void read_levels_text(struct text *t)
{
	struct str key;

	t->numbers.n = t->ends.n = 0;
	t->has_levels = jwalk_kind(&t->j) == '[';
	if (!jwalk_try(&t->j, '['))
		return;
	while (jwalk_item(&t->j)) {
		size_t levels = t->ends.n;

		if (jwalk_kind(&t->j) != '{') {
			read_level_text(t);
			continue;
		}
		for (jwalk_open(&t->j, '{'); jwalk_member(&t->j, &key);)
			if (str_eq(key, STR("values")) && t->ends.n == levels)
				read_level_text(t);
			else
				jwalk_skip(&t->j);
		if (t->ends.n == levels)
			vec_push(&t->ends, NO_LEVEL);
	}
}

static void read_names_text(struct text *t)
{
	char kind = jwalk_kind(&t->j);

	t->names.n = t->bad_name = 0;
	t->bad_names = kind != '[' && kind != 'n';
	if (!jwalk_try(&t->j, '['))
		return;
	while (jwalk_item(&t->j)) {
		if (jwalk_kind(&t->j) != '"' && t->bad_name == 0)
			t->bad_name = t->names.n + 1;
		vec_push(&t->names, jwalk_str_or(&t->j, STR_NONE));
	}
}

static bool read_meta_member(struct text *t, struct str key)
{
	if (str_eq(key, STR("format")))
		t->format = jwalk_str_or(&t->j, STR_NONE);
	else if (str_eq(key, STR("name")))
		t->name = jwalk_str_or(&t->j, STR_NONE);
	else if (str_eq(key, STR("units")))
		t->units = jwalk_str_or(&t->j, STR_NONE);
	else if (str_eq(key, STR("sampleRate")))
		t->rate = jwalk_i64_or(&t->j, 0);
	else
		return false;
	return true;
}

/* Old files have what the graph is inside of it. */
static void read_bearer(struct text *t)
{
	struct str key;

	if (!jwalk_try(&t->j, '{'))
		return;
	t->has_object = true;
	while (jwalk_member(&t->j, &key))
		if (str_eq(key, STR("names")))
			read_names_text(t);
		else if (str_eq(key, STR("levels")))
			read_levels_text(t);
		else if (!read_meta_member(t, key))
			jwalk_skip(&t->j);
}

static int read_text(struct text *t)
{
	struct str key;

	if (jwalk_kind(&t->j) != '{') {
		jwalk_skip(&t->j);
		return jwalk_end(&t->j);
	}
	for (jwalk_open(&t->j, '{'); jwalk_member(&t->j, &key);)
		/* "flamegraph": of the query API */
		if (str_eq(key, STR("flamebearer")) || str_eq(key, STR("flamegraph"))) {
			read_bearer(t);
		} else if (str_eq(key, STR("metadata")) && jwalk_kind(&t->j) == '{') {
			for (jwalk_open(&t->j, '{'); jwalk_member(&t->j, &key);)
				if (!read_meta_member(t, key))
					jwalk_skip(&t->j);
		} else {
			jwalk_skip(&t->j);
		}
	return jwalk_end(&t->j);
}

/* A graph of our page says what it is itself; the walk goes on behind it. */
static void read_page_graph(struct text *t)
{
	struct str key;

	t->has_object = jwalk_kind(&t->j) == '{';
	if (!jwalk_try(&t->j, '{'))
		return;
	while (jwalk_member(&t->j, &key))
		if (str_eq(key, STR("names")))
			read_names_text(t);
		else if (str_eq(key, STR("levels")))
			read_levels_text(t);
		else if (str_eq(key, STR("type")))
			t->name = jwalk_str_or(&t->j, STR_NONE);
		else if (str_eq(key, STR("unit")))
			t->units = jwalk_str_or(&t->j, STR_NONE);
		else
			jwalk_skip(&t->j);
}

/* ---- graph ---- */

static uint32_t frame(struct graph *g, uint32_t name)
{
	if (g->frames[name] == 0)
		g->frames[name] = 1 + profile_builder_frame(g->b, g->t.names.p[name], STR_NONE, 0);
	return g->frames[name] - 1;
}

/* The stack of a group: itself and what is above, without the root. */
static int emit(struct graph *g, size_t i, uint32_t at, const int64_t *self)
{
	g->stack.n = 0;
	for (; g->groups.p[at].parent != UINT32_MAX; at = g->groups.p[at].parent) {
		if (++g->work > g->limit)
			return err_set(g->e, ERR_LIMIT,
			    "flamebearer: level %zu, group %zu: the stacks have more "
			    "than %zu frames",
			    g->level, i, g->limit);
		vec_push(&g->stack, frame(g, g->groups.p[at].name));
	}
	if (g->stack.n)
		profile_builder_add(g->b, g->stack.p, (uint32_t)g->stack.n, self, NULL, 0);
	return 0;
}

/* The group above that covers x .. end: groups come left to right on both levels. */
static bool find_parent(struct graph *g, struct group *new)
{
	while (g->above < g->above_end) {
		const struct group *up = &g->groups.p[g->above];

		if (new->x >= up->x &&new->end <= up->end && (new->x < up->end || up->x == up->end)) {
			new->parent = (uint32_t)g->above;
			return true;
		}
		if (up->end > new->x)
			return false;
		g->above++;
	}
	return false;
}

static int read_group(struct graph *g, const int64_t *v, size_t i, int64_t *at)
{
	int64_t self[2];
	struct group new = { .parent = UINT32_MAX };
	size_t sides = g->width == DOUBLE ? 2 : 1;

	for (size_t k = 0; k < g->width; k++)
		if (v[k] == NO_NUMBER)
			return bad(g, i, "not a number, or negative");
	if (v[g->width - 1] >= (int64_t)g->t.names.n)
		return bad(g, i, "the name is not in the table");
	new.name = (uint32_t)v[g->width - 1];
	new.x = *at;
	for (size_t s = 0; s < sides; s++) {
		self[s] = v[3 * s + 2];
		if (__builtin_add_overflow(new.x, v[3 * s], &new.x))
			return bad(g, i, "the place is too large");
	}
	new.end = new.x;
	for (size_t s = 0; s < sides; s++)
		if (__builtin_add_overflow(new.end, v[3 * s + 1], &new.end))
			return bad(g, i, "the place is too large");
	*at = new.end;
	if (new.x == new.end)
		return 0;
	if (g->level > 0 && !find_parent(g, &new))
		return bad(g, i, "no group of the level above covers it");
	vec_push(&g->groups, new);
	if (g->level == 0 || (self[0] == 0 && (sides == 1 || self[1] == 0)))
		return 0;
	return emit(g, i, (uint32_t)g->groups.n - 1, self);
}

static int read_level(struct graph *g, size_t from, size_t end)
{
	size_t n = end - from, first = g->groups.n;
	int64_t at = 0;

	if (end == NO_LEVEL || n % g->width)
		return err_set(g->e, ERR_INVALID, "flamebearer: level %zu: not an array of groups of %zu", g->level,
		    g->width);
	if (g->level == 0 && n > g->width)
		return err_set(g->e, ERR_INVALID, "flamebearer: level 0: more than one root");
	for (size_t i = 0; i < n / g->width; i++)
		if (read_group(g, g->t.numbers.p + from + i * g->width, i, &at) < 0)
			return -1;
	g->above = first;
	g->above_end = g->groups.n;
	return 0;
}

static int read_levels(struct graph *g)
{
	size_t from = 0;

	if (g->t.bad_name)
		return err_set(g->e, ERR_INVALID, "flamebearer: name %zu is not a string", g->t.bad_name - 1);
	g->frames = arena_zarray(g->a, g->t.names.n, sizeof(*g->frames));
	for (; g->level < g->t.ends.n; g->level++) {
		if (read_level(g, from, g->t.ends.p[g->level]) < 0)
			return -1;
		from = g->t.ends.p[g->level];
	}
	return 0;
}

/* What a UI shows as units, in the words of profiles. */
static struct str unit_of(struct str units, int64_t rate)
{
	if (str_eq(units, STR("samples")) && rate == NS_PER_S)
		return STR("nanoseconds");
	if (units.n == 0 || str_eq(units, STR("samples")) || str_eq(units, STR("objects")) ||
	    str_eq(units, STR("goroutines")) || str_eq(units, STR("lock_samples")))
		return STR("count");
	return str_eq(units, STR("lock_nanoseconds")) ? STR("nanoseconds") : units;
}

static void set_types(struct graph *g)
{
	struct str unit = unit_of(g->t.units, g->t.rate);

	if (g->width == DOUBLE) {
		profile_builder_type(g->b, 0, STR("left"), unit);
		profile_builder_type(g->b, 1, STR("right"), unit);
		return;
	}
	profile_builder_type(g->b, 0, g->t.name.n ? g->t.name : g->t.units.n ? g->t.units : STR("samples"), unit);
}

static int read_graph(struct graph *g)
{
	if (!g->t.has_object)
		return err_set(g->e, ERR_INVALID, "flamebearer: no object \"flamebearer\"");
	if (g->t.bad_names || !g->t.has_levels)
		return err_set(g->e, ERR_INVALID, "flamebearer: no arrays \"names\" and \"levels\"");
	g->width = str_eq(g->t.format, STR("double")) ? DOUBLE : SINGLE;
	g->b = profile_builder_new(g->a, g->width == DOUBLE ? 2 : 1);
	set_types(g);
	return read_levels(g);
}

static void graph_free(struct graph *g)
{
	vec_free(&g->t.names);
	vec_free(&g->t.numbers);
	vec_free(&g->t.ends);
	vec_free(&g->groups);
	vec_free(&g->stack);
}

static int decode(struct graph *g, struct str json, struct profile **out)
{
	int rc = 0;

	*out = NULL;
	jwalk_init(&g->t.j, g->a, json, g->e);
	if (read_text(&g->t) < 0)
		rc = err_wrap(g->e, "flamebearer");
	else if ((rc = read_graph(g)) == 0)
		*out = profile_builder_finish(g->b);
	graph_free(g);
	return rc;
}

int flamebearer_decode(struct arena *a, struct str json, struct profile **out, struct err *e)
{
	struct graph g = { .a = a, .limit = json.n * MAX_WORK, .e = e };

	return decode(&g, json, out);
}

/* One side of p, with its own values; tables are shared. */
static struct profile *side_of(struct arena *a, const struct profile *p, uint32_t side, struct str name)
{
	struct profile_builder *b = profile_builder_new(a, 1);
	uint32_t *frames = arena_array(a, p->n_locations, sizeof(*frames)), *stack;

	profile_builder_type(b, 0, name.n ? name : STR("samples"), profile_str(p, p->types[side].unit));
	for (uint32_t i = 0; i < p->n_locations; i++) {
		const struct function *f = &p->functions[p->lines[p->locations[i].first_line].function];

		frames[i] = profile_builder_frame(b, profile_str(p, f->name), STR_NONE, 0);
	}
	stack = arena_array(a, p->n_samples ? p->stack_at[p->n_samples] : 0, sizeof(*stack));
	for (uint32_t i = 0; i < p->n_samples; i++) {
		int64_t v = profile_value(p, i, side);
		uint32_t n = 0;

		for (uint32_t k = p->stack_at[i]; k < p->stack_at[i + 1]; k++)
			stack[n++] = frames[p->stack[k]];
		if (v)
			profile_builder_add(b, stack, n, &v, NULL, 0);
	}
	return profile_builder_finish(b);
}

/* after: NULL where nothing is compared. Returns 0. */
static int sides(struct arena *a, struct profile *before, struct profile *after, struct format_profiles *out)
{
	if (after == NULL)
		return format_one(a, before, out);
	out->p = arena_zarray(a, 2, sizeof(*out->p));
	out->n = 2;
	out->p[0] = (struct format_profile){ .p = before, .name = STR("before") };
	out->p[1] = (struct format_profile){ .p = after, .name = STR("after") };
	return 0;
}

int flamebearer_decode_sides(struct arena *a, struct str json, struct format_profiles *out, struct err *e)
{
	struct graph g = { .a = a, .limit = json.n * MAX_WORK, .e = e };
	struct profile *p;

	if (decode(&g, json, &p) < 0)
		return -1;
	if (p->n_types < 2)
		return format_one(a, p, out);
	return sides(a, side_of(a, p, 0, g.t.name), side_of(a, p, 1, g.t.name), out);
}

/* ---- our page ---- */

struct page {
	struct jwalk j;
	VEC(struct profile *) before, after; /* of a page that compares; else the first alone */
	size_t limit;
	bool diff;
};

static int read_page_graphs(struct arena *a, struct page *page, struct err *e)
{
	int rc = 0;

	if (!jwalk_try(&page->j, '['))
		return 0;
	while (rc == 0 && jwalk_item(&page->j)) {
		struct graph g = { .a = a, .limit = page->limit, .e = e };

		g.t.j = page->j;
		read_page_graph(&g.t);
		page->j = g.t.j;
		g.t.format = page->diff ? STR("double") : STR("single");
		if (page->j.failed)
			rc = -1;
		else if ((rc = read_graph(&g)) == 0) {
			struct profile *p = profile_builder_finish(g.b);

			vec_push(&page->before, page->diff ? side_of(a, p, 0, g.t.name) : p);
			if (page->diff)
				vec_push(&page->after, side_of(a, p, 1, g.t.name));
		}
		graph_free(&g);
	}
	return rc;
}

/* What compares is said in front of the graphs. */
static int read_page(struct arena *a, struct page *page, struct err *e)
{
	struct str key;

	for (jwalk_open(&page->j, '{'); jwalk_member(&page->j, &key);)
		if (str_eq(key, STR("diff")) && jwalk_kind(&page->j) == 't')
			page->diff = jwalk_bool(&page->j);
		else if (!str_eq(key, STR("graphs")))
			jwalk_skip(&page->j);
		else if (read_page_graphs(a, page, e) < 0)
			return -1;
	if (jwalk_end(&page->j) < 0)
		return -1;
	return page->before.n > 0 ? 0 : err_set(e, ERR_INVALID, "no graphs");
}

/* Each graph was one sample type of a profile. */
static struct profile *unite(struct arena *a, struct profile *const *in, size_t n, struct err *e)
{
	struct profile_merger *m = profile_merger_new(a, &(struct profile_merge_opts){ .unite = true });
	struct profile *out;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = profile_merger_add(m, in[i], e);
	out = profile_merger_finish(m);
	return rc == 0 ? out : NULL;
}

int flamebearer_decode_page(struct arena *a, struct str json, struct format_profiles *out, struct err *e)
{
	struct page page = { .limit = json.n * MAX_WORK };
	struct profile *before = NULL, *after = NULL;
	int rc;

	jwalk_init(&page.j, a, json, e);
	rc = read_page(a, &page, e);
	if (rc == 0 && (before = unite(a, page.before.p, page.before.n, e)) == NULL)
		rc = -1;
	if (rc == 0 && page.diff && (after = unite(a, page.after.p, page.after.n, e)) == NULL)
		rc = -1;
	if (rc == 0)
		sides(a, before, after, out);
	vec_free(&page.before);
	vec_free(&page.after);
	return rc;
}
