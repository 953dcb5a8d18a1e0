/*
 * stack_table.c - see stack_table.h: the table and the order. A row lies in the pool as 32-bit words:
 *
 *	frames, tags, values, frames x location, tags x (key, text, number in two words, unit), values x two words
 */
#include "formats/stack_table.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/vec.h"

enum { HEAD = 3, TAG_WORDS = 5, MIN_SLOTS = 64 };

struct stack_table {
	uint32_t *pool;
	size_t n_words, max_words;
	uint64_t *slots; /* hash high half << 32 | word of the row + 1; sorted: places of rows, as uint32_t */
	uint32_t n, mask;
	bool sorted;
	VEC(struct tag) tags; /* of the row that was asked for */
	VEC(int64_t) values;
};

struct stack_table *stack_table_new(size_t bytes)
{
	struct stack_table *t = mem_zalloc(sizeof(*t));
	size_t slots = MIN_SLOTS;

	/* an eighth for the slots: rows have some thirty words */
	while (slots * 2 * sizeof(*t->slots) <= bytes / 8 && slots < (size_t)1 << 31)
		slots *= 2;
	t->mask = (uint32_t)(slots - 1);
	t->slots = mem_zarray(slots, sizeof(*t->slots));
	t->max_words = MIN((bytes - MIN(bytes, slots * sizeof(*t->slots))) / sizeof(*t->pool), (size_t)UINT32_MAX - 1);
	t->pool = mem_array(t->max_words + 1, sizeof(*t->pool));
	return t;
}

void stack_table_free(struct stack_table *t)
{
	if (t == NULL)
		return;
	mem_free(t->pool);
	mem_free(t->slots);
	vec_free(&t->tags);
	vec_free(&t->values);
	mem_free(t);
}

void stack_table_reset(struct stack_table *t)
{
	memset(t->slots, 0, ((size_t)t->mask + 1) * sizeof(*t->slots));
	t->n = 0;
	t->n_words = 0;
	t->sorted = false;
}

size_t stack_table_count(const struct stack_table *t)
{
	return t->n;
}

static void put_i64(uint32_t *at, int64_t v)
{
	at[0] = (uint32_t)(uint64_t)v;
	at[1] = (uint32_t)((uint64_t)v >> 32);
}

static int64_t get_i64(const uint32_t *at)
{
	return (int64_t)((uint64_t)at[1] << 32 | at[0]);
}

/* All but the values, where the row would go. */
static size_t write_key(uint32_t *at, const struct stack_row *row)
{
	uint32_t *begin = at;

	*at++ = row->n;
	*at++ = row->n_tags;
	*at++ = row->n_values;
	if (row->n > 0)
		memcpy(at, row->stack, row->n * sizeof(*at));
	at += row->n;
	for (uint32_t i = 0; i < row->n_tags; i++, at += TAG_WORDS) {
		at[0] = row->tags[i].key;
		at[1] = row->tags[i].str;
		put_i64(at + 2, row->tags[i].num);
		at[4] = row->tags[i].unit;
	}
	return (size_t)(at - begin);
}

bool stack_table_add(struct stack_table *t, const struct stack_row *row)
{
	size_t key = HEAD + (size_t)row->n + (size_t)row->n_tags * TAG_WORDS, all = key + 2 * (size_t)row->n_values;
	uint32_t *at = t->pool + t->n_words, slot;
	uint64_t hash;

	assert(!t->sorted);
	if (all > t->max_words - t->n_words)
		return false;
	write_key(at, row);
	hash = hash_seeded(str_of(at, key * sizeof(*at)));
	for (slot = (uint32_t)hash & t->mask; t->slots[slot] != 0; slot = (slot + 1) & t->mask) {
		uint32_t *own = t->pool + ((uint32_t)t->slots[slot] - 1);

		if (t->slots[slot] >> 32 != hash >> 32 || memcmp(own, at, key * sizeof(*at)) != 0)
			continue;
		for (uint32_t i = 0; i < row->n_values; i++)
			put_i64(own + key + 2 * i,
			    (int64_t)((uint64_t)get_i64(own + key + 2 * i) + (uint64_t)row->values[i]));
		return true;
	}
	if (t->n >= t->mask / 4 * 3)
		return false;
	for (uint32_t i = 0; i < row->n_values; i++)
		put_i64(at + key + 2 * i, row->values[i]);
	t->slots[slot] = hash >> 32 << 32 | (uint32_t)(t->n_words + 1);
	t->n_words += all;
	t->n++;
	return true;
}

