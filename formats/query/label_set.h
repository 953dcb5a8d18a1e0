/*
 * label_set.h - what a label question collects from series: the distinct names
 * of labels, the distinct values of one, or the distinct label sets. And such
 * collections kept with a dataset that only grows, so that the next question
 * looks at the series that are new since the last one, and at no others.
 *
 *	label_set_init(&all, &what, a);
 *	for each series: label_set_add(&all, &labels);
 *	label_set_strings(&all, &out);
 *	label_set_fini(&all);
 *
 * Results are copies in the arena, sorted and unique.
 */
#ifndef LABEL_SET_H
#define LABEL_SET_H

#include "base/map.h"
#include "base/vec.h"
#include "formats/query/query.h"

enum label_kind { LABEL_NAMES, LABEL_VALUES, LABEL_SETS };

struct label_what {
	enum label_kind kind;
	const struct str *names; /* VALUES: one. SETS: the labels that count; none: all */
	size_t n_names;
};

struct label_set {
	struct label_what what; /* the names are borrowed */
	struct arena *mem;
	VEC(struct str) strings; /* of NAMES and VALUES */
	VEC(struct labels) sets; /* of SETS */
	bool in_order;
	struct map by_hash;
	uint32_t n_hashed;        /* the first of them that are in by_hash */
	VEC(struct label) picked; /* scratch */
};

void label_set_init(struct label_set *s, const struct label_what *what, struct arena *mem);
void label_set_fini(struct label_set *s); /* what was given out stays, in the arena */
void label_set_add(struct label_set *s, const struct labels *l);
void label_set_string(struct label_set *s, struct str x); /* of NAMES and VALUES */
/* Both of the same kind; from is put in order, which it stays while nothing is added. */
void label_set_merge(struct label_set *into, struct label_set *from);
void label_set_strings(struct label_set *s, struct str_list *out);
void label_set_sets(struct label_set *s, struct labels_list *out);

/*
 * Kept collections of one dataset: the LABEL_VIEWS that were used last, but
 * none that takes more than LABEL_VIEW_BYTES.
 */
enum { LABEL_VIEWS = 16, LABEL_VIEW_BYTES = 1 << 18 };

struct label_views;

void label_views_free(struct label_views *v); /* accepts NULL */
size_t label_views_bytes(const struct label_views *v);

/*
 * Adds what the selectors take from all series of the dataset, which has
 * series_since; each selector is an alternative, none takes everything.
 */
int label_views_collect(struct dataset *d, struct selector *const *sel, size_t n_sel, struct label_set *into,
    struct err *e);

#endif
