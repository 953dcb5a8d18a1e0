/* formats/report.h: texts, tables and pictures of a small shop's profile. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "formats/regex.h"
#include "formats/report.h"
#include "formats/report_impl.h"

/* Functions by number, locations in the order of the enum. */
enum { MAIN, WORK, ENCODE_IN_WORK, MALLOC, IDLE, NAMELESS, N_LOCATIONS };

static uint32_t add_function(struct profile_builder *b, const char *name, const char *file, int64_t start)
{
	struct function f = { .start_line = start };

	f.name = f.system_name = profile_builder_str(b, str_cstr(name));
	f.file = profile_builder_str(b, str_cstr(file));
	return profile_builder_function(b, &f);
}

static uint32_t add_location(struct profile_builder *b, uint32_t mapping, uint64_t address, struct line *lines,
    uint32_t n)
{
	struct location l = { .address = address, .mapping = mapping, .n_lines = n };

	return profile_builder_location(b, &l, lines);
}

static void add_locations(struct profile_builder *b, uint32_t *loc)
{
	struct mapping m = { .start = 0x400000, .limit = 0x500000, .flags = 15 };
	uint32_t mapping, main, work, encode, alloc, idle;

	m.file = profile_builder_str(b, STR("/usr/bin/shop"));
	m.build_id = profile_builder_str(b, STR("abc123"));
	mapping = profile_builder_mapping(b, &m);
	main = add_function(b, "main.main", "/src/shop/main.go", 3);
	work = add_function(b, "main.work", "/src/shop/./work.go", 10);
	encode = add_function(b, "encoding/json.Marshal", "/go/json/encode.go", 100);
	alloc = add_function(b, "runtime.mallocgc", "/go/runtime/malloc.go", 900);
	idle = add_function(b, "runtime.idle;1", "/go/runtime/proc.go", 1);
	loc[MAIN] = add_location(b, mapping, 0x400010, (struct line[]){ { main, 5 } }, 1);
	loc[WORK] = add_location(b, mapping, 0x400020, (struct line[]){ { work, 12 } }, 1);
	loc[ENCODE_IN_WORK] =
	    add_location(b, mapping, 0x400030, (struct line[]){ { encode, 101 }, { work, 15 } }, 2);
	loc[MALLOC] = add_location(b, mapping, 0x400040, (struct line[]){ { alloc, 901 } }, 1);
	loc[IDLE] = add_location(b, mapping, 0x400050, (struct line[]){ { idle, 2 } }, 1);
	loc[NAMELESS] = add_location(b, mapping, 0x400060, NULL, 0);
}

static void add_sample(struct profile_builder *b, const uint32_t *loc, const int *stack, int64_t count,
    const char *user, int64_t bytes)
{
	uint32_t locations[8], n = 0, n_tags = 0;
	int64_t values[2] = { count, count * 10000000 };
	struct tag tags[2] = { { 0 } };

	for (; stack[n] >= 0; n++)
		locations[n] = loc[stack[n]];
	if (user != NULL)
		tags[n_tags++] = (struct tag){ .key = profile_builder_str(b, STR("user")),
			.str = profile_builder_str(b, str_cstr(user)) };
	if (bytes != 0)
		tags[n_tags++] = (struct tag){ .key = profile_builder_str(b, STR("bytes")),
			.num = bytes,
			.unit = profile_builder_str(b, STR("bytes")) };
	profile_builder_add(b, locations, n, values, tags, n_tags);
}

static struct profile *make_profile(struct arena *a, int64_t factor)
{
	struct profile_builder *b = profile_builder_new(a, 2);
	uint32_t loc[N_LOCATIONS];
	struct profile *p;

	profile_builder_type(b, 0, STR("samples"), STR("count"));
	profile_builder_type(b, 1, STR("cpu"), STR("nanoseconds"));
	add_locations(b, loc);
	add_sample(b, loc, (const int[]){ WORK, MAIN, -1 }, 10 * factor, NULL, 0);
	add_sample(b, loc, (const int[]){ ENCODE_IN_WORK, MAIN, -1 }, 20, "ann", 0);
	add_sample(b, loc, (const int[]){ MALLOC, ENCODE_IN_WORK, MAIN, -1 }, 60, "bob", 4096);
	add_sample(b, loc, (const int[]){ MALLOC, WORK, WORK, MAIN, -1 }, 5, "ann", 100);
	add_sample(b, loc, (const int[]){ IDLE, -1 }, 4, NULL, 0);
	add_sample(b, loc, (const int[]){ NAMELESS, MAIN, -1 }, 1, NULL, 0);
	p = profile_builder_finish(b);
	p->time = INT64_C(1768471200123456789);
	p->duration = 2500 * NS_PER_MS;
	p->period = 10000000;
	p->has_period_type = true;
	p->period_type = p->types[1];
	return p;
}

