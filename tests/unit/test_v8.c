/* test_v8.c - .cpuprofile and .heapprofile: forms of all ages, odd input, and what Chrome and Node wrote */
#include "tests/lib/format_fixture.h"

#include "formats/json/v8.h"

#define NODE(id, name, more) \
	"{\"id\":" #id ",\"callFrame\":{\"functionName\":\"" name "\",\"lineNumber\":4,\"url\":\"f.js\"}" more "}"
#define ROOT(children) "{\"id\":1,\"callFrame\":{\"functionName\":\"(root)\"},\"children\":" children "}"

static const struct {
	const char *format, *json;
	bool lenient;
	const char *want;
} cases[] = {
	/* a sample lasts until the next, the last to the end */
	{ "cpuprofile",
	    "{\"nodes\":[" ROOT("[2,4]") "," NODE(2, "a", ",\"children\":[3]") "," NODE(3, "", "") "," NODE(4, "(idle)",
		"") "],"
		    "\"startTime\":100,\"endTime\":170,\"samples\":[2,3,4,2],\"timeDeltas\":[10,20,30,5]}",
	    false,
	    "samples/count:\n(idle) 1\na 2\na;(anonymous) 1\ncpu/nanoseconds:\n(idle) 5000\na 25000\na;(anonymous) "
	    "30000\n" },
	/* with parents, and in another order; times that go back are put in order */
	{ "cpuprofile",
	    "{\"timeDeltas\":[0,20,-10,10],\"samples\":[2,3,3,2],\"nodes\":[" NODE(3, "b", ",\"parent\":2") "," NODE(2,
		"a", ",\"parent\":1") ",{\"id\":1,\"callFrame\":{\"functionName\":\"(root)\"}}]}",
	    false, "samples/count:\na 2\na;b 2\ncpu/nanoseconds:\na 10000\na;b 10000\n" },
	/* hits alone */
	{ "cpuprofile",
	    "{\"head\":{\"functionName\":\"(root)\",\"id\":1,\"children\":[{\"functionName\":\"a\",\"id\":2,"
	    "\"hitCount\":3,"
	    "\"children\":[]},{\"functionName\":\"b\",\"id\":3,\"hitCount\":1}]},\"startTime\":1,\"endTime\":3}",
	    false, "samples/count:\na 3\nb 1\ncpu/nanoseconds:\na 1500000000\nb 500000000\n" },
	{ "cpuprofile",
	    "{\"head\":{\"functionName\":\"(root)\",\"id\":1,\"children\":[{\"functionName\":\"a\",\"id\":2}]},"
	    "\"startTime\":1,\"endTime\":3,\"samples\":[2,2],\"timestamps\":[1000,1500]}",
	    false, "samples/count:\na 2\ncpu/nanoseconds:\na 500000\n" },
	{ "cpuprofile", "{\"nodes\":[],\"$pyro\":{\"type\":\"x\",\"unit\":\"y\"}}", false,
	    "samples/count:\ncpu/nanoseconds:\n" },
	/* numbers at the ends of what they may be */
	{ "cpuprofile",
	    "{\"nodes\":[" ROOT("[2]") ",{\"id\":2,\"callFrame\":{\"functionName\":\"a\",\"lineNumber\":"
				       "9223372036854775807}}],\"startTime\":1e300,\"endTime\":1,\"samples\":[2],"
				       "\"timeDeltas\":[5]}",
	    false, "samples/count:\na 1\ncpu/nanoseconds:\n" },
	{ "cpuprofile",
	    "{\"head\":{\"functionName\":\"(root)\",\"id\":1,\"children\":[{\"functionName\":\"a\",\"id\":2,"
	    "\"hitCount\":3}]},\"startTime\":1,\"endTime\":9e14}",
	    false, "samples/count:\na 3\ncpu/nanoseconds:\n" },
	{ "cpuprofile", "{}", false, "error: cpuprofile: neither \"nodes\" nor \"head\"" },
	{ "cpuprofile", "{\"nodes\":[" ROOT("[7]") "]}", false,
	    "error: cpuprofile: line 1 column 11: there is no node 7" },
	{ "cpuprofile", "{\"nodes\":[" ROOT("[7]") "],\"samples\":[9]}", true, "samples/count:\ncpu/nanoseconds:\n" },
	{ "cpuprofile", "{\"nodes\":[" ROOT("[]") "],\"samples\":[9]}", false,
	    "error: cpuprofile: line 1 column 1: sample 0 is of node 9, which is not there" },
	{ "cpuprofile", "{\"nodes\":[" NODE(1, "a", "") "," NODE(1, "b", "") "]}", false,
	    "error: cpuprofile: line 1 column 81: node 1 for the second time" },
	{ "cpuprofile", "{\"nodes\":[" NODE(1, "a", ",\"children\":[2]") "," NODE(2, "b", ",\"parent\":2") "]}", false,
	    "error: cpuprofile: line 1 column 96: node 2 has two parents" },
	{ "cpuprofile",
	    "{\"nodes\":[" NODE(1, "a", ",\"parent\":2") "," NODE(2, "b", ",\"parent\":1") "],\"samples\":[2]}", false,
	    "error: cpuprofile: the parents of node 2 lead in a circle" },
	{ "cpuprofile", "{\"nodes\":[],\"timeDeltas\":[1e300]}", false,
	    "error: cpuprofile: line 1 column 27: the number is beyond 64 bits" },
	{ "cpuprofile", "{\"nodes\":[", false, "error: cpuprofile: unexpected end of JSON input" },
	{ "heapprofile",
	    "{\"head\":{\"callFrame\":{\"functionName\":\"(root)\"},\"selfSize\":0,\"id\":1,\"children\":[{"
	    "\"selfSize\":5,"
	    "\"children\":[{\"callFrame\":{\"functionName\":\"b\"},\"children\":[],\"selfSize\":7,\"id\":3}],"
	    "\"callFrame\":"
	    "{\"functionName\":\"a\"},\"id\":2}]},\"samples\":[{\"size\":5,\"nodeId\":2},{\"size\":3,\"nodeId\":3},"
	    "{\"size\":4,\"nodeId\":3}]}",
	    false, "inuse_objects/count:\na 1\na;b 2\ninuse_space/bytes:\na 5\na;b 7\n" },
	{ "heapprofile", "{\"head\":{\"callFrame\":{\"functionName\":\"(root)\"},\"children\":[{\"selfSize\":5}]}}",
	    false, "inuse_space/bytes:\n(anonymous) 5\n" },
	{ "heapprofile", "{}", false, "error: heapprofile: no object \"head\"" },
	{ "heapprofile", "{\"head\":[]}", false, "error: heapprofile: line 1 column 9: an object expected, not '['" },
	{ "heapprofile", "{\"head\":{\"selfSize\":\"5\"}}", false,
	    "error: heapprofile: line 1 column 21: a number expected, not '\"'" },
};

