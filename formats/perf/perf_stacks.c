/*
 * perf_stacks.c - everything is found by its content; a profile gets only the
 * functions, objects and stacks of its own event.
 */
#include "formats/perf/perf_stacks.h"

#include "base/arith.h"
#include "base/hash.h"
#include "base/vec.h"
#include "formats/perf/perf_line.h"

#define MAKE_ROOM(s, array, count, capacity)                                                                \
	do {                                                                                                \
		if (UNLIKELY((count) == (s)->capacity))                                                     \
			(array) = profile_grow((s)->a, (array), sizeof(*(array)), (count), &(s)->capacity); \
	} while (0)

void perf_stacks_init(struct perf_stacks *s, struct arena *a, bool times)
{
	*s = (struct perf_stacks){ .a = a, .times = times };
}

static bool frame_eq(const struct perf_stack_frame *x, const struct perf_stack_frame *y)
{
	return x->line == y->line && x->address == y->address && x->inlined == y->inlined && str_eq(x->name, y->name) &&
	    str_eq(x->object, y->object) && str_eq(x->file, y->file);
}

uint32_t perf_stacks_frame(struct perf_stacks *s, const struct perf_stack_frame *f)
{
	uint64_t hash = hash_mix(hash_seeded(f->name), hash_seeded(f->object) ^ f->address);
	struct table_at at;

	hash = hash_mix(hash, hash_seeded(f->file) + (uint64_t)f->line * 2 + f->inlined);
	at = table_find(&s->frame_index, hash);
	for (uint32_t v; table_next(&at, &v);)
		if (frame_eq(&s->frames[v], f))
			return v;
	MAKE_ROOM(s, s->frames, s->n_frames, cap_frames);
	s->frames[s->n_frames] = *f;
	s->frames[s->n_frames].name = arena_str(s->a, f->name);
	s->frames[s->n_frames].object = arena_str(s->a, f->object);
	s->frames[s->n_frames].file = arena_str(s->a, f->file);
	table_put(&s->frame_index, s->a, hash, s->n_frames);
	return s->n_frames++;
}

uint32_t perf_stacks_seq(struct perf_stacks *s, const uint32_t *frames, uint32_t n)
{
	uint64_t hash = hash_seeded(str_of(frames, n * sizeof(*frames)));
	struct table_at at = table_find(&s->seq_index, hash);

	for (uint32_t v; table_next(&at, &v);)
		if (s->seqs[v].n == n &&
		    (n == 0 || memcmp(s->seq_frames + s->seqs[v].at, frames, n * sizeof(*frames)) == 0))
			return v;
	MAKE_ROOM(s, s->seqs, s->n_seqs, cap_seqs);
	while (s->cap_seq_frames - s->n_seq_frames < n)
		s->seq_frames = profile_grow(s->a, s->seq_frames, sizeof(*s->seq_frames), s->n_seq_frames,
		    &s->cap_seq_frames);
	s->seqs[s->n_seqs] = (struct perf_seq){ s->n_seq_frames, n };
	if (n)
		memcpy(s->seq_frames + s->n_seq_frames, frames, n * sizeof(*frames));
	s->n_seq_frames += n;
	table_put(&s->seq_index, s->a, hash, s->n_seqs);
	return s->n_seqs++;
}

uint32_t perf_stacks_event(struct perf_stacks *s, struct str name)
{
	uint64_t hash = hash_seeded(name);
	struct table_at at = table_find(&s->event_index, hash);

	for (uint32_t v; table_next(&at, &v);)
		if (str_eq(s->events[v].name, name))
			return v;
	if (s->n_events == PERF_MAX_EVENTS)
		return PROFILE_NONE;
	MAKE_ROOM(s, s->events, s->n_events, cap_events);
	s->events[s->n_events] = (struct perf_event){ .name = arena_str(s->a, name), .first_sample = PROFILE_NONE };
	table_put(&s->event_index, s->a, hash, s->n_events);
	return s->n_events++;
}

