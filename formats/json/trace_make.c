/*
 * trace_make.c - one thread: begins find their ends first, so that everything
 * is a span; then the spans are nested by time.
 */
#include <math.h>
#include <stdlib.h>

#include "formats/json/json_units.h"
#include "formats/json/trace_impl.h"

enum {
	LOOK_AHEAD = 64
}; /* how far the frame of an end is looked for, and the end of a frame among those of a moment */

struct span {
	double from, to;
	uint32_t event; /* of the begin */
};

struct spans {
	struct trace *t;
	const struct trace_event *events;
	VEC(struct span) p;
	VEC(struct trace_event) moments; /* begins and ends, in order */
	VEC(uint32_t) open;              /* begun spans */
	double last;
};

static int moment_cmp(const void *a, const void *b)
{
	const struct trace_event *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static bool ends(const struct spans *s, const struct trace_event *ev, uint32_t span)
{
	return !ev->has_name || str_eq(ev->name, s->events[s->p.p[span].event].name);
}

/* How many spans stay open when this one ends; all: it ends none. */
static size_t find_open(const struct spans *s, const struct trace_event *ev)
{
	for (size_t n = s->open.n; n > 0 && s->open.n - n < LOOK_AHEAD; n--)
		if (ends(s, ev, s->open.p[n - 1]))
			return n - 1;
	return s->open.n;
}

/* Among the events of one moment the end of the innermost span comes first. */
static void choose_end(struct spans *s, size_t i)
{
	struct trace_event *first = &s->moments.p[i], swap = *first;

	for (size_t k = 0; s->open.n && k < LOOK_AHEAD && i + k < s->moments.n && first[k].at == first->at; k++)
		if (!first[k].begin && ends(s, &first[k], s->open.p[s->open.n - 1])) {
			*first = first[k];
			first[k] = swap;
			return;
		}
}

/* Ends of a moment come before begins, but for those whose span is yet to begin. */
static void choose(struct spans *s, size_t i)
{
	struct trace_event *first = &s->moments.p[i], swap = *first;

	choose_end(s, i);
	if (first->begin || find_open(s, first) < s->open.n)
		return;
	for (size_t k = 1; k < LOOK_AHEAD && i + k < s->moments.n && first[k].at == first->at; k++)
		if (first[k].begin) {
			swap = *first;
			*first = first[k];
			first[k] = swap;
			return;
		}
}

static void match(struct spans *s)
{
	for (size_t i = 0; i < s->moments.n; i++) {
		const struct trace_event *ev = &s->moments.p[i];
		size_t stay;

		choose(s, i);
		if (ev->begin) {
			vec_push(&s->open, (uint32_t)s->p.n);
			vec_push(&s->p, ((struct span){ ev->at, s->last, ev->line < 0 ? 0 : (uint32_t)ev->line }));
			continue;
		}
		stay = find_open(s, ev);
		if (stay == s->open.n)
			json_passed(&s->t->j, &s->t->notes, ev->where, "an end without a begin");
		while (s->open.n > stay)
			s->p.p[s->open.p[--s->open.n]].to = ev->at;
	}
}

/* Of each begin among the moments `line` is its position: what it had is in events. */
static void make_spans(struct spans *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct trace_event ev = s->events[i];

		s->last = MAX(s->last, ev.at + MAX(ev.dur, 0.0));
		ev.line = i;
		if (ev.dur >= 0)
			vec_push(&s->p, ((struct span){ ev.at, ev.at + ev.dur, i }));
		else
			vec_push(&s->moments, ev);
	}
	if (s->moments.n)
		qsort(s->moments.p, s->moments.n, sizeof(*s->moments.p), moment_cmp);
	match(s);
}

/* ---- nesting ---- */

struct open {
	double to;
	uint32_t node, location;
};

struct timeline {
	struct trace *t;
	struct stack_tree tree;
	struct profile_builder *b;
	const struct tag *tags;
	uint32_t n_tags;
	struct rounding round;
	double at;
	VEC(struct open) open;
	bool crossed; /* a span ends after the one around it */
	struct err *e;
};

