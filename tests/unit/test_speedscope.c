/* test_speedscope.c - the JSON of speedscope.app: both forms, odd input, and what other programs wrote */
#include "tests/lib/format_fixture.h"

#include "formats/json/speedscope.h"

#define SCHEMA "\"$schema\":\"https://www.speedscope.app/file-format-schema.json\""
#define FRAMES \
	"\"shared\":{\"frames\":[{\"name\":\"a\",\"file\":\"a.c\",\"line\":3},{\"name\":\"b\"},{\"name\":\"c\"}]}"
#define SAMPLED "\"type\":\"sampled\",\"name\":\"s\",\"startValue\":0,\"endValue\":9"
#define EVENTED "\"type\":\"evented\",\"name\":\"e\",\"startValue\":0,\"endValue\":9"
#define WHOLE(profiles) "{" SCHEMA "," FRAMES ",\"profiles\":[" profiles "]}"
#define OPEN(frame, at) "{\"type\":\"O\",\"frame\":" #frame ",\"at\":" #at "}"
#define CLOSE(frame, at) "{\"type\":\"C\",\"frame\":" #frame ",\"at\":" #at "}"

static const struct {
	const char *json;
	bool lenient;
	const char *want;
} cases[] = {
	{ WHOLE(""), false, "" },
	{ WHOLE("{" SAMPLED ",\"unit\":\"none\",\"samples\":[[0,1],[0],[0,1],[]],\"weights\":[1,2,3,4]}"), false,
	    "s samples/count:\n 4\na 2\na;b 4\n" },
	{ WHOLE("{" SAMPLED ",\"unit\":\"seconds\",\"samples\":[[0],[0,2]],\"weights\":[0.01,1e-9]}"), false,
	    "s wall/nanoseconds:\na 10000000\na;c 1\n" },
	{ WHOLE("{" SAMPLED ",\"unit\":\"milliseconds\",\"samples\":[[0]],\"weights\":[1.5]}"), false,
	    "s wall/nanoseconds:\na 1500000\n" },
	{ WHOLE("{" SAMPLED ",\"unit\":\"microseconds\",\"samples\":[[0]],\"weights\":[1.5]}"), false,
	    "s wall/nanoseconds:\na 1500\n" },
	{ WHOLE("{" SAMPLED ",\"unit\":\"bytes\",\"samples\":[[0]],\"weights\":[7]}"), false, "s space/bytes:\na 7\n" },
	/* what rounding takes the next gets */
	{ WHOLE("{" SAMPLED ",\"unit\":\"none\",\"samples\":[[0],[0],[0],[0],[0]],"
		"\"weights\":[0.4,0.4,0.4,0.4,0.4]}"),
	    false, "s samples/count:\na 2\n" },
	/* members in any order, frames last, two profiles */
	{ "{\"profiles\":[{\"weights\":[5],\"samples\":[[1]],\"unit\":\"none\",\"type\":\"sampled\"},"
	  "{\"weights\":[6],\"samples\":[[0]],\"unit\":\"none\",\"type\":\"sampled\",\"name\":\"two\"}]," FRAMES
	  "," SCHEMA "}",
	    false, "samples/count:\nb 5\ntwo samples/count:\na 6\n" },
	/* of two members with one name the last counts */
	{ "{" SCHEMA ",\"profiles\":[{}]," FRAMES ",\"profiles\":[{" SAMPLED
	  ",\"unit\":\"none\",\"weights\":[1,2],\"weights\":[3],\"samples\":[[0]]}]}",
	    false, "s samples/count:\na 3\n" },
	{ "{\"exporter\":\"pyro\"," FRAMES
	  ",\"profiles\":[{\"type\":\"sampled\",\"name\":\"t 1 (cpu)\",\"unit\":\"none\","
	  "\"samples\":[[0]],\"weights\":[3]},{\"type\":\"sampled\",\"name\":\"alloc\",\"unit\":\"bytes\","
	  "\"samples\":[[0]],\"weights\":[4]}]}",
	    false, "t 1 cpu/count:\na 3\nalloc/bytes:\na 4\n" },
	{ WHOLE("{" EVENTED ",\"unit\":\"milliseconds\",\"events\":[" OPEN(0, 1) "," OPEN(1, 2.5) "," CLOSE(1,
	      4) "," OPEN(2, 4) "," CLOSE(2, 4) "," OPEN(1, 5) "," CLOSE(1, 6) "," CLOSE(0, 7) "]}"),
	    false, "e wall/nanoseconds:\na 3500000\na;b 2500000\n" },
	/* odd: an error with its place, or passed over */
	{ WHOLE("{" EVENTED ",\"unit\":\"none\",\"events\":[" OPEN(0, 5) "," CLOSE(0, 4) "]}"), false,
	    "error: speedscope: line 1 column 272: time goes back from 5 to 4" },
	{ WHOLE("{" EVENTED
		",\"unit\":\"none\",\"events\":[" OPEN(0, 1) "," OPEN(1, 5) "," CLOSE(1, 4) "," CLOSE(0, 7) "]}"),
	    true, "e samples/count:\na 6\n" },
	{ WHOLE("{" EVENTED ",\"unit\":\"none\",\"events\":[" OPEN(0, 1) "," CLOSE(1, 4) "]}"), false,
	    "error: speedscope: line 1 column 272: frame 1 is closed, but 0 is the innermost one" },
	{ WHOLE("{" EVENTED ",\"unit\":\"none\",\"events\":[" CLOSE(1, 4) "]}"), false,
	    "error: speedscope: line 1 column 242: frame 1 is closed, but none is open" },
	{ WHOLE("{" EVENTED ",\"unit\":\"none\",\"events\":[" OPEN(0, 1) "]}"), false,
	    "error: speedscope: line 1 column 160: 1 frames are open at the end" },
	{ WHOLE("{" EVENTED ",\"unit\":\"none\",\"events\":[" OPEN(0, 1) "]}"), true, "e samples/count:\na 8\n" },
	{ WHOLE("{" EVENTED ",\"unit\":\"none\",\"events\":[{\"type\":\"X\",\"frame\":0,\"at\":0}]}"), false,
	    "error: speedscope: line 1 column 242: an event is neither O nor C" },
	{ WHOLE("{" EVENTED ",\"unit\":\"none\",\"events\":[" OPEN(9, 1) "]}"), false,
	    "error: speedscope: line 1 column 242: frame 9, but there are 3" },
	{ WHOLE("{" SAMPLED ",\"unit\":\"none\",\"samples\":[[9,0]],\"weights\":[1]}"), false,
	    "error: speedscope: line 1 column 160: sample 0 has frame 9, there are 3" },
	{ WHOLE("{" SAMPLED ",\"unit\":\"none\",\"samples\":[[9,0]],\"weights\":[1]}"), true,
	    "s samples/count:\na 1\n" },
	{ WHOLE("{" SAMPLED ",\"unit\":\"none\",\"samples\":[[0]],\"weights\":[1,2]}"), false,
	    "error: speedscope: line 1 column 160: 1 samples, but 2 weights" },
	{ WHOLE("{" SAMPLED ",\"unit\":\"none\",\"samples\":[[0]],\"weights\":[-1]}"), false,
	    "error: speedscope: line 1 column 160: the weight of sample 0 is negative" },
	{ WHOLE("{" SAMPLED ",\"unit\":\"none\",\"samples\":[[0],[1]],\"weights\":[-1,2]}"), true,
	    "s samples/count:\nb 2\n" },
	{ WHOLE("{" SAMPLED ",\"unit\":\"none\",\"samples\":[[0]],\"weights\":[1e300]}"), false,
	    "error: speedscope: line 1 column 160: a value is beyond 64 bits" },
	{ WHOLE("{" SAMPLED ",\"unit\":\"none\",\"samples\":[[0]],\"weights\":[NaN]}"), false,
	    "error: speedscope: line 1 column 258: a value expected, not 'N'" },
	{ WHOLE("{" SAMPLED ",\"unit\":\"furlongs\",\"samples\":[],\"weights\":[]}"), false,
	    "error: speedscope: line 1 column 160: unknown unit furlongs" },
	{ WHOLE("{\"type\":\"other\",\"unit\":\"none\"}"), false,
	    "error: speedscope: line 1 column 160: profile type 'other', not sampled or evented" },
	{ "{" SCHEMA "}", false, "error: speedscope: no array \"profiles\"" },
	{ "{" SCHEMA ",\"profiles\":7}", false, "error: speedscope: line 1 column 76: an array expected, not '7'" },
	{ "{" SCHEMA, false, "error: speedscope: unexpected end of JSON input" },
};

