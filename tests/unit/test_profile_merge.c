/*
 * test_profile_merge.c - profiles made one.
 */
#include "tests/lib/pprof_read.h"
#include "tests/lib/profile_fixture.h"

#include "formats/pprof/pprof.h"
#include "formats/profile_impl.h"

struct part {
	const char *types[2]; /* two types, units "u" */
	const char *stack;    /* letters, leaf first */
	int64_t values[2];
	const char *tag; /* value of key "k", or NULL */
};

static struct profile *make(struct arena *a, const struct part *parts, size_t n)
{
	struct profile_builder *b = profile_builder_new(a, 2);

	profile_builder_type(b, 0, str_cstr(parts[0].types[0]), STR("u"));
	profile_builder_type(b, 1, str_cstr(parts[0].types[1]), STR("u"));
	for (size_t i = 0; i < n; i++) {
		uint32_t stack[16], depth = 0;
		struct tag tag = { .key = profile_builder_str(b, STR("k")) };

		for (const char *c = parts[i].stack; *c; c++)
			stack[depth++] = profile_builder_frame(b, str_of(c, 1), STR_NONE, 0);
		tag.str = profile_builder_str(b, str_cstr(parts[i].tag));
		profile_builder_add(b, stack, depth, parts[i].values, &tag, parts[i].tag != NULL);
	}
	return profile_builder_finish(b);
}

#define AB               \
	{                \
		"a", "b" \
	}
#define BA               \
	{                \
		"b", "a" \
	}

static void test_merge(void **ctx)
{
	static const struct part one[] = {
		{ AB, "xm", { 1, 10 }, NULL },
		{ AB, "ym", { 2, 20 }, NULL },
		{ AB, "zzm", { 0, 0 }, NULL },
		{ AB, "cm", { 5, -5 }, NULL },
	};
	static const struct part two[] = {
		{ BA, "ym", { 100, 3 }, NULL },
		{ BA, "wm", { 200, 4 }, NULL },
		{ BA, "cm", { 5, -5 }, NULL },
	};
	struct arena *a = arena_new();
	struct profile *in[2] = { make(a, one, ARRAY_LEN(one)), make(a, two, ARRAY_LEN(two)) }, *p;
	struct err e;

	(void)ctx;
	in[0]->time = 50;
	in[1]->time = 40;
	in[0]->duration = 3;
	in[1]->duration = 4;
	in[0]->period = in[1]->period = 9;
	p = profile_merge(a, in, 2, true, &e);
	assert_non_null(p);
	expect_profile(p,
	    "type 'a' 'u'\ntype 'b' 'u'\nperiod 9 time 40 duration 7 drop '' keep '' default ''\n"
	    "sample 0 1 = 1 10\nsample 2 1 = 5 120\nsample 4 1 = 4 200\n"
	    "mapping 1 0x0-0x0+0x0 '' '' flags 0\n"
	    "location 1 at 0x0 mapping 0 'x':0\nlocation 2 at 0x0 mapping 0 'm':0\nlocation 3 at 0x0 mapping 0 'y':0\n"
	    "location 4 at 0x0 mapping 0 'c':0\nlocation 5 at 0x0 mapping 0 'w':0\n"
	    "function 1 'x' 'x' '':0\nfunction 2 'm' 'm' '':0\nfunction 3 'y' 'y' '':0\nfunction 4 'c' 'c' '':0\n"
	    "function 5 'w' 'w' '':0\n");
	arena_free(a);
}

