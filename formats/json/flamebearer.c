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
#include "formats/profile_impl.h"
#include "formats/query/render.h"

enum { SINGLE = 4, DOUBLE = 7, MAX_WORK = 256 };

struct group {
	int64_t x, end;
	uint32_t parent; /* in groups; UINT32_MAX = none */
	uint32_t name;
};

struct graph {
	struct arena *a;
	struct profile_builder *b;
	json_t *names, *levels;
	size_t n_names, width;
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

/* A number, or as the Connect form has it, a string of digits. */
static bool get_number(const json_t *v, int64_t *out)
{
	const char *s;
	uint64_t n = 0;

	if (json_is_integer(v)) {
		*out = json_integer_value(v);
		return *out >= 0;
	}
	s = json_string_value(v);
	if (s == NULL || *s == '\0')
		return false;
	for (; *s; s++) {
		unsigned digit = (unsigned)(unsigned char)*s - '0';

		if (digit > 9 || n > ((uint64_t)INT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = (int64_t)n;
	return true;
}

static uint32_t frame(struct graph *g, uint32_t name)
{
	if (g->frames[name] == 0) {
		const json_t *s = json_array_get(g->names, name);

		g->frames[name] = 1 +
		    profile_builder_frame(g->b, str_of(json_string_value(s), json_string_length(s)), STR_NONE, 0);
	}
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

static int read_group(struct graph *g, json_t *level, size_t i, int64_t *at)
{
	int64_t v[DOUBLE], self[2];
	struct group new = { .parent = UINT32_MAX };
	size_t sides = g->width == DOUBLE ? 2 : 1;

	for (size_t k = 0; k < g->width; k++)
		if (!get_number(json_array_get(level, i * g->width + k), &v[k]))
			return bad(g, i, "not a number, or negative");
	if (v[g->width - 1] >= (int64_t)g->n_names)
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

static int read_level(struct graph *g, json_t *level)
{
	size_t n, first = g->groups.n;
	int64_t at = 0;

	if (json_is_object(level))
		level = json_object_get(level, "values");
	n = json_array_size(level);
	if (!json_is_array(level) || n % g->width)
		return err_set(g->e, ERR_INVALID, "flamebearer: level %zu: not an array of groups of %zu", g->level,
		    g->width);
	if (g->level == 0 && n > g->width)
		return err_set(g->e, ERR_INVALID, "flamebearer: level 0: more than one root");
	for (size_t i = 0; i < n / g->width; i++)
		if (read_group(g, level, i, &at) < 0)
			return -1;
	g->above = first;
	g->above_end = g->groups.n;
	return 0;
}

static int read_levels(struct graph *g)
{
	g->n_names = json_array_size(g->names);
	for (size_t i = 0; i < g->n_names; i++)
		if (!json_is_string(json_array_get(g->names, i)))
			return err_set(g->e, ERR_INVALID, "flamebearer: name %zu is not a string", i);
	g->frames = arena_zarray(g->a, g->n_names, sizeof(*g->frames));
	for (; g->level < json_array_size(g->levels); g->level++)
		if (read_level(g, json_array_get(g->levels, g->level)) < 0)
			return -1;
	return 0;
}

static struct str text_of(json_t *o, const char *member)
{
	json_t *v = json_object_get(o, member);

	return json_is_string(v) ? str_of(json_string_value(v), json_string_length(v)) : STR_NONE;
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

static void set_types(struct graph *g, json_t *root, json_t *bearer)
{
	json_t *meta = json_object_get(root, "metadata"), *rate;
	struct str name, units, unit;

	if (!json_is_object(meta))
		meta = bearer;
	name = text_of(meta, "name");
	units = text_of(meta, "units");
	rate = json_object_get(meta, "sampleRate");
	unit = unit_of(units, json_is_integer(rate) ? json_integer_value(rate) : 0);
	if (g->width == DOUBLE) {
		profile_builder_type(g->b, 0, STR("left"), unit);
		profile_builder_type(g->b, 1, STR("right"), unit);
		return;
	}
	profile_builder_type(g->b, 0, name.n ? name : units.n ? units : STR("samples"), unit);
}

static int read_graph(struct graph *g, json_t *root)
{
	json_t *bearer = json_object_get(root, "flamebearer"), *meta = json_object_get(root, "metadata");
	struct str format = text_of(meta, "format");

	if (bearer == NULL)
		bearer = json_object_get(root, "flamegraph"); /* of the query API */
	if (!json_is_object(bearer))
		return err_set(g->e, ERR_INVALID, "flamebearer: no object \"flamebearer\"");
	if (format.n == 0)
		format = text_of(bearer, "format");
	g->names = json_object_get(bearer, "names");
	g->levels = json_object_get(bearer, "levels");
	if ((g->names && !json_is_array(g->names) && !json_is_null(g->names)) || !json_is_array(g->levels))
		return err_set(g->e, ERR_INVALID, "flamebearer: no arrays \"names\" and \"levels\"");
	g->width = str_eq(format, STR("double")) ? DOUBLE : SINGLE;
	g->b = profile_builder_new(g->a, g->width == DOUBLE ? 2 : 1);
	profile_builder_copies(g->b);
	set_types(g, root, bearer);
	return read_levels(g);
}

int flamebearer_decode(struct arena *a, struct str json, struct profile **out, struct err *e)
{
	struct graph g = { .a = a, .limit = json.n * MAX_WORK, .e = e };
	json_t *root = json_parse(json, e);
	int rc;

	*out = NULL;
	if (root == NULL)
		return err_wrap(e, "flamebearer");
	rc = read_graph(&g, root);
	if (rc == 0)
		*out = profile_builder_finish(g.b);
	vec_free(&g.groups);
	vec_free(&g.stack);
	json_decref(root);
	return rc;
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