/* ---- order ---- */

static struct str clean_name(struct arena *a, struct str s)
{
	char *p;

	if (s.n == 0 || (memchr(s.p, ';', s.n) == NULL && memchr(s.p, '\n', s.n) == NULL))
		return s;
	p = arena_alloc(a, s.n);
	for (size_t i = 0; i < s.n; i++)
		p[i] = s.p[i] == ';' ? ':' : s.p[i] == '\n' ? ' ' : s.p[i];
	return str_of(p, s.n);
}

struct ending {
	struct str name;
	uint32_t number;
	bool last; /* without ";" */
};

/* Of "name;" and "name" as texts. */
static int ending_cmp(const void *a, const void *b)
{
	const struct ending *x = a, *y = b;
	size_t n = MIN(x->name.n, y->name.n);
	int rc = n > 0 ? memcmp(x->name.p, y->name.p, n) : 0, cx, cy;

	if (rc != 0)
		return rc;
	cx = n < x->name.n ? (unsigned char)x->name.p[n] : x->last ? -1 : ';';
	cy = n < y->name.n ? (unsigned char)y->name.p[n] : y->last ? -1 : ';';
	return cx - cy;
}

void stack_order_init(struct stack_order *o, const struct profile *p)
{
	struct profile tables = *p;
	struct ending *all;
	uint32_t n, rank = 0;

	*o = (struct stack_order){ .a = arena_new() };
	tables.n_samples = 0;
	frames_init(&o->frames, o->a, &tables);
	n = o->frames.first[p->n_locations + 1];
	o->rank = arena_array(o->a, (size_t)n + 1, sizeof(*o->rank));
	o->last_rank = arena_array(o->a, (size_t)n + 1, sizeof(*o->last_rank));
	all = mem_array(2 * (size_t)n + 1, sizeof(*all));
	for (uint32_t i = 0; i < n; i++) {
		o->frames.names[i] = clean_name(o->a, o->frames.names[i]);
		all[2 * i] = (struct ending){ o->frames.names[i], i, false };
		all[2 * i + 1] = (struct ending){ o->frames.names[i], i, true };
	}
	o->frames.p = p;
	qsort(all, 2 * (size_t)n, sizeof(*all), ending_cmp);
	for (uint32_t i = 0; i < 2 * n; i++) {
		rank += i > 0 && ending_cmp(&all[i - 1], &all[i]) != 0;
		if (all[i].last)
			o->last_rank[all[i].number] = rank;
		else
			o->rank[all[i].number] = rank;
	}
	mem_free(all);
	/* rank + 1 */
	o->key_bits = 64 - (unsigned)__builtin_clzll(rank + UINT64_C(1));
	o->key_ranks = 64 / o->key_bits;
}

void stack_order_fini(struct stack_order *o)
{
	arena_free(o->a);
	o->a = NULL;
}

/* The names of a row one after the other, from the root. */
struct walk {
	const struct stack_order *o;
	const struct stack_row *row;
	uint32_t left, at, end; /* locations that are left; names of the present one */
};

