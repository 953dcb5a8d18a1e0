/* profiles_scan.c - rows of some series and times; see profiles_table.h */
#include "formats/block/profiles_columns.h"
#include "formats/parquet/bounds.h"
#include "formats/query/dataset.h"

/* One scan of one row group. */
struct scanner {
	struct profiles_table *t;
	const struct profiles_scan *s;
	uint32_t group, rows;
	bool summed; /* as the scan allows, and the columns are there */
	struct cursor {
		struct cached_page *page; /* held */
		const struct pq_page *pages;
		uint32_t n, at;      /* at: number of page */
		uint32_t first, end; /* rows of page; first = end: none yet */
		bool on;
	} cursor[COLUMNS];
};

static int cursor_open(struct scanner *x, enum column c, struct err *e)
{
	struct cursor *k = &x->cursor[c];

	if (k->on || x->t->leaf[c] < 0)
		return 0;
	k->on = true;
	return pq_pages(x->t->pq, x->group, (uint32_t)x->t->leaf[c], &k->pages, &k->n, e);
}

static void cursor_close(struct scanner *x, enum column c)
{
	if (x->cursor[c].page)
		page_cache_drop(x->t->cache, x->cursor[c].page);
	x->cursor[c].page = NULL;
	x->cursor[c].first = x->cursor[c].end = 0;
}

/* Number of the page that has this row. */
static uint32_t page_of(const struct cursor *k, uint32_t row)
{
	uint32_t low = 0, high = k->n;

	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if (k->pages[mid].first_row <= row)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static int cursor_move(struct scanner *x, enum column c, uint32_t row, struct err *e)
{
	struct cursor *k = &x->cursor[c];

	cursor_close(x, c);
	k->at = page_of(k, row);
	if (columns_page(x->t, x->group, c, k->at, &k->page, e) < 0)
		return -1;
	k->first = k->page->first_row;
	k->end = k->first + k->page->rows;
	return 0;
}

/* The page with this row is at hand afterwards. */
static inline int cursor_seek(struct scanner *x, enum column c, uint32_t row, struct err *e)
{
	struct cursor *k = &x->cursor[c];

	if (LIKELY(row >= k->first && row < k->end))
		return 0;
	return cursor_move(x, c, row, e);
}

/* The value of row i of a page of a column of rows; *end: all rows from i up to it have this one. */
static inline int64_t page_run(const struct cached_page *p, uint32_t i, uint32_t *end)
{
	uint32_t low = 0, high = p->n;

	if (p->ends == NULL) {
		*end = i + 1;
		return p->narrow != NULL ? p->narrow[i] : p->ints[i];
	}
	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if (p->ends[mid - 1] <= i)
			low = mid;
		else
			high = mid;
	}
	*end = p->ends[low];
	return p->ints[low];
}

/* ---- which rows ---- */

static bool series_between(const struct profiles_scan *s, int64_t min, int64_t max)
{
	uint32_t low = 0, high = s->n_series;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (s->series[mid] < min)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->n_series && s->series[low] <= max;
}

static bool page_may_match(const struct scanner *x, enum column c, const struct pq_page_bounds *b)
{
	const struct pq_leaf *leaf = pq_leaf(x->t->pq, (uint32_t)x->t->leaf[c]);
	int64_t min, max;

	if (b->null)
		return false;
	if (!bounds_int(leaf, b->min, &min) || !bounds_int(leaf, b->max, &max))
		return true;
	if (c == COL_SERIES)
		return series_between(x->s, min, max);
	return min <= x->s->to && max >= x->s->from;
}

static void keep(struct profiles_table *t, uint32_t first, uint32_t end)
{
	if (t->kept.n && t->kept.p[t->kept.n - 1].end == first)
		t->kept.p[t->kept.n - 1].end = end;
	else
		vec_push(&t->kept, ((struct run){ first, end }));
}

