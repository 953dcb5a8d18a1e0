/*
 * trie.c - walks the trie with a stack of its own. The key is kept as bytes
 * and as frames: those that a ";" has ended are looked up once, however many
 * stacks they are in.
 */
#include "formats/folded/trie.h"

#include "base/vec.h"
#include "formats/query/node_reader.h"
#include "formats/profile_impl.h"

/* A node whose children are being read. */
struct node {
	size_t key, parts; /* lengths up to here */
	size_t last;       /* where the frame that is not ended begins */
	uint64_t children; /* still to come */
};

struct part {
	size_t at, n;   /* in the key */
	uint32_t frame; /* + 1, 0 = not yet looked up */
};

struct walk {
	struct profile_builder *b;
	VEC(char) key;
	VEC(struct part) parts;
	VEC(struct node) open;
	VEC(uint32_t) stack;
	size_t last;
	size_t work, limit;
};

static void add_suffix(struct walk *w, struct str suffix)
{
	size_t from = w->key.n;

	vec_reserve(&w->key, suffix.n);
	if (suffix.n)
		memcpy(w->key.p + from, suffix.p, suffix.n);
	w->key.n += suffix.n;
	for (size_t i = from; i < w->key.n; i++)
		if (w->key.p[i] == ';') {
			vec_push(&w->parts, ((struct part){ .at = w->last, .n = i - w->last }));
			w->last = i + 1;
		}
}

/* The key is that of the innermost open node again. */
static void back_to_open(struct walk *w)
{
	const struct node *top = &w->open.p[w->open.n - 1];

	w->key.n = top->key;
	w->parts.n = top->parts;
	w->last = top->last;
}

static uint32_t frame(struct walk *w, size_t at, size_t n)
{
	return profile_builder_frame(w->b, n ? str_of(w->key.p + at, n) : STR(""), STR_NONE, 0);
}

static int emit(struct walk *w, int64_t value, size_t bytes, struct err *e)
{
	w->work += w->key.n - w->last + w->parts.n * sizeof(uint32_t);
	if (w->work > w->limit)
		return node_limit(w->limit, bytes, e);
	w->stack.n = 0;
	vec_reserve(&w->stack, w->parts.n + 1);
	/* What follows the last ";" is a frame only when it has a name. */
	if (w->key.n > w->last)
		w->stack.p[w->stack.n++] = frame(w, w->last, w->key.n - w->last);
	for (size_t i = w->parts.n; i > 0; i--) {
		struct part *part = &w->parts.p[i - 1];

		if (part->frame == 0)
			part->frame = frame(w, part->at, part->n) + 1;
		w->stack.p[w->stack.n++] = part->frame - 1;
	}
	profile_builder_add(w->b, w->stack.p, (uint32_t)w->stack.n, &value, NULL, 0);
	return 0;
}

/* One node; its children, if any, are to follow. */
static int read_node(struct walk *w, struct str *in, size_t bytes, struct err *e)
{
	uint64_t n, value, children;

	if (node_number(in, &n, e) < 0)
		return -1;
	/* a suffix that is cut passes for whole; what misses is the number behind it */
	add_suffix(w, str_of(in->p, MIN(n, in->n)));
	*in = str_skip(*in, MIN(n, in->n));
	if (node_number(in, &value, e) < 0 || node_number(in, &children, e) < 0)
		return -1;
	if (value && emit(w, (int64_t)value, bytes, e) < 0)
		return -1;
	if (children)
		vec_push(&w->open, ((struct node){ w->key.n, w->parts.n, w->last, children }));
	return 0;
}

static int read_trie(struct walk *w, struct str in, struct err *e)
{
	size_t bytes = in.n;

	if (in.n && read_node(w, &in, bytes, e) < 0)
		return -1;
	while (w->open.n && in.n) {
		struct node *top = &w->open.p[w->open.n - 1];

		back_to_open(w);
		if (top->children == 0) {
			w->open.n--;
			continue;
		}
		top->children--;
		if (read_node(w, &in, bytes, e) < 0)
			return -1;
	}
	return 0;
}

int trie_decode(struct arena *a, struct str bytes, struct profile **out, struct err *e)
{
	struct walk w = { .b = profile_builder_new(a, 1), .limit = NODE_WORK_LIMIT(bytes.n) };
	int rc;

	profile_builder_copies(w.b);
	rc = read_trie(&w, bytes, e);
	*out = rc < 0 ? NULL : profile_builder_finish(w.b);
	vec_free(&w.key);
	vec_free(&w.parts);
	vec_free(&w.open);
	vec_free(&w.stack);
	return rc;
}
