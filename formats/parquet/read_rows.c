/* read_rows.c - rows of a column out of several pages; see reader.h */
#include "formats/parquet/reader.h"

#define APPEND(to, from, first, count)                                                              \
	do {                                                                                        \
		vec_reserve(to, count);                                                             \
		if ((count) > 0)                                                                    \
			memcpy((to)->p + (to)->n, (from)->p + (first), (count) * sizeof(*(to)->p)); \
		(to)->n += (count);                                                                 \
	} while (0)

/* Values before entry i. */
static size_t values_before(const struct pq_values *v, const struct pq_leaf *leaf, size_t i)
{
	size_t n = 0;

	if (v->def.n == 0)
		return i;
	for (size_t k = 0; k < i; k++)
		n += v->def.p[k] == leaf->max_def;
	return n;
}

static void append_strs(struct pq_values *out, const struct pq_values *v, size_t from, size_t n)
{
	vec_reserve(&out->strs, n);
	for (size_t i = 0; i < n; i++) {
		struct str s = v->strs.p[from + i];

		/* Offsets for now: the text moves while it grows. */
		out->strs.p[out->strs.n++] = str_of((const char *)(uintptr_t)out->text.n, s.n);
		buf_add(&out->text, s);
	}
}

/* Rows from .. from + n - 1 of v behind what out holds. */
static void append_rows(struct pq_values *out, const struct pq_values *v, const struct pq_leaf *leaf, uint32_t from,
    uint32_t n)
{
	size_t first = v->row_at.n ? v->row_at.p[from] : from;
	size_t end = v->row_at.n ? v->row_at.p[from + n] : (size_t)from + n;
	size_t val = values_before(v, leaf, first), n_val = values_before(v, leaf, end) - val;

	if (leaf->max_rep) {
		vec_reserve(&out->row_at, (size_t)n + 1);
		for (uint32_t i = 0; i < n; i++)
			out->row_at.p[out->row_at.n++] = (uint32_t)(v->row_at.p[from + i] - first) + out->entries;
	}
	if (v->def.n == 0 && leaf->max_def) {
		vec_reserve(&out->def, end - first);
		memset(out->def.p + out->def.n, leaf->max_def, end - first);
		out->def.n += end - first;
	} else if (leaf->max_def) {
		APPEND(&out->def, &v->def, first, end - first);
	}
	if (leaf->type == PQ_FIXED)
		APPEND(&out->fixed, &v->fixed, val * leaf->length, n_val * leaf->length);
	else if (leaf->type == PQ_BYTES)
		append_strs(out, v, val, n_val);
	else
		APPEND(&out->ints, &v->ints, val, n_val);
	out->rows += n;
	out->entries += (uint32_t)(end - first);
	out->n += (uint32_t)n_val;
}

static int finish_rows(struct pq_values *out, const struct pq_leaf *leaf, struct err *e)
{
	if (leaf->max_rep)
		vec_push(&out->row_at, out->entries);
	if (out->n == out->entries)
		out->def.n = 0;
	for (size_t i = 0; i < out->strs.n; i++)
		out->strs.p[i].p = out->text.p + (uintptr_t)out->strs.p[i].p;
	return buf_check(&out->text, "column", e);
}

int pq_read_rows(struct pq_file *f, uint32_t group, uint32_t leaf, uint32_t first, uint32_t n, struct pq_values *out,
    struct err *e)
{
	const struct pq_page *pages;
	struct pq_values v = { 0 };
	uint32_t n_pages, end;
	int rc = 0;

	pq_values_reset(out);
	buf_init(&out->text, PQ_MAX_CHUNK);
	if (first > pq_group_rows(f, group) || n > pq_group_rows(f, group) - first)
		return err_set(e, ERR_CORRUPT, "parquet: rows %u and %u more, of %u", first, n,
		    pq_group_rows(f, group));
	if (pq_pages(f, group, leaf, &pages, &n_pages, e) < 0)
		return -1;
	end = first + n;
	for (uint32_t i = 0; i < n_pages && rc == 0; i++) {
		uint32_t from = MAX(first, pages[i].first_row), to = MIN(end, pages[i].first_row + pages[i].rows);

		if (from >= to)
			continue;
		rc = pq_read_page(f, group, leaf, i, &v, e);
		if (rc == 0 && v.entries > PQ_MAX_READ - out->entries)
			rc = err_set(e, ERR_LIMIT, "parquet: more than %u entries in %u rows", PQ_MAX_READ, n);
		if (rc == 0)
			append_rows(out, &v, pq_leaf(f, leaf), from - pages[i].first_row, to - from);
	}
	pq_values_fini(&v);
	return rc == 0 ? finish_rows(out, pq_leaf(f, leaf), e) : -1;
}