static void kept_are_runs(struct profiles_table *t)
{
	struct run *p = t->runs.p;
	size_t cap = t->runs.cap;

	t->runs.p = t->kept.p;
	t->runs.n = t->kept.n;
	t->runs.cap = t->kept.cap;
	t->kept.p = p;
	t->kept.cap = cap;
	t->kept.n = 0;
}

/* Runs lose the rows of pages that the column index rules out. */
static int prune(struct scanner *x, enum column c, struct err *e)
{
	struct profiles_table *t = x->t;
	const struct pq_page_bounds *bounds;
	const struct cursor *k = &x->cursor[c];
	uint32_t n;

	if (cursor_open(x, c, e) < 0 || pq_bounds(t->pq, x->group, (uint32_t)t->leaf[c], &bounds, &n, e) < 0)
		return -1;
	if (n == 0)
		return 0;
	for (size_t r = 0, i = 0; r < t->runs.n && i < n;) {
		uint32_t first = MAX(t->runs.p[r].first, k->pages[i].first_row);
		uint32_t end = MIN(t->runs.p[r].end, k->pages[i].first_row + k->pages[i].rows);

		if (first < end && page_may_match(x, c, &bounds[i]))
			keep(t, first, end);
		if (k->pages[i].first_row + k->pages[i].rows <= t->runs.p[r].end)
			i++;
		else
			r++;
	}
	kept_are_runs(t);
	return 0;
}

/* Rows from .. end of the page in hand that match. */
static void filter_page(struct scanner *x, enum column c, uint32_t from, uint32_t end)
{
	const struct cursor *k = &x->cursor[c];
	const struct profiles_scan *s = x->s;

	for (uint32_t i = from, next; i < end; i = next) {
		int64_t value = page_run(k->page, i - k->first, &next);

		next = MIN(next + k->first, end);
		if (c == COL_SERIES ? series_between(s, value, value) : value >= s->from && value <= s->to)
			keep(x->t, i, next);
	}
}

static int filter(struct scanner *x, enum column c, struct err *e)
{
	struct profiles_table *t = x->t;

	for (size_t r = 0; r < t->runs.n; r++)
		for (uint32_t row = t->runs.p[r].first; row < t->runs.p[r].end;) {
			uint32_t end;

			if (cursor_seek(x, c, row, e) < 0)
				return -1;
			end = MIN(t->runs.p[r].end, x->cursor[c].end);
			filter_page(x, c, row, end);
			row = end;
		}
	kept_are_runs(t);
	return 0;
}

static int find_rows(struct scanner *x, struct err *e)
{
	struct profiles_table *t = x->t;

	t->runs.n = t->kept.n = 0;
	if (x->rows)
		vec_push(&t->runs, ((struct run){ 0, x->rows }));
	if (prune(x, COL_SERIES, e) < 0 || prune(x, COL_TIME, e) < 0)
		return -1;
	return filter(x, COL_SERIES, e) < 0 || filter(x, COL_TIME, e) < 0 ? -1 : 0;
}

/* ---- rows ---- */

/* n values of samples from `at` on; those that are narrow are good until the next ones. */
static inline const int64_t *values_of(struct profiles_table *t, const struct cached_page *p, uint32_t at, uint32_t n)
{
	if (p->ints != NULL)
		return p->ints + at;
	t->row.values.n = 0;
	vec_reserve(&t->row.values, n);
	for (uint32_t i = 0; i < n; i++)
		t->row.values.p[i] = p->narrow[at + i];
	return t->row.values.p;
}

