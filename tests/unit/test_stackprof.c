/* test_stackprof.c - the JSON of stackprof */
#include "tests/lib/format_fixture.h"

#define HEAD                                                                                                       \
	"{\"version\":1.2,\"interval\":1000,\"gc_samples\":0,\"frames\":{\"7\":{\"name\":\"a\",\"file\":\"a.rb\"," \
	"\"line\":3,\"samples\":4},"                                                                               \
	"\"18446744073709551615\":{\"name\":\"b\"},\"9\":{\"name\":\"(garbage "                                    \
	"collection)\",\"file\":\"\",\"samples\":1}},"

static const struct {
	const char *json;
	bool lenient;
	const char *want;
} cases[] = {
	{ HEAD "\"mode\":\"wall\",\"raw\":[2,7,9,2,1,7,3],\"raw_timestamp_deltas\":[10,20,30,40]}", false,
	    "samples/count:\na 3\na;(garbage collection) 2\nwall/nanoseconds:\na 70000\na;(garbage collection) "
	    "30000\n" },
	{ HEAD "\"mode\":\"cpu\",\"raw\":[1,7,3]}", false, "samples/count:\na 3\ncpu/nanoseconds:\na 3000000\n" },
	/* numbers of samples that do not fit are not counted from 0 again: the third has no delta of its own */
	{ HEAD "\"mode\":\"wall\",\"raw\":[0,9223372036854775807,0,9223372036854775807,0,2,1,7,3],"
	       "\"raw_timestamp_deltas\":[10,20,30,40]}",
	    true, "samples/count:\na 3\nwall/nanoseconds:\n -9223372036852675809\na 3000000\n" },
	{ HEAD "\"mode\":\"object\",\"raw\":[1,7,3]}", false, "samples/count:\na 3\nobjects/count:\na 3000\n" },
	{ HEAD "\"mode\":\"custom\",\"raw\":[1,7,3]}", false, "samples/count:\na 3\n" },
	{ HEAD "\"mode\":\"wall\"}", false,
	    "samples/count:\n(garbage collection) 1\na 4\nwall/nanoseconds:\n(garbage collection) 1000000\na "
	    "4000000\n" },
	{ HEAD "\"mode\":\"custom\",\"raw\":[]}", false, "samples/count:\n" },
	{ HEAD "\"mode\":\"custom\",\"raw\":[1,8,3]}", false,
	    "error: stackprof: line 1 column 226: number 1 of raw: no such frame" },
	{ HEAD "\"mode\":\"custom\",\"raw\":[2,8,7,3]}", true, "samples/count:\na 3\n" },
	{ HEAD "\"mode\":\"custom\",\"raw\":[1,7,3,2,7]}", false,
	    "error: stackprof: line 1 column 226: number 3 of raw: more frames than there are numbers" },
	{ HEAD "\"mode\":\"custom\",\"raw\":[1,7,3,9223372036854775807,7]}", true, "samples/count:\na 3\n" },
	{ HEAD "\"mode\":\"custom\",\"raw\":[\"x\"]}", false,
	    "error: stackprof: line 1 column 227: a number expected, not '\"'" },
	{ "{\"frames\":{\"x\":{}}}", false, "error: stackprof: line 1 column 16: the name of a frame is not a number" },
	{ "{}", false, "error: stackprof: no object \"frames\"" },
};

static void test_cases(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct format_opts o = { .lenient = cases[i].lenient };
		const char *got = fixture_decode(a, "stackprof", str_cstr(cases[i].json), &o);

		if (strcmp(got, cases[i].want) != 0)
			fail_msg("case %zu: %s: %s", i, cases[i].json, got);
		fixture_torture("stackprof", str_cstr(cases[i].json), 1);
		arena_free(a);
	}
}

/* The numbers of samples in the head of the file are those of the stacks. */
static void test_shared(void **ctx)
{
	static const struct {
		const char *path;
		int64_t samples, value;
	} files[] = {
		{ "other/stackprof-object-stackprof.json", 103, 103 },
		{ "other/stackprof-simple-stackprof.json", 1554, 1551604000 },
	};
	struct arena *a = arena_new();

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct str bytes = fixture_file(a, files[i].path);
		struct format_profiles got = { 0 };
		struct format_opts o = { 0 };
		const struct format *f;
		struct err e;

		if (bytes.p == NULL)
			skip();
		f = format_detect(bytes, STR(""), &e);
		assert_string_equal(f ? f->name : e.msg, "stackprof");
		assert_int_equal(f->decode(a, bytes, &o, &got, &e), 0);
		assert_int_equal(fixture_total(got.p[0].p, 0), files[i].samples);
		assert_int_equal(fixture_total(got.p[0].p, 1), files[i].value);
		fixture_torture("stackprof", bytes, bytes.n / 200 + 1);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_shared),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
