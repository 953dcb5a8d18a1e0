/* stack_runs.c - see stack_table.h: rows as records, and the merge of sorted runs by a heap. */
#include "base/mem.h"
#include "base/vec.h"
#include "formats/stack_table.h"

enum { LENGTH = 4 };

void stack_row_encode(const struct stack_row *row, struct buf *out)
{
	size_t begin = out->n, n;

	buf_u32le(out, 0);
	buf_uvarint(out, row->n);
	buf_uvarint(out, row->n_tags);
	buf_uvarint(out, row->n_values);
	for (uint32_t i = 0; i < row->n; i++)
		buf_uvarint(out, row->stack[i]);
	for (uint32_t i = 0; i < row->n_tags; i++) {
		buf_uvarint(out, row->tags[i].key);
		buf_uvarint(out, row->tags[i].str);
		buf_varint(out, row->tags[i].num);
		buf_uvarint(out, row->tags[i].unit);
	}
	for (uint32_t i = 0; i < row->n_values; i++)
		buf_varint(out, row->values[i]);
	if (out->over)
		return;
	n = out->n - begin - LENGTH;
	for (unsigned i = 0; i < LENGTH; i++)
		out->p[begin + i] = (char)(n >> 8 * i);
}

struct run {
	struct src *s;
	struct stack_row row;
	uint64_t key; /* of row */
	VEC(uint32_t) stack;
	VEC(struct tag) tags;
	VEC(int64_t) values;
};

struct stack_merge {
	const struct stack_order *o;
	struct run *runs;
	size_t n_runs;
	uint32_t *heap; /* numbers of runs that have a row, the first is the least */
	size_t n;
	bool begun;
	VEC(uint32_t) stack; /* of the row that was given */
	VEC(struct tag) tags;
	VEC(int64_t) values;
};

static bool take(struct str *s, uint64_t *v)
{
	*v = 0;
	for (size_t i = 0; i < 10 && i < s->n; i++) {
		unsigned char c = (unsigned char)s->p[i];

		*v |= (uint64_t)(c & 0x7f) << 7 * i;
		if (c < 0x80) {
			*s = str_skip(*s, i + 1);
			return true;
		}
	}
	return false;
}

static bool take_u32(struct str *s, uint32_t *v)
{
	uint64_t wide;

	if (!take(s, &wide) || wide > UINT32_MAX)
		return false;
	*v = (uint32_t)wide;
	return true;
}

static bool take_i64(struct str *s, int64_t *v)
{
	uint64_t zigzag;

	if (!take(s, &zigzag))
		return false;
	*v = (int64_t)(zigzag >> 1 ^ (0 - (zigzag & 1)));
	return true;
}

static bool decode(struct run *r, struct str s)
{
	struct stack_row *row = &r->row;

	if (!take_u32(&s, &row->n) || !take_u32(&s, &row->n_tags) || !take_u32(&s, &row->n_values) || row->n > s.n ||
	    row->n_tags > s.n || row->n_values > s.n)
		return false;
	r->stack.n = r->tags.n = r->values.n = 0;
	vec_reserve(&r->stack, row->n + 1);
	vec_reserve(&r->tags, row->n_tags + 1);
	vec_reserve(&r->values, row->n_values + 1);
	for (uint32_t i = 0; i < row->n; i++)
		if (!take_u32(&s, &r->stack.p[i]))
			return false;
	for (uint32_t i = 0; i < row->n_tags; i++) {
		struct tag *t = &r->tags.p[i];

		if (!take_u32(&s, &t->key) || !take_u32(&s, &t->str) || !take_i64(&s, &t->num) ||
		    !take_u32(&s, &t->unit))
			return false;
	}
	for (uint32_t i = 0; i < row->n_values; i++)
		if (!take_i64(&s, &r->values.p[i]))
			return false;
	row->stack = r->stack.p;
	row->tags = r->tags.p;
	row->values = r->values.p;
	return s.n == 0;
}

/* 1: r->row is the next one; 0: the end. */
static int read_row(const struct stack_merge *m, struct run *r, struct err *e)
{
	struct str got;
	size_t n = 0;

	if (src_peek(r->s, LENGTH, &got, e) < 0)
		return -1;
	if (got.n == 0)
		return 0;
	for (unsigned i = 0; i < LENGTH && i < got.n; i++)
		n |= (size_t)(unsigned char)got.p[i] << 8 * i;
	if (got.n >= LENGTH && src_peek(r->s, LENGTH + n, &got, e) < 0)
		return -1;
	if (got.n < LENGTH + n || !decode(r, str_of(got.p + LENGTH, n)))
		return err_set(e, ERR_CORRUPT, "a run of the temporary file is not what was written");
	src_skip(r->s, LENGTH + n);
	r->key = stack_order_key(m->o, &r->row, 0);
	return 1;
}

