/* format_folded.c - collapsed stacks in the table of formats */
#include "formats/folded/folded.h"
#include "formats/format_impl.h"

#define FOLDED_EXTENSIONS "folded collapsed"

/* Nine of ten of the first lines end in a blank and a number; comments do not count. */
static int folded_bid(struct str s, struct str file_name)
{
	bool named = format_named(file_name, FOLDED_EXTENSIONS);
	unsigned lines, good = folded_look(s, &lines);

	if (good == 0)
		return BID_NO;
	if (good * 10 >= lines * 9)
		return named ? BID_SURE : BID_LIKELY - 10;
	return named ? BID_LIKELY - 10 : BID_NO;
}

static int row_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	const struct profile *p = in->p;
	uint32_t type;

	(void)n;
	if (o->columns) {
		folded_encode_columns(p, out);
		return buf_check(out, "folded", e);
	}
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
	.decode = folded_profiles,
	.stream = folded_stream,
	.cut = folded_cut,
	.encode = row_encode,
};
