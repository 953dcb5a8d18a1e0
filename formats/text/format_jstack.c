/*
 * format_jstack.c - thread dumps of Java: jstack, jcmd Thread.print and Thread.dump_to_file, SIGQUIT.
 *
 *	"main" #1 prio=5 os_prio=0 tid=0x00007f nid=0x1 waiting on condition
 *	   java.lang.Thread.State: TIMED_WAITING (sleeping)
 *		at java.lang.Thread.sleep(java.base@17.0.1/Native Method)
 *		- locked <0x0> (a java.lang.Object)
 *		at com.acme.Main.main(Main.java:5)
 *
 *	#22 "worker"                                 of dump_to_file: frames without "at"
 *	      java.base/java.lang.Thread.run(Thread.java:833)
 *
 * Each thread with a stack is a sample of 1; several dumps of one program add up. Tags with FORMAT_TAGS: thread, state.
 */
#include "formats/text/stack_dump.h"

/* "NAME" at the beginning or behind #NUMBER. */
static bool is_thread(struct str line, struct str *name)
{
	size_t end;
	int64_t v;

	if (line.n && line.p[0] == '#') {
		end = str_find(line, ' ');
		if (!dump_number(str_of(line.p + 1, end - 1), &v))
			return false;
		line = str_skip(line, end + 1);
	}
	if (line.n < 2 || line.p[0] != '"')
		return false;
	line = str_skip(line, 1);
	end = str_rfind(line, '"');
	*name = str_of(line.p, end);
	return end < line.n;
}

/* java.base@17.0.1/java.lang.Thread.sleep, app//com.acme.Main.run: without loader and module. The number behind a
   hidden class, Main$$Lambda$14/0x08c03000.run, stays. */
static struct str without_module(struct str s)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == '/' && i < s.n && !(s.p[i] >= '0' && s.p[i] <= '9'))
			return str_skip(s, i);
	return s;
}

/* "com.acme.Main.main(Main.java:5)"; false: it is none. */
static bool take_frame(struct dump *d, struct str s)
{
	size_t open = str_rfind(s, '('), slash, colon;
	struct str file;
	int64_t line = 0;

	if (s.n < 3 || s.p[s.n - 1] != ')' || open == 0 || open >= s.n || str_find(s, ' ') < open)
		return false;
	file = str_of(s.p + open + 1, s.n - open - 2);
	slash = str_rfind(file, '/');
	if (slash < file.n)
		file = str_skip(file, slash + 1);
	colon = str_rfind(file, ':');
	if (colon < file.n && dump_number(str_skip(file, colon + 1), &line))
		file.n = colon;
	if (str_eq(file, STR("Native Method")) || str_eq(file, STR("Unknown Source")))
		file = STR_NONE;
	dump_frame(d, without_module(str_of(s.p, open)), file, line);
	return true;
}

/* The lines below a thread's first. */
static void one_line(struct dump *d, struct str line, bool *in_stack)
{
	struct str state = str_trim(line);

	if (str_prefix(state, STR("java.lang.Thread.State: "))) {
		state = str_skip(state, 24);
		dump_tag(d, "state", str_of(state.p, str_find(state, ' ')), 0, "");
	} else if (str_prefix(state, STR("at "))) {
		take_frame(d, str_skip(state, 3));
	} else if (state.n == 0 || str_prefix(state, STR("Locked ownable"))) {
		*in_stack = false;
	} else if (state.p[0] != '-') {
		take_frame(d, state);
	}
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	bool in_stack = false;
	struct dump d;
	struct str name;

	dump_init(&d, a, bytes, o, STR("threads"), "count");
	while (lines_next(&d.t)) {
		if (is_thread(d.t.line, &name)) {
			dump_sample(&d, 1);
			dump_tag(&d, "thread", name, 0, "");
			in_stack = true;
		} else if (in_stack) {
			one_line(&d, d.t.line, &in_stack);
		}
	}
	dump_sample(&d, 1);
	return dump_finish(&d, "jstack", out, e);
}

static int jstack_bid(struct str bytes, struct str file_name)
{
	struct str near = str_of(bytes.p, MIN(bytes.n, (size_t)DUMP_LOOK));
	struct lines t = { .rest = near };
	struct str name;

	(void)file_name;
	if (str_search(near, STR("Full thread dump ")) < near.n ||
	    str_search(near, STR("java.lang.Thread.State: ")) < near.n)
		return BID_SURE;
	while (lines_next(&t))
		if (t.line.n && t.line.p[0] == '#' && is_thread(t.line, &name))
			return BID_LIKELY;
	return BID_NO;
}

const struct format format_jstack = {
	.name = "jstack",
	.extensions = "jstack tdump",
	.content_types = "text/x-java-thread-dump",
	.text = "thread dumps of Java",
	.bid = jstack_bid,
	.decode = row_decode,
};
