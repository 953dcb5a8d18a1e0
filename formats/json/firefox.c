/* firefox.c - reads columns, of threads and of what they share, and puts them together at the end */
#include "formats/json/firefox.h"

#include <math.h>

#include "base/vec.h"
#include "formats/json/json_note.h"
#include "formats/json/json_units.h"
#include "formats/json/stack_tree.h"

enum { NONE = -1, MAX_THREADS = 1 << 14 };

/* A column of whole numbers; null is NONE. */
struct column {
	int64_t *p;
	uint32_t n, cap;
	bool any;
};

struct floats {
	double *p;
	uint32_t n, cap;
	bool any;
};

struct texts {
	struct str *p;
	uint32_t n, cap;
	bool any;
};

/* Of a stack the node in a thread's tree, of a frame its location: made when it is needed. */
struct slot {
	uint32_t thread, made; /* thread: its number + 1 */
};

struct tables {
	struct column prefix, frame;               /* of stacks */
	struct column func, line, column, address; /* of frames */
	struct column name, file, source, start;   /* of functions */
	struct column source_file;                 /* of sources: a string */
	struct texts strings;
	struct slot *stack_slots, *frame_slots; /* of the rows; NULL: not needed yet */
	const struct tables *checked;           /* the frames that the stacks were checked against */
};

struct thread {
	struct str name, process, pid, tid, weight_type;
	struct str own_type, own_unit;
	bool own;
	struct column stack;
	struct floats time, deltas;
	struct column weight;  /* in what the profile has: ns, bytes, counts */
	const char *weight_at; /* read again when the type is known */
	struct tables t;
	const char *where;
};

struct reader {
	struct jwalk j;
	const struct format_opts *o;
	struct format_notes notes;
	struct tables shared;
	VEC(struct thread) threads;
	VEC(uint32_t) way;      /* stacks from one outwards that have no node yet */
	size_t work;            /* of the trees of all threads */
	double interval, start; /* ms */
	bool raw;               /* a table with a schema: raw Gecko */
	size_t size;
};

/* ---- text ---- */

static void read_column(struct jwalk *j, struct column *c)
{
	c->n = 0;
	c->any = jwalk_kind(j) == '[';
	if (!jwalk_try(j, '['))
		return;
	while (jwalk_item(j)) {
		if (c->n == c->cap)
			c->p = profile_grow(j->a, c->p, sizeof(*c->p), c->n, &c->cap);
		c->p[c->n++] = jwalk_i64_or(j, NONE);
	}
}

static void read_floats(struct jwalk *j, struct floats *c)
{
	c->n = 0;
	c->any = jwalk_kind(j) == '[';
	if (!jwalk_try(j, '['))
		return;
	while (jwalk_item(j)) {
		if (c->n == c->cap)
			c->p = profile_grow(j->a, c->p, sizeof(*c->p), c->n, &c->cap);
		c->p[c->n++] = jwalk_f64_or(j, 0);
	}
}

static void read_strings(struct jwalk *j, struct texts *c)
{
	c->n = 0;
	c->any = jwalk_kind(j) == '[';
	if (!jwalk_try(j, '['))
		return;
	while (jwalk_item(j)) {
		if (c->n == c->cap)
			c->p = profile_grow(j->a, c->p, sizeof(*c->p), c->n, &c->cap);
		c->p[c->n++] = jwalk_str_or(j, STR_NONE);
	}
}

/* Which columns a table may have, and where they go. */
struct place {
	const char *name;
	struct column *column;
};

static void read_table(struct reader *r, const struct place *places, unsigned n)
{
	struct str key;

	if (!jwalk_try(&r->j, '{'))
		return;
	while (jwalk_member(&r->j, &key)) {
		unsigned i = 0;

		r->raw = r->raw || str_eq(key, STR("schema"));
		while (i < n && !str_eq(key, str_cstr(places[i].name)))
			i++;
		if (i < n)
			read_column(&r->j, places[i].column);
		else
			jwalk_skip(&r->j);
	}
}

