/*
 * test_ask.c - questions about rows that lie in several heads and blocks. The
 * test keeps every sample in a list of its own and adds up for itself what
 * each answer must be; parts travel as messages, as between the programs.
 */
#include "tests/lib/block_fixture.h"

#include "base/arith.h"

#include "formats/query/ask.h"
#include "formats/block/block_cut.h"
#include "formats/head/head.h"

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

static uint32_t random_next(uint32_t *x)
{
	*x = *x * 1664525 + 1013904223;
	return *x >> 8;
}

static struct sample make_sample(uint32_t *x)
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

static void store(struct arena *a, struct sym_importer *imp, struct head *h, const struct sample *s, uint8_t id)
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
static void cut_first(struct arena *a)
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

static int setup(void **state)
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

static int teardown(void **state)
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
static void send_part(struct arena *a, struct part *p)
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
static struct part ask_all(struct arena *a, const struct pyro_ask *ask)
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

static struct pyro_ask ask_of(enum ask_kind kind, struct str *selector, int64_t from, int64_t to)
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

static bool is_wanted(const struct wanted *w, const struct sample *s)
{
	return (w->service < 0 || (unsigned)w->service == s->service) && s->time >= w->from && s->time <= w->to &&
	    (w->root < 0 || s->path[0] == (unsigned)w->root) &&
	    (w->below < 0 || (s->depth > 1 && s->path[1] == (unsigned)w->below)) &&
	    (w->span < 0 || s->span == (uint64_t)w->span);
}

static struct pyro_ask ask_wanted(enum ask_kind kind, const struct wanted *w, struct str *selector, struct str *site,
    uint64_t *span)
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

/* ---- trees and profiles ---- */

/* Sums by path, a number to the base of NAMES + 1. */
enum { PATHS = (NAMES + 1) * (NAMES + 1) * (NAMES + 1) };

static unsigned name_number(struct str name)
{
	for (unsigned i = 0; i < NAMES; i++)
		if (str_eq(name, str_cstr(functions[i])))
			return i + 1;
	fail_msg("unknown function " STR_FMT, STR_ARG(name));
	return 0;
}

static void sums_wanted(const struct wanted *w, int64_t sums[PATHS])
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

static void tree_sums(const struct tree *t, int64_t sums[PATHS])
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

static void profile_sums(const struct profile *p, int64_t sums[PATHS])
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

static void trees_and_profiles(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		int64_t want[PATHS], got[PATHS], any = 0;
		struct arena *a = arena_new();
		struct str selector, site[2];
		struct pyro_ask ask;
		struct part p;
		uint64_t span;

		sums_wanted(&wanted[i], want);
		for (size_t k = 0; k < PATHS; k++)
			any |= want[k];
		assert_int_equal(any != 0, i < 8); /* the table asks for something */
		ask = ask_wanted(ASK_TREE, &wanted[i], &selector, site, &span);
		p = ask_all(a, &ask);
		tree_sums(p.tree, got);
		assert_memory_equal(got, want, sizeof(want));
		part_fini(&p);

		ask = ask_wanted(ASK_PROFILE, &wanted[i], &selector, site, &span);
		p = ask_all(a, &ask);
		assert_int_equal(p.profile != NULL, any != 0);
		if (p.profile != NULL) {
			profile_sums(p.profile, got);
			assert_memory_equal(got, want, sizeof(want));
		}
		part_fini(&p);
		arena_free(a);
	}
}

/* ---- single rows ---- */

static bool is_row(const struct point_series *s, const struct point *p, const struct sample *r, size_t number)
{
	return p->id[0] == (uint8_t)number && p->value == r->value && p->time == floor_ms(r->time) &&
	    str_eq(labels_get(&s->labels, STR("service_name")), str_cstr(services[r->service]));
}

