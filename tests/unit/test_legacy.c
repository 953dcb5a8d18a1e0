/*
 * test_legacy.c - profiles of before protobuf: cases as dumps, files of the shared data against what pprof says of
 * them, cuts and changes at every byte.
 */
#include "tests/lib/profile_expect.h"

#include "formats/format.h"

static const struct format *row(const char *name)
{
	struct err e;
	const struct format *f = format_by_name(str_cstr(name), &e);

	assert_non_null(f);
	return f;
}

static const char *decoded(struct arena *a, const struct format *f, struct str in, const struct format_opts *o)
{
	struct format_profiles got = { 0 };
	struct err e;
	struct buf b;
	struct str text;

	if (f->decode(a, in, o, &got, &e) < 0)
		return arena_printf(a, "error: %s", e.msg).p;
	buf_init(&b, FIXTURE_MAX);
	got.p[0].p->drop_frames = got.p[0].p->keep_frames = 0;
	profile_dump(&b, got.p[0].p);
	if (got.notes.skipped)
		buf_printf(&b, "skipped %llu: " STR_FMT "\n", (unsigned long long)got.notes.skipped,
		    STR_ARG(got.notes.first));
	text = arena_printf(a, STR_FMT, STR_ARG(buf_str(&b)));
	buf_fini(&b);
	return text.p;
}

#define EVERYTHING "mapping 1 0x0-0xffffffffffffffff+0x0 '' '' flags 0\n"
#define HEAP_TYPES "type 'objects' 'count'\ntype 'space' 'bytes'\nperiod type 'space' 'bytes'\n"
#define LOCK_TYPES "type 'contentions' 'count'\ntype 'delay' 'nanoseconds'\nperiod type 'contentions' 'count'\n"
#define NO_HEAD " drop '' keep '' default ''\n"