struct stack_merge *stack_merge_new(const struct stack_order *o, struct src **runs, size_t n)
{
	struct stack_merge *m = mem_zalloc(sizeof(*m));

	m->o = o;
	m->n_runs = n;
	m->runs = mem_zarray(n + 1, sizeof(*m->runs));
	m->heap = mem_zarray(n + 1, sizeof(*m->heap));
	for (size_t i = 0; i < n; i++)
		m->runs[i].s = runs[i];
	return m;
}

void stack_merge_free(struct stack_merge *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->n_runs; i++) {
		src_close(m->runs[i].s);
		vec_free(&m->runs[i].stack);
		vec_free(&m->runs[i].tags);
		vec_free(&m->runs[i].values);
	}
	vec_free(&m->stack);
	vec_free(&m->tags);
	vec_free(&m->values);
	mem_free(m->runs);
	mem_free(m->heap);
	mem_free(m);
}

static bool less(const struct stack_merge *m, uint32_t a, uint32_t b)
{
	const struct run *x = &m->runs[a], *y = &m->runs[b];

	return x->key != y->key ? x->key < y->key : stack_order_cmp(m->o, &x->row, &y->row) < 0;
}

static void sift_down(struct stack_merge *m, size_t i)
{
	for (;;) {
		size_t child = 2 * i + 1;
		uint32_t swap;

		if (child >= m->n)
			return;
		if (child + 1 < m->n && less(m, m->heap[child + 1], m->heap[child]))
			child++;
		if (!less(m, m->heap[child], m->heap[i]))
			return;
		swap = m->heap[i];
		m->heap[i] = m->heap[child];
		m->heap[child] = swap;
		i = child;
	}
}

static int begin(struct stack_merge *m, struct err *e)
{
	for (size_t i = 0; i < m->n_runs; i++) {
		int rc = read_row(m, &m->runs[i], e);

		if (rc < 0)
			return -1;
		if (rc > 0)
			m->heap[m->n++] = (uint32_t)i;
	}
	for (size_t i = m->n / 2; i-- > 0;)
		sift_down(m, i);
	m->begun = true;
	return 0;
}

/* The least run goes on to its next row. */
static int advance(struct stack_merge *m, struct err *e)
{
	int rc = read_row(m, &m->runs[m->heap[0]], e);

	if (rc < 0)
		return -1;
	if (rc == 0)
		m->heap[0] = m->heap[--m->n];
	sift_down(m, 0);
	return 0;
}

static void add_values(struct stack_merge *m, const struct stack_row *row)
{
	while (m->values.n < row->n_values)
		vec_push(&m->values, 0);
	for (uint32_t i = 0; i < row->n_values; i++)
		m->values.p[i] = (int64_t)((uint64_t)m->values.p[i] + (uint64_t)row->values[i]);
}

int stack_merge_next(struct stack_merge *m, struct stack_row *row, struct err *e)
{
	const struct stack_row *least;

	if (!m->begun && begin(m, e) < 0)
		return -1;
	if (m->n == 0)
		return 0;
	least = &m->runs[m->heap[0]].row;
	m->stack.n = m->tags.n = m->values.n = 0;
	vec_reserve(&m->stack, least->n + 1);
	vec_reserve(&m->tags, least->n_tags + 1);
	vec_reserve(&m->values, 1);
	memcpy(m->stack.p, least->stack, least->n * sizeof(*m->stack.p));
	memcpy(m->tags.p, least->tags, least->n_tags * sizeof(*m->tags.p));
	*row = (struct stack_row){ .stack = m->stack.p, .tags = m->tags.p, .n = least->n, .n_tags = least->n_tags };
	do {
		add_values(m, &m->runs[m->heap[0]].row);
		if (advance(m, e) < 0)
			return -1;
	} while (m->n > 0 && stack_order_cmp(m->o, &m->runs[m->heap[0]].row, row) == 0);
	row->values = m->values.p;
	row->n_values = (uint32_t)m->values.n;
	return 1;
}
