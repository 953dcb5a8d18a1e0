/* format_jsonl.c - JSON lines in the table of formats */
#include "formats/format_impl.h"
#include "formats/json/json_bid.h"
#include "formats/json/jsonl.h"

static int jsonl_bid(struct str s, struct str file_name)
{
	bool named = format_named(file_name, "jsonl ndjson");
	struct str line = str_trim(s);

	if (json_first(s) != '{')
		return BID_NO;
	line.n = str_find(line, '\n');
	if (str_search(line, STR("\"stack\"")) < line.n && str_search(line, STR("\"value")) < line.n)
		return BID_SURE;
	return named ? BID_WEAK : BID_NO;
}

static size_t jsonl_cut(struct str bytes)
{
	size_t at = str_rfind(bytes, '\n');

	return at < bytes.n ? at + 1 : 0;
}

const struct format format_jsonl = {
	.name = "jsonl",
	.extensions = "jsonl ndjson",
	.content_types = "application/x-ndjson application/jsonl",
	.text = "JSON lines, a stack each",
	.bid = jsonl_bid,
	.decode = jsonl_decode,
	.cut = jsonl_cut,
	.encode = jsonl_encode,
	.several = true,
};
