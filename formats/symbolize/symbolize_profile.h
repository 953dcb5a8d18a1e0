/*
 * symbolize_profile.h - names for the locations of a profile, in place.
 *
 *	struct symbolize s = { .find = find, .ctx = binaries, .demangle = DEMANGLE_SIMPLE };
 *	struct symbolize_count count;
 *
 *	symbolize_profile(a, p, &s, &count);
 *
 * A location that has lines keeps them, unless `force`; one for which nothing
 * is found stays as it is: an address in a mapping. New functions and strings
 * are appended to the profile's tables; samples do not change. `rename`, where
 * given, sees every line afterwards, old and new (source maps, R8).
 *
 * Pure: who finds binaries stands behind `find`. Linear in the locations.
 */
#ifndef SYMBOLIZE_PROFILE_H
#define SYMBOLIZE_PROFILE_H

#include "formats/profile.h"
#include "formats/symbolize/demangle.h"
#include "formats/symbolize/frame.h"

struct symbolize {
	/* The frames of an address, innermost first; 0: not known. mapping may be NULL. Texts stay where they are until
	   symbolize_profile returns. */
	uint32_t (*find)(void *ctx, const struct profile *p, const struct mapping *mapping, uint64_t addr,
	    struct sym_frame *out, uint32_t max);
	/* What one frame really was, innermost first; 0: it stays. May be NULL. */
	uint32_t (*rename)(void *ctx, const struct sym_frame *in, struct sym_frame *out, uint32_t max);
	void *ctx;
	enum demangle_mode demangle;
	bool force; /* look up also what has lines */
};

struct symbolize_count {
	uint64_t locations; /* that were looked up */
	uint64_t found;     /* of those */
	uint64_t renamed;   /* lines */
	uint64_t bare;      /* locations that have no name, in the end */
};

/* New arrays and strings lie in a. *count is added to. */
void symbolize_profile(struct arena *a, struct profile *p, const struct symbolize *s, struct symbolize_count *count);

#endif
