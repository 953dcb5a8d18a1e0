/* format_perf_data.c - the file of `perf record` in the table of formats */
#include "formats/format_impl.h"
#include "formats/perf/perf_data.h"

static int perf_data_bid(struct str s, struct str file_name)
{
	(void)file_name;
	return str_prefix(s, STR("PERFILE2")) || str_prefix(s, STR("2ELIFREP")) ? BID_MOST : BID_NO;
}

const struct format format_perf_data = {
	.name = "perf-data",
	.extensions = "data",
	.content_types = "application/x-perf-data",
	.text = "the file of perf record, addresses without names",
	.bid = perf_data_bid,
	.decode = perf_data_decode,
};
