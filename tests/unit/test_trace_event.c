/* test_trace_event.c - what ran when, from the events of Chrome and others, sound and not */
#include "tests/lib/format_fixture.h"

#include "formats/json/trace_event.h"

#define EV(ph, name, ts) "{\"ph\":\"" ph "\",\"name\":\"" name "\",\"pid\":1,\"tid\":2,\"ts\":" #ts "}"
#define X(name, ts, dur) "{\"ph\":\"X\",\"name\":\"" name "\",\"pid\":1,\"tid\":2,\"ts\":" #ts ",\"dur\":" #dur "}"
#define HEAD "thread 2 wall/nanoseconds:\n"

static const struct {
	const char *json;
	bool lenient;
	const char *want;
} cases[] = {
	{ "[" EV("B", "a", 1) "," EV("B", "b", 2) "," EV("E", "b", 4.5) "," EV("E", "a", 9) "]", false,
	    HEAD "a 5500\na;b 2500\n" },
	/* an object, in any order, with members of no interest, threads by name */
	{ "{\"other\":[{}],\"traceEvents\":[{\"ts\":5,\"dur\":2,\"args\":{\"x\":[1]},\"ph\":\"X\",\"name\":\"a\","
	  "\"tid\":\"t\","
	  "\"pid\":1},{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":1,\"tid\":\"t\",\"args\":{\"name\":\"main\"}},{"
	  "\"ph\":\"C\"}]}",
	    false, "main wall/nanoseconds:\na 2000\n" },
	{ "[{\"ph\":\"X\",\"name\":\"a\",\"pid\":1,\"tid\":1,\"ts\":0,\"dur\":1},{\"ph\":\"X\",\"name\":\"b\",\"pid\":"
	  "2,\"tid\":1,"
	  "\"ts\":0,\"dur\":1},{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":2,\"args\":{\"name\":\"p\"}}]",
	    false, "process 1: thread 1 wall/nanoseconds:\na 1000\np: thread 1 wall/nanoseconds:\nb 1000\n" },
	/* without an end, with a comma before it, cut in an event */
	{ "[" X("a", 1, 2), false, HEAD "a 2000\n" },
	{ "[" X("a", 1, 2) ",", false, HEAD "a 2000\n" },
	{ "[" X("a", 1, 2) ",\n\n", false, HEAD "a 2000\n" },
	{ "{\"traceEvents\":[" X("a", 1, 2) ",", false, HEAD "a 2000\n" },
	{ "[" X("a", 1, 2) ",{\"ph\":\"X", false, "error: trace-event: unexpected end of JSON input" },
	{ "[" X("a", 1, 2) ",{\"ph\":\"X", true, HEAD "a 2000\n" },
	{ "[" X("a", 1, 2) ",}", true, "error: trace-event: line 1 column 55: a value expected, not '}'" },
	/* complete events that begin together: the longer one is outside, whichever comes first */
	{ "[" X("in", 1, 2) "," X("out", 1, 5) "," X("leaf", 3, 3) "]", false, HEAD "out;in 2000\nout;leaf 3000\n" },
	{ "[" X("a", 1, 2) "," X("b", 1, 2) "," X("c", 1, 2) "]", false, HEAD "a;b;c 2000\n" },
	/* no time at all */
	{ "[" X("a", 0, 4) "," X("b", 2, 0) "," X("a", 2, 0) "," X("c", 3, 1) "]", false, HEAD "a 3000\na;c 1000\n" },
	/* ends in another order than they should come in */
	{ "[" EV("E", "b", 9) "," EV("E", "a", 10) "," EV("B", "a", 0) "," EV("B", "b", 1) "]", false,
	    HEAD "a 2000\na;b 8000\n" },
	{ "[" EV("B", "a", 0) "," EV("B", "b", 1) "," EV("E", "a", 9) "," EV("E", "b", 9) "]", false,
	    HEAD "a 1000\na;b 8000\n" },
	/* an end closes what is within; one without a name the innermost; one that fits nothing is passed over */
	{ "[" EV("B", "a", 0) "," EV("B", "b", 1) "," EV("E", "a", 3) "," X("c", 4, 1) "]", false,
	    HEAD "a 1000\na;b 2000\nc 1000\n" },
	{ "[" EV("B", "a", 0) "," EV("B", "b", 1) ",{\"ph\":\"E\",\"pid\":1,\"tid\":2,\"ts\":3}," EV("E", "a", 4) "]",
	    false, HEAD "a 2000\na;b 2000\n" },
	{ "[" EV("B", "a", 0) "," EV("E", "x", 3) "," EV("E", "a", 4) "," EV("E", "a", 5) "]", false, HEAD "a 4000\n" },
	{ "[" EV("B", "a", 0) "," EV("E", "x", 3) "]", false, HEAD "a 3000\n" },
	{ "[" EV("E", "a", 3) "]", false,
	    "error: trace-event: no event says how long something ran (of 1 begin, end and complete events)" },
	{ "[]", false,
	    "error: trace-event: no event says how long something ran (of 0 begin, end and complete events)" },
	{ "[7,null,{\"ph\":\"B\"},{\"ph\":\"X\",\"ts\":1}," X("a", 1, 2) "]", false, HEAD "a 2000\n" },
	{ "{\"traceEvents\":{}}", false, "error: trace-event: line 1 column 16: an array expected, not '{'" },
	{ "[" X("a", 0, 1e300) "]", false, "error: trace-event: a time is beyond 64 bits" },
	/* a CPU profile in pieces: the thread is that of the first event */
	{ "[{\"ph\":\"P\",\"name\":\"Profile\",\"id\":\"0xb\",\"pid\":1,\"tid\":2,\"args\":{\"data\":{\"startTime\":"
	  "100}}},"
	  "{\"args\":{\"data\":{\"cpuProfile\":{\"nodes\":[{\"id\":1,\"callFrame\":{\"functionName\":\"(root)\"}},{"
	  "\"id\":2,"
	  "\"parent\":1,\"callFrame\":{\"functionName\":\"a\"}}],\"samples\":[2]},\"timeDeltas\":[5]}},\"id\":\"0xb\","
	  "\"name\":\"ProfileChunk\",\"ph\":\"P\",\"pid\":1,\"tid\":9},"
	  "{\"args\":{\"data\":{\"cpuProfile\":{\"nodes\":[{\"id\":3,\"parent\":2,\"callFrame\":{\"functionName\":"
	  "\"b\"}}],"
	  "\"samples\":[3,2]},\"timeDeltas\":[7,8],\"endTime\":130}},\"id\":\"0xb\",\"name\":\"ProfileChunk\",\"ph\":"
	  "\"P\",\"pid\":1}]",
	    false, "thread 2 samples/count:\na 2\na;b 1\nthread 2 cpu/nanoseconds:\na 17000\na;b 8000\n" },
	{ "[{\"ph\":\"P\",\"name\":\"ProfileChunk\",\"id\":\"0xb\",\"pid\":1,\"args\":{\"data\":{\"timeDeltas\":[x]}}}"
	  "]",
	    false, "error: trace-event: line 1 column 83: a value expected, not 'x'" },
	{ "[{\"ph\":\"P\",\"name\":\"ProfileChunk\",\"id\":\"0xb\",\"pid\":1,\"args\":{\"data\":{\"timeDeltas\":[{}]}}}"
	  "]",
	    false, "error: trace-event: line 1 column 83: a number expected, not '{'" },
};

