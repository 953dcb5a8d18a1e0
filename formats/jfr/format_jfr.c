/* format_jfr.c - Java Flight Recorder files in the table of formats */
#include "formats/format_impl.h"
#include "formats/jfr/jfr.h"

static int jfr_bid(struct str s, struct str file_name)
{
	(void)file_name;
	return str_prefix(s, str_of("FLR", 4)) ? BID_SURE : BID_NO;
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct jfr_opts opts = {
		.rate = o->rate,
		.keep = o->keep,
		.clean_names = true,
		.spans = (o->keep & FORMAT_TAGS) != 0,
		.lenient = o->lenient,
	};

	if (jfr_bid(bytes, STR_NONE) == BID_NO)
		return err_set(e, ERR_INVALID, "jfr: no recording: those begin with FLR and a byte 0");
	if (jfr_decode(a, bytes, &opts, out, e) < 0)
		return -1;
	if (out->n == 0)
		return err_set(e, ERR_INVALID, "the recording has no event with a stack" STR_FMT STR_FMT,
		    out->notes.first.n ? 2 : 0, ": ", STR_ARG(out->notes.first));
	return 0;
}

const struct format format_jfr = {
	.name = "jfr",
	.extensions = "jfr",
	.content_types = "application/x-jfr",
	.text = "Java Flight Recorder, of the JDK and of async-profiler",
	.bid = jfr_bid,
	.decode = row_decode,
};
