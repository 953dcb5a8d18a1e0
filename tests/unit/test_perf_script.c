/*
 * test_perf_script.c - `perf script` text: fields, frames, names, what is
 * skipped, pieces; and what the usual collapser makes of real files.
 */
#include "tests/lib/drip_src.h"
/* before cmocka, which has a macro "skip" */
#include "tests/lib/profile_fixture.h"

#include "base/zip.h"
#include "formats/folded/folded.h"
#include "formats/perf/perf_line.h"
#include "formats/perf/perf_script.h"

#define HEAD "a 1/2 [003] 1.5: 7 cycles:u: \n"

static const struct {
	const char *line;
	bool loose, ok;
	const char *comm, *pid, *tid, *cpu, *event, *text;
	int64_t time, period; /* -1: not said */
} heads[] = {
	{ "java 25607 4794564.109216: cycles: ", 0, 1, "java", "", "25607", "", "cycles", "", 4794564109216000, -1 },
	{ "java 1/2 [001] 12.5: 250 cycles:ppp:", 0, 1, "java", "1", "2", "001", "cycles:ppp", "", 12500000000, 250 },
	{ "  a b 12 c 3/-1 1.000000001: 1 x: t u", 0, 1, "a b 12 c", "3", "-1", "", "x", "t u", 1000000001, 1 },
	{ "swapper     0 [000]  U  1.25: cpu/cycles/u:", 0, 1, "swapper", "", "0", "000", "cpu/cycles/u", "",
	    1250000000, -1 },
	{ "7/8 1.5: e:", 0, 1, "", "7", "8", "", "e", "", 1500000000, -1 },
	{ "func_ab 15294 cpu-clock: ", 0, 1, "func_ab", "", "15294", "", "cpu-clock", "", -1, -1 },
	{ "x 15294 [001] 99 cpu-clock: ", 0, 1, "x", "", "15294", "001", "cpu-clock", "", -1, 99 },
	{ "a 1 1.5:", 0, 1, "a", "", "1", "", "", "", 1500000000, -1 },
	{ "a 1.5: e:", 0, 1, "a", "", "", "", "e", "", 1500000000, -1 },
	{ "a 5 1.5: 99999999999999999999 e:", 0, 1, "a", "", "5", "", "e", "", 1500000000, INT64_MAX },
	{ "sh 1 [000] 1.5: sched:sched_switch: prev=a next=b", 0, 1, "sh", "", "1", "000", "sched:sched_switch",
	    "prev=a next=b", 1500000000, -1 },
	{ "3 e: PERF_RECORD_x 1.5: z w", 0, 1, "", "", "3", "", "e", "PERF_RECORD_x 1.5: z w", -1, -1 },
	{ "3 e: PERF_RECORD_x 1.5: z w", 1, 1, "", "", "3", "", "e", "PERF_RECORD_x 1.5: z w", -1, -1 },
	{ "java", 1, 1, "java", "", "", "", "", "", -1, -1 },
	{ "java cycles:", 1, 1, "java", "", "", "", "cycles", "", -1, -1 },
	{ "java 12", 1, 1, "java", "", "12", "", "", "", -1, -1 },
	{ "java 12 [001]", 1, 1, "java", "", "12", "001", "", "", -1, -1 },
	{ "cycles:", 1, 1, "", "", "", "", "cycles", "", -1, -1 },
	{ "java", 0, 0, "", "", "", "", "", "", -1, -1 },
	{ " java", 1, 0, "", "", "", "", "", "", -1, -1 },
	{ "two words", 1, 0, "", "", "", "", "", "", -1, -1 },
	{ "", 1, 0, "", "", "", "", "", "", -1, -1 },
	{ "          7f00 foo+0x1 (lib.so)", 0, 0, "", "", "", "", "", "", -1, -1 },
	{ "  a.c:12", 0, 0, "", "", "", "", "", "", -1, -1 },
	{ "a 12345678901 1.5", 0, 0, "", "", "", "", "", "", -1, -1 },
};

static void same(const char *line, const char *what, struct str got, const char *want)
{
	if (!str_eq(got, str_cstr(want)))
		fail_msg("%s: %s is \"%.*s\", not \"%s\"", line, what, STR_ARG(got), want);
}

