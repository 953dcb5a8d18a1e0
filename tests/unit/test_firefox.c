/* test_firefox.c - processed profiles of the Firefox Profiler, of several versions */
#include "tests/lib/format_fixture.h"

#include "formats/json/firefox.h"

#define META "\"meta\":{\"preprocessedProfileVersion\":49,\"interval\":2,\"startTime\":1000}"
#define TABLES                                                                                                        \
	"\"stackTable\":{\"prefix\":[null,0],\"frame\":[0,1],\"length\":2},\"frameTable\":{\"func\":[0,1],\"line\":[" \
	"5,null],"                                                                                                    \
	"\"address\":[-1,-1]},\"funcTable\":{\"name\":[0,1],\"fileName\":[2,null],\"lineNumber\":[4,null]}"
#define STRINGS "\"stringArray\":[\"a\",\"b\",\"a.js\"]"
#define SAMPLES "\"samples\":{\"stack\":[0,1,null,1],\"time\":[1,1.5,4,5]}"

static const struct {
	const char *json;
	bool lenient;
	const char *want;
} cases[] = {
	{ "{" META ",\"threads\":[{\"name\":\"main\"," SAMPLES "," TABLES "," STRINGS "}]}", false,
	    "main samples/count:\na 1\na;b 2\nmain wall/nanoseconds:\na 500000\na;b 4500000\n" },
	/* tables that threads share, differences of time, sources */
	{ "{\"threads\":[{\"name\":\"t1\",\"samples\":{\"stack\":[1],\"timeDeltas\":[9]}},{\"name\":\"t2\",\"samples\":"
	  "{\"stack\":[0,1],"
	  "\"timeDeltas\":[1,2]}}],\"shared\":{" TABLES "," STRINGS ",\"sources\":{\"filename\":[2]}}," META "}",
	    false,
	    "t1 samples/count:\na;b 1\nt1 wall/nanoseconds:\na;b 2000000\n"
	    "t2 samples/count:\na 1\na;b 1\nt2 wall/nanoseconds:\na 2000000\na;b 2000000\n" },
	{ "{" META ",\"threads\":[{\"samples\":{\"stack\":[0,1],\"time\":[0,0],\"weight\":[5,-7],\"weightType\":"
	  "\"bytes\"}," TABLES ",\"stringTable\":[\"a\",\"b\"]}]}",
	    false, "space/bytes:\na 5\na;b -7\n" },
	{ "{" META ",\"threads\":[{\"samples\":{\"stack\":[0],\"weight\":[1.5],\"weightType\":\"tracing-ms\"}," TABLES
	  "," STRINGS "}]}",
	    false, "wall/nanoseconds:\na 1500000\n" },
	{ "{" META
	  ",\"threads\":[{\"samples\":{\"stack\":[0],\"weight\":[3]},\"$pyro\":{\"type\":\"x\",\"unit\":\"y\"}," TABLES
	  "," STRINGS "}]}",
	    false, "x/y:\na 3\n" },
	{ "{" META ",\"threads\":[]}", false, "" },
	{ "{" META "}", false, "error: firefox: no array \"threads\"" },
	{ "{" META ",\"threads\":[{\"samples\":{\"stack\":[7]}," TABLES "," STRINGS "}]}", false,
	    "error: firefox: line 1 column 84: sample 0 has stack 7, there are 2" },
	{ "{" META ",\"threads\":[{\"name\":\"t\",\"samples\":{\"stack\":[7,0],\"time\":[0,1]}," TABLES "," STRINGS
	  "}]}",
	    true, "t samples/count:\na 1\nt wall/nanoseconds:\na 2000000\n" },
	{ "{" META ",\"threads\":[{\"stackTable\":{\"prefix\":[9],\"frame\":[0]},\"frameTable\":{\"func\":[0]}}]}",
	    false, "error: firefox: line 1 column 84: stack 0 has a prefix that is not there" },
	{ "{" META ",\"threads\":[{\"stackTable\":{\"prefix\":[null],\"frame\":[1]},\"frameTable\":{\"func\":[0]}}]}",
	    false, "error: firefox: line 1 column 84: stack 0 has a frame that is not there" },
	{ "{" META
	  ",\"threads\":[{\"samples\":{\"stack\":[0],\"time\":[0]},\"stackTable\":{\"prefix\":[1,0],\"frame\":[0,0]},"
	  "\"frameTable\":{\"func\":[0]}}]}",
	    false, "error: firefox: the prefixes of stack 0 lead in a circle" },
	{ "{\"meta\":{\"version\":24},\"threads\":[{\"samples\":{\"schema\":{\"stack\":0},\"data\":[]},\"stackTable\":{"
	  "},"
	  "\"frameTable\":{}}]}",
	    false,
	    "error: firefox: a raw profile of Gecko, not a processed one: open it in profiler.firefox.com and save it "
	    "there" },
};

static void test_cases(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct format_opts o = { .lenient = cases[i].lenient };
		const char *got = fixture_decode(a, "firefox", str_cstr(cases[i].json), &o);
		const struct format *f = format_detect(str_cstr(cases[i].json), STR(""), &(struct err){ 0 });

		if (strcmp(got, cases[i].want) != 0)
			fail_msg("case %zu: %s: %s", i, cases[i].json, got);
		assert_string_equal(f ? f->name : "none", strstr(cases[i].json, "threads") ? "firefox" : "none");
		fixture_torture("firefox", str_cstr(cases[i].json), 1);
		arena_free(a);
	}
}

