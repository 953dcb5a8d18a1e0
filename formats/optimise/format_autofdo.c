/*
 * format_autofdo.c - samples by line for compilers: the text form of LLVM's sample profiles, as create_llvm_prof writes
 * and llvm-profdata and clang -fprofile-sample-use read it.
 *
 *	function:TOTAL:HEAD                  samples in it with what was inlined into it; at its first line
 *	 OFFSET: SAMPLES                     lines counted from the function's first
 *	 OFFSET: inlined:TOTAL               what was inlined there, nested
 *	  OFFSET: SAMPLES
 *
 * Only the location at the leaf of a stack counts, with what was inlined there. Functions are called as their symbols
 * are (the system name, where there is one). A function whose first line is not known cannot be written and is left
 * out. The value is samples, where the profile has them.
 *
 * Source: llvm/ProfileData/SampleProfReader.h.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/arith.h"
#include "base/hash.h"
#include "formats/format_impl.h"

enum { MAX_NESTING = 64 }; /* of inlined calls; deeper ones count for the outermost of those */

struct body {            /* of a function, or of a call of it that was inlined */
	uint32_t parent; /* UINT32_MAX: a function of its own */
	uint32_t offset; /* where in the parent */
	struct str name;
	uint64_t total, head;
	uint32_t first_child, next; /* bodies; UINT32_MAX: none */
	uint32_t first_count;       /* in counts */
};

struct count {
	uint32_t body, offset;
	uint64_t samples;
	uint32_t next;
};

struct autofdo {
	struct arena *a;
	const struct profile *p;
	struct body *bodies;
	struct count *counts;
	uint32_t n_bodies, cap_bodies, n_counts, cap_counts;
	struct table body_table, count_table;
	struct buf *out;
};

static struct str symbol(const struct profile *p, const struct function *f)
{
	struct str s = profile_str(p, f->system_name);

	return s.n ? s : profile_str(p, f->name);
}

static uint32_t find_body(struct autofdo *x, uint32_t parent, uint32_t offset, struct str name)
{
	uint64_t hash = hash_mix(hash_seeded(name), (uint64_t)parent << 32 | offset);
	struct table_at at = table_find(&x->body_table, hash);

	for (uint32_t v; table_next(&at, &v);) {
		const struct body *b = &x->bodies[v];

		if (b->parent == parent && b->offset == offset && str_eq(b->name, name))
			return v;
	}
	if (x->n_bodies == x->cap_bodies)
		x->bodies = profile_grow(x->a, x->bodies, sizeof(*x->bodies), x->n_bodies, &x->cap_bodies);
	x->bodies[x->n_bodies] = (struct body){ parent, offset, name, 0, 0, UINT32_MAX, UINT32_MAX, UINT32_MAX };
	if (parent != UINT32_MAX) {
		x->bodies[x->n_bodies].next = x->bodies[parent].first_child;
		x->bodies[parent].first_child = x->n_bodies;
	}
	table_put(&x->body_table, x->a, hash, x->n_bodies);
	return x->n_bodies++;
}

static void add_count(struct autofdo *x, uint32_t body, uint32_t offset, uint64_t samples)
{
	uint64_t hash = hash_mix((uint64_t)body << 32 | offset, 0);
	struct table_at at = table_find(&x->count_table, hash);

	for (uint32_t v; table_next(&at, &v);)
		if (x->counts[v].body == body && x->counts[v].offset == offset) {
			x->counts[v].samples += samples;
			return;
		}
	if (x->n_counts == x->cap_counts)
		x->counts = profile_grow(x->a, x->counts, sizeof(*x->counts), x->n_counts, &x->cap_counts);
	x->counts[x->n_counts] = (struct count){ body, offset, samples, x->bodies[body].first_count };
	x->bodies[body].first_count = x->n_counts;
	table_put(&x->count_table, x->a, hash, x->n_counts++);
}

/* Counted from the first line of the function, in 16 bits as LLVM does; false: that line is not known. */
static bool offset_of(const struct profile *p, const struct line *line, uint32_t *offset, const struct function **f)
{
	if (line->function >= p->n_functions)
		return false;
	*f = &p->functions[line->function];
	if ((*f)->start_line <= 0)
		return false;
	*offset = (uint32_t)((uint64_t)line->line - (uint64_t)(*f)->start_line) & 0xffff;
	return symbol(p, *f).n > 0;
}

/* The lines of a location, outermost first, are a nest of bodies. */
static void add_location(struct autofdo *x, const struct location *l, uint64_t samples)
{
	uint32_t body = UINT32_MAX, at = 0, path[MAX_NESTING], depth = 0;
	const struct function *f;

	for (uint32_t k = l->n_lines; k > 0 && depth < MAX_NESTING; k--) {
		uint32_t offset;

		if (!offset_of(x->p, &x->p->lines[l->first_line + k - 1], &offset, &f))
			break;
		body = find_body(x, body, body == UINT32_MAX ? 0 : at, symbol(x->p, f));
		path[depth++] = body;
		at = offset;
	}
	if (body == UINT32_MAX)
		return;
	add_count(x, body, at, samples);
	for (uint32_t i = 0; i < depth; i++)
		x->bodies[path[i]].total += samples;
	x->bodies[path[0]].head += depth == 1 && at == 0 ? samples : 0;
}