static void test_heads(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		struct perf_head h;
		bool ok = perf_head_parse(str_cstr(heads[i].line), heads[i].loose, &h);

		if (ok != heads[i].ok)
			fail_msg("%s: %s", heads[i].line, ok ? "is taken" : "is not taken");
		if (!ok)
			continue;
		same(heads[i].line, "comm", h.comm, heads[i].comm);
		same(heads[i].line, "pid", h.pid, heads[i].pid);
		same(heads[i].line, "tid", h.tid, heads[i].tid);
		same(heads[i].line, "cpu", h.cpu, heads[i].cpu);
		same(heads[i].line, "event", h.event, heads[i].event);
		same(heads[i].line, "text", h.text, heads[i].text);
		assert_int_equal(h.has_time ? h.time : -1, heads[i].time);
		assert_int_equal(h.has_period ? h.period : -1, heads[i].period);
	}
}

static const struct {
	const char *line, *symbol, *object;
	bool inlined, whole;
} frames[] = {
	{ "\t7f00 foo+0x1f (/lib/c.so)", "foo", "/lib/c.so", 0, 1 },
	{ "\t7f00 foo bar(int, (x))+0x1f (/lib/c.so)", "foo bar(int, (x))", "/lib/c.so", 0, 1 },
	{ "\t7f00 [unknown] ([unknown])", "", "", 0, 1 },
	{ "\t7f00 [unknown] (/a/b (deleted))", "", "/a/b (deleted)", 0, 1 },
	{ "\t7f00 f (/a/b)c)", "f", "/a/b)c", 0, 1 },
	{ "\t7f00 f()+0x1 (inlined)", "f()", "", 1, 1 },
	{ "\t7f00 f (/a/b) (inlined)", "f", "/a/b", 1, 1 },
	{ "\t7f00 f+0x1 (b.so+0x12)", "f", "b.so", 0, 1 },
	{ "\t7f00 (/a/b)", "", "/a/b", 0, 1 },
	{ "\t7f00 f+0x12", "f", "", 0, 0 },
	{ "\t7f00", "", "", 0, 0 },
	{ "\t7f00 )", ")", "", 0, 0 },
};

static void test_frames(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
		struct str line = str_cstr(frames[i].line);
		uint64_t address = 0;
		const char *rest = perf_frame_start(line, &address);
		struct perf_frame f;

		assert_non_null(rest);
		assert_int_equal(address, 0x7f00);
		perf_frame_parse(str_of(rest, (size_t)(line.p + line.n - rest)), &f);
		same(frames[i].line, "symbol", f.symbol, frames[i].symbol);
		same(frames[i].line, "object", f.object, frames[i].object);
		assert_int_equal(f.inlined, frames[i].inlined);
		assert_int_equal(f.whole, frames[i].whole);
	}
	assert_null(perf_frame_start(STR("\tfoo (x)"), &(uint64_t){ 0 }));
	assert_null(perf_frame_start(STR("\t12345678901234567 x (x)"), &(uint64_t){ 0 }));
	assert_null(perf_frame_start(STR("  "), &(uint64_t){ 0 }));
}

static const struct {
	const char *symbol;
	bool java;
	const char *name;
} names[] = {
	{ "main", 0, "main" },
	{ "f(int, char)", 0, "f" },
	{ "std::function<void (int)>::operator()", 0, "std::function<void " },
	{ "(anonymous namespace)::g(int)", 0, "(anonymous namespace)::g" },
	{ "net/http.(*Client).Do", 0, "net/http.(*Client).Do" },
	{ "RegExp:[&<>\"']", 0, "RegExp:[&<>]" },
	{ "Lorg/a/B;::c(Lx;)V", 1, "org/a/B:::c" },
	{ "Lorg/a/B;::c", 0, "Lorg/a/B:::c" },
	{ "Lorg/a/B", 1, "org/a/B" },
	{ "LongName", 1, "LongName" },
	{ "(x)", 0, "" },
};