uint32_t perf_stacks_tags(struct perf_stacks *s, const struct str tags[PERF_TAGS])
{
	uint64_t hash = 0;
	struct table_at at;
	uint32_t v;

	for (int i = 0; i < PERF_TAGS; i++)
		hash = hash_mix(hash, hash_seeded(tags[i]));
	at = table_find(&s->tag_index, hash);
	while (table_next(&at, &v)) {
		const struct str *own = s->tags + (size_t)v * PERF_TAGS;

		if (str_eq(own[0], tags[0]) && str_eq(own[1], tags[1]) && str_eq(own[2], tags[2]) &&
		    str_eq(own[3], tags[3]))
			return v;
	}
	if (s->n_tags == s->cap_tags)
		s->tags = profile_grow(s->a, s->tags, PERF_TAGS * sizeof(*s->tags), s->n_tags, &s->cap_tags);
	for (int i = 0; i < PERF_TAGS; i++)
		s->tags[(size_t)s->n_tags * PERF_TAGS + (size_t)i] = arena_str(s->a, tags[i]);
	table_put(&s->tag_index, s->a, hash, s->n_tags);
	return s->n_tags++;
}

static bool sample_eq(const struct perf_sample *x, const struct perf_sample *y)
{
	return x->leaf == y->leaf && x->callers == y->callers && x->root == y->root && x->event == y->event &&
	    x->tags == y->tags;
}

static uint32_t sample_new(struct perf_stacks *s, const struct perf_sample *what)
{
	struct perf_event *v = &s->events[what->event];

	MAKE_ROOM(s, s->samples, s->n_samples, cap_samples);
	if (s->n_samples == s->cap_values)
		s->values = profile_grow(s->a, s->values, 2 * sizeof(*s->values), s->n_samples, &s->cap_values);
	s->samples[s->n_samples] = *what;
	s->samples[s->n_samples].next = PROFILE_NONE;
	*(v->first_sample == PROFILE_NONE ? &v->first_sample : &s->samples[v->last_sample].next) = s->n_samples;
	v->last_sample = s->n_samples;
	s->values[(size_t)s->n_samples * 2] = s->values[(size_t)s->n_samples * 2 + 1] = 0;
	return s->n_samples++;
}

void perf_stacks_add(struct perf_stacks *s, const struct perf_sample *what, int64_t period, int64_t at)
{
	uint64_t hash = hash_mix((uint64_t)what->leaf << 32 | what->callers, (uint64_t)what->root << 32 | what->tags);
	uint32_t i = UINT32_MAX, v;

	if (s->times) {
		i = sample_new(s, what);
		MAKE_ROOM(s, s->at, i, cap_at);
		s->at[i] = at;
	} else {
		struct table_at found = table_find(&s->sample_index, hash ^= what->event);

		while (i == UINT32_MAX && table_next(&found, &v))
			i = sample_eq(&s->samples[v], what) ? v : UINT32_MAX;
		if (i == UINT32_MAX) {
			i = sample_new(s, what);
			table_put(&s->sample_index, s->a, hash, i);
		}
	}
	s->values[(size_t)i * 2]++;
	s->values[(size_t)i * 2 + 1] = wrap_add(s->values[(size_t)i * 2 + 1], period);
}

/* ---- profiles ---- */

struct making {
	struct perf_stacks *s;
	struct profile_builder *b;
	struct single {
		uint32_t event, location; /* event: + 1 */
	} * single;                       /* of each frame: its location where it is not part of inlined calls */
	uint32_t event;
	VEC(struct line) lines;
	VEC(uint32_t) stack;
	struct tag *tags;
};

static uint32_t make_mapping(struct making *m, const struct perf_stack_frame *f)
{
	struct mapping map = { 0 };

	if (f->object.n) {
		map.file = profile_builder_str(m->b, f->object);
		map.flags = MAPPING_HAS_FUNCTIONS;
	}
	return profile_builder_mapping(m->b, &map);
}

static void push_line(struct making *m, const struct perf_stack_frame *f)
{
	struct line l = { .line = f->line };
	uint32_t name;

	if (f->name.n == 0 && f->address)
		return;
	name = profile_builder_str(m->b, f->name);
	l.function = profile_builder_function(m->b,
	    &(struct function){ .name = name, .system_name = name, .file = profile_builder_str(m->b, f->file) });
	vec_push(&m->lines, l);
}