static void test_cases(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct format_opts o = { .lenient = cases[i].lenient };
		const char *got = fixture_decode(a, cases[i].format, str_cstr(cases[i].json), &o);

		if (strcmp(got, cases[i].want) != 0)
			fail_msg("case %zu: %s: %s", i, cases[i].json, got);
		fixture_torture(cases[i].format, str_cstr(cases[i].json), 1);
		arena_free(a);
	}
}

/* Lines of samples are those of the position ticks, in their numbers; what has none is where its function begins. */
static void test_lines(void **ctx)
{
	static const char json[] = "{\"nodes\":[" ROOT("[2]") "," NODE(2, "a",
	    ",\"hitCount\":5,\"positionTicks\":[{\"line\":7,\"ticks\":2},{\"line\":9,\"ticks\":1}]") "],"
												     "\"startTime\":"
												     "1000,\"samples\":"
												     "[2,2,2,2],"
												     "\"timeDeltas\":["
												     "0,1,1,1]}";
	struct format_opts o = { 0 };
	struct format_notes notes;
	struct arena *a = arena_new();
	struct profile *p;
	struct err e;
	int64_t at_line[16] = { 0 };

	(void)ctx;
	assert_int_equal(cpuprofile_decode(a, STR(json), &o, &p, &notes, &e), 0);
	assert_int_equal(p->n_functions, 1);
	assert_int_equal(p->functions[0].start_line, 5);
	for (uint32_t i = 0; i < p->n_samples; i++)
		at_line[p->lines[p->locations[p->stack[p->stack_at[i]]].first_line].line] += profile_value(p, i, 0);
	assert_true(at_line[7] == 2 && at_line[9] == 1 && at_line[5] == 1);
	o.keep = FORMAT_TIMES;
	assert_int_equal(cpuprofile_decode(a, STR(json), &o, &p, &notes, &e), 0);
	assert_int_equal(p->n_samples, 4);
	assert_true(p->at[0] == 1000000 && p->at[3] == 1003000);
	arena_free(a);
}

/* Minified code is one line: columns keep functions of one name apart; at another line than the function's there is none. */
static void test_columns(void **ctx)
{
	static const char json[] =
	    "{\"nodes\":[{\"id\":1,\"callFrame\":{\"functionName\":\"(root)\",\"lineNumber\":-1,\"columnNumber\":-1},"
	    "\"children\":[2,3]},"
	    "{\"id\":2,\"callFrame\":{\"functionName\":\"t\",\"url\":\"o.js\",\"lineNumber\":0,\"columnNumber\":10}},"
	    "{\"id\":3,\"callFrame\":{\"functionName\":\"t\",\"url\":\"o.js\",\"lineNumber\":0,\"columnNumber\":500},"
	    "\"hitCount\":2,\"positionTicks\":[{\"line\":4,\"ticks\":1}]}],"
	    "\"startTime\":0,\"samples\":[2,3,3],\"timeDeltas\":[0,1,1]}";
	static const uint32_t want[][3] = { { 1, 11, 1 }, { 4, 0, 1 }, { 1, 501, 1 } }; /* line, column, samples */
	struct format_opts o = { 0 };
	struct format_notes notes;
	struct arena *a = arena_new();
	struct profile *p;
	unsigned met = 0;
	struct err e;

	(void)ctx;
	assert_int_equal(cpuprofile_decode(a, STR(json), &o, &p, &notes, &e), 0);
	assert_int_equal(p->n_functions, 1);
	assert_int_equal(p->n_samples, ARRAY_LEN(want));
	for (uint32_t i = 0; i < p->n_samples; i++) {
		const struct line *l = &p->lines[p->locations[p->stack[p->stack_at[i]]].first_line];

		for (size_t k = 0; k < ARRAY_LEN(want); k++)
			if (l->line == want[k][0] && l->column == want[k][1] && profile_value(p, i, 0) == want[k][2])
				met |= 1u << k;
	}
	assert_int_equal(met, 7);
	arena_free(a);
}