/* A member that both threads and what they share may have; false: it is none. */
static bool read_tables(struct reader *r, struct tables *t, struct str key)
{
	if (str_eq(key, STR("stackTable")))
		read_table(r, (struct place[]){ { "prefix", &t->prefix }, { "frame", &t->frame } }, 2);
	else if (str_eq(key, STR("frameTable")))
		read_table(r,
		    (struct place[]){ { "func", &t->func }, { "line", &t->line }, { "column", &t->column },
			{ "address", &t->address } },
		    4);
	else if (str_eq(key, STR("funcTable")))
		read_table(r,
		    (struct place[]){ { "name", &t->name }, { "fileName", &t->file }, { "source", &t->source },
			{ "lineNumber", &t->start } },
		    4);
	else if (str_eq(key, STR("sources")))
		read_table(r, (struct place[]){ { "filename", &t->source_file }, { "fileName", &t->source_file } }, 2);
	else if (str_eq(key, STR("stringArray")) || str_eq(key, STR("stringTable")))
		read_strings(&r->j, &t->strings);
	else
		return false;
	return true;
}

static void pass_weights(struct reader *r, struct thread *t)
{
	t->weight_at = jwalk_kind(&r->j) == '[' ? r->j.p : NULL;
	jwalk_skip(&r->j);
}

static void read_weights(struct reader *r, struct thread *t)
{
	int shift = str_eq(t->weight_type, STR("tracing-ms")) ? 6 : 0;
	struct column *c = &t->weight;
	struct jwalk sub;

	c->n = 0;
	c->any = t->weight_at != NULL && !r->j.failed;
	if (!c->any)
		return;
	jwalk_sub(&sub, &r->j, t->weight_at);
	for (jwalk_open(&sub, '['); jwalk_item(&sub);) {
		if (c->n == c->cap)
			c->p = profile_grow(r->j.a, c->p, sizeof(*c->p), c->n, &c->cap);
		if (jwalk_kind(&sub) == '0') {
			c->p[c->n++] = jwalk_scaled(&sub, shift);
		} else {
			jwalk_skip(&sub);
			c->p[c->n++] = 0;
		}
	}
	r->j.failed = sub.failed;
}

static void read_samples(struct reader *r, struct thread *t)
{
	struct str key;

	if (!jwalk_try(&r->j, '{'))
		return;
	while (jwalk_member(&r->j, &key))
		if (str_eq(key, STR("stack")))
			read_column(&r->j, &t->stack);
		else if (str_eq(key, STR("time")))
			read_floats(&r->j, &t->time);
		else if (str_eq(key, STR("timeDeltas")))
			read_floats(&r->j, &t->deltas);
		else if (str_eq(key, STR("weight")))
			pass_weights(r, t);
		else if (str_eq(key, STR("weightType")))
			t->weight_type = jwalk_str_or(&r->j, STR_NONE);
		else {
			r->raw = r->raw || str_eq(key, STR("schema"));
			jwalk_skip(&r->j);
		}
	read_weights(r, t);
}

static void read_own(struct jwalk *j, struct thread *t)
{
	struct str key;

	if (!jwalk_try(j, '{'))
		return;
	t->own = true;
	while (jwalk_member(j, &key))
		if (str_eq(key, STR("type")))
			t->own_type = jwalk_str_or(j, STR_NONE);
		else if (str_eq(key, STR("unit")))
			t->own_unit = jwalk_str_or(j, STR_NONE);
		else
			jwalk_skip(j);
}

static void read_thread(struct reader *r)
{
	struct thread *t;
	struct str key;

	if (r->threads.n == MAX_THREADS) {
		jwalk_fail(&r->j, "more than %d threads", MAX_THREADS);
		return;
	}
	vec_push(&r->threads, ((struct thread){ .where = r->j.p }));
	t = &r->threads.p[r->threads.n - 1];
	for (jwalk_open(&r->j, '{'); jwalk_member(&r->j, &key);)
		if (str_eq(key, STR("name")))
			t->name = jwalk_str_or(&r->j, STR_NONE);
		else if (str_eq(key, STR("processName")))
			t->process = jwalk_str_or(&r->j, STR_NONE);
		else if (str_eq(key, STR("pid")))
			t->pid = jwalk_word(&r->j);
		else if (str_eq(key, STR("tid")))
			t->tid = jwalk_word(&r->j);
		else if (str_eq(key, STR("samples")))
			read_samples(r, t);
		else if (str_eq(key, STR("$pyro")))
			read_own(&r->j, t);
		else if (!read_tables(r, &t->t, key))
			jwalk_skip(&r->j);
}

