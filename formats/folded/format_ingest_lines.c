/* format_ingest_lines.c - one stack a line, as old agents send them, in the table of formats; nothing in the bytes tells it, so the name must */
#include "formats/folded/folded.h"
#include "formats/format_impl.h"

#define INGEST_EXTENSIONS "lines lines.txt"

static int ingest_bid(struct str s, struct str file_name)
{
	(void)s;
	return format_named(file_name, INGEST_EXTENSIONS) ? BID_WEAK : BID_NO;
}

static int ingest_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	struct profile *p;

	(void)o;
	if (folded_decode_lines(a, bytes, &p, e) < 0)
		return err_wrap(e, "ingest-lines");
	return folded_one(a, p, out);
}

const struct format format_ingest_lines = {
	.name = "ingest-lines",
	.extensions = INGEST_EXTENSIONS,
	.content_types = "text/x-lines",
	.text = "body of /ingest?format=lines: a stack a line",
	.bid = ingest_bid,
	.decode = ingest_decode,
};
