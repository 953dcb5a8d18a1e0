/* chunk.c - a chunk is cut into pages, and its forms are compared; see chunk.h */
#include "formats/parquet/chunk.h"

#include <stdlib.h>

#include "base/mem.h"
#include "formats/parquet/bounds.h"
#include "formats/parquet/chunk_impl.h"
#include "formats/parquet/codec.h"

enum {
	TRIAL_PAGES = 4,    /* a form is judged by so many pages */
	MAX_FORMS = 8,      /* of a column */
	MAX_DICT = 1 << 18, /* distinct values; more never paid */
	SMALL_PART = 8,     /* a page of less than an eighth of its size does not end at a break */
	SHARE_MOST = 4096,  /* distinct values of a page that may share a dictionary */
};

struct chunk_maker *chunk_maker_new(bool compressed)
{
	struct chunk_maker *m = mem_zalloc(sizeof(*m));

	m->compressed = compressed;
	buf_init(&m->body, SIZE_MAX / 2);
	buf_init(&m->packed, SIZE_MAX / 2);
	buf_init(&m->trial, SIZE_MAX / 2);
	return m;
}

void chunk_maker_free(struct chunk_maker *m)
{
	buf_fini(&m->body);
	buf_fini(&m->packed);
	buf_fini(&m->trial);
	vec_free(&m->levels);
	vec_free(&m->wide);
	vec_free(&m->narrow);
	vec_free(&m->indices);
	vec_free(&m->values);
	vec_free(&m->numbers);
	vec_free(&m->counts);
	mem_free(m);
}

/* ---- cutting ---- */

static size_t count_values(const struct job *j, const struct cut *p)
{
	const struct pq_column *c = j->c;
	size_t k = 0;

	if (c->row_def != NULL) {
		for (uint32_t r = p->row; r < p->row + p->rows; r++)
			k += c->row_def[r] == j->leaf->max_def ? c->row_at[r + 1] - c->row_at[r] : 0;
		return k;
	}
	if (c->def == NULL)
		return c->level == j->leaf->max_def ? p->entries : 0;
	for (uint32_t i = p->entry; i < p->entry + p->entries; i++)
		k += c->def[i] == j->leaf->max_def;
	return k;
}

/* The row that begins the page after the one that begins at `row`. *b: the first break that may matter. */
static uint32_t cut_end(const struct job *j, uint32_t row, uint32_t rows, uint32_t *b)
{
	const uint32_t *at = j->c->row_at;
	uint32_t from = at ? at[row] : row;

	for (uint32_t next = row + 1; next < rows; next++) {
		uint32_t n = (at ? at[next] : next) - from;

		while (*b < j->c->n_breaks && j->c->breaks[*b] < next)
			++*b;
		if (n >= j->c->page_entries ||
		    (*b < j->c->n_breaks && j->c->breaks[*b] == next && n >= j->c->page_entries / SMALL_PART))
			return next;
	}
	return rows;
}

static void cut_pages(struct job *j, uint32_t rows)
{
	const uint32_t *at = j->c->row_at;
	size_t value = 0;
	uint32_t b = 0;

	for (uint32_t row = 0, next; row < rows; row = next) {
		struct cut cut = { .row = row, .entry = at ? at[row] : row, .value = value };

		next = cut_end(j, row, rows, &b);
		cut.rows = next - row;
		cut.entries = (at ? at[next] : next) - cut.entry;
		cut.values = count_values(j, &cut);
		value += cut.values;
		vec_push(&j->cuts, cut);
	}
	assert(value == j->c->n);
}

/* Where values are, or come from. A few pages are made once and stay. */
static void begin_values(struct job *j, uint32_t rows)
{
	const struct pq_column *c = j->c;

	j->few = j->cuts.n <= TRIAL_PAGES;
	j->width = c->fixed ? j->leaf->length : c->i64 || (c->make && !c->narrow) ? 8 : 4;
	j->column = c->i64 ? (const void *)c->i64 : c->u32 ? (const void *)c->u32 : (const void *)c->fixed;
	if (!j->few || c->make == NULL)
		return;
	j->m->values.n = 0;
	vec_reserve(&j->m->values, c->n * j->width);
	c->make(c->ctx, 0, rows, j->m->values.p);
	j->column = j->m->values.p;
}

/* ---- the dictionary ---- */