/* What a form prints, terminated, in a. */
static const char *print(struct arena *a, const struct profile *p, const struct report_opts *o,
    void (*form)(struct report *, struct buf *))
{
	struct err e;
	struct report *r = report_new(p, o, &e);
	struct buf b;
	char *text;

	if (r == NULL)
		fail_msg("%s", e.msg);
	buf_init(&b, 1 << 20);
	form(r, &b);
	assert_int_equal(buf_check(&b, "report", &e), 0);
	text = arena_cstr(a, buf_str(&b));
	buf_fini(&b);
	report_free(r);
	return text;
}

/* Made with this profile by `go tool pprof` of Go 1.26, except for CALLS and JSON. */
static const char TOP[] =
	"File: shop\n"
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

static const char TOP_LINES[] =
	"File: shop\n"
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

static const char TOP_TWO[] =
	"File: shop\n"
	"Build ID: abc123\n"
	"Type: samples\n"
	"Time: 2026-01-15 10:00:00 UTC\n"
	"Duration: 2.50s, Total samples = 100 \n"
	"Showing nodes accounting for 85, 85.00% of 100 total\n"
	"Showing top 2 nodes out of 6\n"
	"      flat  flat%   sum%        cum   cum%\n"
	"        65 65.00% 65.00%         65 65.00%  runtime.mallocgc\n"
	"        20 20.00% 85.00%         80 80.00%  encoding/json.Marshal\n";

static const char TREE[] =
	"File: shop\n"
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

static const char RAW[] =
	"PeriodType: cpu nanoseconds\n"
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

static const char TRACES[] =
	"File: shop\n"
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

static const char TAGS[] =
	" bytes: Total 650ms of 1s (65.00%)\n"
	"        600ms (60.00%): 4kB\n"
	"         50ms ( 5.00%): 100B\n"
	"\n"
	" user: Total 850ms of 1s (85.00%)\n"
	"       600ms (60.00%): bob\n"
	"       250ms (25.00%): ann\n"
	"\n";

static const char DOT[] =
	"digraph \"shop\" {\n"
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

static const char CALLS[] =
	"File: shop\n"
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

static const char JSON[] =
	"{\"type\":\"cpu\",\"unit\":\"nanoseconds\",\"total\":1000000000,\"time\":1768471200123"
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
		{ report_top, TOP }, { report_tree, TREE }, { report_raw, RAW }, { report_traces, TRACES },
		{ report_tags, TAGS }, { report_dot, DOT }, { report_calls, CALLS }, { report_json, JSON },
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
	static const char want[] =
		"Showing nodes accounting for 1000ms, 100% of 1000ms total\n"
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

struct filter_case {
	size_t field;                   /* of report_opts: a struct regex * */
	const char *expr, *want;
};

#define FIELD(name) offsetof(struct report_opts, name)
#define ALL                                                              \
	"main.main;[shop] 1\nmain.main;main.work 10\n"                   \
	"main.main;main.work;encoding/json.Marshal 20\n"                 \
	"main.main;main.work;encoding/json.Marshal;runtime.mallocgc 60\n" \
	"main.main;main.work;main.work;runtime.mallocgc 5\nruntime.idle:1 4\n"

