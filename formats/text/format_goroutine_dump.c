/*
 * format_goroutine_dump.c - the stacks of all goroutines: debug=2 of Go's net/http/pprof, SIGQUIT and panics.
 *
 *	goroutine 18 [IO wait, 5 minutes, locked to thread]:
 *	internal/poll.runtime_pollWait(0x1e91e88, 0x72)
 *		/go/src/runtime/netpoll.go:222 +0x55
 *	...additional frames elided...
 *	created by main.main in goroutine 1
 *		/src/main.go:12 +0x35
 *
 * Each goroutine is a sample of 1. With FORMAT_TAGS they stay apart by state, wait (minutes), goroutine, created_by.
 * What stands in front of the first and between the stacks (a panic, registers) is left out. Where frames or a whole
 * stack are missing, a frame in brackets says so.
 */
#include "formats/text/stack_dump.h"

/* goroutine N [STATE]: with words like gp=0x1 in between; *state is what stands in brackets. */
static bool is_head(struct str line, struct str *id, struct str *state)
{
	size_t open, close;

	if (!str_prefix(line, STR("goroutine ")))
		return false;
	line = str_skip(line, 10);
	*id = str_of(line.p, str_find(line, ' '));
	for (size_t i = 0; i < id->n; i++)
		if (id->p[i] < '0' || id->p[i] > '9')
			return false;
	open = str_search(line, STR(" ["));
	close = str_rfind(line, ']');
	if (id->n == 0 || close >= line.n || open >= close || line.p[line.n - 1] != ':')
		return false;
	*state = str_of(line.p + open + 2, close - open - 2);
	return true;
}

/* "IO wait, 5 minutes, locked to thread" */
static void take_state(struct dump *d, struct str id, struct str state)
{
	int64_t v;

	dump_tag(d, "state", str_trim(str_cut(&state, ',')), 0, "");
	while (state.n) {
		struct str part = str_trim(str_cut(&state, ','));

		if (str_eq(part, STR("locked to thread")))
			dump_tag(d, "locked", STR("thread"), 0, "");
		else if (str_suffix(part, STR(" minutes")) && dump_number(str_of(part.p, part.n - 8), &v))
			dump_tag(d, "wait", STR_NONE, v, "minutes");
	}
	if (dump_number(id, &v))
		dump_tag(d, "goroutine", STR_NONE, v, "");
}

/* "\t/src/main.go:12 +0x35" behind a line with a name, or nothing. */
static void take_place(struct dump *d, struct str *file, int64_t *line)
{
	struct str place;
	size_t colon, blank;

	*file = STR_NONE;
	*line = 0;
	if (d->t.rest.n == 0 || d->t.rest.p[0] != '\t')
		return;
	lines_next(&d->t);
	place = str_trim(d->t.line);
	blank = str_rfind(place, ' ');
	if (blank < place.n && str_prefix(str_skip(place, blank), STR(" +0x")))
		place.n = blank;
	colon = str_rfind(place, ':');
	*file = place;
	if (colon < place.n && dump_number(str_skip(place, colon + 1), line))
		file->n = colon;
}

/* A line of a stack that is no place; false: the stack ends here. */
static bool take_frame(struct dump *d)
{
	struct str name = d->t.line, file, in;
	int64_t line;

	if (str_trim(name).n == 0)
		return false;
	if (str_prefix(name, STR("created by "))) {
		name = str_skip(name, 11);
		in = STR(" in goroutine ");
		name.n = MIN(name.n, str_search(name, in));
		take_place(d, &file, &line);
		dump_tag(d, "created_by", name, 0, "");
	} else if (str_prefix(name, STR("...")) && str_search(name, STR("elided")) < name.n) {
		dump_frame(d, STR("[frames elided]"), STR_NONE, 0);
	} else if (str_search(name, STR("stack unavailable")) < name.n) {
		dump_frame(d, STR("[stack unavailable]"), STR_NONE, 0);
	} else if (name.p[name.n - 1] == ')' && name.p[0] != '\t' && str_rfind(name, '(') > 0) {
		name.n = str_rfind(name, '(');
		take_place(d, &file, &line);
		dump_frame(d, name, file, line);
	} else {
		return false;
	}
	return true;
}

static void one_goroutine(struct dump *d, struct str id, struct str state)
{
	take_state(d, id, state);
	while (lines_next(&d->t) && take_frame(d))
		;
	dump_sample(d, 1);
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct str id, state;
	struct dump d;

	dump_init(&d, a, bytes, o, STR("goroutine"), "count");
	lines_next(&d.t);
	while (d.t.line.p) {
		if (is_head(d.t.line, &id, &state))
			one_goroutine(&d, id, state); /* the line at hand is the one behind it */
		else
			lines_next(&d.t);
	}
	return dump_finish(&d, "goroutine-dump", out, e);
}

static int goroutine_dump_bid(struct str bytes, struct str file_name)
{
	struct lines t = { .rest = str_of(bytes.p, MIN(bytes.n, (size_t)DUMP_LOOK)) };
	struct str id, state;

	(void)file_name;
	while (lines_next(&t))
		if (is_head(t.line, &id, &state))
			return BID_SURE;
	return BID_NO;
}

/* Whole goroutines: up to the last empty line in front of one. */
static size_t goroutine_dump_cut(struct str s)
{
	struct str rest = s;
	size_t whole = 0, at;

	while ((at = str_search(rest, STR("\n\ngoroutine "))) < rest.n) {
		rest = str_skip(rest, at + 2);
		whole = s.n - rest.n;
	}
	return whole;
}

const struct format format_goroutine_dump = {
	.name = "goroutine-dump",
	.extensions = "",
	.content_types = "text/x-goroutine-dump",
	.text = "stacks of goroutines (debug=2, SIGQUIT, panics), text",
	.bid = goroutine_dump_bid,
	.decode = row_decode,
	.cut = goroutine_dump_cut,
};