static const struct {
	const char *format;
	unsigned keep;
	bool lenient;
	const char *in, *want;
} cases[] = {
	/* all allocations: numbers as they are */
	{ "heap-text", 0, false, "heap profile: 3: 30 [3: 30] @ heapprofile\n 3: 30 [3: 30] @ 0x10 0x21\n",
	    HEAP_TYPES "period 1 time 0 duration 0" NO_HEAD "sample 0 1 = 3 30 'bytes'=''/10''\n" EVERYTHING
		       "location 1 at 0xf mapping 0\nlocation 2 at 0x20 mapping 0\n" },
	/* Go: twice the rate; one allocation of 1 byte in 512 KiB is some 512 Ki of them */
	{ "heap-text", 0, false,
	    "heap profile: 1: 1 [2: 4] @ heap/1048576\r\n1: 1 [2: 4] @ 0x10\r\n# HeapAlloc = 5\r\n",
	    "type 'alloc_objects' 'count'\ntype 'alloc_space' 'bytes'\ntype 'inuse_objects' 'count'\ntype "
	    "'inuse_space' 'bytes'\nperiod type 'space' 'bytes'\nperiod 524288 time 0 duration 0" NO_HEAD
	    "sample 0 = 524289 1048578 524288 524288 'bytes'=''/1''\n" EVERYTHING "location 1 at 0xf mapping 0\n" },
	{ "heap-text", 0, false,
	    "heap profile: 1: 8 [1: 8] @ growthz\n1: 8 [1: 8] @ 0x10\nMAPPED_LIBRARIES:\n"
	    "00000000-00001000 r-xp 00000000 08:01 7 /bin/prog\n00001000-00002000 rw-p 0 08:01 7 /bin/prog\n",
	    HEAP_TYPES "period 1 time 0 duration 0" NO_HEAD "sample 0 = 1 8 'bytes'=''/8''\n"
		       "mapping 1 0x0-0x1000+0x0 '/bin/prog' '' flags 0\nlocation 1 at 0xf mapping 0\n" },
	{ "heap-text", 0, false, "heap profile: 1: 8 [1: 8] @ heapprofile\n1 8 @ 0x10\n",
	    "error: heap-text: line 2: no \"objects: bytes [objects: bytes] @ addresses\"" },
	{ "heap-text", 0, false, "heap profile: 1: 8 [1: 8] @ heapprofile\n0: 8 [0: 0] @ 0x10\n",
	    "error: heap-text: line 2: no objects, but bytes" },
	{ "heap-text", 0, false, "heap profile: 1: 8 [1: 8] @ heapprofile\n1: 8 [0: 0] @ 0x11112222333344445\n",
	    "error: heap-text: line 2: an address has more than 64 bits" },
	{ "heap-text", 0, true, "heap profile: 1: 8 [1: 8] @ heapprofile\nx\n1: 8 [0: 0] @ 0x1\n0: 8 [0: 0] @ 0x10\n",
	    HEAP_TYPES "period 1 time 0 duration 0" NO_HEAD "sample 0 = 1 8 'bytes'=''/8''\n"
		       "location 1 at 0x0\nskipped 2: line 2: no \"objects: bytes [objects: bytes] @ addresses\"\n" },
	{ "heap-text", 0, false, "heap profile: 1: 8 [1: 8] @ heapother\n",
	    "error: heap-text: line 1: no \"heap profile: ... @ heap\"" },
	{ "heap-text", 0, false, "", "error: heap-text: line 1: no \"heap profile: ... @ heap\"" },
	/* Java: names instead of addresses */
	{ "heap-text", 0, false,
	    "--- heapz 1 ---\nformat = java\nresolution = bytes\n 1048576 2 @ 0x3 0x4\n 0x3 a.b (x.java:7)\n"
	    " 0x4 c (/lib/d.so)\n",
	    "type 'inuse_objects' 'count'\ntype 'inuse_space' 'bytes'\nperiod type '' ''\nperiod 0 time 0 duration "
	    "0" NO_HEAD
	    "sample 0 1 = 3 1658822 'bytes'=''/524288''\nlocation 1 at 0x0 'a.b':7\nlocation 2 at 0x0 'c':0\n"
	    "function 1 'a.b' 'a.b' 'x.java':0\nfunction 2 'c' 'c' 'd.so':0\n" },
	{ "jemalloc", 0, false,
	    "heap_v2/1\n  t*: 3: 30 [0: 0]\n  t0: 3: 30 [0: 0]\n@ 0x11 0x21\n  t*: 1: 10 [0: 0]\n  t0: 1: 10 [0: 0]\n"
	    "@ 0x31\n  t*: 2: 20 [0: 0]\n\nMAPPED_LIBRARIES:\n0-100 r-xp 0 0:1 1 /p\n",
	    HEAP_TYPES
	    "period 1 time 0 duration 0" NO_HEAD "sample 0 1 = 1 10\nsample 2 = 2 20\n"
	    "mapping 1 0x0-0x100+0x0 '/p' '' flags 0\nlocation 1 at 0x10 mapping 0\nlocation 2 at 0x20 mapping 0\n"
	    "location 3 at 0x30 mapping 0\n" },
	{ "jemalloc", 0, false, "heap_v2/1\n  t*: 3: 30 [5: 50]\n@ 0x11\n  t*: 1: 10 [5: 50]\n",
	    "type 'alloc_objects' 'count'\ntype 'alloc_space' 'bytes'\ntype 'inuse_objects' 'count'\ntype "
	    "'inuse_space' 'bytes'\nperiod type 'space' 'bytes'\nperiod 1 time 0 duration 0" NO_HEAD
	    "sample 0 = 5 50 1 10\n" EVERYTHING "location 1 at 0x10 mapping 0\n" },
	{ "jemalloc", 0, false, "heap_v2/1\n@ 0x11\n  t*: 1 10\n",
	    "error: jemalloc: line 3: no \"t*: objects: bytes [objects: bytes]\"" },
	/* cycles, the period and the clock make nanoseconds */
	{ "contention", 0, false,
	    "--- contentionz 1 ---\ncycles/second = 2000000000\nsampling period = 100\nms since reset = 5\n"
	    "discarded samples = 0\n  1000   3 @ 0x11\n--- Memory map: ---\n  0-100: /bin/x\n",
	    LOCK_TYPES "period 100 time 0 duration 5000000" NO_HEAD "sample 0 = 300 50000\n"
		       "mapping 1 0x0-0x100+0x0 '/bin/x' '' flags 0\nlocation 1 at 0x10 mapping 0\n" },
	{ "contention", FORMAT_NAMES, false,
	    "--- mutex:\ncycles/second=1000000000\nsampling period=1\n7 2 @ 0x11\n"
	    "#\t0x10\tmain.f+0x1c\t\t/src/m.go:12\n",
	    LOCK_TYPES "period 1 time 0 duration 0" NO_HEAD "sample 0 = 2 7\n" EVERYTHING
		       "location 1 at 0x10 mapping 0 'main.f':12\nfunction 1 'main.f' 'main.f' '/src/m.go':0\n" },
	{ "contention", 0, false, "--- contention:\nnew attribute=1\n",
	    "error: contention: line 2: an unknown attribute, or its value is no number" },
	{ "contention", 0, false,
	    "--- contentionz 1 ---\nformat = java\nresolution = microseconds\nsampling period = 2\n 7 3 @ 0x3\n 0x3 "
	    "a\n",
	    "type 'contentions' 'count'\ntype 'delay' 'microseconds'\nperiod type 'contentions' 'count'\nperiod 2 time "
	    "0 "
	    "duration 0" NO_HEAD "sample 0 = 6 14\nlocation 1 at 0x0 'a':0\nfunction 1 'a' 'a' '':0\n" },
	{ "go-text", 0, false,
	    "# c\ngoroutine profile: total 3\n2 @ 0x11 0x21\n# labels: "
	    "{\"k\":\"v\"}\n#\t0x10\tmain.f+0x1\t/m.go:1\n\n1 @ 0x21\n",
	    "type 'goroutine' 'count'\nperiod type 'goroutine' 'count'\nperiod 1 time 0 duration 0" NO_HEAD
	    "sample 0 1 = 2\nsample 1 = 1\n" EVERYTHING
	    "location 1 at 0x10 mapping 0\nlocation 2 at 0x20 mapping 0\n" },
	{ "go-text", FORMAT_NAMES | FORMAT_TAGS, false,
	    "x profile: total 3\n2 @ 0x11 0x21\n# labels: {\"k\":\"v\", "
	    "\"q\\\"\":\"\"}\n#\t0x10\tmain.(*T).f+0x1\t/m.go:1\n",
	    "type 'x' 'count'\nperiod type 'x' 'count'\nperiod 1 time 0 duration 0" NO_HEAD
	    "sample 0 1 = 2 'k'='v'/0'' 'q\"'=''/0''\n" EVERYTHING
	    "location 1 at 0x10 mapping 0 'main.(*T).f':1\nlocation 2 at 0x20 mapping 0\n"
	    "function 1 'main.(*T).f' 'main.(*T).f' '/m.go':0\n" },
	{ "go-text", 0, false, "x profile: total 3\n2 @\n", "error: go-text: line 2: no \"count @ addresses\"" },
	{ "go-text", 0, false, "x profile: total 3\n-2 @ 0x1\n", "error: go-text: line 2: no \"count @ addresses\"" },
	{ "go-text", 0, false, "x profile: total 3\n2 @ 0x1 y\n", "error: go-text: line 2: no \"count @ addresses\"" },
	{ "go-text", 0, false, "\n\nx profile: 3\n", "error: go-text: line 3: no \"NAME profile: total NUMBER\"" },
	{ "threadz", 0, false,
	    "--- threadz 1 ---\n\n--- Thread 1f (name: a/b/7) stack: ---\n  PC: 0x10: f(int)\n  0x21: g\n"
	    "--- Thread 2f (name: c/8) stack: ---\n [same as previous thread]\n--- Memory map: ---\n 0-100: prog\n",
	    "type 'thread' 'count'\nperiod type 'thread' 'count'\nperiod 1 time 0 duration 0" NO_HEAD "sample 0 1 = 2\n"
	    "mapping 1 0x0-0x100+0x0 'prog' '' flags 0\nlocation 1 at 0x10 mapping 0\nlocation 2 at 0x20 mapping 0\n" },
	{ "threadz", FORMAT_NAMES | FORMAT_TAGS, false,
	    "--- Thread 1f (name: a/b/7) stack: ---\n  PC: 0x10: f(int)\n  0x21: g\n"
	    "--- Thread 2f (name: c/8) stack: ---\n [same as previous thread]\n",
	    "type 'thread' 'count'\nperiod type 'thread' 'count'\nperiod 1 time 0 duration 0" NO_HEAD
	    "sample 0 1 = 1 'thread'='a/b'/0'' 'tid'='7'/0''\nsample 0 1 = 1 'thread'='c'/0'' "
	    "'tid'='8'/0''\n" EVERYTHING "location 1 at 0x10 mapping 0 'f(int)':0\nlocation 2 at 0x20 mapping 0 'g':0\n"
	    "function 1 'f(int)' 'f(int)' '':0\nfunction 2 'g' 'g' '':0\n" },
	{ "threadz", 0, false, "--- threadz 1 ---\n--- nonsense\n",
	    "error: threadz: line 2: no \"--- Thread ID (name: NAME/NUMBER) stack: ---\"" },
	/* mappings: joined, the program first, variables, the prefix of a log, an offset */
	{ "go-text", 0, false,
	    "x profile: total 1\n1 @ 0x401001 0x7001 0x9001\n--- Memory map: ---\nbuild=/src/out\n"
	    "  7000-7800: /lib/c.so.6\n  7800-8000: /lib/c.so.6\nI0101 1 file.cc:12] 402000-403000: $build/prog "
	    "(@2000) abcdef12\n"
	    "  nonsense\n",
	    "type 'x' 'count'\nperiod type 'x' 'count'\nperiod 1 time 0 duration 0" NO_HEAD "sample 0 1 2 = 1\n"
	    "mapping 1 0x400000-0x403000+0x0 '/src/out/prog' 'abcdef12' flags 0\nmapping 2 0x7000-0x8000+0x0 "
	    "'/lib/c.so.6' '' flags 0\n"
	    "mapping 3 0x0-0xffffffffffffffff+0x0 '' '' flags 0\nlocation 1 at 0x401000 mapping 0\nlocation 2 at "
	    "0x7000 mapping 1\n"
	    "location 3 at 0x9000 mapping 2\n" },
	{ "goroutine-dump", 0, false,
	    "panic: x\n\ngoroutine 1 [running]:\nmain.f({0x1, 0x2})\n\t/m.go:3 +0x1d\nmain.main()\n\t/m.go:9 +0x25\n\n"
	    "goroutine 7 gp=0x1 m=nil [select, 5 minutes, locked to thread]:\nmain.f({0x3})\n\t/m.go:3 "
	    "+0x1d\nmain.main()\n\t/m.go:9\n"
	    "created by main.main in goroutine 1\n\t/m.go:4 +0x1\nexit status 2\n",
	    "type 'goroutine' 'count'\nperiod type 'goroutine' 'count'\nperiod 1 time 0 duration 0" NO_HEAD
	    "sample 0 1 = 2\n"
	    "mapping 1 0x0-0x0+0x0 '' '' flags 0\nlocation 1 at 0x0 mapping 0 'main.f':3\nlocation 2 at 0x0 mapping 0 "
	    "'main.main':9\n"
	    "function 1 'main.f' 'main.f' '/m.go':0\nfunction 2 'main.main' 'main.main' '/m.go':0\n" },
	{ "goroutine-dump", FORMAT_TAGS, false,
	    "goroutine 7 [select, 5 minutes, locked to thread]:\nf.(*T[...]).g(...)\n\tx.go:1\n...additional frames "
	    "elided...\n"
	    "created by h in goroutine 1\n\tx.go:2\ngoroutine 8 [running]:\n\tgoroutine running on other thread; stack "
	    "unavailable\n",
	    "type 'goroutine' 'count'\nperiod type 'goroutine' 'count'\nperiod 1 time 0 duration 0" NO_HEAD
	    "sample 0 1 = 1 'state'='select'/0'' 'wait'=''/5'minutes' 'locked'='thread'/0'' 'goroutine'=''/7'' "
	    "'created_by'='h'/0''\n"
	    "sample 2 = 1 'state'='running'/0'' 'goroutine'=''/8''\nmapping 1 0x0-0x0+0x0 '' '' flags 0\n"
	    "location 1 at 0x0 mapping 0 'f.(*T[...]).g':1\nlocation 2 at 0x0 mapping 0 '[frames elided]':0\n"
	    "location 3 at 0x0 mapping 0 '[stack unavailable]':0\nfunction 1 'f.(*T[...]).g' 'f.(*T[...]).g' 'x.go':0\n"
	    "function 2 '[frames elided]' '[frames elided]' '':0\nfunction 3 '[stack unavailable]' '[stack "
	    "unavailable]' '':0\n" },
	{ "goroutine-dump", 0, false, "x\ngoroutine x [running]:\n", "error: goroutine-dump: no stacks in 2 lines" },
};

