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
	uint32_t at, n; /* in names */
	int64_t value;
};

struct flow {
	struct report *r;
	struct tree *t;
	uint32_t *name;      /* by info: name of the tree + 1 */
	VEC(uint32_t) names; /* of all stacks, root first: numbers in the tree, then their ranks */
	VEC(struct flat_stack) stacks;
	VEC(uint32_t) nodes; /* open, from the root on */
	uint32_t *by_rank;
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

/* false: there are too many frames. */
static bool flatten(struct flow *f)
{
	const struct report *r = f->r;

	for (uint32_t i = 0; i < r->n_samples; i++) {
		const struct rsample *s = &r->samples[i];
		struct flat_stack flat = { (uint32_t)f->names.n, 0, report_weight(r, s) };

		if (flat.value == 0)
			continue;
		for (uint32_t k = s->n; k-- > 0;) {
			uint32_t location = r->stack[s->at + k];

			for (uint32_t j = location < r->n_locations ? r->node_at[location + 1] : 0;
			     j > 0 && j-- > r->node_at[location];)
				vec_push(&f->names, name_of(f, r->nodes[j]));
		}
		flat.n = (uint32_t)f->names.n - flat.at;
		if (flat.n > 0)
			vec_push(&f->stacks, flat);
		if (f->names.n > MAX_FRAMES)
			return false;
	}
	return true;
}

static void rank_names(struct flow *f)
{
	struct tree *t = f->t;
	uint32_t n = (uint32_t)t->names.n, *rank = mem_array(n, sizeof(*rank));

	f->by_rank = mem_array(n, sizeof(*f->by_rank));
	for (uint32_t i = 0; i < n; i++)
		f->by_rank[i] = i;
	qsort_r(f->by_rank, n, sizeof(*f->by_rank), by_bytes, t);
	for (uint32_t i = 0; i < n; i++)
		rank[f->by_rank[i]] = i;
	for (size_t i = 0; i < f->names.n; i++)
		f->names.p[i] = rank[f->names.p[i]];
	mem_free(rank);
}

static uint32_t common_frames(const struct flow *f, const struct flat_stack *a, const struct flat_stack *b)
{
	const uint32_t *x = f->names.p + a->at, *y = f->names.p + b->at;
	uint32_t n = MIN(a->n, b->n), i = 0;

	while (i < n && x[i] == y[i])
		i++;
	return i;
}

static int by_frames(const void *a, const void *b, void *ctx)
{
	const struct flat_stack *x = a, *y = b;
	const struct flow *f = ctx;
	uint32_t same = common_frames(f, x, y);

	if (same == x->n || same == y->n)
		return (x->n > y->n) - (x->n < y->n);
	return f->names.p[x->at + same] < f->names.p[y->at + same] ? -1 : 1;
}

static void sort_stacks(struct flow *f)
{
	size_t i = 1;

	/* a file of folded stacks is in order as it is */
	while (i < f->stacks.n && by_frames(&f->stacks.p[i - 1], &f->stacks.p[i], f) <= 0)
		i++;
	if (i < f->stacks.n)
		qsort_r(f->stacks.p, f->stacks.n, sizeof(*f->stacks.p), by_frames, f);
}

/* While nodes are open their total is that of their children that are closed. */
static void close_node(struct flow *f)
{
	struct tree *t = f->t;
	uint32_t i = f->nodes.p[--f->nodes.n];
	struct tree_node *n = &t->nodes.p[i], *parent = &t->nodes.p[n->parent];
	int64_t total = wrap_add(n->total, n->self);

	if (total >= f->least) {
		parent->total = wrap_add(parent->total, total);
		return;
	}
	/* nothing below it is wider: it is the last */
	assert(i + 1 == t->nodes.n);
	parent->self = wrap_add(parent->self, total);
	parent->first_child = n->next;
	t->nodes.n--;
}

static void grow_sorted(struct flow *f)
{
	struct tree *t = f->t;

	for (size_t i = 0; i < f->stacks.n; i++) {
		const struct flat_stack *s = &f->stacks.p[i];
		uint32_t same = i ? common_frames(f, &f->stacks.p[i - 1], s) : 0, at;

		while (f->nodes.n > same)
			close_node(f);
		for (uint32_t k = same; k < s->n; k++) {
			at = k ? f->nodes.p[k - 1] : 0;
			vec_push(&f->nodes, tree_append(t, at, f->by_rank[f->names.p[s->at + k]], 0));
		}
		at = f->nodes.p[f->nodes.n - 1];
		t->nodes.p[at].self = wrap_add(t->nodes.p[at].self, s->value);
	}
	while (f->nodes.n > 0)
		close_node(f);
	tree_total(t);
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
	done = flatten(&f);
	if (done) {
		rank_names(&f);
		sort_stacks(&f);
		grow_sorted(&f);
	} else {
		tree_free(f.t);
	}
	mem_free(f.name);
	mem_free(f.by_rank);
	vec_free(&f.names);
	vec_free(&f.stacks);
	vec_free(&f.nodes);
	return done ? f.t : report_call_tree(r);
}