static void test_name_filters(void **state)
{
	static const struct filter_case cases[] = {
		{ FIELD(focus), "json", "main.main;main.work;encoding/json.Marshal 20\n"
		                        "main.main;main.work;encoding/json.Marshal;runtime.mallocgc 60\n" },
		{ FIELD(focus), "malloc\\.go", "main.main;main.work;encoding/json.Marshal;runtime.mallocgc 60\n"
		                               "main.main;main.work;main.work;runtime.mallocgc 5\n" },
		{ FIELD(focus), "/bin/shop", ALL },     /* the file of the mapping counts */
		{ FIELD(focus), "nowhere", "" },
		{ FIELD(ignore), "json|idle", "main.main;[shop] 1\nmain.main;main.work 10\n"
		                              "main.main;main.work;main.work;runtime.mallocgc 5\n" },
		{ FIELD(hide), "^main\\.work|idle", "main.main 10\nmain.main;[shop] 1\n"
		                                    "main.main;encoding/json.Marshal 20\n"
		                                    "main.main;encoding/json.Marshal;runtime.mallocgc 60\n"
		                                    "main.main;runtime.mallocgc 5\n" },
		{ FIELD(show), "main", "main.main 1\nmain.main;main.work 90\nmain.main;main.work;main.work 5\n" },
		{ FIELD(show_from), "work$", "main.work 10\nmain.work;encoding/json.Marshal 20\n"
		                             "main.work;encoding/json.Marshal;runtime.mallocgc 60\n"
		                             "main.work;main.work;runtime.mallocgc 5\n" },
		{ FIELD(prune_from), "json", "main.main;[shop] 1\nmain.main;main.work 10\n"
		                             "main.main;main.work;encoding/json.Marshal 80\n"
		                             "main.main;main.work;main.work;runtime.mallocgc 5\nruntime.idle:1 4\n" },
	};
	struct arena *a = arena_new();
	struct profile *p = make_profile(a, 1);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct report_opts o = report_defaults();
		struct err e;
		struct regex *re = regex_new(str_cstr(cases[i].expr), &e);

		o.sample = STR("samples");
		memcpy((char *)&o + cases[i].field, &re, sizeof(re));
		assert_string_equal(print(a, p, &o, report_folded), cases[i].want);
		regex_free(re);
	}
	arena_free(a);
}

static void test_tag_filters(void **state)
{
	static const char ann[] = "main.main;main.work;encoding/json.Marshal 20\n"
	                          "main.main;main.work;main.work;runtime.mallocgc 5\n";
	static const char bob[] = "main.main;main.work;encoding/json.Marshal;runtime.mallocgc 60\n";
	static const char small[] = "main.main;main.work;main.work;runtime.mallocgc 5\n";
	static const struct { const char *expr, *want; } cases[] = {
		{ "user=ann", ann },
		{ "user=bob,nobody", bob },     /* with a key one of them is enough */
		{ "user:ann", ann },            /* without, all must match */
		{ "user:ann,bob", "" },
		{ "bytes=4096", "" },           /* the unit must be said */
		{ "bytes=4kb", bob }, { "bytes=4096b", bob }, { "4kB", bob },
		{ "bytes=:1kb", small }, { "1kb:", bob }, { "bytes=50b:4096b", "main.main;main.work;encoding/json."
		    "Marshal;runtime.mallocgc 60\nmain.main;main.work;main.work;runtime.mallocgc 5\n" },
		{ "bytes=1s:2s", "" },
	};
	struct arena *a = arena_new();
	struct profile *p = make_profile(a, 1);
	struct report_opts o = report_defaults();
	struct err e;

	(void)state;
	o.sample = STR("samples");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		o.tag_focus = report_tag_filter_parse(a, str_cstr(cases[i].expr), &e);
		assert_non_null(o.tag_focus);
		assert_string_equal(print(a, p, &o, report_folded), cases[i].want);
		report_tag_filter_free(o.tag_focus);
	}
	o.tag_focus = NULL;
	o.tag_ignore = report_tag_filter_parse(a, STR("user=."), &e);
	assert_string_equal(print(a, p, &o, report_folded),
	    "main.main;[shop] 1\nmain.main;main.work 10\nruntime.idle:1 4\n");
	report_tag_filter_free(o.tag_ignore);
	assert_null(report_tag_filter_parse(a, STR("user=(ann"), &e));
	assert_int_equal(e.kind, ERR_INVALID);
	assert_null(report_tag_filter_parse(a, STR("99999999999999999999kb"), &e));
	arena_free(a);
}

