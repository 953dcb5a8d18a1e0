/* label_views.c - see label_set.h: collections that are kept with a dataset and brought up to date */
#include "formats/query/label_set.h"

struct view {
	struct arena *mem; /* NULL: free */
	struct str key;
	struct label_set set;
	uint32_t seen; /* position among the dataset's series */
	uint64_t used;
};

struct label_views {
	struct view v[LABEL_VIEWS];
	uint64_t clock;
};

static void view_fini(struct view *v)
{
	if (v->mem == NULL)
		return;
	label_set_fini(&v->set);
	arena_free(v->mem);
	*v = (struct view){ 0 };
}

static size_t view_bytes(const struct view *v)
{
	return v->mem == NULL ? 0
			      : arena_bytes(v->mem) + map_bytes(&v->set.by_hash) +
		v->set.strings.cap * sizeof(*v->set.strings.p) + v->set.sets.cap * sizeof(*v->set.sets.p);
}

void label_views_free(struct label_views *v)
{
	for (size_t i = 0; v != NULL && i < LABEL_VIEWS; i++)
		view_fini(&v->v[i]);
	mem_free(v);
}

size_t label_views_bytes(const struct label_views *v)
{
	size_t n = v == NULL ? 0 : sizeof(*v);

	for (size_t i = 0; v != NULL && i < LABEL_VIEWS; i++)
		n += view_bytes(&v->v[i]);
	return n;
}

static void key_part(struct buf *b, struct str s)
{
	buf_uvarint(b, s.n);
	buf_add(b, s);
}

/* Equal keys have equal answers. */
static void key_of(const struct label_what *w, struct selector *const *sel, size_t n_sel, struct buf *out)
{
	buf_byte(out, (unsigned char)w->kind);
	buf_uvarint(out, w->n_names);
	for (size_t i = 0; i < w->n_names; i++)
		key_part(out, w->names[i]);
	for (size_t i = 0; i < n_sel; i++) {
		buf_uvarint(out, sel[i]->n);
		for (uint32_t k = 0; k < sel[i]->n; k++) {
			buf_byte(out, (unsigned char)sel[i]->p[k].op);
			key_part(out, sel[i]->p[k].name);
			key_part(out, sel[i]->p[k].value);
		}
	}
}

static void view_init(struct view *v, struct str key, const struct label_what *what)
{
	struct label_what own = *what;
	struct str *names;

	v->mem = arena_new();
	v->key = arena_str(v->mem, key);
	names = arena_array(v->mem, what->n_names, sizeof(*names));
	for (size_t i = 0; i < what->n_names; i++)
		names[i] = arena_str(v->mem, what->names[i]);
	own.names = names;
	label_set_init(&v->set, &own, v->mem);
	v->seen = 0;
}

static struct view *view_of(struct label_views *all, struct str key, const struct label_what *what)
{
	struct view *oldest = &all->v[0];

	for (size_t i = 0; i < LABEL_VIEWS; i++) {
		struct view *v = &all->v[i];

		if (v->mem != NULL && str_eq(v->key, key))
			return v;
		if (v->used < oldest->used)
			oldest = v;
	}
	view_fini(oldest);
	view_init(oldest, key, what);
	return oldest;
}

/* Nothing of the view changes when it fails. */
static int catch_up(struct dataset *d, struct view *v, struct selector *const *sel, size_t n_sel, struct err *e)
{
	struct arena *scratch = arena_new();
	struct series_list *new = arena_zarray(scratch, MAX(n_sel, (size_t)1), sizeof(*new));
	uint32_t now = v->seen;
	int rc = 0;

	for (size_t k = 0; rc == 0 && k < MAX(n_sel, (size_t)1); k++)
		rc = d->ops->series_since(d, scratch, n_sel ? sel[k] : NULL, v->seen, &new[k], &now, e);
	for (size_t k = 0; rc == 0 && k < MAX(n_sel, (size_t)1); k++)
		for (uint32_t i = 0; i < new[k].n; i++)
			label_set_add(&v->set, &new[k].p[i].labels);
	if (rc == 0)
		v->seen = now;
	arena_free(scratch);
	return rc;
}

int label_views_collect(struct dataset *d, struct selector *const *sel, size_t n_sel, struct label_set *into,
    struct err *e)
{
	enum { MAX_KEY = 1 << 14 }; /* longer ones are asked anew each time */
	struct label_views **all = d->ops->views(d);
	struct view *v, alone = { 0 };
	struct buf key;
	int rc;

	if (*all == NULL)
		*all = mem_zalloc(sizeof(**all));
	buf_init(&key, MAX_KEY);
	key_of(&into->what, sel, n_sel, &key);
	if (!key.over) {
		v = view_of(*all, buf_str(&key), &into->what);
	} else {
		v = &alone;
		view_init(v, STR(""), &into->what);
	}
	buf_fini(&key);
	v->used = ++(*all)->clock;
	rc = catch_up(d, v, sel, n_sel, e);
	if (rc == 0)
		label_set_merge(into, &v->set);
	if (v == &alone || view_bytes(v) > LABEL_VIEW_BYTES)
		view_fini(v);
	return rc;
}
