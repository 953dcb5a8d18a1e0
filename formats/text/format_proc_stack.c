/*
 * format_proc_stack.c - /proc/PID/stack, one or many.
 *
 *	==> /proc/123/stack <==                     or any other line that is no frame; may be missing
 *	[<0>] do_wait+0x1a0/0x280
 *	[<ffffffff811c2f50>] nfs_wait+0x30/0x90 [nfs]
 *
 * as well as the lines of grep, "/proc/123/stack:[<0>] do_wait+0x1a0/0x280". Each stack is a task of 1; what stands in
 * front of it is its tag "task", and the number of /proc/NUMBER/ "pid", with FORMAT_TAGS.
 */
#include "formats/text/stack_dump.h"

/* Where "[<HEX>] " begins; line.n if nowhere. */
static size_t find_frame(struct str line, uint64_t *address, struct str *name)
{
	size_t at = str_search(line, STR("[<")), end;
	struct str rest = str_skip(line, at + 2);

	end = str_search(rest, STR(">] "));
	if (at >= line.n || end >= rest.n || !dump_hex(str_of(rest.p, end), address))
		return line.n;
	*name = str_trim(str_skip(rest, end + 3));
	return name->n ? at : line.n;
}

/* name+0x1a0/0x280 [module] */
static void take_frame(struct dump *d, uint64_t address, struct str name)
{
	size_t module = str_search(name, STR(" [")), plus = str_search(name, STR("+0x"));
	struct str file = STR_NONE;
	uint64_t v;

	if (module < name.n) {
		file = str_skip(name, module + 1);
		name.n = module;
	}
	if (dump_hex(name, &v) && str_prefix(name, STR("0x"))) {
		if (v != UINT64_MAX) /* the end of a stack of old kernels */
			dump_address(d, address ? address : v, file);
		return;
	}
	dump_frame(d, str_of(name.p, plus), file, 0);
}

static void set_task(struct dump *d, struct str head)
{
	size_t proc = str_search(head, STR("/proc/"));
	struct str pid = str_skip(head, proc + 6);
	int64_t v;

	d->n_tags = 0;
	if (str_trim(head).n == 0)
		return;
	pid.n = MIN(pid.n, str_find(pid, '/'));
	if (proc < head.n && dump_number(pid, &v))
		dump_tag(d, "pid", pid, 0, "");
	else
		dump_tag(d, "task", str_trim(head), 0, "");
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct str before = STR_NONE, name;
	struct dump d;
	uint64_t address;

	dump_init(&d, a, bytes, o, STR("tasks"), "count");
	while (lines_next(&d.t)) {
		size_t at = find_frame(d.t.line, &address, &name);
		struct str head = str_of(d.t.line.p, at);

		if (at == d.t.line.n || !str_eq(head, before)) {
			dump_sample(&d, 1);
			if (head.n || before.n)
				set_task(&d, head);
		}
		before = at == d.t.line.n ? STR_NONE : head;
		if (at < d.t.line.n)
			take_frame(&d, address, name);
	}
	dump_sample(&d, 1);
	return dump_finish(&d, "proc-stack", out, e);
}

static int proc_stack_bid(struct str bytes, struct str file_name)
{
	struct lines t = { .rest = str_of(bytes.p, MIN(bytes.n, (size_t)DUMP_LOOK)) };
	uint64_t address;
	struct str name;

	(void)file_name;
	while (lines_next(&t))
		if (find_frame(t.line, &address, &name) < t.line.n)
			return BID_SURE;
	return BID_NO;
}

const struct format format_proc_stack = {
	.name = "proc-stack",
	.extensions = "",
	.content_types = "text/x-proc-stack",
	.text = "kernel stacks of /proc/PID/stack",
	.bid = proc_stack_bid,
	.decode = row_decode,
};
