/* The call tree: as a struct tree, and drawn with lines for a terminal. */
#include <stdlib.h>

#include "formats/report/report_impl.h"
#include "formats/query/tree_impl.h"

/* In folded stacks ";" separates frames and LF lines. */
static struct str tidy_name(struct arena *a, struct str s)
{
	char *copy;

	if (memchr(s.p, ';', s.n) == NULL && memchr(s.p, '\n', s.n) == NULL)
		return s;
	copy = arena_cstr(a, s);
	for (size_t i = 0; i < s.n; i++)
		copy[i] = copy[i] == ';' ? ':' : copy[i] == '\n' ? ' ' : copy[i];
	return str_of(copy, s.n);
}

struct path {
	uint32_t location, node; /* node that the location ends in */
};

struct grower {
	struct report *r;
	struct tree *t;
	uint32_t *name; /* by info: name of the tree + 1 */
	bool tidy;
	VEC(struct path) open; /* of the sample before, from the root */
};

static uint32_t name_of(struct grower *x, uint32_t info)
{
	if (x->name[info] == 0) {
		struct str s = report_printed(x->r, info);

		x->name[info] = tree_name(x->t, x->tidy && s.n > 0 ? tidy_name(x->r->mem, s) : s) + 1;
	}
	return x->name[info] - 1;
}

static void grow(struct grower *x, const struct rsample *s)
{
	const struct report *r = x->r;
	size_t shared = 0;
	uint32_t at;
	struct tree_node *n;

	while (shared < s->n && shared < x->open.n && x->open.p[shared].location == r->stack[s->at + s->n - 1 - shared])
		shared++;
	x->open.n = shared;
	at = shared > 0 ? x->open.p[shared - 1].node : 0;
	for (size_t i = s->n - shared; i-- > 0;) {
		uint32_t location = r->stack[s->at + i];

		for (uint32_t k = location < r->n_locations ? r->node_at[location + 1] : 0;
		     k > 0 && k-- > r->node_at[location];)
			at = tree_child_named(x->t, at, name_of(x, r->nodes[k]));
		vec_push(&x->open, ((struct path){ location, at }));
	}
	n = &x->t->nodes.p[at];
	if (at != 0)
		n->self = wrap_add(n->self, report_weight(r, s));
}

struct tree *report_names_tree(struct report *r, bool tidy)
{
	struct grower x = { .r = r, .t = tree_new(), .tidy = tidy };

	report_nodes(r, NAMES_TRIMMED);
	x.name = mem_zarray(r->infos.n + 1, sizeof(*x.name));
	for (uint32_t i = 0; i < r->n_samples; i++)
		if (report_weight(r, &r->samples[i]) != 0)
			grow(&x, &r->samples[i]);
	tree_total(x.t);
	mem_free(x.name);
	vec_free(&x.open);
	return x.t;
}

struct tree *report_call_tree(struct report *r)
{
	return report_names_tree(r, false);
}

/* Drawing. */
enum { MAX_INDENT = 40 }; /* levels that are drawn; deeper ones have their number in front */

struct branch {
	uint32_t node; /* 0: what is left out below a node */
	uint32_t depth;
	bool last;
	uint32_t n_hidden;
	int64_t hidden; /* their sum */
};

struct drawing {
	struct report *r;
	struct tree *t;
	int64_t cutoff;
	struct buf *out;
	VEC(struct branch) stack;
	VEC(bool) more; /* by depth: a neighbour follows below */
};

static int by_total(const void *a, const void *b, void *ctx)
{
	union {
		void *out;
		const struct tree *in;
	} c = { .out = ctx };
	const struct tree_node *x = &c.in->nodes.p[*(const uint32_t *)a], *y = &c.in->nodes.p[*(const uint32_t *)b];
	int64_t tx = abs_wrap(x->total), ty = abs_wrap(y->total);

	if (tx != ty)
		return tx > ty ? -1 : 1;
	return str_cmp(c.in->names.p[x->name], c.in->names.p[y->name]);
}

