/* v8_profile.c - profiles from V8's call trees */
#include <math.h>
#include <stdlib.h>

#include "formats/json/json_note.h"
#include "formats/json/v8.h"

#define EPOCH_US 1e15 /* clocks that began to count in 1970 are beyond */

/* Where samples of a node go: `left` more to `place`, which is that of the position tick whose turn it is. */
struct leaf {
	uint32_t place, left, next; /* next: of its ticks */
};

struct maker {
	struct v8_tree *t;
	struct profile_builder *b;
	struct stack_tree stacks;
	const struct format_opts *o;
	struct format_notes *notes;
	const struct tag *tags;
	uint32_t n_tags;
	struct leaf *leaves; /* of nodes */
	uint32_t *tick_node; /* by tick: node of the stack tree + 1 */
	bool one_type;       /* as cpuprofile_encode wrote it */
	int64_t divisor;     /* of a time, to a value */
};

static uint32_t location(struct maker *m, const struct v8_node *n, int64_t line)
{
	struct profile_builder *b = m->b;
	uint32_t name = profile_builder_str(b, n->name.n || m->one_type ? n->name : STR("(anonymous)"));
	struct function f = { .name = name, .system_name = name, .start_line = MAX(n->line, INT64_C(0)) };
	struct location l = { .n_lines = 1 };
	struct line where = { .line = line ? line : f.start_line };

	if (where.line == f.start_line)
		where.column = n->column;

	f.file = n->url.n ? profile_builder_str(b, n->url) : 0;
	l.mapping = profile_builder_mapping(b, &(struct mapping){ 0 });
	where.function = profile_builder_function(b, &f);
	return profile_builder_location(b, &l, &where);
}

/* Node i is node i + 1 of the stack tree. */
static void make_stacks(struct maker *m, size_t input)
{
	struct v8_tree *t = m->t;

	stack_tree_init(&m->stacks, t->j->a, m->b, input);
	for (uint32_t i = 0; i < t->n; i++) {
		const struct v8_node *n = &t->nodes[i];
		bool root = n->up == UINT32_MAX;

		stack_tree_new(&m->stacks, root ? STACK_TREE_ROOT : n->up + 1,
		    root && str_eq(n->name, STR("(root)")) ? PROFILE_NONE : location(m, n, 0));
	}
	m->leaves = arena_zarray(t->j->a, t->n, sizeof(*m->leaves));
	m->tick_node = arena_zarray(t->j->a, t->n_ticks, sizeof(*m->tick_node));
}

/* On to the next tick; behind the last the line is not known. */
static void next_tick(struct maker *m, uint32_t node)
{
	const struct v8_node *v = &m->t->nodes[node];
	struct leaf *l = &m->leaves[node];
	uint32_t parent = m->stacks.nodes[node + 1].parent, tick;

	while (l->left == 0 && l->next < v->n_ticks)
		l->left = m->t->ticks[v->first_tick + l->next++].ticks;
	if (l->left == 0) {
		l->place = node + 1;
		l->left = UINT32_MAX;
		return;
	}
	tick = v->first_tick + l->next - 1;
	l->place = node + 1;
	if (m->t->ticks[tick].line == 0)
		return;
	if (m->tick_node[tick] == 0)
		m->tick_node[tick] = stack_tree_child(&m->stacks, parent, location(m, v, m->t->ticks[tick].line)) + 1;
	l->place = m->tick_node[tick] - 1;
}

/* The node of the stack tree for the next of up to *n samples of a node; *n becomes how many there are alike. */
static inline uint32_t leaf(struct maker *m, uint32_t node, uint64_t *n)
{
	struct leaf *l = &m->leaves[node];

	if (UNLIKELY(l->left == 0))
		next_tick(m, node);
	*n = MIN(*n, (uint64_t)l->left);
	l->left -= (uint32_t)*n;
	return l->place;
}

struct moment {
	int64_t at; /* ns from the beginning */
	uint32_t sample;
};

static int moment_cmp(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->sample < y->sample ? -1 : x->sample > y->sample;
}

/* The samples in the order of their times; NULL when that is the order of the text. */
static struct moment *make_moments(const struct v8_tree *t)
{
	struct moment *all;
	int64_t at = 0;
	uint32_t i = 0;