static void test_cases(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct format_opts o = { .lenient = cases[i].lenient };
		const char *got = fixture_decode(a, "trace-event", str_cstr(cases[i].json), &o);

		if (strcmp(got, cases[i].want) != 0)
			fail_msg("case %zu: %s: %s", i, cases[i].json, got);
		fixture_torture("trace-event", str_cstr(cases[i].json), 1);
		arena_free(a);
	}
}

static void test_keep(void **ctx)
{
	static const char json[] =
	    "[{\"ph\":\"B\",\"name\":\"a\",\"pid\":1,\"tid\":2,\"ts\":7,\"args\":{\"filename\":\"a.py\",\"line\":3}},"
	    "" EV("B", "b", 8) "," EV("E", "b", 9) "," EV("E", "a", 11) "]";
	struct format_opts o = { .keep = FORMAT_TIMES | FORMAT_TAGS };
	struct format_profiles got = { 0 };
	struct arena *a = arena_new();
	const struct profile *p;
	struct err e;

	(void)ctx;
	assert_int_equal(trace_event_decode(a, STR(json), &o, &got, &e), 0);
	p = got.p[0].p;
	assert_int_equal(p->n_samples, 3);
	assert_true(p->at[0] == 7000 && p->at[1] == 8000 && p->at[2] == 9000);
	assert_int_equal(p->tag_at[1], 2);
	assert_true(str_eq(profile_str(p, p->tags[0].key), STR("process")));
	assert_true(str_eq(profile_str(p, p->tags[1].str), STR("thread 2")));
	assert_true(str_eq(profile_str(p, p->functions[0].file), STR("a.py")));
	assert_int_equal(p->lines[0].line, 3);
	arena_free(a);
}

