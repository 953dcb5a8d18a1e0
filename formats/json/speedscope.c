/*
 * speedscope.c - reads the text once: the frames may come behind the profiles
 * that use them, so stacks are kept as numbers until the end.
 */
#include "formats/json/speedscope.h"

#include "base/vec.h"
#include "formats/json/json_note.h"
#include "formats/json/json_walk.h"
#include "formats/json/stack_tree.h"

enum { MAX_SAMPLES = 1 << 30, MAX_PROFILES = 1 << 14, RUN = 128 };

struct frame {
	struct str name, file;
	int64_t line;
	uint32_t column;
};

/* The location of a frame in the builder of that profile, made when it is needed. Small: it is looked up for each use. */
struct slot {
	uint32_t profile, location;
};

struct event {
	const char *where;
	double at;
	uint32_t frame;
	bool open, known;
};

struct track {
	const char *where;
	struct str name, type, unit;
	double start, end;
	VEC(uint32_t) stacks; /* one after the other */
	VEC(uint32_t) ends;   /* of each in stacks */
	VEC(double) weights;
	VEC(struct event) events;
};

struct reader {
	struct jwalk j;
	const struct format_opts *o;
	struct speedscope *out;
	struct str schema, exporter;
	bool any; /* there were profiles */
	VEC(struct frame) frames;
	struct slot *slots; /* of frames */
	VEC(struct track) tracks;
	VEC(uint32_t) stack;
	size_t size, work; /* work: of the trees of all profiles */
	struct err *e;
};

/* ---- text ---- */

static void read_frame(struct reader *r)
{
	struct frame f = { 0 };
	struct str key;

	for (jwalk_open(&r->j, '{'); jwalk_member(&r->j, &key);)
		if (str_eq(key, STR("name")))
			f.name = jwalk_str_or(&r->j, STR_NONE);
		else if (str_eq(key, STR("file")))
			f.file = jwalk_str_or(&r->j, STR_NONE);
		else if (str_eq(key, STR("line")))
			f.line = jwalk_i64_or(&r->j, 0);
		else if (str_eq(key, STR("col")))
			f.column = profile_column(jwalk_i64_or(&r->j, 0));
		else
			jwalk_skip(&r->j);
	vec_push(&r->frames, f);
}

static void read_shared(struct reader *r)
{
	struct str key;

	for (jwalk_open(&r->j, '{'); jwalk_member(&r->j, &key);) {
		if (!str_eq(key, STR("frames"))) {
			jwalk_skip(&r->j);
			continue;
		}
		r->frames.n = 0;
		for (jwalk_open(&r->j, '['); jwalk_item(&r->j);)
			read_frame(r);
	}
}

static void read_samples(struct reader *r, struct track *t)
{
	t->stacks.n = t->ends.n = 0;
	for (jwalk_open(&r->j, '['); jwalk_item(&r->j);) {
		for (jwalk_open(&r->j, '[');;) {
			vec_reserve(&t->stacks, RUN);
			t->stacks.n += jwalk_run(&r->j, t->stacks.p + t->stacks.n, RUN);
			if (!jwalk_item(&r->j))
				break;
			vec_push(&t->stacks, jwalk_u32(&r->j));
		}
		if (t->stacks.n > MAX_SAMPLES) {
			jwalk_fail(&r->j, "more than %d frames in one profile", MAX_SAMPLES);
			return;
		}
		vec_push(&t->ends, (uint32_t)t->stacks.n);
	}
}

static void read_weights(struct reader *r, struct track *t)
{
	uint32_t run[RUN];

	t->weights.n = 0;
	for (jwalk_open(&r->j, '[');;) {
		size_t n = jwalk_run(&r->j, run, RUN);

		vec_reserve(&t->weights, RUN);
		for (size_t i = 0; i < n; i++)
			t->weights.p[t->weights.n++] = run[i];
		if (!jwalk_item(&r->j))
			break;
		vec_push(&t->weights, jwalk_f64(&r->j));
	}
}