/* What is added goes to the builder of the sum, until a sum comes to nothing. */
static void test_merge_into(void **ctx)
{
	static const struct part one[] = { { AB, "xm", { 1, 10 }, NULL }, { AB, "ym", { 2, 20 }, NULL } },
				 two[] = { { BA, "ym", { 100, 3 }, NULL }, { BA, "wm", { 200, 4 }, NULL } },
				 three[] = { { AB, "ym", { 7, 8 }, NULL }, { AB, "m", { 5, 6 }, NULL } },
				 less[] = { { AB, "m", { -5, -6 }, NULL }, { AB, "xm", { 1, 1 }, NULL } };
	static const struct part *const more[] = { two, three, less, one };
	static const char *const samples[] = { "sample 0 1 = 1 10\nsample 2 1 = 5 120\nsample 3 1 = 4 200\n",
		"sample 0 1 = 1 10\nsample 2 1 = 12 128\nsample 3 1 = 4 200\nsample 1 = 5 6\n",
		"sample 0 1 = 2 11\nsample 2 1 = 12 128\nsample 3 1 = 4 200\n",
		"sample 0 1 = 3 21\nsample 2 1 = 14 148\nsample 3 1 = 4 200\n" };
	static const bool goes_on[] = { true, true, false, true };
	struct arena *a = arena_new();
	struct profile *p = make(a, one, 2);
	struct profile_builder *b = NULL;
	struct err e;

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(more); i++) {
		struct profile *old = p;
		bool in_place = b != NULL;
		char want[600];

		p = profile_merge_into(a, &b, p, make(a, more[i], 2), &e);
		assert_int_equal(p == old, in_place);
		assert_int_equal(b != NULL, goes_on[i]);
		snprintf(want, sizeof(want),
		    "type 'a' 'u'\ntype 'b' 'u'\nperiod 0 time 0 duration 0 drop '' keep '' default ''\n%s"
		    "mapping 1 0x0-0x0+0x0 '' '' flags 0\n"
		    "location 1 at 0x0 mapping 0 'x':0\nlocation 2 at 0x0 mapping 0 'm':0\n"
		    "location 3 at 0x0 mapping 0 'y':0\nlocation 4 at 0x0 mapping 0 'w':0\n"
		    "function 1 'x' 'x' '':0\nfunction 2 'm' 'm' '':0\nfunction 3 'y' 'y' '':0\n"
		    "function 4 'w' 'w' '':0\n",
		    samples[i]);
		expect_profile(p, want);
	}
	assert_null(profile_merge_into(a, &b, p, profile_builder_finish(profile_builder_new(a, 1)), &e));
	arena_free(a);
}

static void test_merge_tags(void **ctx)
{
	static const struct part parts[] = {
		{ AB, "x", { 1, 0 }, "red" },
		{ AB, "x", { 2, 0 }, "blue" },
		{ AB, "x", { 4, 0 }, NULL },
	};
	struct arena *a = arena_new();
	struct profile *in[2] = { make(a, parts, 3), make(a, parts + 1, 2) }, *p;
	struct err e;

	(void)ctx;
	p = profile_merge(a, in, 2, true, &e);
	assert_int_equal(p->n_samples, 3);
	assert_int_equal(profile_value(p, 0, 0), 1);
	assert_int_equal(profile_value(p, 1, 0), 4);
	assert_int_equal(profile_value(p, 2, 0), 8);
	assert_true(str_eq(profile_str(p, p->tags[1].str), STR("blue")));
	p = profile_merge(a, in, 2, false, &e);
	assert_int_equal(p->n_samples, 1);
	assert_int_equal(profile_value(p, 0, 0), 13);
	assert_null(p->tag_at);
	arena_free(a);
}

/* The order of tags in a sample does not count. */
static void test_merge_tag_order(void **ctx)
{
	struct arena *a = arena_new();
	struct profile *in[2], *p;
	struct err e;

	(void)ctx;
	for (uint32_t i = 0; i < 2; i++) {
		struct profile_builder *b = profile_builder_new(a, 1);
		struct tag t[2] = { { .key = profile_builder_str(b, STR("p")), .num = 1 },
			{ .key = profile_builder_str(b, STR("q")), .num = 2 } };
		struct tag swapped[2] = { t[1], t[0] };

		profile_builder_add(b, NULL, 0, &(int64_t){ 3 }, i ? swapped : t, 2);
		in[i] = profile_builder_finish(b);
	}
	p = profile_merge(a, in, 2, true, &e);
	assert_int_equal(p->n_samples, 1);
	assert_int_equal(profile_value(p, 0, 0), 6);
	arena_free(a);
}

static struct profile *mapped(struct arena *a, uint64_t start, const char *file, const char *build, uint8_t flags)
{
	struct profile_builder *b = profile_builder_new(a, 1);
	struct mapping m = {
		.start = start,
		.limit = start + 0x3000,
		.file = profile_builder_str(b, str_cstr(file)),
		.build_id = profile_builder_str(b, str_cstr(build)),
		.flags = flags,
	};
	struct location l = { .mapping = profile_builder_mapping(b, &m), .address = start + 0x123 };
	uint32_t at = profile_builder_location(b, &l, NULL);

