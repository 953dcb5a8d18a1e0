/* Packed trees: tree.h. Tree bytes: node = uvarint(length) name uvarint(self) uvarint(children), pre-order, last child first. */
#include "formats/query/tree_impl.h"

struct node_bytes {
	struct str name;
	uint64_t self, children;
};

static int corrupt(const char *at, const char *start, const char *what, struct err *e)
{
	return err_set(e, ERR_CORRUPT, "tree at byte %zu: %s", (size_t)(at - start), what);
}

static bool uvarint(const char **p, const char *end, uint64_t *out)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && *p < end; shift += 7) {
		uint64_t byte = (unsigned char)*(*p)++;

		if (shift == 63 && byte > 1)
			return false;
		v |= (byte & 127) << shift;
		if (byte < 128) {
			*out = v;
			return true;
		}
	}
	return false;
}

/* The node at *p, which then stands behind it. */
static const char *read_node(const char **p, const char *end, struct node_bytes *n)
{
	uint64_t length;

	if (!uvarint(p, end, &length))
		return "the length of a name is cut or too long";
	if (length > (uint64_t)(end - *p))
		return "a name is longer than the rest";
	n->name = str_of(*p, (size_t)length);
	*p += length;
	if (!uvarint(p, end, &n->self))
		return "a value is cut or too long";
	if (!uvarint(p, end, &n->children))
		return "a number of children is cut or too long";
	if (n->children > (uint64_t)(end - *p) / 3)
		return "more children than bytes";
	return NULL;
}

/* Whole and nothing behind it: afterwards reading cannot fail. */
static int check(struct str bytes, struct err *e)
{
	const char *p = bytes.p, *end = bytes.p + bytes.n;
	uint64_t due = 1;
	struct node_bytes n;

	while (due > 0) {
		const char *at = p, *wrong = read_node(&p, end, &n);

		if (wrong != NULL)
			return corrupt(at, bytes.p, wrong, e);
		due += n.children - 1;
		if (due > (uint64_t)(end - p) / 3)
			return corrupt(at, bytes.p, "more children than bytes", e);
	}
	if (p != end)
		return corrupt(p, bytes.p, "bytes behind the last node", e);
	return 0;
}

struct level {
	uint32_t node;
	uint64_t due; /* children that are still to come */
};

int tree_decode(struct tree *into, struct str bytes, struct err *e)
{
	VEC(struct level) open = { 0 };
	const char *p, *end;
	struct node_bytes n;

	if (bytes.n < 2)
		return 0;
	p = bytes.p;
	end = bytes.p + bytes.n;
	if (check(bytes, e) < 0)
		return -1;
	read_node(&p, end, &n);
	vec_push(&open, ((struct level){ 0, n.children }));
	while (open.n > 0) {
		struct level *top = &open.p[open.n - 1];
		uint32_t node;

		if (top->due == 0) {
			open.n--;
			continue;
		}
		top->due--;
		read_node(&p, end, &n);
		node = tree_child(into, top->node, n.name);
		into->nodes.p[node].self = wrap_add(into->nodes.p[node].self, (int64_t)n.self);
		if (n.children > 0)
			vec_push(&open, ((struct level){ node, n.children }));
	}
	vec_free(&open);
	return 0;
}

struct encoder {
	struct tree *t;
	int64_t least;
	uint32_t other; /* name, or TREE_NO_NAME */
	struct buf *out;
	VEC(uint32_t) children; /* of one node */
	VEC(struct pending) stack;
};

/* A node to be written; node 0 stands for an `other` that is not in the tree. */
struct pending {
	uint32_t node;
	int64_t more; /* self beside the node's own: what was cut next to it */
};

static void put_node(struct encoder *x, struct str name, int64_t self, size_t children)
{
	buf_uvarint(x->out, name.n);
	buf_add(x->out, name);
	buf_uvarint(x->out, (uint64_t)self);
	buf_uvarint(x->out, children);
}

/* Children that stay, sorted; what was cut is summed. */
static int64_t keep_children(struct encoder *x, uint32_t node)
{
	const struct tree_node *p = x->t->nodes.p;
	int64_t cut = 0;

	x->children.n = 0;
	for (uint32_t c = p[node].first_child; c != 0; c = p[c].next)
		if (p[c].total >= x->least || p[c].name == x->other)
			vec_push(&x->children, c);
		else
			cut = wrap_add(cut, p[c].total);
	tree_sort(x->t, x->children.p, x->children.n);
	return cut;
}

