/*
 * flamebearer.c - the old /render JSON. A graph of one side is read as a graph
 * of groups of four, a diff as groups of seven; places and widths of both
 * sides are added up, which keeps the nesting and gives a group that is empty
 * on one side its place on the other.
 */
#include "formats/json/flamebearer.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/vec.h"
#include "base/arith.h"
#include "formats/format_impl.h"
#include "formats/json/json_walk.h"
#include "formats/profile_impl.h"
#include "formats/query/render.h"

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

static int decode(struct graph *g, struct str json, struct profile **out)
{
	int rc = 0;

	*out = NULL;
	jwalk_init(&g->t.j, g->a, json, g->e);
	if (read_text(&g->t) < 0)
		rc = err_wrap(g->e, "flamebearer");
	else if ((rc = read_graph(g)) == 0)
		*out = profile_builder_finish(g->b);
	vec_free(&g->t.names);
	vec_free(&g->t.numbers);
	vec_free(&g->t.ends);
	vec_free(&g->groups);
	vec_free(&g->stack);
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

int flamebearer_decode_sides(struct arena *a, struct str json, struct format_profiles *out, struct err *e)
{
	struct graph g = { .a = a, .limit = json.n * MAX_WORK, .e = e };
	struct profile *p;

	if (decode(&g, json, &p) < 0)
		return -1;
	if (p->n_types < 2)
		return format_one(a, p, out);
	out->p = arena_zarray(a, 2, sizeof(*out->p));
	out->n = 2;
	out->p[0] = (struct format_profile){ side_of(a, p, 0, g.t.name), STR("before"), { 0 } };
	out->p[1] = (struct format_profile){ side_of(a, p, 1, g.t.name), STR("after"), { 0 } };
	return 0;
}

/* ---- out ---- */

/*
 * The graph is laid out here and not by tree_flamegraph, for which a frame
 * named "other" is what was cut off, and has no children.
 */
struct place {
	uint32_t node;
	int64_t x;
};

struct layout {
	struct arena *a;
	const struct tree *t;
	struct flamegraph *graph;
	uint32_t *name_index; /* by tree name, 0 = not yet named */
	VEC(struct place) level, below;
	VEC(uint32_t) children;
};

static int child_cmp(const void *x, const void *y, void *arg)
{
	const struct tree *t = arg;
	uint32_t a, b;

	memcpy(&a, x, sizeof(a));
	memcpy(&b, y, sizeof(b));
	return str_cmp(t->names.p[t->nodes.p[a].name], t->names.p[t->nodes.p[b].name]);
}

static int64_t name_index(struct layout *l, uint32_t name)
{
	struct flamegraph *g = l->graph;

	if (l->name_index[name] == 0) {
		l->name_index[name] = (uint32_t)g->n_names;
		g->names[g->n_names++] = l->t->names.p[name];
	}
	return l->name_index[name];
}

/* The children of a node, left to right behind its own share. */
static void place_children(struct layout *l, struct place at)
{
	const struct tree_node *nodes = l->t->nodes.p;
	int64_t x = wrap_add(at.x, nodes[at.node].self);

	l->children.n = 0;
	for (uint32_t c = nodes[at.node].first_child; c; c = nodes[c].next)
		vec_push(&l->children, c);
	if (l->children.n)
		qsort_r(l->children.p, l->children.n, sizeof(*l->children.p), child_cmp, (void *)(uintptr_t)l->t);
	for (size_t i = 0; i < l->children.n; i++) {
		vec_push(&l->below, ((struct place){ l->children.p[i], x }));
		x = wrap_add(x, nodes[l->children.p[i]].total);
	}
}

static void place_level(struct layout *l, struct flame_level *out)
{
	int64_t end = 0, *v = arena_array(l->a, l->level.n * SINGLE, sizeof(*v));

	*out = (struct flame_level){ v, l->level.n * SINGLE };
	l->below.n = 0;
	for (size_t i = 0; i < l->level.n; i++, v += SINGLE) {
		struct place at = l->level.p[i];
		const struct tree_node *node = &l->t->nodes.p[at.node];

		v[0] = wrap_sub(at.x, end);
		v[1] = node->total;
		v[2] = node->self;
		v[3] = at.node ? name_index(l, node->name) : 0;
		end = wrap_add(at.x, node->total);
		l->graph->max_self = MAX(l->graph->max_self, node->self);
		place_children(l, at);
	}
}

static uint32_t tree_depth(const struct tree *t, struct arena *a)
{
	uint32_t *depth = arena_zarray(a, t->nodes.n, sizeof(*depth)), most = 0;

	for (size_t i = 1; i < t->nodes.n; i++) {
		depth[i] = depth[t->nodes.p[i].parent] + 1;
		most = MAX(most, depth[i]);
	}
	return most;
}

static struct flamegraph *make_graph(struct arena *a, const struct tree *t)
{
	struct flamegraph *g = arena_zalloc(a, sizeof(*g));
	struct layout l = { .a = a, .t = t, .graph = g };

	g->names = arena_array(a, t->names.n + 1, sizeof(*g->names));
	g->names[g->n_names++] = STR("total");
	g->levels = arena_array(a, (size_t)tree_depth(t, a) + 1, sizeof(*g->levels));
	l.name_index = arena_zarray(a, t->names.n, sizeof(*l.name_index));
	g->total = t->nodes.p[0].total;
	vec_push(&l.level, ((struct place){ 0 }));
	while (l.level.n) {
		struct place *swap = l.level.p;
		size_t cap = l.level.cap;

		place_level(&l, &g->levels[g->n_levels++]);
		l.level.p = l.below.p;
		l.level.n = l.below.n;
		l.level.cap = l.below.cap;
		l.below.p = swap;
		l.below.cap = cap;
	}
	vec_free(&l.level);
	vec_free(&l.below);
	vec_free(&l.children);
	return g;
}

static int add_samples(struct tree *t, const struct profile *p, uint32_t type, struct arena *a, struct err *e)
{
	struct frames f;
	struct str *names;
	int64_t sum = 0;

	frames_init(&f, a, p);
	names = arena_array(a, f.max_depth, sizeof(*names));
	for (uint32_t i = 0; i < p->n_samples; i++) {
		int64_t value = profile_value(p, i, type);

		if (value < 0)
			return err_set(e, ERR_INVALID, "flamebearer: sample %u has the negative value %lld", i,
			    (long long)value);
		if (__builtin_add_overflow(sum, value, &sum))
			return err_set(e, ERR_INVALID, "flamebearer: the values add up to more than 63 bits");
		if (value)
			tree_add(t, names, frames_stack(&f, i, names), value);
	}
	return 0;
}

int flamebearer_encode(const struct profile *p, uint32_t type, struct buf *out, struct err *e)
{
	struct arena *a = arena_new();
	struct tree *t = tree_new();
	struct render r = { 0 };
	int rc;

	assert(type < p->n_types);
	rc = add_samples(t, p, type, a, e);
	if (rc == 0) {
		tree_total(t);
		r.graph = make_graph(a, t);
		r.name = profile_str(p, p->types[type].type);
		r.unit = profile_str(p, p->types[type].unit);
		render_json(out, &r);
	}
	tree_free(t);
	arena_free(a);
	return rc;
}

int flamebearer_encode_diff(const struct profile *left, const struct profile *right, uint32_t type, struct buf *out,
    struct err *e)
{
	struct arena *a = arena_new();
	struct tree *l = tree_new(), *r = tree_new();
	struct render d = { .diff = true };
	int rc = -1;

	assert(type < left->n_types && type < right->n_types);
	if (add_samples(l, left, type, a, e) == 0 && add_samples(r, right, type, a, e) == 0) {
		tree_total(l);
		tree_total(r);
		d.graph = tree_flamegraph_diff(a, l, r, 0, e);
		d.name = profile_str(left, left->types[type].type);
		d.unit = profile_str(left, left->types[type].unit);
		rc = d.graph ? 0 : -1;
	}
	if (rc == 0)
		render_json(out, &d);
	tree_free(l);
	tree_free(r);
	arena_free(a);
	return rc;
}