/* The heaviest child is to be drawn first, so it goes onto the stack last. */
static void push_branches(struct drawing *d, uint32_t node, uint32_t depth)
{
	struct tree_node *p = d->t->nodes.p;
	VEC(uint32_t) kept = { 0 };
	struct branch rest = { .depth = depth, .last = true };

	for (uint32_t c = p[node].first_child; c != 0; c = p[c].next) {
		if (abs_wrap(p[c].total) >= d->cutoff && p[c].total != 0) {
			vec_push(&kept, c);
			continue;
		}
		rest.n_hidden++;
		rest.hidden = sum_wrap(rest.hidden, p[c].total);
	}
	if (kept.n > 1)
		qsort_r(kept.p, kept.n, sizeof(*kept.p), by_total, d->t);
	if (rest.n_hidden > 0)
		vec_push(&d->stack, rest);
	for (size_t i = kept.n; i-- > 0;)
		vec_push(&d->stack,
		    ((struct branch){ .node = kept.p[i],
			.depth = depth,
			.last = i + 1 == kept.n && rest.n_hidden == 0 }));
	vec_free(&kept);
}

static void put_numbers(struct drawing *d, int64_t total, int64_t self)
{
	struct buf b;

	buf_init(&b, 4096);
	report_format(d->r, total, &b);
	put_right(d->out, buf_str(&b), 10);
	buf_byte(d->out, ' ');
	unit_percent(d->out, total, d->r->total);
	buf_reset(&b);
	if (self != 0)
		report_format(d->r, self, &b);
	buf_byte(d->out, ' ');
	put_right(d->out, buf_str(&b), 10);
	buf_add(d->out, STR("  "));
	buf_fini(&b);
}

/* Behind what is drawn of the tree, in what is left of the terminal's width. */
static void put_call_name(const struct drawing *d, struct str name, struct buf *line)
{
	size_t used = 31 + text_width(buf_str(line));

	put_tail(line, name, d->r->o.width == 0 ? SIZE_MAX : d->r->o.width > used + 8 ? d->r->o.width - used : 8);
}

static void draw_branch(struct drawing *d, const struct branch *b)
{
	struct buf line;
	uint32_t first = b->depth > MAX_INDENT ? b->depth - MAX_INDENT : 0;

	buf_init(&line, SIZE_MAX / 2);
	if (first > 0)
		buf_printf(&line, "+%u ", first);
	for (uint32_t i = first; i < b->depth; i++)
		buf_add(&line, d->more.p[i] ? STR("│ ") : STR("  "));
	if (d->more.n <= b->depth)
		vec_push(&d->more, false);
	d->more.p[b->depth] = !b->last;
	buf_add(&line, b->last ? STR("└ ") : STR("├ "));
	if (b->node != 0)
		put_call_name(d, d->t->names.p[d->t->nodes.p[b->node].name], &line);
	else
		buf_printf(&line, "… %u more", b->n_hidden);
	put_numbers(d, b->node ? d->t->nodes.p[b->node].total : b->hidden, b->node ? d->t->nodes.p[b->node].self : 0);
	buf_add(d->out, buf_str(&line));
	buf_byte(d->out, '\n');
	buf_fini(&line);
}

void report_calls(struct report *r, struct buf *out)
{
	struct drawing d = { .r = r, .t = report_call_tree(r), .out = out };

	r->out_unit = str_eq(r->o.unit, STR("minimum")) ? STR("auto") : r->o.unit;
	if (!r->o.no_trim)
		d.cutoff = abs_wrap((int64_t)((double)d.t->nodes.p[0].total * r->o.node_fraction));
	if (!r->o.compact_labels)
		report_profile_lines(r, out);
	buf_add(out, STR("     total total%       self  calls\n"));
	put_numbers(&d, d.t->nodes.p[0].total, 0);
	buf_add(out, STR("all\n"));
	push_branches(&d, 0, 0);
	while (d.stack.n > 0) {
		struct branch b = d.stack.p[--d.stack.n];

		draw_branch(&d, &b);
		if (b.node != 0)
			push_branches(&d, b.node, b.depth + 1);
	}
	vec_free(&d.stack);
	vec_free(&d.more);
	tree_free(d.t);
}
