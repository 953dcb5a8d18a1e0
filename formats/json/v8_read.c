/* v8_read.c - the text of V8's call trees */
#include "base/arith.h"
#include "base/hash.h"
#include "formats/json/json_note.h"
#include "formats/json/v8.h"

enum { MAX_DEPTH = JWALK_DEPTH / 2, RUN = 256 };

#define GROW(t, array, count, capacity)                                                                   \
	do {                                                                                              \
		if (UNLIKELY((t)->count == (t)->capacity))                                                \
			(t)->array = profile_grow((t)->j->a, (t)->array, sizeof(*(t)->array), (t)->count, \
			    &(t)->capacity);                                                              \
	} while (0)

static void read_frame_member(struct jwalk *j, struct v8_node *n, struct str key, bool old)
{
	if (str_eq(key, STR("functionName")))
		n->name = jwalk_str_or(j, STR_NONE);
	else if (str_eq(key, STR("url")))
		n->url = jwalk_str_or(j, STR_NONE);
	else if (str_eq(key, STR("lineNumber")))
		n->line = wrap_add(jwalk_i64_or(j, -1), old ? 0 : 1);
	else if (str_eq(key, STR("columnNumber")))
		n->column = profile_column(wrap_add(jwalk_i64_or(j, -1), old ? 0 : 1));
	else
		jwalk_skip(j);
}

static void read_call_frame(struct jwalk *j, struct v8_node *n)
{
	struct str key;

	if (!jwalk_try(j, '{'))
		return;
	while (jwalk_member(j, &key))
		read_frame_member(j, n, key, false);
}

static void read_tick(struct v8_tree *t)
{
	struct v8_tick tick = { 0 };
	struct str key;

	for (jwalk_open(t->j, '{'); jwalk_member(t->j, &key);)
		if (str_eq(key, STR("line")))
			tick.line = jwalk_u32(t->j);
		else if (str_eq(key, STR("ticks")))
			tick.ticks = jwalk_u32(t->j);
		else
			jwalk_skip(t->j);
	GROW(t, ticks, n_ticks, cap_ticks);
	t->ticks[t->n_ticks++] = tick;
}

static void read_ticks(struct v8_tree *t, uint32_t node)
{
	uint32_t first = t->n_ticks;

	if (!jwalk_try(t->j, '['))
		return;
	while (jwalk_item(t->j))
		read_tick(t);
	t->nodes[node].first_tick = first;
	t->nodes[node].n_ticks = t->n_ticks - first;
}

/* Any member of a node but nested children. */
static void read_member(struct v8_tree *t, uint32_t node, struct str key)
{
	struct v8_node *n = &t->nodes[node];
	struct jwalk *j = t->j;

	if (str_eq(key, STR("id"))) {
		n->id = jwalk_u32(j);
	} else if (str_eq(key, STR("callFrame"))) {
		read_call_frame(j, n);
	} else if (str_eq(key, STR("hitCount"))) {
		n->hits = jwalk_u32(j);
	} else if (str_eq(key, STR("selfSize"))) {
		int64_t size = jwalk_i64(j);

		n->size = size > 0 ? (uint64_t)size : 0;
	} else if (str_eq(key, STR("parent"))) {
		n->parent = jwalk_u32(j);
		n->has_parent = true;
	} else if (str_eq(key, STR("positionTicks"))) {
		read_ticks(t, node);
	} else {
		read_frame_member(j, n, key, true);
	}
}

static uint32_t new_node(struct v8_tree *t, uint32_t up)
{
	GROW(t, nodes, n, cap);
	t->nodes[t->n] = (struct v8_node){ .where = t->j->p, .up = up, .linked = up != UINT32_MAX };
	return t->n++;
}

static void read_children(struct v8_tree *t, uint32_t node)
{
	if (!jwalk_try(t->j, '['))
		return;
	while (jwalk_item(t->j)) {
		GROW(t, children, n_children, cap_children);
		t->children[t->n_children++] = (struct v8_child){ node, jwalk_u32(t->j) };
	}
}

void v8_read_nodes(struct v8_tree *t)
{
	struct str key;

	for (jwalk_open(t->j, '['); jwalk_item(t->j);) {
		uint32_t node = new_node(t, UINT32_MAX);

		for (jwalk_open(t->j, '{'); jwalk_member(t->j, &key);)
			if (str_eq(key, STR("children")))
				read_children(t, node);
			else
				read_member(t, node, key);
	}
}

