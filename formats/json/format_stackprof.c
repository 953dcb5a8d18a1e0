/* format_stackprof.c - the JSON of Ruby's stackprof in the table of formats */
#include "formats/format_impl.h"
#include "formats/json/json_bid.h"
#include "formats/json/stackprof.h"

static int stackprof_bid(struct str s, struct str file_name)
{
	bool named = format_named(file_name, "stackprof stackprof.json");

	if (json_first(s) != '{' || !json_has(s, "\"frames\""))
		return BID_NO;
	if (json_has(s, "\"raw_timestamp_deltas\"") || json_has(s, "\"gc_samples\"") ||
	    json_has(s, "\"missed_samples\""))
		return BID_SURE;
	return named ? BID_LIKELY : BID_NO;
}

const struct format format_stackprof = {
	.name = "stackprof",
	.extensions = "stackprof stackprof.json",
	.content_types = "application/json",
	.text = "JSON of stackprof, for Ruby",
	.bid = stackprof_bid,
	.decode = stackprof_decode,
};
