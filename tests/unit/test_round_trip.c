/*
 * test_round_trip.c - every format that can be written and read: a profile
 * keeps the totals of each function, flat and cumulative, of each sample type.
 * What a format cannot keep stands in a table, with its reason.
 */
#include "tests/lib/format_fixture.h"

#include "base/hash.h"
#include "formats/pprof/pprof.h"
#include "formats/profile_impl.h"

#define LIMIT ((size_t)256 << 20)

enum {
	ONE_TYPE = 1,   /* one sample type at a time */
	NO_TYPES = 2,   /* what the values are is not said */
	SOME_UNITS = 4, /* only these units: time (as nanoseconds), bytes; others come back as count */
	FLAT_ONLY = 8,  /* no stacks: what functions have by themselves is right, what they call is put together */
	CLEAN = 16,     /* ";" and line breaks in names are replaced */
	POSITIVE = 32,  /* no negative values: refused with a sentence */
	EMPTY = 64,     /* samples without frames are left out */
};

static const struct {
	const char *name;
	unsigned lost;
} exceptions[] = {
	{ "folded", ONE_TYPE | NO_TYPES | CLEAN },
	{ "stacks-csv", CLEAN },
	{ "stacks-tsv", CLEAN },
	{ "flamebearer", ONE_TYPE | SOME_UNITS | POSITIVE | EMPTY },
	{ "speedscope", SOME_UNITS | POSITIVE },
	{ "cpuprofile", ONE_TYPE | POSITIVE },
	{ "firefox", POSITIVE | EMPTY },
	{ "callgrind", FLAT_ONLY | POSITIVE | CLEAN | EMPTY },
};

static unsigned lost_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(exceptions); i++)
		if (strcmp(exceptions[i].name, name) == 0)
			return exceptions[i].lost;
	return 0;
}

/* ---- totals ---- */

struct total {
	struct str name;
	uint64_t flat, cum, seen; /* seen: the sample, + 1 */
};

struct totals {
	struct arena *a;
	struct total *p;
	uint32_t n, cap;
	struct table index;
	uint64_t sum, samples;
};

static struct str clean(struct arena *a, struct str s, unsigned lost)
{
	char *p = arena_alloc(a, s.n + 1);

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		p[i] = (lost & CLEAN) == 0 ? c : c == ';' ? ':' : c == '\n' || c == '\t' || c == '\r' ? ' ' : c;
	}
	return str_of(p, s.n);
}

static struct total *total_of(struct totals *t, struct str name)
{
	uint64_t hash = hash_seeded(name);
	struct table_at at = table_find(&t->index, hash);

	for (uint32_t v; table_next(&at, &v);)
		if (str_eq(t->p[v].name, name))
			return &t->p[v];
	if (t->n == t->cap)
		t->p = profile_grow(t->a, t->p, sizeof(*t->p), t->n, &t->cap);
	t->p[t->n] = (struct total){ .name = name };
	table_put(&t->index, t->a, hash, t->n);
	return &t->p[t->n++];
}

static void add_totals(struct totals *t, const struct profile *p, uint32_t type, unsigned lost)
{
	struct frames f;
	struct str *stack;

	frames_init(&f, t->a, p);
	for (uint32_t i = 0; i < f.first[p->n_locations + 1]; i++)
		f.names[i] = clean(t->a, f.names[i], lost);
	stack = arena_array(t->a, f.max_depth, sizeof(*stack));
	for (uint32_t i = 0; i < p->n_samples; i++) {
		uint64_t v = (uint64_t)profile_value(p, i, type);
		uint32_t n = frames_stack(&f, i, stack);

		t->samples++;
		if (n == 0 && (lost & EMPTY))
			continue;
		t->sum += v;
		for (uint32_t k = n; k > 0; k--) {
			struct total *one = total_of(t, stack[k - 1]);

			one->flat += k == n ? v : 0;
			one->cum += one->seen == t->samples ? 0 : v;
			one->seen = t->samples;
		}
	}
}

static uint64_t unit_scale(struct str unit)
{
	return str_eq(unit, STR("seconds"))     ? NS_PER_S
	    : str_eq(unit, STR("milliseconds")) ? NS_PER_MS
	    : str_eq(unit, STR("microseconds")) ? NS_PER_US
						: 1;
}