static void test_cases(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct format_opts o = { .keep = cases[i].keep, .lenient = cases[i].lenient };
		const char *got = decoded(a, row(cases[i].format), str_cstr(cases[i].in), &o);

		if (strcmp(got, cases[i].want) != 0)
			fail_msg("case %zu:\n%s\n%s\nwant\n%s", i, cases[i].in, got, cases[i].want);
		arena_free(a);
	}
}

/* ---- binary words ---- */

static void put_word(struct buf *b, uint64_t v, unsigned size, bool big)
{
	for (unsigned i = 0; i < size; i++)
		buf_byte(b, (unsigned char)(v >> 8 * (big ? size - 1 - i : i)));
}

static const uint64_t cpu_words[] = { 0, 3, 0, 10000, 0, /* header */
	2, 3, 0x1000, 0x2001, 0x3001,                    /* a sample */
	1, 2, 0x1000, 0x1000,                            /* the leaf twice */
	1, 0,                                            /* no stack */
	0, 1, 0 };

#define CPU_SAMPLES                                                                                  \
	"type 'samples' 'count'\ntype 'cpu' 'nanoseconds'\nperiod type 'cpu' 'nanoseconds'\nperiod " \
	"10000000 time 0 duration 0" NO_HEAD
#define CPU_WANT                                                                                        \
	CPU_SAMPLES "sample 0 1 2 = 2 20000000\nsample 0 = 1 10000000\nsample = 1 10000000\n"           \
		    "mapping 1 0x1000-0x4000+0x0 '/bin/x' '' flags 0\nlocation 1 at 0x1000 mapping 0\n" \
		    "location 2 at 0x2000 mapping 0\nlocation 3 at 0x3000 mapping 0\n"