static void read_meta(struct reader *r)
{
	struct str key;

	if (!jwalk_try(&r->j, '{'))
		return;
	while (jwalk_member(&r->j, &key))
		if (str_eq(key, STR("interval")))
			r->interval = jwalk_f64_or(&r->j, 1);
		else if (str_eq(key, STR("startTime")))
			r->start = jwalk_f64_or(&r->j, 0);
		else
			jwalk_skip(&r->j);
}

static int read_text(struct reader *r)
{
	bool any = false;
	struct str key;

	for (jwalk_open(&r->j, '{'); jwalk_member(&r->j, &key);)
		if (str_eq(key, STR("meta"))) {
			read_meta(r);
		} else if (str_eq(key, STR("shared")) && jwalk_kind(&r->j) == '{') {
			for (jwalk_open(&r->j, '{'); jwalk_member(&r->j, &key);)
				if (!read_tables(r, &r->shared, key))
					jwalk_skip(&r->j);
		} else if (str_eq(key, STR("threads"))) {
			any = true;
			r->threads.n = 0;
			for (jwalk_open(&r->j, '['); jwalk_item(&r->j);)
				read_thread(r);
		} else {
			jwalk_skip(&r->j);
		}
	if (jwalk_end(&r->j) < 0)
		return -1;
	if (r->raw)
		return err_set(r->j.e, ERR_UNSUPPORTED,
		    "a raw profile of Gecko, not a processed one: open it in profiler.firefox.com and save it there");
	return any ? 0 : err_set(r->j.e, ERR_INVALID, "no array \"threads\"");
}

/* ---- profiles ---- */

struct maker {
	struct reader *r;
	struct thread *t;
	struct tables *stacks, *frames, *funcs, *sources, *strings;
	uint32_t number; /* + 1 */
	struct profile_builder *b;
	struct stack_tree tree;
	struct tag tags[2];
	uint32_t n_tags;
	bool weighted; /* one type: that of the weights */
};

static int64_t at(const struct column *c, int64_t i)
{
	return i >= 0 && i < c->n ? c->p[i] : NONE;
}

static struct str string(const struct maker *m, int64_t i)
{
	const struct texts *s = &m->strings->strings;

	return i >= 0 && i < s->n ? s->p[i] : STR_NONE;
}

static uint32_t location(struct maker *m, int64_t frame)
{
	const struct tables *f = m->funcs;
	struct profile_builder *b = m->b;
	int64_t func = at(&m->frames->func, frame), line = at(&m->frames->line, frame);
	int64_t start = at(&f->start, func), address = at(&m->frames->address, frame), file = at(&f->file, func);
	struct str name = string(m, at(&f->name, func));
	struct function fn = { .start_line = MAX(start, INT64_C(0)) };
	struct location l = { .n_lines = 1, .address = address > 0 ? (uint64_t)address : 0 };
	struct line where = { .line = line > 0 ? line : fn.start_line,
		.column = line > 0 ? profile_column(at(&m->frames->column, frame)) : 0 };

	if (file == NONE && f->source.any)
		file = at(&m->sources->source_file, at(&f->source, func));
	fn.name = fn.system_name = profile_builder_str(b, name);
	fn.file = profile_builder_str(b, string(m, file));
	l.mapping = profile_builder_mapping(b, &(struct mapping){ 0 });
	where.function = profile_builder_function(b, &fn);
	return profile_builder_location(b, &l, &where);
}

static bool is_frame(const struct maker *m, int64_t f)
{
	return f >= 0 && f < m->frames->func.n;
}

static bool is_prefix(const struct maker *m, int64_t up)
{
	return up >= NONE && up < m->stacks->frame.n;
}