/* What page p has, of the numbers of its values. */
static void use_of_page(struct job *j, uint32_t p, const uint32_t *numbers)
{
	size_t n = j->cuts.p[p].values;
	VEC(struct number_count) has = { 0 };
	uint32_t *counts;

	vec_reserve(&j->m->counts, j->dict.n - j->m->counts.n);
	counts = j->m->counts.p;
	memset(counts + j->m->counts.n, 0, (j->dict.n - j->m->counts.n) * sizeof(*counts));
	j->m->counts.n = j->dict.n;
	for (size_t i = 0; i < n; i++)
		if (counts[numbers[i]]++ == 0)
			vec_push(&has, ((struct number_count){ numbers[i], 0 }));
	for (size_t i = 0; i < has.n; i++) {
		has.p[i].count = counts[has.p[i].number];
		counts[has.p[i].number] = 0;
	}
	j->use[p] = (struct page_use){ .page = p, .distinct = (uint32_t)has.n };
	if (has.n <= SHARE_MOST) {
		vec_fit(&has);
		j->use[p].has = has.p;
	} else {
		vec_free(&has);
	}
}

/* The values of page p into the dictionary; false: there are too many. */
static bool add_page(struct job *j, uint32_t p)
{
	const struct cut *cut = &j->cuts.p[p];
	uint32_t *numbers;

	page_load(j, cut);
	if (!j->few)
		j->m->numbers.n = 0;
	vec_reserve(&j->m->numbers, cut->values);
	numbers = j->m->numbers.p + j->m->numbers.n;
	if (!dict_add(&j->dict, j->page, cut->values, numbers))
		return false;
	j->m->numbers.n += cut->values;
	if (j->use != NULL)
		use_of_page(j, p, numbers);
	return true;
}

/* Of pages 0, step, 2 step, ... all of them or some. False, and j->dict is empty: it is not worth while. */
static bool make_dict(struct job *j, uint32_t n_pages)
{
	size_t most = j->c->n / 4 * 3 + 1;
	bool fits = true;

	dict_init(&j->dict, j->width, (uint32_t)MIN(most, (size_t)MAX_DICT));
	j->m->numbers.n = j->m->counts.n = 0;
	for (uint32_t i = 0; i < n_pages && fits; i++)
		fits = add_page(j, (uint32_t)(j->cuts.n * i / n_pages));
	if (fits)
		dict_order_make(&j->order, j->dict.count.p, j->dict.n);
	return fits;
}

static void drop_dict(struct job *j)
{
	dict_fini(&j->dict);
	dict_order_fini(&j->order);
}

/* Is a dictionary worth while? Made on first use. */
static bool has_dict(struct job *j)
{
	if (!j->tried_dict && j->c->n > 0) {
		j->tried_dict = true;
		if (j->c->mixed)
			j->use = mem_zarray(j->cuts.n, sizeof(*j->use));
		make_dict(j, (uint32_t)j->cuts.n);
	}
	return j->dict.n != 0;
}

/* ---- whole chunks, of which the smallest stays ---- */

static void put_pages(struct job *j, const struct pq_form *dictionary)
{
	j->raw = 0;
	if (dictionary)
		page_put_dictionary(j, dictionary, j->out);
	for (uint32_t i = 0; i < j->cuts.n; i++) {
		page_load(j, &j->cuts.p[i]);
		if (!j->bounded && j->pages->bounds != NULL)
			bounds_make(j->mem, j->leaf, j->page, j->width, j->at->values, &j->pages->bounds[i]);
		page_put(j, j->form[i], j->out);
	}
	j->bounded = true;
}

/* The chunk that was put last, behind the best one; true: now it is the best. */
static bool keep_better(struct job *j)
{
	size_t n = j->out->n - j->from - j->best;
	bool better = j->best == 0 || n < j->best;

	if (better) {
		memmove(j->out->p + j->from, j->out->p + j->from + j->best, n);
		j->best = n;
		j->best_raw = j->raw;
	}
	j->out->n = j->from + j->best;
	return better;
}

static bool put_form(struct job *j, const struct pq_form *f)
{
	for (size_t i = 0; i < j->cuts.n; i++)
		j->form[i] = f;
	put_pages(j, f->encoding == PQ_DICTIONARY ? f : NULL);
	return keep_better(j);
}

/* ---- choosing ---- */

static bool allowed(const struct job *j, const struct pq_form *f)
{
	return f->level != 0 || !j->m->compressed;
}