/* Times may come back in nanoseconds. */
static void scale(struct totals *t, uint64_t factor)
{
	t->sum *= factor;
	for (uint32_t i = 0; i < t->n; i++) {
		t->p[i].flat *= factor;
		t->p[i].cum *= factor;
	}
}

static void compare(const char *what, const struct format *f, struct totals *want, struct totals *got, unsigned lost)
{
	if (want->sum != got->sum)
		fail_msg("%s, %s: total %lld, not %lld", what, f->name, (long long)got->sum, (long long)want->sum);
	for (uint32_t i = 0; i < want->n; i++) {
		const struct total *w = &want->p[i], *g = total_of(got, w->name);

		if (w->flat != g->flat || (w->cum != g->cum && (lost & FLAT_ONLY) == 0))
			fail_msg("%s, %s: " STR_FMT " has %lld %lld, not %lld %lld", what, f->name, STR_ARG(w->name),
			    (long long)g->flat, (long long)g->cum, (long long)w->flat, (long long)w->cum);
	}
}

/* ---- there and back ---- */

static bool same_type(const struct profile *x, uint32_t i, const struct profile *y, uint32_t k, unsigned lost)
{
	if ((lost & NO_TYPES) || ((lost & ONE_TYPE) && profile_str(x, x->types[i].type).n == 0))
		return true;
	return str_eq(profile_str(x, x->types[i].type), profile_str(y, y->types[k].type)) &&
	    ((lost & SOME_UNITS) || str_eq(profile_str(x, x->types[i].unit), profile_str(y, y->types[k].unit)));
}

static void check_type(const char *what, const struct format *f, const struct profile *p, uint32_t type,
    const struct format_profiles *got, unsigned lost)
{
	struct arena *a = arena_new();
	struct totals want = { .a = a }, back = { .a = a };
	struct str own = STR_NONE;

	add_totals(&want, p, type, lost);
	for (uint32_t i = 0; i < got->n; i++)
		for (uint32_t k = 0; k < got->p[i].p->n_types; k++)
			if (same_type(p, type, got->p[i].p, k, lost)) {
				add_totals(&back, got->p[i].p, k, lost);
				own = profile_str(got->p[i].p, got->p[i].p->types[k].unit);
			}
	if ((lost & SOME_UNITS) && str_eq(own, STR("nanoseconds")))
		scale(&want, unit_scale(profile_str(p, p->types[type].unit)));
	compare(what, f, &want, &back, lost);
	arena_free(a);
}

/* Writes type, or all, and reads it back; got.n is 0 when the format refuses it for a reason that it may have. */
static void there_and_back(struct arena *a, const char *what, const struct format *f, const struct profile *p,
    uint32_t type, unsigned lost, struct format_profiles *got)
{
	struct format_opts o = { .type = type };
	struct format_profile in = { .p = (struct profile *)(uintptr_t)p };
	const struct format *found;
	struct str bytes;
	struct buf b;
	struct err e;

	*got = (struct format_profiles){ 0 };
	buf_init(&b, LIMIT);
	if (f->encode(&in, 1, &o, &b, &e) < 0) {
		if ((lost & POSITIVE) == 0 ||
		    (strstr(e.msg, "negative value") == NULL && strstr(e.msg, "more than 63 bits") == NULL))
			fail_msg("%s, %s: %s", what, f->name, e.msg);
	} else {
		assert_int_equal(format_unpack(a, arena_str(a, buf_str(&b)), LIMIT, &bytes, &e), 0);
		o = (struct format_opts){ 0 };
		found = format_detect(bytes, STR(""), &e);
		if (found != f)
			fail_msg("%s, %s: taken for %s", what, f->name, found ? found->name : e.msg);
		if (f->decode(a, bytes, &o, got, &e) < 0)
			fail_msg("%s, %s: %s", what, f->name, e.msg);
		assert_int_equal(got->notes.skipped, 0);
	}
	buf_fini(&b);
}

static bool any_value(const struct profile *p, uint32_t type)
{
	for (uint32_t i = 0; i < p->n_samples; i++)
		if (profile_value(p, i, type) && p->stack_at[i] < p->stack_at[i + 1])
			return true;
	return false;
}

