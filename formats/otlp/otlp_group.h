/*
 * otlp_group.h - between the files that make a struct profile of the samples
 * of one profile of a request: otlp_group.c has the samples, otlp_group_tables.c
 * what they refer to. See otlp_impl.h.
 */
#ifndef OTLP_GROUP_H
#define OTLP_GROUP_H

#include "formats/otlp/otlp_impl.h"

enum conversion { AS_IS, TO_NANOSECONDS, ADD_UP };

struct group {
	struct otlp *q;
	const struct otlp_profile *src;
	const struct otlp_tables *t;
	struct otlp_maps *m;
	struct profile *p;
	struct err *e;
	enum conversion conversion;
	uint32_t n_stack, n_tags;
	uint32_t cap_strings, cap_functions, cap_locations, cap_lines, cap_mappings, cap_stack, cap_tags;
};

#define ROOM(g, array, count, capacity)                                                                        \
	do {                                                                                                   \
		if (UNLIKELY((count) == (g)->capacity))                                                        \
			(array) = profile_grow((g)->q->a, (array), sizeof(*(array)), (count), &(g)->capacity); \
	} while (0)

static inline bool otlp_is_moved(const struct group *g, uint64_t entry)
{
	return entry >> 32 == g->q->turn;
}

static inline uint64_t otlp_moved(const struct group *g, uint32_t position)
{
	return (uint64_t)g->q->turn << 32 | position;
}

int otlp_out_of_bounds(struct group *g, const char *what, uint32_t index);
uint32_t otlp_new_string(struct group *g, struct str s);
/* The stack of a sample behind those of the samples before. */
int otlp_stack(struct group *g, const struct otlp_sample *s);
/* A stack that the group has already: n locations from `at` on. */
int otlp_same_stack(struct group *g, uint32_t at, uint32_t n);

/* A string of the request's table as one of the group. */
static inline int otlp_string(struct group *g, uint32_t index, const char *what, uint32_t *out)
{
	uint64_t *entry;

	if (UNLIKELY(index >= g->t->n_strings))
		return otlp_out_of_bounds(g, what, index);
	entry = &g->m->strings[index];
	if (!otlp_is_moved(g, *entry))
		*entry = otlp_moved(g, otlp_new_string(g, g->t->strings[index]));
	*out = (uint32_t)*entry;
	return 0;
}

#endif
