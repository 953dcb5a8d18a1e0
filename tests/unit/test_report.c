/* formats/report/report.h: texts and tables of a small shop's profile. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "formats/labels/regex.h"
#include "formats/report/report.h"
#include "tests/lib/shop.h"

/* Made with this profile by `go tool pprof` of Go 1.26, except for CALLS and JSON. */
static const char TOP[] = "File: shop\n"
			  "Build ID: abc123\n"
			  "Type: cpu\n"
			  "Time: 2026-01-15 10:00:00 UTC\n"
			  "Duration: 2.50s, Total samples = 1000ms (40.00%)\n"
			  "Showing nodes accounting for 1000ms, 100% of 1000ms total\n"
			  "      flat  flat%   sum%        cum   cum%\n"
			  "     650ms 65.00% 65.00%      650ms 65.00%  runtime.mallocgc\n"
			  "     200ms 20.00% 85.00%      800ms 80.00%  encoding/json.Marshal (inline)\n"
			  "     100ms 10.00% 95.00%      950ms 95.00%  main.work\n"
			  "      40ms  4.00% 99.00%       40ms  4.00%  runtime.idle;1\n"
			  "      10ms  1.00%   100%       10ms  1.00%  [shop]\n"
			  "         0     0%   100%      960ms 96.00%  main.main\n";

static const char TOP_LINES[] = "File: shop\n"
				"Build ID: abc123\n"
				"Type: cpu\n"
				"Time: 2026-01-15 10:00:00 UTC\n"
				"Duration: 2.50s, Total samples = 1000ms (40.00%)\n"
				"Showing nodes accounting for 1000ms, 100% of 1000ms total\n"
				"      flat  flat%   sum%        cum   cum%\n"
				"         0     0%     0%      960ms 96.00%  main.main /src/shop/main.go:5\n"
				"     200ms 20.00% 20.00%      800ms 80.00%  encoding/json.Marshal /go/json/encode.go:1"
				"01 (inline)\n"
				"         0     0% 20.00%      800ms 80.00%  main.work /src/shop/work.go:15\n"
				"     650ms 65.00% 85.00%      650ms 65.00%  runtime.mallocgc /go/runtime/malloc.go:901"
				"\n"
				"     100ms 10.00% 95.00%      150ms 15.00%  main.work /src/shop/work.go:12\n"
				"      40ms  4.00% 99.00%       40ms  4.00%  runtime.idle;1 /go/runtime/proc.go:2\n"
				"      10ms  1.00%   100%       10ms  1.00%  [shop]\n";

static const char TOP_TWO[] = "File: shop\n"
			      "Build ID: abc123\n"
			      "Type: samples\n"
			      "Time: 2026-01-15 10:00:00 UTC\n"
			      "Duration: 2.50s, Total samples = 100 \n"
			      "Showing nodes accounting for 85, 85.00% of 100 total\n"
			      "Showing top 2 nodes out of 6\n"
			      "      flat  flat%   sum%        cum   cum%\n"
			      "        65 65.00% 65.00%         65 65.00%  runtime.mallocgc\n"
			      "        20 20.00% 85.00%         80 80.00%  encoding/json.Marshal\n";

