/* profiles_table.c - opening, and columns page by page; see profiles_table.h and profiles_columns.h */
#include "formats/block/profiles_columns.h"

#include "base/mem.h"

static const struct {
	struct str path;
	enum pq_type type;
	bool required, list;
} columns[COLUMNS] = {
	[COL_SERIES] = { { "SeriesIndex", 11 }, PQ_INT32, true, false },
	[COL_TIME] = { { "TimeNanos", 9 }, PQ_INT64, true, false },
	[COL_PARTITION] = { { "StacktracePartition", 19 }, PQ_INT64, false, false },
	[COL_DURATION] = { { "DurationNanos", 13 }, PQ_INT64, false, false },
	[COL_TOTAL] = { { "TotalValue", 10 }, PQ_INT64, false, false },
	[COL_ID] = { { "ID", 2 }, PQ_FIXED, false, false },
	[COL_STACK] = { { "Samples.list.element.StacktraceID", 33 }, PQ_INT64, true, true },
	[COL_VALUE] = { { "Samples.list.element.Value", 26 }, PQ_INT64, true, true },
	[COL_SPAN] = { { "Samples.list.element.SpanID", 27 }, PQ_INT64, false, true },
};

static int find_columns(struct profiles_table *t, struct err *e)
{
	for (int i = 0; i < COLUMNS; i++) {
		const struct pq_leaf *leaf;

		t->leaf[i] = pq_find(t->pq, columns[i].path);
		if (t->leaf[i] < 0 && columns[i].required)
			return err_set(e, ERR_CORRUPT, "no column " STR_FMT, STR_ARG(columns[i].path));
		if (t->leaf[i] < 0)
			continue;
		leaf = pq_leaf(t->pq, (uint32_t)t->leaf[i]);
		if (leaf->type != columns[i].type || (leaf->max_rep != 0) != columns[i].list || leaf->max_rep > 1 ||
		    (i == COL_ID && leaf->length != 16) ||
		    (columns[i].required && !columns[i].list && leaf->max_def != 0))
			return err_set(e, ERR_UNSUPPORTED, "column " STR_FMT " has another type",
			    STR_ARG(columns[i].path));
	}
	return 0;
}

struct profiles_table *profiles_open(struct blob *b, size_t cache, struct err *e)
{
	struct profiles_table *t = mem_zalloc(sizeof(*t));

	t->own.limit = cache;
	t->cache = &t->own;
	t->pq = pq_open(b, e);
	if (t->pq == NULL || find_columns(t, e) < 0) {
		err_wrap(e, "profiles.parquet");
		profiles_close(t);
		return NULL;
	}
	t->sums = mem_zarray(profiles_groups(t), sizeof(*t->sums));
	t->slots = mem_zarray((size_t)profiles_groups(t) * COLUMNS, sizeof(*t->slots));
	for (int i = 0; i < COLUMNS; i++)
		t->window[i].mem = arena_new();
	return t;
}

void profiles_share(struct profiles_table *t, struct page_cache *c)
{
	assert(t->own.size == 0);
	t->cache = c;
}

void profiles_close(struct profiles_table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; t->slots && i < (size_t)profiles_groups(t) * COLUMNS; i++)
		page_cache_forget_all(t->cache, &t->slots[i]);
	for (uint32_t g = 0; t->sums && g < profiles_groups(t); g++)
		sum_runs_fini(&t->sums[g], t->cache);
	page_cache_fini(&t->own);
	mem_free(t->sums);
	mem_free(t->slots);
	for (int i = 0; i < COLUMNS; i++)
		arena_free(t->window[i].mem);
	pq_values_fini(&t->values);
	vec_free(&t->runs);
	vec_free(&t->kept);
	stack_sums_fini(&t->adding);
	stored_sums_fini(&t->stored);
	samples_fini(&t->row);
	pq_close(t->pq);
	mem_free(t);
}

size_t profiles_bytes(const struct profiles_table *t)
{
	size_t n = sizeof(*t) + t->slot_bytes + (size_t)profiles_groups(t) * COLUMNS * sizeof(*t->slots) + t->own.size +
	    pq_bytes(t->pq) + pq_values_bytes(&t->values);

	for (int i = 0; i < COLUMNS; i++)
		n += arena_bytes(t->window[i].mem);
	for (uint32_t g = 0; g < profiles_groups(t); g++)
		n += sizeof(*t->sums) + sum_runs_bytes(&t->sums[g]);
	n += stack_sums_bytes(&t->adding) + stored_sums_bytes(&t->stored) + samples_bytes(&t->row);
	return n;
}

uint64_t profiles_rows(const struct profiles_table *t)
{
	return pq_meta(t->pq)->rows;
}

