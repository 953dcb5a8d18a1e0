/*
 * format_ingest.c - bodies of /ingest as old agents send them, three rows of the table of formats; nothing in the bytes
 * tells them apart, so the name must.
 */
#include "formats/folded/folded.h"
#include "formats/folded/tree_format.h"
#include "formats/folded/trie.h"
#include "formats/format_impl.h"

typedef int decode_fn(struct arena *a, struct str bytes, struct profile **out, struct err *e);

static int decode(decode_fn *f, const char *name, struct arena *a, struct str bytes, struct format_profiles *out,
    struct err *e)
{
	struct profile *p;

	if (f(a, bytes, &p, e) < 0)
		return err_wrap(e, "%s", name);
	return folded_one(a, p, out);
}

#define ROW(id, row_name, row_extensions, content_type, function, row_text)                    \
	static int id##_bid(struct str s, struct str file_name)                                \
	{                                                                                      \
		(void)s;                                                                       \
		return format_named(file_name, row_extensions) ? BID_WEAK : BID_NO;            \
	}                                                                                      \
	static int id##_decode(struct arena *a, struct str bytes, const struct format_opts *o, \
	    struct format_profiles *out, struct err *e)                                        \
	{                                                                                      \
		(void)o;                                                                       \
		return decode(function, row_name, a, bytes, out, e);                           \
	}                                                                                      \
	const struct format format_##id = {                                                    \
		.name = row_name,                                                              \
		.extensions = row_extensions,                                                  \
		.content_types = content_type,                                                 \
		.text = row_text,                                                              \
		.bid = id##_bid,                                                               \
		.decode = id##_decode,                                                         \
	}

ROW(ingest_lines, "ingest-lines", "lines lines.txt", "text/x-lines", folded_decode_lines,
    "body of /ingest?format=lines: a stack a line");
ROW(ingest_tree, "ingest-tree", "tree tree.bin", "binary/octet-stream+tree", tree_format_decode,
    "body of /ingest?format=tree: binary tree of frames");
ROW(ingest_trie, "ingest-trie", "trie trie.bin", "binary/octet-stream+trie", trie_decode,
    "body of /ingest?format=trie: binary trie of folded stacks");