static const char TREE[] = "File: shop\n"
			   "Build ID: abc123\n"
			   "Type: cpu\n"
			   "Time: 2026-01-15 10:00:00 UTC\n"
			   "Duration: 2.50s, Total samples = 1000ms (40.00%)\n"
			   "Showing nodes accounting for 1000ms, 100% of 1000ms total\n"
			   "----------------------------------------------------------+-------------\n"
			   "      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t \n"
			   "----------------------------------------------------------+-------------\n"
			   "                                             600ms 92.31% |   encoding/json.Marshal\n"
			   "                                              50ms  7.69% |   main.work\n"
			   "     650ms 65.00% 65.00%      650ms 65.00%                | runtime.mallocgc\n"
			   "----------------------------------------------------------+-------------\n"
			   "                                             800ms   100% |   main.work (inline)\n"
			   "     200ms 20.00% 85.00%      800ms 80.00%                | encoding/json.Marshal\n"
			   "                                             600ms 75.00% |   runtime.mallocgc\n"
			   "----------------------------------------------------------+-------------\n"
			   "                                             950ms   100% |   main.main\n"
			   "     100ms 10.00% 95.00%      950ms 95.00%                | main.work\n"
			   "                                             800ms 84.21% |   encoding/json.Marshal (i"
			   "nline)\n"
			   "                                              50ms  5.26% |   runtime.mallocgc\n"
			   "----------------------------------------------------------+-------------\n"
			   "      40ms  4.00% 99.00%       40ms  4.00%                | runtime.idle;1\n"
			   "----------------------------------------------------------+-------------\n"
			   "                                              10ms   100% |   main.main\n"
			   "      10ms  1.00%   100%       10ms  1.00%                | [shop]\n"
			   "----------------------------------------------------------+-------------\n"
			   "         0     0%   100%      960ms 96.00%                | main.main\n"
			   "                                             950ms 98.96% |   main.work\n"
			   "                                              10ms  1.04% |   [shop]\n"
			   "----------------------------------------------------------+-------------\n";

static const char RAW[] = "PeriodType: cpu nanoseconds\n"
			  "Period: 10000000\n"
			  "Time: 2026-01-15 10:00:00.123456789 +0000 UTC\n"
			  "Duration: 2.5s\n"
			  "Samples:\n"
			  "samples/count cpu/nanoseconds\n"
			  "         10  100000000: 2 1 \n"
			  "         20  200000000: 3 1 \n"
			  "                user:[ann]\n"
			  "         60  600000000: 4 3 1 \n"
			  "                user:[bob]\n"
			  "                bytes:[4096 bytes]\n"
			  "          5   50000000: 4 2 2 1 \n"
			  "                user:[ann]\n"
			  "                bytes:[100 bytes]\n"
			  "          4   40000000: 5 \n"
			  "          1   10000000: 6 1 \n"
			  "Locations\n"
			  "     1: 0x400010 M=1 main.main /src/shop/main.go:5:0 s=3\n"
			  "     2: 0x400020 M=1 main.work /src/shop/./work.go:12:0 s=10\n"
			  "     3: 0x400030 M=1 encoding/json.Marshal /go/json/encode.go:101:0 s=100\n"
			  "             main.work /src/shop/./work.go:15:0 s=10\n"
			  "     4: 0x400040 M=1 runtime.mallocgc /go/runtime/malloc.go:901:0 s=900\n"
			  "     5: 0x400050 M=1 runtime.idle;1 /go/runtime/proc.go:2:0 s=1\n"
			  "     6: 0x400060 M=1 \n"
			  "Mappings\n"
			  "1: 0x400000/0x500000/0x0 /usr/bin/shop abc123 [FN][FL][LN][IN]\n";

static const char TRACES[] = "File: shop\n"
			     "Build ID: abc123\n"
			     "Type: cpu\n"
			     "Time: 2026-01-15 10:00:00 UTC\n"
			     "Duration: 2.50s, Total samples = 1s (40.00%)\n"
			     "-----------+-------------------------------------------------------\n"
			     "     100ms   main.work\n"
			     "             main.main\n"
			     "-----------+-------------------------------------------------------\n"
			     "      user:  ann\n"
			     "     200ms   encoding/json.Marshal (inline)\n"
			     "             main.work\n"
			     "             main.main\n"
			     "-----------+-------------------------------------------------------\n"
			     "      user:  bob\n"
			     "     bytes:  4kB\n"
			     "     600ms   runtime.mallocgc\n"
			     "             encoding/json.Marshal (inline)\n"
			     "             main.work\n"
			     "             main.main\n"
			     "-----------+-------------------------------------------------------\n"
			     "      user:  ann\n"
			     "     bytes:  100B\n"
			     "      50ms   runtime.mallocgc\n"
			     "             main.work\n"
			     "             main.work\n"
			     "             main.main\n"
			     "-----------+-------------------------------------------------------\n"
			     "      40ms   runtime.idle;1\n"
			     "-----------+-------------------------------------------------------\n"
			     "      10ms   [shop]\n"
			     "             main.main\n"
			     "-----------+-------------------------------------------------------\n";

