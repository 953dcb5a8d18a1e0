/*
 * profile_impl.h - what the makers of profiles share: arrays that grow in an
 * arena, and an index like base/map.h that dies with an arena, so that a
 * decoder that gives up needs no clean-up. Only for formats/profile*.c and
 * decoders. Old arrays stay in the arena: at most as much again as the new.
 */
#ifndef PROFILE_IMPL_H
#define PROFILE_IMPL_H

#include "formats/profile.h"

/* A larger copy of n elements; *cap is at least doubled. */
void *profile_grow(struct arena *a, const void *old, size_t size, uint32_t n, uint32_t *cap);
/* The same instead of old, which nobody may look at any more. */
void *profile_move(struct arena *a, void *old, size_t size, uint32_t n, uint32_t *cap);

/* n numbers, PROFILE_NONE: what none of them is so far. */
uint32_t *profile_none_array(struct arena *a, size_t n);

/* From a hash to values 0 .. UINT32_MAX - 1; its high bits give the place of the entry. */
struct table {
	uint64_t *slots; /* hash high half << 32 | value + 1; 0 = free */
	uint32_t n, mask;
	unsigned shift;
};

struct table_at {
	const struct table *t;
	uint32_t tag, i;
};

void table_put(struct table *t, struct arena *a, uint64_t hash, uint32_t value);

static inline struct table_at table_find(const struct table *t, uint64_t hash)
{
	uint32_t tag = (uint32_t)(hash >> 32);

	return (struct table_at){ t, tag, t->slots ? tag >> t->shift : 0 };
}

/* The next value whose hash begins alike; false when there is none. */
static inline bool table_next(struct table_at *at, uint32_t *value)
{
	if (UNLIKELY(at->t->slots == NULL))
		return false;
	for (;;) {
		uint64_t s = at->t->slots[at->i];

		if (s == 0)
			return false;
		at->i = (at->i + 1) & at->t->mask;
		if (LIKELY(s >> 32 == at->tag)) {
			*value = (uint32_t)s - 1;
			return true;
		}
	}
}

/* From now on the builder copies strings that are new, instead of borrowing them. */
void profile_builder_copies(struct profile_builder *b);

/* More comes to the finished profile of b, which nobody has changed: p is its own again, until the next finish. */
void profile_builder_resume(struct profile_builder *b, struct profile *p);

/* For who has a table of its own: a location that is none of those before, and is not found by profile_builder_location. */
uint32_t profile_builder_new_location(struct profile_builder *b, const struct location *l, const struct line *lines);

/* As profile_builder_add, but kept apart from other samples of the same stack. */
void profile_builder_append(struct profile_builder *b, const uint32_t *stack, uint32_t n, const int64_t *values,
    const struct tag *tags, uint32_t n_tags);

/*
 * profile_builder_add in two steps, so that many can be looked up side by side: the key fetches what the second step, with the
 * same arguments, looks at.
 */
struct sample_key {
	uint64_t hash, low;
};
struct sample_key profile_builder_key(const struct profile_builder *b, const uint32_t *stack, uint32_t n,
    const struct tag *tags, uint32_t n_tags);
void profile_builder_add_key(struct profile_builder *b, struct sample_key key, const uint32_t *stack, uint32_t n,
    const int64_t *values, const struct tag *tags, uint32_t n_tags);

/*
 * For decoders that know their stacks again before they are taken apart: the
 * number of the sample of this stack, made with values of 0 when there is
 * none, and where its values are until the next sample is made.
 */
uint32_t profile_builder_sample(struct profile_builder *b, const uint32_t *stack, uint32_t n, const struct tag *tags,
    uint32_t n_tags);
/* The same for a stack without tags that is known to be none of those before. */
uint32_t profile_builder_other(struct profile_builder *b, const uint32_t *stack, uint32_t n);
int64_t *profile_builder_values(struct profile_builder *b, uint32_t sample);

/*
 * What a person calls the frames of a profile: function names, "0x..." for a
 * location without, "[unknown]" for a location that is nowhere defined. Made
 * once for each location; stacks come root first.
 */
struct frames {
	const struct profile *p;
	/* of location i: names[first[i]] .. names[first[i + 1]], outermost first */
	struct str *names;
	uint32_t *first;    /* n_locations + 2: the last is "[unknown]" */
	uint32_t max_depth; /* of any sample */
};

void frames_init(struct frames *f, struct arena *a, const struct profile *p);
/* Into out, which has room for max_depth; returns the number. */
uint32_t frames_stack(const struct frames *f, uint32_t sample, struct str *out);
/* Of a stack of n locations, leaf first. out NULL: only the number. */
uint32_t frames_names(const struct frames *f, const uint32_t *stack, uint32_t n, struct str *out);

/* Room for `more` strings behind those of p, for profile_new_str. */
void profile_reserve_strings(struct profile *p, uint32_t more);
/* Appends, without looking for an equal one. */
uint32_t profile_new_str(struct profile *p, struct str s);

#endif
