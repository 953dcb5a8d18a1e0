/* schema.c - see schema.h */
#include "formats/parquet/schema.h"

enum { MAX_DEPTH = 16, MAX_LEVEL = 15, MAX_FIXED = 4096, MAX_NAME = 256 };

struct walk {
	struct arena *mem;
	const struct pq_node *nodes;
	uint32_t n_nodes, at; /* at: next node */
	struct pq_leaf *leaves;
	uint32_t n_leaves;
	unsigned rep, def, list_def, depth;
	struct str names[MAX_DEPTH];
};

static struct str join_path(struct arena *a, const struct str *names, unsigned n)
{
	size_t bytes = 0;
	char *p, *to;

	for (unsigned i = 0; i < n; i++)
		bytes += names[i].n + 1;
	p = to = arena_alloc(a, bytes);
	for (unsigned i = 0; i < n; i++) {
		if (names[i].n)
			memcpy(to, names[i].p, names[i].n);
		to += names[i].n;
		*to++ = '.';
	}
	return str_of(p, bytes - 1);
}

static int add_leaf(struct walk *w, const struct pq_node *n, struct err *e)
{
	if (n->type == PQ_FIXED && (n->length == 0 || n->length > MAX_FIXED))
		return err_set(e, ERR_UNSUPPORTED, "parquet: a column of %u bytes", n->length);
	w->leaves[w->n_leaves++] = (struct pq_leaf){ .path = join_path(w->mem, w->names, w->depth),
		.type = n->type,
		.logical = n->logical,
		.length = n->length,
		.max_rep = (uint8_t)w->rep,
		.max_def = (uint8_t)w->def,
		.list_def = (uint8_t)w->list_def };
	return 0;
}

static int walk_node(struct walk *w, struct err *e);

static int walk_children(struct walk *w, uint32_t n, struct err *e)
{
	for (uint32_t i = 0; i < n; i++)
		if (walk_node(w, e) < 0)
			return -1;
	return 0;
}

/* The node at w->at and what is below it. Recursion is as deep as MAX_DEPTH. */
static int walk_node(struct walk *w, struct err *e)
{
	unsigned rep = w->rep, def = w->def, list_def = w->list_def;
	const struct pq_node *n;
	int rc;

	if (w->at == w->n_nodes)
		return err_set(e, ERR_CORRUPT, "parquet: a schema cut short");
	if (w->depth == MAX_DEPTH)
		return err_set(e, ERR_CORRUPT, "parquet: a schema deeper than %d", MAX_DEPTH);
	n = &w->nodes[w->at++];
	if (n->name.n > MAX_NAME)
		return err_set(e, ERR_LIMIT, "parquet: a column name of %zu bytes", n->name.n);
	w->names[w->depth++] = n->name;
	w->def += n->repetition != PQ_REQUIRED;
	w->rep += n->repetition == PQ_REPEATED;
	if (n->repetition == PQ_REPEATED)
		w->list_def = w->def;
	if (w->def > MAX_LEVEL)
		return err_set(e, ERR_CORRUPT, "parquet: a column of more than %d levels", MAX_LEVEL);
	rc = n->type == PQ_GROUP ? walk_children(w, n->n_children, e) : add_leaf(w, n, e);
	w->depth--;
	w->rep = rep;
	w->def = def;
	w->list_def = list_def;
	return rc;
}

int schema_leaves(struct arena *a, const struct pq_node *nodes, uint32_t n_nodes, struct pq_leaf **leaves, uint32_t *n,
    struct err *e)
{
	struct walk w = { .mem = a, .nodes = nodes, .n_nodes = n_nodes, .at = 1 };

	w.leaves = arena_zarray(a, n_nodes, sizeof(*w.leaves));
	if (n_nodes == 0 || nodes[0].type != PQ_GROUP)
		return err_set(e, ERR_CORRUPT, "parquet: the root is no group");
	if (walk_children(&w, nodes[0].n_children, e) < 0)
		return -1;
	if (w.at != n_nodes)
		return err_set(e, ERR_CORRUPT, "parquet: %u schema elements, %u used", n_nodes, w.at);
	*leaves = w.leaves;
	*n = w.n_leaves;
	return 0;
}

unsigned schema_level_width(unsigned max)
{
	return max ? 32 - (unsigned)__builtin_clz(max) : 0;
}