static void cpu_profile(struct buf *b, unsigned size, bool big)
{
	for (size_t i = 0; i < ARRAY_LEN(cpu_words); i++)
		put_word(b, cpu_words[i], size, big);
	buf_add(b, STR("00001000-00004000 r-xp 00000000 08:01 5 /bin/x\n"));
}

static void test_cpu_words(void **ctx)
{
	(void)ctx;
	for (unsigned i = 0; i < 4; i++) {
		struct arena *a = arena_new();
		unsigned size = i < 2 ? 4 : 8;
		struct format_opts o = { 0 };
		const char *got;
		struct buf b;

		buf_init(&b, 4096);
		cpu_profile(&b, size, i % 2);
		assert_string_equal(decoded(a, row("gperftools-cpu"), buf_str(&b), &o), CPU_WANT);
		/* within the second sample */
		got = decoded(a, row("gperftools-cpu"), str_of(b.p, size * 12), &o);
		assert_string_equal(got,
		    arena_printf(a, "error: gperftools-cpu: byte %u: the sample is cut short", size * 12).p);
		o.lenient = true;
		got = decoded(a, row("gperftools-cpu"), str_of(b.p, size * 12), &o);
		assert_true(strstr(got, CPU_SAMPLES "sample 0 = 2 20000000\n" EVERYTHING));
		assert_true(strstr(got, "skipped 1: byte"));
		buf_fini(&b);
		arena_free(a);
	}
}

