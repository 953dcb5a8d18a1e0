/*
 * format_gdb.c - backtraces of gdb, pstack and eu-stack.
 *
 *	Thread 2 (Thread 0x7ffff7dc (LWP 1234) "worker"):        or "TID 1234:"
 *	#0  0x00007ffff7c in poll () from /lib/libc.so.6
 *	#1  serve (fd=3, cb=0x4011 <f(int)>) at src/serve.c:12
 *	#2  <signal handler called>
 *	#3  0x0000000000 in ?? ()
 *
 * Each stack is a thread of 1; a frame #0 begins one. Tags with FORMAT_TAGS: thread (its name, else its number), tid.
 */
#include "formats/text/stack_dump.h"

/* #N; rest is what follows. */
static bool is_frame(struct str line, int64_t *number, struct str *rest)
{
	size_t end;

	line = str_trim(line);
	if (line.n < 3 || line.p[0] != '#')
		return false;
	end = str_find(line, ' ');
	*rest = str_trim(str_skip(line, end));
	return rest->n > 0 && dump_number(str_of(line.p + 1, end - 1), number);
}

static bool is_head(struct str line)
{
	size_t open = str_search(line, STR(" ("));
	int64_t v;

	if (line.n < 5 || line.p[line.n - 1] != ':')
		return false;
	if (str_prefix(line, STR("TID ")))
		return dump_number(str_of(line.p + 4, line.n - 5), &v);
	return str_prefix(line, STR("Thread ")) && open > 7 && open < line.n &&
	    dump_number(str_of(line.p + 7, open - 7), &v);
}

/* The text between two marks; false: not there. */
static bool between(struct str s, struct str before, char behind, struct str *out)
{
	size_t at = str_search(s, before), n;

	if (at >= s.n)
		return false;
	s = str_skip(s, at + before.n);
	n = str_find(s, behind);
	*out = str_of(s.p, n);
	return n < s.n;
}

static void take_head(struct dump *d, struct str line)
{
	struct str text;

	if (between(line, STR("\""), '"', &text))
		dump_tag(d, "thread", text, 0, "");
	else if (between(line, STR("Thread "), ' ', &text))
		dump_tag(d, "thread", text, 0, "");
	if (between(line, STR("LWP "), ')', &text) || between(line, STR("TID "), ':', &text))
		dump_tag(d, "tid", text, 0, "");
}

/* Behind "operator" stand brackets that open nothing: <, <<, ->, (). */
static size_t operator_end(struct str s, size_t i)
{
	static const char *const signs[] = { "<<=", "<=>", "<<", ">>", "<=", ">=", "->", "()", "<", ">" };

	for (size_t k = 0; k < ARRAY_LEN(signs); k++)
		if (str_prefix(str_skip(s, i), str_cstr(signs[k])))
			return i + strlen(signs[k]);
	return i;
}

/* Where the arguments of "std::function<void (int)>::operator() (this=0x1)" begin: at a blank and a bracket outside of others. */
static size_t arguments(struct str s)
{
	int depth = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == 'o' && str_prefix(str_skip(s, i), STR("operator"))) {
			i = operator_end(s, i + 8) - 1;
			continue;
		}
		if (c == ' ' && depth == 0 && i + 1 < s.n && s.p[i + 1] == '(' && i > 0)
			return i;
		depth += c == '<' || c == '(' ? 1 : c == '>' || c == ')' ? -1 : 0;
	}
	return str_search(s, STR(" ("));
}

/* " at FILE:LINE" or " from FILE" behind the last bracket. */
static struct str take_place(struct str *s, int64_t *line)
{
	size_t close = str_rfind(*s, ')');
	struct str tail = close < s->n ? str_skip(*s, close + 1) : STR_NONE, file = STR_NONE;
	size_t colon;

	if (str_prefix(tail, STR(" at ")))
		file = str_skip(tail, 4);
	else if (str_prefix(tail, STR(" from ")))
		file = str_skip(tail, 6);
	else
		return STR_NONE;
	s->n = close + 1;
	colon = str_rfind(file, ':');
	if (colon < file.n && dump_number(str_skip(file, colon + 1), line))
		file.n = colon;
	return file;
}

static void take_frame(struct dump *d, struct str s)
{
	size_t blank = str_find(s, ' ');
	uint64_t address = 0;
	int64_t line = 0;
	struct str file, name;

	if (str_prefix(s, STR("0x")) && dump_hex(str_of(s.p, blank), &address)) {
		s = str_trim(str_skip(s, blank));
		if (str_prefix(s, STR("in ")))
			s = str_skip(s, 3);
	}
	/* gdb breaks long lines in front of the place */
	if (d->t.rest.n && (str_prefix(d->t.rest, STR("    at ")) || str_prefix(d->t.rest, STR("    from ")))) {
		lines_next(&d->t);
		s = arena_printf(d->a, STR_FMT " " STR_FMT, STR_ARG(s), STR_ARG(str_trim(d->t.line)));
	}
	file = take_place(&s, &line);
	name = str_trim(str_of(s.p, arguments(s)));
	if (name.n > 4 && str_suffix(name, STR(" - 1")))
		name.n -= 4;
	if (name.n == 0 || str_eq(name, STR("??")))
		dump_address(d, address, file);
	else
		dump_frame(d, name, file, line);
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct str rest;
	struct dump d;
	int64_t number;

	dump_init(&d, a, bytes, o, STR("threads"), "count");
	while (lines_next(&d.t)) {
		if (is_head(d.t.line)) {
			dump_sample(&d, 1);
			take_head(&d, d.t.line);
		} else if (is_frame(d.t.line, &number, &rest)) {
			if (number == 0 && d.n > 0)
				dump_sample(&d, 1);
			take_frame(&d, rest);
		}
	}
	dump_sample(&d, 1);
	return dump_finish(&d, "gdb", out, e);
}

/* Frames 0 and 1, or a thread and frame 0, one behind the other. */
static int gdb_bid(struct str bytes, struct str file_name)
{
	struct lines t = { .rest = str_of(bytes.p, MIN(bytes.n, (size_t)DUMP_LOOK)) };
	bool head = false, first = false;
	struct str rest;
	int64_t number;

	(void)file_name;
	while (lines_next(&t)) {
		bool frame = is_frame(t.line, &number, &rest);

		if (frame && ((number == 0 && head) || (number == 1 && first)))
			return BID_SURE;
		head = is_head(t.line) || (head && !frame && str_trim(t.line).n == 0);
		first = first ||
		    (frame && number == 0 && (str_prefix(rest, STR("0x")) || str_search(rest, STR(" (")) < rest.n));
	}
	return first ? BID_LIKELY : BID_NO;
}

const struct format format_gdb = {
	.name = "gdb",
	.extensions = "backtrace",
	.content_types = "text/x-backtrace",
	.text = "backtraces of gdb, pstack and eu-stack",
	.bid = gdb_bid,
	.decode = row_decode,
};