static void test_keep(void **ctx)
{
	static const char json[] = "{" META ",\"threads\":[{\"name\":\"main\",\"pid\":\"7\"," SAMPLES "," TABLES
				   "," STRINGS "}]}";
	struct format_opts o = { .keep = FORMAT_TIMES | FORMAT_TAGS };
	struct format_profiles got = { 0 };
	struct arena *a = arena_new();
	const struct profile *p;
	struct err e;

	(void)ctx;
	assert_int_equal(firefox_decode(a, STR(json), &o, &got, &e), 0);
	p = got.p[0].p;
	assert_int_equal(p->n_samples, 3);
	assert_true(p->at[0] == 1001000000 && p->at[2] == 1005000000 && p->time == 1000000000);
	assert_int_equal(p->tag_at[1], 2);
	assert_true(str_eq(profile_str(p, p->tags[0].str), STR("7")));
	assert_true(str_eq(profile_str(p, p->tags[1].str), STR("main")));
	assert_true(str_eq(profile_str(p, p->functions[0].file), STR("a.js")));
	assert_int_equal(p->functions[0].start_line, 4);
	assert_int_equal(p->lines[p->locations[0].first_line].line, 5);
	arena_free(a);
}

static void put_shared(struct buf *b, int depth, int threads, const char *weight)
{
	buf_printf(b,
	    "{" META ",\"shared\":{\"frameTable\":{\"func\":[0]},\"funcTable\":{\"name\":[0]},"
	    "\"stringArray\":[\"f\"],\"stackTable\":{\"prefix\":[null");
	for (int i = 1; i < depth; i++)
		buf_printf(b, ",%d", i - 1);
	buf_printf(b, "],\"frame\":[0");
	for (int i = 1; i < depth; i++)
		buf_add(b, STR(",0"));
	buf_add(b, STR("]}},\"threads\":["));
	for (int i = 0; i < threads; i++)
		buf_printf(b, "%s{\"samples\":{\"stack\":[%d],\"weight\":[%s]}}", i ? "," : "", depth - 1, weight);
	buf_add(b, STR("]}"));
}

/* Threads that share a deep table have stacks as deep, each for itself: what that takes is bounded by the input. */
static void test_shared_tables(void **ctx)
{
	static const struct {
		int depth, threads;
		const char *weight, *error;
	} rows[] = {
		{ 1000, 30, "1", "" },
		{ 20000, 1000, "1", "firefox: the stacks have more than" },
		{ 20000, 1000, "0", "firefox: the stacks have more than" },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *a = arena_new();
		struct format_opts o = { 0 };
		struct format_profiles got = { 0 };
		struct err e = { 0 };
		struct buf b;

		buf_init(&b, FIXTURE_MAX);
		put_shared(&b, rows[i].depth, rows[i].threads, rows[i].weight);
		assert_int_equal(firefox_decode(a, buf_str(&b), &o, &got, &e), rows[i].error[0] ? -1 : 0);
		assert_true(str_prefix(str_cstr(e.msg), str_cstr(rows[i].error)));
		for (uint32_t k = 0; k < got.n && rows[i].error[0] == '\0'; k++)
			assert_int_equal(got.p[k].p->stack_at[1], rows[i].depth);
		buf_fini(&b);
		arena_free(a);
	}
}

/* What the viewer needs is there: every table as long as it says. */
static void check_lengths(const json_t *o, unsigned *tables)
{
	const json_t *length = json_object_get(o, "length"), *v;
	const char *key;
	size_t i;

	if (length && strcmp(json_object_iter_key(json_object_iter((json_t *)(uintptr_t)o)), "") != 0)
		++*tables;
	json_object_foreach((json_t *)(uintptr_t)o, key, v) {
		if (length && json_is_array(v))
			assert_int_equal(json_array_size(v), json_integer_value(length));
		check_lengths(v, tables);
	}
	json_array_foreach(o, i, v)
		check_lengths(v, tables);
}

static void test_encode(void **ctx)
{
	struct arena *a = arena_new();
	struct format_opts o = { .type = FORMAT_ALL_TYPES };
	struct format_profile in = { .name = STR("one") };
	unsigned tables = 0;
	struct buf b;
	struct err e;
	json_t *j;

	(void)ctx;
	buf_init(&b, FIXTURE_MAX);
	assert_int_equal(folded_decode(a, STR("a;b 3\na 2\nc 0\n"), &in.p, &e), 0);
	assert_int_equal(firefox_encode(&in, 1, &o, &b, &e), 0);
	j = json_parse(buf_str(&b), &e);
	assert_non_null(j);
	check_lengths(j, &tables);
	assert_int_equal(tables, 8);
	json_decref(j);
	in.p->values[0] = -1;
	assert_int_equal(firefox_encode(&in, 1, &o, &b, &e), -1);
	assert_string_equal(e.msg, "firefox: sample 0 has the negative value -1");
	buf_fini(&b);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_shared_tables),
		cmocka_unit_test(test_encode),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
