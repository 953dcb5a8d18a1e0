/* callgrind_stacks.c - see callgrind.h: stacks put together from calls */
#include <stdlib.h>

#include "formats/callgrind/callgrind.h"

enum { MAX_STEPS = 1 << 28 }; /* no honest graph comes near */

/* A way from a root to a function. */
struct context {
	uint32_t function, parent, call; /* UINT32_MAX at a root */
	uint32_t depth;
	uint32_t next; /* of the same function */
};

struct stacker {
	struct cg *g;
	struct context *contexts;
	uint32_t n, cap, most;
	double *flow;    /* by context and event: costs that pass this way, as far as the graph tells */
	double *passing; /* by function and event: its own costs and those of its calls */
	uint32_t *first; /* by function: the first context, UINT32_MAX: none */
	uint32_t *heap;  /* of contexts whose calls are not yet followed, the heaviest on top */
	uint32_t n_heap;
	uint64_t steps;                          /* calls that were looked at, and frames of ways */
	uint32_t main_event;                     /* which decides what is heavy */
	uint32_t *line_location, *call_location; /* of the builder, UINT32_MAX: not yet made */
};

static double cost_of(const struct cg *g, const struct cg_cost *c, uint32_t event)
{
	int64_t v = g->costs[c->costs + event];

	return v > 0 ? (double)v : 0;
}

static void sum_passing(struct stacker *s)
{
	struct cg *g = s->g;
	double most = 0;

	s->passing = arena_zarray(g->a, (size_t)g->n_functions * g->n_events + 1, sizeof(*s->passing));
	for (uint32_t e = 0; e < g->n_events; e++) {
		double all = 0;

		for (uint32_t i = 0; i < g->n_lines; i++) {
			s->passing[(size_t)g->lines[i].function * g->n_events + e] += cost_of(g, &g->lines[i], e);
			all += cost_of(g, &g->lines[i], e);
		}
		for (uint32_t i = 0; i < g->n_calls; i++)
			s->passing[(size_t)g->calls[i].function * g->n_events + e] += cost_of(g, &g->calls[i], e);
		if (most == 0 && all > 0) {
			most = all;
			s->main_event = e;
		}
	}
}

/* ---- ways ---- */

static double weight(const struct stacker *s, uint32_t context)
{
	return s->flow[(size_t)context * s->g->n_events + s->main_event];
}

static void heap_push(struct stacker *s, uint32_t context)
{
	uint32_t i = s->n_heap++;

	for (; i > 0 && weight(s, s->heap[(i - 1) / 2]) < weight(s, context); i = (i - 1) / 2)
		s->heap[i] = s->heap[(i - 1) / 2];
	s->heap[i] = context;
}

static uint32_t heap_pop(struct stacker *s)
{
	uint32_t top = s->heap[0], last = s->heap[--s->n_heap], i = 0;

	for (uint32_t child; (child = 2 * i + 1) < s->n_heap; i = child) {
		if (child + 1 < s->n_heap && weight(s, s->heap[child + 1]) > weight(s, s->heap[child]))
			child++;
		if (weight(s, s->heap[child]) <= weight(s, last))
			break;
		s->heap[i] = s->heap[child];
	}
	s->heap[i] = last;
	return top;
}

/* Its flow is the caller's to fill. */
static uint32_t new_context(struct stacker *s, uint32_t function, uint32_t parent, uint32_t call)
{
	uint32_t i = s->n++;

	s->contexts[i] = (struct context){ .function = function,
		.parent = parent,
		.call = call,
		.depth = parent == UINT32_MAX ? 1 : s->contexts[parent].depth + 1,
		.next = s->first[function] };
	s->first[function] = i;
	return i;
}

static bool on_way(struct stacker *s, uint32_t context, uint32_t function)
{
	for (; context != UINT32_MAX; context = s->contexts[context].parent, s->steps++)
		if (s->contexts[context].function == function)
			return true;
	return false;
}

static void follow_calls(struct stacker *s, uint32_t from)
{
	const struct cg *g = s->g;
	const struct cg_function *f = &g->functions[s->contexts[from].function];
	const double *passing = s->passing + (size_t)s->contexts[from].function * g->n_events;

	if (s->contexts[from].depth == CG_DEPTH)
		return;
	for (uint32_t i = f->first_call; i < f->first_call + f->n_calls && s->n < s->most && s->steps < MAX_STEPS;
	     i++) {
		const struct cg_cost *call = &g->calls[i];
		uint32_t to;

		s->steps++;
		if (on_way(s, from, call->to))
			continue;
		to = new_context(s, call->to, from, i);
		for (uint32_t e = 0; e < g->n_events; e++) {
			double all = passing[e], part = cost_of(g, call, e);

			s->flow[(size_t)to * g->n_events + e] = all > 0
			    ? s->flow[(size_t)from * g->n_events + e] * (part / all)
			    : 0;
		}
		heap_push(s, to);
	}
}

static void begin_at(struct stacker *s, uint32_t function)
{
	uint32_t n = s->g->n_events, root;

	if (s->n == s->most)
		return;
	root = new_context(s, function, UINT32_MAX, UINT32_MAX);
	memcpy(s->flow + (size_t)root * n, s->passing + (size_t)function * n, n * sizeof(*s->flow));
	heap_push(s, root);
}

static void follow_all(struct stacker *s)
{
	while (s->n_heap)
		follow_calls(s, heap_pop(s));
}

static int heavier(const void *a, const void *b, void *stacker)
{
	const struct stacker *s = stacker;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	double u = s->passing[(size_t)x * s->g->n_events + s->main_event];
	double v = s->passing[(size_t)y * s->g->n_events + s->main_event];

	return u > v ? -1 : u < v ? 1 : x < y ? -1 : x > y;
}