static const char TAGS[] = " bytes: Total 650ms of 1s (65.00%)\n"
			   "        600ms (60.00%): 4kB\n"
			   "         50ms ( 5.00%): 100B\n"
			   "\n"
			   " user: Total 850ms of 1s (85.00%)\n"
			   "       600ms (60.00%): bob\n"
			   "       250ms (25.00%): ann\n"
			   "\n";

static const char DOT[] = "digraph \"shop\" {\n"
			  "node [style=filled fillcolor=\"#f8f8f8\"]\n"
			  "subgraph cluster_L { \"File: shop\" [shape=box fontsize=16 label=\"File: shop\\lBuild "
			  "ID: abc123\\lType: cpu\\lTime: 2026-01-15 10:00:00 UTC\\lDuration: 2.50s, Total sample"
			  "s = 1000ms (40.00%)\\lShowing nodes accounting for 1000ms, 100% of 1000ms total\\l\\lS"
			  "ee https://git.io/JfYMW for how to read the graph\\l\" tooltip=\"shop\"] }\n"
			  "N1 [label=\"runtime\\nmallocgc\\n650ms (65.00%)\" id=\"node1\" fontsize=24 shape=box t"
			  "ooltip=\"runtime.mallocgc (650ms)\" color=\"#b21500\" fillcolor=\"#edd8d5\"]\n"
			  "N1_0 [label = \"user:bob\" id=\"N1_0\" fontsize=8 shape=box3d tooltip=\"600ms\"]\n"
			  "N1 -> N1_0 [label=\" 600ms\" weight=100 tooltip=\"600ms\" labeltooltip=\"600ms\"]\n"
			  "NN1_0_0 [label = \"4kB\" id=\"NN1_0_0\" fontsize=8 shape=box3d tooltip=\"600ms\"]\n"
			  "N1_0 -> NN1_0_0 [label=\" 600ms\" weight=100 tooltip=\"600ms\" labeltooltip=\"600ms\"]"
			  "\n"
			  "N1_1 [label = \"user:ann\" id=\"N1_1\" fontsize=8 shape=box3d tooltip=\"50ms\"]\n"
			  "N1 -> N1_1 [label=\" 50ms\" weight=100 tooltip=\"50ms\" labeltooltip=\"50ms\"]\n"
			  "NN1_1_0 [label = \"100B\" id=\"NN1_1_0\" fontsize=8 shape=box3d tooltip=\"50ms\"]\n"
			  "N1_1 -> NN1_1_0 [label=\" 50ms\" weight=100 tooltip=\"50ms\" labeltooltip=\"50ms\"]\n"
			  "N2 [label=\"main\\nmain\\n0 of 960ms (96.00%)\" id=\"node2\" fontsize=8 shape=box tool"
			  "tip=\"main.main (960ms)\" color=\"#b20200\" fillcolor=\"#edd5d5\"]\n"
			  "N3 [label=\"json\\nMarshal\\n200ms (20.00%)\\nof 800ms (80.00%)\" id=\"node3\" fontsiz"
			  "e=17 shape=box tooltip=\"encoding/json.Marshal (800ms)\" color=\"#b20b00\" fillcolor="
			  "\"#edd6d5\"]\n"
			  "N3_0 [label = \"user:ann\" id=\"N3_0\" fontsize=8 shape=box3d tooltip=\"200ms\"]\n"
			  "N3 -> N3_0 [label=\" 200ms\" weight=100 tooltip=\"200ms\" labeltooltip=\"200ms\"]\n"
			  "N4 [label=\"main\\nwork\\n100ms (10.00%)\\nof 950ms (95.00%)\" id=\"node4\" fontsize=1"
			  "5 shape=box tooltip=\"main.work (950ms)\" color=\"#b20200\" fillcolor=\"#edd5d5\"]\n"
			  "N5 [label=\"runtime\\nidle;1\\n40ms (4.00%)\" id=\"node5\" fontsize=12 shape=box toolt"
			  "ip=\"runtime.idle;1 (40ms)\" color=\"#b2a48e\" fillcolor=\"#edebe8\"]\n"
			  "N6 [label=\"[shop]\\n10ms (1.00%)\" id=\"node6\" fontsize=10 shape=box tooltip=\"[shop"
			  "] (10ms)\" color=\"#b2b0a9\" fillcolor=\"#edeceb\"]\n"
			  "N2 -> N4 [label=\" 950ms\" weight=96 penwidth=5 color=\"#b20200\" tooltip=\"main.main "
			  "-> main.work (950ms)\" labeltooltip=\"main.main -> main.work (950ms)\"]\n"
			  "N4 -> N3 [label=\" 800ms\\n (inline)\" weight=81 penwidth=5 color=\"#b20b00\" tooltip="
			  "\"main.work -> encoding/json.Marshal (800ms)\" labeltooltip=\"main.work -> encoding/js"
			  "on.Marshal (800ms)\"]\n"
			  "N3 -> N1 [label=\" 600ms\" weight=61 penwidth=4 color=\"#b21900\" tooltip=\"encoding/j"
			  "son.Marshal -> runtime.mallocgc (600ms)\" labeltooltip=\"encoding/json.Marshal -> runt"
			  "ime.mallocgc (600ms)\" minlen=2]\n"
			  "N4 -> N1 [label=\" 50ms\" weight=6 color=\"#b2a085\" tooltip=\"main.work -> runtime.ma"
			  "llocgc (50ms)\" labeltooltip=\"main.work -> runtime.mallocgc (50ms)\"]\n"
			  "N2 -> N6 [label=\" 10ms\" weight=2 color=\"#b2b0a9\" tooltip=\"main.main -> [shop] (10"
			  "ms)\" labeltooltip=\"main.main -> [shop] (10ms)\"]\n"
			  "}\n";

