/* format_stacks_csv.c - tables with a comma between the columns in the table of formats */
#include "formats/csv/csv.h"
#include "formats/format_impl.h"

enum { SEPARATOR = ',' };

static int row_bid(struct str bytes, struct str file_name)
{
	return csv_bid(bytes, SEPARATOR, format_named(file_name, "csv"));
}

static int row_decode(struct arena *a, struct str bytes, const struct format_opts *o, struct format_profiles *out,
    struct err *e)
{
	return csv_decode(a, bytes, SEPARATOR, o, out, e);
}

static size_t row_cut(struct str bytes)
{
	return csv_cut(bytes, SEPARATOR);
}

static int row_encode(const struct format_profile *in, uint32_t n, const struct format_opts *o, struct buf *out,
    struct err *e)
{
	(void)n;
	return csv_encode(in->p, SEPARATOR, o, out, e);
}

const struct format format_stacks_csv = {
	.name = "stacks-csv",
	.extensions = "stacks.csv",
	.content_types = "text/csv",
	.text = "stacks and values as a table, commas between the columns",
	.bid = row_bid,
	.decode = row_decode,
	.cut = row_cut,
	.encode = row_encode,
};
