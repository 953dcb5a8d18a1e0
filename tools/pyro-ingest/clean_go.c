/*
 * clean_go.c - see clean.h: what Go programs need. Names of generic functions
 * lose their shape arguments, so that instances become one; stacks that the
 * runtime cut at its depth limit get their root side back from others.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/vec.h"
#include "tools/pyro-ingest/clean.h"

/* ---- [go.shape. ... ] ---- */

static bool shape_end(struct str s, size_t from, size_t *end)
{
	unsigned depth = 0;

	for (size_t i = from; i < s.n; i++) {
		depth += s.p[i] == '[';
		if (s.p[i] == ']' && --depth == 0) {
			*end = i + 1;
			return true;
		}
	}
	return false;
}

static struct str without_shapes(struct arena *a, struct str s)
{
	struct str mark = STR("[go.shape.");
	size_t at = str_search(s, mark), end;
	char *out, *to;

	if (at == s.n || !shape_end(s, at, &end))
		return s;
	out = to = arena_alloc(a, s.n);
	while (s.n > 0) {
		at = str_search(s, mark);
		if (at < s.n && !shape_end(s, at, &end))
			at = s.n;
		memcpy(to, s.p, at);
		to += at;
		s = str_skip(s, at < s.n ? end : s.n);
	}
	return str_of(out, (size_t)(to - out));
}

/* ---- truncated stacks ---- */

enum { SUFFIX = 24, TOKEN = 16, MAX_OFFSET = SUFFIX - TOKEN, MAX_CHAIN = 56 };

struct group {
	uint32_t first, n;    /* in repair.order */
	uint32_t hit, offset; /* lacks the `offset` root-most frames of group `hit`; UINT32_MAX = none */
	uint32_t last, sum;   /* end of the chain */
};

struct token {
	const uint32_t *p; /* TOKEN locations */
	uint32_t group, offset;
};

struct repair {
	struct profile *p;
	VEC(uint32_t) order; /* samples with long stacks, by suffix */
	VEC(struct group) groups;
	VEC(struct token) tokens;
	struct map by_hash;
};

static uint32_t depth_of(const struct profile *p, uint32_t i)
{
	return p->stack_at[i + 1] - p->stack_at[i];
}

static bool has_type(const struct profile *p, const char *const *names, size_t n)
{
	for (uint32_t i = 0; i < p->n_types; i++)
		for (size_t k = 0; k < n; k++)
			if (str_eq(profile_str(p, p->types[i].type), str_cstr(names[k])))
				return true;
	return false;
}

/* Heap profiles are cut at 32 frames, CPU profiles at 64. */
static bool looks_truncated(const struct profile *p)
{
	static const char *const heap[] = { "alloc_objects", "alloc_space", "inuse_objects", "inuse_space" };
	static const char *const cpu[] = { "cpu" };
	uint32_t deepest = 0;

	for (uint32_t i = 0; i < p->n_samples; i++)
		deepest = MAX(deepest, depth_of(p, i));
	if (has_type(p, heap, ARRAY_LEN(heap)) && deepest >= 28 && deepest < 33)
		return true;
	return has_type(p, cpu, ARRAY_LEN(cpu)) && deepest >= 60;
}

static const uint32_t *suffix_of(const struct profile *p, uint32_t sample)
{
	return p->stack + p->stack_at[sample + 1] - SUFFIX;
}

/* In the order of the original, which decides who is repaired after whom: of the bytes of the ids, lowest first. */
static int suffix_cmp(const void *a, const void *b, void *ctx)
{
	const struct profile *p = ctx;
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
	const uint32_t *x = suffix_of(p, i), *y = suffix_of(p, k);

	for (uint32_t at = 0; at < SUFFIX; at++)
		if (x[at] != y[at]) /* Go numbers locations from 1 on */
			return __builtin_bswap32(x[at] + 1) < __builtin_bswap32(y[at] + 1) ? -1 : 1;
	return i < k ? -1 : i > k;
}

static void find_groups(struct repair *r)
{
	for (uint32_t i = 0; i < r->p->n_samples; i++)
		if (depth_of(r->p, i) >= SUFFIX)
			vec_push(&r->order, i);
	if (r->order.n > 1)
		qsort_r(r->order.p, r->order.n, sizeof(*r->order.p), suffix_cmp, r->p);
	for (uint32_t i = 0; i < r->order.n; i++) {
		struct group g = { .first = i, .n = 1, .hit = UINT32_MAX };
		bool same = i > 0 &&
		    memcmp(suffix_of(r->p, r->order.p[i]), suffix_of(r->p, r->order.p[i - 1]),
			SUFFIX * sizeof(uint32_t)) == 0;

		if (same)
			r->groups.p[r->groups.n - 1].n++;
		else
			vec_push(&r->groups, g);
	}
	/* The original ends the last group at the number of groups; the stacks behind that stay as they are. */
	if (r->groups.n > 0) {
		struct group *last = &r->groups.p[r->groups.n - 1];

		last->n = r->groups.n > last->first ? MIN(last->n, (uint32_t)r->groups.n - last->first) : 0;
	}
}

