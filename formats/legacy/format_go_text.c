/*
 * format_go_text.c - counts of stacks by Go's runtime/pprof with debug=1: goroutine, threadcreate and others.
 *
 *	goroutine profile: total 10
 *	2 @ 0x103b125 0x106cd1f
 *	# labels: {"key":"value"}
 *	#	0x106cd1e	time.Sleep+0xbe	/go/src/runtime/time.go:188
 */
#include "formats/legacy/legacy_go.h"

/* NAME profile: total NUMBER */
static bool parse_head(struct str line, struct str *name)
{
	size_t blank = str_find(line, ' ');
	int64_t total;

	*name = str_of(line.p, blank);
	line = str_skip(line, blank);
	return name->n > 0 && str_find(*name, '\t') == name->n && legacy_skip(&line, STR(" profile: total ")) &&
	    line.n && line.p[0] != '-' && legacy_number(&line, &total) && line.n == 0;
}

/* Comments may come first. */
static bool find_head(struct legacy *l, struct str *name)
{
	while (legacy_line(l) && legacy_blank(l->text.line))
		;
	return parse_head(l->text.line, name);
}

static int one_sample(struct legacy *l, struct err *e)
{
	struct str line = l->text.line;
	uint64_t address;
	int64_t count;

	if (line.n == 0 || line.p[0] == '-' || !legacy_number(&line, &count) || !legacy_skip(&line, STR(" @")))
		return legacy_bad(l, "no \"count @ addresses\"", e);
	while (legacy_skip(&line, STR(" ")) && legacy_address(&line, &address))
		legacy_push(l, address - 1);
	if (line.n || legacy_depth(l) == 0)
		return legacy_bad(l, "no \"count @ addresses\"", e);
	legacy_go_comments(l);
	legacy_sample(l, &count);
	return 0;
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct legacy l;
	struct str name;

	legacy_init(&l, a, bytes, o);
	if (!find_head(&l, &name))
		return err_set(e, ERR_INVALID, "go-text: line %u: no \"NAME profile: total NUMBER\"", l.text.no);
	legacy_types(&l, arena_printf(a, STR_FMT " count", STR_ARG(name)).p,
	    arena_printf(a, STR_FMT " count", STR_ARG(name)).p);
	l.period = 1;
	while (legacy_line(&l) && !str_prefix(l.text.line, STR("---")))
		if (!legacy_blank(l.text.line) && one_sample(&l, e) < 0)
			return err_wrap(e, "go-text");
	legacy_sections(&l);
	return legacy_finish(&l, LEGACY_CPU, out);
}

static int go_text_bid(struct str bytes, struct str file_name)
{
	struct format_opts o = { 0 };
	struct legacy l;
	struct str name;

	(void)file_name;
	legacy_init(&l, NULL, str_of(bytes.p, MIN(bytes.n, (size_t)4096)), &o);
	return find_head(&l, &name) ? BID_SURE : BID_NO;
}

const struct format format_go_text = {
	.name = "go-text",
	.extensions = "",
	.content_types = "text/x-go-profile",
	.text = "counts by stack of Go (goroutine, threadcreate with debug=1), text",
	.bid = go_text_bid,
	.decode = row_decode,
};
