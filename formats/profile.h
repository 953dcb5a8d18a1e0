/*
 * profile.h - the neutral profile that all formats meet at.
 *
 * A decoder fills one, an encoder reads one. Tables and samples are separate
 * flat arrays; a reference is a position in a table, not an id. Everything
 * lives in one arena, except string bytes, which may point into the decoded
 * input: keep the input as long as the profile.
 *
 * A decoder keeps what is odd but lawful on the wire and counts it in
 * `faults`, so that the one who cleans (tools/pyro-ingest/clean.c) can answer
 * in the protocol's words and a converter can be lenient:
 *   - a string position outside the table stays as it is (>= n_strings);
 *   - a location, function or mapping id that is nowhere defined becomes
 *     PROFILE_NONE; mapping id 0 becomes PROFILE_NONE and is no fault;
 *   - a sample with another number of values than there are types is cut or
 *     filled with zeros.
 *
 * Source: profile.proto of google/pprof (message perftools.profiles.Profile).
 */
#ifndef PROFILE_H
#define PROFILE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define PROFILE_NONE UINT32_MAX

struct value_type {
	uint32_t type, unit; /* strings */
};

enum mapping_flags { /* as in symdb: spec of the block format, 5.6 */
	MAPPING_HAS_INLINE_FRAMES = 1,
	MAPPING_HAS_LINE_NUMBERS = 2,
	MAPPING_HAS_FILENAMES = 4,
	MAPPING_HAS_FUNCTIONS = 8,
};

struct mapping {
	uint64_t id, start, limit, offset;
	uint32_t file, build_id; /* strings */
	uint8_t flags;
};

struct function {
	uint64_t id;
	uint32_t name, system_name, file; /* strings */
	int64_t start_line;
};

struct line {
	uint32_t function; /* position, or PROFILE_NONE */
	uint32_t column;   /* from 1; 0: not known, as in most profiles. What tells minified JavaScript apart */
	int64_t line;
};

struct location {
	uint64_t id, address;
	uint32_t mapping;             /* position, or PROFILE_NONE */
	uint32_t first_line, n_lines; /* in profile.lines; innermost inlined call first */
	bool folded;
	bool mapping_unknown; /* mapping id not 0, but not defined */
};

struct tag {
	uint32_t key, str; /* strings; str 0 = a number */
	int64_t num;
	uint32_t unit; /* string */
};

struct profile_faults {
	uint32_t location_id_zero; /* location entries with id 0 */
	uint32_t function_id_zero;
	uint32_t unknown_location; /* references from samples */
	uint32_t unknown_function; /* references from lines */
	uint32_t unknown_mapping;
	uint32_t value_count; /* samples with a wrong number of values */
};

struct profile {
	struct arena *mem; /* not owned unless profile_new made it */

	struct str *strings; /* strings[0] is "" in a lawful profile */
	uint32_t n_strings;
	struct value_type *types; /* one per value of a sample */
	uint32_t n_types;
	struct mapping *mappings;
	uint32_t n_mappings;
	struct function *functions;
	uint32_t n_functions;
	struct location *locations;
	uint32_t n_locations;
	struct line *lines;
	uint32_t n_lines;

	/* Sample i: stack[stack_at[i] .. stack_at[i + 1]), leaf first;
	   values[i * n_types ..]; tags[tag_at[i] .. tag_at[i + 1]), tag_at NULL if no sample has any. */
	uint32_t n_samples;
	uint32_t *stack_at, *stack; /* positions of locations, or PROFILE_NONE */
	int64_t *values;
	uint32_t *tag_at;
	struct tag *tags;
	int64_t *at; /* unix ns when sample i began, or NULL: see FORMAT_TIMES in format.h */

	struct value_type period_type;
	bool has_period_type;
	int64_t period;
	int64_t time, duration;                                   /* ns; 0 = not said */
	uint32_t drop_frames, keep_frames, default_type, doc_url; /* strings */
	uint32_t *comments;                                       /* strings */
	uint32_t n_comments;

	struct profile_faults faults;
	size_t wire_size; /* bytes of the uncompressed pprof it came from, or 0 */
};

/* Samples that have no times get that of the profile. */
void profile_time_samples(struct profile *p);

/* A column as formats have it; those that are none are not known. */
static inline uint32_t profile_column(int64_t column)
{
	return column > 0 && column < UINT32_MAX ? (uint32_t)column : 0;
}

static inline struct str profile_str(const struct profile *p, uint32_t i)
{
	return i < p->n_strings ? p->strings[i] : STR_NONE;
}

static inline int64_t profile_value(const struct profile *p, uint32_t sample, uint32_t type)
{
	return p->values[(size_t)sample * p->n_types + type];
}

/* The sample type to show: default_type, or the last; n_types if there is none. */
uint32_t profile_default_type(const struct profile *p);

