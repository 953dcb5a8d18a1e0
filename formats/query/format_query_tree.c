/*
 * format_query_tree.c - the tree of function names that the query API answers (spec of the read API, 9.1), in the table
 * of formats; nothing in the bytes tells it, so that it is read only when it is asked for.
 */
#include "formats/folded/folded.h"
#include "formats/format_impl.h"
#include "formats/query/tree.h"

static int query_tree_bid(struct str s, struct str file_name)
{
	(void)s;
	(void)file_name;
	return BID_NO;
}

/* One sample for each node with a value. Deep trees are no larger than their bytes times the depth: bounded. */
static int add_nodes(struct profile_builder *b, struct arena *a, const struct tree *t, size_t most, struct err *e)
{
	uint32_t *frames = arena_alloc(a, t->nodes.n * sizeof(*frames)), *stack;
	size_t work = 0;

	stack = arena_alloc(a, t->nodes.n * sizeof(*stack));
	for (uint32_t i = 1; i < t->nodes.n; i++) {
		const struct tree_node *node = &t->nodes.p[i];
		uint32_t depth = 0;

		frames[i] = profile_builder_frame(b, t->names.p[node->name], STR_NONE, 0);
		if (node->self == 0)
			continue;
		for (uint32_t at = i; at != 0; at = t->nodes.p[at].parent)
			stack[depth++] = frames[at];
		if ((work += depth) > most)
			return err_set(e, ERR_LIMIT, "query-tree: stacks are out of proportion to the input");
		profile_builder_add(b, stack, depth, &node->self, NULL, 0);
	}
	return 0;
}

static int query_tree_decode(struct arena *a, struct str bytes, const struct format_opts *o,
    struct format_profiles *out, struct err *e)
{
	enum { WORK = 64, WORK_LEAST = 1 << 20 }; /* frames in stacks for each byte */
	struct tree *t = tree_new();
	struct profile_builder *b = profile_builder_new(a, 1);
	int rc = tree_decode(t, bytes, e);

	(void)o;
	profile_builder_copies(b);
	if (rc < 0)
		err_wrap(e, "query-tree");
	else
		rc = add_nodes(b, a, t, bytes.n * WORK + WORK_LEAST, e);
	tree_free(t);
	return rc < 0 ? rc : folded_one(a, profile_builder_finish(b), out);
}

const struct format format_query_tree = {
	.name = "query-tree",
	.extensions = "",
	.content_types = "application/x-query-tree",
	.text = "tree of function names, as answers of the query API hold it",
	.bid = query_tree_bid,
	.decode = query_tree_decode,
};
