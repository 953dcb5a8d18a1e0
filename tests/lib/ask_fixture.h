/*
 * ask_fixture.h - rows that lie in several heads and blocks, for questions about them. Every sample is in `all`, too, so
 * that a test can add up for itself what an answer must be; parts travel as messages, as between the programs.
 *
 *	cmocka_run_group_tests(tests, ask_setup, ask_teardown);
 *	ask = ask_wanted(ASK_TREE, &wanted[i], &selector, site, &span);
 *	p = ask_all(a, &ask);
 */
#ifndef ASK_FIXTURE_H
#define ASK_FIXTURE_H

#include "tests/lib/block_fixture.h"

#include "formats/block/block_cut.h"
#include "formats/head/head.h"
#include "formats/query/ask.h"

enum { ROWS = 400, HEADS = 3, SERVICES = 3, PODS = 4, NAMES = 4, DEPTH = 3, MINUTES = 90 };

#define START (INT64_C(1768471200) * NS_PER_S)
#define TYPE "process_cpu:cpu:nanoseconds:cpu:nanoseconds"

static const char *const services[SERVICES] = { "cart", "pay", "shop" };
static const char *const functions[NAMES] = { "alloc", "main", "parse", "work" };

/* One sample of the profile type that is asked for; every row has one. */
struct sample {
	unsigned service, pod, depth, path[DEPTH]; /* path: root first */
	int64_t time, value;
	uint64_t span;
};

static struct sample all[ROWS];
static struct head *heads[HEADS];
static VEC(struct block *) blocks;
static VEC(struct block_parts) parts;
static VEC(struct dataset *) sets;

/* ---- rows ---- */

static inline uint32_t random_next(uint32_t *x)
{
	*x = *x * 1664525 + 1013904223;
	return *x >> 8;
}

static inline struct sample make_sample(uint32_t *x)
{
	struct sample s = { .service = random_next(x) % SERVICES,
		.pod = random_next(x) % PODS,
		.depth = 1 + random_next(x) % DEPTH,
		.time = START + (int64_t)(random_next(x) % (MINUTES * 60000)) * NS_PER_MS,
		.value = 1 + random_next(x) % 1000,
		.span = random_next(x) % 3 };

	for (unsigned i = 0; i < s.depth; i++)
		s.path[i] = random_next(x) % NAMES;
	return s;
}

static inline void store(struct arena *a, struct sym_importer *imp, struct head *h, const struct sample *s, uint8_t id)
{
	struct label labels[] = { { STR("__name__"), STR("process_cpu") },
		{ STR("pod"), arena_printf(a, "p%u", s->pod) },
		{ STR("service_name"), str_cstr(services[s->service]) } };
	struct profile_builder *b = profile_builder_new(a, 2);
	struct head_push p = { .labels = { labels, 3 }, .partition = s->service, .time = s->time, .now = s->time };
	int64_t values[2] = { 1, s->value };
	uint32_t stack[DEPTH];
	struct buf record;

	profile_builder_type(b, 0, STR("samples"), STR("count"));
	profile_builder_type(b, 1, STR("cpu"), STR("nanoseconds"));
	for (unsigned i = 0; i < s->depth; i++)
		stack[i] = profile_builder_frame(b, str_cstr(functions[s->path[s->depth - 1 - i]]), STR("a.c"), 1);
	profile_builder_add(b, stack, s->depth, values, NULL, 0);
	struct profile *f = profile_builder_finish(b);

	f->has_period_type = true;
	f->period_type = f->types[1];
	p.profile = f;
	p.spans = &s->span;
	p.id[0] = id;
	buf_init(&record, 1 << 20);
	assert_int_equal(head_add(h, imp, &p, &record), 2);
	buf_fini(&record);
}