static void test_tag_frames(void **state)
{
	struct arena *a = arena_new();
	struct profile *p = make_profile(a, 1);
	struct report_opts o = report_defaults();
	struct err e;
	struct regex *malloc_re = regex_new(STR("mallocgc"), &e);

	(void)state;
	o.sample = STR("samples");
	o.focus = malloc_re;
	o.tag_root = STR("user,bytes");
	o.tag_leaf = STR("user");
	assert_string_equal(print(a, p, &o, report_folded),
	    "ann;100B;main.main;main.work;main.work;runtime.mallocgc;ann 5\n"
	    "bob;4kB;main.main;main.work;encoding/json.Marshal;runtime.mallocgc;bob 60\n");
	regex_free(malloc_re);
	arena_free(a);
}

/* The profile itself may ask to drop what some functions call. */
static void test_drop_frames(void **state)
{
	struct arena *a = arena_new();
	struct profile *p = make_profile(a, 1);
	struct report_opts o = report_defaults();
	struct report *r;
	struct err e;
	struct str *strings = arena_array(a, p->n_strings + 2, sizeof(*strings));

	(void)state;
	memcpy(strings, p->strings, p->n_strings * sizeof(*strings));
	strings[p->n_strings] = STR("encoding/.*|runtime.mallocgc");
	strings[p->n_strings + 1] = STR("runtime.mallocgc");
	p->strings = strings;
	p->drop_frames = p->n_strings++;
	o.sample = STR("samples");
	assert_string_equal(print(a, p, &o, report_folded),
	    "main.main;[shop] 1\nmain.main;main.work 90\nmain.main;main.work;main.work 5\nruntime.idle:1 4\n");
	p->keep_frames = p->n_strings++;
	assert_string_equal(print(a, p, &o, report_folded),
	    "main.main;[shop] 1\nmain.main;main.work 90\nmain.main;main.work;main.work;runtime.mallocgc 5\n"
	    "runtime.idle:1 4\n");
	strings[p->drop_frames] = STR("(");
	r = report_new(p, &o, &e);
	assert_null(r);
	assert_non_null(strstr(e.msg, "drop_frames"));
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
	    "Showing nodes accounting for 0.85s, 42.50% of 2s total\n"
	    "Showing top 2 nodes out of 6\n"
	    "      flat  flat%   sum%        cum   cum%\n"
	    "     0.65s 32.50% 32.50%      0.65s 32.50%  runtime.mall…\n"
	    "     0.20s 10.00% 42.50%      0.80s 40.00%  encoding/jso…\n");
	arena_free(a);
}

