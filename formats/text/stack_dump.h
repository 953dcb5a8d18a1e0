/*
 * stack_dump.h - stacks that a text shows one after another, frame by frame from the leaf: what their decoders share.
 *
 *	struct dump d;
 *	dump_init(&d, a, bytes, o, "thread", "count");
 *	while (lines_next(&d.t)) ...
 *		dump_frame(&d, name, file, line);
 *		dump_tag(&d, "state", text, 0, "");
 *		dump_sample(&d, 1);
 *	return dump_finish(&d, out);
 *
 * Tags are taken with FORMAT_TAGS alone; otherwise equal stacks are summed. A stack has at most DUMP_MAX_DEPTH frames:
 * those at the root are left out, and a frame says so.
 */
#ifndef STACK_DUMP_H
#define STACK_DUMP_H

#include "formats/format_impl.h"
#include "formats/lines.h"

enum { DUMP_MAX_DEPTH = 1 << 16, DUMP_MAX_TAGS = 8, DUMP_LOOK = 16384 /* bytes that bids look at */ };

struct dump {
	struct arena *a;
	const struct format_opts *o;
	struct lines t;
	struct format_notes notes;
	struct profile_builder *b;
	struct value_type type;
	uint32_t *stack; /* leaf first */
	uint32_t n, cap;
	struct tag tags[DUMP_MAX_TAGS];
	uint32_t n_tags;
};

void dump_init(struct dump *d, struct arena *a, struct str bytes, const struct format_opts *o, struct str type,
    const char *unit);
void dump_frame(struct dump *d, struct str name, struct str file, int64_t line);
/* A frame that has no name. */
void dump_address(struct dump *d, uint64_t address, struct str module);
void dump_tag(struct dump *d, const char *key, struct str text, int64_t number, const char *unit);
/* The frames so far; nothing when there are none. Frames and tags begin anew. */
void dump_sample(struct dump *d, int64_t value);
void dump_drop(struct dump *d);
/* One profile, its period 1 of the type. ERR_INVALID "NAME: no stacks in N lines" when there are no samples. */
int dump_finish(struct dump *d, const char *name, struct format_profiles *out, struct err *e);

/* The whole of s is a decimal number (dump_number) or hexadecimal digits with or without 0x (dump_hex). */
bool dump_number(struct str s, int64_t *v);
bool dump_hex(struct str s, uint64_t *v);

#endif