static void round_trip(const char *what, const struct profile *p)
{
	for (uint32_t i = 0; i < n_formats; i++) {
		const struct format *f = formats[i];
		unsigned lost = lost_of(f->name);
		struct format_profiles got;

		if (f->encode == NULL || f->decode == NULL)
			continue;
		for (uint32_t t = 0; t < p->n_types; t++) {
			struct arena *a = arena_new();

			if (any_value(p, t)) {
				there_and_back(a, what, f, p, lost & ONE_TYPE ? t : FORMAT_ALL_TYPES, lost, &got);
				if (got.n)
					check_type(what, f, p, t, &got, lost);
			}
			arena_free(a);
		}
	}
}

/* ---- profiles ---- */

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Some locations have several lines, some none, some no name; recursion; tags; zeros. */
static struct profile *seeded(struct arena *a, uint64_t seed, uint32_t n_types, bool negative)
{
	static const char *const types[][2] = { { "samples", "count" }, { "cpu", "nanoseconds" },
		{ "alloc_space", "bytes" }, { "weird", "furlongs" } };
	struct profile_builder *b = profile_builder_new(a, n_types);
	uint32_t locations[60], stack[40], functions[30], mapping;
	struct mapping m = { .start = 0x1000, .limit = 0x9000, .file = profile_builder_str(b, STR("/bin/x,y")) };

	for (uint32_t t = 0; t < n_types; t++)
		profile_builder_type(b, t, str_cstr(types[t % 4][0]), str_cstr(types[t % 4][1]));
	mapping = profile_builder_mapping(b, &m);
	for (uint32_t i = 0; i < ARRAY_LEN(functions); i++) {
		struct str name = arena_printf(a, "%s%u%s", i % 3 ? "pkg.f" : "ns::g<a, \"b\">(int) const ", i,
		    i % 5 ? "" : " \xc3\xa9\\&</title>");
		uint32_t s = profile_builder_str(b, name);

		functions[i] = profile_builder_function(b,
		    &(struct function){ .name = s,
			.system_name = s,
			.file = i % 4 ? profile_builder_str(b, STR("a b.c")) : 0,
			.start_line = i % 7 });
	}
	for (uint32_t i = 0; i < ARRAY_LEN(locations); i++) {
		struct line lines[3];
		struct location l = { .mapping = mapping, .address = 0x2000 + i, .n_lines = i % 4 };

		for (uint32_t k = 0; k < l.n_lines; k++)
			lines[k] = (struct line){ functions[next(&seed) % ARRAY_LEN(functions)], 0,
				(int64_t)(next(&seed) % 50) };
		locations[i] = profile_builder_location(b, &l, lines);
	}
	for (int i = 0; i < 300; i++) {
		uint32_t n = (uint32_t)(next(&seed) % ARRAY_LEN(stack));
		struct tag tag = { .key = profile_builder_str(b, STR("thread")),
			.str = profile_builder_str(b, arena_printf(a, "t %d", i % 3)) };
		int64_t values[4];

		for (uint32_t k = 0; k < n; k++)
			stack[k] = locations[next(&seed) % ARRAY_LEN(locations)];
		for (uint32_t t = 0; t < n_types; t++) {
			values[t] = (int64_t)(next(&seed) % 5 ? next(&seed) % 100000000 : 0);
			if (negative && next(&seed) % 2)
				values[t] = -values[t];
		}
		profile_builder_add(b, stack, n, values, &tag, i % 2);
	}
	return profile_builder_finish(b);
}

static void test_seeded(void **ctx)
{
	(void)ctx;
	for (uint32_t seed = 1; seed < 9; seed++) {
		struct arena *a = arena_new();
		struct profile *p = seeded(a, seed * UINT64_C(0x9e3779b97f4a7c15), (seed - 1) % 4 + 1, seed > 6);

		round_trip(arena_printf(a, "seed %u", seed).p, p);
		arena_free(a);
	}
}