static void test_names(void **ctx)
{
	struct arena *a = arena_new();

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		same(names[i].symbol, "name", perf_symbol_name(a, str_cstr(names[i].symbol), names[i].java),
		    names[i].name);
	same("events", "name", perf_event_name(STR("cycles:uppp")), "cycles");
	same("events", "name", perf_event_name(STR("sched:sched_switch")), "sched:sched_switch");
	same("events", "name", perf_event_name(STR("cpu/cycles/u")), "cpu/cycles/u");
	assert_true(perf_event_is_clock(STR("task-clock:u")) && !perf_event_is_clock(STR("clock")));
	assert_true(perf_object_is_jit(STR("/tmp/perf-12.map")) && !perf_object_is_jit(STR("/tmp/perf-.map")));
	assert_true(perf_object_is_kernel(STR("[nf]")) && perf_object_is_kernel(STR("/x/vmlinux")) &&
	    !perf_object_is_kernel(STR("[unknown]")));
	arena_free(a);
}

static void put_profiles(struct buf *b, const struct format_profiles *got)
{
	for (uint32_t i = 0; i < got->n; i++) {
		const struct profile *p = got->p[i].p;

		buf_printf(b, "= " STR_FMT, STR_ARG(got->p[i].name));
		for (uint32_t k = 0; k < p->n_types; k++)
			buf_printf(b, " " STR_FMT "/" STR_FMT, STR_ARG(profile_str(p, p->types[k].type)),
			    STR_ARG(profile_str(p, p->types[k].unit)));
		buf_printf(b, "\n");
		folded_encode(p, profile_default_type(p), b);
	}
	if (got->notes.skipped)
		buf_printf(b, "! %llu " STR_FMT "\n", (unsigned long long)got->notes.skipped,
		    STR_ARG(got->notes.first));
}

