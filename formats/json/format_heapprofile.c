/* format_heapprofile.c - sampled heaps of V8 in the table of formats */
#include "formats/format_impl.h"
#include "formats/json/json_bid.h"
#include "formats/json/v8.h"

static int heapprofile_bid(struct str s, struct str file_name)
{
	if (json_first(s) != '{')
		return BID_NO;
	if (json_has(s, "\"head\"") && json_has(s, "\"callFrame\"") && json_has(s, "\"selfSize\""))
		return BID_SURE;
	return format_named(file_name, "heapprofile") ? BID_WEAK : BID_NO;
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct profile *p;

	return heapprofile_decode(a, bytes, o, &p, &out->notes, e) < 0 ? -1 : format_one(a, p, out);
}

const struct format format_heapprofile = {
	.name = "heapprofile",
	.extensions = "heapprofile",
	.content_types = "application/json",
	.text = "sampled heap of V8: Chrome, Node.js",
	.bid = heapprofile_bid,
	.decode = row_decode,
};
