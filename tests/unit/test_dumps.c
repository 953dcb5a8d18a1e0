/*
 * test_dumps.c - stacks that texts show frame by frame: bpftrace, /proc/PID/stack, thread dumps of Java, gdb.
 */
#include "tests/lib/profile_fixture.h"

#include "formats/folded/folded.h"
#include "formats/format.h"

static void put_tags(struct buf *b, const struct profile *p)
{
	for (uint32_t i = 0; p->tag_at && i < p->n_samples; i++) {
		for (uint32_t k = p->tag_at[i]; k < p->tag_at[i + 1]; k++)
			buf_printf(b, " " STR_FMT "=" STR_FMT, STR_ARG(profile_str(p, p->tags[k].key)),
			    STR_ARG(profile_str(p, p->tags[k].str)));
		buf_printf(b, "\n");
	}
}

/* Each profile: its name, if any, folded stacks, tags; then notes. */
static const char *decoded(struct arena *a, const char *name, struct str in, const struct format_opts *o)
{
	struct format_profiles got = { 0 };
	struct err e;
	const struct format *f = format_by_name(str_cstr(name), &e);
	struct buf b;
	struct str text;

	assert_non_null(f);
	if (f->decode(a, in, o, &got, &e) < 0)
		return arena_printf(a, "error: %s", e.msg).p;
	buf_init(&b, FIXTURE_MAX);
	for (uint32_t i = 0; i < got.n; i++) {
		if (got.p[i].name.n)
			buf_printf(&b, STR_FMT ":\n", STR_ARG(got.p[i].name));
		folded_encode(got.p[i].p, 0, &b);
		put_tags(&b, got.p[i].p);
	}
	if (got.notes.skipped)
		buf_printf(&b, "skipped %llu: " STR_FMT "\n", (unsigned long long)got.notes.skipped,
		    STR_ARG(got.notes.first));
	text = arena_printf(a, STR_FMT, STR_ARG(buf_str(&b)));
	buf_fini(&b);
	return text.p;
}

static const struct {
	const char *format;
	unsigned keep;
	bool lenient;
	const char *in, *want;
} cases[] = {
	{ "bpftrace", 0, false,
	    "Attaching 1 probe...\n^C\n\n@[\n    leaf+1\n    mid+22\n    root+0x3\n]: 3\n@[\n    leaf+9\n    "
	    "root+1\n]: 4\n\n@start[12]: 99\n",
	    "@:\nroot;leaf 4\nroot;mid;leaf 3\n@start:\n12 99\n" },
	{ "bpftrace", FORMAT_TAGS, false,
	    "@cpu[bash, \n    kleaf+1\n    kroot+2\n, \n    uleaf+3 (libc.so)\n    main+4 (prog)\n]: 2\n"
	    "@cpu[\n    k+1\n, sleep, 77, x]: 5\n@off[\n    k+1\n, bash]: 7\n",
	    "@cpu:\nk 5\nmain;uleaf;kroot;kleaf 2\n comm=bash\n comm=sleep pid=77 key3=x\n@off:\nk 7\n comm=bash\n" },
	/* perf's style, addresses, no symbols */
	{ "bpftrace", 0, false,
	    "@[\n\tffffffff811c2f50 do_sys_open+0 ([kernel.kallsyms])\n\t7f0012345678 0x7f0012345678 "
	    "([unknown])\n\t0x55aa\n]: 1\n",
	    "@:\n0x55aa;0x7f0012345678;do_sys_open 1\n" },
	{ "bpftrace", 0, false, "@[vfs_read]: 12\n@[vfs_write]: -3\n@bytes: 4\n@x: count 4, average 1, total 4\n",
	    "@:\nvfs_read 12\nvfs_write -3\n" },
	/* keys may hold what looks like an end: the last one counts, and its sign */
	{ "bpftrace", 0, false, "@[x]: y]: -3\n@[x]: -y]: 4\n", "@:\nx]: -y 4\nx]: y -3\n" },
	{ "bpftrace", 0, false, "@[\n    f+1\n]: count 3, average 5, total 15\n",
	    "error: bpftrace: line 3: the value is no whole number" },
	{ "bpftrace", 0, true, "@[\n    f+1\n]: count 3, average 5, total 15\n@[\n    g+1\n]: 2\n",
	    "@:\ng 2\nskipped 1: line 3: the value is no whole number\n" },
	{ "bpftrace", 0, false, "@[\n    f+1\n", "error: bpftrace: line 2: the last entry has no end" },
	{ "bpftrace", 0, false, "nothing\n", "error: bpftrace: no map \"@name[stack]: number\" in 1 lines" },
	{ "proc-stack", 0, false,
	    "[<0>] do_wait+0x1a0/0x280\n[<0>] entry+0x1/0x2\n\n[<ffffffff811c2f50>] nfs_wait+0x30/0x90 "
	    "[nfs]\n[<ffffffff>] 0xffffffffffffffff\n",
	    "entry;do_wait 1\nnfs_wait 1\n" },
	{ "proc-stack", FORMAT_TAGS, false,
	    "==> /proc/12/stack <==\n[<0>] a+0x1/0x2\n==> /proc/13/stack <==\n==> /proc/14/stack <==\n[<0>] "
	    "b+0x1/0x2\nbash:\n[<0>] a+0x1/0x2\n",
	    "a 2\nb 1\n pid=12\n pid=14\n task=bash:\n" },
	{ "proc-stack", FORMAT_TAGS, false,
	    "/proc/1/stack:[<0>] a+0x1/0x2\n/proc/1/stack:[<0>] b+0x1/0x2\r\n/proc/22/stack:[<0>] a+0x1/0x2\n",
	    "a 1\nb;a 1\n pid=1\n pid=22\n" },
	{ "proc-stack", 0, false, "x [<zz>] f\n", "error: proc-stack: no stacks in 1 lines" },
	{ "jstack", FORMAT_TAGS, false,
	    "2024-01-01 12:00:00\nFull thread dump OpenJDK 64-Bit Server VM (17):\n\n"
	    "\"ma\"in\" #1 prio=5 tid=0x1 waiting on condition  [0x7f]\n   java.lang.Thread.State: TIMED_WAITING "
	    "(sleeping)\n"
	    "\tat java.lang.Thread.sleep(java.base@17.0.1/Native Method)\n\t- locked <0x0> (a java.lang.Object)\n"
	    "\tat app//com.acme.Main.main(Main.java:5)\n\n   Locked ownable synchronizers:\n\t- None\n\n"
	    "\"GC Thread#0\" os_prio=0 cpu=1ms\n\n\"w\" #2\n   java.lang.Thread.State: RUNNABLE\n"
	    "\tat T$$Lambda$1/0x00007f.run(Unknown Source)\n",
	    "T$$Lambda$1/0x00007f.run 1\ncom.acme.Main.main;java.lang.Thread.sleep 1\n thread=ma\"in "
	    "state=TIMED_WAITING\n thread=w state=RUNNABLE\n" },
	{ "jstack", 0, false,
	    "123\n2024-01-01\n\n#1 \"main\"\n      java.base/java.lang.Thread.sleep0(Native Method)\n      "
	    "T.main(T.java:3)\n\n#2 \"x\" virtual\n",
	    "T.main;java.lang.Thread.sleep0 1\n" },
	{ "jstack", 0, false, "\"x\" #1\n", "error: jstack: no stacks in 1 lines" },
	{ "gdb", FORMAT_TAGS, false,
	    "\nThread 2 (Thread 0x7ff (LWP 99) \"work er\" (Exiting)):\n#0  0x00007f in poll () from /lib/libc.so.6\n"
	    "#1  0x00005 in std::function<void (int)>::operator()(int) const (this=0x1, f=0x4 <g(int)>) at /usr/f.h:9\n"
	    "#2  (anonymous namespace)::W::operator() (this=0x7, n=0)\n    at t.cc:5\n#3  <signal handler called>\n#4  "
	    "0x0000000000001234 in ?? ()\n"
	    "\nThread 1 (LWP 98):\n#0  operator<< <int> (os=...) at a.h:1\n#1  main () at m.c:3\n[Inferior 1 "
	    "detached]\n",
	    "0x1234;<signal handler called>;(anonymous namespace)::W::operator();std::function<void "
	    "(int)>::operator()(int) const;poll 1\n"
	    "main;operator<< <int> 1\n thread=work er tid=99\n thread=1 tid=98\n" },
	{ "gdb", FORMAT_TAGS, false,
	    "PID 7 - process\nTID 7:\n#0  0x00007f0c poll\n#1  0x00000012 main - 1\nTID 8:\n#0  0x00007f0c poll\n",
	    "main;poll 1\npoll 1\n tid=7\n tid=8\n" },
	{ "gdb", 0, false, "#0  f () at a.c:1\n#0  f () at a.c:1\n#1  main ()\n", "f 1\nmain;f 1\n" },
	{ "gdb", 0, false, "#x\n", "error: gdb: no stacks in 1 lines" },
};

