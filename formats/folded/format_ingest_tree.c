/* format_ingest_tree.c - the tree of old agents, in the table of formats; nothing in the bytes tells it, so the name must */
#include "formats/folded/folded.h"
#include "formats/folded/tree_format.h"
#include "formats/format_impl.h"

#define INGEST_EXTENSIONS "tree tree.bin"

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
	if (tree_format_decode(a, bytes, &p, e) < 0)
		return err_wrap(e, "ingest-tree");
	return folded_one(a, p, out);
}

const struct format format_ingest_tree = {
	.name = "ingest-tree",
	.extensions = INGEST_EXTENSIONS,
	.content_types = "binary/octet-stream+tree",
	.text = "body of /ingest?format=tree: binary tree of frames",
	.bid = ingest_bid,
	.decode = ingest_decode,
};