/* The first head goes into blocks, one an hour; the others stay heads. */
static inline void cut_first(struct arena *a)
{
	struct dataset *set = &heads[0]->set;
	struct cut_window *w;
	struct err e;
	size_t n;

	assert_int_equal(cut_windows(a, &set, 1, 3600 * NS_PER_S, &w, &n, &e), 0);
	assert_true(n >= 2);
	for (size_t i = 0; i < n; i++) {
		struct ulid id = { { 1 } };
		struct block_parts p;

		id.b[15] = (uint8_t)i;
		assert_int_equal(cut_block(&set, 1, w[i], id, &p, &e), 0);
		vec_push(&parts, p);
		vec_push(&blocks, open_parts(&p));
		vec_push(&sets, &blocks.p[i]->set);
	}
}

static inline int ask_setup(void **state)
{
	struct sym_importer *imp = sym_importer_new();
	struct arena *a = arena_new();
	uint32_t x = 7;

	(void)state;
	for (size_t i = 0; i < HEADS; i++)
		heads[i] = head_new();
	for (size_t i = 0; i < ROWS; i++) {
		all[i] = make_sample(&x);
		store(a, imp, heads[random_next(&x) % HEADS], &all[i], (uint8_t)i);
	}
	cut_first(a);
	for (size_t i = 1; i < HEADS; i++)
		vec_push(&sets, &heads[i]->set);
	sym_importer_free(imp);
	arena_free(a);
	return 0;
}

static inline int ask_teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < blocks.n; i++) {
		block_close(blocks.p[i]);
		block_parts_free(&parts.p[i]);
	}
	for (size_t i = 0; i < HEADS; i++)
		head_free(heads[i]);
	vec_free(&blocks);
	vec_free(&parts);
	vec_free(&sets);
	return 0;
}

/* ---- asking ---- */

/* There and back, as the answer of another process. */
static inline void send_part(struct arena *a, struct part *p)
{
	struct pyro_answer out = { 0 }, in;
	struct str bytes;
	struct buf b;
	struct err e;

	part_to_message(a, p, &out);
	buf_init(&b, 1 << 24);
	msg_encode(&pyro_answer_type, &out, &b);
	bytes = arena_str(a, buf_str(&b));
	buf_fini(&b);
	part_fini(p);
	assert_int_equal(msg_decode(a, &pyro_answer_type, bytes, &in, &e), 0);
	assert_int_equal(part_of_message(a, &in, p, &e), 0);
}

/* Blocks in one go, as the engine does; each head by itself, as the shards do. */
static inline struct part ask_all(struct arena *a, const struct pyro_ask *ask)
{
	struct part whole = part_none(), p;
	struct err e;

	if (ask_run(a, ask, sets.p, blocks.n, &whole, &e) < 0)
		fail_msg("%s", e.msg);
	for (size_t i = blocks.n; i < sets.n; i++) {
		assert_int_equal(ask_run(a, ask, &sets.p[i], 1, &p, &e), 0);
		send_part(a, &p);
		assert_int_equal(part_merge(a, ask, &whole, &p, &e), 0);
	}
	return whole;
}

static inline struct pyro_ask ask_of(enum ask_kind kind, struct str *selector, int64_t from, int64_t to)
{
	return (struct pyro_ask){ .kind = kind,
		.profile_type = STR(TYPE),
		.selectors = { selector, 1 },
		.from = from,
		.to = to };
}

/* What is asked for: a service or all, a range, and what else a case says. */
struct wanted {
	const char *selector;
	int service; /* -1 = all */
	int64_t from, to;
	int root, below; /* the call site, functions; -1 = none, or no second one */
	int span;        /* -1 = any */
};