/* Nodes inside one another, as deep as the reader goes and deeper. */
static void test_deep(void **ctx)
{
	(void)ctx;
	for (unsigned depth = 8000; depth < 9000; depth += 500) {
		struct format_opts o = { 0 };
		struct format_notes notes;
		struct arena *a = arena_new();
		struct profile *p;
		struct buf b;
		struct err e;
		int rc;

		buf_init(&b, FIXTURE_MAX);
		buf_printf(&b, "{\"head\":");
		for (unsigned i = 0; i < depth; i++)
			buf_printf(&b, "{\"callFrame\":{\"functionName\":\"f\"},\"selfSize\":%u,\"children\":[",
			    i == depth - 1);
		for (unsigned i = 0; i < depth; i++)
			buf_printf(&b, "]}");
		buf_printf(&b, "}");
		rc = heapprofile_decode(a, buf_str(&b), &o, &p, &notes, &e);
		if (depth == 8000) {
			assert_int_equal(rc, 0);
			assert_int_equal(p->stack_at[1], depth);
		} else {
			assert_int_equal(rc, -1);
			assert_non_null(strstr(e.msg, "nested deeper than 16384 levels"));
		}
		buf_fini(&b);
		arena_free(a);
	}
}

/* ---- what Chrome and Node wrote ---- */

static int64_t want_of(const json_t *row, const char *member)
{
	return (int64_t)json_number_value(fixture_get(row, member));
}

static void check_cpu(const char *path, const json_t *row, struct str bytes, struct arena *a)
{
	struct format_opts o = { .keep = FORMAT_TIMES };
	struct format_notes notes;
	struct profile *p, *sum;
	struct err e;
	int64_t us = want_of(row, "end_us") - want_of(row, "start_us");

	if (cpuprofile_decode(a, bytes, &o, &p, &notes, &e) < 0)
		fail_msg("%s: %s", path, e.msg);
	o.keep = 0;
	assert_int_equal(cpuprofile_decode(a, bytes, &o, &sum, &notes, &e), 0);
	assert_int_equal(fixture_total(p, 0), fixture_total(sum, 0));
	assert_int_equal(fixture_total(p, 1), fixture_total(sum, 1));
	if (us == 0)
		return; /* of the old form */
	assert_int_equal(p->n_samples, want_of(row, "samples"));
	assert_int_equal(fixture_total(p, 0), want_of(row, "samples"));
	assert_int_equal(p->duration, us * 1000);
	assert_int_equal(p->at[0] + fixture_total(p, 1), want_of(row, "end_us") * 1000);
	/* all deltas but the first, and the time of the last sample */
	assert_int_equal(p->at[p->n_samples - 1],
	    (want_of(row, "start_us") + want_of(row, "time_deltas_sum_us")) * 1000);
}

static void check_heap(const char *path, const json_t *row, struct str bytes, struct arena *a)
{
	struct format_opts o = { 0 };
	struct format_notes notes;
	struct profile *p;
	struct err e;

	if (heapprofile_decode(a, bytes, &o, &p, &notes, &e) < 0)
		fail_msg("%s: %s", path, e.msg);
	assert_int_equal(fixture_total(p, p->n_types - 1), want_of(row, "self_size_sum"));
}

static void check_shared(const char *path, const json_t *row, void *arg)
{
	struct arena *a = arena_new();
	struct str bytes = fixture_file(a, path);
	const struct format *f;
	struct err e;
	bool heap = str_suffix(str_cstr(path), STR(".heapprofile"));

	if (heap || str_suffix(str_cstr(path), STR(".cpuprofile"))) {
		f = format_detect(bytes, STR(""), &e);
		assert_string_equal(f ? f->name : e.msg, heap ? "heapprofile" : "cpuprofile");
		if (heap)
			check_heap(path, row, bytes, a);
		else
			check_cpu(path, row, bytes, a);
		fixture_torture(f->name, bytes, bytes.n / 100 + 1);
		++*(unsigned *)arg;
	}
	arena_free(a);
}

static void test_shared(void **ctx)
{
	unsigned n = 0;

	(void)ctx;
	fixture_rows("chrome-cpuprofile/ own/chrome-cpuprofile/", "chrome-cpuprofile", check_shared, &n);
	print_message("%u files\n", n);
	assert_true(n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_shared),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