/*
 * profile_builder: for decoders of text and tree formats and for merging.
 * Interns strings, functions (by name, system name, file, start line),
 * mappings, locations (by mapping, address, lines) and adds samples; equal
 * stacks (with equal tags) are summed.
 *
 *	struct profile_builder *b = profile_builder_new(a, n_types);
 *	uint32_t loc = profile_builder_frame(b, STR("main"), STR_NONE, 0);
 *	profile_builder_add(b, &loc, 1, &value, NULL, 0);
 *	struct profile *p = profile_builder_finish(b);
 */
struct profile_builder;

struct profile_builder *profile_builder_new(struct arena *a, uint32_t n_types);
uint32_t profile_builder_str(struct profile_builder *b, struct str s);
void profile_builder_type(struct profile_builder *b, uint32_t i, struct str type, struct str unit);
uint32_t profile_builder_mapping(struct profile_builder *b,
    const struct mapping *m); /* id ignored; strings are the builder's */
uint32_t profile_builder_function(struct profile_builder *b, const struct function *f);
uint32_t profile_builder_location(struct profile_builder *b, const struct location *l, const struct line *lines);
uint32_t profile_builder_frame(struct profile_builder *b, struct str name, struct str file, int64_t line);
uint32_t profile_builder_frame_at(struct profile_builder *b, struct str name, struct str file, int64_t line,
    uint32_t column);
/* stack: locations of the builder, leaf first. tags: strings of the builder. */
void profile_builder_add(struct profile_builder *b, const uint32_t *stack, uint32_t n, const int64_t *values,
    const struct tag *tags, uint32_t n_tags);
/* As profile_builder_add, but kept apart from other samples: at is its time, unix ns. All samples are added like this or none. */
void profile_builder_add_at(struct profile_builder *b, const uint32_t *stack, uint32_t n, const int64_t *values,
    const struct tag *tags, uint32_t n_tags, int64_t at);
/* More values a sample; those of samples so far are 0 there. */
void profile_builder_widen(struct profile_builder *b, uint32_t n_types);
/* The profile as it stands; until the next call. */
const struct profile *profile_builder_peek(const struct profile_builder *b);
/* The profile with everything added so far; ids are 1..n. The builder is done. */
struct profile *profile_builder_finish(struct profile_builder *b);

/*
 * Merge: profiles into one, at 64 bits; each is read when it is added and not needed afterwards. time = smallest,
 * duration = sum (of profiles of one recording, the longest), period = largest, doc_url = the first, as pprof does. Types are compared by
 * name and unit, in any order; of unlike ones
 * ERR_INVALID names the first that differs, or with `unite` all are columns of the result, 0 where a profile has none.
 *
 *	struct profile_merger *m = profile_merger_new(a, &(struct profile_merge_opts){ .unite = true, .copies = true });
 *	while (more && rc == 0)
 *		rc = profile_merger_add(m, p, e);
 *	struct profile *all = profile_merger_finish(m);         always: it also frees
 */
struct profile_merge_opts {
	bool keep_tags;  /* samples with other tags stay apart */
	bool keep_times; /* samples keep their times, if those of the first profile have any; then none are summed */
	bool unite;
	bool copies; /* strings are copied: what was added may be freed */
	/* If set, samples go there instead of into the result; positions are those of profile_merger_tables. */
	void (*sample)(void *ctx, const uint32_t *stack, uint32_t n, const int64_t *values, uint32_t n_values,
	    const struct tag *tags, uint32_t n_tags);
	void *ctx;
};

struct profile_merger;
struct profile_merger *profile_merger_new(struct arena *a, const struct profile_merge_opts *o);
/* After an error nothing of p was added. */
int profile_merger_add(struct profile_merger *m, const struct profile *p, struct err *e);
/* As _add: p ran beside the profile that was added before, in one recording. */
int profile_merger_add_beside(struct profile_merger *m, const struct profile *p, struct err *e);
/* All tables so far, without what only _finish sets; NULL before the first profile. Until the next call. */
const struct profile *profile_merger_tables(const struct profile_merger *m);
/* NULL if nothing was added. The merger is done. */
struct profile *profile_merger_finish(struct profile_merger *m);

/*
 * The sum of into and p, as profile_merge says it; on error NULL. *b is NULL or the builder of into, which nobody has changed
 * since: then nothing of into is read again, and into is the sum. Afterwards *b is the builder of the sum, or NULL. Strings
 * are copied, unless *b was one that does not: p may be freed.
 */
struct profile *profile_merge_into(struct arena *a, struct profile_builder **b, struct profile *into,
    const struct profile *p, struct err *e);
/* The sum of n profiles of equal types; ERR_INVALID: there are none, or unlike ones. */
struct profile *profile_merge(struct arena *a, struct profile *const *in, size_t n, bool keep_tags, struct err *e);

#endif