static const struct wanted wanted[] = {
	{ "{}", -1, START, START + MINUTES * 60 * NS_PER_S, -1, -1, -1 },
	{ "{service_name=\"pay\"}", 1, START, START + MINUTES * 60 * NS_PER_S, -1, -1, -1 },
	{ "{service_name=~\"sh.*\"}", 2, START + 1000 * NS_PER_S, START + 2000 * NS_PER_S, -1, -1, -1 },
	{ "{service_name!~\"cart|pay\"}", 2, START + 3500 * NS_PER_S, START + 3700 * NS_PER_S, -1, -1, -1 },
	{ "{}", -1, START, START + 4000 * NS_PER_S, 1, -1, -1 },
	{ "{}", -1, START, START + 4000 * NS_PER_S, 1, 3, -1 },
	{ "{}", -1, START, START + 4000 * NS_PER_S, -1, -1, 2 },
	{ "{}", -1, INT64_MIN, INT64_MAX, -1, -1, -1 },
	{ "{service_name=\"none\"}", 9, START, START + MINUTES * 60 * NS_PER_S, -1, -1, -1 },
	{ "{}", -1, START - 100, START - 1, -1, -1, -1 },
};

static inline bool is_wanted(const struct wanted *w, const struct sample *s)
{
	return (w->service < 0 || (unsigned)w->service == s->service) && s->time >= w->from && s->time <= w->to &&
	    (w->root < 0 || s->path[0] == (unsigned)w->root) &&
	    (w->below < 0 || (s->depth > 1 && s->path[1] == (unsigned)w->below)) &&
	    (w->span < 0 || s->span == (uint64_t)w->span);
}

static inline struct pyro_ask ask_wanted(enum ask_kind kind, const struct wanted *w, struct str *selector,
    struct str *site, uint64_t *span)
{
	struct pyro_ask ask;

	*selector = str_cstr(w->selector);
	ask = ask_of(kind, selector, w->from, w->to);
	if (w->root >= 0) {
		site[0] = str_cstr(functions[w->root]);
		site[1] = str_cstr(w->below >= 0 ? functions[w->below] : "");
		ask.call_site = (struct msg_strs){ site, w->below >= 0 ? 2 : 1 };
	}
	if (w->span >= 0) {
		*span = (uint64_t)w->span;
		ask.by_span = true;
		ask.spans.p = span;
		ask.spans.n = 1;
	}
	return ask;
}

/* ---- answers ---- */

/* Sums by path, a number to the base of NAMES + 1. */
enum { PATHS = (NAMES + 1) * (NAMES + 1) * (NAMES + 1) };

static inline unsigned name_number(struct str name)
{
	for (unsigned i = 0; i < NAMES; i++)
		if (str_eq(name, str_cstr(functions[i])))
			return i + 1;
	fail_msg("unknown function " STR_FMT, STR_ARG(name));
	return 0;
}

static inline void sums_wanted(const struct wanted *w, int64_t sums[PATHS])
{
	memset(sums, 0, PATHS * sizeof(*sums));
	for (size_t i = 0; i < ROWS; i++) {
		unsigned path = 0;

		for (unsigned k = 0; k < all[i].depth; k++)
			path = path * (NAMES + 1) + all[i].path[k] + 1;
		if (is_wanted(w, &all[i]))
			sums[path] += all[i].value;
	}
}

static inline void tree_sums(const struct tree *t, int64_t sums[PATHS])
{
	unsigned *path = calloc(t->nodes.n, sizeof(*path));

	memset(sums, 0, PATHS * sizeof(*sums));
	for (size_t i = 1; i < t->nodes.n; i++) {
		const struct tree_node *n = &t->nodes.p[i];

		path[i] = path[n->parent] * (NAMES + 1) + name_number(t->names.p[n->name]);
		assert_true(path[i] < PATHS);
		sums[path[i]] += n->self;
	}
	free(path);
}

static inline void profile_sums(const struct profile *p, int64_t sums[PATHS])
{
	memset(sums, 0, PATHS * sizeof(*sums));
	assert_int_equal(p->n_types, 1);
	for (uint32_t i = 0; i < p->n_samples; i++) {
		unsigned path = 0;

		for (uint32_t k = p->stack_at[i + 1]; k-- > p->stack_at[i];) {
			const struct location *l = &p->locations[p->stack[k]];

			path = path * (NAMES + 1) +
			    name_number(profile_str(p, p->functions[p->lines[l->first_line].function].name));
		}
		sums[path] += p->values[i];
	}
}

#endif
