/*
 * legacy.h - the profiles of before protobuf: what their decoders share. Only
 * for files of this folder.
 *
 * All of them are lists of stacks of addresses, with text around: samples are
 * collected, then mended, then legacy_finish makes the profile, as `go tool
 * pprof` does it, so that both give the same numbers:
 *   - samples stay apart, also those of equal stacks;
 *   - locations are numbered in the order in which samples first use them;
 *   - mappings that touch and have equal names become one; the first that is
 *     no library and has a name becomes the first of all; a location without
 *     one gets a mapping of everything;
 *   - drop_frames and keep_frames are set by the kind of profile.
 * Names that stand in comments (Go) or behind addresses (threads) are taken
 * with FORMAT_NAMES; pprof leaves them out.
 *
 * All memory is the arena's: at most some 60 bytes for each address.
 * Source: gperftools' doc/cpuprofile-fileformat.html, the text that Go's
 * runtime/pprof writes with debug=1, jemalloc's prof_data.c, and what pprof
 * does with such files.
 */
#ifndef LEGACY_H
#define LEGACY_H

#include "formats/format_impl.h"
#include "formats/lines.h"

struct legacy_sample {
	uint32_t at, n; /* addresses, leaf first */
	uint32_t tag_at, n_tags;
};

struct legacy_mapping {
	uint64_t start, limit, offset;
	struct str file, build_id;
};

struct legacy_name { /* of an address */
	struct str name, file;
	int64_t line;
};

struct legacy {
	struct arena *a;
	const struct format_opts *o;
	struct format_notes notes;
	struct profile_builder *b; /* from legacy_types on */
	uint32_t n_types;

	struct lines text;

	uint64_t *addresses;
	uint32_t n_addresses, cap_addresses;
	uint32_t begun; /* addresses of the sample in the making begin here */
	struct legacy_sample *samples;
	int64_t *values; /* n_types of each sample */
	uint32_t n_samples, cap_samples;
	struct tag *tags;
	uint32_t n_tags, cap_tags;
	uint32_t tags_begun;

	struct legacy_mapping *mappings;
	uint32_t n_mappings, cap_mappings;
	uint64_t *named; /* addresses with a name */
	struct legacy_name *names;
	uint32_t n_names, cap_names, cap_named;
	struct table name_table;

	bool whole_names; /* a location that has a name loses its address (Java) */
	struct value_type period_type;
	int64_t period, duration;
};

enum legacy_kind { LEGACY_CPU, LEGACY_HEAP, LEGACY_LOCK }; /* which frames of the profiler itself are dropped */

void legacy_init(struct legacy *l, struct arena *a, struct str text, const struct format_opts *o);
/* The types of values: "objects count space bytes"; and the type of the period. */
void legacy_types(struct legacy *l, const char *types, const char *period_type);

/* The next line is at hand; false at the end. */
bool legacy_line(struct legacy *l);
/* A line that cannot be read: 0 and a note with lenient, otherwise -1 and ERR_INVALID "line 3: TEXT". */
int legacy_bad(struct legacy *l, const char *text, struct err *e);
bool legacy_blank(struct str line);   /* nothing, or a comment */
bool legacy_is_maps(struct str line); /* the line in front of mappings */

/* A decimal number at the beginning of *s is taken; false if there is none, or it is above 64 bits. */
bool legacy_number(struct str *s, int64_t *v);
/* "0x" and lower case digits, 64 bits, at the beginning. */
bool legacy_address(struct str *s, uint64_t *v);
void legacy_blanks(struct str *s);                /* skips blanks and tabs */
bool legacy_skip(struct str *s, struct str text); /* text stands at the beginning: it is taken */

void legacy_push(struct legacy *l, uint64_t address);
/* Every 0x... of s. minus: from which frame on addresses lie behind a call and go down by one. -1: one has more than 64 bits. */
int legacy_push_all(struct legacy *l, struct str s, uint32_t minus);
uint32_t legacy_depth(const struct legacy *l); /* of the sample in the making */
void legacy_drop(struct legacy *l);            /* forgets it */
void legacy_tag(struct legacy *l, struct str key, struct str text, int64_t number);
void legacy_sample(struct legacy *l, const int64_t *values); /* it is made */

/* What an address is called; the first name wins. */
void legacy_name(struct legacy *l, uint64_t address, struct legacy_name name);

/* Lines of mappings: of /proc/PID/maps, "START-LIMIT: FILE" and so on; NAME=VALUE replaces $NAME in what follows. */
void legacy_maps(struct legacy *l);
/* From the line at hand to the sign of mappings, then those. */
void legacy_sections(struct legacy *l);
/* legacy_finish does it: joins and sorts mappings. */
void legacy_maps_order(struct legacy *l);

/* count and size of a sample, as many as there were allocations: each size is seen with probability 1 - exp(-size / rate). */
void legacy_unsample(int64_t *count, int64_t *size, int64_t rate);
int64_t legacy_int64(double v); /* what does not fit becomes the smallest number */

int legacy_finish(struct legacy *l, enum legacy_kind kind, struct format_profiles *out); /* 0 */

/* legacy_java.c: what follows the first line of a heap or contention profile of Java; names behind CPU samples. */
int legacy_java(struct legacy *l, bool heap, struct err *e);
void legacy_java_names(struct legacy *l);

#endif