/* ---- text ---- */

static int by_offset(const void *a, const void *b, void *autofdo)
{
	const struct autofdo *x = autofdo;
	const struct count *u = &x->counts[*(const uint32_t *)a], *v = &x->counts[*(const uint32_t *)b];

	return u->offset < v->offset ? -1 : u->offset > v->offset;
}

static int by_place(const void *a, const void *b, void *autofdo)
{
	const struct autofdo *x = autofdo;
	const struct body *u = &x->bodies[*(const uint32_t *)a], *v = &x->bodies[*(const uint32_t *)b];

	return u->offset != v->offset ? (u->offset < v->offset ? -1 : 1) : str_cmp(u->name, v->name);
}

static int by_total(const void *a, const void *b, void *autofdo)
{
	const struct autofdo *x = autofdo;
	const struct body *u = &x->bodies[*(const uint32_t *)a], *v = &x->bodies[*(const uint32_t *)b];

	return u->total != v->total ? (u->total > v->total ? -1 : 1) : str_cmp(u->name, v->name);
}

/* A name is one word of a line. */
static void put_name(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_byte(out, (unsigned char)s.p[i] <= ' ' ? '_' : (unsigned char)s.p[i]);
}

static void put_body(struct autofdo *x, uint32_t i, unsigned depth)
{
	const struct body *b = &x->bodies[i];
	uint32_t n = 0, *order;

	for (uint32_t c = b->first_count; c != UINT32_MAX; c = x->counts[c].next)
		n++;
	order = arena_array(x->a, (size_t)n + 1, sizeof(*order));
	n = 0;
	for (uint32_t c = b->first_count; c != UINT32_MAX; c = x->counts[c].next)
		order[n++] = c;
	qsort_r(order, n, sizeof(*order), by_offset, x);
	for (uint32_t k = 0; k < n; k++) {
		buf_fill(x->out, ' ', depth);
		buf_printf(x->out, "%u: %" PRIu64 "\n", x->counts[order[k]].offset, x->counts[order[k]].samples);
	}
	n = 0;
	for (uint32_t c = b->first_child; c != UINT32_MAX; c = x->bodies[c].next)
		n++;
	order = arena_array(x->a, (size_t)n + 1, sizeof(*order));
	n = 0;
	for (uint32_t c = b->first_child; c != UINT32_MAX; c = x->bodies[c].next)
		order[n++] = c;
	qsort_r(order, n, sizeof(*order), by_place, x);
	for (uint32_t k = 0; k < n; k++) {
		const struct body *child = &x->bodies[order[k]];

		buf_fill(x->out, ' ', depth);
		buf_printf(x->out, "%u: ", child->offset);
		put_name(x->out, child->name);
		buf_printf(x->out, ":%" PRIu64 "\n", child->total);
		put_body(x, order[k], depth + 1);
	}
}

static void put_all(struct autofdo *x)
{
	uint32_t *order = arena_array(x->a, (size_t)x->n_bodies + 1, sizeof(*order)), n = 0;

	for (uint32_t i = 0; i < x->n_bodies; i++)
		if (x->bodies[i].parent == UINT32_MAX)
			order[n++] = i;
	qsort_r(order, n, sizeof(*order), by_total, x);
	for (uint32_t i = 0; i < n; i++) {
		const struct body *b = &x->bodies[order[i]];

		put_name(x->out, b->name);
		buf_printf(x->out, ":%" PRIu64 ":%" PRIu64 "\n", b->total, b->head);
		put_body(x, order[i], 1);
	}
}

/* Samples, where there are any and no other type was asked for. */
static int find_type(const struct profile *p, const struct format_opts *o, uint32_t *type, struct err *e)
{
	if (o->type == FORMAT_ALL_TYPES)
		for (*type = 0; *type < p->n_types; ++*type)
			if (str_eq(profile_str(p, p->types[*type].type), STR("samples")))
				return 0;
	return format_type(p, o, "autofdo", type, e);
}

static int row_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	const struct profile *p = in->p;
	struct autofdo x = { .p = p, .out = out };
	uint32_t type;

	(void)n;
	if (find_type(p, o, &type, e) < 0)
		return -1;
	x.a = arena_new();
	for (uint32_t i = 0; i < p->n_samples; i++) {
		int64_t v = profile_value(p, i, type);
		uint32_t leaf = p->stack_at[i] < p->stack_at[i + 1] ? p->stack[p->stack_at[i]] : PROFILE_NONE;

		if (v > 0 && leaf < p->n_locations)
			add_location(&x, &p->locations[leaf], (uint64_t)v);
	}
	put_all(&x);
	arena_free(x.a);
	if (x.n_bodies == 0)
		return err_set(e, ERR_UNSUPPORTED, "autofdo: no sample is in a function whose first line is known");
	return buf_check(out, "autofdo", e);
}

/* For compilers alone. */
static int autofdo_bid(struct str bytes, struct str file_name)
{
	(void)bytes;
	(void)file_name;
	return BID_NO;
}

const struct format format_autofdo = {
	.name = "autofdo",
	.extensions = "afdo",
	.content_types = "text/x-llvm-sample-profile",
	.text = "sample profile of LLVM (AutoFDO), text",
	.bid = autofdo_bid,
	.encode = row_encode,
};
