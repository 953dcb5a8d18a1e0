/* query_labels.c - see query.h: names, values and sets of labels */
#include "formats/query/label_set.h"

struct marks {
	uint8_t *has_row; /* by series number - first */
	uint32_t first;
};

static int mark_row(void *ctx, const struct row *r, struct err *e)
{
	struct marks *m = ctx;

	(void)e;
	m->has_row[r->series - m->first] = 1;
	return 0;
}

static bool whole(const struct dataset *d, struct label_range in)
{
	return in.from <= d->min_time && in.to >= d->max_time;
}

/* Keeps the series that have a row in the range. */
static int keep_in_range(struct arena *mem, struct dataset *d, struct series_list *l, struct label_range in,
    struct err *e)
{
	struct marks m = { 0 };
	struct scan s = { .series = l->p, .n_series = l->n, .from = in.from, .to = in.to, .row = mark_row, .ctx = &m };
	uint32_t n = 0;

	if (l->n == 0 || whole(d, in))
		return 0;
	m.first = l->p[0].number;
	m.has_row = arena_zarray(mem, l->p[l->n - 1].number - m.first + 1, 1);
	if (dataset_scan(d, &s, e) < 0)
		return -1;
	for (uint32_t i = 0; i < l->n; i++)
		if (m.has_row[l->p[i].number - m.first])
			l->p[n++] = l->p[i];
	l->n = n;
	return 0;
}

/* Series with a row in the range only. */
static int collect_rows(struct arena *mem, struct dataset *d, struct selector *const *sel, size_t n_sel,
    struct label_range in, struct label_set *into, struct err *e)
{
	for (size_t k = 0; k < MAX(n_sel, (size_t)1); k++) {
		struct series_list list;

		if (dataset_series(d, mem, n_sel ? sel[k] : NULL, &list, e) < 0 ||
		    keep_in_range(mem, d, &list, in, e) < 0)
			return -1;
		for (uint32_t i = 0; i < list.n; i++)
			label_set_add(into, &list.p[i].labels);
	}
	return 0;
}

static int collect(struct dataset *const *sets, size_t n, struct selector *const *sel, size_t n_sel,
    struct label_range in, struct label_set *into, struct err *e)
{
	struct arena *mem = arena_new();
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		struct dataset *d = sets[i];

		if (d->min_time > in.to || d->max_time < in.from)
			continue;
		if (d->ops->series_since != NULL && whole(d, in))
			rc = label_views_collect(d, sel, n_sel, into, e);
		else
			rc = collect_rows(mem, d, sel, n_sel, in, into, e);
		arena_reset(mem);
		dataset_rest(d);
	}
	arena_free(mem);
	return rc;
}

static int collect_strings(struct arena *a, const struct label_what *what, struct dataset *const *sets, size_t n,
    struct selector *const *sel, size_t n_sel, struct label_range in, struct str_list *out, struct err *e)
{
	struct label_set all;
	int rc;

	label_set_init(&all, what, a);
	rc = collect(sets, n, sel, n_sel, in, &all, e);
	label_set_strings(&all, out);
	label_set_fini(&all);
	return rc;
}

int query_label_names(struct arena *a, struct dataset *const *sets, size_t n, struct selector *const *sel, size_t n_sel,
    struct label_range in, struct str_list *out, struct err *e)
{
	struct label_what what = { .kind = LABEL_NAMES };

	return collect_strings(a, &what, sets, n, sel, n_sel, in, out, e);
}

int query_label_values(struct arena *a, struct dataset *const *sets, size_t n, struct selector *const *sel,
    size_t n_sel, struct label_range in, struct str name, struct str_list *out, struct err *e)
{
	struct label_what what = { .kind = LABEL_VALUES, .names = &name, .n_names = 1 };

	return collect_strings(a, &what, sets, n, sel, n_sel, in, out, e);
}

int query_label_sets(struct arena *a, struct dataset *const *sets, size_t n, struct selector *const *sel, size_t n_sel,
    struct label_range in, const struct str *names, size_t n_names, struct labels_list *out, struct err *e)
{
	struct label_what what = { .kind = LABEL_SETS, .names = names, .n_names = n_names };
	struct label_set all;
	int rc;

	label_set_init(&all, &what, a);
	rc = collect(sets, n, sel, n_sel, in, &all, e);
	label_set_sets(&all, out);
	label_set_fini(&all);
	return rc;
}