static bool walk_next(struct walk *w, uint32_t *name, bool *last)
{
	const struct frames *f = &w->o->frames;

	while (w->at == w->end) {
		uint32_t l;

		if (w->left == 0)
			return false;
		w->left--;
		l = MIN(w->row->stack[w->left], f->p->n_locations);
		w->at = f->first[l];
		w->end = f->first[l + 1];
	}
	*name = w->at++;
	*last = w->left == 0 && w->at == w->end;
	return true;
}

static struct walk walk_of(const struct stack_order *o, const struct stack_row *row)
{
	return (struct walk){ .o = o, .row = row, .left = row->n };
}

uint64_t stack_order_key(const struct stack_order *o, const struct stack_row *row, uint32_t skip)
{
	struct walk w = walk_of(o, row);
	uint64_t key = 0;
	uint32_t name;
	bool last;

	for (uint32_t i = 0; i < skip && walk_next(&w, &name, &last); i++)
		;
	for (unsigned i = 0; i < o->key_ranks; i++) {
		key <<= o->key_bits;
		if (walk_next(&w, &name, &last))
			key |= (last ? o->last_rank[name] : o->rank[name]) + UINT64_C(1);
	}
	return key;
}

static int text_cmp(const struct stack_order *o, const struct stack_row *x, const struct stack_row *y)
{
	struct walk wx, wy;
	uint32_t common = 0, nx, ny;
	bool lx, ly, more_x, more_y;

	/* what is the same at the root has the same text */
	while (common + 1 < x->n && common + 1 < y->n && x->stack[x->n - 1 - common] == y->stack[y->n - 1 - common])
		common++;
	wx = walk_of(o, x);
	wy = walk_of(o, y);
	wx.left -= common;
	wy.left -= common;
	for (;;) {
		uint32_t rx, ry;

		more_x = walk_next(&wx, &nx, &lx);
		more_y = walk_next(&wy, &ny, &ly);
		if (!more_x || !more_y)
			return more_x - more_y;
		rx = lx ? o->last_rank[nx] : o->rank[nx];
		ry = ly ? o->last_rank[ny] : o->rank[ny];
		if (rx != ry)
			return rx < ry ? -1 : 1;
	}
}