/* Each row that is wanted is there once, with its value; of spans those that have one. */
static void points(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(wanted); i++) {
		const struct wanted *w = &wanted[i / 2];
		struct arena *a = arena_new();
		size_t found = 0, want = 0;
		struct str selector, site[2];
		struct pyro_ask ask;
		struct part p;
		uint64_t span;

		if (w->root >= 0 || w->span >= 0) {
			arena_free(a);
			continue;
		}
		ask = ask_wanted(ASK_POINTS, w, &selector, site, &span);
		ask.span_points = i % 2;
		p = ask_all(a, &ask);
		for (size_t r = 0; r < ROWS; r++) {
			if (!is_wanted(w, &all[r]) || (ask.span_points && all[r].span == 0))
				continue;
			want++;
			for (size_t k = 0; k < p.points.n; k++)
				for (size_t j = 0; j < p.points.p[k].n; j++)
					found += is_row(&p.points.p[k], &p.points.p[k].p[j], &all[r], r) &&
					    p.points.p[k].p[j].span == (ask.span_points ? all[r].span : 0);
		}
		assert_int_equal(found, want);
		assert_int_equal(want != 0, i / 2 < 4 || i / 2 == 7);
		for (size_t k = 0; k < p.points.n; k++)
			want -= p.points.p[k].n;
		assert_int_equal(want, 0);
		part_fini(&p);
		arena_free(a);
	}
}

/* Only rows of the profiles that are named. */
static void profile_ids(void **state)
{
	struct arena *a = arena_new();
	struct str selector = STR("{}"),
		   ids[] = { STR("ff000000-0000-0000-0000-000000000000"), STR("ff000000-0000-0000-0000-000000000000"),
			   STR("05000000-0000-0000-0000-000000000001"), STR("05000000-0000-0000-0000-000000000000") };
	struct pyro_ask ask = ask_of(ASK_TREE, &selector, START, START + MINUTES * 60 * NS_PER_S);
	int64_t want = 0;
	struct part p;

	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		want += (uint8_t)i == 5 || (uint8_t)i == 255 ? all[i].value : 0;
	ask.profile_ids = (struct msg_strs){ ids, ARRAY_LEN(ids) };
	p = ask_all(a, &ask);
	tree_total(p.tree);
	assert_int_equal(p.tree->nodes.p[0].total, want);
	part_fini(&p);
	arena_free(a);
}

/* In any order, some twice. */
static void span_ids(void **state)
{
	struct arena *a = arena_new();
	struct str selector = STR("{}");
	uint64_t spans[] = { 7, 2, UINT64_MAX, 1, 2, 0 };
	struct pyro_ask ask = ask_of(ASK_TREE, &selector, START, START + MINUTES * 60 * NS_PER_S);
	int64_t want = 0;
	struct part p;

	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		want += all[i].span != 0 ? all[i].value : 0;
	ask.by_span = true;
	ask.spans.p = spans;
	ask.spans.n = ARRAY_LEN(spans);
	p = ask_all(a, &ask);
	tree_total(p.tree);
	assert_int_equal(p.tree->nodes.p[0].total, want);
	part_fini(&p);
	arena_free(a);
}

/* A merged profile keeps the functions whose total reaches that of the n-th, with all that tie. */
static void cut_profiles(void **state)
{
	static const struct {
		int64_t max_nodes;
		uint32_t functions;
	} cases[] = {
		{ 0, 4 },
		{ 1, 2 },
		{ 2, 4 },
		{ 3, 4 },
		{ 4, 4 },
		{ 5, 4 },
	};
	static const int64_t values[] = { 5, 3, 3, 3 };
	struct str selector = STR("{}");
	struct sym_importer *imp = sym_importer_new();
	struct head *h = head_new();
	struct dataset *set = &h->set;
	struct arena *a = arena_new();

	(void)state;
	for (unsigned i = 0; i < NAMES; i++)
		store(a, imp, h, &(struct sample){ .depth = 1, .path = { i }, .time = START, .value = values[i] }, 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pyro_ask ask = ask_of(ASK_PROFILE, &selector, START, START + 1);
		int64_t sum = 0;
		struct part p;
		struct err e;

		ask.max_nodes = cases[i].max_nodes;
		assert_int_equal(ask_run(a, &ask, &set, 1, &p, &e), 0);
		assert_int_equal(p.profile->n_functions, cases[i].functions);
		for (uint32_t k = 0; k < p.profile->n_samples; k++)
			sum += p.profile->values[k];
		assert_int_equal(sum, 14);
	}
	sym_importer_free(imp);
	head_free(h);
	arena_free(a);
}

/* A set whose row names a stack that its symbols do not have. */
struct broken_set {
	struct dataset set;
	struct symbols *symbols;
};

static int broken_series(struct dataset *d, struct arena *a, const struct selector *s, struct series_list *out,
    struct err *e)
{
	(void)d;
	(void)s;
	(void)e;
	out->p = arena_zalloc(a, sizeof(*out->p));
	out->n = 1;
	return 0;
}