/* The lines so far are those of a location in the object of f. */
static uint32_t make_location(struct making *m, const struct perf_stack_frame *f)
{
	struct location l = { .address = f->address, .mapping = make_mapping(m, f) };

	l.n_lines = (uint32_t)m->lines.n;
	m->lines.n = 0;
	return profile_builder_location(m->b, &l, m->lines.p);
}

static void push_frame(struct making *m, uint32_t i, bool last)
{
	const struct perf_stack_frame *f = &m->s->frames[i];
	bool alone = m->lines.n == 0 && !f->inlined;

	if (alone && m->single[i].event == m->event + 1) {
		vec_push(&m->stack, m->single[i].location);
		return;
	}
	push_line(m, f);
	if (f->inlined && !last)
		return;
	vec_push(&m->stack, make_location(m, f));
	if (alone)
		m->single[i] = (struct single){ m->event + 1, m->stack.p[m->stack.n - 1] };
}

static void push_seq(struct making *m, uint32_t seq, bool last)
{
	const struct perf_seq *q = &m->s->seqs[seq];

	for (uint32_t i = 0; i < q->n; i++)
		push_frame(m, m->s->seq_frames[q->at + i], last && i + 1 == q->n);
}

static uint32_t make_tags(struct making *m, uint32_t set)
{
	static const char *const keys[PERF_TAGS] = { "thread", "pid", "tid", "cpu" };
	uint32_t n = 0;

	for (int i = 0; set != PROFILE_NONE && i < PERF_TAGS; i++) {
		struct str v = m->s->tags[(size_t)set * PERF_TAGS + (size_t)i];

		if (v.n)
			m->tags[n++] = (struct tag){ .key = profile_builder_str(m->b, str_cstr(keys[i])),
				.str = profile_builder_str(m->b, v) };
	}
	return n;
}

static void make_sample(struct making *m, uint32_t i)
{
	const struct perf_sample *x = &m->s->samples[i];
	const int64_t *values = m->s->values + (size_t)i * 2;
	uint32_t n_tags = make_tags(m, x->tags);

	m->stack.n = 0;
	push_seq(m, x->leaf, m->s->seqs[x->callers].n == 0);
	push_seq(m, x->callers, true);
	if (x->root != PROFILE_NONE)
		push_frame(m, x->root, true);
	if (m->s->times)
		profile_builder_add_at(m->b, m->stack.p, (uint32_t)m->stack.n, values, m->tags, n_tags, m->s->at[i]);
	else
		profile_builder_add(m->b, m->stack.p, (uint32_t)m->stack.n, values, m->tags, n_tags);
}

static struct profile *make_profile(struct making *m, struct str comment)
{
	const struct perf_event *v = &m->s->events[m->event];
	uint32_t note;
	struct profile *p;

	m->b = profile_builder_new(m->s->a, v->has_period ? 2 : 1);
	perf_event_types(m->b, v->name, v->has_period);
	note = profile_builder_str(m->b, comment);
	for (uint32_t i = v->first_sample; i != PROFILE_NONE; i = m->s->samples[i].next)
		make_sample(m, i);
	p = profile_builder_finish(m->b);
	if (v->has_period) {
		p->has_period_type = true;
		p->period_type = p->types[1];
		p->period = v->period;
	}
	if (v->has_time)
		p->duration = wrap_sub(v->last, v->first);
	if (comment.n) {
		p->comments = arena_array(m->s->a, 1, sizeof(*p->comments));
		p->comments[0] = note;
		p->n_comments = 1;
	}
	return p;
}

void perf_stacks_finish(struct perf_stacks *s, struct str comment, struct format_profiles *out)
{
	struct tag tags[PERF_TAGS];
	struct making m = { .s = s, .tags = tags };

	m.single = arena_zarray(s->a, (size_t)s->n_frames + 1, sizeof(*m.single));
	out->p = arena_zarray(s->a, s->n_events, sizeof(*out->p));
	out->n = s->n_events;
	for (; m.event < s->n_events; m.event++) {
		out->p[m.event].p = make_profile(&m, comment);
		out->p[m.event].name = s->events[m.event].name;
	}
	vec_free(&m.lines);
	vec_free(&m.stack);
}