static const char CALLS[] = "File: shop\n"
			    "Build ID: abc123\n"
			    "Type: cpu\n"
			    "Time: 2026-01-15 10:00:00 UTC\n"
			    "Duration: 2.50s, Total samples = 1s (40.00%)\n"
			    "     total total%       self  calls\n"
			    "        1s   100%             all\n"
			    "     960ms 96.00%             ├ main.main\n"
			    "     950ms 95.00%      100ms  │ ├ main.work\n"
			    "     800ms 80.00%      200ms  │ │ ├ encoding/json.Marshal\n"
			    "     600ms 60.00%      600ms  │ │ │ └ runtime.mallocgc\n"
			    "      50ms  5.00%             │ │ └ main.work\n"
			    "      50ms  5.00%       50ms  │ │   └ runtime.mallocgc\n"
			    "      10ms  1.00%       10ms  │ └ [shop]\n"
			    "      40ms  4.00%       40ms  └ runtime.idle;1\n";

static const char JSON[] = "{\"type\":\"cpu\",\"unit\":\"nanoseconds\",\"total\":1000000000,\"time\":1768471200123"
			   "456789,\"duration\":2500000000,\"functions\":[{\"name\":\"runtime.mallocgc\",\"flat\":"
			   "650000000,\"cum\":650000000},{\"name\":\"encoding/json.Marshal\",\"flat\":200000000,"
			   "\"cum\":800000000},{\"name\":\"main.work\",\"flat\":100000000,\"cum\":950000000},{\"na"
			   "me\":\"runtime.idle;1\",\"flat\":40000000,\"cum\":40000000},{\"name\":\"[shop]\",\"fla"
			   "t\":10000000,\"cum\":10000000},{\"name\":\"main.main\",\"flat\":0,\"cum\":960000000}],"
			   "\"tree\":[{\"id\":1,\"parent\":0,\"name\":\"main.main\",\"self\":0,\"total\":960000000"
			   "},{\"id\":2,\"parent\":1,\"name\":\"main.work\",\"self\":100000000,\"total\":950000000"
			   "},{\"id\":3,\"parent\":2,\"name\":\"encoding/json.Marshal\",\"self\":200000000,\"total"
			   "\":800000000},{\"id\":4,\"parent\":3,\"name\":\"runtime.mallocgc\",\"self\":600000000,"
			   "\"total\":600000000},{\"id\":5,\"parent\":2,\"name\":\"main.work\",\"self\":0,\"total"
			   "\":50000000},{\"id\":6,\"parent\":5,\"name\":\"runtime.mallocgc\",\"self\":50000000,"
			   "\"total\":50000000},{\"id\":7,\"parent\":0,\"name\":\"runtime.idle;1\",\"self\":400000"
			   "00,\"total\":40000000},{\"id\":8,\"parent\":1,\"name\":\"[shop]\",\"self\":10000000,"
			   "\"total\":10000000}]}\n";

