/*
 * The call tree without its narrow nodes. Stacks are put in order and gone
 * through once; a node is kept or left out when the last of its stacks is
 * over, so that never more than the wide ones are there.
 */
#include <math.h>
#include <stdlib.h>

#include "formats/query/tree_impl.h"
#include "formats/report/report_impl.h"

enum { MAX_FRAMES = 1 << 28 }; /* of all stacks together: more would take gigabytes */

struct flat_stack {
	uint32_t at, n; /* in frames */
	uint32_t same;  /* frames that it begins with as the one before does */
	int64_t value;
};

/* A node on the way to the stack at hand; it is in the tree only when it is known to be wide. */
struct open_node {
	uint32_t rank, node; /* node: in the tree, or NONE */
	int64_t self;        /* with what is narrow below it */
	int64_t total;       /* of its children that are wide */
};

#define NONE UINT32_MAX

struct flow {
	struct report *r;
	struct tree *t;
	uint32_t *name; /* by info: name of the tree + 1 */
	/* Of all stacks, leaf first. Mostly a location is one name, and these are the report's stacks as they are. */
	const uint32_t *frames;
	VEC(uint32_t) names; /* else these: names of the tree */
	uint32_t *rank;      /* of a frame: of its name among all names */
	VEC(struct flat_stack) stacks;
	bool unordered;
	VEC(struct open_node) open; /* from the root, which is no frame, on */
	uint32_t *by_rank;          /* names of the tree */
	int64_t least;
};

/* As the bytes of lines of folded stacks: a name ends in ";". */
static int by_bytes(const void *a, const void *b, void *ctx)
{
	const struct tree *t = ctx;
	struct str x = t->names.p[*(const uint32_t *)a], y = t->names.p[*(const uint32_t *)b];
	size_t n = MIN(x.n, y.n);
	int c = n ? memcmp(x.p, y.p, n) : 0;

	if (c != 0 || x.n == y.n)
		return c;
	return (x.n > n ? (unsigned char)x.p[n] : ';') < (y.n > n ? (unsigned char)y.p[n] : ';') ? -1 : 1;
}

static uint32_t name_of(struct flow *f, uint32_t info)
{
	if (f->name[info] == 0)
		f->name[info] = tree_name(f->t, report_printed(f->r, info)) + 1;
	return f->name[info] - 1;
}

static void rank_names(struct flow *f)
{
	struct tree *t = f->t;
	uint32_t n = (uint32_t)t->names.n;

	f->rank = mem_array(n, sizeof(*f->rank));
	f->by_rank = mem_array(n, sizeof(*f->by_rank));
	for (uint32_t i = 0; i < n; i++)
		f->by_rank[i] = i;
	qsort_r(f->by_rank, n, sizeof(*f->by_rank), by_bytes, t);
	for (uint32_t i = 0; i < n; i++)
		f->rank[f->by_rank[i]] = i;
}

/* Every location is one name. */
static bool is_flat(const struct report *r)
{
	for (uint32_t i = 0; i < r->n_locations; i++)
		if (r->node_at[i + 1] - r->node_at[i] != 1)
			return false;
	for (uint32_t i = 0; i < r->n_samples; i++)
		for (uint32_t k = 0; k < r->samples[i].n; k++)
			if (r->stack[r->samples[i].at + k] >= r->n_locations)
				return false;
	return true;
}

/* The report's stacks as they are: ranks by location instead of by name. */
static void rank_locations(struct flow *f)
{
	const struct report *r = f->r;
	uint32_t *rank = mem_array((size_t)r->n_locations + 1, sizeof(*rank));

	for (uint32_t i = 0; i < r->n_locations; i++)
		rank[i] = f->rank[name_of(f, r->nodes[i])];
	mem_free(f->rank);
	f->rank = rank;
	f->frames = r->stack;
}

/* The frame at depth i. */
static inline uint32_t frame(const struct flow *f, const struct flat_stack *s, uint32_t i)
{
	return f->frames[s->at + s->n - 1 - i];
}

static uint32_t common_frames(const struct flow *f, const struct flat_stack *a, const struct flat_stack *b)
{
	const uint32_t *x = f->frames + a->at + a->n - 1, *y = f->frames + b->at + b->n - 1, *rank = f->rank;
	uint32_t n = MIN(a->n, b->n), i = 0;

	for (; i < n && (*x == *y || rank[*x] == rank[*y]); i++, x--, y--)
		;
	return i;
}

static int by_frames(const void *a, const void *b, void *ctx)
{
	const struct flat_stack *x = a, *y = b;
	const struct flow *f = ctx;
	uint32_t same = common_frames(f, x, y);

	if (same == x->n || same == y->n)
		return (x->n > y->n) - (x->n < y->n);
	return f->rank[frame(f, x, same)] < f->rank[frame(f, y, same)] ? -1 : 1;
}

