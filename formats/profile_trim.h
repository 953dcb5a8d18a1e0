/*
 * profile_trim.h - fewer samples and shallower stacks, honestly: what goes is summed into a frame "other", and totals
 * stay what they were.
 *
 *	struct profile_trimmed t;
 *	p = profile_trim(a, p, &(struct profile_limits){ .samples = 10000, .depth = 200 }, &t);
 *	if (t.samples || t.stacks)
 *		say so
 *
 * Stacks are cut at the leaf, as servers of profiles do it: what is kept shows where the program was, and the frame
 * "other" in the place of the leaf that it went deeper. Stacks that are equal after that are summed. Samples with the
 * smallest values (the largest of their parts of the totals of all types counts) go into one stack of the single frame
 * "other", without tags.
 */
#ifndef PROFILE_TRIM_H
#define PROFILE_TRIM_H

#include "formats/profile.h"

struct profile_limits {
	uint32_t samples; /* that stay, "other" is one of them; 0: all */
	uint32_t depth;   /* locations of a stack, "other" is one of them; 0: all */
};

struct profile_trimmed {
	uint32_t samples; /* that went into "other" */
	uint32_t stacks;  /* that were cut */
};

/* p itself when it is within the limits; otherwise a copy in a, which shares the tables and strings of p. */
const struct profile *profile_trim(struct arena *a, const struct profile *p, const struct profile_limits *limits,
    struct profile_trimmed *t);

#endif