static void test_texts(void **state)
{
	static const struct {
		void (*form)(struct report *, struct buf *);
		const char *want;
	} cases[] = {
		{ report_top, TOP },
		{ report_tree, TREE },
		{ report_raw, RAW },
		{ report_traces, TRACES },
		{ report_tags, TAGS },
		{ report_dot, DOT },
		{ report_calls, CALLS },
		{ report_json, JSON },
		{ report_comments, "" },
	};
	struct arena *a = arena_new();
	struct profile *p = make_profile(a, 1);
	struct report_opts o = report_defaults();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(print(a, p, &o, cases[i].form), cases[i].want);
	o.granularity = REPORT_LINES;
	o.cum = true;
	assert_string_equal(print(a, p, &o, report_top), TOP_LINES);
	o = report_defaults();
	o.sample = STR("samples");
	o.node_count = 2;
	assert_string_equal(print(a, p, &o, report_top), TOP_TWO);
	o.sample = STR("0");
	assert_string_equal(print(a, p, &o, report_top), TOP_TWO);
	arena_free(a);
}

/* One report prints any number of forms, in any order, with the same result. */
static void test_again(void **state)
{
	struct arena *a = arena_new();
	struct profile *p = make_profile(a, 1);
	struct report_opts o = report_defaults();
	struct report *r;
	struct buf b;
	struct err e;

	(void)state;
	r = report_new(p, &o, &e);
	assert_non_null(r);
	buf_init(&b, 1 << 20);
	report_traces(r, &b);
	report_dot(r, &b);
	report_folded(r, &b);
	buf_reset(&b);
	report_top(r, &b);
	report_top(r, &b);
	buf_byte(&b, 0);
	assert_int_equal(b.n, 2 * strlen(TOP) + 1);
	assert_memory_equal(b.p, TOP, strlen(TOP));
	assert_string_equal(b.p + strlen(TOP), TOP);
	assert_int_equal(report_total(r), 1000000000);
	assert_int_equal(report_sum(r), 1000000000);
	buf_fini(&b);
	report_free(r);
	report_free(NULL);
	arena_free(a);
}

static void test_peek(void **state)
{
	static const char want[] = "Showing nodes accounting for 1000ms, 100% of 1000ms total\n"
				   "----------------------------------------------------------+-------------\n"
				   "      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t \n"
				   "----------------------------------------------------------+-------------\n"
				   "                                             800ms   100% |   main.work (inline)\n"
				   "     200ms 20.00% 20.00%      800ms 80.00%                | encoding/json.Marshal\n"
				   "                                             600ms 75.00% |   runtime.mallocgc\n"
				   "----------------------------------------------------------+-------------\n";
	struct arena *a = arena_new();
	struct profile *p = make_profile(a, 1);
	struct report_opts o = report_defaults();
	struct regex *json, *none;
	struct report *r;
	struct buf b;
	struct err e;

	(void)state;
	o.compact_labels = true;
	json = regex_new(STR("json"), &e);
	none = regex_new(STR("nowhere"), &e);
	r = report_new(p, &o, &e);
	buf_init(&b, 1 << 20);
	assert_int_equal(report_peek(r, none, &b, &e), -1);
	assert_int_equal(e.kind, ERR_NOTFOUND);
	assert_int_equal(b.n, 0);
	assert_int_equal(report_peek(r, json, &b, &e), 0);
	buf_byte(&b, 0);
	assert_string_equal(b.p, want);
	buf_fini(&b);
	report_free(r);
	regex_free(json);
	regex_free(none);
	arena_free(a);
}