/* Samples of the row; both columns must have as many. */
static inline int set_samples(struct scanner *x, uint32_t row, struct profiles_row *r, struct err *e)
{
	const struct cursor *stack = &x->cursor[COL_STACK], *value = &x->cursor[COL_VALUE];
	const struct cursor *span = &x->cursor[COL_SPAN];
	uint32_t from, at;

	if (value->on) {
		from = value->page->row_at[row - value->first];
		r->n = value->page->row_at[row - value->first + 1] - from;
		if (value->page->nothing)
			return err_set(e, ERR_CORRUPT, "row %u: samples without values", row);
		r->values = values_of(x->t, value->page, from, r->n);
	}
	if (stack->on) {
		at = stack->page->row_at[row - stack->first];
		if (stack->page->nothing || stack->page->row_at[row - stack->first + 1] - at != r->n)
			return err_set(e, ERR_CORRUPT, "row %u: as many values as stacks are due", row);
		r->stacks = stack->page->narrow + at;
	}
	if (span->on) {
		at = span->page->row_at[row - span->first];
		if (span->page->row_at[row - span->first + 1] - at != r->n)
			return err_set(e, ERR_CORRUPT, "row %u: as many values as spans are due", row);
		r->spans = span->page->nothing ? NULL : (const uint64_t *)span->page->ints + at;
	}
	return 0;
}

static inline int64_t int_at(const struct cursor *k, uint32_t row)
{
	uint32_t end;

	return k->on && !k->page->nothing ? page_run(k->page, row - k->first, &end) : 0;
}

static int64_t sum_of(const struct profiles_row *r)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < r->n; i++)
		sum += (uint64_t)r->values[i];
	return (int64_t)sum;
}

static const uint8_t no_id[16];

/* All but samples, total and id; the pages are at hand. */
static inline void head_of(const struct scanner *x, uint32_t row, struct profiles_row *r)
{
	r->series = (uint32_t)int_at(&x->cursor[COL_SERIES], row);
	r->time = int_at(&x->cursor[COL_TIME], row);
	r->partition = (uint64_t)int_at(&x->cursor[COL_PARTITION], row);
	r->duration = int_at(&x->cursor[COL_DURATION], row);
}

static inline int give_row(struct scanner *x, uint32_t row, struct err *e)
{
	struct profiles_row r = { .id = no_id };

	for (int c = 0; c < COLUMNS; c++)
		if (x->cursor[c].on && cursor_seek(x, (enum column)c, row, e) < 0)
			return -1;
	head_of(x, row, &r);
	if (x->cursor[COL_ID].on)
		r.id = x->cursor[COL_ID].page->bytes + (size_t)(row - x->cursor[COL_ID].first) * 16;
	if (x->cursor[COL_VALUE].on && set_samples(x, row, &r, e) < 0)
		return -1;
	r.total = x->cursor[COL_TOTAL].on ? int_at(&x->cursor[COL_TOTAL], row) : sum_of(&r);
	if (!x->s->samples)
		r.n = 0;
	return x->s->row(x->s->ctx, &r, e);
}

/* ---- rows that come as one ---- */

/* Where each series begins, once for a group. */
static int find_series(struct scanner *x, struct err *e)
{
	struct sum_runs *r = &x->t->sums[x->group];
	const struct cursor *k = &x->cursor[COL_SERIES];
	int64_t last = 0, value;

	for (uint32_t row = 0, next; r->slots.p == NULL && row < x->rows; row = next + k->first) {
		if (cursor_seek(x, COL_SERIES, row, e) < 0)
			return -1;
		value = page_run(k->page, row - k->first, &next);
		if (row == 0 || value != last)
			sum_runs_begin(r, row);
		last = value;
	}
	if (r->slots.p == NULL)
		sum_runs_end(r, x->rows);
	return 0;
}

/* What all of these rows have in common; false: there is no such thing, or they cannot be summed. */
static int add_rows(struct scanner *x, struct run rows, uint64_t *partition, bool *fits, struct err *e)
{
	static const enum column needed[] = { COL_PARTITION, COL_STACK, COL_VALUE };

	*fits = true;
	for (uint32_t row = rows.first; row < rows.end && *fits; row++) {
		struct profiles_row r = { 0 };
		uint64_t p;

		for (size_t i = 0; i < ARRAY_LEN(needed); i++)
			if (x->cursor[needed[i]].on && cursor_seek(x, needed[i], row, e) < 0)
				return -1;
		if (set_samples(x, row, &r, e) < 0)
			return -1;
		p = (uint64_t)int_at(&x->cursor[COL_PARTITION], row);
		*fits = (row == rows.first || p == *partition) &&
		    stack_sums_add(&x->t->adding, r.stacks, r.values, r.n);
		*partition = p;
	}
	return 0;
}