static const struct pq_form *best_of_all(struct job *j)
{
	const struct pq_form *best = NULL;

	for (uint32_t i = 0; i < j->c->n_forms; i++) {
		const struct pq_form *f = &j->c->forms[i];

		if (allowed(j, f) && (f->encoding != PQ_DICTIONARY || has_dict(j)) && put_form(j, f))
			best = f;
	}
	return best;
}

/* Adds up what trial pages take, by form: those with a dictionary, or those without. */
static void try_forms(struct job *j, bool with, uint64_t *bytes)
{
	for (uint32_t i = 0; i < j->c->n_forms; i++) {
		const struct pq_form *f = &j->c->forms[i];

		if (!allowed(j, f) || (f->encoding == PQ_DICTIONARY) != with)
			continue;
		buf_reset(&j->m->trial);
		bytes[i] = with ? (uint64_t)page_put_dictionary(j, f, &j->m->trial) * TRIAL_PAGES / j->cuts.n : 0;
	}
	for (uint32_t t = 0; t < TRIAL_PAGES; t++) {
		page_load(j, &j->cuts.p[j->cuts.n * t / TRIAL_PAGES]);
		for (uint32_t i = 0; i < j->c->n_forms; i++) {
			const struct pq_form *f = &j->c->forms[i];

			if (!allowed(j, f) || (f->encoding == PQ_DICTIONARY) != with)
				continue;
			buf_reset(&j->m->trial);
			bytes[i] += page_put(j, f, &j->m->trial);
		}
	}
}

static uint32_t least_of(const uint64_t *bytes, uint32_t n)
{
	uint32_t least = 0;

	for (uint32_t i = 1; i < n; i++)
		if (bytes[i] < bytes[least])
			least = i;
	return least;
}

/* With a dictionary of the trial pages alone no form takes more than with one of all pages: is one worth a try? */
static bool dict_may_pay(struct job *j, uint64_t *bytes)
{
	uint32_t best;

	if (!make_dict(j, TRIAL_PAGES))
		return false;
	try_forms(j, true, bytes);
	best = least_of(bytes, j->c->n_forms);
	drop_dict(j);
	return j->c->forms[best].encoding == PQ_DICTIONARY;
}

static bool any_dictionary(const struct job *j)
{
	for (uint32_t i = 0; i < j->c->n_forms; i++)
		if (j->c->forms[i].encoding == PQ_DICTIONARY && allowed(j, &j->c->forms[i]))
			return true;
	return false;
}

static const struct pq_form *best_by_trial(struct job *j)
{
	uint64_t plain[MAX_FORMS], bytes[MAX_FORMS];

	memset(plain, 0xff, sizeof(plain));
	try_forms(j, false, plain);
	memcpy(bytes, plain, sizeof(bytes));
	if (any_dictionary(j) && j->c->n > 0 && (j->c->mixed || dict_may_pay(j, bytes))) {
		memcpy(bytes, plain, sizeof(bytes));
		if (has_dict(j))
			try_forms(j, true, bytes);
	}
	return &j->c->forms[least_of(bytes, j->c->n_forms)];
}

/* ---- mixing ---- */

static int page_use_cmp(const void *a, const void *b)
{
	const struct page_use *x = a, *y = b;

	if (x->distinct != y->distinct)
		return x->distinct < y->distinct ? -1 : 1;
	return x->page < y->page ? -1 : x->page > y->page;
}

/*
 * The pages with the fewest distinct values, as many as stay within `limit`
 * together. counts: of their values, by number.
 */
static size_t pick_pages(const struct job *j, uint32_t *counts, uint32_t limit)
{
	uint32_t sum = 0;
	size_t n = 0;

	memset(counts, 0, j->dict.n * sizeof(*counts));
	for (; n < j->cuts.n && j->use[n].has != NULL; n++) {
		const struct page_use *use = &j->use[n];
		uint32_t more = 0;

		for (uint32_t i = 0; i < use->distinct; i++)
			more += counts[use->has[i].number] == 0;
		if (sum + more > limit)
			break;
		sum += more;
		for (uint32_t i = 0; i < use->distinct; i++)
			counts[use->has[i].number] += use->has[i].count;
	}
	return n;
}

/* The first n pages of use share a dictionary. True: that is the best so far. */
static bool put_mixed(struct job *j, const uint32_t *counts, size_t n)
{
	static const struct pq_form form = { PQ_DICTIONARY, true, 3 };
	struct dict_order all = j->order;

	for (size_t i = 0; i < j->cuts.n; i++)
		j->form[i] = &j->c->forms[0];
	for (size_t i = 0; i < n; i++)
		j->form[j->use[i].page] = &form;
	dict_order_make(&j->order, counts, j->dict.n);
	put_pages(j, &form);
	dict_order_fini(&j->order);
	j->order = all;
	return keep_better(j);
}

