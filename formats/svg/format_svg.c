/* format_svg.c - pictures of flame graphs in the table of formats */
#include "formats/format_impl.h"
#include "formats/svg/svg_read.h"

static int svg_bid(struct str s, struct str file_name)
{
	(void)file_name;
	if (!format_near(s, "<svg") || s.n == 0 || (s.p[0] != '<' && str_trim(s).p[0] != '<' && s.p[0] != '\xef'))
		return BID_NO;
	return str_search(s, STR("<title>")) < s.n ? BID_SURE : BID_WEAK;
}

const struct format format_svg = {
	.name = "svg",
	.extensions = "svg",
	.content_types = "image/svg+xml",
	.text = "picture of a flame graph: ours, inferno, flamegraph.pl",
	.bid = svg_bid,
	.decode = svg_decode,
};