	profile_builder_add(b, &at, 1, &(int64_t){ 1 }, NULL, 0);
	return profile_builder_finish(b);
}

/* The same program at another place is the same; another program is not. */
static void test_merge_mappings(void **ctx)
{
	struct arena *a = arena_new();
	struct profile *in[5] = {
		mapped(a, 0x10000, "/bin/x", "id1", 15), mapped(a, 0x70000, "/bin/y", "id1", 9),
		mapped(a, 0x10000, "/bin/x", "id2", 15), mapped(a, 0x10000, "/bin/z", "", 8),
		mapped(a, 0x90000, "/bin/z", "", 8),
	}, *p;
	struct err e;

	(void)ctx;
	p = profile_merge(a, in, 5, true, &e);
	expect_profile(p,
	    "type '' ''\nperiod 0 time 0 duration 0 drop '' keep '' default ''\n"
	    "sample 0 = 2\nsample 1 = 1\nsample 2 = 2\n"
	    "mapping 1 0x10000-0x13000+0x0 '/bin/x' 'id1' flags 9\nmapping 2 0x10000-0x13000+0x0 '/bin/x' 'id2' flags "
	    "15\n"
	    "mapping 3 0x10000-0x13000+0x0 '/bin/z' '' flags 8\n"
	    "location 1 at 0x10123 mapping 0\nlocation 2 at 0x10123 mapping 1\nlocation 3 at 0x10123 mapping 2\n");
	arena_free(a);
}

static void test_merge_head(void **ctx)
{
	struct arena *a = arena_new();
	struct profile *in[3], *p;
	struct err e;

	(void)ctx;
	for (uint32_t i = 0; i < 3; i++) {
		struct profile_builder *b = profile_builder_new(a, 1);
		uint32_t x = profile_builder_str(b, i ? STR("second") : STR("first"));

		in[i] = profile_builder_finish(b);
		in[i]->drop_frames = in[i]->keep_frames = x;
		in[i]->default_type = i ? x : 0;
		in[i]->doc_url = i ? x : 0;
		in[i]->comments = arena_alloc(a, sizeof(uint32_t));
		in[i]->comments[0] = x;
		in[i]->n_comments = 1;
		in[i]->time = i == 1 ? 0 : 100 - i;
		in[i]->period = i;
	}
	p = profile_merge(a, in, 3, true, &e);
	expect_profile(p,
	    "type '' ''\nperiod 2 time 98 duration 0 drop 'first' keep 'first' default 'second' "
	    "comment 'first' comment 'second' doc 'second'\n");
	arena_free(a);
}

/* Profiles of one recording ran at the same time, those of different ones one after another. */
static void test_merge_beside(void **ctx)
{
	static const struct {
		bool beside;
		int64_t duration, want;
	} steps[] = {
		{ false, 10, 10 },
		{ true, 10, 10 },
		{ true, 4, 10 },
		{ true, 13, 13 },
		{ false, 10, 23 },
		{ true, 12, 25 },
		{ false, 0, 25 },
		{ true, 5, 30 },
	};
	struct err e;

	(void)ctx;
	for (size_t n = 1; n <= ARRAY_LEN(steps); n++) {
		struct arena *a = arena_new();
		struct profile_merger *m = profile_merger_new(a, &(struct profile_merge_opts){ 0 });
		struct profile *p;

		for (size_t i = 0; i < n; i++) {
			p = profile_builder_finish(profile_builder_new(a, 1));
			p->duration = steps[i].duration;
			assert_int_equal(steps[i].beside ? profile_merger_add_beside(m, p, &e)
							 : profile_merger_add(m, p, &e),
			    0);
		}
		p = profile_merger_finish(m);
		assert_int_equal(p->duration, steps[n - 1].want);
		arena_free(a);
	}
}