static void test_cases(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct format_opts o = { .lenient = cases[i].lenient };
		const char *got = fixture_decode(a, "speedscope", str_cstr(cases[i].json), &o);

		if (strcmp(got, cases[i].want) != 0)
			fail_msg("case %zu: %s: %s", i, cases[i].json, got);
		arena_free(a);
	}
}

/* Samples stay apart, each with its time. */
static void test_times(void **ctx)
{
	static const char json[] = WHOLE(
	    "{\"type\":\"sampled\",\"unit\":\"seconds\",\"startValue\":2,\"samples\":[[0],[0]],"
	    "\"weights\":[0.5,1]},{" EVENTED
	    ",\"unit\":\"nanoseconds\",\"events\":[" OPEN(0, 3) "," OPEN(1, 5) "," CLOSE(1, 9) "," CLOSE(0, 10) "]}");
	struct format_opts o = { .keep = FORMAT_TIMES };
	struct arena *a = arena_new();
	struct speedscope s;
	struct err e;

	(void)ctx;
	assert_int_equal(speedscope_decode(a, STR(json), &o, &s, &e), 0);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.p[0].p->n_samples, 2);
	assert_true(s.p[0].p->at[0] == 2000000000 && s.p[0].p->at[1] == 2500000000);
	assert_int_equal(s.p[1].p->n_samples, 3);
	assert_true(s.p[1].p->at[0] == 3 && s.p[1].p->at[1] == 5 && s.p[1].p->at[2] == 9);
	assert_int_equal(s.p[0].p->lines[0].line, 3);
	assert_true(str_eq(profile_str(s.p[0].p, s.p[0].p->functions[0].file), STR("a.c")));
	arena_free(a);
}

