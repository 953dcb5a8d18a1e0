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
	MAX_SHARED = 1 << 17,
	SMALL_PART = 8,    /* a page of less than an eighth of its size does not end at a break */
	SHARE_MOST = 4096, /* distinct values of a page that may share a dictionary */
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

/* The values of page p into the dictionary; false: there are too many. */
static bool add_page(struct job *j, uint32_t p)
{
	const struct cut *cut = &j->cuts.p[p];

	page_load(j, cut);
	if (!j->few)
		j->m->numbers.n = 0;
	vec_reserve(&j->m->numbers, cut->values);
	if (!dict_add(&j->dict, j->page, cut->values, j->m->numbers.p + j->m->numbers.n))
		return false;
	j->m->numbers.n += cut->values;
	return true;
}

/* Of pages 0, step, 2 step, ... all of them or some. False, and j->dict is empty: it is not worth while. */
static bool make_dict(struct job *j, uint32_t n_pages)
{
	size_t most = j->c->n / 4 * 3 + 1;
	bool fits = true;

	dict_init(&j->dict, j->width, (uint32_t)MIN(most, (size_t)MAX_DICT));
	j->m->numbers.n = 0;
	for (uint32_t i = 0; i < n_pages && fits; i++)
		fits = add_page(j, (uint32_t)(j->cuts.n * i / n_pages));
	if (fits)
		dict_order_make(&j->order, j->dict.count.p, j->dict.n);
	j->numbered = fits && j->few;
	return fits;
}

static void drop_dict(struct job *j)
{
	j->numbered = false;
	dict_fini(&j->dict);
	dict_order_fini(&j->order);
}

/* Is a dictionary worth while? Made on first use. */
static bool has_dict(struct job *j)
{
	if (!j->tried_dict && j->c->n > 0) {
		j->tried_dict = true;
		make_dict(j, (uint32_t)j->cuts.n);
	}
	return j->dict.n != 0;
}

/* ---- pages that share a dictionary ---- */

/* Few distinct values: they are counted, and get their numbers. */
static void use_of_page(struct job *j, const struct cut *p, struct page_use *use)
{
	struct dict own;
	uint32_t *numbers;

	dict_init(&own, j->width, SHARE_MOST);
	j->m->indices.n = 0;
	vec_reserve(&j->m->indices, p->values);
	numbers = j->m->indices.p;
	*use = (struct page_use){ .page = (uint32_t)(p - j->cuts.p), .distinct = UINT32_MAX };
	if (dict_add(&own, j->page, p->values, numbers) && j->shared.n + own.n <= MAX_SHARED) {
		dict_add(&j->shared, own.values.p, own.n, numbers);
		use->distinct = own.n;
		use->has = mem_array(own.n, sizeof(*use->has));
		for (uint32_t i = 0; i < own.n; i++)
			use->has[i] = (struct number_count){ numbers[i], own.count.p[i] };
	}
	dict_fini(&own);
}

/* ---- whole chunks, of which the smallest stays ---- */

/* What is asked of all pages, whatever their form. */
static void see_page(struct job *j, uint32_t p)
{
	page_load(j, &j->cuts.p[p]);
	if (j->pages->bounds != NULL)
		bounds_make(j->mem, j->leaf, j->page, j->width, j->at->values, &j->pages->bounds[p]);
	if (j->use != NULL)
		use_of_page(j, j->at, &j->use[p]);
}

/* The page as it is in the best chunk. */
static void copy_page(struct job *j, uint32_t p)
{
	const struct page_put *from = &j->best_put[p];

	if (!buf_room(j->out, from->bytes))
		return;
	memcpy(j->out->p + j->out->n, j->out->p + j->from + from->at, from->bytes);
	j->out->n += from->bytes;
	j->raw += from->raw;
}

/* Of the chunk that is being put. */
static size_t chunk_bytes(const struct job *j)
{
	return j->taken + j->out->n - j->from - j->best;
}

static void take_pages(struct job *j)
{
	enum { WORTH = 64 << 10 };

	if (!j->streams || j->out->n < WORTH)
		return;
	j->taken = chunk_bytes(j);
	j->from = 0;
	j->to->take(j->to->ctx);
}

/* All pages in the forms of j->put, behind the best chunk. dictionary: NULL, or its form. */
static void put_pages(struct job *j, const struct pq_form *dictionary)
{
	j->raw = 0;
	if (dictionary != NULL)
		page_put_dictionary(j, dictionary, j->out);
	for (uint32_t i = 0; i < j->cuts.n; i++) {
		struct page_put *put = &j->put[i];
		uint64_t raw = j->raw;

		put->at = chunk_bytes(j);
		if (!j->seen)
			see_page(j, i);
		if (j->best > 0 && put->form == j->best_put[i].form && put->form->encoding != PQ_DICTIONARY) {
			copy_page(j, i);
		} else {
			page_load(j, &j->cuts.p[i]);
			page_put(j, put->form, j->out);
		}
		put->bytes = (uint32_t)(chunk_bytes(j) - put->at);
		put->raw = (uint32_t)(j->raw - raw);
		take_pages(j);
	}
	j->seen = true;
}

