/*
 * made_set.h - a dataset of one row in one series, with symbols of its own.
 *
 *	made_set_init(&m, (struct row){ .n = 1, .stacks = &stack, .values = &value, .time = 1, .total = 1 });
 *	struct dataset *set = &m.set;
 *	...
 *	symbols_free(m.symbols);
 */
#ifndef MADE_SET_H
#define MADE_SET_H

#include "formats/query/dataset.h"

struct made_set {
	struct dataset set;
	struct symbols *symbols;
	struct row row;
};

static inline int made_set_series(struct dataset *d, struct arena *a, const struct selector *s, struct series_list *out,
    struct err *e)
{
	(void)d;
	(void)s;
	(void)e;
	out->p = arena_zalloc(a, sizeof(*out->p));
	out->n = 1;
	return 0;
}

static inline int made_set_scan(struct dataset *d, const struct scan *s, struct err *e)
{
	return s->row(s->ctx, &CONTAINER_OF(d, struct made_set, set)->row, e);
}

static inline int made_set_symbols(struct dataset *d, uint32_t partition, struct symbols **out, struct err *e)
{
	(void)partition;
	(void)e;
	*out = CONTAINER_OF(d, struct made_set, set)->symbols;
	return 0;
}

static inline void made_set_init(struct made_set *m, struct row row)
{
	static const struct dataset_ops ops = { .series = made_set_series,
		.scan = made_set_scan,
		.symbols = made_set_symbols };

	*m = (struct made_set){ .set = { .ops = &ops, .min_time = row.time, .max_time = row.time, .n_partitions = 1 },
		.symbols = symbols_new(1),
		.row = row };
}

#endif