static void test_torture(void **ctx)
{
	static const char json[] = WHOLE(
	    "{" SAMPLED ",\"unit\":\"seconds\",\"samples\":[[0,1],[2]],\"weights\":[0.5,1]},{" EVENTED
	    ",\"unit\":\"none\",\"events\":[" OPEN(0, 3) "," CLOSE(0, 10) "]}");

	(void)ctx;
	fixture_torture("speedscope", STR(json), 1);
}

/* A frame for each byte, each for a while: refused, not expanded. */
static void test_deep(void **ctx)
{
	struct format_opts o = { .lenient = true, .keep = FORMAT_TIMES };
	struct arena *a = arena_new();
	struct speedscope s;
	struct buf b;
	struct err e;

	(void)ctx;
	buf_init(&b, FIXTURE_MAX);
	buf_printf(&b,
	    "{\"shared\":{\"frames\":[{}]},\"profiles\":[{\"type\":\"evented\",\"unit\":\"none\",\"events\":[");
	for (int i = 0; i < 100000; i++)
		buf_printf(&b, "%s{\"at\":%d,\"type\":\"O\",\"frame\":0}", i ? "," : "", i);
	buf_printf(&b, "]}]}");
	assert_int_equal(speedscope_decode(a, buf_str(&b), &o, &s, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	arena_free(a);
	buf_fini(&b);
}

static void test_encode(void **ctx)
{
	struct arena *a = arena_new();
	struct format_opts o = { .type = FORMAT_ALL_TYPES };
	struct format_profile in[2] = { { .name = STR("one") } };
	struct buf b;
	struct err e;

	(void)ctx;
	buf_init(&b, FIXTURE_MAX);
	assert_int_equal(folded_decode(a, STR("a;b 3\na 2\n"), &in[0].p, &e), 0);
	assert_int_equal(folded_decode(a, STR("c\"\n;b 3\n"), &in[1].p, &e), 0);
	assert_int_equal(speedscope_encode(in, 2, &o, &b, &e), 0);
	buf_byte(&b, '\0');
	assert_string_equal(b.p,
	    "{" SCHEMA ",\"exporter\":\"pyro\",\"activeProfileIndex\":0,\"shared\":{\"frames\":[{\"name\":\"b\"},"
	    "{\"name\":\"a\"},{\"name\":\"\"}]},\"profiles\":["
	    "{\"type\":\"sampled\",\"name\":\"one ()\",\"unit\":\"none\",\"startValue\":0,\"endValue\":5,"
	    "\"samples\":[[1,0],[1]],\"weights\":[3,2]},"
	    "{\"type\":\"sampled\",\"name\":\"\",\"unit\":\"none\",\"startValue\":0,\"endValue\":3,"
	    "\"samples\":[[2,0]],\"weights\":[3]}]}\n");
	in[0].p->values[1] = -1;
	assert_int_equal(speedscope_encode(in, 2, &o, &b, &e), -1);
	assert_string_equal(e.msg, "speedscope: sample 1 has the negative value -1");
	buf_fini(&b);
	arena_free(a);
}

/* ---- what other programs wrote ---- */

static double number_of(const json_t *o, const char *member)
{
	return json_number_value(json_object_get(o, member));
}

static void check_profile(const char *path, const struct speedscope_profile *s, const json_t *want)
{
	double sum = number_of(want, "weight_sum") * s->unit->scale, got = (double)fixture_total(s->p, 0);

	assert_string_equal(s->evented ? "evented" : "sampled", json_string_value(json_object_get(want, "type")));
	assert_true(str_eq(s->name, str_cstr(json_string_value(json_object_get(want, "name")))));
	assert_string_equal(s->unit->name, json_string_value(json_object_get(want, "unit")));
	assert_true(s->start == number_of(want, "startValue"));
	if (!s->evented && (got > sum + 1 || got < sum - 1))
		fail_msg("%s: %.0f, not %.0f", path, got, sum);
	if (s->evented) /* all of the time a frame is open */
		assert_true(got == (number_of(want, "endValue") - s->start) * s->unit->scale);
}

static void check_shared(const char *path, const json_t *row, void *arg)
{
	const json_t *profiles = fixture_get(row, "profiles");
	const char *special = json_string_value(json_object_get(row, "special"));
	struct arena *a = arena_new();
	struct format_opts o = { 0 };
	struct speedscope s;
	struct str bytes = fixture_file(a, path);
	struct err e;

	if (special && strcmp(special, "invalid") == 0) {
		assert_int_equal(speedscope_decode(a, bytes, &o, &s, &e), -1);
		assert_string_equal(e.msg, "speedscope: line 7 column 5: 1 frames are open at the end");
		o.lenient = true;
	}
	if (speedscope_decode(a, bytes, &o, &s, &e) < 0)
		fail_msg("%s: %s", path, e.msg);
	assert_int_equal(s.n, json_array_size(profiles));
	for (uint32_t i = 0; i < s.n; i++)
		check_profile(path, &s.p[i], json_array_get(profiles, i));
	fixture_torture("speedscope", bytes, bytes.n / 400 + 1);
	++*(unsigned *)arg;
	arena_free(a);
}

static void test_shared(void **ctx)
{
	unsigned n = 0;

	(void)ctx;
	fixture_rows("speedscope/ own/speedscope/", "speedscope", check_shared, &n);
	print_message("%u files\n", n);
	assert_true(n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_torture),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_shared),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
