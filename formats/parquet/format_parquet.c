/* format_parquet.c - tables of samples in the table of formats */
#include "formats/format_impl.h"
#include "formats/parquet/samples.h"

static int parquet_bid(struct str s, struct str file_name)
{
	(void)file_name;
	return str_prefix(s, STR("PAR1")) ? BID_MOST : BID_NO;
}

const struct format format_parquet = {
	.name = "parquet",
	.extensions = "parquet",
	.content_types = "application/vnd.apache.parquet",
	.text = "a table of samples, for DuckDB, pandas and Polars",
	.bid = parquet_bid,
	.decode = samples_decode,
	.encode = samples_encode,
	.several = true,
};
