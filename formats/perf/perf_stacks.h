/*
 * perf_stacks.h - stacks of `perf script` while they are read: frames,
 * sequences of frames and samples, each kept once; at the end profiles are
 * made of them. Everything lives in the arena; texts are copied into it.
 *
 * A stack is the frame at its leaf, its callers and its root, so that samples
 * that differ in the leaf alone share the rest.
 */
#ifndef PERF_STACKS_H
#define PERF_STACKS_H

#include "formats/format.h"
#include "formats/profile_impl.h"

struct perf_stack_frame {
	struct str name;   /* empty: it is `address` */
	struct str object; /* file of the mapping */
	struct str file;   /* of the source */
	int64_t line;
	uint64_t address;
	bool inlined; /* in the frame behind it: towards the root */
};

struct perf_seq {       /* of frames, leaf first */
	uint32_t at, n; /* in seq_frames */
};

struct perf_sample {
	uint32_t leaf, callers; /* sequences */
	uint32_t root;          /* frame, or PROFILE_NONE */
	uint32_t event, tags;   /* tags: PROFILE_NONE or a set of them */
	uint32_t next;          /* of the event, or PROFILE_NONE; not the caller's */
};

struct perf_event {
	struct str name;
	bool has_period;
	int64_t period;      /* of the first sample */
	int64_t first, last; /* times */
	bool has_time;
	uint32_t first_sample, last_sample;
};

struct perf_stacks {
	struct arena *a;
	bool times; /* keep each sample */
	struct perf_stack_frame *frames;
	struct perf_seq *seqs;
	uint32_t *seq_frames;
	struct perf_sample *samples;
	int64_t *values; /* two for each sample: their number, their periods */
	int64_t *at;     /* with times */
	struct perf_event *events;
	struct str *tags; /* four for each set: thread, pid, tid, cpu */
	uint32_t n_frames, n_seqs, n_seq_frames, n_samples, n_events, n_tags;
	uint32_t cap_frames, cap_seqs, cap_seq_frames, cap_samples, cap_values, cap_at, cap_events, cap_tags;
	struct table frame_index, seq_index, sample_index, event_index, tag_index;
};

enum { PERF_TAGS = 4, PERF_MAX_EVENTS = 4096 };

void perf_stacks_init(struct perf_stacks *s, struct arena *a, bool times);
uint32_t perf_stacks_frame(struct perf_stacks *s, const struct perf_stack_frame *f);
uint32_t perf_stacks_seq(struct perf_stacks *s, const uint32_t *frames, uint32_t n);
/* PROFILE_NONE: there are PERF_MAX_EVENTS others. */
uint32_t perf_stacks_event(struct perf_stacks *s, struct str name);
uint32_t perf_stacks_tags(struct perf_stacks *s, const struct str tags[PERF_TAGS]);
/* Adds 1 and the period. */
void perf_stacks_add(struct perf_stacks *s, const struct perf_sample *what, int64_t period, int64_t at);
/* A profile for each event. comment: may be empty. */
void perf_stacks_finish(struct perf_stacks *s, struct str comment, struct format_profiles *out);

#endif