/* Dictionaries of one and of two bytes for the pages that they fit, if that makes the chunk smaller. */
static bool try_mixed(struct job *j)
{
	static const uint32_t limits[] = { 1 << 8, 1 << 16 };
	uint32_t *counts;
	size_t last = 0;
	bool better = false;

	if (j->cuts.n < 2 || !has_dict(j))
		return false;
	qsort(j->use, j->cuts.n, sizeof(*j->use), page_use_cmp);
	counts = mem_array(j->dict.n, sizeof(*counts));
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		size_t n = pick_pages(j, counts, limits[i]);

		if (n == last || n == j->cuts.n)
			continue;
		last = n;
		better |= put_mixed(j, counts, n);
	}
	mem_free(counts);
	return better;
}

/* ---- the chunk ---- */

/* Pages that were written, found again by their headers. */
static void locate(struct job *j, struct str bytes, uint64_t at, struct pq_chunk *c, struct chunk_pages *p)
{
	struct pq_page_header h;
	struct err e;
	size_t used;

	for (uint32_t i = 0; i < p->n;) {
		int rc = page_header_decode(bytes, &h, &used, &e);

		assert(rc == 0);
		(void)rc;
		if (h.type == PQ_DICT) {
			c->dictionary_at = at;
		} else {
			p->at[i] = (struct pq_page_at){ at, j->cuts.p[i].row, (uint32_t)used + h.bytes };
			i++;
		}
		at += used + h.bytes;
		bytes = str_skip(bytes, used + h.bytes);
	}
	c->data_at = p->at[0].at;
}

static void make_best(struct job *j, struct pq_chunk *c)
{
	const struct pq_form *f = j->few ? best_of_all(j) : best_by_trial(j);
	bool mixed = false;

	if (!j->few)
		put_form(j, f);
	if (j->c->mixed)
		mixed = try_mixed(j);
	c->codec = f->level || mixed ? PQ_ZSTD : PQ_NONE;
	c->encodings = 1u << f->encoding | (j->leaf->max_def || j->leaf->max_rep ? 1u << PQ_RLE : 0) |
	    (f->encoding == PQ_DICTIONARY ? 1u << PQ_PLAIN : 0);
	if (mixed)
		c->encodings = 1u << j->c->forms[0].encoding | 1u << PQ_RLE | 1u << PQ_DICTIONARY | 1u << PQ_PLAIN;
}

static void job_fini(struct job *j)
{
	for (size_t i = 0; j->use != NULL && i < j->cuts.n; i++)
		mem_free(j->use[i].has);
	mem_free(j->use);
	drop_dict(j);
	mem_free(j->form);
	vec_free(&j->cuts);
}

void chunk_make(struct chunk_maker *m, struct arena *a, const struct pq_leaf *leaf, const struct pq_column *column,
    uint32_t rows, uint64_t at, struct buf *out, struct pq_chunk *c, struct chunk_pages *pages)
{
	struct job j = { .m = m, .mem = a, .leaf = leaf, .c = column, .pages = pages, .out = out, .from = out->n };

	assert(column->n_forms > 0 && column->n_forms <= MAX_FORMS);
	cut_pages(&j, rows);
	begin_values(&j, rows);
	j.form = mem_array(j.cuts.n, sizeof(struct pq_form *));
	*pages = (struct chunk_pages){ .n = (uint32_t)j.cuts.n };
	pages->at = arena_zarray(a, pages->n, sizeof(*pages->at));
	if (column->words == NULL)
		pages->bounds = arena_zarray(a, pages->n, sizeof(*pages->bounds));
	make_best(&j, c);
	for (uint32_t i = 0; pages->bounds != NULL && i < pages->n; i++)
		pages->bounds[i].nulls = j.cuts.p[i].entries - j.cuts.p[i].values;
	if (pages->bounds != NULL)
		pages->order = bounds_order(leaf, pages->bounds, pages->n);
	c->bytes = j.best;
	c->raw_bytes = j.best_raw;
	c->n_values = j.cuts.p[j.cuts.n - 1].entry + j.cuts.p[j.cuts.n - 1].entries - j.cuts.p[0].entry;
	locate(&j, str_of(out->p + j.from, j.best), at, c, pages);
	job_fini(&j);
}
