/* block_check_pages.c - see block_check.h */
#include "formats/block/block_check.h"
#include "formats/parquet/bounds.h"
#include "formats/block/profiles_columns.h"

struct chunk_at {
	struct check *c;
	struct pq_file *f;
	uint32_t group, leaf;
	const struct pq_leaf *info;
};

static void chunk_problem(const struct chunk_at *x, uint32_t page, const char *what)
{
	check_problem(x->c, "profiles.parquet: row group %u, column " STR_FMT ", page %u: %s", x->group,
	    STR_ARG(x->info->path), page, what);
}

static bool before(const struct pq_leaf *leaf, int64_t a, int64_t b)
{
	if (leaf->logical == PQ_U64 || leaf->logical == PQ_U32)
		return (uint64_t)a < (uint64_t)b;
	return a < b;
}

static bool within(const struct pq_leaf *leaf, const struct pq_values *v, const struct pq_page_bounds *b)
{
	int64_t min, max;

	if (leaf->type == PQ_FIXED) {
		if (b->min.n != leaf->length || b->max.n != leaf->length)
			return v->n == 0;
		for (size_t i = 0; i < v->n; i++) {
			const uint8_t *p = v->fixed.p + i * leaf->length;

			if (memcmp(p, b->min.p, leaf->length) < 0 || memcmp(p, b->max.p, leaf->length) > 0)
				return false;
		}
		return true;
	}
	if (leaf->type != PQ_INT32 && leaf->type != PQ_INT64)
		return true;
	if (!bounds_int(leaf, b->min, &min) || !bounds_int(leaf, b->max, &max))
		return false;
	for (size_t i = 0; i < v->n; i++)
		if (before(leaf, v->ints.p[i], min) || before(leaf, max, v->ints.p[i]))
			return false;
	return true;
}

static void check_bounds(const struct chunk_at *x, uint32_t page, const struct pq_page_bounds *b,
    const struct pq_values *v)
{
	if (b->null != (v->n == 0))
		chunk_problem(x, page, "the column index is wrong about whether there are values");
	else if (!b->null && !within(x->info, v, b))
		chunk_problem(x, page, "a value is outside the bounds of the column index");
	if (b->nulls != v->entries - v->n)
		chunk_problem(x, page, "the column index has another number of nulls");
}

static void check_chunk(const struct chunk_at *x)
{
	const struct pq_chunk *m = &pq_meta(x->f)->groups[x->group].chunks[x->leaf];
	const struct pq_page *pages;
	const struct pq_page_bounds *bounds = NULL;
	struct pq_values v = { 0 };
	uint32_t n, n_bounds = 0;
	uint64_t entries = 0;
	struct err e;

	if (pq_pages(x->f, x->group, x->leaf, &pages, &n, &e) < 0 ||
	    pq_bounds(x->f, x->group, x->leaf, &bounds, &n_bounds, &e) < 0) {
		check_problem(x->c, "profiles.parquet: %s", e.msg);
		return;
	}
	if (m->column_index_bytes == 0 || m->offset_index_bytes == 0)
		chunk_problem(x, 0, "no page index");
	for (uint32_t i = 0; i < n; i++) {
		if (pq_read_page(x->f, x->group, x->leaf, i, &v, &e) < 0) {
			check_problem(x->c, "profiles.parquet: page %u: %s", i, e.msg);
			continue;
		}
		entries += v.entries;
		if (i < n_bounds)
			check_bounds(x, i, &bounds[i], &v);
	}
	pq_values_fini(&v);
	if (entries != m->n_values)
		chunk_problem(x, n, "the footer has another number of values");
}

/* What a Pyroscope cannot read: indexes with gaps, a codec that changes, wrong ordinals (spec 4.9). */
static void check_layout(struct check *c, const struct pq_meta *m)
{
	uint64_t column_at = 0, offset_at = 0;

	for (uint32_t g = 0; g < m->n_groups; g++) {
		if (m->groups[g].ordinal != g)
			check_problem(c, "profiles.parquet: row group %u has ordinal %u", g, m->groups[g].ordinal);
		for (uint32_t i = 0; i < m->groups[g].n_chunks; i++) {
			const struct pq_chunk *k = &m->groups[g].chunks[i];

			if (k->codec != m->groups[0].chunks[i].codec)
				check_problem(c, "profiles.parquet: column %u: codec %d in row group %u", i, k->codec,
				    g);
			if ((g || i) && (k->column_index_at != column_at || k->offset_index_at != offset_at))
				check_problem(c,
				    "profiles.parquet: row group %u, column %u: a gap before its "
				    "page index",
				    g, i);
			column_at = k->column_index_at + k->column_index_bytes;
			offset_at = k->offset_index_at + k->offset_index_bytes;
		}
	}
}

void check_pages(struct check *c, struct profiles_table *t)
{
	const struct pq_meta *m = pq_meta(t->pq);

	check_layout(c, m);
	for (uint32_t g = 0; g < m->n_groups; g++)
		for (uint32_t i = 0; i < pq_leaves(t->pq); i++)
			check_chunk(&(struct chunk_at){ c, t->pq, g, i, pq_leaf(t->pq, i) });
}