static void test_merge_refused(void **ctx)
{
	static const struct part ab[] = { { AB, "x", { 1, 2 }, NULL } },
				 ac[] = { { { "a", "c" }, "x", { 1, 2 }, NULL } };
	struct arena *a = arena_new();
	struct profile *in[3] = { make(a, ab, 1), make(a, ab, 1), make(a, ac, 1) };
	struct err e;

	(void)ctx;
	assert_null(profile_merge(a, in, 0, true, &e));
	assert_null(profile_merge(a, in, 3, true, &e));
	assert_int_equal(e.kind, ERR_INVALID);
	assert_string_equal(e.msg, "profile 3 has no sample type b/u, which the first has");
	in[2] = profile_builder_finish(profile_builder_new(a, 1));
	assert_null(profile_merge(a, in, 3, true, &e));
	assert_string_equal(e.msg, "profile 3 has 1 sample types, the first has 2");
	in[1]->period_type = in[1]->types[0];
	assert_null(profile_merge(a, in, 2, true, &e));
	assert_string_equal(e.msg, "profile 2 has period type a/u, the first has /");
	arena_free(a);
}

/* Types with equal names keep their order. */
static void test_merge_equal_types(void **ctx)
{
	static const struct part aa[] = { { { "a", "a" }, "x", { 1, 2 }, NULL } };
	struct arena *a = arena_new();
	struct profile *in[2] = { make(a, aa, 1), make(a, aa, 1) }, *p;
	struct err e;

	(void)ctx;
	p = profile_merge(a, in, 2, true, &e);
	assert_int_equal(profile_value(p, 0, 0), 2);
	assert_int_equal(profile_value(p, 0, 1), 4);
	arena_free(a);
}

/* ---- shared data: a profile with itself, and a series ---- */

static struct profile *load(struct arena *a, const char *path, struct buf *scratch)
{
	struct str bytes = fixture_file(a, path);
	struct profile *p;
	struct err e;

	return bytes.p && pprof_read(a, bytes, FIXTURE_MAX, scratch, &p, &e) == 0 ? p : NULL;
}

static void check_twice(const char *path, const json_t *row, void *arg)
{
	struct arena *a = arena_new();
	struct profile *in[2], *p;
	struct buf scratch;
	struct err e;

	buf_init(&scratch, FIXTURE_MAX * (size_t)2);
	in[0] = in[1] = load(a, path, &scratch);
	if (in[0] && json_is_true(fixture_get(row, "google_pprof_accepts")) && !fixture_get(row, "negative_values")) {
		p = profile_merge(a, in, 2, false, &e);
		if (p == NULL)
			fail_msg("%s: %s", path, e.msg);
		for (uint32_t k = 0; k < p->n_types; k++)
			assert_int_equal(fixture_total(p, k),
			    wrap_add(fixture_total(in[0], k), fixture_total(in[0], k)));
		/* equal stacks at different places of the table may become one more */
		if (p->n_samples > (uint64_t)json_integer_value(fixture_get(row, "distinct_stacks")))
			fail_msg("%s: %u samples", path, p->n_samples);
		++*(unsigned *)arg;
	}
	buf_fini(&scratch);
	arena_free(a);
}

static void test_merge_shared(void **ctx)
{
	unsigned n = 0;

	(void)ctx;
	fixture_rows("pprof/ own/pprof/", "pprof", check_twice, &n);
	assert_true(n > 80);
}

static void test_merge_series(void **ctx)
{
	static const char *const names[] = {
		"1644509272337470000",
		"1644509275338070000",
		"1644509278338696000",
		"1644509281339135000",
		"1644509284338649000",
	};
	struct arena *a = arena_new();
	struct profile *in[ARRAY_LEN(names)], *p, *q;
	struct buf scratch[ARRAY_LEN(names)], one, two;
	uint64_t sum[8] = { 0 };
	struct err e;

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		buf_init(&scratch[i], FIXTURE_MAX);
		in[i] = load(a, arena_cstr(a, arena_printf(a, "pprof/go-series/%s.pb.gz", names[i])), &scratch[i]);
		if (in[i] == NULL) {
			arena_free(a);
			print_message("no shared data: set PYRO_SHARED\n");
			skip();
		}
		for (uint32_t k = 0; k < in[i]->n_types; k++)
			sum[k] += fixture_total(in[i], k);
	}
	p = profile_merge(a, in, ARRAY_LEN(names), true, &e);
	for (uint32_t k = 0; k < p->n_types; k++)
		assert_int_equal(fixture_total(p, k), sum[k]);
	assert_int_equal(p->time, in[0]->time);
	/* merging in two steps, and once more, changes nothing */
	buf_init(&one, FIXTURE_MAX);
	buf_init(&two, FIXTURE_MAX);
	in[1] = profile_merge(a, in, 2, true, &e);
	q = profile_merge(a, in + 1, ARRAY_LEN(names) - 1, true, &e);
	q = profile_merge(a, &q, 1, true, &e);
	pprof_encode(p, &one);
	pprof_encode(q, &two);
	assert_true(one.n > 1000 && str_eq(buf_str(&one), buf_str(&two)));
	buf_fini(&one);
	buf_fini(&two);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		buf_fini(&scratch[i]);
	arena_free(a);
}