static const struct {
	const char *in;
	unsigned marks;
	enum format_root root;
	const char *want; /* or the error */
} cases[] = {
	{ "", 0, 0, "" },
	{ "# a comment\n#another\n", 0, 0, "" },
	{ HEAD "\tf0 leaf+0x1 (/x)\n\tf1 main (/x)\n\n", 0, 0,
	    "= cycles:u samples/count cycles/count\na;main;leaf 7\n" },
	{ HEAD "\tf0 leaf+0x1 (/x)\n\tf1 main (/x)\n", 0, 0, "= cycles:u samples/count cycles/count\na;main;leaf 7\n" },
	{ HEAD "\tf0 leaf+0x1 (/x)\n\tf1 main (/x)\n\n" HEAD "\tf9 leaf+0x3 (/x)\n\tf1 main (/x)\n\n" HEAD
	       "\tf9 other (/x)\n\tf1 main (/x)\n\n",
	    0, 0, "= cycles:u samples/count cycles/count\na;main;leaf 14\na;main;other 7\n" },
	{ "a b 1 1.5: 3 cpu-clock: \r\n\tf0 x (/x)\r\n\tf1 y (/x)\r\n\r\na b 1 1.5: 3 cpu-clock: \r\n\tf0 x "
	  "(/x)\r\n\tf1 y "
	  "(/x)\r\n\r\n",
	    0, 0, "= cpu-clock samples/count cpu/nanoseconds\na_b;y;x 6\n" },
	{ "a 1 1.5: e: \n\tf0 x (/x)\n\nb 1 1.5: f: \n\tf0 x (/x)\n\na 1 1.5: e: \n\tf0 x (/x)\n\n", 0, 0,
	    "= e samples/count\na;x 2\n= f samples/count\nb;x 1\n" },
	/* no empty lines: events without a call chain */
	{ "  a 1 1.5: 3 e:  ffff f (/x)\n  b 2 1.6: 4 e:  ffff g (/x)\n  c 2 1.6: 5 e:  \n", 0, 0,
	    "= e samples/count e/count\na;f 3\nb;g 4\nc 5\n" },
	{ "  cafe 1 1.5: 3 e:  ffff f (/x)\n", 0, 0, "= e samples/count e/count\ncafe;f 3\n" },
	{ "a 1 1.5: e: t=1\n\tf0 x (/x)\n\na 1 1.5: e: t=2\n\tf0 x (/x)\n", 0, 0, "= e samples/count\na;x 2\n" },
	/* inlined calls, source lines */
	{ HEAD "\tf0 i (inlined)\n\tf0 l (/x)\n\tf1 m (/x)\n\n", 0, 0,
	    "= cycles:u samples/count cycles/count\na;m;l;i 7\n" },
	{ HEAD "\tf0 l (/x)\n  x[1f]\n\tf1 m (/x)\n  y[\n\n", 0, 0,
	    "= cycles:u samples/count cycles/count\na;m;l 7\n! 1 line 5: neither an event nor a frame of a stack\n" },
	{ HEAD "\tf0 l (/x)\n  a.c:3\n\tf1 m (/x)\n  ??:0\n\n", 0, 0,
	    "= cycles:u samples/count cycles/count\na;m;l 7\n" },
	{ HEAD "\tf0 a->b->c (/tmp/perf-1.map)\n\n", FORMAT_MARK_INLINED | FORMAT_MARK_JIT, 0,
	    "= cycles:u samples/count cycles/count\na;a_[j];b_[i];c_[i] 7\n" },
	{ HEAD "\tf0 a->b (/x)\n\n", 0, 0, "= cycles:u samples/count cycles/count\na;a->b 7\n" },
	/* marks, roots */
	{ HEAD "\tf0 k ([kernel.kallsyms])\n\tf1 [unknown] (/l/vmlinux)\n\tf2 [unknown] ([unknown])\n\n",
	    FORMAT_MARK_KERNEL, FORMAT_ROOT_PID,
	    "= cycles:u samples/count cycles/count\na-1;[unknown];[vmlinux]_[k];k_[k] 7\n" },
	{ "a 5 1.5: e: \n\tf0 x (/x)\n", 0, FORMAT_ROOT_PID, "= e samples/count\na-?;x 1\n" },
	{ "a 5/6 1.5: e: \n\tf0 x (/x)\n\na 5/7 1.5: e: \n\tf0 x (/x)\n", 0, FORMAT_ROOT_TID,
	    "= e samples/count\na-5/6;x 1\na-5/7;x 1\n" },
	{ HEAD "\tf0 x (/x)\n", 0, FORMAT_ROOT_NONE, "= cycles:u samples/count cycles/count\nx 7\n" },
	{ "1/2 1.5: e: \n\tf0 x (/x)\n\n", 0, 0, "= e samples/count\nx 1\n" },
	{ "java 5 1.5: e: \n\tf0 La/B;c (/x)\n\tf0 La/B;d (/x)\n\nc 5 1.5: e: \n\tf0 La/B;c (/x)\n\tf0 La/B;d (/x)\n",
	    0, 0, "= e samples/count\nc;La/B:d;La/B:c 1\njava;a/B:d;a/B:c 1\n" },
	/* fields that are not there */
	{ "java\n\tf0 x (/x)\n\n", 0, 0, "=  samples/count\njava;x 1\n" },
	{ "java cycles:\n\tf0 x\n\n", 0, 0, "= cycles samples/count\njava;x 1\n" },
	{ HEAD "\tf0\n\tf1 (/x)\n\n", 0, 0, "= cycles:u samples/count cycles/count\na;[x];0xf0 7\n" },
	{ "a 1 1.5: 0 e: \n\tf0 x (/x)\n", 0, 0, "= e samples/count e/count\na;x 1\n" },
	/* what is skipped */
	{ HEAD "\n\tf0 x (/x)\n\tf0 y (/x)\n\n", 0, 0,
	    "= cycles:u samples/count cycles/count\na 7\n! 2 line 3: a frame without an event above it\n" },
	{ "a word or two\n" HEAD "\tf0 x (/x)\naddr2line: too old\n\tf1 y (/x)\n\n", 0, 0,
	    "= cycles:u samples/count cycles/count\na;y;x 7\n! 2 line 1: neither an event nor a frame of a stack\n" },
	{ "a 1 1.5: PERF_RECORD_MMAP2 1/1: [0x0(0x1000) @ 0 08:01]: r-xp /x\n" HEAD "\tf0 x (/x)\n\n", 0, 0,
	    "= cycles:u samples/count cycles/count\na;x 7\n" },
	{ HEAD "\tf0 x (/x)\n\n" HEAD "\tf0 x (/x)\n\tf0 y (/", 0, 0,
	    "= cycles:u samples/count cycles/count\na;x 7\n! 1 line 6: the last record is cut\n" },
	{ HEAD "\tf0 x (/x)\n\n" HEAD "\tf0 x (/x)", 0, 0, "= cycles:u samples/count cycles/count\na;x 14\n" },
	{ HEAD "\tf0 x (/x)\n\na 1/2 [003] 1.", 0, 0,
	    "= cycles:u samples/count cycles/count\na;x 7\n! 1 line 4: the last record is cut\n" },
	{ HEAD "\tf0 x\ny (/x)\n\n", 0, 0,
	    "= cycles:u samples/count cycles/count\na;x 7\n! 1 line 3: neither an event nor a frame of a stack\n" },
	{ "b\n 1 1.5: e: \n\tf0 x (/x)\n\n", 0, 0,
	    "= e samples/count\nx 1\n! 1 line 1: neither an event nor a frame of a stack\n" },
	{ "hello\nworld\n", 0, 0, "perf-script: no event; line 1: neither an event nor a frame of a stack" },
	{ "\tf0 x (/x)\n", 0, 0, "perf-script: no event; line 1: a frame without an event above it" },
};