static void test_wrong_options(void **state)
{
	static const struct { const char *sample, *msg; } cases[] = {
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
	assert_string_equal(print(a, p, &o, report_top), "Showing nodes accounting for 0, 0% of 0 total\n"
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
	assert_string_equal(print(a, p, &o, print_csv), "flat,flat_percent,cum,cum_percent,name\n"
	                                                "3,75.0000,3,75.0000,\"f<int, \"\"x\"\">\"\n"
	                                                "1,25.0000,4,100.0000,g\th\n");
	assert_string_equal(print(a, p, &o, print_tsv), "flat\tflat_percent\tcum\tcum_percent\tname\n"
	                                                "3\t75.0000\t3\t75.0000\tf<int, \"x\">\n"
	                                                "1\t25.0000\t4\t100.0000\tg h\n");
	arena_free(a);
}

struct pair {
	struct arena *a;
	struct report *before, *after;
};

static struct pair make_pair(const char *sample)
{
	struct pair x = { .a = arena_new() };
	struct report_opts o = report_defaults();
	struct err e;

	o.sample = str_cstr(sample);
	x.before = report_new(make_profile(x.a, 1), &o, &e);
	x.after = report_new(make_profile(x.a, 4), &o, &e);
	return x;
}

static void pair_free(struct pair *x)
{
	report_free(x->before);
	report_free(x->after);
	arena_free(x->a);
}

static void test_diff(void **state)
{
	struct pair x = make_pair("cpu");
	struct report_diff_opts o = { .scale = 1 };
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	report_diff_top(x.before, x.after, &o, &b);
	buf_byte(&b, 0);
	assert_string_equal(b.p, "Type: cpu\nTotal: 1000ms before, 1300ms after, +300ms (+30.00%)\n"
	                         "Showing 1 of 6 functions, by change of flat\n"
	                         "    before      after      delta    delta%  function\n"
	                         "     100ms      400ms     +300ms  +300.00%  main.work\n");
	buf_reset(&b);
	o.cum = true;
	o.scale = 1.3;
	o.count = 2;
	o.sep = '\t';
	report_diff_top(x.before, x.after, &o, &b);
	buf_byte(&b, 0);
	assert_string_equal(b.p,
	    "flat_before\tflat_after\tflat_delta\tcum_before\tcum_after\tcum_delta\tname\n"
	    "260000000\t200000000\t-60000000\t1040000000\t800000000\t-240000000\tencoding/json.Marshal\n"
	    "845000000\t650000000\t-195000000\t845000000\t650000000\t-195000000\truntime.mallocgc\n");
	buf_reset(&b);
	o.scale = 1;
	o.count = 1;
	report_diff_json(x.before, x.after, &o, &b);
	buf_byte(&b, 0);
	assert_string_equal(b.p, "{\"type\":\"cpu\",\"unit\":\"nanoseconds\","
	                         "\"total\":{\"before\":1000000000,\"after\":1300000000,\"delta\":300000000},"
	                         "\"functions\":[{\"name\":\"main.work\","
	                         "\"flat\":{\"before\":100000000,\"after\":400000000,\"delta\":300000000},"
	                         "\"cum\":{\"before\":950000000,\"after\":1250000000,\"delta\":300000000}}]}\n");
	buf_fini(&b);
	pair_free(&x);
}

static void test_diff_folded(void **state)
{
	struct pair x = make_pair("samples");
	struct report_opts o = report_defaults();
	struct err e;
	struct regex *idle = regex_new(STR("idle|shop"), &e), *json = regex_new(STR("json"), &e);
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	report_diff_folded(x.before, x.after, &b);
	buf_byte(&b, 0);
	assert_string_equal(b.p, "main.main;[shop] 1 1\nmain.main;main.work 10 40\n"
	                         "main.main;main.work;encoding/json.Marshal 20 20\n"
	                         "main.main;main.work;encoding/json.Marshal;runtime.mallocgc 60 60\n"
	                         "main.main;main.work;main.work;runtime.mallocgc 5 5\nruntime.idle:1 4 4\n");
	pair_free(&x);
	x.a = arena_new();
	o.sample = STR("samples");
	o.focus = idle;
	o.hide = json;
	x.before = report_new(make_profile(x.a, 1), &o, &e);
	o.focus = json;
	o.hide = NULL;
	x.after = report_new(make_profile(x.a, 1), &o, &e);
	buf_reset(&b);
	report_diff_folded(x.after, x.before, &b);
	buf_byte(&b, 0);
	assert_string_equal(b.p, "main.main;[shop] 0 1\nmain.main;main.work 0 90\n"
	                         "main.main;main.work;encoding/json.Marshal 20 0\n"
	                         "main.main;main.work;encoding/json.Marshal;runtime.mallocgc 60 0\n"
	                         "main.main;main.work;main.work;runtime.mallocgc 0 5\nmain.main;main.work;runtime.mallocgc 0 60\n"
	                         "runtime.idle:1 0 4\n");
	buf_fini(&b);
	regex_free(idle);
	regex_free(json);
	pair_free(&x);
}

static void test_units(void **state)
{
	static const struct { int64_t v; const char *from, *to, *want; } cases[] = {
		{ 0, "nanoseconds", "auto", "0" },
		{ 1, "nanoseconds", "minimum", "1ns" },
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
	static const struct { int64_t v, total; const char *want; } shares[] = {
		{ 0, 0, "    0%" }, { 5, 0, "    0%" }, { 1, 1, "  100%" }, { 9996, 10000, "  100%" },
		{ 9994, 10000, "99.94%" }, { 1, 100, " 1.00%" }, { 1, 300, " 0.33%" }, { 1, 1000000, "0.0001%" },
		{ 1, 100000000, "1e-06%" }, { -50, 100, "50.00%" }, { 500, 100, "500.00%" },
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
	static const struct { const char *path, *clean, *base; } cases[] = {
		{ "/a/b.go", "/a/b.go", "b.go" }, { "a//b/./c", "a/b/c", "c" }, { "/..//a/../b/", "/b", "b" },
		{ "../../a", "../../a", "a" }, { "a/..", ".", ".." }, { "/", "/", "/" }, { "//", "/", "/" },
		{ "a/../../b", "../b", "b" }, { "./x", "x", "x" }, { "/..", "/", ".." },
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
	static const struct { const char *name, *want; } cases[] = {
		{ "main.work", "main.work" },
		{ "github.com/google/pprof/internal/graph.New", "graph.New" },
		{ "github.com/google/pprof/v2/internal/graph.New", "graph.New" },
		{ "gopkg.in/yaml.v2.Decode", "yaml.v2.Decode" },
		{ "example.com/mod/v3.(*T).Run", "mod.(*T).Run" },
		{ "a/v1.f", "v1.f" },
		{ "net/http.(*conn).serve", "http.(*conn).serve" },
		{ "java.bar.foo.FooBar.run(java.lang.Runnable)", "FooBar.run" },
		{ "(anonymous namespace)::Bar::Foo", "Bar::Foo" },
		{ "foo::bar::Baz::~Baz<int>(int)", "Baz::~Baz<int>" },
		{ "foo::Foo<int>::bar()", "foo::Foo<int>::bar()" },
		{ "com.example.Foo.<init>(int)", "Foo.<init>" },
		{ "com.example.foo", "com.example.foo" },
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
		"height=\"15\" fill=\"rgb(250,150,38)\" fg:x=\"0\" fg:w=\"4\"/>"
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
	assert_null(strstr(b.p, "<title>z ("));     /* 25 pixels are too few */
	assert_non_null(strstr(b.p, "\">a&lt;b&gt; &amp; …</text>"));
	buf_fini(&b);
	arena_free(a);
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
	assert_non_null(strstr(b.p, "<title>less (3us 75.00% before, 0 0.00% after, -75.00%)</title>"
	                            "<rect x=\"0.0000%\" y=\"16\" width=\"50.0000%\" height=\"15\" fill=\"rgb(0,0,255)\" "
	                            "fg:x=\"0\" fg:w=\"3000\" fg:l=\"3000\" fg:r=\"0\"/>"));
	assert_non_null(strstr(b.p, "<title>more (1us 25.00% before, 2us 100.00% after, +75.00%)</title>"
	                            "<rect x=\"50.0000%\" y=\"16\" width=\"50.0000%\" height=\"15\" fill=\"rgb(255,59,59)\" "
	                            "fg:x=\"3000\" fg:w=\"3000\" fg:l=\"1000\" fg:r=\"2000\"/>"));
	buf_fini(&b);
	tree_free(l);
	tree_free(r);
	arena_free(a);
}

static void test_html(void **state)
{
	struct arena *a = arena_new();
	struct tree *t = tree_new();
	struct picture o = { .title = STR("<i>"), .unit = STR("bytes") };
	struct buf b;
	const char *data;

	(void)state;
	tree_add(t, &STR("</script><b>"), 1, 5);
	buf_init(&b, 1 << 20);
	report_html(tree_flamegraph(a, t, 0), false, &o, &b);
	buf_byte(&b, 0);
	assert_non_null(strstr(b.p, "<title>&lt;i&gt;</title>"));
	data = strstr(b.p, "id=\"data\">");
	assert_non_null(data);
	assert_int_equal(strncmp(data + 10, "{\"diff\":false,\"flame\":false,\"unit\":\"bytes\",\"total\":5,\"left\":0,"
	    "\"right\":0,\"names\":[\"total\",\"\\u003c/script\\u003e\\u003cb\\u003e\"],"
	    "\"levels\":[[0,5,0,0],[0,5,5,1]]}</script>", 179), 0);
	assert_null(strstr(b.p, "http://"));    /* nothing is loaded from anywhere */
	assert_null(strstr(b.p, "https://"));
	buf_fini(&b);
	tree_free(t);
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
	assert_string_equal(print(a, p, &o, report_top), "Showing nodes accounting for 7, 100% of 7 total\n"
	                                                 "      flat  flat%   sum%        cum   cum%\n"
	                                                 "         7   100%   100%          7   100%  g\n"
	                                                 "         0     0%   100%          7   100%  f\n");
	print(a, p, &o, report_tree);
	arena_free(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_short_names),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_wrong_options),
		cmocka_unit_test(test_name_filters),
		cmocka_unit_test(test_tag_filters),
		cmocka_unit_test(test_tag_frames),
		cmocka_unit_test(test_drop_frames),
		cmocka_unit_test(test_odd_profile),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_diff_folded),
		cmocka_unit_test(test_svg),
		cmocka_unit_test(test_svg_diff),
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_deep),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