static int broken_scan(struct dataset *d, const struct scan *s, struct err *e)
{
	uint32_t stack = (uint32_t)CONTAINER_OF(d, struct broken_set, set)->symbols->nodes.n;
	int64_t value = 1;
	struct row row = { .n = 1, .stacks = &stack, .values = &value, .time = START, .total = 1 };

	return s->row(s->ctx, &row, e);
}

static int broken_symbols(struct dataset *d, uint32_t partition, struct symbols **out, struct err *e)
{
	(void)partition;
	(void)e;
	*out = CONTAINER_OF(d, struct broken_set, set)->symbols;
	return 0;
}

static void broken_sets(void **state)
{
	static const struct dataset_ops ops = { .series = broken_series,
		.scan = broken_scan,
		.symbols = broken_symbols };
	struct broken_set b = { .set = { .ops = &ops, .min_time = START, .max_time = START, .n_partitions = 1 } };
	struct dataset *set = &b.set;
	struct str selector = STR("{}"), name = STR("main");
	struct arena *a = arena_new();
	struct pyro_ask ask = ask_of(ASK_TREE, &selector, START, START + 1);
	uint64_t span = 0;
	struct part p;
	struct err e;

	(void)state;
	b.symbols = symbols_new(1);
	assert_int_equal(ask_run(a, &ask, &set, 1, &p, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	ask.kind = ASK_PROFILE;
	assert_int_equal(ask_run(a, &ask, &set, 1, &p, &e), -1);
	ask.kind = ASK_SERIES;
	ask.from_ms = ask.to_ms = START / NS_PER_MS;
	ask.step_ms = 1;
	ask.functions = (struct msg_strs){ &name, 1 };
	assert_int_equal(ask_run(a, &ask, &set, 1, &p, &e), -1);
	ask.functions.n = 0;
	ask.call_site = (struct msg_strs){ &name, 1 };
	assert_int_equal(ask_run(a, &ask, &set, 1, &p, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	ask.kind = ASK_POINTS;
	assert_int_equal(ask_run(a, &ask, &set, 1, &p, &e), -1);
	ask.kind = ASK_PROFILE;
	ask.by_span = true;
	ask.spans.p = &span;
	ask.spans.n = 1;
	assert_int_equal(ask_run(a, &ask, &set, 1, &p, &e), 0); /* no span: the stack is not looked at */
	symbols_free(b.symbols);
	arena_free(a);
}

/* ---- series ---- */

static void series(void **state)
{
	enum { STEP_MS = 60000, POINTS = MINUTES + 2 };
	(void)state;
	for (size_t i = 0; i < 6; i++) {
		const struct wanted *w = &wanted[i];
		int64_t from_ms = w->from / NS_PER_MS, to_ms = w->to / NS_PER_MS;
		int64_t sum[PODS][POINTS] = { 0 }, count[PODS][POINTS] = { 0 };
		struct str selector, site[2], by = STR("pod");
		struct arena *a = arena_new();
		struct pyro_ask ask;
		struct part p;
		uint64_t span;

		for (size_t k = 0; k < ROWS; k++) {
			int64_t ms = all[k].time / NS_PER_MS, step = (ms - from_ms + STEP_MS - 1) / STEP_MS;
			struct wanted any_root = *w;

			any_root.root = any_root.below = -1;
			if (!is_wanted(&any_root, &all[k]) || from_ms + step * STEP_MS > to_ms)
				continue;
			sum[all[k].pod][step] += is_wanted(w, &all[k]) ? all[k].value : 0;
			count[all[k].pod][step]++;
		}
		ask = ask_wanted(ASK_SERIES, w, &selector, site, &span);
		ask.names = (struct msg_strs){ &by, 1 };
		ask.from_ms = from_ms;
		ask.to_ms = to_ms;
		ask.step_ms = STEP_MS;
		p = ask_all(a, &ask);
		for (size_t k = 0; k < p.series.n; k++) {
			const struct series_group *g = &p.series.p[k];
			struct str pod = labels_get(&g->labels, STR("pod"));
			unsigned number = (unsigned)(pod.p[1] - '0');

			assert_int_equal(g->labels.n, 1);
			for (size_t n = 0; n < g->n; n++) {
				int64_t step = (g->p[n].time - from_ms) / STEP_MS;

				assert_int_equal((g->p[n].time - from_ms) % STEP_MS, 0);
				assert_true(n == 0 || g->p[n].time > g->p[n - 1].time);
				assert_int_equal(g->p[n].sum, sum[number][step]);
				assert_int_equal(g->p[n].count, count[number][step]);
				sum[number][step] = count[number][step] = 0;
			}
		}
		for (size_t k = 0; k < PODS * (size_t)POINTS; k++) /* nothing is missing */
			assert_int_equal(count[k / POINTS][k % POINTS], 0);
		arena_free(a);
	}
}

/* ---- labels ---- */

static void is_list(const struct str_list *got, const char *want)
{
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < got->n; i++)
		buf_printf(&b, "%s" STR_FMT, i ? " " : "", STR_ARG(got->p[i]));
	buf_byte(&b, 0);
	assert_string_equal(b.p, want);
	buf_fini(&b);
}

static void label_questions(void **state)
{
	struct arena *a = arena_new();
	struct str selector = STR("{service_name=\"shop\", pod!=\"p0\"}"),
		   names[] = { STR("pod"), STR("service_name") };
	struct pyro_ask ask = ask_of(ASK_VALUES, &selector, 0, 0);
	struct part p;

	(void)state;
	ask.names = (struct msg_strs){ names, 1 };
	p = ask_all(a, &ask);
	is_list(&p.strings, "p1 p2 p3");
	ask.selectors.n = 0;
	p = ask_all(a, &ask);
	is_list(&p.strings, "p0 p1 p2 p3");
	ask.kind = ASK_NAMES;
	p = ask_all(a, &ask);
	is_list(&p.strings,
	    "__name__ __period_type__ __period_unit__ __profile_type__ __service_name__ __type__ __unit__ "
	    "pod service_name");
	ask.kind = ASK_SETS;
	ask.selectors.n = 1;
	ask.names.n = 2;
	p = ask_all(a, &ask);
	assert_int_equal(p.sets.n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(p.sets.p[i].n, 2);
		assert_int_equal(labels_get(&p.sets.p[i], STR("pod")).p[1], '1' + (int)i);
	}
	ask.from = START - 48 * 3600 * NS_PER_S;
	ask.to = START - 47 * 3600 * NS_PER_S;
	p = ask_all(a, &ask);
	assert_int_equal(p.sets.n, 0);
	arena_free(a);
}

/* Labels are known by the hour: a moment is asked for, the series of its hour answer. */
static void labels_of_an_hour(void **state)
{
	struct str selector = STR("{}"), name = STR("pod");
	struct arena *a = arena_new();
	struct pyro_ask ask = ask_of(ASK_VALUES, &selector, START + NS_PER_MS, START + NS_PER_MS + 1);
	struct part p;

	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		assert_true(all[i].time < ask.from || all[i].time > ask.to);
	ask.names = (struct msg_strs){ &name, 1 };
	p = ask_all(a, &ask);
	is_list(&p.strings, "p0 p1 p2 p3");
	ask.from = ask.to = START + 3600 * NS_PER_S - 1;
	p = ask_all(a, &ask);
	is_list(&p.strings, "p0 p1 p2 p3");
	ask.from = ask.to = START + 2 * 3600 * NS_PER_S;
	p = ask_all(a, &ask);
	is_list(&p.strings, "");
	ask.from = ask.to = START - 1;
	p = ask_all(a, &ask);
	is_list(&p.strings, "");
	ask.to = START + NS_PER_MS - 1; /* the last of the hour before, and no row has it */
	p = ask_all(a, &ask);
	is_list(&p.strings, "");
	ask.from = ask.to = INT64_MIN;
	p = ask_all(a, &ask);
	is_list(&p.strings, "");
	ask.to = INT64_MAX;
	p = ask_all(a, &ask);
	is_list(&p.strings, "p0 p1 p2 p3");
	arena_free(a);
}

static void statistics(void **state)
{
	struct arena *a = arena_new();
	struct pyro_ask ask = { .kind = ASK_STATS };
	int64_t min = INT64_MAX, max = INT64_MIN;
	struct part p = ask_all(a, &ask);

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		min = MIN(min, all[i].time);
		max = MAX(max, all[i].time);
	}
	/* Blocks know their times in milliseconds; the samples have no others. */
	assert_int_equal(p.min_time / NS_PER_MS, min / NS_PER_MS);
	assert_int_equal(p.max_time / NS_PER_MS, max / NS_PER_MS);
	arena_free(a);
}

/* What a question would touch, counted row by row. */
static void plans(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		const struct wanted *w = &wanted[i];
		struct arena *a;
		struct str selector;
		struct pyro_ask ask;
		struct part p;
		uint64_t n = 0;

		if (w->root >= 0 || w->span >= 0)
			continue;
		a = arena_new();
		for (size_t k = 0; k < ROWS; k++)
			n += is_wanted(w, &all[k]);
		ask = ask_wanted(ASK_PLAN, w, &selector, NULL, NULL);
		p = ask_all(a, &ask);
		assert_int_equal(p.plan.recent.profiles + p.plan.stored.profiles, n);
		assert_int_equal(p.plan.recent.samples + p.plan.stored.samples, n);
		assert_int_equal(p.plan.recent.series + p.plan.stored.series > 0, n > 0);
		if (i == 0) {
			assert_int_equal(p.plan.recent.sets, HEADS - 1);
			assert_int_equal(p.plan.stored.sets, blocks.n);
			assert_true(p.plan.stored.index_bytes > 0 && p.plan.stored.profile_bytes > 0 &&
			    p.plan.stored.symbol_bytes > 0);
			assert_true(p.plan.recent.profile_bytes > 0 && p.plan.recent.symbol_bytes > 0);
			/* both value types of each sample, when no type is named */
			ask.profile_type = STR_NONE;
			p = ask_all(a, &ask);
			assert_int_equal(p.plan.recent.profiles + p.plan.stored.profiles, 2 * n);
		}
		arena_free(a);
	}
}

/* ---- refusals ---- */

static void refused(void **state)
{
	struct str good = STR("{}"), bad = STR("{a=}"), regex = STR("{a=~\"(\"}"), two[] = { STR("{}"), STR("{}") };
	struct str id = STR("not-a-uuid");
	struct arena *a = arena_new();
	const struct pyro_ask base = ask_of(ASK_TREE, &good, START, START + 1);
	struct pyro_ask cases[7];
	struct part p;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		cases[i] = base;
	cases[0].selectors.p = &bad;
	cases[1].selectors.p = &regex;
	cases[2].selectors = (struct msg_strs){ two, 2 };
	cases[3].selectors.n = 0;
	cases[4].profile_type = STR("cpu");
	cases[5].kind = ASK_SERIES; /* without a step */
	cases[6].profile_ids = (struct msg_strs){ &id, 1 };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(ask_run(a, &cases[i], sets.p, sets.n, &p, &e), -1);
		assert_int_equal(e.kind, ERR_INVALID);
		assert_null(p.tree);
	}
	cases[0] = base;
	cases[0].kind = ASK_VALUES; /* of no label */
	assert_int_equal(ask_run(a, &cases[0], sets.p, sets.n, &p, &e), -1);
	arena_free(a);
}