/* Two calls in one line, which only their columns tell apart, through the formats that have columns. */
static void test_columns(void **ctx)
{
	static const char *const names[] = { "pprof", "pprof-json", "otlp", "otlp-json", "firefox" };
	static const uint32_t columns[] = { 0, 7, 70000 };
	struct arena *a = arena_new();
	struct profile_builder *b = profile_builder_new(a, 1);
	struct profile *p;

	(void)ctx;
	profile_builder_type(b, 0, STR("cpu"), STR("nanoseconds"));
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		uint32_t frame = profile_builder_frame_at(b, STR("f"), STR("o.js"), 3, columns[i]);
		struct location l = profile_builder_peek(b)->locations[frame];
		struct line line = profile_builder_peek(b)->lines[l.first_line];
		int64_t value = (int64_t)columns[i] + 1;

		l.address = 0x1000; /* where a merge looks first */
		frame = profile_builder_location(b, &l, &line);
		profile_builder_add(b, &frame, 1, &value, NULL, 0);
	}
	p = profile_builder_finish(b);
	assert_int_equal(p->n_locations, 6);
	p = profile_merge(a, (struct profile *[]){ p, p }, 2, false, &(struct err){ 0 });
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct format *f = format_by_name(str_cstr(names[i]), &(struct err){ 0 });
		struct format_opts o = { .type = FORMAT_ALL_TYPES, .plain = true };
		struct format_profiles got = { 0 };
		const struct profile *q;
		struct buf out;
		struct err e;

		buf_init(&out, LIMIT);
		assert_int_equal(f->encode(&(struct format_profile){ .p = p }, 1, &o, &out, &e), 0);
		assert_int_equal(f->decode(a, buf_str(&out), &o, &got, &e), 0);
		q = got.p[0].p;
		assert_int_equal(q->n_samples, 3);
		for (uint32_t k = 0; k < q->n_samples; k++) {
			const struct line *l = &q->lines[q->locations[q->stack[q->stack_at[k]]].first_line];

			if (l->line != 3 || profile_value(q, k, 0) != 2 * ((int64_t)l->column + 1))
				fail_msg("%s: column %u", names[i], l->column);
		}
		assert_true(i > 0 || pprof_size(p) == out.n);
		buf_fini(&out);
	}
	arena_free(a);
}

/* Large values, where doubles would round. */
static void test_large(void **ctx)
{
	static const int64_t values[] = { INT64_C(1) << 52, (INT64_C(1) << 53) - 1, 1000000007, 1, 999 };
	struct arena *a = arena_new();
	struct profile_builder *b = profile_builder_new(a, 1);

	(void)ctx;
	profile_builder_type(b, 0, STR("cpu"), STR("nanoseconds"));
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		uint32_t frame = profile_builder_frame(b, arena_printf(a, "f%zu", i), STR_NONE, 0);

		profile_builder_add(b, &frame, 1, &values[i], NULL, 0);
	}
	round_trip("large values", profile_builder_finish(b));
	arena_free(a);
}

struct shared {
	unsigned n;
	size_t bytes;
};

static void check_file(const char *path, const json_t *row, void *arg)
{
	enum { MAX_RAW = 150000 };
	struct arena *a = arena_new();
	struct shared *s = arg;
	struct profile *p;
	struct str bytes;
	struct err e;

	(void)row;
	if (format_unpack(a, fixture_file(a, path), MAX_RAW, &bytes, &e) == 0 && bytes.n &&
	    pprof_decode(a, bytes, &p, &e) == 0) {
		const struct profile_faults *f = &p->faults;
		bool sound = p->n_types > 0 && p->n_strings > 0 && p->strings[0].n == 0;

		for (uint32_t i = 0; i < p->n_strings; i++)
			sound = sound && str_utf8(p->strings[i]);
		if (sound && !f->location_id_zero && !f->function_id_zero && !f->unknown_location &&
		    !f->unknown_function && !f->unknown_mapping && !f->value_count) {
			round_trip(path, p);
			s->n++;
		}
	}
	arena_free(a);
}

static void test_shared(void **ctx)
{
	struct shared s = { 0 };

	(void)ctx;
#ifdef __SANITIZE_THREAD__
	skip(); /* one thread, and minutes */
#endif
	fixture_rows("pprof/ own/pprof/", "pprof", check_file, &s);
	print_message("%u files\n", s.n);
	assert_true(s.n > 20);
}

/* Each exception is of a row that there is. */
static void test_exceptions(void **ctx)
{
	unsigned n = 0;

	(void)ctx;
	for (uint32_t i = 0; i < n_formats; i++)
		n += formats[i]->encode && formats[i]->decode && lost_of(formats[i]->name);
	assert_true(n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seeded),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_exceptions),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