static void test_cases(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct format_opts o = { .marks = cases[i].marks, .root = cases[i].root };
		struct format_profiles got = { 0 };
		struct buf b;
		struct err e;

		buf_init(&b, 1 << 16);
		if (perf_script_decode(a, str_cstr(cases[i].in), &o, &got, &e) < 0)
			buf_add(&b, str_cstr(e.msg));
		else
			put_profiles(&b, &got);
		buf_byte(&b, '\0');
		if (strcmp(b.p, cases[i].want) != 0)
			fail_msg("case %zu: %s: got\n%s", i, cases[i].in, b.p);
		buf_fini(&b);
		arena_free(a);
	}
}

/* Everything else of a profile: objects, lines, inlined calls, tags, times, comments. */
static void test_shape(void **ctx)
{
	struct arena *a = arena_new();
	struct format_opts o = { .keep = FORMAT_TAGS | FORMAT_TIMES };
	struct format_profiles got = { 0 };
	struct profile *p;
	struct buf b;
	struct err e;

	(void)ctx;
	buf_init(&b, 1 << 16);
	assert_int_equal(perf_script_decode(a,
			     STR("# cmdline : /usr/bin/perf record x\na 1/2 [003] 1.5: 7 task-clock: \n"
				 "\tf0 i (inlined)\n\tf0 l+0x1 (/x)\n  a.c:3\n\tf1 m (/x)\n\n"
				 "a 1/2 [003] 2.5: 7 task-clock: \n\tf0 i (inlined)\n\tf0 l+0x1 (/x)\n  a.c:3\n\tf1 m "
				 "(/x)\n\n"),
			     &o, &got, &e),
	    0);
	assert_int_equal(got.n, 1);
	p = got.p[0].p;
	profile_dump(&b, p);
	buf_byte(&b, '\0');
	assert_string_equal(b.p,
	    "type 'samples' 'count'\ntype 'cpu' 'nanoseconds'\nperiod type 'cpu' 'nanoseconds'\n"
	    "period 7 time 0 duration 1000000000 drop '' keep '' default '' "
	    "comment 'cmdline : /usr/bin/perf record x'\n"
	    "sample 0 1 2 = 1 7 'thread'='a'/0'' 'pid'='1'/0'' 'tid'='2'/0'' 'cpu'='003'/0''\n"
	    "sample 0 1 2 = 1 7 'thread'='a'/0'' 'pid'='1'/0'' 'tid'='2'/0'' 'cpu'='003'/0''\n"
	    "mapping 1 0x0-0x0+0x0 '/x' '' flags 8\nmapping 2 0x0-0x0+0x0 '' '' flags 0\n"
	    "location 1 at 0x0 mapping 0 'i':0 'l':3\nlocation 2 at 0x0 mapping 0 'm':0\nlocation 3 at 0x0 mapping 1 "
	    "'a':0\n"
	    "function 1 'i' 'i' '':0\nfunction 2 'l' 'l' 'a.c':0\nfunction 3 'm' 'm' '':0\nfunction 4 'a' 'a' '':0\n");
	assert_int_equal(p->at[0], 1500000000);
	assert_int_equal(p->at[1], 2500000000);
	buf_fini(&b);
	arena_free(a);
}