	while (i < t->n_deltas && t->deltas[i] >= 0)
		i++;
	if (i == t->n_deltas)
		return NULL;
	all = arena_array(t->j->a, t->n_samples, sizeof(*all));
	for (i = 0; i < t->n_samples; i++) {
		stack_tree_sum(&at, i < t->n_deltas ? t->deltas[i] : 0);
		all[i] = (struct moment){ at, i };
	}
	if (t->n_samples)
		qsort(all, t->n_samples, sizeof(*all), moment_cmp);
	return all;
}

/* Until when the last sample, which was at `last`, lasts. */
static int64_t end_of(const struct v8_tree *t, int64_t last)
{
	if (t->has_end && !t->seconds && t->n_deltas && fabs(t->end - t->start) < 1e15)
		return MAX(last, (int64_t)nearbyint((t->end - t->start) * 1e3));
	return last;
}

static int64_t start_ns(const struct v8_tree *t)
{
	return t->start > 0 && t->start < 9e15 ? (int64_t)(t->start * 1e3) : 0;
}

static int add_sample(struct maker *m, uint32_t sample, int64_t at, int64_t weight)
{
	struct v8_tree *t = m->t;
	uint32_t node = v8_find(t, t->samples[sample]), place;
	int64_t v[2] = { 1, weight }, when = start_ns(t);
	uint64_t one = 1;

	if (node == UINT32_MAX)
		return json_odd(t->j, m->o, m->notes, t->j->start, "sample %u is of node %u, which is not there",
		    sample, t->samples[sample]);
	if (m->one_type)
		v[0] = weight / m->divisor;
	if (m->one_type && v[0] == 0)
		return 0;
	place = leaf(m, node, &one);
	if (m->o->keep & FORMAT_TIMES) {
		stack_tree_sum(&when, at);
		return stack_tree_add_at(&m->stacks, place, v, m->tags, m->n_tags, when, t->j->e);
	}
	stack_tree_sum(&m->stacks.nodes[place].v[0], v[0]);
	if (!m->one_type)
		stack_tree_sum(&m->stacks.nodes[place].v[1], v[1]);
	return 0;
}

/* Deltas may be fewer than samples where a trace was cut. A sample lasts until the next. */
static int from_samples(struct maker *m)
{
	struct v8_tree *t = m->t;
	struct moment *all = make_moments(t);
	int64_t at = all ? all[0].at : t->n_deltas ? t->deltas[0] : 0;

	for (uint32_t i = 0; i < t->n_samples; i++) {
		int64_t next = at, weight;

		if (i + 1 == t->n_samples)
			next = end_of(t, at);
		else if (all)
			next = all[i + 1].at;
		else
			stack_tree_sum(&next, i + 1 < t->n_deltas ? t->deltas[i + 1] : 0);
		if (__builtin_sub_overflow(next, at, &weight))
			weight = INT64_MAX;
		if (add_sample(m, all ? all[i].sample : i, at, weight) < 0)
			return -1;
		at = next;
	}
	return 0;
}

/* Without samples: the time of the profile in equal parts. */
static int from_hits(struct maker *m)
{
	struct v8_tree *t = m->t;
	double total = 0, ns = t->has_end ? (t->end - t->start) * (t->seconds ? 1e9 : 1e3) : 0;

	for (uint32_t i = 0; i < t->n; i++)
		total += (double)t->nodes[i].hits;
	ns = total > 0 && ns > 0 && ns < 1e18 ? ns / total : 0;
	for (uint32_t i = 0; i < t->n; i++)
		for (uint64_t left = t->nodes[i].hits, n; left; left -= n) {
			struct stack_node *node;

			n = left;
			node = &m->stacks.nodes[leaf(m, i, &n)];
			stack_tree_sum(&node->v[0], (int64_t)n);
			stack_tree_sum(&node->v[1], (int64_t)nearbyint(ns * (double)n));
		}
	return 0;
}

static int make_values(struct maker *m)
{
	if ((m->t->n_samples ? from_samples(m) : from_hits(m)) < 0)
		return -1;
	return stack_tree_emit(&m->stacks, m->tags, m->n_tags, m->t->j->e);
}

static struct profile *finish(struct maker *m)
{
	struct v8_tree *t = m->t;
	struct profile *p = profile_builder_finish(m->b);
	double ns = (t->end - t->start) * (t->seconds ? 1e9 : 1e3);

	if (t->start > EPOCH_US)
		p->time = start_ns(t);
	if (t->has_end && ns > 0 && ns < 1e18)
		p->duration = (int64_t)nearbyint(ns);
	return p;
}