/* Every stack, whether it has samples or not; of shared tables once. */
static int check_stacks(struct maker *m)
{
	struct reader *r = m->r;

	if (m->stacks->checked == m->frames)
		return 0;
	m->stacks->checked = m->frames;
	for (uint32_t i = 0; i < m->stacks->frame.n; i++) {
		bool frame = is_frame(m, m->stacks->frame.p[i]);

		if ((!frame || !is_prefix(m, at(&m->stacks->prefix, i))) &&
		    json_odd(&r->j, r->o, &r->notes, m->t->where, "stack %u has a %s that is not there", i,
			frame ? "prefix" : "frame") < 0)
			return -1;
	}
	return 0;
}

static uint32_t frame_location(struct maker *m, int64_t frame)
{
	struct slot *s = &m->frames->frame_slots[frame];

	if (s->thread != m->number)
		*s = (struct slot){ m->number, location(m, frame) };
	return s->made;
}

/* Only stacks that have samples get nodes: many threads may share a large table. */
static int node_of(struct maker *m, int64_t stack, uint32_t *node)
{
	struct reader *r = m->r;
	struct slot *slots = m->stacks->stack_slots;
	int64_t i = stack;

	r->way.n = 0;
	while (i != NONE && slots[i].thread != m->number) {
		if (r->way.n == m->stacks->frame.n)
			return err_set(r->j.e, ERR_INVALID, "the prefixes of stack %lld lead in a circle",
			    (long long)stack);
		vec_push(&r->way, (uint32_t)i);
		i = at(&m->stacks->prefix, i);
		i = is_prefix(m, i) ? i : NONE;
	}
	*node = i == NONE ? STACK_TREE_ROOT : slots[i].made;
	if (stack_tree_spend(&m->tree, r->way.n, r->j.e) < 0)
		return -1;
	while (r->way.n > 0) {
		int64_t frame;
		bool fits;

		i = r->way.p[--r->way.n];
		frame = m->stacks->frame.p[i];
		fits = is_frame(m, frame) && is_prefix(m, at(&m->stacks->prefix, i));
		*node = stack_tree_new(&m->tree, fits ? *node : STACK_TREE_ROOT,
		    fits ? frame_location(m, frame) : PROFILE_NONE);
		slots[i] = (struct slot){ m->number, *node };
	}
	return 0;
}

static int make_tree(struct maker *m)
{
	struct reader *r = m->r;

	if (check_stacks(m) < 0)
		return -1;
	if (m->stacks->stack_slots == NULL)
		m->stacks->stack_slots = arena_zarray(r->j.a, m->stacks->frame.n, sizeof(struct slot));
	if (m->frames->frame_slots == NULL)
		m->frames->frame_slots = arena_zarray(r->j.a, m->frames->func.n, sizeof(struct slot));
	stack_tree_init(&m->tree, r->j.a, m->b, r->size);
	m->tree.work = r->work;
	return 0;
}

static void set_types(struct maker *m)
{
	const struct thread *t = m->t;
	struct str type = STR("samples"), unit = STR("count");

	m->weighted = t->weight.any;
	if (str_eq(t->weight_type, STR("bytes"))) {
		type = STR("space");
		unit = STR("bytes");
	} else if (str_eq(t->weight_type, STR("tracing-ms"))) {
		type = STR("wall");
		unit = STR("nanoseconds");
	}
	m->b = profile_builder_new(m->r->j.a, m->weighted ? 1 : 2);
	if (m->weighted && t->own) {
		type = t->own_type;
		unit = t->own_unit;
	}
	profile_builder_type(m->b, 0, m->weighted ? type : STR("samples"), m->weighted ? unit : STR("count"));
	if (!m->weighted)
		profile_builder_type(m->b, 1, STR("wall"), STR("nanoseconds"));
	m->n_tags = 0;
	if ((m->r->o->keep & FORMAT_TAGS) == 0)
		return;
	if (t->process.n || t->pid.n)
		m->tags[m->n_tags++] = (struct tag){ .key = profile_builder_str(m->b, STR("process")),
			.str = profile_builder_str(m->b, t->process.n ? t->process : t->pid) };
	m->tags[m->n_tags++] = (struct tag){ .key = profile_builder_str(m->b, STR("thread")),
		.str = profile_builder_str(m->b, t->name.n ? t->name : t->tid) };
}