/* Children go onto the stack in order; `other` has its place among them. Returns their number. */
static size_t push_kept(struct encoder *x, int64_t cut)
{
	size_t before = x->stack.n;
	bool placed = cut == 0;

	for (size_t i = 0; i < x->children.n; i++) {
		uint32_t c = x->children.p[i], name = x->t->nodes.p[c].name;
		int order = placed ? 0 : str_cmp(x->t->names.p[name], TREE_OTHER);

		if (!placed && order > 0)
			vec_push(&x->stack, ((struct pending){ 0, cut }));
		vec_push(&x->stack, ((struct pending){ c, !placed && order == 0 ? cut : 0 }));
		placed = placed || order >= 0;
	}
	if (!placed)
		vec_push(&x->stack, ((struct pending){ 0, cut }));
	return x->stack.n - before;
}

static void put_pending(struct encoder *x, struct pending at)
{
	const struct tree_node *n = &x->t->nodes.p[at.node];

	if (at.node == 0)
		put_node(x, TREE_OTHER, at.more, 0);
	else
		put_node(x, x->t->names.p[n->name], wrap_add(n->self, at.more),
		    push_kept(x, keep_children(x, at.node)));
}

void tree_encode(struct tree *t, int64_t max_nodes, struct buf *out)
{
	struct encoder x = { .t = t, .out = out };

	if (t->nodes.n == 1)
		return;
	tree_total(t);
	x.least = tree_min_value(t, max_nodes);
	x.other = tree_find_name(t, TREE_OTHER);
	put_node(&x, STR(""), 0, push_kept(&x, keep_children(&x, 0)));
	while (x.stack.n > 0)
		put_pending(&x, x.stack.p[--x.stack.n]);
	vec_free(&x.children);
	vec_free(&x.stack);
}

/* ---- packed ---- */

void tree_pack(const struct tree *t, struct buf *out)
{
	buf_uvarint(out, t->names.n - 1);
	for (size_t i = 1; i < t->names.n; i++) {
		buf_uvarint(out, t->names.p[i].n);
		buf_add(out, t->names.p[i]);
	}
	buf_uvarint(out, t->nodes.n - 1);
	for (size_t i = 1; i < t->nodes.n; i++) {
		const struct tree_node *n = &t->nodes.p[i];

		buf_uvarint(out, i - n->parent);
		buf_uvarint(out, n->name);
		buf_varint(out, n->self);
	}
}

/* A number of things that need at least so many bytes each. */
static bool count(const char **p, const char *end, size_t bytes, uint64_t *out)
{
	return uvarint(p, end, out) && *out <= (uint64_t)(end - *p) / bytes;
}

/* Their numbers in the tree. */
static const char *unpack_names(struct tree *into, const char **p, const char *end, uint32_t *numbers, uint64_t n)
{
	numbers[0] = 0;
	for (uint64_t i = 1; i <= n; i++) {
		uint64_t length;

		if (!count(p, end, 1, &length))
			return "the length of a name is cut or too long";
		numbers[i] = tree_name(into, str_of(*p, (size_t)length));
		*p += length;
	}
	return NULL;
}

struct unpacked {
	uint32_t *names, *nodes; /* numbers in the tree */
	uint64_t n_names, n_nodes;
};

static const char *unpack_nodes(struct tree *into, const char **p, const char *end, const struct unpacked *u)
{
	bool fresh = into->nodes.n == 1;

	u->nodes[0] = 0;
	if (fresh)
		vec_reserve(&into->nodes, u->n_nodes);
	for (uint64_t i = 1; i <= u->n_nodes; i++) {
		uint64_t up, name, self;
		uint32_t parent, node;

		if (!uvarint(p, end, &up) || up == 0 || up > i)
			return "a parent is cut or wrong";
		if (!uvarint(p, end, &name) || name > u->n_names)
			return "a name is cut or wrong";
		if (!uvarint(p, end, &self))
			return "a value is cut or too long";
		parent = u->nodes[i - up];
		node = fresh ? tree_append(into, parent, u->names[name], 0)
			     : tree_child_named(into, parent, u->names[name]);
		into->nodes.p[node].self = wrap_add(into->nodes.p[node].self, (int64_t)(self >> 1 ^ (0 - (self & 1))));
		u->nodes[i] = node;
	}
	return *p == end ? NULL : "bytes behind the last node";
}

int tree_unpack(struct tree *into, struct str bytes, struct err *e)
{
	struct unpacked u = { 0 };
	const char *p = bytes.p, *end = bytes.p + bytes.n, *wrong = "the number of names is cut or too large";

	if (count(&p, end, 1, &u.n_names)) {
		u.names = mem_array(u.n_names + 1, sizeof(*u.names));
		wrong = unpack_names(into, &p, end, u.names, u.n_names);
	}
	if (wrong == NULL && !count(&p, end, 3, &u.n_nodes))
		wrong = "the number of nodes is cut or too large";
	if (wrong == NULL) {
		u.nodes = mem_array(u.n_nodes + 1, sizeof(*u.nodes));
		wrong = unpack_nodes(into, &p, end, &u);
	}
	mem_free(u.names);
	mem_free(u.nodes);
	return wrong == NULL ? 0 : corrupt(p, bytes.p, wrong, e);
}