struct profile *v8_profile(struct v8_tree *t, struct profile_builder *b, const struct tag *tags, uint32_t n_tags,
    const struct format_opts *o, struct format_notes *notes, size_t input)
{
	struct maker m = { .t = t, .b = b, .o = o, .notes = notes, .tags = tags, .n_tags = n_tags };

	profile_builder_type(b, 0, STR("samples"), STR("count"));
	profile_builder_type(b, 1, STR("cpu"), STR("nanoseconds"));
	if (v8_link(t, o, notes) < 0)
		return NULL;
	make_stacks(&m, input);
	return make_values(&m) < 0 ? NULL : finish(&m);
}

/* ---- .cpuprofile ---- */

struct own { /* what cpuprofile_encode adds, for values that are no times */
	bool any;
	struct str type, unit;
};

static void read_own(struct jwalk *j, struct own *own)
{
	struct str key;

	if (!jwalk_try(j, '{'))
		return;
	own->any = true;
	while (jwalk_member(j, &key))
		if (str_eq(key, STR("type")))
			own->type = jwalk_str_or(j, STR_NONE);
		else if (str_eq(key, STR("unit")))
			own->unit = jwalk_str_or(j, STR_NONE);
		else
			jwalk_skip(j);
}

/* Of the old form: the first is the beginning. */
static void read_timestamps(struct v8_tree *t)
{
	double last = 0;

	t->n_deltas = 0;
	for (jwalk_open(t->j, '['); jwalk_item(t->j);) {
		double at = jwalk_f64(t->j);

		if (t->n_deltas == 0)
			t->start = at;
		if (t->n_deltas == t->cap_deltas)
			t->deltas = profile_grow(t->j->a, t->deltas, sizeof(*t->deltas), t->n_deltas, &t->cap_deltas);
		t->deltas[t->n_deltas] = t->n_deltas ? (int64_t)nearbyint(fmin(fmax(at - last, -1e15), 1e15) * 1e3) : 0;
		t->n_deltas++;
		last = at;
	}
}

static int read_cpuprofile(struct v8_tree *t, struct own *own)
{
	bool stamps = false, any = false;
	double start = 0;
	struct str key;

	for (jwalk_open(t->j, '{'); jwalk_member(t->j, &key);)
		if (str_eq(key, STR("nodes"))) {
			t->n = t->n_children = t->n_ticks = 0;
			v8_read_nodes(t);
			any = true;
		} else if (str_eq(key, STR("head"))) {
			t->n = t->n_children = t->n_ticks = 0;
			v8_read_head(t);
			any = true;
		} else if (str_eq(key, STR("samples"))) {
			t->n_samples = 0;
			v8_read_samples(t);
		} else if (str_eq(key, STR("timeDeltas"))) {
			t->n_deltas = 0;
			v8_read_deltas(t);
		} else if (str_eq(key, STR("timestamps"))) {
			read_timestamps(t);
			stamps = true;
		} else if (str_eq(key, STR("startTime"))) {
			start = jwalk_f64(t->j);
		} else if (str_eq(key, STR("endTime"))) {
			t->end = jwalk_f64(t->j);
			t->has_end = true;
		} else if (str_eq(key, STR("$pyro"))) {
			read_own(t->j, own);
		} else {
			jwalk_skip(t->j);
		}
	if (!stamps)
		t->start = start;
	t->has_end = t->has_end && !stamps;
	t->seconds = t->n_deltas == 0;
	if (jwalk_end(t->j) < 0)
		return -1;
	return any ? 0 : err_set(t->j->e, ERR_INVALID, "neither \"nodes\" nor \"head\"");
}

static int make_cpuprofile(struct v8_tree *t, const struct own *own, const struct format_opts *o, struct profile **out,
    struct format_notes *notes, size_t input)
{
	struct maker m = { .t = t, .o = o, .notes = notes, .one_type = own->any && t->n_samples };

	m.b = profile_builder_new(t->j->a, m.one_type ? 1 : 2);
	m.divisor = str_eq(own->unit, STR("nanoseconds")) ? 1 : NS_PER_US;
	profile_builder_type(m.b, 0, m.one_type ? own->type : STR("samples"), m.one_type ? own->unit : STR("count"));
	if (!m.one_type)
		profile_builder_type(m.b, 1, STR("cpu"), STR("nanoseconds"));
	if (v8_link(t, o, notes) < 0)
		return -1;
	make_stacks(&m, input);
	if (make_values(&m) < 0)
		return -1;
	*out = finish(&m);
	return 0;
}