uint32_t profiles_groups(const struct profiles_table *t)
{
	return t->pq ? pq_meta(t->pq)->n_groups : 0;
}

/* ---- pages ---- */

/* Is any of these rows of the group wanted? */
static bool wanted(const struct profiles_table *t, uint32_t first, uint32_t end)
{
	size_t low = 0, high = t->runs.n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (t->runs.p[mid].end <= first)
			low = mid + 1;
		else
			high = mid;
	}
	return low < t->runs.n && t->runs.p[low].first < end;
}

/* Bytes of page i; pages that lie behind it and are wanted too are read with it. */
static int page_bytes(struct profiles_table *t, enum column c, const struct pq_page *pages, uint32_t n, uint32_t i,
    struct str *out, struct err *e)
{
	enum { WINDOW = 4 << 20 };
	struct window *w = &t->window[c];
	uint64_t at = pages[i].at, end = at + pages[i].bytes;

	if (w->bytes.n == 0 || at < w->at || end > w->at + w->bytes.n) {
		for (uint32_t k = i + 1; k < n && pages[k].at == end && end + pages[k].bytes - at <= WINDOW &&
		     wanted(t, pages[k].first_row, pages[k].first_row + pages[k].rows);
		     k++)
			end += pages[k].bytes;
		arena_reset(w->mem);
		w->bytes = STR("");
		w->at = at;
		if (pq_bytes_at(t->pq, w->mem, at, (size_t)(end - at), &w->bytes, e) < 0)
			return -1;
	}
	*out = str_of(w->bytes.p + (at - w->at), pages[i].bytes);
	return 0;
}

/* Takes an array out of a VEC. */
#define STEAL(vec, to)                     \
	do {                               \
		(to) = (vec)->p;           \
		(vec)->p = NULL;           \
		(vec)->n = (vec)->cap = 0; \
	} while (0)

/* Values with zeros where nulls are, one per entry. Frees what it replaces. */
static void fill_nulls(struct pq_values *v, uint8_t max_def)
{
	int64_t *all = mem_array(v->entries, sizeof(*all));
	size_t k = 0;

	for (uint32_t i = 0; i < v->entries; i++)
		all[i] = v->def.p[i] == max_def ? v->ints.p[k++] : 0;
	mem_free(v->ints.p);
	v->ints.p = all;
	v->ints.n = v->ints.cap = v->entries;
}

/* Entries that stand for an empty list are no samples: they go. ints has one number per entry. */
static void drop_empty(struct pq_values *v, uint8_t list_def)
{
	uint32_t k = 0, row = 0;

	for (uint32_t i = 0; i < v->entries; i++) {
		for (; row < v->rows && v->row_at.p[row] == i; row++)
			v->row_at.p[row] = k;
		if (v->def.p[i] >= list_def)
			v->ints.p[k++] = v->ints.p[i];
	}
	v->row_at.p[v->rows] = k;
	v->entries = k;
}

static bool only_nulls(const struct pq_values *v)
{
	return v->n == 0 && v->entries > 0;
}

/* Are there empty lists? */
static bool has_empty(const struct pq_values *v, uint8_t list_def)
{
	for (size_t i = 0; i < v->def.n; i++)
		if (v->def.p[i] < list_def)
			return true;
	return false;
}

/* False: some value needs more than 32 bits. */
static bool narrow(struct pq_values *v, struct cached_page *p)
{
	uint64_t all = 0;

	for (size_t i = 0; v->narrow.n == 0 && i < v->entries; i++)
		all |= (uint64_t)v->ints.p[i];
	if (all > UINT32_MAX)
		return false;
	if (v->narrow.n == 0) {
		pq_values_room(v, v->entries);
		for (uint32_t i = 0; i < v->entries; i++)
			v->narrow.p[i] = (uint32_t)v->ints.p[i];
	}
	p->size += v->narrow.cap * sizeof(*p->narrow);
	STEAL(&v->narrow, p->narrow);
	return true;
}

/* False: too many rows have another value than the one before. */
static bool as_runs(struct pq_values *v, struct cached_page *p)
{
	enum { LONG = 8 }; /* rows, on average */
	uint32_t n = v->entries > 0, k = 0;

	for (uint32_t i = 1; i < v->entries; i++)
		n += v->ints.p[i] != v->ints.p[i - 1];
	if (n == 0 || n > v->entries / LONG)
		return false;
	p->n = n;
	p->ends = mem_array(n, sizeof(*p->ends));
	p->ints = mem_array(n, sizeof(*p->ints));
	for (uint32_t i = 0; i < v->entries; i++) {
		k += i > 0 && v->ints.p[i] != v->ints.p[i - 1];
		p->ints[k] = v->ints.p[i];
		p->ends[k] = i + 1;
	}
	p->size += n * (sizeof(*p->ends) + sizeof(*p->ints));
	return true;
}