static struct token *token_find(struct repair *r, const uint32_t *p, uint64_t *hash)
{
	*hash = hash_str(str_of(p, TOKEN * sizeof(*p)));
	struct map_at at = map_find(&r->by_hash, *hash);

	for (uint32_t i; map_next(&at, &i);)
		if (memcmp(r->tokens.p[i].p, p, TOKEN * sizeof(*p)) == 0)
			return &r->tokens.p[i];
	return NULL;
}

/* The 16 locations that end `offset` before the root end, for each offset; the largest offset counts. */
static void index_tokens(struct repair *r)
{
	for (uint32_t g = 0; g < r->groups.n; g++) {
		const uint32_t *suffix = suffix_of(r->p, r->order.p[r->groups.p[g].first]);

		if (r->groups.p[g].n == 0)
			continue;
		for (uint32_t offset = 1; offset <= MAX_OFFSET; offset++) {
			struct token t = { suffix + SUFFIX - TOKEN - offset, g, offset }, *known;
			uint64_t hash;

			known = token_find(r, t.p, &hash);
			if (known == NULL) {
				vec_push(&r->tokens, t);
				map_put(&r->by_hash, hash, (uint32_t)r->tokens.n - 1);
			} else if (offset > known->offset) {
				*known = t;
			}
		}
	}
}

static void find_hits(struct repair *r)
{
	for (uint32_t g = 0; g < r->groups.n; g++) {
		const uint32_t *suffix = suffix_of(r->p, r->order.p[r->groups.p[g].first]);
		uint64_t hash;
		struct token *t = token_find(r, suffix + SUFFIX - TOKEN, &hash);

		if (t != NULL && t->group != g) {
			r->groups.p[g].hit = t->group;
			r->groups.p[g].offset = t->offset;
		}
	}
}

/* False: a chain is too long, which means a loop; nothing is repaired then. */
static bool follow_chains(struct repair *r)
{
	for (uint32_t g = 0; g < r->groups.n; g++) {
		struct group *x = &r->groups.p[g];
		uint32_t links = 0;

		x->last = g;
		while (r->groups.p[x->last].hit != UINT32_MAX) {
			if (++links >= MAX_CHAIN)
				return false;
			x->sum += r->groups.p[x->last].offset;
			x->last = r->groups.p[x->last].hit;
		}
	}
	return true;
}

static void append_roots(struct repair *r, struct arena *a)
{
	struct profile *p = r->p;
	uint32_t *extra = arena_zarray(a, p->n_samples, sizeof(*extra));
	uint32_t *from = arena_zarray(a, p->n_samples, sizeof(*from));
	uint32_t *stack, *at = arena_array(a, (size_t)p->n_samples + 1, sizeof(*at)), n = 0;
	uint64_t more = 0;

	for (uint32_t g = 0; g < r->groups.n; g++) {
		const struct group *x = &r->groups.p[g];
		uint32_t source = r->order.p[r->groups.p[x->last].first];

		for (uint32_t i = 0; x->sum > 0 && depth_of(p, source) > x->sum && i < x->n; i++) {
			uint32_t sample = r->order.p[x->first + i];

			extra[sample] = x->sum;
			from[sample] = p->stack_at[source + 1] - x->sum;
			more += x->sum;
		}
	}
	if (more == 0)
		return;
	stack = arena_array(a, p->stack_at[p->n_samples] + more, sizeof(*stack));
	for (uint32_t i = 0; i < p->n_samples; i++) {
		uint32_t k = depth_of(p, i);

		at[i] = n;
		memcpy(stack + n, p->stack + p->stack_at[i], k * sizeof(*stack));
		memcpy(stack + n + k, p->stack + from[i], extra[i] * sizeof(*stack));
		n += k + extra[i];
	}
	at[p->n_samples] = n;
	p->stack = stack;
	p->stack_at = at;
}

static void repair_stacks(struct arena *a, struct profile *p)
{
	struct repair r = { .p = p };

	find_groups(&r);
	index_tokens(&r);
	find_hits(&r);
	if (follow_chains(&r))
		append_roots(&r, a);
	vec_free(&r.order);
	vec_free(&r.groups);
	vec_free(&r.tokens);
	map_fini(&r.by_hash);
}

void clean_go(struct arena *a, struct profile *p)
{
	for (uint32_t i = 0; i < p->n_strings; i++)
		if (p->strings[i].n > 0 && memchr(p->strings[i].p, '[', p->strings[i].n) != NULL)
			p->strings[i] = without_shapes(a, p->strings[i]);
	if (looks_truncated(p))
		repair_stacks(a, p);
}