/* ---- pieces and hostile bytes ---- */

#define PIECES                                                                                                        \
	"# head\n" HEAD "\tf0 l (/x)\n\tf1 m (/x)\n\n" HEAD "\tf0 l (/x)\n\n  a 1 1.5: 3 e:  ffff f (/x)\n"           \
	"  b 2 1.6: 4 e:  ffff g (/x)\nq 1 1.5: 3 e: \n\tf0 l (/x)\nr 1 1.5: 3 e: \r\n\tf0 l (/x)\r\n\r\ns 1 1.5: 3 " \
	"e:\n"

static void add_piece(struct arena *a, struct str piece, struct buf *out)
{
	struct format_profiles got = { 0 };
	struct format_opts o = { 0 };
	struct err e;

	if (perf_script_decode(a, piece, &o, &got, &e) < 0)
		fail_msg("%s: %.*s", e.msg, STR_ARG(piece));
	assert_int_equal(got.notes.skipped, 0);
	for (uint32_t i = 0; i < got.n; i++)
		folded_encode(got.p[i].p, profile_default_type(got.p[i].p), out);
}

static void sorted(struct arena *a, struct buf *b)
{
	struct folded_lines lines;
	struct profile *p;
	struct err e;

	assert_int_equal(folded_read(a, arena_str(a, buf_str(b)), &p, &lines, &e), 0);
	buf_reset(b);
	folded_encode(p, 0, b);
}

/* Whatever is at hand at first, the pieces add up to the whole. */
static void test_cut(void **ctx)
{
	struct arena *a = arena_new();
	struct buf whole, parts;

	(void)ctx;
	buf_init(&whole, 1 << 16);
	buf_init(&parts, 1 << 16);
	add_piece(a, STR(PIECES), &whole);
	sorted(a, &whole);
	for (size_t n = 0; n <= sizeof(PIECES) - 1; n++) {
		size_t cut = perf_script_cut(str_of(PIECES, n));

		assert_true(cut <= n);
		buf_reset(&parts);
		add_piece(a, str_of(PIECES, cut), &parts);
		add_piece(a, str_skip(STR(PIECES), cut), &parts);
		sorted(a, &parts);
		if (!str_eq(buf_str(&whole), buf_str(&parts)))
			fail_msg("at %zu of %zu:\n%.*s", cut, n, STR_ARG(buf_str(&parts)));
	}
	assert_int_equal(perf_script_cut(STR("")), 0);
	assert_int_equal(perf_script_cut(STR(HEAD)), 0);
	assert_int_equal(perf_script_cut(STR(HEAD "\tf0 l (/x)\n")), 0);
	assert_int_equal(perf_script_cut(STR(HEAD "\tf0 l (/x)\n\n")), sizeof(HEAD "\tf0 l (/x)\n\n") - 1);
	assert_int_equal(perf_script_cut(STR(HEAD "\tf0 l (/x)\n" HEAD)), sizeof(HEAD "\tf0 l (/x)\n") - 1);
	buf_fini(&whole);
	buf_fini(&parts);
	arena_free(a);
}

static void decode_any(struct str in)
{
	for (unsigned keep = 0; keep < 4; keep++) {
		struct arena *a = arena_new();
		struct format_opts o = { .keep = keep, .marks = keep ? 7 : 0, .root = (enum format_root)keep };
		struct format_profiles got = { 0 };
		struct err e;

		if (perf_script_decode(a, in, &o, &got, &e) < 0)
			assert_true(e.kind == ERR_INVALID || e.kind == ERR_LIMIT);
		assert_true(perf_script_cut(in) <= in.n);
		arena_free(a);
	}
}