static int open_source(void *ctx, struct str path, struct str search, struct str *text, struct err *e)
{
	struct buf *asked = ctx;

	buf_printf(asked, STR_FMT " in " STR_FMT "\n", STR_ARG(path), STR_ARG(search));
	if (!str_eq(path, STR("src/a.go")))
		return err_set(e, ERR_NOTFOUND, "open " STR_FMT ": gone", STR_ARG(path));
	*text = STR("one\ntwo\r\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven\ntwelve");
	return 0;
}

/* f: lines 7 and 8 of a.go, begins in line 6; g: line 2, nobody knows where it begins; h is elsewhere, i nowhere. */
static struct profile *listed_profile(struct arena *a)
{
	struct profile_builder *b = profile_builder_new(a, 1);
	static const struct {
		const char *name, *file;
		int64_t start, line;
	} all[] = { { "f", "/x/src/a.go", 6, 7 }, { "f", "/x/src/a.go", 6, 8 }, { "g", "/x/src/a.go", 0, 2 },
		{ "h", "/b.go", 0, 1 }, { "i", "", 0, 1 } };
	uint32_t stack[2];

	profile_builder_type(b, 0, STR("cpu"), STR("milliseconds"));
	for (uint32_t i = 0; i < ARRAY_LEN(all); i++) {
		struct function f = { .name = profile_builder_str(b, str_cstr(all[i].name)),
			.file = profile_builder_str(b, str_cstr(all[i].file)),
			.start_line = all[i].start };
		struct line line = { profile_builder_function(b, &f), 0, all[i].line };

		stack[i > 0] = profile_builder_location(b, &(struct location){ .mapping = PROFILE_NONE, .n_lines = 1 },
		    &line);
		profile_builder_add(b, stack + (i > 0), 1, &(int64_t){ 10 }, NULL, 0);
		if (i > 0) /* called by line 7 of f */
			profile_builder_add(b, (uint32_t[]){ stack[1], stack[0] }, 2, &(int64_t){ 5 }, NULL, 0);
	}
	return profile_builder_finish(b);
}

static void test_list(void **state)
{
	static const char want[] = "Total: 70ms\n"
				   "ROUTINE ======================== f in src/a.go\n"
				   "      25ms       45ms (flat, cum) 64.29% of Total\n"
				   "         .          .      6:six\n"
				   "      10ms       30ms      7:seven\n"
				   "      15ms       15ms      8:eight\n"
				   "         .          .      9:nine\n"
				   "         .          .     10:ten\n"
				   "         .          .     11:eleven\n"
				   "         .          .     12:twelve\n"
				   "ROUTINE ======================== g in src/a.go\n"
				   "      15ms       15ms (flat, cum) 21.43% of Total\n"
				   "         .          .      1:one\n"
				   "      15ms       15ms      2:two\n"
				   "         .          .      3:three\n"
				   "         .          .      4:four\n"
				   "         .          .      5:five\n"
				   "         .          .      6:six\n"
				   "         .          .      7:seven\n"
				   "ROUTINE ======================== h in /b.go\n"
				   "      15ms       15ms (flat, cum) 21.43% of Total\n"
				   " Error: open /b.go: gone\n"
				   "No source information for i\n";
	struct arena *a = arena_new();
	struct report_opts o = report_defaults();
	struct regex *all, *none;
	struct report_sources sources = { .open = open_source, .search = STR("/y/x:/z/x/src") };
	struct report *r;
	struct buf b, asked;
	struct err e;

	(void)state;
	all = regex_new(STR("^.$"), &e);
	none = regex_new(STR("nowhere"), &e);
	o.source_path = STR("/y/x");
	r = report_new(listed_profile(a), &o, &e);
	buf_init(&b, 1 << 20);
	buf_init(&asked, 1 << 20);
	sources.ctx = &asked;
	assert_int_equal(report_list(r, none, &sources, &b, &e), -1);
	assert_int_equal(e.kind, ERR_NOTFOUND);
	assert_int_equal(b.n + asked.n, 0);
	sources.search = STR("/z/src");
	assert_int_equal(report_list(r, all, &sources, &b, &e), 0);
	buf_byte(&b, 0);
	assert_string_equal(b.p, want);
	buf_byte(&asked, 0);
	assert_string_equal(asked.p, "src/a.go in /z/src\nsrc/a.go in /z/src\n/b.go in /z/src\n");
	buf_fini(&b);
	buf_fini(&asked);
	report_free(r);
	regex_free(all);
	regex_free(none);
	arena_free(a);
}

