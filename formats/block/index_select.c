/*
 * index_select.c - series that match a selector, from the postings lists.
 *
 * A matcher that refuses series without the label is the union of the lists
 * of the values it accepts; any other one removes the union of the lists of
 * the values it does not accept. Sets are bitmaps over references: a bit for
 * 16 bytes of the file.
 */
#include "formats/block/index_impl.h"

#include <stdlib.h>

struct set {
	uint64_t *bits;
	uint32_t first, n; /* references first .. first + n - 1 */
};

static struct set set_new(const struct index *ix, struct arena *a)
{
	uint64_t first = ix->toc.series / INDEX_SERIES_ALIGN, end = ix->series_end / INDEX_SERIES_ALIGN + 1;
	struct set s = { .first = (uint32_t)first };

	/* The offsets lie in the file, whose series end below 64 GiB or cannot be referred to. */
	s.n = (uint32_t)MIN(end - first, (uint64_t)UINT32_MAX - s.first);
	s.bits = arena_zarray(a, s.n / 64 + 1, sizeof(*s.bits));
	return s;
}

static size_t words(const struct set *s)
{
	return s->n / 64 + 1;
}

/* References outside the series lead nowhere: the list is broken. */
static int set_add(struct set *s, const struct index *ix, uint64_t offset, struct err *e)
{
	struct cursor c;
	uint32_t n;

	if (index_list(ix, offset, &c, &n, e) < 0)
		return -1;
	while (n-- > 0) {
		uint32_t i = cursor_u32(&c) - s->first;

		if (i >= s->n)
			return err_set(e, ERR_CORRUPT, "index: postings at byte %llu: reference to a series outside",
			    (unsigned long long)offset);
		s->bits[i / 64] |= UINT64_C(1) << i % 64;
	}
	return 0;
}

/* All series with a value of the name that m accepts, or that it does not accept. */
static int set_add_values(struct set *s, const struct index *ix, const struct selector *sel, const struct matcher *m,
    bool accepted, struct err *e)
{
	const struct index_name *name = m->name.n ? index_find_name(ix, m->name) : NULL;

	if (name && m->value.n > 0 && (m->op == MATCH_EQ || m->op == MATCH_NE)) {
		const struct index_value *v = index_find_value(ix, m->name, m->value);

		return v ? set_add(s, ix, v->offset, e) : 0;
	}
	for (uint32_t i = 0; name && i < name->n; i++) {
		const struct index_value *v = &ix->values[name->first + i];

		if (selector_match_value(sel, m, v->value) == accepted && set_add(s, ix, v->offset, e) < 0)
			return -1;
	}
	return 0;
}

static int apply(struct set *keep, struct set *some, const struct index *ix, const struct selector *sel,
    const struct matcher *m, struct err *e)
{
	bool without = matcher_match_empty(m);

	memset(some->bits, 0, words(some) * sizeof(*some->bits));
	if (set_add_values(some, ix, sel, m, !without, e) < 0 || selector_check(sel, e) < 0)
		return -1;
	for (size_t i = 0; i < words(keep); i++)
		keep->bits[i] &= without ? ~some->bits[i] : some->bits[i];
	return 0;
}

static int cmp_number(const void *a, const void *b)
{
	const struct series_ref *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static int list_of(struct index *ix, struct arena *a, const struct set *keep, struct series_list *out, struct err *e)
{
	struct index_series one;
	uint64_t end = 0;
	bool sorted = true;
	size_t n = 0;

	for (size_t i = 0; i < words(keep); i++)
		n += (size_t)__builtin_popcountll(keep->bits[i]);
	*out = (struct series_list){ arena_array(a, n, sizeof(*out->p)), 0 };
	for (size_t i = 0; i < words(keep); i++)
		for (uint64_t left = keep->bits[i]; left; left &= left - 1) {
			uint32_t ref = keep->first + (uint32_t)i * 64 + (uint32_t)__builtin_ctzll(left);

			if ((uint64_t)ref * INDEX_SERIES_ALIGN < end)
				return err_set(e, ERR_CORRUPT, "index: series %u begins inside another", ref);
			if (index_read_series(ix, a, ref, &one, &end, e) < 0)
				return -1;
			sorted = sorted && (out->n == 0 || out->p[out->n - 1].number < one.ref.number);
			out->p[out->n++] = one.ref;
		}
	if (!sorted)
		qsort(out->p, out->n, sizeof(*out->p), cmp_number);
	return 0;
}

int index_select(struct index *ix, struct arena *a, const struct selector *s, struct series_list *out, struct err *e)
{
	const struct index_name *all = index_find_name(ix, STR(""));
	struct arena *scratch = arena_new();
	struct set keep = set_new(ix, scratch), some = set_new(ix, scratch);
	int rc = all ? set_add(&keep, ix, ix->values[all->first].offset, e) : 0;

	for (uint32_t i = 0; rc == 0 && s && i < s->n; i++)
		rc = apply(&keep, &some, ix, s, &s->p[i], e);
	if (rc == 0)
		rc = list_of(ix, a, &keep, out, e);
	arena_free(scratch);
	return rc;
}