/* What was added up, as a page. */
static struct cached_page *sums_page(struct stack_sums *s)
{
	struct cached_page *p = mem_zalloc(sizeof(*p));
	struct buf packed;

	buf_init(&packed, UINT32_MAX); /* SUM_STACKS of them take less */
	stack_sums_pack(s, &packed);
	p->n = (uint32_t)packed.n;
	p->bytes = mem_alloc(p->n);
	memcpy(p->bytes, packed.p, p->n);
	p->size = sizeof(*p) + p->n;
	buf_fini(&packed);
	return p;
}

/* The sums of these rows, held. */
static int sums_of(struct scanner *x, struct run rows, struct cached_page **slot, struct cached_page **out,
    struct err *e)
{
	struct cached_page *p;
	uint64_t partition = 0;
	bool fits;
	int rc;

	*out = page_cache_get(x->t->cache, slot);
	if (*out != NULL)
		return 0;
	rc = add_rows(x, rows, &partition, &fits, e);
	p = sums_page(&x->t->adding);
	p->partition = partition;
	p->nothing = !fits;
	page_cache_add(x->t->cache, slot, p);
	*out = p;
	if (rc < 0) {
		page_cache_drop(x->t->cache, p);
		page_cache_forget(x->t->cache, slot);
	}
	return rc;
}

/* What these rows add up to, which is in t->row; the columns of rows are at hand. */
static int give_added(struct scanner *x, uint32_t row, uint64_t partition, struct err *e)
{
	struct samples *sums = &x->t->row;
	struct profiles_row r = { .id = no_id };

	head_of(x, row, &r);
	r.partition = partition;
	r.n = (uint32_t)sums->stacks.n;
	r.stacks = sums->stacks.p;
	r.values = sums->values.p;
	r.total = sum_of(&r);
	return x->s->row(x->s->ctx, &r, e);
}

static int seek_rows(struct scanner *x, uint32_t row, struct err *e)
{
	for (enum column c = COL_SERIES; c <= COL_DURATION; c++)
		if (x->cursor[c].on && cursor_seek(x, c, row, e) < 0)
			return -1;
	return 0;
}

/* The rows from `row` on as one, where the file has that; *next is then the row behind them. */
static int give_stored(struct scanner *x, uint32_t row, uint32_t end, uint32_t *next, struct err *e)
{
	struct profiles_table *t = x->t;
	struct stored_part *p;
	struct err ignored; /* they are added up instead */

	*next = row;
	while ((p = stored_sums_at(&t->stored, x->group, row, end)) != NULL)
		if (stored_sums_read(&t->stored, t->pq, p, &t->row, &ignored) == 0)
			break;
	if (p == NULL)
		return 0;
	*next = row + p->is.rows;
	return seek_rows(x, row, e) < 0 ? -1 : give_added(x, row, p->is.partition, e);
}

/* The rows from `row` on as one, if they may be; *next is then the row behind them. */
static int give_sums(struct scanner *x, uint32_t row, uint32_t end, uint32_t *next, struct err *e)
{
	struct cached_page *p, **slot;
	size_t used;
	int rc;

	*next = row;
	slot = sum_runs_at(&x->t->sums[x->group], row, end, next);
	if (slot == NULL)
		return 0;
	if (seek_rows(x, row, e) < 0 || sums_of(x, (struct run){ row, *next }, slot, &p, e) < 0)
		return -1;
	if (p->nothing) {
		*next = row;
		page_cache_drop(x->t->cache, p);
		return 0;
	}
	rc = rows_decode(str_of(p->bytes, p->n), &x->t->row, &used, e);
	if (rc == 0)
		rc = give_added(x, row, p->partition, e);
	page_cache_drop(x->t->cache, p);
	return rc;
}

