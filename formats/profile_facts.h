/*
 * profile_facts.h - what can be said of a profile in a few numbers, so that two readers of one file can be compared.
 *
 *	struct profile_facts f;
 *	profile_facts(a, p, &f);
 *
 * Everything lives in a or is borrowed from the profile. Time and memory are linear in the profile, times its types.
 */
#ifndef PROFILE_FACTS_H
#define PROFILE_FACTS_H

#include "formats/profile.h"

enum { FACTS_TOP = 5 };

struct fact_function {
	struct str name; /* as people call it; a location without a name is 0xADDRESS */
	int64_t value;
};

struct fact_functions {
	struct fact_function p[FACTS_TOP]; /* largest first, ties by name; without zeros */
	uint32_t n;
};

struct fact_type {
	struct str type, unit;
	int64_t total;              /* sum of all values, which wraps */
	struct fact_functions flat; /* by the innermost line of the leaf */
	struct fact_functions cum;  /* each name once for a sample */
};

struct profile_facts {
	uint64_t samples, all_zero_samples, negative_values; /* negative_values: values, not samples */
	uint64_t distinct_stacks;
	uint32_t max_depth_locations, max_depth; /* the latter in frames, with inlined ones */
	uint32_t locations, functions, mappings, lines;
	struct fact_type *types;
	uint32_t n_types;
	struct fact_function
	    *label_keys; /* keys of tags and how many samples have them (texts and numbers count apart), by name */
	uint32_t n_label_keys;
};

void profile_facts(struct arena *a, const struct profile *p, struct profile_facts *out);

#endif
