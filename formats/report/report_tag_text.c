/* Tags in texts: grouped by key under a sample, or counted over all samples as -tags does. */
#include <stdlib.h>

#include "base/hash.h"
#include "formats/report/report_impl.h"

static bool in_group(const struct report *r, const struct tag *t, bool numbers)
{
	return (t->str == 0) == numbers && !report_tag_gone(r, t);
}

static bool is_first(const struct report *r, const struct tag *t, uint32_t i, bool numbers)
{
	for (uint32_t k = 0; k < i; k++)
		if (in_group(r, &t[k], numbers) && report_key(r, &t[k]) == report_key(r, &t[i]))
			return false;
	return true;
}

static int by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

uint32_t report_tag_groups(struct report *r, struct arena *a, uint32_t sample, bool numbers,
    void (*print)(struct report *r, const struct tag *group, uint32_t n, struct buf *b), struct str **out)
{
	const struct tag *t = NULL;
	uint32_t n = report_tags_of(r->p, sample, &t), groups = 0;
	struct tag *group;

	if (n == 0)
		return 0;
	*out = arena_array(a, n, sizeof(**out));
	group = arena_array(a, n, sizeof(*group));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t size = 0;
		struct buf b;

		if (!in_group(r, &t[i], numbers) || !is_first(r, t, i, numbers))
			continue;
		for (uint32_t k = i; k < n; k++)
			if (in_group(r, &t[k], numbers) && report_key(r, &t[k]) == report_key(r, &t[i]))
				group[size++] = t[k];
		buf_init(&b, SIZE_MAX / 2);
		print(r, group, size, &b);
		(*out)[groups++] = arena_str(a, buf_str(&b));
		buf_fini(&b);
	}
	qsort(*out, groups, sizeof(**out), by_bytes);
	return groups;
}

/* A value of a key, and what the samples with it sum up to. */
struct count {
	struct str key, value;
	uint32_t key_number;
	int64_t sum;
};

struct counts {
	struct report *r;
	struct map map;
	VEC(struct count) all;
};

static void count_tag(struct counts *c, const struct tag *t, int64_t value)
{
	struct report *r = c->r;
	struct count x = { .key_number = report_key(r, t), .sum = value };
	struct map_at at;
	struct buf b;
	uint64_t hash;

	buf_init(&b, SIZE_MAX / 2);
	if (t->str != 0)
		buf_add(&b, profile_str(r->p, t->str));
	else
		unit_label(&b, t->num, report_tag_unit(r, x.key_number), r->o.unit);
	hash = hash_mix(hash_seeded(buf_str(&b)), x.key_number);
	at = map_find(&c->map, hash);
	for (uint32_t i; map_next(&at, &i);)
		if (c->all.p[i].key_number == x.key_number && str_eq(c->all.p[i].value, buf_str(&b))) {
			c->all.p[i].sum = sum_wrap(c->all.p[i].sum, value);
			buf_fini(&b);
			return;
		}
	x.key = report_str(r, x.key_number);
	x.value = arena_str(r->mem, buf_str(&b));
	map_put(&c->map, hash, (uint32_t)c->all.n);
	vec_push(&c->all, x);
	buf_fini(&b);
}

/* By key, then the heaviest value first, then by value. */
static int by_count(const void *a, const void *b)
{
	const struct count *x = a, *y = b;
	int order = str_cmp(x->key, y->key);

	if (order != 0)
		return order;
	if (x->sum != y->sum && abs_wrap(x->sum) != abs_wrap(y->sum))
		return abs_wrap(x->sum) > abs_wrap(y->sum) ? -1 : 1;
	return str_cmp(x->value, y->value);
}

static void print_share(struct report *r, int64_t v, struct buf *b)
{
	report_format(r, v, b);
	if (r->total > 0) {
		buf_add(b, STR(" ("));
		unit_percent(b, v, r->total);
		buf_byte(b, ')');
	}
	buf_byte(b, ':');
}

static void put_key(struct report *r, const struct count *first, int64_t sum, struct buf *out)
{
	buf_byte(out, ' ');
	buf_add(out, first->key);
	buf_add(out, STR(": Total "));
	report_format(r, sum, out);
	buf_add(out, STR(" of "));
	report_format(r, r->total, out);
	if (r->total > 0) {
		buf_add(out, STR(" ("));
		unit_percent(out, sum, r->total);
		buf_byte(out, ')');
	}
	buf_byte(out, '\n');
}

/* The values of one key in a column of their own, right-aligned behind the width of the key. */
static void put_values(struct report *r, const struct count *c, size_t n, struct buf *out)
{
	size_t width = 0, indent = text_width(c->key) + 2;
	int64_t sum = 0;
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	for (size_t i = 0; i < n; i++) {
		buf_reset(&b);
		print_share(r, c[i].sum, &b);
		width = MAX(width, text_width(buf_str(&b)));
		sum = sum_wrap(sum, c[i].sum);
	}
	put_key(r, c, sum, out);
	for (size_t i = 0; i < n; i++) {
		buf_reset(&b);
		print_share(r, c[i].sum, &b);
		buf_fill(out, ' ', indent);
		put_right(out, buf_str(&b), width + 1);
		buf_byte(out, ' ');
		buf_add(out, c[i].value);
		buf_byte(out, '\n');
	}
	buf_byte(out, '\n');
	buf_fini(&b);
}

void report_tags(struct report *r, struct buf *out)
{
	struct counts c = { .r = r };

	r->out_unit = r->o.unit;
	for (uint32_t i = 0; i < r->n_samples; i++) {
		const struct tag *t = NULL;
		uint32_t n = report_tags_of(r->p, r->samples[i].number, &t);

		for (uint32_t k = 0; k < n; k++)
			if (in_group(r, &t[k], t[k].str == 0))
				count_tag(&c, &t[k], report_weight(r, &r->samples[i]));
	}
	if (c.all.n > 0)
		qsort(c.all.p, c.all.n, sizeof(*c.all.p), by_count);
	for (size_t i = 0, end; i < c.all.n; i = end) {
		for (end = i + 1; end < c.all.n && c.all.p[end].key_number == c.all.p[i].key_number;)
			end++;
		put_values(r, c.all.p + i, end - i, out);
	}
	vec_free(&c.all);
	map_fini(&c.map);
}