static void read_event(struct reader *r, struct track *t)
{
	struct event ev = { 0 };
	struct str key, type = STR_NONE;

	jwalk_open(&r->j, '{');
	ev.where = r->j.p;
	while (jwalk_member(&r->j, &key))
		if (str_eq(key, STR("at")))
			ev.at = jwalk_f64(&r->j);
		else if (str_eq(key, STR("type")))
			type = jwalk_str(&r->j);
		else if (str_eq(key, STR("frame")))
			ev.frame = jwalk_u32(&r->j);
		else
			jwalk_skip(&r->j);
	ev.open = str_eq(type, STR("O"));
	ev.known = ev.open || str_eq(type, STR("C"));
	vec_push(&t->events, ev);
}

static void read_track(struct reader *r)
{
	struct track *t;
	struct str key;

	if (r->tracks.n == MAX_PROFILES) {
		jwalk_fail(&r->j, "more than %d profiles", MAX_PROFILES);
		return;
	}
	vec_push(&r->tracks, ((struct track){ .where = r->j.p }));
	t = &r->tracks.p[r->tracks.n - 1];
	for (jwalk_open(&r->j, '{'); jwalk_member(&r->j, &key);)
		if (str_eq(key, STR("type"))) {
			t->type = jwalk_str(&r->j);
		} else if (str_eq(key, STR("name"))) {
			t->name = jwalk_str_or(&r->j, STR_NONE);
		} else if (str_eq(key, STR("unit"))) {
			t->unit = jwalk_str(&r->j);
		} else if (str_eq(key, STR("startValue"))) {
			t->start = jwalk_f64_or(&r->j, 0);
		} else if (str_eq(key, STR("endValue"))) {
			t->end = jwalk_f64_or(&r->j, 0);
		} else if (str_eq(key, STR("samples"))) {
			read_samples(r, t);
		} else if (str_eq(key, STR("weights"))) {
			read_weights(r, t);
		} else if (str_eq(key, STR("events"))) {
			t->events.n = 0;
			for (jwalk_open(&r->j, '['); jwalk_item(&r->j);)
				read_event(r, t);
		} else {
			jwalk_skip(&r->j);
		}
}

static void free_tracks(struct reader *r)
{
	for (size_t i = 0; i < r->tracks.n; i++) {
		struct track *t = &r->tracks.p[i];

		vec_free(&t->stacks);
		vec_free(&t->ends);
		vec_free(&t->weights);
		vec_free(&t->events);
	}
	r->tracks.n = 0;
}

static int read_text(struct reader *r)
{
	struct str key;

	for (jwalk_open(&r->j, '{'); jwalk_member(&r->j, &key);)
		if (str_eq(key, STR("$schema"))) {
			r->schema = jwalk_str_or(&r->j, STR_NONE);
		} else if (str_eq(key, STR("exporter"))) {
			r->exporter = jwalk_str_or(&r->j, STR_NONE);
		} else if (str_eq(key, STR("shared"))) {
			read_shared(r);
		} else if (str_eq(key, STR("profiles"))) {
			free_tracks(r);
			r->any = true;
			for (jwalk_open(&r->j, '['); jwalk_item(&r->j);)
				read_track(r);
		} else {
			jwalk_skip(&r->j);
		}
	return jwalk_end(&r->j);
}

/* ---- profiles ---- */

/* Something to be lenient about: 0 and noted, or -1 and an error. */
#define ODD(r, at, ...) json_odd(&(r)->j, (r)->o, &(r)->out->notes, at, __VA_ARGS__)

static uint32_t new_location(struct reader *r, struct profile_builder *b, uint32_t track, uint32_t frame)
{
	const struct frame *f = &r->frames.p[frame];

	r->slots[frame] = (struct slot){ track, profile_builder_frame_at(b, f->name, f->file, f->line, f->column) };
	return r->slots[frame].location;
}

static inline uint32_t location(struct reader *r, struct profile_builder *b, uint32_t track, uint32_t frame)
{
	const struct slot *s = &r->slots[frame];

	return LIKELY(s->profile == track) ? s->location : new_location(r, b, track, frame);
}

