/* format_ingest_trie.c - the trie of old agents, in the table of formats; nothing in the bytes tells it, so the name must */
#include "formats/folded/folded.h"
#include "formats/folded/trie.h"
#include "formats/format_impl.h"

#define INGEST_EXTENSIONS "trie trie.bin"

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
	if (trie_decode(a, bytes, &p, e) < 0)
		return err_wrap(e, "ingest-trie");
	return folded_one(a, p, out);
}

const struct format format_ingest_trie = {
	.name = "ingest-trie",
	.extensions = INGEST_EXTENSIONS,
	.content_types = "binary/octet-stream+trie",
	.text = "body of /ingest?format=trie: binary trie of folded stacks",
	.bid = ingest_bid,
	.decode = ingest_decode,
};