/* The nodes that are open, without recursion: up leads outwards. */
void v8_read_head(struct v8_tree *t)
{
	uint32_t *open = arena_array(t->j->a, MAX_DEPTH, sizeof(*open));
	unsigned depth = 0;
	struct str key;

	jwalk_open(t->j, '{');
	open[depth++] = new_node(t, UINT32_MAX);
	while (depth > 0 && !t->j->failed) {
		uint32_t node = open[depth - 1];

		if (jwalk_member(t->j, &key)) {
			if (!str_eq(key, STR("children"))) {
				read_member(t, node, key);
				continue;
			}
			if (!jwalk_try(t->j, '['))
				continue;
		} else {
			depth--; /* the object is closed: on in the array around it */
			if (depth == 0 || t->j->failed)
				break;
			node = open[depth - 1];
		}
		if (!jwalk_item(t->j))
			continue;
		if (depth == MAX_DEPTH) {
			jwalk_fail(t->j, "more than %d nodes inside one another", MAX_DEPTH);
			break;
		}
		jwalk_open(t->j, '{');
		open[depth++] = new_node(t, node);
	}
}

/* Room for a run more behind the n numbers. */
static void *run_room(struct jwalk *j, void *p, size_t size, uint32_t n, uint32_t *cap)
{
	while (*cap - n < RUN)
		p = profile_grow(j->a, p, size, n, cap);
	return p;
}

void v8_read_samples(struct v8_tree *t)
{
	for (jwalk_open(t->j, '[');;) {
		t->samples = run_room(t->j, t->samples, sizeof(*t->samples), t->n_samples, &t->cap_samples);
		t->n_samples += (uint32_t)jwalk_run(t->j, t->samples + t->n_samples, RUN - 1);
		if (!jwalk_item(t->j))
			return;
		t->samples[t->n_samples++] = jwalk_u32(t->j);
	}
}

void v8_read_deltas(struct v8_tree *t)
{
	uint32_t run[RUN];

	for (jwalk_open(t->j, '[');;) {
		size_t n = jwalk_run(t->j, run, RUN - 1);

		t->deltas = run_room(t->j, t->deltas, sizeof(*t->deltas), t->n_deltas, &t->cap_deltas);
		for (size_t i = 0; i < n; i++)
			t->deltas[t->n_deltas++] = run[i] * NS_PER_US;
		if (!jwalk_item(t->j))
			return;
		t->deltas[t->n_deltas++] = jwalk_scaled(t->j, 3);
	}
}

uint32_t v8_find(const struct v8_tree *t, uint32_t id)
{
	struct table_at at;

	if (LIKELY(id < t->n_dense))
		return t->dense[id] - 1;
	at = table_find(&t->ids, hash_mix(id, 0));
	for (uint32_t v; table_next(&at, &v);)
		if (t->nodes[v].id == id)
			return v;
	return UINT32_MAX;
}

/* Ids are small numbers: then a table by id will do. */
static void make_dense(struct v8_tree *t)
{
	t->n_dense = t->n < UINT32_MAX / 8 ? t->n * 4 + 64 : 0;
	t->dense = arena_zarray(t->j->a, t->n_dense, sizeof(*t->dense));
}

static void put_id(struct v8_tree *t, uint32_t i)
{
	if (t->nodes[i].id < t->n_dense)
		t->dense[t->nodes[i].id] = i + 1;
	else
		table_put(&t->ids, t->j->a, hash_mix(t->nodes[i].id, 0), i);
}

static int link_child(struct v8_tree *t, uint32_t parent, uint32_t child, const char *where, uint32_t id,
    const struct format_opts *o, struct format_notes *notes)
{
	if (parent == UINT32_MAX || child == UINT32_MAX)
		return json_odd(t->j, o, notes, where, "there is no node %u", id);
	if (t->nodes[child].linked && t->nodes[child].up != parent)
		return json_odd(t->j, o, notes, where, "node %u has two parents", t->nodes[child].id);
	t->nodes[child].up = parent;
	t->nodes[child].linked = true;
	return 0;
}

int v8_link(struct v8_tree *t, const struct format_opts *o, struct format_notes *notes)
{
	make_dense(t);
	for (uint32_t i = 0; i < t->n; i++) {
		if (t->nodes[i].linked && t->nodes[i].id == 0)
			continue; /* nested ones need none */
		if (v8_find(t, t->nodes[i].id) != UINT32_MAX) {
			if (json_odd(t->j, o, notes, t->nodes[i].where, "node %u for the second time", t->nodes[i].id) <
			    0)
				return -1;
			continue;
		}
		put_id(t, i);
	}
	for (uint32_t i = 0; i < t->n_children; i++) {
		const struct v8_child *c = &t->children[i];

		if (link_child(t, c->parent, v8_find(t, c->id), t->nodes[c->parent].where, c->id, o, notes) < 0)
			return -1;
	}
	for (uint32_t i = 0; i < t->n; i++)
		if (t->nodes[i].has_parent &&
		    link_child(t, v8_find(t, t->nodes[i].parent), i, t->nodes[i].where, t->nodes[i].parent, o, notes) <
			0)
			return -1;
	return 0;
}
