/* test_html.c - flame graphs as pages read back: ours, and the scripts of async-profiler */
#include "tests/lib/format_fixture.h"

#include "formats/html/html_read.h"

#define OURS(data) "<!DOCTYPE html><html><script type=\"application/json\" id=\"data\">" data "</script></html>"
/* A page of async-profiler from line 4 on. */
#define CALLS(body) \
	"<!DOCTYPE html>\n<html><script>\nfunction f(key, level) { levels[level0 = level].push({}); }\n" body
#define NAMES CALLS("const cpool = [\n'all',\n' java/lang/Thread.run',\n'1sleep',\n'1it\\'s'\n];\nunpack(cpool);\n\n")

static const struct {
	const char *html, *want;
} cases[] = {
	{ OURS(
	      "{\"diff\":false,\"graphs\":[{\"type\":\"cpu\",\"unit\":\"nanoseconds\",\"total\":9,\"names\":[\"total\","
	      "\"a\",\"b\"],\"levels\":[[0,9,0,0],[0,7,2,1,0,2,2,2],[2,5,5,2]]}]}"),
	    "cpu/nanoseconds:\na 2\na;b 5\nb 2\n" },
	/* types of one profile */
	{ OURS("{\"diff\":false,\"graphs\":[{\"type\":\"n\",\"unit\":\"count\",\"names\":[\"total\",\"a\"],\"levels\":["
	       "[0,"
	       "3,0,0],[0,3,3,1]]},{\"type\":\"size\",\"unit\":\"bytes\",\"names\":[\"total\",\"b\",\"a\"],\"levels\":["
	       "[0,"
	       "9,0,0],[0,5,5,1,0,4,4,2]]}]}"),
	    "n/count:\na 3\nsize/bytes:\na 4\nb 5\n" },
	{ OURS("{\"diff\":true,\"graphs\":[{\"type\":\"cpu\",\"unit\":\"count\",\"names\":[\"total\",\"a\"],\"levels\":"
	       "[[0,"
	       "4,0,0,5,0,0],[0,4,4,0,5,5,1]]}]}"),
	    "before cpu/count:\na 4\nafter cpu/count:\na 5\n" },
	{ OURS("{\"diff\":false,\"graphs\":[]}"), "error: html: the data of the page: no graphs" },
	{ OURS("{\"diff\":false,\"graphs\":[{\"names\":[\"total\"],\"levels\":[[0,4,0]]}]}"),
	    "error: html: the data of the page: flamebearer: level 0: not an array of groups of 4" },
	{ "<html><script type=\"application/json\" id=\"data\">{", "error: html: the data of the page have no end" },
	{ "<html>",
	    "error: html: no flame graph that can be read: those of pyro-query html and of async-profiler can" },
	/* n: beside the last; u: upon it; f: anywhere. A width that is left out is that of the last. */
	{ NAMES "n(3,9)\nu(11,7)\nu(19)\nu(27,3,1,2)\nf(19,1,7,2)\n</script>",
	    "samples/count:\njava/lang/Thread.run;java/lang/Thread.sleep 4\n"
	    "java/lang/Thread.run;java/lang/Thread.sleep;java/lang/Thread.it's 3\njava/lang/Thread.sleep 2\n" },
	{ NAMES "n(3,9)\nu(11,4)\nn(19)\n", "samples/count:\n 1\njava/lang/Thread.run 4\njava/lang/Thread.sleep 4\n" },
	/* a stack that comes twice is one */
	{ NAMES "n(3,9)\nu(11,4)\nn(12,5)\n", "samples/count:\njava/lang/Thread.run 9\n" },
	{ CALLS("f(0,0,9,3,'all')\nf(1,0,7,1,'a')\nf(2,0,3,1,'b',0,1,0)\nf(1,7,2,1,\"c\")\n"),
	    "samples/count:\na 4\na;b 3\nc 2\n" },
	{ NAMES, "error: html: there are no frames" },
	{ NAMES "n(3,9)\nu(35,7)\n", "error: html: line 13: the name is not in the list" },
	{ NAMES "n(3,9)\nf(11,2,0,7)\n", "error: html: line 13: a frame that stands on no other" },
	{ NAMES "n(3,9)\nu(11,7)\nn(19,3)\n", "error: html: line 14: the frames on one have more than it has" },
	{ NAMES "u(11,7)\n", "error: html: line 12: a frame that stands on no other" },
	{ NAMES "n(3)\n", "error: html: line 12: a frame without a width" },
	{ NAMES "n(3,9223372036854775808)\n", "error: html: line 12: a call with something else than numbers" },
	{ NAMES "n(3,9\n", "error: html: line 12: a call with something else than numbers" },
	{ CALLS("f(0,0,9)\nf(0,0,'all')\n"), "error: html: line 4: the name is not in the list" },
	{ CALLS("f(0,0,'all')\n"), "error: html: line 4: a call with too few numbers" },
	{ CALLS("const cpool = [\n'all',\n'0x'\n];\n"),
	    "error: html: line 6: a name has more in common with the one before than that has" },
	{ CALLS("const cpool = [\n'all',\n''\n];\n"),
	    "error: html: line 6: a name that does not say what it has in common with the one before" },
	{ CALLS("const cpool = [\n'all',\n"), "error: html: line 5: the list of names has no end" },
	{ CALLS("const cpool = [\nall,\n"), "error: html: line 5: no name in quotes" },
};

static void test_cases(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		const char *got = fixture_decode(a, "html", str_cstr(cases[i].html), &(struct format_opts){ 0 });

		if (strcmp(got, cases[i].want) != 0)
			fail_msg("case %zu: %s: %s", i, cases[i].html, got);
		fixture_torture("html", str_cstr(cases[i].html), 3);
		arena_free(a);
	}
}

/* Levels upon levels end at a bound, with the line. */
static void test_deep(void **ctx)
{
	struct arena *a = arena_new();
	const char *got;
	struct buf b;

	(void)ctx;
	buf_init(&b, FIXTURE_MAX);
	buf_add(&b, STR(NAMES "n(3,9)\n"));
	for (unsigned i = 0; i < HTML_DEPTH; i++)
		buf_add(&b, STR("u(11)\n"));
	got = fixture_decode(a, "html", buf_str(&b), &(struct format_opts){ 0 });
	assert_string_equal(got, "error: html: line 16396: more than 16384 levels");
	buf_fini(&b);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_deep),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