static void test_hostile(void **ctx)
{
	(void)ctx;
	for (size_t n = 0; n < sizeof(PIECES) - 1; n++) {
		char *in = mem_alloc(n + 1), *flipped = mem_alloc(sizeof(PIECES));

		memcpy(in, PIECES, n);
		decode_any(str_of(in, n));
		for (int bit = 0; bit < 8; bit++) {
			memcpy(flipped, PIECES, sizeof(PIECES));
			flipped[n] = (char)(flipped[n] ^ (1 << bit));
			decode_any(str_of(flipped, sizeof(PIECES) - 1));
		}
		mem_free(in);
		mem_free(flipped);
	}
}

/* Bounded although each line is an event of its own. */
static void test_many_events(void **ctx)
{
	struct arena *a = arena_new();
	struct format_profiles got = { 0 };
	struct format_opts o = { 0 };
	struct buf b;
	struct err e;

	(void)ctx;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 4096; i++)
		buf_printf(&b, "a 1 1.5: e%d: \n", i);
	assert_int_equal(perf_script_decode(a, buf_str(&b), &o, &got, &e), 0);
	assert_int_equal(got.n, 4096);
	buf_add(&b, STR("a 1 1.5: one more: \na 1 1.5: two: \n"));
	assert_int_equal(perf_script_decode(a, buf_str(&b), &o, &got, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	buf_fini(&b);
	arena_free(a);
}

/* ---- real files ---- */

static struct str unpacked(struct arena *a, const char *path)
{
	struct str s = fixture_file(a, path), out;
	struct err e;

	assert_non_null(s.p);
	assert_int_equal(format_unpack(a, s, FIXTURE_MAX, &out, &e), 0);
	return out;
}

static struct str golden(struct arena *a, const char *path, const char *how)
{
	const char *slash = strrchr(path, '/');
	const char *name = arena_printf(a, "%.*s/golden%s.%s.folded", (int)(slash - path), path, slash, how).p;
	struct str s = fixture_file(a, name);

	return s.p ? s : unpacked(a, arena_printf(a, "%s.gz", name).p);
}

/* The usual collapser drops what has no empty line behind it: the last record, or all events without a call chain. */
static struct str to_last_blank(struct str s)
{
	while (s.n && !str_suffix(s, STR("\n\n")))
		s.n--;
	return s;
}

/* Symbols without a name are blanks there; here they are what their object is called. */
static struct str with_objects(struct arena *a, const char *path, struct str s)
{
	size_t at = strstr(path, "vertx") ? str_search(s, STR(";  3\n")) : s.n;

	if (at == s.n)
		return s;
	return arena_printf(a, STR_FMT ";[libc-2.15.so]" STR_FMT, (int)at, s.p, STR_ARG(str_skip(s, at + 2)));
}

static void check_golden(struct arena *a, const char *path, const char *how, const struct format_opts *o)
{
	struct str text = unpacked(a, path), want = with_objects(a, path, golden(a, path, how));
	struct format_profiles got = { 0 };
	struct folded_lines lines;
	struct profile *p;
	struct buf one, two;
	struct err e;

	buf_init(&one, FIXTURE_MAX);
	buf_init(&two, FIXTURE_MAX);
	assert_int_equal(perf_script_decode(a, to_last_blank(text), o, &got, &e), 0);
	if (got.n)
		folded_encode(got.p[0].p, profile_default_type(got.p[0].p), &one);
	if (want.n) {
		assert_int_equal(folded_read(a, want, &p, &lines, &e), 0);
		folded_encode(p, 0, &two);
	}
	if (!str_eq(buf_str(&one), buf_str(&two)))
		fail_msg("%s: not what stackcollapse-perf makes of it (%s)", path, how);
	buf_fini(&one);
	buf_fini(&two);
}

static void check_row(const char *path, const json_t *row, void *arg)
{
	static const struct {
		const char *how;
		struct format_opts o;
	} ways[] = {
		{ "default", { .root = FORMAT_ROOT_COMMAND } },
		{ "all", { .marks = FORMAT_MARK_KERNEL | FORMAT_MARK_JIT | FORMAT_MARK_INLINED } },
		{ "pid", { .root = FORMAT_ROOT_PID } },
		{ "tid", { .root = FORMAT_ROOT_TID } },
	};
	(void)row;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct arena *a = arena_new();

		check_golden(a, path, ways[i].how, &ways[i].o);
		arena_free(a);
	}
	++*(unsigned *)arg;
}