static void test_cases(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new();
		struct format_opts o = { .keep = cases[i].keep, .lenient = cases[i].lenient };
		const char *got = decoded(a, cases[i].format, str_cstr(cases[i].in), &o);

		if (strcmp(got, cases[i].want) != 0)
			fail_msg("case %zu:\n%s\n%s\nwant\n%s", i, cases[i].in, got, cases[i].want);
		arena_free(a);
	}
}

/* What is read is also found, where it is long enough to be known. */
static void test_detect(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct format *f;
		struct err e;

		if (str_prefix(str_cstr(cases[i].want), STR("error")))
			continue;
		f = format_detect(str_cstr(cases[i].in), STR_NONE, &e);
		if (f == NULL || strcmp(f->name, cases[i].format) != 0)
			fail_msg("case %zu: %s", i, f ? f->name : e.msg);
	}
}

static void test_cut(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t n = strlen(cases[i].in);
		char *bytes = mem_alloc(n + 1);

		memcpy(bytes, cases[i].in, n);
		for (size_t k = 0; k <= n; k++) {
			struct format_opts o = { .keep = FORMAT_TAGS, .lenient = k % 2 };
			struct arena *a = arena_new();

			decoded(a, cases[i].format, str_of(bytes, k), &o);
			bytes[k % n] = (char)(bytes[k % n] ^ (1 << k % 8));
			decoded(a, cases[i].format, str_of(bytes, n), &o);
			bytes[k % n] = (char)(bytes[k % n] ^ (1 << k % 8));
			arena_free(a);
		}
		mem_free(bytes);
	}
}

/* Stacks deeper than any are cut and say so. */
static void test_deep(void **ctx)
{
	struct arena *a = arena_new();
	struct format_opts o = { 0 };
	struct format_profiles got = { 0 };
	struct err e;
	struct buf b;

	(void)ctx;
	buf_init(&b, 16 << 20);
	for (unsigned i = 0; i < 70000; i++)
		buf_printf(&b, "[<0>] f%u+0x1/0x2\n", i % 7);
	assert_int_equal(format_by_name(STR("proc-stack"), &e)->decode(a, buf_str(&b), &o, &got, &e), 0);
	assert_int_equal(got.p[0].p->stack_at[1], 1 << 16);
	assert_true(str_eq(got.p[0].p->strings[got.p[0].p->n_strings - 1], STR("[frames left out]")));
	buf_fini(&b);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_detect),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_deep),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