/* A frame that nearly all samples have above the leaf is the signal handler's: two rounds. */
static void test_cpu_handler(void **ctx)
{
	struct arena *a = arena_new();
	struct format_opts o = { 0 };
	struct format_profiles got = { 0 };
	struct buf b;
	struct err e;

	(void)ctx;
	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < 5; i++)
		put_word(&b, cpu_words[i], 8, false);
	for (uint64_t i = 0; i < 64; i++) {
		const uint64_t sample[] = { 1, 4, 0x1000 + i, 0x51, 0x61, 0x71 + i };

		for (size_t k = 0; k < ARRAY_LEN(sample); k++)
			put_word(&b, k == 3 && i == 9 ? 0x99 : sample[k], 8, false);
	}
	assert_int_equal(row("gperftools-cpu")->decode(a, buf_str(&b), &o, &got, &e), 0);
	for (uint32_t i = 0; i < 64; i++)
		assert_int_equal(got.p[0].p->stack_at[i + 1] - got.p[0].p->stack_at[i], i == 9 ? 4 : 2);
	buf_fini(&b);
	arena_free(a);
}

/* ---- any bytes ---- */

static void each_row(struct str s)
{
	for (uint32_t i = 0; i < n_formats; i++) {
		struct format_opts o = { .keep = FORMAT_TAGS | FORMAT_NAMES, .lenient = s.n % 2 };
		struct format_profiles got = { 0 };
		struct arena *a;
		struct err e;

		if (formats[i]->decode == NULL || formats[i]->bid(s, STR_NONE) < 50)
			continue;
		a = arena_new();
		if (formats[i]->decode(a, s, &o, &got, &e) < 0)
			assert_true(e.msg[0] && e.kind != ERR_NONE);
		arena_free(a);
	}
}

