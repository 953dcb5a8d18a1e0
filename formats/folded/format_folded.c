/* format_folded.c - collapsed stacks in the table of formats */
#include "formats/folded/folded.h"
#include "formats/format_impl.h"

#define FOLDED_EXTENSIONS "folded collapsed"

static bool counted_line(struct str line)
{
	size_t blank, i;

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	blank = str_rfind(line, ' ');
	i = blank + 1;
	if (i < line.n && (line.p[i] == '-' || line.p[i] == '+'))
		i++;
	if (blank >= line.n || i >= line.n)
		return false;
	for (; i < line.n; i++)
		if (line.p[i] < '0' || line.p[i] > '9')
			return false;
	return true;
}

/* Nine of ten of the first lines end in a blank and a number; comments do not count. */
static int folded_bid(struct str s, struct str file_name)
{
	bool named = format_named(file_name, FOLDED_EXTENSIONS);
	unsigned lines = 0, good = 0;

	while (s.n && lines < 50) {
		size_t n = str_find(s, '\n');
		struct str line = str_of(s.p, n);

		s = str_skip(s, n + 1);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		lines++;
		good += counted_line(line);
	}
	if (good == 0)
		return BID_NO;
	if (good * 10 >= lines * 9)
		return named ? BID_SURE : BID_LIKELY - 10;
	return named ? BID_LIKELY - 10 : BID_NO;
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct folded_lines lines;
	struct profile *p;

	(void)o;
	if (folded_read(a, bytes, &p, &lines, e) < 0)
		return -1;
	out->notes.records = lines.counted;
	out->notes.skipped = lines.skipped;
	if (lines.skipped > 0)
		out->notes.first = arena_printf(a, "line %u: no count", lines.first_skipped);
	profile_reserve_strings(p, 2);
	p->types[0].type = profile_new_str(p, STR("samples"));
	p->types[0].unit = profile_new_str(p, STR("count"));
	return format_one(a, p, out);
}

/* Each line is a record. */
static size_t row_cut(struct str bytes)
{
	size_t last = str_rfind(bytes, '\n');

	return last < bytes.n ? last + 1 : 0;
}

static int row_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	const struct profile *p = in->p;
	uint32_t type;

	(void)n;
	if (format_type(p, o, "folded", &type, e) < 0)
		return -1;
	folded_encode(p, type, out);
	return buf_check(out, "folded", e);
}

const struct format format_folded = {
	.name = "folded",
	.extensions = FOLDED_EXTENSIONS,
	.content_types = "text/plain",
	.text = "collapsed stacks: frame;frame;frame COUNT",
	.bid = folded_bid,
	.decode = row_decode,
	.cut = row_cut,
	.encode = row_encode,
};
