/* format_html.c - flame graphs as pages in the table of formats */
#include "formats/format_impl.h"
#include "formats/html/html_read.h"

static int html_bid(struct str s, struct str file_name)
{
	(void)file_name;
	if (!format_near(s, "<html"))
		return BID_NO;
	return html_kind(s) != HTML_NONE ? BID_SURE : BID_NO;
}

const struct format format_html = {
	.name = "html",
	.extensions = "html htm",
	.content_types = "text/html",
	.text = "flame graph as a page: ours, async-profiler",
	.bid = html_bid,
	.decode = html_decode,
};