static int value_of(struct reader *r, const struct track *t, const struct unit *u, struct rounding *round, double v,
    int64_t *out)
{
	if (unit_round(round, v * u->scale, out))
		return 0;
	return err_set(r->e, ERR_INVALID, "%s: a value is beyond 64 bits", jwalk_where(&r->j, t->where).p);
}

/* The stack of sample i, leaf first, in r->stack. */
static int sample_stack(struct reader *r, const struct track *t, struct profile_builder *b, uint32_t number, size_t i)
{
	uint32_t from = i ? t->ends.p[i - 1] : 0;

	r->stack.n = 0;
	vec_reserve(&r->stack, t->ends.p[i] - from);
	for (uint32_t k = t->ends.p[i]; k > from; k--) {
		uint32_t frame = t->stacks.p[k - 1];

		if (LIKELY(frame < r->frames.n))
			r->stack.p[r->stack.n++] = location(r, b, number, frame);
		else if (ODD(r, t->where, "sample %zu has frame %u, there are %zu", i, frame, r->frames.n) < 0)
			return -1;
	}
	return 0;
}

static int make_sampled(struct reader *r, const struct track *t, const struct unit *u, struct profile_builder *b,
    uint32_t number)
{
	size_t n = MIN(t->ends.n, t->weights.n);
	struct rounding round = { 0 };
	double at = t->start;
	int64_t value;

	if (t->ends.n != t->weights.n && ODD(r, t->where, "%zu samples, but %zu weights", t->ends.n, t->weights.n) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		double weight = t->weights.p[i];

		if (weight < 0) {
			if (ODD(r, t->where, "the weight of sample %zu is negative", i) < 0)
				return -1;
			weight = 0;
		}
		if (sample_stack(r, t, b, number, i) < 0 || value_of(r, t, u, &round, weight, &value) < 0)
			return -1;
		if (r->o->keep & FORMAT_TIMES)
			profile_builder_add_at(b, r->stack.p, (uint32_t)r->stack.n, &value, NULL, 0, unit_time(u, at));
		else if (value)
			profile_builder_add(b, r->stack.p, (uint32_t)r->stack.n, &value, NULL, 0);
		at += weight;
	}
	return 0;
}

struct timeline {
	struct stack_tree tree;
	struct rounding round;
	uint32_t node; /* the innermost open frame */
	double at;
	VEC(uint32_t) open; /* frames */
};

/* The time up to at belongs to what is open. */
static int advance(struct reader *r, struct timeline *l, const struct track *t, const struct unit *u, double at)
{
	double from = l->at;
	int64_t value;

	if (at <= from)
		return 0;
	l->at = at;
	if (value_of(r, t, u, &l->round, at - from, &value) < 0)
		return -1;
	if (value == 0 || l->open.n == 0)
		return 0;
	if (r->o->keep & FORMAT_TIMES)
		return stack_tree_add_at(&l->tree, l->node, &value, NULL, 0, unit_time(u, from), r->e);
	stack_tree_sum(&l->tree.nodes[l->node].v[0], value);
	return 0;
}

static int step(struct reader *r, struct timeline *l, const struct track *t, const struct unit *u,
    struct profile_builder *b, uint32_t number, const struct event *ev)
{
	if (!ev->known)
		return ODD(r, ev->where, "an event is neither O nor C");
	if (ev->frame >= r->frames.n)
		return ODD(r, ev->where, "frame %u, but there are %zu", ev->frame, r->frames.n);
	if (ev->at < l->at && ODD(r, ev->where, "time goes back from %.17g to %.17g", l->at, ev->at) < 0)
		return -1;
	if (advance(r, l, t, u, ev->at) < 0)
		return -1;
	if (ev->open) {
		vec_push(&l->open, ev->frame);
		l->node = stack_tree_child(&l->tree, l->node, location(r, b, number, ev->frame));
		return 0;
	}
	if (l->open.n == 0)
		return ODD(r, ev->where, "frame %u is closed, but none is open", ev->frame);
	if (l->open.p[l->open.n - 1] != ev->frame)
		return ODD(r, ev->where, "frame %u is closed, but %u is the innermost one", ev->frame,
		    l->open.p[l->open.n - 1]);
	l->open.n--;
	l->node = l->tree.nodes[l->node].parent;
	return 0;
}

