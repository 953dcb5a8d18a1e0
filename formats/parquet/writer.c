/* writer.c - the file around the chunks; see writer.h */
#include "formats/parquet/writer.h"

#include "base/mem.h"
#include "formats/parquet/chunk.h"
#include "formats/parquet/schema.h"

struct pq_writer {
	struct arena *mem;
	struct buf *out;
	bool many;
	uint64_t base; /* of out when we began, less what was moved (it wraps): offsets count from there */
	struct pq_meta meta;
	struct pq_leaf *leaves;
	uint32_t n_leaves, leaf; /* leaf: next column of the group */
	VEC(struct pq_group) groups;
	VEC(struct chunk_pages) chunks; /* in file order */
	VEC(struct pq_pair) pairs;
	struct chunk_maker *maker;
	void (*take)(void *ctx);
	void *take_ctx;
};

struct pq_writer *pq_writer_new(struct buf *out, const struct pq_node *nodes, uint32_t n_nodes, bool many)
{
	struct arena *mem = arena_new();
	struct pq_writer *w = arena_zalloc(mem, sizeof(*w));
	struct err e;
	int rc;

	w->mem = mem;
	w->out = out;
	w->base = out->n;
	w->meta.nodes = arena_array(mem, n_nodes, sizeof(*nodes));
	w->meta.n_nodes = n_nodes;
	memcpy(w->meta.nodes, nodes, n_nodes * sizeof(*nodes));
	rc = schema_leaves(mem, nodes, n_nodes, &w->leaves, &w->n_leaves, &e);
	assert(rc == 0);
	(void)rc;
	w->leaf = w->n_leaves;
	w->many = many;
	w->maker = chunk_maker_new(many);
	buf_add(out, STR("PAR1"));
	return w;
}

void pq_writer_free(struct pq_writer *w)
{
	if (w == NULL)
		return;
	vec_free(&w->groups);
	vec_free(&w->chunks);
	vec_free(&w->pairs);
	chunk_maker_free(w->maker);
	arena_free(w->mem);
}

void pq_writer_group(struct pq_writer *w, uint32_t rows)
{
	struct pq_group g = { .rows = rows, .n_chunks = w->n_leaves, .at = w->out->n - w->base };

	assert(w->leaf == w->n_leaves && rows > 0 && (w->many || w->groups.n == 0));
	g.chunks = arena_zarray(w->mem, w->n_leaves, sizeof(*g.chunks));
	vec_push(&w->groups, g);
	w->meta.rows += rows;
	w->leaf = 0;
}

/* Names of a path: no name of ours has a dot. */
static void set_path(struct pq_writer *w, struct pq_chunk *c, struct str path)
{
	struct str names[16], rest = path;

	for (c->n_path = 0; rest.n; c->n_path++)
		names[c->n_path] = str_cut(&rest, '.');
	c->path = arena_array(w->mem, c->n_path, sizeof(*c->path));
	memcpy(c->path, names, c->n_path * sizeof(*c->path));
}

static void take(void *ctx)
{
	struct pq_writer *w = ctx;

	w->base -= w->out->n;
	w->take(w->take_ctx);
	assert(w->out->n == 0);
}

void pq_writer_column(struct pq_writer *w, const struct pq_column *column)
{
	struct pq_group *g = &w->groups.p[w->groups.n - 1];
	const struct pq_leaf *leaf = &w->leaves[w->leaf];
	struct pq_chunk *c = &g->chunks[w->leaf];
	struct chunk_pages pages;
	struct chunk_out to = { w->out, w->out->n - w->base, w->take != NULL ? take : NULL, w };

	assert(w->leaf < w->n_leaves);
	w->leaf++;
	c->type = leaf->type;
	set_path(w, c, leaf->path);
	chunk_make(w->maker, w->mem, leaf, column, (uint32_t)g->rows, &to, c, &pages);
	vec_push(&w->chunks, pages);
	g->raw_bytes += c->raw_bytes;
	g->bytes += c->bytes;
}

static struct pq_chunk *chunk_at(struct pq_writer *w, size_t i)
{
	return &w->groups.p[i / w->n_leaves].chunks[i % w->n_leaves];
}

static void put_indexes(struct pq_writer *w)
{
	for (size_t i = 0; i < w->chunks.n; i++) {
		struct pq_chunk *c = chunk_at(w, i);
		const struct chunk_pages *p = &w->chunks.p[i];

		if (p->bounds == NULL)
			continue;
		c->column_index_at = w->out->n - w->base;
		column_index_encode(w->out, p->bounds, p->n, p->order);
		c->column_index_bytes = (uint32_t)(w->out->n - w->base - c->column_index_at);
	}
	for (size_t i = 0; i < w->chunks.n; i++) {
		struct pq_chunk *c = chunk_at(w, i);
		const struct chunk_pages *p = &w->chunks.p[i];

		c->offset_index_at = w->out->n - w->base;
		offset_index_encode(w->out, p->at, p->n);
		c->offset_index_bytes = (uint32_t)(w->out->n - w->base - c->offset_index_at);
	}
}

void pq_writer_take(struct pq_writer *w, void (*fn)(void *ctx), void *ctx)
{
	w->take = fn;
	w->take_ctx = ctx;
}

void pq_writer_moved(struct pq_writer *w, size_t n)
{
	w->base -= n;
}

uint64_t pq_writer_bytes(struct pq_writer *w, struct str bytes)
{
	uint64_t at = w->out->n - w->base;

	assert(w->leaf == w->n_leaves);
	buf_add(w->out, bytes);
	return at;
}

void pq_writer_pair(struct pq_writer *w, struct str key, struct str value)
{
	vec_push(&w->pairs, ((struct pq_pair){ arena_str(w->mem, key), arena_str(w->mem, value) }));
}

void pq_writer_finish(struct pq_writer *w, struct str created_by)
{
	size_t footer;

	assert(w->leaf == w->n_leaves);
	put_indexes(w);
	w->meta.groups = w->groups.p;
	w->meta.n_groups = (uint32_t)w->groups.n;
	w->meta.created_by = created_by;
	w->meta.pairs = w->pairs.p;
	w->meta.n_pairs = (uint32_t)w->pairs.n;
	footer = w->out->n;
	meta_encode(w->out, &w->meta);
	buf_u32le(w->out, (uint32_t)(w->out->n - footer));
	buf_add(w->out, STR("PAR1"));
	pq_writer_free(w);
}