/* Behind the stack before it, while that is at hand. */
static void add_stack(struct flow *f, struct flat_stack s)
{
	if (f->stacks.n > 0) {
		const struct flat_stack *before = &f->stacks.p[f->stacks.n - 1];

		s.same = common_frames(f, before, &s);
		if (s.same < before->n)
			f->unordered |= s.same == s.n ||
			    f->rank[frame(f, before, s.same)] > f->rank[frame(f, &s, s.same)];
	}
	vec_push(&f->stacks, s);
}

/* The names of a stack behind those of the others. */
static void flatten(struct flow *f, struct flat_stack *s)
{
	const struct report *r = f->r;
	const uint32_t *stack = r->stack + s->at, n = s->n;

	s->at = (uint32_t)f->names.n;
	for (uint32_t i = 0; i < n; i++) {
		if (stack[i] >= r->n_locations)
			continue;
		for (uint32_t k = r->node_at[stack[i]]; k < r->node_at[stack[i] + 1]; k++)
			vec_push(&f->names, name_of(f, r->nodes[k]));
	}
	s->n = (uint32_t)f->names.n - s->at;
	f->frames = f->names.p;
}

/* false: there are too many frames. */
static bool take_stacks(struct flow *f)
{
	const struct report *r = f->r;
	bool flat = is_flat(r);

	for (uint32_t i = 0; i < r->node_at[r->n_locations]; i++)
		name_of(f, r->nodes[i]);
	rank_names(f);
	if (flat)
		rank_locations(f);
	for (uint32_t i = 0; i < r->n_samples; i++) {
		const struct rsample *s = &r->samples[i];
		struct flat_stack x = { .at = s->at, .n = s->n, .value = report_weight(r, s) };

		if (x.value == 0)
			continue;
		if (!flat)
			flatten(f, &x);
		if (f->names.n > MAX_FRAMES)
			return false;
		if (x.n > 0)
			add_stack(f, x);
	}
	return true;
}

/* A file of folded stacks is in order as it is. */
static void sort_stacks(struct flow *f)
{
	if (!f->unordered)
		return;
	qsort_r(f->stacks.p, f->stacks.n, sizeof(*f->stacks.p), by_frames, f);
	for (size_t i = 1; i < f->stacks.n; i++)
		f->stacks.p[i].same = common_frames(f, &f->stacks.p[i - 1], &f->stacks.p[i]);
	f->stacks.p[0].same = 0;
}

/* All open nodes are wide when the last one is. */
static void put_open(struct flow *f)
{
	size_t i = f->open.n;

	while (f->open.p[i - 1].node == NONE)
		i--;
	for (; i < f->open.n; i++)
		f->open.p[i].node = tree_append(f->t, f->open.p[i - 1].node, f->by_rank[f->open.p[i].rank], 0);
}

static void close_node(struct flow *f)
{
	struct open_node *n = &f->open.p[f->open.n - 1];
	int64_t total = wrap_add(n->total, n->self);

	if (total >= f->least) {
		put_open(f);
		f->t->nodes.p[n->node].self = n->self;
		n[-1].total = wrap_add(n[-1].total, total);
	} else {
		n[-1].self = wrap_add(n[-1].self, total);
	}
	f->open.n--;
}

static void grow_sorted(struct flow *f)
{
	vec_push(&f->open, ((struct open_node){ 0 }));
	for (size_t i = 0; i < f->stacks.n; i++) {
		const struct flat_stack *s = &f->stacks.p[i];
		struct open_node *top;

		while (f->open.n > (size_t)s->same + 1)
			close_node(f);
		vec_reserve(&f->open, s->n);
		for (uint32_t k = s->same; k < s->n; k++)
			f->open.p[f->open.n++] = (struct open_node){ .rank = f->rank[frame(f, s, k)], .node = NONE };
		top = &f->open.p[f->open.n - 1];
		top->self = wrap_add(top->self, s->value);
	}
	while (f->open.n > 1)
		close_node(f);
	f->t->nodes.p[0].self = f->open.p[0].self;
	tree_total(f->t);
}

struct tree *report_wide_tree(struct report *r, double share)
{
	struct flow f = { .r = r };
	double total = 0;
	bool done;

	for (uint32_t i = 0; i < r->n_samples; i++) {
		int64_t w = report_weight(r, &r->samples[i]);

		if (w < 0)
			return report_call_tree(r);
		total += (double)w;
	}
	if (share <= 0 || total >= 0x1p62)
		return report_call_tree(r);
	f.least = (int64_t)ceil(total * share);
	f.t = tree_new();
	report_nodes(r, false);
	f.name = mem_zarray(r->infos.n + 1, sizeof(*f.name));
	done = take_stacks(&f);
	if (done) {
		sort_stacks(&f);
		grow_sorted(&f);
	} else {
		tree_free(f.t);
	}
	mem_free(f.name);
	mem_free(f.rank);
	mem_free(f.by_rank);
	vec_free(&f.names);
	vec_free(&f.stacks);
	vec_free(&f.open);
	return done ? f.t : report_call_tree(r);
}