/* Answers that another process did not make. */
static void broken_answers(void **state)
{
	struct pyro_answer m = { .tree = STR("\x05\x01\x02") };
	struct arena *a = arena_new();
	struct part p;
	struct err e;

	(void)state;
	assert_int_equal(part_of_message(a, &m, &p, &e), -1);
	assert_null(p.tree);
	m = (struct pyro_answer){ .profile = STR("\x0a\xff") };
	assert_int_equal(part_of_message(a, &m, &p, &e), -1);
	for (size_t i = 0; i < 3; i++) { /* times must ascend */
		int64_t times[] = { 10, (int64_t)i - 1 }, sums[2] = { 0 };
		uint64_t counts[2] = { 0 };
		struct pyro_group g = { .times = { times, 2 }, .sums = { sums, 2 }, .counts = { counts, 2 } };

		m = (struct pyro_answer){ .series = { &g, 1 } };
		assert_int_equal(part_of_message(a, &m, &p, &e), i == 2 ? 0 : -1);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_and_profiles),
		cmocka_unit_test(points),
		cmocka_unit_test(profile_ids),
		cmocka_unit_test(span_ids),
		cmocka_unit_test(cut_profiles),
		cmocka_unit_test(broken_sets),
		cmocka_unit_test(series),
		cmocka_unit_test(label_questions),
		cmocka_unit_test(labels_of_an_hour),
		cmocka_unit_test(statistics),
		cmocka_unit_test(plans),
		cmocka_unit_test(refused),
		cmocka_unit_test(broken_answers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