static void test_options(void **state)
{
	struct arena *a = arena_new();
	struct profile *p = make_profile(a, 1);
	struct report_opts o = report_defaults();

	(void)state;
	o.compact_labels = o.noinlines = true;
	o.sample = STR("samples");
	assert_string_equal(print(a, p, &o, report_top),
	    "Showing nodes accounting for 100, 100% of 100 total\n"
	    "      flat  flat%   sum%        cum   cum%\n"
	    "        65 65.00% 65.00%         65 65.00%  runtime.mallocgc\n"
	    "        30 30.00% 95.00%         95 95.00%  main.work\n"
	    "         4  4.00% 99.00%          4  4.00%  runtime.idle;1\n"
	    "         1  1.00%   100%          1  1.00%  [shop]\n"
	    "         0     0%   100%         96 96.00%  main.main\n");
	o = report_defaults();
	o.compact_labels = true;
	o.granularity = REPORT_FILES;
	o.trim_path = STR("/go:/src/shop");
	o.unit = STR("s");
	o.node_fraction = 0.3;
	assert_string_equal(print(a, p, &o, report_top),
	    "Showing nodes accounting for 0.95s, 95.00% of 1s total\n"
	    "Dropped 2 nodes (cum <= 0.30s)\n"
	    "      flat  flat%   sum%        cum   cum%\n"
	    "     0.65s 65.00% 65.00%      0.65s 65.00%  runtime/malloc.go\n"
	    "     0.20s 20.00% 85.00%      0.80s 80.00%  json/encode.go (inline)\n"
	    "     0.10s 10.00% 95.00%      0.95s 95.00%  work.go\n"
	    "         0     0% 95.00%      0.96s 96.00%  main.go\n");
	o = report_defaults();
	o.compact_labels = true;
	o.width = 58;
	o.total = 2000000000;
	o.node_count = 2;
	assert_string_equal(print(a, p, &o, report_top),
	    "Showing nodes accounting for 850ms, 42.50% of 2000ms total\n"
	    "Showing top 2 nodes out of 6\n"
	    "      flat  flat%   sum%        cum   cum%\n"
	    "     650ms 32.50% 32.50%      650ms 32.50%  …ime.mallocgc\n"
	    "     200ms 10.00% 42.50%      800ms 40.00%  …json.Marshal\n");
	arena_free(a);
}

static void test_wrong_options(void **state)
{
	static const struct {
		const char *sample, *msg;
	} cases[] = {
		{ "heap", "the profile has no sample type \"heap\", but: samples, cpu" },
		{ "2", "the profile has no sample type \"2\", but: samples, cpu" },
	};
	struct arena *a = arena_new();
	struct profile *p = make_profile(a, 1);
	struct report_opts o = report_defaults();
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		o.sample = str_cstr(cases[i].sample);
		assert_null(report_new(p, &o, &e));
		assert_int_equal(e.kind, ERR_INVALID);
		assert_string_equal(e.msg, cases[i].msg);
	}
	o = report_defaults();
	o.divide_by = 0;
	assert_null(report_new(p, &o, &e));
	p->n_types = 0;
	o = report_defaults();
	assert_null(report_new(p, &o, &e));
	arena_free(a);
}