int cpuprofile_decode(struct arena *a, struct str json, const struct format_opts *o, struct profile **out,
    struct format_notes *notes, struct err *e)
{
	struct own own = { 0 };
	struct v8_tree t = { 0 };
	struct jwalk j;

	*out = NULL;
	*notes = (struct format_notes){ 0 };
	jwalk_init(&j, a, json, e);
	t.j = &j;
	if (read_cpuprofile(&t, &own) < 0 || make_cpuprofile(&t, &own, o, out, notes, json.n) < 0)
		return err_wrap(e, "cpuprofile");
	return 0;
}

/* ---- .heapprofile ---- */

struct heap_sample {
	uint32_t node;
	int64_t size, count;
};

struct heap_samples {
	struct heap_sample *p;
	uint32_t n, cap;
	bool any;
};

static void read_heap_samples(struct jwalk *j, struct heap_samples *s)
{
	struct str key;

	s->n = 0;
	s->any = true;
	for (jwalk_open(j, '['); jwalk_item(j);) {
		struct heap_sample one = { .count = 1 };

		for (jwalk_open(j, '{'); jwalk_member(j, &key);)
			if (str_eq(key, STR("size")))
				one.size = jwalk_i64(j);
			else if (str_eq(key, STR("nodeId")))
				one.node = jwalk_u32(j);
			else if (str_eq(key, STR("count")))
				one.count = jwalk_i64(j);
			else
				jwalk_skip(j);
		if (s->n == s->cap)
			s->p = profile_grow(j->a, s->p, sizeof(*s->p), s->n, &s->cap);
		s->p[s->n++] = one;
	}
}

/* A sample stands for its size; it is one object. */
static int make_heap(struct maker *m, const struct heap_samples *s)
{
	struct v8_tree *t = m->t;
	unsigned space = s->any ? 1 : 0;

	m->b = profile_builder_new(t->j->a, space + 1);
	if (s->any)
		profile_builder_type(m->b, 0, STR("inuse_objects"), STR("count"));
	profile_builder_type(m->b, space, STR("inuse_space"), STR("bytes"));
	if (v8_link(t, m->o, m->notes) < 0)
		return -1;
	make_stacks(m, (size_t)(t->j->end - t->j->start));
	for (uint32_t i = 0; i < t->n; i++)
		stack_tree_sum(&m->stacks.nodes[i + 1].v[space], (int64_t)MIN(t->nodes[i].size, (uint64_t)INT64_MAX));
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t node = v8_find(t, s->p[i].node);

		if (node != UINT32_MAX)
			stack_tree_sum(&m->stacks.nodes[node + 1].v[0], s->p[i].count);
		else /* V8 leaves out nodes, but not their samples */
			json_passed(t->j, m->notes, t->j->start, "sample %u is of node %u, which is not there", i,
			    s->p[i].node);
	}
	return stack_tree_emit(&m->stacks, NULL, 0, t->j->e);
}

static int read_heapprofile(struct v8_tree *t, struct heap_samples *s)
{
	struct str key;
	bool any = false;

	for (jwalk_open(t->j, '{'); jwalk_member(t->j, &key);)
		if (str_eq(key, STR("head"))) {
			t->n = 0;
			v8_read_head(t);
			any = true;
		} else if (str_eq(key, STR("samples")) && jwalk_kind(t->j) == '[') {
			read_heap_samples(t->j, s);
		} else {
			jwalk_skip(t->j);
		}
	if (jwalk_end(t->j) < 0)
		return -1;
	return any ? 0 : err_set(t->j->e, ERR_INVALID, "no object \"head\"");
}

int heapprofile_decode(struct arena *a, struct str json, const struct format_opts *o, struct profile **out,
    struct format_notes *notes, struct err *e)
{
	struct heap_samples samples = { 0 };
	struct v8_tree t = { 0 };
	struct maker m = { .t = &t, .o = o, .notes = notes };
	struct jwalk j;

	*out = NULL;
	*notes = (struct format_notes){ 0 };
	jwalk_init(&j, a, json, e);
	t.j = &j;
	if (read_heapprofile(&t, &samples) < 0 || make_heap(&m, &samples) < 0)
		return err_wrap(e, "heapprofile");
	*out = profile_builder_finish(m.b);
	return 0;
}
