/* format_firefox.c - profiles of the Firefox Profiler in the table of formats */
#include "formats/format_impl.h"
#include "formats/json/firefox.h"
#include "formats/json/json_bid.h"

static int firefox_bid(struct str s, struct str file_name)
{
	(void)file_name;
	if (json_first(s) != '{' || !json_has(s, "\"threads\""))
		return BID_NO;
	if (json_has(s, "\"preprocessedProfileVersion\""))
		return BID_SURE + 6; /* requests of OpenTelemetry have tables of stacks, too */
	return json_has(s, "\"stackTable\"") && json_has(s, "\"frameTable\"") ? BID_SURE : BID_NO;
}

static int row_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	uint32_t type;

	for (uint32_t i = 0; i < n && o->type != FORMAT_ALL_TYPES; i++)
		if (format_type(in[i].p, o, "firefox", &type, e) < 0)
			return -1;
	return firefox_encode(in, n, o, out, e);
}

const struct format format_firefox = {
	.name = "firefox",
	.extensions = "firefox.json",
	.content_types = "application/json",
	.text = "processed profile of the Firefox Profiler, samply",
	.bid = firefox_bid,
	.decode = firefox_decode,
	.encode = row_encode,
	.several = true,
};
