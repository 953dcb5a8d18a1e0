/* test_svg_read.c - pictures of flame graphs read back: ours exactly, others as they are drawn */
#include "tests/lib/format_fixture.h"

#include "formats/profile_impl.h"
#include "formats/query/tree.h"
#include "formats/report/report.h"
#include "formats/svg/svg_read.h"

#define INFERNO(name, samples, x, y, fgx, fgw)                                  \
	"<g><title>" name " (" samples ", 5%)</title><rect x=\"" x "%\" y=\"" y \
	"\" width=\"1%\" height=\"15\" fill=\"red\" fg:x=\"" fgx "\" fg:w=\"" fgw "\"/><text x=\"1\">n</text></g>\n"
#define PERL(name, samples, x, y, w)                                                                 \
	"<g >\n<title>" name " (" samples ", 5.00%)</title><rect x=\"" x "\" y=\"" y "\" width=\"" w \
	"\" height=\"15.0\" rx=\"2\" />\n<text >n</text>\n</g>\n"
#define HEAD                                                                                                    \
	"<?xml version=\"1.0\" standalone=\"no\"?><!DOCTYPE svg><svg width=\"1200\"><title>Flame</title><rect " \
	"x=\"0.0\" y=\"0\" width=\"1200.0\" height=\"9\"/>"

static const struct {
	const char *svg;
	bool lenient;
	const char *want;
} cases[] = {
	{ "<svg><svg id=\"frames\" total_samples=\"10\">" INFERNO("all", "10 samples", "0", "68", "0", "10")
		INFERNO("main", "10 samples", "0", "52", "0", "10") INFERNO("a&amp;&lt;b&gt;&quot;&#39;&#x41;&bogus;",
		    "4 samples", "0", "36", "0", "4") INFERNO("c (d)", "1 sample", "0", "36", "4", "1") "</svg></svg>",
	    false, "samples/count:\nmain 5\nmain;a&<b>\"'A&bogus: 4\nmain;c (d) 1\n" },
	/* upside down */
	{ "<svg>" INFERNO("all", "10 samples", "0", "36", "0", "10") INFERNO("main", "7 samples", "0", "52", "0", "7")
		INFERNO("x", "3 bytes", "0", "52", "7", "3") "</svg>",
	    false, "samples/count:\nmain 7\nx 3\n" },
	{ HEAD PERL("all", "1,234 samples", "10.0", "69", "1180.0") PERL("f", "1,000 samples", "10.0", "53", "956.2")
		PERL("g", "30 samples", "20.1", "37", "28.7") PERL("h", "200 samples", "966.3", "53", "191.2") "</svg>",
	    false, "samples/count:\n 34\nf 970\nf;g 30\nh 200\n" },
	{ HEAD PERL("all", "5 bytes", "10.0", "69", "1180.0") "</svg>", false, "space/bytes:\n 5\n" },
	{ HEAD PERL("top", "2.5s", "10.0", "69", "1180.0") "</svg>", false, "wall/nanoseconds:\ntop 2\n" },
	{ "<svg><title>only</title><rect x=\"0\" y=\"1\" width=\"7\" height=\"1\"/></svg>", false,
	    "error: svg: no frames: titles with rectangles" },
	{ "<svg><title>Flame Graph</title></svg>", false, "error: svg: no frames: titles with rectangles" },
	{ "<svg><title>a", false, "error: svg: line 1: a title without an end" },
	{ "<svg><title>a</title>\n<rect x=\"1\"", false, "error: svg: line 1: a rectangle without an end" },
	{ "<svg>\n<title>a (1 samples, 2%)</title><rect x=\"1\" y=\"nan\" width=\"1\"/>", false,
	    "error: svg: line 2: a rectangle without x, y and width" },
	{ "<svg>" INFERNO("all", "10 samples", "0", "68", "0", "10") "\n" INFERNO("a", "3 samples", "0", "52", "11",
	      "3") "</svg>",
	    false, "error: svg: line 3: a frame that stands on no other" },
	{ "<svg>" INFERNO("all", "10 samples", "0", "68", "0", "10") INFERNO("a", "8 samples", "0", "52", "0", "8")
		INFERNO("b", "8 samples", "0", "52", "1", "8") "</svg>",
	    false, "error: svg: line 1: the frames on it have more than it has" },
	{ "<svg>" INFERNO("all", "10 samples", "0", "68", "0", "10") INFERNO("a", "8 samples", "0", "52", "0", "8")
		INFERNO("b", "8 samples", "0", "52", "1", "8") "</svg>",
	    true, "samples/count:\na 8\nb 8\n" },
};

static void test_cases(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct format_opts o = { .lenient = cases[i].lenient };
		const char *got = fixture_decode(a, "svg", str_cstr(cases[i].svg), &o);

		if (strcmp(got, cases[i].want) != 0)
			fail_msg("case %zu: %s: %s", i, cases[i].svg, got);
		fixture_torture("svg", str_cstr(cases[i].svg), 3);
		arena_free(a);
	}
}

/* ---- our own ---- */

static struct flamegraph *graph_of(struct arena *a, struct tree *t, const struct profile *p)
{
	struct frames f;
	struct str *names;

	frames_init(&f, a, p);
	names = arena_array(a, f.max_depth, sizeof(*names));
	for (uint32_t i = 0; i < p->n_samples; i++)
		tree_add(t, names, frames_stack(&f, i, names), profile_value(p, i, 0));
	tree_total(t);
	return tree_flamegraph(a, t, 0);
}

/* Both ways up, with names that XML must escape, and values beyond what doubles hold. */
static void test_own(void **ctx)
{
	static const char folded[] =
	    "a <b> & \"c\" 'd' 1\na <b> & \"c\" 'd';e (1 samples, 2%) 3\nf 9007199254740993\nf;g 5\nf;g;h 2\n";
	struct arena *a = arena_new();
	struct profile *p;
	struct err e;

	(void)ctx;
	assert_int_equal(folded_decode(a, STR(folded), &p, &e), 0);
	for (int flame = 0; flame < 2; flame++) {
		struct picture pic = { .flame = flame, .unit = STR("bytes"), .title = STR("t") };
		struct format_opts o = { 0 };
		struct tree *t = tree_new();
		const char *got;
		struct buf b;

		buf_init(&b, FIXTURE_MAX);
		report_svg(graph_of(a, t, p), false, &pic, &b);
		assert_string_equal(format_detect(buf_str(&b), STR(""), &e)->name, "svg");
		got = fixture_decode(a, "svg", buf_str(&b), &o);
		if (strncmp(got, "space/bytes:\n", 13) != 0 || strcmp(got + 13, folded) != 0)
			fail_msg("%s", got);
		fixture_torture("svg", buf_str(&b), b.n / 300 + 1);
		buf_fini(&b);
		tree_free(t);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_own),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
