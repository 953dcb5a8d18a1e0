/*
 * tree_format.c - walks the tree with a stack of its own: one entry for each
 * open node, whose frame is looked up when the first stack needs it.
 */
#include "formats/folded/tree_format.h"

#include "base/vec.h"
#include "formats/query/node_reader.h"

struct node {
	struct str name;
	uint32_t frame;    /* + 1, 0 = not yet looked up */
	bool many;         /* the name has a ";": it is several frames */
	uint64_t children; /* still to come */
};

struct walk {
	struct profile_builder *b;
	VEC(struct node) open; /* [0] is the root */
	VEC(uint32_t) stack;
	size_t bytes, work;
};

static void push_frame(struct walk *w, struct str name)
{
	vec_push(&w->stack, profile_builder_frame(w->b, name, STR_NONE, 0));
}

static void push_parts(struct walk *w, struct str name)
{
	const char *sep;

	w->work += name.n;
	while (name.n > 0 && (sep = memrchr(name.p, ';', name.n)) != NULL) {
		push_frame(w, str_skip(name, (size_t)(sep - name.p) + 1));
		name.n = (size_t)(sep - name.p);
	}
	push_frame(w, name);
}

static void push_node(struct walk *w, struct node *node)
{
	if (node->many) {
		push_parts(w, node->name);
		return;
	}
	if (node->frame == 0)
		node->frame = profile_builder_frame(w->b, node->name, STR_NONE, 0) + 1;
	vec_push(&w->stack, node->frame - 1);
}

/* Of the leaf only what has a name counts: neither an empty one nor what follows its last ";". */
static void push_leaf(struct walk *w, struct node *leaf)
{
	if (leaf->name.n > 0 && leaf->name.p[leaf->name.n - 1] == ';')
		push_parts(w, str_of(leaf->name.p, leaf->name.n - 1));
	else if (leaf->name.n > 0)
		push_node(w, leaf);
}

static int emit(struct walk *w, int64_t value, struct err *e)
{
	struct node *leaf = &w->open.p[w->open.n - 1];

	if (w->open.n == 2 && leaf->name.n == 0)
		return 0;
	w->work += w->open.n * sizeof(uint32_t);
	if (w->work > NODE_WORK_LIMIT(w->bytes))
		return node_limit(NODE_WORK_LIMIT(w->bytes), w->bytes, e);
	w->stack.n = 0;
	push_leaf(w, leaf);
	for (size_t i = w->open.n - 2; i > 0; i--)
		push_node(w, &w->open.p[i]);
	profile_builder_add(w->b, w->stack.p, (uint32_t)w->stack.n, &value, NULL, 0);
	return 0;
}

static int read_node(struct walk *w, struct str *in, struct err *e)
{
	struct node node = { 0 };
	uint64_t n, self;

	if (node_number(in, &n, e) < 0)
		return -1;
	if (n > in->n)
		return err_set(e, ERR_INVALID, in->n > 0 ? "unexpected EOF" : "EOF");
	node.name = str_of(in->p, (size_t)n);
	node.many = str_find(node.name, ';') < node.name.n;
	*in = str_skip(*in, (size_t)n);
	if (node_number(in, &self, e) < 0 || node_number(in, &node.children, e) < 0)
		return -1;
	vec_push(&w->open, node);
	return self && w->open.n > 1 ? emit(w, (int64_t)self, e) : 0;
}

static int read_tree(struct walk *w, struct str in, struct err *e)
{
	if (read_node(w, &in, e) < 0)
		return -1;
	while (w->open.n) {
		struct node *top = &w->open.p[w->open.n - 1];

		if (top->children == 0) {
			w->open.n--;
			continue;
		}
		top->children--;
		if (read_node(w, &in, e) < 0)
			return -1;
	}
	return 0;
}

int tree_format_decode(struct arena *a, struct str bytes, struct profile **out, struct err *e)
{
	struct walk w = { .b = profile_builder_new(a, 1), .bytes = bytes.n };
	int rc = read_tree(&w, bytes, e);

	*out = rc < 0 ? NULL : profile_builder_finish(w.b);
	vec_free(&w.open);
	vec_free(&w.stack);
	return rc;
}