/* The chunk that was put last, behind the best one; true: now it is the best. */
static bool keep_better(struct job *j)
{
	size_t n = chunk_bytes(j);
	bool better = j->best == 0 || n < j->best;

	if (better) {
		if (j->best > 0)
			memmove(j->out->p + j->from, j->out->p + j->from + j->best, n);
		memcpy(j->best_put, j->put, j->cuts.n * sizeof(*j->put));
		j->best = n;
		j->best_raw = j->raw;
	}
	j->out->n = j->from + j->best - j->taken;
	return better;
}

static bool put_form(struct job *j, const struct pq_form *f)
{
	for (size_t i = 0; i < j->cuts.n; i++)
		j->put[i].form = f;
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
	assert(best != NULL);
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
	uint32_t best;

	memset(plain, 0xff, sizeof(plain));
	try_forms(j, false, plain);
	memcpy(bytes, plain, sizeof(bytes));
	if (any_dictionary(j) && j->c->n > 0 && dict_may_pay(j, bytes)) {
		memcpy(bytes, plain, sizeof(bytes));
		if (has_dict(j))
			try_forms(j, true, bytes);
	}
	best = least_of(bytes, j->c->n_forms);
	assert(bytes[best] != UINT64_MAX);
	return &j->c->forms[best];
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

	for (size_t i = 0; i < j->cuts.n; i++)
		j->put[i].form = &j->c->forms[0];
	for (size_t i = 0; i < n; i++)
		j->put[j->use[i].page].form = &form;
	dict_order_make(&j->order, counts, j->dict.n);
	put_pages(j, &form);
	dict_order_fini(&j->order);
	return keep_better(j);
}

/* Not if one dictionary does for all of many pages: then there is little to gain. */
static bool may_mix(const struct job *j)
{
	return j->cuts.n > 1 && j->shared.n > 0 && (j->few || j->dict.n == 0 || j->dict.n > SHARE_MOST);
}

/* Dictionaries of one and of two bytes for the pages that they fit, if that makes the chunk smaller. */
static bool try_mixed(struct job *j)
{
	static const uint32_t limits[] = { 1 << 8, 1 << 16 };
	uint32_t *counts;
	size_t last = 0;
	bool better = false;

	if (!may_mix(j))
		return false;
	drop_dict(j);
	j->dict = j->shared;
	j->shared = (struct dict){ 0 };
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

static void make_best(struct job *j, struct pq_chunk *c)
{
	const struct pq_form *f = j->few ? best_of_all(j) : best_by_trial(j);
	bool mixed = false;

	j->streams = !j->few && !j->c->mixed && j->to->take != NULL;
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
	dict_fini(&j->shared);
	mem_free(j->put);
	mem_free(j->best_put);
	vec_free(&j->cuts);
}

/* What the chunk became, for the footer and the page indexes. */
static void tell(const struct job *j, uint64_t at, struct pq_chunk *c)
{
	const struct cut *last = &j->cuts.p[j->cuts.n - 1];
	struct chunk_pages *p = j->pages;

	c->bytes = j->best;
	c->raw_bytes = j->best_raw;
	c->n_values = last->entry + last->entries - j->cuts.p[0].entry;
	c->data_at = at + j->best_put[0].at;
	if (j->best_put[0].at > 0)
		c->dictionary_at = at;
	for (uint32_t i = 0; i < p->n; i++) {
		const struct page_put *put = &j->best_put[i];

		p->at[i] = (struct pq_page_at){ at + put->at, j->cuts.p[i].row, put->bytes };
		if (p->bounds != NULL)
			p->bounds[i].nulls = j->cuts.p[i].entries - j->cuts.p[i].values;
	}
	if (p->bounds != NULL)
		p->order = bounds_order(j->leaf, p->bounds, p->n);
}

void chunk_make(struct chunk_maker *m, struct arena *a, const struct pq_leaf *leaf, const struct pq_column *column,
    uint32_t rows, const struct chunk_out *to, struct pq_chunk *c, struct chunk_pages *pages)
{
	struct job j = { .m = m,
		.mem = a,
		.leaf = leaf,
		.c = column,
		.pages = pages,
		.to = to,
		.out = to->out,
		.from = to->out->n };

	assert(column->n_forms > 0 && column->n_forms <= MAX_FORMS);
	cut_pages(&j, rows);
	begin_values(&j, rows);
	j.put = mem_zarray(j.cuts.n, sizeof(*j.put));
	j.best_put = mem_zarray(j.cuts.n, sizeof(*j.best_put));
	*pages = (struct chunk_pages){ .n = (uint32_t)j.cuts.n };
	pages->at = arena_zarray(a, pages->n, sizeof(*pages->at));
	if (column->words == NULL)
		pages->bounds = arena_zarray(a, pages->n, sizeof(*pages->bounds));
	if (column->mixed && j.cuts.n > 1) {
		j.use = mem_zarray(j.cuts.n, sizeof(*j.use));
		dict_init(&j.shared, j.width, MAX_SHARED);
	}
	make_best(&j, c);
	tell(&j, to->at, c);
	job_fini(&j);
}