/* ---- what other programs wrote ---- */

static const struct {
	const char *path, *want; /* totals of the profiles, in us; or the error */
} shared[] = {
	{ "other/trace-event-bex-interaction.json", "12" },
	{ "other/trace-event-end-non-top-of-stack.json", "11" },
	{ "other/trace-event-hermes-multiple-frames.json", "14" },
	{ "other/trace-event-matching-x.json", "10" },
	{ "other/trace-event-mismatched-name.json", "10" },
	{ "other/trace-event-multiprocess.json", "1 1 1 1 1 1 1 1" },
	{ "other/trace-event-not-enough-end-events.json", "11" },
	{ "other/trace-event-out-of-order-unbalanced-name.json", "9" },
	{ "other/trace-event-simple-hermes.json", "14" },
	{ "other/trace-event-simple-partial-trailing-comma.json", "14" },
	{ "other/trace-event-simple-partial.json", "14" },
	{ "other/trace-event-simple.json", "14" },
	{ "other/trace-event-too-many-end-events.json", "14" },
	{ "other/trace-event-unbalanced-name.json", "9" },
	{ "other/trace-event-x-events-matching-start.json", "20" },
	{ "chrome-cpuprofile/Chrome-141-no-arg-data.json", "55194" },
	{ "chrome-cpuprofile/Chrome-69-simple.json",
	    "55492 276450 3220 1466 1181 624 31 27 11105 24484 20 1048 10305 25 57 114 430" },
	{ "own/other/py311-chrometrace.json", "5913517 5664151 5660575 5558296" },
};

static void test_shared(void **ctx)
{
	struct arena *a = arena_new();

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(shared); i++) {
		struct str bytes = fixture_file(a, shared[i].path);
		struct format_profiles got = { 0 };
		struct format_opts o = { 0 };
		const struct format *f;
		struct buf b;
		struct err e;

		if (bytes.p == NULL)
			skip();
		f = format_detect(bytes, STR(""), &e);
		assert_string_equal(f ? f->name : e.msg, "trace-event");
		buf_init(&b, 4096);
		if (trace_event_decode(a, bytes, &o, &got, &e) < 0)
			buf_add(&b, str_cstr(e.msg));
		for (uint32_t k = 0; k < got.n; k++)
			buf_printf(&b, "%s%lld", k ? " " : "",
			    (long long)fixture_total(got.p[k].p, got.p[k].p->n_types - 1) / 1000);
		buf_byte(&b, '\0');
		if (strcmp(b.p, shared[i].want) != 0)
			fail_msg("%s: %s", shared[i].path, b.p);
		buf_fini(&b);
		fixture_torture("trace-event", bytes, bytes.n / 200 + 1);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_shared),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
