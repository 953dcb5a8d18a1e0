/* What reports are made of: units, names of nodes, pictures. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "formats/report/report.h"
#include "formats/report/report_impl.h"

static void test_units(void **state)
{
	static const struct {
		int64_t v;
		const char *from, *to, *want;
	} cases[] = {
		{ 0, "nanoseconds", "auto", "0" },
		{ 1, "nanoseconds", "minimum", "1ns" },
		{ 1500, "microseconds", "minimum", "1.50ms" },
		{ 1500, "us", "auto", "1.50ms" },
		{ 7, "milliseconds", "us", "7000us" },
		{ 7, "milliseconds", "microseconds", "7000us" },
		{ 90, "seconds", "ms", "90000ms" },
		{ 2, "hours", "minimum", "2hrs" },
		{ 3, "Kilobytes", "b", "3072B" },
		{ 1500, "ns", "auto", "1.50us" },
		{ -1500000, "nanosecond", "auto", "-1.50ms" },
		{ INT64_C(3600000000000), "nanoseconds", "auto", "1hrs" },
		{ 90, "Seconds", "ms", "90000ms" },
		{ 90, "s", "bytes", "90s" },
		{ 1536, "bytes", "auto", "1.50kB" },
		{ 1, "MB", "kb", "1024kB" },
		{ INT64_MAX, "bytes", "auto", "8192PB" },
		{ INT64_MIN, "bytes", "auto", "-9223372036854775808B" },
		{ 5, "count", "minimum", "5" },
		{ 5, "widgets", "auto", "5" },
		{ 5, "count", "widgets", "5widgets" },
		{ 1, "nanoseconds", "s", "0" },
		{ 3, "gcu", "milligcu", "3000m*GCU" },
	};
	static const struct {
		int64_t v, total;
		const char *want;
	} shares[] = {
		{ 0, 0, "    0%" },
		{ 5, 0, "    0%" },
		{ 1, 1, "  100%" },
		{ 9996, 10000, "  100%" },
		{ 9994, 10000, "99.94%" },
		{ 1, 100, " 1.00%" },
		{ 1, 300, " 0.33%" },
		{ 1, 1000000, "0.0001%" },
		{ 1, 100000000, "1e-06%" },
		{ -50, 100, "50.00%" },
		{ 500, 100, "500.00%" },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		buf_reset(&b);
		unit_label(&b, cases[i].v, str_cstr(cases[i].from), str_cstr(cases[i].to));
		buf_byte(&b, 0);
		assert_string_equal(b.p, cases[i].want);
	}
	for (size_t i = 0; i < ARRAY_LEN(shares); i++) {
		buf_reset(&b);
		unit_percent(&b, shares[i].v, shares[i].total);
		buf_byte(&b, 0);
		assert_string_equal(b.p, shares[i].want);
	}
	buf_fini(&b);
}

static void assert_str(struct str got, const char *want)
{
	if (!str_eq(got, str_cstr(want)))
		fail_msg("\"" STR_FMT "\" instead of \"%s\"", STR_ARG(got), want);
}

static void test_paths(void **state)
{
	static const struct {
		const char *path, *clean, *base;
	} cases[] = {
		{ "/a/b.go", "/a/b.go", "b.go" },
		{ "a//b/./c", "a/b/c", "c" },
		{ "/..//a/../b/", "/b", "b" },
		{ "../../a", "../../a", "a" },
		{ "a/..", ".", ".." },
		{ "/", "/", "/" },
		{ "//", "/", "/" },
		{ "a/../../b", "../b", "b" },
		{ "./x", "x", "x" },
		{ "/..", "/", ".." },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_str(path_clean(a, str_cstr(cases[i].path)), cases[i].clean);
		assert_str(path_base(str_cstr(cases[i].path)), cases[i].base);
	}
	assert_str(path_base(STR("")), ".");
	arena_free(a);
}

static void test_short_names(void **state)
{
	static const struct {
		const char *name, *want;
	} cases[] = {
		{ "main.work", "main.work" },
		{ "github.com/acme/shop/internal/cart.Sum", "cart.Sum" },
		{ "github.com/acme/shop/v4/internal/cart.Sum", "cart.Sum" },
		{ "gopkg.in/yaml.v3.Unmarshal", "yaml.v3.Unmarshal" },
		{ "acme.org/kit/v12.(*Pool).Get", "kit.(*Pool).Get" },
		{ "a/v1.f", "v1.f" },
		{ "net/http.(*conn).serve", "http.(*conn).serve" },
		{ "com.acme.shop.Cart.add(com.acme.shop.Item)", "Cart.add" },
		{ "com.acme.shop.Cart$Lines.run$3", "Cart$Lines.run$3" },
		{ "com.acme.Cart.<init>(long)", "Cart.<init>" },
		{ "com.acme.cart", "com.acme.cart" },
		{ "(anonymous namespace)::Cart::Add", "Cart::Add" },
		{ "acme::shop::Cart::~Cart<long>(char)", "Cart::~Cart<long>" },
		{ "acme::Cart<long>::add()", "acme::Cart<long>::add()" },
		{ "operator new", "operator new" },
		{ "", "" },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_str(report_short_name(a, str_cstr(cases[i].name)), cases[i].want);
	arena_free(a);
}

static struct flamegraph *small_graph(struct arena *a)
{
	struct tree *t = tree_new();
	struct flamegraph *g;

	tree_add(t, (struct str[]){ STR("a<b> & \"c\""), STR("x\x01\xff") }, 2, 3);
	tree_add(t, &STR("z"), 1, 1);
	g = tree_flamegraph(a, t, 0);
	tree_free(t);
	return g;
}

static void test_svg(void **state)
{
	static const char frames[] =
	    "<svg id=\"frames\" x=\"0\" y=\"40\" width=\"100%\" height=\"48\" total_samples=\"4\">\n"
	    "<g><title>all (4 samples, 100.00%)</title><rect x=\"0.0000%\" y=\"32\" width=\"100.0000%\" "
	    "height=\"15\" fill=\"rgb(237,71,6)\" fg:x=\"0\" fg:w=\"4\"/>"
	    "<text x=\"0.0000%\" dx=\"3\" y=\"44\">all</text></g>\n"
	    "<g><title>a&lt;b&gt; &amp; &quot;c&quot; (3 samples, 75.00%)</title><rect x=\"0.0000%\" y=\"16\" "
	    "width=\"75.0000%\" height=\"15\" fill=\"";
	static const char leaf[] =
	    "<g><title>x\xef\xbf\xbd\xef\xbf\xbd (3 samples, 75.00%)</title><rect x=\"0.0000%\" y=\"0\" ";
	struct arena *a = arena_new();
	struct picture o = { .title = STR("T&"), .unit = STR("count"), .flame = true, .no_script = true };
	const char *at;
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	report_svg(small_graph(a), false, &o, &b);
	buf_byte(&b, 0);
	assert_non_null(strstr(b.p, ">T&amp;</text>"));
	assert_null(strstr(b.p, "<script"));
	at = strstr(b.p, "<svg id=\"frames\"");
	assert_non_null(at);
	if (strncmp(at, frames, strlen(frames)) != 0)
		assert_string_equal(at, frames);
	assert_non_null(strstr(b.p, leaf));
	buf_reset(&b);
	o.no_script = o.flame = false;
	o.width = 100;
	o.min_width = 30;
	report_svg(small_graph(a), false, &o, &b);
	buf_byte(&b, 0);
	assert_non_null(strstr(b.p, "<script><![CDATA["));
	assert_non_null(strstr(b.p, "width=\"100\" height=\"116\""));
	assert_null(strstr(b.p, "<title>z (")); /* 25 pixels are too few */
	assert_non_null(strstr(b.p, "\">a&lt;b&gt; &amp; &quot;…</text>"));
	buf_fini(&b);
	arena_free(a);
}