/* Times of samples, from the deltas where there are some. */
static double *times_of(struct maker *m)
{
	const struct thread *t = m->t;
	double *times = arena_zarray(m->r->j.a, (size_t)t->stack.n + 1, sizeof(*times)), sum = 0;

	for (uint32_t i = 0; i < t->stack.n; i++) {
		sum += i < t->deltas.n ? t->deltas.p[i] : 0;
		times[i] = t->time.any ? (i < t->time.n ? t->time.p[i] : i ? times[i - 1] : 0) : sum;
	}
	times[t->stack.n] = (t->stack.n ? times[t->stack.n - 1] : 0) + m->r->interval;
	return times;
}

static int value_of(struct maker *m, struct rounding *round, double v, uint32_t sample, int64_t *out)
{
	if (unit_round(round, v, out))
		return 0;
	return err_set(m->r->j.e, ERR_INVALID, "%s: sample %u is beyond 64 bits", jwalk_where(&m->r->j, m->t->where).p,
	    sample);
}

static int add_sample(struct maker *m, uint32_t i, const double *times, struct rounding *round)
{
	int64_t stack = m->t->stack.p[i], n = m->stacks->frame.n, v[2] = { 1, 0 };
	double wall = (times[i + 1] - times[i]) * 1e6;
	uint32_t node = STACK_TREE_ROOT;

	if (stack < 0)
		return 0;
	if (stack >= n)
		return json_odd(&m->r->j, m->r->o, &m->r->notes, m->t->where,
		    "sample %u has stack %lld, there are %lld", i, (long long)stack, (long long)n);
	if (m->weighted)
		v[0] = i < m->t->weight.n ? m->t->weight.p[i] : 0;
	if (!m->weighted && value_of(m, round, MAX(wall, 0.0), i, &v[1]) < 0)
		return -1;
	if (node_of(m, stack, &node) < 0)
		return -1;
	if (m->r->o->keep & FORMAT_TIMES)
		return stack_tree_add_at(&m->tree, node, v, m->tags, m->n_tags,
		    unit_time(unit_find(STR("milliseconds")), m->r->start + times[i]), m->r->j.e);
	stack_tree_sum(&m->tree.nodes[node].v[0], v[0]);
	stack_tree_sum(&m->tree.nodes[node].v[1], v[1]);
	return 0;
}

static struct tables *choose(struct thread *t, struct reader *r, bool own)
{
	return own ? &t->t : &r->shared;
}

static int make_thread(struct reader *r, uint32_t number, struct profile **out)
{
	struct thread *t = &r->threads.p[number];
	struct maker m = { .r = r, .t = t, .number = number + 1 };
	struct rounding round = { 0 };
	double *times;

	m.stacks = choose(t, r, t->t.frame.any);
	m.frames = choose(t, r, t->t.func.any);
	m.funcs = choose(t, r, t->t.name.any);
	m.sources = choose(t, r, t->t.source_file.any);
	m.strings = choose(t, r, t->t.strings.any);
	set_types(&m);
	if (make_tree(&m) < 0)
		return -1;
	times = times_of(&m);
	for (uint32_t i = 0; i < t->stack.n; i++)
		if (add_sample(&m, i, times, &round) < 0)
			return -1;
	if (stack_tree_emit(&m.tree, m.tags, m.n_tags, r->j.e) < 0)
		return -1;
	r->work = m.tree.work; /* what all threads have together is limited */
	*out = profile_builder_finish(m.b);
	(*out)->time = r->start > 0 && r->start < 9e12 ? (int64_t)(r->start * 1e6) : 0;
	return 0;
}

int firefox_decode(struct arena *a, struct str json, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct reader r = { .o = o, .size = json.n, .interval = 1 };
	int rc;

	jwalk_init(&r.j, a, json, e);
	rc = read_text(&r);
	out->p = arena_zarray(a, r.threads.n, sizeof(*out->p));
	for (uint32_t i = 0; i < r.threads.n && rc == 0; i++) {
		rc = make_thread(&r, i, &out->p[out->n].p);
		out->p[out->n++].name = r.threads.p[i].name;
	}
	out->notes = r.notes;
	vec_free(&r.threads);
	vec_free(&r.way);
	return rc < 0 ? err_wrap(e, "firefox") : 0;
}
