/* format_cpuprofile.c - CPU profiles of V8 in the table of formats */
#include "formats/format_impl.h"
#include "formats/json/json_bid.h"
#include "formats/json/v8.h"

static int cpuprofile_bid(struct str s, struct str file_name)
{
	bool named = format_named(file_name, "cpuprofile");

	if (json_first(s) != '{' || format_near(s, "\"traceEvents\""))
		return BID_NO;
	if (json_has(s, "\"nodes\"") && json_has(s, "\"callFrame\""))
		return BID_SURE;
	if (json_has(s, "\"head\"") && json_has(s, "\"functionName\"") && json_has(s, "\"hitCount\""))
		return BID_SURE;
	return named ? BID_WEAK : BID_NO;
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct profile *p;

	return cpuprofile_decode(a, bytes, o, &p, &out->notes, e) < 0 ? -1 : format_one(a, p, out);
}

static int row_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	uint32_t type;

	(void)n;
	if (format_type(in->p, o, "cpuprofile", &type, e) < 0)
		return -1;
	return cpuprofile_encode(in->p, type, out, e);
}

const struct format format_cpuprofile = {
	.name = "cpuprofile",
	.extensions = "cpuprofile",
	.content_types = "application/json",
	.text = "CPU profile of V8: Chrome, Node.js",
	.bid = cpuprofile_bid,
	.decode = row_decode,
	.encode = row_encode,
};