/* Wide characters count twice, none is cut in the middle; a picture of nothing says so. */
static void test_svg_cut(void **state)
{
	static const struct {
		const char *in;
		size_t width;
		const char *want;
	} cases[] = {
		{ "abc", 3, "abc" },
		{ "abcd", 3, "ab…" },
		{ "\u00e4\u00f6\u00fc", 3, "\u00e4\u00f6\u00fc" },
		{ "\u65e5\u672c\u8a9e", 6, "\u65e5\u672c\u8a9e" },
		{ "\u65e5\u672c\u8a9e", 5, "\u65e5\u672c…" },
		{ "\u65e5\u672c\u8a9e", 4, "\u65e5…" },
		{ "a\U0001f600b", 3, "a…" },
		{ "\xff\xfe\xfd", 2, "\xff…" },
		{ "abc", 0, "" },
	};
	struct picture o = { .unit = STR("count") };
	struct flamegraph nothing = { 0 };
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		buf_reset(&b);
		put_cut(&b, str_cstr(cases[i].in), cases[i].width);
		buf_byte(&b, 0);
		assert_string_equal(b.p, cases[i].want);
	}
	buf_reset(&b);
	report_svg(&nothing, false, &o, &b);
	buf_byte(&b, 0);
	assert_non_null(strstr(b.p, ">no samples</text>"));
	assert_null(strstr(b.p, "<script"));
	buf_fini(&b);
}

static void test_svg_diff(void **state)
{
	struct arena *a = arena_new();
	struct tree *l = tree_new(), *r = tree_new();
	struct picture o = { .unit = STR("nanoseconds"), .no_script = true };
	struct buf b;
	struct err e;

	(void)state;
	tree_add(l, &STR("less"), 1, 3000);
	tree_add(l, &STR("more"), 1, 1000);
	tree_add(r, &STR("more"), 1, 2000);
	buf_init(&b, 1 << 20);
	report_svg(tree_flamegraph_diff(a, l, r, 0, &e), true, &o, &b);
	buf_byte(&b, 0);
	assert_non_null(strstr(b.p, "<title>all (4us 100.00% before, 2us 100.00% after, +0.00%)</title>"));
	assert_non_null(strstr(b.p,
	    "<title>less (3us 75.00% before, 0 0.00% after, -75.00%)</title>"
	    "<rect x=\"0.0000%\" y=\"16\" width=\"50.0000%\" height=\"15\" "
	    "fill=\"rgb(0,0,255)\" "
	    "fg:x=\"0\" fg:w=\"3000\" fg:l=\"3000\" fg:r=\"0\"/>"));
	assert_non_null(strstr(b.p,
	    "<title>more (1us 25.00% before, 2us 100.00% after, +75.00%)</title>"
	    "<rect x=\"50.0000%\" y=\"16\" width=\"50.0000%\" height=\"15\" "
	    "fill=\"rgb(250,59,59)\" "
	    "fg:x=\"3000\" fg:w=\"3000\" fg:l=\"1000\" fg:r=\"2000\"/>"));
	buf_fini(&b);
	tree_free(l);
	tree_free(r);
	arena_free(a);
}