static int take_values(struct profiles_table *t, enum column c, struct cached_page *p, struct err *e)
{
	const struct pq_leaf *leaf = pq_leaf(t->pq, (uint32_t)t->leaf[c]);
	struct pq_values *v = &t->values;
	bool empty = leaf->max_rep && has_empty(v, leaf->list_def);

	p->nothing = only_nulls(v) && !empty;
	if (c == COL_ID) {
		if (v->n != v->entries)
			return err_set(e, ERR_CORRUPT, "a row without an id");
		p->size += v->fixed.n;
		STEAL(&v->fixed, p->bytes);
		return 0;
	}
	if (v->def.n && !p->nothing)
		fill_nulls(v, leaf->max_def);
	if (empty)
		drop_empty(v, leaf->list_def);
	p->n = v->entries;
	if (leaf->max_rep) {
		p->size += v->row_at.cap * sizeof(*p->row_at);
		STEAL(&v->row_at, p->row_at);
	}
	if (p->nothing)
		return 0;
	if ((leaf->max_rep == 0 && as_runs(v, p)) || (c != COL_SPAN && narrow(v, p)))
		return 0;
	if (c == COL_STACK)
		return err_set(e, ERR_CORRUPT, "a stack id of more than 32 bits");
	p->size += v->ints.cap * sizeof(*p->ints);
	STEAL(&v->ints, p->ints);
	return 0;
}

/* A scan may go through all of a file. */
static void rest_now_and_then(struct profiles_table *t, size_t n)
{
	enum { UNRESTED = 1 << 20 };

	t->read += n;
	if (t->read < UNRESTED)
		return;
	pq_rest(t->pq);
	t->read = 0;
}

static int make_page(struct profiles_table *t, uint32_t group, enum column c, const struct pq_page *pages, uint32_t n,
    uint32_t i, struct cached_page **out, struct err *e)
{
	uint32_t leaf = (uint32_t)t->leaf[c];
	struct page_cache loose = { .limit = SIZE_MAX };
	struct cached_page *p, *slot = NULL;
	struct str bytes;

	if (page_bytes(t, c, pages, n, i, &bytes, e) < 0 ||
	    pq_decode_page(t->pq, group, leaf, &pages[i], bytes, &t->values, e) < 0)
		return -1;
	rest_now_and_then(t, bytes.n);
	p = mem_zalloc(sizeof(*p));
	p->size = sizeof(*p);
	p->first_row = pages[i].first_row;
	p->rows = pages[i].rows;
	if (take_values(t, c, p, e) < 0) {
		page_cache_add(&loose, &slot, p);
		page_cache_drop(&loose, p);
		page_cache_fini(&loose);
		return -1;
	}
	*out = p;
	return 0;
}

/* Numbers of 32 bits go where those of a page were that went, if they are as many. */
static int load_page(struct profiles_table *t, uint32_t group, enum column c, const struct pq_page *pages, uint32_t n,
    uint32_t i, struct cached_page **out, struct err *e)
{
	struct pq_values *v = &t->values;
	int rc;

	v->narrows = (c == COL_STACK || c == COL_VALUE) && pq_leaf(t->pq, (uint32_t)t->leaf[c])->max_rep > 0;
	if (v->narrows)
		v->narrow.p = page_cache_spare(t->cache, &v->narrow.cap);
	rc = make_page(t, group, c, pages, n, i, out, e);
	page_cache_give(t->cache, v->narrow.p, v->narrow.cap);
	v->narrow.p = NULL;
	v->narrow.n = v->narrow.cap = 0;
	return rc;
}

int columns_page(struct profiles_table *t, uint32_t group, enum column c, uint32_t i, struct cached_page **out,
    struct err *e)
{
	struct page_slots *slots = &t->slots[(size_t)group * COLUMNS + c];
	const struct pq_page *pages;
	uint32_t n;

	if (pq_pages(t->pq, group, (uint32_t)t->leaf[c], &pages, &n, e) < 0)
		return -1;
	if (slots->p == NULL) {
		slots->p = mem_zarray(n, sizeof(*slots->p));
		slots->n = n;
		t->slot_bytes += n * sizeof(*slots->p);
	}
	*out = page_cache_get(t->cache, &slots->p[i]);
	if (*out)
		return 0;
	if (load_page(t, group, c, pages, n, i, out, e) < 0)
		return -1;
	if (t->passing && (c == COL_STACK || c == COL_VALUE))
		page_cache_add_passing(t->cache, &slots->p[i], *out);
	else
		page_cache_add(t->cache, &slots->p[i], *out);
	return 0;
}
