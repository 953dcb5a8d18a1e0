/*
 * profile_merge_impl.h - between the files of a merger: profile_merge.c sums
 * samples, profile_merge_known.c knows locations again, profile_merge_head.c
 * decides what the sum's types are and what it says once.
 */
#ifndef PROFILE_MERGE_IMPL_H
#define PROFILE_MERGE_IMPL_H

#include "base/hash.h"
#include "base/mem.h"
#include "base/vec.h"
#include "formats/profile_impl.h"

/* What a profile's table entries are in the merged profile. */
struct translation {
	/* positions, or PROFILE_NONE: not yet known */
	uint32_t *strings, *mappings, *functions, *locations;
	uint64_t *moved; /* by mapping: to be added to addresses */
	/* of strings and functions, by what they say; low is 0: not yet known */
	struct hash128 *string_hashes, *function_hashes;
	uint32_t *columns; /* by type of the input: of the merged profile */
};

struct merger_type {
	struct str type, unit;
};

struct profile_merger {
	struct arena *a;
	struct profile_merge_opts o;
	struct profile_builder *b; /* NULL before the first profile */
	const struct profile *in;
	size_t n_in;
	VEC(struct merger_type) types;
	struct merger_type period;
	struct profile head; /* what is said once, with strings of the builder */
	uint32_t cap_comments;
	int64_t longest; /* of the recording at hand: how much of the duration is its */
	bool timed;
	bool chosen;         /* head.default_type, by choose_default */
	uint32_t first_type; /* what would be shown of the first profile */
	struct translation t;
	VEC(uint32_t) numbers; /* what the translation's arrays are made of */
	VEC(uint64_t) moved;
	VEC(struct hash128) hashes;
	VEC(uint32_t) stack;
	VEC(struct line) lines;
	uint32_t ahead; /* locations of the profile before this one were looked up, where they might be known */
	VEC(struct tag) tags;
	VEC(int64_t) values;
	VEC(uint32_t) columns;
	VEC(bool) noted;          /* by string: is a comment */
	struct table index;       /* of same, by what makes mappings equal */
	struct table known;       /* locations of the builder, by what they say */
	struct hash128 seed;      /* of the hashes in it */
	VEC(uint64_t) known_lows; /* of each: half of its hash, the other is in the table */
	VEC(struct mapping) same; /* strings and id (position) are the builder's */
};

/* A string of m->in as one of the builder; 0 if there is none. */
uint32_t merger_str(struct profile_merger *m, uint32_t i);

/* Of location l of m->in, whose mapping is known: what makes it equal to one of the sum. */
struct hash128 merger_location_hash(const struct profile_merger *m, const struct location *l);
/* The location of the builder that has this hash, or PROFILE_NONE. */
uint32_t merger_find_location(const struct profile_merger *m, struct hash128 hash);
/* The next location of the builder has it. */
void merger_put_location(struct profile_merger *m, struct hash128 hash);
/* Looks up location `first` of m->in and some behind it, into m->t.locations. */
void merger_recognise(struct profile_merger *m, uint32_t first);

/* The columns of p in the sum, new ones included. */
int merger_columns(struct profile_merger *m, const struct profile *p, struct err *e);
/* The sum has got types: which one is to be shown, unless a profile says. */
void merger_choose_default(struct profile_merger *m);
/* What m->in says once goes into m->head. beside: it ran while the one before did. */
void merger_head(struct profile_merger *m, bool beside);
void merger_set_head(const struct profile_merger *m, struct profile *out);
/* As if p were all that was added so far. */
void merger_resume_head(struct profile_merger *m, const struct profile *p);

#endif