static void test_html(void **state)
{
	static const char want[] = "{\"diff\":false,\"flame\":false,\"chosen\":0,\"graphs\":[{\"type\":\"space\","
				   "\"unit\":\"bytes\",\"total\":5,\"left\":0,\"right\":0,"
				   "\"names\":[\"total\",\"\\u003c/script\\u003e\\u003cb\\u003e\"],"
				   "\"levels\":[[0,5,0,0],[0,5,5,1]]}]}</script>";
	struct arena *a = arena_new();
	struct tree *t = tree_new();
	struct picture o = { .title = STR("<i>"), .unit = STR("bytes") };
	struct buf b;
	const char *data;

	(void)state;
	tree_add(t, &STR("</script><b>"), 1, 5);
	buf_init(&b, 1 << 20);
	report_html(&(struct html_page){ .graphs = &(
					     struct html_graph){ STR("space"), STR("bytes"), tree_flamegraph(a, t, 0) },
			.n = 1 },
	    &o, &b);
	buf_byte(&b, 0);
	assert_non_null(strstr(b.p, "<title>&lt;i&gt;</title>"));
	data = strstr(b.p, "id=\"data\">");
	assert_non_null(data);
	assert_memory_equal(data + 10, want, strlen(want));
	assert_null(strstr(b.p, "http://")); /* nothing is loaded from anywhere */
	assert_null(strstr(b.p, "https://"));
	buf_fini(&b);
	tree_free(t);
	arena_free(a);
}

/* The sum of the nodes of this path from the root, or -1 when it is not there. */
static int64_t total_at(struct tree *t, const struct tree *like, uint32_t node)
{
	uint32_t path[16], n = 0, at = 0;

	for (; node != 0; node = like->nodes.p[node].parent)
		path[n++] = like->nodes.p[node].name;
	while (n-- > 0) {
		uint32_t c = t->nodes.p[at].first_child;

		while (c && !str_eq(t->names.p[t->nodes.p[c].name], like->names.p[path[n]]))
			c = t->nodes.p[c].next;
		if (c == 0)
			return -1;
		at = c;
	}
	return t->nodes.p[at].total;
}

/* The wide nodes of the whole tree, each with its total, and no other; whatever order the samples have. */
static void test_wide(void **state)
{
	static const char *const names[] = { "a", "ab", "a;b", "a b", "", "c", "\xff" };
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 40; round++) {
		struct arena *a = arena_new();
		struct profile_builder *b = profile_builder_new(a, 1);
		struct report_opts o = report_defaults();
		struct tree *whole, *wide;
		struct report *r;
		struct err e;
		int64_t least, sum = 0;
		uint32_t n = 0;

		for (int i = 0; i < 200; i++) {
			uint32_t stack[8], depth = 1 + (uint32_t)(seed >> 40) % 8;
			int64_t value = (int64_t)(seed >> 50) % 9;

			for (uint32_t k = 0; k < depth; k++) {
				seed = seed * 6364136223846793005u + 1442695040888963407u;
				stack[k] = profile_builder_frame(b, str_cstr(names[(seed >> 33) % ARRAY_LEN(names)]),
				    STR_NONE, (int64_t)(seed >> 60));
			}
			sum += value;
			profile_builder_add(b, stack, depth, &value, NULL, 0);
		}
		r = report_new(profile_builder_finish(b), &o, &e);
		assert_non_null(r);
		whole = report_call_tree(r);
		wide = report_wide_tree(r, round / 200.0);
		least = (sum * round + 199) / 200;
		tree_total(whole);
		assert_int_equal(whole->nodes.p[0].total, wide->nodes.p[0].total);
		for (uint32_t i = 1; i < whole->nodes.n; i++) {
			int64_t want = whole->nodes.p[i].total, got = total_at(wide, whole, i);

			n += want >= least;
			assert_int_equal(got, round == 0 || want >= least ? want : -1);
		}
		assert_int_equal(wide->nodes.n, round ? n + 1 : whole->nodes.n);
		tree_free(whole);
		tree_free(wide);
		report_free(r);
		arena_free(a);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_short_names),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_svg),
		cmocka_unit_test(test_svg_cut),
		cmocka_unit_test(test_svg_diff),
		cmocka_unit_test(test_html),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