/* A variable makes long lines of short ones: what all of them take is bounded by the text. */
static void test_variables(void **ctx)
{
	struct arena *a = arena_new();
	struct format_opts o = { 0 };
	struct format_profiles got = { 0 };
	const struct format *f;
	struct buf b;
	struct err e;

	(void)ctx;
	buf_init(&b, FIXTURE_MAX);
	buf_add(&b, STR("heap profile: 1: 8 [1: 8] @ growth\n1: 8 [1: 8] @ 0x10\nMAPPED_LIBRARIES:\nA="));
	buf_fill(&b, 'y', 32 << 10);
	buf_add(&b, STR("\n0-100: $A\n"));
	for (int i = 0; i < 5000; i++)
		buf_add(&b, STR("$A\n"));
	f = format_by_name(STR("heap-text"), &e);
	assert_int_equal(f->decode(a, buf_str(&b), &o, &got, &e), 0);
	assert_int_equal(profile_str(got.p[0].p, got.p[0].p->mappings[0].file).n, 32 << 10);
	assert_in_range(arena_bytes(a), 1, 64 * b.n);
	buf_fini(&b);
	arena_free(a);
}

static void test_cut(void **ctx)
{
	struct buf b;

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t n = 0; n <= strlen(cases[i].in); n++)
			each_row(str_of(cases[i].in, n));
	buf_init(&b, 4096);
	cpu_profile(&b, 8, true);
	for (size_t n = 0; n < b.n; n++) {
		each_row(str_of(b.p, n));
		for (unsigned bit = 0; bit < 8; bit++) {
			b.p[n] = (char)(b.p[n] ^ 1 << bit);
			each_row(buf_str(&b));
			b.p[n] = (char)(b.p[n] ^ 1 << bit);
		}
	}
	buf_fini(&b);
}