/* A sum that has a program at two places, as one of rows may: what comes goes to its own place, or else to the first. */
static void test_merge_into_mappings(void **state)
{
	struct arena *a = arena_new();
	struct profile_builder *b = profile_builder_new(a, 1);
	uint64_t starts[] = { 0x10000, 0x70000 }, more[] = { 0x70000, 0x10000, 0x90000 };
	struct profile *p;
	struct err e;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct mapping m = { .start = starts[i],
			.limit = starts[i] + 0x3000,
			.build_id = profile_builder_str(b, STR("id")) };
		struct location l = { .mapping = profile_builder_mapping(b, &m), .address = starts[i] + 0x123 };
		uint32_t at = profile_builder_location(b, &l, NULL);

		profile_builder_add(b, &at, 1, &(int64_t){ i == 0 ? 1 : 10 }, NULL, 0);
	}
	p = profile_builder_finish(b);
	for (size_t i = 0; i < 3; i++)
		assert_ptr_equal(profile_merge_into(a, &b, p, mapped(a, more[i], "", "id", 0), &e), p);
	assert_int_equal(p->n_mappings, 2);
	assert_int_equal(p->n_locations, 2);
	assert_int_equal(p->n_samples, 2);
	assert_int_equal(profile_value(p, 0, 0), 3);
	assert_int_equal(profile_value(p, 1, 0), 11);
	arena_free(a);
}

/* The program itself is the first mapping, also when all samples are of a library. */
static void test_merge_main_mapping(void **state)
{
	struct arena *a = arena_new();
	struct profile_builder *b = profile_builder_new(a, 1);
	struct mapping m = { .start = 0x1000, .limit = 0x2000 };
	struct location l = { .address = 0x5000 };
	int64_t one = 1;
	struct profile *p;
	struct err e;

	(void)state;
	profile_builder_type(b, 0, STR("samples"), STR("count"));
	m.file = profile_builder_str(b, STR("/bin/app"));
	profile_builder_mapping(b, &m);
	m = (struct mapping){ .start = 0x5000, .limit = 0x6000, .file = profile_builder_str(b, STR("/lib/so")) };
	l.mapping = profile_builder_mapping(b, &m);
	l.mapping = profile_builder_location(b, &l, NULL);
	profile_builder_add(b, &l.mapping, 1, &one, NULL, 0);
	p = profile_builder_finish(b);
	p = profile_merge(a, &p, 1, true, &e);
	assert_non_null(p);
	assert_int_equal(p->n_mappings, 2);
	assert_true(str_eq(profile_str(p, p->mappings[0].file), STR("/bin/app")));
	assert_true(str_eq(profile_str(p, p->mappings[1].file), STR("/lib/so")));
	assert_int_equal(p->locations[0].mapping, 1);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_merge_tags),
		cmocka_unit_test(test_merge_tag_order),
		cmocka_unit_test(test_merge_mappings),
		cmocka_unit_test(test_merge_head),
		cmocka_unit_test(test_merge_beside),
		cmocka_unit_test(test_merge_refused),
		cmocka_unit_test(test_merge_equal_types),
		cmocka_unit_test(test_merge_shared),
		cmocka_unit_test(test_merge_series),
		cmocka_unit_test(test_merge_main_mapping),
		cmocka_unit_test(test_merge_into),
		cmocka_unit_test(test_merge_into_mappings),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