static void test_golden(void **ctx)
{
	unsigned n = 0;

	(void)ctx;
	fixture_rows("perf-script/ own/perf-script/", "perf-script", check_row, &n);
	assert_true(n > 20);
}

/* Real files are found, and pieces of them add up. */
static void check_pieces(const char *path, const json_t *row, void *arg)
{
	struct arena *a = arena_new();
	struct str text = unpacked(a, path);
	struct buf whole, parts;
	struct err e;

	(void)row;
	(void)arg;
	buf_init(&whole, FIXTURE_MAX);
	buf_init(&parts, FIXTURE_MAX);
	if (text.n && strstr(path, "bad-") == NULL) {
		const struct format *f = format_detect(text, STR(""), &e);

		if (f == NULL || strcmp(f->name, "perf-script") != 0)
			fail_msg("%s: found to be %s", path, f ? f->name : e.msg);
		add_piece(a, text, &whole);
		while (text.n) {
			size_t n = MIN(text.n, (size_t)10000), cut = perf_script_cut(str_of(text.p, n));

			while (cut == 0 && n < text.n)
				cut = perf_script_cut(str_of(text.p, n = MIN(n * 2, text.n)));
			cut = cut ? cut : text.n;
			add_piece(a, str_of(text.p, cut), &parts);
			text = str_skip(text, cut);
		}
		sorted(a, &whole);
		sorted(a, &parts);
		assert_true(str_eq(buf_str(&whole), buf_str(&parts)));
	}
	buf_fini(&whole);
	buf_fini(&parts);
	arena_free(a);
}

/* Text beyond the first piece: 6 lines a record, so the one that is no frame is line 6 * 4000 + 4. */
static void test_stream(void **ctx)
{
	struct arena *a = arena_new();
	struct format_profiles got = { 0 };
	struct format_opts o = { .keep = FORMAT_TAGS };
	struct drip_src d;
	struct buf b;
	struct err e;

	(void)ctx;
	buf_init(&b, 8 << 20);
	for (int i = 0; i <= 8000; i++) {
		buf_printf(&b, "comm%d 1/%d [003] 1.5: 7 event%d:u: \n", i / 3000, i % 2, i / 5000);
		buf_printf(&b, "\tf%03x leaf%d+0x%x (/l.so)\n\tf1 middle (/m.so)\n", i & 4095, i % 4, i & 255);
		if (i == 4000)
			buf_add(&b, STR("neither\n"));
		buf_add(&b, STR("\tf2 root (/r.so)\n\n\n"));
	}
	d = drip_src(buf_str(&b));
	assert_int_equal(perf_script_stream(a, &d.src, &o, &got, &e), 0);
	drip_src_fini(&d);
	buf_reset(&b);
	assert_int_equal(got.notes.skipped, 1);
	assert_true(str_eq(got.notes.first, STR("line 24004: neither an event nor a frame of a stack")));
	assert_int_equal(got.n, 2);
	assert_true(str_eq(got.p[1].name, STR("event1:u")));
	/* 4 leaves in 2 threads are 4 stacks for each command */
	assert_int_equal(got.p[0].p->n_samples, 4 + 4);
	assert_int_equal(got.p[1].p->n_samples, 4 + 4);
	folded_encode(got.p[1].p, 0, &b);
	assert_true(str_eq(buf_str(&b),
	    STR("comm1;root;middle;leaf0 250\ncomm1;root;middle;leaf1 250\n"
		"comm1;root;middle;leaf2 250\ncomm1;root;middle;leaf3 250\n"
		"comm2;root;middle;leaf0 501\ncomm2;root;middle;leaf1 500\n"
		"comm2;root;middle;leaf2 500\ncomm2;root;middle;leaf3 500\n")));
	buf_fini(&b);
	arena_free(a);
}

static void test_pieces(void **ctx)
{
	(void)ctx;
	fixture_rows("perf-script/ own/perf-script/", "perf-script", check_pieces, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_many_events),
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_pieces),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