/* References that lead nowhere are shown as unknown or left out, never followed. */
static void test_odd_profile(void **state)
{
	struct arena *a = arena_new();
	struct profile *p = make_profile(a, 1);
	struct report_opts o = report_defaults();

	(void)state;
	p->lines[0].function = PROFILE_NONE;
	p->locations[1].mapping = PROFILE_NONE;
	p->stack[0] = PROFILE_NONE;
	p->functions[0].name = 1000000;
	o.sample = STR("samples");
	o.compact_labels = true;
	assert_non_null(strstr(print(a, p, &o, report_top), "[shop]"));
	print(a, p, &o, report_raw);
	print(a, p, &o, report_traces);
	print(a, p, &o, report_dot);
	print(a, p, &o, report_json);
	p->n_samples = 0;
	assert_string_equal(print(a, p, &o, report_top),
	    "Showing nodes accounting for 0, 0% of 0 total\n"
	    "      flat  flat%   sum%        cum   cum%\n");
	assert_string_equal(print(a, p, &o, report_folded), "");
	arena_free(a);
}

static void print_csv(struct report *r, struct buf *out)
{
	report_table(r, out, ',');
}

static void print_tsv(struct report *r, struct buf *out)
{
	report_table(r, out, '\t');
}

static void test_table(void **state)
{
	struct arena *a = arena_new();
	struct profile_builder *b = profile_builder_new(a, 1);
	uint32_t x = profile_builder_frame(b, STR("f<int, \"x\">"), STR(""), 0);
	uint32_t y = profile_builder_frame(b, STR("g\th"), STR(""), 0);
	struct report_opts o = report_defaults();
	struct profile *p;

	(void)state;
	profile_builder_add(b, (const uint32_t[]){ x, y }, 2, (const int64_t[]){ 3 }, NULL, 0);
	profile_builder_add(b, &y, 1, (const int64_t[]){ 1 }, NULL, 0);
	p = profile_builder_finish(b);
	assert_string_equal(print(a, p, &o, print_csv),
	    "flat,flat_percent,cum,cum_percent,name\n"
	    "3,75.0000,3,75.0000,\"f<int, \"\"x\"\">\"\n"
	    "1,25.0000,4,100.0000,g\th\n");
	assert_string_equal(print(a, p, &o, print_tsv),
	    "flat\tflat_percent\tcum\tcum_percent\tname\n"
	    "3\t75.0000\t3\t75.0000\tf<int, \"x\">\n"
	    "1\t25.0000\t4\t100.0000\tg h\n");
	arena_free(a);
}

/* A hundred thousand levels: no recursion, and lines that do not grow with the depth. */
static void test_deep(void **state)
{
	enum { DEPTH = 100000 };
	struct arena *a = arena_new();
	struct profile_builder *b = profile_builder_new(a, 1);
	uint32_t *stack = arena_array(a, DEPTH, sizeof(*stack));
	uint32_t f = profile_builder_frame(b, STR("f"), STR(""), 0);
	uint32_t g = profile_builder_frame(b, STR("g"), STR(""), 0);
	struct report_opts o = report_defaults();
	struct profile *p;

	(void)state;
	for (uint32_t i = 0; i < DEPTH; i++)
		stack[i] = i % 2 ? f : g;
	profile_builder_add(b, stack, DEPTH, (const int64_t[]){ 7 }, NULL, 0);
	p = profile_builder_finish(b);
	o.compact_labels = true;
	assert_string_equal(print(a, p, &o, report_top),
	    "Showing nodes accounting for 7, 100% of 7 total\n"
	    "      flat  flat%   sum%        cum   cum%\n"
	    "         7   100%   100%          7   100%  g\n"
	    "         0     0%   100%          7   100%  f\n");
	print(a, p, &o, report_tree);
	arena_free(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_wrong_options),
		cmocka_unit_test(test_odd_profile),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_deep),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