/* The longer outside. */
static int span_cmp(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to > y->to ? -1 : 1;
	return x->event < y->event ? -1 : x->event > y->event;
}

static uint32_t innermost(const struct timeline *l)
{
	return l->open.n ? l->open.p[l->open.n - 1].node : STACK_TREE_ROOT;
}

static int advance(struct timeline *l, double at)
{
	double from = l->at;
	int64_t value;

	if (at <= from)
		return 0;
	l->at = at;
	if (l->open.n == 0)
		return 0;
	if (!unit_round(&l->round, (at - from) * 1e3, &value))
		return err_set(l->e, ERR_INVALID, "a time is beyond 64 bits");
	if (value == 0)
		return 0;
	if (l->t->o->keep & FORMAT_TIMES)
		return stack_tree_add_at(&l->tree, innermost(l), &value, l->tags, l->n_tags,
		    unit_time(unit_find(STR("microseconds")), from), l->e);
	stack_tree_sum(&l->tree.nodes[innermost(l)].v[0], value);
	return 0;
}

/* The open span that ends first; usually the innermost. */
static size_t first_to_end(struct timeline *l)
{
	size_t first = l->open.n - 1;

	if (!l->crossed)
		return first;
	l->tree.work += l->open.n;
	for (size_t i = l->open.n; i > 0; i--)
		if (l->open.p[i - 1].to < l->open.p[first].to)
			first = i - 1;
	return first;
}

static int close_until(struct timeline *l, double at)
{
	while (l->open.n) {
		size_t i = first_to_end(l);
		uint32_t node = i ? l->open.p[i - 1].node : STACK_TREE_ROOT;

		if (l->open.p[i].to > at)
			return 0;
		if (advance(l, l->open.p[i].to) < 0)
			return -1;
		for (l->open.n--; i < l->open.n; i++) {
			l->open.p[i] = l->open.p[i + 1];
			node = stack_tree_child(&l->tree, node, l->open.p[i].location);
			l->open.p[i].node = node;
		}
		l->crossed = l->crossed && l->open.n > 1;
		if (l->tree.work > l->tree.limit)
			return err_set(l->e, ERR_LIMIT, "too many spans overlap without being nested");
	}
	return 0;
}

static int nest(struct timeline *l, const struct span *s, const struct trace_event *ev)
{
	struct str name = ev->name.n ? ev->name : STR("(unnamed)");
	struct open o = { .to = s->to };

	if (close_until(l, s->from) < 0 || advance(l, s->from) < 0)
		return -1;
	if (s->to <= s->from)
		return 0;
	l->crossed = l->crossed || (l->open.n && l->open.p[l->open.n - 1].to < s->to);
	o.location = profile_builder_frame(l->b, name, ev->file, ev->line);
	o.node = stack_tree_child(&l->tree, innermost(l), o.location);
	vec_push(&l->open, o);
	return 0;
}

static int nest_all(struct timeline *l, struct spans *s)
{
	int rc = 0;

	if (s->p.n == 0)
		return 0;
	qsort(s->p.p, s->p.n, sizeof(*s->p.p), span_cmp);
	l->at = s->p.p[0].from;
	for (size_t i = 0; i < s->p.n && rc == 0; i++)
		rc = nest(l, &s->p.p[i], &s->events[s->p.p[i].event]);
	if (rc == 0)
		rc = close_until(l, INFINITY);
	return rc < 0 ? -1 : stack_tree_emit(&l->tree, l->tags, l->n_tags, l->e);
}

int trace_make(struct trace *t, const struct trace_event *events, uint32_t n, struct profile_builder *b,
    const struct tag *tags, uint32_t n_tags, struct err *e)
{
	struct timeline l = { .t = t, .b = b, .tags = tags, .n_tags = n_tags, .e = e };
	struct spans s = { .t = t, .events = events, .last = -INFINITY };
	int rc;

	stack_tree_init(&l.tree, t->a, b, t->size);
	l.tree.work = t->work;
	make_spans(&s, n);
	rc = nest_all(&l, &s);
	t->work = l.tree.work;
	vec_free(&l.open);
	vec_free(&s.p);
	vec_free(&s.moments);
	vec_free(&s.open);
	return rc;
}