static void test_goroutine_cut(void **ctx)
{
	const struct format *f = row("goroutine-dump");
	struct str two = STR("goroutine 1 [running]:\nf()\n\ngoroutine 2 [running]:\ng()\n\ngoroutine 3 [");

	(void)ctx;
	assert_int_equal(f->cut(two), 56);
	assert_int_equal(f->cut(str_of(two.p, 27)), 0);
	assert_int_equal(f->cut(STR("")), 0);
}

/* ---- shared data ---- */

static void check_row(const char *path, const json_t *json, void *arg)
{
	struct arena *a = arena_new();
	struct format_profiles got = { 0 };
	struct format_opts o = { 0 };
	const struct format *f;
	struct str bytes;
	struct err e;

	if (format_unpack(a, fixture_file(a, path), FIXTURE_MAX, &bytes, &e) == 0 &&
	    json_is_true(fixture_get(json, "google_pprof_accepts"))) {
		f = format_detect(bytes, STR_NONE, &e);
		assert_non_null(f);
		if (strcmp(f->name, "pprof") != 0) {
			if (f->decode(a, bytes, &o, &got, &e) < 0)
				fail_msg("%s: %s", path, e.msg);
			assert_int_equal(got.n, 1);
			expect_facts(path, got.p[0].p, json_object_get(json, "expected"));
			++*(unsigned *)arg;
		}
	}
	arena_free(a);
}

static void test_shared(void **ctx)
{
	unsigned n = 0;

	(void)ctx;
	fixture_rows("pprof/ own/pprof/", "pprof", check_row, &n);
	print_message("%u files\n", n);
	assert_true(n >= 16);
}

/* Names of comments are those that the protobuf form of the same moment has. */
static void test_shared_names(void **ctx)
{
	static const char *const files[] = { "pprof/goroutine/1.net.http.pprof.goroutine.debug1.txt",
		"own/pprof/go-labels/goroutine.debug1.txt", "own/pprof/go-a/mutex.debug1.txt" };

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct arena *a = arena_new();
		struct format_opts o = { .keep = FORMAT_NAMES | FORMAT_TAGS };
		struct format_profiles got = { 0 };
		struct str bytes = fixture_file(a, files[i]);
		uint32_t named = 0;
		struct err e;

		if (bytes.p == NULL) {
			arena_free(a);
			print_message("no shared data: set PYRO_SHARED\n");
			skip();
		}
		assert_int_equal(format_detect(bytes, STR_NONE, &e)->decode(a, bytes, &o, &got, &e), 0);
		for (uint32_t k = 0; k < got.p[0].p->n_locations; k++)
			named += got.p[0].p->locations[k].n_lines > 0;
		/* Go hides its runtime at the leaf */
		assert_true(named * 10 > got.p[0].p->n_locations * 6);
		assert_int_equal(got.p[0].p->tag_at != NULL, i < 2);
		arena_free(a);
	}
}

/* Each goroutine of a dump is a sample. */
static void test_shared_dumps(void **ctx)
{
	static const struct {
		const char *path;
		uint32_t n;
	} files[] = { { "pprof/goroutine/1.net.http.pprof.goroutine.debug2.txt", 10 },
		{ "pprof/goroutine/1.pprof.lookup.goroutine.debug2.txt", 6 },
		{ "own/pprof/go-a/goroutine.debug2.txt", 17 }, { "own/pprof/go-server/goroutine.debug2.txt", 244 } };

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct arena *a = arena_new();
		struct format_opts o = { .keep = FORMAT_TAGS };
		struct format_profiles got = { 0 };
		struct str bytes = fixture_file(a, files[i].path);
		struct err e;

		if (bytes.p == NULL) {
			arena_free(a);
			print_message("no shared data: set PYRO_SHARED\n");
			skip();
		}
		assert_int_equal(format_detect(bytes, STR_NONE, &e)->decode(a, bytes, &o, &got, &e), 0);
		assert_int_equal(got.p[0].p->n_samples, files[i].n);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_cpu_words),
		cmocka_unit_test(test_cpu_handler),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_goroutine_cut),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_shared_names),
		cmocka_unit_test(test_shared_dumps),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