static int open_cursors(struct scanner *x, struct err *e)
{
	bool values = x->s->samples || x->t->leaf[COL_TOTAL] < 0;
	bool on[COLUMNS] = { [COL_PARTITION] = true,
		[COL_DURATION] = true,
		[COL_TOTAL] = true,
		[COL_ID] = x->s->ids,
		[COL_VALUE] = values,
		[COL_STACK] = x->s->samples,
		[COL_SPAN] = x->s->samples && x->s->spans };

	for (int c = 0; c < COLUMNS; c++)
		if (on[c] && cursor_open(x, (enum column)c, e) < 0)
			return -1;
	return 0;
}

/* The row, or it and some that follow. */
static int give_some(struct scanner *x, uint32_t row, uint32_t end, uint32_t *next, struct err *e)
{
	*next = row;
	if (x->summed && give_stored(x, row, end, next, e) < 0)
		return -1;
	if (*next > row)
		return 0;
	if (x->summed && give_sums(x, row, end, next, e) < 0)
		return -1;
	if (*next > row)
		return 0;
	*next = row + 1;
	return give_row(x, row, e);
}

static bool ends_here(const struct scanner *x, uint32_t next)
{
	struct scan_piece *piece = x->s->piece;

	if (piece == NULL || !piece->enough(piece->ctx))
		return false;
	piece->group = x->group;
	piece->row = next;
	return piece->more = true;
}

/* Its rows from `from` on. */
static int scan_group(struct scanner *x, uint32_t from, struct err *e)
{
	struct profiles_table *t = x->t;

	if (find_rows(x, e) < 0)
		return -1;
	if (t->runs.n == 0)
		return 0;
	if (open_cursors(x, e) < 0)
		return -1;
	if (x->summed && find_series(x, e) < 0)
		return -1;
	for (size_t r = 0; r < t->runs.n; r++)
		for (uint32_t row = MAX(t->runs.p[r].first, from), next; row < t->runs.p[r].end; row = next) {
			if (give_some(x, row, t->runs.p[r].end, &next, e) < 0)
				return -1;
			if (ends_here(x, next))
				return 0;
		}
	return 0;
}

/* Bytes that were copied out of the blob are not needed any more, nor is what pages and sums were made with. */
static void forget_scratch(struct profiles_table *t)
{
	enum { KEEP = 65536 };

	for (int c = 0; c < COLUMNS; c++) {
		struct window *w = &t->window[c];

		w->bytes = STR("");
		if (arena_bytes(w->mem) <= KEEP)
			continue;
		arena_free(w->mem);
		w->mem = arena_new();
	}
	if (stack_sums_bytes(&t->adding) > KEEP) {
		stack_sums_fini(&t->adding);
		t->adding = (struct stack_sums){ 0 };
	}
	pq_values_fini(&t->values);
	samples_fini(&t->row);
}

int profiles_scan(struct profiles_table *t, const struct profiles_scan *s, struct err *e)
{
	bool summed = s->summed && s->samples && !s->spans && !s->ids;
	struct err ignored; /* without stored sums rows are added up; pyro-block check tells */
	struct scan_piece begin = { 0 };
	int rc = 0;

	t->passing = summed;
	if (summed && !t->has_stored) {
		t->has_stored = true;
		(void)stored_sums_load(&t->stored, t->pq, &ignored);
	}
	if (s->piece != NULL) {
		begin = *s->piece;
		s->piece->more = false;
	}
	for (uint32_t g = begin.group; g < profiles_groups(t) && rc == 0 && !(s->piece != NULL && s->piece->more);
	     g++) {
		struct scanner x = { .t = t, .s = s, .group = g, .rows = pq_group_rows(t->pq, g), .summed = summed };

		rc = scan_group(&x, g == begin.group ? begin.row : 0, e);
		for (int c = 0; c < COLUMNS; c++)
			cursor_close(&x, (enum column)c);
		pq_rest(t->pq);
	}
	forget_scratch(t);
	return rc;
}