static int make_evented(struct reader *r, const struct track *t, const struct unit *u, struct profile_builder *b,
    uint32_t number)
{
	struct timeline l = { .at = t->start };
	int rc = 0;

	stack_tree_init(&l.tree, r->j.a, b, r->size);
	l.tree.work = r->work;
	for (size_t i = 0; i < t->events.n && rc == 0; i++)
		rc = step(r, &l, t, u, b, number, &t->events.p[i]);
	if (rc == 0 && l.open.n) {
		rc = ODD(r, t->where, "%zu frames are open at the end", l.open.n);
		if (rc == 0)
			rc = advance(r, &l, t, u, t->end);
	}
	if (rc == 0)
		rc = stack_tree_emit(&l.tree, NULL, 0, r->e);
	r->work = l.tree.work;
	vec_free(&l.open);
	return rc;
}

/* Of "NAME (TYPE)" or "TYPE", as speedscope_encode writes it. */
static void split_name(struct str *name, struct str *type)
{
	size_t at = str_rfind(*name, '(');

	if (at > 0 && at < name->n && name->p[at - 1] == ' ' && name->p[name->n - 1] == ')') {
		*type = str_of(name->p + at + 1, name->n - at - 2);
		name->n = at - 1;
	} else {
		*type = *name;
		*name = STR_NONE;
	}
}

static int make_profile(struct reader *r, const struct track *t, uint32_t number)
{
	const struct unit *u = t->unit.n ? unit_find(t->unit) : unit_find(STR("none"));
	struct speedscope_profile *out = &r->out->p[number];
	struct profile_builder *b;
	struct str type;
	int rc;

	*out = (struct speedscope_profile){ .name = t->name, .unit = u, .start = t->start };
	out->evented = str_eq(t->type, STR("evented"));
	if (u == NULL)
		return err_set(r->e, ERR_INVALID, "%s: unknown unit " STR_FMT, jwalk_where(&r->j, t->where).p,
		    STR_ARG(str_of(t->unit.p, MIN(t->unit.n, (size_t)64))));
	if (!out->evented && !str_eq(t->type, STR("sampled")))
		return err_set(r->e, ERR_INVALID, "%s: profile type '" STR_FMT "', not sampled or evented",
		    jwalk_where(&r->j, t->where).p, STR_ARG(str_of(t->type.p, MIN(t->type.n, (size_t)64))));
	type = str_cstr(u->type);
	if (str_eq(r->exporter, STR("pyro")))
		split_name(&out->name, &type);
	b = profile_builder_new(r->j.a, 1);
	profile_builder_type(b, 0, type, str_cstr(u->own));
	/* numbers begin with 1, so that no slot seems to be filled already */
	rc = out->evented ? make_evented(r, t, u, b, number + 1) : make_sampled(r, t, u, b, number + 1);
	if (rc == 0)
		out->p = profile_builder_finish(b);
	return rc;
}

static int make_profiles(struct reader *r)
{
	if (!r->any)
		return err_set(r->e, ERR_INVALID, "no array \"profiles\"");
	r->slots = arena_zarray(r->j.a, r->frames.n, sizeof(*r->slots));
	r->out->n = (uint32_t)r->tracks.n;
	r->out->p = arena_zarray(r->j.a, r->tracks.n, sizeof(*r->out->p));
	for (uint32_t i = 0; i < r->tracks.n; i++)
		if (make_profile(r, &r->tracks.p[i], i) < 0)
			return -1;
	return 0;
}

int speedscope_decode(struct arena *a, struct str json, const struct format_opts *o, struct speedscope *out,
    struct err *e)
{
	struct reader r = { .o = o, .out = out, .size = json.n, .e = e };
	int rc;

	*out = (struct speedscope){ 0 };
	jwalk_init(&r.j, a, json, e);
	rc = read_text(&r);
	out->schema = r.schema;
	if (rc == 0)
		rc = make_profiles(&r);
	free_tracks(&r);
	vec_free(&r.tracks);
	vec_free(&r.frames);
	vec_free(&r.stack);
	return rc < 0 ? err_wrap(e, "speedscope") : 0;
}