/* Roots are what nobody calls; then the heaviest of what is not yet reached: parts of cycles. */
static void find_ways(struct stacker *s)
{
	const struct cg *g = s->g;
	uint32_t *order = arena_array(g->a, (size_t)g->n_functions + 1, sizeof(*order));

	for (uint32_t i = 0; i < g->n_functions; i++) {
		order[i] = i;
		if (g->functions[i].n_callers == 0)
			begin_at(s, i);
	}
	follow_all(s);
	if (g->n_functions)
		qsort_r(order, g->n_functions, sizeof(*order), heavier, s);
	for (uint32_t i = 0; i < g->n_functions; i++) {
		if (s->first[order[i]] == UINT32_MAX) {
			begin_at(s, order[i]);
			follow_all(s);
		}
	}
}

/* ---- samples ---- */

static uint32_t location(struct stacker *s, const struct cg_cost *c)
{
	struct profile_builder *b = s->g->b;
	const struct cg_function *own = &s->g->functions[c->function];
	struct function f = { .name = own->name, .system_name = own->name, .file = c->file };
	struct line line = { .line = c->line };
	struct location l = { .n_lines = 1 };

	l.mapping = profile_builder_mapping(b, &(struct mapping){ .file = own->object });
	line.function = profile_builder_function(b, &f);
	return profile_builder_location(b, &l, &line);
}

/* The costs of a line in a context (UINT32_MAX: no way is known). */
static void add_sample(struct stacker *s, uint32_t context, uint32_t line, uint32_t event, int64_t cost)
{
	uint32_t stack[CG_DEPTH], n = 0;
	int64_t values[CG_EVENTS] = { 0 };

	if (cost == 0)
		return;
	values[event] = cost;
	if (s->line_location[line] == UINT32_MAX)
		s->line_location[line] = location(s, &s->g->lines[line]);
	stack[n++] = s->line_location[line];
	for (; context != UINT32_MAX && s->contexts[context].parent != UINT32_MAX;
	     context = s->contexts[context].parent) {
		uint32_t call = s->contexts[context].call;

		if (s->call_location[call] == UINT32_MAX)
			s->call_location[call] = location(s, &s->g->calls[call]);
		stack[n++] = s->call_location[call];
	}
	profile_builder_add(s->g->b, stack, n, values, NULL, 0);
}

/*
 * The own costs of a function over its contexts, as their flows are to each other: lines are laid end to end along the
 * contexts, so that there are not more samples than lines and contexts together. Rounding goes to the heaviest.
 */
static void share_out(struct stacker *s, uint32_t function, uint32_t event)
{
	const struct cg *g = s->g;
	const struct cg_function *f = &g->functions[function];
	uint32_t heaviest = s->first[function], line = f->first_line, end = line + f->n_lines;
	double flow = 0, most = -1, sum = 0;
	uint64_t left = 0;
	bool plain = true; /* no negative costs, no overflow */

	for (uint32_t c = s->first[function]; c != UINT32_MAX; c = s->contexts[c].next) {
		double own = s->flow[(size_t)c * g->n_events + event];

		flow += own;
		if (own > most) {
			most = own;
			heaviest = c;
		}
	}
	for (uint32_t i = line; i < end; i++) {
		int64_t cost = g->costs[g->lines[i].costs + event];

		plain &= cost >= 0;
		sum += (double)cost;
	}
	plain = plain && flow > 0 && sum < 0x1p62;
	for (uint32_t c = s->first[function]; plain && c != UINT32_MAX; c = s->contexts[c].next) {
		uint64_t part = (uint64_t)(sum * (s->flow[(size_t)c * g->n_events + event] / flow));

		for (; c != heaviest && part > 0 && line < end;) {
			uint64_t cost = (uint64_t)g->costs[g->lines[line].costs + event] - left, now = MIN(cost, part);

			add_sample(s, c, line, event, (int64_t)now);
			part -= now;
			left += now;
			if (now == cost) {
				line++;
				left = 0;
			}
		}
	}
	for (; line < end; line++, left = 0)
		add_sample(s, heaviest, line, event,
		    (int64_t)((uint64_t)g->costs[g->lines[line].costs + event] - left));
}

void callgrind_stacks(struct cg *g)
{
	struct stacker s = { .g = g };
	size_t most = 4096 + 2 * ((size_t)g->n_functions + g->n_calls);

	callgrind_sort(g);
	sum_passing(&s);
	s.most = (uint32_t)MIN(most, (size_t)CG_CONTEXTS);
	s.contexts = arena_array(g->a, s.most, sizeof(*s.contexts));
	s.flow = arena_array(g->a, (size_t)s.most * g->n_events, sizeof(*s.flow));
	s.heap = arena_array(g->a, s.most, sizeof(*s.heap));
	s.first = arena_array(g->a, (size_t)g->n_functions + 1, sizeof(*s.first));
	s.line_location = arena_array(g->a, (size_t)g->n_lines + 1, sizeof(*s.line_location));
	s.call_location = arena_array(g->a, (size_t)g->n_calls + 1, sizeof(*s.call_location));
	memset(s.first, 0xff, ((size_t)g->n_functions + 1) * sizeof(*s.first));
	memset(s.line_location, 0xff, ((size_t)g->n_lines + 1) * sizeof(*s.line_location));
	memset(s.call_location, 0xff, ((size_t)g->n_calls + 1) * sizeof(*s.call_location));
	find_ways(&s);
	for (uint32_t i = 0; i < g->n_functions; i++)
		for (uint32_t e = 0; e < g->n_events; e++)
			share_out(&s, i, e);
}