static int words_cmp(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

static int tags_cmp(const struct stack_row *x, const struct stack_row *y)
{
	int rc = words_cmp(x->n_tags, y->n_tags);

	for (uint32_t i = 0; i < x->n_tags && rc == 0; i++) {
		const struct tag *a = &x->tags[i], *b = &y->tags[i];

		rc = words_cmp(a->key, b->key);
		rc = rc ? rc : words_cmp(a->str, b->str);
		rc = rc ? rc : words_cmp(a->unit, b->unit);
		rc = rc ? rc : a->num < b->num ? -1 : a->num > b->num;
	}
	return rc;
}

int stack_order_cmp(const struct stack_order *o, const struct stack_row *x, const struct stack_row *y)
{
	int rc = text_cmp(o, x, y);

	rc = rc ? rc : words_cmp(x->n, y->n);
	for (uint32_t i = 0; i < x->n && rc == 0; i++)
		rc = words_cmp(x->stack[i], y->stack[i]);
	return rc ? rc : tags_cmp(x, y);
}

bool stack_order_same_text(const struct stack_order *o, const struct stack_row *x, const struct stack_row *y)
{
	return text_cmp(o, x, y) == 0;
}

void stack_order_print(const struct stack_order *o, const struct stack_row *x, struct buf *out)
{
	struct walk w = walk_of(o, x);
	uint32_t name;
	bool last;

	while (walk_next(&w, &name, &last)) {
		buf_add(out, o->frames.names[name]);
		if (!last)
			buf_byte(out, ';');
	}
}

/* ---- sorted ---- */

static struct stack_row row_at(const struct stack_table *t, uint32_t word, struct tag *tags, int64_t *values)
{
	const uint32_t *at = t->pool + word;
	struct stack_row row = { .n = at[0], .n_tags = at[1], .n_values = at[2], .stack = at + HEAD };

	at += HEAD + row.n;
	for (uint32_t i = 0; i < row.n_tags; i++, at += TAG_WORDS)
		tags[i] = (struct tag){ .key = at[0], .str = at[1], .num = get_i64(at + 2), .unit = at[4] };
	for (uint32_t i = 0; values != NULL && i < row.n_values; i++, at += 2)
		values[i] = get_i64(at);
	row.tags = tags;
	row.values = values;
	return row;
}

struct sort_by {
	const struct stack_table *t;
	const struct stack_order *o;
	struct tag *x, *y; /* room for the most tags of a row */
};

struct keyed {
	uint64_t key;
	uint32_t place;
};

static int places_cmp(const void *a, const void *b, void *ctx)
{
	const struct sort_by *by = ctx;
	const struct keyed *ka = a, *kb = b;
	struct stack_row x, y;
	int rc;

	if (ka->key != kb->key)
		return ka->key < kb->key ? -1 : 1;
	x = row_at(by->t, ka->place, by->x, NULL);
	y = row_at(by->t, kb->place, by->y, NULL);
	rc = stack_order_cmp(by->o, &x, &y);
	return rc ? rc : words_cmp(x.n_values, y.n_values);
}

static uint32_t *sorted_places(const struct stack_table *t)
{
	return (uint32_t *)t->slots;
}

/* How many names all rows have in front, but for the last of a row: those say nothing about the order. */
static uint32_t common_names(const struct sort_by *by, const struct keyed *rows, uint32_t n)
{
	struct stack_row first = row_at(by->t, rows[0].place, by->x, NULL), row;
	uint32_t common = UINT32_MAX;

	for (uint32_t i = 0; i < n && common > 0; i++) {
		struct walk x = walk_of(by->o, &first), y;
		uint32_t k = 0, nx, ny;
		bool lx, ly;

		row = row_at(by->t, rows[i].place, by->y, NULL);
		y = walk_of(by->o, &row);
		while (k < common && walk_next(&x, &nx, &lx) && walk_next(&y, &ny, &ly) && !lx && !ly &&
		    by->o->rank[nx] == by->o->rank[ny])
			k++;
		common = k;
	}
	return common;
}

void stack_table_sort(struct stack_table *t, const struct stack_order *o)
{
	struct keyed *rows;
	uint32_t n = 0, most = 0, skip;
	struct sort_by by = { .t = t, .o = o };

	if (t->sorted)
		return;
	t->sorted = true;
	if (t->n == 0)
		return;
	rows = mem_array(t->n, sizeof(*rows));
	for (size_t i = 0; i <= t->mask; i++) {
		uint32_t place = (uint32_t)t->slots[i] - 1;

		if (t->slots[i] == 0)
			continue;
		rows[n++] = (struct keyed){ .place = place };
		most = MAX(most, t->pool[place + 1]);
	}
	by.x = mem_array((size_t)most + 1, sizeof(*by.x));
	by.y = mem_array((size_t)most + 1, sizeof(*by.y));
	skip = common_names(&by, rows, n);
	for (uint32_t i = 0; i < n; i++) {
		struct stack_row row = row_at(t, rows[i].place, by.x, NULL);

		rows[i].key = stack_order_key(o, &row, skip);
	}
	qsort_r(rows, n, sizeof(*rows), places_cmp, &by);
	for (uint32_t i = 0; i < n; i++)
		sorted_places(t)[i] = rows[i].place;
	mem_free(rows);
	mem_free(by.x);
	mem_free(by.y);
}

struct stack_row stack_table_row(struct stack_table *t, size_t i)
{
	uint32_t word = sorted_places(t)[i];
	const uint32_t *at = t->pool + word;

	assert(t->sorted && i < t->n);
	t->tags.n = t->values.n = 0;
	vec_reserve(&t->tags, at[1] + 1);
	vec_reserve(&t->values, at[2] + 1);
	return row_at(t, word, t->tags.p, t->values.p);
}
